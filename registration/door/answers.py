"""What a door says of a scan: a word, a sign, who it is, and what to do next."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.shared.formatting.names import term
from registration.door.scanning import entered
from registration.models import Outcome, Scan
from registration.sessions.seats.entering import walk_in_from

# outcome → sign and look. The word and the sign are always there, never the colour alone.
SIGNS = {
    Outcome.IN: ("✓", "ok"),
    Outcome.ALREADY_IN: ("=", "accent"),
    Outcome.OUT: ("←", "ok"),
    Outcome.OTHER_DAY: ("↷", "warn"),
    Outcome.CANCELLED: ("✕", "danger"),
    Outcome.NO_ACCREDITATION: ("–", "danger"),
    Outcome.OLD_TICKET: ("✕", "danger"),
    Outcome.NO_SEAT: ("–", "warn"),
    Outcome.WRONG_DOOR: ("⇄", "warn"),
    Outcome.UNKNOWN: ("?", "danger"),
}


@dataclass(frozen=True)
class Answer:
    """`name` and `about` are empty where nobody is known; `sentence` says what to do next."""

    key: str
    outcome: str
    word: str
    sign: str
    look: str
    name: str
    about: str
    sentence: str
    time: str

    def told(self) -> dict[str, Any]:
        """As JSON tells it."""
        return asdict(self)


def answer(scan: Scan) -> Answer:
    """What is said of a scan, in the language of the page. Needs its door and forum, and its registration with the kind."""
    outcome, person = Outcome(scan.outcome), scan.registration
    sign, look = SIGNS[outcome]
    about = [term(person.kind) if person.kind else "", person.organisation] if person else []
    return Answer(
        key=str(scan.key),
        outcome=outcome,
        word=str(outcome.label),
        sign=sign,
        look=look,
        name=person.name if person else "",
        about=" · ".join(filter(None, about)),
        sentence=_sentence(scan, outcome),
        time=date_format(scan.door.forum.local(scan.at), "H:i"),
    )


def _sentence(scan: Scan, outcome: Outcome) -> str:
    if outcome == Outcome.NO_SEAT:
        return _no_seat(scan)
    if outcome == Outcome.NO_ACCREDITATION and scan.registration and scan.registration.is_online_only:
        return _("They are registered to take part online. Send them to the desk")
    return sentence(outcome)


def sentence(outcome: Outcome) -> str:
    """What to do next, as far as the outcome alone says it."""
    return {
        Outcome.IN: _("Let them in"),
        Outcome.ALREADY_IN: _("Somebody is in with this ticket. If another person shows it, ask for a name"),
        Outcome.OUT: _("They have left"),
        Outcome.OTHER_DAY: _("This door is not for them today. Look at the programme together"),
        Outcome.CANCELLED: _("They have withdrawn. They can register again on the site"),
        Outcome.NO_ACCREDITATION: _("Their registration is not approved. Send them to the desk"),
        Outcome.OLD_TICKET: _("There is a newer ticket of this person. Ask for that one, or search by name"),
        Outcome.NO_SEAT: _("Every place is taken"),
        Outcome.WRONG_DOOR: _("This ticket is for another forum"),
        Outcome.UNKNOWN: _("This is not a ticket of this forum. Search by name"),
    }[outcome]


def _no_seat(scan: Scan) -> str:
    """What somebody without a place can do: wait until places are given away, watch the broadcast, or neither."""
    sessions = entered(scan.door, at=scan.at)
    opens = [moment for session in sessions if (moment := walk_in_from(session)) and moment > scan.at]
    if opens:
        time = date_format(scan.door.forum.local(min(opens)), "H:i")
        return _("There is no place for them yet. They can come back at %(time)s, when free places are given away") % {
            "time": time
        }
    if any(session.broadcast_url for session in sessions):
        return _("Every place is taken. They can watch the broadcast")
    return _("Every place is taken")
