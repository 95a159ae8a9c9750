"""Files on their way in: an organiser agrees to what the preview showed, and a worker does it. The row is the job (decision 0001).

All that a file does is one transaction, in which its worker holds the row: of one that is killed nothing is left, and another
begins again. Nobody sees what stands in a transaction, so that somebody wants it stopped goes through the cache too.
"""

import logging
import zlib
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.broker import wake_ups
from events.exchange import apply
from events.exchange.import_form import may_release
from events.jobs.troubles import trouble_of
from events.models import FileImport, Forum, Session, User
from events.staff import memberships
from events.tables import table_import
from events.tables.answers import Answers
from events.tables.resources import NEW

logger = logging.getLogger(__name__)

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


def resource(found: Any, job: FileImport) -> Any:
    """What reads the rows of a file, for the forum into which they come."""
    forum = None if found.is_of_site else Forum.objects.get(slug=job.slug)
    return found.resource(forum=forum, answers=answers(job))


def answers(job: FileImport) -> Answers:
    """What somebody said of the columns and names of a file."""
    return Answers(**job.answers, is_asking=True)


@transaction.atomic
def ask(job: FileImport, *, now: datetime) -> None:
    """Have a file brought in, a job that is not saved. Asked twice, it is done once."""
    job.asked = now
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
            _end(found, refusal=str(STOPPED))


def reason(job: FileImport) -> str:
    """Why a file was not brought in."""
    return " ".join([_("Nothing was brought in."), job.refusal or str(BROKEN)])


def forget(*, now: datetime) -> None:
    """Delete what became of files a day ago."""
    FileImport.objects.filter(asked__lt=now - KEPT).exclude(state=State.MAKING).delete()


# --- the workers ----------------------------------------------------------------------------------
def bring_in_next(now: datetime) -> bool:
    """Bring in the next file that waits, or whose worker was lost; return whether there was one."""
    job = FileImport.objects.select_related("asked_by").claim()
    if job is not None:
        with translation.override(job.language):  # else it says something else than the preview
            _bring_in(job, now=now)
    return job is not None


def _bring_in(job: FileImport, *, now: datetime) -> None:
    """Do what a job says, unless another worker is at it. What is refused is told; of what fails the log says why."""
    found = FileImport.objects.filter(pk=job.pk, state=State.MAKING)
    try:
        with transaction.atomic():
            if found.select_for_update(of=("self",), skip_locked=True).first():
                found.update(result=_result(job, now=now), state=State.DONE, file=b"", answers={})
    except ValidationError as refusal:
        _end(found, refusal=" ".join(refusal.messages))
    except Exception as error:  # whatever it is: the others are brought in all the same
        if trouble_of(error):  # it is no fault of the file, which waits for its lease to end
            raise
        logger.exception("file %s cannot be brought in", job.pk)
        _end(found, refusal="")


def _end(jobs: Any, *, refusal: str) -> int:
    return int(jobs.filter(state=State.MAKING).update(state=State.FAILED, refusal=refusal))


def _result(job: FileImport, *, now: datetime) -> dict[str, Any]:
    """What a file did, in numbers, and the columns that it left out. Refuses `lacks-right` where who agreed may not do it any more, and what the file's rows refuse."""
    (found,) = (one for one in admin.site._registry.values() if one.opts.model_name == job.kind)
    if not may_bring_in(found, job.asked_by, slug=job.slug):
        raise ValidationError(_("You may not bring in such files any more."), code="lacks-right")
    return (_programme if found.model is Session else _rows)(found, job, now=now)


def _programme(found: Any, job: FileImport, *, now: datetime) -> dict[str, Any]:
    forum = Forum.objects.filter(slug=job.slug).first()
    plan = apply.bring_in(
        zlib.decompress(job.file),
        slug=job.slug,
        by=job.asked_by,
        now=now,
        is_released=job.is_released and may_release(job.asked_by, forum),
        seen=job.digest,
        answers=answers(job),
    )
    counts = {name: len(getattr(plan, name)) for name in ("new", "changed", "same", "unusable")}
    told = {"left_out": plan.left_out, "released": plan.released}
    return counts | told | {"clashes": len(plan.clashes) + plan.more_clashes}


def _rows(found: Any, job: FileImport, *, now: datetime) -> dict[str, Any]:
    reader = resource(found, job)
    reader.tell = partial(_tell, job)
    with found.import_act(reader.forum, by=job.asked_by, now=now) as act:
        act.will_change(found.model._base_manager.filter(pk__in=job.changed))
        done = table_import.bring_in(
            reader,
            zlib.decompress(job.file),
            answers=answers(job),
            by=job.asked_by,
            seen=job.digest,
            without=job.wrong,
        )
        act.made(found.model, done.keys(NEW))
    told = {"unusable": len(job.wrong), "left_out": done.left_out}
    return {"new": len(done.new), "changed": len(done.changed), "same": done.same, **told}


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
