"""What an import writes: all of it or nothing, once and not twice; and what comes back out of a file."""

import json
import re
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from events.exchange import apply, writers
from events.models import Appearance, Document, Forum, Placement, Release, Room, Session, SessionText, Speaker, Track
from events.pages import revision
from events.schedule import moves
from events.schedule.releases import released_timetable, releases
from events.tables import identity
from events.tables.identity import number_kept
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    ForumFactory,
    OrganisationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
)

pytestmark = pytest.mark.django_db
FILE = Path(__file__).parent / "data" / "congress.xml"
CONGRESS = FILE.read_bytes()
WRITERS = {
    "xml": (writers.xml, released_timetable.FRAB),
    "json": (writers.as_json, released_timetable.FRAB),
    "csv": (writers.csv, released_timetable.TABLE),
    "xlsx": (writers.xlsx, released_timetable.TABLE),
    "ics": (writers.ics, released_timetable.CALENDAR),
}


def bring_in(data=CONGRESS, slug="congress", **more):
    return apply.bring_in(data, slug=slug, by=None, now=NOW, **more)


def written(forum, ending):
    write, parts = WRITERS[ending]
    return write(released_timetable.gather(forum, language="en", parts=parts, now=timezone.now()))


def counts(plan):
    return tuple(len(rows) for rows in (plan.new, plan.changed, plan.same, plan.unusable))


# --- a new forum ----------------------------------------------------------------------------------
def test_file_makes_a_forum_with_a_draft():
    plan = bring_in()

    forum = Forum.objects.get(slug="congress")
    late = Session.objects.get(title="Late show")
    assert (forum.name, forum.starts, forum.ends, forum.time_zone) == (
        "Bright Congress",
        date(2014, 12, 27),
        date(2014, 12, 28),
        "Europe/Zurich",
    )
    assert (forum.is_public, counts(plan)) == (False, (3, 0, 0, 0))
    assert (late.state, late.starts, late.placement.starts) == (
        "draft",
        None,
        datetime(2014, 12, 27, 23, 15, tzinfo=UTC),
    )
    assert (late.origin_id, late.guid) == ("HOqeNIb6G7M4hYFKFRkCmQ", identity.of_session("HOqeNIb6G7M4hYFKFRkCmQ"))
    assert (late.languages, late.track, late.type.name, late.number) == ([], None, "podium", 6264)
    assert [note.text for note in plan.notes][-1] == "The language “de” is not one of this site: left out"
    assert Speaker.objects.filter(forum=forum, name="Ada Lovelace").count() == 2  # two identities, one name
    assert [room.name for room in Room.objects.filter(forum=forum)] == ["Hall 1", "Hall 2"]


def test_file_is_released_at_once(client):
    before = revision.current()

    plan = bring_in(is_released=True)

    assert (plan.released, Release.objects.get().number) == (1, 1)
    assert Session.objects.public().filter(forum__slug="congress").count() == 3
    assert not Appearance.objects.filter(is_released=False).exists()
    assert revision.current() > before
    assert "Late show" in client.get("/congress/programme/").content.decode()


@pytest.mark.parametrize("is_released", [False, True])
def test_the_same_file_twice_changes_nothing(is_released):
    bring_in(is_released=is_released)
    before = revision.current(), list(Session.objects.values()), list(Placement.objects.values())

    plan = bring_in(is_released=is_released)

    assert (plan.is_empty, counts(plan)) == (True, (0, 0, 3, 0))
    assert (revision.current(), list(Session.objects.values()), list(Placement.objects.values())) == before


@pytest.mark.parametrize("is_there", [False, True])
def test_dry_run_writes_nothing(is_there):
    if is_there:
        ForumFactory(slug="congress")
    before = revision.current()

    plan = bring_in(is_dry=True)

    assert (counts(plan), Session.objects.count(), Speaker.objects.exists()) == ((3, 0, 0, 0), 0, False)
    assert (Forum.objects.exists(), revision.current()) == (is_there, before)


