"""The page of a session: bad input is told beside the field, kept, and nothing is saved."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.models import Placement, Release, Session
from events.pages import revision
from events.schedule import moves
from events.schedule.releases import releases
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
ADD = "/admin/events/session/add/"


def form(forum, **values):
    """A filled-in page of a new session; Geneva is the forum's place."""
    data = {
        "forum": forum.pk,
        "title": "Bridging the divide",
        "type": SessionTypeFactory().pk,
        "starts_0": "2020-07-23",
        "starts_1": "14:00",
        "ends_0": "2020-07-23",
        "ends_1": "15:30",
    }
    for prefix in ("appearances", "documents", "texts", "wishes"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data | values


def with_speaker(data, speaker):
    return data | {
        "appearances-TOTAL_FORMS": 1,
        "appearances-0-speaker": speaker.pk,
        "appearances-0-role": "panellist",
        "appearances-0-order": 0,
    }


def errors_of(answer):
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def test_add_keeps_local_times_as_moments(organiser_site):
    before = revision.current()

    answer = organiser_site.post(ADD, form(ForumFactory()))

    session, place = Session.objects.get(), Placement.objects.get()
    assert answer.status_code == 302
    assert place.starts == datetime(2020, 7, 23, 12, 0, tzinfo=UTC)
    assert place.ends == datetime(2020, 7, 23, 13, 30, tzinfo=UTC)
    assert (place.state, session.state, session.starts) == ("scheduled", "draft", None)
    assert revision.current() > before


def test_change_page_shows_local_times_the_zone(organiser_site):
    session = SessionFactory()

    answer = organiser_site.get(reverse("admin:events_session_change", args=[session.pk]))

    assert 'name="starts_1" value="14:00"' in answer.content.decode()
    assert "Local time in the zone Europe/Zurich." in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"ends_1": "13:00"}, "ends", "The end is not after the start. Choose a later end"),
        ({"starts_0": "", "starts_1": ""}, "starts", "Enter both a start and an end, or neither"),
        ({"starts_0": "soon"}, "starts", "Enter a valid date."),
        ({"starts_0": "0001-01-01"}, "starts", "Enter a year between 1990 and 2100"),
        ({"title": "A\0B"}, "title", "Null characters are not allowed."),
        ({"forum": "9" * 40}, "forum", "Select a valid choice. That choice is not one of the available choices."),
        (
            {"description": "x" * 10_001},
            "description",
            "Ensure this value has at most 10000 characters (it has 10001).",
        ),
        ({"room": "nonsense"}, "room", "Select a valid choice. That choice is not one of the available choices."),
    ],
)
def test_bad_input_is_refused_at_its_field(organiser_site, values, field, sentence):
    data = form(ForumFactory()) | values

    answer = organiser_site.post(ADD, data)

    assert errors_of(answer)[field] == [sentence]
    assert Session.objects.count() == 0
    assert answer.context["adminform"].form["title"].value() == data["title"]


@pytest.mark.parametrize(
    ("day", "time", "sentence"),
    [
        (
            "2020-03-29",
            "02:30",
            "02:30 does not exist on 2020-03-29 in Europe/Zurich: the clocks go forward. Choose another time",
        ),
        (
            "2020-10-25",
            "02:30",
            "02:30 exists twice on 2020-10-25 in Europe/Zurich: the clocks go back. Choose another time",
        ),
    ],
)
def test_clock_change_night_is_refused_at_the_field(organiser_site, day, time, sentence):
    forum = ForumFactory(starts=datetime(2020, 1, 1, tzinfo=UTC).date(), ends=datetime(2020, 12, 31, tzinfo=UTC).date())
    data = form(forum, starts_0=day, starts_1=time, ends_0=day, ends_1="09:00")

    answer = organiser_site.post(ADD, data)

    assert errors_of(answer) == {"starts": [sentence]}
    assert Session.objects.count() == 0


