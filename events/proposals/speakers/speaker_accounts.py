"""Which account a speaker is. Its owner says so, by a link that only they have: that of their invitation, or one that
organisers send to the speaker's address. Equal names, or addresses, never do.

Organisers may keep speakers without an account. A speaker is one account's or nobody's, and an account is one speaker of a
forum.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils.translation import gettext as _

from events.models import Invitation, Speaker, User
from events.proposals.speakers import speaker_mails
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages.find_forum import check_open
from events.shared.secret_links import read, signed_now

LIVES = timedelta(days=30)
LINK = "events.speakers.link"


# --- the organisers' link -----------------------------------------------------------------------------
def with_address(speakers: QuerySet[Speaker]) -> QuerySet[Any]:
    """Speakers with `address`: where mail reaches them, in small letters. That of their account, else what organisers
    entered, else that of the newest invitation to which they said yes; empty where nobody knows one."""
    asked = Invitation.objects.filter(speaker=OuterRef("pk"), state=Invitation.State.ACCEPTED)
    newest = Subquery(asked.order_by("-answered", "-pk").values("email")[:1])
    return speakers.annotate(
        address=Lower(Coalesce(F("account__email"), NullIf("email", Value("")), newest, Value("")))
    )


def token_of(speaker: Speaker, *, address: str) -> str:
    """The part of the link's address that nobody can guess. It is good for 30 days, for the one speaker, and as long as
    mail to them goes to this address."""
    return signed_now(LINK, speaker.pk, address)


def find(token: str) -> Speaker | None:
    """The speaker to whom the link belongs, with the forum; None for what is no link, an old one, or one to a former address."""
    key, address = read(LINK, token, lives=LIVES) or (0, "")
    found = with_address(Speaker.objects.filter(pk=key)).select_related("forum", "organisation", "account").first()
    is_theirs = found is not None and (found.account_id is not None or found.address == address)
    return found if is_theirs else None


@transaction.atomic
def send_link(speaker: Speaker, *, by: User, now: datetime) -> None:
    """Write the mail with the link to a speaker; once a day at the most. Refuses `connected` and `no-address`."""
    row = Speaker.objects.select_for_update(of=("self",)).select_related("forum").get(pk=speaker.pk)
    address = str(with_address(Speaker.objects.filter(pk=row.pk)).values_list("address", flat=True).get())
    if row.account_id is not None:
        raise ValidationError(_("The speaker has an account already"), code="connected")
    if not address:
        raise ValidationError(_("Enter the speaker’s e-mail first"), code="no-address")
    speaker_mails.write_link(row, to=address, token=token_of(row, address=address), language=by.language, now=now)
    history.record(row, verb=Verb.LINK_SPEAKER, by=by, now=now)


# --- connecting -----------------------------------------------------------------------------------------
def connect(speaker: Speaker, *, by: User, now: datetime) -> Speaker:
    """Say that a speaker is this account; the caller has seen the link. Twice changes nothing.

    Refuses `archived` (its forum is), `not-confirmed` (the account has no confirmed address), `claimed` (another account said so
    before) and `other-speaker` (the account is another speaker of the forum).
    """
    check_open(speaker.forum)
    _check(by)
    try:
        with transaction.atomic():
            row = Speaker.objects.select_for_update().get(pk=speaker.pk)
            if row.account_id == by.pk:
                return row
            if row.account_id is not None:
                raise _claimed()
            row.account = by
            row.save(update_fields=["account", "updated"])
            history.record(row, verb=Verb.CONNECT_SPEAKER, by=by, now=now)
    except IntegrityError:
        words = _("Your account is another speaker of this forum already. Write to the organisers")
        raise ValidationError(words, code="other-speaker") from None
    return row


def connect_invited(invitation: Invitation, *, by: User, now: datetime) -> None:
    """Say that who is asked by an invitation is this account; as soon as there is a speaker, so is the speaker.

    Refuses as `connect` does, and `not-accepted` (nobody said yes yet).
    """
    check_open(invitation.forum)
    _check(by)
    with transaction.atomic():
        row = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if row.state != Invitation.State.ACCEPTED:
            raise ValidationError(_("Say yes to the invitation first"), code="not-accepted")
        if row.speaker is not None:
            connect(row.speaker, by=by, now=now)
        elif row.account_id not in {None, by.pk}:
            raise _claimed()
        row.account = by
        row.save(update_fields=["account"])


def _check(by: User) -> None:
    if not by.has_confirmed_address():
        raise ValidationError(_("Confirm the e-mail address of your account first"), code="not-confirmed")


def _claimed() -> ValidationError:
    words = _("This speaker is connected with another account. If that is not yours, write to the organisers")
    return ValidationError(words, code="claimed")


def connect_new(speaker: Speaker, *, invitation: Invitation) -> None:
    """A speaker who comes from an invitation is the account that was connected with it, unless that is another speaker of
    the forum. The row is saved by the caller."""
    if speaker.account_id is None and invitation.account_id is not None:
        others = Speaker.objects.filter(forum=speaker.forum_id, account=invitation.account_id)
        if not others.exclude(pk=speaker.pk).exists():
            speaker.account_id = invitation.account_id


def disconnect_own(asked: Speaker | Invitation, *, by: User, now: datetime) -> None:
    """Take one's own account away from a speaker, or from an invitation to speak. Where it is not one's own, nothing
    changes."""
    speaker = asked.speaker if isinstance(asked, Invitation) else asked
    if isinstance(asked, Invitation):
        Invitation.objects.filter(pk=asked.pk, account=by).update(account=None)
    if speaker is not None and Speaker.objects.filter(pk=speaker.pk, account=by).exists():
        disconnect(speaker, by=by, now=now)


@transaction.atomic
def disconnect(speaker: Speaker, *, by: User, now: datetime) -> Speaker:
    """Take the account away from a speaker: by its owner, or by organisers. Twice changes nothing."""
    row = Speaker.objects.select_for_update().get(pk=speaker.pk)
    if row.account_id is not None:
        row.invitations.update(account=None)
        row.account = None
        row.save(update_fields=["account", "updated"])
        history.record(row, verb=Verb.DISCONNECT_SPEAKER, by=by, now=now)
    return row
