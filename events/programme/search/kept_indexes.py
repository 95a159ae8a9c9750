"""Indexes in the memory of each process: those of what the public sees for a public revision, those of what organisers see for as
long as their rows stay as they are."""

import threading
from collections.abc import Callable, Hashable

from events.models import Appearance, Session
from events.programme.search import indexed_texts
from events.programme.search.indexed_texts import Texts
from events.programme.search.word_index import Index
from events.shared.once_a_revision import is_aside
from events.shared.pages import revision

_public: dict[Hashable, Index] = {}  # by what they are of
_whole: dict[int, tuple[object, Index]] = {}  # all sessions of a forum, by its key, with what it was made of
_making = threading.Lock()


def kept(key: Hashable, read: Callable[[], Texts]) -> Index:
    """An index, made of the texts that are read when the public revision rose."""
    if is_aside():
        return Index(read(), revision=0)
    current = revision.current()  # read before the texts: what changes in between makes them once more
    found = _public.get(key)
    if found is None or found.revision != current:
        with _making:
            found = _public.get(key)
            if found is None or found.revision != current:
                found = _public[key] = Index(read(), revision=current)
    return found


def whole(forum: int, *, state: object) -> Index:
    """Of all sessions of a forum (its key), whatever the public sees of them; made again when the `state` is another one."""
    with _making:
        known, index = _whole.get(forum, (None, None))
        if index is None or known != state:
            rows, people = Session.objects.filter(forum=forum).order_by(), Appearance.objects.order_by()
            index = Index(indexed_texts.of_sessions(rows, people=people), revision=0)
            _whole[forum] = (state, index)
    return index
