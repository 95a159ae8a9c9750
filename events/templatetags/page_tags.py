"""Tags and filters that every page uses: names, links of the frame, times with their zone."""

from base64 import b64encode
from datetime import date, datetime
from functools import cache, lru_cache, partial
from hashlib import sha384
from html import escape
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import Exists, OuterRef
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from events.models import Document, Forum, News, PracticalPage, Session, Speaker
from events.shared.drawings import monogram
from events.shared.formatting import names, times
from events.shared.formatting.text_language import Translated, other_language
from events.shared.once_a_revision import once_a_revision

register = template.Library()

CURRENT = ' aria-current="true"'
MOST_BANNERS = 3
LANGUAGE_NAMES = {"en": "English", "fr": "Français", "ar": "العربية", "es": "Español", "ru": "Русский", "zh": "中文"}


# --- names ----------------------------------------------------------------------------------------
register.filter("term", names.term)
register.filter("forum_name", names.forum_name)
register.filter("local_text", names.local_text)


@register.filter
def lang(text: str) -> SafeString:
    """The `lang` attribute of a text as people wrote it, where it is not in the language of the page."""
    code = other_language(text)
    return format_html('lang="{}"', code) if code else SafeString("")


@register.filter
def bdi(value: object) -> SafeString:
    """A text as people wrote it, or the name of a row or of the catalogue, set apart with its own direction and language."""
    shown = value if isinstance(value, Translated) else names.term(value)
    found = "" if isinstance(shown, Translated) else lang(str(value))
    return format_html((f"<bdi {found}>" if found else "<bdi>") + "{}</bdi>", shown)


@register.filter
def portrait(person: Speaker) -> str:
    """The address of somebody's portrait: of their photograph, else of the monogram that is drawn for them."""
    if person.photo:
        return person.photo.url
    return reverse("monogram", args=[monogram.key_of(person.name), monogram.letters_of(person.name)])


@register.filter
def wordmark(forum: Forum) -> SafeString:
    """The forum's name with its first word in bold."""
    first, _space, rest = names.forum_name(forum).partition(" ")
    return format_html("<bdi><b>{}</b> {}</bdi>", first, rest)


@register.simple_tag(takes_context=True)
def hosts(context: Context) -> str:
    """The sentence of the page's foot: who hosts and who organises with them."""
    return _hosts(context["forum"], get_language())


@once_a_revision
def _hosts(forum: Forum, _language: str | None) -> str:
    if not forum.host:
        return ""
    host = names.term(forum.host)
    partner_names = [names.term(row) for row in forum.co_organisers.all() if row.pk != forum.host_id]
    if not partner_names:
        return gettext("Hosted by %(host)s.") % {"host": host}
    if len(partner_names) == 1:
        return gettext("Hosted by %(host)s, organised with %(partner)s.") % {"host": host, "partner": partner_names[0]}
    return gettext("Hosted by %(host)s, organised with %(partners)s and %(last)s.") % {
        "host": host,
        "partners": gettext(", ").join(partner_names[:-1]),
        "last": partner_names[-1],
    }


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as people write it: 62 %; a dash where there is none."""
    return "–" if share is None else gettext("%(n)s %%") % {"n": round(share * 100)}


# --- the frame ------------------------------------------------------------------------------------
@register.simple_tag
def made_once(template_name: str, **public: Any) -> SafeString:
    """A part of pages that is the same for everybody, made once for each public revision.

    Its template gets what is named here (rows that the public sees, words, numbers) and the language, and nothing else: it knows no
    request and no person.
    """
    return _made(template_name, get_language(), tuple(public.items()))


@once_a_revision
def _made(template_name: str, _language: str | None, public: tuple[tuple[str, Any], ...]) -> SafeString:
    return SafeString(render_to_string(template_name, dict(public)))


@register.simple_tag(takes_context=True)
def site_forum(context: Context) -> Forum | None:
    """The page's forum; on pages without one (accounts, not found) the current forum."""
    forum = context.get("forum")
    return forum if isinstance(forum, Forum) else _current_forum()


@once_a_revision
def _current_forum() -> Forum | None:
    """As of now: at the end of a forum's day all answers of a revision are forgotten (events.shared.pages.page_expiry)."""
    return Forum.objects.current(timezone.now())


class Frame(NamedTuple):
    """What organisers wrote that every page of a forum leads to; `banners`: the news whose titles stand above all."""

    has_pages: bool = False
    has_news: bool = False
    banners: tuple[names.RowInLanguage, ...] = ()


@register.simple_tag
def frame_of(forum: Forum | None) -> Frame:
    """Of a forum, as of now: when a banner begins or ends, all answers are forgotten (events.shared.pages.page_expiry)."""
    return _frame(forum, get_language()) if forum else Frame()


