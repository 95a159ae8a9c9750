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

from events.models import User
from registration.models import Erasure

FILE = "erased-accounts"


def _path() -> Path:
    return Path(settings.KEYS_DIR) / FILE


def note(account: int, *, erased: datetime, taken_out: Collection[str]) -> None:
    """Write down that an account was erased. Twice changes nothing for whoever reads it."""
    line = json.dumps({"account": account, "erased": erased.isoformat(), "taken_out": sorted(taken_out)}) + "\n"
    _path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _noted() -> dict[int, dict[str, Any]]:
    """By the number of each account, what was noted last; a line that a crash cut short is left out."""
    found: dict[int, dict[str, Any]] = {}
    for line in _path().read_text().splitlines() if _path().exists() else ():
        try:
            row = json.loads(line)
            found[int(row["account"])] = row
        except (ValueError, KeyError):
            continue
    return found


def ask_again(now: datetime) -> int:
    """After a restore: have everybody erased at once who was erased before and is back; return how many."""
    noted = _noted()
    back = User.objects.filter(pk__in=noted, erased=None)
    for user in back:
        row = noted[user.pk]
        if user.date_joined.isoformat() > row["erased"]:  # another one, whose number was given twice
            continue
        Erasure.objects.update_or_create(
            user=user,
            state=Erasure.State.WAITING,
            defaults={"asked": now, "due": now, "taken_out": row["taken_out"]},
        )
    return len(back)
