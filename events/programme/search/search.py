"""The search of the programme: a session is found where its texts, people, organisations, countries, Action Lines, goals,
type, track and room, in all languages taken together, hold every word of the query.

The singular stands for the plural and the plural for the singular; the last word may be half typed; a word that is
nowhere is taken for those that are spelled almost like it. Titles rank before people, people before what a session is
sorted by, descriptions last. Outcomes are found in the same way, by their texts, organisations, themes, Action Lines and goals.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext, pgettext

from events.models import SDG, ActionLine, Appearance, Forum, Outcome, Session, Theme
from events.models.reference import PrizeRegion, Region
from events.programme.search import other_words
from events.programme.search.word_index import PEOPLE, TEXT, TITLE, TOPIC, Index
from events.programme.search.words import MOST_WORDS, Term, terms, words
from events.shared.formatting.other_languages import OTHER_LANGUAGES
from events.shared.once_a_revision import is_aside
from events.shared.pages import revision
from events.shared.rights import hooks

SPEAKER_COLUMNS = ("name", "position", "organisation__name", "organisation__acronym")  # for `holding`
COUNTRY = ("name", *(f"translations__{code}__name" for code, _name in OTHER_LANGUAGES), "region", "prize_region")

type Texts = defaultdict[int, defaultdict[int, set[str]]]  # session → where in it → texts
OUTCOMES = 0  # in place of a forum's key: the outcomes of all forums
_indexes: dict[int, Index] = {}  # by forum, of what the public sees …
_whole: dict[int, tuple[object, Index]] = {}  # … and of all that staff sees, with what it was made of
_making = threading.Lock()


class Found(NamedTuple):
    """Sessions by their primary keys, each with a rank. `has_all`: they have every word of the query; else they have the most of
    them, and none of the words that are `lacking`."""

    ranks: dict[int, float]
    has_all: bool = True
    lacking: list[str] = []


def look(forum: Forum, *, query: str, now: datetime) -> Found | None:
    """The forum's public sessions that a query finds; None for a query without words. What is the code or the number of a session
    means that one before all others. Two queries while the public revision stands, eight more after it rose."""
    if not words(query):
        return None
    public, sought, name = _public(forum, now=now), _sought(query), query.strip().upper()
    named = {key: BEST for key, names in public.items() if name in names}
    ranks = _index(forum).find(sought, among=public.keys()) if sought else {}
    if named or ranks or not sought:
        return Found(ranks | named)
    ranks, lacking = _index(forum).most(sought, among=public.keys())
    return Found(ranks, has_all=False, lacking=[term.word for term in lacking])


def ranked(forum: Forum, *, query: str, now: datetime) -> dict[int, float] | None:
    """Those of `look` that have every word, each with its rank; None for a query without words."""
    found = look(forum, query=query, now=now)
    return found and (found.ranks if found.has_all else {})


def _public(forum: Forum, *, now: datetime) -> dict[int, tuple[str, str]]:
    """The forum's public sessions with their codes and numbers. One query."""
    rows = Session.objects.public(now).filter(forum=forum).order_by().values_list("pk", "code", "number")
    return {key: (code, str(number)) for key, code, number in rows}


def outcomes(query: str, *, now: datetime, forum: Forum | None = None) -> set[int]:
    """The primary keys of the public outcomes (of all forums, or of one) that a query finds. Two queries while the public
    revision stands, six more after it rose."""
    public = Outcome.objects.public(now).order_by()
    keys = set((public.filter(forum=forum) if forum else public).values_list("pk", flat=True))
    sought = _sought(query)
    return set(_kept(OUTCOMES, _outcome_texts).find(sought, among=keys)) if sought else set()


BEST = 1_000.0  # above every rank: who types a code or a number means that session


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
        index = _whole_index(forum, state=(current, *state))
        found |= index.find(sought, among=index.keys)
    found |= dict.fromkeys(Session.objects.filter(code=query.upper()).values_list("pk", flat=True), BEST)
    return sorted(found, key=lambda key: (-found[key], key))


def _sought(query: str) -> list[Term]:
    return other_words.kept().widened(terms(query))


def holding(query: str, *columns: str) -> Q:
    """The rows that hold each word of a query in one of some columns: for short lists, and half words anywhere."""
    condition = Q()
    for word in query.replace("\0", "").split()[:MOST_WORDS]:
        one = Q()
        for column in columns:
            one |= Q(**{f"{column}__icontains": word})
        condition &= one
    return condition


# --- what is looked into --------------------------------------------------------------------------
def _index(forum: Forum) -> Index:
    """The words of the forum's released sessions, those under embargo too: who asks names the public ones."""
    shown = Session.objects.released().filter(forum=forum).order_by()
    return _kept(forum.pk, lambda: _texts(shown, people=Appearance.objects.released().order_by()))


