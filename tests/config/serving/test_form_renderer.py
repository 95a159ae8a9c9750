"""Inputs are written as Django's templates write them (config.serving.form_renderer)."""

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from config.serving.form_renderer import WRITERS, FormRenderer

ODD = '<b title="x">&\'é'
VALUES = [None, "", 0, 12_345, 1.5, ODD, mark_safe("&amp;"), gettext_lazy("Account"), ("a", "b")]
ATTRIBUTES = [
    {},
    {"id": "id_x", "required": True, "disabled": False, "maxlength": 1_000, "data-odd": ODD},
    {"aria-label": gettext_lazy("Account"), "class": mark_safe("a &amp; b"), "data-<": "", "none": None},
]
CHOICES = [("1", ODD), ("2", gettext_lazy("Account")), ("3", mark_safe("<i>safe</i>")), (4, 4_000)]
SINGLE = [
    *(forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput, forms.PasswordInput, forms.HiddenInput),
    *(forms.DateInput, forms.DateTimeInput, forms.TimeInput, forms.CheckboxInput),
]


def both(widget, value, attributes):
    renderers = FormRenderer(), TemplatesSetting()
    return [widget.render("<name>", value, attrs={**attributes}, renderer=renderer) for renderer in renderers]


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("kind", SINGLE)
def test_inputs_are_as_djangos(kind, attributes):
    for value in VALUES:
        ours, theirs = both(kind(), value, attributes)

        assert ours == theirs


@pytest.mark.parametrize("attributes", ATTRIBUTES[:2])
@pytest.mark.parametrize(
    "kind", [forms.RadioSelect, forms.CheckboxSelectMultiple, forms.Select, forms.SelectMultiple, forms.Textarea]
)
def test_options_are_as_djangos(kind, attributes):
    widget = kind(choices=[*CHOICES, (ODD, [("5", "five"), ("6", "six")])]) if kind is not forms.Textarea else kind()
    for value in ("2", "", None):
        ours, theirs = both(widget, value, attributes)

        assert ours == theirs


def test_options_one_by_one_are_as_djangos():
    for renderer in (FormRenderer(), TemplatesSetting()):

        class Form(forms.Form):
            default_renderer = renderer
            choice = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect)

        tags = [one.tag() for one in Form()["choice"]]
        if isinstance(renderer, FormRenderer):
            ours = tags

    assert ours == tags


def test_no_template_of_ours_is_passed_over(settings):
    (folder,) = settings.TEMPLATES[0]["DIRS"]

    assert [name for name in WRITERS if (folder / name).exists()] == []


class Fields(forms.Form):
    default_renderer = FormRenderer
    line = forms.CharField(label=ODD, help_text="<i>hint</i>", required=False)
    needed = forms.CharField(label=gettext_lazy("Account"), error_messages={"required": ODD})
    radio = forms.ChoiceField(choices=CHOICES[:1], widget=forms.RadioSelect, help_text=mark_safe("<i>hint</i>"))
    box = forms.BooleanField(required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


SHOWN = "&lt;b title=&quot;x&quot;&gt;&amp;&#x27;é"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (
            "line",
            f'<div class="field"><label for="id_line">{SHOWN} <span class="muted">(optional)</span></label>'
            '<p class="hint" id="id_line_helptext">&lt;i&gt;hint&lt;/i&gt;</p>'
            '<input type="text" name="line" aria-describedby="id_line_helptext" id="id_line"></div>',
        ),
        (
            "needed",
            '<div class="field has-error"><label for="id_needed">Account</label>'
            f'<div class="error" id="id_needed_error"><p>{SHOWN}</p></div>'
            '<input type="text" name="needed" required aria-invalid="true" aria-describedby="id_needed_error"'
            ' id="id_needed"></div>',
        ),
        (
            "radio",
            '<fieldset class="field" aria-describedby="id_radio_helptext"><legend>Radio</legend>'
            '<p class="hint" id="id_radio_helptext"><i>hint</i></p><div class="choices"><label for="id_radio_0">'
            f'<input type="radio" name="radio" value="1" id="id_radio_0" required checked> <span>{SHOWN}</span></label>'
            "</div></fieldset>",
        ),
        (
            "box",
            '<div class="field"><div class="choices"><label for="id_box">'
            '<input type="checkbox" name="box" id="id_box"> <span>Box</span></label></div></div>',
        ),
        ("secret", '<input type="hidden" name="secret" id="id_secret">'),
    ],
)
def test_field_stands_with_its_label_hint_and_errors(name, written):
    form = Fields({"radio": "1"})

    assert form[name].as_field_group() == written