def test_file_without_sessions_makes_no_public_forum():
    data = (
        b"<schedule><conference><title>T</title><start>2020-06-22</start><end>2020-06-23</end></conference></schedule>"
    )

    plan = bring_in(data, is_released=True)

    assert (plan.forum.is_public, plan.released, [note.text for note in plan.notes]) == (
        False,
        None,
        ["The file holds no sessions"],
    )


@pytest.mark.parametrize(
    ("data", "slug", "code"),
    [
        (b"title\nTalk", "new", "no-dates"),
        (b"title,starts,ends\nA,2020-01-01 10:00,11:00\nB,2022-01-01 10:00,11:00", "new", "no-dates"),
        (b"<schedule>", "new", "broken"),
    ],
)
def test_refused_file_leaves_nothing(data, slug, code):
    with pytest.raises(ValidationError) as refusal:
        bring_in(data, slug=slug)

    assert (refusal.value.error_list[0].code, Forum.objects.exists()) == (code, False)


@pytest.mark.parametrize(("number", "rest"), [(1, []), (7, ["And 2 more"])])
def test_new_forum_without_dates_says_which_lines_could_not_be_used(number, rest):
    rows = "".join(f"Talk {n},soon,60\n" for n in range(number))

    with pytest.raises(ValidationError) as refusal:
        bring_in(f"title,starts,duration\n{rows}".encode(), slug="new")

    first, *lines = refusal.value.messages
    assert first == "The file says no dates. Add the forum first, then bring in the file"
    assert lines == [f"row {n}: “soon” is no date and time" for n in range(2, 2 + min(number, 5))] + rest


@pytest.mark.parametrize("slug", ["admin", "Not a slug", "", "a" * 31])
def test_bad_address_is_refused(slug):
    with pytest.raises(ValidationError) as refusal:
        bring_in(slug=slug)

    assert ("slug" in refusal.value.message_dict, Forum.objects.exists()) == (True, False)


def test_fault_in_the_middle_undoes_everything(monkeypatch):
    def fail(*_arguments, **_more):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(apply.revision, "bump", fail)

    with pytest.raises(RuntimeError):
        bring_in()

    assert (Forum.objects.exists(), Speaker.objects.exists(), Track.objects.exists()) == (False, False, False)


def test_zone_comes_from_the_offsets():
    data = CONGRESS.replace(b"+01:00", b"+09:00")
    strange = CONGRESS.replace(b"+01:00", b"+05:45")

    zones = [bring_in(file, slug=slug).forum.time_zone for file, slug in [(data, "one"), (strange, "two")]]

    assert zones == ["Asia/Tokyo", "UTC"]


# --- a forum that is there ------------------------------------------------------------------------
def test_change_of_a_file_is_a_change_of_the_draft():
    bring_in(is_released=True)
    changed = CONGRESS.replace(b"Smart grids", b"Smarter grids").replace(b"T14:00:00", b"T15:00:00")
    changed = changed.replace(b"<person id='3530'>Ada Lovelace", b"<person id='1544'>Ada Lovelace")

    plan = bring_in(changed)

    session = Session.objects.get(title="Smarter grids")
    assert counts(plan) == (0, 1, 2, 0)
    assert plan.changed[0].labels == "title, time and room, speakers"
    assert [change[1:] for change in plan.changed[0].shown][1] == (
        "2014-12-28 14:00–15:00 Hall 2",
        "2014-12-28 15:00–16:00 Hall 2",
    )
    assert (session.starts.hour, session.placement.starts.hour, session.placement.version) == (13, 14, 2)
    drafted = session.appearances.drafted()
    assert [(number_kept(row.speaker.origin_id), row.is_released) for row in drafted] == [(1544, False)]


def test_speaker_whom_the_public_knows_leaves_with_the_next_release():
    bring_in(is_released=True)
    changed = CONGRESS.replace(b"<person id='3530'>Ada Lovelace", b"<person id='1544'>Ada Lovelace")
    session = Session.objects.get(title="Smart grids")

    def cast():
        rows = session.appearances.values_list("speaker__origin_id", "is_released", "is_leaving")
        return sorted((number_kept(origin), *rest) for origin, *rest in rows)

    bring_in(changed)
    assert cast() == [(1544, False, False), (3530, True, True)]
    assert counts(bring_in(changed)) == (0, 0, 3, 0)

    bring_in(CONGRESS)
    assert cast() == [(3530, True, False)]

    bring_in(changed, is_released=True)
    assert cast() == [(1544, True, False)]


