"""Nominating a project: begin, save step by step, submit, change until the deadline, withdraw.

Each verb locks first the edition where it decides something about others, then the nomination. Deadlines are strict
and count from the arrival of the request (rules).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.models import User
from events.pages import revision as public_revision
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Category, Edition, Nomination
from prizes.nominations import duplicates, nomination_mails, project_files
from prizes.nominations.form import answers as form_answers
from prizes.nominations.form import validation
from prizes.nominations.locks import check_open, lock_edition, lock_nomination, locked_for
from registration.models import Registration

logger = logging.getLogger(__name__)

MOST_DRAFTS = 20  # unfinished ones of one person in an edition
State = Nomination.State


@transaction.atomic
def begin(edition: Edition, *, by: User, now: datetime) -> Nomination:
    """Begin a draft, with the entity that the person registered with; an untouched draft is given again.

    Refuses `not-open`, `deadline`, and `too-many-drafts` (20 unfinished ones).
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    check_open(edition, at=now)
    drafts = Nomination.objects.of(by).filter(edition=edition, state=State.DRAFT)
    if untouched := drafts.filter(revision=0, title="").first():
        return untouched
    if drafts.count() >= MOST_DRAFTS:
        sentence = _("You have %(number)s unfinished drafts. Finish or withdraw one first") % {"number": MOST_DRAFTS}
        raise ValidationError(sentence, code="too-many-drafts")
    known = Registration.objects.of(by).filter(forum=edition.forum_id).first()
    entity = (
        {
            "entity_name": known.organisation,
            "stakeholder_type": known.stakeholder_type,
            "country_id": known.country_id,
        }
        if known
        else {}
    )
    language = "en" if "en" in edition.languages or not edition.languages else edition.languages[0]
    row = Nomination.objects.create(
        edition=edition, nominator=by, language=language, created=now, updated=now, **entity
    )
    log.record(edition, row=row, verb=PrizeVerb.BEGIN_NOMINATION, by=by, now=now, subject=row.code)
    return row


def _checked(row: Nomination, *, data: Mapping[str, Any]) -> None:
    """The last defence behind the forms: refuse, field by field, values that the columns cannot hold."""
    scratch = Nomination(edition_id=row.edition_id)
    for name, value in data.items():
        if name not in {"linkages", "category"}:
            setattr(scratch, "country_id" if name == "country" else name, value or None if name == "country" else value)
    fields = {field.name for field in Nomination._meta.concrete_fields}
    scratch.clean_fields(exclude=fields - (set(data) - {"category"}))
    category = data.get("category")
    if category is not None and not Category.objects.filter(edition=row.edition_id, pk=category).exists():
        raise ValidationError({"category": ValidationError(_("Choose from the list"), code="category")})


@transaction.atomic
def save(
    nomination: Nomination,
    *,
    by: User,
    step: str,
    data: Mapping[str, Any],
    seen: str = "",
    arrived: datetime,
    now: datetime,
) -> Nomination:
    """Keep answers of one step (`nomination_answers.STEPS`; names of other steps are left out), complete or not.

    `seen`: the digest of the step's answers when the form was shown. Where the stored ones have changed since, on
    another device, and differ from `data`, nothing is written and `outdated` is refused. Refuses `not-yours`,
    `wrong-state`, `not-open`, `deadline`, and values that cannot be kept, by field.
    """
    row = locked_for(nomination, by=by, at=arrived)
    given = {name: data[name] for name in form_answers.STEPS[step] if name in data}
    known = form_answers.current(row)
    changed = {name: value for name, value in given.items() if known[name] != value}
    if not changed:
        return row
    if seen and seen != form_answers.digest(known, step=step):
        raise ValidationError(
            _("This step was changed on another device since you opened it. What you entered is not saved yet"),
            code="outdated",
        )
    _checked(row, data=changed)
    if row.state == State.DRAFT:
        form_answers.write(row, answers=changed)
    else:
        stands = form_answers.encoded(form_answers.submitted(row))
        waiting = row.changes | form_answers.encoded(changed)
        row.changes = {name: value for name, value in waiting.items() if value != stands[name]}
    if "title" in changed:
        row.similar_confirmed = row.similar_confirmed and row.state != State.DRAFT
    row.revision += 1
    row.updated = now
    row.save()
    return row


@transaction.atomic
def discard(nomination: Nomination, *, by: User, now: datetime) -> Nomination:
    """Drop the changes that wait: what was submitted stands. Refuses `not-yours`. Doing it twice changes nothing."""
    row = lock_nomination(nomination)
    if row.nominator_id != by.pk:
        raise ValidationError(_("Only the person who began a nomination can change it"), code="not-yours")
    if row.changes:
        row.changes = {}
        row.revision += 1
        row.updated = now
        row.save(update_fields=["changes", "revision", "updated"])
        log.record(row.edition, row=row, verb=PrizeVerb.DISCARD_CHANGES, by=by, now=now, subject=row.code)
    return row


def today_of(edition: Edition, *, now: datetime) -> date:
    """The date in the edition's zone."""
    return now.astimezone(edition.zone).date()


@dataclass(frozen=True)
class Findings:
    """What stands against submitting, by field, and the projects with near-equal titles."""

    refusals: dict[str, ValidationError]
    near: list[duplicates.Near]


