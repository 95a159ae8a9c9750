"""The scheduling board without script, its answers for the script, and who may use it."""

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from events.models import Availability, Placement, Session
from tests.events.schedule.factories import DAY, HOUR, NO_TIME, TWO, move, session_at
from tests.factories import (
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)
from tests.site_client import Client

pytestmark = pytest.mark.usefixtures("noon")

JSON = {"Accept": "application/json"}


@pytest.fixture
def session(room):
    return session_at(TWO, room=room, title="First")


def board_of(forum):
    return reverse("admin:events_forum_board", args=[forum.pk])


def place_of(session):
    return reverse("admin:events_forum_place", args=[session.forum_id, session.code])


def wish(*, room=None, version=1, **more):
    """A move to the 24th of July, 10:00 Geneva."""
    form = {"verb": "move", "date": "2020-07-24", "time": "10:00", "minutes": "60", "version": version}
    return form | {"room": room.pk if room else ""} | more


def sheet_of(site, forum, day, **query):
    return site.get(board_of(forum), {"day": day, **query}).context["sheet"]


def text_of(answer):
    return " ".join(answer.content.decode().split())


# --- reading ----------------------------------------------------------------------------------------
def test_day_shows_its_sessions_by_room(organiser_site, forum, session):
    SessionFactory(forum=forum, title="Another day", starts=TWO + DAY)
    for title in ("Fibre for islands", "Fibre for cities"):
        SessionFactory(forum=forum, title=title, **NO_TIME)

    sheet = sheet_of(organiser_site, forum, "2020-07-23")
    searched = sheet_of(organiser_site, forum, "2020-07-23", q="FIBRE isl")

    assert [(c.name, [card.place.title for card in c.cards]) for c in sheet.columns] == [
        ("Room A", ["First"]),
        ("No room", []),
    ]
    assert [(card.begins, card.minutes, card.hours) for card in sheet.columns[0].cards] == [(840, 60, "14:00–15:00")]
    assert ([place.title for place in sheet.side], sheet.waiting) == (["Fibre for islands", "Fibre for cities"], 2)
    assert ([place.title for place in searched.side], searched.waiting) == (["Fibre for islands"], 1)
    assert [tab.sessions for tab in sheet.days] == [0, 0, 0, 1, 1, 0, 0]
    assert ([tab.number for tab in sheet.weeks], [tab.sessions for tab in sheet.weeks][4]) == (list(range(1, 13)), 2)


@pytest.mark.parametrize(
    ("day", "shown", "last_tabs"),
    [
        *((day, "2020-07-22", [(25, 0), (26, 0)]) for day in ("", "nonsense", "2020-13-45", "1999-01-01")),
        # Outside the forum, where a session stands or reaches into the day.
        ("2020-09-11", "2020-09-11", [(10, 1), (11, 1)]),
    ],
)
def test_day_that_is_shown(organiser_site, forum, day, shown, last_tabs):
    session_at(datetime(2020, 9, 10, 20, tzinfo=UTC), forum=forum, hours=6)

    sheet = sheet_of(organiser_site, forum, day)

    assert sheet.day.isoformat() == shown
    assert [(tab.day.day, tab.sessions) for tab in sheet.days][-2:] == last_tabs


# --- over midnight ------------------------------------------------------------------------------------
LATE = datetime(2020, 7, 23, 20, tzinfo=UTC)  # 22:00 in Geneva


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        (2, {23: (22 * 60, 120, None, False), 24: None}),  # until midnight: not into the next day
        (4, {23: (22 * 60, 240, None, True), 24: (0, 120, "2020-07-23", False), 25: None}),
        (48, {24: (0, 1440, "2020-07-23", True), 25: (0, 22 * 60, "2020-07-23", False)}),
    ],
)
def test_session_over_midnight_stands_on_all_its_days(organiser_site, forum, room, hours, days):
    """Where it is drawn and how long, the day on which it began, whether it goes on."""
    session_at(LATE, room=room, hours=hours)

    for day, drawn in days.items():
        cards = sheet_of(organiser_site, forum, f"2020-07-{day}").columns[0].cards
        found = [(card.begins, card.minutes, card.first and card.first.isoformat(), card.goes_on) for card in cards]
        assert found == [drawn] * (drawn is not None), day


