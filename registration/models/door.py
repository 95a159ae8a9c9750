"""Doors of a forum, who stands at them, and what was scanned there."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Room, Session
from events.models.columns import LineField
from events.models.columns import account as who
from events.models.constraints import once
from events.shared.secret_links import SecretLink, seed
from registration.models.registration import Registration


class Door(models.Model):
    """A door of the building, of a room, or of one session."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="doors")
    name = LineField(_("name"), max_length=80)
    room = models.ForeignKey(
        Room,
        models.CASCADE,
        verbose_name=_("room"),
        null=True,
        blank=True,
        related_name="doors",
        help_text=_("Who is scanned here attends what takes place in this room."),
    )
    session = models.ForeignKey(
        Session,
        models.CASCADE,
        verbose_name=_("session"),
        null=True,
        blank=True,
        related_name="doors",
        help_text=_("Who is scanned here attends this session. Neither room nor session: a door of the building."),
    )

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("door")
        verbose_name_plural = _("doors")
        constraints = [
            once("door_name_once", "forum", "name", message=_("There is a door of this name already.")),
            models.CheckConstraint(
                condition=Q(room=None) | Q(session=None),
                name="door_of_one_thing",
                violation_error_message=_("A door is of a room or of a session, not of both."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse (`other-forum`) a room or a session of another forum."""
        for name, place in (("room", self.room), ("session", self.session)):
            if place and place.forum_id != self.forum_id:
                words = _("It belongs to another forum.")
                raise ValidationError({name: ValidationError(words, code="other-forum")})

    @property
    def is_of_building(self) -> bool:
        return self.room_id is None and self.session_id is None

    @property
    def seats(self) -> int | None:
        """How many people have a place behind it; None: no limit. Needs its room, its session and that one's room."""
        return self.session.seats if self.session else self.room.capacity if self.room else None


class DoorPass(SecretLink, models.Model):
    """A link for one door and one day of the forum: whoever has it scans there, without an account."""

    FORUM = "door__forum"

    door = models.ForeignKey(Door, models.CASCADE, verbose_name=_("door"), related_name="passes")
    day = models.DateField(_("day"), help_text=_("In the forum’s time zone."))
    holder = LineField(_("for whom"), max_length=80, help_text=_("A name or a place, such as “Desk 2”."))
    may_register = models.BooleanField(
        _("may register people"),
        default=False,
        db_default=False,
        help_text=_("Registers on the spot whoever comes without a ticket, and lets them in."),
    )
    searches = models.PositiveIntegerField(_("searches by name"), default=0, db_default=0)
    link_seed = seed("digest")
    made_by = who(_("made by"))
    made = models.DateTimeField(_("made"))
    ended = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        ordering = ["-day", "pk"]
        verbose_name = _("door pass")
        verbose_name_plural = _("door passes")

    def __str__(self) -> str:
        return f"{self.door} · {self.holder}"

    @property
    def registers_people(self) -> bool:
        """Whether people are registered with it on the spot. Needs the door."""
        return self.may_register and self.door.is_of_building

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens its door at a moment. Needs the door's forum."""
        return self.ended is None and self.door.forum.today(now) == self.day


class Outcome(models.TextChoices):
    """What the door said."""

    IN = "in", _("In")
    ALREADY_IN = "already_in", _("Already in")
    OUT = "out", _("Out")
    OTHER_DAY = "other_day", _("Other day")
    CANCELLED = "cancelled", _("Cancelled")
    NO_ACCREDITATION = "no_accreditation", _("No accreditation")
    OLD_TICKET = "old_ticket", _("Old ticket")
    NO_SEAT = "no_seat", _("No seat")
    WRONG_DOOR = "wrong_door", _("Wrong door")
    UNKNOWN = "unknown", _("Unknown")


class Scan(models.Model):
    """What one device saw at a door. The device names it (`key`), so that what is sent twice is one scan."""

    FORUM = "door__forum"

    class Direction(models.TextChoices):
        IN = "in", _("In")
        OUT = "out", _("Out")

    key = models.UUIDField(unique=True)
    door = models.ForeignKey(Door, models.PROTECT, verbose_name=_("door"), related_name="scans", db_index=False)
    door_pass = models.ForeignKey(
        DoorPass, models.SET_NULL, verbose_name=_("pass"), null=True, blank=True, related_name="+"
    )
    registration = models.ForeignKey(  # empty: of nobody whom we know
        Registration,
        models.CASCADE,
        verbose_name=_("registration"),
        null=True,
        blank=True,
        related_name="scans",
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    at = models.DateTimeField(_("scanned"))  # by the clock of the site
    received = models.DateTimeField(_("received"))
    undone = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["door", "-at"], name="scan_at_door")]

    def __str__(self) -> str:
        return f"{self.door} · {self.get_outcome_display()}"
