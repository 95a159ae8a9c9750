"""What a file says, whatever its format: a programme, its sessions and persons, and what could not be used."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Room
from events.shared.formatting.plain_text import clean
from events.shared.tables.answers import Question
from events.shared.tables.headers import Header
from events.shared.tables.looks import Problem
from events.shared.tables.spreadsheet_reader import MAX_ROWS

MAX_SESSIONS = MAX_ROWS
MAX_PROBLEMS = 1_000
BIOGRAPHY_LIMIT = 5_000  # characters that are kept


@dataclass(slots=True)
class ReadSpeaker:
    """Somebody who speaks. `origin` is the identity in the file, "" for none; `role` one of Appearance.Role or "";
    `affiliation` the name of an organisation."""

    name: str
    origin: str = ""
    role: str = ""
    biography: str = ""
    position: str = ""
    affiliation: str = ""


@dataclass(slots=True)
class Talk:
    """One session of a file. None: the file says nothing about it, and what the forum has is left alone.

    `where` is the place in the file as people find it (“event 6561, line 12”). `origin` is the identity in the file as
    it stands there; "" where it has none. Times are aware.
    """

    where: str
    title: str
    origin: str = ""
    code: str = ""
    number: int | None = None
    description: str | None = None
    has_no_text: bool = False  # it is what stands beside one: a subtitle, links
    type: str | None = None
    track: str | None = None
    room: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    offset: timedelta | None = None  # of the start, where the file wrote one
    is_cancelled: bool | None = None
    state: str = ""  # a word for whether it is cancelled
    languages: list[str] | None = None
    captioning: list[str] | None = None
    interpretation: list[str] | None = None
    persons: list[ReadSpeaker] | None = None
    recording_url: str | None = None
    broadcast_url: str | None = None
    sequence: int | None = None
    organisers: list[str] | None = None
    action_lines: list[str] | None = None
    sdgs: list[str] | None = None
    categories: list[str] | None = None
    capacity: int | None = None
    meeting_url: str | None = None


@dataclass(slots=True)
class Programme:
    """What a file holds. `is_ours`: this software wrote it, so its texts are taken exactly as they are."""

    title: str = ""
    theme: str = ""
    zone: str = ""
    starts: date | None = None
    ends: date | None = None
    is_ours: bool = False
    has_one_language: bool = False  # frab's files name one language of a session
    has_plain_texts: bool = False  # our calendars say Markdown without its marks
    talks: list[Talk] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rooms: dict[str, Room] = field(default_factory=dict)  # what it says of each, by name
    tracks: list[str] = field(default_factory=list)
    hidden_problems: int = 0
    headers: Sequence[Header] = ()  # of a table
    told_people: list[tuple[Talk, dict[str, str | list[str]]]] = field(
        default_factory=list
    )  # RawEvent.told_people of each
    questions: list[Question] = field(default_factory=list)  # about them

    def unusable(self, where: str, text: str, *, columns: Sequence[str] = ()) -> None:
        """Report a line that is not used; of a table, the first of these columns that it has is named as the file does."""
        named = [header.text for column in columns for header in self.headers if header.column == column]
        if named:
            where = _("%(row)s, column %(name)s") % {"row": where, "name": named[0]}
        self._tell(Problem(clean(where), clean(text)))

    def note(self, where: str, text: str) -> None:
        """Report that a part of a line is left out or changed; the rest is used."""
        self._tell(Problem(clean(where), clean(text), is_note=True))

    def _tell(self, problem: Problem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)
        else:
            self.hidden_problems += 1


def refusal(text: str, *, code: str) -> ValidationError:
    """The one exception that readers let out: the file as a whole cannot be used, and why."""
    return ValidationError(text, code=code)
