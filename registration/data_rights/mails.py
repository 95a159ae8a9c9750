"""Mails about a person's data: a copy is made; the account will be erased, or stays after all."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from events.formatting import times
from events.history.verbs import Verb
from events.mail import outbox
from events.mail.rendering import Content, Link, outbox_row, render, speaking
from events.models import Forum, HistoryEntry, Message, User
from events.pages.absolute_urls import absolute
from events.staff import memberships
from registration.accounts import rights_mails
from registration.models import DataCopy, Erasure

ROLES = (Verb.GIVE_ROLE, Verb.AGREE_ROLE, Verb.END_ROLE)
COPY_MADE, ASKED, STOPPED, KEPT = "data-copy", "erasure-asked", "erasure-stopped", "erasure-not-done"


def _write(content: Content, *, kind: str, row: Model, to: User, now: datetime) -> None:
    forum = Forum.objects.current(now)
    mail = render(content, sender=forum.name if forum else _("WSIS Forum"))
    outbox.write(
        outbox_row(
            mail,
            kind=kind,
            key=f"{kind}:{row.pk}",
            about=row.pk,
            to=to,
            language=to.language,
            forum=None,
            due=now,
            queue=Message.Queue.ACCOUNT,
        )
    )


def _moment(moment: datetime, *, to: User) -> str:
    """A moment on the person's own clock, with its zone."""
    return times.deadline(moment, zone=times.known_zone(to.time_zone, default=ZoneInfo("UTC")), forum=None)


def write_copy_made(row: DataCopy, *, now: datetime) -> None:
    """The copy is there, and until when."""
    assert row.expires is not None  # noqa: S101
    with speaking(row.user.language):
        content = Content(
            subject=_("The copy of your data is ready"),
            heading=_("The copy of your data is ready"),
            paragraphs=[
                _("You can read it and download it until %(moment)s. Then we delete it.")
                % {"moment": _moment(row.expires, to=row.user)}
            ],
            action=Link(_("Open my copy"), absolute(reverse("registration:data-copy", args=[row.pk]))),
            why=_(
                "You get this mail because somebody who was logged in to your account asked for the copy. If it was not you, "
                "change your password."
            ),
        )
        _write(content, kind=COPY_MADE, row=row, to=row.user, now=now)


def write_asked(row: Erasure, *, now: datetime) -> None:
    """The account will be erased, when, and how to stop that."""
    with speaking(row.user.language):
        content = Content(
            subject=_("Your account will be erased"),
            heading=_("Your account will be erased"),
            paragraphs=[
                _("We erase it on %(moment)s. Until then you can stop that. Afterwards nobody can bring it back.")
                % {"moment": _moment(row.due, to=row.user)}
            ],
            action=Link(_("Keep my account"), absolute(reverse("registration:erase-stop"))),
            why=_(
                "You get this mail because somebody who was logged in to your account asked for it. If it was not you, "
                "stop it, and change your password."
            ),
        )
        _write(content, kind=ASKED, row=row, to=row.user, now=now)


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
    with speaking(row.user.language):
        content = Content(
            subject=_("Your account stays"),
            heading=_("Your account stays"),
            paragraphs=[_("You have stopped the erasure. Everything is as it was.")],
            action=Link(_("Your data"), absolute(reverse("registration:data"))),
            why=_("You get this mail because you had asked to be erased."),
        )
        _write(content, kind=STOPPED, row=row, to=row.user, now=now)


def write_kept(row: Erasure, *, now: datetime) -> None:
    """The account was not erased, because it has a role among the organisers now."""
    with speaking(row.user.language):
        content = Content(
            subject=_("Your account is not erased"),
            heading=_("Your account is not erased"),
            paragraphs=[
                _(
                    "You have a role among the organisers since you asked. Ask a supervisor to end it, then erase your "
                    "account again."
                )
            ],
            action=Link(_("Your data"), absolute(reverse("registration:data"))),
            why=_("You get this mail because you had asked to be erased."),
        )
        _write(content, kind=KEPT, row=row, to=row.user, now=now)
