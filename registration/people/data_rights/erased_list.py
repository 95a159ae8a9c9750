"""Which accounts were erased, kept outside the database too: where a backup brings them back, they are erased again.

A line of JSON for each, in a file beside the keys of the prize (KEYS_DIR, which every machine of the site has): the number of
the account, when, and what of the published things was taken out. No name and no address.
"""

import json
import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from events.models import User
from events.shared.rights import memberships
from registration.models import Erasure
from registration.people.data_rights import mails

FILE = "erased-accounts"


def _path() -> Path:
    return Path(settings.KEYS_DIR) / FILE


def note(account: int, *, erased: datetime, taken_out: Collection[str]) -> None:
    """Write down that an account was erased. Twice changes nothing for whoever reads it."""
    add(json.dumps({"account": account, "erased": erased.isoformat(), "taken_out": sorted(taken_out)}))


def content() -> bytes:
    """The list as it is, for the file of secrets; empty where nobody was erased."""
    return _path().read_bytes() if _path().exists() else b""


def add(lines: str) -> None:
    """Write lines behind those that are there: what a restore brings takes nothing away."""
    _path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"\n{lines}\n")  # a line before it may have been cut short
        file.flush()
        os.fsync(file.fileno())


def noted() -> dict[int, dict[str, Any]]:
    """By the number of each account, what was noted last; a line that a crash cut short is left out."""
    found: dict[int, dict[str, Any]] = {}
    for line in _path().read_text().splitlines() if _path().exists() else ():
        try:
            row = json.loads(line)
            datetime.fromisoformat(row["erased"])
            found[int(row["account"])] = {"taken_out": [], **row}
        except (ValueError, KeyError, TypeError):
            continue
    return found


@transaction.atomic
def ask_again(now: datetime) -> int:
    """After a restore: have everybody erased at once who was erased before and is back; return how many. Roles that the backup
    brought back end: who was erased had none any more. Supervisors read of these."""
    rows, found = noted(), 0
    for user in User.objects.select_for_update(no_key=True).filter(pk__in=rows, erased=None).order_by("pk"):
        row = rows[user.pk]
        if user.date_joined > datetime.fromisoformat(row["erased"]):  # another account: its number was given twice
            continue
        wish = {"asked": now, "due": now, "taken_out": row["taken_out"]}
        erasure, _made = Erasure.objects.update_or_create(user=user, state=Erasure.State.WAITING, defaults=wish)
        mails.tell_supervisors(erasure, now=now)
        memberships.take_all(user)
        found += 1
    return found
