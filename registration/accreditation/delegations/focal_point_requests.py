"""Asking to be the focal point of an organisation, with a letter; organisers decide."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, User
from events.models.columns import one_line
from events.reference import organisations
from events.shared.history import log
from registration.accreditation.delegations import focal_point_mails, focal_points
from registration.models import FocalPoint, FocalPointRequest
from registration.people.accounts.verbs import RegistrationVerb

State = FocalPointRequest.State
MOST_OPEN = 3  # of a person at a forum


@transaction.atomic
def ask(*, forum: Forum, organisation: str, letter: File, by: User, now: datetime) -> FocalPointRequest:
    """Ask for an organisation, by its name; one that is known keeps its own.

    Refuses `not-confirmed` (no confirmed address), `over` (the forum is), `too-many` (3 wait already), at the organisation
    `no-organisation`, `focal-point-already` and `asked-already`, and at the letter what `validate_document` refuses.
    """
    User.objects.locked(by.pk)
    name = one_line(organisation)
    if forum.is_over(now):
        raise ValidationError(_("The Forum is over"), code="over")
    if not by.has_confirmed_address():
        raise ValidationError(_("Confirm your e-mail address first"), code="not-confirmed")
    if not any(map(str.isalnum, name)):
        raise _at("organisation", _("Enter the name of the organisation"), code="no-organisation")
    known = organisations.meant(name)
    name = known.name if known else name
    if known and FocalPoint.objects.filter(forum=forum, user=by, organisation=known).exists():
        raise _at("organisation", _("You are a focal point of this organisation already"), code="focal-point-already")
    waiting = FocalPointRequest.objects.filter(forum=forum, user=by, state=State.ASKED)
    if waiting.filter(organisation_name__iexact=name).exists():
        raise _at("organisation", _("You have asked for this organisation already"), code="asked-already")
    if waiting.count() >= MOST_OPEN:
        raise ValidationError(_("Wait until your other requests are decided"), code="too-many")
    row = FocalPointRequest(forum=forum, user=by, organisation_name=name, letter=letter, asked=now)
    row.clean_fields()
    row.save()
    log.record(row, verb=RegistrationVerb.ASK_FOCAL_POINT, by=by, now=now, label=f"#{row.pk}")
    return row


def _at(field: str, sentence: str, *, code: str) -> ValidationError:
    return ValidationError({field: ValidationError(sentence, code=code)})


def _locked(request: FocalPointRequest, *, by: User) -> FocalPointRequest:
    rows = FocalPointRequest.objects.select_for_update(of=("self",)).select_related("forum", "user")
    row = rows.get(pk=request.pk)
    if row.state != State.ASKED:
        words = _("This was decided already: %(state)s") % {"state": row.get_state_display()}
        raise ValidationError(words, code="decided-already")
    if row.user_id == by.pk:
        raise ValidationError(_("This is your own request. Somebody else decides on it"), code="own-request")
    return row


def _decide(row: FocalPointRequest, *, state: State, reason: str = "", by: User, now: datetime) -> FocalPointRequest:
    row.state, row.reason, row.decided, row.decided_by = state, reason, now, by
    row.save(update_fields=["state", "reason", "decided", "decided_by"])
    return row


@transaction.atomic
def grant(request: FocalPointRequest, *, organisation: str, by: User, now: datetime) -> FocalPointRequest:
    """Name the person, for the organisation of this name; one that nobody knows is made. The mail goes out. Refuses
    `decided-already`, `own-request`, `no-organisation`, and as `focal_points.name`."""
    row = _locked(request, by=by)
    found = organisations.find_or_make(one_line(organisation))
    if found is None:
        raise _at("organisation", _("Enter the name of the organisation"), code="no-organisation")
    focal_points.name(forum=row.forum, organisation=found, email=row.user.email, by=by, now=now)
    return _decide(row, state=State.NAMED, by=by, now=now)


@transaction.atomic
def refuse(request: FocalPointRequest, *, reason: str, by: User, now: datetime) -> FocalPointRequest:
    """Refuse, for a reason that the person reads. Refuses `decided-already`, `own-request` and `no-reason`."""
    row = _locked(request, by=by)
    if not reason.strip():
        raise _at("reason", _("Say why, in a sentence or two"), code="no-reason")
    _decide(row, state=State.REFUSED, reason=reason, by=by, now=now)
    log.record(row, verb=RegistrationVerb.REFUSE_FOCAL_POINT, by=by, now=now, label=f"#{row.pk}")
    focal_point_mails.write_not_named(row, now=now)
    return row
