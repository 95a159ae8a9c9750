"""Releases: the draft of the timetable becomes what the public sees, in versions (docs/decisions/0009).

`Session.starts`, `ends`, `room`, `state` and `Appearance.is_released` are what was released; here, and only here, they
change. Everything is set-based: a thousand sessions cost as many statements as one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Appearance, Forum, Placement, Release, Room, Session, User
from events.schedule import draft_timetable, moves, panels
from events.schedule.moves import locked
from events.schedule.releases import diff
from events.schedule.releases import hooks as schedule_hooks
from events.schedule.releases.diff import Entry, TimetableChange
from events.shared.broker import wake_ups
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages import hooks as pages_hooks
from events.shared.pages import revision

NOTE_LIMIT = 4000
PUBLIC = (Placement.State.SCHEDULED, Placement.State.CANCELLED)
# On the timetable that the public sees, and on that of the draft. What is on neither changes nothing for anybody.
IS_OUT = Q(state__in=[Session.State.SCHEDULED, Session.State.CANCELLED], starts__isnull=False)
COMES_OUT = Q(placement__state__in=PUBLIC, placement__starts__isnull=False)
RELEASED_AS = {draft: released for released, draft in moves.STATE_OF.items()}


@dataclass(frozen=True)
class ReleasePreview:
    """What a release would do at this moment: its change log, and the blocking clashes that forbid it.

    `clashes` are the first sentences, `more_clashes` how many there are beyond them. `fingerprint` is that of the log:
    who releases says which one they have seen.
    """

    number: int
    changes: list[TimetableChange]
    clashes: list[str]
    more_clashes: int
    fingerprint: str


# --- asking ---------------------------------------------------------------------------------------
def latest(forum: Forum) -> Release | None:
    """The version of a forum that the public sees, without its timetable; None before the first."""
    return of_forum(forum).first()


def of_forum(forum: Forum) -> QuerySet[Release]:
    """A forum's releases, the newest first, without their timetables."""
    return Release.objects.filter(forum=forum).defer("timetable").order_by("-number")


def moved_in(release: Release | None) -> dict[str, datetime]:
    """The start before a release of each session whose time it moved, by code."""
    rows = [row for row in release.changes if row["kind"] == diff.ChangeKind.MOVED] if release else []
    return {
        row["code"]: datetime.fromisoformat(row["before"]["starts"])
        for row in rows
        if row["before"]["starts"] != row["after"]["starts"]
    }


def taken_off(forum: Forum, codes: Collection[str]) -> dict[str, Entry]:
    """Where sessions (codes) stood before a release took them off the programme, the last time, by code. One query."""
    found: dict[str, Entry] = {}
    for log in of_forum(forum).values_list("changes", flat=True):
        gone = {row["code"]: row["before"] for row in log if row["kind"] == diff.ChangeKind.REMOVED}
        found = {code: entry for code, entry in gone.items() if code in codes} | found
    return found


def hidden_codes(now: datetime) -> frozenset[str]:
    """The codes of sessions under embargo: the public does not find them in a change log or a timetable either. One query."""
    found = Session.objects.filter(embargoed_until__gt=now)
    return frozenset(found.values_list("code", flat=True))


def waiting(forum: Forum) -> QuerySet[Session]:
    """The sessions whose place or speakers a release would change."""
    return Session.objects.filter(is_waiting(), forum=forum)


def is_waiting() -> Q:
    """The condition of `waiting`, for a list of sessions of any forum."""
    # Who is new and stays, and who is shown and leaves.
    new_people = Exists(Appearance.objects.filter(session=OuterRef("pk"), is_released=F("is_leaving")))
    return ((IS_OUT | COMES_OUT) & _differs()) | (COMES_OUT & Q(new_people))


def _differs() -> Q:
    """Whether a session's place in the draft is not the released one; NULLs compare as values."""
    found = Q()
    for name in ("starts", "ends", "room"):
        ours, draft = F(name), f"placement__{name}"
        found |= Q(**{f"{draft}__lt": ours}) | Q(**{f"{draft}__gt": ours})
        found |= Q(**{f"{draft}__isnull": True, f"{name}__isnull": False})
        found |= Q(**{f"{draft}__isnull": False, f"{name}__isnull": True})
    for place, state in RELEASED_AS.items():
        found |= Q(placement__state=place) & ~Q(state=state)
    return found


# --- reading a version ----------------------------------------------------------------------------
def drafted(forum: Forum) -> list[Entry]:
    """The timetable as the draft has it: scheduled and cancelled sessions with times. Three queries."""
    found = Session.objects.filter(placement__state__in=PUBLIC)
    return _entries(found, forum=forum, prefix="placement__", appearances=Appearance.objects.drafted())


def public(forum: Forum) -> list[Entry]:
    """The timetable as the public sees it in the sessions' own columns. Three queries."""
    found = Session.objects.filter(state__in=[Session.State.SCHEDULED, Session.State.CANCELLED])
    return _entries(found, forum=forum, prefix="", appearances=Appearance.objects.released())


