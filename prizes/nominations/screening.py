"""The secretariat's first check of nominations: passed, not passed, sent back to be mended, moved to another category.

It stands between submission and review, in editions that ask for it (`Edition.screening_readers`; in 2020 776 of 806 passed). Where
two readers are asked for, a verdict holds once a second person gives the same. Nobody is told that a project passed: the nominees
are news of their own. Whoever goes no further, is sent back or moved is told at once, in the organiser's words.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Category, Nomination
from prizes.nominations import nomination_mails
from prizes.nominations.duplicates import submitted_beside
from prizes.nominations.submission import keep_version, lock_edition, lock_nomination

State = Nomination.State


def _locked(nomination: Nomination, *, states: set[State]) -> Nomination:
    """The row, where it can be checked: in one of these states, in time, and with no expert yet."""
    edition = lock_edition(nomination.edition_id)
    row = lock_nomination(nomination)
    row.edition = edition
    if not edition.screening_readers:
        raise ValidationError(_("This edition has no first check. Set its number of readers first"), code="no-check")
    if edition.nominees_published:
        raise ValidationError(_("The nominees are published already"), code="already-published")
    if row.state not in states:
        words = _("This nomination is “%(state)s” and cannot go there") % {"state": row.get_state_display()}
        raise ValidationError(words, code="wrong-state")
    if row.assignments.exists():
        raise ValidationError(_("Experts are assigned already. Take back the assignments first"), code="in-review")
    return row


def _is_agreed(row: Nomination, *, verdict: str, by: User) -> bool:
    """Whether as many people gave this verdict as the edition asks for; else it waits in the row for the next reader."""
    if row.edition.screening_readers < 2 or (row.first_verdict == verdict and row.first_reader_id != by.pk):
        return True
    if row.first_verdict == verdict:
        raise ValidationError(_("You have checked this one. Now a second person has to"), code="same-reader")
    row.first_reader, row.first_verdict = by, verdict
    return False


def _save(row: Nomination, *, verb: PrizeVerb, by: User, now: datetime, words: str, **after: Any) -> Nomination:
    row.updated = now
    row.save()
    log.record(row.edition, row=row, verb=verb, by=by, now=now, reason=words, after=after | {"state": row.state})
    return row


@transaction.atomic
def accept(nomination: Nomination, *, by: User, now: datetime) -> Nomination:
    """Let a nomination pass into the review, also one that did not pass before.

    Refuses `no-check`, `already-published`, `wrong-state` (it passed already, too), `in-review`, and `same-reader` where the
    edition asks for two people.
    """
    row = _locked(nomination, states={State.SUBMITTED, State.RETURNED, State.NOT_PASSED})
    if row.screened:
        raise ValidationError(_("This nomination has passed already"), code="wrong-state")
    if _is_agreed(row, verdict=Nomination.Verdict.PASSED, by=by):
        row.forget_check()
        row.state, row.screened = State.SUBMITTED, now
    return _save(row, verb=PrizeVerb.PASS_NOMINATION, by=by, now=now, words="", passed=row.screened is not None)


@transaction.atomic
def refuse(nomination: Nomination, *, reason: str, words: str = "", by: User, now: datetime) -> Nomination:
    """Let a nomination go no further, for a `reason` (Nomination.Reason), and tell its nominator once that is agreed.

    Refuses what `accept` refuses.
    """
    row = _locked(nomination, states={State.SUBMITTED, State.RETURNED})
    if _is_agreed(row, verdict=Nomination.Verdict.NOT_PASSED, by=by):
        row.forget_check()
        row.state, row.screening_reason, row.screening_words = State.NOT_PASSED, reason, words
        nomination_mails.write_checked(row, nomination_mails.IS_NOT_PASSED, quote=words, now=now)
    return _save(row, verb=PrizeVerb.REFUSE_NOMINATION, by=by, now=now, words=words, why=reason)


@transaction.atomic
def send_back(nomination: Nomination, *, reason: str, words: str, until: date, by: User, now: datetime) -> Nomination:
    """Give a nomination back to be corrected by the end of the day `until` in the edition's zone, also after the deadline.

    Refuses `no-check`, `already-published`, `wrong-state`, `in-review`, and `past-day`.
    """
    row = _locked(nomination, states={State.SUBMITTED, State.RETURNED})
    ends = datetime.combine(until + timedelta(days=1), datetime.min.time(), tzinfo=row.edition.zone)
    if ends <= now:
        raise ValidationError(_("Choose a day that is not over yet"), code="past-day")
    row.forget_check()
    row.state, row.screening_reason, row.screening_words, row.mend_until = State.RETURNED, reason, words, ends
    nomination_mails.write_checked(row, nomination_mails.IS_RETURNED, quote=words, now=now)
    return _save(
        row, verb=PrizeVerb.RETURN_NOMINATION, by=by, now=now, words=words, why=reason, until=until.isoformat()
    )


@transaction.atomic
def move(nomination: Nomination, *, category: Category, words: str = "", by: User, now: datetime) -> Nomination:
    """Put a nomination into another category of its edition, as a new version, and tell its nominator.

    Refuses `no-check`, `already-published`, `wrong-state`, `in-review`, and `category` for one of another edition, the one that it
    has, or one where its entity has a project.
    """
    row = _locked(nomination, states={State.SUBMITTED, State.RETURNED})
    if category.edition_id != row.edition_id or category.pk == row.category_id:
        raise ValidationError(_("Choose another category of this edition"), code="category")
    others = submitted_beside(row.edition, besides=row.pk)
    if any((one.entity_key, one.category_id) == (row.entity_key, category.pk) for one in others):
        raise ValidationError(_("This entity has a project in that category already"), code="category")
    was, row.category = row.category, category
    row.changes.pop("category", None)
    row.revision += 1
    keep_version(row, by=by, now=now)
    nomination_mails.write_checked(row, nomination_mails.IS_MOVED, quote=words, now=now)
    about = {"of": str(was), "category": str(category)}
    return _save(row, verb=PrizeVerb.MOVE_NOMINATION, by=by, now=now, words=words, **about)
