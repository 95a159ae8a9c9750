"""However deep a request's calls lie, none of them costs more than its work."""

import resource
from concurrent.futures import ThreadPoolExecutor

from config.front.places import Places
from tests.config.front import own_loop

DEPTHS, CALLS = range(1, 400), 1_000


def faults_at(depth):
    """Pages of memory that the system hands out while a function, called by so many others, calls another in a loop."""
    if depth:
        return faults_at(depth - 1)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _number in range(CALLS):
        next_to_nothing()
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before


def next_to_nothing():
    return None


def worst():
    return max(map(faults_at, DEPTHS))


def test_no_depth_of_calls_asks_the_system_for_memory_again_and_again():
    places = Places("test", number=1, waiting=0, each=1, patience=60)

    async def ask():
        return await places.run(worst, network="")

    in_a_place = own_loop.run(ask())

    places.close()
    assert in_a_place < CALLS / 10


def test_a_thread_of_python_does():
    """Else config/front/call_stack.py can go."""
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(worst).result() >= CALLS / 2
