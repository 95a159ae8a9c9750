"""The change log in words."""

import pytest

from events.schedule.releases import change_log, diff
from tests.events.schedule.releases.test_diff import entry
from tests.factories import ForumFactory

pytestmark = pytest.mark.django_db
ROOM_2 = {"room": {"id": 2, "name": "Room 2"}}
LATER = {"starts": "2020-07-22T12:30:00+00:00"}


def test_words_of_a_change():
    for before, after, label, words in [
        ([], [entry()], "New sessions", ""),
        ([entry()], [], "Off the programme", ""),
        ([entry()], [entry(**ROOM_2)], "Moved", "Before: Room 1"),
        ([entry(room=None)], [entry()], "Moved", "Has a room now"),
        ([entry()], [entry(**LATER)], "Moved", "Before: 22 July, 14:00–15:00 Geneva"),
        ([entry()], [entry(**LATER, **ROOM_2)], "Moved", "Before: 22 July, 14:00–15:00 Geneva, Room 1"),
        ([entry()], [entry(state="cancelled")], "Cancelled", ""),
        ([entry(state="cancelled")], [entry()], "Take place after all", ""),
        ([entry(speakers=[])], [entry()], "New speakers", "Ada"),
        ([entry()], [entry(speakers=[])], "Speakers who left", "Ada"),
    ]:
        log = diff.compare(before, after)

        (group,) = change_log.groups(log, forum=ForumFactory())

        assert (group.label, group.lines[0].words) == (label, words), (before, after)
        assert change_log.counts(log).startswith("1 "), (before, after)
        assert change_log.groups(log, forum=ForumFactory(), hidden={"AAAAAA"}) == [], (before, after)
        assert change_log.counts(log, hidden={"AAAAAA"}) == "", (before, after)


def test_moved_and_cancelled_session_stands_in_the_log_where_it_was():
    log = diff.compare([entry()], [entry(state="cancelled", **LATER, **ROOM_2)])

    moved, struck = change_log.groups(log, forum=ForumFactory())

    assert moved.lines[0].where == "22 July, 14:30–15:00 Geneva, Room 2"
    assert (struck.label, struck.lines[0].where) == ("Cancelled", "22 July, 14:00–15:00 Geneva, Room 1")
