"""The vote: a ballot per account, a vote per category, and the chain of commitments.

A vote, while the edition is open, hangs on its ballot, so that it can be resumed, changed and set aside. When the edition is
closed (prizes.fair_play.close_edition) votes and commitments are deleted and ballots lose their secret and their times: what remains
of the votes is the public bundle, where nothing joins two votes of one person.
"""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import columns
from events.models.columns import account
from events.models.constraints import once
from events.models.reference import PrizeRegion, StakeholderType
from prizes.models.edition import Category, Edition, Phase
from prizes.models.nomination import Nomination


class BallotQuerySet(models.QuerySet["Ballot"]):
    def of(self, user: object) -> "BallotQuerySet":
        """The ballots of one signed-in person; none for a visitor."""
        return self.filter(user=user) if getattr(user, "is_authenticated", False) else self.none()

    def valid(self) -> "BallotQuerySet":
        """Those that count: with all the choices that the edition asks for, and not set aside."""
        return self.filter(is_complete=True, is_quarantined=False)

    def unfinished_at(self, now: datetime) -> "BallotQuerySet":
        """Those that do not count yet, of public editions whose vote is open at a moment."""
        return self.filter(
            is_complete=False,
            edition__is_public=True,
            edition__polls_sealed__isnull=True,
            edition__phases__kind=Phase.Kind.VOTING,
            edition__phases__starts__lte=now,
            edition__phases__ends__gt=now,
        )

    def in_state(self, state: str) -> "BallotQuerySet":
        """Those of one state (`Ballot.State`)."""
        if state == Ballot.State.ASIDE:
            return self.filter(is_quarantined=True)
        if state == Ballot.State.COMPLETE:
            return self.valid()
        begun = Q(chosen=0) if state == Ballot.State.BEGUN else Q(chosen__gt=0)
        return self.filter(begun, is_complete=False, is_quarantined=False)


class Ballot(models.Model):
    """One account's ballot. Country, region and stakeholder type are copied when it begins and never change."""

    FORUM = "edition__forum"

    class State(models.TextChoices):
        BEGUN = "begun", _("Begun")
        INCOMPLETE = "incomplete", _("Incomplete")
        COMPLETE = "complete", _("Complete")
        ASIDE = "aside", _("Set aside")

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="ballots")
    user = account(_("account"), related_name="ballots")
    country = columns.country(_("country"))
    region = models.CharField(_("region"), max_length=20, choices=PrizeRegion, blank=True)
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType, blank=True)
    secret = models.CharField(max_length=20, blank=True, editable=False)  # 100 bits; erased when the edition is closed
    chosen = models.PositiveSmallIntegerField(_("categories chosen"), default=0)
    is_complete = models.BooleanField(_("complete"), default=False)
    is_quarantined = models.BooleanField(_("set aside"), default=False)
    receipts = models.PositiveSmallIntegerField(_("receipts sent"), default=0)
    began = models.DateTimeField(_("begun"), null=True)
    first_choice = models.DateTimeField(null=True, editable=False)
    last_choice = models.DateTimeField(null=True, editable=False)

    objects = BallotQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        default_permissions = ("view",)
        permissions = [("inspect_ballot", "Can read the integrity report"), ("export_ballot", "Can export ballots")]
        constraints = [once("ballot_once", "edition", "user", message=_("This account has a ballot already."))]

    def __str__(self) -> str:
        return f"{self.edition} · {self.pk}"

    @property
    def has_receipt(self) -> bool:
        """Whether it counts, and its secret is not erased (closed editions)."""
        return self.is_complete and bool(self.secret)

    @property
    def state(self) -> "Ballot.State":
        if self.is_quarantined:
            return self.State.ASIDE
        if self.is_complete:
            return self.State.COMPLETE
        return self.State.INCOMPLETE if self.chosen else self.State.BEGUN


class VoterAddress(models.Model):
    """That a ballot was begun with this address: nobody votes twice by another account. A hash under the edition's key
    (prizes.vote.voter_traces), no more, and nothing says whose ballot it is; gone when the edition is closed."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "prizes_erasedvoter"  # it held only these at first, and old code knows this name
        verbose_name = _("address of a voter")
        verbose_name_plural = _("addresses of voters")
        default_permissions = ()
        constraints = [once("erased_voter_once", "edition", "digest")]

    def __str__(self) -> str:
        return f"address {self.pk}"


class Vote(models.Model):
    """The present choice of a ballot in a category. `tracker`, `nonce`: see prizes.chain.commitments. `cast`: when it arrived.

    No page shows it to others.
    """

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="votes", db_index=False)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", db_index=False)
    nominee = models.ForeignKey(Nomination, models.PROTECT, related_name="+", db_index=False)
    tracker = models.CharField(max_length=16)
    nonce = models.CharField(max_length=16)
    cast = models.DateTimeField()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        default_permissions = ()
        constraints = [once("vote_once", "ballot", "category")]

    def __str__(self) -> str:
        return f"vote {self.pk}"


class Block(models.Model):
    """A sealed block of the chain; number 0 names the rules. `head`: hex SHA-256 over the block and the head before it."""

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="blocks")
    number = models.PositiveIntegerField(_("number"))
    sealed = models.DateTimeField(_("sealed"))
    choices = models.PositiveIntegerField(_("choices"))
    notes = models.JSONField(_("notes"), default=list)  # what else the block fixes, such as a nominee who withdrew
    head = models.CharField(_("head"), max_length=64)

    class Meta:
        ordering = ["edition", "number"]
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        default_permissions = ("view",)
        constraints = [once("block_number_once", "edition", "number")]

    def __str__(self) -> str:
        return f"{self.number}"


class Commitment(models.Model):
    """The 32 bytes that stand for one accepted choice in the chain. Inserted by casting, given a block by sealing, never else.

    No column leads to the vote: who has nonce, tracker, category and nominee can compute it.
    """

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+", db_index=False)
    value = models.BinaryField(max_length=32, unique=True)
    block = models.ForeignKey(Block, models.PROTECT, null=True, related_name="commitments")

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        default_permissions = ()
        indexes = [models.Index(fields=["edition"], name="commitment_waiting", condition=Q(block__isnull=True))]

    def __str__(self) -> str:
        return bytes(self.value).hex()
