"""Titles, descriptions and other texts of sample projects, composed so that no two read the same. No ORM.

The sentences are in prizes/data/sample_texts.json, the ideas in sample_projects.json beside it.
"""

import json
import random
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from events.drafts import word_count
from events.sample.people import WORDS
from prizes.nominations import similar_titles

DATA = Path(__file__).resolve().parent.parent / "data"
TEXTS: dict[str, Any] = json.loads((DATA / "sample_texts.json").read_text(encoding="utf-8"))
MOST_WORDS = 192  # of a description; the rules allow 150 to 200
NOTE = "This project is made up: it is sample data, to show how the prize works."
JOINING = frozenset({"of", "on", "in", "by", "for", "without", "to", "at", "from", "and", "with", "next"})


class Idea(NamedTuple):
    """What a project is about: a name, and a sentence that says what it does."""

    name: str
    sentence: str


def ideas() -> dict[str, list[Idea]]:
    """The ideas of each Action Line, by its code."""
    projects = json.loads((DATA / "sample_projects.json").read_text(encoding="utf-8"))
    return {line: [Idea(*row) for row in rows] for line, rows in projects.items()}


def title(idea: Idea, *, country: str, taken: set[str], rng: random.Random) -> str:
    """A title that is not in `taken` (keys of titles): the idea's name, or it with a word before or behind. Adds its key."""
    is_short = not JOINING & set(idea.name.lower().split())
    name = idea.name
    for number in count():
        if similar_titles.title_key(name) not in taken:
            break
        before, behind = "", ""
        if rng.random() < 0.5 and is_short:
            before = rng.choice(TEXTS["prefixes"])
        else:
            behind = rng.choice(TEXTS["suffixes"])
            before = "" if behind else "{word}:"
        place = country if len(country) <= 16 and "(" not in country else rng.choice(WORDS)
        pattern = f"{before} {idea.name} {behind}".strip()
        name = pattern.format(word=rng.choice(WORDS), country=place) + (f" {number}" if number > 30 else "")
    taken.add(similar_titles.title_key(name))
    return name


def facts(entity: str, *, year: int, rng: random.Random) -> dict[str, str]:
    """The made-up facts that the sentences of one project share."""
    return {
        "entity": f"the {entity}" if entity.split()[0] in {"Ministry", "University", "Agency", "City"} else entity,
        "year": str(year - rng.randint(2, 6)),
        "team": str(rng.randint(3, 19)),
        "places": str(rng.choice([6, 9, 12, 14, 18, 23, 31, 40, 56, 70])),
        "users": f"{rng.choice([2, 3, 5, 8, 12, 19, 34, 60, 110])},{rng.randint(0, 9)}00",
        "days": str(rng.randint(4, 28)),
        "percent": str(rng.randint(15, 64)),
    }


def _sentence(bank: list[str], *, values: dict[str, str], rng: random.Random) -> str:
    text: str = rng.choice(bank).format(**values)
    return text[0].upper() + text[1:]


def description(idea: Idea, *, values: dict[str, str], rng: random.Random) -> str:
    """Compose a short description of 150 to 192 words (events.drafts.word_count); the last sentence says that it is sample data."""
    parts = [idea.sentence, _sentence(TEXTS["starts"], values=values, rng=rng)]
    left = MOST_WORDS - word_count.count(" ".join([*parts, NOTE]))
    for bank in TEXTS["middles"]:
        sentence = _sentence(bank, values=values, rng=rng)
        length = word_count.count(sentence)
        if length <= left:
            parts.append(sentence)
            left -= length
    return f"{' '.join(parts)} {NOTE}"


def impacts(values: dict[str, str], *, rng: random.Random) -> dict[str, str]:
    """The texts on impact, partnerships and challenges: three sentences each, 35 to 60 words."""
    return {
        name: " ".join(_sentence([text], values=values, rng=rng) for text in rng.sample(bank, k=3))
        for name, bank in TEXTS["impacts"].items()
    }


def linkage(number: int, *, title: str, values: dict[str, str], rng: random.Random) -> str:
    """How a project advances one goal: 27 to 45 words."""
    return rng.choice(TEXTS["linkages"]).format(number=number, title=title, **values)
