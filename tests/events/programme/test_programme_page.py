import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from events.programme import shown_days
from tests.factories import (
    NOW,
    ActionLineFactory,
    ForumFactory,
    OrganisationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
    translate,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def at(day, hour=12, minute=0):
    return datetime(2020, 7, day, hour, minute, tzinfo=UTC)


def make(forum, starts, **more):
    return SessionFactory(**{"forum": forum, "starts": starts, "ends": starts + timedelta(hours=1)} | more)


def get(client, address="/2020/programme/"):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def text(html):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def titles(html):
    return [text(title) for title in re.findall(r"<h3>(.*?)</h3>", html, re.S)]


def row(html):
    """The only row of a page."""
    (found,) = re.findall(r'<li class="row.*?\n</li>|<li class="row.*?</div></li>', html, re.S)
    return found


# --- the days of a page ---------------------------------------------------------------------------
@pytest.fixture
def few_a_page(monkeypatch):
    monkeypatch.setattr(shown_days, "ENOUGH", 3)


def bar(html, name="weeks days"):
    """The links of a bar: the address, the words, and whether it stands out."""
    nav = re.search(rf'<nav class="{name}".*?</nav>', html, re.S)[0]
    return re.findall(r'href="([^"]+)"', nav)


def other_days(html):
    nav = re.search(r'<nav class="neighbours".*?</nav>', html, re.S)
    return re.findall(r'<a href="([^"]+)" rel="(\w+)"[^>]*><span>\w+</span> (.*?)</a>', nav[0]) if nav else []


@pytest.mark.usefixtures("few_a_page")
def test_page_holds_the_days_from_today_on_and_every_other_day_is_one_step_away(client, forum):
    for day in (1, 20, 21, 22, 22, 23, 27, 28):
        make(forum, at(day), title=f"Of {day}")

    html = get(client)

    assert titles(html) == ["Of 22", "Of 22", "Of 23"]
    assert bar(html) == [
        *("?from=2020-07-01#day-2020-07-01", "?from=2020-07-20#day-2020-07-20", "?from=2020-07-21#day-2020-07-21"),
        *("#day-2020-07-22", "#day-2020-07-23"),
        *("?from=2020-07-27#day-2020-07-27", "?from=2020-07-28#day-2020-07-28"),
    ]
    assert other_days(html) == [
        ("?from=2020-07-01#day-2020-07-01", "prev", "Wednesday 1 July to Tuesday 21 July"),
        ("?from=2020-07-27#day-2020-07-27", "next", "Monday 27 July to Tuesday 28 July"),
    ]
    for address in bar(html):
        query, _sign, anchor = address.partition("#")
        there = get(client, f"/2020/programme/{query}")
        assert f'id="{anchor}"' in there
        assert f"Of {int(anchor[-2:])}" in titles(there)


@pytest.mark.usefixtures("few_a_page")
def test_days_around_today_are_the_page_without_a_parameter(client, forum):
    """So that everybody shares one finished page, which moves on with the clock."""
    for day in (20, 22, 23, 24, 25):
        make(forum, at(day), title=f"Of {day}")

    html = get(client, "/2020/programme/?from=2020-07-25&tz=UTC")

    assert titles(html) == ["Of 25"]
    assert bar(html)[1:4] == [f"?tz=UTC#day-2020-07-{day}" for day in (22, 23, 24)]
    assert '<p><a href="?tz=UTC#day-2020-07-22">Today</a></p>' in html
    assert 'href="?tz=Europe%2FZurich&amp;from=2020-07-25"' in html  # the other zone shows the same days
    assert [address for address, _rel, _label in other_days(html)] == ["?tz=UTC#day-2020-07-22"]
    assert "./#day-2020-07-22" in bar(get(client, "/2020/programme/?from=2020-07-25"))


def test_day_on_which_something_still_runs_is_shown(client, forum):
    """It began yesterday, and the page shows it as live. The link to today still leads to today."""
    for day in (20, 21):
        make(forum, at(day), title=f"Over {day}")
    make(forum, at(21), title="All night", ends=NOW + timedelta(minutes=5))
    make(forum, at(22), title="Of today")

    html = get(client)

    assert titles(html) == ["Over 21", "All night", "Of today"]
    assert 'href="#day-2020-07-22">Today' in html


def test_exhibition_of_many_days_leaves_the_page_to_today(client, forum):
    make(forum, at(15), title="Exhibition", ends=at(30))
    for day in (16, 21, 22):
        make(forum, at(day), title=f"Of {day}")

    assert titles(get(client)) == ["Of 22"]


@pytest.mark.usefixtures("few_a_page")
def test_before_the_forum_its_first_days_after_it_the_last_and_what_is_left(client, forum, time_machine):
    for day in (13, 14, 15, 16):
        make(forum, at(day), title=f"Of {day}", recording_url="https://example.org/r" if day == 14 else "")

    def shown(days):
        time_machine.move_to(NOW + timedelta(days=days), tick=False)
        html = get(client)
        return (
            titles(html),
            ">Today</a>" in html,
            "The Forum is over" in html,
            "1 recording is in the programme." in html,
        )

    assert shown(-100) == (["Of 13", "Of 14", "Of 15"], False, False, False)
    assert shown(0) == (["Of 14", "Of 15", "Of 16"], False, False, False)
    assert shown(400) == (["Of 14", "Of 15", "Of 16"], False, True, True)
    html = get(client)
    assert ("fold" in html.split("</form>")[1].split("<footer")[0], 'href="/2020/outcomes/"' in html) == (False, True)


def test_start_that_has_no_session_is_the_next_day_that_has(client, forum):
    for day in (22, 23):
        make(forum, at(day), title=f"Of {day}")
    for start, expected in [
        ("2020-07-01", ["Of 22", "Of 23"]),
        ("2020-07-23", ["Of 23"]),
        ("2020-07-24", ["Of 23"]),
        ("", ["Of 22", "Of 23"]),
    ]:
        html = get(client, f"/2020/programme/?from={start}")

        assert (titles(html), "do not exist" in html) == (expected, False), (start, expected)


def test_start_that_is_no_day_of_the_forum_is_told(client, forum):
    make(forum, at(23), title="Shown")
    for start in [
        *("2020-02-30", "x", "1", "0000-00-00", "0001-01-01", "9999-12-31", "2021-01-01", "20200723", "2020-W30-4"),
        *("%F0%9F%98%80", "-1", "9" * 500, "%D9%A2%D9%A0%D9%A2%D9%A0-07-23"),
    ]:
        html = get(client, f"/2020/programme/?from={start}")

        assert titles(html) == ["Shown"], start
        assert "The address asks for filters that do not exist; they are left out:" in html, start


def test_what_an_address_asks_for_in_vain_stands_in_no_link_and_makes_no_finished_page(client, forum, few_a_page):
    for day in (1, 22, 23, 24, 25):
        make(forum, at(day))

    html = get(client, "/2020/programme/?from=2020-07-24&tz=UTC&page=7&order=x&type=none")

    assert bar(html)[0] == "?tz=UTC&amp;from=2020-07-01#day-2020-07-01"
    lives = {
        query: client.get(f"/2020/programme/?{query}").finished.seconds
        for query in (
            "",
            "from=2020-07-24",
            "q=",
            "q=x&page=2",
            "from=x",
            "page=7",
            "order=x",
            "type=none",
            "tz=x",
            "q=%20",
        )
    }
    assert lives == dict.fromkeys(lives, 0) | dict.fromkeys(("", "from=2020-07-24", "q=", "q=x&page=2"))


# --- rows -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("minutes", "more", "words", "missing"),
    [
        (-10, {}, ["Live now", "Join now"], ["Add to agenda"]),
        (10, {}, ["Join now"], ["Live now", "Add to agenda"]),
        (16, {}, ["Add to agenda"], ["Live now", "Join now"]),
        (-60, {"recording_url": "https://example.org/r"}, ["Recording", "Watch recording"], ["Live now", "Join now"]),
        (-60, {}, [], ["Recording", "Live now", "Join now", "Add to agenda"]),
        (16, {"recording_url": "https://example.org/r"}, ["Add to agenda"], ["Recording"]),
        (-10, {"state": "cancelled"}, ["Cancelled"], ["Live now", "Join now", "Add to agenda"]),
        (16, {"state": "cancelled"}, ["Cancelled", "<s>"], ["Add to agenda"]),
    ],
)
def test_row_says_its_state(client, forum, minutes, more, words, missing):
    make(forum, NOW + timedelta(minutes=minutes), **more)

    html = row(get(client))

    assert [word for word in words if word not in html] == []
    assert [word for word in missing if word in html] == []


