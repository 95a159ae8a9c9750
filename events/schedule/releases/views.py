"""Pages of the releases: what changed from version to version, and every version as it was."""

from itertools import groupby

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import feedgenerator, timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.models import Forum, Release, Session
from events.schedule.releases import change_log, diff, releases
from events.shared.pages.absolute_urls import absolute
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page

A_PAGE = 30
FEED_ENTRIES = 20


def _summary(release: Release, hidden: frozenset[str]) -> str:
    words = change_log.counts(diff.from_json(release.changes), hidden=hidden)
    return words or (_("First version") if release.number == 1 else _("Small corrections"))


@public_page(parameters=("page",))
def index(request: HttpRequest, forum: str) -> HttpResponse:
    """All releases of a forum, the newest first."""
    found, hidden = find_forum(forum), releases.hidden_codes(timezone.now())
    page = Paginator(releases.of_forum(found), A_PAGE).get_page(request.GET.get("page", "1")[:6])
    context = {
        "forum": found,
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "releases": [(release, _summary(release, hidden)) for release in page],
    }
    return render(request, "events/schedule/releases.html", context)


@public_page
def release(request: HttpRequest, forum: str, number: int) -> HttpResponse:
    """One version: its change log, and the timetable as it was."""
    found = find_forum(forum)
    version = Release.objects.filter(forum=found, number=number).first() if number < 2**31 else None
    if version is None:
        raise Http404
    hidden = releases.hidden_codes(timezone.now())
    log = diff.from_json(version.changes)
    shown = [entry for entry in version.timetable if entry["code"] not in hidden]
    rows = [(change_log.spot(entry), entry) for entry in shown]
    rows.sort(key=lambda row: (row[0].starts, row[1]["code"]))
    newest = releases.latest(found)
    context = {
        "forum": found,
        "release": version,
        "is_newest": newest is not None and newest.number == version.number,
        "newest": newest,
        "groups": change_log.groups(log, forum=found, hidden=hidden),
        "summary": _summary(version, hidden),
        "days": [(day, list(group)) for day, group in groupby(rows, key=lambda row: found.today(row[0].starts))],
        "number": len(rows),
        "known": set(Session.objects.public().filter(forum=found).values_list("code", flat=True)),
        "before": version.number - 1,
        "after": version.number + 1 if newest and newest.number > version.number else 0,
    }
    return render(request, "events/schedule/release.html", context)


@public_page
def feed(request: HttpRequest, forum: str) -> HttpResponse:
    """The releases as an Atom feed, the newest first."""
    found, hidden = find_forum(forum), releases.hidden_codes(timezone.now())
    atom = feedgenerator.Atom1Feed(
        title=_("%(forum)s: releases of the programme") % {"forum": found.name},
        link=absolute(reverse("events:releases", args=[found.slug])),
        description=_("What is new, moved and cancelled"),
        language=get_language(),
        feed_url=absolute(reverse("events:release-feed", args=[found.slug])),
    )
    for version in releases.of_forum(found)[:FEED_ENTRIES]:
        link = absolute(reverse("events:release", args=[found.slug, version.number]))
        atom.add_item(
            title=_title(version, forum=found),
            link=link,
            description=_feed_html(version, forum=found, hidden=hidden),
            unique_id=link,
            pubdate=version.released,
            updateddate=version.released,
        )
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _title(version: Release, *, forum: Forum) -> str:
    day = date_format(forum.local(version.released), "j F Y")
    return _("Version %(number)s, released %(day)s") % {"number": version.number, "day": day}


def _feed_html(version: Release, *, forum: Forum, hidden: frozenset[str]) -> str:
    """The note, the counts, and each change but those of a whole first programme. Readers take a summary for HTML."""
    parts: list[str] = [linebreaks(version.note, autoescape=True)] if version.note else []
    parts.append(format_html("<p>{}</p>", _summary(version, hidden)))
    for group in change_log.groups(diff.from_json(version.changes), forum=forum, hidden=hidden):
        if len(group.lines) <= A_PAGE:
            lines = [(line.title, " · ".join(filter(None, [line.where, line.words]))) for line in group.lines]
            rows = format_html_join("", "<li><bdi>{}</bdi> · {}</li>", lines)
            parts.append(format_html("<p><b>{}</b></p><ul>{}</ul>", group.label, rows))
    return "".join(parts)
