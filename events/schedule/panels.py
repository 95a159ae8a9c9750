"""Who speaks in a session: the one place where that is written, and its limit.

The public sees who is released and whoever leaves until the next release. Callers hold the lock of the forum or of the session, and
tell the public pages (`events.shared.pages.revision`)."""

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Appearance, Forum, Session, Speaker

MOST_SPEAKERS = 12  # in the draft of a session; what is older may have more, and not grow


def check_number(count: int, *, before: int = 0) -> None:
    """Refuse (`too-many`) more speakers in a session than there may be. `before`: how many it had."""
    if count > max(MOST_SPEAKERS, before):
        raise ValidationError(_("A session has at most %(n)s speakers") % {"n": MOST_SPEAKERS}, code="too-many")


def has_room(session: Session) -> bool:
    """Whether one more may speak."""
    return session.appearances.drafted().count() < MOST_SPEAKERS


def add(session: Session, *, speaker: Speaker, role: str) -> None:
    """Put a person at the end of the panel, to come with the next release; who was to leave stays, in their role. Refuses
    `too-many`."""
    drafted = session.appearances.drafted()
    if not drafted.filter(speaker=speaker).exists():
        check_number(drafted.count() + 1)
    place = {"role": role, "order": session.appearances.count() + 1}
    session.appearances.update_or_create(speaker=speaker, defaults={"is_leaving": False}, create_defaults=place)


def take_out(session: Session, *, speaker: Speaker | None) -> bool:
    """Take a person out at once, before the public too. Returns whether they were there."""
    return bool(session.appearances.filter(speaker=speaker).delete()[0])


def let_leave(rows: Collection[Any]) -> None:
    """Take people (keys of appearances) out: at once where the public has not seen them there, else with the next release."""
    found = Appearance.objects.filter(pk__in=rows)
    found.filter(is_released=False).delete()
    found.filter(session__state=Session.State.DRAFT).delete()
    found.update(is_leaving=True)


def keep(row: Appearance) -> None:
    """Keep a person who was to leave with the next release. Refuses `too-many`."""
    check_number(row.session.appearances.drafted().count() + 1)
    row.is_leaving = False
    row.save(update_fields=["is_leaving"])


def seat(rows: Iterable[Appearance], *, is_released: bool) -> None:
    """The panels of new sessions."""
    found = list(rows)
    for row in found:
        row.is_released = is_released
    Appearance.objects.bulk_create(found)


def recast(casts: Iterable[tuple[Session, list[Appearance]]]) -> None:
    """Give sessions their new speakers. Whom the public knows and the list does not leaves with the next release."""
    new: list[Appearance] = []
    kept: list[Appearance] = []
    gone: list[Any] = []
    for session, cast in casts:
        there = {row.speaker_id: row for row in session.appearances.all()}
        for row in cast:
            known = there.pop(row.speaker.pk, None)
            if known is None:
                new.append(row)
            else:
                known.role, known.order, known.is_leaving = row.role, row.order, False
                kept.append(known)
        gone += [row.pk for row in there.values()]
    Appearance.objects.bulk_create(new)
    Appearance.objects.bulk_update(kept, ["role", "order", "is_leaving"])
    let_leave(gone)


def release(forum: Forum) -> None:
    """Take out who leaves, and mark who speaks in sessions that the public sees as released."""
    found = Appearance.objects.filter(session__forum=forum)
    found.filter(is_leaving=True).delete()
    states = [Session.State.SCHEDULED, Session.State.CANCELLED]
    found.filter(session__state__in=states, is_released=False).update(is_released=True)


def forget(speaker: Speaker) -> None:
    """Take somebody who is erased out of all sessions."""
    speaker.appearances.all().delete()
