"""What the programme is sorted by: countries, organisations, types, tracks, rooms, themes, Action Lines, SDGs and their matrix.

Names of reference rows are written in English; pages show them through gettext (`events.reference.standard_rows.shown_names` lists the known ones).
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from events.models import columns
from events.models.columns import LineField
from events.models.constraints import once


class Region(models.TextChoices):
    """The ITU's administrative regions: used for attendance."""

    AMERICAS = "americas", _("Americas")
    WESTERN_EUROPE = "western-europe", _("Western Europe")
    EASTERN_EUROPE = "eastern-europe", _("Eastern Europe and Northern Asia")
    AFRICA = "africa", _("Africa")
    ASIA = "asia", _("Asia and Australasia")


class PrizeRegion(models.TextChoices):
    """The regions in which the prizes are counted."""

    AFRICA = "africa", _("Africa")
    ARAB_STATES = "arab-states", _("Arab States")
    ASIA_PACIFIC = "asia-pacific", _("Asia and Pacific")
    AMERICAS = "americas", _("Americas")
    CIS = "cis", _("CIS")
    EUROPE = "europe", _("Europe")


class StakeholderType(models.TextChoices):
    GOVERNMENT = "government", _("Government")
    PRIVATE_SECTOR = "private_sector", _("Private sector")
    CIVIL_SOCIETY = "civil_society", _("Civil society")
    INTERNATIONAL_ORG = "international_org", _("International organization")
    UNITED_NATIONS = "united_nations", _("United Nations")
    ACADEMIA = "academia", _("Academia")
    TECHNICAL_COMMUNITY = "technical_community", _("Technical community")
    MEDIA = "media", _("Media")
    OTHER = "other", _("Other")


class ListOfParticipants(models.TextChoices):
    """How far the list of participants of a forum is. People are asked from `ASKED` on; the last two are public."""

    NONE = "none", _("No list: nobody is asked")
    ASKED = "asked", _("Not public yet: people are asked whether they want to be on it")
    PROVISIONAL = "provisional", _("Public, as the provisional list")
    FINAL = "final", _("Public, as the final list")


class Gender(models.TextChoices):
    """As people say it; for statistics only."""

    WOMAN = "woman", _("Woman")
    MAN = "man", _("Man")
    OTHER = "other", _("Other")
    UNDISCLOSED = "undisclosed", _("Prefer not to say")


# Bodies that belong to no country: theirs is not asked.
WITHOUT_COUNTRY = frozenset({StakeholderType.UNITED_NATIONS, StakeholderType.INTERNATIONAL_ORG})


class Country(models.Model):
    FORUM = None

    code = models.CharField(_("code"), max_length=2, primary_key=True, help_text=_("ISO 3166-1, two letters."))
    name = models.CharField(
        _("name (English)"), max_length=80, unique=True, help_text=_("The short name used by the United Nations.")
    )
    region = models.CharField(_("region (attendance)"), max_length=20, choices=Region)
    prize_region = models.CharField(_("region (prizes)"), max_length=20, choices=PrizeRegion)
    translations = columns.translations()

    class Meta:
        ordering = ["name"]
        verbose_name = _("country")
        verbose_name_plural = _("countries")

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> list[str]:
        """In English, and in each other language that has one."""
        return [self.name, *(said["name"] for said in self.translations.values() if said.get("name"))]


class Organisation(models.Model):
    FORUM = None

    name = LineField(_("name"), max_length=200)
    acronym = LineField(_("acronym"), max_length=40, blank=True)
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType)
    country = columns.country(_("country"), related_name="organisations")
    website = models.URLField(_("website"), blank=True)
    is_checked = models.BooleanField(
        _("checked"),
        default=True,
        db_default=True,
        help_text=_("An organiser has looked at it. Until then nobody is offered it who types a name like it."),
    )
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)
    updated = models.DateTimeField(_("updated"), auto_now=True, null=True)  # empty: not since this is written down

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="organisation_name_once",
                violation_error_message=_("An organisation of this name exists."),
            )
        ]

    def __str__(self) -> str:
        return self.acronym or self.name


