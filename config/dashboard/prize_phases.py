"""The prize of a forum on the organisers' set-up page: its phases, what goes on, the next act, and what cannot be undone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.dashboard.todo_list import Asked
from events.shared.admin.current_forum import address_in
from events.shared.formatting.times import deadline, written
from events.shared.rights import memberships
from prizes.count import counting, recount_requests
from prizes.editions import embargo
from prizes.editions.public_edition import Timeline
from prizes.models import Assignment, Ballot, Edition, Honour, Nomination, Phase, Recount

Kind = Phase.Kind


@dataclass(frozen=True)
class PhaseAct:
    """A link to the page that asks for an act or does it. `warning`: what happens by it, where that cannot be undone."""

    words: str
    url: str
    warning: str = ""


@dataclass(frozen=True)
class PhaseLine:
    """A phase on the line. `state`: “done”, “now” or “coming”; `ends`: the last moment in words, in the edition's zone."""

    name: str
    state: str
    ends: str


@dataclass(frozen=True)
class PrizeLine:
    """All that the page says of a prize. `facts`: what goes on in sentences; `count`: when the votes were counted, or ""."""

    edition: Edition
    summary: str
    phases: list[PhaseLine]
    now: str
    facts: list[str]
    count: str
    acts: list[PhaseAct]
    final: list[PhaseAct]


def line(asked: Asked) -> PrizeLine | None:
    """The prize of the forum, for who may see its edition; None without one. Each figure and act is for those who may see or
    do it."""
    if not memberships.has(asked.user, "prizes.view_edition", asked.forum):
        return None
    edition = Edition.objects.filter(forum=asked.forum).prefetch_related("phases").first()
    if edition is None:
        return None
    edition.forum = asked.forum
    prize = _Prize(asked, edition, Timeline(edition, asked.now))
    offered = [act for permission, acts in ACTS if prize.may(permission) for act in acts(prize)]
    return PrizeLine(
        edition,
        prize.summary(),
        [prize.phase_line(phase) for phase in prize.timeline.phases],
        prize.headline(),
        [fact for permission, said in FACTS if prize.may(permission) for fact in said(prize)],
        prize.counted() if prize.may("prizes.view_count") else "",
        [act for act in offered if not act.warning],
        [act for act in offered if act.warning],
    )


@dataclass(frozen=True)
class _Prize:
    asked: Asked
    edition: Edition
    timeline: Timeline

    def may(self, permission: str) -> bool:
        return memberships.has(self.asked.user, permission, self.asked.forum)

    def url(self, name: str) -> str:
        """A page of this edition."""
        return reverse(f"admin:{name}", args=[self.edition.pk])

    def moment(self, moment: datetime) -> str:
        return deadline(moment, zone=self.edition.zone, forum=self.asked.forum)

    def has_ended(self, kind: str) -> bool:
        phase = self.edition.phase(kind)
        return phase is not None and phase.ends <= self.asked.now

    def is_announced(self, kind: str) -> bool:
        return embargo.is_promised(self.edition, kind=kind)

    def summary(self) -> str:
        number = self.edition.categories.count()
        return ngettext("%(n)s category", "%(n)s categories", number) % {"n": number}

    def phase_line(self, phase: Phase) -> PhaseLine:
        now = self.asked.now
        state = "done" if phase.ends <= now else "now" if phase.is_open(now) else "coming"
        day = written(phase.ends.astimezone(self.edition.zone).date(), "j F")
        return PhaseLine(phase.get_kind_display(), state, _("until %(day)s") % {"day": day})

    def headline(self) -> str:
        """What goes on, and when that ends."""
        current, coming = self.timeline.current, self.timeline.next
        if self.edition.closed:
            return _("The edition is closed for good")
        if current:
            words = _("Now: %(phase)s. It ends by itself on %(moment)s")
            return words % {"phase": current.get_kind_display(), "moment": self.moment(current.ends)}
        if coming:
            words = _("Next: %(phase)s. It begins by itself on %(moment)s")
            return words % {"phase": coming.get_kind_display(), "moment": self.moment(coming.starts)}
        return _("All phases are over") if self.timeline.phases else _("The prize has no phases yet")

    def counted(self) -> str:
        """When the votes were counted last, or since when they are being counted."""
        asked_for = recount_requests.latest(self.edition) if self.edition.polls_sealed else None
        if asked_for is not None and asked_for.state in Recount.OPEN:
            return _("Counting since %(moment)s") % {"moment": self.moment(asked_for.asked)}
        if asked_for is not None and asked_for.state == Recount.State.FAILED:
            return _("The new count failed on %(moment)s") % {"moment": self.moment(asked_for.asked)}
        if last := counting.latest(self.edition):
            return _("Votes last counted on %(moment)s") % {"moment": self.moment(last.counted)}
        if self.has_ended(Kind.VOTING):
            return _("The votes are counted once the last choices under way are in")
        return ""


# --- facts ----------------------------------------------------------------------------------------
def _nominations(prize: _Prize) -> Iterator[str]:
    rows = Nomination.objects.filter(edition=prize.edition).exclude(state=Nomination.State.DRAFT).order_by()
    number = rows.count()
    yield ngettext("%(n)s nomination came", "%(n)s nominations came", number) % {"n": number_format(number)}


