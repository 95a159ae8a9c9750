"""Rows that are tried one by one: what fails is remembered and rests, what the database has is nobody's fault."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError

from events.models import FailedRow, Message
from events.shared.jobs import sweeps
from events.shared.jobs.sweeps import PARTS, RowsFailed, Sweep, apart, in_turn
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sweep(monkeypatch):
    monkeypatch.setattr(sweeps, "KNOWN", {})
    return Sweep("tests", "Work of a test")


def fail(error):
    def act(row):
        if row == 1:
            MessageFactory()
            raise error
        return row

    return act


def test_what_failed_leaves_nothing_and_rests_for_twice_as_long_each_time(sweep):
    pauses, now = [], NOW
    for _n in range(9):
        assert sweep.each([1, 2], fail(KeyError("Awa Diallo")), now=now) == [2]
        row = FailedRow.objects.get()
        pauses.append((row.again - now) // MINUTE)
        assert sweep.each([1, 2], lambda row: row, now=row.again - timedelta(seconds=1)) == [2]
        now = row.again

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (row.attempts, row.since, row.error, Message.objects.count()) == (9, NOW, "KeyError", 0)
    assert sweep.each([1, 2], lambda row: row, now=now) == [1, 2]
    assert not FailedRow.objects.exists()


def test_what_is_not_due_any_more_is_forgotten(sweep):
    sweep.each([1, 2], fail(KeyError()), now=NOW)
    assert FailedRow.objects.exists()

    sweep.each([2], fail(KeyError()), now=NOW)

    assert not FailedRow.objects.exists()


@pytest.mark.parametrize(
    "error", [OperationalError("the connection is lost"), InterfaceError("connection already closed")]
)
def test_trouble_of_the_database_ends_the_sweep_and_blames_no_row(sweep, error):
    done = []
    with pytest.raises(type(error)):
        sweep.each([2, 1, 3], lambda row: done.append(fail(error)(row)), now=NOW)
    with pytest.raises(type(error)), apart("tests") as tries:
        tries.each([1], fail(error))

    assert (done, FailedRow.objects.exists()) == ([2], False)


def test_refusal_is_told_by_its_code_and_people_by_nothing(sweep, caplog):
    sweep.each([1], fail(ValidationError("The key is away", code="key-away")), now=NOW)

    assert FailedRow.objects.get().error == "ValidationError: key-away"
    assert "tests: row 1 waits: The key is away" in caplog.text


def test_rows_of_a_row_are_all_tried_and_count_as_one_that_failed(sweep):
    done = []

    def act(_row):
        with apart("parts of it") as tries:
            tries.each([3, 1, 2], lambda part: done.append(fail(KeyError())(part)))

    with pytest.raises(RowsFailed):
        act(None)
    sweep.each(["whole"], act, now=NOW, is_whole=False)

    assert (done, FailedRow.objects.get().error) == ([3, 2, 3, 2], "KeyError: rows 1")


def good(now):
    DONE.append(now)


def bad(now):
    raise KeyError


DONE = []


def test_part_of_a_task_that_fails_stops_none_behind_it_and_is_tried_at_once_again():
    DONE.clear()
    in_turn(bad, good, now=NOW)
    in_turn(good, now=NOW)  # of another task: it forgets nothing
    in_turn(bad, good, now=NOW)

    row = FailedRow.objects.get()
    assert (row.sweep, row.row, row.attempts, len(DONE)) == (PARTS.name, f"{__name__}.bad", 2, 3)
