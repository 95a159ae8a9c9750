"""Which role an account has in which forum: what staff may do follows from that, and from nothing else. And what takes two
people, roles among it: one row for each thing that somebody proposed (events.shared.rights.two_people.approvals)."""

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.models import columns
from events.models.columns import account as who
from events.models.constraints import once


class Role(models.TextChoices):
    """The values are the names of the Django groups in which the permissions of a role stand (`*/roles.py`)."""

    SUPERVISOR = "supervisors", _("Supervisor")
    ORGANISER = "organisers", _("Organiser")
    PROGRAMME = "programme", _("Programme team")
    PROPOSAL_REVIEWER = "proposal reviewers", _("Reviewer of proposals")
    REGISTRATION_DESK = "registration desk", _("Registration desk")
    PRIZE_OFFICER = "prize officers", _("Prize officer")
    EXPERT = "experts", _("Expert of the prize")


# They let into results under embargo, or give roles that do: one supervisor proposes them, a second one agrees.
AGREED_BY_TWO = (Role.SUPERVISOR, Role.PRIZE_OFFICER, Role.EXPERT)


class Membership(models.Model):
    """An account's role in a forum, or in all forums. Given, agreed to and ended by events.shared.rights.memberships only."""

    FORUM = "forum"

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("account"), related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=30, choices=Role)
    forum = models.ForeignKey(  # empty: all forums, those to come too
        "events.Forum", models.PROTECT, verbose_name=_("forum"), null=True, blank=True, related_name="memberships"
    )
    given_by = columns.account(_("given by"), null=True, blank=True)  # empty: the set-up, or the command line
    given_at = models.DateTimeField(_("given"))
    reason = models.CharField(_("why"), max_length=300, blank=True)
    agreed_by = columns.account(_("agreed to by"), null=True, blank=True)
    agreed_at = models.DateTimeField(_("agreed to"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("role of an account")
        verbose_name_plural = _("roles of accounts")
        default_permissions = ("view", "give")
        constraints = [
            once("membership_once", "account", "role", "forum", message=_("This account has this role there already.")),
            once(
                "membership_everywhere_once",
                "account",
                "role",
                condition=Q(forum=None),
                message=_("This account has this role in all forums already."),
            ),
            models.CheckConstraint(
                condition=(Q(given_by=None) | ~Q(given_by=F("account")))
                & (Q(agreed_by=None) | ~Q(agreed_by=F("account"))),
                name="membership_not_to_oneself",
                violation_error_message=_("Nobody gives a role to themselves."),
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None) | Q(given_by=None) | ~Q(agreed_by=F("given_by")),
                name="membership_agreed_by_another",
                violation_error_message=_("Somebody else has to agree."),
            ),
            models.CheckConstraint(
                condition=~Q(role__in=AGREED_BY_TWO) | Q(agreed_at__isnull=False),
                name="membership_is_agreed_to",
                violation_error_message=_("A second supervisor has to agree."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.said}"

    @property
    def said(self) -> str:
        """The role, as people read it."""
        return str(self.get_role_display())

    @property
    def where(self) -> str:
        """The name of the forum, or that it is all of them."""
        return self.forum.name if self.forum else gettext("All forums")


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def waiting(self) -> "ApprovalQuerySet":
        """Those that wait for a second person."""
        return self.filter(state=Approval.State.PROPOSED)

    def agreed(self) -> "ApprovalQuerySet":
        """Those that a second person agreed to."""
        return self.filter(state=Approval.State.AGREED)

    def standing(self) -> "ApprovalQuerySet":
        """Those that nobody dropped."""
        return self.exclude(state=Approval.State.DROPPED)


class Approval(models.Model):
    """Something that one person proposed, and that is done once another one agrees.

    `kind`: the name of a kind that a room added; `subject`: the key of the row that it is about; `account`: the person,
    where it is about one; `values`: what is proposed, such as a moment, as the history has it.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second person")
        AGREED = "agreed", _("Agreed")
        DROPPED = "dropped", _("Dropped")

    FORUM = "forum"
    words = ""  # of its kind, where a page has looked them up

    kind = models.CharField(_("what"), max_length=30)
    forum = models.ForeignKey(  # empty: what belongs to the whole site
        "events.Forum", models.PROTECT, verbose_name=_("forum"), null=True, blank=True, related_name="+"
    )
    subject = models.BigIntegerField(_("key"))
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), null=True, blank=True, related_name="+"
    )
    values = models.JSONField(_("what is proposed"), default=dict, blank=True)
    reason = models.TextField(_("reason"), validators=[MaxLengthValidator(4000)])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED, editable=False)
    proposed_by = who(_("proposed by"))
    proposed = models.DateTimeField(_("proposed"))
    decided_by = who(_("decided by"), null=True, blank=True)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed", "-pk"]
        verbose_name = _("act by two")
        verbose_name_plural = _("acts by two")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["kind", "subject"], name="approval_of_a_row")]
        constraints = [
            once("approval_waits_once", "kind", "subject", "forum", condition=Q(state="proposed")),
            once(
                "approval_everywhere_waits_once", "kind", "subject", condition=Q(state="proposed", forum__isnull=True)
            ),
            models.CheckConstraint(
                condition=~Q(state="agreed")
                | (Q(decided_by__isnull=False, decided__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="approval_by_two",
                violation_error_message=_("A second person has to agree."),
            ),
            models.CheckConstraint(
                condition=Q(account=None)
                | (~Q(proposed_by=F("account")) & (~Q(state="agreed") | ~Q(decided_by=F("account")))),
                name="approval_not_for_oneself",
                violation_error_message=_("Nobody does this for their own account."),
            ),
        ]

    def __str__(self) -> str:
        return self.words or f"{self.kind} {self.subject}"

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has decided yet."""
        return self.state == self.State.PROPOSED

    def moment(self, name: str) -> datetime | None:
        """One of the values that is a moment; None where there is none."""
        value = self.values.get(name)
        return datetime.fromisoformat(value) if value else None
