"""Mails about a person's data: a copy is made; the account will be erased, or stays after all. Their words are those of the
current forum (events.shared.mail.texts)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum, HistoryEntry, Message, User
from events.shared.formatting import times
from events.shared.history.verbs import Verb
from events.shared.mail.rendering import Content, MailLink, put, speaking
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute
from events.shared.rights import memberships
from registration.models import DataCopy, Erasure
from registration.people.accounts import rights_mails

ROLES = (Verb.GIVE_ROLE, Verb.AGREE_ROLE, Verb.END_ROLE)
COPY_IS_MADE = original(
    "data-copy",
    gettext_lazy("The copy of somebody’s data is ready"),
    gettext_lazy("The copy of your data is ready"),
    gettext_lazy("You can read it and download it until %(moment)s. Then we delete it."),
)
IS_ASKED = original(
    "erasure-asked",
    gettext_lazy("An account will be erased"),
    gettext_lazy("Your account will be erased"),
    gettext_lazy("We erase it on %(moment)s. Until then you can stop that. Afterwards nobody can bring it back."),
)
IS_STOPPED = original(
    "erasure-stopped",
    gettext_lazy("The erasure of an account is stopped"),
    gettext_lazy("Your account stays"),
    gettext_lazy("You have stopped the erasure. Everything is as it was."),
)
IS_KEPT = original(
    "erasure-not-done",
    gettext_lazy("An account is not erased, for it has a role"),
    gettext_lazy("Your account is not erased"),
    gettext_lazy(
        "You have a role among the organisers since you asked. Ask a supervisor to end it, then erase your account again."
    ),
)


def _write(
    words: Original,
    *,
    row: DataCopy | Erasure,
    action: MailLink,
    why: str,
    now: datetime,
    moment: datetime | None = None,
) -> None:
    """Write a mail to the person of a row, while their language is active. `moment`: what the words name, on the person's clock."""
    to, forum = row.user, Forum.objects.current(now)
    said = words.said(forum, **({"moment": _moment(moment, to=to)} if moment else {}))
    subject, paragraphs = said["subject"], [said["lead"], *said["paragraphs"]]
    content = Content(subject, heading=subject, paragraphs=paragraphs, action=action, why=why)
    sender, queue = forum.name if forum else "", Message.Queue.ACCOUNT
    put(content, kind=words.key, about=row.pk, to=to, forum=None, sender=sender, now=now, queue=queue)


def _moment(moment: datetime, *, to: User) -> str:
    """A moment on the person's own clock, with its zone."""
    return times.deadline(moment, zone=times.known_zone(to.time_zone, default=ZoneInfo("UTC")), forum=None)


def write_copy_made(row: DataCopy, *, now: datetime) -> None:
    """The copy is there, and until when."""
    with speaking(row.user.language):
        action = MailLink(_("Open my copy"), absolute(reverse("registration:data-copy", args=[row.pk])))
        why = _(
            "You get this mail because somebody who was logged in to your account asked for the copy. If it was not you, "
            "change your password."
        )
        _write(COPY_IS_MADE, row=row, action=action, why=why, moment=row.expires, now=now)


def write_asked(row: Erasure, *, now: datetime) -> None:
    """The account will be erased, when, and how to stop that."""
    with speaking(row.user.language):
        action = MailLink(_("Keep my account"), absolute(reverse("registration:erase-stop")))
        why = _(
            "You get this mail because somebody who was logged in to your account asked for it. If it was not you, "
            "stop it, and change your password."
        )
        _write(IS_ASKED, row=row, action=action, why=why, moment=row.due, now=now)


def tell_supervisors(row: Erasure, *, now: datetime) -> None:
    """An account that has or had a role will be erased, and when: so that nobody of the staff goes unseen. In the outbox
    their name goes with the account."""
    user = row.user
    had = HistoryEntry.objects.filter(model=user._meta.label_lower, key=str(user.pk), verb__in=ROLES)
    if not (had.exists() or user.memberships.exists()):
        return

    def says(to: User) -> Content:
        when = {"name": user, "moment": _moment(row.due, to=to)}
        return rights_mails.of_account(
            user,
            subject=_("The account of %(name)s will be erased") % when,
            lead=_("They asked for it, and had a role. We erase it on %(moment)s.") % when,
        )

    people = memberships.supervisors().exclude(pk=user.pk)
    rights_mails.write(people, says, about=user, key=f"erasure:{row.pk}", now=now)


def write_stopped(row: Erasure, *, now: datetime) -> None:
    """The account stays, as the person wished."""
    _write_that_it_stays(IS_STOPPED, row=row, now=now)


def write_kept(row: Erasure, *, now: datetime) -> None:
    """The account was not erased, because it has a role among the organisers now."""
    _write_that_it_stays(IS_KEPT, row=row, now=now)


def _write_that_it_stays(words: Original, *, row: Erasure, now: datetime) -> None:
    with speaking(row.user.language):
        action = MailLink(_("Your data"), absolute(reverse("registration:data")))
        why = _("You get this mail because you had asked to be erased.")
        _write(words, row=row, action=action, why=why, now=now)
