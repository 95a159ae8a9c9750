"""The filters of sessions. Values of one filter are joined by “or”, filters among each other by “and”.

`SessionFilters` reads an address and asks the database, for the API; `narrowed` does the same in memory for the pages, which
also say how many rows each option would show next to the other filters. A test compares the two.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.models import Appearance, Forum, Session
from events.models.programme import Language, SessionQuerySet
from events.models.reference import StakeholderType
from events.programme import filter_fields as fields
from events.programme.session_entries import ProgrammeEntry
from events.programme.shown_days import FilterLink

GROUPS = {
    "type": _("Session type"),
    "action_line": _("Action Line"),
    "sdg": _("Sustainable Development Goal"),
    "day": _("Day"),
    "track": _("Track"),
    "language": _("Language"),
    "organiser": _("Organiser"),
    "stakeholder": _("Stakeholder type"),
    "only": _("Only sessions with"),
}
OPEN_GROUPS = frozenset({"type", "only"})
PARAMETERS = ("q", "tz", "from", "order", "page", *GROUPS)
ONLY = ("recording", "captions")
MOST_NAMED = 5  # unknown values that a note repeats …
LONGEST_NAMED = 40  # … and how much of each, in characters

type Labels = Mapping[str, Mapping[str, str]]  # filter → value → what people read


@dataclass(frozen=True)
class Option:
    """One value of a filter: what stands in the address, what people read, how many rows it would show."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class FilterGroup:
    name: str
    label: str
    options: list[Option]
    is_open: bool


