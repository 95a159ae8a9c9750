"""The draft of a forum as the scheduling board reads it: its sessions, what the checks need, and the clashes in words.

Reading takes a number of queries that does not grow with the sessions, and no whole rows: a move on the board answers
with the clashes of the whole forum.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import F, IntegerField, Q, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Appearance, Audience, Availability, Forum, Placement, Room, Session, Speaker, Wish
from events.models.reference import ActionLine
from events.schedule import conflicts
from events.schedule.conflicts import CheckedSession, Clash, ConflictKind, Rules, Span, grouped
from events.shared.formatting.names import local_text, term
from events.shared.formatting.times import end_hours, hours, long_date, range_ends

MINUTE = timedelta(minutes=1)
TOLD = 20  # clashes in words: a page that names thousands says less, and weighs megabytes
USUAL_MINUTES = 60  # of a session that never had a time and came from no proposal
KEPT_OR_ASKED = Coalesce("placement__minutes", "proposal__minutes", output_field=IntegerField())

LABELS: dict[ConflictKind, Promise] = {
    ConflictKind.ROOM: gettext_lazy("Room taken"),
    ConflictKind.PERSON: gettext_lazy("Speaker in two places"),
    ConflictKind.OUTSIDE: gettext_lazy("Outside the forum’s days"),
    ConflictKind.AVAILABILITY: gettext_lazy("Speaker not available"),
    ConflictKind.SIZE: gettext_lazy("Room too small"),
    ConflictKind.CAPTIONERS: gettext_lazy("Too few captioners"),
    ConflictKind.INTERPRETERS: gettext_lazy("Too few interpreters"),
    ConflictKind.WISH: gettext_lazy("Against the organisers’ wish"),
    ConflictKind.TURN_ROUND: gettext_lazy("Short turn-round"),
    ConflictKind.ACTION_LINE: gettext_lazy("One Action Line twice"),
}


# Of two numbers of `Clash.about`: what they are called in the sentences below.
ABOUT = {
    ConflictKind.SIZE: ("people", "seats"),
    ConflictKind.CAPTIONERS: ("number", "teams"),
    ConflictKind.INTERPRETERS: ("number", "teams"),
    ConflictKind.TURN_ROUND: ("minutes", "needed"),
}
SENTENCES: dict[ConflictKind, Any] = {
    ConflictKind.ROOM: gettext_lazy("%(room)s is taken: %(one)s overlaps with %(other)s"),
    ConflictKind.PERSON: gettext_lazy("In two places at once: %(people)s. %(one)s overlaps with %(other)s"),
    ConflictKind.OUTSIDE: gettext_lazy("%(one)s lies outside the forum, which runs from %(first)s to %(last)s"),
    ConflictKind.AVAILABILITY: gettext_lazy("Not available for %(one)s: %(people)s"),
    ConflictKind.SIZE: ngettext_lazy(
        "%(room)s is too small for %(one)s: %(people)s people, %(seats)s seat",
        "%(room)s is too small for %(one)s: %(people)s people, %(seats)s seats",
        "seats",
    ),
    ConflictKind.CAPTIONERS: ngettext_lazy(
        "From %(one)s on, %(number)s session is captioned. There are captioners for %(teams)s",
        "From %(one)s on, %(number)s sessions are captioned at once. There are captioners for %(teams)s",
        "number",
    ),
    ConflictKind.INTERPRETERS: ngettext_lazy(
        "From %(one)s on, %(number)s session is interpreted. There are interpreters for %(teams)s",
        "From %(one)s on, %(number)s sessions are interpreted at once. There are interpreters for %(teams)s",
        "number",
    ),
    ConflictKind.WISH: gettext_lazy("The organisers of %(one)s wish for another time"),
    ConflictKind.TURN_ROUND: gettext_lazy(
        "%(room)s: %(minutes)s minutes between %(one)s and %(other)s, %(needed)s are needed"
    ),
    ConflictKind.ACTION_LINE: gettext_lazy("At once for %(lines)s: %(one)s and %(other)s"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSlot(CheckedSession):
    """A session with its place in the draft, and what it is called. Times in UTC; `version` is what a move must have seen.

    `usual`: the minutes of one without a time, those that it had on the timetable or that its proposal asked for.
    """

    code: str
    title: str
    number: int | None
    state: str
    starts: datetime | None
    ends: datetime | None
    version: int
    usual: int | None

    def at(self, span: Span | None, *, room: int | None) -> Self:
        """The same session at another time and in another room."""
        starts, ends = span or (None, None)
        return replace(self, span=span, room=room, starts=starts, ends=ends)

    def lasting(self, minutes: int) -> Self:
        """This session with another length."""
        span = self.span and Span(self.span.starts, self.span.starts + minutes * MINUTE)
        return replace(self, span=span, ends=self.starts and self.starts + minutes * MINUTE, usual=minutes)

    @property
    def is_on_timetable(self) -> bool:
        """Scheduled or cancelled with a time: it stands on a day of the board."""
        return self.state != Placement.State.UNSCHEDULED and self.starts is not None

    @property
    def minutes(self) -> int:
        """Its length; without a time the one that it had or that was asked for, or an hour."""
        return (self.ends - self.starts) // MINUTE if self.starts and self.ends else self.usual or USUAL_MINUTES


@dataclass(frozen=True)
class TimetableDraft:
    """A forum's timetable as it is being worked on. `places` are by session, in the order of their start."""

    forum: Forum
    rooms: list[Room]
    places: dict[int, DraftSlot]
    rules: Rules

    def clashes(self) -> list[Clash]:
        """Every clash of the draft, blocking ones first."""
        return conflicts.all_clashes(self.places.values(), self.rules)


