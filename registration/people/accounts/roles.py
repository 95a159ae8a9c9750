"""What each role of the staff may do with registrations, attendance and tallies."""

from django.db.models import Q

from events.shared.mail import hooks as mail_hooks
from events.shared.mail.hooks import Guard
from events.shared.rights import hooks as staff_hooks
from events.shared.rights import memberships
from events.shared.rights.hooks import Extra, Grants
from events.shared.rights.roles import ALL, EDIT, ORGANISERS, REGISTRATION_DESK, VIEW

GRANTS: Grants = {
    ORGANISERS: {
        "registration": ("view", "add", "change"),
        "kind": ALL,
        "registrationquestion": ALL,
        "door": ALL,
        "doorpass": ("view", "add"),
        "scan": VIEW,
        "quota": ALL,
        "focalpoint": ("view", "add", "delete"),
        "focalpointrequest": VIEW,
        "registrationinvitation": ("view", "add"),
        "accreditationstep": VIEW,
        "registrationdraft": VIEW,
        "booking": VIEW,
        "waiting": EDIT,
        "seathold": ALL,
        "attendance": VIEW,
        "stay": ("view", "add", "delete"),
        "certificaterule": ALL,
        "participationcertificate": VIEW,
        "tally": EDIT,  # to change a tally is to count it again
        "retentionperiod": ALL,
    },
    REGISTRATION_DESK: {
        "registration": EDIT,
        "kind": VIEW,
        "registrationquestion": VIEW,
        "door": VIEW,
        "doorpass": ("view", "add"),
        "scan": VIEW,
        "quota": VIEW,
        "focalpoint": VIEW,
        "registrationinvitation": VIEW,
        "accreditationstep": VIEW,
        "booking": VIEW,
        "waiting": EDIT,
        "seathold": VIEW,
        "attendance": VIEW,
        "stay": VIEW,
        "tally": VIEW,
    },
}
EXPORT_PEOPLE = "registration.export_registration"  # of whatever tells who did what at a forum, as a file
EXTRA = {
    "export_registration": "Can export registrations",
    "decide_registration": "Can approve and refuse registrations",
    "withdraw_participationcertificate": "Can withdraw certificates of participation",
}


@staff_hooks.grants("registration")
def grants() -> tuple[Grants, Extra]:
    """The part of this app."""
    return GRANTS, EXTRA


@mail_hooks.draft_guard()
def _outbox_as_file() -> Guard:
    """Mails of every kind tell who does what at a forum, so the outbox as a file asks for the same right."""
    return Guard(frozenset(), closed=lambda user, as_file: ~memberships.within(user, EXPORT_PEOPLE) if as_file else Q())
