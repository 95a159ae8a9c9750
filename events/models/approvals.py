"""What takes two people: one row for each thing that somebody proposed (events.staff.two_people.approvals)."""

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import account as who
from events.models.constraints import once


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
