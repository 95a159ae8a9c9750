"""The draft of a forum as the scheduling board reads it: its sessions, what the checks need, and the clashes in words.

Reading takes a number of queries that does not grow with the sessions, and no whole rows: a move on the board answers
with the clashes of the whole forum.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.formatting.names import term
from events.formatting.times import end_hours, hours
from events.models import Appearance, Audience, Availability, Forum, Placement, Room, Session, Speaker, Wish
from events.models.reference import ActionLine
from events.schedule import conflicts
from events.schedule.conflicts import Clash, Item, Kind, Rules, Span

MINUTE = timedelta(minutes=1)
TOLD = 20  # clashes in words: a page that names thousands says less, and weighs megabytes
LAST = datetime.max.replace(tzinfo=UTC)
USUAL_MINUTES = 60  # of a session that has no time yet and came from no proposal

LABELS: dict[Kind, Promise] = {
    Kind.ROOM: gettext_lazy("Room taken"),
    Kind.PERSON: gettext_lazy("Speaker in two places"),
    Kind.OUTSIDE: gettext_lazy("Outside the forum’s days"),
    Kind.AVAILABILITY: gettext_lazy("Speaker not available"),
    Kind.SIZE: gettext_lazy("Room too small"),
    Kind.CAPTIONERS: gettext_lazy("Too few captioners"),
    Kind.INTERPRETERS: gettext_lazy("Too few interpreters"),
    Kind.WISH: gettext_lazy("Against the organisers’ wish"),
    Kind.TURN_ROUND: gettext_lazy("Short turn-round"),
    Kind.ACTION_LINE: gettext_lazy("One Action Line twice"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A session with its place in the draft. Times in UTC; `version` is what a move must have seen."""

    key: int
    code: str
    title: str
    number: int | None
    state: str
    starts: datetime | None
    ends: datetime | None
    room: int | None
    version: int
    wished: int | None = None  # minutes that its proposal asked for

    @property
    def span(self) -> Span | None:
        """When it is held; None where it is not scheduled or cancelled."""
        is_held = self.state == Placement.State.SCHEDULED and self.starts and self.ends
        return Span(self.starts, self.ends) if is_held and self.starts and self.ends else None

    @property
    def is_on_timetable(self) -> bool:
        """Scheduled or cancelled with a time: it stands on a day of the board."""
        return self.state != Placement.State.UNSCHEDULED and self.starts is not None

    @property
    def minutes(self) -> int:
        """Its length; without a time the one that was asked for, or the usual one."""
        return (self.ends - self.starts) // MINUTE if self.starts and self.ends else self.wished or USUAL_MINUTES


@dataclass(frozen=True)
class Draft:
    """A forum's timetable as it is being worked on. `places` and `items` are by session, in the order of their start."""

    forum: Forum
    rooms: list[Room]
    places: dict[int, Place]
    items: dict[int, Item]
    rules: Rules

    def clashes(self) -> list[Clash]:
        """Every clash of the draft, blocking ones first."""
        return conflicts.all_clashes(self.items.values(), self.rules)


@dataclass(frozen=True)
class Told:
    """A clash in words, with its sides (the one told first in front)."""

    clash: Clash
    label: str
    text: str
    sides: list[Place]

    @property
    def is_blocking(self) -> bool:
        return self.clash.is_blocking


def read(forum: Forum) -> Draft:
    """The draft of a forum. Seven queries. A session without a place yet counts as it was released."""
    places, needs = _places(forum)
    rooms = list(Room.objects.filter(forum=forum))
    return Draft(forum, rooms, places, _items(forum, places, needs), _rules(forum, rooms))


def blocking(forum: Forum) -> tuple[list[str], int]:
    """A sentence for each of the first clashes of the draft that must not be released, and how many there are beyond
    them."""
    draft = read(forum)
    return _first(draft, [clash for clash in draft.clashes() if clash.is_blocking])


def of_session(session: Session) -> tuple[list[str], int]:
    """A sentence for each of the first clashes that a session takes part in where the draft has it, blocking ones first,
    and how many there are beyond them."""
    draft = read(session.forum)
    return _first(draft, conflicts.clashes_of(draft.items[session.pk], draft.items.values(), draft.rules))


