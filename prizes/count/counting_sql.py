"""The aggregates of a count: each is one statement, and no vote travels to Python. They run on PostgreSQL and SQLite."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Model

from events.models import User
from prizes.models import Ballot, Edition, Turnout, Vote
from registration.models import Attendance, Registration

Dimension = Turnout.Dimension

ATTENDEES = """
    SELECT person.user_id FROM {attendance} attended
    JOIN {registration} person ON person.id = attended.registration_id WHERE person.forum_id = %s
"""
# All votes by nominee, less those of ballots that do not count (few), and again those of people who attended a session of the
# forum. To count all and take away takes two thirds of the time of asking for each vote whether its ballot counts.
VOTES = f"""
    SELECT vote.nominee_id, count(*), 0 FROM {{vote}} vote GROUP BY vote.nominee_id
    UNION ALL
    SELECT vote.nominee_id, -count(*), 0
    FROM {{ballot}} ballot JOIN {{vote}} vote ON vote.ballot_id = ballot.id
    WHERE ballot.edition_id <> %s OR NOT ballot.is_complete OR ballot.is_quarantined
    GROUP BY vote.nominee_id
    UNION ALL
    SELECT vote.nominee_id, 0, count(*)
    FROM {{ballot}} ballot JOIN {{vote}} vote ON vote.ballot_id = ballot.id
    WHERE ballot.edition_id = %s AND ballot.is_complete AND NOT ballot.is_quarantined AND ballot.user_id IN ({ATTENDEES})
    GROUP BY vote.nominee_id
"""  # noqa: S608  our own words
# The ballots in one reading, by all that is counted of them.
BALLOTS = """
    SELECT ballot.country_id, ballot.region, ballot.stakeholder_type, ballot.is_complete, ballot.is_quarantined,
        ballot.chosen > 0, count(*)
    FROM {ballot} ballot
    WHERE ballot.edition_id = %s
    GROUP BY 1, 2, 3, 4, 5, 6
"""
OF_ATTENDEES = f"""
    SELECT count(*) FROM {{ballot}} ballot
    WHERE ballot.edition_id = %s AND ballot.is_complete AND NOT ballot.is_quarantined AND ballot.user_id IN ({ATTENDEES})
"""  # noqa: S608
# Who voted was eligible, also where the person has erased the account since.
# Where the account has neither a ballot nor a registration with a country, the country is not known ("").
ELIGIBLE = """
    WITH eligible AS (
        SELECT account.id FROM {user} account
        WHERE account.is_active AND account.id IN (SELECT address.user_id FROM {address} address WHERE address.verified)
        UNION
        SELECT account.id FROM {user} account JOIN {ballot} ballot ON ballot.user_id = account.id
        WHERE account.erased IS NOT NULL AND ballot.edition_id = %s
    )
    SELECT coalesce(ballot.country_id, person.country_id, ''), count(*)
    FROM eligible
    LEFT JOIN {ballot} ballot ON ballot.user_id = eligible.id AND ballot.edition_id = %s
    LEFT JOIN {registration} person ON person.user_id = eligible.id AND person.forum_id = %s
    GROUP BY 1 ORDER BY 1
"""
TABLES: dict[str, type[Model]] = {
    "vote": Vote,
    "ballot": Ballot,
    "attendance": Attendance,
    "registration": Registration,
    "user": User,
    "address": EmailAddress,
}


class Votes(NamedTuple):
    """The valid votes of one nominee, and those among them of people who attended a session of the forum."""

    votes: int
    attendee_votes: int


def _rows(sql: str, params: list[int]) -> list[tuple[object, ...]]:
    names = {name: connection.ops.quote_name(model._meta.db_table) for name, model in TABLES.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**names), params)
        rows: list[tuple[object, ...]] = cursor.fetchall()
    return rows


def votes(edition: Edition) -> dict[int, Votes]:
    """The valid votes by nomination (id); one statement. Nominees without a vote are not in it."""
    found: dict[int, Votes] = defaultdict(lambda: Votes(0, 0))
    for nominee, number, attended in _rows(VOTES, [edition.pk, edition.pk, edition.forum_id]):
        before = found[nominee]  # type: ignore[index]
        found[nominee] = Votes(before.votes + number, before.attendee_votes + attended)  # type: ignore[index, operator]
    return {nominee: given for nominee, given in found.items() if given.votes}


class Ballots(NamedTuple):
    """So many ballots of one country, region and stakeholder type, alike in all that is counted."""

    country: str | None
    region: str
    stakeholder_type: str
    is_complete: bool
    is_quarantined: bool
    has_choice: bool
    number: int

    @property
    def is_valid(self) -> bool:
        """As `BallotQuerySet.valid`."""
        return bool(self.is_complete and not self.is_quarantined)


def ballots(edition: Edition) -> list[Ballots]:
    """The ballots of an edition, some thousand rows at the most; one statement."""
    return [Ballots(*row) for row in _rows(BALLOTS, [edition.pk])]  # type: ignore[arg-type]


def numbers(edition: Edition, found: list[Ballots]) -> dict[str, Any]:
    """How many ballots with at least one choice are valid, incomplete and set aside, and how many valid ones are of people
    who attended a session of the forum, by the names of a count's columns; one statement."""
    ((of_attendees,),) = _rows(OF_ATTENDEES, [edition.pk, edition.forum_id])
    begun = [one for one in found if one.has_choice]
    return {
        "valid_ballots": sum(one.number for one in begun if one.is_valid),
        "incomplete_ballots": sum(one.number for one in begun if not (one.is_complete or one.is_quarantined)),
        "quarantined_ballots": sum(one.number for one in begun if one.is_quarantined),
        "attendee_ballots": of_attendees,
    }


def turnout(edition: Edition, found: list[Ballots]) -> list[tuple[str, str, int]]:
    """(dimension, value, people): valid ballots by country, region and stakeholder type, and eligible accounts by country, which are
    those of the first count of an edition in all: between two counts few people come or go, and both are published."""
    cells: Counter[tuple[str, str]] = Counter()
    for one in found:
        if one.is_valid:
            cells[Dimension.COUNTRY, one.country or ""] += one.number
            cells[Dimension.REGION, one.region] += one.number
            cells[Dimension.STAKEHOLDER_TYPE, one.stakeholder_type] += one.number
    told = Turnout.objects.filter(count__edition=edition, count__number=1, dimension=Dimension.ELIGIBLE)
    eligible = list(told.values_list("value", "people"))
    for value, people in eligible or _rows(ELIGIBLE, [edition.pk, edition.pk, edition.forum_id]):
        cells[Dimension.ELIGIBLE, str(value)] = int(people)  # type: ignore[call-overload]
    return [(str(dimension), value, people) for (dimension, value), people in sorted(cells.items())]
