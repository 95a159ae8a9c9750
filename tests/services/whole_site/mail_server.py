"""A mail server with moods: slow, refusing, greylisting, hanging up behind DATA, answering DATA very late."""

import asyncio
import time
from collections import Counter
from email import policy
from email.parser import BytesParser

from tests.conftest import _free_port
from tests.smtp_controller import Controller

SLOW, LATE = 3, 25  # seconds


class MailServer:
    """What it received stands in `mails` with its moment (time.monotonic); `untold` counts answers that nobody heard."""

    def __init__(self):
        self.mood, self.mails, self.asked, self.untold = "well", [], Counter(), Counter()
        self.port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def start(self):
        self._controller.start()

    def close(self):
        self._controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.asked[address] += 1
        if self.mood == "greylisting" and self.asked[address] == 1:
            return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mood = self.mood
        if mood == "refusing":
            return "451 4.3.0 Try again later"
        mail = BytesParser(policy=policy.default).parsebytes(envelope.content, headersonly=True)
        self.mails.append((envelope.rcpt_tos[0], mail["Message-ID"].strip(), time.monotonic()))
        if mood == "slow":
            await asyncio.sleep(SLOW)
        elif mood == "late":
            await asyncio.sleep(LATE)
        elif mood == "dying":
            self.untold[mail["Message-ID"].strip()] += 1
            server.transport.abort()
        return "250 OK"

    def moment(self, address, *, number=1):
        """When the `number`th mail to an address came; None before it did."""
        found = [moment for to, _key, moment in list(self.mails) if to == address]
        return found[number - 1] if len(found) >= number else None
