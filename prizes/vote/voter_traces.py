"""Who an account was when its ballot began, as keyed hashes: nobody votes twice by one address, and the integrity report says the
same once accounts have other addresses or are erased.

All of it is hashed under the edition's key, which lies outside the database and is destroyed, with these rows, when the edition is
closed. While the key is out of reach a ballot counts without its traces, and gets them later (`catch_up`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import batched

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from events.models import User
from events.shared.formatting import addresses
from events.shared.formatting.mail_boxes import box_of
from events.shared.jobs.sweeps import apart
from prizes.editions import log
from prizes.models import Ballot, Edition, Trace, VoterAddress
from prizes.vote import mail_services, network_key
from registration.models import Registration
from registration.people.accounts.log_ins import hooks
from registration.people.accounts.verbs import AccountVerb

AT_ONCE = 2000  # ballots that get what is missing in one go
TRACE = 24  # hex digits of a trace (96 bits)


def digest(key: bytes, *, address: str) -> str:
    """The hash (hex, 256 bits) of an address under a key, in its one form."""
    return network_key.hashed(key, f"voter|{addresses.same(address)}")


def trace(key: bytes, *, kind: str, text: str) -> str:
    """The hash (hex, 96 bits) of a text of a `Trace.Kind` under a key; capital letters and blanks around it make no other one."""
    return network_key.hashed(key, f"{kind}|{text.strip().lower()}")[:TRACE]


def claim(edition: Edition, *, user: User) -> None:
    """Write down that a ballot begins with the confirmed addresses of an account. Refuses `voted-before` where one began with such
    an address before: the database says so, whoever comes at the same moment."""
    key = network_key.key(edition)
    if key is None:
        return
    try:
        with transaction.atomic():
            VoterAddress.objects.bulk_create(claims(edition, key, confirmed([user.pk])[user.pk]))
    except IntegrityError:
        raise ValidationError(
            _(
                "A ballot was begun with this address before, by an account that has another address now or is erased. That ballot "
                "counts, and there is no second one"
            ),
            code="voted-before",
        ) from None


def claims(edition: Edition, key: bytes, named: Iterable[str]) -> list[VoterAddress]:
    """The rows, not saved yet, that say of addresses that a ballot was begun with them."""
    digests = {digest(key, address=one) for one in named}
    return [
        VoterAddress(edition=edition, digest=text) for text in sorted(digests)
    ]  # in one order, for who waits for whom


def confirmed(users: Collection[int]) -> defaultdict[int, set[str]]:
    """The confirmed addresses of accounts, by the accounts' numbers."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for user, address in EmailAddress.objects.filter(user__in=users, verified=True).values_list("user", "email"):
        found[user].add(address)
    return found


def freeze(ballot: Ballot, *, organisation: str) -> None:
    """Write down what the report compares of an account whose ballot begins: mail box, mail services, and the organisation of the
    registration ("" for none)."""
    if key := network_key.key(ballot.edition):
        rows = _traces(key, ballot=ballot.pk, address=ballot.user.email, organisation=organisation)
        Trace.objects.bulk_create(rows, ignore_conflicts=True)


def _traces(key: bytes, *, ballot: int, address: str, organisation: str) -> Iterator[Trace]:
    texts = [(Trace.Kind.BOX, box_of(address))]
    texts += [(Trace.Kind.DOMAIN, domain) for domain in mail_services.domains_of(address)]
    if organisation.strip():
        texts.append((Trace.Kind.ORGANISATION, organisation))
    for kind, text in texts:
        yield Trace(ballot_id=ballot, kind=kind, digest=trace(key, kind=kind, text=text))


def catch_up(edition: Edition) -> int:
    """Give ballots their traces that began without: while the key was out of reach, under an older version, or before their voter
    registered with an organisation; return how many. Twice changes nothing."""
    key = network_key.key(edition)
    if key is None:
        return 0
    frozen, registered = Trace.objects.filter(ballot=OuterRef("pk")), Registration.objects.active()
    registered = registered.filter(forum=edition.forum_id).exclude(organisation="")
    is_new = Q(Exists(registered.filter(user=OuterRef("user"))), ~Exists(frozen.filter(kind=Trace.Kind.ORGANISATION)))
    left = Ballot.objects.filter(
        is_new | ~Exists(frozen.filter(kind=Trace.Kind.BOX)), edition=edition, user__erased=None
    )

    def freeze(part: Sequence[tuple[int, int, str]]) -> None:
        users = [user for _ballot, user, _address in part]
        organisations = dict(registered.filter(user__in=users).values_list("user", "organisation"))
        named = [address for found in confirmed(users).values() for address in found]
        VoterAddress.objects.bulk_create(claims(edition, key, named), ignore_conflicts=True)
        rows = (
            row
            for ballot, user, address in part
            for row in _traces(key, ballot=ballot, address=address, organisation=organisations.get(user, ""))
        )
        Trace.objects.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)

    with apart("traces of voters") as tries:
        parts = batched(left.order_by("pk").values_list("pk", "user", "user__email"), AT_ONCE)
        return sum(tries.together(part, freeze) for part in parts)


def note(user: User, *, addresses: Iterable[str]) -> int:
    """Note addresses of somebody who leaves them, such as who is erased, for each open edition in which they have a ballot; return
    for how many.

    Refuses `key-away` where the key of such an edition cannot be read, or is not there although something was hashed under
    it: without the note, or with one under another key, somebody could vote twice.
    """
    editions = Edition.objects.filter(closed=None, ballots__user=user).order_by("pk")
    for edition in editions:
        is_away = _has_hashes(edition) and not network_key.is_there(edition)
        key = None if is_away else network_key.key(edition)
        if key is None:
            raise ValidationError(
                _("The key of “%(prize)s” is out of reach") % {"prize": edition.name}, code="key-away"
            )
        VoterAddress.objects.bulk_create(claims(edition, key, addresses), ignore_conflicts=True)
    return len(editions)


def _has_hashes(edition: Edition) -> bool:
    """Whether a key of the edition was used: it lies somewhere, and a new one would be another."""
    traces = Trace.objects.filter(ballot__edition=edition)
    return traces.exists() or VoterAddress.objects.filter(edition=edition).exists()


@hooks.may_change_address()
def check_change(user: User, now: datetime) -> None:
    """Refuse `key-away` where a ballot of a vote that has begun could not remember the address that somebody leaves: with it, they
    could vote again."""
    for edition in Edition.objects.with_begun_vote(now).filter(ballots__user=user):
        if network_key.key(edition) is None:
            words = _(
                "Your vote in “%(prize)s” has to remember the address that you leave, and cannot just now. Try again in an hour"
            )
            raise ValidationError(words % {"prize": edition.name}, code="key-away")


@hooks.address_changed()
@transaction.atomic
def tell_change(user: User, old: str, new: str, now: datetime) -> None:
    """Of each vote that has begun and is not closed: the addresses of somebody's ballot are both taken, and the history of the
    edition says that the account has another one, with keyed hashes that can be compared."""
    for edition in Edition.objects.with_begun_vote(now):
        key = network_key.key(edition)
        if key is None:
            continue
        if Ballot.objects.filter(edition=edition, user=user).exists():
            VoterAddress.objects.bulk_create(claims(edition, key, [old, new]), ignore_conflicts=True)
        before, after = ({"address": digest(key, address=address)[:TRACE]} for address in (old, new))
        what = AccountVerb.CHANGE_EMAIL
        log.record(edition, verb=what, by=user, now=now, subject=f"#{user.pk}", before=before, after=after)