def _reviews(prize: _Prize) -> Iterator[str]:
    if prize.timeline.has_vote_begun:
        return
    rows = Assignment.objects.filter(nomination__edition=prize.edition).exclude(state=Assignment.State.RECUSED)
    found: dict[str, int] = rows.order_by().aggregate(all=Count("pk"), done=Count("pk", Q(state=Assignment.State.DONE)))
    if found["all"]:
        words = ngettext("%(done)s of %(n)s review is done", "%(done)s of %(n)s reviews are done", found["all"])
        yield words % {"done": number_format(found["done"]), "n": number_format(found["all"])}


def _ballots(prize: _Prize) -> Iterator[str]:
    if not prize.timeline.has_vote_begun:
        return
    rows = Ballot.objects.filter(edition=prize.edition).order_by()
    found: dict[str, int] = rows.aggregate(all=Count("pk"), left=Count("pk", Q(is_complete=False)))
    begun = ngettext("%(n)s person has begun a ballot", "%(n)s people have begun a ballot", found["all"])
    left = ngettext("%(n)s ballot is incomplete", "%(n)s ballots are incomplete", found["left"])
    yield begun % {"n": number_format(found["all"])}
    if prize.edition.require_all_categories:
        yield left % {"n": number_format(found["left"])}


FACTS: list[tuple[str, Callable[[_Prize], Iterator[str]]]] = [
    ("prizes.view_nomination", _nominations),
    ("prizes.view_assignment", _reviews),
    ("prizes.view_ballot", _ballots),
]


# --- acts -----------------------------------------------------------------------------------------
def _make_public(prize: _Prize) -> Iterator[PhaseAct]:
    if not prize.edition.is_public:
        yield PhaseAct(_("Make the prize public"), prize.url("prizes_edition_public"))


def _dates(prize: _Prize) -> Iterator[PhaseAct]:
    if not prize.timeline.has_vote_begun:
        yield PhaseAct(_("Change dates and rules"), prize.url("prizes_edition_change"))


def _assign(prize: _Prize) -> Iterator[PhaseAct]:
    if not prize.timeline.has_vote_begun and prize.timeline.step != "before":
        yield PhaseAct(_("Give nominations to experts"), address_in(prize.asked.forum, "prizes_assignment_changelist"))


def _shortlist(prize: _Prize) -> Iterator[PhaseAct]:
    if prize.has_ended(Kind.SUBMISSION) and not prize.edition.nominees_published:
        yield PhaseAct(_("Choose the nominees"), prize.url("prizes_leaderboard"))


def _publish(prize: _Prize) -> Iterator[PhaseAct]:
    if prize.has_ended(Kind.SUBMISSION) and not prize.edition.nominees_published:
        warning = _(
            "The nominees become public with their projects. Nobody can be added to them or taken out after it."
        )
        yield PhaseAct(_("Publish the nominees"), prize.url("prizes_publish_nominees"), warning)


def _move_end(prize: _Prize) -> Iterator[PhaseAct]:
    if prize.edition.is_in(Kind.VOTING, now=prize.asked.now):
        yield PhaseAct(_("Move the end of the vote"), prize.url("prizes_edition_end"))


def _integrity(prize: _Prize) -> Iterator[PhaseAct]:
    if prize.timeline.has_vote_begun and not prize.edition.closed:
        yield PhaseAct(_("Look for irregular votes"), prize.url("prizes_edition_integrity"))


def _count_again(prize: _Prize) -> Iterator[PhaseAct]:
    if counting.latest(prize.edition) and not prize.edition.closed:
        yield PhaseAct(_("Count again"), prize.url("prizes_count_again"))


def _winners(prize: _Prize) -> Iterator[PhaseAct]:
    if counting.latest(prize.edition) and not prize.is_announced(Honour.WINNERS):
        yield PhaseAct(_("Choose the winners"), prize.url("prizes_winner_choose"))


def _announce(prize: _Prize) -> Iterator[PhaseAct]:
    if not counting.latest(prize.edition):
        return
    url = prize.url("prizes_edition_announce")
    if not prize.is_announced(Honour.CHAMPIONS):
        warning = _("The public sees the champions with the numbers of their votes. A second officer agrees first.")
        yield PhaseAct(_("Announce the champions"), url, warning)
    elif not prize.is_announced(Honour.WINNERS):
        warning = _("The public sees the winners. A second officer agrees first.")
        yield PhaseAct(_("Announce the winners"), url, warning)


def _close(prize: _Prize) -> Iterator[PhaseAct]:
    if prize.is_announced(Honour.WINNERS) and not prize.edition.closed:
        warning = _("The key and what leads from a ballot to a person are destroyed. A second officer agrees first.")
        yield PhaseAct(_("Close the edition"), prize.url("prizes_edition_close"), warning)


# The permission that an act needs, and the act while its time is.
ACTS: list[tuple[str, Callable[[_Prize], Iterator[PhaseAct]]]] = [
    ("prizes.change_edition", _dates),
    ("prizes.change_edition", _make_public),
    ("prizes.add_assignment", _assign),
    ("prizes.shortlist_nomination", _shortlist),
    ("prizes.publish_edition", _publish),
    ("prizes.move_end_edition", _move_end),
    ("prizes.inspect_ballot", _integrity),
    ("prizes.count_edition", _count_again),
    ("prizes.choose_winner", _winners),
    ("prizes.announce_edition", _announce),
    ("prizes.close_edition", _close),
]