def _first(draft: Draft, clashes: Sequence[Clash]) -> tuple[list[str], int]:
    told = [one.text for one in tell(draft, clashes[:TOLD])]
    return told, len(clashes) - len(told)


# --- reading ----------------------------------------------------------------------------------------
def _places(forum: Forum) -> tuple[dict[int, Place], dict[int, tuple[int, bool, bool]]]:
    """The sessions' places by start, and what each needs. One query.

    Seats (for the people who are expected and for all who can book), captions, interpretation.
    """
    sessions = (
        Session.objects.in_draft()
        .filter(forum=forum)
        .annotate(
            version=Coalesce("placement__version", 1),
            is_captioned=~Q(captioning=[]),
            is_interpreted=~Q(interpretation=[]),
        )
    )
    place = ("code", "title", "number", "draft_state", "draft_starts", "draft_ends", "draft_room_id", "version")
    wished = "proposal__minutes"  # joined: no query more
    rows: Iterable[Any] = sessions.order_by("number", "pk").values_list(
        "expected", "capacity", "is_captioned", "is_interpreted", "pk", *place, wished
    )
    places, needs = [], {}
    for expected, capacity, is_captioned, is_interpreted, pk, *rest in rows:
        places.append(Place(pk, *rest))
        needs[pk] = (max(expected or 0, capacity or 0), is_captioned, is_interpreted)
    places.sort(key=lambda place: place.starts or LAST)
    return {place.key: place for place in places}, needs


def _items(forum: Forum, places: Mapping[int, Place], needs: Mapping[int, tuple[int, bool, bool]]) -> dict[int, Item]:
    booked = dict(
        Audience.objects.filter(session__forum=forum).order_by().values_list("session").annotate(n=Sum("people"))
    )
    people = _sets(
        Appearance.objects.drafted().filter(session__forum=forum).order_by().values_list("session", "speaker")
    )
    lines = _sets(
        Session.action_lines.through.objects.filter(session__forum=forum).values_list("session", "actionline")
    )
    wishes: dict[tuple[int, bool], list[Span]] = {}
    for key, is_wanted, starts, ends in Wish.objects.filter(session__forum=forum).values_list(
        "session", "is_wanted", "starts", "ends"
    ):
        wishes.setdefault((key, is_wanted), []).append(Span(starts, ends))
    nobody: frozenset[int] = frozenset()
    items = {}
    for key, place in places.items():
        seats, is_captioned, is_interpreted = needs[key]
        items[key] = Item(
            key=key,
            span=place.span,
            room=place.room,
            people=people.get(key, nobody),
            action_lines=lines.get(key, nobody),
            audience=max(seats, booked.get(key, 0)),
            is_captioned=is_captioned,
            is_interpreted=is_interpreted,
            wanted=tuple(wishes.get((key, True), ())),
            unwanted=tuple(wishes.get((key, False), ())),
        )
    return items


