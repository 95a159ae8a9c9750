"""The open consultation: a call, its questions, and the proposals of stakeholders with their reviews."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Avg, Case, Count, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from events.models import columns
from events.models.columns import LineField, account
from events.models.constraints import ends_after_start, once, one_of_two
from events.models.forum import Forum
from events.models.programme import Session, new_code
from events.models.reference import SDG, ActionLine, SessionType, StakeholderType


class ProposalKind(models.TextChoices):
    """The kinds of request of the open consultation process."""

    WORKSHOP = "workshop", _("Workshop")
    SPEAKER = "speaker", _("Speaker")
    THEME = "theme", _("Theme")
    EXHIBITION = "exhibition", _("Exhibition space")
    PARTNERSHIP = "partnership", _("Partnership")


def all_kinds() -> list[str]:
    return [str(kind) for kind in ProposalKind.values]


def validate_kinds(value: object) -> None:
    """Refuse (`bad-kinds`) anything but a list of different kinds of request."""
    if not isinstance(value, list) or len(set(map(str, value))) != len(value) or set(value) - set(ProposalKind.values):
        raise ValidationError(_("Choose from the kinds of request"), code="bad-kinds")


class Call(models.Model):
    """The call for proposals of a forum: open for [opens, closes)."""

    FORUM = "forum"

    forum = models.OneToOneField(Forum, models.CASCADE, verbose_name=_("forum"), related_name="call")
    opens = models.DateTimeField(_("opens"))
    closes = models.DateTimeField(_("closes"))
    text = models.TextField(_("text"), blank=True, validators=[MaxLengthValidator(10_000)], help_text=_("Markdown."))
    kinds = models.JSONField(_("kinds of request"), default=all_kinds, validators=[validate_kinds])
    details_until = models.DateTimeField(
        _("final description until"),
        null=True,
        blank=True,
        help_text=_("Until then organisers of accepted workshops edit their session themselves."),
    )
    outcome_days = models.PositiveSmallIntegerField(
        _("days for the outcome"), default=7, help_text=_("After the session; those who are late are reminded.")
    )
    translations = columns.translations()

    class Meta:
        verbose_name = _("call for proposals")
        verbose_name_plural = _("calls for proposals")
        constraints = [
            ends_after_start(
                "call_closes_after_opening",
                starts="opens",
                ends="closes",
                sentence=_("The call closes before it opens."),
            )
        ]

    def __str__(self) -> str:
        return str(self.forum)

    def phase(self, now: datetime) -> str:
        """“coming”, “open” or “over”; half-open."""
        return "coming" if now < self.opens else "open" if now < self.closes else "over"


class Question(models.Model):
    FORUM = "call__forum"

    class Kind(models.TextChoices):
        LINE = "line", _("One line")
        TEXT = "text", _("Text")
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("One of several")

    call = models.ForeignKey(Call, models.CASCADE, verbose_name=_("call"), related_name="questions")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    text = models.CharField(_("question"), max_length=250)
    hint = models.CharField(_("hint"), max_length=250, blank=True)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    for_kinds = models.JSONField(_("asked for"), default=all_kinds, validators=[validate_kinds])
    is_required = models.BooleanField(_("must be answered"), default=False)
    translations = columns.translations()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        if self.kind == self.Kind.CHOICE and len(self.choices or []) < 2:
            raise ValidationError({"choices": ValidationError(_("Enter at least two choices"), code="too-few")})


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def of(self, user: Any) -> "ProposalQuerySet":
        """The proposals that one signed-in person made or edits with others; none for a visitor."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        return self.filter(Q(proposer=user) | Q(editors=user)).distinct()

    def lock(self, pk: int, *, beside: int | None = None) -> "Proposal":
        """Lock a proposal; return it as it is now, with its forum, proposer and country. `beside`: another one that is
        locked too, in the order of their keys.

        Who needs more locks takes them in this order: person, proposal, forum, session, mail. The lock lets others write
        history (`no_key`): whoever holds the forum or the session, and notes what they did, does not wait.
        """
        rows = self.select_for_update(of=("self",), no_key=True)
        if beside is not None:
            list(rows.filter(pk__in=[pk, beside]).order_by("pk"))
        return rows.select_related("forum", "proposer", "country", "session_type", "merged_into").get(pk=pk)

    def touched_by(self, user: Any) -> "ProposalQuerySet":
        """Those that a person makes or edits or once edited, and what these were merged with: nobody judges them, or reads
        what others say of them. To edit them is another question (`of`). A merger that nobody was told of yet counts for
        nothing: it would be seen."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        own = Proposal.objects.of(user)
        merged = Q(pk__in=own.filter(state=Proposal.State.MERGED).values("merged_into"))
        merged |= Q(merged_into__in=own.values("pk"), state=Proposal.State.MERGED)
        joined = Proposal.objects.filter(collaborator_invitations__user=user)  # who was removed since, too
        return self.filter(Q(pk__in=own.values("pk")) | Q(pk__in=joined.values("pk")) | merged)

    def keys_touched_by(self, user: Any) -> list[int]:
        """The keys of `touched_by`, for which lists and the history ask all the time. One query."""
        return list(Proposal.objects.touched_by(user).order_by().values_list("pk", flat=True))

    def seen_by(self, user: Any) -> "ProposalQuerySet":
        """Those that an organiser or a reviewer reads, with what they may know of each.

        What was never submitted is for its people alone. `is_own`: they, or what is to be merged into their own, have to
        do with the person. Then `seen_state` is what its people know, else what was decided; and the mean of the points
        is kept from the order too.
        """
        rows = self.exclude(submitted=None)
        # Asked once: as a part of the question, PostgreSQL would ask it again for every row and each use of `is_own`.
        own = Proposal.objects.keys_touched_by(user)
        is_own = Case(When(Q(pk__in=own) | Q(merged_into__in=own), then=Value(True)), default=Value(False))
        told = Case(When(Q(is_own=True) | Q(pending_state=""), then="state"), default="pending_state")
        mean = Case(When(is_own=False, then=Avg("reviews__points")))
        return rows.annotate(is_own=is_own).annotate(seen_state=told, mean_points=mean, points_given=Count("reviews"))

    def to_decide(self, user: object) -> "ProposalQuerySet":
        """Those that wait for a decision which this person may take (where they have the right): nobody judges their own."""
        submitted, own = Proposal.State.SUBMITTED, Proposal.objects.touched_by(user)
        return self.exclude(pk__in=own.values("pk")).filter(
            Q(pending_state=submitted) | Q(state=submitted, pending_state="")
        )

    def to_score(self, user: Any) -> "ProposalQuerySet":
        """Those that wait for this person's points (where they have the right)."""
        return self.to_decide(user).exclude(reviews__reviewer=user)


