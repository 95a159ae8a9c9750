"""A small steady load on a site, in a thread of its own: who asked for what, when, and what the site answered.

Each request has a connection of its own, and is sent at its time whether or not the ones before are answered. A change
that is not acknowledged is asked for again, as a person does who presses the button again.
"""

import asyncio
import contextlib
import random
import re
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.services.whole_site.world import FORUM, MEETING

PATIENCE = 45  # seconds that a client waits for an answer
# Seconds after which a change that failed is tried again, doubled each time, up to so many: as the ballot's script does.
AGAIN, MOST = 0.5, 15.0
TOKEN = "a1" * 16  # a cookie and its form are of one visitor when they are equal
RATES = {  # requests a second
    "page": 4,
    "health": 1,
    "static": 1,
    "agenda": 1,
    "vote": 3,
    "join": 2,
    "booking": 2,
    "code": 1,
}
CHANGES = {"vote", "join", "booking", "code"}
FINISHED = {"page", "health", "static"}  # what needs neither database nor broker


@dataclass(frozen=True)
class Answer:
    """What came of a request: `outcome` is “ok”, “unavailable” (503 with Retry-After), or what else happened."""

    kind: str
    began: float  # time.monotonic
    seconds: float
    outcome: str
    retry_after: int = 0

    @property
    def ended(self):
        return self.began + self.seconds


