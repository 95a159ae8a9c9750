"""Mails on changes of rights: whoever has a role given, agreed to or ended is told, and so are the supervisors. So nobody's
rights grow or go unseen, and a supervisor whose account somebody else uses reads of it too."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from events import hooks
from events.history.verbs import Verb
from events.mail import outbox
from events.mail.rendering import Content, Link, outbox_row, render, speaking
from events.models import Forum, Membership, User
from events.pages.absolute_urls import absolute
from events.staff import memberships

KIND = "role"
WAITS = "waits"


@hooks.role_changed()
def tell(held: Membership, verb: str, by: User, now: datetime) -> None:
    """Write the mails into the outbox: one to the account, one to each supervisor of the forum (who did it, too)."""
    what = WAITS if verb == Verb.GIVE_ROLE and not held.is_in_force else verb
    others = memberships.supervisors(held.forum).exclude(pk=held.account_id)
    sender = held.forum or Forum.objects.current(now)
    rows = []
    for person in (held.account, *others):
        with speaking(person.language):
            says = _own(held, what, by=by) if person == held.account else _others(held, what, by=by)
            row = outbox_row(
                render(says, sender=sender.name if sender else _("WSIS Forum")),
                kind=KIND,
                key=f"{KIND}:{held.pk}:{verb}:{person.pk}",
                about=held.account_id,
                to=person,
                language=person.language,
                forum=held.forum,
                due=now,
            )
        rows.append(row)
    outbox.write(*rows)


def _own(held: Membership, what: str, *, by: User) -> Content:
    """What the account's owner reads."""
    names = {"role": held.said, "forum": held.where, "by": by}
    subject, lead = {
        WAITS: (
            _("A role waits for you: %(role)s"),
            _("%(by)s gave you this role (%(forum)s). It counts as soon as a second supervisor agrees."),
        ),
        Verb.GIVE_ROLE: (
            _("You have a new role: %(role)s"),
            _("%(by)s gave you this role (%(forum)s). It counts from now on."),
        ),
        Verb.AGREE_ROLE: (
            _("You have a new role: %(role)s"),
            _("%(by)s agreed to this role (%(forum)s). It counts from now on."),
        ),
        Verb.END_ROLE: (_("Your role has ended: %(role)s"), _("%(by)s ended this role (%(forum)s).")),
    }[what]
    return Content(
        subject=subject % names,
        lead=lead % names,
        heading=held.said,
        quote=held.reason if what != Verb.END_ROLE else "",
        action=Link(_("Open the organisers' pages"), absolute(reverse("admin:index"))),
        why=_("You get this mail because the roles of your account changed."),
    )


def _others(held: Membership, what: str, *, by: User) -> Content:
    """What supervisors read."""
    names = {"role": held.said, "forum": held.where, "by": by, "name": held.account}
    subject, lead = {
        WAITS: (
            _("A role waits for a second supervisor: %(name)s, %(role)s"),
            _("%(by)s gave %(name)s this role (%(forum)s). It counts as soon as another supervisor agrees."),
        ),
        Verb.GIVE_ROLE: (
            _("%(name)s has a new role: %(role)s"),
            _("%(by)s gave %(name)s this role (%(forum)s)."),
        ),
        Verb.AGREE_ROLE: (
            _("%(name)s has a new role: %(role)s"),
            _("%(by)s agreed to this role of %(name)s (%(forum)s)."),
        ),
        Verb.END_ROLE: (
            _("A role of %(name)s has ended: %(role)s"),
            _("%(by)s ended this role of %(name)s (%(forum)s)."),
        ),
    }[what]
    page = absolute(reverse("admin:events_membership_changelist"))
    return Content(
        subject=subject % names,
        lead=lead % names,
        heading=held.said,
        quote=held.reason if what != Verb.END_ROLE else "",
        paragraphs=[_("If you know nothing of it, speak to %(by)s at once.") % names],
        action=Link(_("Open the roles"), page + ("?state=waiting" if what == WAITS else "")),
        why=_("You get this mail because you are a supervisor."),
    )
