"""The filters of the API's lists. Values of one filter are joined by “or”, filters among each other by “and”."""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from events.api import fields, rows
from events.models import Forum, Outcome, Session
from events.models.programme import Language, SessionQuerySet
from events.models.reference import StakeholderType
from events.programme import search
from events.programme.search_words import LONGEST_QUERY

STATES = (Session.State.SCHEDULED, Session.State.CANCELLED)
ONLY = ("recording", "captions")
FORUM = "Forums, by the name in their address: 2020."


def _words(values: Any, about: str, **options: Any) -> fields.ValuesFilter:
    return fields.ValuesFilter(schema=fields.one_of(values), pattern=fields.pattern_of(values), about=about, **options)


def _numbers(about: str, **options: Any) -> fields.ValuesFilter:
    return fields.ValuesFilter(schema=fields.NUMBER, pattern=fields.NUMBER_PATTERN, about=about, **options)


class Filters(django_filters.FilterSet):
    """What all lists share: `now`, and no field that was not asked for."""

    def __init__(self, data: Any, *, now: datetime, queryset: QuerySet[Any]) -> None:
        super().__init__(data, queryset=queryset)
        self.now = now


class ForumFilters(Filters):
    ordering = fields.OrderingFilter({"starts": "starts", "slug": "slug"}, default="-starts")


