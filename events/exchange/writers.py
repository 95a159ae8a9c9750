"""The files that go out: frab XML and JSON, iCalendar, CSV and XLSX, each written in one go."""

import json
from collections.abc import Iterator
from datetime import timedelta
from xml.sax.saxutils import escape

from django.conf import settings

from events.exchange.readers import tables, texts
from events.exchange.readers.frab_xml import GENERATOR
from events.schedule.releases.released_timetable import Event, Timetable, TimetableDay
from events.shared.formatting import calendar_files
from events.shared.formatting.names import access_words
from events.shared.formatting.plain_text import clean
from events.shared.tables import spreadsheet_writer, stable_identities
from events.shared.tables.cells import joined

SCHEMA = "https://c3voc.de/schedule/schema.json"
SLOT = "00:05"
QUOTES = {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


# --- frab XML -------------------------------------------------------------------------------------
def _text(value: str) -> str:
    return escape(clean(value))


def _attribute(value: str) -> str:
    return escape(clean(value), QUOTES)


def _clock(length: timedelta, *, most_hours: int | None = None) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if most_hours is not None and hours > most_hours:
        hours, minutes, seconds = most_hours, 59, 0
    return f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


def xml(table: Timetable) -> bytes:
    """The programme as frab's schedule.xml."""
    days = table.days()
    forum = table.forum
    parts = [
        "<?xml version='1.0' encoding='utf-8'?>\n<schedule>\n",
        f'<generator name="{GENERATOR}" system="{_attribute(settings.BASE_URL)}"/>\n',
        f"<url>{_text(table.url)}schedule.xml</url>\n<version>{_text(table.version)}</version>\n<conference>\n",
        f"<title>{_text(forum.name)}</title>\n<acronym>{table.acronym}</acronym>\n",
        f"<start>{forum.starts}</start>\n<end>{forum.ends}</end>\n<days>{len(days)}</days>\n",
        f"<timeslot_duration>{SLOT}</timeslot_duration>\n<base_url>{_text(table.url)}</base_url>\n",
        f"<url>{_text(table.url)}</url>\n<time_zone_name>{forum.time_zone}</time_zone_name>\n",
        *(f'<track name="{_attribute(name)}"/>\n' for name in table.tracks),
        "</conference>\n",
    ]
    for index, day in enumerate(days, 1):
        parts.append(_xml_day(day, index=index, rooms=[room.name for room in table.rooms]))
    parts.append("</schedule>\n")
    return "".join(parts).encode()


def _xml_day(day: TimetableDay, *, index: int, rooms: list[str]) -> str:
    """A day with all rooms of the forum, empty ones too: their order is kept that way."""
    parts = [f'<day index="{index}" date="{day.date}" start="{day.starts.isoformat()}" end="{day.ends.isoformat()}">\n']
    for room in [*rooms, *(name for name in day.rooms if name not in rooms)]:
        guid = f' guid="{stable_identities.of_room(room)}"' if room else ""
        parts.append(f'<room name="{_attribute(room)}"{guid}>\n')
        parts += [_xml_event(event) for event in day.rooms.get(room, [])]
        parts.append("</room>\n")
    parts.append("</day>\n")
    return "".join(parts)


def _xml_event(event: Event) -> str:
    start = event.starts.strftime("%H:%M:%S" if event.starts.second else "%H:%M")
    recording_url = texts.uri(event.recording_url)
    recording = f"<url>{_text(recording_url)}</url>" if recording_url else ""
    persons = "".join(
        f'<person id="{speaker.number}" guid="{speaker.guid}">{_text(speaker.name)}</person>'
        for speaker in event.speakers
    )
    links = f'<link href="{_attribute(event.broadcast_url)}">Broadcast</link>' if event.broadcast_url else ""
    attachments = "".join(
        f'<attachment href="{_attribute(url)}">{_text(title)}</attachment>' for title, url in event.documents
    )
    language = event.languages[0] if event.languages else ""
    return (
        f'<event guid="{event.guid}" id="{event.number}" code="{event.code}">\n'
        f"<date>{event.starts.isoformat()}</date>\n<start>{start}</start>\n"
        f"<duration>{_clock(event.length, most_hours=99)}</duration>\n<room>{_text(event.room)}</room>\n"
        f"<slug>{event.slug}</slug>\n<url>{_text(event.url)}</url>\n"
        f"<recording><license></license><optout>false</optout>{recording}</recording>\n"
        f"<title>{_text(event.title)}</title>\n<subtitle></subtitle>\n<track>{_text(event.track)}</track>\n"
        f"<type>{_text(event.type)}</type>\n<language>{language}</language>\n<abstract></abstract>\n"
        f"<description>{_text(event.description)}</description>\n<persons>{persons}</persons>\n"
        f"<links>{links}</links>\n<attachments>{attachments}</attachments>\n</event>\n"
    )


# --- frab JSON ------------------------------------------------------------------------------------
def as_json(table: Timetable) -> bytes:
    """The programme as frab's schedule.json."""
    days, forum = table.days(), table.forum
    rooms = [
        {"name": room.name, "guid": str(stable_identities.of_room(room.name)), "capacity": room.capacity}
        | ({"type": "online"} if room.is_virtual else {})
        for room in table.rooms
    ]
    conference = {
        "acronym": table.acronym,
        "title": forum.name,
        "description": forum.theme,
        "start": forum.starts.isoformat(),
        "end": forum.ends.isoformat(),
        "daysCount": len(days),
        "timeslot_duration": SLOT,
        "time_zone_name": forum.time_zone,
        "url": table.url,
        "tracks": [{"name": name} for name in table.tracks],
        "rooms": rooms,
        "days": [
            {
                "index": index,
                "date": day.date.isoformat(),
                "day_start": day.starts.isoformat(),
                "day_end": day.ends.isoformat(),
                "rooms": {room: [_json_event(event) for event in events] for room, events in day.rooms.items()},
            }
            for index, day in enumerate(days, 1)
        ],
    }
    whole = {
        "$schema": SCHEMA,
        "generator": {"name": GENERATOR, "url": settings.BASE_URL},
        "schedule": {"version": table.version, "base_url": table.url, "conference": conference},
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _json_event(event: Event) -> dict[str, object]:
    links = [
        ("Recording", "media", texts.uri(event.recording_url)),
        ("Broadcast", "web", texts.uri(event.broadcast_url)),
    ]
    return {
        "guid": str(event.guid),
        "code": event.code,
        "id": event.number,
        "date": event.starts.isoformat(),
        "start": event.starts.strftime("%H:%M"),
        "end": event.ends.isoformat(),
        "duration": _clock(event.length - timedelta(seconds=event.length.seconds % 60)),
        "room": event.room,
        "slug": event.slug,
        "url": event.url,
        "title": event.title,
        "subtitle": "",
        "track": event.track,
        "type": event.type,
        "language": event.languages[0] if event.languages else "",
        "abstract": "",
        "description": event.description,
        "persons": [
            {"id": speaker.number, "guid": str(speaker.guid), "name": speaker.name, "url": speaker.url}
            | ({"biography": speaker.biography} if speaker.biography else {})
            for speaker in event.speakers
        ],
        "links": [{"title": title, "type": kind, "url": url} for title, kind, url in links if url],
        "attachments": [{"title": title, "url": url} for title, url in event.documents],
    }


# --- CSV and XLSX ---------------------------------------------------------------------------------
def csv(table: Timetable) -> bytes:
    """The programme as a table that no spreadsheet runs anything of (events.shared.tables.spreadsheet_writer)."""
    return spreadsheet_writer.csv_bytes(tables.COLUMNS, rows=_rows(table))


def xlsx(table: Timetable) -> bytes:
    """The same table as a workbook."""
    return spreadsheet_writer.xlsx_bytes(tables.COLUMNS, rows=_rows(table))


def _rows(table: Timetable) -> Iterator[list[object]]:
    return (_row(event, zone=table.forum.time_zone) for event in table.events)


def _row(event: Event, *, zone: str) -> list[object]:
    people = (f"{speaker.name} ({speaker.role})" for speaker in event.speakers)
    return [
        event.guid, event.number, event.code, event.title, event.description, event.type, event.track,
        event.starts, event.ends, zone, event.room,
        "cancelled" if event.is_cancelled else "scheduled",
        joined(event.languages), joined(event.captioning), joined(people),
        joined(event.organisers), joined(event.action_lines), joined(map(str, event.sdgs)),
        event.recording_url, event.url, joined(event.interpretation), event.broadcast_url,
    ]  # fmt: skip


# --- iCalendar ------------------------------------------------------------------------------------
def ics(table: Timetable) -> bytes:
    """The programme as a calendar, cancelled sessions marked."""
    forum = table.forum
    return calendar_files.calendar(
        (_calendar_event(event, forum=forum.slug) for event in table.events), name=forum.name, zone=forum.time_zone
    )


def _calendar_event(event: Event, *, forum: str) -> bytes:
    return calendar_files.event(
        uid=calendar_files.uid(event.code, forum=forum),
        title=event.title,
        text=event.description,
        more=access_words(event),
        starts=event.starts,
        ends=event.ends,
        room=event.room,
        categories=[event.type, event.track, *event.line_labels],
        sequence=event.sequence,
        updated=event.updated,
        url=event.url,
        is_cancelled=event.is_cancelled,
    )
