"""What a proposal says, as one set of answers: which step asks what, how it is read and where it is kept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from events.models import Forum, Invitation, Proposal, ProposalLink, Question
from events.models.consultation import ProposalKind

type Answers = dict[str, Any]

# What is asked, in the order of the steps. `country` is a code of two letters, `session_type` an id, `links` a text for
# each "line-<id>" and "goal-<number>", `speakers` a list of mappings (SPEAKER), days are ISO dates, `answers` the
# question's id → text.
STEPS: dict[str, tuple[str, ...]] = {
    "who": ("kind", "organisation_name", "stakeholder_type", "country", "co_organisers"),
    "what": ("title", "description", "session_type", "minutes", "expected"),
    "goals": ("links",),
    "speakers": ("speakers",),
    "wishes": ("wished_days", "avoided_days", "answers"),
}
CHECK = "check"  # the last step, which asks nothing
STEP_NAMES = {
    "who": gettext_lazy("Who asks"),
    "what": gettext_lazy("What for"),
    "goals": gettext_lazy("Action Lines and goals"),
    "speakers": gettext_lazy("Speakers"),
    "wishes": gettext_lazy("Wishes"),
    CHECK: gettext_lazy("Check"),
}
NAMES = tuple(name for names in STEPS.values() for name in names)
SPEAKER = ("name", "email", "position", "organisation_name", "is_moderator")
_COLUMNS = {"country": "country_id", "session_type": "session_type_id"}
_ROWS = ("links", "speakers")
# Bodies that belong to no country: theirs is not asked.
WITHOUT_COUNTRY = frozenset({"united_nations", "international_org"})
MOST_SPEAKERS = 12
MOST_CO_ORGANISERS = 20

_PEOPLE = frozenset({ProposalKind.WORKSHOP, ProposalKind.SPEAKER})
_LINKED = frozenset({ProposalKind.WORKSHOP, ProposalKind.SPEAKER, ProposalKind.THEME})


def steps_of(kind: str) -> list[str]:
    """Return the steps that a kind of request asks: speakers only for workshops and speakers, goals for what is a topic."""
    left_out = {step for step, kinds in (("speakers", _PEOPLE), ("goals", _LINKED)) if kind not in kinds}
    return [step for step in STEPS if step not in left_out]


def step_of(name: str) -> str:
    """Return the step in which a field of the form stands; the last for others."""
    for prefix, step in (
        ("line-", "goals"),
        ("goal-", "goals"),
        ("speaker-", "speakers"),
        ("day-", "wishes"),
        ("question-", "wishes"),
    ):
        if name.startswith(prefix):
            return step
    return next((step for step, names in STEPS.items() if name in names), "wishes")


def days_of(forum: Forum) -> list[date]:
    """The forum's days, in order."""
    return [forum.starts + timedelta(days=n) for n in range((forum.ends - forum.starts).days + 1)]


def asked(questions: Sequence[Question], *, kind: str) -> list[Question]:
    """The questions of a call for a kind of request."""
    return [question for question in questions if kind in question.for_kinds]


def is_answered(question: Question) -> bool:
    """Whether a proposal holds an answer to a question."""
    return Proposal.objects.filter(forum=question.call.forum_id, answers__has_key=str(question.pk)).exists()


def current(proposal: Proposal) -> Answers:
    """Return everything a proposal says. Two queries for its links and its speakers."""
    answers = {name: getattr(proposal, _COLUMNS.get(name, name)) for name in NAMES if name not in _ROWS}
    answers["country"] = answers["country"] or ""
    answers["links"] = {link_key(link): link.rationale for link in proposal.links.all()}
    answers["speakers"] = [{name: getattr(row, name) for name in SPEAKER} for row in invited(proposal)]
    return answers


def invited(proposal: Proposal) -> QuerySet[Invitation]:
    """The speakers whom a proposal names; without those who said yes and were left out since."""
    return proposal.invitations.exclude(state=Invitation.State.TAKEN_BACK)


def link_key(link: ProposalLink) -> str:
    return f"goal-{link.sdg_id}" if link.sdg_id else f"line-{link.action_line_id}"


def digest(answers: Mapping[str, Any], *, step: str) -> str:
    """Return a short sign of a step's answers; it tells whether they changed since a form was shown."""
    part = {name: answers[name] for name in STEPS[step]}
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()[:16]


def write(proposal: Proposal, *, answers: Mapping[str, Any]) -> None:
    """Put answers (names of `NAMES`) into the columns, links and invitations. The row itself is not saved here."""
    for name, value in answers.items():
        if name not in _ROWS:
            setattr(proposal, _COLUMNS.get(name, name), value)
    proposal.country_id = proposal.country_id or None
    if proposal.stakeholder_type in WITHOUT_COUNTRY:
        proposal.country_id = None
    if "links" in answers:
        _write_links(proposal, texts=answers["links"])
    if "speakers" in answers:
        _write_speakers(proposal, speakers=answers["speakers"])


def _write_links(proposal: Proposal, *, texts: Mapping[str, str]) -> None:
    stored = {link_key(link): link for link in proposal.links.all()}
    proposal.links.filter(pk__in=[link.pk for key, link in stored.items() if key not in texts]).delete()
    for key, text in texts.items():
        kind, _dash, number = key.partition("-")
        target: dict[str, Any] = {"sdg_id": int(number)} if kind == "goal" else {"action_line_id": int(number)}
        ProposalLink.objects.update_or_create(proposal=proposal, **target, defaults={"rationale": text})


def _write_speakers(proposal: Proposal, *, speakers: Sequence[Mapping[str, Any]]) -> None:
    """A speaker is known by the address: who stays keeps the token and the answer. Who said yes has put things in words
    of their own; only the role is still for those who propose. Who said yes and is left out keeps a link that says so,
    and is asked anew when they are named again."""
    gone = proposal.invitations.exclude(email__in=[one["email"] for one in speakers])
    gone.filter(state=Invitation.State.ACCEPTED).update(state=Invitation.State.TAKEN_BACK)
    gone.exclude(state=Invitation.State.TAKEN_BACK).delete()
    back = set(proposal.invitations.filter(state=Invitation.State.TAKEN_BACK).values_list("email", flat=True))
    agreed = set(proposal.invitations.filter(state=Invitation.State.ACCEPTED).values_list("email", flat=True))
    for one in speakers:
        kept = ("is_moderator",) if one["email"] in agreed else SPEAKER
        values = {name: one[name] for name in kept if name != "email"}
        if one["email"] in back:
            values |= {"state": Invitation.State.INVITED, "invited": None}
        Invitation.objects.update_or_create(proposal=proposal, email=one["email"], defaults=values)
