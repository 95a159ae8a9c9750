"""Tags and filters that every page uses: names, links of the frame, times with their zone."""

import re
from datetime import UTC, date, datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from events.models import Forum, Organisation

register = template.Library()

LANGUAGE_NAMES = {"en": "English", "fr": "Français", "ar": "العربية", "es": "Español", "ru": "Русский", "zh": "中文"}


class Link(TypedDict):
    url: str
    label: str
    is_current: bool


class LanguageLink(TypedDict):
    code: str
    name: str
    url: str


# --- names ----------------------------------------------------------------------------------------
@register.filter
def term(value: object) -> str:
    """The name of a reference row (Action Line, type, track …) in the page's language, where the catalogue knows it."""
    text = str(value or "")
    return gettext(text) if text else ""


@register.filter
def forum_name(name: str) -> str:
    """The forum's name in the page's language: “WSIS Forum 2020” is known to the catalogue, other names stay."""
    match = re.fullmatch(r"WSIS Forum (\d{4})", name)
    return gettext("WSIS Forum %(year)s") % {"year": match[1]} if match else name


@register.filter
def wordmark(name: str) -> SafeString:
    """The forum's name with its first word in bold."""
    first, _space, rest = forum_name(name).partition(" ")
    return format_html("<bdi><b>{}</b> {}</bdi>", first, rest)


@register.simple_tag(takes_context=True)
def hosts(context: Context) -> str:
    """The sentence of the page's foot: who hosts and who organises with them."""
    forum: Forum = context["forum"]
    partners: list[Organisation] = [o for o in forum.co_organisers.all() if o.pk != forum.host_id]
    names = [str(organisation) for organisation in partners]
    if not forum.host:
        return ""
    if not names:
        return gettext("Hosted by %(host)s.") % {"host": forum.host}
    if len(names) == 1:
        return gettext("Hosted by %(host)s, organised with %(partner)s.") % {"host": forum.host, "partner": names[0]}
    return gettext("Hosted by %(host)s, organised with %(partners)s and %(last)s.") % {
        "host": forum.host,
        "partners": gettext(", ").join(names[:-1]),
        "last": names[-1],
    }


# --- the frame ------------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def site_forum(context: Context) -> Forum | None:
    """The page's forum; on pages without one (accounts, not found) the current forum."""
    forum = context.get("forum")
    return forum if isinstance(forum, Forum) else Forum.objects.current(timezone.now().date())


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Link]:
    """The five links of the page's head."""
    slug = context["forum"].slug
    path = context["request"].path if "request" in context else ""
    names = [
        ("events:programme", gettext("Programme")),
        ("events:speakers", gettext("Speakers")),
        ("events:outcomes", gettext("Outcomes")),
        ("prizes:home", gettext("Prizes")),
        ("registration:statistics", gettext("Statistics")),
    ]
    links = [(reverse(name, args=[slug]), label) for name, label in names]
    return [Link(url=url, label=label, is_current=path.startswith(url)) for url, label in links]


@register.simple_tag(takes_context=True)
def language_links(context: Context) -> list[LanguageLink]:
    """This page in each language of the site; where it has no address of its own (not found), the site's first page."""
    path = context["request"].get_full_path() if "request" in context else "/"
    current = get_language()
    links = []
    for code, _name in settings.LANGUAGES:
        url = path if code == current else translate_url(path, code)
        if code != current and url == path:
            url = f"/{code}/" if code != settings.LANGUAGE_CODE else "/"
        links.append(LanguageLink(code=code, name=LANGUAGE_NAMES.get(code, code), url=url))
    return links


@register.simple_tag
def other_language(languages: list[LanguageLink]) -> LanguageLink:
    """The one other language shown in the head: English, or Arabic on the English page."""
    wanted = "ar" if get_language() == "en" else "en"
    return next((link for link in languages if link["code"] == wanted), languages[0])