def _kept(key: int, read: Callable[[], Texts]) -> Index:
    """An index, made of the texts that are read when the public revision rose."""
    if is_aside():
        return Index(read(), revision=0)
    current = revision.current()  # read before the texts: what changes in between makes them once more
    found = _indexes.get(key)
    if found is None or found.revision != current:
        with _making:
            found = _indexes.get(key)
            if found is None or found.revision != current:
                found = _indexes[key] = Index(read(), revision=current)
    return found


def _whole_index(forum: int, *, state: object) -> Index:
    with _making:
        known, index = _whole.get(forum, (None, None))
        if index is None or known != state:
            rows, people = Session.objects.filter(forum=forum).order_by(), Appearance.objects.order_by()
            index = Index(_texts(rows, people=people), revision=0)
            _whole[forum] = (state, index)
    return index


def _texts(shown: QuerySet[Session], *, people: QuerySet[Appearance]) -> Texts:
    """What stands in each of some sessions, in every language of the site, with those who appear there. Seven queries."""
    found: Texts = defaultdict(lambda: defaultdict(set))
    columns = ("title", "description", "translations", "type__name", "track__name", "room__name")
    for key, title, text, others, *topics in shown.values_list("pk", *columns):
        for said in ({"title": title, "description": text}, *others.values()):
            found[key][TITLE].add(said.get("title", ""))
            found[key][TEXT].add(said.get("description", ""))
        found[key][TOPIC].update(filter(None, topics))
    _add_people(found, shown=shown, people=people)
    _add_lines_and_goals(found, shown=shown)
    _translate_names(found)
    return found


def _outcome_texts() -> Texts:
    """What each published outcome says, also those under embargo: the caller picks the public ones. Seven queries."""
    found: Texts = defaultdict(lambda: defaultdict(set))
    shown = Outcome.objects.filter(is_public=True, forum__is_public=True).order_by()
    for key, title, text in shown.values_list("pk", "title", "text"):
        found[key][TITLE].add(title)
        found[key][TEXT].add(text)
    named = Outcome.organisations.through.objects.filter(outcome__in=shown)
    for key, *texts in named.values_list("outcome", "organisation__name", "organisation__acronym"):
        found[key][PEOPLE].update(filter(None, texts))
    themes = dict(Theme.objects.values_list("pk", "name"))
    for key, theme in Outcome.themes.through.objects.filter(outcome__in=shown).values_list("outcome", "theme"):
        found[key][TOPIC].add(themes[theme])
    _add_lines_and_goals(found, shown=shown)
    _translate_names(found)
    return found


def _translate_names(found: Texts) -> None:
    """Add what the catalogues of all languages make of the names."""
    names = {name for parts in found.values() for place in (PEOPLE, TOPIC) for name in parts[place]}
    spoken = _spoken(names)
    for parts in found.values():
        for place in (PEOPLE, TOPIC):
            parts[place] = {text for name in parts[place] for text in spoken[name]}


def _add_people(found: Texts, *, shown: QuerySet[Session], people: QuerySet[Appearance]) -> None:
    """Speakers and organisers: their names, organisations, countries and regions."""
    with translation.override("en"):  # the words that the catalogues know
        regions = {value: str(label) for value, label in (*Region.choices, *PrizeRegion.choices)}
    organisers = Session.organisers.through.objects.filter(session__in=shown)
    speakers = people.filter(session__in=shown)
    sources = (
        (organisers, "organisation__country", ("organisation__name", "organisation__acronym")),
        (speakers, "speaker__country", ("speaker__name", "speaker__organisation__name")),
        (speakers, "speaker__organisation__country", ("speaker__organisation__acronym",)),
    )
    for rows, country, names in sources:
        for key, *texts in rows.values_list("session", *names, *(f"{country}__{column}" for column in COUNTRY)):
            found[key][PEOPLE].update(regions.get(text, text) for text in texts if text)


def _add_lines_and_goals(found: Texts, *, shown: QuerySet[Any]) -> None:
    """Action Lines, each with the one that it is a part of, and goals: their codes as people write them, their names."""
    model = shown.model
    column = model._meta.model_name
    lines = {line.pk: line for line in ActionLine.objects.all()}
    of_shown = {f"{column}__in": shown}
    for key, pk in model.action_lines.through.objects.filter(**of_shown).values_list(column, "actionline"):
        for line in filter(None, (lines[pk], lines.get(lines[pk].parent_id or 0))):
            found[key][TOPIC].update((line.code, line.label, line.title, line.short_name))
    titles, goal_words = dict(SDG.objects.values_list("number", "title")), _goal_words()
    for key, number in model.sdgs.through.objects.filter(**of_shown).values_list(column, "sdg"):
        found[key][TOPIC].update((titles[number], *(f"{word} {number} {word}{number}" for word in goal_words)))


def _goal_words() -> set[str]:
    found = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(pgettext("the goals", "SDG"))
    return found


def _spoken(names: set[str]) -> dict[str, set[str]]:
    """Each name with what the catalogues of all languages make of it."""
    found = {name: {name} for name in names}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for name, texts in found.items():
                texts.add(gettext(name))
    return found
