"""The grid of a day: rooms in columns, rows of a quarter of an hour, on the pages of one day."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import ForumFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.django_db
DAY = "/2020/programme/?day=2020-07-23"


@pytest.fixture
def forum():
    return ForumFactory()


@pytest.fixture
def rooms(forum):
    return [RoomFactory(forum=forum, name=f"Room {letter}") for letter in "AB"]


def make(forum, hour, minute=0, *, minutes=60, **more):
    starts = datetime(2020, 7, 23, hour, minute, tzinfo=UTC)
    return SessionFactory(forum=forum, starts=starts, ends=starts + timedelta(minutes=minutes), **more)


def blocks(client, address=DAY):
    html = client.get(address).content.decode()
    found = re.findall(
        r'<li\s+class="block ([^"]*?)\s*">.*?<bdi >(.*?)</bdi>', html.replace("<bdi>", "<bdi >"), re.DOTALL
    )
    return [(title, where) for where, title in found]


def test_rows_and_columns_are_classes(client, forum, rooms):
    make(forum, 8, 15, title="In B", room=rooms[1], minutes=30)
    make(forum, 9, title="In A", room=rooms[0], minutes=50)

    assert blocks(client) == [("In A", "c1 r4 n4"), ("In B", "c2 r1 n2")]
    assert "style=" not in client.get(DAY).content.decode()


def test_two_at_one_time_share_the_room_and_a_third_stands_above(client, forum, rooms):
    for title in ("One", "Two", "Three"):
        make(forum, 8, title=title, room=rooms[0])
    make(forum, 9, title="After", room=rooms[0])

    assert blocks(client) == [("One", "c1 r0 n4 first"), ("Two", "c1 r0 n4 second"), ("After", "c1 r4 n4")]
    above = client.get(DAY).context["grid"].apart
    assert [entry.title for entry in above] == ["Three"]


def test_exhibition_of_a_day_and_a_session_without_a_room_stand_above(client, forum, rooms):
    make(forum, 6, title="Exhibition", room=rooms[0], minutes=600)
    make(forum, 21, title="Past midnight", room=rooms[0], minutes=120)
    make(forum, 8, title="Somewhere", room=None)
    make(forum, 9, title="Placed", room=rooms[1])

    grid = client.get(DAY).context["grid"]

    assert [entry.title for entry in grid.apart] == ["Exhibition", "Somewhere", "Past midnight"]
    assert blocks(client) == [("Placed", "c1 r0 n4")]


def test_list_only_several_days_and_best_match_have_no_grid(client, forum, rooms):
    make(forum, 8, title="Fibre", room=rooms[0])
    make(forum, 9, title="Radio", room=rooms[0])

    as_list = client.get(f"{DAY}&view=list").content.decode()
    assert (blocks(client, f"{DAY}&view=list"), 'href="?day=2020-07-23"' in as_list) == ([], True)
    assert blocks(client, "/2020/programme/?q=fibre") == []
    assert [title for title, _ in blocks(client)] == ["Fibre", "Radio"]
    SessionFactory(forum=forum, starts=datetime(2020, 7, 24, 8, tzinfo=UTC), ends=datetime(2020, 7, 24, 9, tzinfo=UTC))
    assert blocks(client, "/2020/programme/?from=2020-07-23") == []
