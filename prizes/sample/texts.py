"""Titles, descriptions and other texts of sample projects, composed so that no two read the same. No ORM."""

import json
import random
from itertools import count
from pathlib import Path
from typing import NamedTuple

from events.drafts import word_count
from events.sample.people import WORDS
from prizes.nominations import similar_titles

DATA = Path(__file__).resolve().parent.parent / "data" / "sample_projects.json"
MOST_WORDS = 192  # of a description; the rules allow 150 to 200
NOTE = "This project is made up: it is sample data, to show how the prize works."
JOINING = frozenset({"of", "on", "in", "by", "for", "without", "to", "at", "from", "and", "with", "next"})
SUFFIXES = ["for All", "for Islands", "for Small Towns", "in Five Languages", "by Message", "{country}", ""]
PREFIXES = ["Open", "Our", "Mobile", "National", "Village", "{word}", "{word}", "{word}", "{country}"]

# One sentence of each bank goes into a description, in this order, as long as there is room.
STARTS = [
    "The work began in {year} with {team} people at {entity}, and it now runs in {places} places with {users} users.",
    "{entity} tried it in two districts in {year}; since then {places} others have asked for it, and {users} people take part.",
    "What started as a pilot of six months in {year} has become a service that {users} people in {places} municipalities rely on.",
    "A team of {team} at {entity} built the first version in {year} and tested it with {places} groups before anyone else could use it.",
    "Since {year} it has grown from one office to {places}, and {users} people have used it at least once.",
]
MIDDLES = [
    [
        "Those who use it helped to design it: a council of {team} members meets every month and can stop any change.",
        "Every feature was asked for by users, written down in their words and removed again when nobody needed it.",
        "Staff spent the first months listening, and threw the first two designs away.",
        "Half of the decisions are taken by the people concerned, who elect their representatives once a year.",
    ],
    [
        "It works on the cheapest phones, without a connection for up to {days} days, and in the languages spoken at home.",
        "Everything can be done by voice, by text or at a desk, so that nobody is left out for lack of a screen.",
        "The screens were tested with blind users, with people who cannot read and on connections that fail every few minutes.",
        "A paper form gives the same result for those who prefer it, and {percent} per cent still do.",
    ],
    [
        "An outside survey found that waiting fell from {days} days to one, and that {percent} per cent would recommend it.",
        "Costs per person fell by {percent} per cent in the second year, as the published accounts show.",
        "Before, {percent} per cent of those concerned were reached; last year it was nearly everybody in the district.",
        "In a comparison with similar districts, {percent} per cent more women took part, and the difference has lasted.",
    ],
    [
        "The software and the training material are free, and groups in {team} countries have adapted them.",
        "Each new place pays for its own staff, while the common platform is kept by a small association of all partners.",
        "Running it costs less than one cent a day for each user, which the municipality has written into its budget.",
        "Fees from larger organizations pay for small ones, so that the service no longer depends on grants.",
    ],
    [
        "Training takes one afternoon, and those who have finished it teach their neighbours in turn.",
        "A help line answers within a minute, also at the weekend, and its questions decide what is improved next.",
        "New members are visited at home or at work by someone who has used the service for a year.",
        "Open days in markets, schools and clinics brought in most of the people who use it today.",
    ],
    [
        "Not everything went well: the first devices broke in the heat, and {percent} per cent had to be replaced.",
        "The hardest part was trust, which came only after neighbours had seen mistakes being admitted and corrected.",
        "A flood destroyed the first centre, and the rebuilt one keeps its servers on the upper floor.",
        "Two partners left in the second year, and what they had done was taken over by volunteers.",
    ],
    [
        "In the coming year the team wants to reach the {places} districts that have no service so far.",
        "Next comes a version for schools, which pupils are already testing in their free time.",
        "The plan until next year is written by the users themselves and stands on the project's page.",
        "The partners are preparing a second phase with three neighbouring countries.",
    ],
]
IMPACTS = {
    "economic_impact": [
        "A household saves the price of {days} journeys to town in a year, which is more than a week's income for many.",
        "The project employs {team} people, most of them in places where work is scarce, and buys from local firms.",
        "Small businesses report that their costs fell by {percent} per cent once they used the service regularly.",
        "Every coin spent returned three within two years, according to the accounts that an independent office checked.",
        "Young people who were trained here have founded {team} firms, and most of these are still in business.",
    ],
    "social_impact": [
        "{percent} per cent of those who take part are women, and women lead {team} of the local groups.",
        "Older people and people with disabilities use the service as often as others, which the yearly survey confirms.",
        "Families say that they know their rights better and that officials treat them with more respect than before.",
        "Children spend {days} more days a year at school, since errands no longer take whole mornings.",
        "Groups that hardly spoke to each other now plan together, and conflicts are settled before they reach a court.",
    ],
    "environmental_impact": [
        "Fewer journeys mean less fuel: the partners measured a fall of {percent} per cent in the first two years.",
        "Devices are repaired {days} times on average before they are taken apart, and nothing is thrown on the dump.",
        "Most centres run on sunlight, and what they do not need goes to the neighbours.",
        "Paper use in the offices concerned fell by {percent} per cent, and old files were recycled by a local mill.",
        "Measurements from the project are open, so that others can plan with them and protect what is left.",
    ],
    "partnerships": [
        "{entity} works with the municipality, two universities, a network operator and {team} local associations.",
        "Each partner signed a page that says what it gives, what it receives and how it can leave.",
        "The ministry pays for connections, companies lend engineers, and volunteers look after {places} places.",
        "Decisions are taken by a board in which public bodies, firms and citizens have the same number of seats.",
        "Sister projects in {team} countries exchange staff and code with the team every year.",
    ],
    "challenges": [
        "Electricity fails often, so that every part has to survive {days} hours without it.",
        "Staff who have been trained find better pay in the capital, and the team therefore trains more than it needs.",
        "Laws on data protection changed while the work was going on, and {percent} per cent of the forms were rewritten.",
        "The next step is to reach the {places} places that are hardest to travel to, with partners who live there.",
        "Money is secured for two years, and after that the municipalities have agreed to carry the costs together.",
    ],
}
LINKAGES = [
    "Through this Action Line the project serves goal {number}, {title}: {percent} per cent of those it reaches had no access "
    "to such services before, and the figures are published every year.",
    "Goal {number}, {title}, was part of the plan from the first day. The {places} local groups report what changed for their "
    "members, and an outside office checks these reports.",
    "What the project offers makes it easier to reach goal {number}, {title}, because people in {places} places can act on "
    "information that used to stay in the capital.",
    "The link to goal {number}, {title}, is direct: the technology was chosen so that those with the least money, time and "
    "connection profit first, and surveys show that they do.",
    "For goal {number}, {title}, the partners agreed on two indicators, measured them before the start, and found that both "
    "had improved by {percent} per cent after three years.",
]
REASONS = [
    "The experts found the results well measured and the method easy to repeat elsewhere.",
    "Of the five champions it did most for people whom others do not reach.",
    "It has lasted without grants for three years, and users decide about it.",
    "The partners share work and decisions, and what they learned is open to everyone.",
    "A small team with small means changed a service for a whole region.",
]


