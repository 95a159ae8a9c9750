"""What the search looks into: the texts of sessions, speakers and outcomes, each with the place where they stand
(`word_index.TITLE` …), in every language of the site."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext, pgettext

from events.models import SDG, ActionLine, Appearance, Outcome, Session, Speaker, Theme
from events.models.reference import PrizeRegion, Region
from events.programme.search.word_index import PEOPLE, TEXT, TITLE, TOPIC
from events.shared.formatting.other_languages import OTHER_LANGUAGES

COUNTRY = ("name", *(f"translations__{code}__name" for code, _name in OTHER_LANGUAGES), "region", "prize_region")

type Texts = defaultdict[int, defaultdict[int, set[str]]]  # row → where in it → texts


def of_sessions(shown: QuerySet[Session], *, people: QuerySet[Appearance]) -> Texts:
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


def of_outcomes() -> Texts:
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


def of_speakers(shown: QuerySet[Speaker]) -> Texts:
    """The names of some speakers, then their positions and organisations, then their countries and regions. Two queries."""
    found: Texts = defaultdict(lambda: defaultdict(set))
    regions = _region_names()
    work = ("position", "organisation__name", "organisation__acronym")
    for country in ("country", "organisation__country"):
        columns = (*work, *(f"{country}__{column}" for column in COUNTRY))
        for key, name, *texts in shown.values_list("pk", "name", *columns):
            found[key][TITLE].add(name)
            found[key][PEOPLE].update(filter(None, texts[: len(work)]))
            found[key][TOPIC].update(regions.get(text, text) for text in texts[len(work) :] if text)
    _translate_names(found)
    return found


def _region_names() -> dict[str, str]:
    """The names of the regions by their values, in the words that the catalogues know."""
    with translation.override("en"):
        return {value: str(label) for value, label in (*Region.choices, *PrizeRegion.choices)}


def _translate_names(found: Texts) -> None:
    """Add what the catalogues of all languages make of the names."""
    names = {name for parts in found.values() for place in (PEOPLE, TOPIC) for name in parts[place]}
    spoken = _spoken(names)
    for parts in found.values():
        for place in (PEOPLE, TOPIC):
            parts[place] = {text for name in parts[place] for text in spoken[name]}


def _add_people(found: Texts, *, shown: QuerySet[Session], people: QuerySet[Appearance]) -> None:
    """Speakers and organisers: their names, organisations, countries and regions."""
    regions = _region_names()
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
