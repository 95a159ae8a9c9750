"""The scheduling board: a day by rooms, a session's place, the list of clashes. All of it works without script.

With script (config/static/board.js) the same addresses answer with JSON: what is said, and the day as it is now.
"""

from datetime import datetime, timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.formatting.numbers import whole_number
from events.models import Forum, Placement, Room, Session
from events.models.time_zones import to_moment
from events.schedule import moves
from events.schedule.board import board_day, draft_timetable
from events.schedule.board.places import forum_for_board, place_address, wants_json, where
from events.staff.admin_recording import RecordedAdmin
from events.staff.local_times import DateInput, TimeInput

CLASHES_ON_A_PAGE = 50
SHOWN = 20  # clashes of a day, and of a move; the list has all


class MoveForm(forms.Form):
    """Where a session shall stand, on the forum's clock."""

    date = forms.DateField(label=gettext_lazy("Day"), widget=DateInput(format="%Y-%m-%d"))
    time = forms.TimeField(label=gettext_lazy("Time"), widget=TimeInput(format="%H:%M"))
    minutes = forms.IntegerField()  # at most as long as the forum
    room = forms.ModelChoiceField(
        Room.objects.none(), label=gettext_lazy("Room"), required=False, empty_label=gettext_lazy("No room")
    )
    version = forms.IntegerField(min_value=0, max_value=2_147_483_647, widget=forms.HiddenInput)

    def __init__(self, *args, forum, **kwargs):
        super().__init__(*args, **kwargs)
        self.forum = forum
        self.fields["room"].queryset = Room.objects.filter(forum=forum)  # type: ignore[attr-defined]
        longest = ((forum.ends - forum.starts).days + 1) * 24 * 60
        self.fields["minutes"] = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=longest)
        for name, day in [("min", forum.starts), ("max", forum.ends)]:
            self.fields["date"].widget.attrs[name] = day.isoformat()

    def clean(self):
        data = super().clean()
        if {"date", "time", "minutes"} <= data.keys():
            if not 1990 <= data["date"].year <= 2100:
                self.add_error("date", _("Enter a year between 1990 and 2100"))
                return data
            try:
                data["starts"] = to_moment(datetime.combine(data["date"], data["time"]), zone=self.forum.zone)
            except ValidationError as refusal:
                self.add_error("time", refusal)
            else:
                data["ends"] = data["starts"] + timedelta(minutes=data["minutes"])
        return data


class BoardMixin(RecordedAdmin):
    """The board's addresses below those of a forum: `<forum>/board/…`."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("board/", view(self.board_of_now), name="events_forum_boards"),
            path("<int:forum>/board/", view(self.board), name="events_forum_board"),
            path("<int:forum>/board/clashes/", view(self.clashes), name="events_forum_clashes"),
            path("<int:forum>/board/<str:code>/", view(self.place), name="events_forum_place"),
            *super().get_urls(),
        ]

    def board_of_now(self, request):
        """Lead to the board of the forum that runs or comes next."""
        forum_for_board(request, None)
        forum = Forum.objects.current(timezone.now().date()) or Forum.objects.order_by("-starts").first()
        where = ("admin:events_forum_board", [forum.pk]) if forum else ("admin:events_forum_changelist", [])
        return HttpResponseRedirect(reverse(where[0], args=where[1]))

    def board(self, request, forum):
        """One day (`day`), with what waits at the side (`q` searches in it)."""
        found = forum_for_board(request, forum)
        context = _day(request, found)
        if wants_json(request):
            return JsonResponse({"html": render_to_string("admin/events/schedule/board_day.html", context, request)})
        return self._board_page(request, "board", **context, title=_("Scheduling board"), forums=_others(found))

    def clashes(self, request, forum):
        """Every open clash of the forum, in pages."""
        found = forum_for_board(request, forum)
        draft = draft_timetable.read(found)
        everything = draft.clashes()
        page = Paginator(everything, CLASHES_ON_A_PAGE).get_page(request.GET.get("p"))
        return self._board_page(
            request,
            "board_clashes",
            forum=found,
            title=_("Open clashes"),
            page=page,
            blocking=sum(clash.is_blocking for clash in everything),
            clashes=_lines(draft_timetable.tell(draft, page.object_list), forum=found),
        )

    def place(self, request, forum, code):
        """A session's place: GET shows it with a form, POST moves it (`verb`: move, unschedule, cancel, restore)."""
        found = forum_for_board(request, forum)
        session = get_object_or_404(Session.objects.select_related("forum"), forum=found, code=code)
        if request.method != "POST":
            return self._place_page(request, session)
        form = MoveForm(request.POST, forum=found)
        try:
            _act(request, session, form=form)
        except ValidationError as refusal:
            return self._refuse(request, session, form, refusal)
        draft = draft_timetable.read(found)
        clashes = draft.clashes()
        found_here = [clash for clash in clashes if session.pk in clash.keys]
        mine = draft_timetable.tell(draft, found_here[:SHOWN])
        said = _said(draft.places[session.pk], draft=draft, number=len(found_here))
        more = _more(len(found_here), forum=found)
        if wants_json(request):
            html = render_to_string(
                "admin/events/schedule/board_day.html", _day(request, found, draft=draft, clashes=clashes), request
            )
            told = [{"text": one.text, "label": one.label, "is_blocking": one.is_blocking} for one in mine]
            return JsonResponse({"said": said, "clashes": told, "more": more, "html": html})
        messages.success(request, said)
        for one in mine:
            (messages.error if one.is_blocking else messages.warning)(request, f"{one.label}: {one.text}")
        if more:
            link = format_html('<a href="{}">{}</a>', more["address"], more["link"])
            messages.warning(request, format_html("{} {}", more["text"], link))
        return HttpResponseRedirect(place_address(draft.places[session.pk], forum=found))

    def _refuse(self, request, session, form, refusal):
        """Say what was refused and show the present state: nothing is overwritten."""
        if wants_json(request):
            html = render_to_string("admin/events/schedule/board_day.html", _day(request, session.forum), request)
            is_late = getattr(refusal, "code", None) == "moved-meanwhile"
            return JsonResponse({"said": " ".join(refusal.messages), "html": html}, status=409 if is_late else 400)
        return self._place_page(request, session, form=form, refusal=refusal)

    def _place_page(self, request, session, *, form=None, refusal=None):
        draft = draft_timetable.read(session.forum)
        place = draft.places[session.pk]
        mine = [clash for clash in draft.clashes() if session.pk in clash.keys]
        local = session.forum.local(place.starts) if place.starts else None
        values = {
            "date": local.date() if local else board_day.chosen_day("", draft=draft, now=timezone.now()),
            "time": local.time() if local else None,
            "minutes": place.minutes,
            "room": place.room,
            "version": place.version,
        }
        if form is None:
            form = MoveForm(initial=values, forum=session.forum)
        else:  # what was typed stays; the next try is made with what the page now shows
            form.data = form.data.copy()
            form.data["version"] = str(place.version)
        return self._board_page(
            request,
            "board_place",
            forum=session.forum,
            title=session.title,
            session=session,
            place=place,
            where=where(place, draft=draft),
            form=form,
            refusal=" ".join(refusal.messages) if refusal and not form.errors else "",
            errors=bool(refusal),
            clashes=_lines(draft_timetable.tell(draft, mine[:SHOWN]), forum=session.forum),
            more=_more(len(mine), forum=session.forum),
            back=place_address(place, forum=session.forum),
            is_cancelled=place.state == Placement.State.CANCELLED,
        )

    def _board_page(self, request, name, **context):
        return self.admin_page(request, f"admin/events/schedule/{name}.html", **context)


