"""When two titles, or two entities, are the same. No database. (When they are near: `events.shared.formatting.similar_names`.)"""

import hashlib

from events.shared.formatting.similar_names import plain

TITLE_LENGTH = 160  # of Nomination.title_key
ENTITY_LENGTH = 220  # of Nomination.entity_key


def _cut(key: str, length: int) -> str:
    """A key of `length` at the most; a longer one ends with a hash of the whole, so that two stay two."""
    if len(key) <= length:
        return key
    return f"{key[: length - 33]} {hashlib.sha256(key.encode()).hexdigest()[:32]}"


def title_key(text: str) -> str:
    """Return what a title is compared by: equal keys are the same title. Empty where it has no letter and no digit.

    >>> title_key("  E-Santé: le projet ")
    'e sante le projet'
    """
    return _cut(plain(text), TITLE_LENGTH)


def entity_key(name: str, country_code: str) -> str:
    """Return what an entity is compared by. `country_code`: two letters, empty for the United Nations and the like.

    Empty where the name has no letter and no digit.
    """
    compared = plain(name)
    return _cut(f"{country_code}:{compared}", ENTITY_LENGTH) if compared else ""
