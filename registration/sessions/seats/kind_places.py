"""The waiting list of a kind of registration moves up, until registration in it closes (see `moving_up`).

A decision on a person locks the person first, then the kind. The list has locked the kind already, so it does not wait for a
person whom somebody else has locked: the list goes on next time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import User
from events.shared.jobs.sweeps import Sweep
from registration.accreditation import quotas, states
from registration.models import Kind, Registration, Waiting
from registration.registering import registrations
from registration.sessions.seats import kind_mails, moving_up
from registration.sessions.seats.moving_up import WaitingList

PLACES = Sweep("places", gettext_lazy("Waiting lists of kinds of registration"), longest=timedelta(minutes=1))
State = Registration.State


class KindLine(WaitingList):
    """Of a kind that is locked, with its forum."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        self.rows = Waiting.objects.of_kind(kind.pk)
        self.minutes = kind.offer_minutes

    @property
    def last_moment(self) -> datetime:
        return self.kind.last_moment

    def first(self, *, now: datetime) -> Waiting | None:
        return quotas.first_in_line(self.kind, passed=self.passed)

    def lock(self, row: Waiting) -> tuple[Registration | None, bool]:
        people = Registration.objects.filter(pk=row.registration_id)
        held = people.select_for_update(of=("self",), no_key=True, skip_locked=True)
        person = held.select_related("user", "forum", "kind").first()
        if person is None:
            return None, people.exists()
        waits = person.state == State.WAITING and person.withdrawn is None and person.kind_id == self.kind.pk
        return (person if waits else None), False

    def give(self, row: Waiting, *, now: datetime) -> None:
        states.step(row.registration, before=State.WAITING, after=State.APPROVED, by=None, now=now)

    def offer(self, row: Waiting, *, now: datetime) -> None:
        kind_mails.write_offered(row, now=now)

    def end(self, row: Waiting, *, now: datetime) -> None:
        """Withdraw the registration of somebody who let the place pass. They may register again."""
        registrations.withdraw(row.registration, is_by_itself=True, now=now)
        kind_mails.write_offer_over(row, now=now)


def fill_kinds(keys: Iterable[int], *, now: datetime) -> None:
    """Fill kinds, each in a transaction of its own."""
    for key in sorted(set(keys)):
        with transaction.atomic():
            moving_up.fill(KindLine(quotas.locked_kind(key)), now=now)


def _fill_one(kind: Kind, *, now: datetime) -> int:
    """Fill a kind, if somebody waits who may have a place."""
    if not KindLine(kind).may_move(now):
        return 0
    return moving_up.fill_whole(lambda: KindLine(quotas.locked_kind(kind.pk)), now=now)


def fill_all(now: datetime) -> int:
    """Fill all kinds in which somebody waits and may have a place; return how many people moved up. One query, and a few for each
    kind with a waiting list."""
    waits = Waiting.objects.filter(session=None, registration__state=State.WAITING).order_by()
    kinds = Kind.objects.filter(pk__in=waits.values("registration__kind")).select_related("forum")
    return sum(PLACES.each(kinds, lambda kind: _fill_one(kind, now=now), now=now, is_whole=False))


@transaction.atomic
def take(registration: Registration, *, now: datetime) -> Registration:
    """Take the place that is kept for a person; nothing changes for somebody who takes part already. Refuses `not-offered`."""
    row = Registration.objects.select_for_update(no_key=True).get(pk=registration.pk)
    if row.withdrawn is None and row.state == State.APPROVED:
        return row
    waiting = row.waitings.filter(session=None).first()
    is_offered = waiting is not None and waiting.is_offered(now)
    if row.withdrawn is not None or row.state != State.WAITING or not is_offered:
        raise ValidationError(_("No place is kept for you at the moment"), code="not-offered")
    states.step(row, before=State.WAITING, after=State.APPROVED, by=row.user, now=now)
    return row


@transaction.atomic
def promote(registration: Registration, *, reason: str, by: User, now: datetime) -> None:
    """Put somebody first on the waiting list of their kind, for a reason that is written down. Refuses `may-not-decide` (also on
    one's own), and as `moving_up.put_first`."""
    if not states.may_decide(by, registration):
        raise ValidationError(_("You do not decide on this registration"), code="may-not-decide")
    row = registration.waitings.filter(session=None).first()
    if row is None or registration.kind_id is None:
        raise ValidationError(_("Does not wait for a place, or has one already"), code="not-in-line")
    moving_up.put_first(KindLine(quotas.locked_kind(registration.kind_id)), row, reason=reason, by=by, now=now)
