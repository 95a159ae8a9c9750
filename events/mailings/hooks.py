"""The groups of people to whom organisers write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce

from events.models import Forum
from events.shared.hooks import Hook


@dataclass(frozen=True)
class MailGroup:
    """A group of people to whom organisers write (events.mailings).

    `right`: the permission that whoever writes to them, or leaves them out, has in the forum. `people`: given the forum, what was
    chosen and the time, a queryset of `mail_receivers`. `why`: what its people read at the foot of the mail, with `%(forum)s`;
    `form`: asks what else is chosen, made with `forum`; where it asks for a `session` and one is chosen, mails may name it. `url`:
    given the forum, the path that {link} leads to. `title`: what {title} stands for, where people have something of their own;
    `is_offered`: whether it is chosen on the page of a message; else where its people are listed.
    """

    key: str
    name: Any
    right: str
    people: Callable[[Forum, Mapping[str, Any], datetime], QuerySet[Any, Any]]
    why: Any
    url: Callable[[Forum], str]
    form: Callable[..., Any] | None = None
    title: Any = ""
    is_offered: bool = True


def mail_receivers(
    rows: QuerySet[Any], *, user: str, name: str, email: str = "", language: str = "", title: str = ""
) -> QuerySet[Any, Any]:
    """Rows as a `MailGroup` gives them: the key and address of the account, whether it is open, a language, a name, a title. By
    paths; `email`: to an address of those without an account; `language`: else that of the account."""
    text = TextField()
    address: Any = Cast(f"{user}__email", text)
    columns = {
        "receiver": F(user),
        "address": Coalesce(address, Cast(email, text)) if email else address,
        "is_open": Coalesce(f"{user}__is_active", Value(True)),
        "spoken": Coalesce(Cast(language or f"{user}__language", text), Value("", text)),
        "called": Cast(name, text),
        "about": Cast(title, text) if title else Value("", text),
    }
    return rows.order_by("pk").annotate(**columns).values_list(*columns)


# Key: the label of an app. The groups of people to whom organisers write.
mail_groups = Hook[Callable[[], Sequence[MailGroup]]]()
