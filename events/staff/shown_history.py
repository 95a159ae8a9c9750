"""Who may read which part of the history, and how an entry is shown: when in the forum's zone, by whom, and what it is about."""

from collections import defaultdict

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events import hooks
from events.formatting import times
from events.models import HistoryEntry, User
from events.staff import memberships


def readable(user: User) -> QuerySet[HistoryEntry]:
    """The entries that a member of the staff may read: as `hooks.readable_history` says of their app or model, else those
    about the models whose rows the person may view, in the forums in which they may. None of a forum in which they have no
    role, whatever it is about."""
    scopes = hooks.readable_history.keys()
    found, viewable = Q(pk__in=[]), defaultdict[frozenset[int] | None, list[str]](list)
    for model in apps.get_models():
        label, app = model._meta.label_lower, model._meta.app_label
        right = f"{app}.view_{model._meta.model_name}"
        if not {label, app} & scopes and memberships.has(user, right):
            is_all = memberships.is_everywhere(user, right)
            viewable[None if is_all else memberships.rights(user).forums(right)].append(label)
            if not is_all and not memberships.forum_paths(model):
                found |= Q(model=label, forum=None)
    for scope in scopes:
        about = Q(model=scope) if "." in scope else Q(model__startswith=f"{scope}.")
        for rule in hooks.readable_history.of(scope):
            found |= about & rule(user)
    for forums, labels in viewable.items():
        found |= Q(model__in=labels) if forums is None else Q(model__in=labels, forum__in=forums)
    keys = memberships.forums_of(user)
    return HistoryEntry.objects.filter(found if keys is None else found & (Q(forum=None) | Q(forum__in=keys)))


def who(entry: HistoryEntry) -> str:
    """Who did it. Without a query where its actor is loaded."""
    return entry.actor.public_name if entry.actor else _("the site, at a set time")


def when(entry: HistoryEntry) -> str:
    """Its date and time in the zone of its forum, else in UTC."""
    local = entry.forum.local(entry.at) if entry.forum else entry.at
    place = times.place_name(entry.forum.zone, forum=entry.forum) if entry.forum else "UTC"
    named = {"date": times.written(local.date(), "j M Y"), "time": f"{local:%H:%M}", "place": place}
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
