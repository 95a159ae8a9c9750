"""Files on their way in: an organiser agrees to what the preview showed, and a worker does it (events.shared.jobs.queue).

All that a file does is one transaction. Nobody sees what stands in a transaction, so that somebody wants it stopped goes through the cache too.
"""

import zlib
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.exchange import apply
from events.exchange.import_form import may_release
from events.models import FileImport, Forum, Session, User
from events.shared.broker import wake_ups
from events.shared.jobs.queue import JobQueue
from events.shared.pages.find_forum import check_open
from events.shared.rights import memberships
from events.shared.tables import table_import
from events.shared.tables.answers import Answers
from events.shared.tables.looks import Look
from events.shared.tables.resources import NEW

TASK = "events.tasks.bring_in_files"
KEPT = timedelta(days=1)  # what became of a file
ROWS_READ = 90  # percent; the rest is writing down what they changed
STOPPED = gettext_lazy("You stopped it.")
BROKEN = gettext_lazy("Something went wrong; the reason stands in the site’s log. You can try it again.")
State = FileImport.State


def may_bring_in(found: Any, user: User, *, slug: str) -> bool:
    """Whether an account may bring the rows of a list (`found`) into the forum of an address, which a programme may make."""
    if found.is_of_site:
        return bool(found.may_import(user))
    if Forum.objects.filter(slug=slug).exists():
        return bool(found.import_forums(user).filter(slug=slug).exists())
    return found.model is Session and may_make_forum(found, user)


def may_make_forum(found: Any, user: User) -> bool:
    """A new forum is made by those who may do so, and bring a programme, in all forums."""
    return memberships.is_everywhere(user, "events.add_forum") and bool(found.may_import_everywhere(user))


def look(found: Any, job: FileImport, *, by: User, now: datetime) -> Look:
    """What a file would do. Refuses `answers.OpenQuestion`, without whose answer nobody can say that."""
    return _bring_in(found, job, by=by, now=now, is_dry=True)


@transaction.atomic
def ask(job: FileImport, *, now: datetime) -> None:
    """Have a file brought in, a job that is not saved. Asked twice, it is done once."""
    job.asked = job.due = now
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:  # pressed twice
        return
    transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)


def stop(job: FileImport) -> None:
    """Stop a file that is not in yet: at once while no worker is at it, else at the next row."""
    cache.set(_stop_key(job), True, KEPT.total_seconds())
    with transaction.atomic():
        found = FileImport.objects.filter(pk=job.pk)
        if found.select_for_update(of=("self",), skip_locked=True).first():
            found.open().update(state=State.REFUSED, error=str(STOPPED))


def reason(job: FileImport) -> str:
    """Why a file was not brought in."""
    return " ".join([_("Nothing was brought in."), job.error if job.state == State.REFUSED else str(BROKEN)])


def forget(*, now: datetime) -> None:
    """Delete what became of files a day ago."""
    FileImport.objects.filter(asked__lt=now - KEPT).exclude(state__in=FileImport.OPEN).delete()


# --- the workers ----------------------------------------------------------------------------------
def _do(job: FileImport, *, now: datetime) -> dict[str, Any]:
    """Do what a file says: in the language of the preview, else it says something else. What it did stays, in numbers, and the
    columns that it left out. Refuses `lacks-right` where who agreed may not do it any more, and what the file's rows refuse."""
    (model,) = (one for one in apps.get_models() if one._meta.model_name == job.kind and admin.site.is_registered(one))
    found = admin.site.get_model_admin(model)
    if not may_bring_in(found, job.asked_by, slug=job.slug):
        raise ValidationError(_("You may not bring in such files any more."), code="lacks-right")
    done = _bring_in(found, job, by=job.asked_by, now=now, seen=job.digest)
    told = {name: getattr(done, name) for name in ("left_out", "released", "told")}
    counts = {name: len(getattr(done, name)) for name in ("new", "changed", "same")}
    more = {"clashes": len(done.clashes) + done.more_clashes, "unusable": len(done.errors) + len(job.wrong)}
    return {"result": told | counts | more, "file": b"", "answers": {}}


def _bring_in(
    found: Any, job: FileImport, *, by: User, now: datetime, is_dry: bool = False, seen: str | None = None
) -> Look:
    """Bring in the rows of a list (`found`), or (`is_dry`) try them and take them back: a programme as a whole, a table row by row."""
    data, answers = zlib.decompress(job.file), Answers(**job.answers)
    given: dict[str, Any] = {"answers": answers, "by": by, "is_dry": is_dry, "seen": seen}
    if found.model is Session:
        is_released = job.is_released and may_release(by, Forum.objects.filter(slug=job.slug).first())
        return apply.bring_in(data, slug=job.slug, now=now, is_released=is_released, **given)
    forum = None if found.is_of_site else Forum.objects.get(slug=job.slug)
    reader = found.resource(forum=forum, answers=answers)
    if is_dry:
        return table_import.bring_in(reader, data, **given)
    reader.tell = partial(_tell, job)
    with found.import_act(forum, by=by, now=now) as act:
        act.will_change(found.model._base_manager.filter(pk__in=job.changed))
        done = table_import.bring_in(reader, data, without=job.wrong, **given)
        act.made(found.model, {key for key in done.keys.get(NEW, ()) if key})
    return done


def _hold_forum(job: FileImport) -> None:
    """Nobody archives the forum while a file comes in. Refuses `archived`."""
    for forum in Forum.objects.select_for_update(no_key=True).filter(slug=job.slug):
        check_open(forum)


FILES = JobQueue(FileImport, _do, parent=_hold_forum, language=lambda job: job.language)
bring_in_due = FILES.run


def _tell(job: FileImport, row: int, *, rows: int) -> None:
    """Say how far it is. Refuses `stopped` once somebody wants it stopped."""
    percent = row * ROWS_READ // rows
    if percent == (row - 1) * ROWS_READ // rows:
        return
    job.set_progress(percent)
    if cache.get(_stop_key(job)):
        raise ValidationError(STOPPED, code="stopped")


def _stop_key(job: FileImport) -> str:
    return f"import:{job.token}:stopped"
