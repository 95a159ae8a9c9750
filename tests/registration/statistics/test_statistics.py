import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import translation

from events.models import ActionLine, Country, Track
from prizes.outcome_document import content
from registration.models import PublishedFigures, Tally
from registration.sessions.attendance import tally
from registration.sessions.attendance.linked_tables import Counts
from registration.statistics import tables
from registration.statistics.heat_map import heat_map
from registration.statistics.tile_map import tile_map
from tests.factories import (
    NOW,
    ActionLineFactory,
    AttendanceFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SDGFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

DIMENSIONS = ["region", "stakeholder_type", "gender", "country", "track", "action_line", "sdg"]
ALL = [*DIMENSIONS, "week", "session", "speakers", "attendance_matrix"]
CANARY = "https://meet.example.org/canary-7731"


def attend(session, number, **kwargs):
    return [
        AttendanceFactory(registration=RegistrationFactory(forum=session.forum, **kwargs), session=session)
        for _i in range(number)
    ]


@pytest.fixture
def forum(db):
    """17 people in the first week, 6 of them once more in the second; one man from Japan, and two who are “other”."""
    forum = ForumFactory(broadcast_audience=120_000)
    track = Track.objects.create(forum=forum, name="=cmd|'/c calc'!A1")
    first = SessionFactory(
        forum=forum, starts=NOW - timedelta(days=29), title="+First", track=track, meeting_url=CANARY
    )
    second = SessionFactory(forum=forum, starts=NOW - timedelta(days=22), meeting_url=CANARY)
    first.action_lines.set([ActionLineFactory(code="C2"), ActionLineFactory(code="C5")])
    first.sdgs.set([SDGFactory(number=9)])
    women = attend(first, 8)
    attend(first, 6, gender="man", country=CountryFactory(code="CH", region="western-europe"))
    attend(first, 1, gender="man", country=CountryFactory(code="JP", region="asia"))
    attend(first, 2, gender="other", stakeholder_type="government")
    for attendance in women[:6]:
        AttendanceFactory(registration=attendance.registration, session=second)
    tally.recount(forum, now=NOW)
    return forum


def page(client, language=""):
    return client.get(f"{language}/2020/statistics/").content.decode()


def table(client, dimension, language=""):
    response = client.get(f"{language}/2020/statistics/{dimension}.csv")
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))[1:]


# --- the tables ------------------------------------------------------------------------------------
def counts(found):
    return {row.code: row.counts for row in found.rows}


def test_table_hides_the_small_and_the_next(forum):
    found = tables.table(tables.PublicFigures(forum), dimension="region")

    assert counts(found) == {"africa": Counts(16, 10), "western-europe": None, "asia": None}
    assert [row.label for row in found.rows] == ["Africa", "Asia and Australasia", "Western Europe"]
    assert (found.total, found.hidden) == (Counts(23, 17), 2)


def test_table_in_order_keeps_the_order_that_people_know(forum):
    found = tables.table(tables.PublicFigures(forum), dimension="action_line")

    assert [(row.label, row.counts) for row in found.rows] == [
        ("C2 Infrastructure", Counts(17, 17)),
        ("C5 Confidence and security", Counts(17, 17)),
        ("No Action Line", Counts(6, 6)),
    ]


def test_table_of_a_value_without_a_name_shows_its_code(forum):
    ActionLine.objects.filter(code="C5").update(code="C99")

    found = tables.table(tables.PublicFigures(forum), dimension="action_line")

    assert [row.label for row in found.rows] == ["C2 Infrastructure", "No Action Line", "C5"]


def singles():
    """Five people of five countries: none of them may be named."""
    session = SessionFactory()
    for code in ["CH", "JP", "ML", "AD", "FJ"]:
        attend(session, 1, country=CountryFactory(code=code, region="africa"))
    tally.recount(session.forum, now=NOW)
    return session.forum


def test_table_of_single_people_is_withheld():
    found = tables.table(tables.PublicFigures(singles()), dimension="country")

    assert (found.rows, found.is_withheld, found.total) == ([], True, Counts(5, 5))


