"""Being erased: asked for, stopped within three days, carried out by a task.

The rows are emptied or deleted in one transaction, so a worker that dies leaves all or nothing; the names of the files to be
deleted stand in the row of the wish until they are gone. A minute later it is all done once more: somebody may have been
writing in that moment. That it is done is written last, after the files, the finished pages and the list of who was erased.
"""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import ERASED_DOMAIN, FileImport, HistoryEntry, PdfFile, User
from events.personal_data import HISTORY, about_rows
from events.shared.drawings import picture_sizes
from events.shared.history import acts
from events.shared.history import log as history
from events.shared.jobs.sweeps import Sweep
from events.shared.mail.backends import clear_files_of
from events.shared.pages import revision
from events.shared.rights import memberships
from registration.models import DataCopy, Erasure
from registration.people.accounts.verbs import RegistrationVerb
from registration.people.data_rights import erased_list, mails, typed_organisations
from registration.people.data_rights.everything_held import HeldPerson, parts, person_of, published, to_erase
from registration.people.data_rights.log_ins import end_all

logger = logging.getLogger(__name__)

ERASURES = Sweep("erasures", gettext_lazy("People who asked to be erased"))
FILES = Sweep("erased-files", gettext_lazy("Files of people who are erased"))
WAIT = timedelta(days=3)  # to change one's mind
LATE = timedelta(minutes=5)  # after it was due: then something is away that it needs
AGAIN = timedelta(minutes=1)  # until it is done once more
KEPT_COLUMNS = {"id", "date_joined", "email", "password", "is_active", "erased"}
State = Erasure.State


def check(user: User) -> None:
    """Refuse `has-role`: who may enter the organisers' pages gives up that right first, so that nobody is missed there; and
    `last-supervisor`: nobody could end that role."""
    if memberships.is_last_supervisor(user):
        raise ValidationError(
            _("You are the last supervisor of all forums. Make somebody else one first, then end your own roles"),
            code="last-supervisor",
        )
    if user.is_staff:
        raise ValidationError(
            _("You have a role among the organisers. Ask a supervisor to end it first, then erase your account"),
            code="has-role",
        )


def waiting(user: User) -> Erasure | None:
    """The wish of a person that waits to be carried out."""
    return Erasure.objects.filter(user=user, state=State.WAITING).first()


@transaction.atomic
def ask(user: User, *, taken_out: Collection[str], now: datetime) -> Erasure:
    """Note that a person wants to be erased in three days, and tell them by mail. Asked twice is asked once.

    `taken_out`: what of the published things is not to stay (`Published.key`). Refuses as `check` does, and `not-published`
    (a key that is nobody's, or somebody else's). Supervisors read of it where the person had a role.
    """
    locked = User.objects.locked(user.pk)
    check(locked)
    if found := waiting(locked):
        return found
    person = person_of(locked)
    if set(taken_out) - {one.key for one in published(person)}:
        raise ValidationError(_("Choose from what is published"), code="not-published")
    row = Erasure.objects.create(user=locked, asked=now, due=now + WAIT, taken_out=sorted(set(taken_out)))
    history.record(locked, verb=RegistrationVerb.ASK_ERASURE, by=locked, now=now, label=f"#{locked.pk}")
    mails.write_asked(row, now=now)
    mails.tell_supervisors(row, now=now)
    return row


@transaction.atomic
def stop(user: User, *, now: datetime) -> None:
    """Take the wish back. Refuses `not-waiting` where there is none, or it is carried out already."""
    row = Erasure.objects.select_for_update().filter(user=user, state=State.WAITING).first()
    if row is None:
        raise ValidationError(_("Nothing is waiting to be erased"), code="not-waiting")
    row.state = State.STOPPED
    row.save(update_fields=["state"])
    history.record(user, verb=RegistrationVerb.STOP_ERASURE, by=user, now=now, label=f"#{user.pk}")
    mails.write_stopped(row, now=now)


# --- the task -------------------------------------------------------------------------------------
def carry_out_due(now: datetime) -> int:
    """Carry out what is due, and finish what was begun; return how many people were erased. Any number of workers may do this
    at once, or die over it. One that fails does not hold up the others: it is tried again."""
    waiting = Erasure.objects.filter(state=State.WAITING, due__lte=now).select_related("user").order_by("due")
    erased = ERASURES.each(waiting, partial(_carry_out, now=now), now=now, is_held=True)
    begun = Erasure.objects.filter(state=State.ERASED).select_related("user").order_by("pk")
    FILES.each(begun, partial(_finish, now=now), now=now, is_held=True)
    return sum(erased)


def _carry_out(row: Erasure, *, now: datetime) -> bool:
    user = User.objects.select_for_update().get(pk=row.user_id)
    if user.is_staff:  # a role has been given since
        row.state = State.STOPPED
        row.save(update_fields=["state"])
        mails.write_kept(row, now=now)
        return False
    person = to_erase(row.user, taken_out=row.taken_out)
    row.files = _erase(person, now=now)
    _leave_nothing(user, now=now)
    row.state, row.erased = State.ERASED, now
    row.save(update_fields=["files", "state", "erased"])
    history.record(user, verb=RegistrationVerb.ERASE_ACCOUNT, by=None, now=now, label=f"#{user.pk}")
    clear_files_of(person)  # here, for nobody knows the names afterwards, and twice is once
    logger.info("account %s erased", row.user_id)
    return True


def _erase(person: HeldPerson, *, now: datetime) -> list[str]:
    """Empty or delete all rows of the person; return the names of the files that go."""
    end_all(person)
    files: list[str] = []
    typed = typed_organisations.of(person)
    for held in (one for part in parts() for one in part.held):
        acts.forget_rows(held.find(person))
        person.redact(HistoryEntry.objects.filter(about_rows(held.find(person))), *HISTORY)
    for part in parts():
        files += part.first(person, now)
        for held in part.held:
            held.erase(person)
    # Copies that others took of their data hold mails that tell of the person.
    person.redact(DataCopy.objects.exclude(user=person.user), "content", whole=person.told)
    typed_organisations.forget(typed, person)
    PdfFile.objects.all().delete()  # drawn again from what is there now
    FileImport.objects.exclude(state__in=FileImport.OPEN).delete()  # chosen again
    revision.bump()
    return files


def _leave_nothing(user: User, *, now: datetime) -> None:
    """The account stays as a number, for what hangs on it; every other column is as in a new one."""
    for field in User._meta.concrete_fields:
        if field.name not in KEPT_COLUMNS:
            setattr(user, field.attname, field.get_default())
    user.email = f"erased-{user.pk}{ERASED_DOMAIN}"
    user.set_unusable_password()
    user.is_active, user.erased = False, user.erased or now
    user.save()
    user.groups.clear()
    user.user_permissions.clear()


def _finish(row: Erasure, *, now: datetime) -> None:
    """Delete the files and note the account for backups; a minute later look once more for rows of the account that came in
    that moment (by then nothing knows its address and names), and write last that it is done. A worker that dies over it leaves it to the next one, which does it all."""
    _delete_files(row.files)
    erased = row.erased or now
    erased_list.note(row.user_id, erased=erased, taken_out=row.taken_out)
    row.files = []
    if now >= erased + AGAIN:
        _delete_files(_erase(to_erase(row.user, taken_out=row.taken_out), now=now))
        row.state = State.DONE
    row.save(update_fields=["files", "state"])


def _delete_files(names: Iterable[str]) -> None:
    for name in names:
        picture_sizes.delete(default_storage, name)
