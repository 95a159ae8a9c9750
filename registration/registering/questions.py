"""What we ask of everybody who registers, step by step."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.models import Forum, User
from events.models.people import has_other_letters, validate_latin
from events.models.programme import Language
from events.models.reference import Gender, StakeholderType
from events.shared.drafts import fields
from events.shared.drafts.drafts import FormQuestion, QuestionGroup, Step
from events.shared.formatting.zone_search import find_zone
from registration.models import Approver, Kind, Registration
from registration.registering import kinds

PUBLIC_FIGURES = _("Used for the public figures, never shown beside your name")
ORGANISATION_LENGTH = 200  # characters
BADGE = _("As it should stand on your badge and certificate")

DECIDED_AGAIN = _("If you change your name or your organisation, your registration is decided on again.")


class DraftZoneField(fields.DraftLineField):
    """The time zone that a city, a country or an IANA name means."""

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        return find_zone(words) if words else words


LATIN = FormQuestion(
    "latin_name",
    fields.line(
        _("Name in Latin letters"),
        length=150,
        hint=_("As in your passport. It stands below your name on your badge and certificate"),
    ),
    missing=_("Enter your name in Latin letters"),
)
LATIN.field.validators.append(validate_latin)
REPRESENTED = QuestionGroup(heading=_("Whom you represent"), look="frame")
YOU = Step(
    key="you",
    name=_("You"),
    why=[
        _("Your name stands on your badge and your certificate. The organisers see it."),
        _("Where the focal point of your organisation decides, they see your name, too."),
        _(
            "Gender, country and type of organisation go into the public figures, in groups of five people or more. "
            "You can choose not to say your gender."
        ),
        _("Your e-mail is seen by the organisers only."),
    ],
    questions=[
        FormQuestion(
            "title",
            fields.line(
                _("Form of address"),
                length=40,
                hint=_("As you want to be addressed, such as Dr, Ms, Mr or H.E."),
                autocomplete="honorific-prefix",
            ),
        ),
        FormQuestion(
            "name", fields.line(_("Name"), length=150, hint=BADGE, autocomplete="name"), missing=_("Enter your name")
        ),
        LATIN,
        FormQuestion(
            "gender",
            fields.choice(_("Gender"), choices=Gender.choices, hint=PUBLIC_FIGURES),
            missing=_("Choose your gender, or “Prefer not to say”"),
        ),
        FormQuestion(
            "time_zone",
            DraftZoneField(
                label=_("Time zone"),
                help_text=_("Reminders and your agenda use it. Type a city, such as Bamako"),
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
        FormQuestion(
            "organisation",
            fields.line(_("Organisation"), length=ORGANISATION_LENGTH, hint=BADGE, autocomplete="organization"),
            group=REPRESENTED,
        ),
        FormQuestion(
            "stakeholder_type",
            fields.choice(_("Type of organisation"), choices=StakeholderType.choices, hint=PUBLIC_FIGURES),
            missing=_("Choose the type of your organisation"),
            group=REPRESENTED,
        ),
        FormQuestion(
            "country",
            fields.country(autocomplete="country"),
            missing=_("Choose the country that you represent"),
            group=REPRESENTED,
        ),
    ],
)

MODE = FormQuestion(
    "mode",
    fields.choice(_("How do you take part?"), choices=Registration.Mode.choices),
    missing=_("Choose “Online” or “On site”"),
)
ACCESS = Step(
    key="access",
    name=_("Access"),
    why=[
        _("We plan captions, interpretation and rooms by what you say here."),
        _("What you need to take part is read by the organisers only, and never counted."),
    ],
    questions=[
        MODE,
        FormQuestion("languages", fields.several(_("Languages that you follow"), choices=Language.choices)),
        FormQuestion(
            "language",
            fields.choice(_("Language of our mails"), choices=settings.LANGUAGES, is_list=True),
            missing=_("Choose the language of our mails"),
        ),
        FormQuestion(
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
STEPS = [YOU, ACCESS]


def taking_part(known: Sequence[Kind], *, kept: Kind | None, now: datetime) -> Step:
    """What the first step asks before the person: as what somebody takes part, of the known kinds of a forum. `kept`: the one
    that the person has."""
    choices = kinds.names(kinds.offers(known, now=now), kept=kept)
    question = FormQuestion(
        "kind",
        fields.choice(
            _("In what capacity do you take part?"),
            choices=lambda: choices,
            hint=format_html_join(mark_safe("<br>"), "{}", ((words,) for words in kinds.others(known, now=now))),
            coerce=int,
            empty_value=None,
        ),
        missing=kinds.CHOOSE,
        accepts=[value for value, _name in choices],
        refused=_("Nobody can register in this kind now. Choose another"),
    )
    return replace(YOU, questions=[question], lead="" if choices else _("No kind of registration is open now."))


def named(step: Step, name: object) -> Step:
    """The step of the person for somebody of this name: only one with other letters is asked for in Latin ones, too."""
    if has_other_letters(str(name or "")):
        return step
    return replace(step, questions=[one for one in step.questions if one is not LATIN])


def joined(first: Step | None, step: Step, *, kind: Kind | None = None) -> Step:
    """A step that begins with the questions of another one. `kind`: that of somebody who is registered, and reads what a change means."""
    if kind and kind.approval != Approver.NONE:
        step = replace(step, why=[*step.why, DECIDED_AGAIN])
    return replace(step, questions=[*first.questions, *step.questions], lead=first.lead) if first else step


def access(forum: Forum, kind: Kind | None) -> Step:
    """The step of access: where one takes part is asked where there is a choice."""
    if len(kinds.modes(forum, kind)) > 1:
        return ACCESS
    return replace(ACCESS, questions=[one for one in ACCESS.questions if one is not MODE])


def suggested(user: User) -> dict[str, Any]:
    """What an account knows of its person. UTC is what an account has that never said a zone."""
    return {
        "name": user.name,
        "title": user.title,
        "organisation": user.organisation,
        "country": user.country_id or "",
        "time_zone": "" if user.time_zone == "UTC" else user.time_zone,
        "language": get_language() or user.language,
        "mode": Registration.Mode.REMOTE,
    }


# What every person tells us, in the order of the steps. `country` is a code of two letters.
PROFILE = [name for step in STEPS for name in step.names]
COLUMNS = {"country": "country_id", "kind": "kind_id"}  # where an answer is not kept in the column of its name


def profile(registration: Registration) -> dict[str, Any]:
    """What a registration says, as a draft holds it."""
    return {name: getattr(registration, COLUMNS.get(name, name)) for name in PROFILE}


def told(registration: Registration) -> dict[str, Any]:
    """All that can be changed of a registration: its profile, its kind, and whether it gets reminders."""
    more = {"kind": registration.kind_id, "wants_reminders": registration.wants_reminders}
    return profile(registration) | more | registration.answers
