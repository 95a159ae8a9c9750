"""The renderer of forms: it writes inputs, lists, and a field with all that stands around it. By templates, each input took three,
each country of a list two, and the fields two thirds of a page of questions. Everything else goes by Django's templates, or
ours where we have one.

`{{ field.as_field_group }}`: a field with its label or legend, hint and errors.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from django.forms.boundfield import BoundField, BoundWidget
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

type Widget = Mapping[str, Any]  # as `Widget.get_context` of Django gives it


def _written(value: object) -> str:
    """A value as Django's templates write it: escaped, unless it is marked as safe."""
    if hasattr(value, "__html__"):
        return str(value.__html__())
    text = str(value)
    return text if isinstance(text, SafeString) else escape(text)


def _attributes(widget: Widget) -> str:
    shown = ((name, value) for name, value in widget["attrs"].items() if value is not False)
    return "".join(
        f" {escape(name)}" if value is True else f' {escape(name)}="{_written(value)}"' for name, value in shown
    )


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{_written(widget["value"])}"'
    return f'<input type="{escape(widget["type"])}" name="{escape(widget["name"])}"{value}{_attributes(widget)}>'


def _option(widget: Widget) -> str:
    if not widget["wrap_label"]:
        return _input(widget)
    target = f' for="{_written(widget["attrs"]["id"])}"' if widget["attrs"].get("id") else ""
    return f"<label{target}>{_input(widget)} {_written(widget['label'])}</label>"


def _choice(widget: Widget) -> str:
    return f'  <option value="{_written(widget["value"])}"{_attributes(widget)}>{_written(widget["label"])}</option>\n'


def _list(widget: Widget) -> str:
    lines = [f'<select name="{escape(widget["name"])}"{_attributes(widget)}>']
    for group, choices, _place in widget["optgroups"]:
        options = map(_choice, choices)
        lines += [f'  <optgroup label="{_written(group)}">', *options, "  </optgroup>"] if group else options
    return "\n".join([*lines, "</select>"])


def _notes(field: BoundField, errors: Sequence[object]) -> str:
    """The hint of a field and what is wrong with it."""
    hint = f'<p class="hint" id="{field.auto_id}_helptext">{_written(field.help_text)}</p>' if field.help_text else ""
    words = "".join(f"<p>{_written(error)}</p>" for error in errors)
    return hint + (f'<div class="error" id="{field.auto_id}_error">{words}</div>' if words else "")


def _field(field: BoundField) -> str:
    """A field with its label or legend, hint and errors; a hidden one alone."""
    if field.is_hidden:
        return str(field)
    errors, label, target = list(field.errors), _written(field.label), _written(field.id_for_label)
    look, notes = ("field has-error" if errors else "field"), _notes(field, errors)
    full_label = label if field.field.required else f'{label} <span class="muted">{escape(_("(optional)"))}</span>'
    if field.use_fieldset:
        told = f' aria-describedby="{_written(field.aria_describedby)}"' if field.aria_describedby else ""
        return (
            f'<fieldset class="{look}"{told}><legend>{full_label}</legend>{notes}'
            f'<div class="choices">{"".join(map(_choice_of, field))}</div></fieldset>'
        )
    if field.widget_type == "checkbox":
        choice = f'<label for="{target}">{field} <span>{label}</span></label>'
        return f'<div class="{look}">{notes}<div class="choices">{choice}</div></div>'
    return f'<div class="{look}"><label for="{target}">{full_label}</label>{notes}{field}</div>'


def _choice_of(choice: BoundWidget) -> str:
    """One of the radio buttons or boxes of a field."""
    words = _written(choice.choice_label)
    return f'<label for="{_written(choice.id_for_label)}">{choice.tag()} <span>{words}</span></label>'


INPUTS = ("input", "text", "number", "email", "url", "password", "hidden", "date", "datetime", "time", "checkbox")
OPTIONS = ("input_option", "radio_option", "checkbox_option")
WRITERS: dict[str, Callable[[Widget], str]] = {
    f"django/forms/widgets/{name}.html": writer
    for names, writer in ((INPUTS, _input), (OPTIONS, _option), (("select",), _list))
    for name in names
}


class FormRenderer(TemplatesSetting):
    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """The HTML of a part of a form."""
        if template_name == self.field_template_name:
            return SafeString(_field(context["field"]))
        if write := WRITERS.get(template_name):
            return write(context["widget"])
        return super().render(template_name, context, request)
