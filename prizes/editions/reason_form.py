"""The reason that organisers give for what they decide."""

from django import forms
from django.utils.translation import gettext_lazy as _

from events.shared.drafts import fields


class ReasonForm(forms.Form):
    reason = fields.reason(_("It stays in the log of the prize."), length=4000)
