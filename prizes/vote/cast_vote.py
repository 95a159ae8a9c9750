"""Voting: a ballot for each account, one choice in each category, each choice with its commitment in the chain.

What a choice needs to be accepted is checked under the lock of its ballot, so that two requests at once leave one
vote. Casting shares the lock of the polls (prizes.chain.closing_time) and never waits for the choices of others or for the chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from events.models import Country, User
from events.shared.formatting.codes import SIGNS
from events.shared.once_a_revision import once_a_revision
from prizes.chain import closing_time, commitments
from prizes.models import Ballot, Category, Commitment, Edition, Nomination, Phase, Vote
from prizes.vote import ballot_mails, hooks, network_traces, rate_limits, voter_traces
from registration.models import Registration

CODE_LENGTH = 6


@dataclass(frozen=True)
class Cast:
    """What became of a choice: `is_new` when something was written.

    `chosen`: in how many categories the ballot has a choice; `missing`: the numbers of the categories that are still
    open, in the order of the rules.
    """

    number: int
    nominee: Nomination
    is_new: bool
    is_complete: bool
    chosen: int
    missing: Sequence[int]

    @property
    def next(self) -> int | None:
        """The next open category after this one, from the first again after the last; None when nothing is open."""
        return next_open(self.missing, after=self.number)


@once_a_revision
def find_edition(slug: str) -> Edition:
    """The public edition of a forum, with what a choice needs of it: its rules, and where the key is (prizes.vote.network_key);
    else 404. Nobody changes it: all threads share it."""
    editions = Edition.objects.select_related("forum").filter(forum__is_public=True, is_public=True)
    needed = ("require_all_categories", "votes_final", "key_name", "key_destroyed", "closed", "forum__slug")
    return get_object_or_404(editions.only(*needed), forum__slug=slug)


def next_open(missing: Sequence[int], *, after: int) -> int | None:
    """The first of the numbers behind `after`, else the first of all; None where there is none."""
    return next((number for number in missing if number > after), missing[0] if missing else None)


def check_open(edition: Edition, *, phase: Phase | None, arrived: datetime) -> None:
    """Refuse `polls-not-open` and `polls-closed` for what arrived at a moment; the edition and phase as they are now.

    A request that arrived in time may come after the close (prizes.chain.closing_time), but not after the last block.
    """
    starts, ends = (phase.starts, phase.ends) if phase else (None, None)
    _check_dates(starts, ends, edition.nominees_published, edition.polls_sealed or edition.closed, arrived=arrived)


def _check_dates(
    starts: datetime | None,
    ends: datetime | None,
    published: datetime | None,
    sealed: datetime | None,
    *,
    arrived: datetime,
) -> None:
    if starts is None or ends is None or arrived < starts or published is None:
        raise ValidationError(_("The vote is not open yet"), code="polls-not-open")
    if arrived >= ends or sealed:
        raise ValidationError(
            _("The vote is closed: this choice came too late and does not count"), code="polls-closed"
        )


def _check_confirmed(is_confirmed: bool) -> None:
    if not is_confirmed:
        raise ValidationError(_("Confirm your e-mail address first: only then can you vote"), code="not-confirmed")


def _check_voter(edition: Edition, *, user: User, arrived: datetime) -> None:
    """What `check_open` refuses, of the edition as it is now, and `not-confirmed`."""
    _check_confirmed(user.has_confirmed_address())
    fresh = Edition.objects.get(pk=edition.pk)
    check_open(fresh, phase=fresh.phase(Phase.Kind.VOTING), arrived=arrived)


class Said(NamedTuple):
    """What a ballot copies of who begins it; the organisation, of who is registered, as a hash only."""

    country: Country | None
    stakeholder_type: str
    organisation: str = ""


def profile(edition: Edition, *, user: User) -> Said | None:
    """What the active registration for the edition's forum says, from which a ballot copies; None where there is none."""
    own = Registration.objects.active().filter(user=user, forum=edition.forum_id)
    row = own.select_related("country").first()
    return Said(row.country, row.stakeholder_type, row.organisation) if row else None


