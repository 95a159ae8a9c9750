"""The prize of a forum on the organisers' set-up page: its phases, what goes on, the next act, and what cannot be undone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

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

    permission: str
    words: str
    url: str
    warning: str = ""


@dataclass(frozen=True)
class PhaseLine:
    """A phase on the line. `state`: “done”, “now” or “coming”; `ends`: the last moment in words, in the edition's zone."""

    name: str
    state: str
    ends: str


def line(asked: Asked) -> "PrizeLine | None":
    """The prize of the forum, for who may see its edition; None without one."""
    if not memberships.has(asked.user, "prizes.view_edition", asked.forum):
        return None
    edition = Edition.objects.filter(forum=asked.forum).prefetch_related("phases").first()
    if edition is None:
        return None
    edition.forum = asked.forum
    return PrizeLine(asked, edition, Timeline(edition, asked.now))


@dataclass(frozen=True)
class PrizeLine:
    """All that the page says of a prize. Each figure and act is for those who may see or do it."""

    asked: Asked
    edition: Edition
    timeline: Timeline

    def _may(self, permission: str) -> bool:
        return memberships.has(self.asked.user, permission, self.asked.forum)

    def _moment(self, moment: datetime) -> str:
        return deadline(moment, zone=self.edition.zone, forum=self.asked.forum)

    def _has_ended(self, kind: str) -> bool:
        phase = self.edition.phase(kind)
        return phase is not None and phase.ends <= self.asked.now

    @property
    def summary(self) -> str:
        number = self.edition.categories.count()
        return ngettext("%(n)s category", "%(n)s categories", number) % {"n": number}

    @cached_property
    def phases(self) -> list[PhaseLine]:
        return list(map(self._phase_line, self.timeline.phases))

    def _phase_line(self, phase: Phase) -> PhaseLine:
        now = self.asked.now
        state = "done" if phase.ends <= now else "now" if phase.is_open(now) else "coming"
        day = written(phase.ends.astimezone(self.edition.zone).date(), "j F")
        return PhaseLine(phase.get_kind_display(), state, _("until %(day)s") % {"day": day})

    @property
    def now(self) -> str:
        """What goes on, and when that ends."""
        current, coming = self.timeline.current, self.timeline.next
        if self.edition.closed:
            return _("The edition is closed for good")
        if current:
            words = _("Now: %(phase)s. It ends by itself on %(moment)s")
            return words % {"phase": current.get_kind_display(), "moment": self._moment(current.ends)}
        if coming:
            words = _("Next: %(phase)s. It begins by itself on %(moment)s")
            return words % {"phase": coming.get_kind_display(), "moment": self._moment(coming.starts)}
        return _("All phases are over") if self.timeline.phases else _("The prize has no phases yet")

    @property
    def facts(self) -> list[str]:
        """What goes on, in sentences."""
        return [fact for permission, said in FACTS if self._may(permission) for fact in said(self)]

    @cached_property
    def count(self) -> str:
        """When the votes were counted last, or since when they are being counted; "" for neither."""
        if not self._may("prizes.view_count"):
            return ""
        asked_for = recount_requests.latest(self.edition) if self.edition.polls_sealed else None
        if asked_for is not None and asked_for.state in Recount.OPEN:
            return _("Counting since %(moment)s") % {"moment": self._moment(asked_for.asked)}
        if asked_for is not None and asked_for.state == Recount.State.FAILED:
            return _("The new count failed on %(moment)s") % {"moment": self._moment(asked_for.asked)}
        if last := counting.latest(self.edition):
            return _("Votes last counted on %(moment)s") % {"moment": self._moment(last.counted)}
        if self._has_ended(Kind.VOTING):
            return _("The votes are counted once the last choices under way are in")
        return ""

    @property
    def acts(self) -> list[PhaseAct]:
        return [act for act in self._offered if not act.warning]

    @property
    def final(self) -> list[PhaseAct]:
        """Those that cannot be undone."""
        return [act for act in self._offered if act.warning]

    @cached_property
    def _offered(self) -> list[PhaseAct]:
        return [act for act in (*self._until_the_vote_ends(), *self._from_the_count_on()) if self._may(act.permission)]

    def _act(self, right: str, words: str, page: str, warning: str = "") -> PhaseAct:
        """An act on a page of this edition."""
        return PhaseAct(f"prizes.{right}", words, reverse(f"admin:prizes_{page}", args=[self.edition.pk]), warning)

    def _until_the_vote_ends(self) -> Iterator[PhaseAct]:
        """The acts while their time is."""
        edition, has_begun = self.edition, self.timeline.has_vote_begun
        if not has_begun:
            yield self._act("change_edition", _("Change dates and rules"), "edition_change")
        if not edition.is_public:
            yield self._act("change_edition", _("Make the prize public"), "edition_public")
        if not has_begun and self.timeline.step != "before":
            experts = address_in(self.asked.forum, "prizes_assignment_changelist")
            yield PhaseAct("prizes.add_assignment", _("Give nominations to experts"), experts)
        if self._has_ended(Kind.SUBMISSION) and not edition.nominees_published:
            yield self._act("shortlist_nomination", _("Choose the nominees"), "leaderboard")
            warning = _(
                "The nominees become public with their projects. Nobody can be added to them or taken out after it."
            )
            yield self._act("publish_edition", _("Publish the nominees"), "publish_nominees", warning)
        if edition.is_in(Kind.VOTING, now=self.asked.now):
            yield self._act("move_end_edition", _("Move the end of the vote"), "edition_end")
        if has_begun and not edition.closed:
            yield self._act("inspect_ballot", _("Look for irregular votes"), "edition_integrity")

    def _from_the_count_on(self) -> Iterator[PhaseAct]:
        edition, is_counted = self.edition, counting.latest(self.edition) is not None
        champions, winners = (embargo.is_promised(edition, kind=kind) for kind in (Honour.CHAMPIONS, Honour.WINNERS))
        if is_counted and not edition.closed:
            yield self._act("count_edition", _("Count again"), "count_again")
        if is_counted and not winners:
            yield self._act("choose_winner", _("Choose the winners"), "winner_choose")
        if is_counted and not champions:
            warning = _("The public sees the champions with the numbers of their votes. A second officer agrees first.")
            yield self._act("announce_edition", _("Announce the champions"), "edition_announce", warning)
        elif is_counted and not winners:
            warning = _("The public sees the winners. A second officer agrees first.")
            yield self._act("announce_edition", _("Announce the winners"), "edition_announce", warning)
        if winners and not edition.closed:
            warning = _(
                "The key and what leads from a ballot to a person are destroyed. A second officer agrees first."
            )
            yield self._act("close_edition", _("Close the edition"), "edition_close", warning)


