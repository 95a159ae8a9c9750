"""How an accepted workshop becomes a session: a draft without a time, with its organisers, speakers and wishes."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any

from events.models import HostedSession, Invitation, Organisation, Proposal, Session, Wish
from events.proposals.speakers.speaker_invitations import appear
from events.reference.organisations import find_or_make
from events.schedule import moves, panels


def make_session(proposal: Proposal, *, now: datetime) -> Session:
    """Make the session of a locked, accepted workshop, its place in the draft and its hosts; the proposal names it. The
    session that it has already is kept. Atomicity is the caller's."""
    session = proposal.session or _new_session(proposal, now=now)
    organiser = next(_organisers(proposal), None)
    hosts = [HostedSession(session=session, user=person, organisation=organiser) for person in proposal.people()]
    HostedSession.objects.bulk_create(hosts, ignore_conflicts=True)
    for invitation in proposal.invitations.filter(state=Invitation.State.ACCEPTED):
        invitation.proposal = proposal  # with its new session
        if panels.has_room(session):  # proposals that were merged before the limit may name more
            appear(invitation, now=now)
    return session


def _new_session(proposal: Proposal, *, now: datetime) -> Session:
    assert proposal.session_type is not None  # noqa: S101  `decisions.accept` refuses a workshop without
    session = Session.objects.create(
        forum=proposal.forum,
        title=proposal.title,
        description=proposal.description,
        type=proposal.session_type,
        expected=proposal.expected,
        state=Session.State.DRAFT,
        is_sample=proposal.is_sample,
    )
    moves.place_new([session], now=now)
    proposal.session = session
    proposal.save(update_fields=["session"])
    session.organisers.set(_organisers(proposal))
    links = list(proposal.links.all())
    session.action_lines.set([link.action_line_id for link in links if link.action_line_id])
    session.sdgs.set([link.sdg_id for link in links if link.sdg_id])
    Wish.objects.bulk_create(_wishes(session, proposal=proposal))
    return session


def _organisers(proposal: Proposal) -> Iterator[Organisation]:
    known: dict[str, Any] = {"stakeholder_type": proposal.stakeholder_type or "other", "country": proposal.country}
    first = find_or_make(proposal.organisation_name, is_sample=proposal.is_sample, **known)
    others = (find_or_make(name, is_sample=proposal.is_sample) for name in proposal.co_organisers)
    return filter(None, chain([first], others))


def _wishes(session: Session, *, proposal: Proposal) -> Iterator[Wish]:
    """A wished or avoided day as the time between two midnights of the forum's zone."""
    for days, is_wanted in ((proposal.wished_days, True), (proposal.avoided_days, False)):
        for day in map(date.fromisoformat, days):
            midnight = datetime.combine(day, time(), tzinfo=proposal.forum.zone)
            yield Wish(session=session, starts=midnight, ends=midnight + timedelta(days=1), is_wanted=is_wanted)
