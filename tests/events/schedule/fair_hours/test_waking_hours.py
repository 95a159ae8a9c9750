"""For whom a session falls within the day: by hand, and the quick way against the plain one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.schedule.conflicts import Span
from events.schedule.fair_hours.waking_hours import (
    Crowd,
    CrowdPart,
    Dial,
    burden,
    is_by_day,
    region_weights,
    told,
    worst_zone,
)


def span(text, minutes=60, *, day="2020-07-22"):
    starts = datetime.fromisoformat(f"{day}T{text}+00:00")
    return Span(starts, starts + timedelta(minutes=minutes))


def share(wanted, crowd):
    """The plain way: each zone is asked. None where there is nobody."""
    by_day = sum(
        number for zone, number in crowd.sizes(CrowdPart.ZONE).items() if is_by_day(wanted, zone=ZoneInfo(zone))
    )
    return by_day / crowd.total if crowd.total else None


@pytest.mark.parametrize(
    ("zone", "text", "minutes", "expected"),
    [
        ("UTC", "08:00", 60, True),
        ("UTC", "07:59", 60, False),
        ("UTC", "21:00", 60, True),
        ("UTC", "21:00", 61, False),
        ("UTC", "08:00", 14 * 60, True),
        ("UTC", "08:00", 24 * 60 + 60, False),  # it ends at nine, but of the next day
        ("Asia/Kolkata", "02:30", 60, True),  # 8:00 there
        ("Asia/Kolkata", "02:29", 60, False),
        ("Pacific/Auckland", "20:00", 60, True),  # 8:00 of the next day
        ("America/St_Johns", "00:30", 60, False),  # 22:00 to 23:00 of the day before
    ],
)
def test_a_day_runs_from_eight_to_ten_on_the_local_clock(zone, text, minutes, expected):
    assert is_by_day(span(text, minutes), zone=ZoneInfo(zone)) is expected


def test_the_day_follows_the_clocks_when_they_change():
    zone = ZoneInfo("Europe/Zurich")

    assert is_by_day(span("06:00", day="2020-10-24"), zone=zone)
    assert not is_by_day(span("06:00", day="2020-10-25"), zone=zone)  # seven in the morning since that night


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 5, "b": 9, "": 50}, ["b", "a"]),
        ({"a": 4, "b": 9, "c": 1}, ["b"]),
        ({"a": 4, "b": 9, "c": 7}, ["b"]),  # 20 less 16 would tell of the four
        ({"a": 9, "b": 7, "": 1}, ["a"]),
        ({"a": 9, "b": 1}, []),
        ({}, []),
    ],
)
def test_few_are_not_told_and_not_given_away_by_the_total(sizes, expected):
    assert told(sizes, nobody="") == expected


def test_small_regions_weigh_as_one():
    crowd = Crowd({("africa", "UTC"): 90, ("asia", "UTC"): 4, ("americas", "UTC"): 2, ("", "UTC"): 9})

    assert region_weights(crowd) == {"africa": 1.0, "asia": pytest.approx(2 / 3), "americas": pytest.approx(1 / 3)}


def test_burden_is_the_part_at_night():
    crowd = Crowd({("asia", "Asia/Tokyo"): 9, ("asia", "Asia/Kolkata"): 3})

    found = burden([span("09:00"), span("13:30"), span("03:00"), span("23:00")], crowd)

    assert (found, burden([], crowd)) == (pytest.approx((1 * 9 + 1 * 3) / (4 * 12)), 0.0)


def test_regions_count_alike_whatever_their_size():
    crowd = Crowd({("africa", "Africa/Bamako"): 45, ("asia", "Asia/Tokyo"): 5})
    late = span("13:30")

    shares = [Dial(crowd, late, regions=regions).share(late) for regions in (None, region_weights(crowd))]

    assert shares == [pytest.approx(0.9), pytest.approx(0.5)]


def test_regions_that_weigh_nothing_leave_people_alike_and_nobody_weighs_nothing():
    crowd = Crowd({("africa", "Africa/Bamako"): 9, ("asia", "Asia/Tokyo"): 1})

    assert Dial(crowd, span("12:00", 0), regions={"africa": 0.0}).share(span("13:30")) == pytest.approx(0.9)
    assert Dial(Crowd(), span("12:00", 0)).share(span("13:30")) == 0


names = "UTC Europe/Zurich America/St_Johns Asia/Kathmandu Pacific/Auckland Pacific/Kiritimati Asia/Tokyo"
zones = st.sampled_from(names.split())
crowds = st.dictionaries(
    st.tuples(st.sampled_from(["africa", "asia", ""]), zones), st.integers(1, 9), min_size=1, max_size=9
).map(Crowd)


@given(crowds, st.integers(0, 14 * 24 * 12), st.integers(1, 200))
def test_dial_gives_what_the_plain_way_gives(crowd, start, length):
    """Two weeks around a night in which clocks change in Europe and not elsewhere."""
    first = datetime(2020, 10, 18, tzinfo=UTC)
    starts = first + timedelta(minutes=5 * start)
    wanted = Span(starts, starts + timedelta(minutes=5 * length))
    dial = Dial(crowd, Span(first, first + timedelta(days=16)))

    assert dial.share(wanted) == pytest.approx(share(wanted, crowd) or 0)


@given(crowds, st.lists(st.tuples(st.integers(0, 14 * 24 * 12), st.integers(1, 160)), max_size=9))
def test_worst_off_zone_is_that_of_the_plain_way(crowd, places):
    """As above: over a night in which some clocks change."""
    first = datetime(2020, 10, 18, tzinfo=UTC)
    spans = [Span(first + timedelta(minutes=5 * at), first + timedelta(minutes=5 * (at + long))) for at, long in places]
    nights = {zone: sum(not is_by_day(wanted, zone=ZoneInfo(zone)) for wanted in spans) for zone in crowd.zones()}

    worst = max(nights, key=nights.get, default=None)

    assert worst_zone(spans, crowd) == (worst if worst and nights[worst] else None)
