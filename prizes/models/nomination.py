"""A nomination: a project for one category, its linkages to the goals, its files and its versions; earlier winners."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import SDG, columns
from events.models.columns import UploadColumn, account
from events.models.constraints import once
from events.models.reference import StakeholderType
from events.models.uploads import RandomName, validate_document
from events.shared.formatting import codes
from prizes.models.edition import Category, Edition


def new_code() -> str:
    """Six characters, stable for the nomination's life; in addresses, commitments and the bundle."""
    return codes.new_code(6)


class NominationQuerySet(models.QuerySet["Nomination"]):
    def of(self, user: object) -> "NominationQuerySet":
        """The nominations that one signed-in person made; none for a visitor."""
        return self.filter(nominator=user) if getattr(user, "is_authenticated", False) else self.none()

    def submitted(self) -> "NominationQuerySet":
        """All that were ever submitted and are not withdrawn."""
        return self.exclude(state__in=[Nomination.State.DRAFT, Nomination.State.WITHDRAWN])

    def checked(self) -> "NominationQuerySet":
        """Without those that still wait for the first check, where the edition asks for one (prizes.nominations.screening)."""
        return self.filter(Q(screened__isnull=False) | Q(edition__screening_readers=0))

    def nominees(self) -> "NominationQuerySet":
        """Those that the public sees and votes for: nominated, in a public edition whose nominees are published."""
        return self.filter(
            state=Nomination.State.NOMINATED,
            edition__is_public=True,
            edition__forum__is_public=True,
            edition__nominees_published__isnull=False,
        )


