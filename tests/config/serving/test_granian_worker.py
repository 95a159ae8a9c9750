"""A web process: it says that it is ready once it serves, and leaves without refusing anybody."""

import asyncio
import os
import signal
import socket

import pytest
import uvloop

from config.serving import granian_worker, heartbeat
from tests.config.front import own_loop


class Application:
    """Answers each request once it may."""

    def __init__(self, fault=None):
        self.fault = fault

    def __rsgi_init__(self, loop):
        if self.fault:
            raise self.fault
        self.has_come, self.may_answer = asyncio.Event(), asyncio.Event()

    def __rsgi_del__(self, loop):
        pass

    async def __rsgi__(self, scope, protocol):
        self.has_come.set()
        await self.may_answer.wait()
        protocol.response_bytes(200, [], b"answered")


@pytest.fixture
def shared():
    """A listening socket, of which a web process gets a copy."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        made.setblocking(False)
        yield made


@pytest.fixture
def copy(shared):
    """The copy of a web process: granian ends it."""
    made = shared.dup()
    yield made
    made.detach()


@pytest.fixture
def beats(monkeypatch):
    """Whatever a process has said of itself: the end of the pipe to read."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    monkeypatch.setenv(heartbeat.PIPE, str(writing))
    yield reading
    os.close(reading)
    os.close(writing)


async def asked(shared):
    """Ask for a page; return the connection."""
    reader, writer = await asyncio.open_connection(*shared.getsockname())
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return reader, writer


def test_process_that_cannot_begin_is_never_ready(copy, beats):
    with pytest.raises(ValueError, match="no such page"):
        own_loop.run(granian_worker.serve(Application(ValueError("no such page")), shared=copy), by=uvloop.run)

    with pytest.raises(BlockingIOError):
        os.read(beats, 100)


def test_process_that_leaves_takes_nobody_more_and_finishes(shared, copy, beats, monkeypatch):
    monkeypatch.setattr(granian_worker, "QUIET", 0.2)

    async def scene():
        site = Application()
        serving = asyncio.create_task(granian_worker.serve(site, shared=copy))
        while not hasattr(site, "has_come"):
            await asyncio.sleep(0.01)
        reader, _writer = await asked(shared)
        await site.has_come.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.1)
        later = await asked(shared)
        taken = await asyncio.get_running_loop().sock_accept(shared)
        site.may_answer.set()
        answer = await asyncio.wait_for(reader.readuntil(b"answered"), 5)
        await asyncio.wait_for(serving, 10)
        for end in (later[1], _writer, taken[0]):
            end.close()
        return answer

    assert own_loop.run(scene(), by=uvloop.run).startswith(b"HTTP/1.1 200 OK")
    assert os.read(beats, 100).startswith(b"web\n")
