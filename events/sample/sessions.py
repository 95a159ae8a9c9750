"""Writes planned sample sessions as rows: rooms, texts, Action Lines, goals, organisers and panellists."""

import random
from datetime import datetime
from itertools import cycle

from events.models import (
    ActionLine,
    Appearance,
    Forum,
    Organisation,
    Room,
    Session,
    SessionType,
    Speaker,
    Track,
)
from events.models.programme import CODE_ALPHABET
from events.reference.standard_rows import data
from events.sample import draw, texts
from events.sample.timetable import TIMETABLE, Plan
from events.schedule import moves
from events.schedule import panels as schedule_panels

BROADCAST = {"opening_ceremony", "opening_segment", "closing_ceremony", "wsis_prizes", "high_level_policy_session"}
CEREMONIES = BROADCAST | {"high_level_dialogue", "ministerial_round_table"}
PANEL_SIZES = {"wsis_talkx": 1, "open_space_talk": 1, "exhibition": 2, "hackathon": 3, "networking": 2}
LANGUAGE_SETS = [["en"]] * 8 + [["en", "fr"], ["en", "es"], ["en", "ar"], ["fr"], ["es"], ["en", "ru"], ["en", "zh"]]
ALL_LANGUAGES = ["en", "fr", "es", "ar", "zh", "ru"]
INTERPRETED = ["fr", "es", "ar", "zh", "ru", "ils"]


def write(
    forum: Forum,
    plans: list[Plan],
    *,
    known: dict[str, Organisation],
    invented: list[Organisation],
    panels: list[list[Speaker]],
    now: datetime,
    rng: random.Random,
) -> list[Session]:
    """Write rooms, tracks, sessions and everything that hangs on them; return the sessions in order of their start.

    `known`: organisations by acronym or name; `panels`: the speakers of each plan.
    """
    rooms = Room.objects.bulk_create(
        Room(forum=forum, name=name, is_virtual=True, order=n) for n, name in enumerate(TIMETABLE["rooms"], start=1)
    )
    names = data("session_types")["special_tracks"]
    tracks = Track.objects.bulk_create(Track(forum=forum, name=name, order=n) for n, name in enumerate(names, start=1))
    made = _sessions(forum, plans, rooms=rooms, tracks={row.name: row for row in tracks}, now=now, rng=rng)
    moves.place_new(Session.objects.bulk_create(made), now=now)
    hosts = [*(known[name] for name in data("wsis-forum-2020")["agencies"]), *invented]
    lines = dict(ActionLine.objects.values_list("code", "pk"))
    _link(
        made, "action_lines", "actionline_id", [[lines[code] for code in plan.lines if code in lines] for plan in plans]
    )
    _link(made, "sdgs", "sdg_id", [plan.sdgs for plan in plans])
    _link(
        made,
        "organisers",
        "organisation_id",
        [_organisers(plan, known=known, invented=hosts, rng=rng) for plan in plans],
    )
    seated = (
        Appearance(session=session, speaker=speaker, role=_role(place, plan, size=len(people)), order=place)
        for session, plan, people in zip(made, plans, panels, strict=True)
        for place, speaker in enumerate(people)
    )
    schedule_panels.seat(seated, is_released=True)
    return made


def _link(sessions: list[Session], name: str, column: str, keys: list[list[int]]) -> None:
    """Write a relation of the sessions: the keys for each."""
    through = getattr(Session, name).through
    through.objects.bulk_create(
        through(session_id=session.pk, **{column: key})
        for session, found in zip(sessions, keys, strict=True)
        for key in found
    )


def _sessions(
    forum: Forum, plans: list[Plan], *, rooms: list[Room], tracks: dict[str, Track], now: datetime, rng: random.Random
) -> list[Session]:
    """The sessions, not saved yet. Invented plans get the Action Line and goals of their topic."""
    types = {row.code: row for row in SessionType.objects.all()}
    taken = set(Session.objects.values_list("code", flat=True))
    codes = draw(f"codes {forum.slug}")  # apart: how many draws it takes depends on the codes there are
    topics = [*texts.TOPICS]
    rng.shuffle(topics)
    places = [*texts.PLACES]
    rng.shuffle(places)
    supply = {"": cycle(topics)} | {track: cycle(suitable) for track, suitable in texts.topics_of_tracks().items()}
    sessions: list[Session] = []
    for number, (plan, room) in enumerate(zip(plans, _rooms(plans, rooms=rooms), strict=True)):
        topic, place = _topic(plan, supply=supply), places[number % len(places)]
        session = Session(
            forum=forum,
            code=_code(taken, rng=codes),
            number=101 + number,
            title=plan.title or _title(topic, plan=plan, place=place, number=number, rng=rng, earlier=sessions),
            description=texts.description(
                topic, type_code=plan.type_code, place=place, track=plan.track, rng=rng, is_invented=plan.is_invented
            ),
            type=types[plan.type_code],
            track=tracks.get(plan.track),
            starts=plan.starts,
            ends=plan.ends,
            room=room,
            languages=ALL_LANGUAGES if plan.type_code in CEREMONIES else rng.choice(LANGUAGE_SETS),
            captioning=["en"] if plan.type_code in CEREMONIES or rng.random() < 0.6 else [],
            meeting_url=f"https://meet.example.org/{''.join(rng.choices('abcdefghjkmnpqrstuvwxyz', k=12))}",
            state=Session.State.SCHEDULED,
            is_sample=plan.is_invented,
        )
        if plan.type_code in BROADCAST:
            session.broadcast_url, session.interpretation = broadcast(session), INTERPRETED
        if plan.ends <= now and plan.type_code != "exhibition" and rng.random() < 0.9:
            session.recording_url = f"https://example.org/recordings/{session.code}"
        sessions.append(session)
    return sessions


