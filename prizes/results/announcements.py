"""The end of the embargo: one organiser proposes, another approves, and it takes effect at once or at a set time."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events import hooks
from events.models import Forum, User
from events.pages import revision
from events.staff.two_people import presence
from prizes.chain.commitments import stamp
from prizes.count import counting, recount_requests
from prizes.editions import by_two, embargo, log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Announcement, Edition, Nomination, Winner
from prizes.results import certificates, winners

Kind, State = Announcement.Kind, Announcement.State
DECIDE = "prizes.decide_announcement"


def moves(announcement: Announcement, *, now: datetime) -> set[str]:
    """The states to which an announcement can be moved at `now`: what the public has seen is not withdrawn."""
    is_in_effect = announcement.effective is not None and announcement.effective <= now
    return Announcement.TRANSITIONS[announcement.state] - ({State.WITHDRAWN} if is_in_effect else set())


@transaction.atomic
def propose(
    edition: Edition,
    *,
    kind: str,
    at: datetime | None,
    reason: str,
    by: User,
    now: datetime,
    authenticated: datetime | None = None,
) -> Announcement:
    """Propose to announce the champions or the winners, at once (`at` None) when it is approved, or at a set time.

    Refuses `past` for a set time before `now`, `announcement-exists` while another of this kind stands, and what `approve` refuses of
    the results: `not-counted`, `count-due`, `count-failed`, `champion-withdrawn`; for winners `champions-first` without
    an announcement of the champions, `before-champions`, `winners-missing`, `winner-not-champion`; `no-second-factor`,
    `not-recent`.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    locked = Edition.objects.lock(edition.pk)
    if kind not in Kind.values:
        raise ValidationError(_("Choose champions or winners"), code="unknown-kind")
    if at is not None and at < now:
        raise ValidationError(_("This time has passed. Choose a later one, or none to announce at once"), code="past")
    if _standing(locked, kind=kind):
        raise ValidationError(_("This announcement is proposed already"), code="announcement-exists")
    _check(locked, kind=kind, effective=max(at, now) if at else now, is_approval=False)
    announcement = Announcement.objects.create(
        edition=locked, kind=kind, at=at, reason=reason.strip(), proposed_by=by, proposed=now
    )
    _log(announcement, verb=PrizeVerb.PROPOSE_ANNOUNCEMENT, by=by, reason=announcement.reason, now=now)
    return announcement


@transaction.atomic
def approve(
    announcement: Announcement, *, by: User, now: datetime, authenticated: datetime | None = None
) -> Announcement:
    """Approve what another organiser proposed. A set time that has passed meanwhile means at once.

    Refuses `not-proposed`, what `by_two.must_be_two` refuses, `not-counted`, `count-due`, `count-failed`, `champion-withdrawn`, and for
    winners `champions-first`, `before-champions`, `winners-missing`, `winner-not-champion`, and `not-impartial` as
    `winners.choose` does. Issues the certificates where it is in effect at once.
    """
    edition = Edition.objects.lock(announcement.edition_id)
    locked = _moving(announcement, to=State.APPROVED)
    by_two.must_be_two(
        edition, first=locked.proposed_by, second=by, permission=DECIDE, authenticated=authenticated, now=now
    )
    _check(edition, kind=locked.kind, effective=max(locked.at, now) if locked.at else now, is_approval=True)
    if locked.kind == Kind.WINNERS:
        categories = winners.champions(edition).values_list("category", flat=True)
        winners.must_be_impartial(edition, user=by, categories=categories)
    locked.state, locked.approved_by, locked.approved = State.APPROVED, by, now
    locked.save(update_fields=["state", "approved_by", "approved"])
    certificates.issue(edition, now=now)
    _log(locked, verb=PrizeVerb.APPROVE_ANNOUNCEMENT, by=by, reason=locked.reason, now=now)
    revision.bump()
    return locked