@dataclass(frozen=True)
class Told:
    """A clash in words, with its sides (the one told first in front)."""

    clash: Clash
    label: str
    text: str
    sides: list[DraftSlot]

    @property
    def is_blocking(self) -> bool:
        return self.clash.is_blocking


def read(forum: Forum) -> TimetableDraft:
    """The draft of a forum. Seven queries."""
    rooms = list(Room.objects.filter(forum=forum))
    return TimetableDraft(forum, rooms, _places(forum), _rules(forum, rooms))


def blocking(forum: Forum) -> tuple[list[str], int]:
    """A sentence for each of the first clashes of the draft that must not be released, and how many there are beyond
    them."""
    draft = read(forum)
    return _first(draft, [clash for clash in draft.clashes() if clash.is_blocking])


def of_session(session: Session) -> tuple[list[str], int]:
    """A sentence for each of the first clashes that a session takes part in where the draft has it, blocking ones first,
    and how many there are beyond them."""
    draft = read(session.forum)
    return _first(draft, conflicts.clashes_of(draft.places[session.pk], draft.places.values(), draft.rules))


def _first(draft: TimetableDraft, clashes: Sequence[Clash]) -> tuple[list[str], int]:
    told = [one.text for one in tell(draft, clashes[:TOLD])]
    return told, len(clashes) - len(told)


# --- reading ----------------------------------------------------------------------------------------
def _places(forum: Forum) -> dict[int, DraftSlot]:
    """The sessions' places by start. Five queries: no whole rows, and the proposals come with the sessions."""
    of_forum = {"session__forum": forum}
    counts = Audience.objects.filter(**of_forum).order_by().values_list("session").annotate(Sum("people"))
    booked: dict[int, int] = dict(counts)
    drafted = Appearance.objects.drafted().filter(**of_forum).order_by()
    people = grouped(drafted.values_list("session", "speaker"))
    lines = grouped(Session.action_lines.through.objects.filter(**of_forum).values_list("session", "actionline"))
    wishes = Wish.objects.filter(**of_forum).values_list("session", "is_wanted", "starts", "ends")
    spans = grouped(((key, is_wanted), Span(*times)) for key, is_wanted, *times in wishes)
    sessions: Any = Session.objects.filter(forum=forum).order_by(
        F("placement__starts").asc(nulls_last=True), "number", "pk"
    )
    rows = sessions.values_list(
        *("pk", "code", "title", "number", KEPT_OR_ASKED),
        Greatest(Coalesce("expected", 0), Coalesce("capacity", 0)),
        *(f"placement__{name}" for name in ("state", "starts", "ends", "room_id", "version")),
        *(~Q(captioning=[]), ~Q(interpretation=[])),
    )
    return {
        key: DraftSlot(
            key=key,
            code=code,
            title=title,
            number=number,
            state=state,
            starts=starts,
            ends=ends,
            span=Span(starts, ends) if state == Placement.State.SCHEDULED else None,
            room=room,
            version=version,
            usual=usual,
            people=frozenset(people.get(key, ())),
            action_lines=frozenset(lines.get(key, ())),
            audience=max(size, booked.get(key, 0)),
            is_captioned=captioned,
            is_interpreted=interpreted,
            wanted=tuple(spans.get((key, True), ())),
            unwanted=tuple(spans.get((key, False), ())),
        )
        for key, code, title, number, usual, size, state, starts, ends, room, version, captioned, interpreted in rows
    }


