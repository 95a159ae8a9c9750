"""The programme page put together: the address read, the sessions found, folded and given their words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext

from events.formatting.names import folded, term
from events.formatting.times import place_name
from events.models import SDG, ActionLine, Forum
from events.models.programme import Language
from events.models.reference import StakeholderType
from events.models.time_zones import validate_zone
from events.programme import filters, session_entries
from events.programme.search import search
from events.programme.search.words import LONGEST_QUERY
from events.programme.session_entries import Day, Entry
from events.schedule.releases import releases

A_PAGE = 50  # sessions that a search found; without a search the programme stands on one page
BEST = "best"  # the value of `order` that sorts what a search found by how well it fits
MOST_NAMED = 5  # unknown values that a note repeats …
LONGEST_NAMED = 40  # … and how much of each, in characters

type Labels = dict[str, dict[str, str]]


class Link(NamedTuple):
    """An address of this page with other parameters: without one of its filters, in another order, another part. Without an
    address: this part, or those left out in between ("…")."""

    label: str
    url: str
    is_current: bool = False


def page(data: QueryDict, *, forum: Forum, now: datetime, language: str) -> dict[str, Any]:
    """Return what the programme page shows for the query parameters of an address.

    Values that do not exist are left out and named in `notes`. Nothing is refused. Nine queries; two more with a
    search (events.programme.search).
    """
    zone, notes = _zone(data.get("tz", ""), forum=forum)
    lines = list(ActionLine.objects.all())
    goals = {goal.number: term(goal.title) for goal in SDG.objects.all()}
    entries = session_entries.entries(forum, language=language, lines=lines, goal_names=goals, now=now)
    labels = _labels(entries, lines=lines, goals=goals, zone=zone)
    known, unknown = filters.known_only(data, choices=labels)
    if unknown:
        notes.append(_unknown_note(unknown))
    chosen = {name: known.getlist(name) for name in known}
    query = " ".join(data.get("q", "").replace("\0", " ").split())[:LONGEST_QUERY]
    found = search.ranked(forum, query=query, now=now)
    is_best = bool(found) and data.get("order") == BEST
    shown, counts = filters.narrowed(entries, chosen=chosen, found=found, zone=zone)
    if found and is_best:
        shown.sort(key=lambda entry: (-found[entry.pk], entry.starts, entry.pk))
    part = Paginator(shown, A_PAGE if found else len(entries) or 1).get_page(data.get("page"))
    release = releases.latest(forum)
    moved = releases.moved_in(release)
    session_entries.set_clocks(part.object_list, forum=forum, zone=zone, now=now, moved=moved)
    tz = zone.key if zone != forum.zone else ""
    return {
        "forum": forum,
        "release": release,
        "zone": zone,
        "tz": tz,
        "place": place_name(zone, forum=forum),
        "notes": notes,
        "query": query if found is not None else "",
        "total": len(entries),
        "number": len(shown),
        "is_narrowed": bool(chosen) or found is not None,
        "groups": _groups(labels, counts=counts, chosen=chosen),
        "chips": _chips(known, query=query if found is not None else "", tz=tz, labels=labels),
        "is_foreign": language != settings.LANGUAGE_CODE,
        "is_best": is_best,
        "orders": _orders(data, is_best=is_best) if found and len(shown) > 1 else [],
        "turns": _turns(data, part=part) if part.has_other_pages() else [],
    } | _days(data, part=part, forum=forum, zone=zone, now=now, is_best=is_best)


def _orders(data: QueryDict, *, is_best: bool) -> list[Link]:
    """The two orders of what a search found, with their addresses."""
    labels = {"": gettext("In order of time"), BEST: gettext("Best match first")}
    return [
        Link(label, _address(data, order=value, page=""), is_best == bool(value)) for value, label in labels.items()
    ]


def _address(data: QueryDict, **values: str) -> str:
    """The address of the page with other values of parameters; an empty one is left out."""
    query = data.copy()
    for name, value in values.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode(safe='/')}"


def _turns(data: QueryDict, *, part: Page[Entry]) -> list[Link]:
    links = []
    for number in part.paginator.get_elided_page_range(part.number, on_each_side=2, on_ends=1):
        is_other = isinstance(number, int) and number != part.number
        url = _address(data, page=str(number)) if is_other else ""
        links.append(Link(str(number), url, number == part.number))
    return links


def _days(
    data: QueryDict, *, part: Page[Entry], forum: Forum, zone: ZoneInfo, now: datetime, is_best: bool
) -> dict[str, Any]:
    """The days of this part. The bar of weeks and the link to what comes next also lead to the other parts."""
    today = now.astimezone(zone).date()
    days = session_entries.days(part.object_list, forum=forum, zone=zone)
    folds, coming = ([], days) if is_best else session_entries.folds(days, forum=forum, now=now, today=today)
    is_running = forum.starts <= today <= forum.ends
    whole = session_entries.days(part.paginator.object_list, forum=forum, zone=zone) if part.has_other_pages() else days
    everything = [] if is_best else whole
    before = dict(_before(data, part=part, days=everything))
    ahead = next((day for day in everything if day.date >= today), None) if is_running else None
    anchors = {day.week: day.anchor for day in reversed(everything)}  # of the first day of each week
    weeks = session_entries.weeks(forum, dates=[], today=today)
    for week in weeks:
        week.anchor = anchors.get(week.number, "")
        week.before = before.get(week.anchor, "")
    return {
        "now": now,
        "today": today,
        "folds": folds,
        "days": coming,
        "weeks": weeks,
        "is_over": today > forum.ends,
        "next_address": f"{before[ahead.anchor]}#{ahead.anchor}" if ahead else "",
        "is_today": ahead is not None and ahead.date == today,
    }


def _before(data: QueryDict, *, part: Page[Entry], days: list[Day]) -> Iterator[tuple[str, str]]:
    """For each day the address of the part in which it begins; empty for this part."""
    place = 0
    for day in days:
        number = place // part.paginator.per_page + 1
        yield day.anchor, "" if number == part.number else _address(data, page=str(number))
        place += len(day.entries)


def _zone(name: str, *, forum: Forum) -> tuple[ZoneInfo, list[str]]:
    """The zone that an address asks for, and a note where it does not exist."""
    if not name:
        return forum.zone, []
    try:
        validate_zone(name)
    except ValidationError:
        text = gettext("Time zone “%(zone)s” is not known. Times are shown in the zone of the forum, %(place)s.")
        return forum.zone, [text % {"zone": name[:LONGEST_NAMED], "place": term(forum.place)}]
    return ZoneInfo(name), []


def _unknown_note(values: list[str]) -> str:
    named = gettext(", ").join(f"“{value[:LONGEST_NAMED]}”" for value in values[:MOST_NAMED])
    return gettext("The address asks for filters that do not exist; they are left out: %(values)s.") % {"values": named}


def _labels(entries: Iterable[Entry], *, lines: list[ActionLine], goals: dict[int, str], zone: ZoneInfo) -> Labels:
    """The values of each filter with their names, in the order in which people look for them.

    Action Lines, goals and whatever else other pages link to are there also without a session.
    """
    days: dict[str, str] = {}
    types, tracks, organisers, kinds = dict[str, str](), dict[str, str](), dict[str, str](), set[str]()
    languages = set[str]()
    for entry in entries:
        day = entry.starts.astimezone(zone).date()
        days.setdefault(day.isoformat(), date_format(day, "l j F"))
        types[entry.type] = term(entry.type_name)
        if entry.track:
            tracks[str(entry.track)] = term(entry.track_name)
        languages |= set(entry.languages)
        for organisation in entry.organisers:
            organisers[str(organisation.pk)] = str(organisation)
            kinds.add(organisation.stakeholder_type)
    return {
        "type": _by_name(types),
        "action_line": {line.code: f"{line.label} {term(line.short_name)}" for line in lines},
        "sdg": {str(number): f"{number} {title}" for number, title in goals.items()},
        "day": days,
        "track": _by_name(tracks),
        "language": {code: str(Language(code).label) for code in Language.values if code in languages},
        "organiser": _by_name(organisers),
        "stakeholder": {kind: str(StakeholderType(kind).label) for kind in StakeholderType.values if kind in kinds},
        "only": {"recording": gettext("Recording"), "captions": gettext("Captions")},
    }


def _by_name(names: dict[str, str]) -> dict[str, str]:
    return dict(sorted(names.items(), key=lambda pair: folded(pair[1])))


def _groups(
    labels: Labels, *, counts: Mapping[str, Counter[str]], chosen: Mapping[str, list[str]]
) -> list[filters.Group]:
    """The filters that have something to choose."""
    return [
        filters.Group(
            name=name,
            label=str(label),
            is_open=name in filters.OPEN_GROUPS or name in chosen,
            options=[
                filters.Option(value, text, counts[name][value], value in chosen.get(name, []))
                for value, text in labels[name].items()
            ],
        )
        for name, label in filters.GROUPS.items()
        if labels[name]
    ]


def _chips(known: QueryDict, *, query: str, tz: str, labels: Labels) -> list[Link]:
    """The filters in force, each with the address of the page without it."""
    pairs = [("q", query)] if query else []
    pairs += [(name, value) for name in filters.GROUPS for value in known.getlist(name)]
    chips = []
    for pair in pairs:
        rest = QueryDict(mutable=True)
        for name, value in [*(other for other in pairs if other != pair), *([("tz", tz)] if tz else [])]:
            rest.appendlist(name, value)
        label = f"“{query}”" if pair[0] == "q" else labels[pair[0]][pair[1]]
        chips.append(Link(label, f"?{rest.urlencode(safe='/')}"))
    return chips
