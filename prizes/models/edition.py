"""The prize of a forum: its edition with the rules that vary, its phases, categories and sponsors."""

import secrets
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models import ActionLine, Forum, Organisation, columns
from events.models.columns import LineField
from events.models.constraints import ends_after_start, once
from events.models.programme import validate_languages
from events.models.time_zones import validate_zone


def nomination_languages() -> list[str]:
    return ["en"]


def new_key_name() -> str:
    """The name under which the edition's key is kept outside the database (prizes.vote.network_key)."""
    return secrets.token_hex(16)


class EditionQuerySet(models.QuerySet["Edition"]):
    def lock(self, pk: int) -> "Edition":
        """The edition as it is now, locked until the transaction ends. Who casts a vote does not wait for this lock."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def with_begun_vote(self, now: datetime) -> "EditionQuerySet":
        """Those whose vote has begun at a moment, and that are not closed."""
        return self.filter(
            nominees_published__isnull=False,
            closed__isnull=True,
            phases__kind=Phase.Kind.VOTING,
            phases__starts__lte=now,
        )


class Edition(models.Model):
    """The prize of one forum.

    The rules are settings, because they differ from year to year (WSIS Prizes, rules of 2013 to 2025). From the opening
    of the vote on they stand in the first block of the chain and cannot be changed.
    """

    FORUM = "forum"

    # The settings that the chain's first block names (prizes.chain.chain.rules).
    RULES = ("require_all_categories", "votes_final", "champions_per_category", "winners_per_category")

    forum = models.OneToOneField(Forum, models.CASCADE, verbose_name=_("forum"), related_name="prize_edition")
    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(
        _("time zone of the deadlines"), max_length=64, default="Europe/Zurich", validators=[validate_zone]
    )
    is_public = columns.public()
    require_all_categories = models.BooleanField(
        _("only full ballots count"),
        default=True,
        help_text=_("A ballot counts when it has a choice in every category that has nominees."),
    )
    votes_final = models.BooleanField(
        _("votes are final"), default=True, help_text=_("Otherwise a choice can be changed until the close.")
    )
    nominees_per_category = models.PositiveSmallIntegerField(
        _("nominees per category at the most"), default=20, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    champions_per_category = models.PositiveSmallIntegerField(
        _("champions per category"), default=5, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    winners_per_category = models.PositiveSmallIntegerField(
        _("winners per category"), default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    languages = models.JSONField(
        _("languages of nominations"), default=nomination_languages, validators=[validate_languages]
    )
    reviews_per_nomination = models.PositiveSmallIntegerField(
        _("experts per nomination"), default=3, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    screening_readers = models.PositiveSmallIntegerField(
        _("readers of the first check"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(2)],
        help_text=_(
            "How many people of the secretariat check each nomination before experts read it: 0, 1 or 2. With 2, a decision "
            "holds once both agree."
        ),
    )
    is_feedback_given = models.BooleanField(
        _("nominators see points and comments"),
        default=False,
        db_default=False,
        help_text=_(
            "Once the nominees are published, those who were not nominated see the experts' points and comments, without "
            "names. It can be changed until the first expert has saved a review."
        ),
    )
    is_blind_review = models.BooleanField(
        _("blind review"), default=False, help_text=_("Experts see neither the entity nor names.")
    )
    smallest_block = models.PositiveIntegerField(
        _("choices in a block at the least"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("Hours with fewer choices wait for the next one, so that nobody votes alone in a block."),
    )
    nominees_published = models.DateTimeField(_("nominees published"), null=True, blank=True, editable=False)
    polls_sealed = models.DateTimeField(
        _("polls sealed"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The last block is sealed: no choice is accepted from here on."),
    )
    closed = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    key_name = models.CharField(max_length=32, default=new_key_name, editable=False)
    key_destroyed = models.DateTimeField(_("key destroyed"), null=True, blank=True, editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["-forum__starts"]
        verbose_name = _("prize edition")
        verbose_name_plural = _("prize editions")
        permissions = [
            ("publish_edition", "Can publish the nominees"),
            ("count_edition", "Can count the votes"),
            ("close_edition", "Can close an edition for good"),
            ("move_end_edition", "Can move the end of a running vote"),
            ("announce_edition", "Can propose and approve announcements"),
            ("log_edition", "Can read the log of the prize"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def phase(self, kind: str) -> "Phase | None":
        """The phase of this kind, from `phases` if they were fetched; None where the edition has none."""
        return next((phase for phase in self.phases.all() if phase.kind == kind), None)

    def is_in(self, kind: str, *, now: datetime) -> bool:
        """Whether the phase of this kind is open at `now` (half-open)."""
        phase = self.phase(kind)
        return phase is not None and phase.is_open(now)


class Phase(models.Model):
    """A half-open stretch of time [starts, ends) in the order of the rules; phases of an edition do not overlap."""

    FORUM = "edition__forum"

    class Kind(models.TextChoices):
        SUBMISSION = "submission", _("Submission")
        REVIEW = "review", _("Expert review")
        VOTING = "voting", _("Public vote")
        SELECTION = "selection", _("Selection of winners")
        ANNOUNCEMENT = "announcement", _("Announcement")

    edition = models.ForeignKey(Edition, models.CASCADE, verbose_name=_("edition"), related_name="phases")
    kind = models.CharField(_("phase"), max_length=20, choices=Kind)
    starts = models.DateTimeField(_("starts"))
    ends = models.DateTimeField(_("ends"))

    class Meta:
        ordering = ["starts"]
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        constraints = [
            once("phase_once", "edition", "kind", message=_("The edition has this phase already.")),
            ends_after_start("phase_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def is_open(self, now: datetime) -> bool:
        return self.starts <= now < self.ends


def check_phase_order(phases: list[tuple[str, datetime, datetime]]) -> None:
    """Refuse (`phase-order`) phases (kind, starts, ends) that overlap or do not follow the order of the rules."""
    order = list(Phase.Kind.values)
    for (_kind, _starts, ends), (_next_kind, next_starts, _next_ends) in pairwise(
        sorted(phases, key=lambda phase: order.index(phase[0]))
    ):
        if next_starts < ends:
            raise ValidationError(_("A phase starts before the one before it has ended."), code="phase-order")


class Category(models.Model):
    FORUM = "edition__forum"

    edition = models.ForeignKey(Edition, models.CASCADE, verbose_name=_("edition"), related_name="categories")
    number = models.PositiveSmallIntegerField(_("number"))
    action_line = models.ForeignKey(ActionLine, models.PROTECT, verbose_name=_("Action Line"), related_name="+")
    title = models.CharField(_("title"), max_length=200)
    short_name = LineField(
        _("short name"),
        max_length=40,
        blank=True,
        db_default="",
        help_text=_("Where there is little room, such as on the ballot and on certificates. Empty: the title."),
    )
    translations = columns.translations()

    class Meta:
        ordering = ["number"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            once("category_number_once", "edition", "number", message=_("The edition has a category of this number."))
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def named_by(self) -> str:
        """The field that says what it is called where there is little room."""
        return "short_name" if self.short_name else "title"

    @property
    def name(self) -> str:
        """What it is called where there is little room."""
        return self.short_name or self.title


class PrizeSponsor(models.Model):
    FORUM = "edition__forum"

    edition = models.ForeignKey(Edition, models.CASCADE, verbose_name=_("edition"), related_name="sponsors")
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="+")
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("sponsor of the prize")
        verbose_name_plural = _("sponsors of the prize")
        constraints = [
            once(
                "prize_sponsor_once",
                "edition",
                "organisation",
                message=_("This organisation is a sponsor of the prize already."),
            )
        ]

    def __str__(self) -> str:
        return str(self.organisation)
