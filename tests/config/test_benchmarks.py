"""The arithmetic of `make bench`: shares of limits, ratios of rounds, and what its last lines say."""

import importlib
import math

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import bench, limits
from tests.benchmarks.limits import Finding


def at_most(measured, limit):
    return Finding("part", "thing", measured, limit)


def at_least(measured, limit):
    return Finding("part", "thing", measured, limit, is_floor=True)


@pytest.mark.parametrize(
    ("finding", "of_limit", "is_missed"),
    [
        (at_most(5, 10), 0.5, False),
        (at_most(10, 10), 1.0, False),
        (at_most(11.2, 10), 1.12, True),
        (at_most(0, 0), 1.0, False),
        (at_most(1, 0), math.inf, True),
        (at_least(0.8, 0.5), 0.625, False),
        (at_least(0.5, 0.5), 1.0, False),
        (at_least(0.4, 0.5), 1.25, True),
        (at_least(0, 0.5), math.inf, True),
    ],
)
def test_share_of_a_limit_says_how_far_a_figure_is_from_it(finding, of_limit, is_missed):
    assert finding.of_limit == pytest.approx(of_limit)
    assert finding.is_missed == is_missed


# --- the reference, and a machine that has other work -------------------------------------------------
def core(measured, limit=1, *, part="people", is_floor=False):
    return Finding(part, "page", measured, limit, is_floor=is_floor, is_timed=True, is_core=True)


@pytest.fixture
def reference(tmp_path):
    return limits.Reference(tmp_path / "reference.json")


def judged(reference, measured, *, is_floor=False):
    """What a run says of one figure."""
    run = bench.Bench.__new__(bench.Bench)
    run.reference, run.findings, run.part = reference, [], "people"
    run.core("page", measured, 1_000 if not is_floor else 0, is_floor=is_floor)
    return run.findings[0]


def test_a_fifth_more_core_time_than_in_calm_runs_is_seen(reference, tmp_path):
    assert "no reference yet" in judged(reference, 20).note
    for figure in (19.9, 20, 30):
        assert reference.record([core(figure), at_most(1, 2)]) == 1
    known = limits.Reference(tmp_path / "reference.json")

    assert [judged(known, 20 * more).is_missed for more in (0.9, 1, 1.14, 1.16, 1.2)] == [False] * 3 + [True] * 2
    assert [judged(known, 20 / more, is_floor=True).is_missed for more in (0.9, 1, 1.14, 1.2)] == [False] * 3 + [True]


def test_reference_is_the_median_of_the_last_five_runs(reference):
    for figure in (1, 1, 1, 10, 10, 10, 12, 9):
        reference.record([core(figure)])

    assert reference.limit("people: page") == pytest.approx(11.5)


def test_busy_machine_judges_nothing_that_is_timed_and_stretches_nothing():
    slow, large = core(2, part="people"), Finding("people", "bytes", 2, 1)

    assert [limits.code(found, busy=busy) for found, busy in (
        ([slow], []), ([slow], ["people"]), ([slow], ["admin"]), ([core(1)], []), ([slow, large], ["people"]),
    )] == [1, 3, 1, 0, 1]  # fmt: skip
    assert limits.conclusion([slow], busy=["people"]) == [
        "All 0 limits hold.",
        "Not judged: 1 figures of people, for the machine had other work. Run it again when it is calm.",
    ]


def test_parts_are_named_and_can_be_measured():
    for name in benchmarks.PARTS:
        assert callable(importlib.import_module(f"tests.benchmarks.{name}").measure)
