"""What people did in the sessions for which a rule gives certificates, and who did enough."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Q, QuerySet

from events.models import Appearance, Session
from registration.models import Attendance, CertificateRule, Registration

Measure = CertificateRule.Measure
MODERATORS = {
    Appearance.Role.MODERATOR,
    Appearance.Role.REMOTE_MODERATOR,
    Appearance.Role.HIGH_LEVEL_FACILITATOR,
}


class Part(NamedTuple):
    """What one person did: the keys of the sessions."""

    sessions: frozenset[int]


def counted(rule: CertificateRule) -> QuerySet[Session]:
    """The sessions that a rule counts: those that took place."""
    rows = Session.objects.filter(forum=rule.forum_id, state=Session.State.SCHEDULED, starts__isnull=False)
    if rule.session_id:
        return rows.filter(pk=rule.session_id)
    return rows.filter(track=rule.track_id) if rule.track_id else rows


def parts(rule: CertificateRule, *, user: int | None = None) -> Mapping[int, Part]:
    """By the key of their account, what people did, or one person alone (`user`: that key)."""
    if rule.measure in {Measure.SPEAKING, Measure.MODERATING}:
        is_moderator = Q(role__in=MODERATORS)
        shown = Appearance.objects.released().filter(session__in=counted(rule), speaker__account__isnull=False)
        shown = shown.filter(is_moderator if rule.measure == Measure.MODERATING else ~is_moderator)
        return _gathered(shown, "speaker__account", user=user)
    here = Registration.objects.active().filter(forum=rule.forum_id)
    attended = Attendance.objects.filter(session__in=counted(rule), registration__in=here)
    return _gathered(attended, "registration__user", user=user)


def _gathered(rows: QuerySet[Appearance] | QuerySet[Attendance], path: str, *, user: int | None) -> dict[int, Part]:
    found = defaultdict(set)
    for key, session in (rows.filter(**{path: user}) if user else rows).order_by().values_list(path, "session"):
        found[key].add(session)
    return {key: Part(frozenset(sessions)) for key, sessions in found.items()}


def is_enough(rule: CertificateRule, part: Part) -> bool:
    """Whether somebody reaches what a rule asks for."""
    return len(part.sessions) >= rule.threshold
