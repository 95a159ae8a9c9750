"""Fair hours on the scheduling board: the burden of each region, a session's best slots, and a week's suggested moves.

Everything works without script; with it (config/static/hours.js) the board shows the hours of the session that is being
moved, from the JSON of `hours_of_session`.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.formatting.numbers import whole_number
from events.models import Placement, Session
from events.models.reference import Region
from events.schedule.board import board_day, draft_timetable
from events.schedule.board.places import forum_for_board, place_address, wants_json, where
from events.schedule.fair_hours import accept_moves, day_shares, session_hours, week_suggestion
from events.schedule.fair_hours.accept_moves import Piece
from events.schedule.fair_hours.day_shares import Weighing
from events.staff.admin_recording import RecordedAdmin

LOWEST = 20  # sessions that reach the fewest by day, on the page of the forum
MOST_PIECES = 500
WEIGHINGS = {
    Weighing.REGIONS: gettext_lazy("Each region alike, whatever its size"),
    Weighing.PEOPLE: gettext_lazy("Each person alike"),
    Weighing.NEED: gettext_lazy("Regions by their burden too: one that has all of the draft at night counts twice"),
}


def percent(value):
    """A share as people write it: 62 %."""
    return _("%(n)s %%") % {"n": round(value * 100)}


class HoursMixin(RecordedAdmin):
    """Addresses below those of a forum: `<forum>/board/hours/…` and `<forum>/board/suggestion/`."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:forum>/board/hours/", view(self.hours), name="events_forum_hours"),
            path("<int:forum>/board/hours/<str:code>/", view(self.hours_of_session), name="events_forum_session_hours"),
            path("<int:forum>/board/suggestion/", view(self.suggestion), name="events_forum_suggestion"),
            *super().get_urls(),
        ]

    def hours(self, request, forum):
        """The burden of each region over all weeks, the sessions that reach the fewest by day, and the time zones."""
        found = forum_for_board(request, forum)
        draft, crowds = draft_timetable.read(found), session_hours.crowds(found)
        told, others = session_hours.zones(crowds.forum)
        lowest = session_hours.reached(draft, crowds)[:LOWEST]
        return self._hours_page(
            request,
            "hours",
            forum=found,
            title=_("Fair hours"),
            people=crowds.forum.total,
            untold=crowds.forum.untold,
            weeks=[(number, _week_start(found, number)) for number in range(1, found.weeks + 1)],
            rows=[_burden_row(row) for row in session_hours.burden_table(draft, crowds)],
            lowest=[
                (place, where(place, draft=draft), percent(share), _hours_address(found, place))
                for place, share in lowest
            ],
            zones=told,
            others=others,
        )

    def hours_of_session(self, request, forum, code):
        """The shares of a session on a day (`day`) and its three best free slots in that week."""
        found = forum_for_board(request, forum)
        session = get_object_or_404(Session.objects.select_related("forum"), forum=found, code=code)
        draft, crowds = draft_timetable.read(found), session_hours.crowds(found)
        place = draft.places[session.pk]
        day = board_day.chosen_day(request.GET.get("day", ""), draft=draft, now=timezone.now())
        if "day" not in request.GET and place.starts:
            day = found.local(place.starts).date()
        shares = session_hours.shares_of_day(draft, crowds, session.pk, day=day)
        context = {
            "forum": found,
            "place": place,
            "people": crowds.forum.total,
            "untold": crowds.forum.untold,
            "booked": crowds.of(session.pk).total if crowds.of(session.pk) else 0,
            "rows": _share_rows(shares, place, forum=found, day=day),
            "slots": _slots(draft, crowds, place, day=day),
            "day": day,
            "is_long": place.span is not None and not day_shares.is_weighed(place.span),
        }
        if wants_json(request):
            html = render_to_string("admin/events/schedule/hours_panel.html", context, request)
            return JsonResponse({"html": html, "day": day.isoformat(), "shares": _curves(shares)})
        return self._hours_page(
            request,
            "hours_session",
            **context,
            title=_("Fair hours"),
            where=where(place, draft=draft),
            address=place_address(place, forum=found),
            session=session,
        )

    def suggestion(self, request, forum):
        """A week's moves (`day` in it, `weigh`); POST accepts the chosen ones (`piece`), or one (`only`)."""
        found = forum_for_board(request, forum)
        now = timezone.now()
        refusal = ""
        if request.method == "POST":
            try:
                number = accept_moves.accept(found, _pieces(request.POST), by=request.user, now=now)
            except ValidationError as reason:
                refusal = " ".join(reason.messages)
            else:
                done = ngettext(
                    "%(n)s session was moved in the draft", "%(n)s sessions were moved in the draft", number
                )
                messages.success(request, done % {"n": number})
                return HttpResponseRedirect(request.get_full_path())
        return self._suggestion_page(request, found, now=now, refusal=refusal)

    def _suggestion_page(self, request, forum, *, now, refusal):
        draft, crowds = draft_timetable.read(forum), session_hours.crowds(forum)
        day = board_day.chosen_day(request.GET.get("day", ""), draft=draft, now=now)
        monday = session_hours.monday_of(day)
        asked = request.GET.get("weigh", "")
        weighing = Weighing(asked) if asked in {*Weighing} else session_hours.DEFAULT
        outlook = None
        if crowds.forum.total:
            outlook = week_suggestion.outlook(draft, crowds, monday=monday, now=now, weighing=weighing)
        return self._hours_page(
            request,
            "suggestion",
            forum=forum,
            title=_("Suggested hours"),
            day=day,
            number=forum.week_of(day),
            weeks=[(number, _week_start(forum, number)) for number in range(1, forum.weeks + 1)],
            weighing=weighing,
            weighings=list(WEIGHINGS.items()),
            outlook=outlook,
            untold=crowds.forum.untold,
            figures=outlook and [_reach(reach) for reach in (outlook.before, outlook.after, outlook.ceiling)],
            burdens=outlook and [_region_change(change) for change in outlook.burdens],
            pieces=outlook and [_piece(draft, change) for change in outlook.changes],
            refusal=refusal,
        )

    def _hours_page(self, request, name, **context):
        return self.admin_page(request, f"admin/events/schedule/{name}.html", **context)


