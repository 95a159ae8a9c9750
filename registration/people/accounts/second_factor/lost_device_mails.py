"""Mails on lost devices: the account's owner and the supervisors read of each step, so that none is taken away unseen."""

from datetime import datetime

from django.utils.translation import gettext as _

from events.models import Approval, User
from events.shared.mail.rendering import Content
from events.shared.rights import memberships
from registration.people.accounts import rights_mails


def write(lost: Approval, account: User, by: User, reason: str, now: datetime) -> None:
    """One supervisor asked, and another one has to agree; or the second step is gone. Nothing is said of one that stays."""
    if lost.state == Approval.State.DROPPED:
        return
    say = _asked if lost.is_waiting else _done
    people = (account, *memberships.supervisors().exclude(pk=account.pk))
    names = {"name": account, "by": by, "asked": lost.proposed_by}

    def content(person: User) -> Content:
        subject, lead = say(is_own=person == account)
        quote = reason if lost.is_waiting else ""
        return rights_mails.of_account(account, subject=subject % names, lead=lead % names, quote=quote)

    rights_mails.write(people, content, about=account, key=f"lost-device:{lost.pk}:{lost.state}", now=now)


def _asked(*, is_own: bool) -> tuple[str, str]:
    if is_own:
        return _("Your second step may be taken away"), _(
            "%(by)s asks another supervisor to agree, for you have lost your device. Is that wrong? Answer at once."
        )
    return _("Has %(name)s lost their device?"), _(
        "%(by)s asks to take away the second step of %(name)s. Another supervisor has to agree."
    )


def _done(*, is_own: bool) -> tuple[str, str]:
    if is_own:
        return _("Your second step is taken away"), _(
            "%(asked)s and %(by)s did it, for you have lost your device. Log in and set up a new one."
        )
    return _("The second step of %(name)s is taken away"), _("%(asked)s and %(by)s did it, for the device is lost.")
