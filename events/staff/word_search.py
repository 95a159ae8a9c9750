"""Search in tables that grow: each word of a query is the beginning of a word in some columns.

PostgreSQL looks into an index of these words (`AddWordIndex`; no extension, no further column); SQLite, which holds a
demonstration, reads the rows.
"""

from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest

MOST_WORDS = 8


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


def either(first: QuerySet[Any], *others: QuerySet[Any]) -> QuerySet[Any]:
    """The keys of what several questions find: each has its own index, which one question with OR would not use."""
    return first.order_by().values("pk").union(*(rows.order_by().values("pk") for rows in others))


class WordSearch(admin.ModelAdmin):
    """A list that is searched by a condition: all that a query finds, on the list as in an action or an export of all."""

    def found(self, request: HttpRequest, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
        """Those of these rows that a query (words with single spaces between) finds."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        query = " ".join(search_term.replace("\0", " ").split())
        return (self.found(request, queryset, query) if query else queryset), False
