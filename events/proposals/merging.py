"""Merging: a proposal goes on as part of another. Decided first; its organisations, speakers, reasons and people are handed
over once the mails that tell of it are let go."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Invitation, Proposal, ProposalReview, User
from events.proposals import mails
from events.proposals.decisions import check_not_own, decide
from events.proposals.speakers.speaker_invitations import OWN_WORDS
from events.proposals.states import SCORED, State
from events.schedule import panels
from events.shared.history import log as history
from events.shared.history.verbs import Verb

OPEN = frozenset({Invitation.State.INVITED, Invitation.State.TAKEN_BACK})  # not answered, or left out since


@transaction.atomic
def merge(proposal: Proposal, *, into: Proposal, by: User, text: str = "", now: datetime) -> Proposal:
    """Decide that a proposal becomes part of another. The people of both are told.

    Refuses `not-allowed`, `own-proposal`, `wrong-state` (of either), `not-mergeable` (itself, another forum or kind),
    `too-long`, `too-many` (speakers of both).
    """
    target = Proposal.objects.lock(into.pk, beside=proposal.pk)
    for one in (target, proposal):  # before their states, which their people may not know yet
        check_not_own(one, by=by)
    if proposal.pk == into.pk or proposal.forum_id != target.forum_id or proposal.kind != target.kind:
        raise ValidationError(_("Choose another proposal of the same forum and kind of request"), code="not-mergeable")
    if target.decided_state not in SCORED:
        raise _not_waiting()
    _check_speakers(proposal, target)
    row, entry = decide(proposal, to=State.MERGED, verb=Verb.MERGE_PROPOSAL, by=by, text=text, into=target, now=now)
    mails.write_joined(row, entry=entry, now=now)
    return row


def _check_speakers(row: Proposal, target: Proposal) -> None:
    """Refuse (`too-many`) more speakers than one session may have: those who said no do not count, nor who is left out."""
    asked = Invitation.objects.exclude(state__in=[Invitation.State.DECLINED, Invitation.State.TAKEN_BACK])
    emails = [
        {email.lower() for email in asked.filter(proposal=one).values_list("email", flat=True)} for one in (row, target)
    ]
    panels.check_number(len(set().union(*emails)), before=len(emails[1]))


def _not_waiting() -> ValidationError:
    return ValidationError(_("Merge into a proposal that waits for a decision"), code="wrong-state")


def hand_over(row: Proposal, *, by: User | None, now: datetime) -> None:
    """Give what a proposal has to the one that it is merged into; both are locked. Refuses `wrong-state` (that one does not
    wait for a decision any more)."""
    target = row.merged_into
    assert target is not None  # noqa: S101  set with the pending state
    if target.state not in SCORED:
        raise _not_waiting()
    known = {target.organisation_name, *target.co_organisers}
    names = dict.fromkeys([row.organisation_name, *row.co_organisers])
    target.co_organisers = [*target.co_organisers, *(name for name in names if name and name not in known)]
    target.revision += 1
    target.updated = now
    target.save(update_fields=["co_organisers", "revision", "updated"])
    history.record(target, verb=Verb.MERGE_OTHER, by=by, now=now, reason=f"{row.code} {row.title}".strip())
    there, here = set(target.people()), set(row.people())
    target.editors.add(*(here - {target.proposer}))
    for person in sorted(here - there, key=lambda one: one.pk):
        mails.tell_too(target, person=person, now=now)
    ProposalReview.objects.filter(proposal__in=[row, target], reviewer__in=there | here).delete()  # of their own now
    _hand_over_speakers(row, target=target)
    _hand_over_reasons(row, target=target)


def _hand_over_speakers(row: Proposal, *, target: Proposal) -> None:
    """Who was asked goes along with the link in their mail; the proposal keeps a copy, so that it reads as before. Whom
    the target asked too stays as they are there; a yes to this proposal counts where they did not answer there."""
    there = {one.email.lower(): one for one in target.invitations.all()}
    for one in row.invitations.exclude(state=Invitation.State.TAKEN_BACK):
        other = there.get(one.email.lower())
        if other is None:
            Invitation.objects.filter(pk=one.pk).update(proposal=target)
            one.pk = None
            one.renew_link()
            one.save()
        elif one.state == Invitation.State.ACCEPTED and other.state in OPEN:
            for name in ("state", "answered", "invited", *OWN_WORDS):
                setattr(other, name, getattr(one, name))
            other.save()


def _hand_over_reasons(row: Proposal, *, target: Proposal) -> None:
    """The Action Lines and goals of both, each with its reason; where both name one, that of the target."""
    there = {(link.action_line_id, link.sdg_id): link for link in target.links.all()}
    for link in row.links.all():
        other = there.get((link.action_line_id, link.sdg_id))
        if other is None:
            target.links.create(action_line=link.action_line, sdg=link.sdg, rationale=link.rationale)
        elif not other.rationale:
            other.rationale = link.rationale
            other.save(update_fields=["rationale"])
