"""The steps of a nomination. A step keeps what can be kept, even unfinished, and says what is still wrong."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.drafts import word_count
from events.drafts.fields import CHOOSE as CHOOSE_FROM_LIST
from events.drafts.fields import TOO_LONG
from events.formatting.names import country_choices, term
from events.models import SDG, MatrixLink
from events.models.programme import Language
from events.models.reference import StakeholderType
from prizes.models import Edition, Nomination
from prizes.nominations import submission
from prizes.nominations.form import answers as form_answers
from prizes.nominations.form import validation
from prizes.nominations.form.fields import UnfinishedChoice, UnfinishedText, UnfinishedTyped, box, date_field, line

CHECK = "check"
STEP_NAMES = {
    "entity": gettext_lazy("Entity"),
    "project": gettext_lazy("Project"),
    "description": gettext_lazy("Description"),
    "linkages": gettext_lazy("Goals"),
    "impact": gettext_lazy("Impact"),
    "partnerships": gettext_lazy("Partnerships"),
    "files": gettext_lazy("Links and files"),
    CHECK: gettext_lazy("Check"),
}
MOST_LINK = 300


class StepForm(forms.Form):
    """One step. `kept`: what can be saved; after `is_valid` the errors also say what the rules still ask for."""

    use_required_attribute = False
    step = ""

    def __init__(
        self, data: Any = None, *, edition: Edition, answers: Mapping[str, Any], now: datetime, **more: Any
    ) -> None:
        self.edition, self.answers, self.now = edition, answers, now
        self.kept: dict[str, Any] = {}
        self.unkept: dict[str, list[str]] = {}
        super().__init__(data, initial=self.shown(answers), **more)
        self.build()

    def shown(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers as the fields hold them."""
        return {name: answers[name] for name in form_answers.STEPS[self.step]}

    def build(self) -> None:
        """Give fields what depends on the edition and on earlier answers."""

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """Return cleaned values as answers."""
        return {name: cleaned[name] for name in form_answers.STEPS[self.step] if name in cleaned}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields with the number of words that each text has."""
        return [
            {
                "field": bound,
                "words": word_count.count(str(bound.value() or ""))
                if "data-words" in bound.field.widget.attrs
                else None,
            }
            for bound in self
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.unkept = {name: [str(one) for one in errors] for name, errors in self.errors.items()}
        self.kept = self.collected(cleaned)
        found = validation.problems(
            {**self.answers, **self.kept},
            languages=self.edition.languages,
            today=submission.today_of(self.edition, now=self.now),
        )
        for name, problem in found.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, problem)
        return cleaned


class EntityForm(StepForm):
    step = "entity"
    is_own_project = UnfinishedTyped(
        label=gettext_lazy("Whose project is it?"),
        choices=[
            ("yes", gettext_lazy("My own, or my organisation’s")),
            ("no", gettext_lazy("Another’s. Anyone may nominate a project")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": CHOOSE_FROM_LIST},
    )
    stakeholder_type = UnfinishedChoice(
        label=gettext_lazy("Type of the entity"),
        choices=StakeholderType.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": CHOOSE_FROM_LIST},
    )
    entity_name = line(
        label=gettext_lazy("Entity"),
        length=200,
        hint=gettext_lazy("The ministry, company, organisation or institution that runs the project, in full"),
    )
    country = UnfinishedChoice(
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("Not needed for the United Nations and international organizations"),
        choices=country_choices,
        error_messages={"invalid_choice": CHOOSE_FROM_LIST},
    )

    def shown(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        return super().shown(answers) | {"is_own_project": "yes" if answers["is_own_project"] else "no"}

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        answers = super().collected(cleaned)
        if answers.get("is_own_project") == "":
            del answers["is_own_project"]
        return answers


class ProjectForm(StepForm):
    step = "project"
    title = line(
        label=gettext_lazy("Title of the project"), length=150, hint=gettext_lazy("As it should stand on the ballot")
    )
    category = UnfinishedTyped(
        label=gettext_lazy("Category"),
        help_text=gettext_lazy("A project belongs to one category. An entity has one project in a category"),
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": CHOOSE_FROM_LIST},
    )
    starts_on = date_field(label=gettext_lazy("Start of the work"))
    ends_on = date_field(
        label=gettext_lazy("End of the work"), hint=gettext_lazy("Or of its last major phase, where the work goes on")
    )
    project_status = UnfinishedChoice(
        label=gettext_lazy("Status of the work"),
        help_text=gettext_lazy("Only work that is completed, or at the end of a major phase, takes part"),
        choices=Nomination.ProjectStatus.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": CHOOSE_FROM_LIST},
    )
    website = forms.URLField(
        label=gettext_lazy("Address of the project"),
        help_text=gettext_lazy("Its website, such as https://example.org"),
        required=False,
        assume_scheme="https",
        max_length=MOST_LINK,
        widget=forms.URLInput(attrs={"autocomplete": "off", "dir": "ltr", "maxlength": None}),
        error_messages={"invalid": gettext_lazy("Enter an address such as https://example.org")},
    )
    language = UnfinishedChoice(
        label=gettext_lazy("Language of your texts"), error_messages={"invalid_choice": CHOOSE_FROM_LIST}
    )

    def build(self) -> None:
        rows = self.edition.categories.select_related("action_line")
        names = [(row.pk, f"{row.number}. {row.action_line.label} {term(row.title)}") for row in rows]
        category: Any = self.fields["category"]
        category.choices = [("", _("Choose a category")), *names]
        labels = dict(Language.choices)
        known = [*dict.fromkeys([*self.edition.languages, self.answers["language"]])]
        language: Any = self.fields["language"]
        language.choices = [(code, labels.get(code, code)) for code in known]
        if known == self.edition.languages[:1]:
            del self.fields["language"]


class DescriptionForm(StepForm):
    step = "description"
    description = box(
        label=gettext_lazy("Short description"),
        hint=gettext_lazy(
            "150 to 200 words. This is the text that voters read: say what was done, for whom, and what came of it"
        ),
        least=validation.DESCRIPTION_LEAST,
        most=validation.DESCRIPTION_MOST,
        length=3000,
        rows=12,
    )


class LinkagesForm(StepForm):
    """A text for each goal that the project advances; those that the matrix suggests stand first."""

    step = "linkages"

    def shown(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        return {f"linkage_{number}": text for number, text in answers["linkages"].items()}

    def build(self) -> None:
        category = self.edition.categories.filter(pk=self.answers["category"]).select_related("action_line").first()
        links = MatrixLink.objects.filter(action_line=category.action_line) if category else MatrixLink.objects.none()
        rationale = {link.sdg_id: link.rationale for link in links}
        self.line = category.action_line if category else None
        goals = sorted(SDG.objects.all(), key=lambda goal: (goal.number not in rationale, goal.number))
        for goal in goals:
            field = box(
                label=_("SDG %(number)s: %(title)s") % {"number": goal.number, "title": term(goal.title)},
                hint=rationale.get(goal.number, ""),
                least=validation.LINKAGE_LEAST,
                length=3000,
                rows=5,
            )
            field.number, field.is_suggested = goal.number, goal.number in rationale
            self.fields[f"linkage_{goal.number}"] = field

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        # A text that cannot be kept leaves the one that is stored.
        texts: dict[int, str] = {n: t for n, t in self.answers["linkages"].items() if f"linkage_{n}" not in self.fields}
        for name, field in self.fields.items():
            number: int = field.number  # type: ignore[attr-defined]
            text = cleaned.get(name, self.answers["linkages"].get(number, ""))
            if text:
                texts[number] = text
        return {"linkages": texts}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.kept["linkages"] and not self.errors:
            self.add_error(None, validation.no_linkage())
        return cleaned


TYPE_HINTS: dict[str, dict[str, Any]] = {
    "government": {
        "economic_impact": gettext_lazy("Such as savings for the state, new services, jobs"),
        "partnerships": gettext_lazy("Other ministries, cities, companies and groups that took part, and their share"),
    },
    "private_sector": {
        "economic_impact": gettext_lazy("Such as jobs, users, turnover; say who pays and who gains"),
        "partnerships": gettext_lazy("Public bodies, communities and companies that took part, and their share"),
    },
    "civil_society": {
        "economic_impact": gettext_lazy("Such as incomes, costs that people no longer have, volunteers’ work"),
        "partnerships": gettext_lazy("Communities, donors and public bodies that took part, and their share"),
    },
    "academia": {
        "economic_impact": gettext_lazy("Such as skills, spin-offs, what others built on your results"),
        "partnerships": gettext_lazy("Institutes, public bodies and companies that took part, and their share"),
    },
}


class TypedHints(StepForm):
    """The type of the entity shapes what is asked for."""

    def build(self) -> None:
        for name, hint in TYPE_HINTS.get(self.answers["stakeholder_type"], {}).items():
            if name in self.fields:
                self.fields[name].help_text = hint


class ImpactForm(TypedHints):
    step = "impact"
    economic_impact = box(label=gettext_lazy("Economic impact"), least=validation.LEAST_WORDS)
    social_impact = box(
        label=gettext_lazy("Social impact"),
        hint=gettext_lazy("Whose life changed, and how you know"),
        least=validation.LEAST_WORDS,
    )
    environmental_impact = box(
        label=gettext_lazy("Environmental impact"),
        hint=gettext_lazy("What it saves and what it uses; say so where there is little of either"),
        least=validation.LEAST_WORDS,
    )


class PartnershipsForm(TypedHints):
    step = "partnerships"
    partnerships = box(
        label=gettext_lazy("Partnerships"),
        hint=gettext_lazy("Who took part, and their share"),
        least=validation.LEAST_WORDS,
    )
    challenges = box(
        label=gettext_lazy("Challenges and future"),
        hint=gettext_lazy("What was hard, what you learned, and how it goes on"),
        least=validation.LEAST_WORDS,
    )


class FilesForm(StepForm):
    step = "files"
    links = UnfinishedText(
        label=gettext_lazy("Links"),
        help_text=gettext_lazy("One address on each line, ten at the most, such as reports, films, articles"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "ltr", "spellcheck": "false"}),
        validators=[MaxLengthValidator(MOST_LINK * 12, TOO_LONG)],
    )

    def shown(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        return {"links": "\n".join(answers["links"])}

    def clean_links(self) -> list[str]:
        found = list(dict.fromkeys(line.strip() for line in self.cleaned_data["links"].splitlines() if line.strip()))
        check = URLValidator(schemes=["http", "https"])
        for number, address in enumerate(found):
            if "://" not in address:
                found[number] = address = f"https://{address}"
            try:
                check(address)
                MaxLengthValidator(MOST_LINK)(address)
            except ValidationError as refusal:
                sentence = _("“%(address)s” is no address. Enter one such as https://example.org/report")
                raise ValidationError(sentence % {"address": address[:60]}, code="invalid") from refusal
        if len(found) > validation.MOST_LINKS:
            sentence = ngettext(
                "Enter %(number)s address at the most",
                "Enter %(number)s addresses at the most",
                validation.MOST_LINKS,
            )
            raise ValidationError(sentence % {"number": validation.MOST_LINKS}, code="too-many")
        return found


class FileForm(forms.Form):
    """One file, sent by itself."""

    use_required_attribute = False
    title = forms.CharField(
        label=gettext_lazy("Name of the document"),
        required=False,
        help_text=gettext_lazy("Empty: the file’s own name"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        validators=[MaxLengthValidator(150, TOO_LONG)],
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, PNG or JPEG, 10 MB at the most"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
        error_messages={
            "required": gettext_lazy("Choose a file"),
            "invalid": gettext_lazy("Choose a file"),
            "missing": gettext_lazy("Choose a file"),
            "empty": gettext_lazy("The file is empty. Choose another one"),
        },
    )


FORMS: dict[str, Callable[..., StepForm]] = {
    form.step: form
    for form in (EntityForm, ProjectForm, DescriptionForm, LinkagesForm, ImpactForm, PartnershipsForm, FilesForm)
}