def test_released_change_is_a_second_version():
    bring_in(is_released=True)

    plan = bring_in(CONGRESS.replace(b"T14:00:00", b"T15:00:00"), is_released=True)

    session = Session.objects.get(title="Smart grids")
    assert (plan.released, session.starts.hour, session.sequence) == (2, 14, 1)


def test_changed_file_that_would_release_clashes_says_both_sides_and_what_to_do(tmp_path):
    """As the 31c3: what came as it was had a speaker in two places. A release of a change to it is refused, in lines."""
    both = CONGRESS.replace(b"T00:15:00", b"T22:30:00").replace(b"2014-12-28T22", b"2014-12-27T22")
    both = both.replace(b"<persons></persons>", b"<persons><person id='1544'>Ada Lovelace</person></persons>")
    file = tmp_path / "changed.xml"
    file.write_bytes(both)
    assert len(bring_in(both, is_released=True).clashes) == 2
    file.write_bytes(both.replace(b"T14:00:00", b"T15:00:00").replace(b"<start>14:00", b"<start>15:00"))

    with pytest.raises(CommandError) as refused:
        run(str(file), forum="congress", release=True)

    lines = str(refused.value).splitlines()
    assert lines[:2] == [
        "Nothing was brought in.",
        "The release is refused while these clashes stand. Bring the file in without a release, solve them on the board,"
        " then release",
    ]
    assert [line.partition(":")[0] for line in lines[2:]] == ["Solve this clash first"] * 2
    person = next(line for line in lines if "Ada Lovelace" in line)
    assert ("“Opening & welcome” (27 December" in person, "“Late show” (27 December" in person) == (True, True)
    assert Placement.objects.get(session__title="Smart grids").starts.hour == 13
    assert "Brought in: 0 new, 1 changed" in run(str(file), forum="congress")


def test_dry_run_of_a_release_says_that_it_would_be_refused_and_leaves_nothing(tmp_path):
    rows = "".join(f"Talk {n},2020-06-23 {n}:00,{n + 1}:00,Hall\n" for n in (10, 12))
    file = tmp_path / "a.csv"
    file.write_text(f"title,starts,ends,room\n{rows}")
    run(str(file), forum="new", release=True)
    before = revision.current()
    file.write_text(
        f"title,starts,ends,room\n{rows.replace('12:00,13', '10:30,13')}Third,2020-06-24 10:00,11:00,Attic\n"
    )

    plain = run(str(file), forum="new", dry_run=True)
    released = run(str(file), forum="new", dry_run=True, release=True)
    file.write_text(f"title,starts,ends,room\n{rows.replace('12:00,13', '14:00,15')}")
    good = run(str(file), forum="new", dry_run=True, release=True)

    assert ("would be refused" in plain, "would be refused" in good) == (False, False)
    assert "would be refused: The release is refused while these clashes stand." in released
    assert "would be refused: Solve this clash first: Hall is taken: “Talk 10”" in released
    assert released.endswith("Nothing was changed.\n")
    assert (Session.objects.count(), Room.objects.count(), Release.objects.count()) == (2, 1, 1)
    assert revision.current() == before
    assert not releases.waiting(Forum.objects.get()).exists()


def test_text_alone_is_no_version():
    bring_in(is_released=True)

    plan = bring_in(CONGRESS.replace(b"<description>Text<", b"<description>Other<"), is_released=True)

    assert (counts(plan), plan.released) == ((0, 1, 2, 0), None)


