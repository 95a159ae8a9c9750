"""Results: a count with its rows, the counts asked for, the winners that experts chose, and certificates."""

from datetime import timedelta

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import Job, account
from events.models.constraints import once
from events.models.uploads import RandomName
from events.shared.formatting.codes import new_code
from prizes.models.edition import Category, Edition
from prizes.models.nomination import Nomination


class Honour(models.TextChoices):
    """What is announced, and certified."""

    CHAMPIONS = "champions", _("Champions")
    WINNERS = "winners", _("Winners")


class Count(models.Model):
    """One counting of the votes. The latest is the one that holds; each published the hash of its bundle when it was made."""

    FORUM = "edition__forum"

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="counts")
    number = models.PositiveSmallIntegerField(_("number"))
    counted = models.DateTimeField(_("counted"))
    reason = models.TextField(_("reason"), blank=True)
    valid_ballots = models.PositiveIntegerField(_("valid ballots"))
    incomplete_ballots = models.PositiveIntegerField(_("incomplete ballots"))
    quarantined_ballots = models.PositiveIntegerField(_("ballots set aside"))
    valid_votes = models.PositiveIntegerField(_("valid votes"))
    attendee_ballots = models.PositiveIntegerField(_("valid ballots of people who attended a session"))
    head = models.CharField(_("last head"), max_length=64)
    bundle = models.FileField(_("bundle"), upload_to=RandomName("bundles"), blank=True)
    bundle_sha256 = models.CharField(_("SHA-256 of the bundle"), max_length=64)
    bundle_bytes = models.PositiveBigIntegerField(_("size of the bundle"), default=0)

    class Meta:
        ordering = ["edition", "-number"]
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        default_permissions = ("view",)
        constraints = [once("count_number_once", "edition", "number")]

    def __str__(self) -> str:
        return f"{self.edition} · {self.number}"


class Recount(Job):
    """A count that was asked for and is made by a worker. While one is open, or failed last, the count that holds is old."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        COUNTING = "counting", _("Being counted")  # written by versions before the one queue
        DONE = "done", _("Counted")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    FORUM = "edition__forum"
    LEASE = timedelta(minutes=10)
    OPEN = (State.WAITING, State.COUNTING)
    REPLACED_BY = "edition"

    edition = models.ForeignKey(Edition, models.PROTECT, verbose_name=_("edition"), related_name="recounts")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING, editable=False)
    reason = models.TextField(_("reason"))
    asked_by = account(_("asked for by"))
    finished = models.DateTimeField(_("finished"), null=True, blank=True)
    count = models.OneToOneField(
        Count, models.PROTECT, verbose_name=_("count"), null=True, blank=True, related_name="recount"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("new count")
        verbose_name_plural = _("new counts")
        default_permissions = ()
        constraints = [
            once("recount_waits_once", "edition", condition=Q(state="waiting")),
            models.CheckConstraint(
                condition=Q(state="done", count__isnull=False) | (~Q(state="done") & Q(count__isnull=True)),
                name="recount_done_has_count",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition} · {self.get_state_display()}"


class Result(models.Model):
    """The votes of one nominee in one count. Under embargo until the champions are announced."""

    FORUM = "count__edition__forum"

    count = models.ForeignKey(Count, models.CASCADE, verbose_name=_("count"), related_name="results")
    category = models.ForeignKey(Category, models.PROTECT, verbose_name=_("category"), related_name="+")
    nomination = models.ForeignKey(Nomination, models.PROTECT, verbose_name=_("nominee"), related_name="results")
    votes = models.PositiveIntegerField(_("valid votes"))
    attendee_votes = models.PositiveIntegerField(_("votes of people who attended a session"))
    rank = models.PositiveSmallIntegerField(_("rank"))  # the same for all that are tied: 1, 2, 2, 4
    is_champion = models.BooleanField(_("champion"), default=False)
    is_tied = models.BooleanField(_("tied across the line"), default=False)

    class Meta:
        ordering = ["category__number", "rank", "nomination__title"]
        verbose_name = _("result")
        verbose_name_plural = _("results")
        default_permissions = ("view",)
        constraints = [once("result_once", "count", "nomination")]

    def __str__(self) -> str:
        return f"{self.nomination}"


class Turnout(models.Model):
    """Valid ballots of one count for one value of a dimension, as frozen when the ballots began; "" is “not said”.

    `eligible`: accounts with a confirmed address, of which the country is known or "".
    """

    FORUM = "count__edition__forum"

    class Dimension(models.TextChoices):
        COUNTRY = "country", _("Country")
        REGION = "region", _("Region")
        STAKEHOLDER_TYPE = "stakeholder_type", _("Stakeholder type")
        ELIGIBLE = "eligible", _("Eligible voters by country")

    count = models.ForeignKey(Count, models.CASCADE, verbose_name=_("count"), related_name="turnout")
    dimension = models.CharField(_("counted by"), max_length=20, choices=Dimension)
    value = models.CharField(_("group"), max_length=40, blank=True)
    people = models.PositiveIntegerField(_("people"))

    class Meta:
        ordering = ["dimension", "-people", "value"]
        verbose_name = _("turnout")
        verbose_name_plural = _("turnout")
        default_permissions = ("view",)
        constraints = [once("turnout_once", "count", "dimension", "value")]

    def __str__(self) -> str:
        return f"{self.get_dimension_display()}: {self.people}"


class Winner(models.Model):
    """One of a category's champions, chosen by the experts. Under embargo until the winners are announced."""

    FORUM = "category__edition__forum"

    category = models.ForeignKey(Category, models.PROTECT, verbose_name=_("category"), related_name="winners")
    nomination = models.OneToOneField(Nomination, models.PROTECT, verbose_name=_("champion"), related_name="win")
    reason = models.TextField(_("reason"), validators=[MaxLengthValidator(4000)])
    chosen_by = account(_("entered by"))
    chosen = models.DateTimeField(_("chosen"))

    class Meta:
        ordering = ["category__number", "pk"]
        verbose_name = _("winner")
        verbose_name_plural = _("winners")
        default_permissions = ("view",)
        permissions = [("choose_winner", "Can choose winners among the champions")]

    def __str__(self) -> str:
        # Not who won: pages that list what hangs on a row show this name to people who may not know.
        return str(self.category)


class Certificate(models.Model):
    """A certificate of a champion or a winner; /verify/<code>/ says whether it is genuine."""

    FORUM = "nomination__edition__forum"

    nomination = models.ForeignKey(Nomination, models.PROTECT, verbose_name=_("project"), related_name="certificates")
    kind = models.CharField(_("what"), max_length=10, choices=Honour)
    code = models.CharField(_("code"), max_length=12, unique=True, default=new_code, editable=False)
    issued = models.DateTimeField(_("issued"))

    class Meta:
        ordering = ["-issued", "-pk"]
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        default_permissions = ("view",)
        constraints = [once("certificate_once", "nomination", "kind")]

    def __str__(self) -> str:
        return self.code
