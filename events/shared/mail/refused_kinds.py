"""Which kinds of mails a person does not want: chosen on the account page, and asked again just before each mail goes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy

from events.models import Message, RefusedMail, User
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.mail import hooks
from events.shared.mail.hooks import MailKind
from events.shared.pages.absolute_urls import absolute
from events.shared.secret_links import read, signed

LINK = "events.mail.refused_kinds"


def token(user_pk: int, key: str) -> str:
    """The part of an unsubscribe address that names an account and a kind of mails, and that nobody else can make."""
    return signed(LINK, user_pk, key)


def named_by(token: str) -> tuple[User, MailKind] | None:
    """The account and the kind of mails that a token names; None for a token that is not ours, or of former times."""
    number, key = read(LINK, token) or (0, "")
    user = User.objects.filter(pk=number).first()
    kind = next((kind for kind in kinds() if kind.key == key and kind.is_refusable), None)
    return (user, kind) if user and kind else None


@lru_cache
def _frame(view: str, language: str) -> tuple[str, str]:
    """What stands before and after the token in the path of a view."""
    with translation.override(language):
        before, _token, after = reverse(view, args=["TOKEN"]).partition("TOKEN")
    return before, after


def address_of(view: str, token: str, *, language: str) -> str:
    """The whole address of a view that takes a token, in a language of the site."""
    return absolute(token.join(_frame(view, language)))


def address(user_pk: int, kind: str, *, language: str) -> str:
    """The unsubscribe address of a mail that one may refuse (`kind`: as the outbox calls it), in a language of the site; ""
    for others."""
    key = refusable().get(kind)
    return address_of("registration:refuse-mail", token(user_pk, key), language=language) if key else ""


@hooks.mail_kinds()
def _always() -> list[MailKind]:
    name = gettext_lazy("Log-in codes, receipts, and answers to what you send in")
    return [MailKind("always", name, frozenset(), is_refusable=False)]


@cache
def kinds() -> list[MailKind]:
    """All kinds, first those that one may refuse."""
    found = [kind for function in hooks.mail_kinds.of() for kind in function()]
    return sorted(found, key=lambda kind: not kind.is_refusable)


def name_of(key: str) -> str:
    """The name of a `MailKind` in the active language, by its key."""
    return next((str(kind.name) for kind in kinds() if kind.key == key), key)


@cache
def refusable() -> dict[str, str]:
    """What the outbox calls the mails that one may refuse: kind of the outbox → key of the `MailKind`. Asked for each mail."""
    return {name: kind.key for kind in kinds() if kind.is_refusable for name in kind.kinds}


def refused_by(user: User) -> set[str]:
    """The keys of the kinds that a person does not want. One query."""
    return set(RefusedMail.objects.filter(user=user).values_list("kind", flat=True))


@transaction.atomic
def choose(user: User, *, asked: Collection[str], wanted: Collection[str], by: User, now: datetime) -> None:
    """Take down which of the kinds that one may refuse a person wants, of those that they were asked about (keys; others are left
    out). Those that wait in the outbox are asked again when they are sent."""
    locked = User.objects.locked(user.pk)
    before = refused_by(locked)
    after = (before - set(asked)) | (set(asked) & set(refusable().values())) - set(wanted)
    if before == after:
        return
    RefusedMail.objects.filter(user=locked, kind__in=before - after).delete()
    RefusedMail.objects.bulk_create(RefusedMail(user=locked, kind=key) for key in sorted(after - before))
    values = {"before": {"refused": sorted(before)}, "after": {"refused": sorted(after)}}
    log.record(locked, verb=Verb.CHOOSE_MAILS, by=by, now=now, label=f"#{locked.pk}", **values)


@transaction.atomic
def set_wanted(user: User, *, key: str, wanted: bool, now: datetime) -> None:
    """Refuse the mails of one kind, or want them again, by the address in such a mail."""
    choose(user, asked=[key], wanted=[key] if wanted else [], by=user, now=now)


def accept_again(user: User, *, key: str) -> None:
    """Whoever asks for mails of a kind in some other place wants them again."""
    RefusedMail.objects.filter(user=user, kind=key).delete()


def accepting[Rows: QuerySet[Any]](rows: Rows, *, key: str, user: str = "user") -> Rows:
    """Those of these rows whose account (the path `user`) does not refuse the mails of a kind."""
    return rows.exclude(Exists(RefusedMail.objects.filter(user=OuterRef(user), kind=key)))


def refused(messages: Sequence[Message]) -> set[int]:
    """The ids of the messages that their receivers do not want. One query, where there are any that one may refuse."""
    names = refusable()
    asked = [one for one in messages if one.user_id and one.kind in names]
    rows = RefusedMail.objects.filter(user__in={one.user_id for one in asked})
    known = set(rows.values_list("user", "kind"))
    return {one.pk for one in asked if (one.user_id, names[one.kind]) in known}
