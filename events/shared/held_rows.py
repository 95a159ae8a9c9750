"""What the tables hold on a person: declared beside the tables, once, and used three times: to give it out, to erase it, and to
find what nobody thought of (registration.people.data_rights and its tests).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.core.files.storage import default_storage
from django.db.models import EmailField, FileField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext

from events.models import Forum, User
from events.models.forum import forum_paths
from events.shared.jobs.sweeps import Apart
from events.shared.redaction import Redaction

NAMELESS = "–"  # stands where a name was
UNNAMED = "N. N."  # a speaker who is not named any more


@dataclass(frozen=True)
class HeldPerson:
    """An account with all by which rows are found: its `addresses` (small letters), the `names` it goes by or went by, `others`
    (names of other people in which one of these stands), and what of the published things is to be taken out (`Published.key`).

    `left`: addresses that it had before, and nobody has confirmed since; `tied`: by table the rows at such addresses, as they were
    left, and `foreign`: those at its own addresses that somebody else left. `told`: what mails to others said of it, as they
    were: `redact_mails`.
    """

    user: User
    addresses: frozenset[str]
    names: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    taken_out: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    tied: Mapping[str, Collection[int]] = field(default_factory=dict)
    foreign: Mapping[str, Collection[int]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def is_at(self, column: str) -> Q:
        """Rows that have one of the addresses in a column."""
        found = Q(pk__in=[])
        for address in self.addresses:
            found |= Q(**{f"{column}__iexact": address})
        return found

    def owns(self, model: type[Model], *, accounts: Iterable[str], addresses: Iterable[str]) -> Q:
        """The rows of a table that are the person's. A row that names an account (in one of these columns) is that account's
        alone; one that names none belongs to who has its address, or had it when they left it."""
        own, label = Q(pk__in=[]), model._meta.label_lower
        at = Q(pk__in=self.tied.get(label, ()))
        for column in addresses:
            at |= self.is_at(column) & ~Q(pk__in=self.foreign.get(label, ()))
        for column in accounts:
            own |= Q(**{column: self.user})
            at &= Q(**{f"{column}__isnull": True})
        return own | at

    def redaction(
        self, *, names: Collection[str] | None = None, whole: Collection[str] | None = None, under: Sequence[str] = ()
    ) -> Redaction:
        """What takes the person out of texts of others: addresses, and names (else all of the person's) where they are looked for.
        A name of one word may be anybody's, and stays."""
        words = [name for name in (self.names if names is None else names) if " " in name]
        addresses = self.addresses | self.left
        return Redaction(addresses=addresses, names=words, others=self.others, whole=whole, under=under)

    def redact(self, rows: QuerySet[Any], *columns: str, asked: Sequence[str] = (), **where: Any) -> set[str]:
        """Take the person out of texts of others' rows (`redact`); `where`: as `redaction` takes it."""
        return redact(rows, self.redaction(**where), *columns, asked=asked)

    def redact_mails(self, mails: QuerySet[Any], **where: Any) -> None:
        """Take the person out of mails to others that tell of them. They say the same in HTML as in their text."""
        told = self.redact(mails, "subject", "text", "html", asked=("subject", "text"), **where)
        self.told.update(text.strip() for text in told)


def redact(rows: QuerySet[Any], redaction: Redaction, *columns: str, asked: Sequence[str] = ()) -> set[str]:
    """Take words out of texts and JSON of rows; return the texts that had some. Twice changes nothing.

    `asked`: the columns by which the rows are found, where those tell enough.
    """
    changed: set[str] = set()
    if not redaction.asked:
        return changed
    texts = {f"text_of_{column}": Cast(column, TextField()) for column in asked or columns}
    found = Q(pk__in=[])
    for text in texts:
        found |= Q(**{f"{text}__iregex": redaction.asked})
    found_rows = rows.annotate(**texts).filter(found).only(*columns)
    # Locked, in one order: what somebody writes at the same time is not overwritten, and two erasures do not wait for each other.
    for row in found_rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        was = {column: getattr(row, column) for column in columns}
        left = {column: redaction(value) for column, value in was.items()}
        if left != was:
            type(row)._base_manager.filter(pk=row.pk).update(**left)
            changed |= {value for column, value in was.items() if isinstance(value, str) and left[column] != value}
    return changed


@dataclass(frozen=True)
class Held:
    """Rows of a table that tell of a person.

    `links`: the columns that lead to the account, or hold its address, which counts where none of them leads to one.
    `shown`: what is given out. `emptied`: what the columns hold once the person is erased; None: the rows are deleted; empty:
    they stay, and `why` says what for.
    `rows`: where links alone do not find them. `worded`: columns whose values need words of their own.
    """

    model: type[Model]
    links: tuple[str, ...]
    title: Any
    shown: tuple[str, ...] = ()
    emptied: Mapping[str, Any] | None = None
    why: Any = ""
    rows: Callable[[HeldPerson], QuerySet[Any]] | None = None
    worded: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)

    def find(self, person: HeldPerson) -> QuerySet[Any]:
        """The person's rows."""
        if self.rows is not None:
            return self.rows(person)
        return self.model._base_manager.filter(
            person.owns(self.model, accounts=self.accounts, addresses=self.addresses)
        )

    def at(self, person: HeldPerson) -> QuerySet[Any]:
        """The person's rows that name no account: which they are by an address alone."""
        return self.find(person).filter(**{f"{account}__isnull": True for account in self.accounts})

    @property
    def addresses(self) -> list[str]:
        """Those of the `links` that hold an address."""
        return [link for link in self.links if isinstance(self._path(link)[-1], EmailField)]

    @property
    def accounts(self) -> list[str]:
        """Those that lead to an account."""
        return [link for link in self.links if link not in self.addresses]

    def _path(self, path: str) -> list[Any]:
        """The columns on the way of a path such as session__title."""
        model: Any = self.model
        columns = []
        for step in path.split("__"):
            columns.append(model._meta.get_field(step))
            model = columns[-1].related_model
        return columns

    def give(self, person: HeldPerson) -> dict[str, Any]:
        """The rows as they are given out: raw values, and for people the words that stand for them."""
        ways = {path: self._path(path) for path in self.shown}
        columns = {path: way[-1] for path, way in ways.items()}
        rows = list(self.find(person).order_by("pk").values(*self.shown)) if self.shown else []
        return {
            "table": self.model._meta.label_lower,
            "title": str(self.title),
            # In lists: PostgreSQL keeps the names of an object in an order of its own.
            "labels": [" · ".join(str(one.verbose_name) for one in way) for way in ways.values()],
            "rows": rows,
            "words": [[self._worded(path, columns[path], value) for path, value in row.items()] for row in rows],
            "files": sorted(
                {row[path] for row in rows for path, column in columns.items() if isinstance(column, FileField)} - {""}
            ),
        }

    def erase(self, person: HeldPerson) -> None:
        """Empty or delete the rows. Twice changes nothing."""
        if self.emptied is None:
            self.find(person).delete()
        elif self.emptied:
            self.find(person).update(**self.emptied)

    def _worded(self, path: str, column: Any, value: Any) -> str:
        return self.worded[path](value) if path in self.worded else _words(column, value)