# --- what the templates get ---------------------------------------------------------------------------
def _week_start(forum, number):
    return max(forum.first_monday + timedelta(weeks=number - 1), forum.starts)


def _hours_address(forum, place):
    return reverse("admin:events_forum_session_hours", args=[forum.pk, place.code])


def _burden_row(row):
    weeks = [None if share is None else percent(share) for share in row.weeks]
    name = _zone_label(row.name) if row.is_zone else Region(row.name).label
    return {"name": name, "people": row.people, "weeks": weeks, "whole": percent(row.whole)}


def _zone_label(zone):
    return _("Worst-off time zone: %(zone)s") % {"zone": zone}


def _share_rows(shares, place, *, forum, day):
    """The share of all, of those who booked, of each region and of the worst-off zone: where it stands on that day."""
    local = forum.local(place.starts) if place.starts else None
    step = (local.hour * 60 + local.minute) // 5 if local and local.date() == day else None
    named = [("all", _("All who registered"), shares.forum)]
    if shares.booked is not None:
        named.append(("booked", _("Those who booked it"), shares.booked))
    named += [(region, Region(region).label, values) for region, values in shares.regions.items()]
    if shares.zone:
        named.append(("zone", _zone_label(shares.zone[0]), shares.zone[1]))
    rows = []
    for key, label, values in named:
        share = None if step is None else values[step]
        rows.append(
            {
                "key": key,
                "label": label,
                "value": None if share is None else round(share * 100),
                "text": "–" if share is None else percent(share),
            }
        )
    return rows


def _curves(shares):
    """The shares as whole percents, five minutes apart, for the script."""
    named = {"all": shares.forum, **({"booked": shares.booked} if shares.booked else {}), **shares.regions}
    if shares.zone:
        named["zone"] = shares.zone[1]
    return {key: [round(value * 100) for value in values] for key, values in named.items()}


def _slots(draft, crowds, place, *, day):
    monday = session_hours.monday_of(day)
    slots = session_hours.best_slots(draft, crowds, place.key, monday=monday, now=timezone.now())
    return [_slot(draft, place, slot) | _reach(reach) for slot, reach in slots]


def _reach(reach):
    return {"people": percent(reach.people), "regions": percent(reach.regions)}


def _region_change(change):
    return {
        "region": Region(change.region).label,
        "before": percent(change.before),
        "after": percent(change.after),
        "is_loss": change.is_loss,
    }


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
    place = draft.places[change.move.key]
    slot = _slot(draft, place, change.move.slot)
    starts = change.move.slot.span.starts.strftime("%Y%m%dT%H%M")
    return slot | {
        "value": f"{place.code}.{place.version}.{starts}.{slot['room']}",
        "title": place.title,
        "address": place_address(place, forum=draft.forum),
        "was": where(place, draft=draft),
        "before": _reach(change.before),
        "after": _reach(change.after),
        "regions": [_region_change(one) for one in change.regions],
        "is_chosen": not change.has_losers,
        "booked": _booked_who_lose(change),
    }


def _booked_who_lose(change):
    if not change.booked:
        return ""
    words = ngettext(
        "%(n)s of the %(all)s people who booked it loses their day.",
        "%(n)s of the %(all)s people who booked it lose their day.",
        change.losing,
    )
    return words % {"n": change.losing, "all": change.booked}


def _pieces(posted):
    """The chosen pieces of a posted form; refuse `bad-form` for what the page cannot have sent, `none-chosen`, and `too-many`."""
    values = posted.getlist("only") or posted.getlist("piece")
    if not values:
        raise ValidationError(_("Choose at least one move"), code="none-chosen")
    if len(values) > MOST_PIECES:
        raise ValidationError(
            _("Choose %(most)s moves at the most. Nothing was moved"), code="too-many", params={"most": MOST_PIECES}
        )
    try:
        return [_read_piece(value) for value in values]
    except ValueError:
        raise ValidationError(_("This form is incomplete. Load the page again"), code="bad-form") from None


def _read_piece(value):
    code, version, starts, room = value.split(".")
    moment = datetime.strptime(starts, "%Y%m%dT%H%M").replace(tzinfo=UTC)
    if not 1990 <= moment.year <= 2100:
        raise ValueError(starts)
    return Piece(code, moment, _number(room) if room else None, _number(version))


def _number(text):
    number = whole_number(text)
    if number is None:
        raise ValueError(text)
    return number
