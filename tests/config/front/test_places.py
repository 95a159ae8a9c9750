"""Who waits for a place, and who is told at once that there is none."""

import asyncio
import threading

import pytest
from django.urls import resolve

from config.front.places import Full, Places, TooManyOfOne
from events.pages.view_marks import expensive, is_expensive, may_be_asked_again, writes_when_read
from tests.config.front import own_loop


def test_places_have_a_queue_and_a_network_has_its_share():
    gate = threading.Event()
    places = Places("test", number=1, waiting=2, each=2, patience=60)

    async def crowd():
        first = [asyncio.create_task(places.run(gate.wait, network="a")) for _number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyOfOne):
            await places.run(gate.wait, network="a")
        other = asyncio.create_task(places.run(gate.wait, network="b"))
        await asyncio.sleep(0)
        with pytest.raises(Full):
            await places.run(gate.wait, network="c")
        gate.set()
        done = await asyncio.gather(*first, other)
        again = await places.run(lambda: "free again", network="a")
        return [*done, again]

    assert own_loop.run(crowd()) == [True, True, True, "free again"]
    places.close()


def test_place_of_one_who_has_gone_is_free_when_its_work_is_done():
    gate = threading.Event()
    places = Places("test", number=1, waiting=0, each=1, patience=60)

    async def leave():
        task = asyncio.create_task(places.run(gate.wait, network="a"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TooManyOfOne):  # the work goes on
            await places.run(lambda: 1, network="a")
        gate.set()
        while True:
            try:
                return await places.run(lambda: 2, network="a")
            except (Full, TooManyOfOne):
                await asyncio.sleep(0.01)

    assert own_loop.run(leave()) == 2
    places.close()


def test_work_that_waited_too_long_is_not_begun():
    places, done, gate = Places("test", number=1, waiting=5, each=1, patience=0.05), [], threading.Event()

    async def crowd():
        first = asyncio.create_task(places.run(gate.wait, network=""))
        await asyncio.sleep(0)
        with pytest.raises(Full):  # told while the place is still taken
            await places.run(lambda: done.append(1), network="")
        gate.set()
        return await first, await places.run(lambda: "its place is free", network="")

    assert own_loop.run(crowd()) == (True, "its place is free")
    places.close()
    assert done == []


def test_view_is_expensive_always_or_with_a_parameter_or_a_method():
    views = [
        expensive()(lambda: 1),
        expensive(parameter="q")(lambda: 1),
        expensive(method="POST")(lambda: 1),
        lambda: 1,
        None,
    ]

    assert [is_expensive(view, query=["q", "page"], method="GET") for view in views] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [is_expensive(view, query=["page"], method="POST") for view in views] == [True, False, True, False, False]


def test_page_that_writes_is_asked_for_once():
    assert [
        may_be_asked_again(view) for view in (resolve("/2020/join/abc/").func, resolve("/2020/programme/").func)
    ] == [
        False,
        True,
    ]
    assert not may_be_asked_again(writes_when_read(lambda: 1))
