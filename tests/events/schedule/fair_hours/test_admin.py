"""Fair hours in the admin: the burden of the regions, a session's hours, the suggestion of a week, and bad input."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from events.models import Audience, Placement
from events.schedule.board import draft_timetable
from events.schedule.fair_hours import session_hours
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory

NINE = datetime(2020, 7, 28, 7, tzinfo=UTC)  # in Geneva, a Tuesday
HOUR = timedelta(hours=1)
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def forum(db):
    return ForumFactory()


@pytest.fixture
def session(forum):
    room = RoomFactory(forum=forum, name="Room A")
    return SessionFactory(forum=forum, room=room, starts=NINE, ends=NINE + HOUR, title="Early <b>")


@pytest.fixture
def lima(forum):
    """Seven people in Lima, for whom it is night at nine in Geneva, and five in Quito and Bogotá."""
    for zone, people in [("America/Lima", 7), ("America/Guayaquil", 3), ("America/Bogota", 2)]:
        Audience.objects.create(forum=forum, region="americas", time_zone=zone, people=people)


def address(name, forum, *more):
    return reverse(f"admin:events_forum_{name}", args=[forum.pk, *more])


def suggestion(forum):
    return address("suggestion", forum) + "?day=2020-07-28"


def test_hours_of_the_forum(organiser_site, forum, session, lima):
    page = organiser_site.get(address("hours", forum))

    assert [(row["name"], row["people"], row["whole"]) for row in page.context["rows"]] == [
        ("Americas", 12, "100 %"),
        ("Worst-off time zone: America/Lima", 7, "100 %"),
    ]
    assert page.context["rows"][0]["weeks"][5] == "100 %"
    assert [(place.code, share) for place, _where, share, _address in page.context["lowest"]] == [(session.code, "0 %")]
    assert (page.context["zones"], page.context["others"]) == ([("America/Lima", 7)], 5)
    assert "America/Guayaquil" not in page.content.decode()


def test_region_of_one_is_shown_nowhere(client, staff, forum, session):
    """Those who move sessions may not see registrations: the hours of one person would tell where that person is."""
    for region, zone, people in [("asia", "Pacific/Apia", 1), ("africa", "Africa/Lagos", 30), ("americas", "UTC", 6)]:
        Audience.objects.create(forum=forum, region=region, time_zone=zone, people=people)
    client.force_login(staff("programme"))

    answer = client.get(address("session_hours", forum, session.code), headers=JSON).json()
    pages = [
        client.get(target).content.decode()
        for target in [address("hours", forum), address("session_hours", forum, session.code), suggestion(forum)]
    ]

    assert set(answer["shares"]) == {"all", "africa"}  # nor the six beside whom the total would give the one away
    for text in [answer["html"], *pages]:
        assert "Asia and Australasia" not in text
        assert "Apia" not in text
        assert "7 people" in text


@pytest.mark.parametrize("name", ["hours", "suggestion"])
def test_pages_without_anybody_say_so(organiser_site, forum, session, name):
    assert "Nobody has registered yet" in organiser_site.get(address(name, forum)).content.decode()


def test_same_queries_with_one_session_and_with_many(
    organiser_site, forum, session, lima, django_assert_max_num_queries
):
    for name, more in [("hours", ()), ("suggestion", ()), ("session_hours", (session.code,))]:
        organiser_site.get(address(name, forum, *more))
        with django_assert_max_num_queries(40) as few:
            organiser_site.get(address(name, forum, *more) + "?day=2020-07-28")
        for number in range(1, 4):
            SessionFactory(forum=forum, room=session.room, starts=NINE + number * HOUR)
        with django_assert_max_num_queries(len(few)):
            organiser_site.get(address(name, forum, *more) + "?day=2020-07-28")


# --- one session ------------------------------------------------------------------------------------
def test_session_shows_its_share_and_its_best_slots(organiser_site, forum, session, lima):
    page = organiser_site.get(address("session_hours", forum, session.code))

    assert [(row["label"], row["text"]) for row in page.context["rows"]] == [
        ("All who registered", "0 %"),
        ("Americas", "0 %"),
        ("Worst-off time zone: America/Lima", "0 %"),
    ]
    assert [(slot["where"], slot["people"]) for slot in page.context["slots"]] == [
        (f"{day} July, 15:00 Geneva, Room A", "100 %") for day in ("Monday 27", "Tuesday 28", "Wednesday 29")
    ]
    assert "Early &lt;b&gt;" in page.content.decode()


def test_best_slot_is_taken_by_its_button(organiser_site, forum, session, lima):
    page = organiser_site.get(address("session_hours", forum, session.code))
    slot, place = page.context["slots"][0], page.context["place"]
    form = {"verb": "move", "version": place.version, "date": slot["date"], "time": slot["time"], "minutes": 60}

    organiser_site.post(address("place", forum, session.code), form | {"room": slot["room"]})

    assert Placement.objects.get(session=session).starts == NINE - 18 * HOUR
    again = organiser_site.get(address("session_hours", forum, session.code))
    assert again.context["slots"][0]["is_here"]
    assert "It stands here" in again.content.decode()


def test_waiting_session_has_no_share_and_a_week_to_choose(organiser_site, forum, session, lima):
    waiting = SessionFactory(forum=forum, starts=None, ends=None, room=None, state="draft")

    page = organiser_site.get(address("session_hours", forum, waiting.code), {"day": "2020-07-28"})

    assert [row["text"] for row in page.context["rows"]] == ["–", "–", "–"]
    assert page.context["slots"][0]["where"] == "Monday 27 July, 15:00 Geneva, Room A"


def test_session_around_the_clock_is_not_weighed(organiser_site, forum, session, lima):
    hall = SessionFactory(forum=forum, starts=NINE, ends=NINE + 24 * HOUR)
    target = address("session_hours", forum, hall.code)

    assert "everybody can choose their hour" in organiser_site.get(target).content.decode()
    assert "everybody can choose their hour" in organiser_site.get(target, headers=JSON).json()["html"]


def test_script_gets_the_shares_of_the_day(organiser_site, forum, session, lima):
    Audience.objects.create(forum=forum, session=session, region="asia", time_zone="Asia/Tokyo", people=5)

    answer = organiser_site.get(address("session_hours", forum, session.code), {"day": "2020-07-29"}, headers=JSON)

    found = answer.json()
    assert (found["day"], set(found["shares"])) == ("2020-07-29", {"all", "booked", "americas", "zone"})
    assert [found["shares"]["all"][hour * 12] for hour in (9, 15)] == [0, 100]
    assert len(found["shares"]["booked"]) == 288
    assert "Best free slots" in found["html"]


def test_session_of_another_forum_is_not_found(organiser_site, session, lima):
    other = ForumFactory(slug="2021")

    assert organiser_site.get(address("session_hours", other, session.code)).status_code == 404
    assert organiser_site.get(address("hours", forum=other).replace(str(other.pk), "99999")).status_code == 404


# --- a week -----------------------------------------------------------------------------------------
def test_suggestion_shows_the_moves_and_their_gain(organiser_site, forum, session, lima):
    page = organiser_site.get(suggestion(forum))

    assert [(figure["people"], figure["regions"]) for figure in page.context["figures"]] == [
        ("0 %", "0 %"),
        ("100 %", "100 %"),
        ("100 %", "100 %"),
    ]
    assert [(row["region"], row["before"], row["after"]) for row in page.context["burdens"]] == [
        ("Americas", "100 %", "0 %")
    ]
    assert [
        (piece["before"]["people"], piece["after"]["people"], piece["where"]) for piece in page.context["pieces"]
    ] == [("0 %", "100 %", "Tuesday 28 July, 15:00 Geneva, Room A")]
    assert [piece["is_chosen"] for piece in page.context["pieces"]] == [True]
    assert "checked> <b><bdi>Early" in page.content.decode()


def test_move_by_which_a_region_loses_is_told_and_not_chosen(organiser_site, forum, session, lima):
    Audience.objects.create(forum=forum, region="asia", time_zone="Asia/Tokyo", people=6)
    for region, zone, people in [("asia", "Asia/Tokyo", 4), ("americas", "America/Lima", 8)]:
        Audience.objects.create(forum=forum, session=session, region=region, time_zone=zone, people=people)

    page = organiser_site.get(suggestion(forum) + "&weigh=people")

    text = page.content.decode()
    assert [
        (change["region"], change["before"], change["after"]) for change in page.context["pieces"][0]["regions"]
    ] == [
        ("Asia and Australasia", "100 %", "0 %"),
        ("Americas", "0 %", "100 %"),
    ]
    assert [piece["is_chosen"] for piece in page.context["pieces"]] == [False]
    assert "checked> <b><bdi>Early" not in text
    assert "Asia and Australasia loses: 100 % before, 0 % after" in text
    assert "Americas gains: 0 % before, 100 % after" in text
    assert "4 of the 12 people who booked it lose their day." in text


def pieces(organiser_site, forum):
    return [piece["value"] for piece in organiser_site.get(suggestion(forum)).context["pieces"]]


def test_chosen_moves_are_accepted_into_the_draft(organiser_site, forum, session, lima):
    SessionFactory(forum=forum, room=session.room, starts=NINE + HOUR, ends=NINE + 2 * HOUR)
    values = pieces(organiser_site, forum)

    answer = organiser_site.post(suggestion(forum), {"piece": values[:1]}, follow=True)

    assert "1 session was moved in the draft" in answer.content.decode()
    assert (len(values), Placement.objects.filter(version__gt=1).count()) == (2, 1)
    assert len(pieces(organiser_site, forum)) == 1


def test_one_move_is_accepted_by_its_own_button(organiser_site, forum, session, lima):
    SessionFactory(forum=forum, room=session.room, starts=NINE + HOUR, ends=NINE + 2 * HOUR)
    values = pieces(organiser_site, forum)

    organiser_site.post(suggestion(forum), {"piece": values, "only": values[1]})

    assert Placement.objects.get(version__gt=1).session.code == values[1].split(".")[0]


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({}, "Choose at least one move"),
        ({"piece": ["A.1.20200728T0900."] * 501}, "Choose 500 moves at the most. Nothing was moved"),
        ({"piece": "nonsense"}, "This form is incomplete"),
        ({"piece": "A.1.20200728T0900"}, "This form is incomplete"),
        ({"piece": "A.1.20209928T0900."}, "This form is incomplete"),
        ({"piece": "A.1.00010101T0000."}, "This form is incomplete"),
        ({"piece": "A.-1.20200728T0900."}, "This form is incomplete"),
        ({"piece": "A.1.20200728T0900.99999999999999999999"}, "This form is incomplete"),
        ({"piece": "A\x00.1.20200728T0900.1"}, "no longer there"),
        ({"piece": "GONE00.1.20200728T0900."}, "no longer there"),
    ],
)
def test_what_the_page_cannot_have_sent_is_refused(organiser_site, forum, session, lima, posted, sentence):
    answer = organiser_site.post(suggestion(forum), posted)

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert answer.context["pieces"]


def test_move_of_a_stale_page_is_refused(organiser_site, forum, session, lima):
    values = pieces(organiser_site, forum)
    organiser_site.post(suggestion(forum), {"piece": values})

    answer = organiser_site.post(suggestion(forum), {"piece": values})

    assert "moved this session meanwhile" in answer.content.decode()


@pytest.mark.parametrize(
    ("weigh", "expected"), [("people", "people"), ("need", "need"), ("odd", "regions"), ("", "regions")]
)
def test_weighing_is_chosen(organiser_site, forum, session, lima, weigh, expected):
    page = organiser_site.get(suggestion(forum) + f"&weigh={weigh}")

    assert page.context["weighing"] == expected


def test_week_without_sessions_and_week_without_gain(organiser_site, forum, session, lima):
    assert (
        "The draft holds no session in this week"
        in organiser_site.get(address("suggestion", forum), {"day": "2020-08-11"}).content.decode()
    )

    organiser_site.post(suggestion(forum), {"piece": pieces(organiser_site, forum)})

    assert "No free slot of this week would be better" in organiser_site.get(suggestion(forum)).content.decode()


# --- who may ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["hours", "suggestion", "session_hours"])
def test_only_who_may_move_sessions(client, staff, forum, session, lima, name):
    more = [session.code] if name == "session_hours" else []
    target = address(name, forum, *more)

    assert client.get(target).status_code == 302
    client.force_login(staff("registration desk"))
    assert client.get(target).status_code == 403
    assert client.post(target).status_code == 403
    client.force_login(staff("programme"))
    assert client.get(target).status_code == 200


def test_board_leads_to_the_hours(organiser_site, forum, session):
    page = organiser_site.get(address("board", forum), {"day": "2020-07-28"}).content.decode()
    place = organiser_site.get(address("place", forum, session.code)).content.decode()

    assert f'href="{address("hours", forum)}"' in page
    assert f'href="{suggestion(forum)}"' in page
    assert f'href="{address("session_hours", forum, session.code)}"' in place


def test_suggestion_gains_what_it_says(organiser_site, forum, session, lima):
    """The figures of the page after accepting are those that it promised."""
    SessionFactory(forum=forum, room=session.room, starts=NINE + HOUR, ends=NINE + 2 * HOUR)
    promised = organiser_site.get(suggestion(forum)).context["figures"][1]["people"]

    organiser_site.post(suggestion(forum), {"piece": pieces(organiser_site, forum)})

    assert organiser_site.get(suggestion(forum)).context["figures"][0]["people"] == promised
    draft, crowds = draft_timetable.read(forum), session_hours.crowds(forum)
    assert {share for _place, share in session_hours.reached(draft, crowds)} == {1.0}
