"""Fields of organisers' forms for texts in the other languages of the site; a JSON column of the row keeps them together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _

OTHER_LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def names(*parts: str) -> list[str]:
    """The names of the fields: of each language one for each part, such as “text_fr”."""
    return [f"{part}_{code}" for code, _name in OTHER_LANGUAGES for part in parts]


def fill(form: "forms.ModelForm[Any]", *parts: str, said: Mapping[str, Mapping[str, Any]]) -> None:
    """Give the fields of some parts their labels (“Name (French)”), a direction of their own, and what is `said` in each
    language: code → part → text. A form that is only read lacks them."""
    for code, language in OTHER_LANGUAGES:
        for part in parts:
            if field := form.fields.get(f"{part}_{code}"):
                name = capfirst(form._meta.model._meta.get_field(part).verbose_name)
                field.label = _("%(field)s (%(language)s)") % {"field": name, "language": _(str(language))}
                field.widget.attrs |= {"dir": "auto", "aria-label": field.label, "lang": code}
                field.initial = said.get(code, {}).get(part)


def kept[T](before: Mapping[str, T] | None, *, typed: Mapping[str, T]) -> dict[str, T]:
    """What the row keeps: what was typed in each language, and what it had in those that have no fields."""
    others = {code: said for code, said in (before or {}).items() if code not in typed}
    return others | {code: said for code, said in typed.items() if said}


def readable(fields: Sequence[Any], *, form: "forms.BaseModelForm[Any]") -> list[Any]:
    """The fields of a part of a page that is only read: what a row says in other languages stands in the place of their fields."""
    texts = names(*getattr(form, "parts", ()))
    return [
        tuple(readable(one, form=form))
        if isinstance(one, tuple | list)
        else _said(one, model=form._meta.model)
        if one in texts
        else one
        for one in fields
    ]


def _said(name: str, *, model: Any) -> Callable[[Any], str]:
    """What a row says in a language in the place of a field such as “title_fr”, as Django's pages show a column."""
    part, _underscore, code = name.rpartition("_")

    def said(row: Any) -> str:
        text = (row.translations or {}).get(code, {}).get(part, "")
        return "\n".join(text) if isinstance(text, list) else text

    field = capfirst(model._meta.get_field(part).verbose_name)
    language = _(str(dict(OTHER_LANGUAGES)[code]))
    said.short_description = _("%(field)s (%(language)s)") % {"field": field, "language": language}  # type: ignore[attr-defined]
    return said
