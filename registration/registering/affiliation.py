"""Which organisation a person belongs to: the one whose name they typed, one that is near and that they chose, or a new one.

The answer of the draft (`affiliation`) is the key of the organisation, or “new”, with the text that it was given for:
“7:University of Bamako”. So another text needs another answer. Empty: near names were offered, and nothing is chosen yet.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Country, Organisation
from events.models.reference import WITHOUT_COUNTRY
from events.reference import organisations
from events.shared.drafts import fields
from events.shared.drafts.drafts import FormQuestion, Step
from events.shared.formatting.numbers import LARGEST_KEY, whole_number
from events.shared.formatting.similar_names import plain
from registration.registering.questions import REPRESENTED, YOU

NEW = "new"
WHICH = gettext_lazy("Say which organisation you mean")


def of(key: object, text: str) -> str:
    """The answer that chooses an organisation (its key, or NEW) for a typed text."""
    return f"{key}:{text}"


def step(text: str, *, country: str, kept: str = "") -> Step:
    """The step, with the question which organisation a typed name means where the site knows some that are near.

    `kept`: the answer that holds for this text; one that organisers gave is not asked about again.
    """
    may_mean = organisations.known(text, country=country).may_mean if plain(text) else []
    if not may_mean or (kept and kept not in {of(NEW, text), *(of(one.pk, text) for one in may_mean)}):
        return YOU
    choices = [(of(one.pk, text), format_html("<bdi>{}</bdi>", organisations.label(one))) for one in may_mean]
    typed = format_html("<bdi>{}</bdi>", text)
    choices.append((of(NEW, text), format_html(_("None of these: “{name}”"), name=typed)))
    field = fields.choice(
        gettext_lazy("Do you mean one of these?"),
        choices=choices,
        hint=gettext_lazy("So that one organisation is counted once. Your badge says what you typed"),
    )
    values = [value for value, _label in choices]
    which = FormQuestion("affiliation", field, missing=WHICH, accepts=values, refused=WHICH, group=REPRESENTED)
    place = YOU.names.index("organisation") + 1
    return replace(YOU, questions=[*YOU.questions[:place], which, *YOU.questions[place:]])


def settled(text: str, *, country: str, answer: str) -> str:
    """The answer to keep in a draft: the organisation of this very name, a new one where none is near, else what was chosen
    of those offered."""
    if not text:
        return ""
    if not plain(text):
        return of(NEW, text)
    known = organisations.known(text, country=country)
    if known.organisation:
        return of(known.organisation.pk, text)
    if not known.may_mean:
        return of(NEW, text)
    return answer if answer in {of(NEW, text), *(of(one.pk, text) for one in known.may_mean)} else ""


def organisation(
    text: str, *, answer: str = "", stakeholder_type: str, country: Callable[[], Country]
) -> Organisation | None:
    """The organisation of a registration, inside a transaction: until it ends nobody merges it; made, and waiting for a
    look, where nobody knew it. None for a text without letters and digits.

    `answer`: as the draft keeps it; without one (an import) near names are not asked about. `country`: of the person.
    """
    if not plain(text):
        return None
    key, _colon, said = answer.partition(":")
    chosen = whole_number(key, most=LARGEST_KEY) if said == text else None
    if chosen and (row := organisations.locked(chosen)):
        return row
    text, home = " ".join(text.split()), country()
    if found := organisations.meant(text, country=home.pk):
        return organisations.locked(found.pk) or organisations.find(text)
    is_another = Organisation.objects.filter(name__iexact=text).exists()
    return organisations.make(
        text,
        stakeholder_type=stakeholder_type,
        country=None if stakeholder_type in WITHOUT_COUNTRY else home,
        is_another=is_another,
    )


def changed(before: Mapping[str, Any], changes: Mapping[str, Any], *, answer: str) -> dict[str, str]:
    """What is to be kept of which organisation is meant, where answers of a draft change; nothing where name, country and answer
    are as they were."""
    answers, kept = {**before, **changes}, before.get("affiliation")
    is_other = {"organisation", "country"} & changes.keys() or answer not in {"", kept} or kept is None
    text = answers.get("organisation") or ""
    if not is_other or not (text or kept):
        return {}
    country = answers.get("country") or ""
    return {"affiliation": settled(text, country=country, answer=answer or kept or "")}