def test_speaker_in_every_room_at_once_is_told_and_never_released_into_a_forum_that_runs():
    everywhere = CONGRESS.replace(b"T00:15:00", b"T22:30:00").replace(b"2014-12-28T22", b"2014-12-27T22")
    everywhere = everywhere.replace(
        b"<persons></persons>", b"<persons><person id='1544'>Ada Lovelace</person></persons>"
    )
    forum = ForumFactory(slug="congress", starts=date(2014, 12, 20), ends=date(2014, 12, 30), time_zone="Europe/Zurich")
    SessionFactory(forum=forum)

    with pytest.raises(ValidationError) as refusal:
        bring_in(everywhere, is_released=True)
    refused = Session.objects.count()
    plan = bring_in(everywhere)

    assert ("blocking-clash" in {fault.code for fault in refusal.value.error_list}, refused) == (True, 1)
    assert any("Ada Lovelace" in clash for clash in plan.clashes)


@pytest.mark.parametrize(("code", "told"), [("sunday", ["Not on a Sunday"]), ("nothing-changed", [])])
def test_another_refusal_of_the_release_is_told_as_it_is(monkeypatch, code, told):
    bring_in(is_released=True)

    def refuse(*_arguments, **_more):
        raise ValidationError("Not on a Sunday", code=code)

    monkeypatch.setattr(releases, "release", refuse)
    messages = []
    try:
        plan = bring_in(CONGRESS.replace(b"T14:00:00", b"T15:00:00").replace(b">14:00<", b">15:00<"), is_released=True)
    except ValidationError as refusal:
        messages = refusal.messages
    else:
        assert plan.released is None

    assert messages == told


def test_sessions_that_the_file_does_not_have_stay():
    bring_in()
    SessionFactory(forum=Forum.objects.get(), title="Ours")

    plan = bring_in()

    assert (plan.untouched, Session.objects.filter(title="Ours").exists()) == (1, True)


def test_speakers_are_found_by_name_and_keep_their_identity():
    forum = ForumFactory(slug="congress")
    known = SpeakerFactory(forum=forum, name="Grace Hopper", form_of_address="Dr")
    SpeakerFactory(name="Grace Hopper", forum=ForumFactory(slug="other"))

    bring_in()
    again = bring_in()

    known.refresh_from_db()
    assert again.is_empty
    assert (number_kept(known.origin_id), known.name, known.form_of_address) == (3874, "Grace Hopper", "Dr")


def test_second_file_with_the_same_numbers_renames_nobody():
    """As 36C3 was put together: each part counts its people from one."""
    bring_in()
    names = set(Speaker.objects.values_list("pk", "name"))
    other = CONGRESS.replace(b"Ada Lovelace", b"Mary Somerville").replace(b" Grace Hopper ", b"Jean Bartik")

    plan = bring_in(other.replace(b"guid='", b"guid='9").replace(b"id='6", b"id='7"))

    assert (plan.people.changes, names <= set(Speaker.objects.values_list("pk", "name"))) == ([], True)
    assert {person.name for person in plan.people.new.values()} == {"Mary Somerville", "Jean Bartik"}


def test_identities_that_another_forum_has_are_kept_beside():
    bring_in(slug="one")

    bring_in(slug="two")
    again = bring_in(slug="two")

    one, two = (Forum.objects.get(slug=slug) for slug in ("one", "two"))
    assert again.is_empty
    assert set(one.sessions.values_list("guid")) & set(two.sessions.values_list("guid")) == set()
    assert two.sessions.order_by("pk")[0].origin_id == "29aecfd7-2e44-4f49-ab86-29b5e0877325"


def test_cancelling_and_restoring_through_a_calendar():
    bring_in(is_released=True)
    forum = Forum.objects.get()
    calendar = written(forum, "ics")
    cancelled = calendar.replace(b"STATUS:CONFIRMED", b"STATUS:CANCELLED")

    states = []
    for file in (cancelled, cancelled, calendar):
        plan = bring_in(file)
        states.append((len(plan.changed), set(Placement.objects.values_list("state", flat=True))))

    assert states == [(3, {"cancelled"}), (0, {"cancelled"}), (3, {"scheduled"})]


def test_cancelled_session_of_a_new_forum():
    bring_in(b"title,starts,ends,state\nTalk,2020-06-23 10:00,11:00,cancelled\nLater,,,")

    assert [(p.session.title, p.state) for p in Placement.objects.order_by("session__title")] == [
        ("Later", "unscheduled"),
        ("Talk", "cancelled"),
    ]


