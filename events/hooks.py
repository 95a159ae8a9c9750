"""The one way in which a higher app adds to the work of a lower one, which does not know it.

The lower app asks a hook; the higher one hangs a function on it. The modules that do so are named in `ready` of their
app (apps.py), so that a function hangs there before anybody asks.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Model, Q, QuerySet, TextChoices, TextField, Value
from django.db.models.functions import Cast, Coalesce

from events.held_rows import Period, PersonalData
from events.models import Forum, Membership, Message, Session, User

# role → model (small letters) → what its people may do with it
type Grants = Mapping[str, Mapping[str, Sequence[str]]]
type Extra = Mapping[str, str]


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


class RoleRow(NamedTuple):
    """A role of a person as the database tells it. `key`: of the `RoleSource`; `about`: what it is for, or ""; `slug` and
    `forum`: the address and the name of the forum; `code` and `state`: as the source wants them."""

    key: str
    about: str
    slug: str
    forum: str
    code: str
    state: str


@dataclass(frozen=True)
class OwnRole:
    """What somebody is here, for their account page: its name, what for, where it leads and what one does there; its state
    in a word, and the badge of that (`ok`, `moved`, `cancelled`, or none)."""

    name: str
    about: str
    url: str
    act: str
    state: str = ""
    badge: str = ""


@dataclass(frozen=True)
class RoleSource:
    """Where roles of one sort come from. `place`: the lowest stands first; `rows`: given the key of an account, its
    `role_rows`, which are put together once; `show`: what is said of such a row."""

    key: str
    place: int
    rows: Callable[[int], QuerySet[Any, Any]]
    show: Callable[[RoleRow], OwnRole]


def role_rows(
    rows: QuerySet[Any, Any], *, key: str, about: Any = "", forum: str, code: Any = "", state: Any = ""
) -> QuerySet[Any, Any]:
    """Rows as the source with this key gives them: the columns of a `RoleRow`, and the key of the row. Paths to texts, or
    expressions, for what a role is about, its forum, code and state ("": there is none)."""
    paths = (Value(key, TextField()), about, f"{forum}__slug", f"{forum}__name", code, state)
    return rows.order_by().values_list(*(path or Value("", TextField()) for path in paths), "pk")


class Issued(NamedTuple):
    """Something with a code that the page that verifies it shows, by a template and what that needs."""

    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True)
class MailKind:
    """Mails of a kind as people read of them, on the page where they choose. `kinds`: what the outbox calls them;
    `is_refusable`: whether one may do without them."""

    key: str
    name: Any
    kinds: frozenset[str]
    is_refusable: bool = True


@dataclass(frozen=True)
class RowRule:
    """How an act is taken back in the rows of a model, where writing their old values is not all (events.history.taking_back).

    `right`: who has it takes back; "": who may add and change such rows. `part_of`: the field that names the row under which
    the history tells of this one. `left`: columns that other rules write; they are neither compared nor put back.
    `put_back`: given the old values by key, the forum, by whom and when, it writes them and the history. `is_public`: which
    of the rows that an act made (their keys) the public knows by now; they stay, and `withdraw` takes them out of the
    draft.
    """

    right: str = ""
    part_of: str = ""
    left: frozenset[str] = frozenset()
    put_back: Callable[[Mapping[Any, Mapping[str, Any]], Forum, User | None, datetime], object] | None = None
    is_public: Callable[[Collection[Any]], Collection[Any]] | None = None
    withdraw: Callable[[Collection[Any], Forum, User | None, datetime], object] | None = None


@dataclass(frozen=True)
class CopiedRows:
    """Rows of a forum that the next one takes over as its own (events.forums.copied_rows). `only`: which of them."""

    model: type[Model]
    only: Q = field(default_factory=Q)


class CopiedPart(NamedTuple):
    """What the next forum takes over together, by one tick. `place`: the lowest comes first; rows can name those of parts
    before, and of `rows` before them."""

    key: str
    place: int
    name: Any
    rows: Sequence[CopiedRows]


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


class Hook[F: Callable[..., object]]:
    """Functions (or classes) under a key: a kind of mail, an app; without one, all are asked."""

    def __init__(self) -> None:
        self._functions: dict[str, list[F]] = defaultdict(list)

    def __call__(self, key: str = "") -> Callable[[F], F]:
        """Hang up the decorated function."""

        def hang_up(function: F) -> F:
            self._functions[key].append(function)
            return function

        return hang_up

    def of(self, key: str = "") -> tuple[F, ...]:
        """The functions under a key, in the order in which they came."""
        return tuple(self._functions.get(key, ()))

    def keys(self) -> set[str]:
        """The keys under which there is a function."""
        return set(self._functions)


# What a person is told first on every page while something of theirs is unfinished. Given the person, the forum, the
# path of the page ("" where it is not known) and the time: HTML, or "" for nothing to say.
banner = Hook[Callable[[User, Forum, str, datetime], str]]()

# Key: the kind of mail. Asked just before sending: given messages of the kind, the ids of those that nobody wants any more.
unwanted = Hook[Callable[[Sequence[Message], datetime], set[int]]]()

# Key: the kind of mail. Asked just before sending: given messages of the kind, what the QR code in each of them says, by their ids.
qr_code = Hook[Callable[[Sequence[Message]], Mapping[int, str]]]()

# Asked when somebody looks at drafts in the outbox, lets one go or takes one back: who looks after mails of some kinds.
draft_guard = Hook[Callable[[], Guard]]()

# Asked when staff search: the keys of the sessions that a query finds, whatever the public sees of them.
session_search = Hook[Callable[[str], Collection[int]]]()

# Asked once a release is committed: the name of the Celery task that has work now.
after_release = Hook[Callable[[], str]]()

# Called once somebody has confirmed another address: the account, the confirmed address of before, the new one, and when.
address_changed = Hook[Callable[[User, str, str, datetime], None]]()

# Called once a voter's choice is written down for good.
choice_cast = Hook[Callable[[], None]]()

# Asked once staff have changed how many places sessions have: what to tell them of these sessions at a moment.
places_changed = Hook[Callable[[QuerySet[Session], datetime], Sequence[str]]]()

# Called in the transaction in which somebody stops to take part in a forum (withdrawn, or refused afterwards): the registration,
# which is locked, and when.
stops_taking_part = Hook[Callable[[Any, datetime], None]]()

# Asked before a row that the public sees is hidden, such as a forum: why it has to stay public; "" for nothing against it.
stays_public = Hook[Callable[[Any, datetime], str]]()

# Asked before a forum is archived: why it is not over yet; "" for nothing against it.
forum_goes_on = Hook[Callable[[Forum, datetime], str]]()

# Key: the label of an app. What each role of the staff may do with its models, and permissions of its own ("verb_model" →
# name), which the organisers get. Written down after each migration.
grants = Hook[Callable[[], tuple[Grants, Extra]]]()

# Called in the transaction in which somebody gives, agrees to or ends a role: the membership, the verb of the history (“”: it is
# proposed, and the membership not saved), by whom, why and when.
role_changed = Hook[Callable[[Membership, str, User, str, datetime], None]]()

# Called in the transaction in which the account of a member of the staff is closed or opened again: the account, by whom and
# when.
staff_account_closed = Hook[Callable[[User, User, datetime], None]]()

# Asked on the page that verifies certificates and letters: given a code (events.formatting.codes, as `normal` leaves it) and the
# time, what was issued with it; None for a code of others, and while nobody may know.
issued = Hook[Callable[[str, datetime], Issued | None]]()

# The verbs of an app, which the history may then hold (events.history).
verbs = Hook[type[TextChoices]]()

# Key: a model ("events.placement"). How an act is taken back in its rows.
row_rules = Hook[Callable[[], RowRule]]()

# What people can be: asked for the account page.
own_roles = Hook[Callable[[], RoleSource]]()

# Key: the label of an app. The groups of people to whom organisers write.
mail_groups = Hook[Callable[[], Sequence[MailGroup]]]()

# The kinds of mails that there are, asked for the account page and before sending (events.mail.refused_kinds).
mail_kinds = Hook[Callable[[], Sequence[MailKind]]]()

# Key: an app ("prizes") or a model ("events.proposal"). Which entries of the history about its rows a person may read;
# where nothing hangs, those about the models whose rows the person may view.
readable_history = Hook[Callable[[User], Q]]()

# Key: the label of an app. What its tables hold on a person: given out, erased, or kept for a reason (registration.data_rights).
personal_data = Hook[Callable[[], PersonalData]]()

# How long kinds of personal data are kept after a forum, unless its organisers set another period.
retention = Hook[Callable[[], Sequence[Period]]]()

# Called with the time when the privacy notice is written: how long what is kept, for which forums.
retention_notice = Hook[Callable[[datetime], Sequence[Any]]]()

# Called inside the transaction of a preview, which is rolled back (events.pages.preview): given the forum, who looks, and the time,
# makes public what this person may see of it.
previewed = Hook[Callable[[Forum, User, datetime], None]]()

# What the next forum takes over from the one before.
next_forum = Hook[Callable[[], Sequence[CopiedPart]]]()
