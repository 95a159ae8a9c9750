"""/healthz: the process is up. /readyz: it reaches its database and its broker as well."""

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

TIMEOUT = 2.0  # seconds that the broker has for its answer


@require_safe
def is_up(request: HttpRequest) -> HttpResponse:
    """Answer "ok": this process takes requests."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
def is_ready(request: HttpRequest) -> HttpResponse:
    """Answer "ok", or 503 and the names of the services that do not answer (no reasons: anyone may ask)."""
    checks = {"database": database_answers, "broker": broker_answers}
    silent = [name for name, answers in checks.items() if not answers()]
    text = "ok\n" if not silent else f"no answer from: {', '.join(silent)}\n"
    return HttpResponse(text, status=503 if silent else 200, content_type="text/plain; charset=utf-8")


def database_answers() -> bool:
    """Whether the database answers the smallest query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def broker_answers() -> bool:
    """Whether the broker answers a ping; a site without REDIS_URL has none to ask."""
    if not settings.REDIS_URL:
        return True
    broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
    try:
        return bool(broker.ping())
    except redis.RedisError:
        return False
    finally:
        broker.close()
