"""Titles and descriptions of sample sessions, composed so that no two read the same (`events/data/sample_texts.json`)."""

import random
from typing import TypedDict

from events.reference.standard_rows import data


class Topic(TypedDict):
    line: str
    sdgs: list[int]
    hook: str
    subject: str
    problem: str
    practice: str
    questions: list[str]


TEXTS = data("sample_texts")
TOPICS: list[Topic] = TEXTS["topics"]  # at least four for each Action Line
NAMED: dict[str, Topic] = TEXTS["named"]  # the named sessions of 2020 by title
EXHIBITION: Topic = TEXTS["exhibition"]  # of a day of the exhibition, which has no topic of its own
PLACES: list[str] = TEXTS["places"]
SAMPLE_NOTE = "*This session is sample data: it shows what the programme looks like.*"
SAMPLE_REPORT = "Sample data: it shows how the site tells what has become of a commitment."


def topics_of_tracks() -> dict[str, list[Topic]]:
    """Return the topics that suit each special track, by the track's name."""
    by_hook = {topic["hook"]: topic for topic in TOPICS}
    return {track: [by_hook[hook] for hook in hooks] for track, hooks in TEXTS["tracks"].items()}


def title(topic: Topic, *, type_code: str, place: str, rng: random.Random, number: int = 0, line: str = "") -> str:
    """Compose a title, 250 characters at most."""
    pattern: str = TEXTS["titles"].get(type_code) or rng.choice(TEXTS["usual_titles"])
    subject = topic["subject"]
    words = {"hook": topic["hook"], "subject": subject, "Subject": subject[0].upper() + subject[1:], "place": place}
    return pattern.format(**words, number=number, line=line)[:250]


def description(topic: Topic, *, type_code: str, place: str, track: str, rng: random.Random, is_invented: bool) -> str:
    """Compose a description in Markdown, 80 to 150 words."""
    questions = "\n".join(f"- {question}" for question in rng.sample(topic["questions"], k=3))
    form = TEXTS["formats"].get(type_code, TEXTS["other_format"]).format(track=track)
    closing, middle = rng.sample(TEXTS["closings"], k=2)
    first = f"{topic['problem']} {topic['practice']}"
    if is_invented:
        opening = rng.choice(TEXTS["openings"]).format(place=place)
        return f"{first}\n\n{opening} {form}\n\n{questions}\n\n{closing}\n\n{SAMPLE_NOTE}"
    return f"{first}\n\n{form} {middle}\n\n{questions}\n\n{closing}"
