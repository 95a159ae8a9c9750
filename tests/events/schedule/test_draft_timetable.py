"""The draft as the board reads it: places, limits, clashes in words; the same queries for one session and for many."""

from datetime import UTC, datetime, timedelta

import pytest

from events.models import Availability, Placement, Wish
from events.schedule import draft_timetable
from events.schedule.conflicts import ConflictKind, Span
from tests.events.proposals.factories import ProposalFactory
from tests.events.schedule.factories import NO_TIME, TWO, audience, move
from tests.factories import (
    ActionLineFactory,
    AppearanceFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
)

HALF = timedelta(minutes=30)


def told(forum):
    draft = draft_timetable.read(forum)
    return [(one.clash.kind, one.text) for one in draft_timetable.tell(draft, draft.clashes())]


# --- reading ----------------------------------------------------------------------------------------
def test_places_are_those_of_the_draft(forum, room):
    moved, other = SessionFactory(forum=forum), SessionFactory(forum=forum, room=room)
    SessionFactory(forum=ForumFactory(slug="2021"))
    move(moved, TWO + HALF, room=room)

    places = draft_timetable.read(forum).places

    assert len(places) == 2
    assert [
        (place.span, place.room, place.state, place.version, place.minutes, place.is_on_timetable)
        for place in (places[moved.pk], places[other.pk])
    ] == [
        (Span(TWO + HALF, TWO + 3 * HALF), room.pk, "scheduled", 2, 60, True),
        (Span(TWO, TWO + 3 * HALF), room.pk, "scheduled", 1, 90, True),
    ]


def test_draft_sessions_wait_at_the_side_and_make_no_clash(forum, room):
    """In the order of their start; those without a time last."""
    waits = SessionFactory(forum=forum, **NO_TIME)
    late = SessionFactory(forum=forum, starts=TWO + HALF, room=room, state="draft")
    states = ("cancelled", "scheduled")
    early = [SessionFactory(forum=forum, starts=TWO, room=room, state=state) for state in states]

    draft = draft_timetable.read(forum)

    assert draft.clashes() == []
    assert [(place.key, place.state, place.is_on_timetable) for place in draft.places.values()] == [
        *((row.pk, state, True) for row, state in zip(early, states, strict=True)),
        (late.pk, "unscheduled", False),
        (waits.pk, "unscheduled", False),
    ]


@pytest.mark.parametrize(
    ("values", "had", "asked", "minutes"),
    [
        (NO_TIME, None, 90, 90),
        (NO_TIME, 240, 90, 240),
        (NO_TIME, 240, None, 240),
        (NO_TIME, None, None, 60),
        ({"starts": TWO, "ends": TWO + HALF}, 240, 90, 30),
    ],
)
def test_length_without_a_time_is_the_one_it_had_or_what_the_proposal_asked_for(forum, values, had, asked, minutes):
    session = SessionFactory(forum=forum, **values)
    Placement.objects.filter(session=session).update(minutes=had)
    ProposalFactory(forum=forum, session=session, minutes=asked, state="accepted")
    SessionFactory(forum=forum, **NO_TIME)

    places = [*draft_timetable.read(forum).places.values()]

    assert sorted(place.minutes for place in places) == sorted([minutes, 60])


def test_who_leaves_with_the_next_release_is_in_no_two_places(forum):
    speaker = SpeakerFactory(forum=forum)
    AppearanceFactory(session=SessionFactory(forum=forum, starts=TWO), speaker=speaker, is_leaving=True)
    AppearanceFactory(session=SessionFactory(forum=forum, starts=TWO), speaker=speaker)

    assert draft_timetable.read(forum).clashes() == []


def test_audience_is_the_largest_of_expected_booked_and_places_to_book(forum):
    booked = SessionFactory(forum=forum, expected=5)
    expected = SessionFactory(forum=forum, expected=40, capacity=20)
    open_to_many = SessionFactory(forum=forum, expected=40, capacity=90)
    audience(forum, ("", "UTC", 6), ("", "Asia/Tokyo", 7), session=booked)
    audience(forum, ("", "UTC", 3), session=expected)
    audience(forum, ("", "UTC", 900))

    places = draft_timetable.read(forum).places

    assert [places[session.pk].audience for session in (booked, expected, open_to_many)] == [13, 40, 90]


