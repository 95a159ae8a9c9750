"""The verbs of people at a forum in the history (events.history)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from events import hooks


@hooks.verbs()
class RegistrationVerb(TextChoices):
    """What is done with registrations. Joining a session is not here: its attendance says who was there and when."""

    REGISTER = "register", _("registered")
    EDIT_REGISTRATION = "edit-registration", _("changed a registration")
    WITHDRAW_REGISTRATION = "withdraw-registration", _("withdrew a registration")
    RENEW_CALENDAR = "renew-calendar", _("gave the calendar a new address")
    SET_REMINDERS = "set-reminders", _("turned reminders on or off")
    BOOK = "book", _("booked a session")
    LEAVE = "leave", _("gave up a booking")
