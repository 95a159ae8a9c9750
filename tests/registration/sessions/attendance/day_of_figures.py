"""A day at a forum, person by person, and a reader with a linear solver who kept everything that was public at each minute of it."""

import random
from collections import Counter, defaultdict
from itertools import pairwise

from registration.sessions.attendance.linked_tables import GROUPS, SESSION, sums_of_places, sums_of_sessions
from registration.sessions.attendance.public_steps import ATTENDANCES, PEOPLE, TOTAL, PublicFacts, State, step
from tests.events.shared.disclosure.attacker import Reader

REGION_OF = {f"{region}{n}": region for region in ("africa", "asia", "americas") for n in range(4)}
MEASURES = (ATTENDANCES, PEOPLE)
FAMILIES = {
    "places": ("region", "country"),
    "types": ("stakeholder_type",),
    "genders": ("gender",),
    "sessions": (SESSION, *GROUPS, "growth"),
}


class Day:
    """Sessions of two weeks, and what is counted of the people who entered them."""

    def __init__(self, seed, *, people=150, sessions=8):
        self.rng = rng = random.Random(f"2020 {seed}")  # noqa: S311
        self.people = [
            {
                "country": (country := list(REGION_OF)[min(int(rng.expovariate(0.35)), 11)]),
                "region": REGION_OF[country],
                "gender": rng.choice(["woman"] * 6 + ["man"] * 6 + ["other"]),
                "stakeholder_type": rng.choice(["government"] * 5 + ["academia"] * 3 + ["media"]),
            }
            for _n in range(people)
        ]
        self.about = {
            f"S{n}": {"track": [rng.choice(["", "1", "2"])], "action_line": rng.sample(["C1", "C2", "C3"], rng.randint(1, 2)),
                      "sdg": rng.sample(["1", "2", "3"], rng.randint(1, 2)), "week": [str(1 + 2 * n // sessions)]}
            for n in range(sessions)
        }  # fmt: skip
        members = defaultdict(set)
        for code, about in self.about.items():
            for dimension, values in about.items():
                for value in values:
                    members[dimension, value].add(code)
        self.known = PublicFacts(REGION_OF, members, set(self.about))
        self.attended = set()

    def enter(self, code, person):
        self.attended.add((code, person))

    def counted(self):
        attendances, people = Counter(), defaultdict(set)
        for code, person in self.attended:
            of = [TOTAL, (SESSION, code), *(item for item in self.people[person].items())]
            of += [(name, value) for name in GROUPS for value in self.about[code][name]]
            last = max(int(about["week"][0]) for code, about in self.about.items())
            of += [("growth", str(week)) for week in range(int(self.about[code]["week"][0]), last + 1)]
            for key in of:
                attendances[key] += 1
                people[key].add(person)
        weeks = {self.about[code]["week"][0] for code, _person in self.attended}
        counted = {ATTENDANCES: dict(attendances), PEOPLE: {key: len(those) for key, those in people.items()}}
        last = max(map(int, weeks), default=0)
        for cells in counted.values():
            for key in [key for key in cells if key[0] == "growth" and int(key[1]) > last]:
                del cells[key]
        return counted

    def arrivals(self):
        """Who enters what, one after the other: sessions in their order, a crowd in some, a single person in others."""
        for code in self.about:
            size = self.rng.choice([1, 3, 9, 30, 60])
            for person in self.rng.sample(range(len(self.people)), size):
                yield code, person


def published(day, minutes):
    """The states of a day, each with what is true then; `minutes`: one look after each. Nothing was told before the first."""
    state, states = State(), []
    for may_move in minutes:
        counted = day.counted()
        after = step(state, counted, known=day.known, may_move=may_move)
        if after != state:
            states.append((after.told, counted))
        state = after
    return states


def moves(states):
    """Every number that was public twice: by how much it moved between each two looks, whatever lies between them."""
    for measure in MEASURES:
        for key in {key for told, _true in states for key in told[measure]}:
            numbers = dict.fromkeys(told[measure].get(key) for told, _true in states)
            for before, after in pairwise(sorted({0, *filter(None, numbers)})):
                yield measure, key, after - before


def reader(day, states, *, measure, family):
    """A reader of the tables of one family at all moments at which something moved, who knows that nobody went away. Keys: ("is" or
    "grew", number of the state, cell); also the truth of what there was and grew."""
    known, sums, truth, shown = [], [], {}, {}
    ever = {key for key in states[-1][1][measure] if key[0] in FAMILIES[family]}  # whoever is not listed may be there
    before, last = {}, {}
    for told, true in states:
        cells = {key: number for key, number in true[measure].items() if key[0] in FAMILIES[family]}
        if told[measure] == before or told[measure].get(TOTAL) != true[measure].get(TOTAL):
            continue
        total, place = told[measure][TOTAL], len(known)
        keys = sorted({*cells, *(known[-1] if known else ())} if family == "sessions" else ever)
        for key in keys:
            truth["is", place, key] = cells.get(key, 0)
            number = told[measure].get(key)
            if number is not None and number != before.get(key):
                shown["is", place, key] = number
            if known:
                grown = ("grew", place, key)
                truth[grown] = cells.get(key, 0) - last.get(key, 0)
                sums.append((("is", place, key), [("is", place - 1, key), grown]))
        sums += _sums(day, keys, total=total, place=place, family=family)
        known.append(keys)
        before, last = dict(told[measure]), cells
    absent = [("is", place, key) for place, keys in enumerate(known) for key in known[-1] if key not in keys]
    return Reader(shown | dict.fromkeys(absent, 0), sums), truth


def reader_of_step(day, told, *, before, true, family):
    """A reader who saw attendances twice: of each cell there is as much as was told before, and what it grew by since, of which is known
    where it moved. Keys: ("is" or "grew", 0, cell); also the truth."""
    cells = {key: number for key, number in true[ATTENDANCES].items() if key[0] in FAMILIES[family]}
    old, new = before[ATTENDANCES], told[ATTENDANCES]
    keys = sorted({*cells, *(key for key in old if key[0] in FAMILIES[family])})
    shown, truth, sums = {}, {}, _sums(day, keys, total=new[TOTAL], place=0, family=family)
    for key in keys:
        shown["was", 0, key] = was = old.get(key) or 0
        truth["is", 0, key], truth["grew", 0, key] = cells.get(key, 0), cells.get(key, 0) - was
        if new.get(key) != old.get(key):
            shown["is", 0, key] = new[key]
    grown = [(("is", 0, key), [("was", 0, key), ("grew", 0, key)]) for key in keys]
    return Reader(shown, [*sums, *grown]), truth


def _sums(day, keys, *, total, place, family):
    """What adds up at one moment."""
    if family == "places":
        regions, countries = ([value for name, value in keys if name == one] for one in FAMILIES[family])
        found = sums_of_places(regions, countries, region_of=REGION_OF)
    elif family == "sessions":
        found = sums_of_sessions(keys, members=day.known.members)
    else:
        found = sums_of_places([], [], region_of={})[:0]
        yield total, [("is", place, key) for key in keys]
    listed = set(keys)
    for whole, parts in found:
        theirs = [("is", place, part) for part in parts if part in listed]
        yield total if whole is None else ("is", place, whole), theirs
    for name, week in keys if family == "sessions" else ():
        if name == "growth":
            until = {code for one in range(1, int(week) + 1) for code in day.known.members["week", str(one)]}
            yield (
                ("is", place, (name, week)),
                [("is", place, (SESSION, c)) for c in sorted(until) if (SESSION, c) in listed],
            )
