"""The public pages of releases, and that nothing public shows the draft before a release."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
import time_machine

from events.models import Session
from events.schedule import moves
from events.schedule.releases import releases
from tests.events.schedule.factories import BY, DAY, HOUR, move
from tests.factories import NOW, AppearanceFactory, BookingFactory, ForumFactory, RoomFactory, SessionFactory
from tests.site_client import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
AT = datetime(2020, 7, 24, 1, 37, tzinfo=UTC)  # 03:37 in Geneva: a time that nothing else has
ATOM = "{http://www.w3.org/2005/Atom}"


def release(note=""):
    return releases.release(ForumFactory(), note=note, by=None, now=NOW)


def get(address, status=200):
    answer = Client().get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


# --- nothing of the draft is public -----------------------------------------------------------------
CANARY = ("03:37", "T0137", "T01:37", "Canary room", "Canary person", "CANCELLED", 'class="badge cancelled"')
# These two list the rooms of the forum, also those without a session: that a room exists is no part of the draft.
LISTED = {("/2020/schedule.json", "Canary room"), ("/2020/schedule.xml", "Canary room")}
EXPORTS = ["schedule.ics", "schedule.xml", "schedule.json", "schedule.csv", "statistics/speakers.csv"]


def draft_of_everything():
    """A public forum whose draft has another time, another room, a new speaker and a cancellation."""
    moved = SessionFactory(title="Moved session", room=RoomFactory(name="Known room"))
    AppearanceFactory(session=moved, speaker__name="Known person", speaker__gender="woman")
    struck = SessionFactory(title="Struck session")
    release()
    room = RoomFactory(name="Canary room")
    move(moved, AT, room=room)
    moves.cancel(struck, **BY)
    speaker = AppearanceFactory(session=moved, speaker__name="Canary person", is_released=False).speaker
    registration = BookingFactory(session=moved).registration
    BookingFactory(session=struck, registration=registration)
    return moved, struck, speaker, registration


def crawl(registration):
    """Every public address that the pages of the forum link to, and the files; the person's own feed too."""
    queue, seen, pages = ["/2020/", "/2020/releases/", "/fr/2020/programme/"], set(), {}
    queue += [f"/2020/{name}" for name in EXPORTS]
    queue += ["/2020/speakers/?q=Canary", "/2020/programme/?q=Canary"]
    queue += [f"/2020/agenda/{registration.token}.ics"]
    while queue:
        address = queue.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = Client().get(address)
        if answer.status_code != 200 or answer.streaming:
            continue
        pages[address] = text = answer.content.decode(errors="replace")  # pictures too
        if "html" in answer["Content-Type"]:
            links = re.findall(r'(?:href|hx-get)="(/2020/[^"#?]*)', text)
            queue += [link for link in links if "/register" not in link and not link.endswith(".pdf")]
    return pages


def found(pages):
    return {
        word for word in CANARY for address, text in pages.items() if word in text and (address, word) not in LISTED
    }


def test_no_public_page_shows_the_draft_until_it_is_released():
    _moved, _struck, speaker, registration = draft_of_everything()

    before = crawl(registration)

    assert {(a, w) for a, text in before.items() for w in found({a: text})} == set()
    assert len(before) > 15
    assert get(f"/2020/speakers/{speaker.pk}/", 404)
    assert "Canary" not in str(Session.objects.public().values())
    release()  # the control: the same crawl finds all of it now
    after = crawl(registration)
    assert found(after) >= set(CANARY) - {"T0137", "T01:37"}
    assert "T013700Z" in after["/2020/schedule.ics"]
    assert "STATUS:CANCELLED" in after["/2020/schedule.ics"]
    assert get(f"/2020/speakers/{speaker.pk}/")


