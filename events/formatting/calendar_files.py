"""Calendar files (iCalendar): stable UIDs, UTC with Z, rising SEQUENCE. The meeting address is never in them."""

from collections.abc import Iterable
from datetime import UTC, timedelta

from django.urls import reverse
from icalendar import Calendar, Event

from events.models import Session

PRODID = "-//WSIS Forum//Programme//EN"
REFRESH = timedelta(hours=1)


def uid(session: Session) -> str:
    """The identity of a session in every calendar file, for the session's life."""
    return f"{session.code}@{session.forum.slug}.wsis-forum"


def session_event(session: Session, *, base_url: str, url: str | None = None) -> Event:
    """Return a session as a calendar event. It must have a start and an end; `url` (else its page) is absolute.

    Runs no query where forum, type, track and room are selected and `action_lines` and `local_texts` prefetched.
    """
    assert session.starts is not None  # noqa: S101  callers give sessions with times
    assert session.ends is not None  # noqa: S101
    address = url or base_url.rstrip("/") + reverse("events:session", args=[session.forum.slug, session.code])
    texts = getattr(session, "local_texts", [])
    title, text = (texts[0].title, texts[0].description) if texts else (session.title, session.description)
    event = Event()
    event.add("uid", uid(session))
    event.add("dtstamp", session.updated.astimezone(UTC))
    event.add("last-modified", session.updated.astimezone(UTC))
    event.add("sequence", session.sequence)
    event.add("dtstart", session.starts.astimezone(UTC))
    event.add("dtend", session.ends.astimezone(UTC))
    event.add("summary", _plain(title))
    event.add("description", _plain(f"{text}\n\n{address}".strip()))
    event.add("url", address)
    event.add("status", "CANCELLED" if session.state == Session.State.CANCELLED else "CONFIRMED")
    if session.room:
        event.add("location", _plain(session.room.name))
    event.add("categories", _categories(session))
    return event


def calendar(events: Iterable[Event], *, name: str) -> bytes:
    """Return a calendar file with these events, lines folded by bytes; `name` is what calendar programs show."""
    file = Calendar()
    file.add("prodid", PRODID)
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("method", "PUBLISH")
    file.add("name", _plain(name))
    file.add("x-wr-calname", _plain(name))
    file.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    file.add("x-published-ttl", REFRESH)
    for event in events:
        file.add_component(event)
    return bytes(file.to_ical())


def _categories(session: Session) -> list[str]:
    names = [session.type.name, session.track.name if session.track else ""]
    return [_plain(name) for name in names if name] + [line.label for line in session.action_lines.all()]


def _plain(text: str) -> str:
    """Text without the control characters that calendar programs choke on; line ends as one sign."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t")
