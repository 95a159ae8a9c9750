"""Mails on lost devices: the account's owner and the supervisors read of each step, so that none is taken away unseen."""

from datetime import datetime

from django.utils.translation import gettext as _

from events.mail.rendering import Content
from events.models import User
from events.staff import memberships
from registration.accounts import rights_mails
from registration.models import LostDevice


def write_asked(lost: LostDevice, *, by: User, now: datetime) -> None:
    """One supervisor asked, and another one has to agree."""

    def say(person: User) -> Content:
        names = {"name": lost.account, "by": by}
        if person == lost.account:
            subject = _("Your second step may be taken away")
            lead = _(
                "%(by)s asks another supervisor to agree, for you have lost your device. Is that wrong? Answer at once."
            )
        else:
            subject = _("Has %(name)s lost their device?")
            lead = _("%(by)s asks to take away the second step of %(name)s. Another supervisor has to agree.")
        return rights_mails.of_account(lost.account, subject=subject % names, lead=lead % names, quote=lost.reason)

    _write(lost, say, key="asked", now=now)


def write_done(lost: LostDevice, *, by: User, now: datetime) -> None:
    """The second step is gone."""

    def say(person: User) -> Content:
        names = {"name": lost.account, "by": by, "asked": lost.asked_by}
        if person == lost.account:
            subject = _("Your second step is taken away")
            lead = _("%(asked)s and %(by)s did it, for you have lost your device. Log in and set up a new one.")
        else:
            subject = _("The second step of %(name)s is taken away")
            lead = _("%(asked)s and %(by)s did it, for the device is lost.")
        return rights_mails.of_account(lost.account, subject=subject % names, lead=lead % names)

    _write(lost, say, key="done", now=now)


def _write(lost: LostDevice, say: rights_mails.Say, *, key: str, now: datetime) -> None:
    people = (lost.account, *memberships.supervisors().exclude(pk=lost.account_id))
    rights_mails.write(people, say, about=lost.account, key=f"lost-device:{lost.pk}:{key}", now=now)
