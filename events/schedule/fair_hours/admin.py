"""Fair hours on the scheduling board: the burden of each region, a session's best slots, and a week's suggested moves.

Everything works without script; with it (config/static/hours.js) the board shows the hours of the session that is being
moved, from the JSON of `hours_of_session`.
"""

from dataclasses import replace
from datetime import datetime

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.formatting.numbers import whole_number
from events.models import Forum, Placement
from events.models.forum import monday_of
from events.models.reference import Region
from events.schedule import draft_timetable, undo
from events.schedule.board import board_day
from events.schedule.board.board_pages import (
    BoardPages,
    board_address,
    board_page_of,
    find_session,
    number_moved,
    place_address,
    wants_json,
    where,
)
from events.schedule.fair_hours import session_hours, waking_hours, week_suggestion
from events.schedule.fair_hours.waking_hours import Weighing
from events.schedule.fair_hours.week_suggestion import Piece

LOWEST = 20  # sessions that reach the fewest by day, on the page of the forum
A_DAY = 24 * 60  # minutes; as long as the board makes a session
MOST_PIECES = 500
PIECE = "suggested move"
WEIGHINGS = {
    Weighing.REGIONS: gettext_lazy("Each region alike, whatever its size"),
    Weighing.PEOPLE: gettext_lazy("Each person alike"),
    Weighing.NEED: gettext_lazy("Regions by their burden too: one that has all of the draft at night counts twice"),
}


class HoursMixin(BoardPages):
    """Addresses below those of a forum: `<forum>/board/hours/…` and `<forum>/board/suggestion/`."""

    own_pages = (
        board_page_of("<int:forum>/board/hours/", "hours", "hours"),
        board_page_of("<int:forum>/board/hours/<str:code>/", "hours_of_session", "session_hours"),
        board_page_of("<int:forum>/board/suggestion/", "suggestion", "suggestion"),
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
            weeks=_weeks(found),
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
        stands, address = where(place, draft=draft), place_address(place, forum=found)
        return self.board_page(
            request, "hours_session", **context, title=_("Fair hours"), where=stands, back=address, session=session
        )

    def suggestion(self, request, forum):
        """A week's moves (`day` in it, `weigh`); POST accepts the chosen ones (`piece`), or one (`only`)."""
        found, now = get_object_or_404(Forum, pk=forum), timezone.now()
        refusal = ""
        if request.method == "POST":
            try:
                moved = week_suggestion.accept(found, _pieces(request.POST), by=request.user, now=now)
            except ValidationError as reason:
                refusal = " ".join(reason.messages)
            else:
                undo.remember(request.session, moved)
                messages.success(request, number_moved(len(moved)))
                return HttpResponseRedirect(request.get_full_path())
        return self._suggestion_page(request, found, now=now, refusal=refusal)

    def _suggestion_page(self, request, forum, *, now, refusal):
        draft, crowds = draft_timetable.read(forum), session_hours.crowds(forum)
        day = board_day.chosen_day(request.GET.get("day", ""), draft=draft, now=now)
        asked = request.GET.get("weigh", "")
        weighing = Weighing(asked) if asked in {*Weighing} else session_hours.DEFAULT
        outlook = None
        if crowds.forum.total:
            monday = monday_of(day)
            outlook = week_suggestion.outlook(draft, crowds, monday=monday, now=now, weighing=weighing)
        return self.board_page(
            request,
            "suggestion",
            forum=forum,
            title=_("Suggested hours"),
            day=day,
            number=forum.week_of(day),
            weeks=_weeks(forum),
            weighing=weighing,
            weighings=list(WEIGHINGS.items()),
            outlook=outlook,
            untold=crowds.forum.untold,
            pieces=outlook and [_piece(draft, change) for change in outlook.changes],
            refusal=refusal,
            back=board_address("board", forum.pk, day=day.isoformat()),
        )


# --- what the templates get ---------------------------------------------------------------------------
def _weeks(forum):
    """Each week by its number, with its first day in the forum."""
    return [(number, max(monday, forum.starts)) for number, monday in enumerate(forum.mondays, start=1)]


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


def _piece(draft, change):
    """A move: the signed value by which it is chosen (read by `_pieces`), and what the page tells of it."""
    place, slot = draft.places[change.move.key], change.move.slot
    words = ngettext(
        "%(n)s of the %(all)s people who booked it loses their day.",
        "%(n)s of the %(all)s people who booked it lose their day.",
        change.losing,
    )
    return _slot(draft, place, slot) | {
        "value": signing.dumps([place.code, slot.span.starts.isoformat(), slot.room, place.version], salt=PIECE),
        "title": place.title,
        "address": place_address(place, forum=draft.forum),
        "was": where(place, draft=draft),
        "change": change,
        "booked": words % {"n": change.losing, "all": change.booked} if change.booked else "",
    }


def _pieces(posted):
    """The chosen pieces of a posted form; refuse `bad-form` for what the page has not sent, `none-chosen`, and `too-many`."""
    values = posted.getlist("only") or posted.getlist("piece")
    if not values:
        raise ValidationError(_("Choose at least one move"), code="none-chosen")
    if len(values) > MOST_PIECES:
        raise ValidationError(
            _("Choose %(most)s moves at the most. Nothing was moved"), code="too-many", params={"most": MOST_PIECES}
        )
    try:
        chosen = [signing.loads(value, salt=PIECE) for value in values]
    except signing.BadSignature:
        raise ValidationError(_("This form is incomplete. Load the page again"), code="bad-form") from None
    return [Piece(code, datetime.fromisoformat(starts), room, version) for code, starts, room, version in chosen]
