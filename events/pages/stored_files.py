"""Stored files: which row a file belongs to, and whether the public may see that row."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models.fields.files import FieldFile

from events.models import Appearance, Document, HostedSession, Partner, Session, Speaker, User


@dataclass(frozen=True)
class StoredFile:
    """A file with the title of its row; `permission`: what staff need who see it before the public does; `session`: whose
    hosts see it, too."""

    file: FieldFile
    title: str
    is_public: bool
    permission: str
    session: int | None = None


def _document(name: str) -> StoredFile | None:
    row = Document.objects.filter(file=name).first()
    if row is None:
        return None
    is_public = Session.objects.public().filter(pk=row.session_id).exists()
    return StoredFile(row.file, row.title, is_public, "events.view_document", row.session_id)


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


def may_see(found: StoredFile, *, by: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a visitor may see a file: everybody what is public, before that staff, and the hosts of its session."""
    if found.is_public or not isinstance(by, User):
        return found.is_public
    return by.has_perm(found.permission) or HostedSession.objects.filter(session=found.session, user=by).exists()
