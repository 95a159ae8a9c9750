"""How an entry of the history is shown: when in the forum's zone, by whom, and what it is about."""

from django.apps import apps
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.formatting import times
from events.models import HistoryEntry


def who(entry: HistoryEntry) -> str:
    """Who did it. Without a query where its actor is loaded."""
    return entry.actor.public_name if entry.actor else _("the site, at a set time")


def when(entry: HistoryEntry) -> str:
    """Its date and time in the zone of its forum, else in UTC."""
    local = entry.forum.local(entry.at) if entry.forum else entry.at
    place = times.place_name(entry.forum.zone, forum=entry.forum) if entry.forum else "UTC"
    named = {"date": date_format(local, "j M Y"), "time": f"{local:%H:%M}", "place": place}
    return _("%(date)s, %(time)s %(place)s") % named


def rows_of(model: str) -> str:
    """What rows of a model ("events.proposal") are called; one of an earlier version as it is."""
    try:
        return str(capfirst(apps.get_model(model)._meta.verbose_name_plural))
    except LookupError:
        return model


def about(entry: HistoryEntry) -> str:
    """The kind of row and what it was called: “session: Opening”."""
    try:
        kind = str(apps.get_model(entry.model)._meta.verbose_name)
    except LookupError:  # a model of an earlier version
        kind = entry.model
    return f"{kind}: {entry.subject}" if entry.subject else kind