class Filters(django_filters.FilterSet):
    """What the filters of all lists share: `now`, and no field that was not asked for."""

    def __init__(self, data: Any, *, now: datetime, queryset: QuerySet[Any]) -> None:
        super().__init__(data, queryset=queryset)
        self.now = now

    def on_action_lines(self, queryset: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        return _among(queryset, Q(action_lines__code__in=values) | Q(action_lines__parent__code__in=values), values)

    def among(self, queryset: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        return _among(queryset, Q(**{f"{name}__in": values}), values)


def words(values: Iterable[Any], about: str, **options: Any) -> fields.ValuesFilter:
    """A filter that takes some words."""
    schema = {"type": "string", "enum": [str(value) for value in values]}
    return fields.ValuesFilter(schema=schema, about=about, **options)


def numbers(about: str, **options: Any) -> fields.ValuesFilter:
    """A filter that takes the keys of rows."""
    return fields.ValuesFilter(schema=fields.NUMBER, pattern=fields.NUMBER_PATTERN, about=about, **options)


def action_lines() -> fields.ValuesFilter:
    """A filter that takes codes of Action Lines."""
    about = "Codes of WSIS Action Lines: C5. One with parts (C7) stands for its parts too."
    return fields.ValuesFilter(method="on_action_lines", schema=fields.SLUG, about=about)


def goals() -> fields.ValuesFilter:
    """A filter that takes numbers of goals."""
    about = "Numbers of Sustainable Development Goals."
    return fields.ValuesFilter(
        method="among", field_name="sdgs", schema=fields.GOAL, pattern=fields.GOAL_PATTERN, about=about
    )


class SessionFilters(Filters):
    """The filters of sessions that the API has as the programme page has them."""

    day = fields.DaysFilter(
        method="on_days",
        schema=fields.DAY,
        pattern=fields.DATE.pattern,
        about="Days in the forum's own zone on which a session starts.",
    )
    type = fields.ValuesFilter(field_name="type__code", schema=fields.SLUG, about="Codes of session types.")
    track = numbers("Identities of tracks.", field_name="track_id")
    action_line = action_lines()
    sdg = goals()
    organiser = numbers("Identities of organisations.", method="among", field_name="organisers")
    stakeholder = words(
        StakeholderType.values,
        "Kinds of organisations that organise.",
        method="among",
        field_name="organisers__stakeholder_type",
    )
    language = words(Language.values, "Languages in which it is held.", method="in_languages")
    only = words(ONLY, "Only sessions that have all of these.", method="only_with")
    speaker = numbers("Identities of speakers.", method="with_speakers")

    def with_speakers(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        seen = Appearance.objects.released().filter(speaker__in=[int(value) for value in values]).order_by()
        return queryset.filter(pk__in=seen.values("session")) if values else queryset

    def on_days(self, queryset: QuerySet[Session], name: str, days: list[date]) -> QuerySet[Session]:
        condition = Q(pk__in=[])
        for forum in Forum.objects.public() if days else ():
            for day in days:
                if day != fields.NO_DAY:
                    start, end = (datetime.combine(day + timedelta(days=n), time(), forum.zone) for n in (0, 1))
                    condition |= Q(forum=forum, starts__gte=start, starts__lt=end)
        return queryset.filter(condition) if days else queryset

    def in_languages(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        condition = Q()  # only PostgreSQL can look into a list; as text both databases can
        for value in values:
            condition |= Q(languages_text__contains=f'"{value}"')
        return queryset.alias(languages_text=Cast("languages", TextField())).filter(condition)

    def only_with(self, queryset: SessionQuerySet, name: str, values: list[str]) -> QuerySet[Session]:
        """The one filter whose values are joined by “and”. A recording counts from the end of its session on."""
        if "recording" in values:
            queryset = queryset.recorded(self.now)
        return queryset.exclude(captioning=[]) if "captions" in values else queryset


def _among(queryset: QuerySet[Any], condition: Q, values: list[str]) -> QuerySet[Any]:
    """Rows with one of several other rows; asked for apart, so that none comes twice."""
    rows = queryset.model._default_manager.order_by()
    return queryset.filter(pk__in=rows.filter(condition).values("pk")) if values else queryset


def values_of(entry: ProgrammeEntry, *, zone: ZoneInfo) -> dict[str, frozenset[str]]:
    """The values that a session has for each filter."""
    return {
        "day": frozenset({entry.starts.astimezone(zone).date().isoformat()}),
        "track": frozenset({str(entry.track)} if entry.track else ()),
        "type": frozenset({entry.type}),
        "action_line": entry.all_lines,
        "sdg": frozenset(str(number) for number in entry.goals),
        "language": frozenset(entry.languages),
        "organiser": frozenset(str(organiser.pk) for organiser in entry.organisers),
        "stakeholder": frozenset(organiser.stakeholder_type for organiser in entry.organisers),
        "only": frozenset(
            name for name, has in [("recording", entry.recording_url), ("captions", entry.has_captions)] if has
        ),
    }


def _fits(name: str, *, has: frozenset[str], wanted: Collection[str]) -> bool:
    return has.issuperset(wanted) if name == "only" else not has.isdisjoint(wanted)


def narrowed[Row: Any](
    rows: Iterable[Row],
    *,
    values: Callable[[Row], Mapping[str, frozenset[str]]],
    chosen: Mapping[str, Collection[str]],
    found: Collection[int] | None,
) -> tuple[list[Row], Mapping[str, Counter[str]]]:
    """The rows that the filters leave, and for each filter how many rows each of its values would show if it were the only
    value of this filter, with all other filters as they are. `values`: those that a row has for each filter; `found`: the
    primary keys that the search found (None: no search).

    The values of `only` narrow each other, so they count what the page shows.
    """
    shown: list[Row] = []
    counts = defaultdict[str, Counter[str]](Counter)
    for row in rows:
        if found is not None and row.pk not in found:
            continue
        of_row = values(row)
        failed = [name for name, wanted in chosen.items() if not _fits(name, has=of_row[name], wanted=wanted)]
        if not failed:
            shown.append(row)
            for name, has in of_row.items():
                counts[name].update(has)
        elif len(failed) == 1 and failed != ["only"]:
            counts[failed[0]].update(of_row[failed[0]])
    return shown, counts


def known_only(data: QueryDict, *, choices: Mapping[str, Collection[str]]) -> tuple[QueryDict, list[str]]:
    """Split the filters of an address: those whose values exist (each once), and the values that do not."""
    kept, unknown = QueryDict(mutable=True), list[str]()
    for name in choices:
        values = list(dict.fromkeys(value for value in data.getlist(name) if value))[: fields.MOST_VALUES]
        good = [value for value in values if value in choices[name]]
        unknown += [value for value in values if value not in choices[name]]
        if good:
            kept.setlist(name, good)
    return kept, unknown


# --- what a page shows of its filters -------------------------------------------------------------
def unknown_notes(values: list[str]) -> list[str]:
    """What a page says of values that do not exist."""
    if not values:
        return []
    named = gettext(", ").join(f"“{value[:LONGEST_NAMED]}”" for value in values[:MOST_NAMED])
    return [
        gettext("The address asks for filters that do not exist; they are left out: %(values)s.") % {"values": named}
    ]


def groups(
    labels: Labels,
    *,
    counts: Mapping[str, Counter[str]],
    chosen: Mapping[str, Collection[str]],
    names: Mapping[str, Any] = GROUPS,
    opened: Collection[str] = OPEN_GROUPS,
) -> list[FilterGroup]:
    """The filters that have something to choose, by their `names`. Those of `opened`, and those in force, are open."""
    return [
        FilterGroup(
            name=name,
            label=str(label),
            is_open=name in opened or name in chosen,
            options=[
                Option(value, text, counts[name][value], value in chosen.get(name, []))
                for value, text in labels[name].items()
            ],
        )
        for name, label in names.items()
        if labels[name]
    ]


def chips(known: QueryDict, *, query: str, labels: Labels, **kept: str) -> list[FilterLink]:
    """The filters in force, each with the address of the page without it; `kept`: what else of the address stays."""
    pairs = [("q", query)] if query else []
    pairs += [(name, value) for name in labels for value in known.getlist(name)]
    found = []
    for pair in pairs:
        rest = QueryDict(mutable=True)
        for name, value in [*(other for other in pairs if other != pair), *kept.items()]:
            if value:
                rest.appendlist(name, value)
        label = f"“{query}”" if pair[0] == "q" else labels[pair[0]][pair[1]]
        found.append(FilterLink(label, f"?{rest.urlencode(safe='/')}"))
    return found
