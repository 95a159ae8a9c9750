"""What the tables of the programme share: declaring columns, and finding rows by what people write in a cell."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.fields import Field

from events.models import Forum, Organisation
from events.tables.reading import TransferResource, text_of

Row = Mapping[str, str]


def columns(*names: str) -> dict[str, Field]:
    """Declare columns whose cells are made by `dehydrate_<name>`, or by the attribute of the same name."""
    return {name: Field(attribute=name, column_name=name) for name in names}


def cut(text: str) -> dict[str, str]:
    return {"text": text[:80]}


class Finder:
    """Finds rows by what people write in a cell; reads each table once per file."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], dict[str, list[Any]]] = {}

    def one(self, text: str, *, rows: Any, names: tuple[str, ...], key: tuple[Any, ...]) -> Any:
        """The row of which one of the attributes `names` says `text`. Refuses `not-found` and `several`."""
        if key not in self._kept:
            known: dict[str, list[Any]] = {}
            for row in rows:
                for word in {str(getattr(row, name)).casefold() for name in names if getattr(row, name)}:
                    known.setdefault(word, []).append(row)
            self._kept[key] = known
        found = self._kept[key].get(text.casefold(), [])
        if not found:
            raise ValidationError(_("“%(text)s” is not known here"), code="not-found", params=cut(text))
        if len(found) > 1:
            raise ValidationError(_("“%(text)s” is the name of several rows"), code="several", params=cut(text))
        return found[0]


class ProgrammeResource(TransferResource):
    """What sessions and speakers share: the forum they belong to, and finding rows by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.find = Finder()

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        slugs = {text_of(row[dataset.headers.index("forum")]) for row in dataset}
        # Locked until the import ends: nobody moves a session of these forums in the meantime.
        list(Forum.objects.select_for_update().filter(slug__in=slugs).order_by("pk"))

    def forum_of(self, row: Row) -> Forum:
        return self.find.one(row["forum"], rows=Forum.objects.all(), names=("slug",), key=(Forum,))

    def read_forum(self, instance: Any, text: str, row: Row) -> None:
        forum = self.forum_of(row)
        if instance.pk and instance.forum_id != forum.pk:
            raise ValidationError(_("This row belongs to another forum"), code="other-forum")
        instance.forum = forum

    def dehydrate_forum(self, instance: Any) -> str:
        return instance.forum.slug if instance.forum_id else ""

    def organisation(self, text: str) -> Organisation:
        return self.find.one(text, rows=Organisation.objects.all(), names=("name", "acronym"), key=(Organisation,))