@once_a_revision
def _frame(forum: Forum, language: str | None) -> Frame:
    """One query; another one while there is a banner."""
    now, own = timezone.now(), {"forum": OuterRef("pk")}
    pages, news = PracticalPage.objects.public().filter(**own), News.objects.public(now).filter(**own)
    asked = (Exists(pages), Exists(news), Exists(News.objects.banners(now).filter(**own)))
    has_pages, has_news, has_banners = Forum.objects.filter(pk=forum.pk).values_list(*asked).first() or [False] * 3
    banners = News.objects.banners(now).filter(forum=forum)[:MOST_BANNERS] if has_banners else ()
    return Frame(has_pages, has_news, tuple(names.row_in_language(one, language=language or "") for one in banners))


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> SafeString:
    """The five links of the page's head."""
    links = _places(context["forum"].slug, get_language())
    path = context["request"].path if "request" in context else ""
    here = next((url for url, _label in links if path.startswith(url)), "")
    return made_once("events/frame/navigation.html", links=links, here=here)


@once_a_revision
def _places(slug: str, _language: str | None) -> tuple[tuple[str, str], ...]:
    entries = [
        ("events:programme", gettext("Programme")),
        ("events:speakers", gettext("Speakers")),
        ("events:outcomes", gettext("Outcomes")),
        ("prizes:home", gettext("Prizes")),
        ("registration:statistics", gettext("Statistics")),
    ]
    return tuple((reverse(name, args=[slug]), label) for name, label in entries)


@register.simple_tag(takes_context=True)
def language_links(context: Context) -> list[dict[str, Any]]:
    """This page in each language of the site; where it has no address of its own (not found), the site's first page."""
    path = context["request"].get_full_path() if "request" in context else "/"
    current = get_language()
    links = []
    for code, _name in settings.LANGUAGES:
        url = path if code == current else _in_language(path, code)
        if code != current and url == path:
            url = f"/{code}/" if code != settings.LANGUAGE_CODE else f"/?language={code}"
        links.append({"code": code, "name": LANGUAGE_NAMES.get(code, code), "url": url})
    return links


@register.simple_tag
def language_items(links: list[dict[str, Any]], *, has_current: bool) -> SafeString:
    """This page in each language as items of a list; in the language that it is in where `has_current`. Written here because it
    stands twice on every page."""
    current = get_language()
    items = (
        f'<li><a href="{escape(one["url"])}" lang="{one["code"]}" hreflang="{one["code"]}"'
        f"{CURRENT if one['code'] == current else ''}>{one['name']}</a></li>"
        for one in links
        if has_current or one["code"] != current
    )
    return mark_safe("".join(items))  # noqa: S308  addresses are escaped, all else is ours


@lru_cache(maxsize=1_000)  # addresses, which may be long
def _in_language(path: str, code: str) -> str:
    return translate_url(path, code)


@register.simple_tag(takes_context=True)
def canonical(context: Context, path: str = "") -> str:
    """The absolute address of this page, or of `path`."""
    if not path and "request" in context:
        path = context["request"].path
    return f"{settings.BASE_URL}{path}"


# --- time -----------------------------------------------------------------------------------------
def _zone(context: Context) -> ZoneInfo:
    zone, forum = context.get("zone"), context.get("forum")
    return zone if isinstance(zone, ZoneInfo) else forum.zone if forum else ZoneInfo("UTC")


register.filter("stamp", times.stamp)


register.filter("hours", lambda moment, zone: times.hours(moment, zone=zone))
register.filter("end_hours", lambda moment, zone: times.end_hours(moment, zone=zone))


@register.filter
def offset(value: datetime, zone: ZoneInfo) -> str:
    """The offset of a zone at a moment: UTC+2."""
    return times.offset_text(value.astimezone(zone))


@register.simple_tag(takes_context=True)
def clock(context: Context, starts: datetime, ends: datetime | None = None) -> SafeString:
    """A time or a range with its zone below, in the context's `zone` (else the forum's); the script may change it."""
    zone = _zone(context)
    label = format_html(
        '<span class="zone">{}{}<bdi>{}</bdi></span>',
        times.place_name(zone, forum=context.get("forum")),
        gettext(", "),
        offset(starts, zone),
    )
    if ends is not None and times.is_all_day(starts, ends=ends, zone=zone):
        return format_html("<span><b>{}</b> {}</span>", time_range(starts, ends, zone), label)
    first = format_html('<time datetime="{}" data-clock>{}</time>', times.stamp(starts), times.hours(starts, zone=zone))
    if ends is None:
        return format_html("<span data-times><b>{}</b> {}</span>", first, label)
    until = times.end_hours(ends, zone=zone)
    last = format_html('<time datetime="{}" data-clock="end">{}</time>', times.stamp(ends), until)
    return format_html("<span data-times><b>{}–{}</b> {}</span>", first, last, label)


@register.simple_tag
def time_range(starts: datetime, ends: datetime, zone: ZoneInfo) -> SafeString:
    """From when to when something lasts on the clock of a zone, or that it lasts all day."""
    one = '<time datetime="{}">{}</time>'
    if times.is_all_day(starts, ends=ends, zone=zone):
        return format_html(one, times.stamp(starts), gettext("All day"))
    first, last = times.hours(starts, zone=zone), times.end_hours(ends, zone=zone)
    return format_html(f"{one}–{one}", times.stamp(starts), first, times.stamp(ends), last)


