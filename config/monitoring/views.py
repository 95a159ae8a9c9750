"""The addresses for machines: /healthz, /readyz, /metrics."""

from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config.monitoring import readiness
from config.monitoring.exposition import exposition

# A request with one of these came through a proxy, also where the proxy is this machine.
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
TEXT = "text/plain; charset=utf-8"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "ok": this process takes requests."""
    return HttpResponse("ok\n", content_type=TEXT)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Tell whether the site is ready, in one word; a program that may read the figures is told its parts, a line each. 503 where
    one is gone that the site needs."""
    report = readiness.report()
    text = report.text if may_read_metrics(request) else report.word
    response = HttpResponse(text, status=report.status, content_type=TEXT)
    response._has_been_logged = True  # type: ignore[attr-defined]  # a 503 is the answer here, asked for again and again
    return response


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the figures to a program of this machine or one that knows the token; nothing is here for others (404)."""
    if not may_read_metrics(request):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether the request names METRICS_TOKEN, or comes from this machine itself, where no proxy stands before the site.

    A proxy of this machine may add no header at all: where one is expected, only the token counts.
    """
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer" and constant_time_compare(token, settings.METRICS_TOKEN):
        return True
    if settings.TRUSTED_PROXIES or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
