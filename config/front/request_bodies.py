"""Bodies of requests, read on the event loop: a slow client costs memory, never a thread.

A body that comes too slowly is given up (408): none may pause for PAUSE seconds, and after GRACE seconds it must have come at
SLOWEST bytes a second in the mean, a tenth of what the weakest line of a phone brings.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator
from typing import IO
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from granian.rsgi import HTTPProtocol

PAUSE = 20.0  # seconds
GRACE = 30.0  # seconds
SLOWEST = 500  # bytes a second
SMALL = 64 * 1024  # bytes up to which a body stays in memory; larger ones are written to a file without a name
AROUND = 64 * 1024  # bytes that a form may have besides what DATA_UPLOAD_MAX_MEMORY_SIZE counts
MOST_LARGE = 16  # large bodies that may be under way in a process at once
DIGITS = re.compile(r"[0-9]{1,15}")


class TooSlow(Exception):
    """The body was given up: it came too slowly, or broke off."""


class TooMany(Exception):
    """Too many large bodies are under way."""


class TooLarge(Exception):
    """The body is larger than any that the site takes; nothing more of it is read."""


def announced_length(environ: WSGIEnvironment) -> int | None:
    """The length that a request announces for its body; None where it announces none that can be read."""
    said = environ.get("CONTENT_LENGTH", "")
    return int(said) if DIGITS.fullmatch(said) else None


def is_there(environ: WSGIEnvironment) -> bool:
    """Whether a request has a body."""
    return bool(announced_length(environ)) or "HTTP_TRANSFER_ENCODING" in environ


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
        self._large = 0

    async def read(self, protocol: HTTPProtocol, *, limit: int) -> tuple[IO[bytes], int]:
        """Read a whole body of at most `limit` bytes; return it and its length. Raises TooSlow, TooLarge, TooMany."""
        began = time.monotonic()
        body: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SMALL)  # noqa: SIM115  it goes on with the request
        length = 0
        is_large = False
        chunks = aiter(protocol)
        try:
            while (chunk := await self._next(chunks, until=began + GRACE + length / SLOWEST)) is not None:
                length += len(chunk)
                if length > limit:
                    raise TooLarge
                if length > SMALL and not is_large:
                    self._count_large()
                    is_large = True
                body.write(chunk)
        except BaseException:
            body.close()
            raise
        finally:
            self._large -= is_large
        body.seek(0)
        return body, length

    def _count_large(self) -> None:
        if self._large >= MOST_LARGE:
            raise TooMany
        self._large += 1

    @staticmethod
    async def _next(chunks: AsyncIterator[bytes], *, until: float) -> bytes | None:
        try:
            async with asyncio.timeout(min(PAUSE, until - time.monotonic())):
                return await anext(chunks)
        except StopAsyncIteration:
            return None
        except (TimeoutError, OSError, RuntimeError):
            raise TooSlow from None
