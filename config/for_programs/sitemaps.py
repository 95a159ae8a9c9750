"""What search engines ask for first: /robots.txt, and /sitemap.xml with every page that a stranger can read, in each language."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from events.models import ActionLine, Appearance, Forum, News, Outcome, PracticalPage, Release, Session
from events.shared.pages.absolute_urls import absolute
from events.shared.pages.public import public_page
from prizes.models import Category, Edition, Nomination

XML = "application/xml; charset=utf-8"
FRESH = 60  # seconds for which an answer is kept
OF_THE_SITE = ("events:forums", "events:api", "events:privacy", "events:accessibility", "registration:contact")
OF_A_FORUM = (
    *("events:home", "events:programme", "events:speakers", "events:matrix", "events:outcomes", "events:commitments"),
    *("events:practical-pages", "events:news", "events:proposals", "events:releases", "events:open-data"),
    *("registration:statistics", "prizes:home", "prizes:document", "prizes:editions"),
)
OF_A_PRIZE = ("prizes:results", "prizes:chain")
# Beginnings of addresses that are nothing to read: of one person, of the organisers, or parts of pages.
PERSONAL = ("admin", "accounts", "account", "mail", "unsubscribe", "invitation")
PERSONAL_OF_A_FORUM = (
    *("me", "now", "kinds", "figures", "watch", "book", "agenda", "leave", "wait", "seat", "join", "door", "ticket"),
    *("register", "invitation", "delegation", "withdraw", "hosted", "proposals/mine", "proposals/new"),
    *("prizes/card", "prizes/nominate", "prizes/review", "prizes/vote"),
)

type Address = tuple[str, tuple[Any, ...]]  # the name of an address and its parts
type Addresses = Iterable[Address]


def _pages(now: datetime) -> Addresses:
    """Those that each forum has, and the site's own."""
    lines = list(ActionLine.objects.values_list("code", flat=True))
    yield from ((name, ()) for name in OF_THE_SITE)
    for slug in Forum.objects.public().order_by("pk").values_list("slug", flat=True):
        yield from ((name, (slug,)) for name in OF_A_FORUM)
        yield from (("prizes:road-map", (slug, line)) for line in lines)
    for slug, number in Release.objects.filter(forum__is_public=True).values_list("forum__slug", "number"):
        yield "events:release", (slug, number)
    for slug, page in PracticalPage.objects.public().values_list("forum__slug", "slug"):
        yield "events:practical-page", (slug, page)
    for slug, pk in News.objects.public(now).values_list("forum__slug", "pk"):
        yield "events:one-news", (slug, pk)


def _sessions(now: datetime) -> Addresses:
    rows = Session.objects.public(now).order_by("pk").values_list("forum__slug", "code")
    return (("events:session", row) for row in rows)


def _speakers(now: datetime) -> Addresses:
    rows = Appearance.objects.public().order_by("speaker").values_list("session__forum__slug", "speaker").distinct()
    return (("events:speaker", row) for row in rows)


def _outcomes(now: datetime) -> Addresses:
    rows = Outcome.objects.public(now).order_by("pk").values_list("forum__slug", "pk")
    return (("events:outcome", row) for row in rows)


def _prizes(now: datetime) -> Addresses:
    editions = Edition.objects.filter(is_public=True, forum__is_public=True)
    for slug in editions.order_by("pk").values_list("forum__slug", flat=True):
        yield from ((name, (slug,)) for name in OF_A_PRIZE)
    categories = Category.objects.filter(edition__in=editions).order_by("pk")
    yield from (("prizes:category", row) for row in categories.values_list("edition__forum__slug", "number"))
    nominees = Nomination.objects.nominees().order_by("pk")
    parts = ("edition__forum__slug", "category__number", "code")
    yield from (("prizes:nominee", row) for row in nominees.values_list(*parts))


class PublicPages(Sitemap):
    """Addresses of one kind. They are those that the pages themselves answer: each kind asks as its page does."""

    i18n = alternates = x_default = True
    limit = 3000  # of all languages: less than a megabyte and a half

    def __init__(self, of: Callable[[datetime], Addresses]) -> None:
        self._of = of

    def items(self) -> list[Address]:
        return list(self._of(timezone.now()))

    def location(self, item: Address) -> str:
        name, parts = item
        return reverse(name, args=parts)

    @property
    def protocol(self) -> str:  # type: ignore[override]
        return urlsplit(settings.BASE_URL).scheme

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.BASE_URL).netloc


MAPS: dict[str, Any] = {
    "pages": PublicPages(_pages),
    "sessions": PublicPages(_sessions),
    "speakers": PublicPages(_speakers),
    "outcomes": PublicPages(_outcomes),
    "prizes": PublicPages(_prizes),
}


@public_page(seconds=FRESH)
def index(request: HttpRequest) -> HttpResponse:
    """The list of the parts: one for each kind of page, and more of those with many."""
    return views.index(request, MAPS, sitemap_url_name="sitemap-part", content_type=XML)


@public_page(seconds=FRESH, parameters=("p",))
def part(request: HttpRequest, section: str) -> HttpResponse:
    """The addresses of a kind; `p` turns the parts."""
    return views.sitemap(request, MAPS, section=section, content_type=XML)


@public_page(seconds=FRESH)
def robots(request: HttpRequest) -> HttpResponse:
    """What is worth reading, and what is not. A hidden forum is not named."""
    languages = ["", *(f"{code}/" for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE)]
    slugs = Forum.objects.public().order_by("pk").values_list("slug", flat=True)
    closed = [*PERSONAL, *(f"{slug}/{room}" for slug in slugs for room in PERSONAL_OF_A_FORUM)]
    lines = ["User-agent: *", *(f"Disallow: /{language}{room}/" for language in languages for room in closed)]
    lines += ["", f"Sitemap: {absolute(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
