"""The end of the embargo: one organiser proposes, another approves, and it takes effect at once or at a set time."""

from datetime import datetime
from typing import Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, Forum, User
from events.shared.pages import hooks, revision
from events.shared.rights.two_people import approvals
from events.shared.rights.two_people.approvals import ApprovalKind, Proposing
from prizes.chain.commitments import stamp
from prizes.count import counting, recount_requests
from prizes.editions import embargo
from prizes.editions.verbs import PrizeVerb
from prizes.models import Edition, Honour, Nomination, Winner
from prizes.results import certificates, winners

RIGHT = "prizes.announce_edition"


@transaction.atomic
def propose(edition: Edition, *, kind: str, at: datetime | None, **proposing: Unpack[Proposing]) -> Approval:
    """Propose to announce the champions or the winners (`kind` of `Honour`), at once (`at` None) when it is approved, or at a
    set time.

    Refuses `unknown-kind`; `past` for a set time before `now`; `announced` where it was approved already; what `_approve`
    refuses of the results; and as `approvals.propose` does.
    """
    locked, now = Edition.objects.lock(edition.pk), proposing["now"]
    if kind not in Honour.values:
        raise ValidationError(_("Choose champions or winners"), code="unknown-kind")
    if at is not None and at < now:
        raise ValidationError(_("This time has passed. Choose a later one, or none to announce at once"), code="past")
    if embargo.is_promised(locked, kind=kind):
        raise ValidationError(_("This announcement is approved already"), code="announced")
    _check(locked, kind=kind, effective=max(at, now) if at else now, is_approval=False)
    values = {"at": stamp(at)} if at else {}
    return approvals.propose(ANNOUNCE[kind], locked, forum=locked.forum, values=values, **proposing)


def _approve(approval: Approval, edition: Edition, by: User, now: datetime) -> None:
    """The public sees it, at once or at the set time; one that has passed means at once. Issues the certificates that are
    due.

    Refuses `not-counted`, `count-due`, `count-failed`, `champion-withdrawn`, and for winners `champions-first`,
    `before-champions`, `winners-missing`, `winner-not-champion`, and `not-impartial` as `winners.choose` does.
    """
    kind, effective = embargo.KINDS[approval.kind], embargo.effective(approval)
    _check(edition, kind=kind, effective=effective or now, is_approval=True)
    if kind == Honour.WINNERS:
        categories = winners.champions(edition).values_list("category", flat=True)
        winners.must_be_impartial(edition, user=by, categories=categories)
    certificates.issue(edition, now=now)
    revision.bump()


def _is_not_seen(approval: Approval, now: datetime) -> bool:
    effective = embargo.effective(approval)
    return effective is not None and now < effective


def _check_withdrawal(approval: Approval, edition: Edition, _by: User, _now: datetime) -> None:
    """Refuses `winners-depend` for champions while an announcement of the winners stands."""
    if embargo.KINDS[approval.kind] == Honour.CHAMPIONS and embargo.stands(edition, kind=Honour.WINNERS):
        raise ValidationError(_("Withdraw the announcement of the winners first"), code="winners-depend")


WORDS = {
    Honour.CHAMPIONS: gettext_lazy("Announce the champions"),
    Honour.WINNERS: gettext_lazy("Announce the winners"),
}
ANNOUNCE: dict[str, ApprovalKind] = {
    honour: approvals.add(
        ApprovalKind(
            name=name,
            words=WORDS[Honour(honour)],
            permission=RIGHT,
            verbs=(
                PrizeVerb.PROPOSE_ANNOUNCEMENT,
                PrizeVerb.APPROVE_ANNOUNCEMENT,
                PrizeVerb.WITHDRAW_ANNOUNCEMENT,
            ),
            lock=lambda approval, _now: Edition.objects.lock(approval.subject),
            carry_out=_approve,
            called=lambda _edition, honour=honour: honour,  # type: ignore[misc]  # each its own
            check_drop=_check_withdrawal,
            is_revocable=_is_not_seen,
        )
    )
    for name, honour in embargo.KINDS.items()
}


@hooks.previewed()
def _show_results(forum: Forum, user: User, now: datetime) -> None:
    """What is counted and who is chosen, for those who may see it, as if it was announced now."""
    edition = Edition.objects.filter(forum=forum, counts__isnull=False).first()
    second = User.objects.exclude(pk=user.pk).first()
    if edition is None or second is None or not user.has_perm("prizes.view_result", forum):
        return
    chosen = Winner.objects.filter(category__edition=edition)
    sees_winners = user.has_perm("prizes.view_winner", forum) and chosen.exists()
    for kind in (Honour.CHAMPIONS, Honour.WINNERS) if sees_winners else (Honour.CHAMPIONS,):
        if not embargo.is_lifted(edition, kind=kind, now=now):
            rows = Approval.objects.filter(kind=ANNOUNCE[kind].name, subject=edition.pk)
            rows.delete()
            signed = {"proposed_by": user, "proposed": now, "decided_by": second, "decided": now}
            rows.create(
                kind=ANNOUNCE[kind].name, subject=edition.pk, forum=forum, state=Approval.State.AGREED, **signed
            )


def _check(edition: Edition, *, kind: str, effective: datetime, is_approval: bool) -> None:
    """Refuse an announcement whose results are not ready to be seen from `effective` on."""
    if counting.latest(edition) is None:
        raise ValidationError(_("The votes are not counted yet"), code="not-counted")
    recount_requests.must_fit(edition)
    if winners.champions(edition).exclude(nomination__state=Nomination.State.NOMINATED).exists():
        raise ValidationError(_("A champion withdrew: count again first"), code="champion-withdrawn")
    if kind == Honour.WINNERS:
        _check_winners(edition, effective=effective, is_approval=is_approval)


def _check_winners(edition: Edition, *, effective: datetime, is_approval: bool) -> None:
    """Winners follow the champions: proposed after them, approved after them, never in effect before them.

    Each category that has champions has a winner, and each winner is a champion.
    """
    champions = embargo.Lifting.of(edition).approved(Honour.CHAMPIONS)
    if champions is None:
        if is_approval or not embargo.stands(edition, kind=Honour.CHAMPIONS):
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
