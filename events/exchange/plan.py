"""What an import would do: each session of a file against those of the forum. Nothing is saved here.

The rows of a plan carry what the file says: a plan that is not applied is thrown away with its rows.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.exchange.known_names import LINKED, Names
from events.exchange.people import KnownSpeakers
from events.exchange.readers import tables
from events.exchange.readers.records import Programme, Talk
from events.models import ActionLine, Appearance, Forum, Placement, Session, Speaker
from events.models.programme import DESCRIPTION_LIMIT, Language
from events.schedule import panels
from events.schedule.moves import Entered
from events.schedule.releases import releases
from events.shared.formatting.markdown import plain
from events.shared.formatting.plain_text import line
from events.shared.tables import stable_identities
from events.shared.tables.answers import Answers
from events.shared.tables.looks import Look, Problem

NEW, CHANGED, SAME = "new", "changed", "same"
COLUMNS = (
    *("title", "description", "type", "track", "languages", "captioning", "interpretation", "recording_url"),
    *("broadcast_url", "meeting_url", "capacity", "organisers", "action_lines", "sdgs"),
)
LABELS = {name: Session._meta.get_field(name).verbose_name for name in COLUMNS} | {  # type: ignore[union-attr]
    "place": gettext_lazy("time and room"),
    "people": gettext_lazy("speakers"),
}
HEADS: Sequence[Any] = (
    *(gettext_lazy("Session"), gettext_lazy("Starts"), gettext_lazy("Room"), gettext_lazy("Type")),
    *(gettext_lazy("Organisers"), gettext_lazy("Speakers")),
)


@dataclass(slots=True)
class Item:
    """One session of the file, and its row, on which the file's `columns` are set already; unsaved where it is new.

    `place`, `cast` and `links` are what else would be written, `changes` how the preview says all of it.
    """

    talk: Talk
    session: Session
    kind: str = SAME
    columns: set[str] = field(default_factory=set)
    place: Entered | None = None
    cast: list[Appearance] | None = None
    links: dict[str, list[Any]] = field(default_factory=dict)
    changes: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.talk.title

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """What changes, before and after, with names for people; long texts cut."""
        return [(str(LABELS[name]), before[:200], after[:200]) for name, before, after in self.changes]

    @property
    def cells(self) -> list[str]:
        """A new session in the columns of HEADS."""
        talk, forum = self.talk, self.session.forum
        starts = f"{forum.local(talk.starts):%Y-%m-%d %H:%M}" if talk.starts else "–"
        people = [", ".join(row.name for row in rows or ()) for rows in (self.links.get("organisers"), talk.persons)]
        return [talk.title, starts, talk.room or "", str(self.session.type), *people]


@dataclass(kw_only=True)
class Plan(Look):
    """Everything that an import would do. `forum` is unsaved where it would be made."""

    programme: Programme
    forum: Forum
    names: Names
    people: KnownSpeakers
    is_new_forum: bool
    untouched: int = 0
    also_released: list[Session] = field(default_factory=list)  # what waits in the draft beside what the file changes
    refused: list[str] = field(default_factory=list)  # of a dry run: why it would be refused

    @property
    def items(self) -> list[Item]:
        return [*self.new, *self.changed, *self.same]

    @property
    def is_empty(self) -> bool:
        made = self.is_new_forum or self.people.changes or not self.names.are_all_known
        return not made and super().is_empty


def make(programme: Programme, *, forum: Forum, is_released: bool, answers: Answers) -> Plan:
    """Compare a file with a forum (an unsaved one has no sessions); `answers`: what its names mean. A number of queries that does not grow with either."""
    names = Names(forum, rooms=programme.rooms, answers=answers)
    people, is_new = KnownSpeakers(forum, names=names), forum.pk is None
    plan = Plan(programme=programme, forum=forum, names=names, people=people, is_new_forum=is_new)
    plan.headers, plan.columns, plan.heads = programme.headers, tables.COLUMN_CHOICES, HEADS
    known = _Known(forum)
    strange: Counter[str] = Counter()
    for name in programme.tracks:
        names.tracks.row_of(name)
    for name in programme.rooms:
        names.rooms.row_of(name)
    for talk in programme.talks:
        item = _Comparison(plan, talk, known.find(talk) or Session(forum=forum), strange).item
        {NEW: plan.new, CHANGED: plan.changed, SAME: plan.same}[item.kind].append(item)
    plan.untouched = len(known.by_code) - len(known.claimed)
    for code, count in strange.items():
        programme.note(
            ngettext("%(n)s session", "%(n)s sessions", count) % {"n": count},
            _("The language “%(code)s” is not one of this site: left out") % {"code": code},
        )
    if programme.hidden_problems:
        programme.problems.append(Problem("", _("And %(n)s more") % {"n": programme.hidden_problems}, is_note=True))
    plan.errors = [problem for problem in programme.problems if not problem.is_note]
    plan.notes = [problem for problem in programme.problems if problem.is_note]
    plan.questions = [*programme.questions, *names.questions.asked.values()]
    if is_released and forum.pk:
        ours = [item.session.pk for item in plan.changed]
        rest = releases.waiting(forum).exclude(pk__in=ours).order_by("pk")
        plan.also_released = list(rest.select_related("room", "placement__room"))
    plan.digest = _digest(plan)
    return plan


def _digest(plan: Plan) -> str:
    """What a plan would do, and from what, in 64 characters."""
    names, people = plan.names, plan.people
    news = (names.types.new, names.tracks.new, names.rooms.new, names.new_organisations)
    made = [[row.name for row in rows] for rows in news]
    speakers = [(row.name, row.origin_id, row.position, str(row.organisation or "")) for row in people.new]
    changed = [(change.speaker.pk, change.column, change.before, change.after) for change in people.changes]
    items = []
    for item in plan.items:
        cast = [(row.speaker.pk, row.speaker.name, row.role) for row in item.cast or ()]
        items.append((item.session.pk, item.talk.origin, item.changes, item.place, cast))
    also = [(session.pk, _spot(session)) for session in plan.also_released]
    return hashlib.sha256(repr((plan.forum.pk, made, speakers, changed, items, also)).encode()).hexdigest()


class _Known:
    """The forum's sessions, found by their identity in the file, by guid or by code; each once."""

    def __init__(self, forum: Forum) -> None:
        self.by_guid: dict[Any, Session] = {}
        self.by_code: dict[str, Session] = {}
        self.claimed: set[int] = set()
        if forum.pk is None:
            return
        rows = Session.objects.filter(forum=forum).select_related("type", "track", "room", "placement__room")
        # Joined: Django asks SQLite for the rows that a thousand others name by a condition that is too deep for it.
        cast = Prefetch("appearances", Appearance.objects.select_related("speaker"))
        for session in rows.prefetch_related(cast, "organisers", "action_lines", "sdgs"):
            session.forum = forum
            self.by_code[session.code] = session
            self.by_guid[session.guid] = session
            if session.origin_id:
                self.by_guid[stable_identities.of_session(session.origin_id)] = session

    def find(self, talk: Talk) -> Session | None:
        for found in (self.by_guid.get(stable_identities.of_session(talk.origin)), self.by_code.get(talk.code)):
            if found is not None and found.pk not in self.claimed:
                self.claimed.add(found.pk)
                return found
        return None


