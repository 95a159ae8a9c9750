"""The renderer of forms: it writes inputs and lists itself. Django renders each input by three templates, which took a third of a page
of questions, and each country of a list by two. Everything else goes by Django's templates, or ours where we have one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape, escape

type Widget = Mapping[str, Any]  # as `Widget.get_context` of Django gives it


def _written(value: object) -> str:
    """A value of an attribute as Django's templates write it: escaped, unless it is marked as safe."""
    return conditional_escape(str(value))


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
    return f"<label{target}>{_input(widget)} {conditional_escape(widget['label'])}</label>"


def _choice(widget: Widget) -> str:
    return f'  <option value="{_written(widget["value"])}"{_attributes(widget)}>{conditional_escape(widget["label"])}</option>\n'


def _list(widget: Widget) -> str:
    lines = [f'<select name="{escape(widget["name"])}"{_attributes(widget)}>']
    for group, choices, _place in widget["optgroups"]:
        options = map(_choice, choices)
        lines += [f'  <optgroup label="{conditional_escape(group)}">', *options, "  </optgroup>"] if group else options
    return "\n".join([*lines, "</select>"])


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
        if write := WRITERS.get(template_name):
            return write(context["widget"])
        return super().render(template_name, context, request)
