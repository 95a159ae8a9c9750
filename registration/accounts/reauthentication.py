"""Who is signed in shows once more who they are before something of the account changes, or leaves it: what is asked of whom.

allauth lets everybody through who has neither a password nor a second step. Here they enter a code that we mail to them.
"""

from datetime import datetime
from typing import Any, Self

from allauth.account import app_settings, signals
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest

from events.models import User
from events.pages.personal import person
from events.staff.two_people.presence import RECENT, authenticated, has_second_factor

STATE = "code_again"  # in the session: the mailed code that was asked for, as a digest


def counted_for(user: User) -> tuple[str, ...]:
    """What counts of what a session has shown (allauth's records), by the strongest way that the account has."""
    if has_second_factor(user):
        return ("mfa",)
    return ("password", "password_reset") if user.has_usable_password() else ("code",)


def is_recent(request: HttpRequest, user: User, *, now: datetime) -> bool:
    """Whether this session has shown in the last five minutes, at the log-in or since, what counts for the account."""
    shown = authenticated(request, by=counted_for(user))
    return shown is not None and now - shown < RECENT


class MailedCode(AbstractCodeVerificationProcess):
    """A code that goes to the address of who is signed in."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        self.request = request
        timeout, attempts = app_settings.LOGIN_BY_CODE_TIMEOUT, app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS
        super().__init__(max_attempts=attempts, timeout=timeout, state=state, user=request.user)

    @classmethod
    def begin(cls, request: HttpRequest) -> None:
        """Mail a new code; the one of before is worth nothing from now on."""
        user = person(request)
        process = cls(request, cls.initial_state(user, user.email))
        process.send()
        process.persist()

    @classmethod
    def under_way(cls, request: HttpRequest) -> Self | None:
        """The code that this session waits for; None where none was asked for, or it is too old."""
        state = request.session.get(STATE)
        return cls(request, state).abort_if_invalid() if state else None

    def send(self) -> None:
        adapter = get_adapter()
        self.state["code"] = adapter.generate_login_code()
        adapter.send_mail("account/email/code_again", self.state["email"], {"code": self.state["code"]})

    def persist(self) -> None:
        self.request.session[STATE] = self.state

    def abort(self) -> None:
        self.request.session.pop(STATE, None)

    def record_invalid_attempt(self) -> bool:
        is_left = super().record_invalid_attempt()
        signals.login_code_rejected.send(
            sender=type(self), request=self.request, user=self.user, last_attempt=not is_left
        )
        return is_left

    def finish(self) -> None:
        """The code was right: the session has shown who its person is."""
        self.abort()
        record_authentication(self.request, self.user, method="code", email=self.state["email"], reauthenticated=True)
