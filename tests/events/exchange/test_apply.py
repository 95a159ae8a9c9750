"""What an import writes: all of it or nothing, once and not twice; and what comes back out of a file."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from events.exchange import apply
from events.models import Appearance, Forum, Organisation, Placement, Release, Room, Session, Speaker, Track
from events.schedule import moves
from events.schedule.releases import releases
from events.shared.pages import revision
from events.shared.tables import stable_identities
from events.shared.tables.answers import Answers
from events.shared.tables.stable_identities import number_kept
from tests.events.exchange.imports import CONGRESS, bring_in, counts, written
from tests.factories import (
    NOW,
    ActionLineFactory,
    ForumFactory,
    OrganisationFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
)
from tests.refusals import refused

pytestmark = pytest.mark.django_db


# --- a new forum ----------------------------------------------------------------------------------
def test_file_makes_a_forum_with_a_draft_and_a_dry_run_nothing():
    before = revision.current()
    plans = [bring_in(is_dry=True, is_released=is_released) for is_released in (False, True)]
    assert ([counts(plan) for plan in plans], Forum.objects.exists()) == ([(3, 0, 0, 0)] * 2, False)
    assert (Session.objects.count(), Speaker.objects.exists(), revision.current()) == (0, False, before)

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
    assert (late.origin_id, late.guid) == (
        "HOqeNIb6G7M4hYFKFRkCmQ",
        stable_identities.of_session("HOqeNIb6G7M4hYFKFRkCmQ"),
    )
    assert (late.languages, late.track, late.type.name, late.number) == ([], None, "podium", 6264)
    assert [note.text for note in plan.notes][-1] == "The language “de” is not one of this site: left out"
    assert Speaker.objects.filter(forum=forum, name="Ada Lovelace").count() == 2  # two identities, one name
    assert [room.name for room in Room.objects.filter(forum=forum)] == ["Hall 1", "Hall 2"]


def stored():
    return revision.current(), list(Session.objects.values()), list(Placement.objects.values())


def test_file_is_released_at_once_and_the_same_file_twice_changes_nothing(client):
    before = revision.current()
    bring_in(slug="drafted")
    drafted = stored()
    again = bring_in(slug="drafted")
    assert (again.is_empty, counts(again), stored() == drafted) == (True, (0, 0, 3, 0), True)

    plan = bring_in(is_released=True)

    assert (plan.released, Release.objects.get().number) == (1, 1)
    assert Session.objects.public().filter(forum__slug="congress").count() == 3
    assert not Appearance.objects.filter(is_released=False, session__forum__slug="congress").exists()
    assert revision.current() > before
    assert "Late show" in client.get("/congress/programme/").content.decode()
    released = stored()
    again = bring_in(is_released=True)
    assert (again.is_empty, counts(again), stored() == released) == (True, (0, 0, 3, 0), True)


SOON = "title,starts,duration\nTalk 0,soon,60\n"
NO_DATES = "The file says no dates. Add the forum first, then bring in the file"


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (b"title\nTalk", "no-dates", [NO_DATES, "row 2: It has no time: it is taken without one"]),
        (b"title,starts,ends\nA,2020-01-01 10:00,11:00\nB,2022-01-01 10:00,11:00", "no-dates", None),
        (SOON.encode(), "no-dates", [NO_DATES, "row 2, column starts: “soon” is no date and time"]),
        ((SOON + "B,soon 1,60\n" * 6).encode(), "no-dates", None),
        (b"<schedule>", "broken", None),
    ],
)
def test_refused_file_leaves_nothing_and_says_why_there_are_no_dates(data, code, lines):
    with pytest.raises(ValidationError) as refusal:
        bring_in(data, slug="new")

    assert (refusal.value.error_list[0].code, Forum.objects.exists()) == (code, False)
    assert lines is None or refusal.value.messages == lines
    assert len(refusal.value.messages) <= 7
    assert data.count(b"soon") < 6 or refusal.value.messages[-1] == "And 2 more"


def test_new_forum_has_the_zone_of_the_offsets_and_is_not_public_without_sessions():
    files = [CONGRESS.replace(b"+01:00", offset) for offset in (b"+09:00", b"+05:45")]
    days = b"<title>T</title><start>2020-06-22</start><end>2020-06-23</end>"

    zones = [bring_in(file, slug=slug).forum.time_zone for file, slug in zip(files, ("one", "two"), strict=True)]
    plan = bring_in(b"<schedule><conference>%s</conference></schedule>" % days, is_released=True)

    assert zones == ["Asia/Tokyo", "UTC"]
    assert (plan.forum.is_public, plan.released) == (False, None)
    assert [note.text for note in plan.notes] == ["The file holds no sessions"]


def test_bad_address_is_refused():
    for slug in ("admin", "Not a slug", "", "a" * 31):
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


# --- a forum that is there ------------------------------------------------------------------------
def test_change_of_a_file_is_a_change_of_the_draft():
    bring_in(is_released=True)
    changed = CONGRESS.replace(b"Smart grids", b"Smarter grids").replace(b"T14:00:00", b"T15:00:00")
    changed = changed.replace(b"<person id='3530'>Ada Lovelace", b"<person id='1544'>Ada Lovelace")

    plan = bring_in(changed)

    session = Session.objects.get(title="Smarter grids")
    assert counts(plan) == (0, 1, 2, 0)
    assert [label for label, *_cells in plan.changed[0].shown] == ["title", "time and room", "speakers"]
    assert [change[1:] for change in plan.changed[0].shown][1] == (
        "2014-12-28 14:00–15:00 Hall 2",
        "2014-12-28 15:00–16:00 Hall 2",
    )
    assert (session.starts.hour, session.placement.starts.hour, session.placement.version) == (13, 14, 2)
    drafted = session.appearances.drafted()
    moves.unschedule(session, version=None, by=None, now=NOW)
    back = bring_in(changed)  # a file is compared with the place of the draft
    assert (counts(back), Placement.objects.get(session=session).state) == ((0, 1, 2, 0), "scheduled")
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


def test_released_change_is_a_second_version_and_text_alone_is_none():
    bring_in(is_released=True)

    text = bring_in(CONGRESS.replace(b"<description>Text<", b"<description>Other<"), is_released=True)
    later = bring_in(CONGRESS.replace(b"T14:00:00", b"T15:00:00"), is_released=True)

    session = Session.objects.get(title="Smart grids")
    assert (counts(text), text.released) == ((0, 1, 2, 0), None)
    assert (later.released, session.starts.hour, session.sequence) == (2, 14, 1)


def test_another_refusal_of_the_release_is_told_as_it_is(monkeypatch):
    bring_in(is_released=True)
    later = CONGRESS.replace(b"T14:00:00", b"T15:00:00").replace(b">14:00<", b">15:00<")

    def refuse(*_arguments, **_more):
        raise ValidationError("Not on a Sunday", code=codes.pop())

    monkeypatch.setattr(releases, "release", refuse)
    codes = ["nothing-changed", "sunday"]
    with pytest.raises(ValidationError, match="Not on a Sunday"):
        bring_in(later, is_released=True)

    assert bring_in(later, is_released=True).released is None


def test_what_the_forum_has_beside_the_file_stays_and_speakers_are_found_by_name():
    forum = ForumFactory(slug="congress")
    SessionFactory(forum=forum, title="Ours")
    known = SpeakerFactory(forum=forum, name="Grace Hopper", form_of_address="Dr")
    SpeakerFactory(name="Grace Hopper", forum=ForumFactory(slug="other"))

    bring_in()
    again = bring_in()

    known.refresh_from_db()
    assert (again.is_empty, again.untouched, Session.objects.filter(title="Ours").count()) == (True, 1, 1)
    assert (number_kept(known.origin_id), known.name, known.form_of_address) == (3874, "Grace Hopper", "Dr")


def test_second_file_with_the_same_numbers_renames_nobody():
    """As 36C3 was put together: each part counts its people from one."""
    bring_in()
    names = set(Speaker.objects.values_list("pk", "name"))
    other = CONGRESS.replace(b"Ada Lovelace", b"Mary Somerville").replace(b" Grace Hopper ", b"Jean Bartik")

    plan = bring_in(other.replace(b"guid='", b"guid='9").replace(b"id='6", b"id='7"))

    assert (plan.people.changes, names <= set(Speaker.objects.values_list("pk", "name"))) == ([], True)
    assert {person.name for person in plan.people.new} == {"Mary Somerville", "Jean Bartik"}


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


def test_columns_of_a_table_and_categories_of_a_calendar():
    known, line, goal = OrganisationFactory(name="ITU"), ActionLineFactory(code="C2"), SDGFactory(number=9)
    text = (
        "title,starts,ends,organisers,action_lines,sdgs,captioning,languages\n"
        "Talk,2020-06-23 10:00,11:00,ITU; Nobody; itu,C2,9; SDG 9,en; tlh,fr\n"
    )

    plan = bring_in(text.encode())
    again = bring_in(text.encode())
    fewer = bring_in(text.replace("ITU; Nobody; itu", "").encode())

    session = Session.objects.get()
    assert ([*session.action_lines.all()], [*session.sdgs.all()], session.captioning) == ([line], [goal], ["en"])
    assert [note.text for note in plan.notes] == ["The language “tlh” is not one of this site: left out"]
    made = Organisation.objects.get(name="Nobody")  # no organiser of a session is dropped
    assert (plan.names.new_organisations, made.is_checked, Organisation.objects.count()) == ([made], False, 2)
    assert (again.is_empty, counts(fewer), session.organisers.count()) == (True, (0, 1, 0, 0), 0)
    assert known.sessions.count() == 0
    lines = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{0}\nSUMMARY:{0}\nDTSTART:20200623T100000Z\nDURATION:PT1H\n{1}"
    for uid, words in (("a", "CATEGORIES:C2,Thematic Workshop,Music\n"), ("b", "")):
        bring_in(f"{lines.format(uid, words)}END:VEVENT\nEND:VCALENDAR\n".encode(), slug="calendar")
    one, other = Session.objects.filter(forum__slug="calendar").order_by("pk")
    assert (one.type.name, one.track.name, one.action_lines.count()) == ("Thematic Workshop", "Music", 1)
    assert (other.type.name, other.track) == ("Session", None)


def test_long_texts_are_cut_and_told_and_new_types_get_codes_of_their_own(monkeypatch):
    names = ("Über uns", "uber-uns", "日本", "k" * 100)
    rows = "".join(f"{'t' * 300},2020-06-23 10:00,11:00,{'d' * 10_001},{name}\n" for name in names)

    text = f"title,starts,ends,description,type\n{rows}".encode()
    questions = bring_in(text, is_dry=True).questions

    plan = bring_in(text, answers=Answers(names={question.key: "make" for question in questions}))

    session = Session.objects.order_by("type__pk").last()
    assert (len(session.title), len(session.description), len(session.type.name)) == (250, 10_000, 80)
    codes = Session.objects.order_by("type__pk").values_list("type__code", flat=True)
    assert (len(plan.notes), list(codes)) == (8, ["uber_uns", "uber_uns_2", "session", "k" * 36])

    monkeypatch.setattr("events.exchange.readers.records.MAX_PROBLEMS", 1)
    bad = CONGRESS.replace(b"www.example.org", b"a").replace(b"https://example.org/slides", b"b")
    plan = bring_in(bad, slug="other", is_dry=True)
    assert [note.text for note in plan.notes] == ["“b” is no web address: left out", "And 2 more"]


# --- what is refused ------------------------------------------------------------------------------
def test_archived_forum_takes_no_file():
    bring_in()
    Forum.objects.update(archived=NOW)
    Session.objects.all().delete()

    assert (refused(bring_in), Session.objects.exists()) == ("archived", False)


def test_changed_file_that_would_release_clashes_says_both_sides_and_what_to_do():
    """As the 31c3: what came as it was had a speaker in two places. A release of a change to it is refused, in lines."""
    both = CONGRESS.replace(b"T00:15:00", b"T22:30:00").replace(b"2014-12-28T22", b"2014-12-27T22")
    both = both.replace(b"<persons></persons>", b"<persons><person id='1544'>Ada Lovelace</person></persons>")
    assert len(bring_in(both, is_released=True).clashes) == 2
    changed = both.replace(b"T14:00:00", b"T15:00:00").replace(b"<start>14:00", b"<start>15:00")

    with pytest.raises(ValidationError) as refusal:
        bring_in(changed, is_released=True)

    what_to_do, *lines = refusal.value.messages
    assert what_to_do.startswith("The release is refused while these clashes stand")
    assert [line.partition(":")[0] for line in lines] == ["Solve this clash first"] * 2
    person = next(line for line in lines if "Ada Lovelace" in line)
    assert ("“Opening & welcome” (27 December" in person, "“Late show” (27 December" in person) == (True, True)
    assert Placement.objects.get(session__title="Smart grids").starts.hour == 13
    assert counts(bring_in(changed)) == (0, 1, 2, 0)