def warnings(answer):
    """What the page that follows a save warns of."""
    return [str(message) for message in answer.context["messages"] if message.level_tag == "warning"]


def test_clashes_are_saved_and_told_with_both_sides(organiser_site):
    room, speaker = RoomFactory(name="Room 1"), SpeakerFactory(name="Ada")
    AppearanceFactory(session=SessionFactory(title="Living the standard", room=room), speaker=speaker)

    answer = organiser_site.post(ADD, with_speaker(form(ForumFactory(), room=room.pk), speaker), follow=True)

    both = [
        "“Bridging the divide” (23 July, 14:00–15:30 Geneva)",
        "“Living the standard” (23 July, 14:00–15:30 Geneva)",
    ]
    told = warnings(answer)
    assert [sentence.partition(":")[0] for sentence in told] == ["Room 1 is taken", "In two places at once"]
    assert [side in sentence for sentence in told for side in both] == [True] * 4
    assert Placement.objects.filter(room=room, starts=datetime(2020, 7, 23, 12, tzinfo=UTC)).count() == 1


def test_time_outside_the_forum_is_saved_and_told(organiser_site):
    answer = organiser_site.post(ADD, form(ForumFactory(), starts_0="2020-06-21", ends_0="2020-06-21"), follow=True)

    (sentence,) = warnings(answer)
    assert sentence.endswith("lies outside the forum, which runs from 22 June 2020 to 10 September 2020")
    assert Placement.objects.get().starts.day == 21


def test_first_clashes_of_a_session_are_told_and_the_others_counted(organiser_site):
    SessionFactory.create_batch(23, room=RoomFactory())

    answer = organiser_site.post(ADD, form(ForumFactory(), room=Session.objects.first().room_id), follow=True)

    assert (len(warnings(answer)), warnings(answer)[-1]) == (21, "And 3 more clashes")


@pytest.mark.parametrize("change", [{"room": None}, {"state": "cancelled"}])
def test_session_that_is_free_warns_of_nothing(organiser_site, change):
    room = RoomFactory()
    SessionFactory(**{"room": room} | change)

    assert warnings(organiser_site.post(ADD, form(ForumFactory(), room=room.pk), follow=True)) == []


def test_room_of_another_forum_is_refused(organiser_site):
    room = RoomFactory(forum=ForumFactory(slug="2021", name="WSIS Forum 2021"))

    answer = organiser_site.post(ADD, form(ForumFactory(), room=room.pk))

    assert errors_of(answer)["room"] == [
        "This room belongs to WSIS Forum 2021. Choose one of WSIS Forum 2020",
    ]


def test_speaker_of_another_forum_is_refused(organiser_site):
    speaker = SpeakerFactory(name="Ada", forum=ForumFactory(slug="2021"))

    answer = organiser_site.post(ADD, with_speaker(form(ForumFactory()), speaker))

    assert answer.context["inline_admin_formsets"][0].formset.errors == [{"speaker": ["Ada belongs to another forum"]}]


def test_free_speaker_is_saved_with_the_session(organiser_site):
    speaker = SpeakerFactory()

    organiser_site.post(ADD, with_speaker(form(ForumFactory()), speaker))

    assert list(Session.objects.get().speakers.all()) == [speaker]


def change_page(session):
    return reverse("admin:events_session_change", args=[session.pk])


def test_move_of_a_session_waits_for_a_release(organiser_site):
    session = SessionFactory()
    released = session.ends

    answer = organiser_site.post(change_page(session), form(session.forum, ends_1="16:00"))

    session.refresh_from_db()
    assert (answer.status_code, session.sequence, session.ends) == (302, 0, released)
    assert session.placement.ends == datetime(2020, 7, 23, 14, 0, tzinfo=UTC)
    releases.release(session.forum, note="", by=None, now=NOW)
    session.refresh_from_db()
    assert (session.sequence, session.ends) == (1, datetime(2020, 7, 23, 14, 0, tzinfo=UTC))


