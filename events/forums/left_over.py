"""What is still last year's in a forum that was made from another: texts that name it, dates that do not fit, links to follow,
what is not said yet, and what is not public yet."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import DateField, JSONField, Model, TextField
from django.db.models.fields import CharField, SlugField
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.forums import copied_rows
from events.forums.copied_rows import HIDDEN, OF_THE_YEAR
from events.forums.hooks import CopiedRows
from events.models import Forum
from events.shared.formatting.times import long_date

AROUND = 40  # characters shown on each side of what a text names
LINK = re.compile(r"https?://[^\s)>\"]+")
NEVER_SAID = {"slug", "is_sample", "broadcast_audience", "list_of_participants", "list_published"}
NOT_SAID = sorted(OF_THE_YEAR - NEVER_SAID)


class RowToMend(NamedTuple):
    """A row that somebody has to look at, which of its fields, and what stands there or what is wrong."""

    row: Model
    field: str
    words: str

    @property
    def kind(self) -> str:
        """What the row is: a call is called like its forum."""
        return str(capfirst(self.row._meta.verbose_name))


@dataclass(frozen=True)
class LeftOver:
    """What is still last year's in a forum. `slug`, `starts`, `ends`: of the one before, as the history has them."""

    forum: Forum
    slug: str
    starts: date
    ends: date
    now: datetime
    # The rows that were taken over and are there now; the forum stands first.
    rows: list[Model] = field(init=False)

    def __post_init__(self) -> None:
        known: list[CopiedRows] = [rows for part in copied_rows.parts() for rows in part.rows]
        found = [row for rows in known for row in copied_rows.of_forum(rows, self.forum)]
        object.__setattr__(self, "rows", [self.forum, *found])

    @cached_property
    def years(self) -> list[int]:
        """The years of the forum before in which this one is not."""
        return sorted({self.starts.year, self.ends.year} - {self.forum.starts.year, self.forum.ends.year})

    @cached_property
    def days_gone(self) -> int:
        """By how many days the forum is shorter than the one before."""
        return max((self.ends - self.starts).days - (self.forum.ends - self.forum.starts).days, 0)

    def texts(self) -> Iterator[RowToMend]:
        """Texts that name a year of the forum before, or its address."""
        words = [*(rf"\b{year}\b" for year in self.years), rf"/{re.escape(self.slug)}/"]
        pattern = re.compile("|".join(words))
        for row, name, text in self._texts():
            if match := pattern.search(text):
                yield RowToMend(row, name, _around(text, match))

    def links(self) -> Iterator[RowToMend]:
        """Texts with links: where they lead may be last year's."""
        for row, name, text in self._texts():
            if found := LINK.findall(text):
                yield RowToMend(row, name, ", ".join(dict.fromkeys(found)))

    def dates(self) -> Iterator[RowToMend]:
        """Dates in the past, outside the days of the forum, or in the wrong order."""
        for row in self.rows:
            moments = [each for each in row._meta.concrete_fields if isinstance(each, DateField) and each.editable]
            for each in moments:
                if words := self._wrong_with(getattr(row, each.name)):
                    yield RowToMend(row, str(capfirst(each.verbose_name)), words)
            try:
                if moments and row is not self.forum:
                    row.clean()
            except ValidationError as refusal:
                yield RowToMend(row, "", " ".join(refusal.messages))

    def not_said(self) -> Iterator[RowToMend]:
        """Fields that belong to one year: they were not taken over, and are still empty."""
        for name in NOT_SAID:
            if not getattr(self.forum, name):
                yield RowToMend(self.forum, _label(self.forum, name), "")

    def not_public(self) -> Iterator[RowToMend]:
        """What nobody outside sees yet."""
        for row in self.rows:
            if getattr(row, HIDDEN, True) is False:
                yield RowToMend(row, "", "")

    def _wrong_with(self, value: date | datetime | None) -> str:
        if value is None:
            return ""
        day = self.forum.today(value) if isinstance(value, datetime) else value
        if day < self.forum.today(self.now):
            return _("%(date)s is past") % {"date": long_date(day)}
        if self.days_gone and self.forum.ends < day <= self.forum.ends + timedelta(days=self.days_gone):
            return _("%(date)s is a day that the forum does not have any more") % {"date": long_date(day)}
        return ""

    def _texts(self) -> Iterator[tuple[Model, str, str]]:
        for row in self.rows:
            for each in row._meta.concrete_fields:
                is_text = isinstance(each, CharField | TextField | JSONField) and not isinstance(each, SlugField)
                if is_text and each.editable and not each.choices:
                    yield row, str(capfirst(each.verbose_name)), _text(getattr(row, each.name))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _label(row: Model, name: str) -> str:
    return str(capfirst(row._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _around(text: str, match: re.Match[str]) -> str:
    """What stands around the words that were found, in one line."""
    start, end = max(match.start() - AROUND, 0), match.end() + AROUND
    words = " ".join(text[start:end].split())
    return f"{'… ' if start else ''}{words}{' …' if end < len(text) else ''}"
