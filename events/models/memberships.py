"""Which role an account has in which forum. What staff may do follows from that, and from nothing else."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.models import columns
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
    """An account's role in a forum, or in all forums. Given, agreed to and ended by events.staff.memberships only."""

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