def test_change_page_shows_the_draft(organiser_site):
    session = SessionFactory()
    organiser_site.post(change_page(session), form(session.forum, ends_1="16:00"))

    page = organiser_site.get(change_page(session)).content.decode()

    assert 'name="ends_1" value="16:00"' in page
    assert 'name="version" value="2"' in page


def test_session_without_times_waits_at_the_side(organiser_site):
    room = RoomFactory()
    session = SessionFactory(room=room)
    empty = dict.fromkeys(["starts_0", "starts_1", "ends_0", "ends_1"], "")

    answer = organiser_site.post(change_page(session), form(session.forum, room=room.pk, **empty))

    session.refresh_from_db()
    assert (answer.status_code, session.state, session.starts is None) == (302, "scheduled", False)
    assert (session.placement.state, session.placement.starts, session.placement.room) == ("unscheduled", None, room)


def test_who_saves_over_the_move_of_another_is_told_and_asked_again(organiser_site):
    session, ada = SessionFactory(), UserFactory(name="Ada")
    seen = form(session.forum, ends_1="16:00", version="0", title="New title")
    at = datetime(2020, 7, 24, 8, tzinfo=UTC)
    moves.move(session, starts=at, ends=at + timedelta(hours=1), room=None, version=None, by=ada, now=NOW)

    answer = organiser_site.post(change_page(session), seen)

    assert errors_of(answer)["__all__"] == [
        "Ada moved this session meanwhile, to 24 Jul 2020, 10:00–11:00 Geneva. Save again to put it where this page says"
    ]
    again = answer.context["adminform"].form
    assert (again["version"].value(), again["title"].value()) == ("2", "New title")
    assert session.placement.starts == at
    assert organiser_site.post(change_page(session), seen | {"version": "2"}).status_code == 302
    session.refresh_from_db()
    assert session.placement.ends == datetime(2020, 7, 23, 14, 0, tzinfo=UTC)


def test_panellist_who_leaves_with_the_next_release_clashes_no_more(organiser_site):
    speaker = SpeakerFactory()
    one, two = (AppearanceFactory(session=SessionFactory(title=title), speaker=speaker) for title in ("One", "Two"))
    data = with_speaker(form(two.session.forum), speaker)
    data |= {"appearances-INITIAL_FORMS": 1, "appearances-0-id": two.pk, "appearances-0-session": two.session.pk}

    told = []
    for leaving in ({"appearances-0-is_leaving": "on"}, {}):
        told.append(warnings(organiser_site.post(change_page(two.session), data | leaving, follow=True)))
        two.refresh_from_db()
        told.append((two.is_leaving, two.is_released))

    assert [told[0], told[1], told[3]] == [[], (True, True), (False, True)]
    assert [one.session.title in sentence for sentence in told[2]] == [True]


def test_schedule_action_reports_what_it_refused(organiser_site):
    good = SessionFactory(state="draft")
    bad = SessionFactory(state="draft", title="No time", starts=None, ends=None)

    answer = organiser_site.post(
        "/admin/events/session/", {"action": "schedule", "_selected_action": [good.pk, bad.pk]}, follow=True
    )

    assert [str(m) for m in answer.context["messages"]] == [
        "1 scheduled. The public sees it with the next release.",
        "1 refused. No time: “No time” has no time yet. Enter a start and an end first",
    ]


def test_schedule_action_warns_of_clashes(organiser_site):
    room = RoomFactory()
    SessionFactory(room=room)
    session = SessionFactory(room=room, state="draft")

    answer = organiser_site.post(
        "/admin/events/session/", {"action": "schedule", "_selected_action": [session.pk]}, follow=True
    )

    assert warnings(answer) == ["1 clash: look at the board."]


