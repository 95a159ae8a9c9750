"""Clashes: a room, or a speaker, in two sessions at once. Sessions that only touch (one ends when the next starts) do not clash."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.models import Appearance, Forum, Placement, Room, Session, Speaker


@dataclass(frozen=True)
class Span:
    """A half-open stretch of time `[starts, ends)` with a name."""

    starts: datetime
    ends: datetime
    key: int = 0


def overlap(one: Span, other: Span) -> bool:
    """Whether two half-open spans share a moment."""
    return one.starts < other.ends and other.starts < one.ends


def overlapping(spans: Iterable[Span]) -> set[tuple[int, int]]:
    """Return the pairs of keys (the smaller first) whose spans overlap. Sorts once, then looks only at what still runs."""
    running: list[Span] = []
    pairs = set()
    for span in sorted(spans, key=lambda s: s.starts):
        running = [other for other in running if other.ends > span.starts]
        pairs |= {(min(span.key, other.key), max(span.key, other.key)) for other in running if overlap(span, other)}
        running.append(span)
    return pairs


def check_times(*, starts: datetime | None, ends: datetime | None, forum: Forum) -> None:
    """Refuse an end before the start and a time outside the forum's days (in its zone).

    Codes, under the field's name: `end-before-start` (ends), `end-missing` and `start-missing` where only one is
    given, `outside-forum` (starts or ends; a session may end at the midnight that closes the last day).
    """
    if starts is None and ends is None:
        return
    if starts is None:
        raise ValidationError(
            {"starts": ValidationError(_("Enter a start too, or leave both empty"), code="start-missing")}
        )
    if ends is None:
        raise ValidationError({"ends": ValidationError(_("Enter an end too, or leave both empty"), code="end-missing")})
    faults: dict[str, list[ValidationError]] = {}
    if ends <= starts:
        text = (
            _("The end is before the start. Enter an end after %(time)s")
            if ends < starts
            else _("The end is the same as the start. Enter an end after %(time)s")
        )
        params = {"time": forum.local(starts).strftime("%H:%M")}
        faults["ends"] = [ValidationError(text, code="end-before-start", params=params)]
    for name, moment in [("starts", starts), ("ends", ends)]:
        if name not in faults and not _is_within(moment, forum=forum, is_end=name == "ends"):
            faults[name] = [_outside(forum)]
            break  # one sentence says it for both
    if faults:
        raise ValidationError(faults)


def _is_within(moment: datetime, *, forum: Forum, is_end: bool) -> bool:
    local = forum.local(moment)
    if is_end and local.date() > forum.ends:
        return (local.date() - forum.ends).days == 1 and (local.hour, local.minute, local.second) == (0, 0, 0)
    return forum.starts <= local.date() <= forum.ends


def _outside(forum: Forum) -> ValidationError:
    return ValidationError(
        _("The forum runs from %(first)s to %(last)s. Choose a time on one of its days"),
        code="outside-forum",
        params={"first": date_format(forum.starts, "j F Y"), "last": date_format(forum.ends, "j F Y")},
    )


def check_session(
    session: Session,
    *,
    room: Room | None,
    starts: datetime | None,
    ends: datetime | None,
    speakers: Collection[int] = (),
    forum: Forum | None = None,
    title: str = "",
) -> None:
    """Refuse a session as it would be saved, where its room or one of its speakers has another session at that time.

    `session` is the row that is edited, or a new one not saved yet; `speakers` the primary keys of its speakers as
    they would be saved; `forum` and `title`, where they are not those of `session` (a form that is not saved). The
    others stand where the draft has them (events.drafting): scheduled ones and those that wait with a time count,
    cancelled ones do not; a session without times clashes with nothing. Codes: `room-clash` under the field `room`,
    `speaker-clash` for the form as a whole; each names both sessions with their times and the zone. Ask inside a
    transaction that has locked the forum (`scheduling.locked`), so that of two that are saved at once the second sees
    the first. Two queries at most.
    """
    if starts is None or ends is None:
        return
    forum, title = forum or session.forum, title or session.title
    found = (
        Session.objects.in_draft()
        .filter(forum=forum, draft_starts__lt=ends, draft_ends__gt=starts)
        .exclude(draft_state=Placement.State.CANCELLED)
        .order_by("draft_starts", "pk")
    )
    others = {other.pk: other for other in found if other.pk != session.pk}
    mine = _named(title, starts=starts, ends=ends, forum=forum)
    faults: dict[str, list[ValidationError]] = {}
    if room is not None:
        in_room = [
            _room_clash(other, room=room, mine=mine, forum=forum)
            for other in others.values()
            if other.draft_room_id == room.pk
        ]
        if in_room:
            faults["room"] = in_room
    if speakers and others:
        found_people = Appearance.objects.drafted().filter(session__in=others.keys(), speaker__in=speakers)
        twice = found_people.select_related("speaker")
        order = list(others)
        rows = sorted(twice, key=lambda a: (order.index(a.session_id), a.speaker.name, a.pk))
        faults_of = [_speaker_clash(others[a.session_id], speaker=a.speaker, mine=mine, forum=forum) for a in rows]
        if faults_of:
            faults[NON_FIELD_ERRORS] = faults_of
    if faults:
        raise ValidationError(faults)


def _room_clash(other: Any, *, room: Room, mine: str, forum: Forum) -> ValidationError:
    return ValidationError(
        _("%(room)s is taken: %(mine)s overlaps with %(other)s. Choose another room or time"),
        code="room-clash",
        params={"room": room.name, "mine": mine, "other": _named_row(other, forum=forum)},
    )


def _speaker_clash(other: Any, *, speaker: Speaker, mine: str, forum: Forum) -> ValidationError:
    return ValidationError(
        _("%(speaker)s speaks elsewhere: %(mine)s overlaps with %(other)s. Choose another speaker or time"),
        code="speaker-clash",
        params={"speaker": speaker.full_name, "mine": mine, "other": _named_row(other, forum=forum)},
    )


def _named_row(session: Any, *, forum: Forum) -> str:
    return _named(session.title, starts=session.draft_starts, ends=session.draft_ends, forum=forum)


def _named(title: str, *, starts: datetime, ends: datetime, forum: Forum) -> str:
    """“Title” (22 July, 14:00–15:30 Geneva)."""
    first, last = forum.local(starts), forum.local(ends)
    return _("“%(title)s” (%(date)s, %(from)s–%(to)s %(place)s)") % {
        "title": title,
        "date": date_format(first, "j F"),
        "from": first.strftime("%H:%M"),
        "to": last.strftime("%H:%M"),
        "place": _(forum.place) if forum.place else forum.time_zone,
    }


def clashes_of(forum: Forum) -> list[tuple[Session, Session]]:
    """Return the pairs of a forum's sessions that clash on the draft's timetable. Two queries."""
    found = Session.objects.in_draft().filter(forum=forum, draft_state=Placement.State.SCHEDULED)
    sessions: dict[int, Any] = {session.pk: session for session in found}
    groups: dict[tuple[str, int], list[Span]] = {}
    for session in sessions.values():
        if session.draft_room_id:
            groups.setdefault(("room", session.draft_room_id), []).append(_span(session))
    for speaker, key in Appearance.objects.drafted().filter(session__forum=forum).values_list("speaker", "session"):
        if key in sessions:
            groups.setdefault(("speaker", speaker), []).append(_span(sessions[key]))
    pairs = set[tuple[int, int]]().union(*(overlapping(spans) for spans in groups.values()))
    return [(sessions[one], sessions[other]) for one, other in sorted(pairs)]


def _span(session: Any) -> Span:
    return Span(session.draft_starts, session.draft_ends, session.pk)
