"""What an account says of its person: what the next form begins with, and how mails are written."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from events.models import User
from events.shared.drafts import fields
from registration.registering.questions import DraftZoneField

NAMES = ("name", "title", "organisation", "country", "language", "time_zone")


class AboutForm(forms.Form):
    """Of one person; what is sent is written down by `account.edit`."""

    use_required_attribute = False

    name = fields.line(_("Name"), length=150, autocomplete="name")
    title = fields.line(
        _("Form of address"), length=40, hint=_("Such as Dr, Ms, Mr or H.E."), autocomplete="honorific-prefix"
    )
    organisation = fields.line(_("Organisation"), length=200, autocomplete="organization")
    country = fields.country(autocomplete="country", is_needed=False)
    language = fields.choice(_("Language of our mails"), choices=settings.LANGUAGES, is_list=True, is_needed=True)
    time_zone = DraftZoneField(
        label=_("Time zone"),
        required=False,
        help_text=_("Type a city, such as Bamako"),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "dir": "ltr", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Who leaves language or zone empty keeps what was there: mails need both."""
        given = super().clean() or {}
        for name in ("language", "time_zone"):
            if name not in self.errors and not given.get(name):
                given[name] = self.initial[name]
        return given


def values_of(user: User) -> dict[str, Any]:
    """What an account says, as the form shows it."""
    return {name: getattr(user, name) for name in NAMES if name != "country"} | {"country": user.country_id or ""}
