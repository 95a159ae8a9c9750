"""Bodies that come slowly, break off or are too many: each is a stream as the server hands it over."""

import asyncio
import time

import pytest
from django.conf import settings as project

from config.front import request_bodies
from config.front.request_bodies import Bodies, TooMany, TooSlow
from tests.config.front import own_loop


async def pieces(*sizes, pause=0.0, error=None):
    for size in sizes:
        await asyncio.sleep(pause)
        yield b"x" * size
    if error:
        raise error


def read(stream, *, length, bodies=None, network="a"):
    bodies = bodies or Bodies()
    body = own_loop.run(bodies.read(stream, length=length, network=network))
    size = len(body.read())
    bodies.close(body)
    return size


def test_body_is_whole_wherever_it_is_kept():
    large = request_bodies.SMALL + 1

    assert [read(pieces(*sizes), length=sum(sizes)) for sizes in [(7,), (3, 4), (large, 1)]] == [7, 7, large + 1]


def test_body_that_pauses_creeps_or_breaks_off_is_given_up(monkeypatch):
    monkeypatch.setattr(request_bodies, "PAUSE", 0.2)
    monkeypatch.setattr(request_bodies, "GRACE", 0.3)
    began = time.monotonic()

    with pytest.raises(TooSlow):
        read(pieces(1, 1, pause=0.5), length=2)
    with pytest.raises(TooSlow):  # each byte in time, all of them too slow
        read(pieces(*[1] * 200, pause=0.05), length=200)
    with pytest.raises(TooSlow):
        read(pieces(5, error=RuntimeError("the client has gone")), length=6)
    with pytest.raises(TooSlow):
        read(pieces(5), length=6)
    assert time.monotonic() - began < 8
    assert read(pieces(*[400] * 10, pause=0.05), length=4000) == 4000  # as slow, but with something to show for it


def test_large_bodies_take_turns_and_leave_room_for_others(monkeypatch):
    monkeypatch.setattr(request_bodies, "MOST_LARGE", 3)
    monkeypatch.setattr(request_bodies, "MOST_OF_ONE", 2)
    bodies, large = Bodies(), request_bodies.SMALL + 1

    async def crowd():
        held = [await bodies.read(pieces(large), length=large, network="a") for _number in range(2)]
        with pytest.raises(TooMany):  # of one network
            await bodies.read(pieces(large), length=large, network="a")
        held.append(await bodies.read(pieces(large), length=large, network="b"))
        with pytest.raises(TooMany):  # of all
            await bodies.read(pieces(large), length=large, network="c")
        for body in held:
            bodies.close(body)
            bodies.close(body)

    own_loop.run(crowd())
    assert read(pieces(large), length=large, bodies=bodies) == large  # its turn


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
