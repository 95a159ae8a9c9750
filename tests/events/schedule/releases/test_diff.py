import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.schedule.releases import diff
from events.schedule.releases.diff import ChangeKind, TimetableChange

ROOM = {"id": 1, "name": "Room 1"}
ADA, BOB = {"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}


def entry(code="AAAAAA", **values):
    return {
        "code": code,
        "title": f"Session {code}",
        "starts": "2020-07-22T12:00:00+00:00",
        "ends": "2020-07-22T13:00:00+00:00",
        "room": ROOM,
        "state": "scheduled",
        "speakers": [ADA],
    } | values


def kinds(before, after):
    return [(change.kind, change.code) for change in diff.compare(before, after)]


LATER = {"starts": "2020-07-22T12:30:00+00:00", "room": None}
RENAMED = {"title": "Other", "room": {"id": 1, "name": "Hall"}, "speakers": [{"id": 1, "name": "Ada King"}]}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, []),
        ({}, RENAMED, []),  # titles and names are no change
        ({"speakers": [ADA, BOB]}, {"speakers": [BOB, ADA]}, []),  # nor is the order of speakers
        ({}, LATER, ["moved"]),
        ({}, {"state": "cancelled", "speakers": [BOB]}, ["cancelled", "joined", "left"]),
        ({"state": "cancelled"}, {}, ["restored"]),
    ],
)
def test_kinds_of_changes(before, after, found):
    assert kinds([entry(**before)], [entry(**after)]) == [(kind, "AAAAAA") for kind in found]


def test_changes_hold_what_is_told_and_survive_being_kept():
    one, two, gone = entry("AAAAAA"), entry("BBBBBB"), entry("CCCCCC")
    place = {"starts": "2020-07-22T12:00:00+00:00", "ends": "2020-07-22T13:00:00+00:00", "room": ROOM}

    found = diff.compare([one, gone], [entry("AAAAAA", **LATER), two])

    assert found == [
        TimetableChange("moved", "AAAAAA", "Session AAAAAA", before=place, after=place | LATER),
        TimetableChange("new", "BBBBBB", "Session BBBBBB", after=two),
        TimetableChange("removed", "CCCCCC", "Session CCCCCC", before=gone),
    ]
    assert diff.from_json([change.as_json() for change in found]) == found


def test_fingerprint_tells_logs_apart():
    versions = [[], [entry()], [entry(state="cancelled")], [entry(room=None)], [entry(room=None)]]

    found = [diff.fingerprint(diff.compare([entry()], after)) for after in versions]

    assert (len(set(found)), found[3] == found[4], {len(one) for one in found}) == (4, True, {64})


# --- what the log leads to ------------------------------------------------------------------------
people = st.lists(st.integers(1, 4), unique=True).map(lambda ids: [{"id": n, "name": f"Person {n}"} for n in ids])
moments = st.integers(10, 16).map(lambda hour: f"2020-07-22T{hour}:00:00+00:00")
entries = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["AAAAAA", "BBBBBB", "CCCCCC", "DDDDDD"]),
        "title": st.just("Title"),
        "starts": moments,
        "ends": moments,
        "room": st.none() | st.integers(1, 3).map(lambda n: {"id": n, "name": f"Room {n}"}),
        "state": st.sampled_from(["scheduled", "cancelled"]),
        "speakers": people,
    }
)
versions = st.lists(entries, unique_by=lambda entry: entry["code"])


def plain(version):
    """A version without order."""
    return {row["code"]: row | {"speakers": sorted(person["id"] for person in row["speakers"])} for row in version}


def apply(before, log):
    """What a log leads to: the plainest reading of its changes."""
    entries = {entry["code"]: dict(entry) for entry in before}
    for change in log:
        entry = entries.setdefault(change.code, {})
        people = entry.get("speakers", [])
        match change.kind:
            case ChangeKind.NEW | ChangeKind.MOVED:
                entry |= change.after
            case ChangeKind.REMOVED:
                del entries[change.code]
            case ChangeKind.CANCELLED | ChangeKind.RESTORED:
                entry["state"] = "cancelled" if change.kind == ChangeKind.CANCELLED else "scheduled"
            case ChangeKind.JOINED:
                entry["speakers"] = people + change.after["speakers"]
            case ChangeKind.LEFT:
                entry["speakers"] = [person for person in people if person not in change.before["speakers"]]
    return list(entries.values())


@given(versions, versions)
def test_log_applied_to_the_version_before_gives_the_one_after(before, after):
    log = diff.compare(before, after)

    found = [(change.kind, change.code) for change in log]
    assert plain(apply(before, log)) == plain(after)
    assert (log == []) == (plain(before) == plain(after))
    assert len(found) == len(set(found))  # each session has a kind once
