"""The pages of sessions: bad input is told beside the field, kept, and nothing is saved; the list goes by the draft."""

import re
import threading
import time
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from events.models import Placement, Release, Session
from events.schedule import moves
from events.schedule.admin import SessionAdmin
from events.schedule.releases import releases
from events.shared.pages import revision
from tests.events.schedule.factories import BY, DAY, HOUR, NO_TIME, TWO, move, session_at
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
from tests.races import together
from tests.site_client import Client

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/events/session/", "/admin/events/session/add/"
AT = datetime(2020, 7, 24, 8, tzinfo=UTC)  # 10:00 in Geneva


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
    row = {"TOTAL_FORMS": 1, "0-speaker": speaker.pk, "0-role": "panellist", "0-order": 0}
    return data | {f"appearances-{name}": value for name, value in row.items()}


def errors_of(answer):
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def change_page(session):
    return reverse("admin:events_session_change", args=[session.pk])


def act(site, action, *sessions, address=LIST, **values):
    sent = {"action": action, "_selected_action": [row.pk for row in sessions], **values}
    return site.post(address, sent, follow=True)


def warnings(answer):
    """What the page that follows a save warns of."""
    return [str(message) for message in answer.context["messages"] if message.level_tag == "warning"]


# --- the page -----------------------------------------------------------------------------------------
def test_new_session_waits_in_the_draft_at_local_times(organiser_site):
    before, speaker = revision.current(), SpeakerFactory()
    embargo = {"embargoed_until_0": "2020-07-23", "embargoed_until_1": "09:00"}
    data = form(ForumFactory(), version="5", **embargo)  # the version of a page to add is not asked

    answer = organiser_site.post(ADD, with_speaker(data, speaker))

    session, place = Session.objects.get(), Placement.objects.get()
    assert (answer.status_code, place.starts, place.ends) == (302, TWO, TWO + 1.5 * HOUR)
    assert (place.state, session.state, session.starts) == ("scheduled", "draft", None)
    assert session.embargoed_until == datetime(2020, 7, 23, 7, tzinfo=UTC)
    assert list(session.speakers.all()) == [speaker]
    assert revision.current() > before


def test_bad_input_is_refused_at_its_field(organiser_site):
    elsewhere = RoomFactory(forum=ForumFactory(slug="2021", name="WSIS Forum 2021", ends=date(2021, 1, 1)))
    for values, field, sentence in [
        ({"ends_1": "13:00"}, "ends", "The end is not after the start. Choose a later end"),
        (
            {"starts_0": "2020-10-25", "starts_1": "02:30", "ends_0": "2020-10-25"},
            "starts",
            "02:30 exists twice on 2020-10-25 in Europe/Zurich: the clocks go back. Choose another time",
        ),
        ({"room": "2021"}, "room", "This room belongs to WSIS Forum 2021. Choose one of WSIS Forum 2020"),
    ]:
        if values.get("room") == "2021":
            values = {"room": elsewhere.pk}
        data = form(ForumFactory()) | values

        answer = organiser_site.post(ADD, data)

        assert errors_of(answer)[field] == [sentence], (values, field)
        assert Session.objects.count() == 0, (values, field)
        assert answer.context["adminform"].form["title"].value() == data["title"], (values, field)


def test_session_has_at_most_twelve_speakers_on_its_page(organiser_site):
    forum = ForumFactory()
    data = form(forum) | {"appearances-TOTAL_FORMS": 13}
    for place, speaker in enumerate(SpeakerFactory.create_batch(13, forum=forum)):
        row = {"speaker": speaker.pk, "role": "panellist", "order": place}
        data |= {f"appearances-{place}-{name}": value for name, value in row.items()}

    full = organiser_site.post(ADD, data)
    organiser_site.post(ADD, data | {"appearances-12-is_leaving": "on"})

    assert full.context["inline_admin_formsets"][0].formset.non_form_errors() == ["A session has at most 12 speakers"]
    assert Session.objects.get().appearances.count() == 13


def test_clashes_are_saved_and_told_with_both_sides(organiser_site):
    room, speaker = RoomFactory(name="Room 1"), SpeakerFactory(name="Ada")
    AppearanceFactory(session=SessionFactory(title="Living the standard", room=room), speaker=speaker)

    told = warnings(organiser_site.post(ADD, with_speaker(form(ForumFactory(), room=room.pk), speaker), follow=True))

    assert [sentence.partition(":")[0] for sentence in told] == ["Room 1 is taken", "In two places at once"]
    for title in ("Bridging the divide", "Living the standard"):
        assert all(f"“{title}” (23 July, 14:00–15:30 Geneva)" in sentence for sentence in told)
    assert Placement.objects.filter(room=room, starts=TWO).count() == 2


