"""aiosmtpd's controller, which ends its connections with itself: they were left to the garbage collector, in whatever test came next."""

import asyncio

from aiosmtpd import controller


class Controller(controller.Controller):
    def stop(self, no_assert=False):
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(10)
        super().stop(no_assert)

    async def _hang_up(self):
        if hasattr(self.server, "abort_clients"):  # from Python 3.13 on
            self.server.abort_clients()
            for _turn in range(3):  # of the loop, which closes them
                await asyncio.sleep(0)
