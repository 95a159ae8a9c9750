"""The prize of a forum as its public page shows it: the edition, its phases and its categories."""

from dataclasses import dataclass
from datetime import datetime

from prizes.models import Category, Edition, Phase


@dataclass(frozen=True)
class Shown:
    """A phase at a moment; `state` is "over", "open" or "coming"."""

    phase: Phase
    state: str


def edition_of(forum_slug: str) -> Edition | None:
    """The public edition of a public forum; None where there is none."""
    return (
        Edition.objects.filter(forum__slug=forum_slug, forum__is_public=True, is_public=True)
        .prefetch_related("phases")
        .first()
    )


def phases(edition: Edition, *, now: datetime) -> list[Shown]:
    """The phases of an edition in order of time, each with its state at `now` (half-open: over at its end)."""
    shown = []
    for phase in edition.phases.all():
        state = "open" if phase.is_open(now) else "over" if phase.ends <= now else "coming"
        shown.append(Shown(phase=phase, state=state))
    return shown


def categories(edition: Edition) -> list[Category]:
    """The categories of an edition in order of their numbers, with their Action Lines."""
    return list(edition.categories.select_related("action_line"))
