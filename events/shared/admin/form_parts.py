"""The parts of an add or change page, which stand behind each other as tabs, and what is wrong in each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.admin.utils import flatten
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.shared.formatting.other_languages import readable


class FieldProblem(NamedTuple):
    """What is wrong in a field: its label, the sentences, and the id of where it stands."""

    label: str
    words: str
    place: str


@dataclass
class FormPart:
    """A fieldset or the rows of an inline, with its title and what is wrong in it."""

    id: str
    title: str
    problems: list[FieldProblem]
    fieldset: Any = None
    inline: Any = None


def parts(adminform: Any, inlines: Iterable[Any]) -> list[FormPart]:
    """The parts of a page in their order: the fieldsets of its form, then its inlines."""
    found = []
    for number, fieldset in enumerate(adminform):
        place, names = f"part-{number}", flatten(fieldset.fields)
        if set(names) <= set(fieldset.readonly_fields):
            fieldset.fields = readable(fieldset.fields, form=adminform.form)
            fieldset.readonly_fields = flatten(fieldset.fields)
        problems = list(_problems(adminform.form, names, place=place))
        found.append(FormPart(place, str(fieldset.name or _("General")), problems, fieldset=fieldset))
    for inline in inlines:
        formset, place = inline.formset, f"part-{inline.formset.prefix}"
        if not (inline.has_change_permission or inline.has_add_permission):
            form = formset.empty_form
            inline.fieldsets = [
                (name, {**options, "fields": readable(options["fields"], form=form)})
                for name, options in inline.fieldsets
            ]
        problems = [FieldProblem("", str(words), place) for words in formset.non_form_errors()]
        for row in formset.forms:
            problems += _problems(row, row.errors, place=place)
        found.append(FormPart(place, str(capfirst(inline.opts.verbose_name_plural)), problems, inline=inline))
    return found


def _problems(form: Any, names: Iterable[str], *, place: str) -> Iterator[FieldProblem]:
    """What is wrong in fields of a form; `place`: of the part, for what belongs to no field."""
    for name in names:
        if sentences := form.errors.get(name):
            field = form[name] if name in form.fields else None
            label, own_place = (str(field.label), field.id_for_label) if field else ("", "")
            yield FieldProblem(label, " ".join(map(str, sentences)), own_place or place)
