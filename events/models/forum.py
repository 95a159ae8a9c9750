"""A forum (one edition), its partners and practical pages, and what is counted for it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from events.models import columns
from events.models.constraints import ends_after_start, once
from events.models.reference import ListOfParticipants, Organisation, Region
from events.models.time_zones import validate_zone

MESSAGE_LIMIT = 10_000
REGISTRATION_DAYS = 90  # before the first day, where nobody says otherwise
RESERVED_SLUGS = frozenset(
    {
        *("account", "accounts", "admin", "api", "healthz", "readyz", "verify", "metrics", "static", "media", "mail"),
        *("i18n", "privacy", "accessibility", "unsubscribe", "invitation", "forums", "contact"),
    }
)
SMALL_SLUG = RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Use small letters, digits and hyphens"))
PRACTICAL_LIMIT = 20_000  # characters


def validate_slug_free(slug: str) -> None:
    """Refuse (`reserved-slug`) a word that the site needs for itself, or a language code."""
    languages = {code for code, _name in settings.LANGUAGES} | {"es", "ru", "zh"}
    if slug.lower() in RESERVED_SLUGS | languages:
        raise ValidationError(
            _("“%(slug)s” is a word of the site itself. Choose another address"),
            code="reserved-slug",
            params={"slug": slug},
        )


def default_reminder_minutes() -> list[int]:
    return [24 * 60, 60]


def validate_minutes(value: object) -> None:
    """Refuse (`bad-minutes`) anything but up to five different whole numbers of minutes, from 1 to 20160 (two weeks)."""
    good = (
        isinstance(value, list)
        and len(value) <= 5
        and all(type(m) is int and 1 <= m <= 20_160 for m in value)
        and len(set(value)) == len(value)
    )
    if not good:
        raise ValidationError(
            _("Enter up to five different numbers of minutes between 1 and 20160, such as [1440, 60]"),
            code="bad-minutes",
        )


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


SELF = "self"


def forum_paths(model: type[models.Model]) -> tuple[str, ...]:
    """Where rows of a model name their forum (`FORUM`); empty for what belongs to the whole site, and models of other packages."""
    declared: str | tuple[str, ...] | None = getattr(model, "FORUM", None)
    return (declared,) if isinstance(declared, str) else declared or ()


def forum_key(row: models.Model, path: str) -> int | None:
    """The key of the forum to which a path leads from a row; None where it ends before."""
    *before, last = path.split("__")
    found: Any = row
    for name in before:
        found = getattr(found, name, None)
        if found is None:
            return None
    key: int | None = found.pk if last == SELF else getattr(found, found._meta.get_field(last).attname)
    return key


class ForumQuerySet(models.QuerySet["Forum"]):
    def public(self) -> "ForumQuerySet":
        return self.filter(is_public=True)

    def awaited(self, now: datetime) -> "ForumQuerySet":
        """Those that people register for or that are not over yet: their people still change."""
        yesterday = now.date() - timedelta(days=1)  # no zone is further behind
        return self.filter(registration_opens__lte=now, ends__gte=yesterday)

    def current(self, now: datetime) -> "Forum | None":
        """The public forum that runs on this day of its own; else the next to come; else the last that was."""
        forums = list(self.public().order_by("starts"))
        for forum in forums:
            if forum.ends >= forum.today(now):
                return forum
        return forums[-1] if forums else None


class Forum(models.Model):
    FORUM = "self"

    slug = models.SlugField(
        _("address"),
        max_length=30,
        unique=True,
        validators=[SMALL_SLUG, validate_slug_free],
        help_text=_("The part of every address, such as 2020."),
    )
    name = models.CharField(_("name"), max_length=120)
    theme = models.CharField(_("theme"), max_length=250, blank=True)
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Zurich", validators=[validate_zone])
    place = models.CharField(_("place shown beside times"), max_length=60, default=gettext_noop("Geneva"))
    is_virtual = models.BooleanField(_("online"), default=True)
    host = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("host"), null=True, blank=True, related_name="hosted_forums"
    )
    co_organisers = models.ManyToManyField(
        Organisation, verbose_name=_("co-organisers"), blank=True, related_name="co_organised_forums"
    )
    chair = models.CharField(_("chair"), max_length=120, blank=True)
    chair_title = columns.LineField(_("office of the chair"), max_length=200, blank=True, db_default="")
    chair_message = models.TextField(
        _("message of the chair"),
        blank=True,
        db_default="",
        validators=[MaxLengthValidator(MESSAGE_LIMIT)],
        help_text=_("Markdown, 10,000 characters at most. Stands on the home page and in the Outcome Document."),
    )
    broadcast_audience = models.PositiveIntegerField(
        _("broadcast audience"),
        null=True,
        blank=True,
        help_text=_("Viewers of the broadcasts. A figure of its own: it is never added to attendances."),
    )
    is_public = columns.public()
    is_sample = models.BooleanField(_("sample data"), default=False)
    # From then on it is only read (events.forums.archive); its pages stay under their addresses.
    archived = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    registration_opens = models.DateTimeField(_("registration opens"))
    registration_closes = models.DateTimeField(_("registration closes"))
    reminder_minutes = models.JSONField(
        _("reminders"),
        default=default_reminder_minutes,
        blank=True,
        validators=[validate_minutes],
        help_text=_("Minutes before a booked session, such as [1440, 60]."),
    )
    join_opens_minutes = models.PositiveSmallIntegerField(_("joining opens, minutes before"), default=15)
    join_closes_minutes = models.PositiveSmallIntegerField(_("joining closes, minutes after the end"), default=0)
    open_stays_count = models.BooleanField(
        _("who was not seen leaving stayed to the end"),
        default=False,
        db_default=False,
        help_text=_(
            "For the minutes that people were in sessions. Unticked: whoever followed the join link, and was not seen leaving, "
            "attended for a time that is not known."
        ),
    )

    offer_minutes = models.PositiveSmallIntegerField(
        _("a free place is kept, minutes"),
        default=0,
        db_default=0,
        help_text=_(
            "For the first on the waiting list, who has to take it. Then the next one gets it. 0: they have it at once."
        ),
    )
    walk_in_minutes = models.PositiveSmallIntegerField(
        _("free places at the door, minutes after the start"),
        default=10,
        db_default=10,
        null=True,
        blank=True,
        help_text=_(
            "From then on places of people who have not come go to those who are there, in sessions with limited places. "
            "Empty: nobody comes in without a place of their own."
        ),
    )

    letter_signatory = models.CharField(
        _("who signs letters of invitation"),
        max_length=200,
        blank=True,
        db_default="",
        help_text=_(
            "Name and office. People who are approved and come can then print a letter, for a visa. Empty: there are none."
        ),
    )

    certificate_signatory = columns.LineField(
        _("who signs certificates"),
        max_length=120,
        blank=True,
        db_default="",
        help_text=_("Name. Stands on certificates of participation and of the prize. Empty: nobody signs them."),
    )
    certificate_signatory_title = columns.LineField(
        _("office of the person who signs certificates"), max_length=120, blank=True, db_default=""
    )

    turn_round_minutes = models.PositiveSmallIntegerField(
        _("turn-round, minutes"), default=0, help_text=_("Needed between two sessions in one room.")
    )
    list_of_participants = models.CharField(
        _("list of participants"),
        max_length=11,
        choices=ListOfParticipants,
        default="none",
        db_default="none",
        editable=False,
    )
    list_published = models.DateTimeField(_("its publication"), null=True, editable=False)  # empty: not public
    captioners = models.PositiveSmallIntegerField(
        _("captioners"), null=True, blank=True, help_text=_("How many sessions can be captioned at once.")
    )
    interpreters = models.PositiveSmallIntegerField(
        _("teams of interpreters"), null=True, blank=True, help_text=_("How many sessions can be interpreted at once.")
    )

    translations = columns.translations()

    objects = ForumQuerySet.as_manager()

    class Meta:
        ordering = ["-starts"]
        verbose_name = _("forum")
        verbose_name_plural = _("forums")
        permissions = [("archive_forum", "Can archive a forum, and open it again")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")),
                name="forum_ends_after_start",
                violation_error_message=_("The last day is before the first day."),
            ),
            ends_after_start(
                "forum_registration_window",
                starts="registration_opens",
                ends="registration_closes",
                sentence=_("Registration closes before it opens."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def today(self, now: datetime) -> date:
        return self.local(now).date()

    def is_over(self, now: datetime) -> bool:
        """Whether its last day has passed."""
        return self.today(now) > self.ends

    def within(self, moment: datetime) -> datetime:
        """The moment itself while the forum runs; before it noon of the first day, after it noon of the last."""
        first, last = (datetime.combine(day, time(12), tzinfo=self.zone) for day in (self.starts, self.ends))
        return min(max(moment, first), last)

    def is_registration_open(self, now: datetime) -> bool:
        """Half-open: open at `registration_opens`, closed at `registration_closes`."""
        return self.registration_opens <= now < self.registration_closes

    def set_usual_registration(self) -> None:
        """Let registration open 90 days before the first day and close with the last one, by the forum's clock."""
        opens, closes = self.starts - timedelta(days=REGISTRATION_DAYS), self.ends + timedelta(days=1)
        self.registration_opens = datetime.combine(opens, time(), tzinfo=self.zone).astimezone(UTC)
        self.registration_closes = datetime.combine(closes, time(), tzinfo=self.zone).astimezone(UTC)

    def week_of(self, day: date) -> int:
        """The number of the forum's calendar week a day falls in, from 1."""
        return (day - monday_of(self.starts)).days // 7 + 1

    @property
    def mondays(self) -> list[date]:
        """Those of the forum's calendar weeks; the first one may lie before its first day."""
        return [monday_of(self.starts) + timedelta(weeks=number) for number in range(self.weeks)]

    @property
    def weeks(self) -> int:
        """Calendar weeks, the first and the last counted however few of their days belong to it."""
        return self.week_of(self.ends)

    @property
    def whole_weeks(self) -> int:
        """How many weeks it lasts, as one says it: whole ones, one at the least."""
        return max(((self.ends - self.starts).days + 1) // 7, 1)


class Partner(models.Model):
    FORUM = "forum"

    class Kind(models.TextChoices):
        STRATEGIC = "strategic", _("Strategic partner")
        PLATINUM = "platinum", _("Platinum sponsor")
        GOLD = "gold", _("Gold sponsor")
        SPONSOR = "sponsor", _("Sponsor")
        PARTNER = "partner", _("Partner")
        CONTRIBUTOR = "contributor", _("Contributor")

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="partners")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="partnerships"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.PARTNER)
    logo = columns.picture(_("logo"), folder="logos")
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("partner or sponsor")
        verbose_name_plural = _("partners and sponsors")
        constraints = [
            once(
                "partner_once",
                "forum",
                "organisation",
                "kind",
                message=_("This organisation already stands here with this kind."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} ({self.get_kind_display()})"


class PracticalPageQuerySet(models.QuerySet["PracticalPage"]):
    def public(self) -> "PracticalPageQuerySet":
        return self.filter(is_public=True, forum__is_public=True)


class PracticalPage(models.Model):
    """What people need to know who come: venue, visa, contact, help. Organisers write it in the site's own language; other
    languages are optional (events.practical)."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="practical_pages")
    slug = models.SlugField(
        _("address"), max_length=50, validators=[SMALL_SLUG], help_text=_("The end of its address, such as venue.")
    )
    title = columns.LineField(_("title"), max_length=250)
    text = models.TextField(_("text"), validators=[MaxLengthValidator(PRACTICAL_LIMIT)], help_text=_("Markdown."))
    translations = columns.translations()
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_public = columns.public()

    objects = PracticalPageQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("practical page")
        verbose_name_plural = _("practical pages")
        constraints = [
            once("practical_page_once", "forum", "slug", message=_("The forum has a page with this address already."))
        ]

    def __str__(self) -> str:
        return self.title


class Audience(models.Model):
    """People per forum, session, region and time zone, written down by `registration` for this app. No session: the whole forum."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="audiences")
    session = models.ForeignKey(
        "events.Session", models.CASCADE, verbose_name=_("session"), null=True, blank=True, related_name="audiences"
    )
    region = models.CharField(_("region"), max_length=20, choices=Region, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64)
    people = models.PositiveIntegerField(_("people"), validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["-people"]
        constraints = [
            once("audience_once_per_session", "session", "region", "time_zone"),
            once("audience_once_per_forum", "forum", "region", "time_zone", condition=Q(session__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.people} · {self.time_zone}"
