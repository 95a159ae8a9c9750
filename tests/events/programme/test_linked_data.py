"""What pages say in the words of schema.org: what validators require, only what is public, and nothing that a browser runs."""

import json
import re
from datetime import timedelta

import pytest

from events.models import Session
from events.models.programme import Language
from events.shared.pages import revision
from tests.factories import NOW, AppearanceFactory, ForumFactory, OrganisationFactory, RoomFactory, SessionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
# What search engines require or recommend, by type.
REQUIRED = {
    "Event": {"name", "startDate", "endDate", "location", "eventStatus", "eventAttendanceMode", "url", "image"},
    "Person": {"name", "url"},
    "Organization": {"name"},
    "Place": {"name", "address"},
    "VirtualLocation": {"url"},
    "VideoObject": {"name", "description", "uploadDate", "contentUrl", "thumbnailUrl"},
}
MEETING = "https://meet.example/secret-room"
RECORDING = "https://video.example/one"


def data_of(client, path):
    """What a page says, once each of its things has what its type needs."""
    (text,) = BLOCK.findall(client.get(path).content.decode())
    data = json.loads(text)
    assert data.pop("@context") == "https://schema.org"
    check(data)
    return data


def check(thing):
    assert REQUIRED[thing["@type"]] <= thing.keys(), thing
    for value in thing.values():
        assert value not in ("", None, [])
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                check(one)


def make(**more):
    host = OrganisationFactory(name="ITU", website="https://itu.example/")
    forum = ForumFactory(is_virtual=False, place="Geneva", host=host)
    room = RoomFactory(forum=forum, name="Room C")
    given = {
        "title": "Data & people",
        "description": "**What** they say",
        "languages": ["en", Language.IS],
        "room": room,
    }
    session = SessionFactory(forum=forum, meeting_url=MEETING, recording_url=RECORDING, **given | more)
    session.organisers.add(host)
    return session, AppearanceFactory(session=session).speaker


def test_session_is_an_event_of_its_forum_in_its_zone_and_language(client, settings):
    session, speaker = make(starts=NOW, ends=NOW + timedelta(hours=1))

    data = data_of(client, f"/fr/2020/programme/{session.code}/")

    assert (data["name"], data["description"], data["inLanguage"]) == ("Data & people", "What they say", ["en"])
    assert (data["startDate"], data["endDate"]) == ("2020-07-22T14:20:00+02:00", "2020-07-22T15:20:00+02:00")
    assert data["location"] == {"@type": "Place", "name": "Room C", "address": "Genève"}
    assert data["url"] == f"{settings.BASE_URL}/fr/2020/programme/{session.code}/"
    assert data["organizer"] == [{"@type": "Organization", "name": "UIT", "url": "https://itu.example/"}]
    assert [one["name"] for one in data["performer"]] == [speaker.full_name]
    assert data["superEvent"]["url"] == f"{settings.BASE_URL}/fr/2020/"
    assert data["eventStatus"].endswith("/EventScheduled")
    assert "recordedIn" not in data


def test_recording_is_told_once_the_session_is_over_and_never_of_a_cancelled_one(client):
    session, _speaker = make(starts=NOW - timedelta(hours=2), ends=NOW - timedelta(hours=1))
    path = f"/2020/programme/{session.code}/"

    over = data_of(client, path)
    Session.objects.update(state=Session.State.CANCELLED)
    revision.bump()
    cancelled = data_of(client, path)

    assert (over["recordedIn"]["contentUrl"], over["recordedIn"]["uploadDate"]) == (
        RECORDING,
        "2020-07-22T13:20:00+02:00",
    )
    assert (cancelled["eventStatus"], "recordedIn" in cancelled) == ("https://schema.org/EventCancelled", False)


@pytest.mark.parametrize("is_virtual", [True, False])
def test_a_session_without_a_room_is_online_at_its_page_and_the_meeting_stays_secret(client, settings, is_virtual):
    session, _speaker = make(room=None)
    session.forum.is_virtual = is_virtual
    session.forum.save()
    revision.bump()

    data = data_of(client, path := f"/2020/programme/{session.code}/")

    assert data["location"] == {"@type": "VirtualLocation", "url": f"{settings.BASE_URL}{path}"}
    assert data["eventAttendanceMode"].endswith("/OnlineEventAttendanceMode")
    assert MEETING not in client.get(path).content.decode()


def test_home_is_the_event_and_a_speaker_a_person(client, settings):
    session, speaker = make()
    speaker.position, speaker.biography = "Director", ""
    speaker.save()
    revision.bump()

    home, person = data_of(client, "/2020/"), data_of(client, f"/2020/speakers/{speaker.pk}/")

    assert (home["@type"], home["startDate"], home["endDate"]) == (
        "Event",
        f"{session.forum.starts}",
        f"{session.forum.ends}",
    )
    assert [one["name"] for one in home["organizer"]] == ["ITU"]
    assert (person["@type"], person["name"], person["jobTitle"]) == ("Person", speaker.full_name, "Director")
    assert not {"image", "description"} & person.keys()  # of what is not there nothing is said
    for path in ("/2020/programme/", "/2020/speakers/"):  # lists stay light
        assert not BLOCK.search(client.get(path).content.decode())


def test_no_title_ends_the_element(client):
    title = """</script><script>alert("x")</script><!-- & '"""
    session, _speaker = make(title=title)
    answer = client.get(f"/2020/programme/{session.code}/")

    (text,) = BLOCK.findall(answer.content.decode())
    assert json.loads(text)["name"] == title
    assert not re.search("[<>&\u2028]", text)
    assert not BLOCK.search(client.get(f"/2020/programme/{session.code}/?embed").content.decode())