def _rules(forum: Forum, rooms: Iterable[Room]) -> Rules:
    times = Availability.objects.filter(speaker__forum=forum).values_list("speaker", "starts", "ends")
    return Rules(
        opens=midnight(forum.starts, forum=forum),
        closes=midnight(forum.ends + timedelta(days=1), forum=forum),
        turn_round=timedelta(minutes=forum.turn_round_minutes),
        captioners=forum.captioners,
        interpreters=forum.interpreters,
        seats={room.pk: room.capacity for room in rooms if room.capacity is not None},
        free=grouped((speaker, Span(starts, ends)) for speaker, starts, ends in times),
    )


def midnight(day: date, *, forum: Forum) -> datetime:
    """The moment at which a day begins in the forum's zone."""
    return datetime.combine(day, time(), tzinfo=forum.zone)


# --- words ------------------------------------------------------------------------------------------
def tell(draft: TimetableDraft, clashes: Iterable[Clash]) -> list[Told]:
    """Clashes in words. At most two queries, for the names of people and Action Lines."""
    clashes = list(clashes)
    names = _names(clashes)
    rooms = {room.pk: room.name for room in draft.rooms}
    told = []
    for clash in clashes:
        sides = [draft.places[key] for key in clash.keys]
        text = _sentence(clash, sides, forum=draft.forum, names=names, rooms=rooms)
        told.append(Told(clash, str(LABELS[clash.kind]), text, sides))
    return told


def _names(clashes: Iterable[Clash]) -> dict[tuple[ConflictKind, int], str]:
    """The names that the sentences need: of people, and of Action Lines."""
    wanted: dict[ConflictKind, set[int]] = {}
    for clash in clashes:
        kind = ConflictKind.PERSON if clash.kind == ConflictKind.AVAILABILITY else clash.kind
        wanted.setdefault(kind, set()).update(clash.about)
    names = {}
    if people := wanted.get(ConflictKind.PERSON):
        for speaker in Speaker.objects.filter(pk__in=people).only("name", "form_of_address"):
            names[ConflictKind.PERSON, speaker.pk] = speaker.full_name
    if lines := wanted.get(ConflictKind.ACTION_LINE):
        for line in ActionLine.objects.filter(pk__in=lines).only("code", "short_name"):
            names[ConflictKind.ACTION_LINE, line.pk] = f"{line.label} {term(line.short_name)}"
    return names


def _sentence(
    clash: Clash,
    sides: list[DraftSlot],
    *,
    forum: Forum,
    names: Mapping[tuple[ConflictKind, int], str],
    rooms: Mapping[int, str],
) -> str:
    kind = ConflictKind.PERSON if clash.kind == ConflictKind.AVAILABILITY else clash.kind
    listed = ", ".join(sorted(names.get((kind, key), "") for key in clash.about))
    parts: dict[str, object] = {
        "one": named(sides[0], forum=forum),
        "other": named(sides[-1], forum=forum),
        "room": rooms.get(sides[0].room or 0, ""),
        "first": long_date(forum.starts),
        "last": long_date(forum.ends),
        "people": listed,
        "lines": listed,
    }
    return str(SENTENCES[clash.kind] % (parts | dict(zip(ABOUT.get(clash.kind, ()), clash.about, strict=False))))


def named(place: DraftSlot, *, forum: Forum) -> str:
    """“Title” (22 July, 14:00–15:30 Geneva), of a session that has a time."""
    assert place.starts and place.ends  # noqa: S101, PT018  what clashes is held
    first, last = range_ends(hours(place.starts, zone=forum.zone), end_hours(place.ends, zone=forum.zone))
    return _("“%(title)s” (%(date)s, %(from)s–%(to)s %(place)s)") % {
        "title": place.title,
        "date": date_format(forum.local(place.starts), "j F"),
        "from": first,
        "to": last,
        "place": local_text(forum, "place") or forum.time_zone,
    }
