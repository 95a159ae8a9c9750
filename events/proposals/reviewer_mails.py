"""The mail to reviewers of proposals: how many wait for their points, once the call has closed.

What is due is a question to the rows at this moment; the mail's key names the close, so two sweeps write it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Call, Membership, Message, Proposal, Role, User
from events.shared.admin.current_forum import address_in
from events.shared.formatting.names import forum_name
from events.shared.formatting.times import stamp
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks, refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, stop_link, tell
from events.shared.mail.texts.originals import original
from events.shared.pages.absolute_urls import absolute

KIND = "proposals-to-score"
REVIEWERS = Sweep("reviewers", gettext_lazy("Mails to reviewers of proposals"))
NEWS = timedelta(days=14)  # after this nobody is asked: a forum loaded with its past writes to nobody


TO_SCORE = original(
    KIND,
    gettext_lazy("Proposals wait for a reviewer"),
    ngettext_lazy("To score: %(n)s proposal", "To score: %(n)s proposals", "n"),
    gettext_lazy("The call for proposals has closed."),
    ngettext_lazy("%(n)s proposal waits for your points.", "%(n)s proposals wait for your points.", "n"),
)


def reviewers(call: Call) -> QuerySet[User]:
    """The reviewers of proposals of a call's forum who want such mails."""
    held = Membership.objects.filter(Q(forum=None) | Q(forum=call.forum_id), role=Role.PROPOSAL_REVIEWER)
    people = User.objects.filter(pk__in=held.values("account"), is_active=True, is_staff=True)
    return refused_kinds.accepting(people, key=KIND, user="pk").order_by("pk")


def ask(now: datetime) -> int:
    """Write to reviewers who still have proposals to score, of calls that closed in the last 14 days; return how many."""
    due: list[tuple[Call, User]] = []
    for call in Call.objects.filter(closes__lte=now, closes__gt=now - NEWS).select_related("forum"):
        day = stamp(call.closes)
        told = Message.objects.filter(kind=KIND, about=call.pk, dedupe_key__endswith=f":{day}")
        due += [(call, person) for person in reviewers(call).exclude(pk__in=told.values("user"))]
    return sum(
        REVIEWERS.each(
            due,
            lambda one: _ask(*one, now=now),
            now=now,
            key=lambda one: f"{one[0].pk}:{one[1].pk}",
            forum=lambda one: one[0].forum_id,
        )
    )


def _ask(call: Call, person: User, *, now: datetime) -> bool:
    if waiting := _waiting(call, person=person):
        _write(call, person=person, waiting=waiting, day=stamp(call.closes), now=now)
    return bool(waiting)


def _waiting(call: Call, *, person: User) -> int:
    return Proposal.objects.to_score(person).filter(forum=call.forum_id).count()


def _write(call: Call, *, person: User, waiting: int, day: str, now: datetime) -> None:
    def say() -> Content:
        name = forum_name(call.forum)
        return Content(
            **TO_SCORE.said(call.forum, n=waiting),
            heading=name,
            action=MailLink(_("Open the proposals"), absolute(address_in(call.forum, "events_proposal_changelist"))),
            why=_("You get this mail because you review proposals for %(forum)s.") % {"forum": name},
            stop=stop_link(),
        )

    tell([person], say, kind=KIND, about=call.pk, names=[day], forum=call.forum, now=now)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("When proposals wait for my points")
    return [MailKind(KIND, name, frozenset({KIND}), roles=frozenset({"staff"}))]


@hooks.unwanted(KIND)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: nothing waits any more, or the person reviews no proposals any more."""
    calls = {call.pk: call for call in Call.objects.filter(pk__in=[one.about for one in messages])}
    wanted = set()
    for call in calls.values():
        told = [one for one in messages if one.about == call.pk]
        people = {user.pk: user for user in reviewers(call).filter(pk__in=[one.user_id for one in told])}
        wanted |= {one.pk for one in told if one.user_id in people and _waiting(call, person=people[one.user_id])}
    return {one.pk for one in messages if one.pk not in wanted}
