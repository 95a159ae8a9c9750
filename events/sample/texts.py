"""Titles and descriptions of sample sessions, composed from topics so that no two read the same. No ORM."""

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


PLACES = [
    "West Africa", "the Sahel", "East Africa", "Southern Africa", "Central Africa", "the Horn of Africa", "the Maghreb",
    "the Nile valley", "the Levant", "the Gulf", "Central Asia", "the Caucasus", "Eastern Europe", "the Western Balkans",
    "the Baltic states", "the Nordic countries", "the Alpine countries", "Southern Europe", "South Asia", "the Himalaya",
    "the Mekong region", "Maritime South-East Asia", "East Asia", "the Pacific islands", "Melanesia", "Australia and New Zealand",
    "the Caribbean", "Central America", "the Andes", "the Amazon basin", "the Southern Cone", "North America",
]  # fmt: skip
TITLES = {
    "country_workshop": "{hook}: lessons from {place}",
    "ict_case_study": "A case from {place}: {subject}",
    "knowledge_cafe": "{hook}? A knowledge café on {subject}",
    "open_space_talk": "{hook}: a talk from {place}",
    "information_session": "Results from {place}: {subject}",
    "policy_session": "Policies for {place}: {subject}",
    "interactive_session": "{hook}: {place} at the table",
    "hackathon": "Hackathon for {place}: {subject}",
    "networking": "Meet the makers from {place}: {subject}",
    "wsis_talkx": "{hook}: a story from {place}",
    "high_level_policy_session": "High-level policy session {number}: {subject}",
    "high_level_dialogue": "High-level dialogue: {subject}",
    "ministerial_round_table": "Ministerial round table: {subject}",
    "action_line_facilitation": "{line} facilitation meeting: {subject}",
}
USUAL_TITLES = ["{hook}: {subject}", "{hook}: {subject} in {place}", "{Subject}: what works in {place}"]
OPENINGS = [
    "The session looks at experience from {place} and asks what can be carried over to other regions.",
    "Speakers from {place} meet colleagues who face the same task under other conditions.",
    "Examples from {place} open the discussion, and participants are asked to add their own.",
    "After a short report from {place} the floor is open, and the moderator takes remote questions first.",
    "Teams from {place} have worked on this for several years and bring figures, including those that disappointed them.",
    "The starting point is {place}, where needs are great and solutions have had to be modest.",
]
FORMATS = {
    "thematic_workshop": "The workshop closes with a short list of actions that each organization present is ready to take up.",
    "country_workshop": "National partners take part from several ministries, and the report goes to the regional preparatory meeting.",
    "interactive_session": "Half of the time belongs to the audience, and a poll at the end shows where opinions have moved.",
    "information_session": "The presentation lasts half an hour, and the authors stay online for questions as long as there are any.",
    "policy_session": "The conclusions will be offered as input to the high-level track of the final week.",
    "knowledge_cafe": "Participants move between four small tables, and each table notes one agreement and one dispute.",
    "open_space_talk": "One speaker, fifteen minutes, and then a conversation without slides.",
    "ict_case_study": "The case is told in the order in which it happened, with budget, setbacks and the state of today.",
    "special_track": "The session belongs to the special track “{track}” and prepares its contribution to the final week.",
    "hackathon": "Teams of up to five work for one day on open data, and mentors can be reached throughout.",
    "networking": "Bring a card with what you offer and what you seek; the hosts make the introductions.",
    "wsis_talkx": "The talk is part of a series in which one person tells one story of technology in a life.",
    "action_line_facilitation": "The facilitators report on the year behind them and agree with stakeholders on the work of the next.",
}
OTHER_FORMAT = "Statements are limited to three minutes, and a summary of the moderator is published within two days."
CLOSINGS = [
    "Live captions are provided, and slides are shared before the start.",
    "No previous knowledge is needed, and questions may be sent in any of the six official languages.",
    "The recording and a summary of one page will be published after the session.",
    "Participants who connect by telephone only are welcome; all figures are read out.",
    "A working paper is open for comments until the end of the Forum.",
    "The organizers look for partners for a second phase and will stay online for another quarter of an hour.",
    "Results feed into the outcome document of the Forum.",
    "Practitioners, students and officials are all invited, as this debate needs each of them.",
]
SAMPLE_NOTE = "*This session is sample data: it shows what the programme looks like.*"


