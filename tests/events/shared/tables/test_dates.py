"""Dates, times and lengths in every spelling. How a whole table tells what 07/04 is: exchange/readers/test_tables.py."""

from datetime import date, datetime, time, timedelta

import pytest

from events.shared.tables import dates


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
        *[(text, 65) for text in ("65.0", "65 mins", "1h05", "1 Std. 5 Min.", "1 hora y 5 minutos", "1 ч 5 мин")],
        *[
            (text, 65)
            for text in ("٦٥ دقيقة", "1 ساعة و 5 دقائق", "65分", "1小时5分钟", "1時間5分", "1\u202fh\u202f5\u202fmin")
        ],
        ("1,5 h", 90),
        ("1h 0m 30s", 60.5),
        *[
            (text, 90)
            for text in ("1 h 30 min", "90 Minuten", "1 час 30 минут", "90分钟", "90分鐘", "1小时30分", "90’")
        ],
        ("45'", 45),
        *[(text, None) for text in ("ساعة", "", "h", "90 km")],
        ("3 tracks", None),
        ("soon", None),
    ],
)
def test_durations(text, minutes):
    assert dates.duration(text) == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text",
    [
        *("22.06.20 14:30:05", "22.06.2020 um 14:30:05 Uhr", "22. Juni 2020, 14:30:05", "lundi 22 juin 2020 à 14:30:05"),
        *("22 de junio de 2020, 2:30:05\u00a0p.\u00a0m.", "22 июня 2020\u202fг., 14:30:05", "Jun 22, 2020 02:30:05\u202fPM"),
        *("٢٢ يونيو ٢٠٢٠ ٠٢:٣٠:٠٥ م", "\u200f2020-06-22\u200f 2:30:05 مساءً", "२०२०-०६-२२ १४:३०:०५", "۲۰۲۰-۰۶-۲۲ ۱۴:۳۰:۰۵"),
        *("2020年6月22日 14:30:05", "2020年6月22日下午2:30:05", "2020年6月22日 午後2時30分05秒", "2020. 6. 22. 오후 2:30:05"),
        *("14:30:05, 22 June 2020", "22-Jun-2020 14:30:05", "2020-06-22, 14:30:05", "2020-06-22 ２：３０：０５ pm"),
    ],
)  # fmt: skip
def test_moments_of_programs_in_other_languages(text):
    assert dates.moment(text) == datetime(2020, 6, 22, 14, 30, 5)  # noqa: DTZ001  none is written there


@pytest.mark.parametrize(
    "text",
    [
        "22-06-20 14:30",
        "2020-06-22 13:00 am",
        "1441-10-30 14:30",
        "22/06/2020 14:30",
        "CH 2:05:33 2020-07-22",
        "CH 2020-07-22 2:05",
    ],
)
def test_moment_that_may_be_another_is_none(text):
    assert dates.moment(text) is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        *(("Join time (UTC+01:00)", 1), ("10:00 GMT-3", -3), ("10:00 +0530", 5.5), ("(UTC-05:00) Eastern Time (US & Canada)", -5)),
        *(("10:00 UTC", 0), ("Join time", None), ("2020-06-22", None), ("UTC+99", None)),
    ],
)  # fmt: skip
def test_zone_at_the_end_of_a_cell_or_a_header(text, hours):
    found = dates.zone(text)[1]

    assert (found and found.utcoffset(None)) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize(
    "text",
    ["22 juillet 2020", "Wednesday, 22 July 2020", "Wednesday 22 Jul 2020", "Weds 22 Jul 2020", "mar. 22 juillet 2020", "mercredi 22 juil. 2020", "July 22, 2020", "22 يوليو 2020"],
)  # fmt: skip
def test_dates_in_words_of_the_languages_of_the_site(text):
    assert dates.day(text) == date(2020, 7, 22)


@pytest.mark.parametrize(
    ("text", "hour"), [("9 pm", 21), ("9pm", 21), ("14h", 14), ("14 h", 14), ("9:00", 9), ("9", None)]
)
def test_hours_without_minutes(text, hour):
    found = dates.clock(text)
    assert (found and found.hour) == hour


@pytest.mark.parametrize("text", ["下午2:30", "14 h 30", "2:30 p. m.", "٢:٣٠ م", "14.30 Uhr", "14時30分", "14:30:00"])
def test_hours_in_other_languages(text):
    assert dates.clock(text) == time(14, 30)


@pytest.mark.parametrize(
    ("text", "hour"), [("中午11:50", 11), ("中午12:50", 12), ("中午1:50", 13), ("晚上8:50", 20), ("晚上12:50", 0)]
)
def test_halves_that_begin_before_or_end_after_noon_and_midnight(text, hour):
    assert dates.clock(text) == time(hour, 50)


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
    ("cells", "near", "read"),
    [
        (["07/04/2020"], date(2020, 4, 7), "2020-04-07"),
        (["07/04/20"], date(2020, 7, 4), "2020-07-04"),
        (["20/07/04"], date(2020, 7, 4), "2020-07-04"),
        (["٠٧/٠٤/٢٠٢٠"], date(2020, 4, 7), "2020-04-07"),
        (["07-04-2020"], date(2020, 4, 7), "2020-04-07"),
        (["07/04/2020", "04/07/2020"], date(2020, 4, 7), ""),
        (["07/04/2020", "?", "32/13/2020"], date(2020, 4, 7), "2020-04-07"),
    ],
)
def test_a_day_that_is_near_tells_day_from_month(cells, near, read):
    found = dates.Dates(cells, near=near)

    assert (found.read(cells[0]) if not found.unclear else "") == read


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
