"""How times and zones are written for people: pure functions, on pages, in mails and in files alike."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_bidi, gettext

from events.models import Forum
from events.models.time_zones import is_zone
from events.shared.formatting.names import local_text


def written(value: date, form: str) -> str:
    """A date or a moment (to the minute, on the clock that it comes with) in the page's language, in a form of Django's without a
    zone: “j F Y”, “DATETIME_FORMAT”. Each is put together once in a process, which takes twenty times as long as to look it up."""
    if isinstance(value, datetime):
        value = value.replace(second=0, microsecond=0, tzinfo=None)  # moments of two zones can be equal
    return _put_together(value, form, get_language())


@lru_cache(maxsize=10_000)
def _put_together(value: date, form: str, _language: str | None) -> str:
    return date_format(value, form)


def offset_text(moment: datetime) -> str:
    """The offset of an aware datetime as people write it: UTC+2, UTC−3:30."""
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def known_zone(name: str, *, default: ZoneInfo) -> ZoneInfo:
    """A zone by its name; `default` for a name that is not known, so that one bad row stops nobody's mail."""
    return ZoneInfo(name) if is_zone(name) else default


def place_name(zone: ZoneInfo, *, forum: Forum | None) -> str:
    """What people call a zone: the forum's place, or the city in the zone's name."""
    if forum and zone.key == forum.time_zone:
        return local_text(forum, "place")
    return zone.key.split("/")[-1].replace("_", " ")


def zone_label(zone: ZoneInfo, *, at: datetime, forum: Forum | None) -> str:
    """A zone with its offset at a moment: “Geneva (UTC+2)”, “UTC”."""
    place = place_name(zone, forum=forum)
    return place if zone.key == "UTC" else f"{place} ({offset_text(at.astimezone(zone))})"


def stamp(moment: datetime) -> str:
    """A moment for the `datetime` attribute: 2020-07-22T12:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def hours(moment: datetime, *, zone: ZoneInfo) -> str:
    """The time of day of a moment on the clock of a zone: 14:00."""
    return moment.astimezone(zone).strftime("%H:%M")


def end_hours(moment: datetime, *, zone: ZoneInfo) -> str:
    """The time of day at which something ends: 15:30; midnight is the 24:00 of the day before."""
    text = hours(moment, zone=zone)
    return "24:00" if text == "00:00" else text


def range_ends(first: str, last: str) -> tuple[str, str]:
    """The two ends of a range of times, to be joined by a dash. Right to left, signs around the range keep it in the
    direction of the language whatever stands before it: a name in Latin letters would turn it round."""
    return (f"\u2067{first}", f"{last}\u2069") if get_language_bidi() else (first, last)


def is_all_day(starts: datetime, *, ends: datetime, zone: ZoneInfo) -> bool:
    """Whether something lasts one whole day on the clock of a zone, from midnight to midnight."""
    first, last = starts.astimezone(zone), ends.astimezone(zone)
    return first.time() == last.time() == time() and last.date() - first.date() == timedelta(days=1)


def span(starts: datetime, *, ends: datetime, zone: ZoneInfo) -> str:
    """From when to when something lasts, on the clock of a zone: 14:00–15:30, or that it lasts all day."""
    if is_all_day(starts, ends=ends, zone=zone):
        return gettext("All day")
    return "–".join(range_ends(hours(starts, zone=zone), end_hours(ends, zone=zone)))


def dated_span(starts: datetime, *, ends: datetime, forum: Forum, form: str = "j F") -> str:
    """From when to when something lasts, with its day, on the forum's clock: “22 July, 14:00–15:30 Geneva”, “22 July, all day (Geneva)”."""
    if is_all_day(starts, ends=ends, zone=forum.zone):
        parts = {"date": written(forum.local(starts).date(), form), "place": local_text(forum, "place")}
        return gettext("%(date)s, all day (%(place)s)") % parts
    first, last = range_ends(hours(starts, zone=forum.zone), end_hours(ends, zone=forum.zone))
    return gettext("%(date)s, %(from)s–%(to)s %(place)s") % {
        "date": written(forum.local(starts).date(), form),
        "from": first,
        "to": last,
        "place": local_text(forum, "place"),
    }


def deadline(moment: datetime, *, zone: ZoneInfo, forum: Forum | None) -> str:
    """A moment in words, with its zone and UTC: “31 July, 23:59 Geneva (21:59 UTC)”.

    The year is said where it is not that of the whole forum.
    """
    local, utc = moment.astimezone(zone), moment.astimezone(UTC)
    is_year_known = forum is not None and forum.starts.year == local.year == forum.ends.year
    parts = {
        "date": written(local.date(), "j F" if is_year_known else "j F Y"),
        "time": local.strftime("%H:%M"),
        "place": place_name(zone, forum=forum),
        "utc": utc.strftime("%H:%M") if utc.date() == local.date() else written(utc, "j F, H:i"),
    }
    if zone.key == "UTC":
        return gettext("%(date)s, %(time)s UTC") % parts
    return gettext("%(date)s, %(time)s %(place)s (%(utc)s UTC)") % parts


def long_date(value: date) -> str:
    """A date with its year: “22 July 2020”."""
    return written(value, "j F Y")


def date_range(first: date, last: date) -> str:
    """Two dates, the year said once where it is the same: “22 June to 10 September 2020”."""
    start = written(first, "j F" if first.year == last.year else "j F Y")
    return gettext("%(first)s to %(last)s") % {"first": start, "last": written(last, "j F Y")}
