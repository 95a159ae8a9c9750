from datetime import date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from tablib import Dataset

from events.schedule.resources import SpeakerResource
from events.tables import reading


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (datetime(2020, 7, 22, 14, 0, 30), "2020-07-22 14:00"),  # noqa: DTZ001  a cell of a sheet has no zone
        (date(2020, 7, 22), "2020-07-22"),
        (time(14), "14:00:00"),
        (7.0, "7"),
        (7.5, "7.5"),
        (" a\r\nb ", "a\nb"),
        ("'=1+1", "=1+1"),
        ("'tis", "'tis"),
    ],
)
def test_text_of_a_cell(cell, text):
    assert reading.text_of(cell) == text


def test_several_values_in_a_cell():
    assert (reading.parts("A; B;;C"), reading.joined(["A", "B"])) == (["A", "B", "C"], "A; B")


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 1)

    with pytest.raises(ValidationError) as refusal:
        reading.TransferResource.before_import(SpeakerResource(), Dataset(*[["x", "y"]] * 2, headers=["forum", "name"]))

    assert refusal.value.code == "too-many-rows"
