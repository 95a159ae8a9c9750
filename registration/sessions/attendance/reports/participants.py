"""Who of a meeting's report is who of the forum: by address, then by name, which somebody has to decide on."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from allauth.account.models import EmailAddress

from events.models import Session
from events.shared.tables.cells import fold
from registration.models import Registration, Source, Stay
from registration.sessions.attendance.reports.formats import Namesake, ReportedJoin

MOST_CANDIDATES = 5


class Participant(NamedTuple):
    """Somebody in a report, with the times (joined, left or None) that they were there, on however many devices. `is_shared`: several
    people have the name, and these are the times of them all."""

    name: str
    email: str
    times: list[tuple[datetime, datetime | None]]
    is_shared: bool = False


class Candidate(NamedTuple):
    key: int
    name: str
    organisation: str


class Doubt(NamedTuple):
    """A participant (their `place` in the list) with a name that people of the forum have. `likely`: the one who is proposed, where
    nobody else has the name, in the report neither."""

    place: int
    participant: Participant
    candidates: list[Candidate]
    likely: int | None


class Matched(NamedTuple):
    """`sure`: place of a participant → key of the registration that has their address, or of whom somebody has said that it is them.
    Those in neither are nobody whom we know."""

    sure: dict[int, int]
    doubtful: list[Doubt]


def participants(entries: Sequence[ReportedJoin]) -> list[Participant]:
    """The people of a report, in its order: those with the same address, or without one with the same name, are one. What stands
    there twice of an address counts once."""
    found: dict[str, Participant] = {}
    for entry in entries:
        key = entry.email or " ".join(unicodedata.normalize("NFKC", entry.name).casefold().split())
        own = Participant(entry.name, entry.email, [], isinstance(entry, Namesake))
        found.setdefault(key, own).times.append((entry.began, entry.ended))
    return [one._replace(times=list(dict.fromkeys(one.times))) if one.email else one for one in found.values()]


def match(people: Sequence[Participant], *, session: Session) -> Matched:
    """Which registrations the people of the report of a session have. Names count in any order of their words, and what
    stands in brackets as a second name. Who was decided on before is not asked for again."""
    rows = Registration.objects.active().filter(forum=session.forum_id).order_by("pk")
    registered = list(rows.values_list("pk", "user", "user__email", "name", "organisation"))
    of_account = {user: key for key, user, *_rest in registered}
    known = {email.lower(): key for key, _user, email, *_rest in registered}
    others = EmailAddress.objects.filter(user__in=rows.values("user"), verified=True).values_list("email", "user")
    known |= {email.lower(): of_account[user] for email, user in others}
    named: dict[str, list[Candidate]] = {}
    for key, _user, _email, name, organisation in registered:
        named.setdefault(_letters(name), []).append(Candidate(key, name, organisation))
    sure = {place: known[one.email] for place, one in enumerate(people) if one.email in known}
    doubtful = []
    written = Stay.objects.filter(session=session, source=Source.REPORT, registration__isnull=False)
    there = set(written.values_list("registration", "began", "ended"))
    there -= {(key, *span) for place, key in sure.items() for span in people[place].times}  # these are theirs
    known_by_address = set(sure.values())
    for place, one in enumerate(people):
        words = {letters for part in re.split(r"[()]", one.name) if (letters := _letters(part))}
        found = [candidate for word in sorted(words) for candidate in named.get(word, [])]
        if place in sure or not found:
            continue
        said = [candidate.key for candidate in found if any((candidate.key, *span) in there for span in one.times)]
        if len(said) == 1:
            sure[place] = said[0]
        else:
            is_sole = len(found) == 1 and not one.email and found[0].key not in known_by_address
            likely = found[0].key if is_sole and not one.is_shared else None
            doubtful.append(Doubt(place, one, found[:MOST_CANDIDATES], likely))
    several = Counter(candidate.key for doubt in doubtful for candidate in doubt.candidates)
    doubtful = [doubt._replace(likely=None) if several[doubt.likely or 0] > 1 else doubt for doubt in doubtful]
    return Matched(sure, doubtful)


def _letters(name: str) -> str:
    return " ".join(sorted(fold(word) for word in name.split()))
