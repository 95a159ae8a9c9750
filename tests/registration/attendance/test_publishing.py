from functools import cache
from itertools import pairwise

import pytest

from registration.attendance.public_steps import ATTENDANCES, PEOPLE, TOTAL, State, step
from tests.registration.attendance.day_of_figures import (
    FAMILIES,
    MEASURES,
    Day,
    moves,
    published,
    reader,
    reader_of_step,
)

SEEDS = [f"day {n}" for n in range(3)]
ALL_SEEDS = [*SEEDS, *(pytest.param(f"day {n}", marks=pytest.mark.whole) for n in range(3, 12))]


def one_by_one(day, *, a_look=1):
    """Somebody enters a session, and after so many the public looks."""
    arrivals = list(day.arrivals())
    for number, ((code, person), (following, _person)) in enumerate(pairwise([*arrivals, ("", None)]), start=1):
        day.enter(code, person)
        if number % a_look == 0 or code != following:
            yield code != following


@cache
def whole(seed):
    """A day, and what was published of it: once for all its readers, who change nothing of it."""
    day = Day(seed)
    return day, published(day, one_by_one(day))


@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_no_number_of_a_day_moves_by_one_to_four(seed):
    """Between any two looks, not only a minute apart."""
    _day, states = whole(seed)

    assert len(states) >= 4
    assert [move for move in moves(states) if move[2] < 5] == []


@pytest.mark.parametrize(
    ("measure", "family"),
    [(m, f) for m in MEASURES for f in FAMILIES if f != "sessions"],
)
@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_reader_of_all_states_of_a_day_finds_no_group_and_no_growth_of_one_to_four(seed, measure, family):
    day, states = whole(seed)

    attacker, truth = reader(day, states, measure=measure, family=family)
    assert attacker.finds(truth) == set()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_reader_of_one_step_finds_no_growth_of_one_to_four(seed, family):
    """Of sessions, tracks, Action Lines and goals too, which overlap."""
    day, states = whole(seed)

    for (before, _old), (told, true) in pairwise([(State().told, {}), *states]):
        if before[ATTENDANCES].get(TOTAL) != told[ATTENDANCES].get(TOTAL):
            attacker, truth = reader_of_step(day, told, before=before, true=true, family=family)
            assert attacker.finds(truth) == set()


def test_reader_of_one_step_finds_growth_where_the_figures_follow_each_look():
    day, found, wanted = Day(SEEDS[0]), set(), {"session", "track", "action_line", "sdg"}
    before = State().told
    for _may_move in one_by_one(day):
        counted = day.counted()
        attacker, truth = reader_of_step(day, counted, before=before, true=counted, family="sessions")
        found |= {key[2][0] for key in attacker.finds(truth)}
        before = counted
        if wanted <= found:
            break

    assert wanted <= found


def test_reader_finds_growth_where_the_figures_follow_each_look():
    """The control: as it once was."""
    day = Day(SEEDS[0])
    states = []
    for _is_quiet in one_by_one(day):
        counted = day.counted()
        states.append((counted | {"apart": {}}, counted))

    attacker, truth = reader(day, states, measure=ATTENDANCES, family="genders")

    assert [move for move in moves(states) if move[2] < 5] != []
    assert any(key[0] == "grew" for key in attacker.finds(truth))


def test_figures_move_on_in_a_lively_forum_and_end_near_the_truth():
    day = Day("lively", people=800, sessions=40)

    states = published(day, one_by_one(day, a_look=1000))

    told, true = states[-1]
    assert len(states) > 20
    assert true[PEOPLE][TOTAL] - 5 < told[PEOPLE][TOTAL] <= true[PEOPLE][TOTAL]
    for dimension in ("region", "country", "gender", "stakeholder_type"):
        keys = [key for key in true[PEOPLE] if key[0] == dimension]
        behind = [true[PEOPLE][key] - (told[PEOPLE].get(key) or 0) for key in keys]
        assert all(0 <= number < 25 for number in behind), (dimension, behind)


def test_who_is_taken_back_moves_nothing_until_there_are_five():
    day = Day("taken back", people=60)
    for person in range(40):
        day.enter("S0", person)
    state = step(State(), day.counted(), known=day.known, may_move=True)

    kept = []
    for person in range(5):
        day.attended.remove(("S0", person))
        state = step(state, day.counted(), known=day.known, may_move=True)
        kept.append(state.told[PEOPLE][TOTAL])

    assert kept == [40, 40, 40, 40, 35]


def test_nothing_moves_while_a_session_runs():
    day = Day("running", people=60)
    for person in range(40):
        day.enter("S0", person)

    assert step(State(), day.counted(), known=day.known, may_move=False) == State()
    assert step(State(), day.counted(), known=day.known, may_move=True).told[PEOPLE][TOTAL] == 40
