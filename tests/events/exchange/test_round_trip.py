"""What comes back out of a file; files, days and lengths."""

import json
import re
from datetime import UTC, date, datetime

import pytest

from events.exchange.views import FILES
from events.models import Appearance, Document, Forum, Placement, Release, Room, Session, Speaker, Track
from events.schedule.releases import released_timetable
from tests.events.api.worlds import full_session
from tests.events.exchange.imports import bring_in, written
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    OrganisationFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    translate,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def full():
    """A forum with everything that a file can hold, and things that it cannot."""
    forum = ForumFactory(slug="2020", theme="Theme", time_zone="Europe/Zurich")
    rooms = [RoomFactory(forum=forum, name=name, order=n, capacity=n or None) for n, name in enumerate("ZYX")]
    tracks = [Track.objects.create(forum=forum, name=f"Track <{name}>", order=n) for n, name in enumerate("BA")]
    for number in range(6):
        session = full_session(
            number=None if number == 2 else 100 + number // 2,
            title=f"Session “{number}” & <b>ü</b>",
            description=f"Line 1\n\n- *{number}*; a, b \\ <i>c</i>",
            starts=NOW.replace(hour=4 * number),
            ends=NOW.replace(hour=4 * number + 3),
            room=rooms[number % 3] if number else None,
            track=tracks[number % 2] if number else None,
            sequence=number,
            **({} if number else {"recording_url": "", "broadcast_url": ""}),
        )
        session.organisers.add(OrganisationFactory(name=f"Organisation {number}; and more"))
        for order in range(1, number):
            speaker = SpeakerFactory(forum=forum, form_of_address="Dr", biography=f"**{number}** <script>")
            AppearanceFactory(session=session, speaker=speaker, role=Appearance.Role.KEYNOTE, order=order)
    return forum


# What docs/exchange.md lists: the site's own addresses and stamps, and for the second forum of a site its own codes.
OWN = {
    "xml": [r"<version>.*</version>", r"<attachments>.*</attachments>"],
    "json": [r'"version":"\d+"', r'"url":"[^"]*/speakers/\d+/"', r'"attachments":\[[^]]*\]'],
    "csv": [],
    "xlsx": [],
    "ics": [r"DTSTAMP:\w+", r"LAST-MODIFIED:\w+", r"\r\n ", r"(?<=/)\\n\\n(Languages|Interpretation): [^\r]*"],
}


def bare(data, ending):
    text = data.decode("latin-1" if ending == "xlsx" else "utf-8")
    for pattern in OWN[ending]:
        text = re.sub(pattern, "", text)
    return text


@pytest.mark.parametrize("ending", FILES)
def test_file_of_this_site_comes_back_as_it_was(full, ending):
    out = written(full, ending)
    same = bring_in(out, slug="2020")
    for model in (Document, Appearance, Placement, Session, Speaker, Room, Track, Forum):
        model.objects.all().delete()

    bring_in(out, slug="2020", is_released=True)
    back = written(Forum.objects.get(), ending)
    again = bring_in(out, slug="2020")

    if ending == "ics":  # a calendar names no first and last day
        assert (same.is_empty, again.is_empty) == (True, True)
    assert [[item.changes for item in plan.changed] for plan in (same, again)] == [[], []]
    name = re.compile(r"(X-WR-CALNAME|NAME|X-WR-TIMEZONE):.*")
    assert name.sub("", bare(back, ending)) == name.sub("", bare(out, ending))


@pytest.mark.parametrize("ending", ["xml", "json", "csv", "xlsx"])
def test_file_of_another_system_comes_back_as_it_was(ending):
    forum = bring_in(is_released=True).forum
    out = written(forum, ending)
    for model in (Release, Appearance, Placement, Session, Speaker, Room, Track, Forum):
        model.objects.all().delete()

    bring_in(out, slug="congress", is_released=True)

    assert bare(written(Forum.objects.get(), ending), ending) == bare(out, ending)


