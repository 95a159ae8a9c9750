"""The search on PostgreSQL: the words of each session as a `tsvector`, matched and ranked by the database.

The vectors are made anew, and only where the words changed, by the first search after the public revision rose. They
are written as words and places, not as text: the database has nothing to parse, so that it finds the same words as
the plain search whatever its locale, and needs no extension.
"""

import hashlib
from collections import defaultdict

from django.contrib.postgres.search import SearchQueryField, SearchRank
from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, Value

from events.models import Forum, SearchEntry, SearchIndex, Session
from events.pages import revision
from events.programme.search_words import Terms, documents

LABELS = ("A", "B", "C")  # titles, people, descriptions
WEIGHTS = [0.1, 0.2, 0.4, 1.0]  # of D, C, B and A
MOST_PLACES = 20  # of one word in one part: more of them say nothing new
LAST_PLACE = 16_383  # PostgreSQL counts no further


def is_possible() -> bool:
    """Whether the database is PostgreSQL."""
    return connection.vendor == "postgresql"


def found(forum: Forum, *, terms: Terms) -> dict[int, float] | None:
    """The rank of each of the forum's public sessions that hold the terms; None while another request is making the
    vectors anew (the plain search gives the same sessions). Two queries where the vectors are fresh."""
    if not _is_fresh(forum) and not refresh(forum):
        return None
    query = Func(Value(_query(terms)), template="(%(expressions)s)::tsquery", output_field=SearchQueryField())
    matches = Func(F("vector"), query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())
    public = Session.objects.public().filter(forum=forum).order_by()
    ranked = SearchEntry.objects.filter(matches, session__in=public)
    return dict(ranked.values_list("session", SearchRank(F("vector"), query, weights=WEIGHTS)))


def _is_fresh(forum: Forum) -> bool:
    made = SearchIndex.objects.filter(forum=forum).values_list("revision", flat=True).first()
    return made is not None and made == revision.current()


@transaction.atomic
def refresh(forum: Forum) -> bool:
    """Make the vectors of a forum as its sessions are now; False where another request is at it."""
    SearchIndex.objects.bulk_create([SearchIndex(forum=forum)], ignore_conflicts=True)
    index = SearchIndex.objects.select_for_update(skip_locked=True).filter(forum=forum).first()
    if index is None:
        return False
    index.revision = revision.current()  # read before the texts: a change in between makes them anew once more
    entries = SearchEntry.objects.filter(session__forum=forum)
    known = dict(entries.values_list("session", "digest"))
    changed = []
    made = documents(forum)
    for key, document in made.items():
        vector = _vector(document.parts())
        digest = hashlib.sha256(vector.encode()).hexdigest()[:32]
        if known.get(key) != digest:
            changed.append(SearchEntry(session_id=key, digest=digest, vector=vector))
    gone = known.keys() - made.keys()
    entries.filter(session__in=[*gone, *(entry.session_id for entry in changed)]).delete()
    SearchEntry.objects.bulk_create(changed, batch_size=200)
    index.save(update_fields=["revision"])
    return True


def _vector(parts: tuple[list[str], ...]) -> str:
    """The words with their places and weights, as PostgreSQL writes a tsvector. Words hold letters and digits only."""
    places: dict[str, list[str]] = defaultdict(list)
    number = 0
    for label, part in zip(LABELS, parts, strict=True):
        counted: dict[str, int] = defaultdict(int)
        for word in part:
            number += 1
            counted[word] += 1
            if counted[word] <= MOST_PLACES:
                places[word].append(f"{min(number, LAST_PLACE)}{label}")
    return " ".join(f"'{word}':{','.join(found)}" for word, found in sorted(places.items()))


def _query(terms: Terms) -> str:
    """The terms as PostgreSQL writes a tsquery."""
    parts = [f"'{word}'" for word in sorted(terms.whole)]
    if terms.beginning:
        parts.append(f"('{terms.beginning}':* | '{terms.last}')")
    return " & ".join(parts)
