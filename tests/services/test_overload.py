"""Three times as many requests as a site can serve, and many sites on one machine: no process ends, and what is served stays much."""

import asyncio
import contextlib
import time
from collections import Counter

import pytest

from tests.services.whole_site.fault_table import IS_FULL
from tests.services.whole_site.load import ask, get, played
from tests.services.whole_site.machines import Site
from tests.services.whole_site.stage import Stage
from tests.services.whole_site.world import FORUM
from tests.waiting import until

pytestmark = pytest.mark.services
SECONDS = 60 if IS_FULL else 20
CLIENTS = 16  # that keep a site busy: as many as its threads, and again as many
SITES, WATCHED = (8, 60) if IS_FULL else (4, 20)


class People:
    """They look at their agendas; `ended` holds status, moment and seconds of each answer."""

    def __init__(self, stage):
        self.port, self.ended = stage.site.port, []
        self.requests = [get(f"/{FORUM}/agenda/", session=key) for key in stage.world.sessions]

    async def _one(self, number):
        began = time.monotonic()
        try:
            status, _head, _body = await ask(self.port, self.requests[number % len(self.requests)])
        except (OSError, EOFError, TimeoutError) as error:
            status = type(error).__name__
        self.ended.append((status, time.monotonic(), time.monotonic() - began))

    async def busy(self, seconds):
        """As many as can be served; return how many a second."""
        ends = time.monotonic() + seconds

        async def client(number):
            while time.monotonic() < ends:
                await self._one(number)

        began = len(self.ended)
        await asyncio.gather(*map(client, range(CLIENTS)))
        return self.served(since=began) / seconds

    async def at(self, rate, seconds):
        """So many a second, whether they are answered or not; return how many a second were served."""
        began, start = len(self.ended), time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
                group.create_task(self._one(number))
            stopped = time.monotonic()
        found = sum(status == 200 and at <= stopped for status, at, _seconds in self.ended[began:])
        return found / (stopped - start)

    def served(self, *, since):
        return sum(status == 200 for status, _at, _seconds in self.ended[since:])

    async def until_normal(self):
        """Ask one thing after the other; return the seconds until five together were answered within half a second each."""
        began, good = time.monotonic(), 0
        while good < 5:
            await self._one(0)
            status, _at, seconds = self.ended[-1]
            good = good + 1 if status == 200 and seconds < 0.5 else 0
            assert time.monotonic() - began < 60
        return time.monotonic() - began


def test_three_times_too_many_requests_end_no_process_and_most_of_what_can_be_served_is(
    short_folder, django_db_blocker
):
    async def play():
        await people.busy(4)
        best = await people.busy(10)
        people.ended.clear()
        served = await people.at(3 * best, SECONDS)
        return best, served, Counter(status for status, _at, _seconds in people.ended), await people.until_normal()

    with Stage(short_folder, django_db_blocker) as stage:
        people, before = People(stage), [stage.site.pids(name) for name in stage.site.PARTS]
        best, served, got, back = played(play())
        after = [stage.site.pids(name) for name in stage.site.PARTS]

    said = f"at best {best:.0f} a second, at three times as many {served:.0f} ({dict(got)}), normal after {back:.1f} s"
    print(said)  # noqa: T201
    assert after == before, said
    assert set(got) <= {200, 503}, said
    assert served > 0.6 * best, said  # 0.8 is promised; who asks shares the machine
    assert back < 30, said


def test_many_sites_on_one_machine_start_and_end_no_process(short_folder, django_db_blocker):
    with Stage(short_folder, django_db_blocker) as stage, contextlib.ExitStack() as others:
        sites = [Site(short_folder / f"s{n}", **stage.given) for n in range(1, SITES)]
        for site in sites:
            others.callback(site.close)
            site.nginx.start()
            site.machine.start()  # all at once, as after the machine was off
        began = time.monotonic()
        until(lambda: all(site.is_whole() for site in sites), seconds=300, pause=0.5, what="all sites")
        ready = time.monotonic() - began
        before = [site.pids(name) for site in sites for name in site.PARTS]
        time.sleep(WATCHED)
        after = [site.pids(name) for site in sites for name in site.PARTS]

    print(f"{SITES} sites, ready after {ready:.0f} s")  # noqa: T201
    assert after == before
