"""Dates of the next forum: the same weekday and time of the day, over any change of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.forums.moved_dates import moved, weeks_to_next

ZURICH = ZoneInfo("Europe/Zurich")
ZONES = st.sampled_from(
    ["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
)
MOMENTS = st.integers(800_000_000, 2_800_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(moment=MOMENTS, weeks=st.integers(1, 520), zone=ZONES.map(ZoneInfo))
def test_weekday_and_time_stay_or_are_the_first_after_a_gap(moment, weeks, zone):
    local, there = moment.astimezone(zone), moved(moment, weeks=weeks, zone=zone).astimezone(zone)
    wanted = (local + timedelta(weeks=weeks)).replace(tzinfo=None)
    late = there.replace(tzinfo=None) - wanted

    assert there.fold == 0
    assert late == timedelta(0) or (timedelta(0) < late <= timedelta(hours=1) and is_skipped(wanted, zone))


def is_skipped(local, zone):
    """Whether the clock of a zone never shows this time."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local


@pytest.mark.parametrize(
    ("local", "weeks", "wanted"),
    [
        ("2026-06-15 09:00", 52, "2027-06-14 09:00"),
        ("2026-10-26 09:00", 20, "2027-03-15 09:00"),  # winter to winter, over no summer
        ("2026-10-12 09:00", 4, "2026-11-09 09:00"),  # the clocks go back between
        ("2026-03-22 02:30", 1, "2026-03-29 03:30"),  # 02:30 does not exist there
    ],
)
def test_examples_on_the_clock_of_zurich(local, weeks, wanted):
    there = moved(datetime.fromisoformat(local).replace(tzinfo=ZURICH), weeks=weeks, zone=ZURICH)

    assert f"{there.astimezone(ZURICH):%Y-%m-%d %H:%M}" == wanted


@pytest.mark.parametrize(
    ("today", "weeks"), [(date(2020, 9, 1), 52), (date(2021, 6, 21), 104), (date(2026, 11, 27), 365)]
)
def test_next_forum_begins_about_the_same_date_after_today(today, weeks):
    assert weeks_to_next(date(2020, 6, 22), today=today) == weeks
