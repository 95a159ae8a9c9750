"""Real mail servers that behave as a test wants them to."""

import asyncio
from contextlib import contextmanager

from tests.conftest import Mailbox, _free_port
from tests.smtp_controller import Controller


class Server(Mailbox):
    """A mail server that refuses some recipients, or answers them late.

    `answers`: address → what it says at RCPT, or "hang up" (once); `last_words`: address → what it says once it has the
    mail; "die": hangs up instead (each time). `delays`: domain → seconds before that answer; `waits`: domain → seconds
    before it answers at RCPT; `sender_answer`: what it says at MAIL FROM. `seen`: all mails that it had
    whole, taken or not, as pairs of recipient and Message-ID; `senders`: who sent them.
    """

    def __init__(self):
        super().__init__()
        self.answers, self.last_words, self.delays, self.waits = {}, {}, {}, {}
        self.connections, self.most = 0, 99
        self.sender_answer = ""
        self.seen, self.senders = [], set()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        await asyncio.sleep(self.waits.get(address.rpartition("@")[2], 0))
        if self.answers.get(address) == "hang up":
            del self.answers[address]
            server.transport.close()
            return "250 OK"
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        [address] = envelope.rcpt_tos
        self.senders.add(envelope.mail_from)
        answer = await super().handle_DATA(server, session, envelope)
        self.seen.append((address, self.mails[-1]["Message-ID"]) if self.mails else (address, ""))
        await asyncio.sleep(self.delays.get(address.rpartition("@")[2], 0))
        if self.last_words.get(address) == "die":
            server.transport.close()
        return self.last_words.get(address, answer)


@contextmanager
def started(server):
    """A mail server that runs; its address."""
    controller = Controller(server, hostname="127.0.0.1", port=_free_port())
    controller.start()
    server.connections = 0  # starting makes one
    server.host, server.port, server.loop = "127.0.0.1", controller.port, controller.loop
    yield server.url
    controller.stop()
