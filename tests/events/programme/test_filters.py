from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from events.models import SDG, ActionLine, Session, SessionType, Track
from events.programme import filter_fields, filters, session_entries
from events.programme.filters import SessionFilters
from tests.factories import NOW, ForumFactory, OrganisationFactory, SDGFactory, SessionFactory

ZONE = ZoneInfo("Europe/Zurich")
MOMENT = NOW + timedelta(hours=60)  # half of the sessions have ended, so that their recordings are told
pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """Forty sessions whose values are drawn at random, always the same way."""
    draw = Random(7)  # noqa: S311
    forum = ForumFactory()
    lines = list(ActionLine.objects.filter(code__in=["C2", "C7", "C7-E-GOV", "C7-E-BUS"]))
    goals = [SDGFactory(number=number) for number in (3, 9)]
    types = [SessionType.objects.get_or_create(code=code, defaults={"name": code})[0] for code in ("one", "two")]
    tracks = [Track.objects.create(forum=forum, name=name) for name in "ab"]
    organisations = [OrganisationFactory(stakeholder_type=kind) for kind in ("academia", "government", "government")]
    for number in range(40):
        session = SessionFactory(
            forum=forum,
            type=draw.choice(types),
            track=draw.choice([*tracks, None]),
            starts=NOW + timedelta(hours=number * 3),
            languages=draw.choice([[], ["en"], ["en", "fr"], ["ar", "fr"]]),
            captioning=draw.choice([[], ["en"]]),
            interpretation=draw.choice([[], ["es"], ["fr", "ils"]]),
            broadcast_url=draw.choice(["", "https://example.org/live"]),
            recording_url=draw.choice(["", "https://example.org/r"]),
            state=draw.choice(["scheduled", "scheduled", "cancelled", "draft"]),
        )
        session.action_lines.set(draw.sample(lines, draw.randint(0, 3)))
        session.sdgs.set(draw.sample(goals, draw.randint(0, 2)))
        session.organisers.set(draw.sample(organisations, draw.randint(0, 2)))
    return forum


def entries_of(forum, zone=ZONE):
    lines = list(ActionLine.objects.all())
    names = dict(SDG.objects.values_list("number", "title"))
    return session_entries.entries(forum, language="en", lines=lines, goal_names=names, zone=zone, now=MOMENT)


QUERIES = [
    "",
    "type=one",
    "type=one&type=two",
    "action_line=C7",
    "action_line=C2&action_line=C7-E-GOV",
    "sdg=9&action_line=C7",
    "language=fr",
    "language=fr&language=en&sdg=3",
    "stakeholder=government&only=recording",
    "only=recording&only=captions",
    "follow=en&follow=es",
    "follow=ils&type=one",
    "only=interpretation&only=sign",
    "only=broadcast&only=captions",
    "only=captions&type=two&language=ar&sdg=9",
    "day=2020-07-23&day=2020-07-24&type=one",
]


def agree(filters, rows, public, query):
    """The database finds what the values in memory say, and each option says how many rows would be shown if it were the only one
    of its filter, with all other filters as they are."""

    def found(data):
        return set(filters(data, now=MOMENT, queryset=public).qs.values_list("pk", flat=True))

    data, on_page = QueryDict(query), filters.on_page().items()
    labels = {name: {value: value for row in rows for value in one.values(row)} for name, one in on_page}
    left, groups = filters.narrowed(rows, labels=labels, chosen=dict(data.lists()), found=None)
    assert {row.pk for row in left} == found(data) != set(), query
    assert {group.name for group in groups} == labels.keys()
    for group in groups:
        for one in group.options:
            only = data.copy()
            only.setlist(group.name, [*(only.getlist("only") if group.name == "only" else []), one.value])
            assert one.count == len(found(only)), (query, group.name, one)


def test_database_values_and_counts_agree(world):
    for query in QUERIES:
        agree(SessionFilters, entries_of(world), Session.objects.public().filter(forum=world), query)


def test_line_with_parts_holds_its_parts_and_a_search_narrows_the_counts(world):
    entries = entries_of(world)

    of_parent = {entry.pk for entry in entries if "C7" in entry.all_lines}
    of_parts = {entry.pk for entry in entries if {line.code for line in entry.lines} & {"C7-E-GOV", "C7-E-BUS"}}
    left, groups = SessionFilters.narrowed(
        entries, labels={"type": {entries[0].type: ""}}, chosen={}, found={entries[0].pk}
    )

    assert of_parts
    assert of_parts <= of_parent
    assert (left, groups[0].options[0].count) == ([entries[0]], 1)


def test_day_is_a_day_in_the_zone(world):
    forum = world
    late = SessionFactory(forum=forum, starts=NOW.replace(hour=22, minute=30), ends=NOW.replace(hour=23))

    days = {
        zone: next(entry.day.day for entry in entries_of(forum, ZoneInfo(zone)) if entry.pk == late.pk)
        for zone in ("Europe/Zurich", "UTC", "America/New_York")
    }

    assert days == {"Europe/Zurich": 23, "UTC": 22, "America/New_York": 22}


def test_known_only_splits_keeps_each_once_and_looks_at_so_many():
    data = QueryDict("type=one&type=one&type=evil&sdg=9&sdg=&day=x&other=1&q=y")
    many = QueryDict("&".join(f"sdg={number}" for number in range(1000)))

    kept, unknown = filters.known_only(data, choices={name: {"one", "9"} for name in SessionFilters.on_page()})
    _kept, others = filters.known_only(many, choices={name: set() for name in SessionFilters.on_page()})

    assert (kept.urlencode(), sorted(unknown)) == ("type=one&sdg=9", ["evil", "x"])
    assert len(others) == filter_fields.MOST_VALUES
