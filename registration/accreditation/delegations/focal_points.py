"""The focal points of organisations: who they are, and which registrations they decide on."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from events.models import Forum, Organisation, User
from events.shared.history import log, made_accounts
from registration.accreditation.delegations import focal_point_mails
from registration.models import Approver, FocalPoint, Kind, Registration
from registration.people.accounts.verbs import RegistrationVerb


@transaction.atomic
def name(*, forum: Forum, organisation: Organisation, email: str, by: User, now: datetime) -> FocalPoint:
    """Make the account of an address the focal point of an organisation at a forum, and tell its person; an account is made
    where there is none. Refuses `focal-point-already`."""
    user = User.objects.locked(made_accounts.find_or_make(email, by=by, now=now).pk)
    if FocalPoint.objects.filter(forum=forum, organisation=organisation, user=user).exists():
        words = _("This account is a focal point of this organisation already.")
        raise ValidationError(words, code="focal-point-already")
    row = FocalPoint.objects.create(forum=forum, organisation=organisation, user=user, named_by=by, named_at=now)
    log.record(row, verb=RegistrationVerb.NAME_FOCAL_POINT, by=by, now=now, label=organisation.name)
    focal_point_mails.write_named(row, now=now)
    return row


def of(registration: Registration) -> QuerySet[FocalPoint]:
    """The focal points who decide on a registration; none of them on their own."""
    rows = FocalPoint.objects.filter(forum=registration.forum_id, organisation=registration.affiliation_id)
    return rows.filter(user__is_active=True).exclude(user=registration.user_id)


def organisations(user: User, *, forum: Forum) -> list[Organisation]:
    """The organisations that an account is a focal point of, at a forum."""
    return list(Organisation.objects.filter(focal_points__forum=forum, focal_points__user=user).order_by("name", "pk"))


def kinds(forum: Forum, *, now: datetime) -> list[Kind]:
    """The kinds of a forum on which focal points decide, and in which people register at a moment."""
    rows = Kind.objects.filter(forum=forum, approval=Approver.FOCAL_POINT).select_related("forum")
    return [kind for kind in rows if kind.is_open(now)]


def people(user: User, *, forum: Forum) -> QuerySet[Registration]:
    """The registrations of a focal point's organisations in kinds on which focal points decide, those that wait first."""
    own = FocalPoint.objects.filter(forum=forum, organisation=OuterRef("affiliation"), user=user)
    rows = Registration.objects.standing().filter(forum=forum, kind__approval=Approver.FOCAL_POINT)
    return rows.filter(Exists(own)).select_related("kind", "affiliation").order_by("created", "pk")


def waiting(user: User, *, forum: Forum) -> QuerySet[Registration]:
    """Those of them on whom the focal point decides next; nobody decides on their own."""
    return people(user, forum=forum).filter(state=Registration.State.WITH_FOCAL_POINT).exclude(user=user)


def check(registration: Registration, *, by: User) -> None:
    """Refuse `not-your-organisation` to an account that is no focal point of its organisation, and `decided-already` where it is
    not with the focal point. The registration is locked."""
    if registration.affiliation_id is None or not of(registration).filter(user=by).exists():
        raise ValidationError(_("This person is not of your organisation"), code="not-your-organisation")
    if registration.state != Registration.State.WITH_FOCAL_POINT:
        words = _("This was decided already: %(state)s") % {"state": registration.get_state_display()}
        raise ValidationError(words, code="decided-already")