class OrganisationName(models.Model):
    """Another spelling of an organisation's name: who types it means this organisation. Merging two leaves one behind."""

    FORUM = None

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, verbose_name=_("organisation"), related_name="other_names"
    )
    name = LineField(_("name"), max_length=200)
    is_typed = models.BooleanField(  # by somebody who registered or spoke, and no organiser had looked at it
        default=False, db_default=False, editable=False
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="organisation_other_name_once",
                violation_error_message=_("This is another name of an organisation already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class SessionTypeQuerySet(models.QuerySet["SessionType"]):
    def offered_in(self, forum: Any) -> "SessionTypeQuerySet":
        """Those that a forum offers: its own where it has some, else those of all forums, with what is additional there."""
        own = self.filter(forums=forum)
        return self.filter(Q(pk__in=own.values("pk")) | (Q(forums=None) & ~Exists(own.filter(is_additional=False))))

    def known_in(self, forum: Any) -> "SessionTypeQuerySet":
        """Those that a file may name for a forum (an unsaved one has none of its own): all but what only others have. Its own come
        last."""
        own = self.filter(forums=forum.pk) if forum.pk else self.none()
        used = self.filter(sessions__forum=forum.pk) if forum.pk else self.none()
        known = self.filter(Q(forums=None) | Q(pk__in=own.values("pk")) | Q(pk__in=used.values("pk")))
        return known.annotate(is_own=Exists(own.filter(pk=OuterRef("pk")))).order_by("is_own", "-pk")


class SessionType(models.Model):
    FORUM = None

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_secretariat_only = models.BooleanField(_("made by the secretariat only"), default=False)
    forums = models.ManyToManyField(
        "events.Forum",
        verbose_name=_("only in"),
        blank=True,
        related_name="session_types",
        help_text=_("Forums with types of their own. None: in all forums that have none of their own."),
    )
    is_additional = models.BooleanField(
        _("beside those of all forums"),
        default=False,
        db_default=False,
        help_text=_("Its forums offer it beside the types of all forums. Types that an import makes are such."),
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    updated = models.DateTimeField(_("updated"), auto_now=True, null=True)  # empty: not since this is written down
    translations = columns.translations()

    objects = SessionTypeQuerySet.as_manager()

    class Meta:
        ordering = ["order", "name"]
        verbose_name = _("session type")
        verbose_name_plural = _("session types")

    def __str__(self) -> str:
        return self.name


class ActionLine(models.Model):
    FORUM = None

    code = models.CharField(_("code"), max_length=10, unique=True)
    title = models.CharField(_("title"), max_length=150)
    short_name = models.CharField(_("short name"), max_length=40)
    description = models.TextField(_("description"), blank=True)
    facilitators = models.CharField(_("facilitators"), max_length=200, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("part of"), null=True, blank=True, related_name="parts"
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order"]
        verbose_name = _("Action Line")
        verbose_name_plural = _("Action Lines")

    def __str__(self) -> str:
        return f"{self.label} {self.short_name}"

    @property
    def label(self) -> str:
        """The code as people read it: C7-E-GOV is shown as “C7 Gov”."""
        return self.code.replace("-E-", " ").title() if "-E-" in self.code else self.code


class SDG(models.Model):
    FORUM = None

    number = models.PositiveSmallIntegerField(
        _("number"), primary_key=True, validators=[MinValueValidator(1), MaxValueValidator(17)]
    )
    title = models.CharField(_("title"), max_length=80)
    full_title = models.CharField(_("full title"), max_length=250)
    color = models.CharField(_("colour"), max_length=7, validators=[RegexValidator(r"^#[0-9A-F]{6}$")])
    has_white_text = models.BooleanField(
        _("white digits"), help_text=_("Where white on the colour has a contrast of 4.5 or more.")
    )

    class Meta:
        ordering = ["number"]
        verbose_name = _("Sustainable Development Goal")
        verbose_name_plural = _("Sustainable Development Goals")

    def __str__(self) -> str:
        return f"SDG {self.number} {self.title}"

    @property
    def label(self) -> str:
        """The number as people write it: SDG 9."""
        return f"SDG {self.number}"


class Theme(models.Model):
    """A subject under which people look for outcomes: cybersecurity, gender, older persons."""

    FORUM = None

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = LineField(_("name"), max_length=80)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    translations = columns.translations()

    class Meta:
        ordering = ["order", "name"]
        verbose_name = _("theme")
        verbose_name_plural = _("themes")

    def __str__(self) -> str:
        return self.name


class SearchWords(models.Model):
    """Words that the search takes for one another, in any language: AI, IA, artificial intelligence."""

    FORUM = None
    MOST = 60  # lines

    words = models.TextField(
        _("words"),
        max_length=2_000,
        help_text=_(
            "One word or phrase on each line, in any language: whoever searches for one of them finds the others too. "
            "“cyber*” means every word that begins so. A code such as C5 means its Action Line."
        ),
    )

    class Meta:
        ordering = ["words"]
        verbose_name = _("words for the same")
        verbose_name_plural = _("search: words for the same")

    def __str__(self) -> str:
        return ", ".join(self.lines())

    def lines(self) -> list[str]:
        """Its words and phrases, each once."""
        return list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in self.words.splitlines()))))

    def clean(self) -> None:
        """Refuses `too-few-words` (fewer than two) and `too-many-words` (more than 60)."""
        if len(self.lines()) < 2:
            raise ValidationError(
                {"words": ValidationError(_("Write at least two, each on a line of its own"), code="too-few-words")}
            )
        if len(self.lines()) > self.MOST:
            raise ValidationError(
                {"words": ValidationError(_("Write at most %(most)s") % {"most": self.MOST}, code="too-many-words")}
            )
        self.words = "\n".join(self.lines())


