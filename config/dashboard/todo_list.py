"""What waits for a person in a forum, for the organisers' first page: each line only for those who may do it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from events.models import (
    Approval,
    CommitmentReport,
    FailedRow,
    Forum,
    Mailing,
    Message,
    Outcome,
    Proposal,
    PublicRevision,
    SessionReport,
)
from events.models.proposals import ProposalQuerySet
from events.schedule import session_states, unfinished_sessions
from events.shared.admin.current_forum import ALL, PARAMETER
from events.shared.jobs import queue
from events.shared.mail import outbox
from events.shared.rights import memberships
from events.shared.rights.two_people.readable_approvals import waiting_for
from registration.accreditation import states
from registration.models import FocalPointRequest, Registration, Tally
from registration.sessions.seats import fullness

UNFINISHED = [state for state, moves in Message.TRANSITIONS.items() if moves]  # by far the most mails are sent
PROGRAMME_KEPT = 60  # seconds
SUBMITTED = Proposal.State.SUBMITTED
FAILURES = "events.change_forum"  # who has it reads of what failed (`_failed_rows`)


class Todo(NamedTuple):
    """A sentence with the page it leads to; perhaps a badge and its kind. `number`: how many things it tells of."""

    words: str
    url: str
    badge: str = ""
    kind: str = ""
    number: int = 1


def count_of(rows: QuerySet[Any], *, of: str = "forum") -> Any:
    """How many rows belong to what is asked for; counted as rows, which an index alone can answer. `of`: the path to it."""
    counted = rows.order_by().values(of).annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(counted.filter(**{of: OuterRef("pk")})), 0)


_totals = Tally.objects.filter(forum=OuterRef("pk"), session=None, dimension=Tally.Dimension.TOTAL)
_waiting_proposals = Proposal.objects.filter(Q(state=SUBMITTED) | Q(pending_state=SUBMITTED), forum=OuterRef("pk"))


_failed = FailedRow.objects.filter(Q(forum=OuterRef("pk")) | Q(forum=None)).order_by().values(one=Value(1))
# Numbers of each forum that are quick to count, in one question.
NUMBERS = Forum.objects.values(
    counted=Subquery(_totals.values("computed_at")[:1]),
    draft=Subquery(session_states.DRAFT),
    revision=Subquery(PublicRevision.objects.filter(pk=1).values("number")),
    has_proposals=Exists(_waiting_proposals),
    has_approvals=Exists(Approval.objects.waiting()),
    asked_people=count_of(Registration.objects.standing().filter(state=Registration.State.WITH_SECRETARIAT)),
    asked_points=count_of(FocalPointRequest.objects.filter(state=FocalPointRequest.State.ASKED)),
    failed=Subquery(_failed.annotate(n=Count("pk")).values("n")),
    are_jobs_left=queue.are_left(),
    paused=count_of(Mailing.objects.filter(state=Mailing.State.PAUSED)),
    not_public=count_of(Outcome.objects.filter(is_public=False)),
    reports=count_of(SessionReport.objects.filter(state=SessionReport.State.SUBMITTED), of=SessionReport.FORUM),
    unconfirmed=count_of(CommitmentReport.objects.filter(confirmed=None, sent_back=""), of=CommitmentReport.FORUM),
)
IS_HELD = Q(state=Message.State.FAILED, reason=Message.Reason.RESTORED)


@dataclass
class Asked:
    """For which forum, for whom and when: what every part of the page is asked with."""

    forum: Forum
    user: Any
    now: datetime

    @cached_property
    def numbers(self) -> dict[str, Any]:
        """See NUMBERS."""
        return dict(NUMBERS.get(pk=self.forum.pk))

    @property
    def mails(self) -> QuerySet[Message]:
        """The mails of the forum; those of accounts too for who reads the mails of all forums."""
        of_accounts = Q(forum=None) if memberships.is_everywhere(self.user, outbox.RIGHT) else Q()
        return Message.objects.filter(Q(forum=self.forum) | of_accounts).order_by()

    @cached_property
    def mail_states(self) -> Counter[str]:
        """How many mails are in each state that is not the end of one; `held`: those of the failed that a restored site did
        not send."""
        states = self.mails.filter(state__in=UNFINISHED).values("state")
        rows = states.annotate(n=Count("pk"), held=Count("pk", IS_HELD))
        found = Counter({row["state"]: row["n"] for row in rows})
        return found + Counter(held=sum(row["held"] for row in rows))

    def count_proposals(self, waiting: Callable[[ProposalQuerySet], ProposalQuerySet]) -> int:
        """How many wait for somebody; for most of the year none does."""
        return waiting(Proposal.objects.filter(forum=self.forum)).count() if self.numbers["has_proposals"] else 0

    @cached_property
    def programme(self) -> dict[str, int]:
        """What the sessions still need (`unfinished_sessions`), the `clashes` of the draft, `blocking` ones among them, and how
        many sessions are `overbooked`.

        They are found again when a session was moved or organisers changed something, else after PROGRAMME_KEPT seconds:
        only what hosts and attendees do, and what time does, is seen so much later. Eleven queries, mostly none.
        """
        state = f"{self.numbers['draft']}:{self.numbers['revision']}"
        key = f"programme:{self.forum.pk}:{state}"
        found: dict[str, int] | None = cache.get(key)
        if found is None:
            clashes = session_states.clashes_of(self.forum)
            found = {"clashes": clashes.number, "blocking": clashes.blocking}
            found |= unfinished_sessions.counts(self.forum, now=self.now)
            found["overbooked"] = fullness.overbooked(self.forum, now=self.now)
            cache.set(key, found, PROGRAMME_KEPT)
        return found


type Badge = tuple[str, str]
NO_BADGE = ("", "")
# A permission, and what waits for those who have it.
type Part = tuple[str, Callable[[Asked], Iterable[Todo]]]


def counted(
    words: str, *, number: int, url: str, filters: Mapping[str, Any] | None = None, badge: Badge = NO_BADGE
) -> Iterator[Todo]:
    """One line of a number (`%(n)s` in the words), where there is something to do; `filters` of the list it leads to."""
    if number:
        address = f"{url}?{urlencode(filters)}" if filters else url
        yield Todo(words % {"n": number_format(number)}, address, *badge, number=number)


def list_of(model: str) -> str:
    return _list_of(model, get_language())


@lru_cache
def _list_of(model: str, _language: str | None) -> str:
    return reverse(f"admin:{model}_changelist")


def _mails(asked: Asked) -> Iterator[Todo]:
    failed = asked.mail_states["failed"]
    url, badge, of = list_of("events_message"), (_("Failed"), "failed"), {"forum": asked.forum.slug}
    words = ngettext("%(n)s mail failed", "%(n)s mails failed", failed)
    yield from counted(words, number=failed, url=url, filters=of | {"state__exact": "failed"}, badge=badge)
    if asked.mail_states["draft"]:
        drafts = Message.objects.filter(Q(forum=asked.forum) | Q(forum=None), state=Message.State.DRAFT)
        drafts = drafts.exclude(kind__in=Mailing.Kind.values)  # they go with their message
        number = outbox.readable(drafts, user=asked.user).count()
        words = ngettext("%(n)s draft mail to check", "%(n)s draft mails to check", number)
        yield from counted(words, number=number, url=url, filters=of | {"state__exact": "draft"})


def _mailings(asked: Asked) -> Iterator[Todo]:
    """Messages to people that somebody has paused, or queued as drafts."""
    number = asked.numbers["paused"]
    words = ngettext("%(n)s message to people is paused", "%(n)s messages to people are paused", number)
    yield from _of_forum(words, number, model="events_mailing", asked=asked, state__exact=Mailing.State.PAUSED)


def _failed_rows(asked: Asked) -> Iterator[Todo]:
    """What the site does by itself and could not (events.shared.jobs.sweeps), and what somebody asked for in vain (events.shared.jobs.queue)."""
    number = asked.numbers["failed"] or 0
    if asked.numbers["are_jobs_left"]:
        number += queue.count_concerns(lambda path: Q(**{path: asked.forum}), now=asked.now)
    words = ngettext(
        "%(n)s thing that the site should have done failed, or waits too long",
        "%(n)s things that the site should have done failed, or wait too long",
        number,
    )
    url = f"{reverse('admin:status')}#failed"
    yield from counted(words, number=number, url=url, badge=(_("Failed"), "failed"))


def _held_back(asked: Asked) -> Iterator[Todo]:
    """What a restored site did not send, because it may have been sent before (config.running.backup)."""
    number = asked.mail_states["held"]
    words = ngettext(
        "%(n)s mail may have been sent before the site was restored: send it again or take it back",
        "%(n)s mails may have been sent before the site was restored: send them again or take them back",
        number,
    )
    filters = {"forum": asked.forum.slug, "state__exact": "failed", "q": outbox.HELD}
    yield from counted(words, number=number, url=list_of("events_message"), filters=filters)


def _sessions(asked: Asked) -> Iterator[Todo]:
    """What some sessions still need (events.schedule.unfinished_sessions)."""
    numbers = asked.programme
    words = {
        "release": ngettext("%(n)s change waits for a release", "%(n)s changes wait for a release", numbers["release"]),
        "drafts": ngettext(
            "%(n)s draft session starts within seven days",
            "%(n)s draft sessions start within seven days",
            numbers["drafts"],
        ),
        "no_address": ngettext(
            "%(n)s session of the next seven days has no meeting address",
            "%(n)s sessions of the next seven days have no meeting address",
            numbers["no_address"],
        ),
        "no_room": ngettext(
            "%(n)s session of the next seven days has no room",
            "%(n)s sessions of the next seven days have no room",
            numbers["no_room"],
        ),
        "no_recording": ngettext(
            "%(n)s ended session has no recording", "%(n)s ended sessions have no recording", numbers["no_recording"]
        ),
        "no_outcome": ngettext(
            "%(n)s session’s organisers are late with its outcome",
            "The organisers of %(n)s sessions are late with their outcomes",
            numbers["no_outcome"],
        ),
    }
    draft = (_("Draft"), "draft")
    badges = {"release": draft, "drafts": draft, "no_address": (_("Nobody can join"), "draft")}
    for need, sentence in words.items():
        query = {"forum": asked.forum.slug, "needs": need}
        badge = badges.get(need, NO_BADGE)
        yield from counted(sentence, number=numbers[need], url=list_of("events_session"), filters=query, badge=badge)


def _clashes(asked: Asked) -> Iterator[Todo]:
    """The open clashes of the draft, with a badge where one forbids a release."""
    number = asked.programme["clashes"]
    words = ngettext("%(n)s open clash in the draft", "%(n)s open clashes in the draft", number)
    badge = (_("No release"), "failed") if asked.programme["blocking"] else NO_BADGE
    url = reverse("admin:events_forum_clashes", args=[asked.forum.pk])
    yield from counted(words, number=number, url=url, badge=badge)


def _overbooked(asked: Asked) -> Iterator[Todo]:
    """Sessions that were made smaller than what is booked: nobody loses a place by that, so somebody has to know."""
    number = asked.programme["overbooked"]
    words = ngettext(
        "%(n)s session has more bookings than places", "%(n)s sessions have more bookings than places", number
    )
    url = reverse("admin:registration_waiting_places")
    yield from counted(words, number=number, url=url, filters={"forum": asked.forum.slug})


def _registrations(asked: Asked) -> Iterator[Todo]:
    """People who take part once the secretariat has approved them."""
    number = asked.numbers["asked_people"]
    words = ngettext("%(n)s registration waits for a decision", "%(n)s registrations wait for a decision", number)
    filters = {"state__exact": Registration.State.WITH_SECRETARIAT, "withdrawn": "no"}
    yield from _of_forum(words, number, model="registration_registration", asked=asked, **filters)


def _focal_points(asked: Asked) -> Iterator[Todo]:
    number = asked.numbers["asked_points"]
    words = ngettext(
        "%(n)s request to be a focal point waits for a decision",
        "%(n)s requests to be a focal point wait for a decision",
        number,
    )
    yield from _of_forum(words, number, model="registration_focalpointrequest", asked=asked, state__exact="asked")


def _of_forum(words: str, number: int, *, model: str, asked: Asked, **filters: str) -> Iterator[Todo]:
    filters = {"forum": asked.forum.slug, **filters}
    return counted(words, number=number, url=list_of(model), filters=filters)


def _decisions(asked: Asked) -> Iterator[Todo]:
    number = asked.count_proposals(lambda rows: rows.to_decide(asked.user))
    words = ngettext("%(n)s proposal waits for a decision", "%(n)s proposals wait for a decision", number)
    yield from _of_forum(words, number, model="events_proposal", asked=asked, mine="decide")


def _points(asked: Asked) -> Iterator[Todo]:
    number = asked.count_proposals(lambda rows: rows.to_score(asked.user))
    words = ngettext("%(n)s proposal waits for your points", "%(n)s proposals wait for your points", number)
    yield from _of_forum(words, number, model="events_proposal", asked=asked, mine="no")


def _drafts_of_decisions(asked: Asked) -> Iterator[Todo]:
    """For those who do not see the outbox anyway."""
    if not asked.user.has_perm(outbox.RIGHT, asked.forum):
        drafts = Message.objects.filter(forum=asked.forum, state=Message.State.DRAFT)
        number = outbox.readable(drafts, user=asked.user).count()
        words = ngettext("%(n)s draft mail to check", "%(n)s draft mails to check", number)
        yield from _of_forum(words, number, model="events_message", asked=asked, state__exact=Message.State.DRAFT)


def _outcomes(asked: Asked) -> Iterator[Todo]:
    number = asked.numbers["not_public"]
    words = ngettext("%(n)s outcome is not published yet", "%(n)s outcomes are not published yet", number)
    yield from _of_forum(words, number, model="events_outcome", asked=asked, is_public__exact="0")


def _reports(asked: Asked) -> Iterator[Todo]:
    number = asked.numbers["reports"]
    words = ngettext("%(n)s session report waits for approval", "%(n)s session reports wait for approval", number)
    filters = {"forum": asked.forum.slug, "state__exact": SessionReport.State.SUBMITTED.value}
    yield from counted(words, number=number, url=list_of("events_sessionreport"), filters=filters)


def _unconfirmed(asked: Asked) -> Iterator[Todo]:
    number = asked.numbers["unconfirmed"]
    words = ngettext("%(n)s report on a commitment waits for you", "%(n)s reports on commitments wait for you", number)
    filters = {"forum": asked.forum.slug, "confirmed__isempty": "1"}
    yield from counted(words, number=number, url=list_of("events_commitmentreport"), filters=filters)


def _approvals(asked: Asked) -> list[Todo]:
    """What waits for a second person, whom this person may be; mostly nothing does."""
    number = waiting_for(asked.user).count() if asked.numbers["has_approvals"] else 0
    words = ngettext("%(n)s act waits for your agreement", "%(n)s acts wait for your agreement", number)
    query = {PARAMETER: ALL, "state__exact": Approval.State.PROPOSED}
    return list(counted(words, number=number, url=list_of("events_approval"), filters=query))


PARTS: list[Part] = [
    ("events.view_approval", _approvals),
    (FAILURES, _failed_rows),
    ("events.view_message", _mails),
    ("events.view_message", _held_back),
    ("events.change_mailing", _mailings),
    ("events.view_session", _sessions),
    ("events.change_session", _clashes),
    ("registration.view_waiting", _overbooked),
    (states.RIGHT, _registrations),
    ("registration.add_focalpoint", _focal_points),
    ("events.decide_proposal", _decisions),
    ("events.score_proposal", _points),
    ("events.decide_proposal", _drafts_of_decisions),
    ("events.change_outcome", _outcomes),
    ("events.change_sessionreport", _reports),
    ("events.change_commitmentreport", _unconfirmed),
]