@transaction.atomic
def begin(*, edition: Edition, user: User, country: Country | None, stakeholder_type: str, now: datetime) -> Ballot:
    """Begin a person's ballot; the one there is when it was begun before, unchanged.

    Country, region and stakeholder type are those of the registration for the forum where there is one, else those
    given; None and "" stand for "prefer not to say". `now`: the arrival of the request.
    Refuses `not-confirmed`, `polls-not-open`, `polls-closed`, and `voted-before` where a ballot was begun with one of the confirmed
    addresses by another account, which has another one now or is erased.
    """
    if found := Ballot.objects.of(user).filter(edition=edition).first():
        return found
    said = profile(edition, user=user) or Said(country, stakeholder_type)
    return _begin(edition, user=user, said=said, now=now)


def _begin(edition: Edition, *, user: User, said: Said, now: datetime) -> Ballot:
    """The ballot of somebody who may vote; made, unless another request made it in this moment."""
    _check_voter(edition, user=user, arrived=now)
    try:
        voter_traces.claim(edition, user=user)
    except ValidationError:
        if found := Ballot.objects.of(user).filter(edition=edition).first():  # another request was first
            return found
        raise
    ballot, is_new = Ballot.objects.get_or_create(
        edition=edition,
        user=user,
        defaults={
            "country": said.country,
            "region": said.country.prize_region if said.country else "",
            "stakeholder_type": said.stakeholder_type,
            "secret": commitments.new_secret(),
            "began": now,
        },
    )
    if is_new:
        voter_traces.freeze(ballot, organisation=said.organisation)
    return ballot


def cast(*, edition: Edition, user: User, number: int, code: str, arrived: datetime, now: datetime, ip: str) -> Cast:
    """Write a person's choice in a category: the nominee with this code. The same choice again changes nothing. The ballot of a
    registered person begins with the first choice.

    `arrived`: the moment at which the request came, which decides whether it is in time; `now`: the moment of
    writing. A choice for a nominee who has withdrawn may be replaced, even where choices are final.
    Of two choices under way at once the one that arrived later stands, whichever is written first.
    The rules are those of `edition` as given (they stand once the vote has begun); whether the vote is open is read again.
    Refuses `too-many`, `not-confirmed`, `polls-not-open`, `polls-closed`, `voted-before`, `too-slow`, `no-ballot`,
    `not-a-nominee`, `vote-final` and `overtaken`.
    """
    rate_limits.check_choice(edition, user=user, now=now)
    with transaction.atomic():
        closing_time.hold_open(edition)
        ballot = _locked(edition, user=user) or _begun_now(edition, user=user, arrived=arrived, now=now, ip=ip)
        _check(ballot, arrived=arrived, now=now)
        ballot.edition, ballot.user = edition, user
        is_code = len(code) == CODE_LENGTH and set(code) <= set(SIGNS)  # the database could not read every text
        places = standing(edition, ballot=ballot, code=code if is_code else "")
        place = next((place for place in places if place.number == number), None)
        if place is None or place.asked_id is None:
            raise ValidationError(
                _("This project is not a nominee of this category. Choose another one"), code="not-a-nominee"
            )
        missing = [other.number for other in places if other.is_missing and other.number != number]
        is_new = place.nominee_id != place.asked_id
        if is_new:
            _check_replaced(edition, place, arrived=arrived)
            _write(ballot, code=code, place=place, arrived=arrived)
            network_traces.leave(ballot, ip=ip)
            _settle(ballot, is_change=place.nominee_id is not None, places=places, missing=missing, now=now)
            for tell in hooks.choice_cast.of():
                transaction.on_commit(tell, robust=True)
        elif not place.is_after(arrived):
            Vote.objects.filter(ballot=ballot, category=place.category_id).update(cast=arrived)
        return Cast(
            number=number,
            nominee=Nomination.from_db(None, ("id", "code", "title"), (place.asked_id, code, place.asked_title)),
            is_new=is_new,
            is_complete=ballot.is_complete,
            chosen=ballot.chosen,
            missing=missing,
        )


