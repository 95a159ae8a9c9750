"""Slow and greedy clients held on a whole site: 64 forms that come a byte a second, 500 readers that hardly read."""

import asyncio
import contextlib
import socket
import time

import pytest

from tests.services.whole_site.load import ask, get, vote_request
from tests.services.whole_site.stage import Stage
from tests.services.whole_site.world import FORUM

pytestmark = pytest.mark.services
POSTS, READERS = 64, 500
PAGES, VOTES = 200, 40
PAGE, VOTE = 0.1, 0.5  # seconds: p95 of finished pages, the longest vote


def p95(seconds):
    return sorted(seconds)[int(0.95 * (len(seconds) - 1))]


async def slow_post(port, session):
    """Begin a form of 300 bytes and send a byte a second, until the site hangs up."""
    with contextlib.suppress(OSError):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = vote_request(session, 1, "x" * 300).partition(b"\r\n\r\n")[0]
        writer.write(head + b"\r\n\r\n")
        with contextlib.closing(writer):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(1)


async def slow_reader(port, request):
    """Ask for a page with a window of 2 kB, and read a byte a second."""
    loop, client = asyncio.get_running_loop(), socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.setblocking(False)
    with contextlib.closing(client), contextlib.suppress(OSError):
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, request)
        while await loop.sock_recv(client, 1):
            await asyncio.sleep(1)


async def timed(port, request):
    began = time.perf_counter()
    status, _head, body = await ask(port, request)
    assert status == 200, body[:300]
    return time.perf_counter() - began


async def hold_and_measure(stage):
    """The seconds that pages and votes take while all slow clients are held, and how many of these are still there."""
    port, world = stage.site.port, stage.world
    for path in world.pages * 6:  # each process has made each page once
        await timed(port, get(path))
    held = [asyncio.create_task(slow_post(port, world.sessions[n])) for n in range(POSTS)]
    requests = [get(f"/{FORUM}/programme/"), get(f"/{FORUM}/agenda/", session=world.sessions[0])]
    for number in range(READERS):
        held.append(asyncio.create_task(slow_reader(port, requests[number % 10 == 0])))
        await asyncio.sleep(0.005)
    await asyncio.sleep(2)
    pages, votes = [], []
    for number in range(PAGES):
        pages.append(await timed(port, get(world.pages[number % len(world.pages)])))
        if number % (PAGES // VOTES) == 0:
            key, _user, category, code = world.votes[len(votes) + 100 * 6]
            votes.append(await timed(port, vote_request(key, category, code)))
    still = sum(not task.done() for task in held)
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    return pages, votes, still


def test_slow_clients_held_make_nobody_wait(short_folder, django_db_blocker, record_property):
    with Stage(short_folder, django_db_blocker) as stage:
        began = time.monotonic()
        pages, votes, still = asyncio.run(hold_and_measure(stage))
        slowness = stage.slowness(began=began)
        said = f"pages p95 {p95(pages):.3f} s, votes at most {max(votes):.3f} s, {still} held, machine {slowness:.1f}"
        print(said)  # noqa: T201

    assert p95(pages) < PAGE * slowness, said
    assert max(votes) < VOTE * slowness, said
