"""Dates, times and lengths in every spelling. How a whole table tells what 07/04 is: exchange/readers/test_tables.py."""

from datetime import date, timedelta

import pytest

from events.tables import dates


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90),
        ("1:30", 90),
        ("01:30:30", 90.5),
        ("1:00:00:00", 1440),
        ("PT1H30M", 90),
        ("+PT1H", 60),
        ("P1W", 10080),
        ("1h", None),
    ],
)
def test_durations(text, minutes):
    assert dates.duration(text) == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text",
    ["22 juillet 2020", "Wednesday, 22 July 2020", "Wednesday 22 Jul 2020", "mercredi 22 juil. 2020", "July 22, 2020", "22 يوليو 2020"],
)  # fmt: skip
def test_dates_in_words_of_the_languages_of_the_site(text):
    assert dates.day(text) == date(2020, 7, 22)


@pytest.mark.parametrize(
    ("text", "hour"), [("9 pm", 21), ("9pm", 21), ("14h", 14), ("14 h", 14), ("9:00", 9), ("9", None)]
)
def test_hours_without_minutes(text, hour):
    found = dates.clock(text)
    assert (found and found.hour) == hour


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (dates.clock, "25:00"),
        (dates.clock, "noon"),
        (dates.day, "1889-01-01"),
        (dates.moment, "1889-01-01T10:00"),
    ],
)
def test_time_that_does_not_exist_is_none(read, text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [("1899-12-30 10:00", "10:00"), ("1900-01-01 10:00", "10:00"), ("2020-01-01 10:00", "2020-01-01 10:00")],
)
def test_time_that_a_workbook_kept_with_its_first_day(cell, text):
    assert dates.Dates([]).read(cell) == text


JUNE = (date(2027, 6, 7), date(2027, 6, 11))


@pytest.mark.parametrize(
    ("cells", "days", "read"),
    [
        (["07/06/2027", "11/06/2027"], JUNE, "2027-06-07"),
        (["06/07/2027", "06/11/2027"], JUNE, "2027-06-07"),
        (["07/06/2027", "06/07/2027"], JUNE, ""),
        (["07/06/2027"], None, ""),
        (["07/06/2027", "30/06/2027"], JUNE, "2027-06-07"),
    ],
)
def test_days_that_are_expected_tell_day_from_month(cells, days, read):
    found = dates.Dates(cells, days=days)

    assert (found.read(cells[0]) if not found.unclear else "") == read
