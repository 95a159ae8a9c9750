"""A nomination on its way to a submission: where its answers are kept, what is asked, what stands against submitting it.

The answers of a draft stand in its columns, and the text on goal 9 as `linkage_9` in a row of its own. Those of a
submitted nomination stand there too, and change only when the whole is submitted again: until then edits wait in
`Nomination.changes`, so that experts and voters never see a nomination half edited.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from events.models import SDG, ActionLine, MatrixLink, User
from events.models.programme import Language
from events.models.reference import WITHOUT_COUNTRY
from events.shared.drafts import fields
from events.shared.drafts.drafts import AnsweredStep, Answers, Draft, FormQuestion, Problems, Step, check_read, encoded
from events.shared.formatting.names import local_text, term
from prizes.models import Edition, Linkage, Nomination
from prizes.nominations import duplicates, questions

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


class NominationDraft(Draft):
    """A nomination as its nominator sees and edits it. Its edition must be loaded, with the forum."""

    row: Nomination
    near: Sequence[duplicates.Project] = ()  # other projects with near-equal titles, once the check has looked for them

    def __init__(self, nomination: Nomination, *, now: datetime) -> None:
        super().__init__(nomination)
        self.edition: Edition = nomination.edition
        self.now = now
        self.today = now.astimezone(self.edition.zone).date()

    # --- where the answers are kept ---------------------------------------------------------------
    def read(self) -> Answers:
        """The columns with the waiting changes on top. One query."""
        waiting = dict(self.row.changes)
        waiting |= {name: date.fromisoformat(waiting[name]) for name in DAYS if waiting.get(name)}
        return submitted(self.row) | waiting

    def wait(self, answers: Answers) -> None:
        """Put changes of a submitted nomination among those that wait; what is as it was submitted does not wait."""
        stands = encoded(submitted(self.row))
        waiting = self.row.changes | encoded(answers)
        self.row.changes = {name: value for name, value in waiting.items() if value != stands.get(name, "")}

    def write(self, answers: Answers) -> None:
        """Put answers into the columns and linkages. The row itself is not saved here.

        A body of the United Nations or an international organization keeps no country.
        """
        row = self.row
        for name, column in COLUMNS.items():
            if name in answers:
                setattr(row, column, answers[name])
        row.country_id = None if row.stakeholder_type in WITHOUT_COUNTRY else row.country_id or None
        texts = {int(name.removeprefix(LINKAGE)): text for name, text in answers.items() if name.startswith(LINKAGE)}
        row.linkages.filter(sdg__in=[number for number, text in texts.items() if not text]).delete()
        Linkage.objects.bulk_create(
            [Linkage(nomination=row, sdg_id=number, text=text) for number, text in sorted(texts.items()) if text],
            update_conflicts=True,
            unique_fields=["nomination", "sdg"],
            update_fields=["text"],
        )

    # --- what is asked ----------------------------------------------------------------------------
    def ask(self, answers: Answers) -> list[Step]:
        kind = answers["stakeholder_type"]
        country = replace(questions.COUNTRY, missing="") if kind in WITHOUT_COUNTRY else questions.COUNTRY
        entity = Step(
            key="entity",
            name=_("Entity"),
            why=[_("The entity is who runs the project. It stands on the ballot with its country and type.")],
            questions=[questions.OWN_PROJECT, questions.STAKEHOLDER_TYPE, questions.ENTITY, country],
        )
        language = self._language(answers)
        project = Step(
            key="project",
            name=_("Project"),
            why=[_("The same project cannot be submitted twice, and a project that has won before cannot take part.")],
            questions=[questions.TITLE, self._category(), *questions.WORK, *([language] if language else [])],
        )
        impact, partnerships = (
            replace(step, questions=[_hinted(one, stakeholder_type=kind) for one in step.questions])
            for step in (questions.IMPACT, questions.PARTNERSHIPS)
        )
        return [entity, project, questions.DESCRIPTION, self._linkages(), impact, partnerships, questions.FILES]

    def _category(self) -> FormQuestion:
        def choices() -> list[tuple[Any, Any]]:
            rows = self.edition.categories.select_related("action_line")
            names = [(row.pk, f"{row.number}. {row.action_line.label} {local_text(row, 'title')}") for row in rows]
            return [("", _("Choose a category")), *names]

        field = fields.choice(
            _("Category"),
            choices=choices,
            hint=_("A project belongs to one category. An entity has one project in a category"),
            is_list=True,
            is_needed=True,
            coerce=int,
            empty_value=None,
        )
        return FormQuestion("category", field, missing=_("Choose the category"))

    def _language(self, answers: Answers) -> FormQuestion | None:
        """Asked where the edition takes several, or no longer the one that was chosen."""
        known = [*dict.fromkeys([*self.edition.languages, answers["language"]])]
        if known == self.edition.languages[:1]:
            return None

        names = dict(Language.choices)
        choices = [(code, names.get(code, code)) for code in known]
        field = fields.choice(_("Language of your texts"), choices=choices, is_list=True, is_needed=True)
        refused = _("Nominations in this language are not accepted. Choose another language")
        return FormQuestion("language", field, accepts=self.edition.languages, refused=refused)

    @cached_property
    def action_line(self) -> ActionLine | None:
        """That of the stored category; None where none is chosen."""
        category = self.edition.categories.filter(pk=self.answers["category"]).select_related("action_line").first()
        return category.action_line if category else None

    def _linkages(self) -> Step:
        """A text for each goal that the project advances; those that the matrix suggests for its category stand first."""
        links = MatrixLink.objects.filter(action_line=self.action_line)
        suggested = {link.sdg_id: link.rationale for link in links}
        goals = sorted(SDG.objects.all(), key=lambda goal: (goal.number not in suggested, goal.number))
        return Step(
            key="linkages",
            name=_("Goals"),
            why=[
                _(
                    "Write about the goals that the project really moved. Experts weigh the evidence, not the number"
                    " of goals."
                )
            ],
            lead=_(
                "Say how the project advances the goals through its Action Line: at least one goal, 20 words on each."
                " Open a goal to write."
            ),
            questions=[_linkage(goal, rationale=suggested.get(goal.number)) for goal in goals],
        )

    # --- what stands against submitting it --------------------------------------------------------
    def rules(self, answers: Answers) -> Problems:
        """Completed work, or the phase it speaks of, lies in the past (`dates`); it is linked to a goal (`missing`)."""
        found: Problems = {}
        starts, ends = answers["starts_on"], answers["ends_on"]
        if starts and starts > self.today:
            found["starts_on"] = _dates(_("The work begins in the future. Enter a day before today"))
        if starts and ends and ends < starts:
            sentence = _("The end is before the start. Enter a day after %(day)s")
            found["ends_on"] = _dates(sentence % {"day": date_format(starts, "j F Y")})
        elif ends and ends > self.today:
            sentence = _(
                "The end lies in the future. Only work that is completed, or at the end of a major phase, takes part"
            )
            found["ends_on"] = _dates(sentence)
        if not any(text for name, text in answers.items() if name.startswith(LINKAGE)):
            found["linkages"] = ValidationError(_("Describe the link to at least one goal"), code="missing")
        return found

    def findings(self) -> tuple[Problems, duplicates.Comparison]:
        """What stands against submitting it, by question, and how it stands beside the others. Changes nothing."""
        found = duplicates.find(self.edition, answers=self.answers, besides=self.row.pk, now=self.now)
        return found.refusals | self.problems(), found

    def enter(self, *, by: User, is_different: bool, revision: int | None) -> None:
        """Refuse what stands against submitting it, else put the answers into the row, with the keys that it is compared by.
        The row itself is not saved here.

        `is_different`: projects with near-equal titles are others (once confirmed, that holds for this title); `revision`:
        the one that the person has read. Refuses `outdated`, `not-confirmed`, and by question `similar` and those of
        `problems` and `duplicates.find`.
        """
        row = self.row
        check_read(row, revision_seen=revision)
        if not by.has_confirmed_address():
            raise ValidationError(_("Confirm your e-mail address first, then submit"), code="not-confirmed")
        problems, found = self.findings()
        is_known = row.similar_confirmed and self.answers["title"] == row.title
        row.similar_confirmed = bool(found.near) and (is_different or is_known)
        if found.near and not row.similar_confirmed:
            sentence = _("There are projects with nearly the same title. Confirm that this is a different project")
            problems["similar_confirmed"] = ValidationError(sentence, code="similar")
        if problems:
            raise ValidationError(problems)
        self.write(self.answers)
        row.title_key, row.entity_key, row.changes = found.title_key, found.entity_key, {}

    def summary(self) -> list[AnsweredStep]:
        files = ", ".join(file.title for file in self.row.attachments.all())
        parts = super().summary()
        return [
            replace(part, lines=[*part.lines, (str(_("Files")), files)]) if files and part.key == "files" else part
            for part in parts
        ]

    def is_empty(self, step: Step) -> bool:
        return super().is_empty(step) and not (step.key == "files" and self.row.attachments.exists())


def submitted(nomination: Nomination, *, linkages: Iterable[Linkage] | None = None) -> dict[str, Any]:
    """What stands in the columns: the draft, or what was submitted. One query, unless the linkages are given."""
    answers = {name: getattr(nomination, column) for name, column in COLUMNS.items()}
    answers["country"] = answers["country"] or ""
    rows = nomination.linkages.all() if linkages is None else linkages
    return answers | {f"{LINKAGE}{row.sdg_id}": row.text for row in rows}


def as_version(answers: Answers) -> dict[str, Any]:
    """Answers as a version keeps them: the texts on goals together, by the number of the goal."""
    linkages = {name.removeprefix(LINKAGE): text for name, text in answers.items() if name.startswith(LINKAGE)}
    return encoded({name: answers[name] for name in COLUMNS} | {"linkages": linkages})


def _dates(sentence: Any) -> ValidationError:
    return ValidationError(sentence, code="dates")


def _linkage(goal: SDG, *, rationale: str | None) -> FormQuestion:
    """The text on one goal. `rationale`: why the matrix suggests it; None where it does not."""

    label = _("SDG %(number)s: %(title)s") % {"number": goal.number, "title": term(goal.title)}
    field = fields.box(label, length=3000, rows=5, hint=rationale or "", is_needed=True)
    badge = "" if rationale is None else _("Suggested")
    name, words = f"{LINKAGE}{goal.number}", questions.LINKAGE_WORDS
    return FormQuestion(name, field, words=words, is_folded=True, goal=goal.number, badge=badge)


def _hinted(question: FormQuestion, *, stakeholder_type: str) -> FormQuestion:
    """A question as it is asked of an entity of this type."""
    hint = questions.HINTS.get(stakeholder_type, {}).get(question.name)
    if not hint:
        return question
    field = copy.deepcopy(question.field)
    field.help_text = hint
    return replace(question, field=field)
