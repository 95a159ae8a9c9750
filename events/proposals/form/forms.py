"""The steps of a proposal. A step keeps what can be kept, even unfinished, and says what is still wrong."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.formatting import numbers
from events.formatting.names import country_choices, term
from events.models import SDG, ActionLine, Call, Proposal, Question, SessionType
from events.models.consultation import ProposalKind
from events.models.reference import StakeholderType
from events.proposals.form import answers as proposal_answers
from events.proposals.form import validation
from events.proposals.form.fields import box, choice, line, whole_number

WISHED, AVOIDED = "wish", "avoid"
FREE_ROWS = 2


class StepForm(forms.Form):
    """One step. `kept`: what can be saved; `unkept`: what cannot, by field. After `is_valid` the errors also say what
    is missing before the proposal can be submitted."""

    use_required_attribute = False
    step = ""

    def __init__(self, data: Any = None, *, proposal: Proposal, call: Call, questions: Sequence[Question]) -> None:
        self.proposal, self.call, self.questions = proposal, call, questions
        self.answers = proposal_answers.current(proposal)
        self.kept: dict[str, Any] = {}
        self.unkept: dict[str, list[str]] = {}
        super().__init__(data, initial=self.shown())
        self.build()

    def shown(self) -> dict[str, Any]:
        """Return the answers as the fields hold them."""
        return {name: self.answers[name] for name in proposal_answers.STEPS[self.step]}

    def build(self) -> None:
        """Give fields what depends on the call and on earlier answers."""

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """Return cleaned values as answers."""
        return {name: cleaned[name] for name in proposal_answers.STEPS[self.step] if name in cleaned}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.kept = self.collected(cleaned)
        self.unkept = {name: [str(one) for one in errors] for name, errors in self.errors.items()}
        found = validation.refusals({**self.answers, **self.kept}, call=self.call, questions=self.questions)
        for name, problem in found.items():
            if proposal_answers.step_of(name) != self.step or name in self.errors:
                continue
            self.add_error(name if name in self.fields else None, problem)
        return cleaned


class WhoForm(StepForm):
    step = "who"
    kind = choice(label=gettext_lazy("What do you ask for?"), choices=ProposalKind.choices, is_needed=True)
    organisation_name = line(
        label=gettext_lazy("Organisation"),
        length=200,
        hint=gettext_lazy("In full, as it should stand in the programme"),
        autocomplete="organization",
        is_needed=True,
    )
    stakeholder_type = choice(
        label=gettext_lazy("Type of the organisation"), choices=StakeholderType.choices, is_needed=True
    )
    country = choice(
        label=gettext_lazy("Country"),
        choices=country_choices,
        hint=gettext_lazy("Not needed for the United Nations and international organizations"),
        is_list=True,
        is_needed=True,
    )
    co_organisers = box(
        label=gettext_lazy("Co-organisers"), length=20_000, rows=3, hint=gettext_lazy("One organisation on each line")
    )

    def shown(self) -> dict[str, Any]:
        return super().shown() | {"co_organisers": "\n".join(self.answers["co_organisers"])}

    def build(self) -> None:
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        known = {*self.call.kinds, self.proposal.kind}
        field.choices = [(value, label) for value, label in ProposalKind.choices if value in known]

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        found = super().collected(cleaned)
        if not found.get("kind"):
            found.pop("kind", None)  # a request is always of some kind
        if "co_organisers" in found:
            names = [" ".join(name.split()) for name in found["co_organisers"].splitlines()]
            found["co_organisers"] = list(dict.fromkeys(filter(None, names)))
        return found


class WhatForm(StepForm):
    step = "what"
    title = line(label=gettext_lazy("Title"), length=250, is_needed=True)
    description = box(
        label=gettext_lazy("Description"),
        length=10_000,
        rows=12,
        hint=gettext_lazy("What it is about, and why it matters to the Forum. You may use Markdown"),
        is_needed=True,
    )
    session_type = choice(label=gettext_lazy("Type of session"), choices=[], is_list=True, is_needed=True)
    minutes = whole_number(
        label=gettext_lazy("Length in minutes"),
        least=15,
        most=480,
        hint=gettext_lazy("15 to 480; most sessions have 60"),
        is_needed=True,
    )
    expected = whole_number(
        label=gettext_lazy("People expected"),
        least=1,
        most=1_000_000,
        hint=gettext_lazy("To find a room that is large enough"),
    )

    def build(self) -> None:
        if self.answers["kind"] != ProposalKind.WORKSHOP:
            for name in ("session_type", "minutes", "expected"):
                del self.fields[name]
            return
        field = self.fields["session_type"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        types = SessionType.objects.filter(is_secretariat_only=False)
        field.choices = [("", str(_("Choose a type"))), *((str(one.pk), term(one)) for one in types)]

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        found = super().collected(cleaned)
        if "session_type" in found:
            found["session_type"] = int(found["session_type"]) if found["session_type"] else None
        return found


class GoalsForm(StepForm):
    """A text for each Action Line and goal that the request advances; an empty one is not chosen."""

    step = "goals"

    def shown(self) -> dict[str, Any]:
        return dict(self.answers["links"])

    def build(self) -> None:
        for row in ActionLine.objects.all():
            self.fields[f"line-{row.pk}"] = self._field(f"{row.label} · {term(row.title)}")
        for goal in SDG.objects.all():
            field = self._field(f"{goal.number} · {term(goal.title)}")
            field.number = goal.number  # type: ignore[attr-defined]  # for its square
            self.fields[f"goal-{goal.number}"] = field

    @staticmethod
    def _field(label: str) -> forms.CharField:
        return box(label=label, length=validation.MOST_RATIONALE, rows=3)

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under the two headings of the page."""
        lines = [bound for bound in self if bound.name.startswith("line-")]
        return [(_("Action Lines"), lines), (_("Goals"), [bound for bound in self if bound not in lines])]

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        texts = {name: cleaned.get(name, self.answers["links"].get(name, "")) for name in self.fields}
        return {"links": {name: text for name, text in texts.items() if text.strip()}}


