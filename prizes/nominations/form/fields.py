"""Form fields that a draft may leave empty, and texts that count their words."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy

from events.drafts.fields import TOO_LONG

MOST_TEXT = 6000


class Unfinished(forms.Field):
    """A field that a draft may leave empty: the rules ask for it, in their own words."""

    def validate(self, value: Any) -> None:
        if value not in self.empty_values:
            super().validate(value)


class UnfinishedText(Unfinished, forms.CharField):
    def to_python(self, value: Any) -> Any:
        """Line ends are one sign, as browsers count them."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class UnfinishedChoice(Unfinished, forms.ChoiceField):
    pass


class UnfinishedTyped(Unfinished, forms.TypedChoiceField):
    pass


class UnfinishedDate(Unfinished, forms.DateField):
    pass


def line(*, label: Any, length: int, hint: Any = "") -> forms.CharField:
    field = UnfinishedText(
        label=label, help_text=hint, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )
    field.validators.append(MaxLengthValidator(length, TOO_LONG))
    return field


def box(*, label: Any, hint: Any = "", least: int = 0, most: int = 0, length: int = MOST_TEXT, rows: int = 8) -> Any:
    """A text with a live count of its words; `least` and `most` in words (0: none), `length` in signs."""
    attrs: dict[str, Any] = {"rows": rows, "dir": "auto", "data-words": f"{least}-{most or ''}"}
    return UnfinishedText(
        label=label,
        help_text=hint,
        widget=forms.Textarea(attrs=attrs),
        validators=[MaxLengthValidator(length, TOO_LONG)],
    )


def date_field(*, label: Any, hint: Any = "") -> forms.DateField:
    return UnfinishedDate(
        label=label,
        help_text=hint,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Enter a day such as 2020-03-31")},
    )
