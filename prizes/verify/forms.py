"""The form that looks up one's own votes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from prizes.verify.tracker_lookup import LONGEST


class CheckForm(forms.Form):
    receipt = forms.CharField(
        label=_("Secret or tracker"),
        max_length=LONGEST,
        help_text=_("As on your receipt, such as ABCD-EFGH-JKMN-PQRS-TVWX. Case and hyphens do not matter."),
        error_messages={"required": _("Enter the secret of your receipt, or one of its trackers")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr"}
        ),
    )
