from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils.translation import override

from events.models import Country, Forum, Session
from events.shared.formatting import times
from events.shared.formatting.names import term
from events.templatetags import page_tags
from tests.factories import NOW, ForumFactory

GENEVA, UTC_ZONE = ZoneInfo("Europe/Zurich"), ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("minutes", "text"), [(120, "UTC+2"), (0, "UTC+0"), (-210, "UTC−3:30"), (345, "UTC+5:45"), (-60, "UTC−1")]
)
def test_offset_text_is_written_for_people(minutes, text):
    moment = datetime(2020, 7, 22, 12, tzinfo=timezone(timedelta(minutes=minutes)))

    assert times.offset_text(moment) == text


@pytest.mark.parametrize(("hour", "text"), [(12, "14:00"), (22, "24:00"), (23, "01:00")])
def test_end_hours_at_midnight_are_those_of_the_day_before(hour, text):
    assert times.end_hours(datetime(2020, 7, 22, hour, tzinfo=UTC), zone=GENEVA) == text


@pytest.mark.parametrize(
    ("zone", "hours", "text"),
    [
        (GENEVA, 24, "All day"),
        (GENEVA, 23, "00:00–23:00"),
        (GENEVA, 48, "00:00–24:00"),
        (UTC_ZONE, 24, "22:00–22:00"),
    ],
)
def test_day_from_midnight_to_midnight_is_all_day_on_that_clock_only(zone, hours, text):
    starts = datetime(2020, 7, 21, 22, tzinfo=UTC)
    ends = starts + timedelta(hours=hours)

    assert times.span(starts, ends=ends, zone=zone) == text
    shown = Template("{% load page_tags %}{% clock a b %}{% time_range a b zone %}")
    said = shown.render(Context({"a": starts, "b": ends, "zone": zone}))
    assert (said.count("All day"), said.count("data-clock")) == ((2, 0) if text == "All day" else (0, 2))


def test_day_of_a_change_of_the_clocks_is_all_day_too():
    starts = datetime(2020, 10, 24, 22, tzinfo=UTC)  # 25 hours in Geneva

    assert times.is_all_day(starts, ends=starts + timedelta(hours=25), zone=GENEVA)
    assert not times.is_all_day(starts, ends=starts + timedelta(hours=24), zone=GENEVA)


def test_place_name_is_the_forums_place_or_the_zones_city():
    forum = Forum(time_zone="Europe/Zurich", place="Geneva")

    assert times.place_name(GENEVA, forum=forum) == "Geneva"
    assert times.place_name(ZoneInfo("America/Port_of_Spain"), forum=forum) == "Port of Spain"
    assert times.place_name(GENEVA, forum=None) == "Zurich"


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        (datetime(2020, 7, 31, 21, 59, tzinfo=UTC), GENEVA, "31 July, 23:59 Geneva (21:59 UTC)"),
        (datetime(2020, 7, 31, 21, 59, tzinfo=UTC), UTC_ZONE, "31 July, 21:59 UTC"),
        (datetime(2020, 7, 31, 22, 30, tzinfo=UTC), GENEVA, "1 August, 00:30 Geneva (31 July, 22:30 UTC)"),
        (datetime(2019, 9, 1, 12, tzinfo=UTC), UTC_ZONE, "1 September 2019, 12:00 UTC"),
    ],
)
def test_deadline_says_the_zone_and_utc_and_the_year_where_it_is_another(moment, zone, text):
    assert times.deadline(moment, zone=zone, forum=ForumFactory.build()) == text
    assert "2020" in times.deadline(NOW, zone=zone, forum=None)


def test_date_range_says_the_same_year_once():
    assert times.date_range(date(2020, 6, 22), date(2020, 9, 10)) == "22 June to 10 September 2020"
    assert times.date_range(date(2026, 11, 9), date(2027, 1, 24)) == "9 November 2026 to 24 January 2027"