class Idea(NamedTuple):
    """What a project is about: a name, and a sentence that says what it does."""

    name: str
    sentence: str


def ideas() -> dict[str, list[Idea]]:
    """The ideas of each Action Line, by its code."""
    return {line: [Idea(*row) for row in rows] for line, rows in json.loads(DATA.read_text(encoding="utf-8")).items()}


def title(idea: Idea, *, country: str, taken: set[str], rng: random.Random) -> str:
    """A title that is not in `taken` (keys of titles): the idea's name, or it with a word before or behind. Adds its key."""
    is_short = not JOINING & set(idea.name.lower().split())
    name = idea.name
    for number in count():
        if similar_titles.title_key(name) not in taken:
            break
        before, behind = "", ""
        if rng.random() < 0.5 and is_short:
            before = rng.choice(PREFIXES)
        else:
            behind = rng.choice(SUFFIXES)
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
    text = rng.choice(bank).format(**values)
    return text[0].upper() + text[1:]


def description(idea: Idea, *, values: dict[str, str], rng: random.Random) -> str:
    """Compose a short description of 150 to 192 words (prizes.nominations.form.word_count); the last sentence says that it is sample data."""
    parts = [idea.sentence, _sentence(STARTS, values=values, rng=rng)]
    left = MOST_WORDS - word_count.count(" ".join([*parts, NOTE]))
    for bank in MIDDLES:
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
        for name, bank in IMPACTS.items()
    }


def linkage(number: int, *, title: str, values: dict[str, str], rng: random.Random) -> str:
    """How a project advances one goal: 27 to 45 words."""
    return rng.choice(LINKAGES).format(number=number, title=title, **values)