def _entries(
    sessions: QuerySet[Session], *, forum: Forum, prefix: str, appearances: QuerySet[Appearance]
) -> list[Entry]:
    """The sessions of a forum that have times, as a release keeps them. `prefix`: of the columns with their places."""
    rooms = dict(Room.objects.filter(forum=forum).values_list("pk", "name"))
    people: dict[int, list[Entry]] = {}
    names = ("session", "speaker", "speaker__form_of_address", "speaker__name")
    for session, key, address, name in appearances.filter(session__forum=forum).values_list(*names):
        people.setdefault(session, []).append({"id": key, "name": f"{address} {name}".strip()})
    place = [f"{prefix}{name}" for name in ("starts", "ends", "room_id", "state")]
    with_times = sessions.filter(forum=forum, **{f"{name}__isnull": False for name in place[:2]})
    rows: Iterable[Any] = with_times.order_by(place[0], "pk").values_list("pk", "code", "title", *place)
    return [
        {
            "code": code,
            "title": title,
            "starts": starts.isoformat(),
            "ends": ends.isoformat(),
            "room": {"id": room, "name": rooms[room]} if room else None,
            "state": str(state),
            "speakers": people.get(key, []),
        }
        for key, code, title, starts, ends, room, state in rows
    ]


def _before(forum: Forum) -> list[Entry]:
    """The last version; where there is none yet, what the public sees without one."""
    kept = Release.objects.filter(forum=forum).order_by("-number").values_list("timetable", flat=True).first()
    return public(forum) if kept is None else kept


def _after(before: list[Entry], *, forum: Forum, only: Collection[str] | None) -> list[Entry]:
    """The version that a release makes. Of `only` some sessions it takes the places; their speakers go on waiting."""
    draft = drafted(forum)
    if only is None:
        return draft
    speakers = {entry["code"]: entry["speakers"] for entry in before}
    taken = [entry | {"speakers": speakers.get(entry["code"], [])} for entry in draft if entry["code"] in only]
    rest = [entry for entry in before if entry["code"] not in only]
    return sorted([*rest, *taken], key=lambda entry: (entry["starts"], entry["code"]))


def preview(forum: Forum) -> ReleasePreview:
    """What a release would do now. Nothing is saved and nothing refused."""
    before = _before(forum)
    log = diff.compare(before, _after(before, forum=forum, only=None))
    clashes, more = draft_timetable.blocking(forum)
    return ReleasePreview(
        _next_number(forum), log, clashes=clashes, more_clashes=more, fingerprint=diff.fingerprint(log)
    )


def cancelling(sessions: Collection[Session]) -> list[TimetableChange]:
    """What `cancel_at_once` would do to sessions of one forum that the public sees."""
    before, codes = _before(forum_of(sessions)), {session.code for session in sessions}
    state = str(Session.State.CANCELLED)
    return diff.compare(before, [one | {"state": state} if one["code"] in codes else one for one in before])


def who_hears(forum: Forum, log: Iterable[TimetableChange], *, by: User, now: datetime) -> list[schedule_hooks.Hearers]:
    """Who would get a mail if these changes were released now; nobody while the forum is hidden."""
    if not forum.is_public:
        return []
    version = Release(forum=forum, changes=[change.as_json() for change in log], released=now, by=by)
    return [one for function in schedule_hooks.who_hears.of() for one in function(version, by, now)]


def _next_number(forum: Forum) -> int:
    return (Release.objects.filter(forum=forum).aggregate(last=Max("number"))["last"] or 0) + 1


# --- releasing ------------------------------------------------------------------------------------
def release(forum: Forum, *, note: str, by: User | None, now: datetime, seen: str | None = None) -> Release:
    """Make the draft of a forum what the public sees; return the release with its change log.

    `seen`: the fingerprint of the preview that was looked at (None: of none). Refuses `note-too-long`,
    `blocking-clash`, `draft-changed` where the draft is no longer what was seen, and `nothing-changed`. Attendees are
    told by a task (registration.sessions.agenda.change_mails), woken when the transaction is committed.
    """
    with locked(forum):
        _check_clashes(forum)
        return _release(forum, only=None, seen=seen, note=note, by=by, now=now)


def _release(
    forum: Forum, *, only: Collection[str] | None, seen: str | None, note: str, by: User | None, now: datetime
) -> Release:
    """Release the draft, or `only` the places of some sessions (codes), under the forum's lock."""
    if len(note) > NOTE_LIMIT:
        raise ValidationError(
            _("The note is longer than %(n)s characters"), code="note-too-long", params={"n": NOTE_LIMIT}
        )
    before = _before(forum)
    after = _after(before, forum=forum, only=only)
    log = diff.compare(before, after)
    if seen is not None and seen != diff.fingerprint(log):
        raise ValidationError(
            _("The draft has changed since you looked. Look at what changes now, then release"), code="draft-changed"
        )
    moved, number = _take_over(forum, only=only, now=now), _next_number(forum)
    if not log and not moved and (number > 1 or not after):
        raise ValidationError(
            _("Nothing has changed since the last release: there is nothing to release"), code="nothing-changed"
        )
    if only is None:
        panels.release(forum)
    verb = Verb.RELEASE if only is None else Verb.CANCEL_AT_ONCE
    made = Release(forum=forum, number=number, note=note.strip(), released=now, by=by, timetable=after)
    _keep(made, log, verb=verb)
    revision.bump()
    for task_of in schedule_hooks.after_release.of():
        transaction.on_commit(partial(wake_ups.wake, task_of()), robust=True)
    return made


