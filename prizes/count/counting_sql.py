"""The aggregates of a count: each is one statement, and no vote travels to Python. They run on PostgreSQL and SQLite."""

from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Count, Model, Q

from events.models import User
from prizes.models import Ballot, Edition, Turnout, Vote
from registration.models import Attendance, Registration

Dimension = Turnout.Dimension

# The plain count with one thing more: a hash over the attendees, so that both columns come out of one reading.
VOTES = """
    WITH attendee AS (
        SELECT DISTINCT person.user_id FROM {attendance} attended
        JOIN {registration} person ON person.id = attended.registration_id WHERE person.forum_id = %s
    )
    SELECT vote.nominee_id, count(*), count(attendee.user_id)
    FROM {vote} vote
    JOIN {ballot} ballot ON ballot.id = vote.ballot_id
    LEFT JOIN attendee ON attendee.user_id = ballot.user_id
    WHERE ballot.edition_id = %s AND ballot.is_complete AND NOT ballot.is_quarantined
    GROUP BY vote.nominee_id
"""
# Where the account has neither a ballot nor a registration with a country, the country is not known ("").
ELIGIBLE = """
    SELECT coalesce(ballot.country_id, person.country_id, ''), count(*)
    FROM {user} account
    LEFT JOIN {ballot} ballot ON ballot.user_id = account.id AND ballot.edition_id = %s
    LEFT JOIN {registration} person ON person.user_id = account.id AND person.forum_id = %s
    WHERE account.is_active
      AND EXISTS (SELECT 1 FROM {address} address WHERE address.user_id = account.id AND address.verified)
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
    return {row[0]: Votes(row[1], row[2]) for row in _rows(VOTES, [edition.forum_id, edition.pk])}  # type: ignore[misc, arg-type]


def attendee_ballots(edition: Edition) -> int:
    """How many valid ballots are of people who attended a session of the forum."""
    attendees = Attendance.objects.filter(registration__forum=edition.forum_id).values("registration__user_id")
    return Ballot.objects.filter(edition=edition, user__in=attendees).valid().count()


def ballots(edition: Edition) -> dict[str, int]:
    """How many ballots with at least one choice are valid, incomplete and set aside, by the names of a count's columns."""
    return Ballot.objects.filter(edition=edition, chosen__gt=0).aggregate(
        valid_ballots=Count("pk", filter=Q(is_complete=True, is_quarantined=False)),
        incomplete_ballots=Count("pk", filter=Q(is_complete=False, is_quarantined=False)),
        quarantined_ballots=Count("pk", filter=Q(is_quarantined=True)),
    )


def turnout(edition: Edition) -> list[tuple[str, str, int]]:
    """(dimension, value, people): valid ballots by country, region and stakeholder type, and eligible accounts by country."""
    valid = Ballot.objects.filter(edition=edition).valid().order_by()
    cells = [
        (str(dimension), value or "", people)
        for dimension in (Dimension.COUNTRY, Dimension.REGION, Dimension.STAKEHOLDER_TYPE)  # columns of a ballot too
        for value, people in valid.values_list(dimension).annotate(people=Count("pk")).order_by(dimension)
    ]
    eligible = _rows(ELIGIBLE, [edition.pk, edition.forum_id])
    return cells + [(str(Dimension.ELIGIBLE), str(value), int(people)) for value, people in eligible]  # type: ignore[call-overload]