# --- facts ----------------------------------------------------------------------------------------
def _nominations(prize: PrizeLine) -> Iterator[str]:
    rows = Nomination.objects.filter(edition=prize.edition).exclude(state=Nomination.State.DRAFT).order_by()
    number = rows.count()
    yield ngettext("%(n)s nomination came", "%(n)s nominations came", number) % {"n": number_format(number)}


def _reviews(prize: PrizeLine) -> Iterator[str]:
    if prize.timeline.has_vote_begun:
        return
    rows = Assignment.objects.filter(nomination__edition=prize.edition).exclude(state=Assignment.State.RECUSED)
    found: dict[str, int] = rows.order_by().aggregate(all=Count("pk"), done=Count("pk", Q(state=Assignment.State.DONE)))
    if found["all"]:
        words = ngettext("%(done)s of %(n)s review is done", "%(done)s of %(n)s reviews are done", found["all"])
        yield words % {"done": number_format(found["done"]), "n": number_format(found["all"])}


def _ballots(prize: PrizeLine) -> Iterator[str]:
    if not prize.timeline.has_vote_begun:
        return
    rows = Ballot.objects.filter(edition=prize.edition).order_by()
    found: dict[str, int] = rows.aggregate(all=Count("pk"), left=Count("pk", Q(is_complete=False)))
    begun = ngettext("%(n)s person has begun a ballot", "%(n)s people have begun a ballot", found["all"])
    left = ngettext("%(n)s ballot is incomplete", "%(n)s ballots are incomplete", found["left"])
    yield begun % {"n": number_format(found["all"])}
    if prize.edition.require_all_categories:
        yield left % {"n": number_format(found["left"])}


FACTS: list[tuple[str, Callable[[PrizeLine], Iterator[str]]]] = [
    ("prizes.view_nomination", _nominations),
    ("prizes.view_assignment", _reviews),
    ("prizes.view_ballot", _ballots),
]
