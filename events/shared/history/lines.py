"""What the history takes down leaves a line in the log, too: the event, the account that did it, the row, and no content.

The log adds the id of the request and the network that it came from (config.running.monitoring.log_lines).
"""

import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from events.models import HistoryEntry

logger = logging.getLogger("history")


def write(event: str, *, account: int | None, row: str = "", number: int = 1) -> None:
    """Write a line at once. `account`: the key of who did it; `row`: a model and a key; `number`: how many times."""
    about = {"event": str(event), "account": account, "row": row, "number": number}
    logger.info("%(event)s: account %(account)s, row %(row)s, %(number)s", about, extra=about)


def tell(entries: Sequence[HistoryEntry]) -> None:
    """Write a line for an entry once its transaction is committed; for many of one event one with their number."""
    if len(entries) == 1:
        (entry,) = entries
        told = [partial(write, entry.verb, account=entry.actor_id, row=f"{entry.model} {entry.key}")]
    else:
        groups = Counter((entry.verb, entry.actor_id, entry.model) for entry in entries)
        told = [partial(write, verb, account=by, row=row, number=n) for (verb, by, row), n in groups.items()]
    for line in told:
        transaction.on_commit(line, robust=True)
