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
from events.api.schema_descriptions import ENTRIES, described, entry_described
from events.pages.absolute_urls import absolute
from events.programme.filters import Filters


class Rows(ReadOnlyModelViewSet[Any]):
    """What all lists share. `rows_at`: the rows that the public sees at a moment; `filterset`: the filters of the list;
    `one`: the data of a single row where it says more."""

    pagination_class = paging.Pages
    lookup_field, lookup_url_kwarg = "pk", "id"
    rows_at: ClassVar[Callable[[datetime], QuerySet[Any]]]
    filterset: ClassVar[type[Filters]]
    one: ClassVar[type[serializers.Data] | None] = None

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    def get_queryset(self) -> QuerySet[Any]:
        return type(self).rows_at(self.now)

    def get_serializer_class(self) -> Any:
        return self.one if self.one and self.action == "retrieve" else self.serializer_class

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"now": self.now}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow a list by its filters. Refuses (`bad-parameter`) values that a filter does not take, each by name."""
        if self.action == "retrieve":
            return queryset
        found = self.filterset(self.request.query_params, now=self.now, queryset=queryset)
        if not found.is_valid():
            raise errors.BadParameter(found.form.errors)
        return found.qs


@described("forums", one="forum")
class Forums(Rows):
    rows_at, serializer_class, filterset = querysets.forums, serializers.ForumData, filters.ForumFilters
    lookup_field = lookup_url_kwarg = "slug"


@described("sessions", one="session")
class Sessions(Rows):
    rows_at, serializer_class, filterset = querysets.sessions, serializers.SessionData, filters.SessionFilters
    lookup_field = lookup_url_kwarg = "code"


@described("speakers", one="speaker")
class Speakers(Rows):
    rows_at, serializer_class, filterset = querysets.speakers, serializers.SpeakerData, filters.SpeakerFilters


@described("organisations", one="organisation")
class Organisations(Rows):
    rows_at, filterset = querysets.organisations, filters.OrganisationFilters
    serializer_class = serializers.OrganisationData


@described("outcomes", one="outcome")
class Outcomes(Rows):
    rows_at, serializer_class, filterset = querysets.outcomes, serializers.OutcomeData, filters.OutcomeFilters


@described("releases", one="release")
class Releases(Rows):
    rows_at, serializer_class, filterset = querysets.releases, serializers.ReleaseName, filters.ReleaseFilters
    one = serializers.ReleaseData

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"hidden": querysets.hidden_codes(self.now)}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One release, named by its forum and its number."""
        found = querysets.whole_releases().filter(forum__slug=kwargs["forum"], number=kwargs["number"])
        return Response(self.get_serializer(get_object_or_404(found)).data)


class Entry(APIView):
    """Where everything is."""

    @entry_described
    def get(self, request: Request) -> Response:
        return Response({name: absolute(reverse(f"api:{name}")) for name in ENTRIES})


def unknown(request: HttpRequest, **_where: Any) -> Any:
    """Every other address below /api/v1/."""
    hint = "" if request.path.endswith("/") else " Addresses end in a slash."
    return errors.answer(404, code="not-found", detail=errors.NOT_FOUND + hint)
