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
