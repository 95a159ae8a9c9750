"""Mails about one session: rendered once for each language and time zone, however many people they go to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import dateformat, translation
from django.utils.text import Truncator

from events.formatting import calendar_files
from events.models import Session
from events.models.time_zones import zone_names
from events.pages.absolute_urls import absolute

# Stands in a rendered letter where each person's own address is put.
OWN_ADDRESS = "https://own-address.invalid/"


@dataclass(frozen=True)
class LocalTime:
    """A session's time in one zone, in the words of the language that is active."""

    date: str
    starts: str
    ends: str
    zone: str


@dataclass(frozen=True)
class Letter:
    """A rendered mail."""

    subject: str
    text: str
    html: str

    def for_address(self, url: str) -> "Letter":
        """Return the letter with a person's own address (of plain ASCII) in its place."""
        return Letter(self.subject, self.text.replace(OWN_ADDRESS, url), self.html.replace(OWN_ADDRESS, url))


def known_zone(name: str, *, default: ZoneInfo) -> ZoneInfo:
    """Return a zone by its name; `default` for a name that is not known, so that one bad row stops nobody's mail."""
    return ZoneInfo(name) if name in zone_names() else default


def known_language(code: str) -> str:
    """Return a language of the site; its first for a code that is not known."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def offset(moment: datetime) -> str:
    """Return how far a zone is from UTC: UTC, UTC+2, UTC-3:30.

    >>> from datetime import UTC
    >>> offset(datetime(2020, 7, 22, tzinfo=ZoneInfo("Asia/Kolkata")))
    'UTC+5:30'
    """
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def local_time(starts: datetime, *, ends: datetime, zone: ZoneInfo, place: str = "") -> LocalTime:
    """Return a session's time in `zone`; `place` names the zone, else its city does."""
    here, until = starts.astimezone(zone), ends.astimezone(zone)
    city = place or zone.key.split("/")[-1].replace("_", " ")
    far = offset(here)
    return LocalTime(
        date=dateformat.format(here, "l j F Y"),
        starts=f"{here:%H:%M}",
        ends=f"{until:%H:%M}",
        zone=city if city == far else f"{city} ({far})",
    )


class Letters:
    """The letters about one session, from the templates registration/mail/<name>.{subject.txt,txt,html}.

    While the session is under embargo they lead to the door and not to its page, which nobody finds.
    """

    def __init__(self, session: Session, *, name: str, now: datetime) -> None:
        whole = Session.objects.select_related("forum", "type", "track", "room").prefetch_related(
            "texts", "action_lines"
        )
        self.session = whole.get(pk=session.pk)
        self.name = name
        self.is_hidden = self.session.is_under_embargo(now)
        self._titles = {text.language: text.title for text in self.session.texts.all()}
        self._rendered: dict[tuple[str, str], Letter] = {}
        self.calendar = self._calendar()

    def letter(self, *, language: str, zone: str) -> Letter:
        """Return the letter in a language of the site and an IANA zone."""
        key = (language, zone)
        if key not in self._rendered:
            with translation.override(known_language(language)):
                self._rendered[key] = self._render(known_language(language), zone)
        return self._rendered[key]

    def _title(self, language: str) -> str:
        return self._titles.get(language) or self.session.title

    def _address(self, name: str) -> str:
        return absolute(reverse(name, args=[self.session.forum.slug, self.session.code]))

    def _calendar(self) -> str:
        forum = self.session.forum
        page = self._address("registration:join" if self.is_hidden else "events:session")
        event = calendar_files.session_event(self.session, base_url=settings.BASE_URL, url=page)
        return calendar_files.calendar([event], name=forum.name).decode()

    def _times(self, zone: ZoneInfo) -> list[LocalTime]:
        session, forum = self.session, self.session.forum
        assert session.starts is not None  # noqa: S101  a scheduled or cancelled session that is mailed about has both
        assert session.ends is not None  # noqa: S101
        times = [local_time(session.starts, ends=session.ends, zone=zone)]
        if zone.key != forum.time_zone:
            times.append(local_time(session.starts, ends=session.ends, zone=forum.zone, place=forum.place))
        return times

    def _render(self, language: str, zone_name: str) -> Letter:
        session, forum = self.session, self.session.forum
        zone = known_zone(zone_name, default=forum.zone)
        title = self._title(language)
        context = {
            "session": session,
            "forum": forum,
            "title": title,
            "short_title": Truncator(title).chars(90),
            "times": self._times(zone),
            "join_minutes": forum.join_opens_minutes,
            "join_url": self._address("registration:join"),
            "session_url": "" if self.is_hidden else self._address("events:session"),
            "agenda_url": absolute(reverse("registration:agenda", args=[forum.slug])),
            "programme_url": absolute(reverse("events:programme", args=[forum.slug])),
            "own_url": OWN_ADDRESS,
        }
        parts = [
            render_to_string(f"registration/agenda/mail/{self.name}{end}", context) for end in ("_subject.txt", ".txt")
        ]
        html = render_to_string(f"registration/agenda/mail/{self.name}.html", context)
        return Letter(subject=" ".join(parts[0].split()), text=parts[1].strip() + "\n", html=html)
