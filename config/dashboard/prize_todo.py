"""What waits in the prize, for the organisers' first page: how many, never which or with what result."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.dashboard.todo_list import FAILURES, Asked, Todo, count_of, counted, list_of
from events.models import Approval, Forum
from events.shared.rights import memberships
from prizes.count import recount_requests
from prizes.editions import embargo
from prizes.models import (
    Assignment,
    Edition,
    Honour,
    Nomination,
    Phase,
    Recount,
    Result,
    Winner,
)
from prizes.results.announcements import ANNOUNCE

_done = Assignment.objects.filter(nomination=OuterRef("pk"), state=Assignment.State.DONE)
_submitted = Nomination.objects.filter(state=Nomination.State.SUBMITTED).checked()
_named = Approval.objects.standing().filter(kind=ANNOUNCE[Honour.CHAMPIONS].name)
# How many nominations are `unreviewed`, and whether anybody proposed to name the champions.
EDITIONS: Any = Edition.objects.order_by().annotate(
    unreviewed=count_of(_submitted.filter(~Exists(_done)), of="edition"),
    are_champions_named=Exists(_named.filter(subject=OuterRef("pk"))),
)


@dataclass(frozen=True)
class Prize:
    """The edition of the forum, for whom and when."""

    edition: Any  # of EDITIONS
    forum: Forum
    phases: Mapping[str, Phase]
    user: Any
    now: datetime

    def is_over(self, kind: str) -> bool:
        phase = self.phases.get(kind)
        return phase is not None and phase.ends <= self.now


def waiting(asked: Asked) -> list[Todo]:
    """What waits in the prize of the forum for this person, each part only for those who may do something about it."""
    parts: list[tuple[str, Callable[[Prize], Iterable[Todo]]]] = [
        ("prizes.screen_nomination", _unchecked),
        ("prizes.add_assignment", _without_experts),
        ("prizes.view_assignment", _unreviewed),
        ("prizes.view_assignment", _unfinished),
        ("prizes.publish_edition", _unpublished),
        ("prizes.count_edition", _recounts),
        ("prizes.choose_winner", _without_winner),
        ("prizes.announce_edition", _unannounced),
    ]
    wanted = [part for permission, part in parts if memberships.has(asked.user, permission, asked.forum)]
    edition = next(iter(EDITIONS.filter(forum=asked.forum)), None) if wanted else None
    if edition is None:
        return []
    phases = {phase.kind: phase for phase in Phase.objects.filter(edition=edition)}
    prize = Prize(edition, asked.forum, phases, asked.user, asked.now)
    return [line for part in wanted for line in part(prize)]


def _unchecked(prize: Prize) -> Iterable[Todo]:
    """What waits for the first check, where the edition asks for one; what was sent back waits for its nominator."""
    if not prize.edition.screening_readers or prize.edition.nominees_published:
        return []
    number = prize.edition.nominations.filter(state=Nomination.State.SUBMITTED, screened=None).count()
    words = ngettext("%(n)s nomination waits for the first check", "%(n)s nominations wait for the first check", number)
    query = {"forum": prize.forum.slug, "state__exact": Nomination.State.SUBMITTED, "screened": "no"}
    return counted(words, number=number, url=list_of("prizes_nomination"), filters=query)


def _without_experts(prize: Prize) -> Iterable[Todo]:
    """Between the deadline of the submission and the end of the review: who has too few experts."""
    if not prize.is_over(Phase.Kind.SUBMISSION) or prize.is_over(Phase.Kind.REVIEW):
        return []
    standing = Count("assignments", ~Q(assignments__state=Assignment.State.RECUSED))
    rows = Nomination.objects.filter(edition=prize.edition, state__in=Nomination.REVIEWED).checked()
    rows = rows.annotate(standing=standing)
    number = rows.filter(standing__lt=prize.edition.reviews_per_nomination).count()
    words = ngettext("%(n)s nomination has too few experts", "%(n)s nominations have too few experts", number)
    return counted(
        words, number=number, url=reverse("admin:prizes_assignment_add"), filters={"edition": prize.edition.pk}
    )


def _unreviewed(prize: Prize) -> Iterable[Todo]:
    number = prize.edition.unreviewed
    words = ngettext("%(n)s nomination has no review yet", "%(n)s nominations have no review yet", number)
    query = {"forum": prize.forum.slug, "state__exact": Nomination.State.SUBMITTED}
    return counted(words, number=number, url=list_of("prizes_nomination"), filters=query)


def _unfinished(prize: Prize) -> Iterable[Todo]:
    """Reviews that experts have and did not finish, while they can."""
    if prize.is_over(Phase.Kind.REVIEW) or prize.edition.nominees_published:
        return []
    states = [Assignment.State.ASSIGNED, Assignment.State.CONFLICT]
    rows = Assignment.objects.filter(nomination__edition=prize.edition, nomination__state__in=Nomination.REVIEWED)
    number = rows.filter(state__in=states).count()
    words = ngettext("%(n)s review is not finished", "%(n)s reviews are not finished", number)
    query = {"forum": prize.forum.slug, "state__in": ",".join(states)}
    return counted(words, number=number, url=list_of("prizes_assignment"), filters=query)


def _unpublished(prize: Prize) -> Iterable[Todo]:
    """Nominees that wait to be published once the review is over; without them nobody can vote."""
    if prize.edition.nominees_published or not prize.is_over(Phase.Kind.REVIEW):
        return []
    voting = prize.phases.get(Phase.Kind.VOTING)
    is_late = voting is not None and voting.starts <= prize.now
    url = reverse("admin:prizes_publish_nominees", args=[prize.edition.pk])
    badge = (_("Nobody can vote"), "failed") if is_late else ("", "")
    return [Todo(_("The review is over: the nominees wait to be published"), url, *badge)]


def _recounts(prize: Prize) -> Iterable[Todo]:
    """A new count that is under way, or did not come about; one that failed where nothing else tells the person so."""
    row = recount_requests.latest(prize.edition) if prize.edition.polls_sealed else None
    if row is None or row.state == Recount.State.DONE:
        return []
    if row.state == Recount.State.FAILED and memberships.has(prize.user, FAILURES, prize.forum):
        return []
    url = f"{list_of('prizes_count')}?{urlencode({'forum': prize.forum.slug})}"
    if row.state in Recount.OPEN:
        return [Todo(_("The votes are being counted again"), url)]
    return [Todo(_("The votes were to be counted again, and were not"), url, _("Failed"), "failed")]


def _without_winner(prize: Prize) -> Iterable[Todo]:
    """Categories with champions, of which none is chosen, until the winners are announced."""
    if not prize.edition.polls_sealed:
        return []
    if embargo.is_promised(prize.edition, kind=Honour.WINNERS):
        return []
    last = prize.edition.counts.order_by("-number").values("pk")[:1]
    chosen = Winner.objects.filter(category=OuterRef("category"))
    rows = Result.objects.filter(~Exists(chosen), count__in=last, is_champion=True)
    number = rows.order_by().values("category").distinct().count()
    words = ngettext("%(n)s category has no winner yet", "%(n)s categories have no winner yet", number)
    return counted(words, number=number, url=reverse("admin:prizes_winner_choose", args=[prize.edition.pk]))


def _unannounced(prize: Prize) -> Iterable[Todo]:
    """Counted votes whose champions nobody proposed to announce."""
    if prize.edition.polls_sealed and not prize.edition.are_champions_named and prize.edition.counts.exists():
        url = reverse("admin:prizes_edition_announce", args=[prize.edition.pk])
        yield Todo(_("The votes are counted: nobody proposed to announce the champions"), url)
