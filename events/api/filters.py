"""The filters of the API's lists. Values of one filter are joined by “or”, filters among each other by “and”."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from events.api import querysets
from events.models import Forum, Session, SessionType
from events.models.reference import StakeholderType
from events.outcomes import outcome_filters
from events.programme import filter_fields as fields
from events.programme import filters
from events.programme.search import search
from events.programme.search.words import LONGEST_QUERY, words

STATES = (Session.State.SCHEDULED, Session.State.CANCELLED)
EXPANDED = ("speakers",)


def _forums(slugs: list[str]) -> QuerySet[Forum]:
    """The public forums of these names in addresses; all, where none is named."""
    return Forum.objects.public().filter(slug__in=slugs) if slugs else Forum.objects.public()


class ForumFilters(filters.Filters):
    ordering = fields.OrderingFilter({"starts": "starts", "slug": "slug"}, default="-starts")


class ApiSessionFilters(filters.SessionFilters):
    """Those of the programme page, and some more."""

    forum = filters.forums()
    starts_from = fields.MomentFilter(field_name="starts", lookup_expr="gte", about="Starts then or later.")
    starts_before = fields.MomentFilter(field_name="starts", lookup_expr="lt", about="Starts before then.")
    room = filters.numbers("Identities of rooms.", field_name="room_id")
    state = filters.words(STATES, "Whether it takes place.", field_name="state")
    expand = filters.words(EXPANDED, "Tell all of what is only named else.", method="as_they_are")
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

    def as_they_are(self, queryset: QuerySet[Session], name: str, values: list[str]) -> QuerySet[Session]:
        """What is told of the rows (serializers.PanelMember), not which."""
        return queryset

    def found(self, queryset: QuerySet[Session], name: str, query: str) -> QuerySet[Session]:
        """In every public forum, or those that are asked for: two queries for each while the public revision stands."""
        if not words(query or ""):
            return queryset
        forums = _forums(self.form.cleaned_data["forum"])
        keys = [key for forum in forums for key in search.ranked(forum, query=query, now=self.now) or ()]
        return queryset.filter(pk__in=keys)

    def changed(self, queryset: QuerySet[Session], name: str, since: datetime) -> QuerySet[Session]:
        return queryset.filter(querysets.changed(since))


class SpeakerFilters(filters.Filters):
    forum = filters.forums()
    organisation = filters.numbers("Identities of organisations.", field_name="organisation_id")
    search = fields.TextFilter(method="found", most=LONGEST_QUERY, about="Words in name, position, organisation.")
    changed_since = fields.MomentFilter(
        method="changed", about="Changed then or later: they, their organisation, or a session in which they speak."
    )
    ordering = fields.OrderingFilter({"name": "name", "protocol": "protocol_order"}, default="protocol")

    def changed(self, queryset: QuerySet[Any], name: str, since: datetime) -> QuerySet[Any]:
        return queryset.filter(querysets.changed_speakers(since, now=self.now))

    def found(self, queryset: QuerySet[Any], name: str, query: str) -> QuerySet[Any]:
        """In every public forum, or those that are asked for: two queries for each while the public revision stands."""
        if not words(query or ""):
            return queryset
        found = (search.speakers(forum, query=query) for forum in _forums(self.form.cleaned_data["forum"]))
        return queryset.filter(pk__in=[key for one in found for key in (one.whole if one else ())])


class OrganisationFilters(filters.Filters):
    stakeholder_type = filters.words(StakeholderType.values, "Kinds of organisations.", field_name="stakeholder_type")
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


class ApiOutcomeFilters(outcome_filters.OutcomeFilters):
    """Those of the page of outcomes, and some more."""

    session = fields.ValuesFilter(
        method="of_sessions", schema=fields.CODE, about="Codes of the sessions that they came out of."
    )
    search = fields.TextFilter(
        method="found", most=LONGEST_QUERY, about="Words in title, text, organisations, themes, Action Lines or goals."
    )
    ordering = fields.OrderingFilter({"order": "order", "title": "title", "date": "date"}, default="order")

    def of_sessions(self, queryset: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        public = Session.objects.public(self.now).filter(code__in=values)
        return queryset.filter(session__in=public) if values else queryset

    def found(self, queryset: QuerySet[Any], name: str, query: str) -> QuerySet[Any]:
        found = search.outcomes(query or "", now=self.now)
        return queryset if found is None else queryset.filter(pk__in=found.whole)


class RoomFilters(filters.Filters):
    forum = filters.forums()
    ordering = fields.OrderingFilter({"order": "order", "name": "name"}, default="order")


class TrackFilters(RoomFilters):
    pass


class SessionTypeFilters(filters.Filters):
    forum = filters.forums(method="offered")
    ordering = fields.OrderingFilter({"order": "order", "name": "name", "code": "code"}, default="order")

    def offered(self, queryset: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        """Those that one of the forums offers: its own where it has some, else those of all forums."""
        wanted = Forum.objects.public().filter(slug__in=values)
        offered = [SessionType.objects.offered_in(forum).values("pk") for forum in wanted]
        return queryset.filter(reduce(or_, (Q(pk__in=keys) for keys in offered), Q(pk__in=[]))) if values else queryset


class PracticalPageFilters(filters.Filters):
    forum = filters.forums()
    ordering = fields.OrderingFilter({"order": "order", "title": "title"}, default="order")


class ReleaseFilters(filters.Filters):
    forum = filters.forums()
    released_since = fields.MomentFilter(field_name="released", lookup_expr="gte", about="Released then or later.")
    ordering = fields.OrderingFilter({"released": "released", "number": "number"}, default="-released")
