"""What a complete nomination is, answer by answer (rules of the WSIS Prizes): no database, sentences for each field.

The rules say "complete, with minimum word counts" and give a number for the short description only. The other numbers
are ours: 30 words are two or three sentences, less says nothing about an impact.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.drafts import word_count
from prizes.models import Nomination
from prizes.nominations import similar_titles
from prizes.nominations.form.answers import WITHOUT_COUNTRY

DESCRIPTION_LEAST, DESCRIPTION_MOST = 150, 200  # words; the text that voters see (rules)
LEAST_WORDS = 30  # of each text on impact, partnerships, challenges
LINKAGE_LEAST = 20  # words on each goal
MOST_LINKS = 10

TEXTS: dict[str, Any] = {
    "economic_impact": gettext_lazy("Describe the economic impact"),
    "social_impact": gettext_lazy("Describe the social impact"),
    "environmental_impact": gettext_lazy("Describe the environmental impact"),
    "partnerships": gettext_lazy("Describe the partnerships"),
    "challenges": gettext_lazy("Describe the challenges and the future"),
}

type Problems = dict[str, ValidationError]
type Answers = Mapping[str, Any]


def _missing(sentence: Any) -> ValidationError:
    return ValidationError(sentence, code="missing")


def check_description(text: str) -> ValidationError | None:
    """Return what is wrong with a short description: `missing` or `word-count` (150 to 200 words); None: nothing."""
    number = word_count.count(text)
    if DESCRIPTION_LEAST <= number <= DESCRIPTION_MOST:
        return None
    if number == 0:
        return _missing(_("Enter the short description"))
    sentence = ngettext(
        "The short description has %(number)s word. It needs %(least)s to %(most)s",
        "The short description has %(number)s words. It needs %(least)s to %(most)s",
        number,
    )
    parts = {"number": number, "least": DESCRIPTION_LEAST, "most": DESCRIPTION_MOST}
    return ValidationError(sentence % parts, code="word-count")


def check_text(text: str, *, least: int, sentence: Any) -> ValidationError | None:
    """Return what is wrong with a text of at least `least` words: `missing` (then `sentence`) or `word-count`."""
    number = word_count.count(text)
    if number >= least:
        return None
    if number == 0:
        return _missing(sentence)
    found = ngettext(
        "This text has %(number)s word. It needs at least %(least)s",
        "This text has %(number)s words. It needs at least %(least)s",
        number,
    )
    return ValidationError(found % {"number": number, "least": least}, code="word-count")


def _entity(answers: Answers) -> Problems:
    found: Problems = {}
    if not answers["stakeholder_type"]:
        found["stakeholder_type"] = _missing(_("Choose the type of the entity"))
    if not similar_titles.title_key(answers["entity_name"]):
        found["entity_name"] = _missing(_("Enter the name of the entity"))
    if not answers["country"] and answers["stakeholder_type"] not in WITHOUT_COUNTRY:
        found["country"] = _missing(_("Choose the country of the entity"))
    return found


def _dates(answers: Answers, *, today: date) -> Problems:
    """Completed work, or the phase it speaks of, lies in the past: `dates`."""
    starts, ends = answers["starts_on"], answers["ends_on"]
    found: Problems = {}
    if starts is None:
        found["starts_on"] = _missing(_("Enter the day on which the work began"))
    elif starts > today:
        found["starts_on"] = ValidationError(_("The work begins in the future. Enter a day before today"), code="dates")
    if ends is None:
        found["ends_on"] = _missing(_("Enter the day on which the work, or its last major phase, ended"))
    elif starts is not None and ends < starts:
        day = date_format(starts, "j F Y")
        found["ends_on"] = ValidationError(
            _("The end is before the start. Enter a day after %(day)s") % {"day": day}, code="dates"
        )
    elif ends > today:
        found["ends_on"] = ValidationError(
            _("The end lies in the future. Only work that is completed, or at the end of a major phase, takes part"),
            code="dates",
        )
    return found


def _project(answers: Answers, *, languages: list[str], today: date) -> Problems:
    found = _dates(answers, today=today)
    if not similar_titles.title_key(answers["title"]):
        found["title"] = _missing(_("Enter the title of the project"))
    if answers["category"] is None:
        found["category"] = _missing(_("Choose the category"))
    if not answers["project_status"]:
        found["project_status"] = _missing(_("Choose the status of the work"))
    elif answers["project_status"] == Nomination.ProjectStatus.ONGOING:
        sentence = _("The work is in the middle of a phase. Submit it when it, or a major phase of it, is completed")
        found["project_status"] = ValidationError(sentence, code="work-unfinished")
    if answers["language"] not in languages:
        found["language"] = ValidationError(
            _("Nominations in this language are not accepted. Choose another language"), code="language"
        )
    return found


def no_linkage() -> ValidationError:
    return _missing(_("Describe the link to at least one goal"))


def _linkages(answers: Answers) -> Problems:
    texts: dict[int, str] = answers["linkages"]
    if not texts:
        return {"linkages": no_linkage()}
    sentence = _("Describe the link to this goal, or leave it empty")
    checked = {
        f"linkage_{number}": check_text(text, least=LINKAGE_LEAST, sentence=sentence) for number, text in texts.items()
    }
    return {name: problem for name, problem in checked.items() if problem}


def _links(answers: Answers) -> Problems:
    if len(answers["links"]) <= MOST_LINKS:
        return {}
    sentence = _("Enter %(number)s addresses at the most") % {"number": MOST_LINKS}
    return {"links": ValidationError(sentence, code="too-many")}


def problems(answers: Answers, *, languages: list[str], today: date) -> Problems:
    """Return what stands against submitting these answers, by field (a goal's is `linkage_9`); empty: nothing.

    `languages`: those that the edition takes; `today`: in the edition's zone. Codes: `missing`, `word-count`, `dates`,
    `work-unfinished`, `language`, `too-many`.
    """
    found = _entity(answers) | _project(answers, languages=languages, today=today)
    texts = {"description": check_description(answers["description"])} | {
        name: check_text(answers[name], least=LEAST_WORDS, sentence=sentence) for name, sentence in TEXTS.items()
    }
    found |= {name: problem for name, problem in texts.items() if problem}
    return found | _linkages(answers) | _links(answers)