def _others(forum):
    return Forum.objects.exclude(pk=forum.pk).order_by("-starts")


def _act(request, session, *, form):
    """Call the verb of the draft that the form asks for, with the version that the person saw."""
    verb = request.POST.get("verb", "move")
    now, by = timezone.now(), request.user
    if verb == "move":
        if not form.is_valid():
            raise ValidationError(
                [
                    _("%(field)s: %(message)s") % {"field": form[name].label, "message": message}
                    for name, found in form.errors.items()
                    for message in found
                ]
            )
        data = form.cleaned_data
        moves.move(
            session,
            starts=data["starts"],
            ends=data["ends"],
            room=data["room"],
            version=data["version"],
            by=by,
            now=now,
        )
        return
    verbs = {"unschedule": moves.unschedule, "cancel": moves.cancel, "restore": moves.restore}
    version = whole_number(request.POST.get("version", ""))
    if verb not in verbs or version is None:
        raise ValidationError(_("This form is incomplete. Load the page again"), code="bad-form")
    verbs[verb](session, version=version, by=by, now=now)


def _day(request, forum, *, draft=None, clashes=None):
    """What the template of a day needs."""
    draft = draft or draft_timetable.read(forum)
    clashes = draft.clashes() if clashes is None else clashes
    query = request.GET.get("q", "")[:100]
    day = board_day.chosen_day(request.GET.get("day", ""), draft=draft, now=timezone.now())
    sheet = board_day.sheet(draft, day=day, clashes=clashes, query=query)
    return {
        "forum": forum,
        "sheet": sheet,
        "query": query,
        "clashes": _lines(draft_timetable.tell(draft, sheet.clashes[:SHOWN]), forum=forum),
        "more": _more(len(sheet.clashes), forum=forum),
        "blocking": sum(clash.is_blocking for clash in clashes),
        "ruler": [f"{hour:02}:00" for hour in range(24)],
        "base": reverse("admin:events_forum_board", args=[forum.pk]),
    }


def _lines(told, *, forum):
    """Clashes for a template: the words, and each side with its address on the board."""
    return [
        {"told": one, "sides": [(side, place_address(side, forum=forum)) for side in one.sides[:10]]} for one in told
    ]


def _more(number, *, forum):
    """Where all of so many clashes are, in words; None where all are shown."""
    if number <= SHOWN:
        return None
    return {
        "text": _("The first %(n)s are shown.") % {"n": SHOWN},
        "link": _("All open clashes"),
        "address": reverse("admin:events_forum_clashes", args=[forum.pk]),
    }


def _said(place, *, draft, number):
    """What a move did, in a sentence, and how many clashes the session now has."""
    stands = where(place, draft=draft)
    parts = {"title": place.title, "where": stands}
    done = (
        _("“%(title)s” is cancelled in the draft.")
        if place.state == Placement.State.CANCELLED
        else _("“%(title)s” stands on %(where)s.")
        if stands
        else _("“%(title)s” waits at the side.")
    ) % parts
    if not number:
        return f"{done} {_('No clash.')}" if place.span else done
    return f"{done} {ngettext('%(n)s clash:', '%(n)s clashes:', number) % {'n': number}}"
