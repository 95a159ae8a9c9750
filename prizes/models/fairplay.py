"""Fair play: under which networks a ballot was filled (as keyed hashes), and ballots that two organisers set aside."""

from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import account
from events.models.constraints import once
from prizes.models.edition import Edition
from prizes.models.voting import Ballot


class Trace(models.Model):
    """From where a ballot was filled, and of an account when its ballot began: the mail box, the mail services, the organisation. A
    hash under the edition's key (prizes.vote.network_traces, prizes.vote.voter_traces), no more.

    The key lies outside the database and is destroyed, with these rows, when the edition is closed.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address", _("Address")
        NETWORK = "network", _("Network")
        BOX = "box", _("Mail box")
        DOMAIN = "domain", _("Mail service")
        ORGANISATION = "organisation", _("Organisation")

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="traces")
    kind = models.CharField(max_length=12, choices=Kind)
    digest = models.CharField(max_length=24)

    class Meta:
        verbose_name = _("trace")
        verbose_name_plural = _("traces")
        default_permissions = ()
        indexes = [models.Index(fields=["digest"], name="trace_by_digest")]
        constraints = [once("trace_once", "ballot", "kind", "digest")]

    def __str__(self) -> str:
        return f"trace {self.pk}"


class Quarantine(models.Model):
    """Ballots set aside together, for one reason. Proposed by one organiser, in force when another agrees; lifted the same way."""

    FORUM = "edition__forum"

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        DROPPED = "dropped", _("Dropped")
        IN_FORCE = "in_force", _("In force")
        LIFTING = "lifting", _("In force, lifting proposed")
        LIFTED = "lifted", _("Lifted")

    # Each verb of `prizes.fair_play.quarantines`: from which state it leads to which.
    MOVES: ClassVar[dict[str, tuple[str, str]]] = {
        "agree": (State.PROPOSED, State.IN_FORCE),
        "drop": (State.PROPOSED, State.DROPPED),
        "propose_lifting": (State.IN_FORCE, State.LIFTING),
        "lift": (State.LIFTING, State.LIFTED),
        "keep": (State.LIFTING, State.IN_FORCE),
    }

    class Kind(models.TextChoices):
        """The reason as the public bundle gives it."""

        SCRIPT = "script", _("Filled by a script")
        DOUBLE = "double", _("Several accounts of one person")
        PRESSURE = "pressure", _("Filled under pressure or for payment")
        OTHER = "other", _("Another reason")

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="quarantines")
    ballots = models.ManyToManyField(
        Ballot, verbose_name=_("ballots"), through="QuarantinedBallot", related_name="quarantines"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED, editable=False)
    kind = models.CharField(_("reason as published"), max_length=10, choices=Kind)
    reason = models.TextField(_("reason"), validators=[MaxLengthValidator(4000)])
    proposed_by = account(_("proposed by"))
    proposed = models.DateTimeField(_("proposed"))
    decided_by = account(_("decided by"), null=True, blank=True)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)
    lift_reason = models.TextField(_("reason for lifting"), blank=True, validators=[MaxLengthValidator(4000)])
    lift_proposed_by = account(_("lifting proposed by"), null=True, blank=True)
    lift_proposed = models.DateTimeField(_("lifting proposed"), null=True, blank=True)
    lifted_by = account(_("lifted by"), null=True, blank=True)
    lifted = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        ordering = ["-proposed", "-pk"]
        verbose_name = _("quarantine")
        verbose_name_plural = _("quarantines")
        default_permissions = ("view",)
        permissions = [("decide_quarantine", "Can propose and decide quarantines")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["in_force", "lifting", "lifted"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="quarantine_by_two",
                violation_error_message=_("A second organiser has to agree."),
            ),
            models.CheckConstraint(
                condition=~Q(state="lifted") | (Q(lifted_by__isnull=False) & ~Q(lifted_by=F("lift_proposed_by"))),
                name="quarantine_lifted_by_two",
                violation_error_message=_("A second organiser has to agree."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"


class QuarantinedBallot(models.Model):
    quarantine = models.ForeignKey(Quarantine, models.PROTECT, related_name="entries")
    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("ballot of a quarantine")
        verbose_name_plural = _("ballots of quarantines")
        default_permissions = ()
        constraints = [once("quarantined_once", "quarantine", "ballot")]

    def __str__(self) -> str:
        return f"{self.quarantine_id} · {self.ballot_id}"
