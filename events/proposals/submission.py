"""Proposing: begin, save step by step, submit, withdraw.

Each verb locks the proposal first, or before it its person, where proposals are counted. A draft can be changed while the call is open; what organisers ask to change, at any
time after.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, Invitation, Placement, Proposal, User
from events.proposals import mails
from events.proposals.decisions import drop
from events.proposals.form import answers
from events.proposals.form.questions import ProposalDraft
from events.proposals.speakers import speaker_invitations, speaker_mails
from events.proposals.states import COUNTED, State, call_of, check_editable, check_open, lock_own
from events.schedule import moves
from events.shared.drafts.drafts import check_columns, check_number, check_read
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages import revision

logger = logging.getLogger(__name__)

MOST_BEGUN = 30  # by one person within a day: each can ask people by mail
MOST_ASKED = 150  # speakers whom one person asks by mail within a day: a proposal is no way to write to everybody
DAY = timedelta(days=1)


@transaction.atomic
def begin(forum: Forum, *, by: User, now: datetime) -> Proposal:
    """Begin a draft, with the organisation of the person's last proposal, else that of the account; an untouched draft is given again.

    Refuses `no-call`, `call-not-open`, `call-closed`, `too-many-drafts` (20 unfinished ones), and `too-many-begun` (30
    within a day).
    """
    User.objects.locked(by.pk)
    call = check_open(forum, now=now)
    own = Proposal.objects.filter(forum=forum, proposer=by)
    if untouched := own.filter(state=State.DRAFT, revision=0).first():
        return untouched
    check_number(own.filter(state=State.DRAFT))
    if Proposal.objects.filter(proposer=by, created__gt=now - DAY).count() >= MOST_BEGUN:
        raise ValidationError(_("You have begun 30 proposals within a day. Begin more tomorrow"), code="too-many-begun")
    kind = next(iter(call.kinds), "workshop")
    row = Proposal(forum=forum, proposer=by, kind=kind, created=now, updated=now)
    if last := Proposal.objects.filter(proposer=by).order_by("-pk").first():
        row.organisation_name, row.stakeholder_type = last.organisation_name, last.stakeholder_type
        row.country_id = last.country_id
    else:
        row.organisation_name, row.country_id = by.organisation, by.country_id
    row.save()
    history.record(row, verb=Verb.BEGIN_PROPOSAL, by=by, now=now)
    return row


@transaction.atomic
def save(
    proposal: Proposal,
    *,
    by: User,
    step: str,
    data: Mapping[str, Any],
    seen: str = "",
    now: datetime,
) -> Proposal:
    """Keep answers of one step (names of other steps are left out), complete or not.

    `seen`: the digest of the step when the form was shown. Where the stored answers changed since, on another device,
    and differ from `data`, nothing is written and `outdated` is refused. Refuses `not-yours`, `with-organisers`,
    `wrong-state`, those of `check_open` for drafts, and by field those of `check_speakers` and what the columns cannot hold.
    """
    row = lock_own(proposal, by=by)
    check_editable(row, now=now)
    draft = ProposalDraft(row, call=call_of(row.forum))
    changed = draft.changed(step, data, seen=seen)
    if not changed:
        return row
    if problems := draft.problems_of_rows(step, changed):
        raise ValidationError(problems)
    answers.write(row, answers=changed)
    check_columns(row, changed)
    row.revision += 1
    row.updated = now
    row.save()
    if step == "speakers":
        speaker_mails.write_left_out(row.invitations.all(), by=by, now=now)
    return row


@transaction.atomic
def submit(proposal: Proposal, *, by: User, revision_seen: int | None = None, now: datetime) -> Proposal:
    """Hand a proposal to the organisers: its speakers are invited and its people told.

    `revision_seen`: the one that the person has read (None: any). Refuses `not-yours`, `with-organisers` (so also the
    second of two at once), `wrong-state`, those of `check_open` for drafts, `outdated`, `not-confirmed`, by field those
    of `ProposalDraft.problems`, and `too-many-asked` (150 speakers within a day).
    """
    User.objects.locked(proposal.proposer_id)  # the speakers whom they ask are counted
    row = lock_own(proposal, by=by)
    check_editable(row, now=now)
    check_read(row, revision_seen=revision_seen)
    if not by.has_confirmed_address():
        raise ValidationError(_("Confirm your e-mail address first, then submit"), code="not-confirmed")
    call = call_of(row.forum)
    draft = ProposalDraft(row, call=call)
    if problems := draft.problems():
        raise ValidationError(problems)
    answers.clear_unasked(row, asked={name for step in draft.steps for name in step.names})
    speaker_mails.write_left_out(row.invitations.all(), by=by, now=now)
    _check_asked(row, now=now)
    Proposal.check_move(row.state, to=State.SUBMITTED)
    drop(row)  # organisers decide on what comes in now
    row.state = State.SUBMITTED
    row.submitted = row.submitted or now
    row.revision += 1
    row.save()
    entry = history.record(row, verb=Verb.SUBMIT_PROPOSAL, by=by, now=now)
    speaker_invitations.invite(row, now=now)
    mails.write_received(row, entry=entry, now=now)
    if call is not None and now >= call.closes:
        revision.bump()  # the public figures count it
    logger.info("proposal %s submitted", row.pk)
    return row


def _check_asked(row: Proposal, *, now: datetime) -> None:
    asked = Invitation.objects.filter(proposal__proposer=row.proposer_id, invited__gt=now - DAY).count()
    if asked + row.invitations.filter(invited=None).count() > MOST_ASKED:
        raise ValidationError(
            _("You have asked 150 speakers within a day. Submit this proposal tomorrow"), code="too-many-asked"
        )


@transaction.atomic
def withdraw(proposal: Proposal, *, by: User, reason: str = "", now: datetime) -> Proposal:
    """Take a proposal back: by its people, or by organisers with a reason. Its session is cancelled in the draft. Its
    other people and the speakers who said yes are told: at once by its people, with drafts by organisers.

    Its people may do it whatever organisers decided and did not tell. Refuses `not-yours`, `no-reason` (for organisers),
    `wrong-state`.
    """
    row = Proposal.objects.lock(proposal.pk)
    has_made_it = row.is_edited_by(by)
    if not has_made_it:
        if not by.has_perm("events.decide_proposal", row):
            raise ValidationError(_("Only the proposer and the co-editors can withdraw it"), code="not-yours")
        if not reason.strip():
            raise ValidationError(_("Give a reason"), code="no-reason")
    was = row.state
    Proposal.check_move(was if has_made_it else row.decided_state, to=State.WITHDRAWN)
    drop(row)
    row.state = State.WITHDRAWN
    row.save(update_fields=["state"])
    entry = history.record(row, verb=Verb.WITHDRAW_PROPOSAL, by=by, now=now, reason=reason)
    mails.write_withdrawn(row, entry=entry, by=by, is_draft=not has_made_it, now=now)
    speaker_mails.write_withdrawn(row, entry=entry, is_draft=not has_made_it, now=now)
    if row.session and row.session.placement.state != Placement.State.CANCELLED:
        moves.cancel(row.session, version=None, by=by, now=now)
    call = call_of(row.forum)
    if was in COUNTED and call is not None and now >= call.closes:
        revision.bump()
    return row