def _begun_now(edition: Edition, *, user: User, arrived: datetime, now: datetime, ip: str) -> Any:
    """Begin the ballot of a registered person who makes the first choice, and lock it. Refuses as `begin` and
    `rate_limits.check_ballot`, and `no-ballot`: others say country and stakeholder type first."""
    said = profile(edition, user=user)
    if said is None:
        _check_voter(edition, user=user, arrived=arrived)
        raise ValidationError(_("Begin your ballot first"), code="no-ballot")
    rate_limits.check_ballot(edition, ip=ip, now=now)
    _begin(edition, user=user, said=said, now=arrived)
    return _locked(edition, user=user)


# With the dates of the vote, and whether the address of the person is confirmed.
BALLOTS: Any = (
    Ballot.objects.filter(edition__phases__kind=Phase.Kind.VOTING)
    .annotate(
        opens=F("edition__phases__starts"),
        closes=F("edition__phases__ends"),
        published=F("edition__nominees_published"),
        sealed=Coalesce("edition__polls_sealed", "edition__closed"),
        is_confirmed=Exists(EmailAddress.objects.filter(user=OuterRef("user"), verified=True)),
    )
    .only("secret", "chosen", "is_complete", "receipts", "first_choice")
    .order_by()
)


def _locked(edition: Edition, *, user: User) -> Any:
    """Lock the ballot; with it, as they are now, the dates of the vote and whether the address is confirmed.

    One query, after the lock of the polls is held: what it reads of the edition is as new as that lock. None without
    a ballot or without a voting phase.
    """
    own = BALLOTS.filter(user=user.pk, edition=edition.pk)
    return next(iter(own.select_for_update(of=("self",), no_key=True)), None)


def _check(ballot: Any, *, arrived: datetime, now: datetime) -> None:
    _check_confirmed(ballot.is_confirmed)
    _check_dates(ballot.opens, ballot.closes, ballot.published, ballot.sealed, arrived=arrived)
    if now - arrived > closing_time.WRITE_LIMIT:
        raise ValidationError(
            _("This choice was under way for too long and is not saved. Choose again"), code="too-slow"
        )


def _check_replaced(edition: Edition, place: "BallotCategory", *, arrived: datetime) -> None:
    """Refuse a choice instead of one that is final, or that arrived later."""
    if place.nominee_id and edition.votes_final:
        chosen = Nomination.objects.filter(pk=place.nominee_id, state=Nomination.State.NOMINATED)
        if chosen.exists():
            raise ValidationError(_("You have chosen in this category already. A choice is final"), code="vote-final")
    if place.is_after(arrived):
        raise ValidationError(
            _("You have chosen another project here since. This earlier choice is not saved"), code="overtaken"
        )


class BallotCategory(NamedTuple):
    """A category under a ballot: whether anybody can be chosen, who is chosen (None: nobody), and when that choice arrived.

    `asked_id`, `asked_title`: the nominee of this category with the code that was asked for.
    """

    category_id: int
    number: int
    has_nominees: bool
    nominee_id: int | None
    cast: datetime | None
    asked_id: int | None
    asked_title: str

    @property
    def is_missing(self) -> bool:
        """Whether a ballot needs a choice here that it has not. Who chose a nominee that withdrew has chosen."""
        return self.has_nominees and self.nominee_id is None

    def is_after(self, arrived: datetime) -> bool:
        """Whether the choice here arrived after another one that is still under way; not by more, as where a clock was put back."""
        return self.cast is not None and arrived < self.cast <= arrived + closing_time.WRITE_LIMIT


_nominees = Nomination.objects.filter(state=Nomination.State.NOMINATED).order_by()
# Of the categories in the order of the rules: key, number, and whether anybody can be chosen.
_CATEGORIES = Category.objects.order_by("number").values_list(
    "pk", "number", Exists(_nominees.filter(category=OuterRef("pk")))
)


