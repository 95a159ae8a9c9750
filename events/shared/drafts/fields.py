"""The fields of forms that people fill in: their limits in characters, their sentences, what browsers fill in for them.

None of them but `reason` insists on an answer: a draft may be unfinished, and the rules ask for what is missing in their own words.
`is_needed` says only whether the page calls a field optional.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.forms.renderers import BaseRenderer
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext

from events.models.columns import one_line
from events.models.uploads import validate_document
from events.shared.formatting.names import country_choices
from events.shared.once_a_revision import once_a_revision

TOO_LONG = gettext_lazy("This has %(show_value)s characters. Shorten it to %(limit_value)s")
CHOOSE = gettext_lazy("Choose from the list")
NUMBER = gettext_lazy("Enter a whole number")
EMAIL = gettext_lazy("Enter an address such as name@example.org")
EMPTY_FILE = gettext_lazy("The file is empty. Choose another one")
REASON = gettext_lazy("Reason")
DOCUMENT = gettext_lazy("PDF, PNG or JPEG, 10 MB at most.")


class Unfinished(forms.Field):
    """A field that may be left empty although it is needed."""

    def validate(self, value: Any) -> None:
        if value not in self.empty_values:
            super().validate(value)


@cache
def unfinished[F: forms.Field](kind: type[F]) -> type[F]:
    """A kind of field that may be left empty although it is needed."""
    return type(kind.__name__, (Unfinished, kind), {})


class TextField(Unfinished, forms.CharField):
    def to_python(self, value: Any) -> Any:
        """A line end is one character, as browsers count it."""
        return (super().to_python(value) or "").replace("\r\n", "\n")


class DraftLineField(Unfinished, forms.CharField):
    def to_python(self, value: Any) -> Any:
        """What was pasted with line ends is one line (`events.models.columns`)."""
        return one_line(super().to_python(value) or "")


class LinesField(Unfinished, forms.CharField):
    """A list, one entry on each line: at most `most` of `length` characters, each cleaned by `clean_line`."""

    def __init__(self, *, most: int, length: int, clean_line: Callable[[str], str] = str, **more: Any) -> None:
        self.most, self.length, self.clean_line = most, length, clean_line
        super().__init__(**more)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [" ".join(line.split()) for line in (super().to_python(value) or "").splitlines()]
        return list(dict.fromkeys(self.clean_line(line) for line in lines if line))

    def run_validators(self, value: Any) -> None:
        for line in value:
            super().run_validators(line)
            MaxLengthValidator(self.length, TOO_LONG)(line)
        if len(value) > self.most:
            sentence = ngettext("Enter %(number)s line at the most", "Enter %(number)s lines at the most", self.most)
            raise ValidationError(sentence % {"number": self.most}, code="too-many")


def line(
    label: Any, *, length: int, hint: Any = "", autocomplete: str = "off", is_needed: bool = False
) -> forms.CharField:
    """A line of at most `length` characters. The page does not cut what is pasted: it says that it is too long."""
    return DraftLineField(
        label=label,
        help_text=hint,
        required=is_needed,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete, "dir": "auto"}),
        validators=[MaxLengthValidator(length, TOO_LONG)],
    )


def box(label: Any, *, length: int, hint: Any = "", rows: int = 8, is_needed: bool = False) -> forms.CharField:
    """A text of at most `length` characters."""
    return TextField(
        label=label,
        help_text=hint,
        required=is_needed,
        widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}),
        validators=[MaxLengthValidator(length, TOO_LONG)],
    )


def reason(hint: Any, *, label: Any = REASON, length: int = 2000) -> forms.CharField:
    """Why somebody decides as they do. The form insists on it; `hint`: who reads it."""
    return forms.CharField(
        label=label,
        max_length=length,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": gettext_lazy("Say why, in a sentence or two")},
    )


def lines(
    label: Any, *, most: int, length: int, hint: Any = "", clean_line: Callable[[str], str] = str, **attrs: Any
) -> LinesField:
    """A list with one entry on each line: at most `most` of `length` characters."""
    widget = forms.Textarea(attrs={"rows": 4, "dir": "auto", **attrs})
    return LinesField(
        label=label, help_text=hint, required=False, most=most, length=length, clean_line=clean_line, widget=widget
    )


def choice(
    label: Any,
    *,
    choices: Any,
    hint: Any = "",
    is_list: bool = False,
    widget: forms.Widget | None = None,
    is_needed: bool = False,
    **more: Any,
) -> forms.ChoiceField:
    """One of several, as radio buttons, as a list or by a `widget` of its own; `more` as for TypedChoiceField."""
    return unfinished(forms.TypedChoiceField)(
        label=label,
        choices=choices,
        help_text=hint,
        required=is_needed,
        widget=widget or (forms.Select if is_list else forms.RadioSelect),
        error_messages={"invalid_choice": CHOOSE},
        **more,
    )


def several(label: Any, *, choices: Any, hint: Any = "") -> forms.MultipleChoiceField:
    return unfinished(forms.MultipleChoiceField)(
        label=label,
        choices=choices,
        help_text=hint,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": CHOOSE},
    )


def box_to_tick(label: Any, *, hint: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=hint, required=False)


def whole_number(label: Any, *, least: int, most: int, hint: Any = "", is_needed: bool = False) -> forms.IntegerField:
    return unfinished(forms.IntegerField)(
        label=label,
        help_text=hint,
        required=is_needed,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
        error_messages={"invalid": NUMBER},
    )


def day(label: Any, *, hint: Any = "") -> forms.DateField:
    return unfinished(forms.DateField)(
        label=label,
        required=False,
        help_text=hint,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Enter a day such as 2020-03-31")},
    )


class UploadField(Unfinished, forms.FileField):
    """A file, checked by its content. Once it is stored, the answer is its name."""

    widget = forms.FileInput
    accept = ".pdf,.png,.jpg,.jpeg"

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, error_messages={"empty": EMPTY_FILE}, **more)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": self.accept}


def upload(label: Any, *, hint: Any = "") -> forms.FileField:
    """A PDF or a picture."""
    return UploadField(label=label, help_text=hint or DOCUMENT, validators=[validate_document])


def email(label: Any, *, hint: Any = "", is_needed: bool = False) -> forms.EmailField:
    """An address. Where it `is_needed`, outside of drafts, the form insists on it."""
    kind = forms.EmailField if is_needed else unfinished(forms.EmailField)
    return kind(
        label=label,
        help_text=hint,
        required=is_needed,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"}),
        error_messages={"required": gettext_lazy("Enter the e-mail address"), "invalid": EMAIL},
    )


def web_address(label: Any, *, length: int, hint: Any = "") -> forms.URLField:
    return unfinished(forms.URLField)(
        label=label,
        help_text=hint,
        required=False,
        assume_scheme="https",
        max_length=length,
        widget=forms.URLInput(attrs={"autocomplete": "off", "dir": "ltr", "maxlength": None}),
        error_messages={"invalid": gettext_lazy("Enter an address such as https://example.org")},
    )


class CountryList(forms.Select):
    """The list of countries. Its 250 options are written once for each language, and the chosen one is marked in them."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        chosen = f'value="{escape(value or "")}"'
        options = _country_options(get_language() or "").replace(chosen, f"{chosen} selected", 1)
        without = forms.Select(self.attrs).render(name, None, attrs, renderer)
        return SafeString(without.replace("</select>", f"{options}</select>"))

    def use_required_attribute(self, _initial: Any) -> bool:
        """Say that the first choice is empty. Django would read all 250 countries to find that out."""
        return True


@once_a_revision
def _country_options(_language: str) -> str:
    return "".join(format_html('<option value="{}">{}</option>', *pair) for pair in country_choices())


def country(*, hint: Any = "", autocomplete: str = "off", is_needed: bool = True) -> forms.ChoiceField:
    widget = CountryList({"autocomplete": autocomplete})
    label = gettext_lazy("Country")
    return choice(label, choices=country_choices, hint=hint, widget=widget, is_needed=is_needed)
