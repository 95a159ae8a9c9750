"""What a nomination says, as one set of answers, and where they are kept.

The answers of a draft stand in its columns. Those of a submitted nomination stand there too, and change only when the
whole is submitted again: until then edits wait in `Nomination.changes`, so that experts and voters never see a
nomination half edited.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from prizes.models import Linkage, Nomination
from prizes.nominations import similar_titles

type Answers = dict[str, Any]

# What is asked, in the order of the steps. `country` is a code of two letters, `category` an id, `linkages` a text for
# the number of each goal, `links` a list of addresses.
STEPS: dict[str, tuple[str, ...]] = {
    "entity": ("stakeholder_type", "entity_name", "country", "is_own_project"),
    "project": ("title", "category", "starts_on", "ends_on", "project_status", "website", "language"),
    "description": ("description",),
    "linkages": ("linkages",),
    "impact": ("economic_impact", "social_impact", "environmental_impact"),
    "partnerships": ("partnerships", "challenges"),
    "files": ("links",),
}
NAMES = tuple(name for names in STEPS.values() for name in names)
_COLUMNS = {"country": "country_id", "category": "category_id"}
_DATES = ("starts_on", "ends_on")
# Bodies that belong to no country: theirs is not asked.
WITHOUT_COUNTRY = frozenset({"united_nations", "international_org"})


def step_of(name: str) -> str:
    """Return the step in which a field of the form stands (`linkage_9` is one of `linkages`); the last for others."""
    asked = "linkages" if name.startswith("linkage_") else name
    return next((step for step, names in STEPS.items() if asked in names), "files")


def encoded(answers: Mapping[str, Any]) -> Answers:
    """Return answers as JSON keeps them: dates as text, numbers of goals as text."""
    kept: Answers = json.loads(json.dumps(dict(answers), cls=DjangoJSONEncoder))
    return kept


def _decoded(kept: Mapping[str, Any]) -> Answers:
    answers = dict(kept)
    for name in _DATES:
        if isinstance(answers.get(name), str):
            answers[name] = date.fromisoformat(answers[name])
    if "linkages" in answers:
        answers["linkages"] = {int(number): text for number, text in answers["linkages"].items()}
    return answers


def submitted(nomination: Nomination) -> Answers:
    """Return what stands in the columns: the draft, or what was submitted. One query for the linkages."""
    answers = {name: getattr(nomination, _COLUMNS.get(name, name)) for name in NAMES if name != "linkages"}
    answers["country"] = answers["country"] or ""
    answers["linkages"] = {row.sdg_id: row.text for row in nomination.linkages.all()}
    return answers


def current(nomination: Nomination) -> Answers:
    """Return what the nominator sees and edits: the columns with the waiting changes on top."""
    return submitted(nomination) | _decoded(nomination.changes)


def digest(answers: Mapping[str, Any], *, step: str) -> str:
    """Return a short sign of the answers of a step; it tells whether they changed since a form was shown."""
    part = {name: answers[name] for name in STEPS[step]}
    return hashlib.sha256(json.dumps(encoded(part), sort_keys=True).encode()).hexdigest()[:16]


def write(nomination: Nomination, *, answers: Mapping[str, Any]) -> None:
    """Put answers (names of `NAMES`) into the columns and linkages, with the keys that follow from them.

    The row is not saved here. A body of the United Nations or an international organization keeps no country.
    """
    for name, value in answers.items():
        if name != "linkages":
            setattr(nomination, _COLUMNS.get(name, name), value)
    nomination.country_id = nomination.country_id or None
    if nomination.stakeholder_type in WITHOUT_COUNTRY:
        nomination.country_id = None
    nomination.title_key = similar_titles.title_key(nomination.title)
    nomination.entity_key = similar_titles.entity_key(nomination.entity_name, nomination.country_id or "")
    if "linkages" in answers:
        _write_linkages(nomination, texts=answers["linkages"])


def _write_linkages(nomination: Nomination, *, texts: Mapping[int, str]) -> None:
    nomination.linkages.exclude(sdg__in=texts).delete()
    Linkage.objects.bulk_create(
        [Linkage(nomination=nomination, sdg_id=number, text=text) for number, text in sorted(texts.items())],
        update_conflicts=True,
        unique_fields=["nomination", "sdg"],
        update_fields=["text"],
    )
