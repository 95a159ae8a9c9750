"""Questions that organisers write themselves: the field of each type, the same for proposals and for registrations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.shared.drafts import fields
from events.shared.drafts.drafts import FormQuestion, QuestionGroup

MOST_IN_LINE, MOST_IN_TEXT = 250, 4000  # characters
LARGEST_NUMBER = 10**9
MOST_BUTTONS = 8  # choices; more of them are a list

type Choices = Sequence[tuple[str, Any]]


def _choice(label: Any, *, hint: Any, choices: Choices) -> forms.Field:
    is_list = len(choices) > MOST_BUTTONS
    empty = [("", _("Choose from the list"))] if is_list else []
    return fields.choice(label, hint=hint, choices=[*empty, *choices], is_list=is_list)


_FIELDS: Mapping[str, Callable[..., forms.Field]] = {
    "line": lambda label, hint, **_more: fields.line(label, hint=hint, length=MOST_IN_LINE),
    "text": lambda label, hint, **_more: fields.box(label, hint=hint, length=MOST_IN_TEXT, rows=5),
    "number": lambda label, hint, **_more: fields.whole_number(label, hint=hint, least=0, most=LARGEST_NUMBER),
    "date": lambda label, hint, **_more: fields.day(label, hint=hint),
    "choice": _choice,
    "several": lambda label, hint, choices, **_more: fields.several(label, hint=hint, choices=choices),
    "consent": lambda label, hint, **_more: fields.box_to_tick(label, hint=hint),
    "file": lambda label, hint, **_more: fields.upload(label, hint=hint),
}
_MISSING = {"consent": _("Tick the box to go on"), "file": _("Choose a file")}


def question(
    name: str,
    kind: str,
    *,
    text: Any,
    hint: Any = "",
    choices: Choices = (),
    is_required: bool,
    group: QuestionGroup | None = None,
) -> FormQuestion:
    """A question of a type (`kind`: line, text, number, date, choice, several, consent, file) under the name of its answer."""
    field = _FIELDS[kind](label=text, hint=hint, choices=choices)
    is_one = kind == "choice"
    return FormQuestion(
        name,
        field,
        missing=_MISSING.get(kind, _("Answer this question")) if is_required else "",
        accepts=[value for value, _name in choices] if is_one else None,
        group=group,
    )
