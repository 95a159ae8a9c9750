"""Where the answers of a proposal are kept: its columns, its links to Action Lines and goals, its speakers.

Each answer has the name of its question: a column's, `line-3` and `goal-9` (texts), `speaker-0-email` (SPEAKER),
`day-2020-07-22` (“wish” or “avoid”), `question-7` (a question of the call).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from events.models import Invitation, Proposal, ProposalLink, Question
from events.models.reference import WITHOUT_COUNTRY
from events.shared.drafts.drafts import Answers

WISHED, AVOIDED = "wish", "avoid"
COLUMNS = {
    name: name
    for name in ("kind", "organisation_name", "stakeholder_type", "co_organisers", "title", "description", "minutes")
} | {"expected": "expected", "country": "country_id", "session_type": "session_type_id"}
SPEAKER = ("name", "email", "position", "organisation_name", "is_moderator")


def check_unanswered(questions: Iterable[Question]) -> None:
    """Refuse (`answered`) to delete questions that proposals have answered: nobody could read the answers any more."""
    for question in questions:
        if Proposal.objects.filter(forum=question.call.forum_id, answers__has_key=str(question.pk)).exists():
            words = _("“%(question)s” is answered already: without it nobody could read the answers. Leave it here")
            raise ValidationError(words % {"question": question}, code="answered")


def invited(proposal: Proposal) -> QuerySet[Invitation]:
    """The speakers whom a proposal names; without those who said yes and were left out since."""
    return proposal.invitations.exclude(state=Invitation.State.TAKEN_BACK)


def read(proposal: Proposal) -> dict[str, Any]:
    """Everything a proposal says. Two queries, for its links and its speakers."""
    answers = {name: getattr(proposal, column) for name, column in COLUMNS.items()}
    answers["country"] = answers["country"] or ""
    for link in proposal.links.all():
        answers[f"goal-{link.sdg_id}" if link.sdg_id else f"line-{link.action_line_id}"] = link.rationale
    for place, row in enumerate(invited(proposal)):
        answers |= {f"speaker-{place}-{name}": getattr(row, name) for name in SPEAKER}
    answers |= {f"day-{day}": WISHED for day in proposal.wished_days}
    answers |= {f"day-{day}": AVOIDED for day in proposal.avoided_days}
    return answers | {f"question-{key}": text for key, text in proposal.answers.items()}


def speaker_rows(answers: Answers) -> dict[int, dict[str, Any]]:
    """The rows of speakers in which something is written, by their place."""
    places = sorted({int(name.split("-")[1]) for name in answers if name.startswith("speaker-")})
    rows = {place: {name: answers.get(f"speaker-{place}-{name}") or "" for name in SPEAKER} for place in places}
    return {
        place: row | {"email": row["email"].strip().lower(), "is_moderator": bool(row["is_moderator"])}
        for place, row in rows.items()
        if any(row.values())
    }


def speakers_of(answers: Answers) -> list[dict[str, Any]]:
    return list(speaker_rows(answers).values())


def write(proposal: Proposal, *, answers: Answers) -> None:
    """Put answers (those that change) into the columns, links and invitations. The row itself is not saved here."""
    after = {**read(proposal), **answers}
    for name, column in COLUMNS.items():
        setattr(proposal, column, after[name])
    proposal.country_id = None if proposal.stakeholder_type in WITHOUT_COUNTRY else proposal.country_id or None
    _write_links(proposal, answers=answers)
    if any(name.startswith("speaker-") for name in answers):
        _write_speakers(proposal, speakers=speakers_of(after))
    days = {name[4:]: wish for name, wish in sorted(after.items()) if name.startswith("day-")}
    proposal.wished_days = [day for day, wish in days.items() if wish == WISHED]
    proposal.avoided_days = [day for day, wish in days.items() if wish == AVOIDED]
    if any(name.startswith("question-") for name in answers):  # what was answered to one that is gone is gone too
        known = map(str, Question.objects.filter(call__forum=proposal.forum_id).values_list("pk", flat=True))
        proposal.answers = {key: text for key in known if (text := after.get(f"question-{key}"))}


def _write_links(proposal: Proposal, *, answers: Answers) -> None:
    for name, text in answers.items():
        kind, _dash, number = name.partition("-")
        if kind not in {"line", "goal"}:
            continue
        target: dict[str, Any] = {"sdg_id" if kind == "goal" else "action_line_id": int(number)}
        if text.strip():
            ProposalLink.objects.update_or_create(proposal=proposal, **target, defaults={"rationale": text})
        else:
            proposal.links.filter(**target).delete()


def _write_speakers(proposal: Proposal, *, speakers: Sequence[Answers]) -> None:
    """A speaker is known by the address: who stays keeps the token and the answer. Who said yes has put things in words
    of their own; only the role is still for those who propose. Who said yes and is left out keeps a link that says so,
    and is asked again when they are named again."""
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


def clear_unasked(proposal: Proposal, *, asked: set[str]) -> None:
    """Take away links and speakers that another kind of request was asked (`asked`: the names of what is asked now):
    nobody sees them any more, and a speaker would be invited."""
    unasked = [name for name in read(proposal) if name.startswith(("line-", "goal-", "speaker-")) and name not in asked]
    write(proposal, answers=dict.fromkeys(unasked, ""))