def test_second_forum_of_a_site_has_the_same_identities(full):
    for ending in ("xml", "json"):
        out = written(full, ending)
        bring_in(out, slug=f"copy-{ending}", is_released=True)

        other = written(Forum.objects.get(slug=f"copy-{ending}"), ending)
        guids = [re.findall(rb'guid[="\': ]+([-0-9a-f]{36})', file) for file in (out, other)]
        assert guids[0] == guids[1]
        assert bring_in(out, slug=f"copy-{ending}").is_empty


# --- files ----------------------------------------------------------------------------------------
def test_event_of_the_calendar_is_the_file_of_the_session(full, client):
    session = full.sessions.last()
    translate(session, "en", title="Other", description="ü" * 100)

    one, whole = (client.get(f"/2020/{path}").content for path in (f"programme/{session.code}.ics", "schedule.ics"))

    start, end = one.index(b"BEGIN:VEVENT"), one.index(b"END:VCALENDAR")
    assert one[start:end] in whole
    assert max(map(len, whole.split(b"\r\n"))) <= 75


LENGTHS = {
    ((3, 28, 23, 30), (3, 29, 1, 30)): "02:00",  # the clocks go forward in between
    ((10, 24, 23, 30), (10, 25, 1, 30)): "02:00",  # and back
    ((10, 25, 0, 30), (10, 25, 1, 0)): "00:30",  # the clock says that it ends before it starts
}


def test_lengths_over_a_change_of_clocks():
    forum = ForumFactory(starts=date(2020, 1, 1), ends=date(2020, 12, 31), time_zone="Europe/Zurich")
    session = SessionFactory(forum=forum)

    for moments, length in LENGTHS.items():
        starts, ends = (datetime(2020, *moment, tzinfo=UTC) for moment in moments)
        Session.objects.filter(pk=session.pk).update(starts=starts, ends=ends)
        (day,) = json.loads(written(forum, "json"))["schedule"]["conference"]["days"]
        assert f"<duration>{length}</duration>" in written(forum, "xml").decode()
        assert day["rooms"][""][0]["duration"] == length
        assert datetime.fromisoformat(day["day_end"]) - datetime.fromisoformat(day["day_start"]) == ends - starts


def test_days_end_after_midnight_and_a_hall_that_is_open_all_day_has_its_own():
    night, halls = bring_in(is_released=True).forum, ForumFactory()
    for day in (23, 24):
        starts = datetime(2020, 6, day - 1, 22, tzinfo=UTC)
        SessionFactory(forum=halls, starts=starts, ends=starts.replace(day=day))

    days, others = (
        released_timetable.gather(forum, language="en", parts=released_timetable.FRAB, now=NOW).days()
        for forum in (night, halls)
    )

    assert [(str(day.date), sum(map(len, day.rooms.values())), day.ends.isoformat()) for day in days] == [
        ("2014-12-27", 2, "2014-12-28T02:30:00+01:00"),
        ("2014-12-28", 1, "2014-12-28T15:00:00+01:00"),
    ]
    assert [day.date.day for day in others] == [23, 24]


def test_times_with_seconds_and_very_long_sessions():
    forum = ForumFactory()
    starts = NOW.replace(second=30)
    SessionFactory(forum=forum, starts=starts, ends=starts.replace(day=30, minute=0, second=40), title="日", number=1)

    xml, whole = written(forum, "xml").decode(), json.loads(written(forum, "json"))

    empty = ForumFactory(slug="wf")  # without sessions: one day with nothing in it
    conference = json.loads(written(empty, "json"))["schedule"]["conference"]
    assert (conference["daysCount"], conference["days"][0]["rooms"], conference["acronym"]) == (1, {}, "forum_wf")
    assert written(empty, "xml").count(b"<day ") == 1
    event = whole["schedule"]["conference"]["days"][0]["rooms"][""][0]
    assert ("<duration>99:59</duration>" in xml, "<start>14:20:30</start>" in xml) == (True, True)
    assert (event["duration"], event["start"], event["slug"]) == ("191:40", "14:20", "2020-1-session")
