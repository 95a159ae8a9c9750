from collections import defaultdict
from functools import cache
from itertools import pairwise

import pytest

from registration.sessions.attendance.linked_tables import GROUPS, SESSION
from registration.sessions.attendance.public_steps import (
    ATTENDANCES,
    PEOPLE,
    SPEAKERS,
    SPEAKING,
    TOTAL,
    State,
    speakers,
    step,
)
from tests.registration.sessions.attendance.day_of_figures import (
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


# --- attendances and people together ---------------------------------------------------------------
def in_one_step(day):
    """Many enter one session; then, in one step, one person of a small group enters all others, and a few some of them."""
    day.people[0] |= {"country": "asia3", "region": "asia", "gender": "other", "stakeholder_type": "media"}
    crowd = range(1, len(day.people))
    for person in crowd[:60]:
        day.enter("S0", person)
    yield True
    for code in day.about:
        for person in [0, *day.rng.sample(crowd, day.rng.choice([0, 0, 2, 3]))]:
            day.enter(code, person)
    yield True


@pytest.mark.parametrize("seed", [f"one person {n}" for n in range(10)])
def test_nobody_reckons_the_attendances_of_one_to_four_people(seed):
    day = Day(seed, people=64)
    states = published(day, in_one_step(day))

    assert len(states) == 2
    for (before, _old), (told, true) in pairwise([(State().told, {}), *states]):
        for family in ("places", "types", "genders"):
            attacker, truth = reader_of_step(day, told, before=before, true=true, family=family)
            people = {key: (before[PEOPLE].get(key) or 0, true[PEOPLE].get(key, 0)) for _grew, _step, key in truth}
            few = [key for key, (old, new) in people.items() if 0 < new < 5 or 0 < new - old < 5]
            assert [key for key in few if attacker.highest(("grew", 0, key)) <= truth["grew", 0, key]] == []


@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_attendances_and_people_of_a_row_are_of_one_moment(seed):
    _day, states = whole(seed)

    rows = defaultdict(set)
    for told, true in states:
        for key in true[PEOPLE].keys() - {TOTAL}:
            rows[key].add(tuple(true[measure][key] for measure in MEASURES))
            row = tuple(told[measure].get(key) for measure in MEASURES)
            assert row == (None, None) or row in rows[key], key


def test_who_was_in_all_sessions_of_a_group_but_one_stays_unknown():
    """Of 66 people 65 were in sessions of C1 and ten of C2: one was in C2 alone."""
    day = Day("in and out", people=66, sessions=2)
    for code, line in (("S0", "C1"), ("S1", "C2")):
        day.about[code]["action_line"] = [line]
        day.known.members["action_line", line] = {code}
    for person in range(66):
        day.enter("S0" if person else "S1", person)
        day.enter("S1" if person < 10 else "S0", person)

    told = step(State(), day.counted(), known=day.known, may_move=True).told[PEOPLE]

    assert [told.get(key) for key in (TOTAL, ("action_line", "C1"), (SESSION, "S0"))] == [66, None, None]
    assert day.counted()[PEOPLE]["action_line", "C1"] == 65


@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_people_of_a_group_of_sessions_less_those_of_a_part_of_it_are_none_or_five(seed):
    day, states = whole(seed)
    members = {key: codes for key, codes in day.known.members.items() if key[0] in GROUPS}
    for told, true in states:
        held = {key[1] for key in true[PEOPLE] if key[0] == SESSION}
        sets = {TOTAL: held} | {(SESSION, code): {code} for code in held} | {k: held & c for k, c in members.items()}
        rows = {key: told[PEOPLE][key] for key in sets if told[PEOPLE].get(key)}
        current = [key for key in rows if rows[key] == true[PEOPLE][key]]
        less = {(a, b): rows[a] - rows[b] for a in current for b in rows if sets[b] < sets[a]}
        assert {pair: number for pair, number in less.items() if 0 < number < 5} == {}


# --- speakers --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({}, {"woman": 6, "man": 5}, {"woman": 6, "man": 5}),
        ({}, {"woman": 6}, {}),  # all of one gender
        ({"woman": 6, "man": 5}, {"woman": 11, "man": 5}, {"woman": 6, "man": 5}),  # all who were added
        ({"woman": 6, "man": 5}, {"woman": 11, "man": 10}, {"woman": 11, "man": 10}),
        ({"woman": 6, "man": 5}, {"woman": 16}, {"woman": 6, "man": 5}),  # all who are left
    ],
)
def test_gender_of_named_speakers_is_not_told_where_all_have_one(before, now, told):
    def cells(numbers):
        return {(SPEAKERS, gender): number for gender, number in numbers.items()}

    total = {SPEAKING: sum(before.values())} if before else {}
    found = speakers(cells(before) | total, cells(now))

    assert {gender: number for (dimension, gender), number in found.items() if dimension == SPEAKERS} == told
