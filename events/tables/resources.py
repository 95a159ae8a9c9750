"""Tables of people in and out: a row of a file becomes a row of the database through the same checks as a form.

A resource declares its columns; for each it has a `read_<column>` (a cell into the instance; refuses with
ValidationError), or the attribute of that name takes the text, and a `dehydrate_<column>` (the instance into a cell).
What is read and what is written have the same form, so a file that was exported and comes back changes nothing.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import Diff, ModelResource
from import_export.results import RowResult

from events.formatting.plain_text import line
from events.models import Forum
from events.pages import revision
from events.tables.cells import Finder, fold, text_of
from events.tables.spreadsheet_reader import headers_of

Row = Mapping[str, str]
SKIPPED, NEW, CHANGED = RowResult.IMPORT_TYPE_SKIP, RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE


def columns(*names: str, is_written: bool = True) -> dict[str, Field]:
    """Declare columns whose cells are made by `dehydrate_<name>`, or by the attribute of the same name."""
    return {name: Field(attribute=name, column_name=name, readonly=not is_written) for name in names}


def digest(result: Any) -> str:
    """What an import does to each row of its file, in 64 characters; another one when what the rows start from has changed.
    New rows start from nothing, and get another key when it is done than in the preview."""
    rows = [
        (row.import_type, [] if row.import_type == NEW else [str(cell) for cell in row.diff or []])
        for row in result.rows
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


class CellDiff(Diff):
    """Compares a row as it stands in a file, before and after."""

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        self.new, self.left = new, [""] * len(resource.get_import_fields()) if new else self._cells(resource, instance)

    def compare_with(self, resource: Any, instance: Any) -> None:
        self.right = self._cells(resource, instance)

    @staticmethod
    def _cells(resource: Any, instance: Any) -> list[Any]:
        return [resource.export_field(field, instance) for field in resource.get_import_fields()]


class TableResource(ModelResource):
    """Reads and writes rows by the `read_…` and `dehydrate_…` methods of its columns; all or nothing."""

    required_columns: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    more_labels: Mapping[str, tuple[str | Promise, ...]] = {}  # of columns that are no fields of the model

    def __init__(self, *, forums: QuerySet[Forum] | None = None, **kwargs: Any) -> None:
        """`forums`: those that a file may name; None: all."""
        super().__init__(**kwargs)
        self.find = Finder() if forums is None else Finder(among={Forum: forums})

    def get_diff_class(self) -> type[Diff]:
        return CellDiff

    # --- the file --------------------------------------------------------------------------------
    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Name the columns by their headers. Refuses a file without its columns (`no-column`), or with others
        (`unknown-column`): nothing else is looked at."""
        names = [field.column_name for field in self.get_import_fields()]
        known = headers_of({name: self._labels(name) for name in (*names, *self.ignored_columns)})
        headers = [text_of(header) for header in dataset.headers or []]
        dataset.headers = [known.get(fold(header), header) for header in headers]
        missing = [name for name in self.required_columns if name not in dataset.headers]
        unknown = [line(name, most=40) for name in dataset.headers if name not in known.values()]
        if missing:
            raise ValidationError(_("Missing columns: %(names)s") % {"names": ", ".join(missing)}, code="no-column")
        if unknown:
            words = _("Unknown columns: %(names)s") % {"names": ", ".join(unknown)[:200]}
            raise ValidationError(words, code="unknown-column")

    def _labels(self, name: str) -> tuple[str | Promise, ...]:
        fields = {field.name: field for field in self.Meta.model._meta.get_fields()}
        label = getattr(fields.get(name), "verbose_name", name)
        return (label, *self.more_labels.get(name, ()))

    def _check_import_id_fields(self, headers: Any) -> None:
        """`before_import` has named the missing columns already, in our own words."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Refuse (`moved-meanwhile`) what is not what was `seen`, the digest of the preview (None: there was none)."""
        if kwargs.get("seen") not in (None, digest(result)):
            words = _("Somebody changed these rows meanwhile. Choose the file again, and look at what it changes now")
            raise ValidationError(words, code="moved-meanwhile")
        if any(row.import_type in (NEW, CHANGED) for row in result.rows):
            revision.bump()

    # --- a row -----------------------------------------------------------------------------------
    def import_row(self, row: dict[str, Any], instance_loader: Any, **kwargs: Any) -> RowResult:
        """Read a row; an empty one is left alone, and counts for the numbers of the others."""
        if any(map(text_of, row.values())):
            return super().import_row(row, instance_loader, **kwargs)
        empty = self.get_row_result_class()()
        empty.import_type = SKIPPED
        return empty

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        row.update({name: text_of(value) for name, value in row.items()})

    def forum_of(self, row: Row) -> Forum:
        """The forum comes first: without it no row is found. Refuses at its column."""
        return self.at("forum", lambda: self.find.one(row["forum"], Forum))

    @staticmethod
    def at[T](column: str, read: Callable[[], T]) -> T:
        """What a cell means; a refusal names its column."""
        try:
            return read()
        except ValidationError as refusal:
            raise ValidationError({column: refusal.messages}) from None

    def import_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        """Read every column of the file; refuses with the sentences by column."""
        errors: dict[str, list[str]] = {}
        for field in self.get_import_fields():
            name = field.column_name
            if name in row:
                try:
                    self._read(instance, name, row[name])
                except ValidationError as refusal:
                    errors[name] = refusal.messages
        if errors:
            raise ValidationError(errors)

    def _read(self, instance: Any, name: str, text: str) -> None:
        if hasattr(self, f"read_{name}"):
            getattr(self, f"read_{name}")(instance, text)
        elif name not in self.Meta.import_id_fields:
            setattr(instance, name, text)

    def skip_row(self, instance: Any, original: Any, row: Row, import_validation_errors: Any = None) -> bool:
        """A row that says what the database says already is left alone."""
        if import_validation_errors or original is None or original.pk is None:
            return False
        return all(
            self.export_field(field, instance) == self.export_field(field, original)
            for field in self.get_import_fields()
            if field.column_name in row
        )

    # --- columns that several tables have --------------------------------------------------------
    def dehydrate_forum(self, instance: Any) -> str:
        return instance.forum.slug if instance.forum_id else ""

    def dehydrate_country(self, instance: Any) -> str:
        return instance.country_id or ""