def test_calendars_and_reminders_follow_the_release():
    from registration.sessions.agenda import reminders

    moved, _struck, _speaker, registration = draft_of_everything()
    feed = f"/2020/agenda/{registration.token}.ics"
    assert re.findall(r"SEQUENCE:(\d)", get(feed)) == ["0", "0"]
    assert reminders.queue_reminders(NOW) == 2  # a day before both
    move(moved, NOW + HOUR / 2)
    assert reminders.queue_reminders(NOW) == 0

    release()

    events = sorted(get(feed).split("BEGIN:VEVENT")[1:], key=lambda event: moved.code in event)
    assert [re.findall(r"(?:SEQUENCE|STATUS):(\w+)", event) for event in events] == [
        ["1", "CANCELLED"],
        ["1", "CONFIRMED"],
    ]
    assert reminders.queue_reminders(NOW) == 1


# --- the programme ----------------------------------------------------------------------------------
def test_programme_says_its_version_and_what_moved_until_it_is_over_or_cancelled():
    session, other = SessionFactory(title="On bridges"), SessionFactory(title="Other day")
    assert "Version" not in get("/2020/programme/")
    release()
    move(session, session.starts + HOUR)
    move(other, AT)
    release()

    page = get("/2020/programme/")

    assert '<a href="/2020/releases/">Version 2, released 22 July 2020</a>' in page
    assert re.findall(r'<span class="badge moved">(.*?)</span>', page) == [
        'Moved from <time datetime="2020-07-23T12:00Z" data-clock>14:00</time>',
        "Moved from 23 July, 14:00",
    ]
    with time_machine.travel(NOW + 3 * DAY, tick=False):
        assert "badge moved" not in get("/2020/programme/")
    Session.objects.update(state="cancelled")
    assert "badge moved" not in get("/2020/programme/")


# --- the pages of releases ----------------------------------------------------------------------------
def two_versions():
    session = SessionFactory(title="On bridges", room=RoomFactory(name="Room 1"))
    AppearanceFactory(session=session, speaker__name="Ada")
    release("The first")
    move(session, AT, room=RoomFactory(name="Room 2"))
    AppearanceFactory(session=session, speaker__name="Bob", is_released=False)
    release("The second")
    return session


def test_version_says_what_changed_and_earlier_ones_stay_readable():
    session = two_versions()

    newest = get("/2020/releases/2/")
    session.delete()
    release()
    first = get("/2020/releases/1/")

    link = f'<a href="/2020/programme/{session.code}/"><bdi>On bridges</bdi></a>'
    for text in (link, "Before: 23 July, 14:00–15:30 Geneva, Room 1", "<bdi>Bob</bdi>", "03:37"):
        assert (text in newest, text in first) == (True, False)
    for text in ("This is an earlier version", "<bdi>On bridges</bdi>", "14:00"):
        assert text in first
    assert "earlier version" not in newest


def test_what_is_not_there_is_not_found():
    SessionFactory()
    release()
    ForumFactory(slug="2021", is_public=False)

    for address in ("2020/releases/9/", "2020/releases/99999999999/", "2021/releases/", "2021/releases/feed/"):
        get(f"/{address}", 404)


def test_feed_is_atom_with_the_newest_first_and_escapes_what_people_wrote():
    session = SessionFactory(title="Bits & <b>bytes</b>", room=RoomFactory(name="Room 1"))
    release("One <script>\n\nTwo")
    move(session, AT, room=RoomFactory(name="Room 2"))
    release("The second")

    second, first = ElementTree.fromstring(get("/2020/releases/feed/")).findall(f"{ATOM}entry")

    assert [entry.findtext(f"{ATOM}title") for entry in (second, first)] == [
        "Version 2, released 22 July 2020",
        "Version 1, released 22 July 2020",
    ]
    assert first.findtext(f"{ATOM}summary").startswith("<p>One &lt;script&gt;</p>\n\n<p>Two</p><p>")
    assert second.findtext(f"{ATOM}summary").startswith(
        "<p>The second</p><p>1 moved</p><p><b>Moved</b></p>"
        "<ul><li><bdi>Bits &amp; &lt;b&gt;bytes&lt;/b&gt;</bdi> · 24 July, 03:37–04:37 Geneva, Room 2"
    )


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_the_same_for_one_release_and_for_three(django_assert_max_num_queries, number):
    session = SessionFactory()
    for n in range(number):
        move(session, AT + n * HOUR)
        release()

    with django_assert_max_num_queries(6):
        get("/2020/releases/")