def test_titles_in_the_language_of_the_page(client, forum):
    session = make(forum, at(23, 10), title="Fibre")
    make(forum, at(23, 11), title="Radio")
    translate(session, "fr", title="La fibre")
    make(forum, at(23, 12), title="الألياف البصرية", room=RoomFactory(forum=forum, name="The big room"))

    html = get(client, "/fr/2020/programme/?view=list")
    in_english = get(client, "/2020/programme/?view=list")

    assert titles(html) == ["La fibre", "Radio", "الألياف البصرية"]
    assert re.findall(r'<bdi lang="(\w+)">(.*?)</bdi>', html) == [
        ("en", "Radio"),
        ("ar", "الألياف البصرية"),
        ("en", "The big room"),
    ]
    assert re.findall(r'class="hidden-text" lang="(\w+)">', html) == ["en", "en", "ar", "ar"]  # who hears the buttons
    assert re.findall(r'<bdi lang="(\w+)">', in_english) == ["ar"]


def test_drafts_and_other_forums_are_not_shown(client, forum):
    make(forum, at(23), title="Draft", state="draft")
    make(ForumFactory(slug="2021", is_public=False), at(23), title="Other")
    empty = get(client)
    make(forum, at(23), title="Shown")

    assert (titles(empty), titles(get(client))) == ([], ["Shown"])
    assert "The programme is not published yet." in empty
    assert [client.get(f"/{slug}/programme/").status_code for slug in (2021, 2022)] == [404, 404]