def test_move_of_a_session_waits_for_a_release(organiser_site):
    session = SessionFactory()
    released, wanted = session.ends, TWO + 2 * HOUR

    answer = organiser_site.post(change_page(session), form(session.forum, ends_1="16:00"))
    page = organiser_site.get(change_page(session)).content.decode()

    session.refresh_from_db()
    assert (answer.status_code, session.sequence, session.ends) == (302, 0, released)
    assert session.placement.ends == wanted
    for text in ('name="ends_1" value="16:00"', 'name="version" value="2"', "Local time in the zone Europe/Zurich."):
        assert text in page
    releases.release(session.forum, note="", by=None, now=NOW)
    session.refresh_from_db()
    assert (session.sequence, session.ends) == (1, wanted)


def test_who_saves_over_the_move_of_another_is_told_and_asked_again(organiser_site):
    session = SessionFactory()
    seen = form(session.forum, ends_1="16:00", version="0", title="New title")
    move(session, AT, by=UserFactory(name="Ada"))

    answer = organiser_site.post(change_page(session), seen)

    assert errors_of(answer)["__all__"] == [
        "Ada moved this session before you, to 24 Jul 2020, 10:00–11:00 Geneva. Save again to put it where this page says"
    ]
    again = answer.context["adminform"].form
    assert (again["version"].value(), again["title"].value()) == ("2", "New title")
    assert Placement.objects.get().starts == AT
    assert organiser_site.post(change_page(session), seen | {"version": "2"}).status_code == 302
    assert Placement.objects.get().ends == TWO + 2 * HOUR


def test_meeting_address_is_hidden_from_those_who_only_look(client, staff):
    session = SessionFactory(meeting_url="https://meet.example/secret")
    client.force_login(staff("registration desk"))

    assert "meet.example" not in client.get(change_page(session)).content.decode()
    act(client, "cancel_at_once", session, confirmed="yes")  # nor may they release
    session.refresh_from_db()
    assert session.state == "scheduled"


@pytest.mark.parametrize("is_locked", [True, False])
@pytest.mark.django_db(transaction=True)
def test_release_in_the_moment_of_a_save_is_not_lost(boss, monkeypatch, is_locked):
    """The page saves its row whole. Without the lock it writes back what it had read before the release."""
    session = SessionFactory()
    client, data, save, read = (
        Client(),
        form(session.forum, title="New title"),
        SessionAdmin.save_model,
        threading.Event(),
    )
    client.force_login(boss)

    def slowly(self, *args):
        read.set()
        time.sleep(0.5)
        save(self, *args)

    monkeypatch.setattr(SessionAdmin, "save_model", slowly)
    if not is_locked:
        monkeypatch.delattr(SessionAdmin, "get_object")
        monkeypatch.setattr(moves, "check_version", lambda row, *, version: None)

    def cancel():
        read.wait(10)
        releases.cancel_at_once([session], note="", by=None, now=NOW)

    together(lambda: client.post(change_page(session), data).status_code, cancel)

    session.refresh_from_db()
    assert (session.title, session.state == "cancelled") == ("New title", is_locked)


# --- actions ------------------------------------------------------------------------------------------
def test_schedule_action_reports_what_it_refused_and_warns_of_clashes(organiser_site):
    room = RoomFactory()
    SessionFactory(room=room)
    good, bad = SessionFactory(state="draft", room=room), SessionFactory(title="No time", **NO_TIME)

    answer = act(organiser_site, "schedule", good, bad)

    assert [str(m) for m in answer.context["messages"]] == [
        "1 scheduled. The public sees it with the next release.",
        "1 stays as before. No time: “No time” has no time yet. Enter a start and an end first",
        "1 clash: look at the board.",
    ]


def test_cancel_at_once_asks_then_releases_only_that(organiser_site):
    struck, moved = SessionFactory(title="Struck"), SessionFactory(title="Moved")
    waiting, other = SessionFactory(title="Waiting"), SessionFactory(title="Other")
    move(moved, AT)
    moves.unschedule(waiting, **BY)
    moves.cancel(other, **BY)

    asked = " ".join(act(organiser_site, "cancel_at_once", moved, waiting, other).content.decode().split())
    assert Release.objects.count() == 0
    act(organiser_site, "cancel_at_once", struck, confirmed="yes", note="Ill")

    assert "Moved</bdi>. Its move in the draft is dropped: 24 Jul 2020, 10:00–11:00 Geneva</li>" in asked
    assert "Waiting</bdi>. Its move in the draft is dropped: no time</li>" in asked
    assert "Other</bdi></li>" in asked
    found = Session.objects.order_by("pk").values_list("state", "starts", "sequence")
    assert list(found) == [("cancelled", TWO, 1), *[("scheduled", TWO, 0)] * 3]
    assert Release.objects.values_list("number", "note").get() == (1, "Ill")


