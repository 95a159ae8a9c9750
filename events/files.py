"""Stored files: which row a file belongs to, and whether the public may see that row."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.fields.files import FieldFile

from events.models import Appearance, Document, Partner, Session, Speaker


@dataclass(frozen=True)
class StoredFile:
    """A file with the title of its row; `permission`: what those need who see it before the public does."""

    file: FieldFile
    title: str
    is_public: bool
    permission: str


def _document(name: str) -> StoredFile | None:
    row = Document.objects.filter(file=name).first()
    if row is None:
        return None
    is_public = Session.objects.public().filter(pk=row.session_id).exists()
    return StoredFile(row.file, row.title, is_public, "events.view_document")


def _photo(name: str) -> StoredFile | None:
    row = Speaker.objects.filter(photo=name).first()
    if row is None:
        return None
    is_public = Appearance.objects.public().filter(speaker=row, session__forum=row.forum_id).exists()
    return StoredFile(row.photo, row.name, is_public, "events.view_speaker")


def _logo(name: str) -> StoredFile | None:
    row = Partner.objects.filter(logo=name).select_related("forum").first()
    return StoredFile(row.logo, "", row.forum.is_public, "events.view_partner") if row else None


FOLDERS: dict[str, Callable[[str], StoredFile | None]] = {
    "documents": _document,
    "speakers": _photo,
    "logos": _logo,
}


def stored_file(name: str) -> StoredFile | None:
    """Return the file of a row by its name in the storage; None for a name that no row has. Two queries at most."""
    find = FOLDERS.get(name.partition("/")[0])
    return find(name) if find else None
