"""What waits for a person in a forum, and how many lines of it there are, for the bell and the menu of every page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.cache import cache

from config.dashboard import prize_todo
from config.dashboard.menu import entry_of
from config.dashboard.todo_list import PARTS, Asked, Todo
from events.models import Forum
from events.shared.rights import memberships

KEPT = 60  # seconds; what the person does in that time is seen at once (`forget`)


class Numbers(NamedTuple):
    """How many lines wait for a person, and how many things by entry of the menu."""

    lines: int = 0
    by_entry: Mapping[str, int] = {}


def lines(asked: Asked) -> list[Todo]:
    """What waits, each part only for those who may do something about it. Tells the bell at once."""
    mine = [part for permission, part in PARTS if memberships.has(asked.user, permission, asked.forum)]
    found = [todo for part in mine for todo in part(asked)] + prize_todo.waiting(asked)
    cache.set(_key(asked.user, asked.forum), counted(found), KEPT)
    return found


def numbers(asked: Asked) -> Numbers:
    """The numbers of a person's forum: those that were counted in the last minute, else counted now."""
    found: Numbers | None = cache.get(_key(asked.user, asked.forum))
    return found or counted(lines(asked))


def forget(user: Any, forums: Iterable[Forum]) -> None:
    """Have what waits in these forums counted again, because the person has done something."""
    cache.delete_many([_key(user, forum) for forum in forums])


def _key(user: Any, forum: Forum) -> str:
    return f"waiting:{user.pk}:{forum.pk}"


def counted(found: Sequence[Todo]) -> Numbers:
    """How many lines these are, and how many things by entry of the menu."""
    by_entry: Counter[str] = Counter()
    for todo in found:
        by_entry[entry_of(todo.url.partition("?")[0])] += todo.number
    return Numbers(len(found), dict(by_entry))
