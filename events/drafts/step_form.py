"""The form of one step of a draft: what of it can be kept, what cannot, and what is still missing."""

import copy
from typing import Any

from django import forms

from events.drafts.drafts import Draft, Step


class StepForm(forms.Form):
    """One step of a draft. After `is_valid`: `kept` is what can be saved, `unkept` why not, by question. The errors say
    also what the step still lacks before the draft can be submitted."""

    use_required_attribute = False

    def __init__(self, draft: Draft, step: Step, *, data: Any = None) -> None:
        self.draft, self.step = draft, step
        self.kept: dict[str, Any] = {}
        self.unkept: dict[str, list[str]] = {}
        super().__init__(data, initial={**draft.suggested(), **draft.answers})
        for question in step.questions:
            self.fields[question.name] = field = copy.deepcopy(question.field)
            if question.counts_words:
                field.widget.attrs["data-words"] = "{}-{}".format(*question.words)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, problem in self.step.check(cleaned).items():
            if name not in self.errors:
                self.add_error(name, problem)
        self.unkept = {name: [str(one) for one in errors] for name, errors in self.errors.items()}
        if not (self.step.is_whole and self.unkept):
            self.kept = {name: value for name, value in cleaned.items() if not self._is_left_out(name, value)}
        for name, problem in self.draft.problems({**self.draft.answers, **self.kept}).items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, problem)
            elif name == self.step.key:
                self.add_error(None, problem)
        return cleaned

    def _is_left_out(self, name: str, value: Any) -> bool:
        """Radio buttons that were not sent change nothing: nobody can take a choice back on the page."""
        return value in (None, "") and isinstance(self.fields[name].widget, forms.RadioSelect)

    def stored_elsewhere(self, draft: Draft) -> list[tuple[str, str]]:
        """(question, answer) of what is stored by now, where this form says something else."""
        differing = {*draft.differing(self.step.key, self.kept), *self.unkept}
        questions = [question for question in self.step.questions if question.name in differing]
        return [(str(one.field.label), one.text(draft.answers.get(one.name))) for one in questions]