def topics() -> list[Topic]:
    """Return the topics that sessions are composed from, at least four for each Action Line."""
    rows: list[Topic] = data("sample_texts")["topics"]
    return rows


def topics_of_tracks() -> dict[str, list[Topic]]:
    """Return the topics that suit each special track, by the track's name."""
    by_hook = {topic["hook"]: topic for topic in topics()}
    return {track: [by_hook[hook] for hook in hooks] for track, hooks in data("sample_texts")["tracks"].items()}


def named(title: str) -> Topic:
    """Return the text of a named session of 2020 in the form of a topic."""
    row: Topic = data("sample_texts")["named"][title]
    return row


def title(topic: Topic, *, type_code: str, place: str, rng: random.Random, number: int = 0, line: str = "") -> str:
    """Compose a title, 250 characters at most."""
    pattern = TITLES.get(type_code) or rng.choice(USUAL_TITLES)
    subject = topic["subject"]
    return pattern.format(
        hook=topic["hook"],
        subject=subject,
        Subject=subject[0].upper() + subject[1:],
        place=place,
        number=number,
        line=line,
    )[:250]


def description(topic: Topic, *, type_code: str, place: str, track: str, rng: random.Random, is_invented: bool) -> str:
    """Compose a description in Markdown, 80 to 150 words."""
    questions = "\n".join(f"- {question}" for question in rng.sample(topic["questions"], k=3))
    form = FORMATS.get(type_code, OTHER_FORMAT).format(track=track)
    closing, middle = rng.sample(CLOSINGS, k=2)
    first = f"{topic['problem']} {topic['practice']}"
    if is_invented:
        opening = rng.choice(OPENINGS).format(place=place)
        return f"{first}\n\n{opening} {form}\n\n{questions}\n\n{closing}\n\n{SAMPLE_NOTE}"
    return f"{first}\n\n{form} {middle}\n\n{questions}\n\n{closing}"


# Two sessions of the current edition in the other languages of the site: title, description.
TRANSLATIONS = {
    "fr": [
        (
            "Villages connectés : les réseaux communautaires là où le marché ne va pas",
            "Là où la prochaine antenne ne serait jamais rentable, des villages ont construit la leur : quelques relais, "
            "une liaison partagée et une coopérative qui l’entretient. Les intervenants présentent leurs coûts par foyer "
            "et les réparations des trois premières années.\n\n*Cette session est un exemple : elle montre à quoi "
            "ressemble le programme.*",
        ),
        (
            "Une bibliothèque sans murs : les bibliothèques publiques, portes d’entrée du numérique",
            "Les portes des bibliothèques sont ouvertes aux personnes qui ne possèdent aucun appareil. Des bibliothécaires "
            "montrent ce que coûte une antenne connectée et ce que le public y fait, de la lettre de candidature au "
            "dossier de retraite.\n\n*Cette session est un exemple : elle montre à quoi ressemble le programme.*",
        ),
    ],
    "ar": [
        (
            "قرى متصلة: شبكات مجتمعية حيث لا يصل السوق",
            "في الأماكن التي لن يكون فيها البرج التالي مربحاً، بنت القرى شبكاتها بنفسها: بضعة هوائيات ووصلة مشتركة "
            "وتعاونية تتولى صيانتها. ويعرض المتحدثون تكاليفهم لكل أسرة وأعمال الإصلاح في السنوات الثلاث الأولى.\n\n"
            "*هذه الجلسة مثال يبيّن شكل البرنامج.*",
        ),
        (
            "مكتبة بلا جدران: المكتبات العامة بوابة إلى العالم الرقمي",
            "أبواب المكتبات مفتوحة لمن لا يملكون أي جهاز. ويبيّن أمناء المكتبات تكلفة فرع متصل بالإنترنت وما يفعله "
            "الزوار فيه، من رسائل طلب العمل إلى استمارات التقاعد.\n\n*هذه الجلسة مثال يبيّن شكل البرنامج.*",
        ),
    ],
}
