"""The programme's filters. Values of one filter are joined by “or”, filters among each other by “and”.

`ProgrammeFilter` reads the address and asks the database; `facets` counts, in memory, how many sessions each option
would show next to the other filters. A test compares the two.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from events.models import Session
from events.models.programme import SessionQuerySet
from events.programme.session_entries import Entry

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
PARAMETERS = ("q", "tz", "order", "page", *GROUPS)
MOST_VALUES = 60  # of one filter in an address


@dataclass(frozen=True)
class Option:
    """One value of a filter: what stands in the address, what people read, how many sessions it would show."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Group:
    name: str
    label: str
    options: list[Option]
    is_open: bool


class ProgrammeFilter(django_filters.FilterSet):
    """Reads the filters of an address. `choices` holds the values that each filter knows."""

    day = django_filters.MultipleChoiceFilter(method="on_days")
    track = django_filters.MultipleChoiceFilter(field_name="track_id")
    type = django_filters.MultipleChoiceFilter(field_name="type__code")
    action_line = django_filters.MultipleChoiceFilter(method="on_action_lines")
    sdg = django_filters.MultipleChoiceFilter(field_name="sdgs")
    language = django_filters.MultipleChoiceFilter(method="in_languages")
    organiser = django_filters.MultipleChoiceFilter(field_name="organisers")
    stakeholder = django_filters.MultipleChoiceFilter(field_name="organisers__stakeholder_type")
    only = django_filters.MultipleChoiceFilter(method="only_with")

    def __init__(
        self, data: QueryDict, *, choices: Mapping[str, Collection[str]], zone: ZoneInfo, now: datetime, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.zone, self.now = zone, now
        for name, found in self.filters.items():
            found.extra["choices"] = [(value, value) for value in choices[name]]

    @property
    def chosen(self) -> dict[str, list[str]]:
        """The values in force, by filter; filters without one are left out."""
        form: forms.Form = self.form
        form.is_valid()
        return {name: values for name, values in form.cleaned_data.items() if values}

    def on_days(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        condition = Q()
        for value in values:
            start = datetime.combine(date.fromisoformat(value), datetime.min.time(), self.zone)
            condition |= Q(starts__gte=start, starts__lt=start + timedelta(days=1))
        return queryset.filter(condition)

    def on_action_lines(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        """An Action Line with parts (C7) stands for its parts too."""
        return queryset.filter(Q(action_lines__code__in=values) | Q(action_lines__parent__code__in=values)).distinct()

    def in_languages(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        # Only PostgreSQL can look into a list; as text both databases can.
        condition = Q()
        for value in values:
            condition |= Q(languages_text__contains=f'"{value}"')
        return queryset.annotate(languages_text=Cast("languages", TextField())).filter(condition)

    def only_with(self, queryset: SessionQuerySet, name: str, values: list[str]) -> QuerySet[Session]:
        """The one filter whose values are joined by “and”: sessions with a recording and with captions."""
        if "recording" in values:
            queryset = queryset.recorded(self.now)
        return queryset.exclude(captioning=[]) if "captions" in values else queryset


def values_of(entry: Entry, *, zone: ZoneInfo) -> dict[str, frozenset[str]]:
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


def facets(
    entries: Iterable[Entry], *, chosen: Mapping[str, Collection[str]], found: set[int] | None, zone: ZoneInfo
) -> dict[str, Counter[str]]:
    """For each filter: how many sessions each of its values would show if it were the only value of this filter,
    with all other filters as they are. `found` are the sessions that the search found (None: no search).

    The values of `only` narrow each other, so they count what the page shows.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in GROUPS}
    for entry in entries:
        if found is not None and entry.pk not in found:
            continue
        values = values_of(entry, zone=zone)
        failed = [name for name, wanted in chosen.items() if not _fits(name, has=values[name], wanted=wanted)]
        if not failed:
            for name, has in values.items():
                counts[name].update(has)
        elif len(failed) == 1 and failed != ["only"]:
            counts[failed[0]].update(values[failed[0]])
    return counts


def known_only(data: QueryDict, *, choices: Mapping[str, Collection[str]]) -> tuple[QueryDict, list[str]]:
    """Split the filters of an address: those whose values exist (each once), and the values that do not."""
    kept, unknown = QueryDict(mutable=True), list[str]()
    for name in GROUPS:
        values = list(dict.fromkeys(value for value in data.getlist(name) if value))[:MOST_VALUES]
        good = [value for value in values if value in choices[name]]
        unknown += [value for value in values if value not in choices[name]]
        if good:
            kept.setlist(name, good)
    return kept, unknown
