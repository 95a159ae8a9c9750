"""Clashes: a room, or a speaker, in two sessions at once. Sessions that only touch (one ends when the next starts) do not clash."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.models import Appearance, Forum, Placement, Room, Session
from events.schedule.board import draft_timetable


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
    others stand where the draft has them (events.schedule.moves): scheduled ones and those that wait with a time count,
    cancelled ones do not; a session without times clashes with nothing. Codes: `room-clash` under the field `room`,
    `speaker-clash` for the form as a whole; each names both sessions with their times and the zone. Ask inside a
    transaction that has locked the forum (`scheduling.locked`), so that of two that are saved at once the second sees
    the first. Two queries at most, for what runs at that time: a table asks it for each of its rows.
    """
    if starts is None or ends is None:
        return
    forum = forum or session.forum
    mine = draft_timetable.titled(title or session.title, starts=starts, ends=ends, forum=forum)
    others = _at_that_time(session, starts=starts, ends=ends, forum=forum)
    faults = {
        "room": _in_room(others, room=room, mine=mine),
        NON_FIELD_ERRORS: _elsewhere(others, speakers=speakers, mine=mine),
    }
    if any(faults.values()):
        raise ValidationError({field: found for field, found in faults.items() if found})


type _Others = dict[int, tuple[Any, str]]  # sessions, each with its words


def _at_that_time(session: Session, *, starts: datetime, ends: datetime, forum: Forum) -> _Others:
    found: Any = Session.objects.in_draft().filter(forum=forum, draft_starts__lt=ends, draft_ends__gt=starts)
    rows = found.exclude(draft_state=Placement.State.CANCELLED).exclude(pk=session.pk).order_by("draft_starts", "pk")
    return {
        row.pk: (row, draft_timetable.titled(row.title, starts=row.draft_starts, ends=row.draft_ends, forum=forum))
        for row in rows
    }


def _in_room(others: _Others, *, room: Room | None, mine: str) -> list[ValidationError]:
    return [
        ValidationError(
            _("%(room)s is taken: %(mine)s overlaps with %(other)s. Choose another room or time"),
            code="room-clash",
            params={"room": room.name, "mine": mine, "other": words},
        )
        for other, words in others.values()
        if room is not None and other.draft_room_id == room.pk
    ]


def _elsewhere(others: _Others, *, speakers: Collection[int], mine: str) -> list[ValidationError]:
    if not speakers or not others:
        return []
    order = list(others)
    found = Appearance.objects.drafted().filter(session__in=order, speaker__in=speakers).select_related("speaker")
    return [
        ValidationError(
            _("%(speaker)s speaks elsewhere: %(mine)s overlaps with %(other)s. Choose another speaker or time"),
            code="speaker-clash",
            params={"speaker": one.speaker.full_name, "mine": mine, "other": others[one.session_id][1]},
        )
        for one in sorted(found, key=lambda one: (order.index(one.session_id), one.speaker.name, one.pk))
    ]
