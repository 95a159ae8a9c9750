"""Places that are kept for a kind, and people who wait for one."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Session
from events.models.constraints import once
from registration.models.kind import Kind
from registration.models.registration import Registration


class WaitingQuerySet(models.QuerySet["Waiting"]):
    def in_line(self) -> "WaitingQuerySet":
        """Those to whom nothing is offered yet, the first one first: in the order in which they held the lock of the session or
        kind. The clocks of machines differ, and nobody's place gets worse but by organisers, who may put somebody first."""
        return self.filter(offered_until=None).order_by("rank", "pk")

    def of_kind(self, kind: int | None) -> "WaitingQuerySet":
        """Those who wait for a place in a kind (its key). Whoever is decided on again while they wait keeps their place in the line."""
        return self.filter(session=None, registration__kind=kind, registration__state=Registration.State.WAITING)

    def ahead_of(self, row: "Waiting") -> "WaitingQuerySet":
        """Those in the same line who come before a row."""
        same = self.filter(session=row.session_id) if row.session_id else self.of_kind(row.registration.kind_id)
        return same.in_line().filter(Q(rank__lt=row.rank) | Q(rank=row.rank, pk__lt=row.pk))

    def offered(self, now: datetime) -> "WaitingQuerySet":
        """Those for whom a place is kept at a moment."""
        return self.filter(offered_until__gt=now)


class Waiting(models.Model):
    """A person on the waiting list of a session, or of the kind of their registration (no session); perhaps with a place that is
    kept for them until a moment. It goes when they get the place, leave the list, or let the offer pass."""

    FORUM = "registration__forum"

    registration = models.ForeignKey(
        Registration, models.CASCADE, verbose_name=_("registration"), related_name="waitings"
    )
    session = models.ForeignKey(  # waiting_in_line begins with it
        Session,
        models.CASCADE,
        verbose_name=_("session"),
        null=True,
        blank=True,
        related_name="waitings",
        db_index=False,
    )
    joined = models.DateTimeField(_("waits since"))
    offered_until = models.DateTimeField(_("place offered until"), null=True, blank=True)
    rank = models.SmallIntegerField(_("order"), default=0, db_default=0)  # less for whom organisers put first

    objects = WaitingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("place on a waiting list")
        verbose_name_plural = _("waiting lists")
        indexes = [models.Index(fields=["session", "id"], name="waiting_in_line")]
        constraints = [
            once("waiting_once", "registration", "session", message=_("This person is on the waiting list already.")),
            once(
                "waiting_once_for_kind",
                "registration",
                condition=Q(session=None),
                message=_("This person is on the waiting list already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.session or self.registration.kind}"

    def is_offered(self, now: datetime) -> bool:
        """Whether a place is kept for this person at a moment; half-open."""
        return self.offered_until is not None and now < self.offered_until

    def place_in_line(self) -> int:
        """The place in the line, from 1; 0 for whom a place is kept. One query."""
        return 0 if self.offered_until else Waiting.objects.ahead_of(self).count() + 1


class SeatHold(models.Model):
    """Places of a session that only people of one kind may book, until some time before the start. Holds come in the order in
    which they were made: where there are fewer places than held ones, the first has its places first."""

    FORUM = "session__forum"

    session = models.ForeignKey(  # seat_hold_once begins with it
        Session, models.CASCADE, verbose_name=_("session"), related_name="seat_holds", db_index=False
    )
    kind = models.ForeignKey(Kind, models.CASCADE, verbose_name=_("kind"), related_name="seat_holds")
    seats = models.PositiveIntegerField(_("places"))
    free_minutes = models.PositiveIntegerField(
        _("for everybody, minutes before the start"),
        default=60,
        help_text=_("From then on those that nobody has taken are for everybody. 0: they are kept until the start."),
    )

    class Meta:
        ordering = ["session", "pk"]
        verbose_name = _("places kept for a kind")
        verbose_name_plural = _("places kept for kinds")
        constraints = [
            once(
                "seat_hold_once", "session", "kind", message=_("Places of this session are kept for this kind already.")
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=1), name="seat_hold_not_empty", violation_error_message=_("Keep one at least.")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seats} · {self.kind}"

    def clean(self) -> None:
        """Refuse (`other-forum`) a kind of another forum than the session's."""
        if self.session_id and self.kind_id and self.session.forum_id != self.kind.forum_id:
            raise ValidationError(
                {"kind": ValidationError(_("This kind belongs to another forum"), code="other-forum")}
            )
