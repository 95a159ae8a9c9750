"""Restoring a backup into an empty place: everything is checked first, the database comes in one transaction."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import connection

from config.running.backup import archive, postgresql, sqlite
from config.running.backup.archive import Manifest
from events.shared.mail import outbox

UNFINISHED = "unfinished_restore"  # a table that is there from the rows' coming until `after_restore.finish` is through
BEGUN = ".restoring"  # an empty file among the media from their coming until then
_WRITTEN = {"postgresql": "%Y-%m-%d %H:%M:%S.%f+00", "sqlite": "%Y-%m-%d %H:%M:%S.%f"}  # how a moment stands in SQL


def hold_mails(stopped: datetime) -> list[str]:
    """The statements that keep a restored site from sending what the old one may have sent until it stopped.

    Done in the transaction that brings the rows, so that no worker ever sees them as work. Codes and links of account mails are of
    no use any more.
    """
    waiting = f"state IN ('queued', 'sending', 'perhaps') AND due <= '{stopped.astimezone(UTC):{_WRITTEN[connection.vendor]}}'"
    wiped = ", ".join(f"{column} = ''" for column in outbox.WIPED)
    return [
        f"UPDATE events_message SET state = 'cancelled', leased_until = NULL, {wiped}"  # noqa: S608  all our own words
        f" WHERE kind = 'account' AND (state = 'failed' OR {waiting})",
        f"UPDATE events_message SET state = 'failed', leased_until = NULL, last_error = '{outbox.HELD}' WHERE {waiting}",  # noqa: S608
    ]


def check_moments(*, state_of: datetime, stopped: datetime, now: datetime) -> None:
    """Refuse `wrong-moments`: the state comes first, then the stop of the old site, then now."""
    if not state_of < stopped <= now:
        raise ValidationError(
            f"The state is of {state_of.isoformat()}, the site stopped at {stopped.isoformat()}, and now is "
            f"{now.isoformat()}: these are not in order. Look at the moments that you gave, and at the clock.",
            code="wrong-moments",
        )


def restore(folder: Path, *, stopped: datetime, now: datetime) -> Manifest:
    """Restore database and media out of an opened backup; afterwards `after_restore.finish` has to be called. Return the manifest.

    `stopped`: when the old site stopped; mails that were due until then are held back.

    Refuses, before anything is changed: `not-empty` and `in-use`, `wrong-moments`, `no-tools`, what `archive.read_manifest` and
    `archive.check_fits` do. `damaged` and `not-restored` where the database does not take it: the place is then empty again.
    """
    side = postgresql if connection.vendor == "postgresql" else sqlite
    side.check_empty()
    _check_media_empty()
    found = archive.read_manifest(folder)
    archive.check_fits(found)
    check_moments(state_of=found.moment, stopped=stopped, now=now)
    side.check_readable(folder / archive.DATABASE)
    _bring_media(folder / archive.MEDIA)
    last = [*hold_mails(stopped), f"CREATE TABLE {UNFINISHED} AS SELECT '{found.moment.isoformat()}' AS state_of"]
    try:
        side.load(folder / archive.DATABASE, last=last)
    except ValidationError:
        _clear_media()
        raise
    return found


def _check_media_empty() -> None:
    """Refuse `not-empty` where files lie in the folder of the media, but for those of a restore that was killed before the rows came."""
    media = archive.media()
    if not (media / BEGUN).exists() and media.exists() and any(media.iterdir()):
        raise ValidationError(
            f"{media} is not empty: a backup is restored into an empty place only. Move its files away.",
            code="not-empty",
        )


def _clear_media() -> None:
    for path in archive.media().iterdir():
        if path.name != BEGUN:  # the last: a kill in between leaves what is known as ours
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    note_finished()


def note_finished() -> None:
    """The media are the site's own from now on."""
    (archive.media() / BEGUN).unlink(missing_ok=True)


def _bring_media(unpacked: Path) -> None:
    media = archive.media()
    media.mkdir(parents=True, exist_ok=True)
    _clear_media()
    (media / BEGUN).touch()
    for path in unpacked.iterdir() if unpacked.is_dir() else []:
        shutil.move(path, media / path.name)


def unfinished() -> str:
    """The moment (ISO) to which a restore went back that was interrupted before it was finished; "" for none."""
    with connection.cursor() as cursor:
        if UNFINISHED not in connection.introspection.table_names(cursor):
            return ""
        cursor.execute(f"SELECT state_of FROM {UNFINISHED}")  # noqa: S608  our name
        return str(cursor.fetchone()[0])


def check_finished() -> None:
    """Refuse `unfinished`: a site that went on now would send mails again, and its chain would not say that it was restored."""
    if moment := unfinished():
        raise ValidationError(
            f"A restore was interrupted. Finish it first: manage.py restore --finish {moment}", code="unfinished"
        )