def test_session_that_was_released_without_a_draft_is_the_same():
    forum = ForumFactory(slug="congress", time_zone="Europe/Zurich")
    SessionFactory(forum=forum, code="ABC123", title="Talk", starts=NOW, ends=NOW.replace(hour=14))
    Placement.objects.all().delete()

    plan = bring_in(b"code,title,starts,ends\nABC123,Talk,2020-07-22T14:20+02:00,2020-07-22T16:20+02:00")

    assert counts(plan) == (0, 0, 1, 0)


def test_columns_of_a_table():
    organisation, line, goal = OrganisationFactory(name="ITU"), ActionLineFactory(code="C2"), SDGFactory(number=9)
    text = (
        "title,starts,ends,organisers,action_lines,sdgs,captioning,languages\n"
        "Talk,2020-06-23 10:00,11:00,ITU; Nobody; itu,C2,9; SDG 9,en; tlh,fr\n"
    )

    plan = bring_in(text.encode())
    again = bring_in(text.encode())
    fewer = bring_in(text.replace("ITU; Nobody; itu", "").encode())

    session = Session.objects.get()
    assert ([*session.action_lines.all()], [*session.sdgs.all()], session.captioning) == ([line], [goal], ["en"])
    assert [note.text for note in plan.notes] == [
        "Not known here and left out: Nobody",
        "The language “tlh” is not one of this site: left out",
    ]
    assert (again.is_empty, counts(fewer), session.organisers.count()) == (True, (0, 1, 0, 0), 0)
    assert organisation.sessions.count() == 0


def test_categories_of_another_calendar():
    ActionLineFactory(code="C2")
    lines = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{0}\nSUMMARY:{0}\nDTSTART:20200623T100000Z\nDURATION:PT1H\n{1}END:VEVENT\nEND:VCALENDAR\n"
    with_words = lines.format("a", "CATEGORIES:C2,Thematic Workshop,Music\n")

    bring_in(with_words.encode())
    bring_in(lines.format("b", "").encode())

    one, other = Session.objects.order_by("pk")
    assert (one.type.name, one.track.name, one.action_lines.count()) == ("Thematic Workshop", "Music", 1)
    assert (other.type.name, other.track) == ("Session", None)


def test_long_texts_are_cut_and_told():
    text = f"title,starts,ends,description,type\n{'t' * 300},2020-06-23 10:00,11:00,{'d' * 10_001},{'k' * 100}\n"

    plan = bring_in(text.encode())

    session = Session.objects.get()
    assert (len(session.title), len(session.description), len(session.type.name)) == (250, 10_000, 80)
    assert len(plan.notes) == 2


def test_new_types_get_codes_of_their_own():
    bring_in(
        "title,starts,ends,type\nA,2020-06-23 10:00,11:00,Über uns\nB,2020-06-23 10:00,11:00,uber-uns\n"
        "C,2020-06-23 10:00,11:00,日本".encode()
    )

    assert list(Session.objects.order_by("title").values_list("type__code", flat=True)) == [
        "uber_uns",
        "uber_uns_2",
        "session",
    ]


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries):
    rows = "".join(f"Talk {n},2020-06-23 10:00,11:00,Room {n},Person {n}\n" for n in range(300))

    with django_assert_max_num_queries(60):
        bring_in(f"title,starts,ends,room,speakers\n{rows}".encode())


