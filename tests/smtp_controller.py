"""aiosmtpd's controller, which ends its connections with itself: they were left to the garbage collector, in whatever test came next."""

import asyncio

from aiosmtpd import controller


class Controller(controller.Controller):
    """The server of every test that reads mail; workers may still be handing mail over when it stops."""

    def stop(self, no_assert=False):
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(10)
        super().stop(no_assert)

    async def _hang_up(self):
        self.server.close()  # first: nobody comes in while the others are sent home
        if hasattr(self.server, "abort_clients"):  # from Python 3.13 on
            await self._turns()  # those who were just let in count as clients only now
            self.server.abort_clients()
            await self._turns()  # of the loop, which closes them

    @staticmethod
    async def _turns():
        for _turn in range(3):
            await asyncio.sleep(0)
