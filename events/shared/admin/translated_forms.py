"""Forms of organisers whose texts stand in the languages of the site beside each other."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext as _

from events.shared.admin.local_times import WallClockForm
from events.shared.formatting.other_languages import OTHER_LANGUAGES, fill, kept, names


def beside(*parts: str) -> list[tuple[str, ...]]:
    """For the fieldsets of a page: each text in a line with what it is in the other languages."""
    return [(part, *names(part)) for part in parts]


def with_texts[F](model: type[models.Model], **made: Callable[[], forms.Field]) -> Callable[[F], F]:
    """Give a form a field for each of its `parts` in each other language: like that of the model, or `made` for it. None has
    to be filled in."""

    def give(form: Any) -> Any:
        for part in form.parts:
            column, makes = model._meta.get_field(part), made.get(part)
            fields = {name: makes() if makes else _text_like(column) for name in names(part)}
            form.base_fields |= fields
            form.declared_fields |= fields
        return form

    return give


def _text_like(column: Any) -> Any:
    widget = AdminTextareaWidget if isinstance(column, models.TextField) else AdminTextInputWidget
    limits = (one.limit_value for one in column.validators if isinstance(one, MaxLengthValidator))
    more = {"required": False, "widget": widget, "help_text": "", "initial": None, "max_length": next(limits, None)}
    return column.formfield(**more)


class TranslatedForm(WallClockForm):
    """Texts in each language have fields of their own (`texts`); the row keeps them together in its `translations`."""

    parts: tuple[str, ...] = ()
    together: tuple[str, ...] = ()  # the parts without which the others of a language say nothing

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fill(self, *self.parts, said=self.instance.translations or {})

    def clean(self):
        before, typed = self.instance.translations or {}, {}
        for code, _language in OTHER_LANGUAGES:
            untouched = {part: text for part, text in before.get(code, {}).items() if part not in self.parts}
            typed[code] = untouched | self.typed(code)
        self.instance.translations = kept(before, typed=typed)
        return super().clean()

    def typed(self, code: str) -> dict[str, Any]:
        """What was typed in a language, in one line where the model keeps one; nothing without all that goes `together`, which
        is refused (`half-translated`)."""
        columns = {part: self._meta.model._meta.get_field(part) for part in self.parts}
        said = {part: column.to_python(self.cleaned_data.get(f"{part}_{code}")) for part, column in columns.items()}
        said = {part: text for part, text in said.items() if text}
        missing = [part for part in self.together if part not in said]
        for name in [f"{part}_{code}" for part in missing if said]:
            if name not in self.errors:
                words = _("Enter both title and text in this language, or neither")
                self.add_error(name, forms.ValidationError(words, code="half-translated"))
        return {} if missing else said


class TranslatedQuestionForm(TranslatedForm):
    """A question whose choices are translated too: as many of them in each language, in the same order, or none."""

    parts = ("text", "hint", "choices")

    def typed(self, code):
        said = super().typed(code)
        if "choices" in said and len(said["choices"]) != len(self.cleaned_data.get("choices") or []):
            words = _("Enter as many choices as there are above, in the same order, or none")
            self.add_error(f"choices_{code}", forms.ValidationError(words, code="other-number"))
        return said