def broadcast(session: Session) -> str:
    """Where a made-up broadcast is seen."""
    return f"https://example.org/live/{session.code}"


def _topic(plan: Plan, *, supply: "dict[str, cycle[texts.Topic]]") -> texts.Topic:
    if not plan.is_invented:
        return texts.NAMED[plan.title]
    topic = texts.EXHIBITION if plan.type_code == "exhibition" else next(supply[plan.track])
    plan.lines, plan.sdgs = [] if plan.type_code == "wsis_prizes" else [topic["line"]], topic["sdgs"]
    return topic


def _title(
    topic: texts.Topic, *, plan: Plan, place: str, number: int, rng: random.Random, earlier: list[Session]
) -> str:
    known = {session.title for session in earlier}
    high_level = sum(session.title.startswith("High-level policy session") for session in earlier) + 1
    line = ActionLine(code=topic["line"]).label
    title = texts.title(topic, type_code=plan.type_code, place=place, rng=rng, number=high_level, line=line)
    if plan.type_code == "exhibition":
        title = f"Exhibition: projects from {place}"
    if title in known:
        title = f"{title}, {place}" if place not in title else f"{title}, second meeting"
    return title if title not in known else f"{title} ({number})"


def _code(taken: set[str], *, rng: random.Random) -> str:
    while True:
        code = "".join(rng.choices(CODE_ALPHABET, k=6))
        if code not in taken:
            taken.add(code)
            return code


def _rooms(plans: list[Plan], *, rooms: list[Room]) -> list[Room]:
    """Return a room for each plan (in order of their start): the one that has been free for the longest time.

    The last room is the exhibition hall.
    """
    free_from: dict[int, datetime | None] = dict.fromkeys(range(len(rooms) - 1))
    result = []
    for plan in plans:
        if plan.type_code == "exhibition":
            result.append(rooms[-1])
            continue
        index = min(free_from, key=lambda i: (free_from[i] is not None, free_from[i]))
        busy_until = free_from[index]
        if busy_until is not None and busy_until > plan.starts:
            raise RuntimeError("The sample has more sessions at one time than rooms.")
        free_from[index] = plan.ends
        result.append(rooms[index])
    return result


def _organisers(
    plan: Plan, *, known: dict[str, Organisation], invented: list[Organisation], rng: random.Random
) -> list[int]:
    """The keys of who organises a session."""
    if plan.organisers:
        return [known[name].pk for name in plan.organisers]
    if plan.type_code in CEREMONIES | {"exhibition"} or not plan.is_invented:
        return [known["ITU"].pk]
    chosen = rng.sample(invented, k=rng.choice([1, 1, 2, 3]))
    return [row.pk for row in sorted(chosen, key=lambda organisation: organisation.name)]


def _role(place: int, plan: Plan, *, size: int) -> str:
    if place == 0 and size > 1:
        ceremony = plan.type_code == "high_level_policy_session"
        return Appearance.Role.HIGH_LEVEL_FACILITATOR if ceremony else Appearance.Role.MODERATOR
    if plan.type_code in {"wsis_talkx", "open_space_talk"}:
        return Appearance.Role.SPEAKER
    if place == 1 and plan.type_code in CEREMONIES:
        return Appearance.Role.KEYNOTE
    return Appearance.Role.PANELLIST


def panel_sizes(plans: list[Plan], *, total: int, rng: random.Random) -> list[int]:
    """Return how many persons speak in each session, so that they are `total` together."""
    sizes = [
        PANEL_SIZES.get(plan.type_code, 8 if plan.type_code in CEREMONIES else rng.choice([4, 5, 5, 6]))
        for plan in plans
    ]
    flexible = [n for n, plan in enumerate(plans) if plan.type_code not in PANEL_SIZES]
    turn = 0
    while sum(sizes) != total:
        sizes[flexible[turn % len(flexible)]] += 1 if sum(sizes) < total else -1
        turn += 1
    return sizes


def translate(sessions: list[Session], *, now: datetime) -> None:
    """Give two coming sessions their texts in French and Arabic."""
    coming = [session for session in sessions if session.starts and session.starts > now] or sessions
    for language, rows in texts.TEXTS["translations"].items():
        for hook, text in rows.items():
            named = [session for session in coming if session.title.startswith(hook)]
            session = (named or coming)[0]
            session.translations[language] = text
            session.save(update_fields=["translations"])
