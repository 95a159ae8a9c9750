"""Who is signed in shows once more who they are before something of the account changes, or leaves it: what is asked of whom.

allauth lets everybody through who has neither a password nor a second step. Here they enter a code that we mail to them.
"""

from datetime import datetime

from allauth.account import app_settings, signals
from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from events.models import User
from events.shared.pages.personal import person
from events.shared.rights.two_people.presence import RECENT, has_second_factor
from registration.people.accounts.log_ins import shown_ways

STATE = "code_again"  # in the session: the mailed code that was asked for, as a digest


def counted_for(user: User) -> tuple[str, ...]:
    """What counts of what a session has shown (allauth's records), by the strongest way that the account has."""
    if has_second_factor(user):
        return ("mfa",)
    return ("password", "password_reset") if user.has_usable_password() else ("code",)


def is_recent(request: HttpRequest, user: User, *, now: datetime) -> bool:
    """Whether this session has shown in the last five minutes, at the log-in or since, what counts for the account."""
    shown = shown_ways.shown(request, user)
    return any(now - shown[way] < RECENT for way in counted_for(user) if way in shown)


# --- a code that goes to the address of who is signed in ----------------------------------------------
def mail_code(request: HttpRequest, *, now: datetime) -> None:
    """Mail a new code; the one of before is worth nothing from now on."""
    email, adapter = person(request).email, get_adapter()
    code = adapter.generate_login_code()
    adapter.send_mail("account/email/code_again", email, {"code": code})
    request.session[STATE] = {"code": code, "email": email, "at": now.timestamp(), "wrong": 0}


def awaited_code(request: HttpRequest, *, now: datetime) -> str:
    """The code (its digest) that this session waits for; empty where none was asked for, or it is too old."""
    state = request.session.get(STATE) or {"code": "", "at": 0}
    is_good = now.timestamp() - state["at"] <= app_settings.LOGIN_BY_CODE_TIMEOUT
    return str(state["code"]) if is_good else ""


def count_wrong_code(request: HttpRequest) -> bool:
    """Whether the code may be tried again; else it is worth nothing any more."""
    state = request.session.pop(STATE)
    state["wrong"] += 1
    is_left = bool(state["wrong"] < app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS)
    if is_left:
        request.session[STATE] = state
    signals.login_code_rejected.send(sender=User, request=request, user=person(request), last_attempt=not is_left)
    return is_left


def accept_code(request: HttpRequest, *, now: datetime) -> None:
    """The code was right: the session has shown who its person is."""
    shown_ways.note_mail(request, person(request), email=request.session.pop(STATE)["email"], now=now)
