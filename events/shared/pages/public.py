"""Public pages: the same bytes for everyone who asks for the same address.

`public_page` hands the view a request that knows nothing about the person: no cookies, no account, no session, no
headers. What comes out may be kept finished (config/finished_pages.py), as long as the view
really did without the person: a page that touched the session, asked for a CSRF token or sets a cookie is marked
private instead, and the log says so.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial, wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, QueryDict, parse_cookie
from django.utils import timezone, translation

from events.shared.pages import preview

log = logging.getLogger(__name__)

# Browsers and proxies may keep a page but ask each time: the question costs us less than a bare view,
# and a session that moved is never shown at its old hour from a cache that we cannot reach.
CACHE_CONTROL = "public, max-age=0, must-revalidate"
# On answers that pages of other sites may read in a browser: everybody can read them anyway, and nobody is known there.
OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
KEPT_META = ("SERVER_PROTOCOL", "SCRIPT_NAME")

type View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Finished:
    """What the page cache needs to know of a public page: which query parameters it reads, and its longest life in seconds.

    None: all that there are. Such a page refuses those that it does not know; refusals are not kept, so that random
    names make no new pages here either.
    """

    parameters: frozenset[str] | None
    seconds: float | None
    by_language: bool = False  # there is one for each language that a browser may ask for
    is_never_late: bool = False  # once it is out of date it is not sent any more, whatever else fails

    def names(self, query: Iterable[str]) -> list[str]:
        """The parameters of a query that the page reads, sorted."""
        return sorted(name for name in set(query) if self.parameters is None or name in self.parameters)


def anonymous(request: HttpRequest, *, page: Finished) -> HttpRequest:
    """Return a request for the same address by nobody: only the path and the query parameters that the page reads are left.

    It names the site as BASE_URL does: one page serves every host.
    """
    bare = HttpRequest()
    bare.method = "GET"
    bare.path, bare.path_info = request.path, request.path_info
    query = QueryDict(mutable=True)
    for name in page.names(request.GET):
        query.setlist(name, request.GET.getlist(name))
    query._mutable = False
    bare.GET = query  # type: ignore[assignment]
    bare.META = {name: request.META[name] for name in KEPT_META if name in request.META}
    bare.META["HTTP_HOST"] = urlsplit(settings.BASE_URL).netloc
    bare.META |= {"REQUEST_METHOD": "GET", "PATH_INFO": request.path_info, "QUERY_STRING": query.urlencode()}
    if page.by_language:
        bare.META["HTTP_ACCEPT_LANGUAGE"] = preferred_language(request.META)
    bare.resolver_match = request.resolver_match
    bare.user = AnonymousUser()
    bare.session = SessionStore()  # an empty one, which is stored nowhere and notices every use
    return bare


def preferred_language(meta: Mapping[str, Any]) -> str:
    """The language of the site that a visitor likes best: the one chosen before (a cookie), else what the browser asks for.

    `meta`: the request, in the names of WSGI.
    """
    cookies, name = meta.get("HTTP_COOKIE", ""), settings.LANGUAGE_COOKIE_NAME
    chosen = parse_cookie(cookies).get(name, "") if name in cookies else ""
    return _language(chosen, meta.get("HTTP_ACCEPT_LANGUAGE", ""))


@lru_cache(maxsize=1000)
def _language(chosen: str, accepted: str) -> str:
    asking = HttpRequest()
    asking.META, asking.COOKIES = {"HTTP_ACCEPT_LANGUAGE": accepted}, {settings.LANGUAGE_COOKIE_NAME: chosen}
    return translation.get_language_from_request(asking)


def public_page(
    view: View | None = None,
    *,
    seconds: float | None = None,
    parameters: tuple[str, ...] | None = (),
    by_language: bool = False,
    is_never_late: bool = False,
) -> Callable[..., Any]:
    """Make a view public: run it for nobody and let its page be kept.

    A finished page stays valid until the public revision rises or the next moment comes at which pages change by
    themselves (events.shared.pages.page_expiry); `seconds` shortens its life. `parameters` names the query parameters that the
    view reads (None: all); it never sees others, so that random ones cannot make new pages. A view that knows when its
    page changes sets `life` on the response, the seconds until then, 0 for a page that is not worth keeping; one with
    another status than 200 is kept only with it.
    `by_language`: the view asks `get_language_from_request`, may redirect, and what it answers is kept for each language.
    `is_never_late`: no older page is sent where a new one cannot be made. Answers 405 to all but GET and HEAD.
    """
    if view is None:
        return partial(
            public_page,
            seconds=seconds,
            parameters=parameters,
            by_language=by_language,
            is_never_late=is_never_late,
        )
    page = Finished(None if parameters is None else frozenset(parameters), seconds, by_language, is_never_late)
    inner = view

    @wraps(inner)
    def public_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        bare = anonymous(request, page=page)
        if preview.COOKIE in request.COOKIES and (forum := preview.forum_of(request)):
            bare.is_preview = True  # type: ignore[attr-defined]
            made = partial(inner, bare, *args, **kwargs)
            return preview.page(request, forum, made, now=timezone.now())
        response = inner(bare, *args, **kwargs)
        if isinstance(response, HttpResponse):
            render = getattr(response, "render", None)
            response = render() if render else response
            is_kept = response.status_code == 200 or (by_language and response.status_code == 302)
            if is_kept or hasattr(response, "life"):
                _finish(response, request=bare, page=page)
        return response

    return public_view


def _finish(response: HttpResponse, *, request: HttpRequest, page: Finished) -> None:
    """Mark a page as public; one that knew the person after all becomes private."""
    faults = [
        name
        for name, is_there in [
            ("looks into the session", request.session.accessed or request.session.modified),
            ("asks for a CSRF token", "CSRF_COOKIE" in request.META),
            ("sets a cookie", bool(response.cookies)),
        ]
        if is_there
    ]
    if faults:
        log.error("%s is no public page: it %s", request.path, ", ".join(faults))
        response["Cache-Control"] = "private, no-store"
        return
    response["Cache-Control"] = CACHE_CONTROL
    life = getattr(response, "life", None)
    if life is not None:
        page = replace(page, seconds=life if page.seconds is None else min(life, page.seconds))
    response.finished = page  # type: ignore[attr-defined]
