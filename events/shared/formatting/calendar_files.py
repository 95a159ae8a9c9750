"""The one writer of calendar files (iCalendar): stable UIDs, UTC with Z, rising SEQUENCE. The meeting address is never in
them. Lines are written as they are, without an object for each: a thousand sessions in milliseconds."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from events.models import Session
from events.shared.formatting.markdown import plain
from events.shared.formatting.names import access_words, session_text
from events.shared.formatting.plain_text import clean

PRODID = "-//WSIS Forum//Programme//EN"
REFRESH = "PT1H"
MOST_BYTES = 75  # of a line


def uid(code: str, *, forum: str) -> str:
    """The identity of a session in every calendar file, for the session's life: `forum` is the slug of its forum, and the host of
    the site makes it the only one in the world (RFC 7986, 5.3)."""
    return f"{code}.{forum}@{host()}"


def host() -> str:
    """The host of this site, as BASE_URL names it."""
    return urlsplit(settings.BASE_URL).hostname or ""


def session_event(session: Session, *, url: str = "") -> bytes:
    """Return a session as a part of a calendar. It must have a start and an end; `url` (else its page) is absolute.

    Runs no query where forum, type, track and room are selected and `action_lines` prefetched.
    """
    assert session.starts is not None  # noqa: S101  callers give sessions with times
    assert session.ends is not None  # noqa: S101
    return event(
        uid=uid(session.code, forum=session.forum.slug),
        title=session_text(session),
        text=session_text(session, "description"),
        more=access_words(session),
        starts=session.starts,
        ends=session.ends,
        room=session.room.name if session.room else "",
        categories=[
            session.type.name,
            session.track.name if session.track else "",
            *(line.label for line in session.action_lines.all()),
        ],
        sequence=session.sequence,
        updated=session.updated,
        url=url or settings.BASE_URL + reverse("events:session", args=[session.forum.slug, session.code]),
        is_cancelled=session.state == Session.State.CANCELLED,
    )


def event(
    *,
    uid: str,
    title: str,
    text: str,
    more: Iterable[str] = (),
    starts: datetime,
    ends: datetime,
    room: str,
    categories: Iterable[str],
    sequence: int,
    updated: datetime,
    url: str,
    is_cancelled: bool,
) -> bytes:
    """Return something held as a part of a calendar: its VEVENT. `text` is Markdown, and leaves as plain text; `more`: lines
    that stand below it and the address."""
    stamp = _utc(updated)
    lines = [
        "BEGIN:VEVENT",
        f"SUMMARY:{_text(title)}",
        f"DTSTART:{_utc(starts)}",
        f"DTEND:{_utc(ends)}",
        f"DTSTAMP:{stamp}",
        f"UID:{uid}",
        f"SEQUENCE:{sequence}",
        f"CATEGORIES:{','.join(_text(name) for name in categories if name)}",
        "DESCRIPTION:" + _text("\n\n".join(part for part in (plain(text), url, "\n".join(more)) if part)),
        f"LAST-MODIFIED:{stamp}",
        *([f"LOCATION:{_text(room)}"] if room else []),
        f"STATUS:{'CANCELLED' if is_cancelled else 'CONFIRMED'}",
        f"URL:{url}",
        "END:VEVENT",
    ]
    return _file(lines)


def calendar(events: Iterable[bytes], *, name: str, zone: str = "") -> bytes:
    """Return a calendar file with these events; `name` is what calendar programs show, `zone` that of the forum."""
    head = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"),
        *(f"NAME:{_text(name)}", f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"),
        *(f"X-WR-CALNAME:{_text(name)}", f"X-PUBLISHED-TTL:{REFRESH}"),
        *([f"X-WR-TIMEZONE:{zone}"] if zone else []),
    ]
    return b"".join([_file(head), *events, _file(["END:VCALENDAR"])])


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    text = clean(value)
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _file(lines: Iterable[str]) -> bytes:
    return b"".join(piece for line in lines for piece in _folded(line))


def _folded(line: str) -> Iterator[bytes]:
    """A line in pieces of 75 bytes at the most, no character torn."""
    data = line.encode()
    start, most = 0, MOST_BYTES
    while len(data) - start > most:
        end = start + most
        while data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[start:end] + b"\r\n "
        start, most = end, MOST_BYTES - 1
    yield data[start:] + b"\r\n"
