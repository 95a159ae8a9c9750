"""The programme page put together: the address read, the sessions found, cut to a page and given their words."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy

from events.models import SDG, ActionLine, Forum
from events.models.programme import Language
from events.models.reference import StakeholderType
from events.models.time_zones import validate_zone
from events.programme import filters, session_entries, shown_days
from events.programme.filters import PARAMETERS, SessionFilters
from events.programme.search import search
from events.programme.session_entries import ProgrammeEntry
from events.programme.shown_days import Cut, FilterLink
from events.schedule.releases import releases
from events.shared.formatting.names import folded, local_text, term

A_DAY = timedelta(days=1)
AS_LIST = "list"  # the value of `view` that leaves the grid out
BY_TIME = "time"  # the value of `order` that sorts what a search found by time, and not by how well it fits


def page(data: QueryDict, *, forum: Forum, now: datetime, language: str) -> dict[str, Any]:
    """Return what the programme page shows for the query parameters of an address.

    Values that do not exist are left out and named in `notes`. Nothing is refused. Eight queries; nine more with a
    search (events.programme.search).
    """
    zone, notes = _zone(data.get(shown_days.ZONE, ""), forum=forum)
    entries, labels = _everything(forum, language=language, zone=zone, now=now)
    known, unknown = filters.known_only(data, choices=labels)
    start = _start(data.get(shown_days.START, ""), days=labels["day"], forum=forum, unknown=unknown)
    chosen = {name: known.getlist(name) for name in known}
    query = search.cleaned(data.get("q", ""))
    looked = search.look(forum, query=query, now=now)
    found = looked.ranks if looked else None
    notes += filters.unknown_notes(unknown) + (looked.notes() if looked else [])
    shown, groups = SessionFilters.narrowed(entries, labels=labels, chosen=chosen, found=found)
    if is_best := bool(found) and data.get("order") != BY_TIME:
        shown.sort(key=lambda entry: _fit((found or {})[entry.pk], entry=entry, now=now))
    is_narrowed = bool(chosen) or found is not None
    cut = (
        shown_days.part(data, shown=shown, has_order=not is_best, forum=forum)
        if is_narrowed
        else shown_days.around(data, shown=shown, start=start, forum=forum, zone=zone, now=now)
    )
    release = releases.latest(forum)
    on_page = (entry for day in cut.days for entry in day.entries)
    session_entries.set_clocks(on_page, forum=forum, zone=zone, now=now, moved=releases.moved_in(release))
    tz = zone.key if zone != forum.zone else ""
    return {
        "forum": forum,
        "release": release,
        "tz": tz,
        "notes": notes,
        "query": query if looked else "",
        "total": len(entries),
        "number": len(shown),
        "recordings": sum(1 for entry in entries if entry.recording_url),
        "is_narrowed": is_narrowed,
        "others": _other_pages(forum, query=query, now=now),
        "groups": groups,
        "chips": filters.chips(known, query=query if looked else "", labels=labels, tz=tz),
        "calendar_query": _calendar_query(known, query=query if looked else ""),
        "is_best": is_best,
        "orders": _orders(data, is_best=is_best) if found and len(shown) > 1 else [],
        **_grid(data, cut=cut, has_order=not is_best, zone=zone),
    } | shown_days.context(cut, forum=forum, zone=zone, now=now)


def _grid(data: QueryDict, *, cut: Cut, has_order: bool, zone: ZoneInfo) -> dict[str, Any]:
    """Where one day is shown, whole and in order: its grid of rooms and hours, unless the address asks for the list only;
    and the address of the other of the two."""
    if len(cut.days) != 1 or cut.turns or not has_order:
        return {}
    if data.get("view") == AS_LIST:
        return {"grid_address": shown_days.address(data, view="")}
    [day] = cut.days
    grid = shown_days.grid(day.entries, day=day.date, zone=zone)
    return {"grid": grid, "list_address": shown_days.address(data, view=AS_LIST)}


def _everything(
    forum: Forum, *, language: str, zone: ZoneInfo, now: datetime
) -> tuple[list[ProgrammeEntry], filters.Labels]:
    """Every public session, and the values that each filter has for them, by name."""
    lines = list(ActionLine.objects.all())
    goals = {goal.number: term(goal.title) for goal in SDG.objects.all()}
    entries = session_entries.entries(forum, language=language, lines=lines, goal_names=goals, zone=zone, now=now)
    return entries, _labels(entries, lines=lines, goals=goals)


def _other_pages(forum: Forum, *, query: str, now: datetime) -> list[FilterLink]:
    """The other lists of the forum that have something with all words of a query: how much, and where."""
    speakers, outcomes = search.speakers(forum, query=query), search.outcomes(query, forum=forum, now=now)
    found = (
        ("events:speakers", speakers, ngettext_lazy("%(n)s speaker", "%(n)s speakers", "n")),
        ("events:outcomes", outcomes, ngettext_lazy("%(n)s outcome", "%(n)s outcomes", "n")),
    )
    return [
        FilterLink(text % {"n": len(one.whole)}, f"{reverse(name, args=[forum.slug])}?{urlencode({'q': query})}")
        for name, one, text in found
        if one and one.whole
    ]


def _fit(rank: float, *, entry: ProgrammeEntry, now: datetime) -> tuple[int, bool, float, datetime, int]:
    """The place of a session among those that were found: by the best place where the words stand, then what is to come, before
    what is over; then by all places, then by time."""
    return -int(rank).bit_length(), entry.ends <= now, -rank, entry.starts, entry.pk


def _calendar_query(known: QueryDict, *, query: str) -> str:
    """What the calendar file of the sessions found is asked by: the filters in force, and the words (events.exchange)."""
    asked = known.copy()
    if query:
        asked["q"] = query
    return asked.urlencode()


def has_idle(data: QueryDict) -> bool:
    """Whether an address says more than the whole programme goes by: a part, an order, words of which none can be found."""
    used = (shown_days.START, shown_days.ZONE)
    return any(data.get(name) for name in PARAMETERS if name not in used)


def _orders(data: QueryDict, *, is_best: bool) -> list[FilterLink]:
    """The two orders of what a search found, with their addresses."""
    labels = {"": gettext("Best match first"), BY_TIME: gettext("In order of time")}
    return [
        FilterLink(label, shown_days.address(data, order=value, page=""), is_best != bool(value))
        for value, label in labels.items()
    ]


def _start(text: str, *, days: Collection[str], forum: Forum, unknown: list[str]) -> date | None:
    """The day from which on an address asks for the programme: one of the forum's, in whatever zone, or of its
    sessions' `days`; spelled 2020-07-22. What is none is put with what is `unknown`."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if text in days or (day.isoformat() == text and forum.starts - A_DAY <= day <= forum.ends + A_DAY):
        return day
    unknown.append(text)
    return None


