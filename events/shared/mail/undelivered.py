"""Mails that were not delivered, by receiving domain and reason: what organisers look through after a bad day.

What is tried again by itself is not among them.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Lower, StrIndex, Substr
from django.db.models.lookups import Exact
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.models import Message, User
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.mail import outbox

logger = logging.getLogger(__name__)

State, Reason = Message.State, Message.Reason
GROUPS_SHOWN = 200
AT_ONCE = 5000  # mails
DOMAIN = Lower(Substr("to", StrIndex("to", Value("@")) + 1))
WHY = Case(When(reason="", then=F("last_error")), default=F("reason"))

# What organisers can do. Where nothing stands, sending again may help.
ADVICE: dict[str, Promise] = {
    Reason.NO_MAILBOX: _("Sending again does not help: ask the person for another address."),
    Reason.NO_DOMAIN: _("Sending again does not help before the address is put right; look for a typing error."),
    Reason.BAD_ADDRESS: _("Sending again does not help before the address is put right; look for a typing error."),
    Reason.CLOSED: _("Sending again does not help: ask the person for another address."),
    Reason.FULL: _("Send again in a day or two."),
    Reason.TOO_LARGE: _("Sending again does not help: write a shorter text."),
    Reason.GREYLISTED: _("The server put us off each time: send again."),
    Reason.UNWANTED: _("Ask whoever looks after our mail server; then send again."),
    Reason.SENDER: _("SPF, DKIM or DMARC of our domain must be put right first (docs/operations.md, Mail)."),
    Reason.LOG_IN: _("The name or password of our mail server must be put right first."),
    Reason.BROKEN_OFF: _("The person may have it: sending again can make a second copy."),
    Reason.UNANSWERED: _("The person may have it: sending again can make a second copy."),
    Reason.RESTORED: _("The person may have it: send again where a second copy does less harm than none."),
    Reason.NOT_BUILT: _("Tell whoever looks after the site."),
    Reason.CRASHED: _("Tell whoever looks after the site before you send it again."),
}


@dataclass(frozen=True)
class UndeliveredMails:
    """The mails to a domain that share a state and a reason (`why`: its code, or what was said where there is none)."""

    domain: str
    state: str
    why: str
    number: int
    newest: datetime
    said: str

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.state}:{self.domain}:{self.why}"

    @property
    def state_words(self) -> str:
        return str(State(self.state).label)

    @property
    def reason(self) -> str:
        return str(Reason(self.why).label) if self.why in Reason else self.why

    @property
    def advice(self) -> Promise | str:
        return ADVICE.get(self.why, "")


def of(rows: QuerySet[Message]) -> QuerySet[Message]:
    """Those of these mails that were not delivered."""
    return rows.filter(outbox.IS_FREE, state__in=outbox.UNDELIVERED)


def groups(rows: QuerySet[Message]) -> list[UndeliveredMails]:
    """The groups of these mails, the largest first."""
    counted = of(rows).order_by().values("state", domain=DOMAIN, why=WHY)
    found = counted.annotate(number=Count("pk"), newest=Max("due"), said=Max("last_error"))
    return [UndeliveredMails(**row) for row in found.order_by("-number", "domain", "why")[:GROUPS_SHOWN]]


def chosen(rows: QuerySet[Message], *, keys: list[str]) -> QuerySet[Message]:
    """The mails of the groups with these keys; a key that is none finds nothing."""
    found = Q(pk__in=[])
    for group in groups(rows):
        if group.key in keys:
            found |= Q(state=group.state) & Q(Exact(DOMAIN, group.domain)) & Q(Exact(WHY, group.why))
    return of(rows).filter(found)


def send_again(rows: QuerySet[Message], *, by: User | None = None, now: datetime) -> int:
    """Send mails again that were not delivered, with all their attempts; return how many. What is over is left as it is."""
    return _move(rows.exclude(expires__lte=now), outbox.again(now), verb=Verb.RETRY_MAIL, by=by, now=now)


def give_up(rows: QuerySet[Message], *, by: User | None = None, now: datetime) -> int:
    """Cancel mails that were not delivered, and wipe the secrets among them; return how many."""
    secret = rows.filter(is_secret=True)
    wiped = _move(secret, outbox.GONE | outbox.WIPED, verb=Verb.CANCEL_MAIL, by=by, now=now)
    return wiped + _move(rows.filter(is_secret=False), outbox.GONE, verb=Verb.CANCEL_MAIL, by=by, now=now)


@transaction.atomic
def _move(rows: QuerySet[Message], changes: dict[str, Any], *, verb: Verb, by: User | None, now: datetime) -> int:
    """The oldest AT_ONCE of these mails; those that somebody else is just changing are passed over, as are those that need
    another right."""
    open_rows = outbox.open_to(of(rows), user=by)
    taken = list(
        open_rows.select_for_update(skip_locked=True).only("pk", "forum_id").order_by("created", "pk")[:AT_ONCE]
    )
    number = Message.objects.filter(pk__in=[row.pk for row in taken]).update(**changes)
    history.record_many(history.entry(row, verb=verb, by=by, now=now, label=f"#{row.pk}") for row in taken)
    logger.info("%d mails are now %s", number, changes["state"])
    return number
