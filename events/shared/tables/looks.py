"""What a file would do, or did, be it a table or a programme: all that the preview shows (templates/admin/events/exchange/)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.shared.tables.answers import Question
from events.shared.tables.headers import Header

TOLD = 5  # rows that are refused when the file comes in


class Problem(NamedTuple):
    """What cannot be used of a file, or (`is_note`) what was left out of a line that is used. `where`: the place as people find it;
    `rows`: which rows of the file come in only where somebody corrects them."""

    where: str
    text: str
    is_note: bool = False
    rows: Sequence[int] = ()


class LookedRow(NamedTuple):
    """A row that is new or changes: its name, each column that changes with its cell before and after, the cells of a new one."""

    name: str
    shown: list[tuple[str, str, str]]
    cells: list[str]


@dataclass
class Look:
    """What a file does. `headers`: of a table, and what these may mean (`columns`). `heads`: of the cells of new rows; `keys`: of the
    rows of each kind, where these are one model's; `digest`: another one as soon as it would do something else."""

    headers: Sequence[Header] = ()
    columns: Sequence[tuple[str, Any]] = ()
    errors: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    heads: Sequence[str] = ()
    new: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    same: list[Any] = field(default_factory=list)
    keys: Mapping[str, list[Any]] = field(default_factory=dict)
    digest: str = ""
    is_refused: bool = False  # a row, or the whole table, cannot come in
    clashes: list[str] = field(default_factory=list)  # of sessions: the first of them in words
    more_clashes: int = 0
    released: int | None = None
    told: list[str] = field(default_factory=list)  # what is said once it is in

    @property
    def left_out(self) -> list[str]:
        """The columns that hold something and are not used."""
        return [header.text for header in self.headers if header.is_left_out]

    @property
    def is_empty(self) -> bool:
        """Whether all of it is here already."""
        return not (self.new or self.changed)

    def check_seen(self, digest: str | None) -> None:
        """Refuses (`moved-meanwhile`) what is not what somebody saw and agreed to; None: nobody had to."""
        if digest is None or (self.digest == digest and not self.is_refused):
            return
        words = _("Somebody has changed something since, and the file would do something else now. Look at it again")
        rows = [f"{capfirst(error.where)}: {error.text}." for error in self.errors[:TOLD] if self.is_refused]
        raise ValidationError([ValidationError(text, code="moved-meanwhile") for text in rows or [words]])
