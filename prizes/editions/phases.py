"""Changing the dates and the rules of an edition: with a reason, in the order of the rules, never behind the voters' backs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.forums import hooks as forums_hooks
from events.models import Forum, User
from events.shared.pages import hooks as pages_hooks
from events.shared.pages import revision
from events.shared.rights import hooks as staff_hooks
from prizes.chain import closing_time
from prizes.chain.commitments import stamp
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Block, Edition, Phase, check_phase_order

type Dates = tuple[datetime, datetime]

# All settings of an edition that organisers may change; those of Edition.RULES only until the vote opens.
SETTINGS = (
    *Edition.RULES,
    "nominees_per_category",
    "languages",
    "screening_readers",
    "reviews_per_nomination",
    "is_blind_review",
    "is_feedback_given",
    "smallest_block",
)
# What names an edition: logged too, but nobody has to say why.
DETAILS = ("name", "time_zone")


@dataclass(frozen=True)
class PhaseChange:
    """What becomes of one phase: new dates [starts, ends), or None to take it out; `reason` in the organiser's words."""

    kind: str
    dates: Dates | None
    reason: str = ""


def has_vote_begun(edition: Edition, *, now: datetime) -> bool:
    """Whether the rules stand: the voting phase has begun, or the chain has its first block. At most two queries."""
    voting = edition.phase(Phase.Kind.VOTING)
    return (voting is not None and voting.starts <= now) or Block.objects.filter(edition=edition).exists()


def is_vote_open(edition: Edition, *, now: datetime) -> bool:
    """Whether people can vote, or a choice of theirs may still be under way."""
    voting = edition.phase(Phase.Kind.VOTING)
    has_begun = voting is not None and voting.starts <= now and edition.nominees_published is not None
    return has_begun and edition.polls_sealed is None and not closing_time.is_settled(edition, now=now)


@staff_hooks.stays_as_it_is()
def _has_open_vote(row: Any, is_public: bool, now: datetime) -> str:
    """Voters find their ballots, the chain and their receipts on the pages of the forum and its prize."""
    if isinstance(row, Forum):
        row = Edition.objects.filter(forum=row, is_public=True).first()
    is_bound = not is_public and isinstance(row, Edition) and is_vote_open(row, now=now)
    return _("The vote is open: the forum and its prize stay public until it is over") if is_bound else ""


@pages_hooks.previewed()
def _show_edition(forum: Forum, user: User, now: datetime) -> None:
    """The prize with its dates and categories."""
    if user.has_perm("prizes.view_edition", forum):
        Edition.objects.filter(forum=forum).update(is_public=True)


@forums_hooks.forum_goes_on()
def _prize_goes_on(forum: Forum, now: datetime) -> str:
    """Nobody could count, announce, move an end or close the edition any more: what joins ballots to people would stay for good."""
    edition = Edition.objects.filter(forum=forum).prefetch_related("phases").first()
    is_open = edition is not None and (
        any(phase.ends > now for phase in edition.phases.all()) or is_vote_open(edition, now=now)
    )
    if is_open:
        return _("The prize of this forum goes on: archive the forum when its last phase is over")
    if edition is not None and edition.closed is None and edition.ballots.exists():
        words = _(
            "Close “%(prize)s” first: in the archive nobody could delete any more what joins its ballots to people"
        )
        return words % {"prize": edition.name}
    return ""


@transaction.atomic
def arrange(edition: Edition, *, changes: Iterable[PhaseChange], by: User, now: datetime) -> list[Phase]:
    """Add, move or take out phases of an edition together; return those that were added or moved.

    A phase whose dates stay the same is left alone and not logged. Refuses what `check` refuses and `phase-order` (an
    overlap, or not the order of the rules). Locks the edition.
    """
    locked = Edition.objects.lock(edition.pk)
    known = {phase.kind: phase for phase in locked.phases.all()}
    real = [change for change in changes if _dates(known.get(change.kind)) != change.dates]
    for change in real:
        check(locked, change=change, now=now)
    plan = {kind: _dates(phase) for kind, phase in known.items()} | {change.kind: change.dates for change in real}
    check_phase_order([(kind, *dates) for kind, dates in plan.items() if dates])
    touched = [_apply(locked, phase=known.get(change.kind), change=change, by=by, now=now) for change in real]
    if real:
        revision.bump()
    return [phase for phase in touched if phase]


def check(edition: Edition, *, change: PhaseChange, now: datetime) -> None:
    """Refuse a change of one phase that would break what people rely on; its place among the others is not looked at.

    `edition-closed`; `reason-missing` (of a phase that exists); `phase-empty` (ends not after it starts);
    `close-passed` (the end of the vote, once it has passed or the last block is sealed); `vote-begun` (the beginning
    of a vote that has begun, or taking it out); `needs-two` (the end of a running vote: prizes.editions.end_of_vote);
    `end-passed` (an end moved into the past).
    """
    phase = edition.phase(change.kind)
    if edition.closed:
        raise ValidationError(_("The edition is closed: its dates stay as they are"), code="edition-closed")
    if change.dates and change.dates[1] <= change.dates[0]:
        raise ValidationError(_("The end is not after the start"), code="phase-empty")
    if phase is None or _dates(phase) == change.dates:
        return
    if not change.reason.strip():
        raise ValidationError(_("Say why the dates change: the reason is logged"), code="reason-missing")
    if phase.kind == Phase.Kind.VOTING:
        _check_vote(edition, phase=phase, dates=change.dates, now=now)
    if change.dates and change.dates[1] != phase.ends and change.dates[1] <= now:
        raise ValidationError(_("This end has passed already. Choose one in the future"), code="end-passed")


