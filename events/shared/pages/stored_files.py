"""Stored files: which row a file belongs to, and whether the public may see that row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import Storage
from django.db.models import Model, QuerySet
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy

from events.models import Appearance, Document, HostedSession, News, Partner, RowChange, Session, Speaker, User
from events.shared.drawings import picture_sizes
from events.shared.jobs.sweeps import Sweep, apart

FILES = Sweep("files", gettext_lazy("Files that belong to nothing any more"), is_shared=True)
type Columns = tuple[type[Model], *tuple[str, ...]]
# A file is stored before others can see its row: younger ones are left alone.
AGE = timedelta(days=1)


@dataclass(frozen=True)
class ServedFile:
    """A file of a `row`, with its title; `permission`: what staff need, in the forum of the row, who see it before the public
    does; `session`: its hosts see it, too."""

    row: Model
    file: FieldFile
    title: str
    is_public: bool
    permission: str
    session: int | None = None


def _document(row: Document) -> ServedFile:
    is_public = Session.objects.public().filter(pk=row.session_id).exists()
    return ServedFile(row, row.file, row.title, is_public, "events.view_document", row.session_id)


def _photo(row: Speaker) -> ServedFile:
    is_public = Appearance.objects.public().filter(speaker=row, session__forum=row.forum_id).exists()
    return ServedFile(row, row.photo, row.name, is_public, "events.view_speaker")


def _logo(row: Partner) -> ServedFile:
    return ServedFile(row, row.logo, "", row.forum.is_public, "events.view_partner")


def _picture(row: News) -> ServedFile:
    is_public = News.objects.public().filter(pk=row.pk).exists()
    return ServedFile(row, row.picture, row.title, is_public, "events.view_news")


# By folder: the rows, the column that names the file, and what is known of a row's file.
FOLDERS: dict[str, tuple[QuerySet[Any], str, Callable[[Any], ServedFile]]] = {
    "documents": (Document.objects.all(), "file", _document),
    "speakers": (Speaker.objects.all(), "photo", _photo),
    "logos": (Partner.objects.select_related("forum"), "logo", _logo),
    "news": (News.objects.all(), "picture", _picture),
}


def stored_file(name: str) -> ServedFile | None:
    """Return the file of a row by its name in the storage; None for a name that no row has. Two queries at most."""
    rows, column, found = FOLDERS.get(name.partition("/")[0], (Document.objects.none(), "file", _document))
    row = rows.filter(**{column: name}).first()
    return found(row) if row else None


def may_see(found: ServedFile, *, by: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a visitor may see a file: everybody what is public, before that staff, and the hosts of its session."""
    if found.is_public or not isinstance(by, User):
        return found.is_public
    return (
        by.has_perm(found.permission, found.row)
        or HostedSession.objects.filter(session=found.session, user=by).exists()
    )


def sweep(*folders: Columns, now: datetime) -> int:
    """Delete files of folders, each named by a model and its columns, as `_sweep` says; return how many."""
    return sum(FILES.each(folders, lambda one: _sweep(one[0], *one[1:], now=now), now=now, key=_called, is_whole=False))


def _called(folder: Columns) -> str:
    return folder[0]._meta.label_lower


def _sweep(model: type[Model], *columns: str, now: datetime) -> int:
    """Delete the files of the columns' one folder that no row names and that are older than a day: a transaction was rolled back after
    its file was stored, or a worker died in between. Returns how many; twice changes nothing."""
    field: Any = model._meta.get_field(columns[0])
    storage, folder = field.storage, field.upload_to.folder
    old: list[str] = []
    with apart("files that no row names") as tries:
        names = _names(storage, folder)
        tries.each(names, lambda name: old.extend(_old(storage, f"{folder}/{name}", now=now)))
        gone = tries.each(_unnamed(model, columns, old), storage.delete)
        for width in picture_sizes.SIZES.get(folder, ()):
            sizes = {f"{folder}/{name.removesuffix('.webp')}": name for name in _names(storage, f"{folder}-{width}")}
            alone = [f"{folder}-{width}/{name}" for path, name in sizes.items() if not storage.exists(path)]
            gone += tries.each(alone, storage.delete)
    return gone


def _names(storage: Storage, folder: str) -> list[str]:
    try:
        return storage.listdir(folder)[1]
    except FileNotFoundError:  # nothing was stored yet
        return []


def _old(storage: Storage, path: str, *, now: datetime) -> list[str]:
    return [path] if storage.get_modified_time(path) < now - AGE else []


def _unnamed(model: type[Model], columns: Sequence[str], old: Sequence[str]) -> list[str]:
    # Asked after the folder was read: a file that a row has named since is kept.
    rows = model._base_manager
    # Those of an act that may yet be taken back are, too.
    acts = RowChange.objects.filter(model=model._meta.label_lower)
    named = {
        name
        for column in columns
        for found in (rows.filter(**{f"{column}__in": old}).values_list(column), acts.values_list(f"before__{column}"))
        for (name,) in found
    }
    return [path for path in old if path not in named]
