"""How an invitation works, be it to speak, to edit a proposal or to register. Its rows stand in three tables, for they lead to three
different things (decision 0070); what is the same for all of them stands here.

Somebody is asked by mail at an address; nobody is told whether it has an account. The mail holds a link that is a secret
(`events.shared.secret_links`). Its person says yes or no on the page of the link (`events.shared.pages.personal.asked_page`), or
whoever asked takes it back; else it ends by itself. Who may say yes, when it ends, and what comes of a yes:

to speak     `events.proposals.speakers.speaker_invitations`, for hosts `events.proposals.hosting.panellists`
to edit      `events.proposals.collaborators.collaborators`
to register  `registration.accreditation.invitations`, `registration.registering.invited`
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from events.models import Message, User
from events.shared.history import log
from events.shared.mail.rendering import Content, put

TO_SPEAK, TO_EDIT = "speaker-invited", "proposal-editor"  # kinds of mail
DAY = timedelta(days=1)  # an address gets one mail in it of those who ask the same
QUIET = timedelta(days=30)  # who said no is not asked again
MOST_A_DAY = 5  # mails to an address, for whatever proposal or session, by whomever


def write(invitation: Any, content: Content, *, now: datetime, **mail: Any) -> None:
    """Write the mail that asks, in the language that is active; `mail`: its kind (TO_SPEAK, TO_EDIT), forum and names, as for `put`.
    Nobody is refused because many ask the same address: the mail waits for its turn, and is dropped if nobody wants it then."""
    to, due = invitation.email, turn(invitation.email, now=now)
    put(content, about=invitation.pk, to=to, now=now, due=due, is_secret=True, **mail)


def turn(to: str, *, now: datetime) -> datetime:
    """The moment from which a mail that asks may go to an address: now, or a day after the fifth last that asks. Two who ask in the
    same moment may take the same turn: the limit is about five."""
    gone = [Message.State.CANCELLED, Message.State.FAILED]
    rows = Message.objects.filter(kind__in=[TO_SPEAK, TO_EDIT], to=to, due__gt=now - DAY).exclude(state__in=gone)
    fifth = rows.order_by("-due").values_list("due", flat=True)[MOST_A_DAY - 1 : MOST_A_DAY]
    return fifth[0] + DAY if fifth else now


def too_soon(last: Any, *, now: datetime) -> tuple[str, str] | None:
    """(code, sentence): why an address is not asked again after its `last` invitation. `said-no` within 30 days, `mailed-already`
    within a day of a mail that was not answered."""
    if last.state == last.State.DECLINED and last.changed > now - QUIET:
        return "said-no", _("This person said no")
    if last.state in {last.State.INVITED, last.State.TAKEN_BACK} and last.invited > now - DAY:
        return "mailed-already", _("A mail went to this address within a day. Send it again tomorrow")
    return None


def there[Row: Model](rows: QuerySet[Row], key: int) -> Row:
    """One of these invitations, by its key. Refuses `not-there`: answered or taken back since, or none of them."""
    if (row := rows.filter(pk=key).first()) is None:
        raise used()
    return row


def used() -> ValidationError:
    """There is nothing to send again, to answer or to take back any more."""
    return ValidationError(_("This invitation is used or taken back already"), code="not-there")


def settle[Row: Model](
    row: Row,
    state: str,
    *,
    verb: str,
    about: Any = None,
    by: User | None,
    now: datetime,
    reason: str = "",
    **columns: Any,
) -> Row:
    """Write down what became of an invitation that the caller has locked, with other `columns`; the history says it of the row
    that it is `about`."""
    for name, value in (columns | {"state": state}).items():
        setattr(row, name, value)
    row.save(update_fields=["state", *columns])
    log.record(about or row, verb=verb, by=by, now=now, reason=reason)
    return row


def addresses_of(user: User) -> set[str]:
    """The confirmed addresses of an account, in small letters: a yes to edit or to register takes the one that was asked."""
    found = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return {address.lower() for address in found}
