"""Which published figures add up to which, and so which are hidden together. Pure; keys are (dimension, value)."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from events.shared.disclosure.hidden_cells import Hidden, Sum, hide, is_small
from registration.models import Tally

Dimension = Tally.Dimension

SESSION = "session"
type Key = tuple[str, str]

GROUPS = (Dimension.TRACK, Dimension.ACTION_LINE, Dimension.SDG)  # of sessions


class Counts(NamedTuple):
    attendances: int
    people: int


def sums_of_places(regions: Iterable[str], countries: Iterable[str], *, region_of: Mapping[str, str]) -> list[Sum]:
    """What adds up among regions and countries. Everybody knows in which region a country lies."""
    regions, countries = list(regions), list(countries)
    sums = [
        Sum(None, tuple((Dimension.REGION, region) for region in regions)),
        Sum(None, tuple((Dimension.COUNTRY, country) for country in countries)),
    ]
    for region in regions:
        theirs = tuple((Dimension.COUNTRY, code) for code in countries if region_of.get(code, "") == region)
        sums.append(Sum((Dimension.REGION, region), theirs))
    return sums


def hidden_places(regions: Mapping[str, int], countries: Mapping[str, int], *, region_of: Mapping[str, str]) -> Hidden:
    """The regions and countries to hide, by their people."""
    cells: dict[Key, int] = {(Dimension.REGION, region): number for region, number in regions.items()}
    cells |= {(Dimension.COUNTRY, country): number for country, number in countries.items()}
    return hide(cells, sums_of_places(regions, countries, region_of=region_of))


def sums_of_sessions(keys: Iterable[Key], *, members: Mapping[Key, Collection[str]]) -> list[Sum]:
    """What adds up among attendances of sessions, tracks, Action Lines and goals (`keys`).

    Everybody knows which sessions belong to which of these and to which week, and so can subtract their attendances. `members`:
    the codes of the sessions of a group or week.
    """
    keys = list(keys)
    return [
        Sum(None, tuple(key for key in keys if key[0] == SESSION)),
        Sum(None, tuple(key for key in keys if key[0] == Dimension.TRACK)),
        *(Sum(key, _sessions([key], members)) for dimension in GROUPS for key in keys if key[0] == dimension),
    ]


def sums_of_weeks(spans: Iterable[Iterable[int]], *, members: Mapping[Key, Collection[str]]) -> list[Sum]:
    """The sessions of weeks whose attendances are known together, for each of some `spans`."""
    return [Sum(None, _sessions([(Dimension.WEEK, str(week)) for week in span], members)) for span in spans]


def left_out(
    people: Mapping[Key, int],
    told: Mapping[Key, int | None],
    *,
    tables: Iterable[Key],
    standing: Mapping[Key, Iterable[Key]],
    members: Mapping[Key, Collection[str]],
) -> dict[Sum, tuple[int, int]]:
    """Who was in a group of sessions and in none of a part of these, where they are 1 to 4, or so many more or fewer than was `told`.

    `people`: the true numbers. `tables`: the sessions and groups that are published; `standing`: the sessions of totals.
    Returns what adds up, these people last in it, each with their number as it was told and as it is.
    """
    held = {key for key in people if key[0] == SESSION}
    wholes = {key: held.intersection(sessions) for key, sessions in standing.items()}
    parts = {key: held.intersection([key] if key in held else _sessions([key], members)) for key in tables}
    found: dict[Sum, tuple[int, int]] = {}
    for whole, sessions in [*wholes.items(), *parts.items()]:
        for part in [key for key, theirs in parts.items() if theirs and theirs < sessions]:
            before, after = told.get(whole), told.get(part)
            known = before - after if before is not None and after is not None else 0
            number = people.get(whole, 0) - people.get(part, 0)
            if is_small(number) or is_small(abs(number - known)):
                found[Sum(None if whole in wholes else whole, (part, ("outside", whole, part)))] = known, number
    return found


def _sessions(groups: Iterable[Key], members: Mapping[Key, Collection[str]]) -> tuple[Key, ...]:
    return tuple((SESSION, code) for group in groups for code in sorted(members.get(group, ())))
