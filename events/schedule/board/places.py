"""Places of the draft for the pages of the scheduling board: who may look, addresses, and a place in words."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.formatting.names import term
from events.formatting.times import hours
from events.models import Forum
from events.schedule.board import board_day

RIGHT = "events.change_session"


def forum_for_board(request, pk):
    """The forum (None: no forum is asked for) for those who may move sessions."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    return get_object_or_404(Forum, pk=pk) if pk is not None else None


def wants_json(request):
    return "application/json" in request.headers.get("Accept", "")


def place_address(place, *, forum):
    """A session on the board; at the side, the search that finds it."""
    day = board_day.day_of(place, forum=forum)
    query = urlencode({"day": day.isoformat()} if day else {"q": place.code})
    return f"{reverse('admin:events_forum_board', args=[forum.pk])}?{query}#s{place.code}"


def where(place, *, draft):
    """“Thursday 23 July, 14:00 Geneva, Room A”; empty for a session that waits at the side."""
    if not place.is_on_timetable:
        return ""
    room = next((room.name for room in draft.rooms if room.pk == place.room), "")
    parts = {
        "day": date_format(draft.forum.local(place.starts), "l j F"),
        "time": hours(place.starts, zone=draft.forum.zone),
        "place": term(draft.forum.place) or draft.forum.time_zone,
        "room": term(room) or _("No room"),
    }
    return _("%(day)s, %(time)s %(place)s, %(room)s") % parts
