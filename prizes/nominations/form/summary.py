"""The answers of a nomination as people read them, and which steps still miss something."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format

from prizes.models import Edition
from prizes.nominations.form import answers
from prizes.nominations.form.forms import FORMS, STEP_NAMES, StepForm


def missing_steps(refusals: Mapping[str, ValidationError]) -> list[str]:
    """Return the steps in which something is wrong, in their order."""
    steps = {answers.step_of(name) for name in refusals if name != "similar_confirmed"}
    return [step for step in FORMS if step in steps]


def summary(edition: Edition, *, answers: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The answers as people read them: for each step its name and (label, text) of what is filled in."""
    return [
        {"key": step, "name": STEP_NAMES[step], "lines": _lines(make(edition=edition, answers=answers, now=now))}
        for step, make in FORMS.items()
    ]


def _lines(form: StepForm) -> list[tuple[str, str]]:
    lines = []
    for bound in form:
        value = bound.value()
        if isinstance(value, date):
            value = date_format(value, "j F Y")
        chosen = {str(key): name for key, name in getattr(bound.field, "choices", [])}
        text = str(chosen.get(str(value), value) if value not in (None, "") else "")
        if text:
            lines.append((str(bound.label), text))
    return lines
