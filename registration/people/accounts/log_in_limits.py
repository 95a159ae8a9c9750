"""How often somebody may try to log in, and ask for mails. Strangers who try never keep the owner of an account out.

Failed tries count in stretches of ten minutes: at one account from one network, and at one account from all networks together. Who
tries in a browser in which the account was logged in before (a signed cookie) has a budget of their own. So has who is signed in,
and who comes from a mail. And the button of a mail, or a passkey, opens the account whatever strangers have spent: there is always
a mail with a button that works. Of one network at many addresses: log_ins.slow_down.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from events.models import User
from events.shared.formatting import addresses
from events.shared.formatting.mail_boxes import Name, box_of, name_of
from events.shared.pages.personal import arrival
from events.shared.pages.rate_limits import HOUR, MINUTE, forget, give_back, is_over
from events.shared.secret_links import read, signed_now
from registration.people.accounts.log_ins import shown_ways
from registration.people.accounts.log_ins.networks import network_of

STRETCH = 10 * MINUTE
FROM_A_NETWORK = 10  # failed tries at one account
FROM_STRANGERS = 60  # failed tries at one account, of all networks
OF_THE_OWNER = 10  # in a browser that knows the account, or signed in; at a second step, too
GUESSED = (
    30  # codes at a second step, in an hour, by strangers who know the password: a guess is right once in 300,000 times
)
AT_ONCE = 2  # tries of strangers at one account at the same time: each takes a third of a second of a core
LONGEST = 20  # seconds that a try takes; after that it counts as over
MAILS_AT_ONCE = 5  # in a stretch: to one box from one network or one browser that knows it; by one account elsewhere
MAILS_FROM_A_NETWORK = 8  # in an hour: to one box
MAILS_ASKED = (
    12  # in an hour: to one box, by all strangers together or one browser that knows it; by one account elsewhere
)
DOTTED = 3  # in RE_USED: names with dots of one box, over its budgets, that get a first mail each
RE_USED = 10 * MINUTE  # in which one mail goes out over these: its button is good for five minutes more

COOKIE = f"{settings.COOKIE_PREFIX}browser"
SALT = "accounts.known_browser"
KNOWN_FOR = 180 * 24 * HOUR  # seconds after the last log-in
MOST = 8  # accounts that one browser knows


# --- browsers in which an account was logged in ------------------------------------------------------
class Browser(NamedTuple):
    """What the cookie says: a name made by chance, and digests of the addresses of the accounts that it knows."""

    name: str
    knows: tuple[str, ...]

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """The browser that a request comes from; a new one where it has no cookie of ours, or one that is too old."""
        said = read(SALT, request.COOKIES.get(COOKIE, ""), lives=KNOWN_FOR)
        name, knows = said or (secrets.token_urlsafe(12), ())
        return cls(name, tuple(knows))


def _digest(email: str) -> str:
    return salted_hmac(SALT, email.strip().lower(), algorithm="sha256").hexdigest()[:20]


def remember(request: HttpRequest, response: HttpResponse, *, email: str) -> None:
    """Let a browser know an account that was just logged in there."""
    browser, own = Browser.of(request), _digest(email)
    knows = [own, *(other for other in browser.knows if other != own)][:MOST]
    value = signed_now(SALT, browser.name, knows)
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, value, max_age=KNOWN_FOR, secure=secure, httponly=True, samesite="Lax")


def is_known(request: HttpRequest, *, email: str) -> bool:
    """Whether somebody is probably the owner of an account: they come in a browser that knows it, or are signed in."""
    return bool(_owner(request, email))


def _owner(request: HttpRequest, email: str) -> str:
    """Under which name the tries of somebody who is probably the owner count; "" for strangers. The browser comes first: who
    stole a session spends nothing of it elsewhere."""
    browser, user = Browser.of(request), request.user
    if _digest(email) in browser.knows:
        return f"browser:{browser.name}:{_digest(email)}"
    return f"signed in:{user.pk}" if user.is_authenticated and user.email == email.strip().lower() else ""


# --- failed tries --------------------------------------------------------------------------------------
class Budget(NamedTuple):
    name: str
    limit: int


def _budgets(request: HttpRequest, email: str) -> Sequence[Budget]:
    if owner := _owner(request, email):
        return [Budget(owner, OF_THE_OWNER)]
    account, network = addresses.same(email), network_of(request.META)
    return [  # in this order: a network that has spent its own takes nothing from the next
        Budget(f"from a network:{network}:{account}", FROM_A_NETWORK),
        Budget(f"from strangers:{account}", FROM_STRANGERS),
    ]


class Try:
    """One try to log in: counted as failed until `succeeded` is called, and under way until `end`."""

    def __init__(self, request: HttpRequest, *, email: str) -> None:
        self._now = arrival(request)
        self._counted: list[str] = []
        self._place = ""
        self.is_refused = any(self._is_over(budget) for budget in _budgets(request, email))
        if not self.is_refused and not _owner(request, email):
            self.is_refused = not self._take_place(email)

    def _is_over(self, budget: Budget) -> bool:
        name = f"tries:{budget.name}"
        self._counted.append(name)
        return is_over(name, limit=budget.limit, seconds=STRETCH, now=self._now)

    def _take_place(self, email: str) -> bool:
        digest = hashlib.sha256(addresses.same(email).encode()).hexdigest()[:32]
        for number in range(AT_ONCE):
            place = f"trying:{digest}:{number}"
            if cache.add(place, 1, timeout=LONGEST):
                self._place = place
                return True
        return False

    def succeeded(self) -> None:
        """It was no failure: it counts nowhere."""
        for name in self._counted:
            give_back(name, seconds=STRETCH, now=self._now)

    def end(self) -> None:
        """Let the next stranger try at this account."""
        if self._place:
            cache.delete(self._place)


def second_step_is_over(request: HttpRequest, user: User) -> bool:
    """Count a code of somebody who has shown the first step; whether there were too many. Who learned the password spends
    nothing of what the owner has in a browser of their own, nor of what they have who opened a mail."""
    now, owner = arrival(request), _owner(request, user.email)
    by_mail = "code" in shown_ways.shown(request, user)
    first = f"by mail:{user.email}" if by_mail else user.email
    name = owner or (first if by_mail else f"{network_of(request.META)}:{first}")
    if is_over(f"second step:{name}", limit=OF_THE_OWNER, seconds=STRETCH, now=now):
        return True
    return not owner and is_over(f"second step in an hour:{first}", limit=GUESSED, seconds=HOUR, now=now)


# --- mails that somebody asks for ----------------------------------------------------------------------
class MailBudget(NamedTuple):
    name: str
    limit: int
    seconds: int


def _mail_budgets(request: HttpRequest, address: str) -> Sequence[MailBudget]:
    if owner := _owner(request, address):
        return [MailBudget(owner, MAILS_AT_ONCE, STRETCH), MailBudget(owner, MAILS_ASKED, HOUR)]
    network, box = network_of(request.META), box_of(address)
    if request.user.is_authenticated:  # moves to another address: what strangers ask for to it takes nothing from that
        mover = f"moves:{request.user.pk}"
        return [
            MailBudget(mover, MAILS_AT_ONCE, STRETCH),
            MailBudget(mover, MAILS_ASKED, HOUR),
            MailBudget(f"moves to:{box}", MAILS_ASKED, HOUR),
        ]
    return [  # in this order: a network that has spent its own takes nothing from others
        MailBudget(f"from a network:{network}:{box}", MAILS_AT_ONCE, STRETCH),
        MailBudget(f"from a network:{network}:{box}", MAILS_FROM_A_NETWORK, HOUR),
        MailBudget(box, MAILS_ASKED, HOUR),
    ]


class MailVerdict(NamedTuple):
    """What becomes of one more mail that somebody asks for: its page refuses it; it is one more over the budgets, at a
    name of a box that may be made up, where the box had that one already; it is the first with a button since the last log-in, or in
    these minutes."""

    is_refused: bool
    is_extra: bool
    is_first: bool


def _asked(request: HttpRequest, address: str, way: str) -> MailVerdict:
    """Count it, once in a request: the form asks before anything happens, and the mail itself asks again."""
    asked: dict[str, MailVerdict] = request.__dict__.setdefault("mails_asked", {})
    if address not in asked:
        now, box = arrival(request), box_of(address)
        is_too_many = any(
            is_over(f"mails:{one.name}", limit=one.limit, seconds=one.seconds, now=now)
            for one in _mail_budgets(request, address)
        )
        has_one = not way or is_over(f"mails with a button:{way}:{address}", limit=1, seconds=RE_USED, now=now)
        box_has_one = not way or is_over(f"mails to a box:{way}:{box}", limit=1, seconds=RE_USED, now=now)
        if (name := name_of(address)) != Name.TAGGED:  # who makes up tags takes nothing from it
            box_has_one = has_one
        if name == Name.DOTTED and is_too_many and not has_one:
            box_has_one = is_over(f"names of a box:{box}", limit=DOTTED, seconds=RE_USED, now=now)
        had_one = has_one if way == "log-in" else box_has_one
        is_first = bool(way) and not is_over(_since_log_in(address), limit=1, seconds=RE_USED, now=now)
        asked[address] = MailVerdict(is_too_many and had_one, is_too_many and box_has_one, is_first)
    return asked[address]


def asks_too_often(request: HttpRequest, *, email: str, way: str = "") -> bool:
    """Count one more mail (a code, a link, or that there is no account) that somebody asks for to an address; whether there
    were too many to its box.

    `way`: of mails with a button: “log-in”, “sign-up”. There, too many means that the last one still opens the account: else one more goes."""
    return _asked(request, addresses.same(email), way).is_refused


def is_withheld(request: HttpRequest, *, email: str) -> bool:
    """Whether a mail that somebody asked for is not to be written, though its page looks as if it were: it is one more to a box
    that has had enough, at a name with a tag or dots that nobody has confirmed or made for somebody (any of them may be tried)."""
    address = addresses.same(email)
    own = Q(emailaddress__verified=True) | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return _asked(request, address, "").is_extra and not User.objects.filter(own, email=address).exists()


def is_owed(request: HttpRequest, *, email: str) -> bool:
    """Whether a mail that was refused is written all the same: the owner has logged in, and may have used up the newest one. The
    page says nothing of it: it would tell strangers when the owner logs in."""
    return _asked(request, addresses.same(email), "").is_first


def forget_mails(email: str, *, now: datetime) -> None:
    """Somebody has logged in: what was mailed may be used up, and whoever comes next may need another mail."""
    forget(_since_log_in(addresses.same(email)), seconds=RE_USED, now=now)


def _since_log_in(address: str) -> str:
    return f"mails since a log-in:{address}"
