"""The forms of the ballot: what is asked before the first choice, and the choice itself."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.models import Country
from events.models.reference import StakeholderType
from events.shared.formatting.names import country_choices

UNSAID = "unsaid"  # an answer of its own, so that nobody skips the question by mistake


def countries_or_unsaid() -> list[tuple[str, str]]:
    first, *named = country_choices()
    return [first, (UNSAID, gettext("Prefer not to say")), *named]


def _ask(text: Any) -> dict[str, Any]:
    return {"required": text, "invalid_choice": text}


class StartForm(forms.Form):
    """Country and stakeholder type, for the public figures; asked once of voters who are not registered."""

    country = forms.ChoiceField(
        label=_("Country"),
        choices=countries_or_unsaid,
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages=_ask(_("Choose your country, or “Prefer not to say”")),
    )
    stakeholder_type = forms.ChoiceField(
        label=_("Stakeholder type"),
        choices=[("", _("Choose a type")), (UNSAID, _("Prefer not to say")), *StakeholderType.choices],
        error_messages=_ask(_("Choose the type that fits you best, or “Prefer not to say”")),
    )

    def clean_country(self) -> Country | None:
        code = self.cleaned_data["country"]
        return None if code == UNSAID else Country.objects.get(pk=code)

    def clean_stakeholder_type(self) -> str:
        chosen: str = self.cleaned_data["stakeholder_type"]
        return "" if chosen == UNSAID else chosen


def chosen_code(data: QueryDict) -> str:
    """The code of the nominee that a form names. Refuses `no-choice` where it names none, or more than one."""
    codes = data.getlist("nominee")
    if len(codes) != 1 or not codes[0]:
        raise ValidationError(gettext("Choose one project"), code="no-choice")
    return str(codes[0])
