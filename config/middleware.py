"""What holds for every answer that Django makes: it is private unless it says otherwise, and bodies have a limit."""

from collections.abc import Callable
from typing import Any

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import DataError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from config import errors
from events.api import errors as api_errors
from events.models.uploads import DOCUMENT_LIMIT
from events.shared.pages.find_forum import archived_slugs

FORM_AROUND = 1024 * 1024  # what a form with a document has besides it

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NO_DEVICES = ", ".join(
    f"{name}=()" for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)
CAMERA_ALONE = NO_DEVICES.replace("camera=()", "camera=(self)")
KNOWN = f"{settings.COOKIE_PREFIX}known"  # the cookie that says that the site has something for this browser
MESSAGES = f"{settings.COOKIE_PREFIX}messages"

type Next = Callable[[HttpRequest], HttpResponse]


class Messages(CookieStorage):
    """What a page says after a form, in a cookie of this very host."""

    cookie_name = MESSAGES


def arrival(get_response: Next) -> Next:
    """Take the time of a request once, as it arrives: `request.arrived`. Deadlines count from it (prizes.chain.closing_time). A proxy
    in front hands over whole requests, so a slow line costs nobody their vote and gains nobody time."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.arrived = timezone.now()  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def programs_ask_over_https(get_response: Next) -> Next:
    """Refuse (`https-only`, 403) who asks the API over plain http where the site has https. People are led to https; a program
    that was would never be noticed, and go on to send in plain sight."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure() and api_errors.is_of_the_api(request):
            return api_errors.answer(403, code="https-only", detail="Ask over https.")
        return get_response(request)

    return middleware


def private_by_default(get_response: Next) -> Next:
    """Forbid every cache to keep an answer that does not say itself how long it may be kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response

    return middleware


def indexed_by_its_own_address(get_response: Next) -> Next:
    """Keep out of search engines every answer in HTML that does not name its own address (`canonical`): fragments, pages of one
    person, of the organisers, and of errors."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        if is_page and (b'rel="canonical"' not in response.content or b'content="noindex"' in response.content):
            response["X-Robots-Tag"] = "noindex"
        return response

    return middleware


def content_security_policy(get_response: Next) -> Next:
    """Send the policy of the settings with every answer that brings none of its own. It is put together once."""
    policy = build_policy()

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(HEADER, policy)
        return response

    return middleware


def for_this_site(get_response: Next) -> Next:
    """Tell browsers that pages and files are for pages of this site, unless the answer says that others may read it, and
    that no page of ours needs the devices of those who look at it, but for the camera where the answer `uses_camera`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_open = response.has_header("Access-Control-Allow-Origin")
        response["Cross-Origin-Resource-Policy"] = "cross-origin" if is_open else "same-origin"
        response["Permissions-Policy"] = CAMERA_ALONE if getattr(response, "uses_camera", False) else NO_DEVICES
        return response

    return middleware


def known_by_cookie(get_response: Next) -> Next:
    """Say in a cookie that a script can read whether the site has something for this browser: somebody is signed in, or a
    message waits. Visitors' pages then ask for nothing (parts.js). It is another one for each log-in, so that a page out of the
    browser's memory is told from one of this person. It opens nothing: whoever forges it learns that nobody is there.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session, message = request.session, response.cookies.get(MESSAGES, request.COOKIES.get(MESSAGES, ""))
        if not session.accessed and MESSAGES not in response.cookies:
            return response
        who = str(session.get(SESSION_KEY, "")) or ("a visitor" if getattr(message, "value", message) else "")
        known = _known_by(f"{who} {session.session_key}") if who else ""
        if known and request.COOKIES.get(KNOWN) != known:
            age = None if session.get_expire_at_browser_close() else session.get_expiry_age()
            response.set_cookie(KNOWN, known, max_age=age, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")
        elif KNOWN in request.COOKIES and not known:
            response.delete_cookie(KNOWN, samesite="Lax")
        return response

    return middleware


def _known_by(log_in: str) -> str:
    return salted_hmac("known", log_in, algorithm="sha256").hexdigest()[:12]


class ReadOnlyArchive:
    """Refuse (403) whatever is sent to an address of an archived forum, before its view sees it. What people may do with data of
    their own stands under other addresses, and goes on. The organisers' pages ask `events.shared.rights.memberships`."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, parts: dict[str, Any]) -> HttpResponse | None:
        """Looks for the slug of a forum in what the address names."""
        slug = parts.get("forum")
        if request.method in SAFE or not isinstance(slug, str) or slug not in archived_slugs():
            return None
        return render(request, "events/pages/archived.html", {"slug": slug}, status=403)


class BodyLimit:
    """Refuse a body over the limit before a byte of it is read (413), and NUL bytes wherever they turn up (400).

    The limit is DATA_UPLOAD_MAX_MEMORY_SIZE. A form with files may have UPLOAD_LIMIT bytes in the admin site, and those
    of its documents where signed-in people send files (`events.shared.pages.personal.takes_files`).
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return errors.bad_request(request, None)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _parts: Any) -> HttpResponse | None:
        return errors.too_large(request) if _length(request) > self.limit(request, view) else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 where a body broke off, or a NUL byte in a form came as far as the database, which refuses it."""
        is_nul = isinstance(exception, ValueError | DataError) and "NUL" in str(exception)
        if is_nul or isinstance(exception, UnreadablePostError):
            return errors.bad_request(request, None)
        return None

    def limit(self, request: HttpRequest, view: Any) -> int:
        """Return how many bytes the body of this request may have."""
        has_files = request.META.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
        if has_files and request.resolver_match and "admin" in request.resolver_match.app_names:
            return settings.UPLOAD_LIMIT
        files = getattr(view, "files_taken", 0)
        if has_files and files and SESSION_KEY in request.session:  # the account itself is not read yet
            return files * DOCUMENT_LIMIT + FORM_AROUND
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
