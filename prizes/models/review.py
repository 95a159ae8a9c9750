"""The expert review: who reviews what, by which criteria, with which scores, and who must not."""

from typing import ClassVar

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import columns
from events.models.columns import account
from events.models.constraints import once
from events.models.reference import StakeholderType
from prizes.models.edition import Category, Edition
from prizes.models.nomination import Nomination

MOST_POINTS = 5


class Criterion(models.Model):
    FORUM = "edition__forum"

    edition = models.ForeignKey(Edition, models.CASCADE, verbose_name=_("edition"), related_name="criteria")
    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("what is asked"), blank=True)
    weight = models.DecimalField(
        _("weight"), max_digits=5, decimal_places=2, default=1, validators=[MinValueValidator(0.01)]
    )
    anchors = models.JSONField(
        _("what the points mean"), default=dict, blank=True, help_text=_("Points to words, such as 0, 3 and 5.")
    )

    class Meta:
        ordering = ["number"]
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [
            once("criterion_number_once", "edition", "number", message=_("The edition has a criterion of this number."))
        ]

    def __str__(self) -> str:
        return self.name


class Expert(models.Model):
    """A person who reviews in an edition; entity and country are what conflicts of interest are looked for with."""

    FORUM = "edition__forum"

    edition = models.ForeignKey(Edition, models.CASCADE, verbose_name=_("edition"), related_name="experts")
    user = account(_("account"), related_name="expert_roles")
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType, blank=True)
    country = columns.country(_("country"))
    categories = models.ManyToManyField(
        Category,
        verbose_name=_("categories"),
        blank=True,
        related_name="experts",
        help_text=_("Which categories the expert is drawn for; none: all."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["user__name", "pk"]
        verbose_name = _("expert")
        verbose_name_plural = _("experts")
        constraints = [
            once("expert_once", "edition", "user", message=_("This person is an expert of the edition already."))
        ]

    def __str__(self) -> str:
        return str(self.user)


class Assignment(models.Model):
    """One expert, one nomination. A conflict that the data propose stands open until the expert answers it."""

    FORUM = "nomination__edition__forum"

    class State(models.TextChoices):
        CONFLICT = "conflict", _("Conflict to be answered")
        ASSIGNED = "assigned", _("Assigned")
        DONE = "done", _("Reviewed")
        RECUSED = "recused", _("Recused")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.CONFLICT: {State.ASSIGNED, State.RECUSED},
        State.ASSIGNED: {State.DONE, State.RECUSED},
        State.DONE: {State.ASSIGNED, State.RECUSED},
        State.RECUSED: set(),
    }

    WAITING = (State.CONFLICT, State.ASSIGNED)  # for the expert
    READING = (State.ASSIGNED, State.DONE)  # the expert may have the files

    class Conflict(models.TextChoices):
        SAME_ORGANISATION = "same-organisation", _("Same organisation")
        SAME_GOVERNMENT = "same-government", _("Both of one country's government")
        NOMINATOR_TIES = "nominator", _("Tied to the person who submitted it")
        CO_SPEAKER = "co-speaker", _("Spoke in a session with the person who submitted it")

    expert = models.ForeignKey(Expert, models.PROTECT, verbose_name=_("expert"), related_name="assignments")
    nomination = models.ForeignKey(Nomination, models.PROTECT, verbose_name=_("nomination"), related_name="assignments")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASSIGNED, editable=False)
    conflicts = models.JSONField(_("conflicts found"), default=list, blank=True)  # values of Conflict
    answer = models.TextField(
        _("answer to the conflict, or reason of the recusal"), blank=True, validators=[MaxLengthValidator(2000)]
    )
    comment = models.TextField(_("comment"), blank=True, validators=[MaxLengthValidator(6000)])
    assigned = models.DateTimeField(_("assigned"))
    updated = models.DateTimeField(_("saved"), null=True, blank=True)

    class Meta:
        ordering = ["nomination__category__number", "pk"]
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [
            once("assignment_once", "expert", "nomination", message=_("This expert has this nomination already."))
        ]

    def __str__(self) -> str:
        return f"{self.expert} · {self.nomination}"


class Score(models.Model):
    FORUM = "assignment__nomination__edition__forum"

    assignment = models.ForeignKey(Assignment, models.CASCADE, verbose_name=_("review"), related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, verbose_name=_("criterion"), related_name="scores")
    points = models.PositiveSmallIntegerField(_("points"), validators=[MaxValueValidator(MOST_POINTS)])

    class Meta:
        ordering = ["criterion__number"]
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            once("score_once", "assignment", "criterion"),
            models.CheckConstraint(condition=Q(points__lte=MOST_POINTS), name="score_within_scale"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.points}"
