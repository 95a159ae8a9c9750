"""What a nomination is asked, step by step, and what a complete one needs (rules of the WSIS Prizes).

The rules say "complete, with minimum word counts" and give a number for the short description only. The other numbers
are ours: 30 words are two or three sentences, less says nothing about an impact.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, URLValidator
from django.utils.translation import gettext_lazy as _

from events.models.reference import StakeholderType
from events.shared.drafts import fields
from events.shared.drafts.drafts import FormQuestion, Step
from prizes.models import Nomination

DESCRIPTION_WORDS = (150, 200)  # the text that voters see (rules)
IMPACT_WORDS = (30, 0)  # of each text on impact, partnerships, challenges
LINKAGE_WORDS = (20, 0)  # on each goal
MOST_LINKS = 10
MOST_ADDRESS = 300  # characters
MOST_TEXT = 6000
COMPLETED = (Nomination.ProjectStatus.COMPLETED, Nomination.ProjectStatus.PHASE_ENDED)
NUMBERS = _("Numbers, dates and names convince experts more than adjectives.")

OWN_PROJECT = FormQuestion(
    "is_own_project",
    fields.choice(
        _("Whose project is it?"),
        choices=[(True, _("My own, or my organisation’s")), (False, _("Another’s. Anyone may nominate a project"))],
        is_needed=True,
        coerce=lambda value: value == "True",
        empty_value=None,
    ),
)
STAKEHOLDER_TYPE = FormQuestion(
    "stakeholder_type",
    fields.choice(_("Type of the entity"), choices=StakeholderType.choices),
    missing=_("Choose the type of the entity"),
)
ENTITY = FormQuestion(
    "entity_name",
    fields.line(
        _("Entity"),
        length=200,
        hint=_("The ministry, company, organisation or institution that runs the project, in full"),
    ),
    missing=_("Enter the name of the entity"),
)
COUNTRY = FormQuestion(
    "country",
    fields.country(hint=_("Not needed for the United Nations and international organizations")),
    missing=_("Choose the country of the entity"),
)
TITLE = FormQuestion(
    "title",
    fields.line(_("Title of the project"), length=150, hint=_("As it should stand on the ballot")),
    missing=_("Enter the title of the project"),
)
WORK = [
    FormQuestion("starts_on", fields.day(_("Start of the work")), missing=_("Enter the day on which the work began")),
    FormQuestion(
        "ends_on",
        fields.day(_("End of the work"), hint=_("Or of its last major phase, where the work goes on")),
        missing=_("Enter the day on which the work, or its last major phase, ended"),
    ),
    FormQuestion(
        "project_status",
        fields.choice(
            _("Status of the work"),
            choices=Nomination.ProjectStatus.choices,
            hint=_("Only work that is completed, or at the end of a major phase, takes part"),
        ),
        missing=_("Choose the status of the work"),
        accepts=COMPLETED,
        refused=_("The work is in the middle of a phase. Submit it when it, or a major phase of it, is completed"),
    ),
    FormQuestion(
        "website",
        fields.web_address(
            _("Address of the project"), length=MOST_ADDRESS, hint=_("Its website, such as https://example.org")
        ),
    ),
]


def _texts(*rows: tuple[str, Any, Any, Any]) -> list[FormQuestion]:
    """Texts of some sentences each: name, heading, what to say where it is missing, hint."""
    return [
        FormQuestion(name, fields.box(label, length=MOST_TEXT, hint=hint), missing=missing, words=IMPACT_WORDS)
        for name, label, missing, hint in rows
    ]


DESCRIPTION = Step(
    key="description",
    name=_("Description"),
    why=[_("A word is a run of letters and digits. Each Chinese or Japanese character counts as one.")],
    questions=[
        FormQuestion(
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
    questions=_texts(
        ("economic_impact", _("Economic impact"), _("Describe the economic impact"), ""),
        (
            "social_impact",
            _("Social impact"),
            _("Describe the social impact"),
            _("Whose life changed, and how you know"),
        ),
        (
            "environmental_impact",
            _("Environmental impact"),
            _("Describe the environmental impact"),
            _("What it saves and what it uses; say so where there is little of either"),
        ),
    ),
)
PARTNERSHIPS = Step(
    key="partnerships",
    name=_("Partnerships"),
    why=[NUMBERS],
    questions=_texts(
        ("partnerships", _("Partnerships"), _("Describe the partnerships"), _("Who took part, and their share")),
        (
            "challenges",
            _("Challenges and future"),
            _("Describe the challenges and the future"),
            _("What was hard, what you learned, and how it goes on"),
        ),
    ),
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
        FormQuestion(
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
