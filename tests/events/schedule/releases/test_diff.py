from hypothesis import given
from hypothesis import strategies as st

from events.schedule.releases import diff
from events.schedule.releases.diff import Change, Kind

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


def test_the_same_has_no_changes():
    assert kinds([entry()], [entry()]) == []


def test_titles_and_names_are_no_change():
    renamed = entry(title="Other", room={"id": 1, "name": "Hall"}, speakers=[{"id": 1, "name": "Ada King"}])

    assert kinds([entry()], [renamed]) == []


def test_new_and_removed_hold_the_whole_session():
    one, two = entry("AAAAAA"), entry("BBBBBB")

    assert diff.compare([one], [two]) == [
        Change("new", "BBBBBB", "Session BBBBBB", after=two),
        Change("removed", "AAAAAA", "Session AAAAAA", before=one),
    ]


def test_moved_holds_both_places():
    later = entry(starts="2020-07-22T12:30:00+00:00", room=None)

    (change,) = diff.compare([entry()], [later])

    assert (change.kind, change.before, change.after) == (
        "moved",
        {"starts": "2020-07-22T12:00:00+00:00", "ends": "2020-07-22T13:00:00+00:00", "room": ROOM},
        {"starts": "2020-07-22T12:30:00+00:00", "ends": "2020-07-22T13:00:00+00:00", "room": None},
    )


def test_state_and_speakers_each_have_a_change():
    after = entry(state="cancelled", speakers=[BOB])

    assert kinds([entry()], [after]) == [("cancelled", "AAAAAA"), ("joined", "AAAAAA"), ("left", "AAAAAA")]
    assert kinds([after], [entry()])[0] == ("restored", "AAAAAA")


def test_order_of_speakers_is_no_change():
    assert kinds([entry(speakers=[ADA, BOB])], [entry(speakers=[BOB, ADA])]) == []


def test_changes_survive_being_kept():
    found = diff.compare([entry("AAAAAA")], [entry("BBBBBB"), entry("AAAAAA", state="cancelled")])

    assert diff.from_json([change.as_json() for change in found]) == found


def test_fingerprint_tells_logs_apart():
    logs = [
        diff.compare([entry()], after)
        for after in ([], [entry()], [entry(state="cancelled")], [entry(room=None)], [entry(room=None)])
    ]

    found = [diff.fingerprint(log) for log in logs]

    assert (len(set(found)), found[3] == found[4]) == (4, True)
    assert diff.fingerprint(diff.from_json([change.as_json() for change in logs[0]])) == found[0]


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
            case Kind.NEW | Kind.MOVED:
                entry |= change.after
            case Kind.REMOVED:
                del entries[change.code]
            case Kind.CANCELLED | Kind.RESTORED:
                entry["state"] = "cancelled" if change.kind == Kind.CANCELLED else "scheduled"
            case Kind.JOINED:
                entry["speakers"] = people + change.after["speakers"]
            case Kind.LEFT:
                entry["speakers"] = [person for person in people if person not in change.before["speakers"]]
    return list(entries.values())


@given(versions, versions)
def test_log_applied_to_the_version_before_gives_the_one_after(before, after):
    log = diff.compare(before, after)

    assert plain(apply(before, log)) == plain(after)


@given(versions, versions)
def test_log_is_empty_only_for_the_same_version(before, after):
    assert (diff.compare(before, after) == []) == (plain(before) == plain(after))


@given(versions, versions)
def test_each_session_has_a_kind_once(before, after):
    found = kinds(before, after)

    assert len(found) == len(set(found))
    assert {kind for kind, _code in found} <= set(Kind)
