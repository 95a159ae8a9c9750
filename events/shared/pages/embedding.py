"""Pages in a frame of other sites (`?embed`): without head, foot and script, for the sites of EMBED_SITES only.

All other pages forbid every frame. Here the browser is told which sites may hold the page; one that says where the
frame stands (most do) gets a sentence instead of a page that it would not show.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from events.shared.pages.public import public_page

PARAMETER = "embed"
FRAME = "events/pages/frame.html"
FRAMES = frozenset({"iframe", "frame", "object", "embed", "fencedframe"})  # what Sec-Fetch-Dest says of them

type View = Callable[..., HttpResponseBase]


def is_asked(query: Mapping[str, Any]) -> bool:
    """Whether the query of an address asks for the page in a frame."""
    return PARAMETER in query


def frame_of(request: HttpRequest) -> str:
    """The template around a page in a frame; empty for the usual one."""
    return FRAME if is_asked(request.GET) else ""


def origin(address: str) -> str:
    """The origin of an address: https://www.example.org; empty where it has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""


def is_refused(headers: Mapping[str, Any]) -> bool:
    """Whether a request (its WSGI names) is known to come from a frame of a site that may not embed.

    A browser that does not tell gets the page and obeys its `frame-ancestors`.
    """
    if not settings.EMBED_SITES:
        return True
    holder = origin(str(headers.get("HTTP_REFERER", "")))
    if str(headers.get("HTTP_SEC_FETCH_DEST", "")) not in FRAMES or not holder:
        return False
    return headers.get("HTTP_SEC_FETCH_SITE") != "same-origin" and not any(
        _covers(site, holder) for site in settings.EMBED_SITES
    )


def _covers(site: str, holder: str) -> bool:
    """Whether an entry of EMBED_SITES stands for an origin; https://*.example.org for every name below it."""
    scheme, _mark, host = site.partition("://")
    if not host.startswith("*."):
        return site == holder
    its_scheme, _mark, its_host = holder.partition("://")
    return scheme == its_scheme and its_host.endswith(host[1:])


def embeddable(*, parameters: tuple[str, ...] = ()) -> Callable[[View], View]:
    """A public page (events.shared.pages.public) that other sites may show in a frame. Answers 403 to a frame that it knows to be
    in a site which may not, and to everybody while EMBED_SITES is empty."""

    def decorate(view: View) -> View:
        page = public_page(view, parameters=(*parameters, PARAMETER))

        @wraps(view)
        def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_asked(request.GET):
                return page(request, *args, **kwargs)
            if is_refused(request.META):
                return _refusal(request)
            response: HttpResponseBase = page(request, *args, **kwargs)
            if response.status_code == 200:
                _allow(response, sites=settings.EMBED_SITES)
            return response

        return framed

    return decorate


def _refusal(request: HttpRequest) -> HttpResponse:
    """The sentence for other sites. It may stand in every frame, so that it is read where it is needed."""
    response = render(request, "events/pages/refused.html", {"address": request.path}, status=403)
    _allow(response, sites=["*"])
    return response


def _allow(response: HttpResponseBase, *, sites: list[str]) -> None:
    response["Content-Security-Policy"] = build_policy(
        replace={"script-src": [NONE], "connect-src": [NONE], "media-src": [NONE], "frame-ancestors": sites}
    )
    # X-Frame-Options can name no site, so it is left out.
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
