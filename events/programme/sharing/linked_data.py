"""What pages say of themselves to programs, in the words of schema.org: a forum and a session as an event, a speaker as a person. Only
what the page shows, too; a meeting's address is not of it."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from events.models import Forum, Organisation, Session, Speaker
from events.shared.formatting.names import beginning, forum_name, local_text, session_text, term
from events.shared.pages.absolute_urls import absolute

type Data = dict[str, Any]
SITE = "https://schema.org"


def forum(row: Forum) -> Data:
    """An edition, with its host and co-organisers at hand."""
    hosts = [*([row.host] if row.host else []), *(one for one in row.co_organisers.all() if one.pk != row.host_id)]
    more = {"description": local_text(row, "theme"), "organizer": [_organisation(one) for one in hosts]}
    return _whole({"@context": SITE} | _edition(row) | more)


def session(row: Session, *, now: datetime) -> Data:
    """A public session, with its panel and organisers at hand; with its recording once it is over."""
    assert row.starts is not None  # noqa: S101  a public session has a start
    assert row.ends is not None  # noqa: S101  and an end
    edition, address = row.forum, absolute(reverse("events:session", args=[row.forum.slug, row.code]))
    is_online = edition.is_virtual or row.room is None
    place = {"@type": "VirtualLocation", "url": address} if is_online else _place(edition, term(row.room))
    is_cancelled = row.state == Session.State.CANCELLED
    found: Data = {
        "@context": SITE,
        "@type": "Event",
        "@id": address,
        "url": address,
        "name": session_text(row),
        "description": beginning(session_text(row, "description")),
        "startDate": edition.local(row.starts).isoformat(),
        "endDate": edition.local(row.ends).isoformat(),
        "eventStatus": f"{SITE}/{'EventCancelled' if is_cancelled else 'EventScheduled'}",
        "eventAttendanceMode": f"{SITE}/{'Online' if is_online else 'Mixed'}EventAttendanceMode",
        "location": place,
        "image": _card(row),
        "inLanguage": row.spoken,
        "isAccessibleForFree": True,
        "organizer": [_organisation(one) for one in row.organisers.all()],
        "performer": [_name_of(one.speaker, edition=edition) for one in row.appearances.all()],
        "superEvent": _edition(edition),
    }
    if row.recording_url and row.ends <= now and not is_cancelled:
        found["recordedIn"] = _recording(row, description=found["description"])
    return _whole(found)


def speaker(row: Speaker, *, edition: Forum) -> Data:
    """Somebody who speaks in a public session."""
    more = {
        "jobTitle": row.position,
        "affiliation": _organisation(row.organisation) if row.organisation else None,
        "image": absolute(row.photo.url) if row.photo else "",
        "description": beginning(row.biography),
    }
    return _whole({"@context": SITE} | _name_of(row, edition=edition) | more)


def _edition(row: Forum) -> Data:
    address = absolute(reverse("events:home", args=[row.slug]))
    place = {"@type": "VirtualLocation", "url": address} if row.is_virtual else _place(row, local_text(row, "place"))
    return {
        "@type": "Event",
        "@id": address,
        "url": address,
        "name": forum_name(row),
        "startDate": row.starts.isoformat(),
        "endDate": row.ends.isoformat(),
        "eventStatus": f"{SITE}/EventScheduled",
        "eventAttendanceMode": f"{SITE}/{'Online' if row.is_virtual else 'Mixed'}EventAttendanceMode",
        "location": place,
        "image": absolute(reverse("events:card", args=[row.slug])),
    }


def _place(edition: Forum, name: str) -> Data:
    return {"@type": "Place", "name": name, "address": local_text(edition, "place")}


def _organisation(row: Organisation) -> Data:
    return _whole({"@type": "Organization", "name": term(row), "url": row.website})


def _name_of(row: Speaker, *, edition: Forum) -> Data:
    address = absolute(reverse("events:speaker", args=[edition.slug, row.pk]))
    return {"@type": "Person", "@id": address, "url": address, "name": row.full_name}


def _card(row: Session) -> str:
    return absolute(reverse("events:session-card", args=[row.forum.slug, row.code]))


def _recording(row: Session, *, description: str) -> Data:
    assert row.ends  # noqa: S101  see above
    name, address = session_text(row), row.recording_url
    uploaded = row.forum.local(row.ends).isoformat()
    return {
        "@type": "VideoObject",
        "name": name,
        "description": description or name,
        "url": address,
        "contentUrl": address,
        "uploadDate": uploaded,
        "thumbnailUrl": _card(row),
    }


def _whole(data: Data) -> Data:
    """Without what is not known."""
    return {name: value for name, value in data.items() if value not in ("", None, [])}