# --- there and back -------------------------------------------------------------------------------
@pytest.fixture
def full():
    """A forum with everything that a file can hold, and things that it cannot."""
    forum = ForumFactory(slug="2020", theme="Theme", time_zone="Europe/Zurich")
    rooms = [RoomFactory(forum=forum, name=name, order=n, capacity=n or None) for n, name in enumerate("ZYX")]
    tracks = [Track.objects.create(forum=forum, name=f"Track <{name}>", order=n) for n, name in enumerate("BA")]
    for number in range(6):
        session = SessionFactory(
            forum=forum,
            number=None if number == 2 else 100 + number // 2,
            title=f"Session “{number}” & <b>ü</b>",
            description=f"Line 1\n\n- *{number}*; a, b \\ <i>c</i>",
            starts=NOW.replace(hour=4 * number),
            ends=NOW.replace(hour=4 * number + 3),
            room=rooms[number % 3] if number else None,
            track=tracks[number % 2] if number else None,
            languages=["en", "fr"],
            captioning=["en"],
            recording_url="https://example.org/r" if number else "",
            broadcast_url="https://example.org/b" if number else "",
            sequence=number,
            meeting_url="https://secret.example.org/",
        )
        session.organisers.add(OrganisationFactory(name=f"Organisation {number}; and more"))
        session.action_lines.add(ActionLineFactory())
        session.sdgs.add(SDGFactory())
        for order in range(number):
            role = Appearance.Role.MODERATOR if order else Appearance.Role.KEYNOTE
            speaker = SpeakerFactory(forum=forum, form_of_address="Dr", biography=f"**{number}** <script>")
            AppearanceFactory(session=session, speaker=speaker, role=role, order=order)
        Document.objects.create(session=session, title="Paper", file="documents/a.pdf")
    return forum


# What docs/exchange.md lists: the site's own addresses and stamps, and for the second forum of a site its own codes.
OWN = {
    "xml": [r"<version>.*</version>", r"<attachments>.*</attachments>"],
    "json": [r'"version":"\d+"', r'"url":"[^"]*/speakers/\d+/"', r'"attachments":\[[^]]*\]'],
    "csv": [],
    "xlsx": [],
    "ics": [r"DTSTAMP:\w+", r"LAST-MODIFIED:\w+"],
}


def bare(data, ending):
    text = data.decode("latin-1" if ending == "xlsx" else "utf-8")
    for pattern in OWN[ending]:
        text = re.sub(pattern, "", text)
    return text


@pytest.mark.parametrize("ending", WRITERS)
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


@pytest.mark.parametrize("ending", ["xml", "json"])
def test_second_forum_of_a_site_has_the_same_identities(full, ending):
    out = written(full, ending)

    bring_in(out, slug="copy", is_released=True)

    other = written(Forum.objects.get(slug="copy"), ending)
    guids = [re.findall(rb'guid[="\': ]+([-0-9a-f]{36})', file) for file in (out, other)]
    assert guids[0] == guids[1]


# --- files ----------------------------------------------------------------------------------------
def test_event_of_the_calendar_is_the_file_of_the_session(full, client):
    session = full.sessions.last()
    SessionText.objects.create(session=session, language="en", title="Other", description="ü" * 100)

    one, whole = (client.get(f"/2020/{path}").content for path in (f"programme/{session.code}.ics", "schedule.ics"))

    start, end = one.index(b"BEGIN:VEVENT"), one.index(b"END:VCALENDAR")
    assert one[start:end] in whole
    assert max(map(len, whole.split(b"\r\n"))) <= 75


@pytest.mark.parametrize(
    ("starts", "ends", "length"),
    [
        ((3, 28, 23, 30), (3, 29, 1, 30), "02:00"),  # the clocks go forward in between
        ((10, 24, 23, 30), (10, 25, 1, 30), "02:00"),  # and back
        ((10, 25, 0, 30), (10, 25, 1, 0), "00:30"),  # the clock says that it ends before it starts
    ],
)
def test_lengths_over_a_change_of_clocks(starts, ends, length):
    forum = ForumFactory(starts=date(2020, 1, 1), ends=date(2020, 12, 31), time_zone="Europe/Zurich")
    times = [datetime(2020, *moment, tzinfo=UTC) for moment in (starts, ends)]
    SessionFactory(forum=forum, starts=times[0], ends=times[1])

    xml, whole = written(forum, "xml").decode(), json.loads(written(forum, "json"))

    (day,) = whole["schedule"]["conference"]["days"]
    assert (f"<duration>{length}</duration>" in xml, day["rooms"][""][0]["duration"]) == (True, length)
    assert datetime.fromisoformat(day["day_end"]) - datetime.fromisoformat(day["day_start"]) == times[1] - times[0]


