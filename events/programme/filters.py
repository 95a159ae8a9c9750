"""The filters of sessions. Values of one filter are joined by “or”, filters among each other by “and”.

Each is declared once: how the database is asked, for the API, and which values a row in memory has, for the pages, which also
say how many rows each option would show next to the other filters. A test compares the two.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, product
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote, urlencode

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
from events.programme.shown_days import FilterLink

ONLY = ("recording", "captions", "interpretation", "sign", "broadcast")
MOST_NAMED = 5  # unknown values that a note repeats …
LONGEST_NAMED = 40  # … and how much of each, in characters

type Labels = Mapping[str, Mapping[str, str]]  # filter → value → what people read


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a filter: what stands in the address, what people read, how many rows it would show."""

    value: str
    label: str
    count: int
    is_chosen: bool


class FilterGroup(NamedTuple):
    name: str
    label: str
    options: list[Option]
    is_open: bool


class Filters(django_filters.FilterSet):
    """What the filters of all lists share: `now`, and no field that was not asked for."""

    OPEN: ClassVar[Collection[str]] = ()  # those whose choices a page shows from the start

    def __init__(self, data: Any, *, now: datetime, queryset: QuerySet[Any]) -> None:
        super().__init__(data, queryset=queryset)
        self.now = now

    @classmethod
    def on_page(cls) -> dict[str, fields.ValuesFilter]:
        """Those that the page has too."""
        return {name: one for name, one in cls.base_filters.items() if one.label}

    @classmethod
    def narrowed[Row: Any](
        cls,
        rows: Iterable[Row],
        *,
        labels: Labels,
        chosen: Mapping[str, Collection[str]],
        found: Collection[int] | None,
    ) -> tuple[list[Row], list[FilterGroup]]:
        """The rows that the filters leave, and the filters that have something to choose: each value says how many rows it would
        show if it were the only one of its filter, with all other filters as they are. Those in force are open. `found`: the
        primary keys that the search found (None: no search).

        Values of a conjoined filter narrow each other, so they count what the page shows.
        """
        on_page, shown, but_for = cls.on_page(), list[Row](), defaultdict[str, list[Row]](list)
        for row in rows:
            if found is None or row.pk in found:
                failed = [name for name, wanted in chosen.items() if not on_page[name].fits(row, wanted)]
                if not failed:
                    shown.append(row)
                elif len(failed) == 1 and not on_page[failed[0]].conjoined:
                    but_for[failed[0]].append(row)
        groups = []
        for name, texts in labels.items():
            counts = Counter(chain.from_iterable(map(on_page[name].values, chain(shown, but_for[name]))))
            options = [
                Option(value, text, counts[value], value in chosen.get(name, ())) for value, text in texts.items()
            ]
            if options:
                groups.append(FilterGroup(name, str(on_page[name].label), options, name in cls.OPEN or name in chosen))
        return shown, groups

    def on_action_lines(self, queryset: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        condition = Q(action_lines__code__in=values) | Q(action_lines__parent__code__in=values)
        return self.among(queryset, name, values, condition)

    def among(self, queryset: QuerySet[Any], name: str, values: list[str], condition: Q | None = None) -> QuerySet[Any]:
        """Rows with one of several other rows; asked for apart, so that none comes twice."""
        rows = queryset.model._default_manager.order_by().filter(condition or Q(**{f"{name}__in": values}))
        return queryset.filter(pk__in=rows.values("pk")) if values else queryset


def words(possible: Iterable[Any], about: str, **options: Any) -> fields.ValuesFilter:
    """A filter that takes some words."""
    schema = {"type": "string", "enum": [str(value) for value in possible]}
    return fields.ValuesFilter(schema=schema, about=about, **options)


def numbers(about: str, **options: Any) -> fields.ValuesFilter:
    """A filter that takes the keys of rows."""
    return fields.ValuesFilter(schema=fields.NUMBER, pattern=fields.NUMBER_PATTERN, about=about, **options)


def forums(**options: Any) -> fields.ValuesFilter:
    """A filter that takes slugs of forums."""
    about = "Forums, by the name in their address: 2020."
    return fields.ValuesFilter(schema=fields.SLUG, about=about, **{"field_name": "forum__slug"} | options)


def action_lines(in_memory: fields.InMemory) -> fields.ValuesFilter:
    """A filter that takes codes of Action Lines."""
    about = "Codes of WSIS Action Lines: C5. One with parts (C7) stands for its parts too."
    return fields.ValuesFilter(
        method="on_action_lines", schema=fields.SLUG, about=about, label=_("Action Line"), in_memory=in_memory
    )


def goals(in_memory: fields.InMemory | None = None) -> fields.ValuesFilter:
    """A filter that takes numbers of goals."""
    return fields.ValuesFilter(
        method="among",
        field_name="sdgs",
        schema=fields.GOAL,
        pattern=fields.GOAL_PATTERN,
        about="Numbers of Sustainable Development Goals.",
        label=_("Sustainable Development Goal"),
        in_memory=in_memory,
    )


class SessionFilters(Filters):
    """The filters of sessions that the API has as the programme page has them."""

    OPEN = ("type", "only")
    day = fields.DaysFilter(
        method="on_days",
        schema=fields.DAY,
        pattern=fields.DATE.pattern,
        about="Days in the forum's own zone on which a session starts.",
        label=_("Day"),
        in_memory=lambda entry: (entry.day.isoformat(),),
    )
    type = fields.ValuesFilter(
        field_name="type__code",
        schema=fields.SLUG,
        about="Codes of session types.",
        label=_("Session type"),
        in_memory=lambda entry: (entry.type,),
    )
    track = numbers(
        "Identities of tracks.",
        field_name="track_id",
        label=_("Track"),
        in_memory=lambda entry: (str(entry.track),) if entry.track else (),
    )
    action_line = action_lines(lambda entry: entry.all_lines)
    sdg = goals(lambda entry: map(str, entry.goals))
    organiser = numbers("Identities of organisations.", method="among", field_name="organisers", label=_("Organiser"))
    stakeholder = words(
        StakeholderType.values,
        "Kinds of organisations that organise.",
        method="among",
        field_name="organisers__stakeholder_type",
        label=_("Stakeholder type"),
    )
    language = words(
        Language.values,
        "Languages in which it is held.",
        method="in_languages",
        label=_("Language"),
        in_memory=lambda entry: set(entry.languages),
    )
    follow = words(
        Language.values,
        "Languages in which it can be followed: spoken, interpreted or captioned.",
        method="can_be_followed",
        label=_("Can be followed in"),
        in_memory=lambda entry: entry.followed_in,
    )
    only = words(
        ONLY,
        "Only sessions that have all of these.",
        method="only_with",
        label=_("Only sessions with"),
        in_memory=lambda entry: [
            name
            for name, has in zip(
                ONLY,
                (entry.recording_url, entry.captioning, entry.interpreted, entry.has_sign, entry.broadcast_url),
                strict=True,
            )
            if has
        ],
        conjoined=True,
    )
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
        return _with_languages(queryset, values, columns=("languages",))

    def can_be_followed(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        return _with_languages(queryset, values, columns=("languages", "interpretation", "captioning"))

    def only_with(self, queryset: SessionQuerySet, name: str, values: list[str]) -> QuerySet[Session]:
        """The one filter whose values are joined by “and”. A recording counts from the end of its session on."""
        if "recording" in values:
            queryset = queryset.recorded(self.now)
        if "captions" in values:
            queryset = queryset.exclude(captioning=[])
        if "interpretation" in values:
            spoken = [value for value in Language.values if value != Language.IS]
            queryset = _with_languages(queryset, spoken, columns=("interpretation",))
        if "sign" in values:
            queryset = _with_languages(queryset, [Language.IS], columns=("languages", "interpretation"))
        return queryset.exclude(broadcast_url="") if "broadcast" in values else queryset


def _with_languages[Rows: QuerySet[Any]](queryset: Rows, values: Iterable[str], *, columns: Iterable[str]) -> Rows:
    """Sessions that have one of some languages in one of some columns; all where no language is asked for."""
    condition = Q()  # only PostgreSQL can look into a list; as text both databases can
    for value, column in product(values, columns):
        condition |= Q(**{f"{column}_text__contains": f'"{value}"'})
    return queryset.alias(**{f"{column}_text": Cast(column, TextField()) for column in columns}).filter(condition)


PARAMETERS = ("q", "tz", "from", "order", "page", "view", *SessionFilters.on_page())


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


def chips(known: QueryDict, *, query: str, labels: Labels, **kept: str) -> list[FilterLink]:
    """The filters in force, each with the address of the page without it; `kept`: what else of the address stays."""
    pairs = [("q", query)] if query else []
    pairs += [(name, value) for name in labels for value in known.getlist(name)]
    found, more = [], [(name, value) for name, value in kept.items() if value]
    for pair in pairs:
        rest = urlencode([*(one for one in pairs if one != pair), *more], safe="/", quote_via=quote)
        found.append(FilterLink(f"“{query}”" if pair[0] == "q" else labels[pair[0]][pair[1]], f"?{rest}"))
    return found
