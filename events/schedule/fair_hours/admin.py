"""Fair hours on the scheduling board: the burden of each region, and a session's best slots.

Everything works without script; with it (config/static/hours.js) the board shows the hours of the session that is being
moved, from the JSON of `hours_of_session`.
"""

from dataclasses import replace

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Forum, Placement
from events.models.forum import monday_of
from events.models.reference import Region
from events.schedule import draft_timetable
from events.schedule.board import board_day
from events.schedule.board.board_pages import (
    BoardPages,
    board_address,
    board_page_of,
    find_session,
    place_address,
    wants_json,
    where,
)
from events.schedule.fair_hours import session_hours, waking_hours
from events.shared.formatting.numbers import whole_number

LOWEST = 20  # sessions that reach the fewest by day, on the page of the forum
A_DAY = 24 * 60  # minutes; as long as the board makes a session


class HoursMixin(BoardPages):
    """Addresses below those of a forum: `<forum>/board/hours/…`."""

    own_pages = (
        board_page_of("<int:forum>/board/hours/", "hours", "hours"),
        board_page_of("<int:forum>/board/hours/<str:code>/", "hours_of_session", "session_hours"),
    )

    def hours(self, request, forum):
        """The burden of each region over all weeks, the sessions that reach the fewest by day, and the time zones."""
        found = get_object_or_404(Forum, pk=forum)
        draft, crowds = draft_timetable.read(found), session_hours.crowds(found)
        zones, others = session_hours.zones(crowds.forum)
        lowest = session_hours.reached(draft, crowds)[:LOWEST]
        return self.board_page(
            request,
            "hours",
            forum=found,
            title=_("Fair hours"),
            people=crowds.forum.total,
            untold=crowds.forum.untold,
            weeks=range(1, found.weeks + 1),
            rows=session_hours.burden_table(draft, crowds),
            lowest=[
                (place, where(place, draft=draft), share, board_address("session_hours", found.pk, place.code))
                for place, share in lowest
            ],
            zones=zones,
            others=others,
        )

    def hours_of_session(self, request, forum, code):
        """The shares of a session on a day (`day`) and its three best free slots in that week; of another length with
        `minutes`."""
        session = find_session(forum, code)
        found = session.forum
        draft, crowds = draft_timetable.read(found), session_hours.crowds(found)
        place, now = draft.places[session.pk], timezone.now()
        if minutes := whole_number(request.GET.get("minutes", ""), most=A_DAY):
            place = draft.places[session.pk] = place.lasting(minutes)
        day = board_day.chosen_day(request.GET.get("day", ""), draft=draft, now=now)
        if "day" not in request.GET and place.starts:
            day = found.today(place.starts)
        shares = session_hours.shares_of_day(draft, crowds, session.pk, day=day)
        booked, monday = crowds.of(session.pk), monday_of(day)
        slots = session_hours.best_slots(draft, crowds, session.pk, monday=monday, now=now)
        context = {
            "forum": found,
            "place": place,
            "people": crowds.forum.total,
            "untold": crowds.forum.untold,
            "booked": booked.total if booked else 0,
            "rows": _share_rows(shares, place, forum=found, day=day),
            "slots": [_slot(draft, place, slot) | {"reach": reach} for slot, reach in slots],
            "day": day,
            "is_long": place.span is not None and not waking_hours.is_weighed(place.span),
        }
        if wants_json(request):
            html = render_to_string("admin/events/schedule/hours_panel.html", context, request)
            curves = {key: [round(value * 100) for value in values] for key, values in shares.curves.items()}
            return JsonResponse({"html": html, "day": day.isoformat(), "shares": curves})
        stands, address = where(place, draft=draft), place_address(place, code=place.code, forum=found)
        return self.board_page(
            request, "hours_session", **context, title=_("Fair hours"), where=stands, back=address, session=session
        )


# --- what the templates get ---------------------------------------------------------------------------
def _share_rows(shares, place, *, forum, day):
    """The share of all, of those who booked, of each region and of the worst-off zone: where it stands on that day."""
    local = forum.local(place.starts) if place.starts else None
    step = (local.hour * 60 + local.minute) // 5 if local and local.date() == day else None
    labels = {"all": _("All who registered"), "booked": _("Those who booked it")} | dict(Region.choices)
    labels["zone"] = session_hours.zone_label(shares.zone)
    found = {key: None if step is None else values[step] for key, values in shares.curves.items()}
    return [
        {"key": key, "label": labels[key], "share": share, "value": round((share or 0) * 100)}
        for key, share in found.items()
    ]


def _slot(draft, place, slot):
    local = draft.forum.local(slot.span.starts)
    moved = replace(
        place, starts=slot.span.starts, ends=slot.span.ends, room=slot.room, state=Placement.State.SCHEDULED
    )
    return {
        "date": local.date().isoformat(),
        "time": local.strftime("%H:%M"),
        "room": slot.room or "",
        "where": where(moved, draft=draft),
        "warnings": slot.warnings,
        "is_here": (slot.span, slot.room) == (place.span, place.room),
    }
