"""The addresses for machines: /healthz, /readyz, /metrics."""

from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config.running.monitoring import parts
from config.running.monitoring.exposition import exposition
from config.running.monitoring.request_id import came_through_a_proxy

TEXT = "text/plain; charset=utf-8"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "ok": this process takes requests."""
    return HttpResponse("ok\n", content_type=TEXT)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer "ok" where this process reaches the database, and its tables are those of this version; else 503, and which it is."""
    reason = parts.unready()
    text = f"not ready: {reason}\n" if reason else "ok\n"
    return HttpResponse(text, status=503 if reason else 200, content_type=TEXT)


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
    if settings.TRUSTED_PROXIES or came_through_a_proxy(request):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