@transaction.atomic
def withdraw(
    announcement: Announcement, *, by: User, reason: str, now: datetime, authenticated: datetime | None = None
) -> Announcement:
    """Take back an announcement before it is in effect.

    Refuses `no-second-factor`, `not-recent`, `reason-missing`, `not-proposed` when it is withdrawn already, `in-effect`, and
    for champions `winners-depend` while an announcement of the winners stands.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    edition = Edition.objects.lock(announcement.edition_id)
    locked = _moving(announcement, to=State.WITHDRAWN)
    why = log.why(reason)
    effective = locked.effective
    if effective is not None and effective <= now:
        raise ValidationError(_("The public has seen it: it cannot be taken back"), code="in-effect")
    if locked.kind == Kind.CHAMPIONS and _standing(edition, kind=Kind.WINNERS):
        raise ValidationError(_("Withdraw the announcement of the winners first"), code="winners-depend")
    was_approved = locked.state == State.APPROVED
    locked.state = State.WITHDRAWN
    locked.save(update_fields=["state"])
    _log(locked, verb=PrizeVerb.WITHDRAW_ANNOUNCEMENT, by=by, reason=why, now=now)
    if was_approved:
        revision.bump()
    return locked


@hooks.previewed()
def _show_results(forum: Forum, user: User, now: datetime) -> None:
    """What is counted and who is chosen, for those who may see it, as if it was announced now."""
    edition = Edition.objects.filter(forum=forum, counts__isnull=False).first()
    second = User.objects.exclude(pk=user.pk).first()
    if edition is None or second is None or not user.has_perm("prizes.view_result", forum):
        return
    chosen = Winner.objects.filter(category__edition=edition)
    sees_winners = user.has_perm("prizes.view_winner", forum) and chosen.exists()
    for kind in (Kind.CHAMPIONS, Kind.WINNERS) if sees_winners else (Kind.CHAMPIONS,):
        if not embargo.is_lifted(edition, kind=kind, now=now):
            edition.announcements.filter(kind=kind).delete()
            edition.announcements.create(
                kind=kind, state=State.APPROVED, proposed_by=user, proposed=now, approved_by=second, approved=now
            )


def _moving(announcement: Announcement, *, to: str) -> Announcement:
    """The row as it is now, locked; refuses `not-proposed` where its state does not lead to `to`."""
    locked = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if to not in Announcement.TRANSITIONS[locked.state]:
        raise ValidationError(
            _("This announcement is %(state)s") % {"state": locked.get_state_display()}, code="not-proposed"
        )
    return locked


def _standing(edition: Edition, *, kind: str) -> bool:
    return Announcement.objects.filter(edition=edition, kind=kind).exclude(state=State.WITHDRAWN).exists()


def _check(edition: Edition, *, kind: str, effective: datetime, is_approval: bool) -> None:
    """Refuse an announcement whose results are not ready to be seen from `effective` on."""
    if counting.latest(edition) is None:
        raise ValidationError(_("The votes are not counted yet"), code="not-counted")
    recount_requests.must_fit(edition)
    if winners.champions(edition).exclude(nomination__state=Nomination.State.NOMINATED).exists():
        raise ValidationError(_("A champion withdrew: count again first"), code="champion-withdrawn")
    if kind == Kind.WINNERS:
        _check_winners(edition, effective=effective, is_approval=is_approval)


def _check_winners(edition: Edition, *, effective: datetime, is_approval: bool) -> None:
    """Winners follow the champions: proposed after them, approved after them, never in effect before them.

    Each category that has champions has a winner, and each winner is a champion.
    """
    champions = embargo.Lifting.of(edition).approved(Kind.CHAMPIONS)
    if champions is None:
        if is_approval or not _standing(edition, kind=Kind.CHAMPIONS):
            raise ValidationError(_("The champions are announced first"), code="champions-first")
    elif effective < champions:
        raise ValidationError(_("The winners cannot be announced before the champions"), code="before-champions")
    if fallen := winners.dethroned(edition):
        names = _(", ").join(str(winner.nomination) for winner in fallen)
        raise ValidationError(
            _("No longer a champion, but chosen as winner: %(names)s") % {"names": names}, code="winner-not-champion"
        )
    if missing := [field.category for field in winners.fields(edition) if field.is_missing]:
        names = _(", ").join(str(category) for category in missing)
        raise ValidationError(_("No winner is chosen in: %(names)s") % {"names": names}, code="winners-missing")


def _log(announcement: Announcement, *, verb: str, by: User, reason: str, now: datetime) -> None:
    log.record(
        announcement.edition,
        verb=verb,
        by=by,
        now=now,
        subject=announcement.kind,
        reason=reason,
        after={"at": stamp(announcement.at) if announcement.at else "at once"},
    )
