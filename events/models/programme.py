"""Sessions, and who speaks in them."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import columns
from events.models.columns import LineField
from events.models.constraints import once, times_of_session
from events.models.forum import Forum
from events.models.reference import SDG, ActionLine, Gender, Organisation, Room, SessionType, Track

CODE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DESCRIPTION_LIMIT = 10_000


def new_code() -> str:
    """Six characters of 0-9A-Z, drawn at random; unique by constraint."""
    return "".join(secrets.choice(CODE_ALPHABET) for _i in range(6))


class Language(models.TextChoices):
    """Languages a session is held or captioned in."""

    EN = "en", _("English")
    FR = "fr", _("French")
    ES = "es", _("Spanish")
    AR = "ar", _("Arabic")
    ZH = "zh", _("Chinese")
    RU = "ru", _("Russian")
    PT = "pt", _("Portuguese")
    IS = "ils", _("International Sign")


def validate_languages(value: object) -> None:
    """Refuse (`unknown-language`) a list with anything but codes of `Language`."""
    if not isinstance(value, list) or not set(map(str, value)) <= set(Language.values):
        raise ValidationError(_("Choose languages from the list"), code="unknown-language")


def _languages(name: Any, **options: Any) -> "models.JSONField[Any, Any]":
    """A list of codes of `Language`."""
    return models.JSONField(name, default=list, blank=True, validators=[validate_languages], **options)


class Followable:
    """In which languages a session can be followed: the same for its row and for what files and lists hold of it."""

    __slots__ = ()
    languages: Any
    captioning: Any
    interpretation: Any

    @property
    def spoken(self) -> list[str]:
        """Codes of the languages in which it is held, without sign."""
        return [code for code in self.languages if code != Language.IS]

    @property
    def interpreted(self) -> list[str]:
        """Codes of the languages into which it is interpreted, without sign."""
        return [code for code in self.interpretation if code != Language.IS]

    @property
    def has_sign(self) -> bool:
        """Whether it is held in International Sign or interpreted into it."""
        return Language.IS in self.languages or Language.IS in self.interpretation

    @property
    def followed_in(self) -> set[str]:
        """Codes of all languages in which somebody can follow it: spoken, interpreted or captioned."""
        return {*self.languages, *self.interpretation, *self.captioning}


class Speaker(models.Model):
    """Somebody who speaks at a forum, with an account or without. Which account it is, its owner says by a link that they got
    (`events.proposals.speakers.speaker_accounts`); equal names never do."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="speakers")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        editable=False,
        related_name="speakers",
    )
    email = models.EmailField(
        _("e-mail"),
        blank=True,
        db_default="",
        help_text=_("Not public: for the link with which they connect their account, and for our mails to them."),
    )
    form_of_address = models.CharField(
        _("form of address"), max_length=40, blank=True, help_text=_("H.E., Dr, Ms, Mr … Shown before the name.")
    )
    name = LineField(_("name"), max_length=150)
    position = LineField(_("position"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), null=True, blank=True, related_name="speakers"
    )
    country = columns.country(_("country"), related_name="speakers")
    gender = models.CharField(_("gender"), max_length=12, blank=True, choices=Gender)
    biography = models.TextField(
        _("biography"),
        blank=True,
        validators=[MaxLengthValidator(5000)],
        help_text=_("Markdown, 5,000 characters at most."),
    )
    photo = columns.picture(_("photo"), folder="speakers")
    protocol_order = models.PositiveIntegerField(
        _("protocol order"),
        default=1000,
        help_text=_("Set by hand: heads of state before ministers before others. Low numbers stand first."),
    )
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    origin_id = models.CharField(
        _("identity where it comes from"), max_length=200, blank=True, help_text=_("As the imported file had it.")
    )
    updated = models.DateTimeField(_("updated"), auto_now=True, null=True)  # empty: not since this is written down

    class Meta:
        ordering = ["protocol_order", "name"]
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        constraints = [
            once(
                "speaker_account_once",
                "forum",
                "account",
                message=_("This account is another speaker of the forum."),
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.form_of_address} {self.name}".strip()


class SessionQuerySet(models.QuerySet["Session"]):
    def public(self, now: datetime | Now | None = None) -> "SessionQuerySet":
        """What the public may see: scheduled and cancelled sessions of public forums, with a start and no embargo.

        This is the one place where an embargo holds: every page, file and figure asks here. So, unlike rules, it reads
        the clock itself where nobody gives a moment: a caller who forgets to must not show what nobody may see yet.
        """
        moment = now or timezone.now()
        return self.released().filter(Q(embargoed_until__isnull=True) | Q(embargoed_until__lte=moment))

    def released(self) -> "SessionQuerySet":
        """What releases have shown of public forums, those under embargo too: for people who know of them already."""
        return self.filter(
            state__in=[Session.State.SCHEDULED, Session.State.CANCELLED],
            forum__is_public=True,
            starts__isnull=False,
            ends__isnull=False,
        )

    def live(self, now: datetime) -> "SessionQuerySet":
        """Scheduled sessions that run at a moment: starts <= now < ends."""
        return self.filter(state=Session.State.SCHEDULED, starts__lte=now, ends__gt=now)

    def recorded(self, now: datetime) -> "SessionQuerySet":
        """Sessions with a recording, which is told once they have ended."""
        return self.exclude(recording_url="").filter(ends__lte=now)


class Session(Followable, models.Model):
    FORUM = "forum"
    named_by = "title"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        CANCELLED = "cancelled", _("Cancelled")

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="sessions")
    code = models.CharField(
        _("code"),
        max_length=6,
        default=new_code,
        unique=True,
        editable=False,
        validators=[RegexValidator(r"^[0-9A-Z]{6}$")],
    )
    number = models.PositiveIntegerField(_("session number"), null=True, blank=True)
    title = LineField(_("title"), max_length=250)
    description = models.TextField(
        _("description"),
        blank=True,
        validators=[MaxLengthValidator(DESCRIPTION_LIMIT)],
        help_text=_("Markdown, 10,000 characters at most."),
    )
    type = models.ForeignKey(SessionType, models.PROTECT, verbose_name=_("type"), related_name="sessions")
    track = models.ForeignKey(
        Track, models.PROTECT, verbose_name=_("track"), null=True, blank=True, related_name="sessions"
    )
    organisers = models.ManyToManyField(Organisation, verbose_name=_("organisers"), blank=True, related_name="sessions")
    action_lines = models.ManyToManyField(
        ActionLine, verbose_name=_("Action Lines"), blank=True, related_name="sessions"
    )
    sdgs = models.ManyToManyField(SDG, verbose_name=_("SDGs"), blank=True, related_name="sessions")
    speakers = models.ManyToManyField(
        Speaker, verbose_name=_("speakers"), through="events.Appearance", related_name="sessions"
    )
    starts = models.DateTimeField(_("starts"), null=True, blank=True)
    ends = models.DateTimeField(_("ends"), null=True, blank=True)
    room = models.ForeignKey(
        Room, models.PROTECT, verbose_name=_("room"), null=True, blank=True, related_name="sessions"
    )
    languages = _languages(_("languages"))
    captioning = _languages(_("captioning"), help_text=_("Languages of the live captions."))
    capacity = models.PositiveIntegerField(
        _("capacity"),
        null=True,
        blank=True,
        help_text=_("Places that can be booked. Empty: the room's; no limit where that is empty too."),
    )
    meeting_url = models.URLField(
        _("meeting address"),
        max_length=500,
        blank=True,
        help_text=_("Secret: attendees reach it through the join page only."),
    )
    broadcast_url = models.URLField(_("broadcast address"), max_length=500, blank=True, help_text=_("Public."))
    recording_url = models.URLField(
        _("recording"), max_length=500, blank=True, help_text=_("Public, after the session.")
    )
    interpretation = _languages(_("interpretation"), help_text=_("Languages into which the session is interpreted."))
    expected = models.PositiveIntegerField(
        _("people expected"), null=True, blank=True, help_text=_("Not public: to find a room that is large enough.")
    )
    embargoed_until = models.DateTimeField(
        _("under embargo until"), null=True, blank=True, help_text=_("The public does not see the session before.")
    )
    guid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    origin_id = models.CharField(
        _("identity where it comes from"), max_length=200, blank=True, help_text=_("As the imported file had it.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    sequence = models.PositiveIntegerField(_("changes told to calendars"), default=0, editable=False)
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)
    updated = models.DateTimeField(_("updated"), auto_now=True)
    translations = columns.translations()

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["starts", "pk"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            models.Index(fields=["forum", "starts"], name="session_by_start"),
            models.Index(fields=["starts", "ends"], name="session_running"),
        ]
        constraints = [
            *times_of_session("session"),
            once("session_origin_once", "forum", "origin_id", condition=~Q(origin_id="")),
        ]

    def __str__(self) -> str:
        return self.title

    def is_live(self, now: datetime) -> bool:
        return bool(self.state == self.State.SCHEDULED and self.starts and self.ends and self.starts <= now < self.ends)

    def is_over(self, now: datetime) -> bool:
        return bool(self.ends and self.ends <= now)

    def is_under_embargo(self, now: datetime) -> bool:
        """Whether the public does not find it yet, its page included; who booked it before still knows of it."""
        return self.embargoed_until is not None and self.embargoed_until > now

    @property
    def join_opens(self) -> datetime | None:
        return self.starts - timedelta(minutes=self.forum.join_opens_minutes) if self.starts else None

    @property
    def join_closes(self) -> datetime | None:
        return self.ends + timedelta(minutes=self.forum.join_closes_minutes) if self.ends else None

    def is_join_open(self, now: datetime) -> bool:
        """Half-open: from `join_opens` until `join_closes`, and only while the session is scheduled."""
        return bool(
            self.state == self.State.SCHEDULED
            and self.join_opens
            and self.join_closes
            and self.join_opens <= now < self.join_closes
        )

    @property
    def seats(self) -> int | None:
        """Places that can be booked; None: no limit."""
        return self.capacity if self.capacity is not None else (self.room.capacity if self.room else None)


class AppearanceQuerySet(models.QuerySet["Appearance"]):
    def released(self) -> "AppearanceQuerySet":
        """Those that a release has shown; their session has to be public too (`public`)."""
        return self.filter(is_released=True)

    def drafted(self) -> "AppearanceQuerySet":
        """Those that the draft has: without those who leave with the next release."""
        return self.filter(is_leaving=False)

    def public(self) -> "AppearanceQuerySet":
        """What the public may see of who speaks where. Every public page, file and figure asks through this."""
        return self.released().filter(session__in=Session.objects.public())


class Appearance(models.Model):
    FORUM = "session__forum"

    class Role(models.TextChoices):
        SPEAKER = "speaker", _("Speaker")
        MODERATOR = "moderator", _("Moderator")
        PANELLIST = "panellist", _("Panellist")
        KEYNOTE = "keynote", _("Keynote speaker")
        REMOTE_MODERATOR = "remote_moderator", _("Remote moderator")
        HIGH_LEVEL_FACILITATOR = "facilitator", _("High-level track facilitator")

    session = models.ForeignKey(Session, models.CASCADE, verbose_name=_("session"), related_name="appearances")
    speaker = models.ForeignKey(Speaker, models.PROTECT, verbose_name=_("speaker"), related_name="appearances")
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.PANELLIST)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_released = models.BooleanField(_("released"), default=False, editable=False)  # events.schedule.releases.releases
    is_leaving = models.BooleanField(
        _("leaves"), default=False, help_text=_("The public sees this person until the next release.")
    )

    objects = AppearanceQuerySet.as_manager()

    class Meta:
        ordering = ["order", "speaker__protocol_order", "speaker__name"]
        verbose_name = _("panellist")
        verbose_name_plural = _("panellists")
        constraints = [
            once("appearance_once", "session", "speaker", message=_("This speaker already stands in the session."))
        ]

    def __str__(self) -> str:
        return f"{self.speaker} ({self.get_role_display()})"