class MatrixLink(models.Model):
    """A cell of the WSIS–SDG Matrix: this Action Line advances that goal."""

    FORUM = None

    action_line = models.ForeignKey(
        ActionLine, models.CASCADE, verbose_name=_("Action Line"), related_name="matrix_links"
    )
    sdg = models.ForeignKey(SDG, models.CASCADE, verbose_name=_("SDG"), related_name="matrix_links")
    rationale = models.TextField(_("rationale"), blank=True)

    class Meta:
        ordering = ["action_line__order", "sdg"]
        verbose_name = _("matrix link")
        verbose_name_plural = _("WSIS–SDG Matrix")
        constraints = [once("matrix_link_once", "action_line", "sdg", message=_("This link exists."))]

    def __str__(self) -> str:
        return f"{self.action_line.label} × SDG {self.sdg_id}"


class Track(models.Model):
    FORUM = "forum"

    forum = models.ForeignKey("events.Forum", models.CASCADE, verbose_name=_("forum"), related_name="tracks")
    name = models.CharField(_("name"), max_length=120)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    updated = models.DateTimeField(_("updated"), auto_now=True, null=True)  # empty: not since this is written down
    translations = columns.translations()

    class Meta:
        ordering = ["order", "name"]
        verbose_name = _("track")
        verbose_name_plural = _("tracks")
        constraints = [once("track_once_per_forum", "forum", "name", message=_("The forum has a track of this name."))]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    FORUM = "forum"

    forum = models.ForeignKey("events.Forum", models.CASCADE, verbose_name=_("forum"), related_name="rooms")
    name = models.CharField(_("name"), max_length=80)
    is_virtual = models.BooleanField(
        _("online"), default=False, help_text=_("No hall: people meet on the network only.")
    )
    capacity = models.PositiveIntegerField(
        _("capacity"), null=True, blank=True, help_text=_("Seats. Leave empty where there is no limit.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    updated = models.DateTimeField(_("updated"), auto_now=True, null=True)  # empty: not since this is written down
    translations = columns.translations()

    class Meta:
        ordering = ["order", "name"]
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [once("room_once_per_forum", "forum", "name", message=_("The forum has a room of this name."))]

    def __str__(self) -> str:
        return self.name
