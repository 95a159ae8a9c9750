"""Fields of organisers' forms for texts in the other languages of the site; a JSON column of the row keeps them together."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from events.staff.admin_bases import label_of

OTHER_LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def names(*parts: str) -> list[str]:
    """The names of the fields: of each language one for each part, such as “text_fr”."""
    return [f"{part}_{code}" for code, _name in OTHER_LANGUAGES for part in parts]


def label(text: str, code: str) -> str:
    """What such a field is called: “Name (French)”."""
    return _("%(field)s (%(language)s)") % {"field": text, "language": _(str(dict(settings.LANGUAGES)[code]))}


def fill(form: "forms.ModelForm[Any]", *parts: str, said: Mapping[str, Mapping[str, Any]]) -> None:
    """Give the fields of these parts labels, their own direction, and what is `said` in each language (code → part → text). A page to read
    has no such fields."""
    for code, _name in OTHER_LANGUAGES:
        for part in parts:
            if field := form.fields.get(f"{part}_{code}"):
                field.label = label(label_of(form._meta.model, part), code)
                field.widget.attrs["dir"] = "auto"
                field.initial = said.get(code, {}).get(part)
