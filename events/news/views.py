"""What the secretariat announces: the list, one piece of news, and the feed, in the language of whoever reads it."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import feedgenerator, timezone
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.models import Forum, News
from events.shared.formatting import markdown
from events.shared.formatting.names import forum_name, row_in_language
from events.shared.pages.absolute_urls import absolute
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page

A_PAGE = 20
FEED_ENTRIES = 20


def _public(forum: Forum) -> QuerySet[News]:
    return News.objects.public(timezone.now()).filter(forum=forum)


@public_page(parameters=("page",))
def index(request: HttpRequest, forum: str) -> HttpResponse:
    """All news of a forum, the latest first."""
    found = find_forum(forum)
    page = Paginator(_public(found), A_PAGE).get_page(request.GET.get("page", "1")[:6])
    context = {
        "forum": found,
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "news": [row_in_language(one) for one in page],
    }
    return render(request, "events/news/list.html", context)


@public_page
def one(request: HttpRequest, forum: str, pk: int) -> HttpResponse:
    """One piece of news."""
    found = find_forum(forum)
    row = _public(found).filter(pk=pk).first()
    if row is None:
        raise Http404
    return render(request, "events/news/one.html", {"forum": found, "shown": row_in_language(row)})


@public_page
def feed(request: HttpRequest, forum: str) -> HttpResponse:
    """The news as an Atom feed, the latest first."""
    found = find_forum(forum)
    atom = feedgenerator.Atom1Feed(
        title=_("%(forum)s: news") % {"forum": forum_name(found)},
        link=absolute(reverse("events:news", args=[found.slug])),
        description=_("What the organisers announce"),
        language=get_language(),
        feed_url=absolute(reverse("events:news-feed", args=[found.slug])),
    )
    for shown in map(row_in_language, _public(found)[:FEED_ENTRIES]):
        link = absolute(reverse("events:one-news", args=[found.slug, shown.row.pk]))
        language, text = shown.other_language or get_language(), markdown.render(shown.text)
        atom.add_item(
            title=shown.title,
            link=link,
            description=format_html('<div lang="{}">{}</div>', language, text),  # readers take a summary for HTML
            unique_id=link,
            pubdate=shown.row.date,
            updateddate=shown.row.date,
        )
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
