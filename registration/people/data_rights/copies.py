"""Taking one's data along: a copy is asked for, made by a worker, told of by mail, read on a page or as JSON, gone after a week."""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from events.models import User
from events.shared.broker import wake_ups
from events.shared.formatting.names import known_language
from events.shared.history import log as history
from events.shared.jobs.queue import JobQueue
from registration.models import DataCopy
from registration.people.accounts.verbs import RegistrationVerb
from registration.people.data_rights import mails
from registration.people.data_rights.everything_held import parts, person_of

TASK = "registration.tasks.keep_data_rights"
KEPT = timedelta(days=7)
FORMAT = 1  # of the JSON


@transaction.atomic
def ask(user: User, *, now: datetime) -> DataCopy:
    """Ask for a copy of all that is held on a person; the one that waits already, or was made in the last hour, is given again."""
    User.objects.locked(user.pk)
    rows = DataCopy.objects.filter(user=user)
    if found := rows.filter(made=None).first() or rows.filter(made__gt=now - timedelta(hours=1)).first():
        rows.try_again(now)  # where it was given up
        return found
    row = DataCopy.objects.create(user=user, asked=now, due=now)
    history.record(user, verb=RegistrationVerb.ASK_COPY, by=user, now=now, label=f"#{user.pk}")
    transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)
    return row


def content(user: User, *, now: datetime) -> dict[str, Any]:
    """All that is held on a person, in the language that is active: for each table its rows, and the words for people."""
    person = person_of(user)
    tables = [held.give(person) for part in parts() for held in part.held]
    found = {
        "format": FORMAT,
        "made": now,
        "account": user.email,
        "tables": [table for table in tables if table["rows"]],
    }
    read: dict[str, Any] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return read


def _make(row: DataCopy, *, now: datetime) -> dict[str, Any]:
    if row.made is not None:  # by a version before the one queue
        return {}
    found = content(row.user, now=now)
    row.expires = now + KEPT
    mails.write_copy_made(row, now=now)
    return {"content": found, "made": now, "expires": row.expires}


COPIES = JobQueue(DataCopy, _make, language=lambda row: known_language(row.user.language))


def make_due(now: datetime) -> int:
    """Make the copies that wait; return how many were made."""
    return COPIES.run(now)


def clear(now: datetime) -> int:
    """Delete the copies that are a week old; return how many."""
    return DataCopy.objects.filter(expires__lte=now).delete()[0]


def of(user: User, *, now: datetime) -> list[DataCopy]:
    """A person's copies, the newest first, without what they hold."""
    rows = DataCopy.objects.filter(user=user).defer("content")
    return [row for row in rows if row.expires is None or now < row.expires]
