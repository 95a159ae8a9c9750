"""Until when results are secret. Every page, file, feed and list asks here."""

from datetime import datetime

from prizes.models import Announcement, Edition


def is_lifted(edition: Edition, *, kind: str, now: datetime) -> bool:
    """Whether the public may see the champions or the winners (`kind` of `Announcement.Kind`) at `now`. One query.

    Winners are not seen before the champions, whatever their announcement says.
    """
    return Lifting.of(edition).is_lifted(kind, now=now)


def is_promised(edition: Edition, *, kind: str) -> bool:
    """Whether the announcement of this kind is approved, in effect or not yet. What was approved must not change any more."""
    return Lifting.of(edition).approved(kind) is not None


class Lifting:
    """The approved announcements of an edition: when each kind comes out. Read once, asked as often as a page needs."""

    def __init__(self, moments: dict[str, datetime | None]) -> None:
        self._moments = moments

    @classmethod
    def of(cls, edition: Edition) -> "Lifting":
        """Read them, in one query."""
        rows = Announcement.objects.filter(edition=edition, state=Announcement.State.APPROVED)
        return cls({announcement.kind: announcement.effective for announcement in rows})

    def approved(self, kind: str) -> datetime | None:
        """The moment at which an approved announcement takes effect, or took; None while nobody approved it."""
        return self._moments.get(kind)

    def lifted(self, kind: str) -> datetime | None:
        """From when the public sees this kind: winners never before the champions; None while that is open."""
        needed = [Announcement.Kind.CHAMPIONS] if kind == Announcement.Kind.CHAMPIONS else list(Announcement.Kind)
        moments = [moment for each in needed if (moment := self.approved(each)) is not None]
        return max(moments) if len(moments) == len(needed) else None

    def is_lifted(self, kind: str, *, now: datetime) -> bool:
        moment = self.lifted(kind)
        return moment is not None and moment <= now

    def next(self, *, now: datetime) -> datetime | None:
        """The next moment after `now` at which something comes out; None where none is set."""
        moments = [moment for kind in Announcement.Kind if (moment := self.lifted(kind)) is not None and moment > now]
        return min(moments, default=None)
