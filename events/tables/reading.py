"""Tables in and out: a row of a file becomes a row of the database through the same checks as a form.

A resource (events/resources/) declares its columns; for each it has a `read_<column>` (a cell into the instance;
refuses with ValidationError) and a `dehydrate_<column>` (the instance into a cell). What is read and what is written
have the same form, so a file that was exported and comes back changes nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.resources import Diff, ModelResource
from import_export.results import RowResult

from events.pages import revision
from events.tables.writing import safe

MAX_ROWS = 5_000
SEPARATOR = ";"


def text_of(value: object) -> str:
    """Return a cell as text: dates and times in ISO form, whole numbers without “.0”, our apostrophe taken off again."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).replace("\r\n", "\n").strip()
    if text.startswith("'") and safe(text[1:]) == text:
        text = text[1:]
    return text.strip()


def parts(text: str) -> list[str]:
    """Split a cell that holds several values: “A; B” → A, B."""
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def joined(values: Iterable[object]) -> str:
    return f"{SEPARATOR} ".join(str(value) for value in values)


def whole_number(text: str, *, most: int = 2_147_483_647) -> int | None:
    """Read a whole number; None for an empty cell. Refuses `bad-number`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise ValidationError(_("“%(text)s” is not a whole number"), code="bad-number", params={"text": text[:40]})
    return int(text)


def local_time(text: str) -> datetime | None:
    """Read a wall-clock time such as 2020-07-22 14:00; None for an empty cell. Refuses `bad-time`."""
    if not text:
        return None
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007  naive on purpose: the forum's zone makes the moment
        except ValueError:
            continue
        if 1990 <= moment.year <= 2100:
            return moment
    raise ValidationError(
        _("“%(text)s” is no date and time. Write it as 2020-07-22 14:00"), code="bad-time", params={"text": text[:40]}
    )


def choice(text: str, *, choices: Iterable[tuple[str, Any]]) -> str:
    """Read a value of a list, by its code or by its name in the page's language. Refuses `unknown-choice`."""
    for code, name in choices:
        if text and text.casefold() in {code.casefold(), str(name).casefold()}:
            return code
    codes = ", ".join(code for code, _name in choices)
    raise ValidationError(
        _("“%(text)s” is not one of: %(codes)s"), code="unknown-choice", params={"text": text[:40], "codes": codes}
    )


def digest(result: Any) -> str:
    """What an import does to each row of its file, in 64 signs; another one when what the rows start from has changed.
    New rows start from nothing, and get another key when it is done than in the preview."""
    is_new = RowResult.IMPORT_TYPE_NEW
    rows = [
        (row.import_type, [] if row.import_type == is_new else [str(cell) for cell in row.diff or []])
        for row in result.rows
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


class CellDiff(Diff):
    """Compares a row as it stands in a file, before and after: the times of a session are those of the draft."""

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        self.new, self.left = new, [""] * len(resource.get_import_fields()) if new else self._cells(resource, instance)

    def compare_with(self, resource: Any, instance: Any) -> None:
        self.right = self._cells(resource, instance)

    @staticmethod
    def _cells(resource: Any, instance: Any) -> list[Any]:
        return [resource.export_field(field, instance) for field in resource.get_import_fields()]


class TransferResource(ModelResource):
    """Reads and writes rows by the `read_…` and `dehydrate_…` methods of its columns; all or nothing."""

    required_columns: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rows: dict[int, Mapping[str, Any]] = {}

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Refuse a file without its columns, with unknown ones, or with too many rows: nothing else is looked at."""
        known = [field.column_name for field in self.get_import_fields()]
        headers = [text_of(header) for header in dataset.headers or []]
        dataset.headers = headers
        missing = [name for name in self.required_columns if name not in headers]
        unknown = [name for name in headers if name not in (*known, *self.ignored_columns)]
        if missing:
            raise ValidationError(_("Missing columns: %(names)s") % {"names": ", ".join(missing)}, code="no-column")
        if unknown:
            raise ValidationError(
                _("Unknown columns: %(names)s") % {"names": ", ".join(unknown)[:200]}, code="unknown-column"
            )
        if len(dataset) > MAX_ROWS:
            raise ValidationError(_("The file has more than %(n)s rows") % {"n": MAX_ROWS}, code="too-many-rows")

    ignored_columns: tuple[str, ...] = ()

    def get_diff_class(self) -> type[Diff]:
        return CellDiff

    def _check_import_id_fields(self, headers: Any) -> None:
        """`before_import` has named the missing columns already, in our own words."""

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        for name, value in row.items():
            row[name] = text_of(value)
            if "\0" in row[name]:
                raise ValidationError({name: _("The cell holds a character that cannot be kept")}, code="nul")
        self._rows[kwargs["row_number"]] = row

    def import_instance(self, instance: Any, row: Mapping[str, str], **kwargs: Any) -> None:
        """Read every column of the file; refuses with the sentences by column."""
        instance.pending = {}
        errors: dict[str, list[str]] = {}
        for field in self.get_import_fields():
            name = field.column_name
            if name not in row or not hasattr(self, f"read_{name}"):
                continue
            try:
                getattr(self, f"read_{name}")(instance, row[name], row)
            except ValidationError as refusal:
                errors[name] = refusal.messages
        if errors:
            raise ValidationError(errors)

    def skip_row(
        self, instance: Any, original: Any, row: Mapping[str, str], import_validation_errors: Any = None
    ) -> bool:
        """A row that says what the database says already is left alone."""
        if import_validation_errors or original is None or original.pk is None:
            return False
        return all(
            self.export_field(field, instance) == self.export_field(field, original)
            for field in self.get_import_fields()
            if field.column_name in row
        )

    def save_m2m(self, instance: Any, row: Mapping[str, str], **kwargs: Any) -> None:
        for name, values in instance.pending.items():
            getattr(instance, name).set(values)

    def linked(self, instance: Any, name: str) -> list[Any]:
        """The rows behind a many-to-many column: those just read, else those stored."""
        pending = getattr(instance, "pending", {})
        if name in pending:
            return list(pending[name])
        return list(getattr(instance, name).all()) if instance.pk else []

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Refuse (`moved-meanwhile`) what is not what was `seen`, the digest of the preview (None: there was none)."""
        if kwargs.get("seen") not in (None, digest(result)):
            words = _("Somebody changed these rows meanwhile. Choose the file again, and look at what it changes now")
            raise ValidationError(words, code="moved-meanwhile")
        if any(row.import_type in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE) for row in result.rows):
            revision.bump()