def test_limits_of_the_forum(forum, room):
    forum.turn_round_minutes, forum.captioners, forum.interpreters = 15, 2, 1
    RoomFactory(forum=forum)
    speaker = SpeakerFactory(forum=forum)
    Availability.objects.create(speaker=speaker, starts=TWO, ends=TWO + HALF)
    Availability.objects.create(speaker=SpeakerFactory(forum=ForumFactory(slug="2021")), starts=TWO, ends=TWO + HALF)

    rules = draft_timetable.read(forum).rules

    assert (rules.opens, rules.closes) == (
        datetime(2020, 6, 21, 22, tzinfo=UTC),  # midnight in Geneva
        datetime(2020, 9, 10, 22, tzinfo=UTC),
    )
    assert (rules.turn_round, rules.captioners, rules.interpreters) == (timedelta(minutes=15), 2, 1)
    assert (dict(rules.seats), dict(rules.free)) == ({room.pk: 50}, {speaker.pk: [Span(TWO, TWO + HALF)]})


# --- in words ---------------------------------------------------------------------------------------
def test_blocking_clashes_in_words(forum, room):
    session = SessionFactory(forum=forum, title="First", starts=TWO, room=room)
    other = SessionFactory(forum=forum, title="Second", starts=TWO + HALF, room=room)
    speaker = SpeakerFactory(forum=forum, form_of_address="Dr", name="Ada")
    AppearanceFactory(session=session, speaker=speaker)
    AppearanceFactory(session=other, speaker=speaker, role="moderator")
    SessionFactory(forum=forum, title="Late", starts=datetime(2020, 9, 10, 21, tzinfo=UTC))
    for late in (session, other):
        late.action_lines.add(ActionLineFactory())

    first, second = "“First” (23 July, 14:00–15:30 Geneva)", "“Second” (23 July, 14:30–16:00 Geneva)"
    sentences, more = draft_timetable.blocking(forum)
    assert more == 0
    assert sentences == [
        f"Room A is taken: {first} overlaps with {second}",
        f"In two places at once: Dr Ada. {first} overlaps with {second}",
        "“Late” (10 September, 23:00–00:30 Geneva) lies outside the forum, which runs from 22 June 2020 to 10 September 2020",
    ]


def test_warnings_in_words(forum, room):
    forum.turn_round_minutes, forum.captioners, forum.interpreters = 15, 0, 1
    needs = {"captioning": ["en"], "interpretation": ["fr"]}
    session = SessionFactory(forum=forum, title="First", starts=TWO, room=room, expected=51, **needs)
    other = SessionFactory(forum=forum, title="Second", starts=TWO + HALF, interpretation=["es"])
    SessionFactory(forum=forum, title="Third", starts=TWO + 3 * HALF, room=room)
    speaker = AppearanceFactory(session=session, speaker=SpeakerFactory(forum=forum, name="Ada")).speaker
    Availability.objects.create(speaker=speaker, starts=TWO, ends=TWO + HALF)
    Wish.objects.create(session=other, starts=TWO, ends=TWO + 2 * HALF, is_wanted=False)
    for one in (session, other):
        one.action_lines.add(ActionLineFactory())

    first, second = "“First” (23 July, 14:00–15:30 Geneva)", "“Second” (23 July, 14:30–16:00 Geneva)"
    assert draft_timetable.blocking(forum) == ([], 0)
    assert told(forum) == [
        (ConflictKind.AVAILABILITY, f"Not available for {first}: Ada"),
        (ConflictKind.SIZE, f"Room A is too small for {first}: 51 people, 50 seats"),
        (ConflictKind.CAPTIONERS, f"From {first} on, 1 session is captioned. There are captioners for 0"),
        (
            ConflictKind.INTERPRETERS,
            f"From {second} on, 2 sessions are interpreted at once. There are interpreters for 1",
        ),
        (ConflictKind.WISH, f"The organisers of {second} wish for another time"),
        (
            ConflictKind.TURN_ROUND,
            f"Room A: 0 minutes between {first} and “Third” (23 July, 15:30–17:00 Geneva), 15 are needed",
        ),
        (ConflictKind.ACTION_LINE, f"At once for C2 Infrastructure: {first} and {second}"),
    ]
