"""How an accepted workshop becomes a session: a draft without a time, with its organisers, speakers and wishes."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import HostedSession, Invitation, Organisation, Proposal, Session, Wish
from events.proposals.speakers.speaker_invitations import appear
from events.reference.organisations import find_or_make
from events.schedule import moves


def make_session(proposal: Proposal, *, now: datetime) -> Session:
    """Make the session of a locked, accepted workshop, its place in the draft and its hosts. Atomicity is the caller's.

    Refuses `no-type` where the type of session is missing (a proposal that came in without a form).
    """
    if proposal.session_type is None:
        raise ValidationError(_("The proposal has no type of session"), code="no-type")
    session = Session.objects.create(
        forum=proposal.forum,
        title=proposal.title,
        description=proposal.description,
        type=proposal.session_type,
        expected=proposal.expected,
        state=Session.State.DRAFT,
        is_sample=proposal.is_sample,
    )
    proposal.session = session
    organisers = list(_organisers(proposal))
    session.organisers.set(organisers)
    links = list(proposal.links.all())
    session.action_lines.set([link.action_line_id for link in links if link.action_line_id])
    session.sdgs.set([link.sdg_id for link in links if link.sdg_id])
    Wish.objects.bulk_create(_wishes(session, proposal=proposal))
    people = {proposal.proposer_id, *proposal.editors.values_list("pk", flat=True)}
    HostedSession.objects.bulk_create(
        [
            HostedSession(session=session, user_id=user, organisation=organisers[0] if organisers else None)
            for user in sorted(people)
        ]
    )
    moves.placement(session, now=now)
    for invitation in proposal.invitations.filter(state=Invitation.State.ACCEPTED):
        invitation.proposal = proposal  # with its new session
        appear(invitation, now=now)
    return session


def _organisers(proposal: Proposal) -> Iterator[Organisation]:
    first = find_or_make(
        proposal.organisation_name,
        stakeholder_type=proposal.stakeholder_type or "other",
        country=proposal.country,
        is_sample=proposal.is_sample,
    )
    if first is not None:
        yield first
    for name in proposal.co_organisers:
        other = find_or_make(name, is_sample=proposal.is_sample)
        if other is not None:
            yield other


def _wishes(session: Session, *, proposal: Proposal) -> list[Wish]:
    """A wished or avoided day as the time between two midnights of the forum's zone."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=proposal.forum.zone)

    wishes = []
    for days, is_wanted in ((proposal.wished_days, True), (proposal.avoided_days, False)):
        for day in map(date.fromisoformat, days):
            wishes.append(
                Wish(
                    session=session,
                    starts=midnight(day),
                    ends=midnight(day + timedelta(days=1)),
                    is_wanted=is_wanted,
                )
            )
    return wishes
