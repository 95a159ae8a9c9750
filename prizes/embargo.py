"""Until when results are secret. Every page, file, feed and list asks here."""

from datetime import datetime

from prizes.models import Edition, Release


def is_lifted(edition: Edition, *, kind: str, now: datetime) -> bool:
    """Whether the public may see the champions or the winners (`kind` of `Release.Kind`) at `now`. One query.

    Winners are not seen before the champions, whatever their release says.
    """
    approved = {
        release.kind: release.effective
        for release in Release.objects.filter(edition=edition, state=Release.State.APPROVED)
    }
    needed = [Release.Kind.CHAMPIONS] if kind == Release.Kind.CHAMPIONS else list(Release.Kind)
    return all(approved.get(each) is not None and approved[each] <= now for each in needed)  # type: ignore[operator]