def standing(edition: Edition, *, ballot: Ballot, code: str) -> list[BallotCategory]:
    """The categories of an edition in the order of the rules with a ballot's choices; the nominee of a `code` stands beside
    its category. Three queries."""
    votes = Vote.objects.filter(ballot=ballot.pk).values_list("category", "nominee", "cast")
    chosen = {category: (nominee, cast) for category, nominee, cast in votes}
    named = _nominees.filter(edition=edition.pk, code=code).values_list("category", "pk", "title")
    asked = {category: (nominee, title) for category, nominee, title in named}
    return [
        BallotCategory(key, number, has_nominees, *chosen.get(key, (None, None)), *asked.get(key, (None, "")))
        for key, number, has_nominees in _CATEGORIES.filter(edition=edition.pk)
    ]


def _write(ballot: Ballot, *, code: str, place: BallotCategory, arrived: datetime) -> None:
    """Write the vote, in place where it replaces one, and a new commitment; those there are stay untouched."""
    nonce = commitments.new_nonce()
    tracker = commitments.tracker(ballot.secret, edition=ballot.edition.forum.slug, number=place.number)
    value = commitments.commitment(nonce=nonce, tracker=tracker, number=place.number, nominee=code)
    choice = {"nominee_id": place.asked_id, "tracker": tracker, "nonce": nonce, "cast": arrived}
    if place.nominee_id:
        Vote.objects.filter(ballot=ballot, category=place.category_id).update(**choice)
    else:
        Vote.objects.create(ballot=ballot, category_id=place.category_id, **choice)
    Commitment.objects.create(edition=ballot.edition, value=value)


def _settle(
    ballot: Ballot, *, is_change: bool, places: list[BallotCategory], missing: list[int], now: datetime
) -> None:
    """Bring the ballot's own figures up to date after a choice, and write the receipt where one is due."""
    was_complete = ballot.is_complete
    ballot.chosen = sum(other.nominee_id is not None for other in places) + (not is_change)
    ballot.is_complete = was_complete or not ballot.edition.require_all_categories or not missing
    ballot.first_choice, ballot.last_choice = ballot.first_choice or now, now
    has_receipt = ballot.is_complete and (is_change or not was_complete)
    ballot.receipts += has_receipt
    ballot.save(update_fields=["chosen", "is_complete", "receipts", "first_choice", "last_choice"])
    if has_receipt:
        ballot_mails.write_receipt(ballot, is_change=was_complete, now=now)


def complete_again(edition: Edition, *, now: datetime) -> int:
    """Complete the ballots that miss nothing any more since a category lost its last nominee; return how many.

    They get their receipt like others. Called while the vote runs, and with the last block (prizes.scheduler). Doing it
    twice changes nothing.
    """
    if not edition.require_all_categories:
        return 0
    nominated = Nomination.objects.filter(category=OuterRef("pk"), state=Nomination.State.NOMINATED)
    needed = Category.objects.filter(Exists(nominated), edition=edition)
    missing = needed.filter(~Exists(Vote.objects.filter(category=OuterRef("pk"), ballot=OuterRef(OuterRef("pk")))))
    waiting = Ballot.objects.filter(edition=edition, is_complete=False, chosen__gte=max(needed.count(), 1))
    found = waiting.filter(~Exists(missing)).order_by("pk").values_list("pk", flat=True)
    return sum(_complete(pk, now=now) for pk in list(found))


@transaction.atomic
def _complete(pk: int, *, now: datetime) -> bool:
    ballot = Ballot.objects.select_for_update(of=("self",), no_key=True).select_related("user").get(pk=pk)
    if ballot.is_complete:
        return False
    ballot.is_complete = True
    if ballot.user.erased:  # nobody to send it to
        ballot.save(update_fields=["is_complete"])
        return True
    ballot.receipts += 1
    ballot.save(update_fields=["is_complete", "receipts"])
    ballot_mails.write_receipt(ballot, is_change=False, now=now)
    return True
