"""In which unit lengths are: what the header says, what the times show, or a question."""

from datetime import timedelta

import pytest

from events.shared.tables.answers import Answers, OpenQuestion
from events.shared.tables.lengths import DAY, HOUR, MINUTE, SECOND, Lengths

USUAL = (HOUR / 6, 1.5 * HOUR)


def lengths(*texts, span=None, unit=None, answer=None):
    """The lengths of a column, or (a list) the readings that are asked about."""
    cells = [(text, span) for text in texts]
    try:
        found = Lengths(cells, unit=unit, usual=USUAL, answers=Answers())
    except OpenQuestion as question:
        if answer is None:
            return [reading.value for reading in question.readings]
        found = Lengths(cells, unit=unit, usual=USUAL, answers=Answers(names={question.key: answer}))
    return tuple(map(found.of, texts))


@pytest.mark.parametrize(
    ("texts", "unit", "expected"),
    [
        (["3,600"], SECOND, [HOUR]),
        (["3.600", "900"], SECOND, [HOUR, 15 * MINUTE]),
        (["3’600"], SECOND, [HOUR]),
        (["3 600", "1 200"], SECOND, [HOUR, 20 * MINUTE]),
        (["3600.25", "900.123"], SECOND, [timedelta(seconds=3600.25), timedelta(seconds=900.123)]),
        (["0.417"], HOUR, [0.417 * HOUR]),
        (["61"], MINUTE, [61 * MINUTE]),
        (["61"], None, [61 * MINUTE]),
        (["1,440.5", "90 min"], MINUTE, [None, 90 * MINUTE]),
        (["5"], MINUTE, [5 * MINUTE]),
    ],
)
def test_header_and_the_size_of_numbers_say_their_unit(texts, unit, expected):
    assert lengths(*texts, unit=unit) == tuple(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60", HOUR),
        ("30", HOUR / 2),
        ("3600", HOUR),
        ("3,600", HOUR),
        ("0.0416666666666667", HOUR),
        ("1.0", HOUR),
        ("0,9", 0.9 * HOUR),
    ],
)
def test_times_of_joining_and_leaving_say_the_unit(text, expected):
    (found,) = lengths(text, span=HOUR)

    assert abs(found - expected) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "unit", "span"),
    [
        ("1200", None, None),
        ("0.0417", None, None),
        ("1", None, None),
        ("7", None, HOUR),
        ("3600", MINUTE, None),
        ("3600", MINUTE, HOUR),
        ("60", SECOND, HOUR),
        ("0.0417", MINUTE, HOUR),
    ],
)
def test_what_is_not_clear_is_asked_and_the_answer_counts(text, unit, span):
    asked = lengths(text, unit=unit, span=span)

    assert {*asked} == {"1", "60", "3600", "86400"}
    assert lengths(text, unit=unit, span=span, answer="3600") == (float(text.replace(",", ".")) * HOUR,)


def test_question_shows_how_long_each_way_is():
    with pytest.raises(OpenQuestion) as refusal:
        Lengths([("1200", None), ("900", None)], unit=None, usual=USUAL, answers=Answers())

    shown = {one.value: one.examples for one in refusal.value.readings}
    assert (shown["1"], shown["60"]) == (["1200 = 0:20:00", "900 = 0:15:00"], ["1200 = 20:00:00", "900 = 15:00:00"])
    assert refusal.value.readings[0].value == "1"
    assert shown["86400"] == [f"1200 = {DAY * 1200 // HOUR}:00:00", f"900 = {DAY * 900 // HOUR}:00:00"]