# --- zones ----------------------------------------------------------------------------------------
def test_other_zone_moves_times_and_days(client, forum):
    make(forum, at(23, 20))

    html = get(client, "/2020/programme/?tz=Asia/Tokyo")

    assert text(row(html)).startswith("05:00 – 06:00 Tokyo, UTC+9")
    assert 'id="day-2020-07-24"' in html
    assert '<input type="hidden" name="tz" value="Asia/Tokyo">' in html


@pytest.mark.parametrize(("hour", "zone"), [(12, "Pacific/Kiritimati"), (22, "America/New_York")])
def test_forum_is_over_when_its_own_last_day_is(client, forum, time_machine, hour, zone):
    """Wherever it is read: in Kiribati the next day has begun, in New York at 22:00 UTC not even the last evening."""
    make(forum, datetime(2020, 9, 9, 12, tzinfo=UTC))
    time_machine.move_to(datetime(2020, 9, 10, hour, tzinfo=UTC), tick=False)

    here, there = get(client), get(client, f"/2020/programme/?tz={zone}")

    assert forum.ends.isoformat() == "2020-09-10"
    assert [("The Forum is over" in html, 'aria-current="true"><b>Week 12' in html) for html in (here, there)] == [
        (hour == 22, hour == 12)
    ] * 2


def test_page_in_another_zone_holds_until_the_midnight_there(client, forum):
    make(forum, at(23))

    def life(zone):
        return client.get(f"/2020/programme/?tz={zone}").finished.seconds

    assert [life(zone) for zone in ("UTC", "Asia/Tokyo", "Asia/Kathmandu", "Europe/Zurich")] == [
        *(timedelta(hours=hours, minutes=minutes).total_seconds() for hours, minutes in ((11, 40), (2, 40), (5, 55))),
        None,
    ]


def test_unknown_zone_is_told(client, forum):
    make(forum, at(23))
    for zone in ["Mars/Olympus", "x" * 500, "%F0%9F%98%80"]:
        html = get(client, f"/2020/programme/?tz={zone}")

        assert "is not known. Times are shown in the zone of the forum, Geneva." in html, zone
        assert text(row(html)).startswith("14:00 – 15:00 Geneva, UTC+2"), zone


# --- filters --------------------------------------------------------------------------------------
@pytest.fixture
def filtered(forum):
    """Three sessions, two of them with a value of their own."""
    one, two, _three = (make(forum, at(day), title=title) for day, title in ((23, "One"), (24, "Two"), (25, "Three")))
    one.action_lines.add(ActionLineFactory())
    two.sdgs.add(SDGFactory())


# What each filter finds is asked in test_filters.py.
@pytest.mark.parametrize(
    ("query", "expected"),
    [("action_line=C2", ["One"]), ("q=tw&sdg=9", ["Two"]), ("q=t&day=2020-07-24&day=2020-07-25", ["Two", "Three"]), ("action_line=C2&sdg=9", [])],
)  # fmt: skip
def test_filter(client, filtered, query, expected):
    html = get(client, f"/2020/programme/?{query}")

    found = f"{len(expected)} {'session' if len(expected) == 1 else 'sessions'}"
    assert titles(html) == expected
    assert text(re.search(r'<p role="status">(.*?)</p>', html, re.S)[1]) == f"{found} found Show all sessions"
    assert f"Show {found}</button>" in html
    assert ("No session fits the search and all filters." in html) is (not expected)


def test_values_that_do_not_exist_are_left_out_and_told(client, filtered):
    for query in (
        "sdg=999999999999999999999999999999",
        "track=-1",
        "type=%C3%28",
        "stakeholder=<script>alert(1)</script>",
    ):
        html = get(client, f"/2020/programme/?{query}")

        assert titles(html) == ["One", "Two", "Three"], query
        assert "The address asks for filters that do not exist; they are left out:" in html
        assert "<script>alert" not in html
    html = get(client, "/2020/programme/?" + "&".join(f"sdg=bad{number}" for number in range(20)))
    assert len(re.findall(r"“bad\d+”", html)) == 5


# --- cost -----------------------------------------------------------------------------------------
def fill(forum, number):
    for index in range(number):
        session = make(forum, at(23) + timedelta(hours=index), room=RoomFactory(forum=forum), languages=["en"])
        session.organisers.add(OrganisationFactory())
        session.action_lines.add(ActionLineFactory())
        session.sdgs.add(SDGFactory())


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_the_same_number_of_queries(client, forum, django_assert_num_queries, number):
    fill(forum, number)
    get(client, "/2020/programme/?q=a")  # the first search makes the words that the others ask for

    for query, queries in (("", 11), ("?sdg=9", 11), ("?q=a", 20), ("?q=a&sdg=9&tz=UTC", 20)):
        with django_assert_num_queries(queries):
            get(client, f"/2020/programme/{query}")
