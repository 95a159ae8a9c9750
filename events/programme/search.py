"""The search of the programme: a session is found where its title, description, speakers and organisers, in all
languages taken together, hold every word of the query, in the singular or the plural; the last word may be the
beginning of one.

On PostgreSQL the database matches and ranks (events.programme.search_index), elsewhere the plain search here; both find the same.
"""

from collections.abc import Mapping

from events.models import Forum, Session
from events.programme import search_index
from events.programme.search_words import LONGEST_QUERY, MOST_WORDS, Document, Terms, documents, folded, terms, words

__all__ = ["LONGEST_QUERY", "MOST_WORDS", "folded", "matching", "plain", "ranked", "sessions", "words"]

WEIGHTS = (1.0, 0.4, 0.2)  # titles, people, descriptions


def sessions(forum: Forum, *, query: str) -> set[int] | None:
    """The primary keys of the forum's public sessions that a query finds; None for a query without words.

    Three queries on PostgreSQL while the programme stays as it is, five elsewhere.
    """
    found = ranked(forum, query=query)
    return None if found is None else set(found)


def ranked(forum: Forum, *, query: str) -> dict[int, float] | None:
    """The same with the rank of each session: the higher, the better it fits. None for a query without words."""
    if not words(query):
        return None
    sought = terms(query)
    if sought.is_empty:
        return {}
    found = search_index.found(forum, terms=sought) if search_index.is_possible() else None
    return plain(forum, sought=sought) if found is None else found


def plain(forum: Forum, *, sought: Terms) -> dict[int, float]:
    """What `ranked` gives, without the help of the database. Five queries."""
    public = set(Session.objects.public().filter(forum=forum).values_list("pk", flat=True))
    return matching(sought, {key: one for key, one in documents(forum).items() if key in public})


def matching(sought: Terms, texts: Mapping[int, Document]) -> dict[int, float]:
    """The keys of the documents that hold all terms, with a rank: a word in a title counts for more."""
    found = {}
    marks: list[tuple[str, ...]] = [(f" {word} ",) for word in sought.whole]
    if sought.beginning:
        marks.append((f" {sought.beginning}", f" {sought.last} "))
    for key, document in texts.items():
        parts = [f" {' '.join(part)} " for part in document.parts()]
        whole = "".join(parts)
        if all(_holds(whole, mark) for mark in marks):
            found[key] = sum(
                weight for part, weight in zip(parts, WEIGHTS, strict=True) for mark in marks if _holds(part, mark)
            )
    return found


def _holds(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)
