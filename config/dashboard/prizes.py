"""What waits in the prize, for the organisers' first page: how many, never which or with what result."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum
from prizes.count import recount_requests
from prizes.models import Announcement, Assignment, Edition, Nomination, Phase, Quarantine, Recount, Result, Winner
from prizes.review.assignments import REVIEWED


class Line(NamedTuple):
    """A sentence with the page it leads to; perhaps a badge and its kind."""

    words: str
    url: str
    badge: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Asked:
    """For whom and when: what every part of the page is asked with."""

    edition: Edition
    user: Any
    now: datetime

    def is_over(self, kind: str) -> bool:
        phase = self.edition.phase(kind)
        return phase is not None and phase.ends <= self.now


def lines(*, forum: Forum, user: Any, now: datetime) -> list[Line]:
    """What waits in the prize of the forum for this person, each part only for those who may do something about it."""
    parts: list[tuple[str, Callable[[Asked], list[Line]]]] = [
        ("prizes.add_assignment", _without_experts),
        ("prizes.view_assignment", _unreviewed),
        ("prizes.view_assignment", _unfinished),
        ("prizes.publish_edition", _unpublished),
        ("prizes.decide_quarantine", _quarantines),
        ("prizes.count_edition", _recounts),
        ("prizes.choose_winner", _without_winner),
        ("prizes.decide_announcement", _announcements),
    ]
    wanted = [part for permission, part in parts if user.has_perm(permission)]
    edition = Edition.objects.filter(forum=forum).prefetch_related("phases").first() if wanted else None
    if edition is None:
        return []
    asked = Asked(edition, user, now)
    return [line for part in wanted for line in part(asked)]


def _line(words: str, *, number: int, url: str, **query: Any) -> list[Line]:
    """A line of a number, where there is something to do."""
    address = f"{url}?{urlencode(query)}" if query else url
    return [Line(words % {"n": number_format(number)}, address)] if number else []


def _list(model: str) -> str:
    return reverse(f"admin:prizes_{model}_changelist")


def _without_experts(asked: Asked) -> list[Line]:
    """Between the deadline of the submission and the end of the review: who has too few experts."""
    if not asked.is_over(Phase.Kind.SUBMISSION) or asked.is_over(Phase.Kind.REVIEW):
        return []
    standing = Count("assignments", ~Q(assignments__state=Assignment.State.RECUSED))
    rows = Nomination.objects.filter(edition=asked.edition, state__in=REVIEWED).annotate(standing=standing)
    number = rows.filter(standing__lt=asked.edition.reviews_per_nomination).count()
    words = ngettext("%(n)s nomination has too few experts", "%(n)s nominations have too few experts", number)
    return _line(words, number=number, url=reverse("admin:prizes_assignment_add"), edition=asked.edition.pk)


def _unreviewed(asked: Asked) -> list[Line]:
    done = Assignment.objects.filter(nomination=OuterRef("pk"), state=Assignment.State.DONE)
    rows = Nomination.objects.filter(~Exists(done), edition=asked.edition, state=Nomination.State.SUBMITTED)
    number = rows.count()
    words = ngettext("%(n)s nomination has no review yet", "%(n)s nominations have no review yet", number)
    query = {"edition__id__exact": asked.edition.pk, "state__exact": Nomination.State.SUBMITTED}
    return _line(words, number=number, url=_list("nomination"), **query)


def _unfinished(asked: Asked) -> list[Line]:
    """Reviews that experts have and did not finish, while they can."""
    if asked.is_over(Phase.Kind.REVIEW) or asked.edition.nominees_published:
        return []
    states = [Assignment.State.ASSIGNED, Assignment.State.CONFLICT]
    rows = Assignment.objects.filter(nomination__edition=asked.edition, nomination__state__in=REVIEWED)
    number = rows.filter(state__in=states).count()
    words = ngettext("%(n)s review is not finished", "%(n)s reviews are not finished", number)
    query = {"nomination__edition__id__exact": asked.edition.pk, "state__in": ",".join(states)}
    return _line(words, number=number, url=_list("assignment"), **query)


def _unpublished(asked: Asked) -> list[Line]:
    """Nominees that wait to be published once the review is over; without them nobody can vote."""
    if asked.edition.nominees_published or not asked.is_over(Phase.Kind.REVIEW):
        return []
    voting = asked.edition.phase(Phase.Kind.VOTING)
    is_late = voting is not None and voting.starts <= asked.now
    url = reverse("admin:prizes_publish_nominees", args=[asked.edition.pk])
    badge = (_("Nobody can vote"), "failed") if is_late else ("", "")
    return [Line(_("The review is over: the nominees wait to be published"), url, *badge)]


def _quarantines(asked: Asked) -> list[Line]:
    states = Quarantine.State
    number = Quarantine.objects.filter(
        Q(state=states.PROPOSED) & ~Q(proposed_by=asked.user)
        | Q(state=states.LIFTING) & ~Q(lift_proposed_by=asked.user),
        edition=asked.edition,
    ).count()
    words = ngettext(
        "%(n)s proposal about ballots set aside waits for a second person",
        "%(n)s proposals about ballots set aside wait for a second person",
        number,
    )
    query = {"edition__id__exact": asked.edition.pk, "state__in": f"{states.PROPOSED},{states.LIFTING}"}
    return _line(words, number=number, url=_list("quarantine"), **query)


def _recounts(asked: Asked) -> list[Line]:
    """A new count that is under way, or did not come about."""
    row = recount_requests.latest(asked.edition) if asked.edition.polls_sealed else None
    if row is None or row.state == Recount.State.DONE:
        return []
    if row.state in recount_requests.OPEN:
        return [Line(_("The votes are being counted again"), _list("count"))]
    return [Line(_("The votes were to be counted again, and were not"), _list("count"), _("Failed"), "failed")]


def _without_winner(asked: Asked) -> list[Line]:
    """Categories with champions, of which none is chosen, until the winners are announced."""
    is_announced = Announcement.objects.filter(
        edition=asked.edition, kind=Announcement.Kind.WINNERS, state=Announcement.State.APPROVED
    )
    if not asked.edition.polls_sealed or is_announced.exists():
        return []
    last = asked.edition.counts.order_by("-number").values("pk")[:1]
    chosen = Winner.objects.filter(category=OuterRef("category"))
    rows = Result.objects.filter(~Exists(chosen), count__in=last, is_champion=True)
    number = rows.order_by().values("category").distinct().count()
    words = ngettext("%(n)s category has no winner yet", "%(n)s categories have no winner yet", number)
    return _line(words, number=number, url=reverse("admin:prizes_winner_choose", args=[asked.edition.pk]))


def _announcements(asked: Asked) -> list[Line]:
    """Announcements that wait for a second person; and counted votes whose champions nobody proposed to announce."""
    rows = Announcement.objects.filter(edition=asked.edition).exclude(state=Announcement.State.WITHDRAWN)
    standing = list(rows.values_list("kind", "state", "proposed_by"))
    proposed = Announcement.State.PROPOSED
    number = sum(state == proposed and person != asked.user.pk for _kind, state, person in standing)
    words = ngettext(
        "%(n)s announcement waits for a second person", "%(n)s announcements wait for a second person", number
    )
    query = {"edition__id__exact": asked.edition.pk, "state__exact": proposed}
    found = _line(words, number=number, url=_list("announcement"), **query)
    is_named = any(kind == Announcement.Kind.CHAMPIONS for kind, _state, _person in standing)
    if asked.edition.polls_sealed and not is_named and asked.edition.counts.exists():
        url = reverse("admin:prizes_announcement_propose")
        found.append(Line(_("The votes are counted: nobody proposed to announce the champions"), url))
    return found
