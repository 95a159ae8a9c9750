"""What each role of the staff may do with the prize.

Organisers keep the edition and read what is not secret; prize officers run the cycle; experts choose winners. Results
before their announcement, quarantines and announcements are for prize officers only.
"""

from events.models import Role
from events.shared.rights import hooks
from events.shared.rights.hooks import Extra, Grants
from events.shared.rights.roles import ALL, EDIT, ORGANISERS, VIEW, WRITE

PRIZE_OFFICERS = Role.PRIZE_OFFICER.value
EXPERTS = Role.EXPERT.value

GRANTS: Grants = {
    ORGANISERS: {
        "edition": ("view", "add", "change", "log"),
        "phase": ALL,
        "category": ALL,
        "prizesponsor": ALL,
        "nomination": VIEW,
        "earlierwinner": ALL,
        "outcomedocument": ALL,
    },
    PRIZE_OFFICERS: {
        "edition": (*EDIT, "publish", "count", "move_end", "close", "announce", "log"),
        "phase": EDIT,
        "category": EDIT,
        "prizesponsor": ALL,
        "nomination": (*EDIT, "screen", "shortlist"),
        "linkage": VIEW,
        "attachment": VIEW,
        "nominationversion": VIEW,
        "earlierwinner": ALL,
        "criterion": ALL,
        "expert": ("view", "add", "change"),
        "assignment": ("view", "add", "delete"),
        "score": VIEW,
        "ballot": ("view", "inspect", "export"),
        "quarantine": ("view", "decide"),
        "count": VIEW,
        "result": VIEW,
        "winner": ("view", "choose"),
        "certificate": VIEW,
    },
    EXPERTS: {
        "edition": VIEW,
        "category": VIEW,
        "result": VIEW,
        "winner": ("view", "choose"),
    },
}


@hooks.grants("prizes")
def grants() -> tuple[Grants, Extra]:
    """The part of this app."""
    return GRANTS, {}


@hooks.grants("events")
def grants_in_events() -> tuple[Grants, Extra]:
    """Who runs the prize reads the history, of which the log of the prize is a part, and writes to its people."""
    return {PRIZE_OFFICERS: {"historyentry": VIEW, "mailing": WRITE, "approval": VIEW}}, {}
