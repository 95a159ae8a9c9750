"""What the mails about a release say: composed for each person out of parts that are made once.

The frame is made once for each language, a session's words too, its times for each zone as well, its calendar event once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from events.models import Forum, Message, Release, Session
from events.schedule.releases import change_log, diff
from events.schedule.releases.change_log import ReleasedSpot
from events.schedule.releases.diff import ChangeKind
from events.shared.formatting import calendar_files
from events.shared.formatting.names import known_language, session_text, term
from events.shared.mail.outbox import one_line
from events.shared.mail.rendering import (
    Content,
    MailLink,
    Rendered,
    local_time,
    outbox_row,
    render,
    speaking,
    stop_link,
)
from events.shared.mail.texts.originals import original, own_texts
from events.shared.pages.absolute_urls import absolute
from registration.models import Booking
from registration.sessions.seats import session_mails

CALENDAR = gettext_lazy("The calendar file with this mail has the changes.")
CHANGED = original(
    "changed",
    gettext_lazy("Sessions of an agenda changed"),
    ngettext_lazy("%(n)s session of your agenda changed", "%(n)s sessions of your agenda changed", "n"),
    ngettext_lazy("A session of your agenda changed.", "%(n)s sessions of your agenda changed.", "n"),
    CALENDAR,
)
PARTS = "[[parts]]"  # stands in a rendered frame where the person's sessions are put …
SUBJECT = "[[subject]]"  # … and the subject


@dataclass(frozen=True)
class Fact:
    """What a release did to one session, in one word and two places; `after` is None when it is off the programme."""

    kind: str
    before: ReleasedSpot
    after: ReleasedSpot | None

    @property
    def now(self) -> ReleasedSpot:
        """The place to speak of first: of a session that is cancelled the one that people booked."""
        return self.before if self.kind == ChangeKind.CANCELLED or self.after is None else self.after

    @property
    def ends(self) -> datetime:
        return max(self.before.ends, self.now.ends)


def facts(release: Release, *, now: datetime) -> dict[str, Fact]:
    """What attendees are told of a release, by session code: its last word on each, without what is over.

    A session that comes back after it was off the programme, new to the release but booked before it, takes place after
    all. At most one query.
    """
    log = diff.from_json(release.changes)
    new = [one.code for one in log if one.kind == ChangeKind.NEW and one.after and one.after["state"] == "scheduled"]
    booked = Booking.objects.filter(session__forum=release.forum_id, session__code__in=new)
    back = set(booked.filter(created__lt=release.released).values_list("session__code", flat=True))
    found = {}
    for change in log:  # a new state comes after a move
        kind, before = change.kind, change.before
        if change.code in back and kind == ChangeKind.NEW:
            kind, before = ChangeKind.RESTORED, change.after
        if kind in diff.TOLD and before is not None:
            after = change_log.spot(change.after) if change.after else None
            found[change.code] = Fact(kind, change_log.spot(before), after)
    return {code: fact for code, fact in found.items() if fact.ends > now}


class ChangeMails:
    """The mails about one release. `facts`: what it did, by session code."""

    original = CHANGED

    def __init__(self, forum: Forum, *, facts: Mapping[str, Fact], now: datetime) -> None:
        self.forum = forum
        own_texts(forum)  # read now: while mails flow into the database, nothing can be asked
        sessions = session_mails.whole_sessions().filter(forum=forum, code__in=facts)
        self.sessions = {session.code: session for session in sessions}
        self.hidden = {code for code, session in self.sessions.items() if session.is_under_embargo(now)}
        self.facts = {code: fact for code, fact in facts.items() if code in self.sessions}
        self._words, self._part, self._row = cache(self._make_words), cache(self._make_part), cache(self._make_row)
        self._around, self._subject = cache(self._make_around), cache(self._make_subject)
        self._frame, self._event = cache(self._make_frame), cache(self._make_event)
        self._calendar = calendar_files.calendar([PARTS.encode()], name=forum.name).decode()

    def in_order(self, codes: Iterable[str]) -> list[str]:
        return sorted(codes, key=lambda code: (self.facts[code].now.starts, code))

    def message(
        self,
        codes: Sequence[str],
        *,
        kind: str,
        key: str,
        release: Release,
        to: Any,
        language: str,
        zone: str,
        now: datetime,
    ) -> Message:
        """The row of the mail to one person (an account, or an address) about some sessions of the release."""
        return outbox_row(
            self.mail(codes, language=language, zone=zone),
            kind=kind,
            key=key,
            about=release.pk,
            to=to,
            language=language,
            forum=self.forum,
            calendar=self.calendar(codes),
            due=now,
            expires=max(self.facts[code].ends for code in codes),
        )

    def mail(self, codes: Sequence[str], *, language: str, zone: str) -> Rendered:
        """The mail about some sessions, in a language of the site and an IANA zone."""
        language = known_language(language)
        parts = [self._part(code, language, zone) for code in codes]
        code = codes[0] if len(codes) == 1 else ""
        subject, shown = self._subject(language, len(codes), code, zone if code else "")
        frame = self._frame(language, len(codes))
        return Rendered(
            subject=subject,
            text=frame.text.replace(PARTS, "\n\n".join([part for part, _html in parts])),
            html=frame.html.replace(PARTS, "".join([part for _text, part in parts])).replace(SUBJECT, shown),
        )

    def calendar(self, codes: Sequence[str]) -> str:
        return self._calendar.replace(PARTS, "".join(map(self._event, codes)))

    # --- what is made once ------------------------------------------------------------------------
    def _make_words(self, _language: str) -> dict[str, str]:
        return {
            ChangeKind.NEW: _("On the programme"),
            ChangeKind.MOVED: _("Moved"),
            ChangeKind.CANCELLED: _("Cancelled"),
            ChangeKind.RESTORED: _("Takes place after all"),
            ChangeKind.REMOVED: _("Off the programme"),
            "now": _("Now:"),
            "before": _("Before:"),
            "room": _("Room:"),
            "room before": _("Room before:"),
        }

    def _make_subject(self, language: str, number: int, code: str, zone: str) -> tuple[str, str]:
        """The subject, plain and for HTML; where it is about one session its code, and the zone for its time."""
        with speaking(language):
            said = self.original.said(self.forum, n=number)["subject"]
            if code:
                fact, title = self.facts[code], session_text(self.sessions[code], language=language)
                time = session_mails.local_times(fact.now, zone=zone, forum=self.forum)[0]
                said = _("%(what)s: %(title)s, %(date)s, %(starts)s %(zone)s") % {
                    "what": self._words(language)[fact.kind],
                    "title": Truncator(title).chars(90),
                    "date": time.date,
                    "starts": time.starts,
                    "zone": time.zone,
                }
        return one_line(said), escape(said)

    def _make_part(self, code: str, language: str, zone: str) -> tuple[str, str]:
        """One session in text and in HTML: the times of a person's zone among what is the same for everybody."""
        fact, zones = self.facts[code], session_mails.zones(zone, forum=self.forum)
        spots = [("", fact.now)]
        if fact.kind == ChangeKind.MOVED and (fact.now.starts, fact.now.ends) != (fact.before.starts, fact.before.ends):
            spots = [("now", fact.now), ("before", fact.before)]
        with speaking(language):
            before, after = self._around(code, language)
            rows = [self._row(name, spot.starts, spot.ends, one, language) for name, spot in spots for one in zones]
        text, html = zip(before, *rows, after, strict=True)
        return "\n".join(filter(None, text)), "".join(html)

    def _make_around(self, code: str, language: str) -> list[tuple[str, str]]:
        """What stands before and after the times of a session. Plain strings: a template for each would cost most of the time."""
        fact, words = self.facts[code], self._words(language)
        title, rooms = session_text(self.sessions[code], language=language), [("room", fact.now.room)]
        if fact.kind == ChangeKind.MOVED and fact.now.room != fact.before.room:
            rooms.append(("room before", fact.before.room))
        style = "lead" if fact.kind == ChangeKind.NEW else "stopped"
        html = f'<p class="{style}">{escape(words[fact.kind])}</p><h1 dir="auto">{escape(title)}</h1>'
        before = (f"{words[fact.kind]}: {title}", f'{html}<table role="presentation">')
        named = [(words[name], term(room)) for name, room in rooms if room]
        text = [f"{name} {room}" for name, room in named]
        html = "".join(f"<p>{escape(name)} <bdi>{escape(room)}</bdi></p>" for name, room in named)
        if fact.kind != ChangeKind.REMOVED and code not in self.hidden:  # an embargo: nobody finds its page
            url = session_mails.address(self.sessions[code], page="events:session")
            text.append(url)
            html += f'<p><a href="{escape(url)}">{escape(url)}</a></p>'
        return [before, ("\n".join(text), f"</table>{html}")]

    def _make_row(self, name: str, starts: datetime, ends: datetime, zone: ZoneInfo, language: str) -> tuple[str, str]:
        """The time of a session in one zone, in text and in HTML. `name`: now or before, where it moved."""
        time, said = local_time(starts, ends=ends, zone=zone, forum=self.forum), self._words(language).get(name, "")
        html = (
            f'<tr><td class="time">{escape(said)} {time.span}'
            f"<small><bdi>{escape(time.zone)}</bdi></small></td><td>{escape(time.date)}</td></tr>"
        )
        return f"{said} {time.date}, {time.span} {time.zone}".strip(), html

    def _make_frame(self, language: str, number: int) -> Rendered:
        with speaking(language):
            return render(self._content(number), sender=self.forum.name)

    def _content(self, number: int) -> Content:
        why = ngettext(
            "You get this mail because the session is in your agenda.",
            "You get this mail because the sessions are in your agenda.",
            number,
        )
        return self._framed(number, why=why)

    def _framed(self, number: int, *, why: str) -> Content:
        releases = absolute(reverse("events:releases", args=[self.forum.slug]))
        return Content(
            **(self.original.said(self.forum, n=number) | {"subject": SUBJECT}),
            heading="",
            own_text=PARTS,
            own_html=PARTS,
            action=session_mails.agenda_link(self.forum),
            links=[MailLink(_("All changes of the programme"), releases)],
            why=why,
            stop=stop_link(),
        )

    def _make_event(self, code: str) -> str:
        """The session as it is now, with its SEQUENCE; one that is not held as cancelled at the time that was booked."""
        session, fact = self.sessions[code], self.facts[code]
        if session.state != Session.State.SCHEDULED:
            session.starts, session.ends = fact.now.starts, fact.now.ends
            session.state = Session.State.CANCELLED
        return session_mails.calendar_event(session, to_door=code in self.hidden).decode()
