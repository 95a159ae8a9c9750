"""From the submitted nominations to the published nominees: the shortlist, its limit, and its publication."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum, User
from events.shared.pages import hooks, revision
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Ballot, Edition, Nomination, Phase

State = Nomination.State


def _check_time(edition: Edition, *, now: datetime) -> None:
    if edition.nominees_published is not None:
        raise ValidationError(_("The nominees are published already"), code="already-published")
    submission = edition.phase(Phase.Kind.SUBMISSION)
    if submission is None or now < submission.ends:
        raise ValidationError(_("Nominations can still be submitted. Wait for the deadline"), code="submission-open")


def _locked(nomination: Nomination, *, now: datetime) -> tuple[Edition, Nomination]:
    """The edition, then the nomination: every move of the shortlist waits for the others of its edition."""
    edition = Edition.objects.lock(nomination.edition_id)
    _check_time(edition, now=now)
    row = (
        Nomination.objects.select_for_update(of=("self",), no_key=True).select_related("category").get(pk=nomination.pk)
    )
    return edition, row


def _move(row: Nomination, *, to: str) -> None:
    if to not in Nomination.TRANSITIONS[row.state]:
        words = _("This nomination is “%(state)s” and cannot go there") % {"state": row.get_state_display()}
        raise ValidationError(words, code="wrong-state")
    row.state = to
    row.save(update_fields=["state"])


def places_left(edition: Edition, *, category: int) -> int:
    """How many nominations (of a category's key) can still be shortlisted; never below 0. One query."""
    taken = Nomination.objects.filter(category_id=category, state=State.SHORTLISTED).count()
    return max(edition.nominees_per_category - taken, 0)


@transaction.atomic
def shortlist(nomination: Nomination, *, by: User, reason: str, now: datetime) -> Nomination:
    """Take a submitted nomination onto the shortlist of its category.

    Refuses `submission-open`, `already-published`, `wrong-state` unless it is submitted, `not-checked`, and `category-full` once
    the category has as many as the edition allows (nominees per category; WSIS Prizes 2021: 20).
    """
    edition, row = _locked(nomination, now=now)
    if row.state == State.SUBMITTED and places_left(edition, category=row.category_id or 0) == 0:
        words = _("The shortlist of “%(category)s” has its %(most)s nominations. Take one off first")
        values = {"category": row.category, "most": edition.nominees_per_category}
        raise ValidationError(words % values, code="category-full")
    if edition.screening_readers and not row.screened:
        raise ValidationError(_("This nomination has not passed the first check yet"), code="not-checked")
    _move(row, to=State.SHORTLISTED)
    log.record(edition, row=row, verb=PrizeVerb.SHORTLIST, by=by, now=now, reason=reason)
    return row


@transaction.atomic
def unshortlist(nomination: Nomination, *, by: User, reason: str, now: datetime) -> Nomination:
    """Take a nomination off the shortlist again. Refuses `submission-open`, `already-published`, `wrong-state`."""
    edition, row = _locked(nomination, now=now)
    if row.state != State.SHORTLISTED:
        raise ValidationError(_("This nomination is not on the shortlist"), code="wrong-state")
    _move(row, to=State.SUBMITTED)
    log.record(edition, row=row, verb=PrizeVerb.UNSHORTLIST, by=by, now=now, reason=reason)
    return row


def _check_publishable(edition: Edition, *, now: datetime) -> None:
    """Refuse what `publish_nominees` refuses, of an edition that is locked."""
    _check_time(edition, now=now)
    voting = edition.phase(Phase.Kind.VOTING)
    if voting is not None and now >= voting.starts and Ballot.objects.filter(edition=edition).exists():
        raise ValidationError(
            _("People have begun to vote. The nominees cannot be published any more"), code="voting-begun"
        )
    shortlisted = Nomination.objects.filter(edition=edition, state=State.SHORTLISTED)
    sizes = dict(shortlisted.order_by().values_list("category__title").annotate(Count("pk")))
    if not sizes:
        raise ValidationError(_("No nomination is shortlisted yet"), code="nothing-shortlisted")
    waiting = Nomination.objects.filter(edition=edition, state__in=[State.SUBMITTED, State.RETURNED], screened=None)
    if edition.screening_readers and (number := waiting.count()):
        words = ngettext(
            "%(n)s nomination waits for the first check. Decide on it first",
            "%(n)s nominations wait for the first check. Decide on them first",
            number,
        )
        raise ValidationError(words % {"n": number}, code="not-checked")
    over = sorted(title for title, size in sizes.items() if size > edition.nominees_per_category)
    if over:
        words = _("More nominations are shortlisted than the edition allows: %(categories)s")
        raise ValidationError(words % {"categories": ", ".join(over)}, code="category-full")


@hooks.previewed()
def _show_shortlist(forum: Forum, user: User, now: datetime) -> None:
    """The shortlist as the nominees, once people may see nominations and none are published."""
    edition = Edition.objects.filter(forum=forum, nominees_published=None).first()
    if edition is not None and user.has_perm("prizes.view_nomination", forum):
        edition.nominations.filter(state=State.SHORTLISTED).update(state=State.NOMINATED)
        Edition.objects.filter(pk=edition.pk).update(nominees_published=now)


@transaction.atomic
def publish_nominees(edition: Edition, *, by: User, reason: str, now: datetime) -> Edition:
    """Make the shortlist the nominees, for all to see; those not on it are not nominated. There is no way back.

    At the latest before the vote opens; once it is open, only as long as no ballot exists. Refuses `reason-required`,
    `submission-open`, `already-published`, `nothing-shortlisted`, `not-checked`, `category-full`, `voting-begun`.
    """
    row = Edition.objects.lock(edition.pk)
    if not reason.strip():
        raise ValidationError(_("Say why, in a sentence or two"), code="reason-required")
    _check_publishable(row, now=now)
    nominations = Nomination.objects.filter(edition=row)
    nominated = nominations.filter(state=State.SHORTLISTED).update(state=State.NOMINATED)
    not_nominated = nominations.filter(state__in=[State.SUBMITTED, State.RETURNED]).update(state=State.NOT_NOMINATED)
    row.nominees_published = now
    row.save(update_fields=["nominees_published"])
    details = {"nominated": nominated, "not_nominated": not_nominated}
    log.record(row, verb=PrizeVerb.PUBLISH_NOMINEES, by=by, now=now, subject=row.name, reason=reason, after=details)
    revision.bump()
    return row