def test_four_people_are_not_told_at_all(client):
    session = SessionFactory()
    attend(session, 4)
    tally.recount(session.forum, now=NOW)

    found = tables.table(tables.PublicFigures(session.forum), dimension="gender")

    assert (found.rows, found.is_withheld, found.total) == ([], False, Counts(0, 0))
    assert "at least five people were there" in page(client)


def test_growth_runs_to_this_week_and_repeats_quiet_weeks(forum):
    found = tables.growth(tables.PublicFigures(forum), now=NOW)

    assert [row.counts for row in found.rows] == [Counts(17, 17), *[Counts(23, 17)] * 4]


def test_growth_stays_within_the_forum(forum):
    found, empty = tables.PublicFigures(forum), tables.PublicFigures(ForumFactory(slug="2021"))

    rows = [tables.growth(found, now=NOW + timedelta(days=days)).rows for days in (-60, 0, 400)]

    assert [len(weeks) for weeks in rows] == [2, 5, 12]
    assert tables.growth(empty, now=NOW - timedelta(days=100)).rows == []  # before the forum


# --- the page --------------------------------------------------------------------------------------
def test_statistics_shows_the_totals_and_each_dimension_with_its_file(client, forum):
    text = " ".join(page(client).split())

    for part in (
        "<b>23</b> <span>attendances, all sessions added up</span>",
        "<b>17</b> <span>different people</span>",
        "<b>3</b> <span>countries and territories at least</span>",
        "<b>2</b> <span>sessions</span>",
        "120,000 people watched the broadcasts",
        'Counted from attendance records on <time datetime="2020-07-22T12:20Z">',
        "14:20 Geneva (12:20 UTC)",
        *(f'href="/2020/statistics/{dimension}.csv"' for dimension in ALL),
    ):
        assert part in text


def test_statistics_before_anybody_came_and_of_a_few(client):
    forum = ForumFactory()
    empty, file = page(client), table(client, "region")
    forum.delete()
    singles()

    assert ("The figures appear here" in empty, "Counted" in empty) == (True, False)
    assert file == [["total", "", "0", "0", "yes", ""]]
    assert "It is not shown" in page(client)


def test_number_of_countries_tells_of_none_that_has_no_name(client, noon):
    """One region has exactly as many people as countries without a name, 28: how many countries there are would tell of each of them."""
    alone = list(Country.objects.filter(region="asia")[:28])
    Country.objects.filter(region="asia").exclude(pk__in=[one.pk for one in alone]).update(region="americas")
    session = SessionFactory(forum=(forum := ForumFactory()), starts=NOW - timedelta(days=1))
    for code in ("ML", "KE", "GH", "SN"):
        attend(session, 9, country=CountryFactory(code=code, region="africa"))
    for country in alone:
        attend(session, 1, country=country)
    tally.recount(forum, now=NOW)

    assert len(alone) == 28
    named = [row[0] for row in table(client, "country")[:-1]]
    tiles = [" ".join(client.get(path).content.decode().split()) for path in ("/2020/figures/", "/2020/statistics/")]
    with translation.override("en"):
        document = str(content.document(forum, version=1, now=NOW).json)
    (edition,) = csv.DictReader(io.StringIO(client.get("/2020/statistics/editions.csv").content.decode("utf-8-sig")))

    assert not {country.code for country in alone} & {*named}
    assert [tile.count(f"<b>{len(named)}</b> <span>countries and territories at least</span>") for tile in tiles] == [
        1,
        1,
    ], tiles[0]
    assert "countries and territories at least" in document
    assert edition["countries"] == str(len(named))


# --- the pictures ----------------------------------------------------------------------------------
def test_map_has_a_square_for_each_country_by_region(client, forum):
    found = tables.table(tables.PublicFigures(forum), dimension="country")

    blocks = {block.label: block for block in tile_map(found, countries=Country.objects.all())}

    assert sum(len(block.tiles) for block in blocks.values()) == Country.objects.count()
    listed = {label: [tile.code for tile in block.tiles if tile.is_listed] for label, block in blocks.items()}
    assert {label: len(codes) for label, codes in listed.items() if codes} == {
        "Western Europe": 1,
        "Africa": 1,
        "Asia and Australasia": 1,
    }
    tiles = {tile.code: (tile.number, tile.is_listed, tile.shade) for block in blocks.values() for tile in block.tiles}
    assert [tiles[code] for code in ("ML", "CH", "AD")] == [(16, True, 2), (None, True, 0), (None, False, 0)]
    text = re.sub(r"\s*(<[^>]*>)\s*", r"\1", page(client))
    for square in (
        '<li class="h2"><b title="Mali" aria-hidden="true">ML</b><span class="hidden-text">Mali</span>16</li>',
        '<span class="hidden-text">Switzerland</span><span class="hidden-text">not shown</span>',
        '<span class="hidden-text">Andorra</span></li>',
    ):
        assert square in text, square


