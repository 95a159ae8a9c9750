"""Restoring a backup into an empty place: everything is checked first, the database comes in one transaction."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection

from config.backup import archive, manifest, postgresql, sqlite
from config.backup.manifest import Manifest
from events.mail import outbox

UNFINISHED = "unfinished_restore"  # a table that is there from the rows' coming until `after_restore.finish` is through
STAGE = ".restoring"  # in the folder of the media: what is unpacked and not in its place yet


def hold_mails(stopped: datetime) -> list[str]:
    """The statements that keep a restored site from sending what the old one may have sent until it stopped.

    Done in the transaction that brings the rows, so that no worker ever sees them as work; they fit every version of the
    outbox. Codes and links of account mails are of no use any more.
    """
    waiting = f"state IN ('queued', 'sending', 'perhaps') AND due <= '{stopped.astimezone(UTC):{_WRITTEN[connection.vendor]}}'"
    wiped = ", ".join(f"{column} = ''" for column in outbox.WIPED)
    return [
        f"UPDATE events_message SET state = 'cancelled', leased_until = NULL, {wiped}"  # noqa: S608  all our own words
        f" WHERE kind = 'account' AND (state = 'failed' OR {waiting})",
        f"UPDATE events_message SET state = 'failed', leased_until = NULL, last_error = '{outbox.HELD}' WHERE {waiting}",  # noqa: S608
    ]


_WRITTEN = {"postgresql": "%Y-%m-%d %H:%M:%S.%f+00", "sqlite": "%Y-%m-%d %H:%M:%S.%f"}  # how a moment stands in SQL


def check_moments(*, state_of: datetime, stopped: datetime, now: datetime) -> None:
    """Refuse `wrong-moments`: the state comes first, then the stop of the old site, then now."""
    if not state_of < stopped <= now:
        raise ValidationError(
            f"The state is of {state_of.isoformat()}, the site stopped at {stopped.isoformat()}, and now is "
            f"{now.isoformat()}: these are not in order. Look at the moments that you gave, and at the clock.",
            code="wrong-moments",
        )


def restore(path: Path, *, key: bytes | None, stopped: datetime, now: datetime) -> Manifest:
    """Restore database and media; afterwards `after_restore.finish` has to be called. Return the manifest.

    `stopped`: when the old site stopped; mails that were due until then are held back.

    Refuses, before anything is changed: `not-empty` and `in-use`, what `archive.unpack` and `manifest.check_fits` do,
    `wrong-moments`, `older-server` and `no-tools`. `not-restored` where the database does not take it: it is then empty again.
    """
    is_postgresql = connection.vendor == "postgresql"
    (postgresql if is_postgresql else sqlite).check_empty()
    with archive.work_folder() as folder, _stage() as stage:
        found = archive.unpack(path, key=key, folder=folder, media=stage)
        manifest.check_fits(found)
        last = [*hold_mails(stopped), f"CREATE TABLE {UNFINISHED} AS SELECT '{found.moment.isoformat()}' AS state_of"]
        check_moments(state_of=found.moment, stopped=stopped, now=now)
        if is_postgresql:
            postgresql.check_server(found)
            postgresql.load(folder / "dump", manifest=found, folder=folder, last=last)
        else:
            sqlite.check_readable(folder / "dump")
            sqlite.load(folder / "dump", last=last)
    return found


@contextmanager
def site_stopped() -> Iterator[None]:
    """Keep `manage.py serve` of this machine from starting meanwhile. Refuses `site-runs` while it runs."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    names = {"serve.lock", *(path.name for path in settings.DATA_DIR.glob("serve-*.lock"))}  # of parts of the site
    with ExitStack() as locks:
        for name in sorted(names):
            lock = locks.enter_context((settings.DATA_DIR / name).open("a"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ValidationError(
                    f"The site runs on {settings.DATA_DIR}: stop it first.", code="site-runs"
                ) from None
        yield


@contextmanager
def _stage() -> Iterator[Path]:
    """The folder for the unpacked media, in that of the media; gone again when something fails before the rows are there."""
    media, stage = archive.media(), archive.media() / STAGE
    media.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(stage, ignore_errors=True)  # of a restore that broke off
    if any(media.iterdir()):
        raise ValidationError(
            f"{media} is not empty: a backup is restored into an empty place only. Move its files away.",
            code="not-empty",
        )
    stage.mkdir()
    try:
        yield stage
    except BaseException:
        if not _rows_came():
            shutil.rmtree(stage, ignore_errors=True)
        raise


def _rows_came() -> bool:
    """Whether only the finishing is left to do; yes where the database does not tell. A commit may be under way still."""
    try:
        if connection.vendor == "postgresql":
            postgresql.wait_until_unused()
        return bool(unfinished())
    except (DatabaseError, ValidationError):
        return True


def unfinished() -> str:
    """The moment (ISO) whose state came back by a restore that was interrupted before it was finished; "" for none."""
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


def put_media_in_place() -> None:
    """Move the unpacked media to where the site looks for them. Doing it twice changes nothing.

    Their folder stays, empty, until the restore is finished (`forget_stage`). Refuses `no-media` where a backup's rows came
    and its media are not here.
    """
    media, stage = archive.media(), archive.media() / STAGE
    if stage.is_dir():
        for found in stage.iterdir():
            os.rename(found, media / found.name)
    elif unfinished():
        raise ValidationError(
            f"The rows of the backup are there, but its media are not: {stage} is missing. Run this on the machine and as "
            f"the user of the restore. Or unpack the media of the backup into {media} yourself, and add --without-media.",
            code="no-media",
        )


def forget_stage() -> None:
    """Remove the folder of the unpacked media, which are in their place."""
    stage = archive.media() / STAGE
    if stage.is_dir() and not any(stage.iterdir()):
        stage.rmdir()
