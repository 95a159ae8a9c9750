import random
import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.models import Track
from events.shared.disclosure.hidden_cells import hide_in_table
from registration.models import Attendance, Tally
from registration.sessions.attendance import tally
from registration.sessions.attendance.linked_tables import hidden_places
from registration.statistics import tables
from tests.events.shared.disclosure.attacker import Reader, published
from tests.factories import (
    NOW,
    ActionLineFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SDGFactory,
    SessionFactory,
    UserFactory,
)
from tests.registration.statistics.figures_reader import (
    matrix,
    reader_of_everything,
    reader_of_people,
    reader_of_sessions,
)

REGIONS = ["africa", "asia", "americas"]
COUNTRIES = [f"C{n}" for n in range(12)]


@given(
    countries=st.dictionaries(st.sampled_from(COUNTRIES), st.integers(1, 12)),
    home=st.lists(st.sampled_from(REGIONS), min_size=12, max_size=12),
)
@settings(max_examples=100)
def test_hidden_places_leave_nothing_to_a_reader_with_a_solver(countries, home):
    region_of = dict(zip(COUNTRIES, home, strict=True))
    regions = {}
    for code, number in countries.items():
        regions[region_of[code]] = regions.get(region_of[code], 0) + number

    hidden = hidden_places(regions, countries, region_of=region_of)

    cells = {("country", code): number for code, number in countries.items()}
    cells |= {("region", region): number for region, number in regions.items()}
    theirs = [(("region", r), [("country", c) for c in COUNTRIES if region_of[c] == r]) for r in regions]
    sums = [*theirs, (sum(regions.values()), [("region", region) for region in regions])]
    found = Reader(published(cells, hidden), sums).finds(cells)
    assert not found or sum(countries.values()) < 5


# --- what is published -----------------------------------------------------------------------------
@pytest.fixture
def busy_forum(db):
    """A forum of 300 attendances: 60 people of 20 countries in 30 sessions, many of which hardly anybody attended."""
    return made_forum(sizes=[1, 2, 3, 6, 9, 14, 25])


def made_forum(*, sizes):
    """A forum of 60 people of 20 countries in 30 sessions of these sizes."""
    rng = random.Random("2020 a busy forum")  # noqa: S311
    forum = ForumFactory()
    tracks = [Track.objects.create(forum=forum, name=f"Track {n}") for n in range(3)]
    lines = [ActionLineFactory(code=f"C{n}") for n in range(1, 7)]
    goals = [SDGFactory(number=n) for n in range(1, 6)]
    countries = [CountryFactory(code=f"Q{chr(65 + n)}", region=REGIONS[n % 3]) for n in range(20)]
    people = [
        RegistrationFactory(
            forum=forum,
            user=UserFactory(),
            country=countries[min(int(rng.expovariate(0.2)), 19)],
            gender=rng.choice(["woman", "woman", "man", "man", "other"]),
        )
        for _n in range(60)
    ]
    for number in range(30):
        starts = NOW - timedelta(days=29 - number, hours=3)  # the last one is over
        session = SessionFactory(forum=forum, starts=starts, track=rng.choice([None, *tracks]))
        session.action_lines.set(rng.sample(lines, rng.randint(0, 2)))
        session.sdgs.set(rng.sample(goals, rng.randint(0, 2)))
        Attendance.objects.bulk_create(
            Attendance.entry(person, session=session, at=starts, source="join")
            for person in rng.sample(people, rng.choice(sizes))
        )
    tally.recount(forum, now=NOW)
    return forum


def truth(forum):
    """What nobody may find: the people of each group, and those of each session."""
    cells = {(t.dimension, t.value): t.people for t in Tally.objects.filter(forum=forum, session=None)}
    sessions = Tally.objects.filter(forum=forum, session__isnull=False, dimension="total")
    return cells, {("session", t.session.code): t.people for t in sessions.select_related("session")}


@pytest.mark.parametrize("sizes", [[1, 2, 3, 6, 9, 14, 25], [3, *[25, 30, 40] * 5]])
def test_all_tables_together_give_no_small_group_away(client, noon, db, sizes):
    forum = made_forum(sizes=sizes)
    cells, sessions = truth(forum)
    dimensions = ["region", "country", "stakeholder_type", "gender"]

    reader = reader_of_everything(client, forum, dimensions=dimensions)

    known = {("people", *key): n for key, n in cells.items() if key[0] in (*dimensions, "track", "action_line", "sdg")}
    known |= {("attendances", *key): number for key, number in sessions.items()}
    assert len({key for key, number in known.items() if 0 < number < 5}) > 5
    assert (
        reader.finds({key: number for key, number in known.items() if key in reader.shown or key in reader.unknown})
        == set()
    )
    assert any(
        number for key, number in reader.shown.items() if key[:2] == ("attendances", "session")
    )  # not all is hidden


def test_matrix_of_attendances_gives_no_small_session_away(client, noon, db):
    """And the control: it would, if it had every number of five and more."""
    forum = made_forum(sizes=[3, *[25, 30, 40] * 5])
    _cells, sessions = truth(forum)

    reader = reader_of_sessions(client, forum)
    cells = matrix(client, "/2020/statistics/attendance_matrix.csv")

    assert sum(number is None for number in cells.values()) >= 5
    assert sum(bool(number) for number in cells.values()) >= 5
    assert reader.finds(sessions) == set()
    members = {key: {*parts} for key, parts in reader.sums if isinstance(key, tuple)}
    both = [members.get(("action_line", line), set()) & members.get(("sdg", goal), set()) for line, goal in cells]
    naive = [(sum(sessions[key] for key in one), sorted(one)) for one in both if sum(sessions[key] for key in one) >= 5]
    assert Reader(reader.shown, [*reader.sums, *naive]).finds(sessions) != set()


def test_page_of_a_session_tells_no_more_than_the_table(client, busy_forum, noon):
    table = {row.code: row.counts for row in tables.sessions(tables.PublicFigures(busy_forum), language="").rows}

    told = {
        session.code: client.get(f"/2020/figures/{session.code}/").content.decode()
        for session in busy_forum.sessions.all()
    }
    numbers = {code: re.findall(r"<strong>(\d+)</strong>", text) for code, text in told.items()}

    shown = {code: [str(counts.attendances)] for code, counts in table.items() if counts}
    assert numbers == {code: shown.get(code, []) for code in told}
    assert {len(one) for one in numbers.values()} == {0, 1}
    assert client.get("/2020/figures/NOBODY/").status_code == 404


def test_reader_finds_countries_and_sessions_where_each_table_is_hidden_by_itself(client, busy_forum, noon):
    """The control: as it once was."""
    cells, sessions = truth(busy_forum)
    numbers = {(t.dimension, t.value): t.attendances for t in Tally.objects.filter(forum=busy_forum, session=None)}

    people = reader_of_people(client, "/2020/statistics/", region_field="region", dimensions=["region", "country"])
    attendances = reader_of_sessions(client, busy_forum)

    def by_itself(dimension, table):
        own = {key: number for key, number in table.items() if key[0] == dimension}
        return published(own, hide_in_table(own))

    places = {key: number for key, number in cells.items() if key[0] in ("region", "country")}
    shown = by_itself("region", places) | by_itself("country", places)
    assert Reader(shown, people.sums).finds(places)
    shown = by_itself("session", sessions)
    for dimension in ("track", "action_line", "sdg"):
        shown |= by_itself(dimension, numbers)
    assert Reader(shown, attendances.sums).finds(sessions)
