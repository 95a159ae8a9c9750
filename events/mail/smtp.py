"""The conversation with a mail server: each step with a time limit of its own, and the last word told apart.

Until the dot that ends the mail is sent, nothing can have arrived: a try that breaks off before may be repeated as often
as one likes. From then on the mail has perhaps arrived until the server says yes or no, and RFC 5321 asks the client to
wait ten minutes for that. All times are seconds.
"""

import re
import smtplib
import socket
from collections.abc import Callable
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from events.mail.envelope import plain_address

# RFC 5321, 4.5.3.2. For greetings and commands it asks for five minutes; we wait one, for a try that ends there is only
# repeated, and holds up no other mail. For connecting: EMAIL_TIMEOUT.
COMMAND_SECONDS = 60
TEXT_SECONDS = 180
LAST_WORD_SECONDS = 600
PLAIN = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)  # an address with nothing to be taken apart
DOT = re.compile(rb"(?m)^\.")


class AnswerLost(Exception):
    """The server had the whole mail and gave no answer: it is perhaps delivered."""


class HungUpBefore(smtplib.SMTPServerDisconnected):
    """The server had hung up before this mail began."""


class _Steps(smtplib.SMTP):
    """`before_the_dot` is called when all but the last word is said; what it raises leaves the mail undelivered."""

    before_the_dot: Callable[[], None] = staticmethod(lambda: None)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the dot waits 40 ms for an acknowledgement
        found.settimeout(COMMAND_SECONDS)
        return found

    def mail(self, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        try:
            code, answer = super().mail(*arguments, **options)
        except smtplib.SMTPServerDisconnected as error:
            raise HungUpBefore(*error.args) from error
        if code == 421:
            self.close()
            raise HungUpBefore(answer.decode("utf-8", "replace"))
        return code, answer

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, answer = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        text = DOT.sub(b"..", msg)
        self._limit(TEXT_SECONDS)
        self.send(text if text.endswith(b"\r\n") else text + b"\r\n")
        self.before_the_dot()
        self._limit(LAST_WORD_SECONDS)
        try:
            self.send(b".\r\n")
            code, answer = self.getreply()
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException) as error:
            raise AnswerLost from error
        if not (200 <= code < 300 or 400 <= code < 600):
            raise AnswerLost
        self._limit(COMMAND_SECONDS)
        return (250 if code < 300 else code), answer  # smtplib takes 250 alone for a yes

    def _limit(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


class _Encrypted(_Steps, smtplib.SMTP_SSL):
    pass


class SmtpBackend(EmailBackend):
    """Django's backend over `_Steps`."""

    connection: "_Steps | None"

    def _send(self, email_message: Any) -> bool:
        """Hand a mail over. As Django's, which takes addresses apart for longer than a mail is written."""
        sender, receivers = plain_address(email_message.from_email), email_message.recipients()
        if self.connection is None or not receivers or not all(map(PLAIN.fullmatch, [sender, *receivers])):
            return bool(super()._send(email_message))  # type: ignore[misc]
        self.connection.sendmail(sender, receivers, email_message.message().as_bytes(linesep="\r\n"))
        return True

    @property
    def connection_class(self) -> type[_Steps]:
        return _Encrypted if self.use_ssl else _Steps