def _check_vote(edition: Edition, *, phase: Phase, dates: Dates | None, now: datetime) -> None:
    is_over = phase.ends <= now or edition.polls_sealed is not None
    if is_over and (dates is None or dates[1] != phase.ends):
        raise ValidationError(_("The vote has closed: its end cannot be moved any more"), code="close-passed")
    if has_vote_begun(edition, now=now) and (dates is None or dates[0] != phase.starts):
        raise ValidationError(_("The vote has begun: its beginning cannot be changed any more"), code="vote-begun")
    if phase.starts <= now and dates is not None and dates[1] != phase.ends:
        raise ValidationError(
            _("The vote is open: two people move its end together, on the page “Move the end of the vote”"),
            code="needs-two",
        )


def move_end(edition: Edition, *, phase: Phase, ends: datetime, by: User, reason: str, now: datetime) -> None:
    """Write the new end of a running vote, which two people decided (prizes.editions.end_of_vote) under the edition's lock."""
    change = PhaseChange(phase.kind, (phase.starts, ends), reason)
    _apply(edition, phase=phase, change=change, verb=PrizeVerb.MOVE_END, by=by, now=now)
    revision.bump()


def _dates(phase: Phase | None) -> Dates | None:
    return (phase.starts, phase.ends) if phase else None


def _said(dates: Dates | None) -> dict[str, str]:
    return {"starts": stamp(dates[0]), "ends": stamp(dates[1])} if dates else {}


def _apply(
    edition: Edition,
    *,
    phase: Phase | None,
    change: PhaseChange,
    verb: PrizeVerb | None = None,
    by: User,
    now: datetime,
) -> Phase | None:
    """Write and log a change; `verb`: what it is called, where that is not to add, to move or to remove a phase."""
    before = _dates(phase)
    if change.dates is None:
        verb = PrizeVerb.REMOVE_PHASE
        edition.phases.filter(kind=change.kind).delete()
    else:
        verb = verb or (PrizeVerb.MOVE_PHASE if phase else PrizeVerb.ADD_PHASE)
        phase = phase or Phase(edition=edition, kind=change.kind)
        phase.starts, phase.ends = change.dates
        phase.save()
    log.record(
        edition,
        verb=verb,
        by=by,
        now=now,
        subject=change.kind,
        reason=change.reason.strip(),
        before=_said(before),
        after=_said(change.dates),
    )
    return phase if change.dates else None


def changed_settings(edition: Edition, *, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` (name → value) that are settings or details and differ from what the edition has."""
    known = [name for name in (*DETAILS, *SETTINGS) if name in values]
    return {name: values[name] for name in known if values[name] != getattr(edition, name)}


@transaction.atomic
def change_settings(edition: Edition, *, values: Mapping[str, Any], by: User, reason: str, now: datetime) -> list[str]:
    """Give an edition other details and settings; return the names of those that changed.

    Values that are the same, and names of other fields, are left alone. Refuses what `check_settings` refuses. Locks
    the edition.
    """
    locked = Edition.objects.lock(edition.pk)
    changed = changed_settings(locked, values=values)
    check_settings(locked, names=changed, reason=reason, now=now)
    if not changed:
        return []
    before = {name: getattr(locked, name) for name in changed}
    for name, value in changed.items():
        setattr(locked, name, value)
        setattr(edition, name, value)
    locked.save(update_fields=list(changed))
    log.record(
        locked,
        verb=PrizeVerb.CHANGE_SETTINGS,
        by=by,
        now=now,
        subject=locked.name,
        reason=reason.strip(),
        before=before,
        after=changed,
    )
    revision.bump()
    return list(changed)


def check_settings(edition: Edition, *, names: Collection[str], reason: str, now: datetime) -> None:
    """Refuse a change of the settings `names` of an edition.

    Details may change at any time. `edition-closed`; `rules-fixed` (a rule of `Edition.RULES`, once the vote has begun: it stands in
    the first block of the chain); `reason-missing`.
    """
    changed = set(names) & set(SETTINGS)
    if not changed:
        return
    if edition.closed:
        raise ValidationError(_("The edition is closed: its rules stay as they are"), code="edition-closed")
    if changed & set(Edition.RULES) and has_vote_begun(edition, now=now):
        raise ValidationError(_("The vote has begun: its rules cannot be changed any more"), code="rules-fixed")
    if not reason.strip():
        raise ValidationError(_("Say why the rules change: the reason is logged"), code="reason-missing")


def check_categories(edition: Edition, *, now: datetime) -> None:
    """Refuse (`rules-fixed`) to add, change or remove categories once the vote has begun: the chain's first block names them."""
    if has_vote_begun(edition, now=now):
        raise ValidationError(_("The vote has begun: its categories cannot be changed any more"), code="rules-fixed")


@transaction.atomic
def add(edition: Edition, *, by: User, now: datetime) -> None:
    """Save a new edition, and log that it was made."""
    edition.save()
    log.record(edition, verb=PrizeVerb.ADD_EDITION, by=by, now=now, subject=edition.name)
