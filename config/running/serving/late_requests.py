"""Requests for which nobody waits any more: nginx has given them up, but they still stand in the server's queue, as after a database
that stood still. Doing them would make those wait who came after, until nginx gives these up as well."""

import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from config.finished_pages import Application

GIVEN_UP = 15.0  # seconds: proxy_read_timeout in docs/deploy/nginx/wsis.conf
TWO_CLOCKS = 60.0  # seconds; so late is nothing in a queue: nginx and the site have two clocks, and one is wrong


def unless_late(application: Application) -> Application:
    """A WSGI application that is not asked once nginx has given a request up. When it was sent on stands in X-Request-Start (“t=” and
    seconds since 1970, by the clock of this machine); one without it is never late."""

    def ask(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        try:
            sent = float(environ.get("HTTP_X_REQUEST_START", "").removeprefix("t="))
        except ValueError:
            return application(environ, start)
        if not GIVEN_UP <= time.time() - sent < TWO_CLOCKS:
            return application(environ, start)
        start("503 Service Unavailable", [("Retry-After", "5"), ("Cache-Control", "no-store"), ("Content-Length", "0")])
        return [b""]

    return ask
