"""A session that gets another track, Action Line or goal tells nothing of the small ones beside it (public_steps._regrouped)."""

import random
from collections import Counter

import pytest
from scipy.optimize import linprog

from registration.sessions.attendance import public_steps
from registration.sessions.attendance.linked_tables import SESSION
from registration.sessions.attendance.public_steps import ATTENDANCES, PEOPLE, TOTAL, PublicFacts, State, step

LINES = ("C1", "C2", "C3")


def after(attended, lines, state):
    """The state after a step; `attended`: people of each session, each person in one only; `lines`: the Action Line of each."""
    members, numbers = {("week", "1"): set(lines)}, Counter()
    for code, number in attended.items():
        members.setdefault(("action_line", lines[code]), set()).add(code)
        for key in (TOTAL, (SESSION, code), ("growth", "1"), ("action_line", lines[code])):
            numbers[key] += number
    counted = {ATTENDANCES: dict(numbers), PEOPLE: dict(numbers)}
    return step(state, counted, known=PublicFacts({}, members, set(lines)), may_move=True)


def small_ones_found(seed):
    """What a reader who kept all that was told knows of sessions of one to four people: those of which they know that they are such."""
    rng = random.Random(f"2020 {seed}")  # noqa: S311
    lines = {f"S{n}": rng.choice(LINES) for n in range(8)}
    attended = {code: rng.choice([0, 2, 3, 7, 12, 20, 33]) for code in lines}
    state, sums, exact = State(), [], {}
    for turn in range(6):
        lines[f"T{turn}"], attended[f"T{turn}"] = "C9", rng.choice([6, 9, 14, 25])
        before, state = state.told[ATTENDANCES], after(attended, lines, state)
        told = state.told[ATTENDANCES]
        for line in LINES:
            number = told.get(("action_line", line))
            if number is not None and number != before.get(("action_line", line)):
                sums.append((number, [code for code in lines if lines[code] == line]))
        exact |= {code: told[SESSION, code] for code in lines if told.get((SESSION, code)) is not None}
        lines[rng.choice([f"S{n}" for n in range(8)])] = rng.choice(LINES)
    codes = list(attended)
    limits = [(exact.get(code, 0), exact.get(code)) for code in codes]
    rows = [[float(code in parts) for code in codes] for _number, parts in sums]
    found = []
    for place, code in enumerate(codes):
        aim = [-1.0 if one == place else 0.0 for one in range(len(codes))]
        solved = linprog(aim, A_eq=rows or None, b_eq=[number for number, _parts in sums] or None, bounds=limits)
        if 0 < attended[code] < 5 and solved.status == 0 and -solved.fun < 5:
            found.append(code)
    return found


@pytest.mark.parametrize("seed", [f"lines {n}" for n in range(10)])
def test_sessions_that_get_other_lines_give_no_small_session_away(seed):
    assert small_ones_found(seed) == []


def test_it_would_be_found_without_that(monkeypatch):
    """The control."""
    monkeypatch.setattr(public_steps._Step, "_regrouped", lambda _self: set())

    assert any(small_ones_found(f"lines {n}") for n in range(10))
