"""What organisers are asked before the first check does something to the nominations that they chose."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Forum
from events.shared.drafts import fields
from prizes.models import Category, Nomination

HINT = _("The person who submitted the project reads it. It stays in the log of the prize.")


def _words() -> forms.CharField:
    words = fields.reason(HINT, label=_("Your words"))
    words.required = False
    return words


class RefuseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("What did you find?"),
        choices=[("", _("Choose a reason")), *Nomination.Reason.choices],
        error_messages={"required": _("Choose a reason"), "invalid_choice": _("Choose a reason")},
    )
    words = _words()


class SendBackForm(RefuseForm):
    words = fields.reason(HINT, label=_("What should be corrected?"))
    until = forms.DateField(
        label=_("By which day?"),
        help_text=_("They can change it until that day ends in the time zone of the prize."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("Choose a day"),
            "invalid": _("Enter a day such as 2020-03-31"),
        },
    )


class MoveForm(forms.Form):
    category = forms.ModelChoiceField(
        Category.objects.none(),
        label=_("Category"),
        error_messages=dict.fromkeys(["required", "invalid_choice"], _("Choose the category")),
    )
    words = _words()

    def __init__(self, *args: Any, forum: Forum | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(edition__forum=forum)  # type: ignore[attr-defined]
