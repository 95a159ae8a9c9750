"""Nominating a project: begin, save step by step, submit, change until the deadline, withdraw.

Each verb locks first the edition where it decides something about others, then the nomination. Deadlines are strict
and count from the arrival of the request (rules): `now` is that moment.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from events.shared.drafts.drafts import check_columns, check_number
from events.shared.formatting import times
from events.shared.pages import revision as public_revision
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Edition, Nomination, NominationVersion, Phase
from prizes.nominations import nomination_mails
from prizes.nominations.nomination_draft import NominationDraft, as_version, submitted
from prizes.nominations.states import EDITABLE
from registration.models import Registration

logger = logging.getLogger(__name__)

State = Nomination.State


def check_open(edition: Edition, *, now: datetime) -> None:
    """Refuse `not-open` before the submission phase and `deadline` from its end on (half-open). At most two queries."""
    phase = edition.phases.filter(kind=Phase.Kind.SUBMISSION).first()
    if phase is None or now < phase.starts:
        raise ValidationError(_("Submission is not open yet"), code="not-open")
    if now >= phase.ends:
        moment = times.deadline(phase.ends, zone=edition.zone, forum=edition.forum)
        raise ValidationError(_("Submission closed on %(moment)s") % {"moment": moment}, code="deadline")


def lock_edition(pk: int) -> Edition:
    """Lock an edition. Votes, which are rows that name it, do not wait."""
    return Edition.objects.select_for_update(no_key=True, of=("self",)).select_related("forum").get(pk=pk)


def lock_nomination(nomination: Nomination) -> Nomination:
    """Lock a nomination, with its edition and forum loaded."""
    return (
        Nomination.objects.select_for_update(no_key=True, of=("self",))
        .select_related("edition__forum")
        .get(pk=nomination.pk)
    )


def _locked_own(nomination: Nomination, *, by: User) -> Nomination:
    row = lock_nomination(nomination)
    if row.nominator_id != by.pk:
        raise ValidationError(_("Only the person who began a nomination can change it"), code="not-yours")
    return row


def locked_for(nomination: Nomination, *, by: User, now: datetime) -> Nomination:
    """Lock a nomination for an edit by its nominator. Refuses `not-yours`, `wrong-state`, `not-open`, `deadline`."""
    row = _locked_own(nomination, by=by)
    if row.state not in EDITABLE:
        raise ValidationError(_("This nomination can no longer be changed"), code="wrong-state")
    if row.state != State.RETURNED:
        check_open(row.edition, now=now)
    elif row.mend_until is None or now >= row.mend_until:
        raise ValidationError(_("The time to correct it is over"), code="deadline")
    return row


@transaction.atomic
def begin(edition: Edition, *, by: User, now: datetime) -> Nomination:
    """Begin a draft, with the entity that the person registered with, else that of the account; an untouched draft is given again.

    Refuses `not-open`, `deadline`, and `too-many-drafts` (20 unfinished ones).
    """
    User.objects.locked(by.pk)
    check_open(edition, now=now)
    drafts = Nomination.objects.of(by).filter(edition=edition, state=State.DRAFT)
    if untouched := drafts.filter(revision=0, title="").first():
        return untouched
    check_number(drafts)
    known = Registration.objects.of(by).filter(forum=edition.forum_id).first()
    row = Nomination(edition=edition, nominator=by, created=now, updated=now)
    if edition.languages and "en" not in edition.languages:
        row.language = edition.languages[0]
    if known:
        row.entity_name, row.stakeholder_type = known.organisation, known.stakeholder_type
        row.country_id = known.country_id
    else:
        row.entity_name, row.country_id = by.organisation, by.country_id
    row.save()
    log.record(edition, row=row, verb=PrizeVerb.BEGIN_NOMINATION, by=by, now=now)
    return row


@transaction.atomic
def save(
    nomination: Nomination,
    *,
    by: User,
    step: str,
    data: Mapping[str, Any],
    seen: str = "",
    now: datetime,
) -> Nomination:
    """Keep answers of one step (names of other steps are left out), complete or not.

    `seen`: the digest of the step's answers when the form was shown. Where the stored ones have changed since, on
    another device, and differ from `data`, nothing is written and `outdated` is refused. Refuses `not-yours`,
    `wrong-state`, `not-open`, `deadline`, and values that cannot be kept, by field.
    """
    row = locked_for(nomination, by=by, now=now)
    draft = NominationDraft(row, now=now)
    changed = draft.changed(step, data, seen=seen)
    if not changed:
        return row
    if (category := changed.get("category")) and not row.edition.categories.filter(pk=category).exists():
        raise ValidationError({"category": ValidationError(_("Choose from the list"), code="category")})
    if row.state == State.DRAFT:
        draft.write(changed)
        check_columns(row, changed)
    else:
        draft.wait(changed)
    if "title" in changed:
        row.similar_confirmed = row.similar_confirmed and row.state != State.DRAFT
    row.revision += 1
    row.updated = now
    row.save()
    return row


@transaction.atomic
def discard(nomination: Nomination, *, by: User, now: datetime) -> Nomination:
    """Drop the changes that wait: what was submitted stands. Refuses `not-yours`. Doing it twice changes nothing."""
    row = _locked_own(nomination, by=by)
    if row.changes:
        row.changes = {}
        row.revision += 1
        row.updated = now
        row.save(update_fields=["changes", "revision", "updated"])
        log.record(row.edition, row=row, verb=PrizeVerb.DISCARD_CHANGES, by=by, now=now)
    return row


@transaction.atomic
def submit(
    nomination: Nomination,
    *,
    by: User,
    is_different: bool = False,
    revision: int | None = None,
    now: datetime,
) -> Nomination:
    """Submit a draft, or the changes of a submitted nomination, as a whole: all rules, a version, a mail.

    `is_different`: the nominator says that projects with near-equal titles are others; `revision`: the one that the
    person has read (None: any). Refuses `not-yours`, `wrong-state`, `already-submitted` (nothing waits: so also the
    second of two at once), `not-open`, `deadline`, and those of `NominationDraft.enter`.
    """
    edition = lock_edition(nomination.edition_id)
    row = locked_for(nomination, by=by, now=now)
    row.edition = edition
    is_first = row.state == State.DRAFT
    if not is_first and not row.changes and row.state != State.RETURNED:
        raise ValidationError(_("This nomination is submitted already"), code="already-submitted")
    NominationDraft(row, now=now).enter(by=by, is_different=is_different, revision=revision)
    row.updated = now
    row.revision += 1
    if is_first:
        row.submitted = now
    if is_first or row.state == State.RETURNED:
        row.state = State.SUBMITTED
    row.forget_check()
    row.save()
    _received(row, verb=PrizeVerb.SUBMIT_NOMINATION if is_first else PrizeVerb.RESUBMIT_NOMINATION, by=by, now=now)
    return row


def _received(row: Nomination, *, verb: PrizeVerb, by: User, now: datetime) -> None:
    """What follows a submission: its version, the history, and the mail to the nominator."""
    version = keep_version(row, by=by, now=now).number
    log.record(row.edition, row=row, verb=verb, by=by, now=now, after={"version": version})
    nomination_mails.write_received(row, version=version, now=now)
    logger.info("nomination %s submitted, version %s", row.pk, version)


def keep_version(row: Nomination, *, by: User, now: datetime) -> NominationVersion:
    """Write down what is submitted now, files included, as the next version. The row must be locked."""
    data = as_version(submitted(row))
    data["category_title"] = str(row.category)
    data["files"] = [{"title": file.title, "name": file.file.name} for file in row.attachments.all()]
    number = row.versions.count() + 1
    return NominationVersion.objects.create(nomination=row, number=number, at=now, by=by, data=data)


@transaction.atomic
def withdraw(nomination: Nomination, *, by: User, reason: str = "", now: datetime) -> Nomination:
    """Take a nomination back: by its nominator until the nominees are published, by organisers with a reason.

    Refuses `not-yours`, `wrong-state`, `too-late` (for nominators), `no-reason` (for organisers), `polls-sealed`.
    """
    edition = lock_edition(nomination.edition_id)
    row = lock_nomination(nomination)
    is_own = row.nominator_id == by.pk
    may_withdraw = by.has_perm("prizes.change_nomination", row)
    if not is_own and not may_withdraw:
        raise ValidationError(_("Only the person who began a nomination can withdraw it"), code="not-yours")
    if State.WITHDRAWN not in Nomination.TRANSITIONS[row.state]:
        raise ValidationError(
            _("A nomination in the state “%(state)s” cannot be withdrawn") % {"state": row.get_state_display()},
            code="wrong-state",
        )
    if edition.polls_sealed:
        raise ValidationError(_("The vote is over: nominees can no longer be withdrawn"), code="polls-sealed")
    if is_own and edition.nominees_published and not may_withdraw:
        raise ValidationError(
            _("The nominees are published. Write to the organisers to withdraw the project"), code="too-late"
        )
    if not is_own and not reason.strip():
        raise ValidationError(_("Give a reason"), code="no-reason")
    was = row.state
    row.state = State.WITHDRAWN
    row.updated = now
    row.save(update_fields=["state", "updated"])
    verb, before, after = PrizeVerb.WITHDRAW_NOMINATION, {"state": was}, {"state": row.state}
    log.record(edition, row=row, verb=verb, by=by, now=now, reason=reason, before=before, after=after)
    if was == State.NOMINATED:
        public_revision.bump()
    return row
