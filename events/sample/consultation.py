"""The sample call of the current edition: open for some weeks yet, with proposals in every state, all invented."""

from datetime import datetime, timedelta
from itertools import cycle

from django.contrib.auth.hashers import make_password

from events.history import log as history
from events.history.verbs import Verb
from events.models import (
    SDG,
    ActionLine,
    Call,
    Forum,
    Invitation,
    Organisation,
    Proposal,
    ProposalLink,
    Question,
    SessionType,
    User,
)
from events.reference.standard_rows import data
from events.sample import draw, people

TEXT = (
    "Propose what the Forum should talk about. Workshops are held online; they have 60 minutes, and captions in English."
    "\n\nEvery proposal says **which Action Lines and goals it advances, and how**."
)
WHY = "It brings people together who work on this in three regions, and ends with a plan that they sign."
SUBMITTED = {"submitted", "changes", "declined"}


def make(forum: Forum, *, organisations: list[Organisation], now: datetime) -> Call:
    """Make the call of a forum and its proposals. Atomicity is the caller's."""
    call = Call.objects.create(
        forum=forum,
        opens=now - timedelta(days=21),
        closes=now + timedelta(days=14),
        details_until=now + timedelta(days=42),
        text=TEXT,
    )
    Question.objects.create(
        call=call,
        kind="text",
        text="Who should come, and what will they take home?",
        for_kinds=["workshop"],
        is_required=True,
    )
    Question.objects.create(
        call=call, kind="yes_no", text="Will the session be recorded?", for_kinds=["workshop"], order=1
    )
    person = User.objects.get_or_create(
        email="proposer@sample.invalid", defaults={"name": "Sample proposer", "password": make_password(None)}
    )[0]
    rng = draw("proposals")
    hosts = cycle(rng.sample([row for row in organisations if row.country_id], k=min(12, len(organisations))))
    for number, row in enumerate(data("sample_timetable")["proposals"]):
        _proposal(call, **row, host=next(hosts), person=person, number=number, now=now)
    return call


def _proposal(
    call: Call, *, kind: str, state: str, title: str, host: Organisation, person: User, number: int, now: datetime
) -> Proposal:
    begun = now - timedelta(days=18 - number)
    row = Proposal.objects.create(
        forum=call.forum,
        proposer=person,
        kind=kind,
        state=state,
        organisation_name=host.name,
        stakeholder_type=host.stakeholder_type,
        country_id=host.country_id,
        title=title,
        description=WHY,
        session_type=SessionType.objects.filter(is_secretariat_only=False).first() if kind == "workshop" else None,
        minutes=60 if kind == "workshop" else None,
        expected=80 if kind == "workshop" else None,
        answers={str(question.pk): "yes" if question.kind == "yes_no" else WHY for question in call.questions.all()},
        revision=4,
        created=begun,
        updated=begun + timedelta(days=1),
        submitted=begun + timedelta(days=1) if state in SUBMITTED else None,
        is_sample=True,
    )
    if kind in {"workshop", "theme", "speaker"}:
        lines, goals = list(ActionLine.objects.all()), list(SDG.objects.all())
        ProposalLink.objects.create(proposal=row, action_line=lines[number % len(lines)], rationale=WHY)
        ProposalLink.objects.create(proposal=row, sdg=goals[number % len(goals)], rationale=WHY)
    if kind in {"workshop", "speaker"}:
        _speakers(row, number=number)
    if row.submitted:
        history.record(row, verb=Verb.SUBMIT_PROPOSAL, by=person, now=row.submitted)
    if state == "changes":
        words = "Please name a moderator from another region."
        history.record(row, verb=Verb.ASK_CHANGES, by=None, now=now - timedelta(days=2), reason=words)
    return row


def _speakers(proposal: Proposal, *, number: int) -> None:
    cast = people.persons(2, women=1, rng=draw(f"speakers of proposal {number}"))
    for place, (one, state) in enumerate(zip(cast, ["accepted", "invited"], strict=True)):
        Invitation.objects.create(
            proposal=proposal,
            name=one.name,
            email=f"speaker{number}-{place}@sample.invalid",
            position="Researcher",
            organisation_name=proposal.organisation_name,
            is_moderator=place == 0,
            state=state if proposal.submitted else "invited",
            invited=proposal.submitted,
            answered=proposal.submitted if state == "accepted" else None,
        )
