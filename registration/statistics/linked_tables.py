"""Which published figures add up to which, and so which are hidden together. Pure; keys are (dimension, value)."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from events.disclosure.hidden_cells import Hidden, Key, Sum, hide, is_small
from events.disclosure.running_totals import shown_points, steps
from registration.models import Tally

Dimension = Tally.Dimension

SESSION = "session"
GROUPS = (Dimension.TRACK, Dimension.ACTION_LINE, Dimension.SDG)  # of sessions


class Counts(NamedTuple):
    attendances: int
    people: int


def hidden_places(regions: Mapping[str, int], countries: Mapping[str, int], *, region_of: Mapping[str, str]) -> Hidden:
    """The regions and countries to hide, by their people. Everybody knows in which region a country lies."""
    cells: dict[Key, int] = {(Dimension.REGION, region): number for region, number in regions.items()}
    cells |= {(Dimension.COUNTRY, country): number for country, number in countries.items()}
    sums = [
        Sum(None, tuple((Dimension.REGION, region) for region in regions)),
        Sum(None, tuple((Dimension.COUNTRY, country) for country in countries)),
    ]
    for region in regions:
        theirs = tuple((Dimension.COUNTRY, code) for code in countries if region_of.get(code, "") == region)
        sums.append(Sum((Dimension.REGION, region), theirs))
    return hide(cells, sums)


def hidden_sessions(
    groups: Mapping[tuple[str, str], Counts],
    sessions: Mapping[str, int],
    *,
    members: Mapping[tuple[str, str], Sequence[str]],
    listed: Collection[str],
    growth: Mapping[str, Counts],
) -> Hidden:
    """The sessions to hide, and the tracks, Action Lines and goals.

    Everybody knows which sessions belong to which of these and to which week, and so can subtract their attendances.
    `sessions`: attendances by code; only the `listed` ones are published. `members`: the sessions of a group or week.
    `growth`: the running totals by week.
    """
    cells: dict[Key, int] = {(SESSION, code): number for code, number in sessions.items()}
    small = {key for key, number in cells.items() if is_small(number)}
    cells |= {key: counts.attendances for key, counts in groups.items()}
    small |= {key for key, counts in groups.items() if is_small(counts.people)}

    def of(keys: Collection[tuple[str, str]]) -> tuple[Key, ...]:
        return tuple((SESSION, code) for key in keys for code in members.get(key, ()))

    weeks = sorted(growth, key=int)
    spans = steps(shown_points([growth[week] for week in weeks]))
    sums = [
        Sum(None, tuple((SESSION, code) for code in sessions)),
        Sum(None, tuple(key for key in groups if key[0] == Dimension.TRACK)),
        *(Sum(key, of([key])) for key in groups),
        *(Sum(None, of([(Dimension.WEEK, weeks[place]) for place in span])) for span in spans),
    ]
    return hide(cells, sums, small=small, unlisted=[(SESSION, code) for code in sessions if code not in listed])