class _Comparison:
    """Makes the item of one session: sets what the file says on its row, and notes down what differs."""

    def __init__(self, plan: Plan, talk: Talk, session: Session, strange: Counter[str]) -> None:
        self.plan, self.talk, self.session, self.strange = plan, talk, session, strange
        self.is_new = session.pk is None
        self.item = Item(talk, session)
        _sort_categories(talk, plan.names)
        self._columns()
        self._place()
        self._people()
        self._links()
        self.item.kind = NEW if self.is_new else CHANGED if self.item.changes else SAME

    def _set(self, name: str, value: Any, show: Callable[[Any], str] = str) -> None:
        before = getattr(self.session, name, None)
        if before != value:
            self.item.columns.add(name)
            self._say(name, *("" if told is None else show(told) for told in (before, value)))
            setattr(self.session, name, value)

    def _say(self, name: str, before: str, after: str) -> None:
        self.item.changes.append((name, before, after))

    def _note(self, text: str) -> None:
        self.plan.programme.note(self.talk.where, text)

    def _columns(self) -> None:
        talk, session, names = self.talk, self.session, self.plan.names
        self._set("title", talk.title)
        text = talk.description
        if text and talk.has_no_text and session.description:
            text = session.description if text in session.description else f"{session.description}\n\n{text}"
        text = None if text is None else self._cut(text)
        known = plain(session.description) if self.plan.programme.has_plain_texts else session.description
        if text is not None and known.strip() != text.strip():  # cells lose blanks at the ends
            self._set("description", text)
        for name in ("languages", "captioning", "interpretation"):
            codes = getattr(talk, name)
            if codes is not None:
                self._set_languages(name, self._known_languages(codes))
        for name in ("recording_url", "broadcast_url", "meeting_url", "capacity"):
            if getattr(talk, name):
                self._set(name, getattr(talk, name))
        if self.is_new or talk.type:
            found = names.types.row_of(talk.type or "") or (names.usual_type if self.is_new else None)
            if self.is_new or (found and str(found) != session.type.name):  # several types may have one name
                self._set("type", found)
        if talk.track is not None:
            self._set("track", names.tracks.row_of(talk.track))

    def _set_languages(self, name: str, codes: list[str]) -> None:
        """frab's files hold one language: where it is the session's first, the others stay."""
        if not (self.plan.programme.has_one_language and self.session.languages[:1] == codes):
            self._set(name, codes, show=", ".join)

    def _cut(self, text: str) -> str:
        if len(text) > DESCRIPTION_LIMIT:
            self._note(_("The description is cut after %(n)s characters") % {"n": DESCRIPTION_LIMIT})
            text = text[:DESCRIPTION_LIMIT].rstrip()
        return text

    def _known_languages(self, codes: list[str]) -> list[str]:
        for code in codes:
            if code not in Language.values:
                self.strange[code] += 1
        return [code for code in codes if code in Language.values]

    def _place(self) -> None:
        talk, before = self.talk, (None, None, None, False) if self.is_new else _spot(self.session)
        starts, ends = (talk.starts, talk.ends) if talk.starts else before[:2]
        told_room = before[2] if talk.room is None else self.plan.names.rooms.row_of(talk.room)
        if talk.state:
            talk.is_cancelled = self.plan.names.is_cancelled(talk.state)
        is_cancelled = before[3] if talk.is_cancelled is None else talk.is_cancelled
        after = (starts, ends, told_room if starts else before[2], is_cancelled)
        if self.is_new or after != before:
            self.item.place = after
            self._say("place", self._words(before), self._words(after))
            forum = self.plan.forum
            if starts and not forum.starts <= forum.local(starts).date() <= forum.ends:
                self._note(_("It lies outside the forum’s days"))

    def _words(self, place: Entered) -> str:
        starts, ends, room, is_cancelled = place
        words = room.name if room else ""
        if starts and ends:
            local = self.plan.forum.local
            words = f"{local(starts):%Y-%m-%d %H:%M}–{local(ends):%H:%M} {words}".strip()
        return f"{words} ({_('cancelled')})" if is_cancelled else words

    def _people(self) -> None:
        if self.talk.persons is None:
            return
        people = self.plan.people
        there = [] if self.is_new else [row for row in self.session.appearances.all() if not row.is_leaving]
        before, roles = [(row.speaker, row.role) for row in there], {row.speaker_id: row.role for row in there}
        speakers: dict[int, tuple[Speaker, str]] = {}
        for person in self.talk.persons:
            speaker = people.speaker(person, speaking=roles)
            if speaker:
                speakers.setdefault(id(speaker), (speaker, person.role or roles.get(speaker.pk, "")))
        cast = list(speakers.values())
        most = max(panels.MOST_SPEAKERS, len(there))
        if len(cast) > most:
            words = _("A session has at most %(n)s speakers. Left out: %(names)s")
            names = ", ".join(speaker.full_name for speaker, _role in cast[most:])
            self._note(words % {"n": panels.MOST_SPEAKERS, "names": names[:300]})
            cast = cast[:most]
        if cast != before:
            self.item.cast = [
                Appearance(session=self.session, speaker=speaker, role=role or Appearance.Role.SPEAKER, order=order)
                for order, (speaker, role) in enumerate(cast)
            ]
            self._say("people", *(", ".join(speaker.full_name for speaker, _role in rows) for rows in (before, cast)))

    def _links(self) -> None:
        for name in LINKED:
            words = getattr(self.talk, name)
            if words is None:
                continue
            rows, unknown = self.plan.names.linked(name, words)
            if unknown:
                self._note(_("Not known here and left out: %(names)s") % {"names": ", ".join(unknown)[:200]})
            before = set() if self.is_new else set(getattr(self.session, name).all())
            if any(row.pk is None for row in rows) or set(rows) != before:
                self.item.links[name] = rows
                self._say(name, ", ".join(sorted(map(str, before))), ", ".join(map(str, rows)))


def _spot(session: Session) -> Entered:
    """Where the draft has a session."""
    place = session.placement
    return place.starts, place.ends, place.room, place.state == Placement.State.CANCELLED


def _sort_categories(talk: Talk, names: Names) -> None:
    """The words that a calendar files an event under: Action Lines, a type that is known, and else the track."""
    if talk.categories is None:
        return
    lines: list[str] = []
    rest: list[str] = []
    for word in talk.categories:
        (lines if names.find.all(word, ActionLine) else rest).append(line(word, most=120))
    talk.action_lines = lines if lines or talk.type is not None else None
    if talk.type is None:
        kinds = [word for word in rest if word.casefold() in names.types]
        talk.type = kinds[0] if kinds else None
        rest = [word for word in rest if word not in kinds]
    if rest or talk.type is not None:
        talk.track = rest[0] if rest else ""
