"""What people did in the sessions for which a rule gives certificates, and who did enough."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import NamedTuple

from django.db.models import Q, QuerySet

from events.models import Appearance, Session
from registration.models import CertificateRule, Registration
from registration.sessions.attendance import minutes
from registration.sessions.attendance.minutes import Attended

Measure = CertificateRule.Measure
MODERATORS = {
    Appearance.Role.MODERATOR,
    Appearance.Role.REMOTE_MODERATOR,
    Appearance.Role.HIGH_LEVEL_FACILITATOR,
}


class Participation(NamedTuple):
    """What one person did: the keys of the sessions, and for how many minutes that is known; `is_timed`: of all of them it is."""

    sessions: frozenset[int]
    minutes: int = 0
    is_timed: bool = False


def counted(rule: CertificateRule) -> QuerySet[Session]:
    """The sessions that a rule counts: those that took place, and that are under no embargo, for a certificate names them."""
    rows = Session.objects.public().filter(forum=rule.forum_id, state=Session.State.SCHEDULED)
    if rule.session_id:
        return rows.filter(pk=rule.session_id)
    return rows.filter(track=rule.track_id) if rule.track_id else rows


def parts(rule: CertificateRule, *, now: datetime, user: int | None = None) -> Mapping[int, Participation]:
    """By the key of their account, what people did, or one person alone (`user`: that key)."""
    if rule.measure in {Measure.SPEAKING, Measure.MODERATING}:
        return _on_the_panels(rule, user)
    people = Registration.objects.active().filter(forum=rule.forum_id, **({"user": user} if user else {}))
    accounts = dict(people.values_list("pk", "user"))
    found = minutes.of_people(rule.forum, now=now, user=user)
    here = set(counted(rule).values_list("pk", flat=True))
    return {
        accounts[person]: _attended({session: sessions[session] for session in sessions.keys() & here})
        for person, sessions in found.items()
        if person in accounts
    }


def _attended(sessions: Mapping[int, Attended]) -> Participation:
    """What was not seen to end may count to the end (`Forum.open_stays_count`), but is not said as if it were known."""
    seconds = sum(one.seconds for one in sessions.values())
    return Participation(frozenset(sessions), seconds // 60, not any(one.is_open for one in sessions.values()))


def _on_the_panels(rule: CertificateRule, user: int | None) -> Mapping[int, Participation]:
    is_moderator = Q(role__in=MODERATORS)
    rows = Appearance.objects.released().filter(session__in=counted(rule), speaker__account__isnull=False)
    rows = rows.filter(is_moderator if rule.measure == Measure.MODERATING else ~is_moderator)
    if user:
        rows = rows.filter(speaker__account=user)
    found = defaultdict(set)
    for account, session in rows.order_by().values_list("speaker__account", "session"):
        found[account].add(session)
    return {account: Participation(frozenset(sessions)) for account, sessions in found.items()}


def needed(rule: CertificateRule) -> int:
    """How many sessions or minutes a certificate takes."""
    if rule.measure != Measure.SHARE:
        return rule.threshold
    times = counted(rule).order_by().values_list("starts", "ends")
    planned = sum((ends - starts).total_seconds() for starts, ends in times if starts and ends)
    return max(1, ceil(planned / 60 * rule.threshold / 100))


def reached(rule: CertificateRule, part: Participation) -> int:
    """How many of them somebody has."""
    return part.minutes if rule.measure in {Measure.MINUTES, Measure.SHARE} else len(part.sessions)
