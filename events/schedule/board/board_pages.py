"""What the pages of the scheduling board share: who may look, the frame, addresses, and a place in words."""

from urllib.parse import urlencode

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum, Placement, Session
from events.schedule import draft_timetable
from events.schedule.board import board_day
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.formatting.names import local_text, term
from events.shared.formatting.times import hours

RIGHT = "events.change_session"
SHOWN = 20  # clashes of a day, and of a move; the list has all


class BoardPages(AdminPages):
    """Pages below those of a forum, for those who may move sessions (`own_pages` name `RIGHT`)."""

    def board_page(self, request, name, **context):
        return self.admin_page(request, f"admin/events/schedule/{name}.html", **context)


def board_page_of(address, view, name):
    return OwnPage(address, view, f"events_forum_{name}", RIGHT, Forum if address.startswith("<int:forum>") else None)


def find_session(forum, code):
    """A session by the key of its forum and its code, or a 404."""
    return get_object_or_404(Session.objects.select_related("forum"), forum__pk=forum, code=code)


def wants_json(request):
    return "application/json" in request.headers.get("Accept", "")


def board_address(name, *args, **query):
    """The address of a page of the board: “board”, “place”, “clashes”, “hours” or “session_hours”."""
    address = reverse(f"admin:events_forum_{name}", args=args)
    return f"{address}?{urlencode(query)}" if query else address


def place_address(place, *, code, forum):
    """A session on the board; at the side, the search that finds its code."""
    day = board_day.day_of(place, forum=forum)
    query = {"day": day.isoformat()} if day else {"q": code}
    return f"{board_address('board', forum.pk, **query)}#s{code}"


def where(place, *, draft):
    """“Thursday 23 July, 14:00 Geneva, Room A”; empty for a session that waits at the side."""
    if not place.is_on_timetable:
        return ""
    room = next((room.name for room in draft.rooms if room.pk == place.room), "")
    parts = {
        "day": date_format(draft.forum.local(place.starts), "l j F"),
        "time": hours(place.starts, zone=draft.forum.zone),
        "place": local_text(draft.forum, "place") or draft.forum.time_zone,
        "room": term(room) or _("No room"),
    }
    return _("%(day)s, %(time)s %(place)s, %(room)s") % parts


def clash_lines(draft, clashes):
    """Clashes for a template: the words, and each side with its address on the board."""
    return [
        {
            "told": one,
            "sides": [(side, place_address(side, code=side.code, forum=draft.forum)) for side in one.sides[:10]],
        }
        for one in draft_timetable.tell(draft, clashes)
    ]


def more_clashes(clashes, *, forum):
    """Where all of the clashes are, in words; None where all are shown."""
    if len(clashes) <= SHOWN:
        return None
    return {
        "text": _("The first %(n)s are shown.") % {"n": SHOWN},
        "link": _("All open clashes"),
        "address": board_address("clashes", forum.pk),
    }


def number_moved(number):
    """“3 sessions were moved in the draft.”"""
    words = ngettext("%(n)s session was moved in the draft.", "%(n)s sessions were moved in the draft.", number)
    return words % {"n": number}


def said(places, *, draft, number):
    """What an act did with sessions, in a sentence, and how many clashes they now have (`number`)."""
    done = _stands(places[0], draft=draft) if len(places) == 1 else number_moved(len(places))
    if not number:
        return f"{done} {_('No clash.')}" if any(place.span for place in places) else done
    return f"{done} {ngettext('%(n)s clash:', '%(n)s clashes:', number) % {'n': number}}"


def _stands(place, *, draft):
    stands = where(place, draft=draft)
    if place.state == Placement.State.CANCELLED:
        sentence = _("“%(title)s” is cancelled in the draft.")
    elif stands:
        sentence = _("“%(title)s” stands on %(where)s.")
    else:
        sentence = _("“%(title)s” waits at the side.")
    return sentence % {"title": place.title, "where": stands}