@register.simple_tag
def times_of(session: Session, zone: ZoneInfo) -> SafeString:
    """From when to when a session lasts in a person's zone, and when it begins in the forum's where that is another one."""
    forum, starts, ends = session.forum, session.starts, session.ends
    if starts is None or ends is None:
        return SafeString("")
    where = f"<bdi>{escape(times.place_name(zone, forum=forum))}</bdi>"
    if zone.key != forum.time_zone:
        where += f" · <bdi>{times.hours(starts, zone=forum.zone)} {escape(names.local_text(forum, 'place'))}</bdi>"
    return mark_safe(f'<b>{time_range(starts, ends, zone)}</b> <span class="zone">{where}</span>')  # noqa: S308  escaped


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime, zone: ZoneInfo | None = None) -> SafeString:
    """A deadline in words: “31 July, 23:59 Geneva (21:59 UTC)”, in `zone` (else the context's, else the forum's)."""
    text = times.deadline(value, zone=zone or _zone(context), forum=context.get("forum"))
    return format_html('<time datetime="{}">{}</time>', times.stamp(value), text)


@register.simple_tag(takes_context=True)
def local_day(context: Context, value: datetime) -> date:
    """The date of a moment in the context's `zone` (else the forum's)."""
    return value.astimezone(_zone(context)).date()


register.filter("long_date", times.long_date)
register.filter("until", times.date_range)
# “Wednesday 22 July”, “Wednesday 22 July 2020”; for narrow places “Wed 22 July” (“mer. 22 juillet”) and “22 Jul”.
for name, pattern in (
    ("day", "l j F"),
    ("full_day", "l j F Y"),
    ("narrow_day", "NARROW_DAY_FORMAT"),
    ("short_day", "SHORT_DAY_FORMAT"),
):
    register.filter(name, partial(times.written, form=pattern))


@register.inclusion_tag("components/zone_switch.html", takes_context=True)
def zone_switch(context: Context) -> dict[str, Any]:
    """The bar of two zones: the forum's and UTC as links; the script puts the visitor's own zone in UTC's place.

    The bar names the offsets of the context's `now`, or of the forum's nearest day when it does not run then.
    """
    forum: Forum = context["forum"]
    at = forum.within(context["now"])
    shown = _zone(context)
    zones = list(dict.fromkeys([forum.zone, shown, ZoneInfo("UTC")]))[:2]
    choices = [
        {
            "key": zone.key,
            "place": times.place_name(zone, forum=forum),
            "offset": offset(at, zone),
            "is_shown": zone == shown,
        }
        for zone in zones
    ]
    return {
        "forum": forum,
        "choices": choices,
        "shown": shown.key,
        "at": times.stamp(at),
        "start": context.get("start"),
    }


@register.simple_tag
def day_address(day: date) -> str:
    """Where a day stands in the programme, behind the programme's own address."""
    return f"?from={day.isoformat()}#day-{day.isoformat()}"


# --- scripts --------------------------------------------------------------------------------------
@cache
def _integrity(collected: str) -> str:
    """The hash of a collected file. Its name says what is in it, so it is read once. Raises OSError where it is not there."""
    with staticfiles_storage.open(collected) as file:
        return f"sha384-{b64encode(sha384(file.read()).digest()).decode()}"


@register.simple_tag
def script(name: str) -> SafeString:
    """A script of ours, which the browser runs once the page is read, and only if it is byte by byte the one that the page
    means. Where nothing is collected (manage.py runserver) the file may still change: no hash is given."""
    address = staticfiles_storage.url(name)
    collected = address.removeprefix(settings.STATIC_URL)
    try:
        integrity = format_html(' integrity="{}"', _integrity(collected)) if collected != name else ""
    except OSError:
        integrity = ""
    return format_html('<script src="{}"{} defer></script>', address, integrity)


# --- rows -----------------------------------------------------------------------------------------
@register.filter
def session_title(session: Session) -> SafeString:
    """The title in the page's language where the session has one, else as it was given."""
    return bdi(names.session_text(session))


@register.filter
def organiser_names(session: Session) -> str:
    """The organisers of a session in one line: “ITU, UNESCO”."""
    return names.listed(session.organisers.all())


register.filter("language_names", names.language_names)


# Each with the session and the moment: {% is_live session now as live %}.
register.simple_tag(Session.is_live, name="is_live")
register.simple_tag(Session.is_over, name="is_over")
register.simple_tag(Session.is_under_embargo, name="is_under_embargo")
register.simple_tag(Session.is_join_open, name="is_join_open")


@register.filter
def file_note(document: Document) -> str:
    """The kind and size of a document: “PDF, 240 kB”; nothing where its file is lost."""
    try:
        return names.file_note(document.file.name or "", size=document.file.size)
    except OSError:
        return ""


@register.filter
def bare_address(address: str) -> str:
    """An address without its scheme, as people read it."""
    return address.partition("://")[2]


@register.filter
def number(value: int) -> str:
    """A whole number with the thousands parted as the page's language does: 15,000."""
    return number_format(value, force_grouping=True)
