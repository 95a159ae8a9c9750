"""Until when results are secret. Every page, file, feed and list asks here."""

from datetime import datetime

from events.models import Approval
from prizes.models import Edition, Honour

# The approvals that end an embargo.
NAMES = {str(honour): f"announce-{honour}" for honour in Honour}
KINDS = {name: honour for honour, name in NAMES.items()}


def is_lifted(edition: Edition, *, kind: str, now: datetime) -> bool:
    """Whether the public may see the champions or the winners (`kind` of `Honour`) at `now`. One query.

    Winners are not seen before the champions, whatever their announcement says.
    """
    return Lifting.of(edition).is_lifted(kind, now=now)


def is_promised(edition: Edition, *, kind: str) -> bool:
    """Whether the announcement of this kind is approved, in effect or not yet. What was approved must not change any more."""
    return Lifting.of(edition).approved(kind) is not None


def stands(edition: Edition, *, kind: str) -> bool:
    """Whether the announcement of this kind is proposed or approved. What it says must not change under the eyes of whoever agrees to it."""
    return Approval.objects.standing().filter(kind=NAMES[kind], subject=edition.pk).exists()


def effective(approval: Approval) -> datetime | None:
    """From when the public sees what is announced: at once (as it is approved), or at a set time; None while nobody agreed."""
    if approval.state != Approval.State.AGREED or approval.decided is None:
        return None
    return max(approval.decided, approval.moment("at") or approval.decided)


class Lifting:
    """The approved announcements of an edition: when each kind comes out. Read once, asked as often as a page needs."""

    def __init__(self, moments: dict[str, datetime | None]) -> None:
        self._moments = moments

    @classmethod
    def of(cls, edition: Edition) -> "Lifting":
        """Read them, in one query."""
        rows = Approval.objects.agreed().filter(kind__in=KINDS, subject=edition.pk)
        return cls({KINDS[row.kind]: effective(row) for row in rows})

    def approved(self, kind: str) -> datetime | None:
        """The moment at which an approved announcement takes effect, or took; None while nobody approved it."""
        return self._moments.get(kind)

    def lifted(self, kind: str) -> datetime | None:
        """From when the public sees this kind: winners never before the champions; None while that is open."""
        needed = [Honour.CHAMPIONS] if kind == Honour.CHAMPIONS else list(Honour)
        moments = [moment for each in needed if (moment := self.approved(each)) is not None]
        return max(moments) if len(moments) == len(needed) else None

    def is_lifted(self, kind: str, *, now: datetime) -> bool:
        moment = self.lifted(kind)
        return moment is not None and moment <= now

    def next(self, *, now: datetime) -> datetime | None:
        """The next moment after `now` at which something comes out; None where none is set."""
        moments = [moment for kind in Honour if (moment := self.lifted(kind)) is not None and moment > now]
        return min(moments, default=None)
