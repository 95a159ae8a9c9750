"""What a nomination is asked, step by step, and what a complete one needs (rules of the WSIS Prizes).

The rules say "complete, with minimum word counts" and give a number for the short description only. The other numbers
are ours: 30 words are two or three sentences, less says nothing about an impact.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, URLValidator
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from events.drafts import fields
from events.drafts.drafts import Answers, Draft, Part, Problems, Question, Step
from events.formatting.names import term
from events.models import SDG, MatrixLink
from events.models.programme import Language
from events.models.reference import WITHOUT_COUNTRY, StakeholderType
from prizes.models import Edition, Nomination
from prizes.nominations.form import answers as stored

DESCRIPTION_WORDS = (150, 200)  # the text that voters see (rules)
IMPACT_WORDS = (30, 0)  # of each text on impact, partnerships, challenges
LINKAGE_WORDS = (20, 0)  # on each goal
MOST_LINKS = 10
MOST_ADDRESS = 300  # characters
MOST_TEXT = 6000
COMPLETED = (Nomination.ProjectStatus.COMPLETED, Nomination.ProjectStatus.PHASE_ENDED)
NUMBERS = _("Numbers, dates and names convince experts more than adjectives.")

OWN_PROJECT = Question(
    "is_own_project",
    fields.choice(
        _("Whose project is it?"),
        choices=[(True, _("My own, or my organisation’s")), (False, _("Another’s. Anyone may nominate a project"))],
        is_needed=True,
        coerce=lambda value: value == "True",
        empty_value=None,
    ),
)
STAKEHOLDER_TYPE = Question(
    "stakeholder_type",
    fields.choice(_("Type of the entity"), choices=StakeholderType.choices),
    missing=_("Choose the type of the entity"),
)
ENTITY = Question(
    "entity_name",
    fields.line(
        _("Entity"),
        length=200,
        hint=_("The ministry, company, organisation or institution that runs the project, in full"),
    ),
    missing=_("Enter the name of the entity"),
)
COUNTRY = Question(
    "country",
    fields.country(hint=_("Not needed for the United Nations and international organizations")),
    missing=_("Choose the country of the entity"),
)
TITLE = Question(
    "title",
    fields.line(_("Title of the project"), length=150, hint=_("As it should stand on the ballot")),
    missing=_("Enter the title of the project"),
)
STARTS = Question("starts_on", fields.day(_("Start of the work")), missing=_("Enter the day on which the work began"))
ENDS = Question(
    "ends_on",
    fields.day(_("End of the work"), hint=_("Or of its last major phase, where the work goes on")),
    missing=_("Enter the day on which the work, or its last major phase, ended"),
)
STATUS = Question(
    "project_status",
    fields.choice(
        _("Status of the work"),
        choices=Nomination.ProjectStatus.choices,
        hint=_("Only work that is completed, or at the end of a major phase, takes part"),
    ),
    missing=_("Choose the status of the work"),
    accepts=COMPLETED,
    refused=_("The work is in the middle of a phase. Submit it when it, or a major phase of it, is completed"),
)
WEBSITE = Question(
    "website",
    fields.web_address(
        _("Address of the project"), length=MOST_ADDRESS, hint=_("Its website, such as https://example.org")
    ),
)


def _text(name: str, label: Any, *, missing: Any, hint: Any = "") -> Question:
    field = fields.box(label, length=MOST_TEXT, hint=hint)
    return Question(name, field, missing=missing, words=IMPACT_WORDS)


DESCRIPTION = Step(
    key="description",
    name=_("Description"),
    why=[_("A word is a run of letters and digits. Each Chinese or Japanese character counts as one.")],
    questions=[
        Question(
            "description",
            fields.box(
                _("Short description"),
                length=3000,
                rows=12,
                hint=_(
                    "150 to 200 words. This is the text that voters read: say what was done, for whom, and what came"
                    " of it"
                ),
            ),
            missing=_("Enter the short description"),
            words=DESCRIPTION_WORDS,
        )
    ],
)
IMPACT = Step(
    key="impact",
    name=_("Impact"),
    why=[NUMBERS],
    questions=[
        _text("economic_impact", _("Economic impact"), missing=_("Describe the economic impact")),
        _text(
            "social_impact",
            _("Social impact"),
            missing=_("Describe the social impact"),
            hint=_("Whose life changed, and how you know"),
        ),
        _text(
            "environmental_impact",
            _("Environmental impact"),
            missing=_("Describe the environmental impact"),
            hint=_("What it saves and what it uses; say so where there is little of either"),
        ),
    ],
)
PARTNERSHIPS = Step(
    key="partnerships",
    name=_("Partnerships"),
    why=[NUMBERS],
    questions=[
        _text(
            "partnerships",
            _("Partnerships"),
            missing=_("Describe the partnerships"),
            hint=_("Who took part, and their share"),
        ),
        _text(
            "challenges",
            _("Challenges and future"),
            missing=_("Describe the challenges and the future"),
            hint=_("What was hard, what you learned, and how it goes on"),
        ),
    ],
)
# The type of the entity shapes what is asked for.
HINTS: dict[str, dict[str, Any]] = {
    "government": {
        "economic_impact": _("Such as savings for the state, new services, jobs"),
        "partnerships": _("Other ministries, cities, companies and groups that took part, and their share"),
    },
    "private_sector": {
        "economic_impact": _("Such as jobs, users, turnover; say who pays and who gains"),
        "partnerships": _("Public bodies, communities and companies that took part, and their share"),
    },
    "civil_society": {
        "economic_impact": _("Such as incomes, costs that people no longer have, volunteers’ work"),
        "partnerships": _("Communities, donors and public bodies that took part, and their share"),
    },
    "academia": {
        "economic_impact": _("Such as skills, spin-offs, what others built on your results"),
        "partnerships": _("Institutes, public bodies and companies that took part, and their share"),
    },
}


def clean_link(text: str) -> str:
    address = text if "://" in text else f"https://{text}"
    try:
        URLValidator(schemes=["http", "https"])(address)
        MaxLengthValidator(MOST_ADDRESS)(address)
    except ValidationError as refusal:
        sentence = _("“%(address)s” is no address. Enter one such as https://example.org/report")
        raise ValidationError(sentence % {"address": address[:60]}, code="invalid") from refusal
    return address


FILES = Step(
    key="files",
    name=_("Links and files"),
    why=[_("Files are read by the experts and the organisers. They are not published.")],
    questions=[
        Question(
            "links",
            fields.lines(
                _("Links"),
                most=MOST_LINKS,
                length=MOST_ADDRESS,
                hint=_("One address on each line, ten at the most, such as reports, films, articles"),
                clean_line=clean_link,
                spellcheck="false",
            ),
        )
    ],
)


def _with_hints(step: Step, *, stakeholder_type: str) -> Step:
    hints = HINTS.get(stakeholder_type, {})
    questions = []
    for question in step.questions:
        if question.name in hints:
            question = replace(question, field=copy.deepcopy(question.field))
            question.field.help_text = hints[question.name]
        questions.append(question)
    return replace(step, questions=questions)


class NominationDraft(Draft):
    """A nomination on its way to a submission. Its edition must be loaded, with the forum."""

    row: Nomination
    near: Sequence[Any] = ()  # other projects with near-equal titles, once the check has looked for them

    def __init__(self, nomination: Nomination, *, now: datetime) -> None:
        super().__init__(nomination)
        self.edition: Edition = nomination.edition
        self.today = now.astimezone(self.edition.zone).date()

    def read(self) -> Answers:
        return stored.current(self.row)

    def ask(self, answers: Answers) -> list[Step]:
        has_country = answers["stakeholder_type"] not in WITHOUT_COUNTRY
        country = COUNTRY if has_country else replace(COUNTRY, missing="")
        entity = Step(
            key="entity",
            name=_("Entity"),
            why=[_("The entity is who runs the project. It stands on the ballot with its country and type.")],
            questions=[OWN_PROJECT, STAKEHOLDER_TYPE, ENTITY, country],
        )
        project = Step(
            key="project",
            name=_("Project"),
            why=[_("The same project cannot be submitted twice, and a project that has won before cannot take part.")],
            questions=[TITLE, self._category, STARTS, ENDS, STATUS, WEBSITE, *self._language(answers)],
        )
        impact, partnerships = (
            _with_hints(step, stakeholder_type=answers["stakeholder_type"]) for step in (IMPACT, PARTNERSHIPS)
        )
        return [entity, project, DESCRIPTION, self._linkages, impact, partnerships, FILES]

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
        if not any(text for name, text in answers.items() if name.startswith("linkage_")):
            found["linkages"] = ValidationError(_("Describe the link to at least one goal"), code="missing")
        return found

    def summary(self) -> list[Part]:
        files = ", ".join(file.title for file in self.row.attachments.all())
        parts = super().summary()
        return [
            replace(part, lines=[*part.lines, (str(_("Files")), files)]) if files and part.key == "files" else part
            for part in parts
        ]

    def is_empty(self, step: Step) -> bool:
        return super().is_empty(step) and not (step.key == "files" and self.row.attachments.exists())

    @cached_property
    def _category(self) -> Question:
        def choices() -> list[tuple[Any, Any]]:
            rows = self.edition.categories.select_related("action_line")
            names = [(row.pk, f"{row.number}. {row.action_line.label} {term(row.title)}") for row in rows]
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
        return Question("category", field, missing=_("Choose the category"))

    def _language(self, answers: Answers) -> list[Question]:
        """Asked where the edition takes several, or no longer the one that was chosen."""
        known = [*dict.fromkeys([*self.edition.languages, answers["language"]])]
        if known == self.edition.languages[:1]:
            return []
        names = dict(Language.choices)
        field = fields.choice(
            _("Language of your texts"),
            choices=[(code, names.get(code, code)) for code in known],
            is_list=True,
            is_needed=True,
        )
        refused = _("Nominations in this language are not accepted. Choose another language")
        return [Question("language", field, accepts=self.edition.languages, refused=refused)]

    @cached_property
    def action_line(self) -> Any:
        """The Action Line of the stored category; None where none is chosen."""
        category = self.edition.categories.filter(pk=self.answers["category"]).select_related("action_line").first()
        return category.action_line if category else None

    @cached_property
    def _linkages(self) -> Step:
        """A text for each goal that the project advances; those that the matrix suggests stand first."""
        links = MatrixLink.objects.filter(action_line=self.action_line) if self.action_line else []
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
            questions=[_linkage(goal, suggested=suggested) for goal in goals],
        )


def _linkage(goal: SDG, *, suggested: dict[int, str]) -> Question:
    label = _("SDG %(number)s: %(title)s") % {"number": goal.number, "title": term(goal.title)}
    hint = suggested.get(goal.number, "")
    return Question(
        f"linkage_{goal.number}",
        fields.box(label, length=3000, rows=5, hint=hint, is_needed=True),
        words=LINKAGE_WORDS,
        is_folded=True,
        goal=goal.number,
        badge=_("Suggested") if goal.number in suggested else "",
    )


def _dates(sentence: Any) -> ValidationError:
    return ValidationError(sentence, code="dates")
