"""Slow and greedy clients held by nginx: 64 forms that come a byte a second, 500 readers that hardly read.

What the readers ask for is larger than what the kernel keeps for them, so that nginx has to hold the rest.
"""

import asyncio
import contextlib
import socket
import time

import pytest

from events.models import Session
from tests.services.whole_site.load import ask, get, played, vote_request
from tests.services.whole_site.stage import Stage

pytestmark = pytest.mark.services
POSTS, READERS = 64, 500
PAGES, VOTES = 200, 40
TEXT = 400_000  # bytes of the page that is read slowly
PAGE, VOTE = 0.2, 2.0  # seconds: p95 of finished pages, the longest vote


def p95(seconds):
    return sorted(seconds)[int(0.95 * (len(seconds) - 1))]


async def slow_post(port, session):
    """Begin a form of 300 bytes and send a byte a second, until the site hangs up."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = asyncio.create_task(reader.read(1))
        head = vote_request(session, 1, "x" * 300).partition(b"\r\n\r\n")[0]
        writer.write(head + b"\r\n\r\n")
        try:
            while not answer.done():
                writer.write(b"x")
                await writer.drain()
                await asyncio.wait([answer], timeout=1)
        finally:
            answer.cancel()
            writer.close()


async def slow_reader(port, request):
    """Ask for a page with a window of 2 kB and packets as small as on the Internet, and read a byte a second."""
    loop, client = asyncio.get_running_loop(), socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    # With packets of loopback's size the kernel would take the whole page from the site.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1200)
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


def large_page(stage):
    """Give a session a long text; return the address of its page."""
    address = stage.world.pages.pop()
    with stage.rows():
        Session.objects.filter(code=address.split("/")[-2]).update(description="All of it. " * (TEXT // 11))
    return address


async def hold(stage, address):
    """Begin to hold the readers, then the forms; return both once all have their connections."""
    port, world = stage.site.port, stage.world
    requests = [get(address), get(address, session=world.sessions[0])]
    requests = [request.replace(b"Accept-Encoding: gzip\r\n", b"") for request in requests]
    for request in requests:
        _status, _head, body = await ask(port, request)
        assert len(body) > TEXT
    readers, forms = [], []
    for number in range(READERS):
        readers.append(asyncio.create_task(slow_reader(port, requests[number % 10 == 0])))
        await asyncio.sleep(0.005)
    await asyncio.sleep(2)
    for number in range(POSTS):
        forms.append(asyncio.create_task(slow_post(port, world.sessions[number])))
    await asyncio.sleep(1)
    return readers, forms


async def hold_and_measure(stage, address):
    """The seconds that pages and votes take while all slow clients are held, and how many readers and forms are still there."""
    port, world = stage.site.port, stage.world
    for path in world.pages * 6:  # each process has made each page once
        await timed(port, get(path))
    readers, forms = await hold(stage, address)
    pages, votes = [], []
    for number in range(PAGES):
        pages.append(await timed(port, get(world.pages[number % len(world.pages)])))
        if number % (PAGES // VOTES) == 0:
            key, _user, category, code = world.votes[len(votes) + 100 * 6]
            votes.append(await timed(port, vote_request(key, category, code)))
    still = [sum(not task.done() for task in held) for held in (readers, forms)]
    for task in readers + forms:
        task.cancel()
    await asyncio.gather(*readers, *forms, return_exceptions=True)
    return pages, votes, still


def test_slow_clients_held_make_nobody_wait(short_folder, django_db_blocker):
    with Stage(short_folder, django_db_blocker) as stage:
        address = large_page(stage)
        pages, votes, still = played(hold_and_measure(stage, address))

    said = f"pages p95 {p95(pages):.3f} s, votes at most {max(votes):.3f} s, {still} held"
    print(said)  # noqa: T201
    assert p95(pages) < PAGE, said
    assert max(votes) < VOTE, said
    assert still[0] > 0.98 * READERS, said
    assert still[1] > 0.98 * POSTS - 1, said
