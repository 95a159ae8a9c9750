"""Search in tables that grow: each word of a query is the beginning of a word in some columns.

PostgreSQL looks into an index of these words (`AddWordIndex`; no extension, no further column). For a word that the index cuts
otherwise than people do it reads the rows, and so does SQLite, which holds a demonstration.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.http import HttpRequest

MOST_WORDS, MOST_NAMED = 8, 3_000
CUT_OTHERWISE = re.compile(r"[./_]|[^\W\d_a-zA-ZÀ-ɏḀ-ỿ]")  # www.itu.int, UNESCO/IITE; letters of other scripts: 王小明


def words_of(*columns: str) -> SearchVector:
    """The words of some columns, as the index has them."""
    return SearchVector(*columns, config="simple")


def beginning[Rows: QuerySet[Any]](rows: Rows, query: str, *columns: str, address: str = "") -> Rows:
    """Those of these rows that hold each word of a query, or one that begins so, in one of their own columns; a word with @
    begins their `address`, where one is named."""
    condition, quoted = Q(), list[str]()
    for word in query.replace("\0", " ").split()[:MOST_WORDS]:
        if "@" in word and address:
            condition &= Q((f"{address}__startswith", word.lower()))
        elif connection.vendor != "postgresql" or CUT_OTHERWISE.search(word):
            condition &= Q.create([(f"{column}__icontains", word) for column in columns], connector=Q.OR)
        else:
            quoted.append(word.replace("\\", "\\\\").replace("'", "''"))
    if quoted:
        sought = SearchQuery(" & ".join(f"'{word}':*" for word in quoted), search_type="raw", config="simple")
        rows = rows.alias(words_found=words_of(*columns)).filter(words_found=sought)
    return rows.filter(condition)


def either(first: QuerySet[Any], *others: QuerySet[Any]) -> QuerySet[Any]:
    """The keys of what several questions find: each has its own index, which one question with OR would not use."""
    return first.order_by().values("pk").union(*(rows.order_by().values("pk") for rows in others))


class AnyOf(Func):
    """A column that has one of many values, which go to PostgreSQL as one array: one by one they cost more than the search."""

    template, arg_joiner = "(%(expressions)s::%(kind)s[]))", " = ANY("
    output_field = BooleanField()


def among(column: str, values: Collection[Any]) -> Q:
    """The rows with one of these keys or texts in a column; of none Django knows that there are none."""
    if not values or connection.vendor != "postgresql":
        return Q((f"{column}__in", values))
    is_text = isinstance(next(iter(values)), str)
    array = Value(list(values) if is_text else array_of(values))
    return Q(AnyOf(F(column), array, kind="text" if is_text else "bigint"))


def array_of(keys: Iterable[int]) -> str:
    """Keys as PostgreSQL reads an array."""
    return f"{{{','.join(map(str, keys))}}}"


def in_found(column: str, found: QuerySet[Any]) -> Q:
    """The rows that have the key of one of those found in a column. Some are named one by one, so that PostgreSQL knows how few
    they are."""
    keys = found.order_by().values_list("pk", flat=True)
    few = list(keys[: MOST_NAMED + 1])
    return among(column, few) if len(few) <= MOST_NAMED else Q((f"{column}__in", keys))


class WordSearch(admin.ModelAdmin):
    """A list that is searched by a condition: all that a query finds, on the list as in an action or an export of all."""

    def found(self, request: HttpRequest, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
        """Those of these rows that a query (words with single spaces between) finds; as Django does, where a list says
        nothing else."""
        return super().get_search_results(request, rows, query)[0]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        query = " ".join(search_term.replace("\0", " ").split())
        return (self.found(request, queryset, query) if query else queryset), False
