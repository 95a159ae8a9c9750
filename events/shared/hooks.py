"""The one way in which a higher app adds to the work of a lower one, which does not know it.

The lower app asks a hook; the higher one hangs a function on it. The modules that do so are named in `ready` of their
app (apps.py), so that a function hangs there before anybody asks. Each room that asks has its hooks in a module `hooks`; here are those that a
lower app hangs something on.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet, TextField, Value

from events.shared.held_rows import Period, PersonalData


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
    """Where roles of one sort come from. `place`: the lowest stands first; `rows`: the `role_rows` of everybody, and `of` the path
    from them to an account; `show`: what is said of such a row."""

    key: str
    place: int
    rows: QuerySet[Any, Any]
    of: str
    show: Callable[[RoleRow], OwnRole]


def role_rows(
    rows: QuerySet[Any, Any], *, key: str, about: Any = "", forum: str, code: Any = "", state: Any = ""
) -> QuerySet[Any, Any]:
    """Rows as the source with this key gives them: the columns of a `RoleRow`, and the key of the row. Paths to texts, or
    expressions, for what a role is about, its forum, code and state ("": there is none)."""
    paths = (Value(key, TextField()), about, f"{forum}__slug", f"{forum}__name", code, state)
    return rows.order_by().values_list(*(path or Value("", TextField()) for path in paths), "pk")


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


# What people can be: asked for the account page.
own_roles = Hook[Callable[[], RoleSource]]()

# Key: the label of an app. What its tables hold on a person: given out, erased, or kept for a reason (registration.people.data_rights).
personal_data = Hook[Callable[[], PersonalData]]()

# How long kinds of personal data are kept after a forum, unless its organisers set another period.
retention = Hook[Callable[[], Sequence[Period]]]()

# Called with the time when the privacy notice is written: how long what is kept, for which forums.
retention_notice = Hook[Callable[[datetime], Sequence[Any]]]()
