"""What the prize of the next forum takes over: rules, phases, categories and criteria. Nobody who took part, and no votes."""

from django.utils.translation import gettext_lazy as _

from events.forums import hooks
from events.forums.hooks import CopiedPart, CopiedRows
from prizes.models import Category, Criterion, Edition, Phase


@hooks.next_forum()
def parts() -> tuple[CopiedPart, ...]:
    """The prize is one part: its rows name each other."""
    models = (Edition, Phase, Category, Criterion)
    return (
        CopiedPart("prize", 6, _("The prize: rules, phases, categories and criteria"), tuple(map(CopiedRows, models))),
    )
