"""Who waits for a place, and who is told at once that there is none."""

import asyncio
import threading

import pytest

from config.front.places import Full, Places, TooManyOfOne
from events.pages.expensive import expensive, is_expensive


def test_places_have_a_queue_and_a_network_has_its_share():
    gate = threading.Event()
    places = Places("test", number=1, waiting=2, each=2)

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

    assert asyncio.run(crowd()) == [True, True, True, "free again"]
    places.close()


def test_place_of_one_who_has_gone_is_free_when_its_work_is_done():
    gate = threading.Event()
    places = Places("test", number=1, waiting=0, each=1)

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

    assert asyncio.run(leave()) == 2
    places.close()


def test_view_is_expensive_always_or_with_a_parameter():
    always, searched, never = expensive()(lambda: 1), expensive("q")(lambda: 1), (lambda: 1)

    assert [is_expensive(view, query=["q", "page"]) for view in (always, searched, never)] == [True, True, False]
    assert [is_expensive(view, query=["page"]) for view in (always, searched, never)] == [True, False, False]