class Proposal(models.Model):
    FORUM = "forum"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        CHANGES = "changes", _("Changes asked for")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        MERGED = "merged", _("Merged into another")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.SUBMITTED, State.WITHDRAWN},
        State.SUBMITTED: {State.CHANGES, State.ACCEPTED, State.DECLINED, State.MERGED, State.WITHDRAWN},
        State.CHANGES: {State.SUBMITTED, State.DECLINED, State.WITHDRAWN},
        State.ACCEPTED: {State.WITHDRAWN},
        State.DECLINED: {State.SUBMITTED},
        State.MERGED: set(),
        State.WITHDRAWN: set(),
    }

    forum = models.ForeignKey(Forum, models.PROTECT, verbose_name=_("forum"), related_name="proposals")
    proposer = account(_("proposed by"), related_name="proposals")
    editors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("edited with"), blank=True, related_name="shared_proposals"
    )
    code = models.CharField(_("code"), max_length=6, unique=True, default=new_code, editable=False)
    kind = models.CharField(_("kind of request"), max_length=12, choices=ProposalKind, default=ProposalKind.WORKSHOP)
    # What its people know, and what the organisers decided: the mails that tell of it wait as drafts. Once they are let go
    # the pending state is the state; where they are taken back it is dropped (events.proposals.apply_decisions).
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    pending_state = models.CharField(
        _("decided, not told yet"), max_length=10, choices=State, blank=True, editable=False
    )
    # who asks
    organisation_name = LineField(_("organisation"), max_length=200, blank=True)
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType, blank=True)
    country = columns.country(_("country"))
    co_organisers = models.JSONField(_("co-organisers"), default=list, blank=True)  # names of organisations
    # what for
    title = LineField(_("title"), max_length=250, blank=True)
    description = models.TextField(_("description"), blank=True, validators=[MaxLengthValidator(10_000)])
    session_type = models.ForeignKey(
        SessionType, models.PROTECT, verbose_name=_("type"), null=True, blank=True, related_name="+"
    )
    minutes = models.PositiveSmallIntegerField(
        _("length in minutes"), null=True, blank=True, validators=[MinValueValidator(15), MaxValueValidator(480)]
    )
    expected = models.PositiveIntegerField(_("people expected"), null=True, blank=True)
    wished_days = models.JSONField(_("wished days"), default=list, blank=True)  # ISO dates of the forum
    avoided_days = models.JSONField(_("days to avoid"), default=list, blank=True)
    answers = models.JSONField(_("answers"), default=dict, blank=True)  # question's id → answer
    # its history
    revision = models.PositiveIntegerField(default=0, editable=False)
    created = models.DateTimeField(_("begun"))
    updated = models.DateTimeField(_("saved"))
    submitted = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("merged into"), null=True, blank=True, related_name="merged"
    )
    session = models.OneToOneField(
        Session, models.SET_NULL, verbose_name=_("session"), null=True, blank=True, related_name="proposal"
    )
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted", "-pk"]
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        permissions = [("decide_proposal", "Can decide proposals"), ("score_proposal", "Can score proposals")]
        indexes = [models.Index(fields=["forum", "state"], name="proposal_by_state")]
        constraints = [models.CheckConstraint(condition=~Q(pending_state=F("state")), name="proposal_pending_is_new")]

    def __str__(self) -> str:
        return self.title or self.code

    @property
    def decided_state(self) -> str:
        """The state as the organisers know it."""
        return self.pending_state or self.state

    @property
    def history_label(self) -> str:
        """What the history calls it: the title may change, and may be nobody's to read yet."""
        return self.code

    def people(self) -> list[Any]:
        """Who edits it, its proposer first."""
        return [self.proposer, *self.editors.all()]

    def is_edited_by(self, user: Any) -> bool:
        """Whether the person made it or edits it with others."""
        return self.proposer_id == user.pk or self.editors.filter(pk=user.pk).exists()

    @classmethod
    def check_move(cls, current: str, *, to: str) -> None:
        """Refuse (`wrong-state`) a move that the table does not have."""
        if to not in cls.TRANSITIONS[current]:
            raise ValidationError(
                _("A proposal in the state “%(state)s” cannot be changed to “%(wanted)s”"),
                code="wrong-state",
                params={"state": cls.State(current).label, "wanted": cls.State(to).label},
            )


