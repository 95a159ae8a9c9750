"""Who speaks, out of texts that name several: “Conway, Radia (ITU), Wirth, John (UN)” are two people, and so are “Radia Conway,
John Wirth”. What a comma means is the same in a whole file; where nothing in it tells, somebody is asked."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from django.utils.translation import gettext as _

from events.exchange.readers.records import Programme, ReadSpeaker, Talk
from events.models import Appearance
from events.shared.formatting.plain_text import line
from events.shared.formatting.similar_names import plain
from events.shared.tables.answers import LEAVE, LONGEST, Answers, Questions
from events.shared.tables.cells import meaning

FIRST = "first"  # a reading: the first part is a name, the others are what its bearer does; else the size of each name, such as “122”
PAIRS, SINGLES, EACH = "pairs", "singles", "each"  # what is said of all texts of a file
OUTSIDE = r"(?![^(（]*[)）])"  # not within brackets
ALWAYS = re.compile(rf"[;；؛、|\n•]{OUTSIDE}")  # parts people, whatever the file
AND = "and|et|und|&"
WHOLE = r"(?=[^\s,،;]+\s+[^\s,،;(（–—-])"  # a first and a last name follow
# “y” and “e” stand within names, too (“Ortega y Gasset”, “da Costa e Silva Santos”): what they part is asked about.
WEAK = rf"\s+(?:и|و|と|和|与)\s+{WHOLE}"
OFTEN = re.compile(
    rf"\s*[,，،]\s*(?:({AND})\s+)?{OUTSIDE}|\s+({AND}|/)\s+{OUTSIDE}|({WEAK}){OUTSIDE}|\s+(?P<within>[ye])\s+{WHOLE}{OUTSIDE}"
)
BRACKET = re.compile(r"(.*?\S)(?:\s*[(（]([^()（）]*)[)）]|\s+[-–—]\s+(.+))")
NO_BLANKS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af]"
)  # whole names are one word there
ACRONYM = re.compile(r"[A-Z]{2,6}")
with Path(__file__).with_name("name_words.csv").open(encoding="utf-8", newline="") as file:
    NAMED = {row["kind"]: frozenset(row["words"].split()) for row in csv.DictReader(file)}
PARTICLES, SUFFIXES, TITLES = NAMED["particles"], NAMED["suffixes"], NAMED["titles"]
POSTS, BODIES = NAMED["posts"], NAMED["bodies"]
# Some are names without a point: Eng Wei, He Jiankui.
TITLE = re.compile(
    rf"(?:(?:{'|'.join(map(re.escape, sorted(TITLES - {'eng', 'he', 'h', 'e'})))})\b\.?\s*|(?:h\. ?e|eng)\.\s*)+(?=\w)",
    re.IGNORECASE,
)
UNKNOWN_PERSON = re.compile(r"to be |tb[acd]\b|n/a\b", re.IGNORECASE)
LONGEST_NAME, MOST_PARTS, MOST_ASKED = 80, 5, 3
ROLES = frozenset(Appearance.Role.values)


@dataclass(slots=True)
class NamePart:
    """A piece of a text between commas, and what stands in brackets behind it. `is_joined`: “and” follows; `within`: the one that
    may also stand within a name."""

    name: str
    bracket: str = ""
    is_joined: bool = False
    within: str = ""

    @property
    def words(self) -> list[str]:
        return re.findall(r"[^\s.]+", self.name.casefold())

    @property
    def role(self) -> str:
        return self.bracket.casefold() if self.bracket.casefold() in ROLES else ""

    @property
    def is_no_name(self) -> bool:
        """Whether it is a post or a body, or the short name of one."""
        return not (POSTS | BODIES).isdisjoint(self.words) or bool(ACRONYM.fullmatch(self.name))

    @property
    def is_whole(self) -> bool:
        """Whether it is a first name with a last one."""
        words = [word for word in self.words if word not in TITLES]
        is_one = len(words) > 1 and words[0] not in PARTICLES
        return (is_one or bool(NO_BLANKS.search(self.name))) and not self.is_no_name

    @property
    def may_be_last_name(self) -> bool:
        """Whether it is a name of one word, with a title or a particle before it, or all in capitals."""
        rest = [word for word in self.words if word not in PARTICLES | TITLES]
        return len(rest) <= 1 or self.name.isupper()

    def person(self, name: str = "", *, position: str = "") -> ReadSpeaker:
        found = ReadSpeaker(name or self.name, role=self.role, position=position)
        if self.bracket and not self.role:
            is_post = "," in self.bracket or not POSTS.isdisjoint(re.findall(r"\w+", self.bracket.casefold()))
            setattr(found, "position" if is_post else "affiliation", line(self.bracket, most=200))
        return found


@dataclass(slots=True)
class Piece:
    """A text that nothing parts for sure, with its parts. `is_one`: other signs part the people of its text already."""

    text: str
    is_one: bool
    parts: list[NamePart] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = 0
        for found in [*OFTEN.finditer(self.text), None]:
            text = self.text[at : found.start() if found else None].strip()
            at = found.end() if found else at
            match = BRACKET.fullmatch(text)
            name, bracket = (match[1], match[2] or match[3] or "") if match else (text, "")
            if self.parts and not self.parts[-1].bracket and name.replace(".", "").casefold() in SUFFIXES:
                self.parts[-1].name += f" {name}"
                self.parts[-1].bracket = bracket
            elif name:
                self.parts.append(NamePart(name, bracket))
            if found and self.parts:
                self.parts[-1].is_joined, self.parts[-1].within = any(found.groups()), found["within"] or ""

    @property
    def runs(self) -> list[list[NamePart]]:
        """The parts up to each bracket, or “and”: both end a person."""
        found: list[list[NamePart]] = [[]]
        for part in self.parts:
            found[-1].append(part)
            if part.bracket or part.is_joined:
                found.append([])
        return [run for run in found if run]

    @property
    def pairs(self) -> str:
        """How long each name is where they are written “Last, First”; "" where they cannot be."""
        runs = self.runs
        if any(len(run) > 1 and (len(run) % 2 or any(part.is_no_name for part in run[1::2])) for run in runs):
            return ""
        return "".join("1" if len(run) == 1 else "2" * (len(run) // 2) for run in runs)

    @property
    def singles(self) -> str:
        return "1" * len(self.parts)

    @property
    def are_with_bodies(self) -> bool:
        """Whether each one or two parts end with a bracket that holds no role."""
        return all(len(run) < 3 and run[-1].bracket and not run[-1].role for run in self.runs)

    @property
    def are_pairs(self) -> bool:
        """Whether brackets that hold no role, an “and” inside, capitals, or other signs between people tell of pairs."""
        runs = [run for run in self.runs if len(run) > 1]
        pairs = [run[n : n + 2] for run in runs for n in range(0, len(run), 2)] if self.pairs else []
        if not pairs or any(last.is_whole and first.is_whole for last, first in pairs):
            return False
        may_be_lasts = [last.may_be_last_name for last, _first in pairs]
        if any(run[-1].bracket and not run[-1].role for run in runs):
            return any(may_be_lasts)  # “Radia Conway, Google (Geneva)” alone tells nothing
        are_capitals = not self.text.isupper() and all(last.name.isupper() for last, _first in pairs)
        is_told = (
            are_capitals or any(part.is_joined for part in self.parts[:-2]) or (self.is_one and len(self.parts) == 2)
        )
        return is_told and all(may_be_lasts)

    @property
    def are_singles(self) -> bool:
        return all(part.is_whole for part in self.parts) and not self.is_one

    @property
    def reading(self) -> str:
        """What it says by itself; "" where the rest of the file, or somebody, has to tell."""
        is_joined = any(part.is_joined for part in self.parts)
        if any(part.within for part in self.parts):
            return ""
        if len(self.parts) == 1 or (self.pairs == self.singles and not is_joined):
            return self.singles
        if self.are_pairs:
            return self.pairs
        if self.is_one and all(part.is_no_name for part in self.parts[1:]):
            return FIRST
        return self.singles if self.are_singles else ""

    @property
    def readings(self) -> list[str]:
        """All that it may say: each way to take its parts one by one or in pairs, or a name and what its bearer does."""
        count, some = len(self.parts), [self.pairs, self.singles]
        if count <= MOST_PARTS:
            sizes = ("".join(found) for n in range(1, count + 1) for found in product("12", repeat=n))
            some += [found for found in sizes if sum(map(int, found)) == count]
        return [*dict.fromkeys(filter(None, some)), FIRST]

    def people(self, reading: str) -> list[ReadSpeaker]:
        """Who speaks where it is read so."""
        if reading == FIRST:
            last = self.parts[-1]
            rest = [
                f"{part.name} ({part.bracket})" if part.bracket and not part.role else part.name
                for part in self.parts[1:]
            ]
            return [ReadSpeaker(self.parts[0].name, role=last.role, position=line(", ".join(rest), most=200))]
        parts = iter(self.parts)
        return [next(parts).person() if size == "1" else _whole(next(parts), next(parts)) for size in reading]


def _whole(last: NamePart, first: NamePart) -> ReadSpeaker:
    """“Dr. Conway” and “Radia (ITU)” → Dr. Radia Conway, of ITU; two parts with “and” between them stay so."""
    if last.is_joined:
        return first.person(f"{last.name} {last.within or '&'} {first.name}")
    titles = [word for word in last.name.split() if word.casefold().replace(".", "") in TITLES]
    names = [word for word in last.name.split() if word not in titles]
    return first.person(" ".join([*titles, first.name, *names]))


def bare(name: str) -> str:
    """A name as it is compared: without the forms of address before it, in small letters."""
    told = TITLE.match(name.strip())
    return plain(name.strip()[told.end() if told else 0 :]) or name.casefold()


def pieces_of(told: str | list[str]) -> list[Piece]:
    """The pieces of a text that names people; or of several, each of which names one."""
    found = [piece.strip(" \t,，،") for piece in (ALWAYS.split(told) if isinstance(told, str) else told)]
    found = [piece for piece in found if piece]
    return [Piece(piece, is_one=len(found) > 1 or not isinstance(told, str)) for piece in found]


class SpeakerNames:
    """Reads what the sessions of a whole file say of their speakers (`Programme.told_people`). What it cannot tell becomes one of
    the programme's questions; until that is answered, such a session says nothing of its speakers."""

    def __init__(self, programme: Programme, *, answers: Answers) -> None:
        self.programme, self.questions = programme, Questions(answers)
        told = [
            (talk, [(role, piece) for role, text in texts.items() for piece in pieces_of(text)])
            for talk, texts in programme.told_people
        ]
        pieces = [piece for _talk, found in told for _role, piece in found]
        self.has_pairs = any(piece.are_pairs for piece in pieces)
        self.has_singles = any(
            piece.are_singles for piece in pieces if len(piece.parts) > 1 and not self._is_pair(piece)
        )
        self.usual = ""
        opened = {piece.text: piece for piece in pieces if not self._reading(piece)}
        if len(opened) > MOST_ASKED:
            first = next(iter(opened.values()))
            offered = {PAIRS: first.pairs, SINGLES: first.singles, FIRST: FIRST}
            self.usual = self._asked("*", first, {key: found for key, found in offered.items() if found} | {EACH: ""})
        for talk, found in told:
            self._settle(talk, found)
        programme.questions += self.questions.asked.values()

    def _is_pair(self, piece: Piece) -> bool:
        return self.has_pairs and bool(piece.pairs) and piece.are_with_bodies

    def _reading(self, piece: Piece) -> str:
        """What a piece says by itself, or by what the others of the file say."""
        own = piece.reading
        if len(piece.parts) == 1 or piece.pairs == own or own == FIRST:
            return own
        if self._is_pair(piece):
            return piece.pairs
        if self.has_pairs and own:  # “Radia Conway, John Wirth” among people of whom the last name stands first
            return "" if piece.pairs else own
        lasts = [run[n] for run in piece.runs if len(run) > 1 for n in range(0, len(run), 2)]
        are_lasts = bool(piece.pairs) and all(part.may_be_last_name for part in lasts)
        if self.has_pairs and not self.has_singles and are_lasts and not any(part.is_joined for part in piece.parts):
            return piece.pairs
        return own

    def _settle(self, talk: Talk, told: Sequence[tuple[str, Piece]]) -> None:
        people: list[ReadSpeaker] = []
        talk.persons = None
        for role, piece in told:
            reading = self._reading(piece) or self._answered(piece)
            if not reading:
                return
            found = piece.people(reading) if reading != LEAVE else []
            people += [replace(one, role=one.role or role) for one in found]
        known = {(bare(one.name), one.affiliation.casefold()): one for one in reversed(people)}
        talk.persons = [person for person in reversed(known.values()) if self._is_name(person, talk=talk)]

    def _is_name(self, person: ReadSpeaker, *, talk: Talk) -> bool:
        is_told = not UNKNOWN_PERSON.match(person.name) and not meaning(person.name, "nothing")
        if is_name := len(person.name) <= LONGEST_NAME and is_told:
            return is_name
        self.programme.note(talk.where, _("“%(text)s” is nobody’s name: left out") % {"text": person.name[:80]})
        return False

    def _answered(self, piece: Piece) -> str:
        usual = {PAIRS: piece.pairs, SINGLES: piece.singles, FIRST: FIRST}.get(self.usual, "")
        if usual or (not self.usual and _key("*") in self.questions.asked):
            return usual
        return self._asked(piece.text, piece, {found: found for found in [*piece.readings, LEAVE]})

    def _asked(self, text: str, piece: Piece, offered: Mapping[str, str]) -> str:
        """Ask how a piece is to be read; return the answer, "" while there is none."""
        choices = [(answer, _words(piece, answer, found)) for answer, found in offered.items()]
        of = _("all such speakers, as in") if text == "*" else _("speakers")
        return self.questions.choose(piece.text, key=_key(text), of=of, offered=choices)


def _key(text: str) -> str:
    return f"people:{line(text, most=LONGEST).casefold()}"


def _words(piece: Piece, answer: str, reading: str) -> str:
    """An answer as the page shows it: who they are then."""
    if answer in {LEAVE, EACH}:
        return _("Leave it out") if answer == LEAVE else _("It differs: ask about each")
    found = piece.people(reading)
    return "; ".join(f"{one.name} ({told})" if (told := one.position or one.affiliation) else one.name for one in found)
