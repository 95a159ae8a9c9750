from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from events.models.time_zones import to_moment, validate_zone, zone_names
from tests.refusals import refused

ZURICH = ZoneInfo("Europe/Zurich")


def wall(text):
    """A time as the clock on the wall shows it, without a zone."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "CET", "Etc/GMT+1", "../etc/passwd", "europe/zurich"])
def test_unknown_zone_is_refused(name):
    assert refused(validate_zone, name) == "unknown-zone"


def test_zone_names_begin_with_utc_are_sorted_and_known():
    names = zone_names()

    assert (names[0], names[1:]) == ("UTC", sorted(names[1:]))
    assert {"Europe/Zurich", "America/Argentina/Ushuaia"} <= {*names}
    for name in names:
        validate_zone(name)


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2020-07-22T14:00", datetime(2020, 7, 22, 12, tzinfo=UTC)),
        ("2020-12-01T14:00", datetime(2020, 12, 1, 13, tzinfo=UTC)),
        ("2020-03-29T01:59", datetime(2020, 3, 29, 0, 59, tzinfo=UTC)),
        ("2020-03-29T03:00", datetime(2020, 3, 29, 1, tzinfo=UTC)),
        ("2020-10-25T03:00", datetime(2020, 10, 25, 2, tzinfo=UTC)),
    ],
)
def test_local_time_becomes_a_moment(local, moment):
    assert to_moment(wall(local), zone=ZURICH) == moment


@pytest.mark.parametrize(
    ("local", "code", "sentence"),
    [
        ("2020-03-29T02:30", "time-does-not-exist", "02:30 does not exist on 2020-03-29 in Europe/Zurich: the clocks go forward."),
        ("2020-10-25T02:30", "time-exists-twice", "02:30 exists twice on 2020-10-25 in Europe/Zurich: the clocks go back."),
    ],
)  # fmt: skip
def test_time_of_a_clock_change_is_refused(local, code, sentence):
    with pytest.raises(ValidationError) as refusal:
        to_moment(wall(local), zone=ZURICH)

    assert (refusal.value.code, refusal.value.messages) == (code, [f"{sentence} Choose another time"])
