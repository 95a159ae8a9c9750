"""What the sample forums promise. The two of one moment are made once for this module."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction

from events.models import ActionLine, Forum, Session
from events.reference import standard_rows
from events.sample import draw, texts, timetable
from events.sample import forum as sample
from tests.factories import ForumFactory

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday


@pytest.fixture(scope="module")
def forums(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        sample.make_2020()
        sample.make_current(NOW)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def past(forums, db):
    return Forum.objects.get(slug="2020")


@pytest.fixture
def current(forums, db):
    return Forum.objects.exclude(slug="2020").get()


def clashes(spans):
    """Pairs of half-open spans (key, starts, ends) of one key that overlap."""
    found = []
    for (key, starts, ends), (other, other_starts, other_ends) in pairwise(sorted(spans)):
        if key == other and other_starts < ends and starts < other_ends:
            found.append((key, starts, other_starts))
    return found


def clashes_of(forum):
    rooms = forum.sessions.values_list("room", "starts", "ends")
    speakers = forum.sessions.filter(appearances__isnull=False).values_list("appearances__speaker", "starts", "ends")
    return clashes(rooms), clashes(speakers)


def test_forum_2020_has_the_published_figures_and_weeks(past):
    sessions, speakers = past.sessions.all(), past.speakers.all()
    local = [(past.local(session.starts).date(), past.local(session.ends).date()) for session in sessions]

    assert (sessions.count(), speakers.count(), speakers.filter(gender="woman").count()) == (164, 846, 381)  # 45 %
    assert sessions.filter(type__code="high_level_policy_session").count() == 11
    assert speakers.filter(appearances__isnull=True).count() == 0
    assert (past.tracks.count(), past.rooms.count(), past.outcomes.count()) == (9, 8, 11)
    assert (sessions.filter(is_sample=False).count(), sessions.exclude(state="scheduled").count()) == (20, 0)
    assert min(local)[0] == date(2020, 6, 22)
    assert max(local)[1] == date(2020, 9, 10)
    assert all(starts == ends for starts, ends in local)
    assert clashes_of(past) == ([], [])


def test_named_sessions_keep_their_time_organisers_lines_and_goals(past):
    opening = past.sessions.get(type__code="opening_ceremony")
    session = past.sessions.get(title="Latest findings from the United Nations E-Government Survey 2020")

    assert opening.starts == datetime(2020, 6, 22, 10, tzinfo=UTC)
    assert opening.ends == datetime(2020, 6, 22, 11, tzinfo=UTC)
    assert [str(organisation) for organisation in session.organisers.all()] == ["UNDESA"]
    assert [line.code for line in session.action_lines.all()] == ["C1", "C7-E-GOV", "C11"]
    assert [goal.number for goal in session.sdgs.all()] == [16, 17]


def test_invented_sessions_follow_the_matrix(past):
    allowed = {line.code: set(line.matrix_links.values_list("sdg", flat=True)) for line in ActionLine.objects.all()}
    sessions = past.sessions.filter(is_sample=True).prefetch_related("action_lines", "sdgs")

    stray = [
        (session.title, line.code, goal.number)
        for session in sessions
        for line in session.action_lines.all()
        for goal in session.sdgs.all()
        if goal.number not in allowed[line.code]
    ]

    assert stray == []


def test_every_session_has_its_place_in_the_draft(forums, db):
    assert Session.objects.count() > 164  # of both forums
    assert not Session.objects.filter(placement=None).exists()


def test_texts_differ_and_have_their_length(current):
    sessions = Session.objects.all()
    lengths = [len(session.description.replace("- ", "").split()) for session in sessions]
    translated = [set(session.translations) for session in sessions if session.translations]

    assert sessions.values("forum", "title").distinct().count() == sessions.count()
    assert sessions.values("description").distinct().count() == sessions.count()
    assert (min(lengths) >= 80, max(lengths) <= 150) == (True, True)
    assert sessions.filter(is_sample=True).exclude(description__endswith=texts.SAMPLE_NOTE).count() == 0
    assert translated == [{"fr", "ar"}] * 2


def test_current_edition_is_in_its_third_week_and_shows_each_state(current):
    sessions = current.sessions.all()
    coming, over = sessions.filter(starts__gt=NOW), sessions.filter(ends__lte=NOW)
    shown = {forum.theme for forum in Forum.objects.all()} | {room.name for room in current.rooms.all()}

    assert (current.slug, current.name) == ("2026", "WSIS Forum 2026 (sample)")
    assert (current.week_of(current.today(NOW)), current.weeks) == (3, 11)
    assert current.is_registration_open(NOW)
    assert current.is_registration_open(NOW + timedelta(weeks=8))
    assert Forum.objects.current(NOW) == current
    assert sessions.count() <= 420
    assert (coming.filter(state="cancelled").count(), coming.filter(capacity=12).count()) == (1, 1)
    assert coming.filter(capacity=40).count() > 10
    assert over.exclude(recording_url="").count() > 20
    assert sessions.filter(ends__gt=NOW).exclude(recording_url="").count() == 0
    assert (sessions.filter(meeting_url="").count(), current.outcomes.count()) == (0, 6)
    assert [list(page.translations) for page in current.practical_pages.public()] == [["fr"]] * 4
    assert clashes_of(current) == ([], [])
    assert shown - {sample.DECLARATION} - {name for _file, name in standard_rows.shown_names()} == set()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 10, 20, 3, tzinfo=UTC),  # clocks go back in the third week
        datetime(2026, 3, 22, 23, 30, tzinfo=UTC),  # Monday in Geneva; clocks go forward in the third week
        datetime(2026, 1, 4, 12, tzinfo=UTC),  # starts in the year before
    ],
)
def test_current_edition_is_never_silent(now):
    today = now.astimezone(timetable.GENEVA).date()
    monday = today - timedelta(days=today.weekday() + 14)
    first, last = (datetime.combine(monday + timedelta(days=n), datetime.min.time(), timetable.GENEVA) for n in (0, 77))

    plans = timetable.plans_current(monday, rng=draw("a test"))
    covered = first
    for plan in plans:
        if plan.starts <= covered:
            covered = max(covered, plan.ends)
    dense = [plan.starts for plan in plans if first + timedelta(days=14) <= plan.starts <= first + timedelta(days=35)]

    assert covered == last
    assert dense[0] - first <= timedelta(days=14, hours=2)
    assert max(later - earlier for earlier, later in pairwise(dense)) <= timedelta(hours=2)


def test_slug_is_the_year_then_with_the_month_and_never_that_of_2020(db):
    slugs = []
    for day in [date(2031, 11, 10)] * 3 + [date(2020, 7, 20)]:
        slugs.append(sample._free_slug(day))
        ForumFactory(slug=slugs[-1])

    assert slugs == ["2031", "2031-11", "2031-11-2", "2020-07"]


def test_the_same_command_makes_the_same_programme(past):
    titles = list(past.sessions.values_list("title", flat=True))
    Forum.objects.filter(pk=past.pk).update(slug="earlier")

    again = sample.make_2020()

    assert list(again.sessions.values_list("title", flat=True)) == titles
