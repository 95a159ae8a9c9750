"""The folder from which reports of meetings are taken: MEETING_REPORTS_DIR, with a folder for each forum, named by its slug.

A file is named by the code of its session: `AB12CD.csv`, `AB12CD whatever.json`. Taken files go into `done`, others into `refused`, with
a text beside them that says why; both are deleted after a month, for they name people.
"""

import logging
import os
import re
import stat
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.jobs.sweeps import Sweep, apart
from events.models import Forum
from registration.attendance.reports import receiving

logger = logging.getLogger(__name__)

REPORTS = Sweep("reports", gettext_lazy("Reports of meetings in the watched folder"), longest=timedelta(minutes=5))
STILL = timedelta(seconds=10)  # for so long nothing has changed in a file that is whole
KEPT = timedelta(days=30)
DONE, REFUSED = "done", "refused"
CODE = re.compile("[0-9A-Za-z]{6}(?![0-9A-Za-z])")
UNFINISHED = re.compile(r"[.~].*|.*\.(part|partial|filepart|crdownload|tmp)", re.IGNORECASE | re.DOTALL)


def take(now: datetime) -> int:
    """Take what lies in the folders of all forums, and return how many files that were. `now` is compared with the clock of the
    file system. Two at once take a file once."""
    if settings.MEETING_REPORTS_DIR is None:
        return 0
    root: Path = settings.MEETING_REPORTS_DIR
    forums = [forum for forum in Forum.objects.order_by("pk") if _is_folder(root / forum.slug)]
    taken = REPORTS.each(forums, lambda one: _take_folder(one, root / one.slug, now=now), now=now, is_whole=False)
    return sum(taken)


def _is_folder(path: Path) -> bool:
    """Whether this is a folder, and not a link to one."""
    return path.is_dir() and not path.is_symlink()


def _take_folder(forum: Forum, folder: Path, *, now: datetime) -> int:
    try:
        for name in (DONE, REFUSED):
            (folder / name).mkdir(exist_ok=True)
            if not _is_folder(folder / name):
                raise NotADirectoryError(name)
            _forget(folder / name, now=now)
        files = sorted(path for path in folder.iterdir() if not _is_folder(path))
    except OSError as error:
        logger.warning("the folder of meeting reports of %s: %s", forum.slug, type(error).__name__)
        return 0
    whole = [path for path in files if not UNFINISHED.fullmatch(path.name)]
    taken: list[bool] = []

    def take_one(path: Path) -> None:
        taken.append(_try_file(path, forum=forum, now=now))

    with apart("meeting reports") as tries:
        for number, path in enumerate(whole):  # their names may name people
            tries.one(f"file {number}", partial(take_one, path))
    return sum(taken)


def _try_file(path: Path, *, forum: Forum, now: datetime) -> bool:
    try:
        return _take_file(path, forum=forum, now=now)
    except OSError as error:  # another worker took it, or it is closed to the site: the next time finds what is left
        logger.warning("a meeting report of %s: %s", forum.slug, type(error).__name__)
        return False


def _take_file(path: Path, *, forum: Forum, now: datetime) -> bool:
    """Whether a file was whole, and so is taken or refused."""
    if path.lstat().st_ctime > (now - STILL).timestamp():
        return False
    code = CODE.match(path.name)
    try:
        report = receiving.receive(_content(path), name=path.name, code=code[0] if code else "", forum=forum, now=now)
        reason = f"{report.reason} ({report.refusal})" if report.refusal else ""
    except ValidationError as refusal:
        reason = f"{refusal.messages[0]} ({refusal.code})"
    target = _free(path.parent / (REFUSED if reason else DONE) / path.name, now=now)
    path.rename(target)
    os.utime(target, (now.timestamp(), now.timestamp()), follow_symlinks=False)
    if reason:
        with _free(target.with_name(f"{target.name}.why.txt"), now=now).open("x", encoding="utf-8") as why:
            why.write(f"{reason}\n")
    return True


def _content(path: Path) -> bytes:
    """The bytes of a file, no more than one over the limit; refuses (`no-file`) what leads to another place."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValidationError(_("This is no file, but leads elsewhere"), code="no-file")
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(receiving.LARGEST + 1)


def _free(path: Path, *, now: datetime) -> Path:
    """A path at which there is nothing yet."""
    return path.with_name(f"{now:%Y%m%dT%H%M%S%f} {path.name}") if os.path.lexists(path) else path


def _forget(folder: Path, *, now: datetime) -> None:
    for path in folder.iterdir():
        if not _is_folder(path) and path.lstat().st_mtime < (now - KEPT).timestamp():
            path.unlink()
