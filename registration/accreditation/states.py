"""The state of a registration: where it begins, when it begins again, and what each step writes down."""

from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from events.models import User
from events.shared.history import log
from events.shared.rights import memberships
from registration.accreditation import accreditation_mails, quotas
from registration.accreditation.delegations import focal_point_mails, focal_points
from registration.models import AccreditationStep, Approver, Kind, Registration, RegistrationFile, Waiting
from registration.people.accounts.verbs import RegistrationVerb

State = Registration.State
RIGHT = "registration.decide_registration"
# A change of these is decided on again.
ASKED_ABOUT = frozenset(
    {"kind", "name", "latin_name", "organisation", "affiliation", RegistrationFile.LETTER, RegistrationFile.PHOTOGRAPH}
)
DECIDED = (State.APPROVED, State.REFUSED)
VERBS = {
    State.WITH_FOCAL_POINT: RegistrationVerb.ASK_APPROVAL,
    State.WITH_SECRETARIAT: RegistrationVerb.ASK_APPROVAL,
    State.WAITING: RegistrationVerb.WAIT,
    State.APPROVED: RegistrationVerb.APPROVE_REGISTRATION,
    State.REFUSED: RegistrationVerb.REFUSE_REGISTRATION,
}
SENTENCES = {
    State.WITH_FOCAL_POINT: gettext_lazy(
        "The focal point of your organisation decides on it first. We write to you then."
    ),
    State.WITH_SECRETARIAT: gettext_lazy("The secretariat decides on it. We write to you then."),
    State.APPROVED: gettext_lazy("You take part."),
    State.REFUSED: gettext_lazy("It was not approved."),
}


def sentence(registration: Registration) -> str:
    """What the state of a registration means for its person."""
    if registration.state == State.WAITING:
        return accreditation_mails.waiting_words(registration)
    return str(SENTENCES[State(registration.state)])


def first_state(registration: Registration, *, is_first: bool = False) -> State:
    """Where a registration begins, as its kind says: with the focal point where the organisation has one. Somebody who was refused
    last time is decided on, whatever the kind says. `is_first`: there was no last time."""
    approval = registration.kind.approval if registration.kind else Approver.NONE
    if approval == Approver.FOCAL_POINT and registration.affiliation_id and focal_points.of(registration).exists():
        return State.WITH_FOCAL_POINT
    if approval != Approver.NONE:
        return State.WITH_SECRETARIAT
    decisions = AccreditationStep.objects.filter(registration=registration, after__in=DECIDED).order_by("-pk")
    decided = None if is_first else decisions.values_list("after", flat=True).first()
    return State.WITH_SECRETARIAT if decided == State.REFUSED else State.APPROVED


def with_place(registration: Registration, *, kind: Kind | None, before: str, now: datetime) -> State:
    """The state of somebody who may take part: approved where there is a place in their kind, which is locked, else on its waiting
    list. Refuses as `quotas.check` once registration in the kind is closed, and where somebody with a place would move to where
    there is none."""
    try:
        quotas.check(registration, kind=kind, now=now)
    except ValidationError as refusal:
        is_full = getattr(refusal, "code", "") in {"kind-full", "quota-full"}
        if not is_full or before == State.APPROVED or kind is None or now >= kind.last_moment:
            raise
        return State.WAITING
    return State.APPROVED


