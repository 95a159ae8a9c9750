"""The page of a session: bad input is told beside the field, kept, and nothing is saved."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from events import revision
from events.models import Session
from tests.factories import (
    AppearanceFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    SpeakerFactory,
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
    for prefix in ("appearances", "documents", "texts"):
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

    session = Session.objects.get()
    assert answer.status_code == 302
    assert session.starts == datetime(2020, 7, 23, 12, 0, tzinfo=UTC)
    assert session.ends == datetime(2020, 7, 23, 13, 30, tzinfo=UTC)
    assert session.state == "draft"
    assert revision.current() > before


def test_change_page_shows_local_times_and_names_the_zone(organiser_site):
    session = SessionFactory()

    answer = organiser_site.get(reverse("admin:events_session_change", args=[session.pk]))

    assert 'name="starts_1" value="14:00"' in answer.content.decode()
    assert "Local time in the zone Europe/Zurich." in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"ends_1": "13:00"}, "ends", "The end is before the start. Enter an end after 14:00"),
        (
            {"starts_0": "2020-06-21", "ends_0": "2020-06-21"},
            "starts",
            "The forum runs from 22 June 2020 to 10 September 2020. Choose a time on one of its days",
        ),
        ({"starts_0": "", "starts_1": ""}, "starts", "Enter a start too, or leave both empty"),
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


def test_room_clash_names_both_sessions(organiser_site):
    room = RoomFactory()
    SessionFactory(title="Living the standard", room=room)

    answer = organiser_site.post(ADD, form(ForumFactory(), room=room.pk))

    sentence = errors_of(answer)["room"][0]
    assert "“Bridging the divide” (23 July, 14:00–15:30 Geneva)" in sentence
    assert "“Living the standard” (23 July, 14:00–15:30 Geneva)" in sentence
    assert Session.objects.count() == 1


def test_room_of_another_forum_is_refused(organiser_site):
    room = RoomFactory(forum=ForumFactory(slug="2021", name="WSIS Forum 2021"))

    answer = organiser_site.post(ADD, form(ForumFactory(), room=room.pk))

    assert errors_of(answer)["room"] == [
        "This room belongs to WSIS Forum 2021. Choose one of WSIS Forum 2020",
    ]


def test_speaker_clash_is_told_at_the_panellist(organiser_site):
    busy = AppearanceFactory(session__title="Living the standard").speaker

    answer = organiser_site.post(ADD, with_speaker(form(ForumFactory()), busy))

    rows = answer.context["inline_admin_formsets"][0].formset.errors
    assert "“Living the standard” (23 July, 14:00–15:30 Geneva)" in rows[0]["speaker"][0]
    assert Session.objects.count() == 1


def test_speaker_of_another_forum_is_refused(organiser_site):
    speaker = SpeakerFactory(name="Ada", forum=ForumFactory(slug="2021"))

    answer = organiser_site.post(ADD, with_speaker(form(ForumFactory()), speaker))

    assert answer.context["inline_admin_formsets"][0].formset.errors == [{"speaker": ["Ada belongs to another forum"]}]


def test_free_speaker_is_saved_with_the_session(organiser_site):
    speaker = SpeakerFactory()

    organiser_site.post(ADD, with_speaker(form(ForumFactory()), speaker))

    assert list(Session.objects.get().speakers.all()) == [speaker]


def test_move_of_a_session_raises_its_sequence(organiser_site):
    session = SessionFactory()
    address = reverse("admin:events_session_change", args=[session.pk])

    answer = organiser_site.post(address, form(session.forum, ends_1="16:00"))

    session.refresh_from_db()
    assert (answer.status_code, session.sequence) == (302, 1)
    assert session.ends == datetime(2020, 7, 23, 14, 0, tzinfo=UTC)


def test_scheduled_session_cannot_lose_its_times(organiser_site):
    session = SessionFactory()
    address = reverse("admin:events_session_change", args=[session.pk])

    answer = organiser_site.post(address, form(session.forum, starts_0="", starts_1="", ends_0="", ends_1=""))

    assert errors_of(answer)["starts"] == ["A scheduled session needs a start and an end"]


def test_schedule_action_reports_what_it_refused(organiser_site):
    good = SessionFactory(state="draft")
    bad = SessionFactory(state="draft", title="No time", starts=None, ends=None)

    answer = organiser_site.post(
        "/admin/events/session/", {"action": "schedule", "_selected_action": [good.pk, bad.pk]}, follow=True
    )

    assert [str(m) for m in answer.context["messages"]] == [
        "1 scheduled.",
        "1 refused. No time: “No time” has no time yet. Enter a start and an end first",
    ]


@pytest.mark.parametrize(("action", "state"), [("cancel", "cancelled"), ("back_to_draft", "draft")])
def test_actions_call_the_rules(organiser_site, action, state):
    session = SessionFactory()

    organiser_site.post("/admin/events/session/", {"action": action, "_selected_action": [session.pk]})

    session.refresh_from_db()
    assert session.state == state


def test_meeting_address_is_hidden_from_those_who_only_look(client, staff):
    session = SessionFactory(meeting_url="https://meet.example/secret")
    client.force_login(staff("registration desk"))

    page = client.get(reverse("admin:events_session_change", args=[session.pk])).content.decode()

    assert "meet.example" not in page


@pytest.mark.parametrize("needs", ["drafts", "no_address", "no_room", "no_recording", "nonsense"])
def test_lists_of_what_is_missing_open(organiser_site, needs):
    SessionFactory()

    assert organiser_site.get("/admin/events/session/", {"needs": needs}).status_code == 200
