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
from events.models import Forum
from events.staff import memberships
from prizes.count import recount_requests
from prizes.models import (
    ActByTwo,
    Announcement,
    Assignment,
    Edition,
    Nomination,
    Phase,
    Quarantine,
    Recount,
    Result,
    Winner,
)

_done = Assignment.objects.filter(nomination=OuterRef("pk"), state=Assignment.State.DONE)
_submitted = Nomination.objects.filter(state=Nomination.State.SUBMITTED)
_standing = Announcement.objects.exclude(state=Announcement.State.WITHDRAWN)
_champions = _standing.filter(edition=OuterRef("pk"), kind=Announcement.Kind.CHAMPIONS)
_quarantined = Quarantine.objects.filter(state__in=[Quarantine.State.PROPOSED, Quarantine.State.LIFTING])
_acts_waiting = ActByTwo.objects.filter(state=ActByTwo.State.PROPOSED)
_announced = Announcement.objects.filter(state=Announcement.State.PROPOSED)
# How many nominations are `unreviewed`; whether quarantines, acts and announcements wait for a second person; and whether anybody
# proposed to name the champions.
EDITIONS: Any = Edition.objects.order_by().annotate(
    unreviewed=count_of(_submitted.filter(~Exists(_done)), of="edition"),
    are_champions_named=Exists(_champions),
    has_quarantines=Exists(_quarantined.filter(edition=OuterRef("pk"))),
    has_acts=Exists(_acts_waiting.filter(edition=OuterRef("pk"))),
    has_announcements=Exists(_announced.filter(edition=OuterRef("pk"))),
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
        ("prizes.add_assignment", _without_experts),
        ("prizes.view_assignment", _unreviewed),
        ("prizes.view_assignment", _unfinished),
        ("prizes.publish_edition", _unpublished),
        ("prizes.decide_quarantine", _quarantines),
        ("prizes.view_actbytwo", _acts),
        ("prizes.count_edition", _recounts),
        ("prizes.choose_winner", _without_winner),
        ("prizes.decide_announcement", _announcements),
    ]
    wanted = [part for permission, part in parts if memberships.has(asked.user, permission, asked.forum)]
    edition = next(iter(EDITIONS.filter(forum=asked.forum)), None) if wanted else None
    if edition is None:
        return []
    phases = {phase.kind: phase for phase in Phase.objects.filter(edition=edition)}
    prize = Prize(edition, asked.forum, phases, asked.user, asked.now)
    return [line for part in wanted for line in part(prize)]


def _without_experts(prize: Prize) -> Iterable[Todo]:
    """Between the deadline of the submission and the end of the review: who has too few experts."""
    if not prize.is_over(Phase.Kind.SUBMISSION) or prize.is_over(Phase.Kind.REVIEW):
        return []
    standing = Count("assignments", ~Q(assignments__state=Assignment.State.RECUSED))
    rows = Nomination.objects.filter(edition=prize.edition, state__in=Nomination.REVIEWED).annotate(standing=standing)
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


def _quarantines(prize: Prize) -> Iterable[Todo]:
    states, user = Quarantine.State, prize.user
    own = Q(state=states.PROPOSED, proposed_by=user) | Q(state=states.LIFTING, lift_proposed_by=user)
    waiting = _quarantined.filter(edition=prize.edition).exclude(own)
    number = waiting.count() if prize.edition.has_quarantines else 0
    words = ngettext(
        "%(n)s proposal about ballots set aside waits for a second person",
        "%(n)s proposals about ballots set aside wait for a second person",
        number,
    )
    query = {"forum": prize.forum.slug, "state__in": f"{states.PROPOSED},{states.LIFTING}"}
    return counted(words, number=number, url=list_of("prizes_quarantine"), filters=query)


def _acts(prize: Prize) -> Iterable[Todo]:
    """Closing the edition, or another end of the vote, which another person proposed."""
    waiting = _acts_waiting.filter(edition=prize.edition).exclude(proposed_by=prize.user)
    number = waiting.count() if prize.edition.has_acts else 0
    words = ngettext(
        "%(n)s proposal about the edition waits for a second person",
        "%(n)s proposals about the edition wait for a second person",
        number,
    )
    query = {"forum": prize.forum.slug, "state__exact": ActByTwo.State.PROPOSED}
    return counted(words, number=number, url=list_of("prizes_actbytwo"), filters=query)


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
    is_announced = Announcement.objects.filter(
        edition=prize.edition, kind=Announcement.Kind.WINNERS, state=Announcement.State.APPROVED
    )
    if is_announced.exists():
        return []
    last = prize.edition.counts.order_by("-number").values("pk")[:1]
    chosen = Winner.objects.filter(category=OuterRef("category"))
    rows = Result.objects.filter(~Exists(chosen), count__in=last, is_champion=True)
    number = rows.order_by().values("category").distinct().count()
    words = ngettext("%(n)s category has no winner yet", "%(n)s categories have no winner yet", number)
    return counted(words, number=number, url=reverse("admin:prizes_winner_choose", args=[prize.edition.pk]))


def _announcements(prize: Prize) -> Iterable[Todo]:
    """Announcements that wait for a second person; and counted votes whose champions nobody proposed to announce."""
    waiting = _announced.filter(edition=prize.edition).exclude(proposed_by=prize.user)
    number = waiting.count() if prize.edition.has_announcements else 0
    words = ngettext(
        "%(n)s announcement waits for a second person", "%(n)s announcements wait for a second person", number
    )
    query = {"forum": prize.forum.slug, "state__exact": Announcement.State.PROPOSED}
    found = list(counted(words, number=number, url=list_of("prizes_announcement"), filters=query))
    if prize.edition.polls_sealed and not prize.edition.are_champions_named and prize.edition.counts.exists():
        url = reverse("admin:prizes_announcement_propose")
        found.append(Todo(_("The votes are counted: nobody proposed to announce the champions"), url))
    return found