class Nomination(models.Model):
    FORUM = "edition__forum"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        RETURNED = "returned", _("Sent back")
        NOT_PASSED = "not_passed", _("Not passed")
        SHORTLISTED = "shortlisted", _("Shortlisted")
        NOMINATED = "nominated", _("Nominated")
        NOT_NOMINATED = "not_nominated", _("Not nominated")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.SUBMITTED, State.WITHDRAWN},
        State.SUBMITTED: {
            *(State.RETURNED, State.NOT_PASSED),
            *(State.SHORTLISTED, State.NOT_NOMINATED, State.WITHDRAWN),
        },
        State.RETURNED: {State.SUBMITTED, State.NOT_PASSED, State.WITHDRAWN},
        State.NOT_PASSED: {State.SUBMITTED},
        State.SHORTLISTED: {State.SUBMITTED, State.NOMINATED, State.WITHDRAWN},
        State.NOMINATED: {State.WITHDRAWN},
        State.NOT_NOMINATED: set(),
        State.WITHDRAWN: set(),
    }
    REVIEWED = (State.SUBMITTED, State.SHORTLISTED)  # the states in which it is under review

    class ProjectStatus(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        PHASE_ENDED = "phase_ended", _("At the end of a major phase")
        ONGOING = "ongoing", _("In the middle of a phase")

    class Verdict(models.TextChoices):
        PASSED = "passed", _("Passed")
        NOT_PASSED = "not_passed", _("Not passed")

    class Reason(models.TextChoices):
        """Why a nomination does not pass the first check (reasons that are usual with prizes; ITU publishes none)."""

        INCOMPLETE = "incomplete", _("It is not complete")
        CATEGORY = "category", _("It belongs to another category")
        DUPLICATE = "duplicate", _("The project was submitted twice")
        NOT_ELIGIBLE = "not_eligible", _("It is not eligible: it won before, or its work is not completed")
        LANGUAGE = "language", _("It is not in a language of the prize")
        OFF_TOPIC = "off_topic", _("It is not about the Action Line of its category")
        OTHER = "other", _("Another reason")

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="nominations")
    nominator = account(_("submitted by"), related_name="nominations")
    code = models.CharField(_("code"), max_length=6, unique=True, default=new_code, editable=False)
    state = models.CharField(_("state"), max_length=15, choices=State, default=State.DRAFT, editable=False)
    is_own_project = models.BooleanField(_("of one's own entity"), default=True)
    # the entity
    entity_name = models.CharField(_("entity"), max_length=200, blank=True)
    entity_key = models.CharField(max_length=220, blank=True, editable=False)  # titles.entity_key
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType, blank=True)
    country = columns.country(_("country"))
    # the project
    category = models.ForeignKey(
        Category, models.PROTECT, verbose_name=_("category"), null=True, blank=True, related_name="nominations"
    )
    title = models.CharField(_("title"), max_length=150, blank=True)
    title_key = models.CharField(max_length=160, blank=True, editable=False)  # titles.title_key
    starts_on = models.DateField(_("start of the work"), null=True, blank=True)
    ends_on = models.DateField(_("end of the work"), null=True, blank=True)
    project_status = models.CharField(_("status of the work"), max_length=15, choices=ProjectStatus, blank=True)
    website = models.URLField(_("address of the project"), max_length=300, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    # the texts
    description = models.TextField(_("short description"), blank=True, validators=[MaxLengthValidator(3000)])
    economic_impact = models.TextField(_("economic impact"), blank=True, validators=[MaxLengthValidator(6000)])
    social_impact = models.TextField(_("social impact"), blank=True, validators=[MaxLengthValidator(6000)])
    environmental_impact = models.TextField(
        _("environmental impact"), blank=True, validators=[MaxLengthValidator(6000)]
    )
    partnerships = models.TextField(_("partnerships"), blank=True, validators=[MaxLengthValidator(6000)])
    challenges = models.TextField(_("challenges and future"), blank=True, validators=[MaxLengthValidator(6000)])
    links = models.JSONField(_("links"), default=list, blank=True)  # addresses, at most ten
    # the first check (prizes.nominations.screening); without an answer of two where two are asked for
    screened = models.DateTimeField(_("passed the first check"), null=True, blank=True, editable=False)
    screening_reason = models.CharField(
        _("reason of the first check"), max_length=15, choices=Reason, blank=True, db_default="", editable=False
    )
    screening_words = models.TextField(_("words to the nominator"), blank=True, db_default="", editable=False)
    mend_until = models.DateTimeField(_("to be corrected by"), null=True, blank=True, editable=False)
    first_reader = account(_("first reader"), null=True, blank=True, editable=False)
    first_verdict = models.CharField(
        _("decision of the first reader"), max_length=15, choices=Verdict, blank=True, db_default="", editable=False
    )
    # its history
    similar_confirmed = models.BooleanField(_("confirmed as different from similar projects"), default=False)
    revision = models.PositiveIntegerField(default=0, editable=False)  # rises with every save of the form
    # Edits of a submitted nomination wait here until they are submitted as a whole (prizes.nominations.nomination_draft).
    changes = models.JSONField(default=dict, blank=True, editable=False, encoder=DjangoJSONEncoder)
    created = models.DateTimeField(_("begun"))
    updated = models.DateTimeField(_("saved"))
    submitted = models.DateTimeField(_("submitted"), null=True, blank=True)
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    objects = NominationQuerySet.as_manager()

    class Meta:
        ordering = ["category__number", "title", "pk"]
        verbose_name = _("nomination")
        verbose_name_plural = _("nominations")
        permissions = [
            ("screen_nomination", "Can make the first check of nominations"),
            ("shortlist_nomination", "Can shortlist nominations"),
        ]
        indexes = [
            models.Index(fields=["edition", "state"], name="nomination_by_state"),
            models.Index(fields=["category", "state"], name="nomination_by_category"),
        ]
        constraints = [
            once(
                "nomination_entity_once_in_category",
                "category",
                "entity_key",
                message=_("This entity has a project in this category already."),
                condition=~Q(state__in=["draft", "withdrawn"]),
            ),
            once(
                "nomination_project_once",
                "edition",
                "entity_key",
                "title_key",
                message=_("This project is submitted already."),
                condition=~Q(state__in=["draft", "withdrawn"]),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"])
                | (Q(category__isnull=False) & ~Q(title_key="") & ~Q(entity_key="") & Q(submitted__isnull=False)),
                name="nomination_submitted_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.code

    def forget_check(self) -> None:
        """What was checked is not what stands any more, or is checked anew. The row is not saved here."""
        self.screened = self.mend_until = self.first_reader = None
        self.screening_reason = self.screening_words = self.first_verdict = ""


class Linkage(models.Model):
    """How the category's Action Line advances one goal through the project."""

    nomination = models.ForeignKey(Nomination, models.CASCADE, related_name="linkages")
    sdg = models.ForeignKey(SDG, models.PROTECT, verbose_name=_("SDG"), related_name="+")
    text = models.TextField(_("how the project advances this goal"), blank=True, validators=[MaxLengthValidator(3000)])

    class Meta:
        ordering = ["sdg__number"]
        verbose_name = _("linkage to a goal")
        verbose_name_plural = _("linkages to goals")
        constraints = [once("linkage_once", "nomination", "sdg")]

    def __str__(self) -> str:
        return f"{self.nomination} · {self.sdg}"


class Attachment(models.Model):
    """A file of a nomination: PDF, PNG or JPEG by its content, 10 MB at most, served as a download only."""

    nomination = models.ForeignKey(Nomination, models.CASCADE, related_name="attachments")
    title = models.CharField(_("title"), max_length=150)
    file = UploadColumn(_("file"), upload_to=RandomName("nominations"), validators=[validate_document])
    uploaded = models.DateTimeField(_("uploaded"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.title


class NominationVersion(models.Model):
    """What was submitted, each time: number 1 is the first submission."""

    FORUM = "nomination__edition__forum"

    nomination = models.ForeignKey(Nomination, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    at = models.DateTimeField(_("when"))
    by = account(_("by"))
    data = models.JSONField(_("what was submitted"))

    class Meta:
        ordering = ["nomination", "-number"]
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [once("nomination_version_once", "nomination", "number")]

    def __str__(self) -> str:
        return f"{self.nomination} {self.number}"


class EarlierWinner(models.Model):
    """A project that won in an earlier year and cannot be submitted again (rules: not eligible)."""

    FORUM = None

    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=150)
    title_key = models.CharField(max_length=160, editable=False)
    entity_name = models.CharField(_("entity"), max_length=200, blank=True)
    country = columns.country(_("country"))
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    class Meta:
        ordering = ["-year", "title"]
        verbose_name = _("earlier winner")
        verbose_name_plural = _("earlier winners")
        indexes = [models.Index(fields=["title_key"], name="earlier_winner_by_title")]

    def __str__(self) -> str:
        return f"{self.title} ({self.year})"