def _words(column: Any, value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if column.choices:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


@dataclass(frozen=True)
class Published:
    """Something of a person that the public sees: asked about before an erasure, kept or taken out. `note`: what stays of it."""

    key: str
    title: str
    where: str
    note: str = ""


@dataclass(frozen=True)
class PersonalData:
    """What an app holds on people.

    `first`: what has rules of its own, called before the rows are erased: returns the names of files that go, may refuse.
    `warns`: what the person should know before. `stays`: columns that lead to an account ("prizes.recount.asked_by") and go on doing so, with the reason: the account
    has no name any more.
    """

    held: Sequence[Held]
    first: Callable[[HeldPerson, datetime], list[str]] = lambda _person, _now: []
    published: Callable[[HeldPerson], list[Published]] = lambda _person: []
    warns: Callable[[HeldPerson, datetime], list[str]] = lambda _person, _now: []
    stays: Mapping[str, str] = field(default_factory=dict)


class Cleared(NamedTuple):
    """What a period has cleared: how many rows, how many files with them, and how the rows were tried where that was one by one."""

    rows: int
    files: int = 0
    tries: Apart | None = None


@dataclass(frozen=True)
class Period:
    """How long a kind of data is kept: `days` after the last day of its forum, unless organisers set another number.

    `clear` deletes or empties what there is of a forum at a moment; doing it twice changes nothing. A file that cannot be
    deleted keeps its row for the next time, and no other. `early` deletes what is not needed any more before that.
    """

    kind: str
    words: Any
    days: int
    clear: Callable[[Forum, datetime], Cleared]
    early: Callable[..., Cleared] | None = None  # takes `days` as well


STILL_WRITTEN = timedelta(days=3)  # a draft that was saved since is not deleted


def files_of(rows: Iterable[Model]) -> list[str]:
    """How the files of rows are called in the storage."""
    files = (
        getattr(row, column.attname)
        for row in rows
        for column in row._meta.concrete_fields
        if isinstance(column, FileField)
    )
    return [file.name for file in files if file]


def cleared[Row](
    found: Sequence[Row], act: Callable[[Sequence[Row]], object], files: Callable[[Sequence[Row]], Collection[str]]
) -> Cleared:
    """Do something with rows that are locked, and delete their files: with all at once and, where that fails, one by one."""
    tries = Apart("rows that were kept for their time")
    names: list[str] = []

    def both(part: Sequence[Row]) -> None:
        own = files(part)
        act(part)
        for name in own:
            default_storage.delete(name)
        names.extend(own)

    return Cleared(tries.together(found, both), len(names), tries)


def deleted(
    model: type[Model], *, saved: str = "", files: Callable[[Sequence[Any]], Collection[str]] = files_of, **only: Any
) -> Callable[[Forum, datetime], Cleared]:
    """A `clear` that deletes the rows of a table (`only`: those with these values), with their `files`. `saved`: the column that
    says when a draft was saved: one that somebody still writes waits."""
    return partial(_delete, model, only, saved, files)


def _delete(
    model: type[Model],
    only: Mapping[str, Any],
    saved: str,
    files: Callable[[Sequence[Any]], Collection[str]],
    forum: Forum,
    now: datetime,
) -> Cleared:
    (path,) = forum_paths(model)
    rows = model._base_manager.filter(**{path: forum}, **only)
    if saved:
        rows = rows.exclude(**{f"{saved}__gt": now - STILL_WRITTEN})
    found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    return cleared(found, lambda part: rows.filter(pk__in=[row.pk for row in part]).delete(), files)