@pytest.mark.parametrize(("action", "state"), [("cancel", "cancelled"), ("unschedule", "unscheduled")])
def test_actions_change_the_draft(organiser_site, action, state):
    session = SessionFactory()

    organiser_site.post("/admin/events/session/", {"action": action, "_selected_action": [session.pk]})

    session.refresh_from_db()
    assert (session.placement.state, session.state) == (state, "scheduled")


def test_list_shows_the_draft_and_what_is_public(organiser_site):
    session = SessionFactory(room=RoomFactory(name="Room 1"))
    at = datetime(2020, 7, 24, 8, tzinfo=UTC)
    moves.move(session, starts=at, ends=at + timedelta(hours=1), room=None, version=None, by=None, now=NOW)
    SessionFactory(state="draft", starts=None, ends=None)

    page = organiser_site.get("/admin/events/session/").content.decode()

    assert "24 Jul 2020, 10:00–11:00 Geneva<br><small>Public: 23 Jul 2020, 14:00–15:30 Geneva</small>" in page
    assert "–<br><small>Public: Room 1</small>" in page


def cancel_now(site, sessions, **values):
    data = {"action": "cancel_at_once", "_selected_action": [session.pk for session in sessions], **values}
    return site.post("/admin/events/session/", data)


def test_cancel_at_once_asks_then_releases_only_that(organiser_site):
    struck, moved = SessionFactory(), SessionFactory()
    at = datetime(2020, 7, 24, 8, tzinfo=UTC)
    moves.move(moved, starts=at, ends=at + timedelta(hours=1), room=None, version=None, by=None, now=NOW)

    asked = cancel_now(organiser_site, [struck])
    assert (asked.status_code, Release.objects.count()) == (200, 0)
    done = cancel_now(organiser_site, [struck], confirmed="yes", note="Ill")

    struck.refresh_from_db()
    moved.refresh_from_db()
    assert (done.status_code, struck.state, struck.sequence) == (302, "cancelled", 1)
    assert (moved.starts, moved.sequence) == (SessionFactory.build().starts, 0)
    assert Release.objects.values_list("number", "note").get() == (1, "Ill")


def test_cancel_at_once_says_what_of_the_draft_it_drops(organiser_site):
    moved, waiting, other = (SessionFactory(title=title) for title in ("Moved", "Waiting", "Other"))
    at = datetime(2020, 7, 24, 8, tzinfo=UTC)
    moves.move(moved, starts=at, ends=at + timedelta(hours=1), room=None, version=None, by=None, now=NOW)
    moves.unschedule(waiting, version=None, by=None, now=NOW)
    moves.cancel(other, version=None, by=None, now=NOW)

    page = " ".join(cancel_now(organiser_site, [moved, waiting, other]).content.decode().split())

    assert "Moved</bdi>. Its move in the draft is dropped: 24 Jul 2020, 10:00–11:00 Geneva</li>" in page
    assert "Waiting</bdi>. Its move in the draft is dropped: no time</li>" in page
    assert "Other</bdi></li>" in page


def test_cancel_at_once_tells_what_it_refuses(organiser_site):
    draft, other = SessionFactory(state="draft"), SessionFactory(forum=ForumFactory(slug="2021"))

    page = cancel_now(organiser_site, [draft], confirmed="yes", note="Kept").content.decode()

    assert "is not on the public programme" in page
    assert ">Kept</textarea>" in page
    assert "Choose sessions of one forum" in cancel_now(organiser_site, [draft, other]).content.decode()
    assert (Release.objects.count(), Placement.objects.filter(state="cancelled").count()) == (0, 0)


def test_cancel_at_once_is_for_those_who_may_release(client, staff):
    client.force_login(staff("registration desk"))
    session = SessionFactory()

    cancel_now(client, [session], confirmed="yes")

    session.refresh_from_db()
    assert session.state == "scheduled"


