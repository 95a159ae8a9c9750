"""Bodies that come slowly, break off or are too many: each is a stream as the server hands it over."""

import asyncio
import time

import pytest
from django.conf import settings as project

from config.front import request_bodies
from config.front.request_bodies import Bodies, TooLarge, TooMany, TooSlow

LIMIT = 1_000_000


async def pieces(*sizes, pause=0.0, error=None):
    for size in sizes:
        await asyncio.sleep(pause)
        yield b"x" * size
    if error:
        raise error


def read(stream, bodies=None):
    body, length = asyncio.run((bodies or Bodies()).read(stream, limit=LIMIT))
    with body:
        return len(body.read()), length


def test_body_is_whole_wherever_it_is_kept():
    large = request_bodies.SMALL + 1

    assert [read(pieces(*sizes)) for sizes in [(), (3, 4), (large, 1)]] == [(0, 0), (7, 7), (large + 1, large + 1)]


def test_body_that_pauses_creeps_or_breaks_off_is_given_up(monkeypatch):
    monkeypatch.setattr(request_bodies, "PAUSE", 0.2)
    monkeypatch.setattr(request_bodies, "GRACE", 0.3)
    began = time.monotonic()

    with pytest.raises(TooSlow):
        read(pieces(1, 1, pause=0.5))
    with pytest.raises(TooSlow):  # each byte in time, all of them too slow
        read(pieces(*[1] * 50, pause=0.05))
    with pytest.raises(TooSlow):
        read(pieces(5, error=RuntimeError("the client has gone")))
    assert time.monotonic() - began < 2
    assert read(pieces(*[100] * 10, pause=0.05)) == (1000, 1000)  # as slow, but with something to show for it


def test_body_over_the_limit_is_not_read_on_and_large_ones_take_turns(monkeypatch):
    monkeypatch.setattr(request_bodies, "MOST_LARGE", 1)
    bodies = Bodies()

    with pytest.raises(TooLarge):
        read(pieces(LIMIT, 1), bodies)

    async def two():
        first = asyncio.create_task(bodies.read(pieces(request_bodies.SMALL + 1, 5, pause=0.1), limit=LIMIT))
        await asyncio.sleep(0.15)
        with pytest.raises(TooMany):
            await bodies.read(pieces(request_bodies.SMALL + 1), limit=LIMIT)
        body, length = await first
        body.close()
        return length

    assert asyncio.run(two()) == request_bodies.SMALL + 6
    assert read(pieces(request_bodies.SMALL + 1), bodies)[1] == request_bodies.SMALL + 1  # its turn


def test_only_who_has_a_session_may_send_files():
    kind = {"CONTENT_TYPE": "multipart/form-data; boundary=x"}
    session = {"HTTP_COOKIE": f"{project.SESSION_COOKIE_NAME}=abc"}
    small = project.DATA_UPLOAD_MAX_MEMORY_SIZE + request_bodies.AROUND

    assert [request_bodies.most(one) for one in ({}, kind, session, kind | session)] == [
        small,
        small,
        small,
        project.UPLOAD_LIMIT,
    ]
    lengths = {said: request_bodies.announced_length({"CONTENT_LENGTH": said}) for said in ("12", "", "-1", "1e3", "٣")}
    assert lengths == {"12": 12, "": None, "-1": None, "1e3": None, "٣": None}
