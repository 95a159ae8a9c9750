"""Who may read which part of the history, and how an entry is shown: when in the forum's zone, by whom, and what it is about."""

from collections import defaultdict
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import DateTimeField, Field, Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.models import HistoryEntry, Placement, User
from events.shared.admin.word_search import among
from events.shared.formatting import times
from events.shared.history import hooks, verbs
from events.shared.rights import memberships


@cache
def rights_to_view() -> dict[str, str]:
    """The permission to view rows, by the label of each model."""
    kinds = [model._meta for model in apps.get_models()]
    return {one.label_lower: f"{one.app_label}.view_{one.model_name}" for one in kinds}


def readable(user: User) -> QuerySet[HistoryEntry]:
    """The entries that a member of the staff may read: as `hooks.readable_history` says of their app or model, else those
    about the models whose rows the person may view, in the forums in which they may. None of a forum in which they have no
    role, whatever it is about."""
    scopes = hooks.readable_history.keys()
    found, viewable = Q(pk__in=[]), defaultdict[frozenset[int] | None, list[str]](list)
    for label, right in rights_to_view().items():
        if scopes.isdisjoint((label, label.partition(".")[0])) and memberships.has(user, right):
            is_all = memberships.is_everywhere(user, right)
            viewable[None if is_all else memberships.rights(user).forums(right)].append(label)
            if not is_all and not memberships.forum_paths(apps.get_model(label)):
                found |= Q(model=label, forum=None)
    for forums, labels in viewable.items():  # first: PostgreSQL asks in this order, and most entries are among these
        rows = among("model", labels)
        found |= rows if forums is None else rows & Q(forum__in=forums)
    for scope in scopes:
        about = Q(model=scope) if "." in scope else Q(model__startswith=f"{scope}.")
        for rule in hooks.readable_history.of(scope):
            found |= about & rule(user)
    keys = memberships.forums_of(user)
    return HistoryEntry.objects.filter(found if keys is None else found & (Q(forum=None) | Q(forum__in=keys)))


def who(entry: HistoryEntry) -> str:
    """Who did it. Without a query where its actor is loaded."""
    return entry.actor.public_name if entry.actor else _("the site, at a set time")


def when(entry: HistoryEntry) -> str:
    """Its date and time in the zone of its forum, else in UTC."""
    return _moment(entry.at, entry=entry)


def _moment(at: datetime, *, entry: HistoryEntry) -> str:
    local = entry.forum.local(at) if entry.forum else at
    place = times.place_name(entry.forum.zone, forum=entry.forum) if entry.forum else "UTC"
    named = {"date": times.written(local.date(), "j M Y"), "time": f"{local:%H:%M}", "place": place}
    return _("%(date)s, %(time)s %(place)s") % named


def rows_of(model: str) -> str:
    """What rows of a model ("events.proposal") are called; one of an earlier version as it is."""
    return _names(model, get_language())[1]


@lru_cache(maxsize=1_000)
def _names(model: str, _language: str | None) -> tuple[str, str]:
    """What one row of a model and what several are called."""
    found = _model(model)
    names = (found._meta.verbose_name, capfirst(found._meta.verbose_name_plural)) if found else (model, model)
    return str(names[0]), str(names[1])


def about(entry: HistoryEntry) -> str:
    """The kind of row and what it was called: “session: Opening”; of what was taken back what that was."""
    if entry.model == HistoryEntry._meta.label_lower:
        return _("%(what)s: %(subject)s") % {
            "what": verbs.label(str(entry.after.get("verb", ""))),
            "subject": entry.subject,
        }
    kind = _names(entry.model, get_language())[0]
    return f"{kind}: {entry.subject}" if entry.subject else kind


class HistoryLine(NamedTuple):
    """An entry as a page shows it."""

    entry: HistoryEntry
    when: str
    who: str
    what: str
    about: str
    changes: "list[ShownChange]"


def line(entry: HistoryEntry) -> HistoryLine:
    """An entry in words. No query where its forum and actor are loaded."""
    return HistoryLine(entry, when(entry), who(entry), verbs.label(entry.verb), about(entry), changes(entry))


# --- before and after -----------------------------------------------------------------------------
class ShownChange(NamedTuple):
    """What changed: the name of a field, and its value before and after in words; None where there is no such side."""

    name: str
    before: str | None
    after: str | None


def changes(entry: HistoryEntry) -> list[ShownChange]:
    """What changed, in words that people read. No query where the forum of the entry is loaded."""
    if entry.model == HistoryEntry._meta.label_lower:
        return []
    model = _model(entry.model)
    names = [*entry.before, *(name for name in entry.after if name not in entry.before)]
    sides = (entry.before, entry.after)
    return [
        ShownChange(_name(name, model=model), *(_value(side, name, model=model, entry=entry) for side in sides))
        for name in names
    ]


def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label)
    except LookupError:  # of an earlier version
        return None


def _field(name: str, *, model: type[Model] | None) -> Any:
    fields = (
        {field.name: field for field in model._meta.get_fields() if hasattr(field, "verbose_name")} if model else {}
    )
    return fields.get(name)


def _name(name: str, *, model: type[Model] | None) -> str:
    """The label of a field; “panellists added” of rows beside it."""
    said = {
        "added": _("%(rows)s added"),
        "changed": _("%(rows)s changed"),
        "deleted": _("%(rows)s deleted"),
    }
    kind, _space, what = name.rpartition(" ")
    beside = _model(f"{model._meta.app_label}.{kind}") if model and what in said and kind else None
    if beside:
        return str(capfirst(said[what] % {"rows": beside._meta.verbose_name_plural}))
    if name == "fields":
        return _("Changed, without its value")
    field, numbers = _field(name, model=model), {"new": _("New records"), "changed": _("Changed records")}
    return str(capfirst(field.verbose_name if field else numbers.get(name, name.replace("_", " "))))


def _value(side: dict[str, Any], name: str, *, model: type[Model] | None, entry: HistoryEntry) -> str | None:
    if name not in side:
        return None
    if name == "fields":
        return ", ".join(_name(one, model=model) for one in side[name])
    field = _field(name, model=model)
    return _word(side[name], field=field, entry=entry)


def _word(value: Any, *, field: "Field[Any, Any] | None", entry: HistoryEntry) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):  # such as texts by language
        said = {name: _word(one, field=None, entry=entry) for name, one in value.items()}
        return ", ".join(f"{name}: {word}" for name, word in said.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_word(one, field=field, entry=entry) for one in value) or "–"
    if isinstance(field, DateTimeField) and (at := _parsed(value)):
        return _moment(at, entry=entry)
    choices = dict(getattr(field, "flatchoices", None) or ())
    if field is not None and field.name == "state":
        choices = dict(Placement.State.choices) | choices  # the draft has states of its own
    return str(choices.get(value, value))


def _parsed(value: Any) -> datetime | None:
    try:
        return parse_datetime(value)
    except (TypeError, ValueError):  # as somebody wrote it in an earlier version
        return None
