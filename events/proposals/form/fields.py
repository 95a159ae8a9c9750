"""The fields of the pages of proposals and of hosts: their words, their limits, and what a page sends beside them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy

from events.models.lines import one_line

TOO_LONG = gettext_lazy("This has %(show_value)s signs. Shorten it to %(limit_value)s")
CHOOSE = gettext_lazy("Choose from the list")
NUMBER = gettext_lazy("Enter a whole number")


class Unfinished(forms.Field):
    """A field that a draft may leave empty although it is needed: the rules ask for it, in their own words."""

    def validate(self, value: Any) -> None:
        if value not in self.empty_values:
            super().validate(value)


class TextField(Unfinished, forms.CharField):
    def to_python(self, value: Any) -> Any:
        """Line ends are one sign, as browsers count them."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class LineField(Unfinished, forms.CharField):
    def to_python(self, value: Any) -> Any:
        """What was pasted with line ends is one line (`events.models.lines`)."""
        return one_line(super().to_python(value) or "")


class ChoiceField(Unfinished, forms.ChoiceField):
    pass


class NumberField(Unfinished, forms.IntegerField):
    pass


def show_refusal(form: forms.Form, refusal: ValidationError) -> None:
    """Put a rule's refusal at its field, else above the form."""
    if hasattr(refusal, "error_dict"):
        for name, errors in refusal.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, ValidationError(refusal.messages))


def line(
    *, label: Any, length: int, hint: Any = "", autocomplete: str = "off", is_needed: bool = False
) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete, "dir": "auto"})
    return LineField(
        label=label,
        help_text=hint,
        required=is_needed,
        widget=widget,
        validators=[MaxLengthValidator(length, TOO_LONG)],
    )


def box(*, label: Any, length: int, hint: Any = "", rows: int = 8, is_needed: bool = False) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
    return TextField(
        label=label,
        help_text=hint,
        required=is_needed,
        widget=widget,
        validators=[MaxLengthValidator(length, TOO_LONG)],
    )


def choice(
    *, label: Any, choices: Any, hint: Any = "", is_list: bool = False, is_needed: bool = False
) -> forms.ChoiceField:
    return ChoiceField(
        label=label,
        choices=choices,
        help_text=hint,
        required=is_needed,
        widget=forms.Select if is_list else forms.RadioSelect,
        error_messages={"invalid_choice": CHOOSE},
    )


def whole_number(*, label: Any, least: int, most: int, hint: Any = "", is_needed: bool = False) -> forms.IntegerField:
    return NumberField(
        label=label,
        help_text=hint,
        required=is_needed,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
        error_messages={"invalid": NUMBER},
    )
