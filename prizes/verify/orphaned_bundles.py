"""Bundles that no count names: a count was rolled back after its file was stored, or a worker died in between."""

import logging
from datetime import datetime, timedelta

from prizes.models import Count

log = logging.getLogger(__name__)

FOLDER = "bundles"
# A count that is being made has its file before its row can be seen: what is younger is left alone.
AGE = timedelta(days=1)


def sweep(now: datetime) -> int:
    """Delete the bundles that no count names and that are older than a day; return how many. Twice changes nothing."""
    storage = Count._meta.get_field("bundle").storage
    try:
        _folders, names = storage.listdir(FOLDER)
    except FileNotFoundError:  # nothing was counted yet
        return 0
    old = [path for name in names if storage.get_modified_time(path := f"{FOLDER}/{name}") < now - AGE]
    # Asked after the folder was read: a file that was named meanwhile is kept.
    named = set(Count.objects.exclude(bundle="").values_list("bundle", flat=True))
    gone = [path for path in old if path not in named]
    for path in gone:
        storage.delete(path)
        log.info("deleted the bundle %s, which no count names", path)
    return len(gone)
