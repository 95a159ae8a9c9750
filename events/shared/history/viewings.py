"""Who of the staff saw whose data: each list, page and export of people leaves one row, which the people themselves can read.

What somebody sees of themselves is not written down.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from events.models import User, Viewing

KEPT = timedelta(days=400)  # over a year: from one forum to the next
OF_PERSON = "SELECT v.id FROM events_viewing v, json_each(v.people) p WHERE p.value = %s"  # SQLite


def record(
    *,
    by: User,
    kind: Viewing.Kind,
    model: str,
    people: Iterable[int | None],
    forum_id: int | None = None,
    now: datetime,
) -> Viewing | None:
    """Write down that `by` saw the data of these accounts (keys; None: somebody without one) as rows of a model. One
    INSERT, and none where it is nobody else's data."""
    keys = sorted({key for key in people if key is not None and key != by.pk})
    if not keys:
        return None
    told = {"kind": kind, "model": model, "forum_id": forum_id, "number": len(keys), "people": keys}
    return Viewing.objects.create(by=by, at=now, **told)


def of(user: User) -> QuerySet[Viewing]:
    """Who saw the data of a person, the newest first."""
    rows = Viewing.objects.select_related("by")
    if connection.vendor == "postgresql":
        return rows.filter(people__contains=[user.pk])
    return rows.filter(pk__in=RawSQL(OF_PERSON, [user.pk]))  # noqa: S611  our own words


def forget(*, now: datetime) -> int:
    """Delete what is older than it is kept; return how many rows."""
    return Viewing.objects.filter(at__lt=now - KEPT).delete()[0]
