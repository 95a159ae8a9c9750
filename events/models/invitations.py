"""Whom people ask by mail: to speak, or to edit a proposal with them; and who edits a session."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import LineField
from events.models.constraints import once, one_of_two
from events.models.forum import Forum
from events.models.programme import Appearance, Session, Speaker
from events.models.proposals import Proposal
from events.models.reference import Organisation
from events.shared.secret_links import SecretLink, seed


class Invitation(SecretLink, models.Model):
    """Somebody asked by mail to speak: in a proposed session, or by the hosts in a session that exists already. The link
    in the mail lets them answer."""

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        TAKEN_BACK = "taken_back", _("Taken back")  # by the hosts: it can no longer be answered

    proposal = models.ForeignKey(
        Proposal, models.CASCADE, verbose_name=_("proposal"), null=True, blank=True, related_name="invitations"
    )
    session = models.ForeignKey(
        Session, models.CASCADE, verbose_name=_("session"), null=True, blank=True, related_name="invitations"
    )
    name = LineField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"))
    position = LineField(_("position"), max_length=200, blank=True)
    organisation_name = LineField(_("organisation"), max_length=200, blank=True)
    is_moderator = models.BooleanField(_("moderates"), default=False)
    role = models.CharField(_("role"), max_length=20, choices=Appearance.Role, blank=True)  # as hosts ask; else empty
    biography = models.TextField(_("biography"), blank=True, validators=[MaxLengthValidator(3000)])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.INVITED, editable=False)
    link_seed = seed("token")
    invited = models.DateTimeField(_("invited"), null=True, blank=True)
    answered = models.DateTimeField(_("answered"), null=True, blank=True)
    answers_in_hour = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False
    )  # in the hour of `answered`
    has_made_organisation = models.BooleanField(
        default=False, db_default=False, editable=False
    )  # nobody knew the one of the answer
    speaker = models.ForeignKey(
        Speaker, models.SET_NULL, verbose_name=_("speaker"), null=True, blank=True, related_name="invitations"
    )
    account = models.ForeignKey(  # who connected it with their account, while there is no speaker yet
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        editable=False,
        related_name="speaker_invitations",
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("invited speaker")
        verbose_name_plural = _("invited speakers")
        constraints = [
            once("invitation_once", "proposal", "email", message=_("This person is invited already.")),
            once("session_invitation_once", "session", "email", message=_("This person is invited already.")),
            one_of_two("invitation_one_of_two", "proposal", "session"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stage(self) -> Session | None:
        """The session in which the person would speak, as soon as there is one."""
        return self.proposal.session if self.proposal else self.session

    @property
    def parent(self) -> Proposal | Session:
        """The proposal or the session for which the person is asked."""
        parent = self.proposal or self.session
        assert parent is not None  # noqa: S101  a constraint of the table
        return parent

    @property
    def forum(self) -> Forum:
        return self.parent.forum


class CollaboratorInvitationQuerySet(models.QuerySet["CollaboratorInvitation"]):
    def open_at(self, now: datetime) -> "CollaboratorInvitationQuerySet":
        """Those by which somebody can still join: not answered or taken back, and younger than 30 days."""
        asked = CollaboratorInvitation.State.INVITED
        return self.filter(state=asked, invited__gt=now - CollaboratorInvitation.LIVES)


class CollaboratorInvitation(SecretLink, models.Model):
    """Somebody asked by mail to edit a proposal with its proposer, and what came of it. Asked again is a new row. The link
    in the mail lets them join; the address is emptied once the link is dead."""

    LIVES = timedelta(days=30)

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACCEPTED = "joined", _("Joined")
        DECLINED = "declined", _("Declined")
        TAKEN_BACK = "taken_back", _("Taken back")  # by the proposer, or another one was sent
        REMOVED = "removed", _("Removed")  # after they joined

    proposal = models.ForeignKey(
        Proposal, models.CASCADE, verbose_name=_("proposal"), related_name="collaborator_invitations"
    )
    email = models.EmailField(_("e-mail"), blank=True)
    user = models.ForeignKey(  # who joined
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), null=True, blank=True, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.INVITED, editable=False)
    link_seed = seed("token")
    invited = models.DateTimeField(_("invited"))
    changed = models.DateTimeField(_("changed"))  # when it came to this state

    objects = CollaboratorInvitationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("invited co-editor")
        verbose_name_plural = _("invited co-editors")
        constraints = [
            once(
                "collaborator_invited_once",
                "proposal",
                "email",
                message=_("This person is invited already."),
                condition=Q(state="invited") & ~Q(email=""),
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def ends(self) -> datetime:
        """From this moment on nobody can join by it."""
        return self.invited + self.LIVES


class HostedSession(models.Model):
    """An account that edits a session of its own until the call's `details_until`, and reports its outcome."""

    FORUM = "session__forum"

    session = models.ForeignKey(Session, models.CASCADE, verbose_name=_("session"), related_name="hosts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="hosted_sessions"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("organiser of a session")
        verbose_name_plural = _("organisers of sessions")
        constraints = [once("hosted_session_once", "session", "user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.session}"
