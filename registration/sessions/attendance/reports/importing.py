"""The report of a meeting becomes stays of its session: once, however often it is imported."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, Session, User
from events.shared.formatting import times
from events.shared.pages.find_forum import check_open
from registration.models import Registration, Source, Stay
from registration.sessions.attendance import stays
from registration.sessions.attendance.reports.participants import Participant

AROUND = timedelta(hours=1)  # before and after a session, in which people of its meeting come and go

type Times = tuple[datetime, datetime | None]


class Imported(NamedTuple):
    """How many stays of a report were written, and how many were there already."""

    written: int
    known: int


def _is_near(one: Times, *, session: Session) -> bool:
    assert session.starts is not None  # noqa: S101, it is scheduled
    assert session.ends is not None  # noqa: S101
    began, ended = one
    return began < session.ends + AROUND and (ended or began) > session.starts - AROUND


def outside(people: Iterable[Participant], *, session: Session) -> int:
    """How many people of a report were not there within an hour of the session. Refuses `other-meeting` where nobody was."""
    all_of_them = list(people)
    near = sum(any(_is_near(span, session=session) for span in one.times) for one in all_of_them)
    if not near:
        moments = [moment for one in all_of_them for pair in one.times for moment in pair if moment]
        first, last = (
            times.deadline(one, zone=session.forum.zone, forum=session.forum) for one in (min(moments), max(moments))
        )
        words = _("This is the report of another meeting, or in another time zone: it goes from %(first)s to %(last)s")
        raise ValidationError(words % {"first": first, "last": last}, code="other-meeting")
    return len(all_of_them) - near


@transaction.atomic
def write(
    people: Sequence[Participant],
    *,
    registrations: Sequence[int | None],
    session: Session,
    device: str,
    by: User | None,
) -> Imported:
    """Write the stays of a report, and the attendances that follow. `registrations`: who each of the people is, None for nobody whom
    we know; `device`: the name of the file. What stands there already is not written again, nor what was not within an hour of the
    session: a link that is used each week has one report of all its meetings. Refuses as `outside`, and `archived` (its forum is)."""
    outside(people, session=session)
    check_open(Forum.objects.select_for_update(no_key=True).get(pk=session.forum_id))
    Session.objects.select_for_update(no_key=True).get(pk=session.pk)  # two imports take turns
    rows = Registration.objects.active().filter(forum=session.forum_id, pk__in=[key for key in registrations if key])
    persons = {
        row.pk: row
        for row in rows.select_for_update(of=("self",), no_key=True).select_related("country").order_by("pk")
    }
    wanted = [
        (key if key in persons else None, *span)
        for one, key in zip(people, registrations, strict=True)
        for span in one.times
        if _is_near(span, session=session)
    ]
    new, claimed = _not_there_yet(wanted, session=session)
    for row in claimed:
        row.save(update_fields=["registration"])
    own = {"session": session, "source": Source.REPORT, "device": device, "entered_by": by}
    Stay.objects.bulk_create(
        (Stay(registration_id=key, began=began, ended=ended, **own) for key, began, ended in new), 2000
    )
    stays.attend(list(persons.values()), session=session)
    return Imported(len(new), len(wanted) - len(new))


def _not_there_yet(
    wanted: Sequence[tuple[int | None, datetime, datetime | None]], *, session: Session
) -> tuple[list[tuple[int | None, datetime, datetime | None]], list[Stay]]:
    """What of a report no stay says yet; and stays of unknown participants of whom somebody has now said who they are, with the
    registration set. Erased people are unknown to a report that is imported again: their stays still say the same."""
    there: dict[Times, list[Stay]] = {}
    for row in Stay.objects.filter(session=session, source=Source.REPORT).order_by("pk"):
        there.setdefault((row.began, row.ended), []).append(row)
    left, claimed = [], []
    for key, began, ended in wanted:
        same = next((row for row in there.get((began, ended), []) if key and row.registration_id == key), None)
        if same:
            there[began, ended].remove(same)
        else:
            left.append((key, began, ended))
    new = []
    for key, began, ended in sorted(left, key=lambda one: one[0] is None):
        same = next((row for row in there.get((began, ended), []) if not key or row.registration_id is None), None)
        if same is None:
            new.append((key, began, ended))
            continue
        there[began, ended].remove(same)
        if key:
            same.registration_id = key
            claimed.append(same)
    return new, claimed
