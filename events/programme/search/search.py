"""The search: a session is found where its texts, people, organisations, countries, Action Lines, goals, type, track and room,
in all languages taken together, hold every word of the query.

The singular stands for the plural and the plural for the singular; the last word may be half typed; a word that is
nowhere is taken for those that are spelled almost like it. Titles rank before people, people before what a session is
sorted by, descriptions last. Speakers and outcomes are found in the same way, and nominees (prizes.editions.nominee_search).
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max, Q
from django.utils.translation import gettext

from events.models import Appearance, Forum, Outcome, Session, Speaker
from events.programme.search import indexed_texts, kept_indexes, other_words
from events.programme.search.word_index import Index
from events.programme.search.words import LONGEST_QUERY, MOST_WORDS, Term, terms, words
from events.shared.pages import revision
from events.shared.rights import hooks

BEST = 1_000.0  # above every rank: who types a code or a number means that session


class Found(NamedTuple):
    """Rows by their primary keys, each with a rank. `has_all`: they have every word of the query; else they have the most of
    them, and none of the words that are `lacking`."""

    ranks: dict[int, float]
    has_all: bool = True
    lacking: list[str] = []

    @property
    def whole(self) -> dict[int, float]:
        """Those that have every word."""
        return self.ranks if self.has_all else {}

    def notes(self) -> list[str]:
        """What a page says where nothing has all words, and what has most of them is shown."""
        if self.has_all or not self.ranks:
            return []
        if not self.lacking:
            return [gettext("Nothing has all of these words. Shown is what has most of them.")]
        named = gettext(", ").join(f"“{word}”" for word in self.lacking)
        return [gettext("Nothing was found for %(words)s. Shown is what has the other words.") % {"words": named}]


def cleaned(text: str) -> str:
    """What an address looks for, as pages show it: in one line, cut."""
    return " ".join(text.replace("\0", " ").split())[:LONGEST_QUERY]


def look(forum: Forum, *, query: str, now: datetime) -> Found | None:
    """The forum's public sessions that a query finds; None for a query without words. What is the code or the number of a session
    means that one before all others. Two queries while the public revision stands, eight more after it rose."""
    if not words(query):
        return None
    public, name = _public(forum, now=now), query.strip().upper()
    named = {key: BEST for key, names in public.items() if name in names}
    found = look_in(_sessions(forum), query=query, among=public.keys())
    if not named:
        return found
    return Found(found.ranks | named) if found.has_all else Found(named)


def look_in(index: Index, *, query: str, among: Collection[int]) -> Found:
    """The rows of an index that a query finds, `among` some: those that have all of its words, else those that have the most."""
    sought = _sought(query)
    ranks = index.find(sought, among=among) if sought else {}
    if ranks or not sought:
        return Found(ranks)
    ranks, lacking = index.most(sought, among=among)
    return Found(ranks, has_all=False, lacking=[term.word for term in lacking])


def ranked(forum: Forum, *, query: str, now: datetime) -> dict[int, float] | None:
    """Those of `look` that have every word, each with its rank; None for a query without words."""
    found = look(forum, query=query, now=now)
    return found and found.whole


def speakers(forum: Forum, *, query: str) -> Found | None:
    """The speakers of the forum's public sessions that a query finds, by their names, then by their positions and organisations,
    then by their countries; None for a query without words. Two queries while the public revision stands, two more after it
    rose."""
    if not words(query):
        return None
    seen = Appearance.objects.public().filter(session__forum=forum).order_by()
    keys = set(seen.values_list("speaker", flat=True))
    index = kept_indexes.kept(
        ("speakers", forum.pk),
        lambda: indexed_texts.of_speakers(
            Speaker.objects.filter(
                forum=forum, pk__in=Appearance.objects.released().order_by().values("speaker")
            ).order_by()
        ),
    )
    return look_in(index, query=query, among=keys)


def outcomes(query: str, *, now: datetime, forum: Forum | None = None) -> Found | None:
    """The public outcomes (of all forums, or of one) that a query finds; None for a query without words. Two queries while the
    public revision stands, six more after it rose."""
    if not words(query):
        return None
    public = Outcome.objects.public(now).order_by()
    keys = set((public.filter(forum=forum) if forum else public).values_list("pk", flat=True))
    return look_in(kept_indexes.kept("outcomes", indexed_texts.of_outcomes), query=query, among=keys)


@hooks.session_search()
def for_staff(query: str) -> list[int]:
    """The primary keys of the sessions that a query finds, or that has it as its code, whatever the public
    sees of them, in all forums; the best first.

    Three queries while neither a session nor the public revision changed; seven more for each forum where one did.
    """
    sought = _sought(query)
    if not sought:
        return []
    found, current = dict[int, float](), revision.current()
    for forum, *state in Session.objects.order_by().values_list("forum").annotate(Count("pk"), Max("updated")):
        index = kept_indexes.whole(forum, state=(current, *state))
        found |= index.find(sought, among=index.keys)
    found |= dict.fromkeys(Session.objects.filter(code=query.upper()).values_list("pk", flat=True), BEST)
    return sorted(found, key=lambda key: (-found[key], key))


def holding(query: str, *columns: str) -> Q:
    """The rows that hold each word of a query in one of some columns: for short lists, and half words anywhere."""
    condition = Q()
    for word in query.replace("\0", "").split()[:MOST_WORDS]:
        one = Q()
        for column in columns:
            one |= Q(**{f"{column}__icontains": word})
        condition &= one
    return condition


def _sought(query: str) -> list[Term]:
    return other_words.kept().widened(terms(query))


def _public(forum: Forum, *, now: datetime) -> dict[int, tuple[str, str]]:
    """The forum's public sessions with their codes and numbers. One query."""
    rows = Session.objects.public(now).filter(forum=forum).order_by().values_list("pk", "code", "number")
    return {key: (code, str(number)) for key, code, number in rows}


def _sessions(forum: Forum) -> Index:
    """The words of the forum's released sessions, those under embargo too: who asks names the public ones."""
    shown = Session.objects.released().filter(forum=forum).order_by()
    people = Appearance.objects.released().order_by()
    return kept_indexes.kept(forum.pk, lambda: indexed_texts.of_sessions(shown, people=people))
