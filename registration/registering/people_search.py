"""The search for people among registrations, and among what people do in sessions."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from events.models import Session
from events.programme.search import search
from events.shared.admin.word_search import WordSearch, among, beginning, either
from events.shared.rights import memberships
from registration.models import Registration

COLUMNS = ("name", "organisation")  # as the index registration_words has them

# Columns that a list of what people do in sessions does not show, and that take long to read.
_OF_PEOPLE = ("languages", "accessibility_needs", "answers", "consented", "created", "updated")
_OF_SESSIONS = (
    "description", "languages", "captioning", "interpretation", "starts", "ends", "embargoed_until", "guid", "updated",
)  # fmt: skip
_OF_ACCOUNTS = ("password", "last_login", "endings", "list_columns", "date_joined", "erased")
LEFT_OUT = [*(f"registration__{name}" for name in _OF_PEOPLE), *(f"session__{name}" for name in _OF_SESSIONS)]
LEFT_OUT_OF_PEOPLE = [
    *_OF_PEOPLE,
    *(f"user__{name}" for name in _OF_ACCOUNTS),
    "kind__translations",
    "kind__opens",
    "kind__closes",
]

type Rows = QuerySet[Registration]


def people(rows: Rows, query: str) -> tuple[Rows, Rows]:
    """Those of these registrations whose address begins with a query, and those that hold its words."""
    return rows.filter(user__email__startswith=query.lower()), beginning(rows, query, *COLUMNS, address="user__email")


class PeopleInSessions(WordSearch):
    """A list of rows with a `registration` and a `session`, searched for either."""

    is_found_by_keys = True
    search_fields = ("registration__name", "registration__user__email", "session__title", "session__code")
    search_help_text = gettext_lazy(
        "Search for a person by the beginning of names or of the address, or for a session by its words or its code."
    )

    def found(self, request: HttpRequest, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
        """Only what the account may read elsewhere is looked into: without a right to registrations the names that the list
        shows, without one to sessions their titles and codes."""
        everybody, read = Registration.objects.all(), "registration.view_registration"
        looked_into = list(people(memberships.seen(everybody, request.user, read), query))
        if not memberships.is_everywhere(request.user, read):
            looked_into.append(beginning(people(everybody, query)[1], query, "name"))
        found = Q(registration__in=either(*looked_into))
        if request.user.has_perm("events.view_session"):
            in_seen = memberships.within(request.user, "events.view_session", "session__forum")
            found |= among("session", search.for_staff(query)) & in_seen
        if not memberships.is_everywhere(request.user, "events.view_session"):
            shown = Session.objects.filter(search.holding(query, "title", "code")).order_by()
            found |= Q(session__in=shown.values("pk"))
        return rows.filter(found)
