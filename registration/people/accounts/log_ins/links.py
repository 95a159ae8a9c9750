"""The button of a code mail: a link that logs in the browser which opens it, once.

It belongs to the code beside it: whichever of the two is used first, the other is worth nothing from then on. It works whatever
becomes of the session that asked for the mail, for that one may be a stranger's. Opening its page uses nothing up: programs
that look through mails do that.
"""

from datetime import datetime
from typing import NamedTuple, Self

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import perform_login
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from events.models import User
from events.shared.mail import rendering
from events.shared.pages.absolute_urls import absolute
from events.shared.pages.rate_limits import MINUTE
from events.shared.secret_links import read, signed_now
from registration.models import SpentCode
from registration.people.accounts.log_ins import shown_ways

SALT = "accounts.log_in_link"
LIVES = 15 * MINUTE
DIGITS = 32  # of the digest of a code: what tells it from others


def _standing(user: User) -> str:
    """Changes with the password, with the address (a link opens the account for whoever reads the box it was mailed to), also
    where it went and came back, with each log-in, and where the person has ended their log-ins: that ends links, too. Nothing that
    strangers do changes it."""
    confirmed = EmailAddress.objects.filter(user=user, email=user.email, verified=True).values_list("pk", flat=True)
    stands = f"{user.get_session_auth_hash()}:{user.email}:{confirmed.first()}:{user.last_login}"
    return salted_hmac(SALT, stands, algorithm="sha256").hexdigest()[:16]


def address(user: User, *, code: str, way: str) -> str:
    """The link that stands in a mail beside a code. `code`: its digest; `way`: the path of this site where it leads then."""
    token = signed_now(SALT, user.pk, code[:DIGITS], _standing(user), way)
    return absolute(reverse("account_log_in_by_link", args=[token]))


def html(subject: str, *, button: str, code: str, signup_url: str) -> SafeString:
    """A mail with its button and, where it has one, its code. Without an account the button (of no link of ours then) leads to the
    page that makes one: that mail takes as long to write as the others."""
    own = format_html('<p>{}</p><p class="secret">{}</p>', _("Or enter this code on the page that is open:"), code)
    to_sign_up = rendering.MailLink(_("Make an account"), signup_url)
    no_account = _("There is no account with this e-mail. Perhaps yours has another one.")
    content = rendering.Content(
        subject=subject,
        heading="",
        action=rendering.MailLink(_("Log in"), button) if button else to_sign_up,
        why=_("You did not ask for this? Then you can ignore this mail. Give it to nobody."),
        lead=_("The button logs you in where you press it. It works once, for 15 minutes.") if button else no_account,
        own_html=own if code else "",
    )
    return SafeString(rendering.render(content, sender=_("WSIS Forum")).html)


def spend(code: str, *, now: datetime) -> None:
    """Use up a mailed code (its digest) and the link beside it. Refuses `code-spent` where one of them was used before; of two
    at the same time the database lets one through."""
    _row, is_new = SpentCode.objects.get_or_create(digest=code[:DIGITS], defaults={"at": now})
    if not is_new:
        raise ValidationError(_("This link has expired. Ask for a new one"), code="code-spent")


class OpenedLink(NamedTuple):
    """What the link of a mail says: whom it logs in, beside which code it stands, and where it leads."""

    user: User
    code: str
    way: str

    @classmethod
    def read(cls, token: str) -> Self | None:
        """None for what is no link of ours, is older than LIVES seconds, was used, or of before the last log-in, new password or
        address."""
        pk, code, standing, way = read(SALT, token, lives=LIVES) or (0, "", "", "")
        user = User.objects.filter(pk=pk, is_active=True).first()
        is_good = user is not None and constant_time_compare(standing, _standing(user))
        if user is None or not is_good or SpentCode.objects.filter(pk=code).exists():
            return None
        return cls(user, code, way)

    def log_in(self, request: HttpRequest, *, now: datetime) -> HttpResponse:
        """Log in the browser that asks, as an entered code would: a second step is asked for, an address is confirmed. Refuses
        `code-spent`."""
        spend(self.code, now=now)
        if request.user.is_authenticated and request.user != self.user:
            logout(request)
        email = self.user.email
        shown_ways.note_mail(request, self.user, email=email, now=now)
        unconfirmed = EmailAddress.objects.filter(user=self.user, email=email, verified=False).first()
        if unconfirmed:
            unconfirmed.user = self.user
            EmailConfirmationHMAC.create(unconfirmed).confirm(request)
        answer: HttpResponse = perform_login(request, self.user, email=email, redirect_url=self.way or None)
        return answer