def test_every_day_counts_what_it_meets_and_a_week_counts_it_once(organiser_site, forum, room):
    """From Saturday 22:00 to Monday 2:00, with a clash on Sunday: the figures are those of the days themselves."""
    saturday = LATE + 2 * DAY
    session_at(saturday, room=room, hours=28)
    session_at(saturday + 10 * HOUR, room=room)

    found = {day: sheet_of(organiser_site, forum, f"2020-07-{day}") for day in (25, 26, 27)}

    tabs = {tab.number: (tab.sessions, tab.clashes) for tab in [*found[25].days, *found[27].days]}
    assert [tabs[day] for day in (24, 25, 26, 27, 28)] == [(0, 0), (1, 1), (2, 1), (1, 1), (0, 0)]
    for day, sheet in found.items():
        cards = [card for column in sheet.columns for card in column.cards]
        assert tabs[day] == (len(cards), len(sheet.clashes))
        assert all("blocked" in card.look for card in cards)
    assert [(tab.sessions, tab.clashes) for tab in found[25].weeks][3:7] == [(0, 0), (2, 1), (1, 1), (0, 0)]


# --- moving without script ----------------------------------------------------------------------------
def test_form_moves_a_session_in_the_draft_only(organiser_site, boss, forum, session):
    other = RoomFactory(forum=forum, name="Room B")

    answer = organiser_site.post(place_of(session), wish(room=other), follow=True)

    place = Placement.objects.get(session=session)
    starts = datetime(2020, 7, 24, 8, tzinfo=UTC)
    assert (place.starts, place.ends, place.room, place.state) == (starts, starts + HOUR, other, "scheduled")
    assert (place.moved_by, Session.objects.get(pk=session.pk).starts) == (boss, TWO)
    assert answer.redirect_chain == [(f"{board_of(forum)}?day=2020-07-24#s{session.code}", 302)]
    assert [str(m) for m in answer.context["messages"]] == [
        "“First” stands on Friday 24 July, 10:00 Geneva, Room B. No clash."
    ]


def test_move_into_a_clash_is_saved_and_named_and_a_warning_stays_a_warning(organiser_site, room, session):
    session_at(datetime(2020, 7, 24, 8, 30, tzinfo=UTC), room=room, title="Second")
    Session.objects.filter(pk=session.pk).update(expected=99)

    answer = organiser_site.post(place_of(session), wish(room=room), follow=True)

    assert [(m.level_tag, str(m)) for m in answer.context["messages"]] == [
        ("success", "“First” stands on Friday 24 July, 10:00 Geneva, Room A. 2 clashes:"),
        (
            "error",
            "Room taken: Room A is taken: “First” (24 July, 10:00–11:00 Geneva) overlaps with “Second” (24 July, 10:30–11:30 Geneva)",
        ),
        (
            "warning",
            "Room too small: Room A is too small for “First” (24 July, 10:00–11:00 Geneva): 99 people, 50 seats",
        ),
    ]
    assert [(card.problems, card.look) for card in answer.context["sheet"].columns[0].cards] == [
        ({"Room taken": True, "Room too small": False}, "card blocked"),
        ({"Room taken": True}, "card blocked"),
    ]
    badges = '<span class="badge cancelled">Room taken</span> <span class="badge draft">Room too small</span>'
    assert badges in text_of(answer)


def test_bad_input_is_told_and_nothing_is_saved(organiser_site, session):
    for changes, field, sentence in [
        (
            {"date": "2020-03-29", "time": "02:30"},  # the clocks skip it
            "Time",
            "02:30 does not exist on 2020-03-29 in Europe/Zurich: the clocks go forward. Choose another time",
        ),
        ({"minutes": "999999"}, "Minutes", "Ensure this value is less than or equal to 527040."),
        ({"verb": "cancel", "version": ""}, "", "This form is incomplete. Load the page again"),
    ]:
        page = organiser_site.post(place_of(session), wish() | changes)
        answer = organiser_site.post(place_of(session), wish() | changes, headers=JSON)

        assert (page.status_code, answer.status_code, Placement.objects.get().version) == (200, 400, 1), changes
        assert answer.json()["said"] == (f"{field}: {sentence}" if field else sentence), (changes, field)
        assert sentence in page.content.decode(), (changes, field)


def test_session_goes_to_the_side_is_cancelled_and_restored(organiser_site, session):
    def act(verb, version, **more):
        return organiser_site.post(place_of(session), {"verb": verb, "version": version, **more}, headers=JSON).json()

    said = [act(*call)["said"] for call in (("cancel", 1), ("restore", 2), ("unschedule", 3), ("unschedule", 4))]
    long = act(**wish(version=4, minutes=3 * 24 * 60))  # an exhibition of days is moved as it is

    assert said[:3] == [
        "“First” is cancelled in the draft.",
        "“First” stands on Thursday 23 July, 14:00 Geneva, Room A. No clash.",
        "“First” waits at the side.",
    ]
    assert ("not scheduled" in said[3], "No clash" in long["said"]) == (True, True)
    place = Placement.objects.get(session=session)
    assert place.ends - place.starts == 3 * DAY


