"""What a proposal says, in words: for its people, for organisers, and for the check before it is submitted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.formatting.names import country_name, term
from events.models import Proposal, Question
from events.models.consultation import ProposalKind
from events.proposals.form import answers as proposal_answers


@dataclass(frozen=True)
class Part:
    """A step of a proposal: its key, its name, and (label, answer) of what is filled in."""

    key: str
    name: str
    lines: list[tuple[str, str]]


def summary(proposal: Proposal, *, questions: Sequence[Question], has_addresses: bool = True) -> list[Part]:
    """The answers step by step; empty ones are left out, and the speakers' addresses where not `has_addresses`. Two
    queries, for links and speakers."""
    speakers = partial(_speakers, has_addresses=has_addresses)
    makers: dict[str, Callable[[Proposal], Lines]] = {
        "who": _who,
        "what": _what,
        "goals": _goals,
        "speakers": speakers,
    }
    parts = []
    for step in proposal_answers.steps_of(proposal.kind):
        lines = _wishes(proposal, questions=questions) if step == "wishes" else makers[step](proposal)
        filled = [(str(label), str(value)) for label, value in lines if value not in ("", None)]
        parts.append(Part(key=step, name=str(proposal_answers.STEP_NAMES[step]), lines=filled))
    return parts


type Lines = list[tuple[Any, Any]]


def _who(proposal: Proposal) -> Lines:
    return [
        (_("Kind of request"), proposal.get_kind_display()),
        (_("Organisation"), proposal.organisation_name),
        (_("Type of the organisation"), proposal.get_stakeholder_type_display()),
        (_("Country"), country_name(proposal.country) if proposal.country else ""),
        (_("Co-organisers"), "\n".join(proposal.co_organisers)),
    ]


def _what(proposal: Proposal) -> Lines:
    lines: Lines = [(_("Title"), proposal.title), (_("Description"), proposal.description)]
    if proposal.kind == ProposalKind.WORKSHOP:
        lines += [
            (_("Type of session"), term(proposal.session_type)),
            (_("Length in minutes"), proposal.minutes),
            (_("People expected"), proposal.expected),
        ]
    return lines


def _goals(proposal: Proposal) -> Lines:
    lines: Lines = []
    links = proposal.links.select_related("action_line", "sdg")
    for link in sorted(links, key=lambda link: link.action_line_id is None):  # databases differ on where NULL stands
        if link.action_line:
            lines.append((f"{link.action_line.label} · {term(link.action_line.title)}", link.rationale))
        elif link.sdg:
            lines.append((f"{link.sdg.number} · {term(link.sdg.title)}", link.rationale))
    return lines


def _speakers(proposal: Proposal, *, has_addresses: bool) -> Lines:
    return [
        (
            f"{row.name} ({_('moderates')})" if row.is_moderator else row.name,
            " · ".join(
                filter(None, [row.position, row.organisation_name, row.email if has_addresses else "", _answer(row)])
            ),
        )
        for row in proposal_answers.invited(proposal)
    ]


def _answer(row: Any) -> str:
    return row.get_state_display() if row.invited else _("Asked when you submit")


def _wishes(proposal: Proposal, *, questions: Sequence[Question]) -> Lines:
    def words(days: Sequence[str]) -> str:
        return ", ".join(date_format(date.fromisoformat(day), "j F") for day in days)

    yes_no = {"yes": _("Yes"), "no": _("No")}
    lines: Lines = [
        (_("Days that suit"), words(proposal.wished_days)),
        (_("Days to avoid"), words(proposal.avoided_days)),
    ]
    for question in proposal_answers.asked(questions, kind=proposal.kind):
        answer = proposal.answers.get(str(question.pk), "")
        is_yes_no = question.kind == Question.Kind.YES_NO
        lines.append((question.text, yes_no.get(answer, answer) if is_yes_no else answer))
    return lines
