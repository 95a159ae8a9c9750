"""A preview: staff see what is not public yet, under the addresses that it will have.

A page of a preview is made inside a transaction that is never kept: what could be published is published there
(`hooks.previewed`), the page's own view shows it as it will show it to everybody, and the transaction is rolled back. So no
page knows of previews. Who asks for one gets a signed cookie, which holds for the pages of one forum for a quarter of an hour.
Files are refused: an export or a booklet takes all rows, which would stay locked, and is passed on as if it were public.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Least
from django.http import HttpRequest, HttpResponse, HttpResponseBase, parse_cookie
from django.shortcuts import render

from events.models import Forum, News, Outcome, PracticalPage
from events.shared.once_a_revision import nothing_kept
from events.shared.pages import hooks
from events.shared.secret_links import read, signed_now

COOKIE = f"{settings.COOKIE_PREFIX}preview"
SECONDS = 15 * 60  # after which one has to ask again
KIND = "events.pages.preview"


def begin(response: HttpResponse, *, forum: Forum, user: Any) -> None:
    """Let the person see the pages of a forum as a preview, in this browser, for SECONDS."""
    response.set_cookie(
        COOKIE,
        signed_now(KIND, user.pk, forum.slug),
        max_age=SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def end(response: HttpResponse) -> None:
    """Let the person see what everybody sees."""
    response.delete_cookie(COOKIE, samesite="Lax")


def is_asked_for(cookies: str) -> bool:
    """Whether a Cookie header holds a preview that the site gave out: then no finished page is the answer."""
    return f"{COOKIE}=" in cookies and bool(_read(parse_cookie(cookies).get(COOKIE, "")))


def _read(value: str) -> list[Any]:
    """What a cookie says: the key of the account, the slug of the forum; nothing where it is not ours, or too old."""
    return read(KIND, value, lives=SECONDS)


def forum_of(request: HttpRequest) -> Forum | None:
    """The forum of the page, where the person previews it and is staff still; else None."""
    known = _read(request.COOKIES.get(COOKIE, ""))
    slug = request.resolver_match.kwargs.get("forum") if request.resolver_match else None
    if not known or not slug or known != [request.user.pk, slug] or not request.user.is_staff:
        return None
    return Forum.objects.filter(slug=slug).first()


def _shown(forum: Forum) -> Iterator[tuple[QuerySet[Any], str]]:
    """Rows that a column keeps from the public, each with the permission to see them."""
    yield Forum.objects.filter(pk=forum.pk), "events.view_forum"
    yield PracticalPage.objects.filter(forum=forum), "events.view_practicalpage"
    yield Outcome.objects.filter(forum=forum), "events.view_outcome"
    yield News.objects.filter(forum=forum), "events.view_news"


def page(
    request: HttpRequest, forum: Forum, make: Callable[[], HttpResponseBase], *, now: datetime
) -> HttpResponseBase:
    """What `make` answers if all that this person may see of the forum were public. Nothing of it is kept. A file is refused (403),
    and not made where its address tells it."""
    user, name = request.user, request.path.rpartition("/")[2]
    response = None if "." in name else _made(forum, make, user=user, now=now)
    if response is None or not response.get("Content-Type", "").startswith("text/html"):
        response = render(request, "events/pages/no_file.html", {"forum": forum}, status=403)
    response["Cache-Control"] = "private, no-store"
    return response


def _made(forum: Forum, make: Callable[[], HttpResponseBase], *, user: Any, now: datetime) -> HttpResponseBase:
    with nothing_kept(), transaction.atomic():
        for rows, permission in _shown(forum):
            if user.has_perm(permission, forum):
                rows.update(is_public=True, **({"date": Least("date", Value(now))} if rows.model is News else {}))
        for publish in hooks.previewed.of():
            publish(forum, user, now)
        response = make()
        if finish := getattr(response, "render", None):
            response = finish()
        transaction.set_rollback(True)
    return response