class SessionFilters(Filters):
    forum = fields.ValuesFilter(field_name="forum__slug", schema=fields.SLUG, about=FORUM)
    day = fields.DaysFilter(
        method="on_days",
        schema=fields.DAY,
        pattern=fields.DATE.pattern,
        about="Days in the forum's own zone on which a session starts.",
    )
    starts_from = fields.MomentFilter(field_name="starts", lookup_expr="gte", about="Starts then or later.")
    starts_before = fields.MomentFilter(field_name="starts", lookup_expr="lt", about="Starts before then.")
    type = fields.ValuesFilter(field_name="type__code", schema=fields.SLUG, about="Codes of session types.")
    track = _numbers("Identities of tracks.", field_name="track_id")
    action_line = fields.ValuesFilter(
        method="on_action_lines",
        schema=fields.SLUG,
        about="Codes of WSIS Action Lines: C5. One with parts (C7) stands for its parts too.",
    )
    sdg = fields.ValuesFilter(
        method="on_goals",
        schema=fields.GOAL,
        pattern=fields.GOAL_PATTERN,
        about="Numbers of Sustainable Development Goals.",
    )
    organiser = _numbers("Identities of organisations.", method="by_organisers")
    stakeholder = _words(StakeholderType.values, "Kinds of organisations that organise.", method="by_kinds")
    speaker = _numbers("Identities of speakers.", method="with_speakers")
    language = _words(Language.values, "Languages in which it is held.", method="in_languages")
    only = _words(ONLY, "Only sessions that have all of these.", method="only_with")
    state = _words(STATES, "Whether it takes place.", field_name="state")
    search = fields.TextFilter(
        method="found", most=LONGEST_QUERY, about="Words in title, description, speakers or organisers."
    )
    changed_since = fields.MomentFilter(
        method="changed",
        about="Changed then or later: its texts, its place, its people, a recording or a document, and what is known of "
        "its speakers, organisations, room, track and type. Sessions that were taken off the programme are not here; the "
        "change logs of the releases name them.",
    )
    ordering = fields.OrderingFilter(
        {"starts": "starts", "updated": "updated", "code": "code", "title": "title"}, default="starts"
    )

    def on_days(self, queryset: QuerySet[Session], name: str, days: list[date]) -> QuerySet[Session]:
        condition = Q(pk__in=[])
        for forum in Forum.objects.public() if days else ():
            for day in days:
                start = datetime.combine(day, time(), forum.zone) if day != fields.NO_DAY else None
                if start:
                    end = datetime.combine(day + timedelta(days=1), time(), forum.zone)
                    condition |= Q(forum=forum, starts__gte=start, starts__lt=end)
        return queryset.filter(condition) if days else queryset

    def on_action_lines(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        return _among(queryset, Q(action_lines__code__in=values) | Q(action_lines__parent__code__in=values), values)

    def on_goals(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        return _among(queryset, Q(sdgs__in=values), values)

    def by_organisers(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        return _among(queryset, Q(organisers__in=values), values)

    def by_kinds(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        return _among(queryset, Q(organisers__stakeholder_type__in=values), values)

    def with_speakers(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        return _among(queryset, Q(appearances__speaker__in=values, appearances__is_released=True), values)

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

    def found(self, queryset: QuerySet[Session], name: str, query: str) -> QuerySet[Session]:
        """In every public forum, or those that are asked for: two queries for each while the public revision stands."""
        if not search.words(query or ""):
            return queryset
        keys: set[int] = set()
        wanted = self.form.cleaned_data["forum"]
        for forum in Forum.objects.public().filter(slug__in=wanted) if wanted else Forum.objects.public():
            keys |= (search.ranked(forum, query=query, now=self.now) or {}).keys()
        return queryset.filter(pk__in=keys)

    def changed(self, queryset: QuerySet[Session], name: str, since: datetime) -> QuerySet[Session]:
        return queryset.filter(rows.changed(since))


def _among(queryset: QuerySet[Session], condition: Q, values: list[str]) -> QuerySet[Session]:
    """Sessions with one of several rows; asked for apart, so that none comes twice."""
    return queryset.filter(pk__in=Session.objects.filter(condition).values("pk")) if values else queryset


class SpeakerFilters(Filters):
    forum = fields.ValuesFilter(field_name="forum__slug", schema=fields.SLUG, about=FORUM)
    organisation = _numbers("Identities of organisations.", field_name="organisation_id")
    search = fields.TextFilter(method="found", most=LONGEST_QUERY, about="Words in name, position, organisation.")
    changed_since = fields.MomentFilter(
        method="changed", about="Changed then or later: they, their organisation, or a session in which they speak."
    )
    ordering = fields.OrderingFilter({"name": "name", "protocol": "protocol_order"}, default="protocol")

    def changed(self, queryset: QuerySet[Any], name: str, since: datetime) -> QuerySet[Any]:
        return queryset.filter(rows.changed_speakers(since, now=self.now))

    def found(self, queryset: QuerySet[Any], name: str, query: str) -> QuerySet[Any]:
        return queryset.filter(search.holding(query or "", *search.SPEAKER_COLUMNS))


class OrganisationFilters(Filters):
    stakeholder_type = _words(StakeholderType.values, "Kinds of organisations.", field_name="stakeholder_type")
    country = fields.ValuesFilter(
        field_name="country_id",
        schema={"type": "string", "pattern": "^[A-Z]{2}$"},
        about="Countries by their ISO 3166-1 code.",
    )
    search = fields.TextFilter(method="found", most=LONGEST_QUERY, about="Words in name or acronym.")
    changed_since = fields.MomentFilter(
        field_name="updated", lookup_expr="gte", about="What is known of them changed then or later."
    )
    ordering = fields.OrderingFilter({"name": "name", "acronym": "acronym"}, default="name")

    def found(self, queryset: QuerySet[Any], name: str, query: str) -> QuerySet[Any]:
        return queryset.filter(search.holding(query or "", "name", "acronym"))


class OutcomeFilters(Filters):
    forum = fields.ValuesFilter(field_name="forum__slug", schema=fields.SLUG, about=FORUM)
    kind = _words(Outcome.Kind.values, "Kinds of outcomes.", field_name="kind")
    session = fields.ValuesFilter(
        method="of_sessions", schema=fields.CODE, about="Codes of the sessions that they came out of."
    )
    ordering = fields.OrderingFilter({"order": "order", "title": "title"}, default="order")

    def of_sessions(self, queryset: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        public = rows.bare_sessions(self.now).filter(code__in=values)
        return queryset.filter(session__in=public) if values else queryset


class ReleaseFilters(Filters):
    forum = fields.ValuesFilter(field_name="forum__slug", schema=fields.SLUG, about=FORUM)
    released_since = fields.MomentFilter(field_name="released", lookup_expr="gte", about="Released then or later.")
    ordering = fields.OrderingFilter({"released": "released", "number": "number"}, default="-released")
