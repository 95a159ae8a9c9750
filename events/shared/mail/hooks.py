"""What other rooms say of their mails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from events.models import Message, User
from events.shared.hooks import Hook

type Along = Callable[[Message, User | None, datetime], Sequence[Message]]


@dataclass(frozen=True)
class Guard:
    """What the room that writes mails of some kinds has to say of them.

    `right`: who has it reads, changes and lets go these mails without a right to the whole outbox. `own`: those that
    concern a person too closely to be read by them before they are sent. `let_go` and `take_back` are called in the
    transaction that queues or cancels a draft; they return the drafts that go along, or refuse. `closed`: mails of any state
    that an account neither reads nor changes, or does not take out as a file (`as_file`), whatever its right to the outbox; an
    empty Q: none.
    """

    kinds: frozenset[str]
    right: str = ""
    own: Callable[[User], Q] = lambda _user: Q(pk__in=[])
    let_go: Along = lambda _mail, _by, _now: ()
    take_back: Along = lambda _mail, _by, _now: ()
    closed: Callable[[User, bool], Q] = lambda _user, _as_file: Q()


@dataclass(frozen=True)
class MailKind:
    """Mails of a kind as people read of them, on the page where they choose. `kinds`: what the outbox calls them;
    `is_refusable`: whether one may do without them; `roles`: who gets them, by the keys of `events.shared.hooks.RoleSource`,
    empty: everybody."""

    key: str
    name: Any
    kinds: frozenset[str]
    is_refusable: bool = True
    roles: frozenset[str] = frozenset()


# Key: the kind of mail. Asked just before sending: given messages of the kind, the ids of those that nobody wants any more.
unwanted = Hook[Callable[[Sequence[Message], datetime], set[int]]]()

# Key: the kind of mail. Asked just before sending: given messages of the kind, what the QR code in each of them says, by their ids.
qr_code = Hook[Callable[[Sequence[Message]], Mapping[int, str]]]()

# Asked when somebody looks at drafts in the outbox, lets one go or takes one back: who looks after mails of some kinds.
draft_guard = Hook[Callable[[], Guard]]()

# The kinds of mails that there are, asked for the account page and before sending (events.shared.mail.refused_kinds).
mail_kinds = Hook[Callable[[], Sequence[MailKind]]]()
