"""The plain search of the programme: every word of the query must stand in a session's title, description, speakers or organisers."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection

from events.models import Appearance, Forum, Session, SessionText

MOST_WORDS = 8
LONGEST_QUERY = 100  # characters; what is longer is cut


def folded(text: str) -> str:
    """Text as it is compared: without accents and vowel signs, in lower case, compatible signs made one."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()


def words(query: str) -> list[str]:
    """The words of a query, folded: at most 8, from its first 100 characters."""
    return folded(query.replace("\0", " ")[:LONGEST_QUERY]).split()[:MOST_WORDS]


def matching(sought: Collection[str], texts: dict[int, list[str]]) -> set[int]:
    """The keys whose texts, taken together, hold every one of the (folded) words."""
    found = set()
    for key, parts in texts.items():
        text = folded("\n".join(parts))
        if all(word in text for word in sought):
            found.add(key)
    return found


def sessions(forum: Forum, *, query: str) -> set[int] | None:
    """The primary keys of the forum's public sessions that a query finds; None for a query without words.

    Looks into title and description in every language, the speakers' names and the organisers' names and acronyms.
    Four queries.
    """
    sought = words(query)
    if not sought:
        return None
    public = Session.objects.public().filter(forum=forum).order_by()
    texts: dict[int, list[str]] = defaultdict(list)
    for key, *parts in public.values_list("pk", "title", "description"):
        texts[key] += parts
    for key, *parts in SessionText.objects.filter(session__in=public).values_list("session", "title", "description"):
        texts[key] += parts
    for key, *parts in public.filter(organisers__isnull=False).values_list(
        "pk", "organisers__name", "organisers__acronym"
    ):
        texts[key] += parts
    names = Appearance.objects.released().filter(session__in=public).order_by()
    for key, name in names.values_list("session", "speaker__name"):
        texts[key].append(name)
    return matching(sought, texts)
