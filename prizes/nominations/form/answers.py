"""Where the answers of a nomination are kept, each under the name of its question.

Those of a draft stand in its columns, and the text on goal 9 as `linkage_9` in a row of its own. Those of a submitted
nomination stand there too, and change only when the whole is submitted again: until then edits wait in
`Nomination.changes`, so that experts and voters never see a nomination half edited.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from events.drafts.drafts import Answers, encoded
from events.models.reference import WITHOUT_COUNTRY
from prizes.models import Linkage, Nomination

COLUMNS = {
    name: name
    for name in (
        "stakeholder_type", "entity_name", "is_own_project", "title", "starts_on", "ends_on", "project_status",
        "website", "language", "description", "economic_impact", "social_impact", "environmental_impact",
        "partnerships", "challenges", "links",
    )
} | {"country": "country_id", "category": "category_id"}  # fmt: skip
DAYS = ("starts_on", "ends_on")
LINKAGE = "linkage_"


def submitted(nomination: Nomination, *, linkages: Iterable[Linkage] | None = None) -> dict[str, Any]:
    """What stands in the columns: the draft, or what was submitted. One query, unless the linkages are given."""
    answers = {name: getattr(nomination, column) for name, column in COLUMNS.items()}
    answers["country"] = answers["country"] or ""
    rows = nomination.linkages.all() if linkages is None else linkages
    return answers | {f"{LINKAGE}{row.sdg_id}": row.text for row in rows}


def current(nomination: Nomination) -> dict[str, Any]:
    """What the nominator sees and edits: the columns with the waiting changes on top."""
    waiting = dict(nomination.changes)
    waiting |= {name: date.fromisoformat(waiting[name]) for name in DAYS if waiting.get(name)}
    return submitted(nomination) | waiting


def wait(nomination: Nomination, *, answers: Answers) -> None:
    """Put changes of a submitted nomination among those that wait; what is as it was submitted does not wait."""
    stands = encoded(submitted(nomination))
    waiting = nomination.changes | encoded(answers)
    nomination.changes = {name: value for name, value in waiting.items() if value != stands.get(name, "")}


def write(nomination: Nomination, *, answers: Answers) -> None:
    """Put answers into the columns and linkages. The row itself is not saved here.

    A body of the United Nations or an international organization keeps no country.
    """
    for name, column in COLUMNS.items():
        if name in answers:
            setattr(nomination, column, answers[name])
    nomination.country_id = None if nomination.stakeholder_type in WITHOUT_COUNTRY else nomination.country_id or None
    texts = {int(name.removeprefix(LINKAGE)): text for name, text in answers.items() if name.startswith(LINKAGE)}
    _write_linkages(nomination, texts=texts)


def _write_linkages(nomination: Nomination, *, texts: Mapping[int, str]) -> None:
    nomination.linkages.filter(sdg__in=[number for number, text in texts.items() if not text]).delete()
    Linkage.objects.bulk_create(
        [Linkage(nomination=nomination, sdg_id=number, text=text) for number, text in sorted(texts.items()) if text],
        update_conflicts=True,
        unique_fields=["nomination", "sdg"],
        update_fields=["text"],
    )


def as_version(answers: Answers) -> dict[str, Any]:
    """Answers as a version keeps them: the texts on goals together, by the number of the goal."""
    linkages = {name.removeprefix(LINKAGE): text for name, text in answers.items() if name.startswith(LINKAGE)}
    return encoded({name: answers[name] for name in COLUMNS} | {"linkages": linkages})
