"""The head of a row's page; and the parts of an add or change page, which stand behind each other as tabs, and what is wrong in each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.admin.utils import flatten
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.shared.formatting.other_languages import readable
from events.shared.hooks import Hook

# The tabs of a page that hold several of its parts: title, and the titles of fieldsets (“”: that without one) and classes of inlines.
type Tabs = Sequence[tuple[Any, Sequence[Any]]]


class Head(NamedTuple):
    """What stands at the head of a row's page: facts (name, value), and what is done with the row (words, address)."""

    facts: Sequence[tuple[Any, Any]] = ()
    acts: Sequence[tuple[Any, str]] = ()

    def with_more(self, *others: "Head") -> "Head":
        """This head, and behind it the facts and acts of others."""
        heads = (self, *others)
        return Head([fact for one in heads for fact in one.facts], [act for one in heads for act in one.acts])


# Key: the label of a model. What other rooms know of a row, and do with it, for whom this is to be seen: the row, and the account.
heads = Hook[Callable[[Any, Any], Head]]()


class FieldProblem(NamedTuple):
    """What is wrong in a field: its label, the sentences, and the id of where it stands."""

    label: str
    words: str
    place: str


@dataclass
class FormPart:
    """A fieldset or the rows of an inline, with its title and what is wrong in it; or several, as one tab (`members`). `key`: by
    which tabs name it."""

    id: str
    title: str
    problems: list[FieldProblem]
    key: Any = None
    fieldset: Any = None
    inline: Any = None
    members: list["FormPart"] = field(default_factory=list)


def parts(adminform: Any, inlines: Iterable[Any], *, tabs: Tabs = ()) -> list[FormPart]:
    """The parts of a page in their order: the fieldsets of its form, then its inlines; those that `tabs` puts together stand first."""
    found = {one.key: one for one in _single_parts(adminform, inlines)}
    together = []
    for title, keys in tabs:
        named = [key if isinstance(key, type) else str(key) for key in keys]
        if members := [found.pop(key) for key in named if key in found]:
            problems = [problem for one in members for problem in one.problems]
            together.append(FormPart(f"tab-{members[0].id}", str(title), problems, members=members))
    return together + list(found.values())


def _single_parts(adminform: Any, inlines: Iterable[Any]) -> list[FormPart]:
    found = []
    for number, fieldset in enumerate(adminform):
        place, names = f"part-{number}", flatten(fieldset.fields)
        if set(names) <= set(fieldset.readonly_fields):
            fieldset.fields = readable(fieldset.fields, form=adminform.form)
            fieldset.readonly_fields = flatten(fieldset.fields)
        problems = list(_problems(adminform.form, names, place=place))
        key = str(fieldset.name or "")
        found.append(FormPart(place, key or _("General"), problems, key, fieldset=fieldset))
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
        title = str(capfirst(inline.opts.verbose_name_plural))
        found.append(FormPart(place, title, problems, type(inline.opts), inline=inline))
    return found


def _problems(form: Any, names: Iterable[str], *, place: str) -> Iterator[FieldProblem]:
    """What is wrong in fields of a form; `place`: of the part, for what belongs to no field."""
    for name in names:
        if sentences := form.errors.get(name):
            bound = form[name] if name in form.fields else None
            label, own_place = (str(bound.label), bound.id_for_label) if bound else ("", "")
            yield FieldProblem(label, " ".join(map(str, sentences)), own_place or place)