def test_country_that_changed_its_region_counts_where_it_was_and_stands_where_it_is(client, forum):
    regions = Tally.objects.filter(forum=forum, dimension="region", session=None).values_list("value", "people")
    before = set(regions)
    Country.objects.filter(code="CH").update(region="asia")

    tally.recount(forum, now=NOW)

    assert set(regions) == before == {("africa", 10), ("western-europe", 6), ("asia", 1)}
    assert [client.get(f"/2020/statistics/{one}.csv").status_code for one in DIMENSIONS] == [200] * len(DIMENSIONS)
    assert page(client).count('id="by-country"') == 1


def test_heat_map_has_no_number_where_a_session_has_none(forum):
    """A session of 2 joins the one of 17 in one of its cells: then neither is told. Nobody has come to the third yet."""
    small = SessionFactory(forum=forum, starts=NOW - timedelta(days=29), track=forum.sessions.get(title="+First").track)
    small.action_lines.set([ActionLine.objects.get(code="C2")])
    small.sdgs.set([SDGFactory(number=9)])
    SessionFactory(forum=forum, starts=NOW + timedelta(days=2)).action_lines.set([ActionLineFactory(code="C9")])
    attend(small, 2)
    PublishedFigures.objects.all().delete()
    tally.recount(forum, now=NOW)

    goals, rows = heat_map(tables.PublicFigures(forum))

    found = {
        (row.action_line.code, goal.number): cell.number
        for row in rows
        for goal, cell in zip(goals, row.cells, strict=True)
        if cell.number != 0
    }
    assert found == {("C2", 9): None, ("C5", 9): None}


# --- the files -------------------------------------------------------------------------------------
def test_csv_hides_what_the_page_hides(client, forum):
    """The 9 attendances of the two hidden genders, and the 2 of the small one, are nowhere in the tables."""
    stamp = "2020-07-22T12:20:00Z"
    text = page(client)
    section = text[text.index('id="by-gender"') : text.index('id="by-speakers"')]

    assert table(client, "gender") == [
        ["woman", "Woman", "14", "8", "yes", stamp],
        ["man", "Man", "", "", "no", stamp],
        ["other", "Other", "", "", "no", stamp],
        ["total", "", "23", "17", "yes", stamp],
    ]
    assert (section.count("not shown"), "<b>39%</b>" in section) == (2, False)


def test_csv_is_a_public_file_that_never_begins_a_formula(client, forum):
    response = client.get("/2020/statistics/region.csv")
    names = [row[1] for dimension in ["track", "session"] for row in table(client, dimension)]

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="2020-region.csv"'
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert {"'=cmd|'/c calc'!A1", "'+First"} <= set(names)


def test_file_of_an_unknown_dimension_or_kind_is_not_found(client, forum):
    unknown = [f"{one}.csv" for one in ("total", "growth", "nonsense", "x" * 300, "REGION")] + ["region.pdf"]

    assert {client.get(f"/2020/statistics/{name}").status_code for name in unknown} == {404}


# --- what must not get out ---------------------------------------------------------------------------
def test_no_public_page_or_file_tells_a_meeting_or_a_person(client, forum):
    RegistrationFactory.create(name="Canary Person", user=UserFactory(email="canary@example.org"))
    paths = ["/2020/statistics/", "/fr/2020/statistics/", "/2020/figures/"]
    paths += [f"/2020/statistics/{dimension}.csv" for dimension in ALL]

    for path in paths:
        response = client.get(path)
        assert response.status_code == 200
        for secret in [b"canary", b"Canary", b"meet.example.org", b"Person "]:
            assert secret not in response.content, path
