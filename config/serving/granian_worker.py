"""One web process: granian serves the site on a listening socket that others share, and leaves without refusing anybody.

SIGTERM: it takes no further connection (the socket is the supervisor's, whose next process takes them), asks everybody
to close theirs with the next answer, and goes once it is quiet; requests under way are finished. SIGINT: the same, at once.
`python -m config.serving.granian_worker` without a supervisor listens on HOST and PORT itself. With `--spare` it only
loads the site, and serves once SIGUSR1 says that another one has ended.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import time
from importlib import import_module
from typing import Any

import uvloop
from django.conf import settings
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.net import SocketHolder
from granian.server.embed import Server

from config.serving import heartbeat, memory

SOCKET = "LISTENING_SOCKET"  # the environment's name for the number of the socket
SPARE = "--spare"
BACKLOG = 2048  # connections that may wait to be taken
AT_ONCE = 4096  # connections that this process holds: most of them rest
QUIET = 1.0  # seconds without a request after which nobody is expected any more
LONGEST_GOODBYE = 5.0  # seconds of asking people to close their connections


def listening_socket() -> socket.socket:
    """Return a socket that listens on HOST and PORT. Raises OSError, OverflowError where that cannot be."""
    family, kind, protocol, _, address = socket.getaddrinfo(settings.HOST, settings.PORT, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except (OSError, OverflowError):
        made.close()
        raise
    return made


socket_holder: Any = SocketHolder  # its types leave out what it takes: number, is it a unix socket, backlog


class SharedSocketServer(Server):
    """granian on a socket that is there already; its own would belong to this process, and die with it."""

    def __init__(self, application: Any, *, shared: socket.socket) -> None:
        super().__init__(
            application,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=AT_ONCE,
            log_level=LogLevels.error,  # it warns of being embedded
        )
        self.shared = shared

    def _init_shared_socket(self) -> None:
        self._shd: Any = socket_holder(self.shared.fileno(), False, BACKLOG)

    def stop_listening(self) -> None:
        """Take no connection any more: the shared socket's number, which granian uses, becomes one that nobody knows."""
        with socket.socket(socket.AF_UNIX) as nowhere:
            nowhere.bind("")  # a name that Linux makes up
            nowhere.listen()
            nowhere.setblocking(False)
            os.dup2(nowhere.fileno(), self.shared.fileno(), inheritable=False)


class LastAnswer:
    """A request of the time of goodbyes: whatever answer it gets says that the connection closes."""

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.protocol, name)
        if not name.startswith("response_"):
            return found
        return lambda status, headers, *rest: found(status, [*headers, ("connection", "close")], *rest)

    def __call__(self) -> Any:
        return self.protocol()

    def __aiter__(self) -> Any:
        return self.protocol.__aiter__()


class Goodbye:
    """The site's application, which notes when it was last asked, and can ask everybody to close their connection.

    Its heart beats once it is ready. `failed`: why it did not become so; granian, which asks, keeps that to itself.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self.is_leaving = False
        self.last = 0.0
        self.failed: Exception | None = None
        self._life: asyncio.Task[None] | None = None

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        self.last = time.monotonic()
        await self.application.__rsgi__(scope, LastAnswer(protocol) if self.is_leaving else protocol)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self.application.__rsgi_init__(loop)
        except Exception as reason:
            self.failed = reason
            raise
        self._life = loop.create_task(live())  # its first turn comes when granian listens

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.application.__rsgi_del__(loop)

    async def wait(self) -> None:
        """Wait until nobody has asked for a while, or for as long as politeness asks."""
        self.is_leaving = True
        end = time.monotonic() + LONGEST_GOODBYE
        while time.monotonic() < min(end, self.last + QUIET):
            await asyncio.sleep(0.1)


async def live() -> None:
    """Beat from now on."""
    while True:
        heartbeat.beat("web")
        await asyncio.sleep(heartbeat.EVERY)


async def serve(application: Any, *, shared: socket.socket) -> None:
    """Serve the site until a signal ends it. Raises whatever the application raises before it is ready."""
    goodbye = Goodbye(application)
    server = SharedSocketServer(goodbye, shared=shared)
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def leave() -> None:
        with contextlib.suppress(OSError):  # not on every system; it would only be less polite
            server.stop_listening()
        await goodbye.wait()
        server.stop()

    loop.add_signal_handler(signal.SIGTERM, lambda: tasks.add(loop.create_task(leave())))
    loop.add_signal_handler(signal.SIGINT, server.stop)
    await server.serve()
    if goodbye.failed:
        raise goodbye.failed


def load() -> Any:
    """Load the site, whole, and return its application: the first request waits for nothing.

    Nothing of it is garbage: Python does not look for any meanwhile (an eighth of the time), nor in it ever after.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    gc.disable()
    application = import_module("config.rsgi").application
    import_module(settings.ROOT_URLCONF)
    gc.freeze()
    gc.enable()
    return application


def wait_for_call() -> None:
    """Wait for SIGUSR1. Nobody sends it before the first beat; whatever else ends a process ends this one."""
    called = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: called.set())
    while not called.wait(heartbeat.EVERY):
        heartbeat.beat("web")


def main() -> None:
    """Load the site, then serve it."""
    memory.stay_small()
    application = load()
    if SPARE in sys.argv:
        wait_for_call()
    given = os.environ.get(SOCKET)
    uvloop.run(serve(application, shared=socket.socket(fileno=int(given)) if given else listening_socket()))


if __name__ == "__main__":
    main()