# --- the list goes by the draft -----------------------------------------------------------------------
def place(title, *, hours, room=None, **values):
    session = SessionFactory(title=title, **values)
    move(session, AT + hours * HOUR, room=room)
    return session


def listed(site, **query):
    answer = site.get(LIST, query)
    assert answer.status_code == 200
    return [session.title for session in answer.context["cl"].result_list]


def test_list_is_in_the_order_of_the_draft_and_shows_what_is_public(organiser_site):
    late, early = place("Late", hours=9, **NO_TIME), place("Early", hours=1, **NO_TIME)
    SessionFactory(title="No time", **NO_TIME)
    session_at(AT + 5 * HOUR, title="Never moved")
    place("Moved", hours=7, room=RoomFactory(name="Z"), room_id=RoomFactory(name="Room 1").pk)
    move(early, AT, room=RoomFactory(name="A"))
    moves.cancel(late, **BY)

    in_order = ["Early", "Never moved", "Moved", "Late", "No time"]
    assert listed(organiser_site) == listed(organiser_site, o="1") == in_order
    assert listed(organiser_site, o="-1")[-1] == "Early"
    assert listed(organiser_site, o="6")[0] == "Late"  # cancelled, scheduled, unscheduled
    assert listed(organiser_site, o="3")[:2] == ["Early", "Moved"]
    page = organiser_site.get(LIST)
    rows = [texts(row) for row in re.findall("<tr>.*?</tr>", page.context["cl"].rows())]
    assert [(row[1], row[2], row[3], row[6]) for row in rows] == [
        ("24 Jul 2020 10:00–11:00", "Early", "A", "Draft"),
        ("24 Jul 2020 15:00–16:00", "Never moved", "–", "Public"),
        ("24 Jul 2020 17:00–18:00", "Moved", "Z", "Moved in draft"),
        ("24 Jul 2020 19:00–20:00", "Late", "–", "Cancelled"),
        ("Not placed", "No time", "–", "Draft"),
    ]


def texts(row):
    return [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r"<(?:td|th).*?</(?:td|th)>", row)]


def test_list_begins_with_today_while_the_forum_is_not_over(organiser_site, time_machine):
    place("Before", hours=-48)
    place("Today", hours=1)
    SessionFactory(title="Waits", **NO_TIME)
    time_machine.move_to(AT, tick=False)

    assert listed(organiser_site) == ["Today", "Waits"]
    assert listed(organiser_site, days="all") == ["Before", "Today", "Waits"]
    assert listed(organiser_site, days="over") == ["Before"]
    assert listed(organiser_site, days="none") == ["Waits"]
    assert listed(organiser_site, days="nonsense") == ["Before", "Today", "Waits"]
    assert listed(organiser_site, q="before") == ["Before"]


def test_list_is_filtered_by_the_draft(organiser_site, noon):
    place("New", hours=1, **NO_TIME)
    moves.cancel(place("Struck", hours=-24), **BY)
    session_at(AT + 2 * DAY, title="Stays", room=RoomFactory())
    SessionFactory(title="Waits", **NO_TIME)

    everything = ["Struck", "New", "Stays", "Waits"]
    for query, found in (
        ({"shown": "public"}, ["Stays"]),
        ({"shown": "draft"}, ["New", "Waits"]),
        ({"shown": "moved"}, []),
        ({"shown": "cancelled"}, ["Struck"]),
        ({"shown": "nonsense", "needs": "nonsense"}, everything),
        ({"placement__starts__day": "24", "placement__starts__year": "2020", "placement__starts__month": "7"}, ["New"]),
        ({"needs": "drafts"}, ["New"]),
        ({"needs": "no_room"}, ["New"]),
        ({"needs": "release"}, ["Struck", "New"]),
    ):
        assert listed(organiser_site, **query) == found, query


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_the_same_for_one_session_and_for_three(organiser_site, django_assert_num_queries, number):
    for n in range(number):
        place(f"S{n}", hours=n, room=RoomFactory())

    listed(organiser_site)  # the bell counts
    with django_assert_num_queries(17):
        listed(organiser_site, needs="no_address")