class ProposalLink(models.Model):
    """An Action Line or a goal of a proposal, with the reason why."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="links")
    action_line = models.ForeignKey(
        ActionLine, models.PROTECT, verbose_name=_("Action Line"), null=True, blank=True, related_name="+"
    )
    sdg = models.ForeignKey(SDG, models.PROTECT, verbose_name=_("SDG"), null=True, blank=True, related_name="+")
    rationale = models.TextField(_("why"), blank=True, validators=[MaxLengthValidator(2000)])

    class Meta:
        ordering = ["action_line__order", "sdg__number", "pk"]
        verbose_name = _("Action Line or goal")
        verbose_name_plural = _("Action Lines and goals")
        constraints = [
            one_of_two("proposal_link_one_of_two", "action_line", "sdg"),
            once("proposal_action_line_once", "proposal", "action_line"),
            once("proposal_goal_once", "proposal", "sdg"),
        ]

    def __str__(self) -> str:
        return str(self.action_line or self.sdg)


class ProposalReview(models.Model):
    proposal = models.ForeignKey(Proposal, models.CASCADE, verbose_name=_("proposal"), related_name="reviews")
    reviewer = account(_("reviewer"))
    points = models.PositiveSmallIntegerField(_("points"), validators=[MaxValueValidator(5)])
    comment = models.TextField(_("comment"), blank=True, validators=[MaxLengthValidator(4000)])
    updated = models.DateTimeField(_("saved"))

    class Meta:
        ordering = ["-updated"]
        verbose_name = _("review of a proposal")
        verbose_name_plural = _("reviews of proposals")
        constraints = [
            once("proposal_review_once", "proposal", "reviewer"),
            models.CheckConstraint(condition=Q(points__lte=5), name="proposal_points_within_scale"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal}: {self.points}"


class ProposalComment(models.Model):
    """What organisers and reviewers say to each other about a proposal. What they do is in the history."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, verbose_name=_("proposal"), related_name="comments")
    author = account(_("by"), null=True, blank=True)
    at = models.DateTimeField(_("when"))
    text = models.TextField(_("text"), validators=[MaxLengthValidator(4000)])

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("comment on a proposal")
        verbose_name_plural = _("comments on proposals")

    def __str__(self) -> str:
        return self.text[:60]