def played(coroutine):
    """What the coroutine returns, played in a thread of its own: in the test's own thread a browser's loop may be running."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(asyncio.run, coroutine).result()


async def ask(port, request, *, patience=PATIENCE):
    """Send the bytes of a request; return status, head and body. Raises OSError, TimeoutError, EOFError."""
    async with asyncio.timeout(patience):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        try:
            writer.write(request)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"(?im)^content-length: *(\d+)", head)
            body = await (reader.readexactly(int(length[1])) if length else reader.read())
            return int(head[9:12]), head, body
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def get(path, *, session="", more=""):
    cookie = f"Cookie: sessionid={session}\r\n" if session else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{cookie}{more}Connection: close\r\n\r\n"
    ).encode()


def post(path, fields, *, session="", more=""):
    body = urlencode({"csrfmiddlewaretoken": TOKEN} | fields)
    cookie = f"csrftoken={TOKEN}" + (f"; sessionid={session}" if session else "")
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n{more}Connection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _where(head):
    found = re.search(r"(?im)^location: *(\S+)", head)
    return found[1] if found else ""


def vote_request(session, number, code):
    return post(
        f"/{FORUM}/prizes/vote/{number}/", {"nominee": code}, session=session, more="X-Requested-With: fetch\r\n"
    )


# For each kind of change its request, and whether an answer acknowledges it.
REQUESTS = {
    "vote": lambda one: vote_request(one[0], one[2], one[3]),
    "join": lambda one: get(f"/{FORUM}/join/{one[3]}/", session=one[0]),
    "booking": lambda one: post(f"/{FORUM}/book/{one[3]}/", {}, session=one[0]),
    "code": lambda one: post("/accounts/login/code/", {"email": one}),
}
ACKNOWLEDGED = {
    "vote": lambda status, head, body: status == 200 and b'"progress"' in body,
    "join": lambda status, head, body: status == 302 and _where(head) == MEETING,
    "booking": lambda status, head, body: status == 302 and "login" not in _where(head),
    "code": lambda status, head, body: status == 302 and "confirm" in _where(head),
}


@dataclass
class Load:
    """Asks from `start` to `stop`; `answers` in the order in which they came, `acknowledged` by kind with the moment."""

    world: object
    ports: list
    static: str  # the address of a static file
    rates: dict = field(default_factory=lambda: dict(RATES))
    answers: list = field(default_factory=list)
    acknowledged: dict = field(default_factory=lambda: {kind: {} for kind in CHANGES})
    tried: dict = field(default_factory=lambda: {kind: set() for kind in CHANGES})
    is_double: bool = False  # each change is sent on two connections at the same moment

    def set_rates(self, rates):
        """Ask for these kinds only, so many a second; before `start`. What the world has now is what is asked for."""
        self.rates = rates
        self._take()

    def _take(self):
        self._left = {
            "vote": deque(self.world.votes),
            "join": deque(self.world.joins),
            "booking": deque(self.world.bookings),
            "code": deque(self.world.codes),
        }

    def __post_init__(self):
        self._take()
        self._turn, self._stop, self._loop = 0, threading.Event(), None
        self._thread = threading.Thread(target=self._work, name="load", daemon=True)

    def _work(self):
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._run())

    def start(self):
        self._thread.start()

    def stop(self):
        """Send nothing new; wait until every change that was begun is acknowledged, or fail after a minute."""
        self._stop.set()
        self._thread.join(PATIENCE + 60)
        assert not self._thread.is_alive(), "changes are still not acknowledged"

    def abandon(self):
        """Stop at once, whatever is still unanswered."""
        self._stop.set()
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])
            self._thread.join(10)

    async def _run(self):
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            for kind, rate in self.rates.items():
                group.create_task(self._keep_asking(group, kind, 1 / rate))

    async def _keep_asking(self, group, kind, pause):
        due = time.monotonic() + pause
        while not self._stop.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += pause
            if kind not in CHANGES:
                group.create_task(self._read(kind))
            elif self._left[kind]:
                group.create_task(self._change(kind, self._left[kind].popleft()))

    def _port(self):
        self._turn += 1
        return self.ports[self._turn % len(self.ports)]

    async def _read(self, kind):
        self._turn += 1
        place = self._turn
        if kind == "page":
            request = get(self.world.pages[place % len(self.world.pages)])
        elif kind == "agenda":
            request = get(f"/{FORUM}/agenda/", session=self.world.sessions[place % len(self.world.sessions)])
        else:
            request = get({"health": "/healthz", "static": self.static}[kind])
        await self._ask(kind, request, is_good=lambda status, head, body: status == 200)

    async def _change(self, kind, one):
        """Ask until it is acknowledged; after the end for a minute at the most."""
        self.tried[kind].add(one)
        deadline, pause, is_again = None, AGAIN, False
        while True:
            began = time.monotonic()
            asked = [
                self._ask(kind, REQUESTS[kind](one), is_good=ACKNOWLEDGED[kind], is_again=is_again)
                for _n in range(1 + self.is_double)
            ]
            is_again = True
            if any(await asyncio.gather(*asked)):
                self.acknowledged[kind][one] = began
                return
            await asyncio.sleep(pause * random.uniform(1, 1.25))  # noqa: S311
            pause = min(2 * pause, MOST)
            if self._stop.is_set():
                deadline = deadline or time.monotonic() + 60
                if time.monotonic() > deadline:
                    return

    async def _ask(self, kind, request, *, is_good, is_again=False):
        began, retry_after = time.monotonic(), 0
        try:
            status, head, body = await ask(self._port(), request)
        except TimeoutError:
            outcome = "no answer"
        except (OSError, EOFError) as error:
            outcome = "refused" if isinstance(error, ConnectionRefusedError) else "broken off"
        else:
            found = re.search(r"(?im)^retry-after: *(\d+)", head)
            retry_after = int(found[1]) if found else 0
            if is_good(status, head, body):
                outcome = "ok"
            elif status == 503 and retry_after:
                outcome = "unavailable"
            elif (
                kind == "code" and status == 200 and is_again
            ):  # the first answer was lost: a code was asked for just now
                outcome = "asked just now"
            else:
                outcome = f"{kind}: {status} {_where(head)}".strip()
        self.answers.append(Answer(kind, began, time.monotonic() - began, outcome, retry_after))
        return outcome == "ok"

    def since(self, moment):
        """The answers that came after a moment."""
        return [answer for answer in list(self.answers) if answer.ended >= moment]
