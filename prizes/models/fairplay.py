"""Fair play: under which networks a ballot was filled (as keyed hashes), and ballots that two organisers set aside."""

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from events.models.constraints import once
from events.models.memberships import Approval
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


class QuarantineQuerySet(models.QuerySet["Quarantine"]):
    def in_force(self) -> "QuarantineQuerySet":
        """Those that a second person agreed to, and whose lifting nobody has agreed to."""
        agreed = Approval.objects.agreed().filter(subject=OuterRef("pk"))
        return self.filter(
            Exists(agreed.filter(kind=Quarantine.SET_ASIDE)), ~Exists(agreed.filter(kind=Quarantine.LIFT))
        )


class Quarantine(models.Model):
    """Ballots set aside together, for one reason, while two people agree on it (prizes.fair_play.quarantines)."""

    FORUM = "edition__forum"
    # The names of the approvals about a quarantine.
    SET_ASIDE, LIFT = "quarantine", "lift-quarantine"

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
    kind = models.CharField(_("reason as published"), max_length=10, choices=Kind)

    objects = QuarantineQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("quarantine")
        verbose_name_plural = _("quarantines")
        default_permissions = ("view",)
        permissions = [("decide_quarantine", "Can propose and decide quarantines")]

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