def test_meeting_address_is_hidden_from_those_who_only_look(client, staff):
    session = SessionFactory(meeting_url="https://meet.example/secret")
    client.force_login(staff("registration desk"))

    page = client.get(reverse("admin:events_session_change", args=[session.pk])).content.decode()

    assert "meet.example" not in page


@pytest.mark.parametrize(
    "needs", ["drafts", "no_address", "no_room", "no_recording", "no_outcome", "release", "nonsense"]
)
def test_lists_of_what_is_missing_open(organiser_site, needs):
    SessionFactory()

    assert organiser_site.get("/admin/events/session/", {"needs": needs}).status_code == 200


# --- the list goes by the draft -----------------------------------------------------------------------
AT = datetime(2020, 7, 24, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def place(title, *, hours, room=None, **values):
    session = SessionFactory(title=title, **values)
    starts = AT + hours * HOUR
    moves.move(session, starts=starts, ends=starts + HOUR, room=room, version=None, by=None, now=NOW)
    return session


def listed(site, **query):
    answer = site.get("/admin/events/session/", query)
    assert answer.status_code == 200
    return [session.title for session in answer.context["cl"].result_list]


NEW = {"state": "draft", "starts": None, "ends": None}


def test_list_is_in_the_order_of_the_draft(organiser_site):
    late, early = place("Late", hours=9, **NEW), place("Early", hours=1, **NEW)
    SessionFactory(title="No time", **NEW)
    SessionFactory(title="Never moved", starts=AT + 5 * HOUR, ends=AT + 6 * HOUR)
    place("Moved", hours=7, room=RoomFactory(name="Z"), starts=AT - 9 * HOUR, ends=AT - 8 * HOUR)
    moves.move(
        early, **{"starts": AT, "ends": AT + HOUR, "room": RoomFactory(name="A")}, version=None, by=None, now=NOW
    )
    moves.cancel(late, version=None, by=None, now=NOW)

    in_order = ["Early", "Never moved", "Moved", "Late", "No time"]
    assert listed(organiser_site) == listed(organiser_site, o="3") == in_order
    assert listed(organiser_site, o="-3")[-1] == "Early"
    assert listed(organiser_site, o="2")[0] == "Late"  # cancelled, scheduled, unscheduled
    assert listed(organiser_site, o="4")[:2] == ["Early", "Moved"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"in_draft": "scheduled"}, ["New", "Stays"]),
        ({"in_draft": "unscheduled"}, ["Waits"]),
        ({"in_draft": "cancelled"}, ["Struck"]),
        ({"in_draft": "nonsense"}, ["Struck", "New", "Stays", "Waits"]),
        ({"state__exact": "draft"}, ["New", "Waits"]),
        ({"placement__starts__day": "24", "placement__starts__year": "2020", "placement__starts__month": "7"}, ["New"]),
        ({"needs": "drafts"}, ["New"]),
    ],
)
def test_list_is_filtered_by_the_draft(organiser_site, time_machine, query, found):
    time_machine.move_to(NOW, tick=False)
    place("New", hours=1, **NEW)
    struck = place("Struck", hours=-24)
    moves.cancel(struck, version=None, by=None, now=NOW)
    SessionFactory(title="Stays", starts=AT + 48 * HOUR, ends=AT + 49 * HOUR)
    SessionFactory(title="Waits", **NEW)

    assert listed(organiser_site, **query) == found


def test_filters_say_which_state_is_meant(organiser_site):
    SessionFactory()

    titles = [spec.title for spec in organiser_site.get("/admin/events/session/").context["cl"].filter_specs]

    assert titles[:2] == ["state in the draft", "public state"]


def test_list_asks_the_same_for_one_session_and_for_three(organiser_site):
    found = []
    for number in (1, 2):
        for n in range(number):
            place(f"S{n}", hours=n, room=RoomFactory())
        with CaptureQueriesContext(connection) as queries:
            listed(organiser_site, needs="no_address")
        found.append(len(queries))

    assert found[0] == found[1]