def begin(
    registration: Registration,
    *,
    is_new: bool = True,
    is_first: bool = False,
    invited_by: User | None = None,
    by: User | None,
    now: datetime,
) -> None:
    """Set the first state of a registration that is locked; the person is told where somebody decides, and where they wait.

    `is_new`: somebody registers, for the first time (`is_first`) or after a withdrawal, in a kind that is locked. `invited_by`: who
    invited the person; a focal point has approved them so, while it is one and the organisation has a place. Refuses as `with_place`
    where nobody decides, at the organisation and at the kind.
    """
    before, after = "" if is_new else registration.state, first_state(registration, is_first=is_first)
    if after == State.WITH_FOCAL_POINT and invited_by and _has_approved(invited_by, registration, now=now):
        before, after, by = after, State.WITH_SECRETARIAT, invited_by
    if after == State.APPROVED:
        try:
            kind = registration.kind if is_new else quotas.locked_kind_of(registration)
            after = with_place(registration, kind=kind, before=before, now=now)
        except ValidationError as refusal:
            field = "kind" if getattr(refusal, "code", "") == "kind-full" else "organisation"
            raise ValidationError({field: refusal}) from None
    if after == before == State.WAITING and registration.waitings.filter(session=None).exists():  # in the same line
        return
    if after == State.APPROVED and before in {"", State.APPROVED}:  # nobody decided, and nobody waited for it
        if registration.state != after:
            registration.state = after
            registration.save(update_fields=["state", "updated"])
        if is_new:
            accreditation_mails.write_registered(registration, by=by, now=now)
    else:
        step(registration, before=before, after=after, by=by, now=now)


def _has_approved(focal_point: User, registration: Registration, *, now: datetime) -> bool:
    """Whether an invitation by this account is an approval by the focal point."""
    if not focal_points.of(registration).filter(user=focal_point).exists():
        return False
    try:
        quotas.check_promised(registration, now=now)
    except ValidationError:  # the quota is smaller by now: the focal point decides whom it sends
        return False
    return True


def after_edit(registration: Registration, *, changed: Collection[str], by: User | None, now: datetime) -> None:
    """What a change of some columns means for the state of a registration that is locked. Another kind is decided on again;
    another name or organisation, letter or photograph too, unless somebody who may decide on it made the change. Somebody who
    stands where they would begin gives another name or file without another decision, and keeps their place. Refuses as `begin`."""
    asked = ASKED_ABOUT.intersection(changed)
    is_moved = bool({"kind", "affiliation"} & asked)
    state = State.APPROVED if registration.state == State.WAITING else registration.state
    if not asked or (not is_moved and state == first_state(registration)):
        return
    if "kind" in asked:
        Waiting.objects.filter(registration=registration, session=None).delete()
    if "kind" in asked or not may_decide(by, registration):
        begin(registration, is_new=False, by=by, now=now)
    elif is_moved and registration.state == State.APPROVED:
        quotas.check(registration, kind=quotas.locked_kind_of(registration), now=now)
    if "affiliation" in asked and quotas.locked_kind_of(registration):  # so that nobody gives them a place until then
        registration.waitings.filter(session=None).update(offered_until=None)


def may_decide(user: User | None, registration: Registration) -> bool:
    """Whether an account may decide on a registration; nobody decides on their own. `user`: None is the site itself."""
    return user is None or (user.pk != registration.user_id and memberships.has(user, RIGHT, registration))


def step(
    registration: Registration, *, before: str, after: str, by: User | None, reason: str = "", now: datetime
) -> AccreditationStep:
    """Put a registration that is locked into a state, write the step down and tell the person. Somebody who waits for a place joins
    the line of their kind, and keeps their place there while they are decided on again."""
    registration.state = after
    registration.save(update_fields=["state", "updated"])
    if after == State.WAITING:
        Waiting.objects.update_or_create(
            registration=registration, session=None, defaults={"offered_until": None}, create_defaults={"joined": now}
        )
    elif after in DECIDED:
        Waiting.objects.filter(registration=registration, session=None).delete()
    made = AccreditationStep.objects.create(
        registration=registration, before=before, after=after, by=by, at=now, reason=reason
    )
    verb = VERBS[State(after)]
    if before == State.WAITING and after == State.APPROVED:
        verb = RegistrationVerb.PROMOTE
    elif after == State.WAITING and by is not None and by.pk != registration.user_id:
        verb = RegistrationVerb.APPROVE_REGISTRATION
    values = {"before": {"state": before}, "after": {"state": after}}
    log.record(registration, verb=verb, by=by, now=now, label=f"#{registration.pk}", **values)
    accreditation_mails.write_step(made, now=now)
    if after == State.WITH_FOCAL_POINT:
        focal_point_mails.write_asked(made, to=focal_points.of(registration).select_related("user"), now=now)
    return made
