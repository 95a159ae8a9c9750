"""An event loop of a test's own, also in a process whose thread holds the resting loop of a browser."""

import asyncio


def run(coroutine, *, by=asyncio.run):
    """Run a coroutine to its end, with asyncio or another library's `run`, and return what it returns."""
    resting = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return by(coroutine)
    finally:
        asyncio._set_running_loop(resting)
