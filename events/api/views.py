"""The views of the API: each takes the rows that the public sees, narrows them by the filters, and writes them down."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from events.api import errors, filters, paging, querysets, serializers
from events.programme import filter_fields as fields
from events.programme.filters import Filters
from events.schedule.releases.releases import hidden_codes
from events.shared.pages.absolute_urls import absolute


class Rows(ReadOnlyModelViewSet[Any]):
    """What all lists share. `many` and `one`: what the list and a row of it are called; `rows_at`: the rows that the public
    sees at a moment; `filterset`: the filters of the list; `single_serializer`: the data of a single row where it says more;
    `single_filters`: those of the filters that a single row takes too.

    For the description (the first line of a list is part of it): `tried`, a query to try, and `keys`, what names a row in
    its address, each with its schema and an example.
    """

    pagination_class = paging.Pages
    lookup_field, lookup_url_kwarg = "pk", "id"
    many: ClassVar[str]
    one: ClassVar[str]
    tried: ClassVar[str] = ""
    keys: ClassVar[dict[str, tuple[dict[str, Any], str | int]]] = {"id": (fields.NUMBER, 1)}
    rows_at: ClassVar[Callable[[datetime], QuerySet[Any]]]
    filterset: ClassVar[type[Filters]]
    single_serializer: ClassVar[type[serializers.Data] | None] = None
    single_filters: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    def get_queryset(self) -> QuerySet[Any]:
        return type(self).rows_at(self.now)

    def get_serializer_class(self) -> Any:
        return (self.action == "retrieve" and self.single_serializer) or self.serializer_class

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"now": self.now}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow a list by its filters. Refuses (`bad-parameter`) values that a filter does not take, each by name."""
        if self.action == "retrieve" and not self.single_filters:
            return queryset
        found = self.filterset(self.request.query_params, now=self.now, queryset=queryset)
        if not found.is_valid():
            raise errors.BadParameter(found.form.errors)
        return found.qs


class Forums(Rows):
    """The editions of the Forum that are public."""

    many, one, lookup_field, lookup_url_kwarg = "forums", "forum", "slug", "slug"
    keys = {"slug": (fields.SLUG, "2020")}
    rows_at, serializer_class, filterset = querysets.forums, serializers.ForumData, filters.ForumFilters


class Sessions(Rows):
    """The programme: scheduled and cancelled sessions, as the last release has them."""

    many, one, lookup_field, lookup_url_kwarg = "sessions", "session", "code", "code"
    keys = {"code": (fields.CODE, "A1B2C3")}
    tried = "?forum=2020&action_line=C5&only=captions&page_size=5"
    rows_at, serializer_class, filterset = querysets.sessions, serializers.SessionData, filters.ApiSessionFilters
    single_filters = ("expand",)

    @property
    def expand(self) -> list[str]:
        return self.request.query_params.getlist("expand")

    def get_queryset(self) -> QuerySet[Any]:
        more = ("speaker__organisation", "speaker__forum") if "speakers" in self.expand else ("speaker",)
        return querysets.sessions(self.now, panel_with=more)

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"expand": self.expand}


class Speakers(Rows):
    """Who speaks in a public session."""

    many, one, tried = "speakers", "speaker", "?forum=2020&ordering=name"
    rows_at, serializer_class, filterset = querysets.speakers, serializers.SpeakerData, filters.SpeakerFilters


class Organisations(Rows):
    """Organisations that hold sessions, send speakers, or stand behind a forum."""

    many, one, tried = "organisations", "organisation", "?stakeholder_type=academia"
    rows_at, filterset = querysets.organisations, filters.OrganisationFilters
    serializer_class = serializers.OrganisationData


class Outcomes(Rows):
    """What came out of the sessions."""

    many, one, tried = "outcomes", "outcome", "?forum=2020&kind=launch"
    rows_at, serializer_class, filterset = querysets.outcomes, serializers.OutcomeData, filters.ApiOutcomeFilters


class Rooms(Rows):
    """The halls and online rooms of each forum: filter sessions by `room`."""

    many, one, tried = "rooms", "room", "?forum=2020"
    rows_at, serializer_class, filterset = querysets.rooms, serializers.RoomData, filters.RoomFilters


class Tracks(Rows):
    """The tracks of each forum: filter sessions by `track`."""

    many, one, tried = "tracks", "track", "?forum=2020"
    rows_at, serializer_class, filterset = querysets.tracks, serializers.TrackData, filters.TrackFilters


class SessionTypes(Rows):
    """The types of sessions: filter sessions by `type`."""

    many, one, lookup_field, lookup_url_kwarg = "session-types", "session-type", "code", "code"
    keys = {"code": (fields.SLUG, "thematic_workshop")}
    tried = "?forum=2020"
    rows_at, filterset = querysets.session_types, filters.SessionTypeFilters
    serializer_class = serializers.SessionTypeData


class PracticalPages(Rows):
    """Pages that organisers write for those who come: venue, visa, contact, help."""

    many, one, tried = "practical-pages", "practical-page", "?forum=2020"
    rows_at, filterset = querysets.practical_pages, filters.PracticalPageFilters
    serializer_class = serializers.PracticalPageData


class Releases(Rows):
    """The versions of the programme, each with its change log; a single one with its whole timetable."""

    many, one, tried = "releases", "release", "?forum=2020"
    keys = {"forum": (fields.SLUG, "2020"), "number": (fields.NUMBER, 1)}
    rows_at, serializer_class, filterset = querysets.releases, serializers.ReleaseName, filters.ReleaseFilters
    single_serializer = serializers.ReleaseData

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"hidden": hidden_codes(self.now)}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One release, named by its forum and its number."""
        found = querysets.whole_releases().filter(forum__slug=kwargs["forum"], number=kwargs["number"])
        return Response(self.get_serializer(get_object_or_404(found)).data)


class Entry(APIView):
    """Where everything is."""

    entries = (
        *("forums", "sessions", "speakers", "organisations", "rooms", "tracks", "session-types", "outcomes"),
        *("practical-pages", "releases", "schema"),
    )

    def get(self, request: Request) -> Response:
        return Response({name: absolute(reverse(f"api:{name}")) for name in self.entries})


def unknown(request: HttpRequest, **_where: Any) -> Any:
    """Every other address below /api/."""
    hint = "" if request.path.endswith("/") else " Addresses end in a slash."
    return errors.answer(404, code="not-found", detail=errors.NOT_FOUND + hint)
