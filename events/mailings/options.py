"""What organisers choose within a group: a session or a day, states, countries."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Session
from events.schedule.draft_timetable import midnight
from events.shared.formatting import times


class GroupForm(forms.Form):
    """Options of a group in a forum. Nothing chosen: everybody."""

    def __init__(self, *args: Any, forum: Forum, **more: Any) -> None:
        super().__init__(*args, **more)
        self.forum = forum


class ChosenSessionForm(GroupForm):
    """One session, or all of a day, or all."""

    session = forms.ModelChoiceField(Session.objects.none(), label=_("Session"), required=False, empty_label=_("any"))
    day = forms.TypedChoiceField(label=_("Day"), required=False, coerce=date.fromisoformat, empty_value=None)

    def __init__(self, *args: Any, forum: Forum, **more: Any) -> None:
        super().__init__(*args, forum=forum, **more)
        self.fields["session"].queryset = forum.sessions.select_related("room")  # type: ignore[attr-defined]
        days = (forum.ends - forum.starts).days + 1
        named = [forum.starts + timedelta(days=number) for number in range(days)]
        choices = [("", _("any")), *((day.isoformat(), times.written(day, "j F")) for day in named)]
        self.fields["day"].choices = choices  # type: ignore[attr-defined]


def in_sessions(options: Mapping[str, Any], *, forum: Forum, path: str = "session") -> Q:
    """The condition that a row's session (at `path`) is the one chosen, or starts on the day chosen."""
    found = Q(**{f"{path}__forum": forum})
    if session := options.get("session"):
        found &= Q(**{path: session})
    if day := options.get("day"):
        first = midnight(day, forum=forum)
        last = midnight(day + timedelta(days=1), forum=forum)
        found &= Q(**{f"{path}__starts__gte": first, f"{path}__starts__lt": last})
    return found
