"""Bodies of requests, read on the event loop: a slow client costs memory, never a thread.

A body that comes too slowly is given up: none may pause for PAUSE seconds, and after GRACE seconds it must have come at SLOWEST
bytes a second in the mean, a third of what the weakest line of a phone brings; one with more than SMALL bytes at SLOWEST_LARGE.
What breaks off is never taken as whole.
"""

import asyncio
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import IO, Protocol
from wsgiref.types import WSGIEnvironment

from django.conf import settings

PAUSE = 20.0  # seconds
GRACE = 30.0  # seconds
SLOWEST = 2_000  # bytes a second
SLOWEST_LARGE = 20_000  # bytes a second: 50 MB in 42 minutes
SMALL = 64 * 1024  # bytes up to which a body stays in memory; larger ones are written to a file without a name
AROUND = 64 * 1024  # bytes that a form may have besides what DATA_UPLOAD_MAX_MEMORY_SIZE counts
MOST_LARGE = 16  # larger bodies that a process holds at once, …
MOST_OF_ONE = 4  # … and of them those of one network
DIGITS = re.compile(r"[0-9]{1,15}")


class Stream(Protocol):
    """What a body comes from: granian's HTTPProtocol."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class TooSlow(Exception):
    """The body was given up: it came too slowly, or broke off."""


class TooMany(Exception):
    """Too many large bodies are under way."""


def announced_length(environ: WSGIEnvironment) -> int | None:
    """The length that a request announces for its body; None where it announces none that can be read."""
    said = environ.get("CONTENT_LENGTH", "")
    return int(said) if DIGITS.fullmatch(said) else None


def most(environ: WSGIEnvironment) -> int:
    """How many bytes a request may have at the most before Django looks at it (config.middleware.BodyLimit is stricter).

    Only who has a session sends files.
    """
    is_upload = environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
    if is_upload and settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", ""):
        return settings.UPLOAD_LIMIT
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + AROUND


class Bodies:
    """Reads the bodies of one process."""

    def __init__(self) -> None:
        self._large: dict[int, str] = {}  # by body: whose it is

    async def read(self, stream: Stream, *, length: int, network: str) -> IO[bytes]:
        """Read a body of the announced length; give it back with `close`.

        Raises TooSlow, TooMany, or OSError where there is no room to keep it.
        """
        body: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SMALL)  # noqa: SIM115  it goes on with the request
        try:
            if length > SMALL:
                self._count_large(body, network)
            await self._fill(body, stream, length=length)
        except BaseException:
            self.close(body)
            raise
        body.seek(0)
        return body

    def close(self, body: IO[bytes]) -> None:
        """Forget a body. Doing it twice changes nothing."""
        self._large.pop(id(body), None)
        body.close()

    def _count_large(self, body: IO[bytes], network: str) -> None:
        of_network = Counter(self._large.values())[network]
        if len(self._large) >= MOST_LARGE or (network and of_network >= MOST_OF_ONE):
            raise TooMany
        self._large[id(body)] = network

    async def _fill(self, body: IO[bytes], stream: Stream, *, length: int) -> None:
        began, received, chunks = time.monotonic(), 0, aiter(stream)
        while received < length:
            until = began + GRACE + received / (SLOWEST if length <= SMALL else SLOWEST_LARGE)
            try:
                async with asyncio.timeout(min(PAUSE, until - time.monotonic())):
                    chunk = await anext(chunks)
            except (StopAsyncIteration, TimeoutError, RuntimeError):  # it ended before its end, or did not go on
                raise TooSlow from None
            received += len(chunk)
            body.write(chunk)
