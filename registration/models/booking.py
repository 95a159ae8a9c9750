"""A session in a person's agenda."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models import Session
from events.models.constraints import once
from registration.models.registration import Registration


class Booking(models.Model):
    FORUM = "session__forum"

    registration = models.ForeignKey(  # booking_once begins with it
        Registration, models.CASCADE, verbose_name=_("registration"), related_name="bookings", db_index=False
    )
    session = models.ForeignKey(  # booking_by_session begins with it
        Session, models.CASCADE, verbose_name=_("session"), related_name="bookings", db_index=False
    )
    created = models.DateTimeField(_("booked"))

    class Meta:
        ordering = ["session__starts", "pk"]
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        indexes = [
            models.Index(fields=["session", "created"], name="booking_by_session"),
            models.Index(fields=["-created", "-id"], name="booking_newest"),
        ]
        constraints = [
            once("booking_once", "registration", "session", message=_("This session is in the agenda already."))
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.session}"