def test_days_end_after_midnight():
    forum = bring_in(is_released=True).forum

    days = released_timetable.gather(forum, language="en", parts=released_timetable.FRAB, now=NOW).days()

    assert [(str(day.date), sum(map(len, day.rooms.values())), day.ends.isoformat()) for day in days] == [
        ("2014-12-27", 2, "2014-12-28T02:30:00+01:00"),
        ("2014-12-28", 1, "2014-12-28T15:00:00+01:00"),
    ]


def test_hall_that_is_open_from_midnight_belongs_to_its_own_day():
    forum = ForumFactory()
    for day in (23, 24):
        starts = datetime(2020, 6, day - 1, 22, tzinfo=UTC)
        SessionFactory(forum=forum, starts=starts, ends=starts.replace(day=day))

    days = released_timetable.gather(forum, language="en", parts=released_timetable.FRAB, now=NOW).days()

    assert [day.date.day for day in days] == [23, 24]


def test_forum_without_sessions_has_one_empty_day():
    forum = ForumFactory(slug="wf")

    whole = json.loads(written(forum, "json"))["schedule"]["conference"]

    assert (whole["daysCount"], whole["days"][0]["rooms"], whole["acronym"]) == (1, {}, "forum_wf")
    assert written(forum, "xml").count(b"<day ") == 1


def test_times_with_seconds_and_very_long_sessions():
    forum = ForumFactory()
    starts = NOW.replace(second=30)
    SessionFactory(forum=forum, starts=starts, ends=starts.replace(day=30, minute=0, second=40), title="日", number=1)

    xml, whole = written(forum, "xml").decode(), json.loads(written(forum, "json"))

    event = whole["schedule"]["conference"]["days"][0]["rooms"][""][0]
    assert ("<duration>99:59</duration>" in xml, "<start>14:20:30</start>" in xml) == (True, True)
    assert (event["duration"], event["start"], event["slug"]) == ("191:40", "14:20", "2020-1-session")


# --- the command ----------------------------------------------------------------------------------
def run(*arguments, **options):
    out = StringIO()
    call_command("import_schedule", *arguments, stdout=out, **options)
    return out.getvalue()


def test_command_says_what_it_would_do_and_does_it():
    dry = run(str(FILE), forum="congress", dry_run=True)
    first = run(str(FILE), forum="congress")
    again = run(str(FILE), forum="congress", release=True)

    assert "Would bring in: 3 new, 0 changed, 0 the same, 0 not used." in dry
    assert dry.endswith("Nothing was changed.\n")
    assert "new: event 6264, line 24: Late show" in first
    assert first.endswith("(or run this with --release).\n")
    assert "Brought in: 0 new, 0 changed, 3 the same" in again
    assert again.endswith("Released as version 1.\n")


def test_command_reports_lines_and_clashes(tmp_path):
    rows = "".join(f"Talk {n},2020-06-23 10:00,11:00,Hall,Ada\n" for n in range(25))
    file = tmp_path / "a.csv"
    file.write_text(f"title,starts,ends,room,speakers\n{rows}Bad,2020-06-23 10:00,10:00,,\n")

    said = run(str(file), forum="new", release=True)

    assert "… and 5 more" in said
    assert "not used: row 27: Its duration is zero" in said
    assert "clash: " in said


def test_command_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError):
        run(str(tmp_path / "a.xml"), forum="new")


# --- a draft that moved ---------------------------------------------------------------------------
def test_place_of_the_draft_is_what_a_file_is_compared_with():
    bring_in(is_released=True)
    session = Session.objects.get(title="Smart grids")
    moves.unschedule(session, version=None, by=None, now=NOW)

    plan = bring_in()

    assert (counts(plan), Placement.objects.get(session=session).state) == ((0, 1, 2, 0), "scheduled")


def test_problems_over_the_limit_are_counted(monkeypatch):
    monkeypatch.setattr("events.exchange.readers.records.MAX_PROBLEMS", 1)

    plan = bring_in(
        CONGRESS.replace(b"www.example.org", b"a").replace(b"https://example.org/slides", b"b"), is_dry=True
    )

    assert [note.text for note in plan.notes] == ["“b” is no web address: left out", "And 2 more"]