def _zone(name: str, *, forum: Forum) -> tuple[ZoneInfo, list[str]]:
    """The zone that an address asks for, and a note where it does not exist."""
    if not name:
        return forum.zone, []
    try:
        validate_zone(name)
    except ValidationError:
        text = gettext("Time zone “%(zone)s” is not known. Times are shown in the zone of the forum, %(place)s.")
        return forum.zone, [text % {"zone": name[: filters.LONGEST_NAMED], "place": local_text(forum, "place")}]
    return ZoneInfo(name), []


def _labels(entries: Iterable[ProgrammeEntry], *, lines: list[ActionLine], goals: dict[int, str]) -> filters.Labels:
    """The values of each filter with their names, in the order in which people look for them.

    Action Lines, goals and whatever else other pages link to are there also without a session.
    """
    days: dict[str, str] = {}
    types, tracks, organisers, kinds = dict[str, str](), dict[str, str](), dict[str, str](), set[str]()
    languages, followed = set[str](), set[str]()
    for entry in entries:
        days.setdefault(entry.day.isoformat(), date_format(entry.day, "l j F"))
        types[entry.type] = term(entry.type_name)
        if entry.track:
            tracks[str(entry.track)] = term(entry.track_name)
        languages |= set(entry.languages)
        followed |= entry.followed_in
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
        "follow": {code: str(Language(code).label) for code in Language.values if code in followed},
        "organiser": _by_name(organisers),
        "stakeholder": {kind: str(StakeholderType(kind).label) for kind in StakeholderType.values if kind in kinds},
        "only": {
            "recording": gettext("Recording"),
            "captions": gettext("Captions"),
            "interpretation": gettext("Interpretation"),
            "sign": gettext("International Sign"),
            "broadcast": gettext("Broadcast"),
        },
    }


def _by_name(names: dict[str, str]) -> dict[str, str]:
    return dict(sorted(names.items(), key=lambda pair: folded(pair[1])))
