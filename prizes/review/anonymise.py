"""What an expert sees of a nomination. Where the review is blind: neither the entity nor names, countries or addresses."""

import re
from typing import NotRequired, TypedDict

from django.utils.translation import gettext as _

from events.shared.formatting.names import term
from prizes.models import Assignment, Attachment, Nomination

TEXTS = ("description", "economic_impact", "social_impact", "environmental_impact", "partnerships", "challenges")
SHORTEST = 3  # shorter names are words of the language too
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S[^\s@]*@\S+\.\S+", re.IGNORECASE)


def secrets(nomination: Nomination) -> list[str]:
    """The words that a blind review must not show, longest first."""
    country = nomination.country
    names = [nomination.entity_name, nomination.nominator.name, nomination.nominator.email]
    names += country.names if country else []
    names += [nomination.website, *map(str, nomination.links)]
    hosts = [re.sub(r"^https?://(www\.)?", "", address).partition("/")[0] for address in names if "://" in address]
    found = {name.strip() for name in [*names, *hosts] if len(name.strip()) >= SHORTEST}
    return sorted(found, key=lambda name: (-len(name), name))


def masked(text: str, *, words: list[str]) -> str:
    """The text with each of `words`, and every address of the web or of a person, replaced by “[hidden]”; case does not count."""
    hidden = _("[hidden]")
    text = ADDRESS.sub(hidden, text)
    if not words:
        return text
    either = "|".join(re.escape(word) for word in words)
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", hidden, text, flags=re.IGNORECASE)


def document(assignment: Assignment, *, key: int) -> Attachment | None:
    """A file of the nomination, for an expert who reviews it: not before a conflict is answered, nor after a recusal."""
    is_reading = assignment.state in Assignment.READING
    return assignment.nomination.attachments.filter(pk=key).first() if is_reading else None


class BlindSheet(TypedDict):
    """What an expert may see of a nomination."""

    code: str
    title: str
    texts: list[tuple[str, str]]  # heading and text; empty ones left out
    linkages: list[tuple[int, str, str]]  # number and title of the goal, text
    attachments: list[tuple[Attachment, str]]  # the file and how it is called
    # Not where the review is blind:
    entity: NotRequired[str]
    stakeholder_type: NotRequired[str]
    country: NotRequired[str]
    website: NotRequired[str]
    links: NotRequired[list[str]]


def sheet(nomination: Nomination, *, is_blind: bool) -> BlindSheet:
    """What an expert may see. Where the review is blind, the texts are masked too, for projects that name themselves in
    them."""
    words = secrets(nomination) if is_blind else []

    def shown(text: str) -> str:
        return masked(text, words=words) if is_blind else text

    texts = [
        (str(Nomination._meta.get_field(name).verbose_name), shown(getattr(nomination, name)))  # type: ignore[union-attr]
        for name in TEXTS
        if getattr(nomination, name)
    ]
    linkages = [(row.sdg.number, row.sdg.title, shown(row.text)) for row in nomination.linkages.select_related("sdg")]
    files = [
        (row, _("Document %(number)s") % {"number": number} if is_blind else row.title)
        for number, row in enumerate(nomination.attachments.all(), start=1)
    ]
    shown_to_all: BlindSheet = {
        "code": nomination.code,
        "title": shown(nomination.title),
        "texts": texts,
        "linkages": linkages,
        "attachments": files,
    }
    if is_blind:
        return shown_to_all
    return shown_to_all | {
        "entity": nomination.entity_name,
        "stakeholder_type": nomination.get_stakeholder_type_display() if nomination.stakeholder_type else "",
        "country": term(nomination.country) if nomination.country else "",
        "website": nomination.website,
        "links": [str(link) for link in nomination.links],
    }