class SpeakersForm(StepForm):
    """The speakers that are known and some free rows. A row without a name and an address is no speaker."""

    step = "speakers"

    def __init__(self, data: Any = None, **more: Any) -> None:
        self.rows_sent = data.get("rows", "") if data else ""
        super().__init__(data, **more)

    def shown(self) -> dict[str, Any]:
        return {
            f"speaker-{place}-{name}": one[name]
            for place, one in enumerate(self.answers["speakers"])
            for name in proposal_answers.SPEAKER
        }

    @property
    def size(self) -> int:
        """How many rows the page has: as many as it had when it was sent, else the known ones and some free ones."""
        known = len(self.answers["speakers"])
        sent = numbers.whole_number(self.rows_sent)
        return max(min(known + FREE_ROWS if sent is None else sent, proposal_answers.MOST_SPEAKERS), known, 1)

    def build(self) -> None:
        for place in range(self.size):
            start = f"speaker-{place}-"
            self.fields[f"{start}name"] = line(label=_("Name"), length=150)
            self.fields[f"{start}email"] = forms.EmailField(
                label=_("E-mail"),
                required=False,
                max_length=254,
                help_text=_("We ask them when you submit the proposal"),
                widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"}),
                error_messages={"invalid": _("Enter an address such as name@example.org")},
            )
            self.fields[f"{start}position"] = line(label=_("Position"), length=200)
            self.fields[f"{start}organisation_name"] = line(label=_("Organisation"), length=200)
            self.fields[f"{start}is_moderator"] = forms.BooleanField(label=_("Moderates the session"), required=False)

    def groups(self) -> list[list[forms.BoundField]]:
        """The fields of each row."""
        return [[self[f"speaker-{place}-{name}"] for name in proposal_answers.SPEAKER] for place in range(self.size)]

    def clean(self) -> dict[str, Any]:
        seen: set[str] = set()
        for place, one in self._rows(self.cleaned_data):
            start = f"speaker-{place}-"
            for name, words in (("name", _("Enter the name")), ("email", _("Enter the e-mail address"))):
                if not one[name] and f"{start}{name}" not in self.errors:
                    self.add_error(f"{start}{name}", ValidationError(words, code="missing"))
            if one["email"] and one["email"] in seen:
                words = _("This address stands here twice")
                self.add_error(f"{start}email", ValidationError(words, code="duplicate-speaker"))
            seen.add(one["email"])
        return super().clean()

    def _rows(self, cleaned: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows in which something is written."""
        for place in range(self.size):
            one = {name: cleaned.get(f"speaker-{place}-{name}", "") or "" for name in proposal_answers.SPEAKER}
            one |= {"email": one["email"].strip().lower(), "is_moderator": bool(one["is_moderator"])}
            has_errors = any(f"speaker-{place}-{name}" in self.errors for name in proposal_answers.SPEAKER)
            if any(one.values()) or has_errors:
                yield place, one

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """Complete rows; where a row has a fault, nothing is written, so that no answer of a speaker gets lost."""
        return {} if self.errors else {"speakers": [one for _place, one in self._rows(cleaned)]}


class WishesForm(StepForm):
    """Days that suit and days that do not, and the questions of the call."""

    step = "wishes"

    def shown(self) -> dict[str, Any]:
        days = {f"day-{day}": WISHED for day in self.answers["wished_days"]}
        days |= {f"day-{day}": AVOIDED for day in self.answers["avoided_days"]}
        return days | {f"question-{key}": value for key, value in self.answers["answers"].items()}

    def build(self) -> None:
        if self.answers["kind"] in {ProposalKind.WORKSHOP, ProposalKind.SPEAKER}:
            choices = [("", _("Either way")), (WISHED, _("Suits us")), (AVOIDED, _("Not this day"))]
            for day in proposal_answers.days_of(self.proposal.forum):
                field = choice(label=day, choices=choices, is_list=True)
                field.day = day  # type: ignore[attr-defined]
                self.fields[f"day-{day.isoformat()}"] = field
        for question in proposal_answers.asked(self.questions, kind=self.answers["kind"]):
            self.fields[f"question-{question.pk}"] = self._question(question)

    @staticmethod
    def _question(question: Question) -> forms.Field:
        if question.kind == Question.Kind.LINE:
            return line(label=question.text, hint=question.hint, length=250, is_needed=question.is_required)
        if question.kind == Question.Kind.TEXT:
            return box(
                label=question.text,
                hint=question.hint,
                length=validation.MOST_ANSWER,
                rows=5,
                is_needed=question.is_required,
            )
        words = {"yes": _("Yes"), "no": _("No")} if question.kind == Question.Kind.YES_NO else {}
        choices = [(value, words.get(value, value)) for value in validation.choices_of(question)]
        return choice(label=question.text, hint=question.hint, choices=choices, is_needed=question.is_required)

    def weeks(self) -> list[tuple[list[date], list[forms.BoundField], bool]]:
        """The days by week: first and last day, fields, and whether something is chosen there."""
        forum = self.proposal.forum
        weeks: dict[int, list[forms.BoundField]] = {}
        for bound in self:
            if bound.name.startswith("day-"):
                weeks.setdefault(forum.week_of(bound.field.day), []).append(bound)  # type: ignore[attr-defined]
        return [
            ([fields[0].field.day, fields[-1].field.day], fields, any(bound.value() for bound in fields))  # type: ignore[attr-defined]
            for fields in weeks.values()
        ]

    def own_questions(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name.startswith("question-")]

    def collected(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if any(name.startswith("day-") for name in self.fields):
            for name, value in (("wished_days", WISHED), ("avoided_days", AVOIDED)):
                found[name] = [key[4:] for key in self.fields if key.startswith("day-") and cleaned.get(key) == value]
        known = {str(question.pk) for question in self.questions}  # what was answered to one that is gone is gone too
        answers = {key: value for key, value in self.answers["answers"].items() if key in known}
        answers |= {key[9:]: cleaned[key] for key in cleaned if key.startswith("question-")}
        found["answers"] = {key: value for key, value in answers.items() if value}
        return found


FORMS: dict[str, type[StepForm]] = {
    form.step: form for form in (WhoForm, WhatForm, GoalsForm, SpeakersForm, WishesForm)
}