def test_moment_is_written_on_the_clock_that_it_comes_with_and_in_the_pages_language():
    noon = datetime(2020, 6, 22, 12, 0, 30, tzinfo=UTC)
    same = noon.astimezone(ZoneInfo("Asia/Tokyo"))

    said = [times.written(moment, "j F Y, H:i") for moment in (noon, same, noon)]
    with override("fr"):
        said.append(times.written(same, "j F Y, H:i"))

    assert said == ["22 June 2020, 12:00", "22 June 2020, 21:00", "22 June 2020, 12:00", "22 juin 2020, 21:00"]


def test_names_follow_the_language_where_it_knows_them():
    country = Country(name="Switzerland", translations={"fr": {"name": "Suisse"}})
    found = []
    for language in ("fr", "ar"):
        with override(language):
            found.append(term(country))

    assert found == ["Suisse", "Switzerland"]
    assert (term(""), term("Unknown track")) == ("", "Unknown track")


# --- the tags -------------------------------------------------------------------------------------
def rendered(source, **context):
    return Template("{% load page_tags %}" + source).render(Context(context))


def test_clock_shows_the_contexts_zone():
    forum = ForumFactory.build()

    there = rendered("{% clock now %}", now=NOW, forum=forum)
    bamako = rendered("{% clock now later %}", now=NOW, later=NOW + timedelta(hours=1), zone=ZoneInfo("Africa/Bamako"))

    assert '<time datetime="2020-07-22T12:20Z" data-clock>14:20</time>' in there
    assert '<span class="zone">Geneva, <bdi>UTC+2</bdi></span>' in there
    assert ">12:20</time>–<time" in bamako
    assert "Bamako, <bdi>UTC+0</bdi>" in bamako
    assert "UTC, <bdi>UTC+0</bdi>" in rendered("{% clock now %}", now=NOW)


def test_language_links_lead_to_the_same_page_or_the_first(rf):
    known, unknown = Context({"request": rf.get("/2020/speakers/?q=a")}), Context({"request": rf.get("/no/such/page")})

    def urls(context):
        return [link["url"] for link in page_tags.language_links(context)]

    assert urls(known) == ["/2020/speakers/?q=a", "/fr/2020/speakers/?q=a", "/ar/2020/speakers/?q=a"]
    assert (urls(unknown), urls(Context({}))[1]) == (["/no/such/page", "/fr/", "/ar/"], "/fr/")
    with override("fr"):
        assert urls(unknown)[0] == "/?language=en"


def test_session_title_names_its_language_elsewhere():
    session = Session(title="<Cables>")

    assert page_tags.session_title(session) == "<bdi>&lt;Cables&gt;</bdi>"
    with override("ar"):
        assert page_tags.session_title(session) == '<bdi lang="en">&lt;Cables&gt;</bdi>'
    session.translations = {"fr": {"title": "Câbles"}}
    with override("fr"):
        assert page_tags.session_title(session) == "<bdi>Câbles</bdi>"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW, NOW),
        (datetime(2020, 1, 5, tzinfo=UTC), datetime(2020, 6, 22, 10, tzinfo=UTC)),
        (datetime(2026, 11, 24, tzinfo=UTC), datetime(2020, 9, 10, 10, tzinfo=UTC)),
    ],
)
def test_offsets_are_those_of_the_forums_days(moment, expected):
    forum = ForumFactory.build()

    assert forum.within(moment) == expected


# --- ranges of time -------------------------------------------------------------------------------
def test_range_of_times_keeps_the_direction_of_the_language_whatever_stands_before_it():
    """The same on page, mail and PDF: a name in Latin letters before it would turn the digits round."""
    forum = ForumFactory.build(place="Geneva")
    starts, ends = NOW, NOW + timedelta(hours=1)

    def written():
        return times.span(starts, ends=ends, zone=forum.zone), times.dated_span(starts, ends=ends, forum=forum)

    with override("ar"):
        arabic = written()

    assert written() == ("14:20–15:20", "22 July, 14:20–15:20 Geneva")
    assert arabic[0] == "\u206714:20–15:20\u2069"
    assert arabic[0] in arabic[1]
