"""What the API may read: each function starts from what the public sees, and asks for all that one answer shows."""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import F, Prefetch, Q, QuerySet

from events.models import (
    Appearance,
    Document,
    Forum,
    Organisation,
    Outcome,
    PracticalPage,
    Release,
    Room,
    Session,
    SessionType,
    Speaker,
    Track,
)
from events.schedule.releases import diff


def forums(_now: datetime) -> QuerySet[Forum]:
    """The public forums. Two queries."""
    return Forum.objects.public().select_related("host").prefetch_related("co_organisers")


def sessions(now: datetime, *, panel_with: Iterable[str] = ("speaker",)) -> QuerySet[Session]:
    """The public sessions with everything that the API tells of one; of their speakers what `panel_with` names. Seven queries."""
    order = ("order", "speaker__protocol_order", "pk")
    panel = Appearance.objects.released().select_related(*panel_with).order_by(*order)
    return (
        Session.objects.public(now)
        .select_related("forum", "type", "track", "room", "report")
        .defer("meeting_url", "origin_id", "expected")
        .prefetch_related(
            "organisers",
            "action_lines",
            "sdgs",
            "documents",
            Prefetch("appearances", panel),
            Prefetch("outcomes", Outcome.objects.public(now)),
        )
    )


def speakers(now: datetime) -> QuerySet[Speaker]:
    """Who is released in a public session of their forum, with those sessions. Two queries."""
    seen = Appearance.objects.released().filter(session__in=Session.objects.public(now))
    shown = seen.filter(session__forum=F("speaker__forum")).select_related("session").order_by("session__starts", "pk")
    return (
        Speaker.objects.filter(pk__in=shown.order_by().values("speaker"))
        .select_related("forum", "organisation")
        .defer("gender", "origin_id")
        .prefetch_related(Prefetch("appearances", shown))
    )


def organisations(now: datetime) -> QuerySet[Organisation]:
    """Those that stand on a public page: of a session, a speaker, an outcome, or a forum itself. One query."""
    named = [
        Session.objects.public(now).values("organisers"),
        speakers(now).values("organisation"),
        outcomes(now).values("organisations"),
        outcomes(now).values("commitment__organisation"),
        *(Forum.objects.public().values(name) for name in ("host", "co_organisers", "partners__organisation")),
    ]
    return Organisation.objects.filter(reduce(or_, (Q(pk__in=keys) for keys in named)))


def outcomes(now: datetime) -> QuerySet[Outcome]:
    """The public outcomes of public forums; of their sessions only those that the public sees. Seven queries."""
    shown = Outcome.objects.public(now).whole()
    return shown.prefetch_related("action_lines", Prefetch("session", Session.objects.public(now)))


def rooms(_now: datetime) -> QuerySet[Room]:
    """The rooms of public forums. One query."""
    return Room.objects.filter(forum__is_public=True).select_related("forum")


def tracks(_now: datetime) -> QuerySet[Track]:
    """The tracks of public forums. One query."""
    return Track.objects.filter(forum__is_public=True).select_related("forum")


def session_types(_now: datetime) -> QuerySet[SessionType]:
    """The types of sessions of all forums, and those that only public forums have. Two queries."""
    public = Forum.objects.public()
    only = SessionType.objects.filter(Q(forums=None) | Q(forums__in=public.values("pk")))
    return SessionType.objects.filter(pk__in=only.values("pk")).prefetch_related(Prefetch("forums", public))


def practical_pages(_now: datetime) -> QuerySet[PracticalPage]:
    """The public practical pages of public forums. One query."""
    return PracticalPage.objects.public().select_related("forum")


def whole_releases() -> QuerySet[Release]:
    """The releases of public forums."""
    return Release.objects.filter(forum__is_public=True).select_related("forum").defer("by")


def releases(_now: datetime) -> QuerySet[Release]:
    """The releases of public forums, without their timetables. One query."""
    return whole_releases().defer("timetable", "by")


def changed(since: datetime) -> Q:
    """Which sessions changed since a moment: they themselves, what the change logs name, and what a session tells of its
    people, organisations, documents, room, track and type. One query, and what the condition asks for by itself."""
    people = Appearance.objects.released().filter(
        Q(speaker__updated__gte=since) | Q(speaker__organisation__updated__gte=since)
    )
    logs = Release.objects.filter(forum__is_public=True, released__gte=since).values_list("changes", flat=True)
    organised = Session.organisers.through.objects.filter(organisation__updated__gte=since)
    return (
        Q(updated__gte=since)
        | Q(type__updated__gte=since)
        | Q(track__updated__gte=since)
        | Q(room__updated__gte=since)
        | Q(code__in={change.code for log in logs for change in diff.from_json(log)})
        | Q(pk__in=Document.objects.filter(added__gte=since).values("session"))
        | Q(pk__in=people.values("session"))
        | Q(pk__in=organised.values("session"))
    )


def changed_speakers(since: datetime, *, now: datetime) -> Q:
    """Which speakers changed since a moment: they, their organisation, or a session in which they speak."""
    spoken = Appearance.objects.released().filter(session__in=Session.objects.public(now).filter(changed(since)))
    return Q(updated__gte=since) | Q(organisation__updated__gte=since) | Q(pk__in=spoken.order_by().values("speaker"))