def findings(nomination: Nomination, *, answers: Mapping[str, Any], now: datetime) -> Findings:
    """Ask all rules about these answers of a nomination; its `edition` must be loaded with the forum. Changes nothing."""
    edition = nomination.edition
    winners = duplicates.earlier_winners(edition, now=now)
    standing = duplicates.refusals(edition, answers=answers, besides=nomination.pk, winners=winners)
    found = validation.problems(answers, languages=edition.languages, today=today_of(edition, now=now))
    near = duplicates.similar(edition, title=answers["title"], besides=nomination.pk, winners=winners, now=now)
    return Findings(refusals=standing | found, near=[] if "title" in standing else near)


def _check_rules(row: Nomination, *, answers: Mapping[str, Any], is_different: bool, now: datetime) -> None:
    """Refuse by field; note whether near-equal titles are confirmed (for this title)."""
    found = findings(row, answers=answers, now=now)
    refusals = dict(found.refusals)
    is_known = row.similar_confirmed and answers["title"] == row.title
    row.similar_confirmed = bool(found.near) and (is_different or is_known)
    if found.near and not row.similar_confirmed:
        sentence = _("There are projects with nearly the same title. Confirm that this is a different project")
        refusals["similar_confirmed"] = ValidationError(sentence, code="similar")
    if refusals:
        raise ValidationError(refusals)


@transaction.atomic
def submit(
    nomination: Nomination,
    *,
    by: User,
    is_different: bool = False,
    revision: int | None = None,
    arrived: datetime,
    now: datetime,
) -> Nomination:
    """Submit a draft, or the changes of a submitted nomination, as a whole: all rules, a version, a mail.

    `is_different`: the nominator says that projects with near-equal titles are others; `revision`: the one that the
    person has read (None: any). Refuses `not-yours`, `wrong-state`, `already-submitted` (nothing waits: so also the
    second of two at once), `not-open`, `deadline`, `outdated`, `not-confirmed`, and by field those of
    `nomination_rules.problems` and `nomination_standing.refusals`, and `similar`.
    """
    edition = lock_edition(nomination.edition_id)
    row = locked_for(nomination, by=by, at=arrived)
    row.edition = edition
    is_first = row.state == State.DRAFT
    if not is_first and not row.changes:
        raise ValidationError(_("This nomination is submitted already"), code="already-submitted")
    if revision is not None and revision != row.revision:
        sentence = _("The nomination was changed since you opened this page. Read it again, then submit it")
        raise ValidationError(sentence, code="outdated")
    if not by.has_confirmed_address():
        raise ValidationError(_("Confirm your e-mail address first, then submit"), code="not-confirmed")
    answers = form_answers.current(row)
    _check_rules(row, answers=answers, is_different=is_different, now=now)
    form_answers.write(row, answers=answers)
    row.changes = {}
    row.updated = now
    row.revision += 1
    if is_first:
        row.state = State.SUBMITTED
        row.submitted = now
    _saved(row)
    version = project_files.keep_version(row, by=by, now=now)
    verb = PrizeVerb.SUBMIT_NOMINATION if is_first else PrizeVerb.RESUBMIT_NOMINATION
    log.record(edition, row=row, verb=verb, by=by, now=now, subject=row.code, after={"version": version.number})
    nomination_mails.write_received(row, version=version.number, now=now)
    logger.info("nomination %s submitted, version %s", row.pk, version.number)
    return row


def _saved(row: Nomination) -> None:
    """Save; the database's own refusal becomes the sentence of the rule that it stands behind."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        text = str(error)
        if "nomination_entity_once_in_category" in text or ("category_id" in text and "entity_key" in text):
            raise ValidationError({"category": duplicates.entity_has_project()}) from error
        raise ValidationError({"title": duplicates.duplicate()}) from error


@transaction.atomic
def withdraw(nomination: Nomination, *, by: User, reason: str = "", now: datetime) -> Nomination:
    """Take a nomination back: by its nominator until the nominees are published, by organisers with a reason.

    Refuses `not-yours`, `wrong-state`, `too-late` (for nominators), `no-reason` (for organisers), `polls-sealed`.
    """
    edition = lock_edition(nomination.edition_id)
    row = lock_nomination(nomination)
    is_own = row.nominator_id == by.pk
    if not is_own and not by.has_perm("prizes.change_nomination"):
        raise ValidationError(_("Only the person who began a nomination can withdraw it"), code="not-yours")
    if State.WITHDRAWN not in Nomination.TRANSITIONS[row.state]:
        raise ValidationError(
            _("A nomination in the state “%(state)s” cannot be withdrawn") % {"state": row.get_state_display()},
            code="wrong-state",
        )
    if edition.polls_sealed:
        raise ValidationError(_("The vote is over: nominees can no longer be withdrawn"), code="polls-sealed")
    if is_own and edition.nominees_published and not by.has_perm("prizes.change_nomination"):
        raise ValidationError(
            _("The nominees are published. Write to the organisers to withdraw the project"), code="too-late"
        )
    if not is_own and not reason.strip():
        raise ValidationError(_("Give a reason"), code="no-reason")
    was = row.state
    row.state = State.WITHDRAWN
    row.updated = now
    row.save(update_fields=["state", "updated"])
    log.record(
        edition,
        row=row,
        verb=PrizeVerb.WITHDRAW_NOMINATION,
        by=by,
        now=now,
        subject=row.code,
        reason=reason,
        before={"state": was},
        after={"state": row.state},
    )
    if was == State.NOMINATED:
        public_revision.bump()
    return row
