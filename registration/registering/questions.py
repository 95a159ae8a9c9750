"""What we ask of people who register, step by step."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from events.drafts import fields
from events.drafts.drafts import Question, Step
from events.models.programme import Language
from events.models.reference import Gender, StakeholderType
from events.models.time_zones import validate_zone
from registration.models import Registration

PUBLIC_FIGURES = _("Used for the public figures, never shown beside your name")
ORGANISATION_LENGTH = 200  # characters
BADGE = _("As it should stand on your badge and certificate")


class ZoneField(fields.LineField):
    def clean(self, value: Any) -> Any:
        zone = super().clean(value)
        if zone:
            validate_zone(zone)
        return zone


YOU = Step(
    key="you",
    name=_("You"),
    why=[
        _("Your name stands on your badge and your certificate. Only the organisers see it."),
        _("Gender goes into the public figures, in groups of five people or more. You can choose not to say."),
    ],
    questions=[
        Question(
            "title",
            fields.line(
                _("Form of address"),
                length=40,
                hint=_("As you want to be addressed, such as Dr, Ms, Mr or H.E."),
                autocomplete="honorific-prefix",
            ),
        ),
        Question(
            "name", fields.line(_("Name"), length=150, hint=BADGE, autocomplete="name"), missing=_("Enter your name")
        ),
        Question(
            "gender",
            fields.choice(_("Gender"), choices=Gender.choices, hint=PUBLIC_FIGURES),
            missing=_("Choose your gender, or “Prefer not to say”"),
        ),
    ],
)

ORGANISATION = Step(
    key="organisation",
    name=_("Organisation"),
    why=[
        _("Country and type of organisation go into the public figures, in groups of five people or more."),
        _("Your name and e-mail are seen by the organisers only."),
    ],
    questions=[
        Question(
            "organisation",
            fields.line(_("Organisation"), length=ORGANISATION_LENGTH, hint=BADGE, autocomplete="organization"),
        ),
        Question(
            "stakeholder_type",
            fields.choice(_("Type of organisation"), choices=StakeholderType.choices, hint=PUBLIC_FIGURES),
            missing=_("Choose the type of your organisation"),
        ),
        Question("country", fields.country(autocomplete="country"), missing=_("Choose the country that you represent")),
        Question(
            "time_zone",
            ZoneField(
                label=_("Time zone"),
                help_text=_("Reminders and your agenda use it. Type a city, such as Bamako, and choose from the list"),
                widget=forms.TextInput(
                    attrs={
                        "list": "zones",
                        "autocomplete": "off",
                        "dir": "ltr",
                        "spellcheck": "false",
                        "data-zone-field": "",
                    }
                ),
            ),
            missing=_("Choose your time zone"),
        ),
    ],
)

ACCESS = Step(
    key="access",
    name=_("Access"),
    why=[
        _("We plan captions, interpretation and rooms by what you say here."),
        _("What you need to take part is read by the organisers only, and never counted."),
    ],
    questions=[
        Question(
            "mode",
            fields.choice(_("How do you take part?"), choices=Registration.Mode.choices),
            missing=_("Choose “Online” or “On site”"),
        ),
        Question("languages", fields.several(_("Languages that you follow"), choices=Language.choices)),
        Question(
            "language",
            fields.choice(_("Language of our mails"), choices=settings.LANGUAGES, is_list=True),
            missing=_("Choose the language of our mails"),
        ),
        Question(
            "accessibility_needs",
            fields.box(
                _("What do you need to take part?"),
                length=1000,
                rows=4,
                hint=_("Such as captions, sign language, a step-free way. Only the organisers read it"),
            ),
        ),
    ],
)
STEPS = [YOU, ORGANISATION, ACCESS]
# What a person tells us, in the order of the steps. `country` is a code of two letters.
PROFILE = [name for step in STEPS for name in step.names]
