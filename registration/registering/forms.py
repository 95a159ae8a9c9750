"""The steps of registering: one idea a page, sentences that say what to do."""

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.formatting.times_and_names import country_name
from events.models import Country
from events.models.programme import Language
from events.models.reference import StakeholderType
from events.models.time_zones import validate_zone
from registration.models import Gender, Registration

TOO_LONG = _("This has %(show_value)s signs. Shorten it to %(limit_value)s")
CHOOSE_FROM_LIST = _("Choose from the list")


def text(*, label: Any, length: int, hint: Any = "", required: Any = "", autocomplete: str = "off") -> forms.CharField:
    """A line of text of at most `length` signs; `required` is the sentence where it may not be empty."""
    field = forms.CharField(
        label=label,
        help_text=hint,
        required=bool(required),
        widget=forms.TextInput(attrs={"autocomplete": autocomplete, "dir": "auto"}),
        error_messages={"required": required} if required else {},
    )
    # The limit is checked here and not by `maxlength`, which would cut what one pastes without a word.
    field.validators.append(MaxLengthValidator(length, TOO_LONG))
    return field


def radios(*, label: Any, choices: Any, required: Any, hint: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        help_text=hint,
        widget=forms.RadioSelect,
        error_messages={"required": required, "invalid_choice": CHOOSE_FROM_LIST},
    )


def countries() -> list[tuple[str, str]]:
    """The countries in the page's language, sorted as people read them: accents do not count."""
    names = [(country.code, country_name(country)) for country in Country.objects.all()]

    def plain(name: str) -> str:
        return "".join(s for s in unicodedata.normalize("NFKD", name) if not unicodedata.combining(s)).casefold()

    return [("", str(_("Choose a country"))), *sorted(names, key=lambda pair: plain(pair[1]))]


class YouForm(forms.Form):
    title = text(
        label=_("Form of address"),
        length=40,
        hint=_("As you want to be addressed, such as Dr, Ms, Mr or H.E."),
        autocomplete="honorific-prefix",
    )
    name = text(
        label=_("Name"),
        length=150,
        hint=_("As it should stand on your badge and certificate"),
        required=_("Enter your name"),
        autocomplete="name",
    )
    gender = radios(
        label=_("Gender"),
        choices=Gender.choices,
        hint=_("Used for the public figures, never shown beside your name"),
        required=_("Choose your gender, or “Prefer not to say”"),
    )


class OrganisationForm(forms.Form):
    organisation = text(
        label=_("Organisation"),
        length=200,
        hint=_("As it should stand on your badge and certificate"),
        autocomplete="organization",
    )
    stakeholder_type = radios(
        label=_("Type of organisation"),
        choices=StakeholderType.choices,
        hint=_("Used for the public figures, never shown beside your name"),
        required=_("Choose the type of your organisation"),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=countries,
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages={
            "required": _("Choose the country that you represent"),
            "invalid_choice": _("Choose the country that you represent"),
        },
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        help_text=_("Reminders and your agenda use it. Type a city, such as Bamako, and choose from the list"),
        widget=forms.TextInput(
            attrs={"list": "zones", "autocomplete": "off", "dir": "ltr", "spellcheck": "false", "data-zone-field": ""}
        ),
        error_messages={"required": _("Choose your time zone")},
    )

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        validate_zone(zone)
        return zone


class AccessForm(forms.Form):
    mode = radios(
        label=_("How do you take part?"),
        choices=Registration.Mode.choices,
        required=_("Choose “Online” or “On site”"),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages that you follow"),
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": CHOOSE_FROM_LIST},
    )
    language = forms.ChoiceField(
        label=_("Language of our mails"),
        choices=settings.LANGUAGES,
        error_messages={"required": _("Choose the language of our mails"), "invalid_choice": CHOOSE_FROM_LIST},
    )
    accessibility_needs = forms.CharField(
        label=_("What do you need to take part?"),
        help_text=_("Such as captions, sign language, a step-free way. Only the organisers read it"),
        required=False,
        validators=[MaxLengthValidator(1000, TOO_LONG)],
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )


class CheckForm(forms.Form):
    consent = forms.BooleanField(
        label=_("I have read the privacy notice and agree to it"),
        error_messages={"required": _("Agree to the privacy notice to register")},
    )


# The steps whose answers make a registration, in order; "check" follows them.
STEPS: dict[str, type[forms.Form]] = {"you": YouForm, "organisation": OrganisationForm, "access": AccessForm}
CHECK = "check"
STEP_NAMES = {"you": _("You"), "organisation": _("Organisation"), "access": _("Access"), CHECK: _("Check")}


def first_answers(user: Any) -> dict[str, Any]:
    """What we know of a person before the first step. UTC is what an account has that never said a zone."""
    return {
        "name": user.name,
        "time_zone": "" if user.time_zone == "UTC" else user.time_zone,
        "language": get_language() or user.language,
        "mode": Registration.Mode.REMOTE,
    }


def missing_step(answers: dict[str, Any]) -> str | None:
    """Return the first step whose answers are not complete; None when all are."""
    return next((step for step, form in STEPS.items() if not form(answers).is_valid()), None)


def done_steps(answers: dict[str, Any]) -> set[str]:
    return {step for step, form in STEPS.items() if form(answers).is_valid()}


def complete_answers(answers: dict[str, Any]) -> dict[str, Any] | None:
    """Return the answers of all steps, cleaned; None when one is missing or wrong."""
    cleaned: dict[str, Any] = {}
    for form_class in STEPS.values():
        form = form_class(answers)
        if not form.is_valid():
            return None
        cleaned |= form.cleaned_data
    return cleaned


def summary(answers: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The answers as people read them: for each step, (label, answer) of its fields; empty ones are left out."""
    return [(step, _lines(form_class(initial=answers))) for step, form_class in STEPS.items()]


def _lines(form: forms.Form) -> list[tuple[str, str]]:
    lines = []
    for bound in form:
        value = bound.value()
        choices = dict(getattr(bound.field, "choices", []))
        chosen = value if isinstance(value, list) else [value] if value else []
        words = ", ".join(str(choices.get(one, one)) for one in chosen)
        if words:
            lines.append((str(bound.label), words))
    return lines
