"""Figures by two or three groups, for organisers: counted from rows, with the same totals as the tally."""

import io
from collections import Counter
from datetime import timedelta

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from events.models import Forum
from registration.models import Attendance, Stay, Tally
from registration.sessions.attendance import tally
from registration.statistics import cross_tables
from registration.statistics.cross_tables import COLUMNS, Counted
from registration.statistics.group_names import By
from tests.factories import (
    NOW,
    ActionLineFactory,
    AttendanceFactory,
    BookingFactory,
    CountryFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    SessionFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE = "/admin/registration/tally/figures/"
FILE = "/admin/registration/tally/figures.{}"


@pytest.fixture
def forum():
    """Three people of two countries in two sessions, of which one has two Action Lines; a fourth has only registered. Of two
    attendances in the first session the minutes are known: 30, and one and a half."""
    forum = ForumFactory()
    mali, ghana = CountryFactory(code="ML", name="Mali"), CountryFactory(code="GH", name="Ghana")
    delegate = KindFactory(forum=forum, name="Delegate")
    lines = [ActionLineFactory(code=code) for code in ("C1", "C2")]
    both, none = SessionFactory(forum=forum, title="Both"), SessionFactory(forum=forum)
    both.action_lines.set(lines)
    people = [
        RegistrationFactory(forum=forum, country=mali, gender="woman", kind=delegate),
        RegistrationFactory(forum=forum, country=mali, gender="man"),
        RegistrationFactory(forum=forum, country=ghana, gender="woman"),
        RegistrationFactory(forum=forum, country=ghana, gender="woman"),
    ]
    for person in people[:3]:
        AttendanceFactory(registration=person, session=both, source="join")
    AttendanceFactory(registration=people[0], session=none, source="check_in")
    for person, seconds in ((people[0], 1800), (people[2], 90)):
        until = both.starts + timedelta(seconds=seconds)
        Stay.objects.create(registration=person, session=both, began=both.starts, ended=until, source="join")
    BookingFactory(session=both, registration=people[3])
    RegistrationFactory(forum=ForumFactory(slug="next"), country=mali)
    return forum


def numbers(forum, measure, *by):
    """What a page shows: each line with its columns and its total, then the totals."""
    found = cross_tables.tables(forum, measure=measure, by=by, now=NOW)
    return [
        ([(line.name, *line.numbers, line.total) for line in table.lines], (*table.totals, table.total))
        for table in found
    ]


def count(forum, measure, by, *, now=NOW):
    return cross_tables.counts(forum, measure=measure, groupings=[by], now=now)[0]


def test_people_by_country_and_gender(forum):
    assert numbers(forum, Counted.REGISTRATIONS, By.COUNTRY, By.GENDER) == [
        ([("Ghana", 2, 0, 2), ("Mali", 1, 1, 2)], (3, 1, 4))
    ]
    assert numbers(forum, Counted.PEOPLE, By.COUNTRY, By.GENDER) == [
        ([("Ghana", 1, 0, 1), ("Mali", 1, 1, 2)], (2, 1, 3))
    ]


def test_session_of_two_action_lines_counts_in_both_and_once_in_the_total(forum):
    found = cross_tables.tables(forum, measure=Counted.ATTENDANCES, by=[By.ACTION_LINE], now=NOW)

    assert ([line.total for line in found[0].lines], found[0].lines[-1].name, found[0].total) == (
        [3, 3, 1],
        "No Action Line",
        4,
    )


def test_a_table_for_each_group_of_a_third(forum):
    assert numbers(forum, Counted.ATTENDANCES, By.COUNTRY, By.GENDER, By.SOURCE) == [
        ([("Ghana", 1, 0, 1), ("Mali", 1, 1, 2)], (2, 1, 3)),
        ([("Mali", 1, 1)], (1, 1)),
    ]
    names = [
        one.name for one in cross_tables.tables(forum, measure="people", by=[By.GENDER, By.MODE, By.SESSION], now=NOW)
    ]
    assert names[0] == "Both"


def test_bookings_are_of_people_who_take_part(forum):
    BookingFactory(session=forum.sessions.first(), registration__forum=forum, registration__state="refused")

    assert numbers(forum, Counted.BOOKINGS, By.KIND) == [([("No kind", 1)], (1,))]


def test_minutes_are_summed_where_they_are_known(forum):
    assert numbers(forum, Counted.MINUTES, By.ACTION_LINE, By.COUNTRY) == [
        ([("C1 Governance and partnership", 1, 30, 31), ("C2 Infrastructure", 1, 30, 31)], (1, 30, 31))
    ]
    assert cross_tables.known_minutes(forum, now=NOW) == (2, 4)

    Forum.objects.update(open_stays_count=True)
    forum.refresh_from_db()
    assert count(forum, Counted.MINUTES, [], now=NOW + timedelta(days=9)) == {(): 31 + 2 * 90}
    assert cross_tables.known_minutes(forum, now=NOW + timedelta(days=9)) == (4, 4)


def test_every_group_of_every_measure_is_counted_and_named(forum):
    for measure, columns in COLUMNS.items():
        for by in columns:
            found = cross_tables.tables(forum, measure=measure, by=[by], now=NOW)
            assert found[0].total > 0, (measure, by)
            assert all(line.name for line in found[0].lines), (measure, by)


def test_one_group_has_the_figures_of_the_tally(forum):
    tally.recount(forum, now=NOW)
    shared = set(COLUMNS[Counted.PEOPLE]) & set(Tally.Dimension.values)

    for by in shared:
        for measure, column in ((Counted.ATTENDANCES, "attendances"), (Counted.PEOPLE, "people")):
            told = Tally.objects.filter(forum=forum, session=None, dimension=by).values_list("value", column)
            counted = count(forum, measure, [by])
            assert {(code,): number for code, number in told} == counted, (by, measure)
    assert len(shared) == 9


@pytest.mark.parametrize("to_the_end", [False, True])
def test_minutes_of_sessions_are_those_of_the_tally(forum, to_the_end):
    Forum.objects.update(open_stays_count=to_the_end)
    forum.refresh_from_db()
    later = NOW + timedelta(days=9)
    tally.recount(forum, now=later)

    told = Tally.objects.filter(forum=forum, dimension="total", session__isnull=False, measured__gt=0)

    counted = count(forum, Counted.MINUTES, [By.SESSION], now=later)
    assert counted == {(code,): minutes for code, minutes in told.values_list("session__code", "minutes")}
    assert len(counted) == 1 + to_the_end


def test_two_groups_count_as_python_does(forum):
    rows = Attendance.objects.values_list("country", "gender", "registration")
    expected = Counter((country, gender) for country, gender, _person in rows)

    assert count(forum, Counted.ATTENDANCES, [By.COUNTRY, By.GENDER]) == expected


def test_registrations_have_no_sessions(forum):
    with pytest.raises(ValidationError) as refused:
        count(forum, Counted.REGISTRATIONS, [By.SESSION])

    assert refused.value.code == "no-such-group"


@pytest.mark.parametrize("number", [1, 40])
def test_page_shows_the_table_with_the_same_number_of_queries(
    organiser_site, forum, number, django_assert_max_num_queries
):
    for place in range(number):
        RegistrationFactory(forum=forum, country=CountryFactory(code=f"{chr(65 + place // 26)}{chr(65 + place % 26)}"))
    address = f"{PAGE}?forum=2020&count=registrations&rows=country&columns=gender&tables=mode"
    organiser_site.get(address)

    with django_assert_max_num_queries(14):
        page = organiser_site.get(address).content.decode()

    assert ("Ghana" in page, 'aria-label="People registered"' in page) == (True, True)


def test_files_hold_every_combination(organiser_site, forum):
    asked = "?forum=2020&count=people&rows=country&columns=gender"

    table = organiser_site.get(FILE.format("csv") + asked).content.decode("utf-8-sig").splitlines()
    book = openpyxl.load_workbook(io.BytesIO(organiser_site.get(FILE.format("xlsx") + asked).content))

    assert table == ["Country,Gender,Different people who came", "Ghana,Woman,1", "Mali,Man,1", "Mali,Woman,1"]
    assert [list(row) for row in book.active.iter_rows(values_only=True)][1:] == [
        ["Ghana", "Woman", 1],
        ["Mali", "Man", 1],
        ["Mali", "Woman", 1],
    ]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("count=registrations&rows=session", "“People registered” cannot be counted by “Session”."),
        ("rows=country&columns=country", "Choose each group once."),
        ("rows=country&tables=gender", "Choose columns, too."),
        ("count=nonsense", "Select a valid choice"),
        ("rows=country&columns=gender&tables=mode&table=nonsense", "Ghana"),
    ],
)
def test_what_cannot_be_counted_is_said_at_its_field(organiser_site, forum, asked, words):
    page = organiser_site.get(f"{PAGE}?forum=2020&{asked}")

    assert (page.status_code, words in page.content.decode()) == (200, True)
