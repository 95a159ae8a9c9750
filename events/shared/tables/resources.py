"""Tables of people in and out: a row of a file becomes a row of the database through the same checks as a form.

A resource declares its columns; for each it has a `read_<column>` (a cell into the instance; refuses with
ValidationError), or the attribute of that name takes the text, and a `dehydrate_<column>` (the instance into a cell).
What is read and what is written have the same form, so a file that was exported and comes back changes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import Diff, ModelResource
from import_export.results import RowResult
from import_export.widgets import Widget

from events.models import Forum, User
from events.shared.tables.answers import Answers, Questions
from events.shared.tables.cells import Finder, text_of

Row = Mapping[str, str]
SKIPPED, NEW, CHANGED = RowResult.IMPORT_TYPE_SKIP, RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE


PATHS = {"forum": "forum__slug", "country": "country_id"}  # of columns that several tables have


def with_columns[R: ModelResource](
    *names: str, is_written: bool = True, widget: Widget | None = None, **paths: str
) -> Callable[[type[R]], type[R]]:
    """Give a resource columns whose cells are made by `dehydrate_<name>`, or by the attribute of the same name. `paths`: columns
    with what stands elsewhere, perhaps in another row (`email="user__email"`); empty where there is no such row."""

    def give(resource: type[R]) -> type[R]:
        known = {**{name: PATHS.get(name, name) for name in names}, **paths}
        resource.fields.update(
            {name: Field(path, name, widget=widget, readonly=not is_written) for name, path in known.items()}
        )
        return resource

    return give


class Moment(Widget):
    """A moment as tables have it: UTC, to the second."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat(timespec="seconds") if value else ""


class CellDiff(Diff):
    """Compares a row as it stands in a file, before and after."""

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        self.new, self.left = new, [""] * len(resource.get_import_fields()) if new else self._cells(resource, instance)

    def compare_with(self, resource: Any, instance: Any) -> None:
        self.right = self._cells(resource, instance)

    def as_html(self) -> list[tuple[str, str]]:
        """Each cell before and after, as text."""
        return [(str(before), str(after)) for before, after in zip(self.left, self.right, strict=True)]

    @staticmethod
    def _cells(resource: Any, instance: Any) -> list[Any]:
        return [resource.export_field(field, instance) for field in resource.get_import_fields()]


class TableResource(ModelResource):
    """Reads and writes rows by the `read_…` and `dehydrate_…` methods of its columns; all or nothing."""

    required_columns: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    more_labels: Mapping[str, tuple[str | Promise, ...]] = {}  # of columns that are no fields of the model

    related: tuple[str, ...] = ()  # what the columns of a row need beside it: one of each
    prefetched: tuple[str, ...] = ()  # and several

    sample_rows: tuple[tuple[str, ...], ...] = ()  # as `sample_columns` has them
    sample_columns: tuple[str, ...] = ()

    class Meta:
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        store_instance = True
        use_transactions = True

    def __init__(self, *, forum: Forum | None = None, answers: Answers | None = None, **kwargs: Any) -> None:
        """`forum`: the one into which rows come, which a table need not name; `answers`: what names mean that nobody knows."""
        super().__init__(**kwargs)
        self.tell: Callable[..., None] = lambda _row, rows: None  # how far it is, before each row
        self.by: User | None = None  # who brings the rows in
        self.told: list[str] = []  # what is said once they are in
        self.forum, self.questions = forum, Questions(answers or Answers())
        self.find = Finder(questions=self.questions)

    def get_queryset(self) -> Any:
        return self.filter_export(super().get_queryset())

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        rows = queryset.prefetch_related(*self.prefetched)
        return rows.select_related(*self.related) if self.related else rows

    def get_diff_class(self) -> type[Diff]:
        return CellDiff

    # --- the file --------------------------------------------------------------------------------
    def labels(self) -> dict[str, tuple[str | Promise, ...]]:
        """The columns that are read or known, each with its labels: the first one is shown."""
        names = [field.column_name for field in self.get_import_fields()]
        fields = {field.name: field for field in self._meta.model._meta.get_fields()}
        labels = {name: getattr(fields.get(name), "verbose_name", name) for name in (*names, *self.ignored_columns)}
        return {name: (*self.more_labels.get(name, ()), label) for name, label in labels.items()}

    def sample(self) -> tuple[list[str], list[list[str]]]:
        """The columns and the rows of a sample file, which comes in as it is."""
        return list(self.sample_columns), [list(row) for row in self.sample_rows]

    def is_ignored(self, header: str) -> bool:
        """Whether a column of a table that went out is passed over when it comes back."""
        return False

    def _check_import_id_fields(self, headers: Any) -> None:
        """`table_import` has named the missing columns already, in our own words."""

    # --- a row -----------------------------------------------------------------------------------
    def import_row(self, row: dict[str, Any], instance_loader: Any, **kwargs: Any) -> RowResult:
        """Read a row, the columns that its sheet has. `rows`: all of them, as they stand in the file (`headers.SheetRow`)."""
        self.by = kwargs.get("user")
        self.tell(kwargs["row_number"], rows=len(kwargs["rows"]))
        own = {name: cell for name, cell in row.items() if cell is not None}
        return super().import_row(own, instance_loader, **kwargs)

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        row.update({name: text_of(value) for name, value in row.items()})

    def forum_of(self, row: Row) -> Forum:
        """The forum comes first: without it no row is found. Refuses at its column a row of another forum."""
        if self.forum is None:
            raise LookupError("a table of a forum comes into one")
        if row.get("forum", "") not in {"", self.forum.slug}:
            words = _("It is for “%(name)s”, and you chose another forum") % {"name": row["forum"][:40]}
            raise ValidationError({"forum": words})
        return self.forum

    @staticmethod
    def at[T](column: str, read: Callable[[], T]) -> T:
        """What a cell means; a refusal names its column."""
        try:
            return read()
        except ValidationError as refusal:
            raise ValidationError({column: refusal}) from None

    def import_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        """Read every column of the file; refuses with the sentences by column."""
        errors: dict[str, ValidationError] = {}
        for field in self.get_import_fields():
            name = field.column_name
            if name in row:
                try:
                    self._read(instance, name, row[name])
                except ValidationError as refusal:
                    errors[name] = refusal
        if errors:
            raise ValidationError(errors)

    def _read(self, instance: Any, name: str, text: str) -> None:
        if hasattr(self, f"read_{name}"):
            getattr(self, f"read_{name}")(instance, text)
        elif name not in self._meta.import_id_fields:
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