def _check_clashes(forum: Forum) -> None:
    clashes, more = draft_timetable.blocking(forum)
    faults = [
        ValidationError(_("Solve this clash first: %(clash)s"), code="blocking-clash", params={"clash": clash})
        for clash in clashes
    ]
    if more:
        words = ngettext("%(n)s more clash forbids a release", "%(n)s more clashes forbid a release", more)
        faults.append(ValidationError(words, code="blocking-clash", params={"n": more}))
    if faults:
        raise ValidationError(faults)


def _take_over(forum: Forum, *, only: Collection[str] | None, now: datetime) -> int:
    """Copy the places that differ into the sessions, in one statement; return how many of them the public sees."""
    differing = Session.objects.filter(_differs(), forum=forum).annotate(is_seen=IS_OUT | COMES_OUT)
    if only is not None:
        differing = differing.filter(code__in=only)
    is_seen = dict(differing.values_list("pk", "is_seen"))
    if not is_seen:
        return 0
    place = Placement.objects.filter(session=OuterRef("pk"))
    states = [When(state=old, then=Value(new)) for old, new in RELEASED_AS.items()]
    Session.objects.filter(pk__in=is_seen).update(
        starts=Subquery(place.values("starts")),
        ends=Subquery(place.values("ends")),
        room=Subquery(place.values("room")),
        state=Subquery(place.values(named=Case(*states))),
        sequence=F("sequence") + 1,
        updated=now,
    )
    return sum(map(bool, is_seen.values()))


@pages_hooks.previewed()
def _show_draft(forum: Forum, user: User, now: datetime) -> None:
    """The programme as a release of the whole draft would make it, with the sessions under embargo."""
    if user.has_perm("events.view_session", forum):
        _take_over(forum, only=None, now=now)
        panels.release(forum)
        Session.objects.filter(forum=forum).update(embargoed_until=None)


def record_first(forum: Forum, *, note: str, now: datetime) -> Release:
    """Write down what the public sees already as version 1, with every session as new; nobody is told.

    For forums that come with their programme (the sample). Refuses `nothing-changed` where there is a release.
    """
    with locked(forum):
        if Release.objects.filter(forum=forum).exists():
            raise ValidationError(_("This forum has a release already"), code="nothing-changed")
        shown = public(forum)
        first = Release(forum=forum, number=1, note=note, released=now, timetable=shown, told=now)
        return _keep(first, diff.compare([], shown), verb=Verb.RELEASE)


def _keep(release: Release, log: list[TimetableChange], *, verb: Verb) -> Release:
    """Save a version with its change log, and write the history."""
    release.changes = [change.as_json() for change in log]
    release.save()
    after = {"version": release.number, "changes": len(log)}
    history.record(release.forum, verb=verb, by=release.by, now=release.released, after=after, reason=release.note)
    return release


def cancel_at_once(sessions: Collection[Session], *, note: str, by: User | None, now: datetime) -> Release:
    """An emergency: cancel sessions of one forum and release only that; return the release.

    Each is cancelled where the public sees it: another place that the draft has for it is dropped. Its speakers, and
    the rest of the draft, go on waiting; clashes forbid nothing. Refuses `several-forums`, `note-too-long`, and
    `wrong-state` for a session that the public does not see as scheduled; then nothing is cancelled. One that the draft
    cancels already is only released.
    """
    with locked(forum_of(sessions)) as forum:
        found = Session.objects.filter(pk__in=[session.pk for session in sessions]).select_related("forum", "room")
        for session in found:
            if session.state != Session.State.SCHEDULED:
                raise ValidationError(
                    _("“%(title)s” is not on the public programme"), code="wrong-state", params={"title": session.title}
                )
            public = {name: getattr(session, name) for name in ("starts", "ends", "room")}
            place = moves.move(session, **public, version=None, by=by, now=now)
            if place.state != Placement.State.CANCELLED:
                moves.cancel(session, version=None, by=by, now=now)
        return _release(forum, only={session.code for session in found}, seen=None, note=note, by=by, now=now)


def forum_of(sessions: Iterable[Session]) -> Forum:
    """The forum of sessions. Refuses `several-forums` where they are not all of one."""
    forums = {session.forum for session in sessions}
    if len(forums) != 1:
        raise ValidationError(_("Choose sessions of one forum"), code="several-forums")
    return forums.pop()
