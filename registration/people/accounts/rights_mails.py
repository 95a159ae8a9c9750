"""Mails on changes of rights: whoever has a role given, agreed to or ended is told, and so are the supervisors. They also read
when the account of a member of the staff is closed, or has a new way in. So nothing grows or goes unseen. If somebody else uses
the account of a supervisor, its owner reads of it, too.

Organisers edit what the person themselves reads (events.shared.mail.texts). What supervisors read stays as it is: they watch over those
who could edit it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum, Membership, Message, User
from events.shared.history.verbs import Verb
from events.shared.mail.rendering import Content, MailLink, put, speaking
from events.shared.mail.texts.kind_names import named
from events.shared.mail.texts.originals import original
from events.shared.pages.absolute_urls import absolute
from events.shared.rights import hooks, memberships

KIND = named("role", gettext_lazy("Roles and accounts of organisers"))
WAITS = "waits"
NEW_ROLE = gettext_lazy("You have a new role: %(role)s")
# What happened to a role → the words for its person.
OWN = {
    WAITS: original(
        "role-waits",
        gettext_lazy("Somebody is given a role that waits for a second supervisor"),
        gettext_lazy("A role waits for you: %(role)s"),
        gettext_lazy("%(by)s gave you this role (%(forum)s). It counts as soon as a second supervisor agrees."),
    ),
    Verb.GIVE_ROLE: original(
        "role-given",
        gettext_lazy("Somebody is given a role"),
        NEW_ROLE,
        gettext_lazy("%(by)s gave you this role (%(forum)s). It counts from now on."),
    ),
    Verb.AGREE_ROLE: original(
        "role-agreed",
        gettext_lazy("A second supervisor agreed to a role"),
        NEW_ROLE,
        gettext_lazy("%(by)s agreed to this role (%(forum)s). It counts from now on."),
    ),
    Verb.END_ROLE: original(
        "role-ended",
        gettext_lazy("The role of somebody has ended"),
        gettext_lazy("Your role has ended: %(role)s"),
        gettext_lazy("%(by)s ended this role (%(forum)s)."),
    ),
}
type Say = Callable[[User], Content]


@hooks.role_changed()
def tell(held: Membership, verb: str, by: User, reason: str, now: datetime) -> None:
    """Write the mails into the outbox: one to the account, one to each supervisor of the forum (who did it, too). `held`: a role
    that waits is not saved, and has no verb."""
    what = verb or WAITS
    others = memberships.supervisors(held.forum).exclude(pk=held.account_id)
    forum = held.forum or Forum.objects.current(now)

    def says(person: User) -> Content:
        if person == held.account:
            return _own(held, what, forum=forum, by=by, reason=reason)
        return _others(held, what, by=by, reason=reason)

    write(
        (held.account, *others),
        says,
        about=held.account,
        key=f"{held.role}:{what}:{now.isoformat()}",
        forum=held.forum,
        now=now,
    )


@hooks.staff_account_closed()
def tell_closed(account: User, by: User, now: datetime) -> None:
    """Write the mails on an account that is closed, or open again: to its owner and to the supervisors of all forums."""
    people = (account, *memberships.supervisors().exclude(pk=account.pk))
    write(people, lambda _person: _closed(account, by=by), about=account, key=f"closed:{now.isoformat()}", now=now)


def tell_new_way_in(account: User, *, notice: str, now: datetime) -> None:
    """Write the mails to the supervisors where the account has a role; its owner has one already (allauth's). `notice`: the
    name of that mail."""
    if not account.is_staff:
        return
    people = memberships.supervisors().exclude(pk=account.pk)
    write(
        people, lambda _person: _new_way_in(account, notice), about=account, key=f"{notice}:{now.isoformat()}", now=now
    )


def write(
    people: Iterable[User],
    say: Say,
    *,
    about: User,
    key: str,
    forum: Forum | None = None,
    now: datetime,
) -> None:
    """Write a mail to each of these people, in their language."""
    current = forum or Forum.objects.current(now)
    mail: dict[str, Any] = {"kind": KIND, "about": about.pk, "forum": forum, "sender": current.name if current else ""}
    for person in people:
        with speaking(person.language):  # it leaves at once: nobody takes it back before it is read
            put(say(person), names=(key, person.pk), to=person, now=now, queue=Message.Queue.ACCOUNT, **mail)


def _own(held: Membership, what: str, *, forum: Forum | None, by: User, reason: str) -> Content:
    """What the account's owner reads. `forum`: the one that may have words of its own."""
    return Content(
        **OWN[what].said(forum, role=held.said, forum=held.where, by=by),
        heading=held.said,
        quote=reason,
        action=MailLink(_("Open the organisers' pages"), absolute(reverse("admin:index"))),
        why=_("You get this mail because the roles of your account changed."),
    )


def _others(held: Membership, what: str, *, by: User, reason: str) -> Content:
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
    page = reverse("admin:events_approval_changelist" if what == WAITS else "admin:events_membership_changelist")
    return Content(
        subject=subject % names,
        lead=lead % names,
        heading=held.said,
        quote=reason,
        paragraphs=[_("If you know nothing of it, speak to %(by)s at once.") % names],
        action=MailLink(_("Open the roles"), absolute(page)),
        why=_("You get this mail because you are a supervisor."),
    )


def _closed(account: User, *, by: User) -> Content:
    names = {"name": account, "by": by}
    subject = (
        _("The account of %(name)s is open again") if account.is_active else _("The account of %(name)s is closed")
    )
    return of_account(account, subject=subject % names, lead=_("%(by)s did this in the organisers' pages.") % names)


def _new_way_in(account: User, notice: str) -> Content:
    names = {"name": account}
    kind = notice.partition("_")[0]
    if kind == "password":
        subject = _("%(name)s has a new password")
    elif kind == "email":
        subject = _("%(name)s signs in with another address")
    elif kind == "account":
        subject = _("%(name)s connected an account of their organisation, or removed it")
    else:
        subject = _("%(name)s has another second factor")
    lead = _("Somebody who was signed in as %(name)s changed it, on the pages of the account.")
    return of_account(account, subject=subject % names, lead=lead % names)


def of_account(account: User, *, subject: str, lead: str, quote: str = "") -> Content:
    """What is said of an account, with a link to it; `quote`: words of somebody."""
    page = absolute(reverse("admin:events_user_change", args=[account.pk]))
    return Content(
        subject=subject,
        lead=lead,
        heading=str(account),
        quote=quote,
        paragraphs=[_("If you know nothing of it, speak to %(name)s at once.") % {"name": account}],
        action=MailLink(_("Open the account"), page),
        why=_("You get this mail because of the roles of this account, or of yours."),
    )