def test_late_move_is_told_and_overwrites_nothing(organiser_site, room, session):
    move(session, TWO + 3 * HOUR, room=room, version=1, by=UserFactory(name="Ada"))

    answer = organiser_site.post(f"{place_of(session)}?day=2020-07-23", wish(), headers=JSON)
    page = organiser_site.post(place_of(session), wish())

    found, text = answer.json(), page.content.decode()
    assert (answer.status_code, found["said"].startswith("Ada moved this session before you.")) == (409, True)
    assert "17:00–18:00" in found["html"]
    assert Placement.objects.get(session=session).starts == TWO + 3 * HOUR
    assert "Ada moved this session before you." in text
    assert "In the draft it stands on Thursday 23 July, 17:00 Geneva, Room A." in text
    assert 'name="time" value="10:00"' in text  # what was typed stays
    assert organiser_site.post(place_of(session), wish(version=page.context["place"].version)).status_code == 302


# --- undo and redo ------------------------------------------------------------------------------------
def step(site, forum, way, **more):
    return site.post(board_of(forum), {"step": way}, follow=True, **more)


def spoken(answer):
    return [str(message) for message in answer.context["messages"]]


def shift(site, session):
    """Move it to the 24th of July, and read what is said of that."""
    site.post(place_of(session), wish(), follow=True)


def test_move_is_undone_and_redone_without_script(organiser_site, forum, session):
    shift(organiser_site, session)

    undone = step(organiser_site, forum, "undo")
    back = Placement.objects.get(session=session).starts
    redone = step(organiser_site, forum, "redo")

    assert undone.redirect_chain == [(f"{board_of(forum)}?day=2020-07-23#s{session.code}", 302)]
    assert spoken(undone) == ["Undone. “First” stands on Thursday 23 July, 14:00 Geneva, Room A. No clash."]
    assert spoken(redone) == ["Redone. “First” stands on Friday 24 July, 10:00 Geneva, No room. No clash."]
    assert (back, Placement.objects.get(session=session).starts) == (TWO, datetime(2020, 7, 24, 8, tzinfo=UTC))


def test_steps_are_those_of_the_sitting(organiser_site, staff, forum, session):
    shift(organiser_site, session)
    colleague = Client()
    colleague.force_login(staff("programme"))

    other = step(colleague, forum, "undo")
    mine = organiser_site.get(board_of(forum))

    assert spoken(other) == ["There is nothing more to undo or redo"]
    assert mine.context["steps"] == {"undo": True, "redo": False}
    closed = [re.findall(r'value="(undo|redo)"[^>]* disabled', text_of(page)) for page in (mine, other)]
    assert closed == [["redo"], ["undo", "redo"]]


# --- who may ------------------------------------------------------------------------------------------
def test_board_is_that_of_the_forum(organiser_site):
    now = reverse("admin:events_forum_boards")
    assert organiser_site.get(now)["Location"] == "/admin/events/forum/"

    forum = ForumFactory()

    assert organiser_site.get(now)["Location"] == board_of(forum)
    assert organiser_site.get(reverse("admin:events_forum_board", args=[9999])).status_code == 404


# --- what the board checks, entered elsewhere ---------------------------------------------------------
@pytest.mark.parametrize(("until", "status"), [("12:00", 302), ("08:00", 200)])
def test_times_of_a_speaker_are_entered_on_the_forums_clock(organiser_site, forum, until, status):
    speaker = SpeakerFactory(forum=forum)
    rows = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0} | {"0-starts_0": "2020-07-23", "0-starts_1": "09:00"}
    rows |= {"0-ends_0": "2020-07-23", "0-ends_1": until}
    data = {"forum": forum.pk, "name": speaker.name, "protocol_order": 1000}

    answer = organiser_site.post(
        reverse("admin:events_speaker_change", args=[speaker.pk]),
        data | {f"availabilities-{name}": value for name, value in rows.items()},
    )

    kept = [(row.starts, row.ends) for row in Availability.objects.all()]
    assert answer.status_code == status
    assert kept == [(datetime(2020, 7, 23, 7, tzinfo=UTC), datetime(2020, 7, 23, 10, tzinfo=UTC))] * (status == 302)
    assert ("The end is not after the start." in answer.content.decode()) == (status == 200)
