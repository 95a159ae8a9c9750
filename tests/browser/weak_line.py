"""A weak line between a browser and a site: few bits a second, a long way, and broken off again and again."""

import asyncio
import contextlib
import threading

PIECE = 512  # bytes that travel at once


class WeakLine:
    """A relay to a site's port, in a thread of its own. Use it as a context manager; `port` is where it listens.

    `rate`: bits a second for each direction, shared by all connections; `delay`: seconds from one end to the other; `cut_every`:
    seconds after which all connections break off, whatever is under way (0: never). `cuts` counts the connections that did.
    """

    def __init__(self, port, *, rate=50_000, delay=0.2, cut_every=0.0):
        self._site, self._rate, self._delay, self._every = port, rate / 8, delay, cut_every
        self._free = {"up": 0.0, "down": 0.0}  # when the line has sent what it was given
        self._open, self.cuts, self.port = set(), 0, 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=[self._run()], name="weak line", daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *reason):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _run(self):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        while not self._end.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), self._every or None)
            self.cuts += len(self._open) if not self._end.is_set() else 0
            for writer in list(self._open):
                writer.transport.abort()
        server.close()

    async def _connection(self, browser_in, browser_out):
        await asyncio.sleep(2 * self._delay)  # both greet each other first
        site_in, site_out = await asyncio.open_connection("127.0.0.1", self._site)
        both = {browser_out, site_out}
        self._open |= both
        try:
            ways = [self._carry(browser_in, site_out, way="up"), self._carry(site_in, browser_out, way="down")]
            await asyncio.gather(*ways)
        except OSError:
            pass
        finally:
            self._open -= both
            for writer in both:
                writer.close()

    async def _carry(self, reader, writer, *, way):
        """Carry what comes to the other end, each piece in its time, and the end too."""
        pieces = asyncio.Queue()

        async def collect():
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(PIECE):
                    pieces.put_nowait((self._loop.time() + self._delay, piece))
            pieces.put_nowait((self._loop.time() + self._delay, b""))

        collecting = asyncio.create_task(collect())
        try:
            while True:
                arrives, piece = await pieces.get()
                self._free[way] = max(self._free[way], self._loop.time()) + len(piece) / self._rate
                await asyncio.sleep(max(arrives, self._free[way]) - self._loop.time())
                if not piece:
                    break
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
        finally:
            collecting.cancel()
