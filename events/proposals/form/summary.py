"""What a proposal says, in words: for its people, for organisers, and for the check before it is submitted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.drafts.drafts import Part
from events.models import Invitation
from events.proposals.form.answers import AVOIDED, WISHED, invited
from events.proposals.form.questions import ProposalDraft

type Lines = list[tuple[str, str]]


def summary(draft: ProposalDraft, *, has_addresses: bool = True) -> list[Part]:
    """The answers step by step; empty ones are left out, and the speakers' addresses where not `has_addresses`."""
    told: dict[str, Callable[[Lines], Lines]] = {
        "speakers": lambda _lines: _speakers(draft, has_addresses=has_addresses),
        "wishes": lambda lines: _wishes(draft, lines),
    }
    return [replace(part, lines=told.get(part.key, list)(part.lines)) for part in draft.summary()]


def _speakers(draft: ProposalDraft, *, has_addresses: bool) -> Lines:
    return [
        (
            f"{row.name} ({_('moderates')})" if row.is_moderator else row.name,
            " · ".join(
                filter(None, [row.position, row.organisation_name, row.email if has_addresses else "", _answer(row)])
            ),
        )
        for row in invited(draft.row)
    ]


def _answer(row: Invitation) -> str:
    return row.get_state_display() if row.invited else _("Asked when you submit")


def _wishes(draft: ProposalDraft, lines: Lines) -> Lines:
    """The days in two lines, then the questions of the call."""
    found = []
    for label, wish in ((_("Days that suit"), WISHED), (_("Days to avoid"), AVOIDED)):
        days = sorted(name[4:] for name, value in draft.answers.items() if name.startswith("day-") and value == wish)
        found.append((label, ", ".join(date_format(date.fromisoformat(day), "j F") for day in days)))
    labels = {str(question.field.label) for question in draft.days}
    return [(label, text) for label, text in found if text] + [line for line in lines if line[0] not in labels]
