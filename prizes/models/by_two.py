"""What two people decide together about an edition, and where a supervisor let two people count as two."""

from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import account
from events.models.constraints import once
from prizes.models.edition import Edition


class ActByTwo(models.Model):
    """An act that one person asked for and that another agrees to, or drops (prizes.editions.by_two)."""

    class Kind(models.TextChoices):
        MOVE_END = "move-end", _("Move the end of the vote")
        CLOSE = "close", _("Close the edition")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    # Who may propose, agree to and drop an act of each kind.
    PERMISSIONS: ClassVar[dict[str, str]] = {
        Kind.MOVE_END: "prizes.move_end_edition",
        Kind.CLOSE: "prizes.close_edition",
    }

    FORUM = "edition__forum"

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="acts_by_two")
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED, editable=False)
    old_end = models.DateTimeField(_("end of the vote so far"), null=True, blank=True)
    new_end = models.DateTimeField(_("new end of the vote"), null=True, blank=True)
    reason = models.TextField(_("reason"), validators=[MaxLengthValidator(4000)])
    proposed_by = account(_("proposed by"))
    proposed = models.DateTimeField(_("proposed"))
    decided_by = account(_("decided by"), null=True, blank=True)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        ordering = ["-proposed", "-pk"]
        verbose_name = _("act by two")
        verbose_name_plural = _("acts by two")
        default_permissions = ("view",)
        constraints = [
            once(
                "act_by_two_waits_once",
                "edition",
                "kind",
                message=_("This is proposed already."),
                condition=Q(state="proposed"),
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | (Q(decided_by__isnull=False) & Q(decided__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="act_by_two_people",
                violation_error_message=_("A second organiser has to agree."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="move-end") | Q(old_end__isnull=False, new_end__isnull=False),
                name="act_by_two_knows_the_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition} · {self.get_kind_display()}"


class Waiver(models.Model):
    """That two people count as two in one edition although one of them made the other's account, set its password or gave
    its right. Given by a supervisor who is neither; the public reads the reason with the result."""

    FORUM = "edition__forum"

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="waivers")
    first = account(_("one person"))  # the one with the smaller key
    second = account(_("other person"))
    reason = models.TextField(_("reason, as the public reads it"), validators=[MaxLengthValidator(2000)])
    given_by = account(_("given by"))
    given = models.DateTimeField(_("given"))

    class Meta:
        ordering = ["-given", "-pk"]
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        default_permissions = ("view", "add")
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lt=F("second")) & ~Q(given_by=F("first")) & ~Q(given_by=F("second")),
                name="waiver_by_a_third",
                violation_error_message=_("A third person has to give it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} · {self.second}"