def _sets(pairs: Iterable[tuple[int, int]]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def _rules(forum: Forum, rooms: Iterable[Room]) -> Rules:
    free: dict[int, list[Span]] = {}
    for speaker, starts, ends in Availability.objects.filter(speaker__forum=forum).values_list(
        "speaker", "starts", "ends"
    ):
        free.setdefault(speaker, []).append(Span(starts, ends))
    return Rules(
        opens=midnight(forum.starts, forum=forum),
        closes=midnight(forum.ends + timedelta(days=1), forum=forum),
        turn_round=timedelta(minutes=forum.turn_round_minutes),
        captioners=forum.captioners,
        interpreters=forum.interpreters,
        seats={room.pk: room.capacity for room in rooms if room.capacity is not None},
        free=free,
    )


def midnight(day: date, *, forum: Forum) -> datetime:
    """The moment at which a day begins in the forum's zone."""
    return datetime.combine(day, time(), tzinfo=forum.zone)


# --- words ------------------------------------------------------------------------------------------
def tell(draft: Draft, clashes: Iterable[Clash]) -> list[Told]:
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


def _names(clashes: Iterable[Clash]) -> dict[tuple[Kind, int], str]:
    """The names that the sentences need: of people, and of Action Lines."""
    wanted: dict[Kind, set[int]] = {}
    for clash in clashes:
        kind = Kind.PERSON if clash.kind == Kind.AVAILABILITY else clash.kind
        wanted.setdefault(kind, set()).update(clash.about)
    names = {}
    if people := wanted.get(Kind.PERSON):
        for speaker in Speaker.objects.filter(pk__in=people).only("name", "form_of_address"):
            names[Kind.PERSON, speaker.pk] = speaker.full_name
    if lines := wanted.get(Kind.ACTION_LINE):
        for line in ActionLine.objects.filter(pk__in=lines).only("code", "short_name"):
            names[Kind.ACTION_LINE, line.pk] = f"{line.label} {term(line.short_name)}"
    return names


def _sentence(
    clash: Clash,
    sides: list[Place],
    *,
    forum: Forum,
    names: Mapping[tuple[Kind, int], str],
    rooms: Mapping[int, str],
) -> str:
    one, other = named(sides[0], forum=forum), named(sides[-1], forum=forum)
    room = rooms.get(sides[0].room or 0, "")
    parts: dict[str, object] = {"one": one, "other": other, "room": room}
    numbers = clash.about or (0, 0)
    match clash.kind:
        case Kind.ROOM:
            text = _("%(room)s is taken: %(one)s overlaps with %(other)s")
        case Kind.PERSON:
            parts["people"] = _listed(names.get((Kind.PERSON, key), "") for key in clash.about)
            text = _("In two places at once: %(people)s. %(one)s overlaps with %(other)s")
        case Kind.OUTSIDE:
            parts |= {"first": date_format(forum.starts, "j F Y"), "last": date_format(forum.ends, "j F Y")}
            text = _("%(one)s lies outside the forum, which runs from %(first)s to %(last)s")
        case Kind.AVAILABILITY:
            parts["people"] = _listed(names.get((Kind.PERSON, key), "") for key in clash.about)
            text = _("Not available for %(one)s: %(people)s")
        case Kind.SIZE:
            parts |= {"people": numbers[0], "seats": numbers[1]}
            text = _too_small(numbers[1])
        case Kind.CAPTIONERS | Kind.INTERPRETERS:
            parts |= {"number": numbers[0], "teams": numbers[1]}
            text = _over(clash.kind, numbers[0])
        case Kind.WISH:
            text = _("The organisers of %(one)s wish for another time")
        case Kind.TURN_ROUND:
            parts |= {"minutes": numbers[0], "needed": numbers[1]}
            text = _("%(room)s: %(minutes)s minutes between %(one)s and %(other)s, %(needed)s are needed")
        case _:  # an Action Line
            parts["lines"] = _listed(names.get((Kind.ACTION_LINE, key), "") for key in clash.about)
            text = _("At once for %(lines)s: %(one)s and %(other)s")
    return text % parts


def _too_small(seats: int) -> str:
    return ngettext(
        "%(room)s is too small for %(one)s: %(people)s people, %(seats)s seat",
        "%(room)s is too small for %(one)s: %(people)s people, %(seats)s seats",
        seats,
    )


def _over(kind: Kind, number: int) -> str:
    if kind == Kind.CAPTIONERS:
        return ngettext(
            "From %(one)s on, %(number)s session is captioned. There are captioners for %(teams)s",
            "From %(one)s on, %(number)s sessions are captioned at once. There are captioners for %(teams)s",
            number,
        )
    return ngettext(
        "From %(one)s on, %(number)s session is interpreted. There are interpreters for %(teams)s",
        "From %(one)s on, %(number)s sessions are interpreted at once. There are interpreters for %(teams)s",
        number,
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def named(place: Place, *, forum: Forum) -> str:
    """“Title” (22 July, 14:00–15:30 Geneva); only the title where it has no time."""
    if not place.starts or not place.ends:
        return _("“%(title)s”") % {"title": place.title}
    return titled(place.title, starts=place.starts, ends=place.ends, forum=forum)


def titled(title: str, *, starts: datetime, ends: datetime, forum: Forum) -> str:
    """“Title” (22 July, 14:00–15:30 Geneva)."""
    return _("“%(title)s” (%(date)s, %(from)s–%(to)s %(place)s)") % {
        "title": title,
        "date": date_format(forum.local(starts), "j F"),
        "from": hours(starts, zone=forum.zone),
        "to": end_hours(ends, zone=forum.zone),
        "place": term(forum.place) or forum.time_zone,
    }
