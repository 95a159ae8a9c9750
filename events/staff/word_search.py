"""Search in tables that grow: each word of a query is the beginning of a word in some columns.

PostgreSQL looks into an index of these words (`AddWordIndex`; no extension, no further column); SQLite, which holds a
demonstration, reads the rows.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

MOST_WORDS = 8
MOST_FOUND = 200  # rows; a query that finds more has too few words


def words_of(*columns: str) -> SearchVector:
    """The words of some columns, as the index has them."""
    return SearchVector(*columns, config="simple")


def beginning[Rows: QuerySet[Any]](rows: Rows, query: str, *columns: str) -> Rows:
    """Those of these rows that hold each word of a query, or one that begins so, in one of their own columns."""
    words = query.replace("\0", " ").split()[:MOST_WORDS]
    if connection.vendor == "postgresql":
        quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
        sought = SearchQuery(" & ".join(f"'{word}':*" for word in quoted), search_type="raw", config="simple")
        return rows.alias(words_found=words_of(*columns)).filter(words_found=sought)
    condition = Q()
    for word in words:
        condition &= Q.create([(f"{column}__icontains", word) for column in columns], connector=Q.OR)
    return rows.filter(condition)


class WordSearch(admin.ModelAdmin):
    """A list that is searched by keys: first those of what a query finds, MOST_FOUND at the most, then the rows."""

    def found(self, request: HttpRequest, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
        """Those of these rows that a query (words with single spaces between) finds."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        query = " ".join(search_term.replace("\0", " ").split())
        return (self.found(request, queryset, query) if query else queryset), False

    def first_keys(self, request: HttpRequest, *found: QuerySet[Any] | Iterable[int]) -> list[int]:
        """The keys of the first MOST_FOUND rows of each; who looks is told where there are more."""
        keys, is_more = set[int](), False
        for rows in found:
            if isinstance(rows, QuerySet):
                rows = rows.order_by().values_list("pk", flat=True)[: MOST_FOUND + 1]
            first = list(islice(rows, MOST_FOUND + 1))
            is_more |= len(first) > MOST_FOUND
            keys.update(first[:MOST_FOUND])
        if is_more:
            words = _("The search finds more than %(n)s and shows %(n)s of them. Add a word to find fewer.")
            self.message_user(request, words % {"n": number_format(MOST_FOUND, force_grouping=True)}, messages.WARNING)
        return sorted(keys)
