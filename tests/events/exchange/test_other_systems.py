"""Tables of other systems, and of secretariats in eight languages, brought into a new forum through the page: everything is right,
or it was asked."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from events.models import Forum, Session
from tests.events.exchange.imports import agree, errors, preview, question
from tests.events.shared.tables.files import workbook
from tests.factories import SessionTypeFactory

pytestmark = pytest.mark.django_db
DAYS = 2


class Told(NamedTuple):
    """A session of the programme; times as the clock of the forum shows them."""

    title: str
    starts: datetime
    minutes: int
    room: str
    speakers: tuple[str, ...]
    moderator: str = ""
    track: str = ""

    @property
    def ends(self):
        return self.starts + timedelta(minutes=self.minutes)


def at(day, hour, minute=0):
    return datetime(2026, 10, day, hour, minute)  # noqa: DTZ001  as tables have it


PROGRAMME = [
    Told("Opening of the forum", at(19, 9, 30), 90, "Popov Room", ("Awa Diallo", "Jon Lind"), "Sara Osman", "Policy"),
    Told("Schools on the air", at(19, 12), 45, "Room A", ("Li Na",), "", "Learning"),
    Told("Women in radio", at(19, 12), 60, "Room B", ("Zoë Müller", "Ana Pérez"), "Jon Lind", "Policy"),
    Told("Night of films", at(19, 22, 30), 120, "Popov Room", ("Ana Pérez",)),
    Told("Rural networks", at(20, 9), 75, "Room A", ("Awa Diallo",), "Li Na", "Learning"),
    Told("Closing", at(20, 16, 15), 30, "Popov Room", ("Sara Osman",)),
]


def us(moment):
    return f"{moment.month}/{moment.day}/{moment.year}"


def am(moment):
    return f"{moment.hour % 12 or 12}:{moment.minute:02} {'AM' if moment.hour < 12 else 'PM'}"


def text(form):
    return lambda moment: moment.strftime(form)


def start(write):
    return lambda told: write(told.starts)


def end(write):
    return lambda told: write(told.ends)


CLOCK, ISO = text("%H:%M"), text("%Y-%m-%d %H:%M")
TITLE, ROOM, TRACK, MODERATOR = (
    lambda told: told.title, lambda told: told.room, lambda told: told.track, lambda told: told.moderator,
)  # fmt: skip
SPEAKERS, MINUTES = lambda told: ", ".join(told.speakers), lambda told: str(told.minutes)
WORDS = lambda told: f"About {told.title.casefold()}"  # noqa: E731
FIRST, SECOND = lambda told: told.speakers[0], lambda told: "".join(told.speakers[1:])


NAME_PARTS = (("First Name", "first_names", 0), ("Last Name", "last_names", -1))


def name_part(number, at):
    """The first or last word of the name of the first or second speaker; a name of one word is a last name."""

    def write(told):
        words = "".join(told.speakers[number - 1 : number]).split()
        return words[at] if words and (len(words) > 1 or at) else ""

    return write


def number(told):
    return f"S-{PROGRAMME.index(told) + 1}"


# What each system calls its columns, the column of ours that each is ("": none), and what stands there.
SYSTEMS = {
    "sched": [
        ("event_key", "guid", number), ("name", "title", TITLE), ("event_start", "starts", start(ISO)), ("event_end", "ends", end(ISO)),
        ("event_type", "type", TRACK), ("description", "description", WORDS), ("speakers", "speakers", SPEAKERS),
        ("moderators", "moderators", MODERATOR), ("venue", "room", ROOM), ("goers", "", lambda _told: "12"),
    ],
    "sessionize": [
        ("Session Id", "id", lambda told: number(told)[2:]), ("Title", "title", TITLE), ("Description", "description", WORDS),
        ("Owner", "", FIRST), ("Track", "track", TRACK), ("Level", "", lambda _told: "Advanced"),
        ("Scheduled At", "starts", start(text("%d %b %Y %I:%M %p"))), ("Scheduled Duration", "duration", MINUTES),
        ("Room", "room", ROOM), ("Live Link", "meeting_url", lambda _told: "https://meet.example/1"), ("Speakers", "speakers", SPEAKERS),
        ("Moderator", "moderators", MODERATOR),
    ],
    "conftool": [
        ("session_ID", "id", lambda told: number(told)[2:]), ("session_short", "code", number), ("session_title", "title", TITLE),
        ("session_start", "starts", start(text("%Y-%m-%d %H:%M:00"))), ("session_end", "ends", end(text("%Y-%m-%d %H:%M:00"))),
        ("session_room", "room", ROOM), ("session_chair1", "moderators", MODERATOR), ("authors", "speakers", SPEAKERS),
        ("topic", "track", TRACK),
    ],
    "eventsair": [
        ("Session Code", "", number), ("Session Name", "title", TITLE), ("Start Date", "date", start(text("%d/%m/%Y"))),
        ("Start Time", "starts", start(am)), ("End Date", "end_date", end(text("%d/%m/%Y"))), ("End Time", "ends", end(am)),
        ("Location", "room", ROOM), ("Stream", "track", TRACK), ("Chair", "moderators", MODERATOR),
        *((f"Presenter {n} {what}", column, name_part(n, at)) for n in (1, 2) for what, column, at in NAME_PARTS),
    ],
    "hubilo": [
        ("Session Title*", "title", TITLE), ("Session Description (Optional)", "description", WORDS),
        ("Start Date* (MM/DD/YYYY)", "date", start(text("%m/%d/%Y"))), ("Start Time* (HH:MM)", "starts", start(CLOCK)),
        ("End Time* (HH:MM)", "ends", end(CLOCK)), ("Track (Optional)", "track", TRACK), ("Stage", "room", ROOM),
        ("Speakers (Optional)", "speakers", SPEAKERS), ("Moderators (Optional)", "moderators", MODERATOR), ("Stream", "", WORDS),
    ],
    "easychair": [
        ("Session", "", lambda told: f"Session {number(told)[2:]}"), ("Title", "title", TITLE), ("Authors", "speakers", SPEAKERS),
        ("Day", "date", start(text("%A, %B %d, %Y"))), ("Time", "starts", lambda told: f"{told.starts:%H:%M}-{told.ends:%H:%M}"),
        ("Room", "room", ROOM), ("Session chair", "moderators", MODERATOR),
    ],
    "whova": [
        ("*Date", "date", start(us)), ("*Time Start", "starts", start(am)), ("*Time End", "ends", end(am)),
        ("Tracks (Optional)", "track", TRACK), ("*Session Title", "title", TITLE), ("Room/Location (Optional)", "room", ROOM),
        ("Description (Optional)", "description", WORDS), ("Speakers (Optional)", "speakers", SPEAKERS),
        ("Authors (Optional)", "", lambda _told: ""), ("Moderators", "moderators", MODERATOR),
    ],
    "cvent": [
        ("Session Name", "title", TITLE), ("Session Code", "", number), ("Start Date and Time", "starts", lambda told: f"{us(told.starts)} {am(told.starts)}"),
        ("End Date and Time", "ends", lambda told: f"{us(told.ends)} {am(told.ends)}"), ("Location Name", "room", ROOM),
        ("Category", "type", TRACK), ("Speaker 1", "speakers", FIRST), ("Speaker 2", "speakers", SECOND), ("Moderator", "moderators", MODERATOR),
    ],
    "pretalx in German": [
        ("ID", "", number), ("Titel", "title", TITLE), ("Track", "track", TRACK), ("Status", "state", lambda _told: "confirmed"),
        ("Vortragende", "speakers", SPEAKERS), ("Moderation", "moderators", MODERATOR), ("Raum", "room", ROOM),
        ("Beginn", "starts", start(text("%Y-%m-%dT%H:%M:00+02:00"))), ("Ende", "ends", end(text("%Y-%m-%dT%H:%M:00+02:00"))),
        ("Dauer (Minuten)", "duration", MINUTES), ("Kurzfassung", "abstract", WORDS),
    ],
    "ConfTool in German": [
        ("Sitzung", "title", TITLE), ("Datum", "date", start(text("%d.%m.%Y"))), ("Zeit", "starts", lambda told: f"{told.starts:%H.%M} bis {told.ends:%H.%M} Uhr"),
        ("Saal", "room", ROOM), ("Sitzungsleitung", "moderators", MODERATOR), ("Referenten", "speakers", SPEAKERS), ("Bemerkung", "", WORDS),
    ],
}  # fmt: skip
EAST = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
# How secretariats write it: title, date, start, end, room, speakers, moderator; and the day.
SECRETARIATS = {
    "en": ("Title Date Start End Room Speakers Moderator", lambda day: f"Monday, {day} October 2026"),
    "fr": ("Intitulé Date Début Fin Salle Intervenants Modérateur", lambda day: f"{day} octobre 2026"),
    "es": ("Título Fecha Inicio Fin Sala Ponentes Moderador", lambda day: f"{day} de octubre de 2026"),
    "de": ("Titel Datum Beginn Ende Raum Referenten Moderation", lambda day: f"{day}. Oktober 2026"),
    "ru": ("Название Дата Начало Окончание Зал Докладчики Модератор", lambda day: f"{day} октября 2026 г."),
    "ar": ("العنوان التاريخ البداية النهاية القاعة المتحدثون الميسر", lambda day: f"{day} أكتوبر 2026".translate(EAST)),
    "zh": ("标题 日期 开始时间 结束时间 会议室 发言人 主持人", lambda day: f"2026年10月{day}日"),
    "pt": ("Título Data Início Fim Sala Palestrantes Moderador", lambda day: f"{day} de outubro de 2026"),
}
COLUMNS = ("title", "date", "starts", "ends", "room", "speakers", "moderators")


def table_of(system):
    """The bytes of a table, and which column of ours each of its headers is."""
    columns = SYSTEMS[system]
    rows = [[write(told) for _header, _column, write in columns] for told in PROGRAMME]
    head, meant = (
        [header for header, _column, _write in columns],
        {header: column for header, column, _write in columns},
    )
    if system in {"eventsair", "whova", "easychair"}:
        above = [["Agenda template. Do not change the headers."], []] if system == "whova" else []
        return workbook(Agenda=[*above, head, *rows]), meant
    delimiter, coding = (";", "cp1252") if "German" in system or system == "conftool" else (",", "utf-8-sig")
    quoted = [delimiter.join('"{}"'.format(cell.replace('"', '""')) for cell in row) for row in [head, *rows]]
    return "\r\n".join(quoted).encode(coding), meant


def secretariat(language):
    """A workbook as a secretariat keeps it: a title above, the day only where it begins, digits as in the language."""
    names, day = SECRETARIATS[language]
    rows, before = [], 0
    for told in PROGRAMME:
        written = "" if told.starts.day == before else day(told.starts.day)
        before = told.starts.day
        clocks = [f"{moment:%H:%M}".translate(EAST if language == "ar" else {}) for moment in (told.starts, told.ends)]
        rows.append([told.title, written, *clocks, told.room, "; ".join(told.speakers), told.moderator])
    return workbook(Programme=[["WSIS Forum 2026"], names.split(), *rows]), dict(
        zip(names.split(), COLUMNS, strict=True)
    )


ASKED = {  # headers that nobody understands for sure without being told
    "sched": {"goers"},
    "sessionize": {"Owner", "Level"},
    "conftool": {"authors", "topic"},
    "eventsair": {"Stream"},
    "hubilo": {"Stream"},
    "easychair": {"Session", "Authors"},
    "cvent": {"Location Name"},
    "ConfTool in German": {"Bemerkung"},
    "pt": {"Data", "Fim", "Palestrantes"},
}


@pytest.fixture(autouse=True)
def usual_type():
    SessionTypeFactory(code="session", name="Session")


def brought_in(client, data, meant):
    """Bring a table into a new forum, and answer what is asked; returns the headers that were asked about."""
    page = preview(client, data, forum="", slug="2026")
    asked = set()
    for _ in range(9):  # a file with more questions than this asks one again
        if not (first := question(page)):
            break
        headers = getattr(first, "headers", ())
        asked |= {one.text for one in headers if one.is_open}
        answers = {f"column:{one.key}": meant[one.text] if one.is_open else one.column for one in headers}
        answers |= (
            {f"name:{first.key}": {"code-page": "cp1252", "unclear-date": "day"}[first.code]} if not headers else {}
        )
        page = agree(client, page, _look="1", **answers)
    assert errors(page) == []
    for one in page.context["look"].questions:
        assert one.answer, one.text
    agree(client, page)
    return asked


def written():
    forum = Forum.objects.get()
    for session in Session.objects.select_related("placement__room", "track"):
        place = session.placement
        people = {(one.speaker.name, one.role == "moderator") for one in session.appearances.select_related("speaker")}
        times = [forum.local(moment).replace(tzinfo=None) for moment in (place.starts, place.ends)]
        yield session.title, *times, place.room.name, people, session.track.name if session.track else ""


def told(*, has_tracks):
    for one in PROGRAMME:
        people = {(name, False) for name in one.speakers} | {(name, True) for name in {one.moderator} - {""}}
        yield one.title, one.starts, one.ends, one.room, people, one.track if has_tracks else ""


def sorted_by_title(rows):
    return sorted(rows, key=lambda row: row[0])


@pytest.mark.parametrize("system", SYSTEMS)
def test_table_of_another_system_comes_in_exactly(organiser_site, system):
    data, meant = table_of(system)

    asked = brought_in(organiser_site, data, meant)

    assert sorted_by_title(written()) == sorted_by_title(told(has_tracks="track" in meant.values()))
    assert asked == ASKED.get(system, set())
    assert [str(day) for day in Forum.objects.values_list("starts", "ends").get()] == ["2026-10-19", "2026-10-20"]


@pytest.mark.parametrize("language", SECRETARIATS)
def test_workbook_of_a_secretariat_comes_in_exactly(organiser_site, language):
    data, meant = secretariat(language)

    asked = brought_in(organiser_site, data, meant)

    assert sorted_by_title(written()) == sorted_by_title(told(has_tracks=False))
    assert asked == ASKED.get(language, set())


def test_first_and_last_names_of_a_number_are_one_person_also_where_one_is_empty(organiser_site):
    head = "Title,Start,Minutes,Speaker 1 First Name,Speaker 1 Last Name,Speaker 2 First Name,Speaker 2 Last Name"
    rows = ("Opening,2026-10-19 09:00,60,,Madonna,Ana,Pérez", "Closing,2026-10-20 09:00,60,Li,Na,,")

    assert brought_in(organiser_site, "\n".join([head, *rows]).encode(), {}) == set()

    panels = {s.title: {one.speaker.name for one in s.appearances.all()} for s in Session.objects.all()}
    assert panels == {"Opening": {"Madonna", "Ana Pérez"}, "Closing": {"Li Na"}}