@register.simple_tag(takes_context=True)
def canonical(context: Context, path: str = "") -> str:
    """The absolute address of this page, or of `path`."""
    if not path and "request" in context:
        path = context["request"].path
    return f"{settings.BASE_URL}{path}"


# --- time -----------------------------------------------------------------------------------------
def offset_text(moment: datetime) -> str:
    """The offset of an aware datetime as people write it: UTC+2, UTC−3:30."""
    minutes = int((moment.utcoffset() or UTC.utcoffset(None)).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def place_name(zone: ZoneInfo, *, forum: Forum | None) -> str:
    """What people call a zone: the forum's place, or the city in the zone's name."""
    if forum and zone.key == forum.time_zone:
        return term(forum.place)
    return zone.key.split("/")[-1].replace("_", " ")


def _zone(context: Context) -> ZoneInfo:
    zone, forum = context.get("zone"), context.get("forum")
    return zone if isinstance(zone, ZoneInfo) else forum.zone if forum else ZoneInfo("UTC")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


@register.simple_tag(takes_context=True)
def clock(context: Context, starts: datetime, ends: datetime | None = None) -> SafeString:
    """A time or a range with its zone below, in the context's `zone` (else the forum's); the script may change it."""
    zone = _zone(context)
    local = starts.astimezone(zone)
    label = format_html(
        '<span class="zone">{}, <bdi>{}</bdi></span>', place_name(zone, forum=context.get("forum")), offset_text(local)
    )
    first = format_html('<time datetime="{}" data-clock>{}</time>', _stamp(starts), local.strftime("%H:%M"))
    if ends is None:
        return format_html("<span data-times><b>{}</b> {}</span>", first, label)
    last = format_html(
        '<time datetime="{}" data-clock="end">{}</time>', _stamp(ends), ends.astimezone(zone).strftime("%H:%M")
    )
    return format_html("<span data-times><b>{}–{}</b> {}</span>", first, last, label)


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime, zone: ZoneInfo | None = None) -> SafeString:
    """A deadline in words: “31 July, 23:59 Geneva (21:59 UTC)”, in `zone` (else the context's, else the forum's)."""
    zone = zone or _zone(context)
    local, utc = value.astimezone(zone), value.astimezone(UTC)
    text = gettext("%(date)s, %(time)s %(place)s") % {
        "date": date_format(local, "j F"),
        "time": local.strftime("%H:%M"),
        "place": place_name(zone, forum=context.get("forum")),
    }
    in_utc = utc.strftime("%H:%M") if utc.date() == local.date() else date_format(utc, "j F, H:i")
    if not local.utcoffset():
        return format_html('<time datetime="{}">{} <bdi>(UTC)</bdi></time>', _stamp(value), text)
    return format_html('<time datetime="{}">{} <bdi>({} UTC)</bdi></time>', _stamp(value), text, in_utc)


@register.filter
def day(value: date) -> str:
    """A date with its weekday: “Wednesday 22 July”."""
    return date_format(value, "l j F")


@register.filter
def short_day(value: date) -> str:
    """A date for narrow places: “22 Jul”."""
    return date_format(value, "j M")


@register.inclusion_tag("components/zone_switch.html", takes_context=True)
def zone_switch(context: Context, now: datetime | None = None) -> dict[str, Any]:
    """The bar of two zones: the forum's and UTC as links; the script puts the visitor's own zone in UTC's place.

    `now` is the moment whose offsets the bar names.
    """
    forum: Forum = context["forum"]
    at = now or context.get("now") or timezone.now()
    shown = _zone(context)
    zones = list(dict.fromkeys([forum.zone, shown, ZoneInfo("UTC")]))[:2]
    choices = [
        {
            "key": zone.key,
            "place": place_name(zone, forum=forum),
            "offset": offset_text(at.astimezone(zone)),
            "is_shown": zone == shown,
        }
        for zone in zones
    ]
    return {"forum": forum, "choices": choices, "shown": shown.key, "at": _stamp(at), "request": context.get("request")}
