"""The scheduling board without script, its answers for the script, who may use it, and two who move at once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Availability, Placement, Session, Wish
from events.schedule import moves
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)

TWO = datetime(2020, 7, 23, 12, tzinfo=UTC)  # 14:00 in Geneva
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def forum(db):
    return ForumFactory()


@pytest.fixture
def room(forum):
    return RoomFactory(forum=forum, name="Room A", capacity=50)


@pytest.fixture
def session(forum, room):
    return SessionFactory(forum=forum, room=room, starts=TWO, ends=TWO + timedelta(hours=1), title="First")


def board_of(forum):
    return reverse("admin:events_forum_board", args=[forum.pk])


def place_of(session):
    return reverse("admin:events_forum_place", args=[session.forum_id, session.code])


def wish(*, room=None, version=1, **more):
    """A move to the 24th of July, 10:00 Geneva."""
    return {
        "verb": "move",
        "date": "2020-07-24",
        "time": "10:00",
        "minutes": "60",
        "room": room.pk if room else "",
        "version": version,
    } | more


# --- reading ----------------------------------------------------------------------------------------
def test_day_shows_its_sessions_by_room(organiser_site, forum, session):
    SessionFactory(forum=forum, title="Another day", starts=TWO + timedelta(days=1))
    SessionFactory(forum=forum, title="Waiting", starts=None, ends=None, state="draft")

    answer = organiser_site.get(board_of(forum), {"day": "2020-07-23"})

    sheet = answer.context["sheet"]
    assert [(c.name, [card.place.title for card in c.cards]) for c in sheet.columns] == [
        ("Room A", ["First"]),
        ("No room", []),
    ]
    assert [(card.begins, card.minutes, card.hours) for card in sheet.columns[0].cards] == [(840, 60, "14:00–15:00")]
    assert [place.title for place in sheet.side] == ["Waiting"]
    assert [tab.sessions for tab in sheet.days] == [0, 0, 0, 1, 1, 0, 0]
    assert ([tab.number for tab in sheet.weeks], [tab.sessions for tab in sheet.weeks][4]) == (list(range(1, 13)), 2)


@pytest.mark.parametrize("day", ["", "nonsense", "2020-13-45", "1999-01-01"])
def test_unknown_day_shows_today(organiser_site, forum, session, day):
    answer = organiser_site.get(board_of(forum), {"day": day})

    assert answer.context["sheet"].day.isoformat() == "2020-07-22"


def test_day_outside_the_forum_opens_where_a_session_stands_on_it(organiser_site, forum):
    SessionFactory(forum=forum, starts=datetime(2020, 9, 12, 8, tzinfo=UTC))

    sheet = organiser_site.get(board_of(forum), {"day": "2020-09-12"}).context["sheet"]

    assert sheet.day.isoformat() == "2020-09-12"
    assert [tab.day.isoformat() for tab in sheet.days] == [
        "2020-09-07",
        "2020-09-08",
        "2020-09-09",
        "2020-09-10",
        "2020-09-12",
    ]


def test_clashes_are_counted_before_some_are_shown(organiser_site, forum, room, session):
    for _number in range(25):
        SessionFactory(forum=forum, room=room, starts=TWO + timedelta(days=1), ends=TWO + timedelta(days=1, hours=1))
    there = wish(room=room, time="14:00")
    everything = reverse("admin:events_forum_clashes", args=[forum.pk])

    found = organiser_site.post(place_of(session) + "?day=2020-07-24", there, headers=JSON).json()
    page = organiser_site.get(place_of(session)).content.decode()
    organiser_site.post(place_of(session), wish(room=room, time="18:00", version=2))
    without_script = organiser_site.post(place_of(session), there | {"version": 3}, follow=True).content.decode()

    assert ("25 clashes:" in found["said"], len(found["clashes"])) == (True, 20)
    assert found["more"] == {"text": "The first 20 are shown.", "link": "All open clashes", "address": everything}
    for text in (found["html"], page, without_script):
        assert f'The first 20 are shown. <a href="{everything}">All open clashes</a>' in text


# --- over midnight ------------------------------------------------------------------------------------
LATE = datetime(2020, 7, 23, 20, tzinfo=UTC)  # 22:00 in Geneva


def cards_of(organiser_site, forum, day):
    """The cards of a day: title, where it is drawn and how long, the day on which it began, whether it goes on."""
    sheet = organiser_site.get(board_of(forum), {"day": day}).context["sheet"]
    return [
        (card.place.title, card.begins, card.minutes, card.first and card.first.isoformat(), card.goes_on)
        for column in sheet.columns
        for card in column.cards
    ]


def test_session_over_midnight_stands_on_both_days(organiser_site, forum, room):
    SessionFactory(forum=forum, room=room, starts=LATE, ends=LATE + timedelta(hours=4), title="Night")

    assert cards_of(organiser_site, forum, "2020-07-23") == [("Night", 22 * 60, 240, None, True)]
    assert cards_of(organiser_site, forum, "2020-07-24") == [("Night", 0, 120, "2020-07-23", False)]
    assert cards_of(organiser_site, forum, "2020-07-25") == []


def test_session_of_days_fills_those_between(organiser_site, forum, room):
    SessionFactory(forum=forum, room=room, starts=LATE, ends=LATE + timedelta(days=2), title="Show")

    assert cards_of(organiser_site, forum, "2020-07-24") == [("Show", 0, 1440, "2020-07-23", True)]
    assert cards_of(organiser_site, forum, "2020-07-25") == [("Show", 0, 22 * 60, "2020-07-23", False)]


def test_session_until_midnight_does_not_reach_into_the_next_day(organiser_site, forum, room):
    SessionFactory(forum=forum, room=room, starts=LATE, ends=LATE + timedelta(hours=2), title="Evening")

    assert cards_of(organiser_site, forum, "2020-07-23") == [("Evening", 22 * 60, 120, None, False)]
    assert cards_of(organiser_site, forum, "2020-07-24") == []


def test_rest_of_a_session_leads_to_its_first_day_and_has_no_grip(organiser_site, forum, room):
    night = SessionFactory(forum=forum, room=room, starts=LATE, ends=LATE + timedelta(hours=4), title="Night")

    first = organiser_site.get(board_of(forum), {"day": "2020-07-23"}).content.decode()
    rest = organiser_site.get(board_of(forum), {"day": "2020-07-24"}).content.decode()

    assert (first.count('class="grip"'), rest.count('class="grip"')) == (1, 0)
    assert f'href="{board_of(forum)}?day=2020-07-23#s{night.code}"' in rest
    assert "Began on Thu 23 Jul" in rest
    assert "Goes on after midnight" in first
    assert (f'id="r{night.code}"' in rest, f'id="s{night.code}"' in rest) == (True, False)


def test_clash_after_midnight_is_told_on_both_days(organiser_site, forum, room):
    SessionFactory(forum=forum, room=room, starts=LATE, ends=LATE + timedelta(hours=4))
    SessionFactory(forum=forum, room=room, starts=LATE + timedelta(hours=3), ends=LATE + timedelta(hours=5))

    for day in ("2020-07-23", "2020-07-24"):
        sheet = organiser_site.get(board_of(forum), {"day": day}).context["sheet"]
        assert len(sheet.clashes) == 1, day
        assert all("blocked" in card.look for column in sheet.columns for card in column.cards), day


def test_every_day_counts_what_it_meets_and_a_week_counts_it_once(organiser_site, forum, room):
    """From Saturday 22:00 to Monday 2:00, with a clash on Sunday: the figures are those of the days themselves."""
    saturday = LATE + timedelta(days=2)
    SessionFactory(forum=forum, room=room, starts=saturday, ends=saturday + timedelta(hours=28))
    SessionFactory(forum=forum, room=room, starts=saturday + timedelta(hours=10), ends=saturday + timedelta(hours=11))

    found = {
        day: organiser_site.get(board_of(forum), {"day": f"2020-07-{day}"}).context["sheet"] for day in (25, 26, 27)
    }

    tabs = {tab.number: (tab.sessions, tab.clashes) for tab in [*found[25].days, *found[27].days]}
    assert [tabs[day] for day in (24, 25, 26, 27, 28)] == [(0, 0), (1, 1), (2, 1), (1, 1), (0, 0)]
    for day, sheet in found.items():
        assert tabs[day] == (sum(len(column.cards) for column in sheet.columns), len(sheet.clashes))
    assert [(tab.sessions, tab.clashes) for tab in found[25].weeks][3:7] == [(0, 0), (2, 1), (1, 1), (0, 0)]


def test_session_of_years_is_counted_in_the_weeks_that_are_shown(organiser_site, forum, room):
    SessionFactory(forum=forum, starts=LATE - timedelta(days=3000), ends=LATE + timedelta(days=3000))

    sheet = organiser_site.get(board_of(forum), {"day": "2020-07-23"}).context["sheet"]

    assert {tab.sessions for tab in [*sheet.weeks, *sheet.days]} == {1}
    assert len(sheet.days) == 7


def test_day_after_the_forum_opens_where_a_session_reaches_into_it(organiser_site, forum, room):
    SessionFactory(forum=forum, room=room, starts=datetime(2020, 9, 10, 20, tzinfo=UTC), ends="2020-09-11T02:00Z")

    sheet = organiser_site.get(board_of(forum), {"day": "2020-09-11"}).context["sheet"]

    assert (sheet.day.isoformat(), [(tab.day.day, tab.sessions) for tab in sheet.days][-2:]) == (
        "2020-09-11",
        [(10, 1), (11, 1)],
    )


def test_search_at_the_side(organiser_site, forum):
    for title in ("Fibre for islands", "Fibre for cities", "Radio"):
        SessionFactory(forum=forum, title=title, starts=None, ends=None, state="draft")

    sheet = organiser_site.get(board_of(forum), {"q": "FIBRE isl"}).context["sheet"]

    assert ([place.title for place in sheet.side], sheet.waiting) == (["Fibre for islands"], 1)


def test_list_of_clashes_names_both_sides_and_leads_to_each(organiser_site, forum, room, session):
    other = SessionFactory(forum=forum, room=room, starts=TWO, title="Second <b>")

    page = organiser_site.get(reverse("admin:events_forum_clashes", args=[forum.pk]))

    text = page.content.decode()
    for one in (session, other):
        assert f'href="{board_of(forum)}?day=2020-07-23#s{one.code}"' in text
    assert "1 open clash in the draft, 1 of them forbids a release" in text
    assert "Second &lt;b&gt;" in text
    assert "<b>“" not in text


def test_queries_do_not_grow_with_the_sessions(organiser_site, forum, room, django_assert_num_queries):
    counts = []
    for number in (1, 2):
        for _n in range(number):
            SessionFactory(forum=forum, room=room, starts=TWO)
            SessionFactory(forum=forum, starts=None, ends=None, state="draft")
        with django_assert_num_queries(11) as found:
            organiser_site.get(board_of(forum), {"day": "2020-07-23"})
        counts.append(len(found))
    assert counts[0] == counts[1]


# --- moving without script ----------------------------------------------------------------------------
def test_form_moves_a_session_in_the_draft_only(organiser_site, superuser, forum, session):
    other = RoomFactory(forum=forum, name="Room B")

    answer = organiser_site.post(place_of(session), wish(room=other), follow=True)

    place = Placement.objects.get(session=session)
    assert (place.starts, place.ends) == (
        datetime(2020, 7, 24, 8, tzinfo=UTC),
        datetime(2020, 7, 24, 9, tzinfo=UTC),
    )
    assert (place.room, place.state, place.moved_by) == (other, "scheduled", superuser)
    assert Session.objects.get(pk=session.pk).starts == TWO
    assert answer.redirect_chain == [(f"{board_of(forum)}?day=2020-07-24#s{session.code}", 302)]
    assert [str(m) for m in answer.context["messages"]] == [
        "“First” stands on Friday 24 July, 10:00 Geneva, Room B. No clash."
    ]


def test_move_into_a_clash_is_saved_and_named(organiser_site, forum, room, session):
    other = SessionFactory(forum=forum, room=room, starts=datetime(2020, 7, 24, 8, 30, tzinfo=UTC), title="Second")

    answer = organiser_site.post(place_of(session), wish(room=room), follow=True)

    assert [str(m) for m in answer.context["messages"]] == [
        "“First” stands on Friday 24 July, 10:00 Geneva, Room A. 1 clash:",
        "Room taken: Room A is taken: “First” (24 July, 10:00–11:00 Geneva) overlaps with “Second” (24 July, 10:30–12:00 Geneva)",
    ]
    assert {card.place.key for c in answer.context["sheet"].columns for card in c.cards if "blocked" in card.look} == {
        session.pk,
        other.pk,
    }


def test_warning_stays_a_warning_beside_what_blocks(organiser_site, forum, room, session):
    SessionFactory(forum=forum, room=room, starts=TWO, title="Second")
    session.expected = 99
    session.save()

    page = organiser_site.get(board_of(forum), {"day": "2020-07-23"})

    card = next(card for card in page.context["sheet"].columns[0].cards if card.place.key == session.pk)
    assert (card.problems, "blocked" in card.look) == ({"Room taken": True, "Room too small": False}, True)
    assert (
        '<span class="badge cancelled">Room taken</span> <span class="badge draft">Room too small</span>'
        in " ".join(page.content.decode().split())
    )


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"date": "24.7.20x"}, "Day", "Enter a valid date."),
        ({"date": "3020-01-01"}, "Day", "Enter a year between 1990 and 2100"),
        ({"time": "25:00"}, "Time", "Enter a valid time."),
        ({"minutes": "0"}, "Minutes", "Ensure this value is greater than or equal to 1."),
        ({"minutes": "999999"}, "Minutes", "Ensure this value is less than or equal to 527040."),
        ({"room": "999999"}, "Room", "Select a valid choice. That choice is not one of the available choices."),
        ({"version": "x"}, "Version", "Enter a whole number."),
        ({"verb": "explode"}, "", "This form is incomplete. Load the page again"),
        ({"verb": "cancel", "version": ""}, "", "This form is incomplete. Load the page again"),
    ],
)
def test_bad_input_is_told_and_nothing_is_saved(organiser_site, session, changes, field, sentence):
    page = organiser_site.post(place_of(session), wish() | changes)
    answer = organiser_site.post(place_of(session), wish() | changes, headers=JSON)

    assert (page.status_code, answer.status_code) == (200, 400)
    assert answer.json()["said"] == (f"{field}: {sentence}" if field else sentence)
    assert Placement.objects.count() == 0
    if "verb" not in changes and "version" not in changes:
        assert sentence in page.content.decode()


def test_exhibition_of_days_is_moved_as_it_is(organiser_site, forum):
    session = SessionFactory(forum=forum, starts=TWO, ends=TWO + timedelta(days=3))

    answer = organiser_site.post(place_of(session), wish(minutes=3 * 24 * 60), headers=JSON)

    place = Placement.objects.get(session=session)
    assert (answer.status_code, place.ends - place.starts) == (200, timedelta(days=3))


def test_time_that_the_clocks_skip_is_refused_at_its_field(organiser_site):
    forum = ForumFactory(slug="2021", starts="2021-03-20", ends="2021-04-10")
    session = SessionFactory(forum=forum, starts=None, ends=None, state="draft")

    page = organiser_site.post(place_of(session), wish(date="2021-03-28", time="02:30"))

    assert list(page.context["form"].errors) == ["time"]


def test_room_of_another_forum_is_no_choice(organiser_site, session):
    elsewhere = RoomFactory(forum=ForumFactory(slug="2021"))

    answer = organiser_site.post(place_of(session), wish(room=elsewhere), headers=JSON)

    assert (answer.status_code, Placement.objects.count()) == (400, 0)


def test_session_goes_to_the_side_is_cancelled_and_restored(organiser_site, forum, session):
    def act(verb, version):
        return organiser_site.post(place_of(session), {"verb": verb, "version": version}, headers=JSON).json()["said"]

    said = [act("cancel", 1), act("restore", 2), act("unschedule", 3), act("unschedule", 4)]

    assert said[:3] == [
        "“First” is cancelled in the draft.",
        "“First” stands on Thursday 23 July, 14:00 Geneva, Room A. No clash.",
        "“First” waits at the side.",
    ]
    assert "not scheduled" in said[3]


# --- two at once --------------------------------------------------------------------------------------
def test_late_move_is_told_and_overwrites_nothing(organiser_site, forum, room, session):
    other = UserFactory(name="Ada")
    moves.move(
        session, starts=TWO + timedelta(hours=3), ends=TWO + timedelta(hours=4), room=room, version=1, by=other, now=NOW
    )

    answer = organiser_site.post(f"{place_of(session)}?day=2020-07-23", wish(), headers=JSON)
    page = organiser_site.post(place_of(session), wish())

    found = answer.json()
    assert (answer.status_code, found["said"].startswith("Ada moved this session meanwhile.")) == (409, True)
    assert "17:00–18:00" in found["html"]
    assert Placement.objects.get(session=session).starts == TWO + timedelta(hours=3)
    text = page.content.decode()
    assert "Ada moved this session meanwhile." in text
    assert "In the draft it stands on Thursday 23 July, 17:00 Geneva, Room A." in text
    assert 'name="time" value="10:00"' in text  # what was typed stays
    assert organiser_site.post(place_of(session), wish(version=page.context["place"].version)).status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("versions", "wins"), [(["1"] * 4, 1), (["1", "2", "3", "4"], None)])
def test_of_those_who_move_at_once_one_wins(versions, wins):
    """All saw version 1: one move is saved. Control: with the versions that others make, more than one can be."""
    from django.db import connections

    forum = ForumFactory()
    session = SessionFactory(forum=forum, starts=TWO)
    users = [UserFactory(is_staff=True, is_superuser=True) for _v in versions]
    gate, answers = threading.Barrier(len(versions)), {}

    def move(number):
        client = Client()
        client.force_login(users[number])
        gate.wait()
        try:
            body = wish(version=versions[number], time=f"1{number}:00")
            answers[number] = client.post(place_of(session), body, headers=JSON).status_code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=move, args=[n]) for n in range(len(versions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    saved = [number for number, status in answers.items() if status == 200]
    place = Placement.objects.get(session=session)
    assert set(answers.values()) <= {200, 409}
    assert place.version == 1 + len(saved)
    if wins is not None:
        assert len(saved) == wins
        assert place.starts == datetime(2020, 7, 24, 8 + saved[0], tzinfo=UTC)
        assert place.moved_by == users[saved[0]]


# --- who may ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("group", "status"), [("organisers", 200), ("programme", 200), ("registration desk", 403)])
def test_who_may_use_the_board(client, staff, session, group, status):
    client.force_login(staff(group))

    addresses = [
        board_of(session.forum),
        place_of(session),
        reverse("admin:events_forum_clashes", args=[session.forum_id]),
    ]
    assert [client.get(address).status_code for address in addresses] == [status] * 3
    assert client.post(place_of(session), wish(), headers=JSON).status_code == status
    assert Placement.objects.filter(version__gt=1).count() == (status == 200)


def test_visitors_are_sent_to_the_log_in_and_a_forged_form_is_refused(client, session, superuser):
    assert client.post(place_of(session), wish()).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(superuser)

    assert strict.post(place_of(session), wish(), headers=JSON).status_code == 403
    assert Placement.objects.count() == 0


def test_sessions_of_another_forum_are_not_found(organiser_site, forum, session):
    other = ForumFactory(slug="2021")

    assert organiser_site.get(reverse("admin:events_forum_place", args=[other.pk, session.code])).status_code == 404
    assert organiser_site.get(reverse("admin:events_forum_board", args=[9999])).status_code == 404


def test_board_of_now_leads_to_the_forum_that_runs(organiser_site, forum):
    answer = organiser_site.get(reverse("admin:events_forum_boards"))

    assert answer["Location"] == board_of(forum)


def test_board_of_now_without_a_forum_leads_to_the_list(organiser_site):
    assert organiser_site.get(reverse("admin:events_forum_boards"))["Location"] == "/admin/events/forum/"


# --- what the board checks, entered elsewhere ---------------------------------------------------------
def rows(prefix, *, total=1, **fields):
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": 0} | {
        f"{prefix}-0-{name}": value for name, value in fields.items()
    }


def test_times_of_a_speaker_are_entered_on_the_forums_clock(organiser_site, forum):
    speaker = SpeakerFactory(forum=forum)
    data = {"forum": forum.pk, "name": speaker.name, "protocol_order": 1000} | rows(
        "availabilities",
        starts_0="2020-07-23",
        starts_1="09:00",
        ends_0="2020-07-23",
        ends_1="12:00",
    )

    answer = organiser_site.post(reverse("admin:events_speaker_change", args=[speaker.pk]), data)

    assert answer.status_code == 302
    assert Availability.objects.get().starts == datetime(2020, 7, 23, 7, tzinfo=UTC)


def test_speaker_who_cannot_come_until_before_they_come_is_refused(organiser_site, forum):
    speaker = SpeakerFactory(forum=forum)
    data = {"forum": forum.pk, "name": speaker.name, "protocol_order": 1000} | rows(
        "availabilities", starts_0="2020-07-23", starts_1="09:00", ends_0="2020-07-23", ends_1="08:00"
    )

    answer = organiser_site.post(reverse("admin:events_speaker_change", args=[speaker.pk]), data)

    assert (answer.status_code, Availability.objects.count()) == (200, 0)
    assert "The end is not after the start." in answer.content.decode()


def test_pages_show_wishes_and_limits(organiser_site, forum, session):
    Wish.objects.create(session=session, starts=TWO, ends=TWO + timedelta(hours=1), is_wanted=False)

    text = organiser_site.get(reverse("admin:events_session_change", args=[session.pk])).content.decode()
    page = organiser_site.get(reverse("admin:events_forum_change", args=[forum.pk])).content.decode()

    assert 'name="wishes-0-starts_1" value="14:00"' in text
    for name in ("turn_round_minutes", "captioners", "interpreters"):
        assert f'name="{name}"' in page
    assert board_of(forum) in page


def test_dashboard_counts_the_clashes(organiser_site, forum, room, session):
    speaker = AppearanceFactory(session=session, speaker=SpeakerFactory(forum=forum)).speaker
    other = SessionFactory(forum=forum, room=room, starts=TWO)
    AppearanceFactory(session=other, speaker=speaker)

    waiting = organiser_site.get("/admin/", {"forum": forum.slug}).context["board"].waiting

    assert [(item.words, item.badge, item.url) for item in waiting if "clash" in item.words] == [
        ("2 open clashes in the draft", "No release", reverse("admin:events_forum_clashes", args=[forum.pk]))
    ]
