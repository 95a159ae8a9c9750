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
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.formatting.numbers import whole_number
from events.models import Forum, Placement, Room
from events.models.time_zones import to_moment
from events.schedule import draft_timetable, moves
from events.schedule.admin import forum_of_page
from events.schedule.board import board_day
from events.schedule.board.board_pages import (
    RIGHT,
    BoardPages,
    board_address,
    board_page_of,
    find_session,
    place_address,
    wants_json,
    where,
)
from events.staff import memberships
from events.staff.local_times import validate_year

A_YEAR = 366 * 24 * 60  # minutes; an exhibition may be open for long
CLASHES_ON_A_PAGE = 50
SHOWN = 20  # clashes of a day, and of a move; the list has all


class MoveForm(forms.Form):
    """Where a session shall stand, on the forum's clock."""

    date = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"), validators=[validate_year]
    )
    time = forms.TimeField(label=gettext_lazy("Time"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=A_YEAR)
    room = forms.ModelChoiceField(
        Room.objects.none(), label=gettext_lazy("Room"), required=False, empty_label=gettext_lazy("No room")
    )
    version = forms.IntegerField(min_value=0, max_value=2_147_483_647, widget=forms.HiddenInput)

    def __init__(self, *args, forum, **kwargs):
        super().__init__(*args, **kwargs)
        self.forum = forum
        self.fields["room"].queryset = Room.objects.filter(forum=forum)  # type: ignore[attr-defined]
        self.fields["date"].widget.attrs |= {"min": forum.starts.isoformat(), "max": forum.ends.isoformat()}

    def clean(self):
        data = super().clean()
        if {"date", "time", "minutes"} <= data.keys():
            try:
                data["starts"] = to_moment(datetime.combine(data["date"], data["time"]), zone=self.forum.zone)
            except ValidationError as refusal:
                self.add_error("time", refusal)
            else:
                data["ends"] = data["starts"] + timedelta(minutes=data["minutes"])
        return data


class BoardMixin(BoardPages):
    """The board's addresses below those of a forum: `<forum>/board/…`."""

    own_pages = (
        board_page_of("board/", "board_of_now", "boards"),
        board_page_of("<int:forum>/board/", "board", "board"),
        board_page_of("<int:forum>/board/clashes/", "clashes", "clashes"),
        board_page_of("<int:forum>/board/<str:code>/", "place", "place"),
    )

    def board_of_now(self, request):
        """Lead to the board of the forum that runs or comes next."""
        forum = forum_of_page("", among=memberships.forums(request.user, RIGHT), now=timezone.now())
        return HttpResponseRedirect(
            board_address("board", forum.pk) if forum else reverse("admin:events_forum_changelist")
        )

    def board(self, request, forum):
        """One day (`day`), with what waits at the side (`q` searches in it)."""
        found = get_object_or_404(Forum, pk=forum)
        context = _day(request, draft_timetable.read(found))
        if wants_json(request):
            return JsonResponse({"html": _day_html(request, context)})
        others = memberships.forums(request.user, RIGHT).exclude(pk=found.pk).order_by("-starts")
        return self.board_page(request, "board", **context, title=_("Scheduling board"), forums=others)

    def clashes(self, request, forum):
        """Every open clash of the forum, in pages."""
        found = get_object_or_404(Forum, pk=forum)
        draft = draft_timetable.read(found)
        everything = draft.clashes()
        page = Paginator(everything, CLASHES_ON_A_PAGE).get_page(request.GET.get("p"))
        return self.board_page(
            request,
            "board_clashes",
            forum=found,
            title=_("Open clashes"),
            page=page,
            blocking=sum(clash.is_blocking for clash in everything),
            clashes=_lines(draft, page.object_list),
        )

    def place(self, request, forum, code):
        """A session's place: GET shows it with a form, POST moves it (`verb`: move, unschedule, cancel, restore)."""
        session = find_session(forum, code)
        if request.method != "POST":
            return self._place_page(request, session)
        form = MoveForm(request.POST, forum=session.forum)
        try:
            _act(request, session, form=form)
        except ValidationError as refusal:
            return self._refuse(request, session, form, refusal)
        draft = draft_timetable.read(session.forum)
        clashes = draft.clashes()
        found = [clash for clash in clashes if session.pk in clash.keys]
        mine = draft_timetable.tell(draft, found[:SHOWN])
        said, more = _said(draft.places[session.pk], draft=draft, number=len(found)), _more(found, forum=session.forum)
        if wants_json(request):
            html = _day_html(request, _day(request, draft, clashes=clashes))
            told = [{"text": one.text, "label": one.label, "is_blocking": one.is_blocking} for one in mine]
            return JsonResponse({"said": said, "clashes": told, "more": more, "html": html})
        messages.success(request, said)
        for one in mine:
            (messages.error if one.is_blocking else messages.warning)(request, f"{one.label}: {one.text}")
        if more:
            link = format_html('<a href="{}">{}</a>', more["address"], more["link"])
            messages.warning(request, format_html("{} {}", more["text"], link))
        return HttpResponseRedirect(place_address(draft.places[session.pk], forum=session.forum))

    def _refuse(self, request, session, form, refusal):
        """Say what was refused and show the present state: nothing is overwritten."""
        if wants_json(request):
            html = _day_html(request, _day(request, draft_timetable.read(session.forum)))
            is_late = getattr(refusal, "code", None) == "moved-meanwhile"
            return JsonResponse({"said": " ".join(refusal.messages), "html": html}, status=409 if is_late else 400)
        return self._place_page(request, session, form=form, refusal=refusal)

    def _place_page(self, request, session, *, form=None, refusal=None):
        forum, draft = session.forum, draft_timetable.read(session.forum)
        place = draft.places[session.pk]
        mine = [clash for clash in draft.clashes() if session.pk in clash.keys]
        if form is None:
            local = forum.local(place.starts) if place.starts else None
            day = local.date() if local else board_day.chosen_day("", draft=draft, now=timezone.now())
            values = {name: getattr(place, name) for name in ("minutes", "room", "version")}
            form = MoveForm(initial=values | {"date": day, "time": local and local.time()}, forum=forum)
        else:  # what was typed stays; the next try is made with what the page now shows
            form.data = form.data.copy()
            form.data["version"] = str(place.version)
        return self.board_page(
            request,
            "board_place",
            forum=forum,
            title=session.title,
            session=session,
            place=place,
            where=where(place, draft=draft),
            form=form,
            refusal=" ".join(refusal.messages) if refusal and not form.errors else "",
            errors=bool(refusal),
            clashes=_lines(draft, mine[:SHOWN]),
            more=_more(mine, forum=forum),
            back=place_address(place, forum=forum),
            is_cancelled=place.state == Placement.State.CANCELLED,
        )


def _act(request, session, *, form):
    """Call the verb of the draft that the form asks for, with the version that the person saw."""
    verb, version = request.POST.get("verb", "move"), whole_number(request.POST.get("version", ""))
    who = {"by": request.user, "now": timezone.now()}
    if verb == "move":
        if not form.is_valid():
            sentence = _("%(field)s: %(message)s")
            faults = [(form[name].label, message) for name, found in form.errors.items() for message in found]
            raise ValidationError([sentence % {"field": label, "message": message} for label, message in faults])
        names = ("starts", "ends", "room", "version")
        moves.move(session, **{name: form.cleaned_data[name] for name in names}, **who)
        return
    verbs = {"unschedule": moves.unschedule, "cancel": moves.cancel, "restore": moves.restore}
    if verb not in verbs or version is None:
        raise ValidationError(_("This form is incomplete. Load the page again"), code="bad-form")
    verbs[verb](session, version=version, **who)


def _day(request, draft, *, clashes=None):
    """What the template of a day needs."""
    forum = draft.forum
    clashes = draft.clashes() if clashes is None else clashes
    query = request.GET.get("q", "")[:100]
    day = board_day.chosen_day(request.GET.get("day", ""), draft=draft, now=timezone.now())
    sheet = board_day.sheet(draft, day=day, clashes=clashes, query=query)
    return {
        "forum": forum,
        "sheet": sheet,
        "query": query,
        "clashes": _lines(draft, sheet.clashes[:SHOWN]),
        "more": _more(sheet.clashes, forum=forum),
        "blocking": sum(clash.is_blocking for clash in clashes),
        "ruler": [f"{hour:02}:00" for hour in range(24)],
        "base": board_address("board", forum.pk),
    }


def _day_html(request, context):
    return render_to_string("admin/events/schedule/board_day.html", context, request)


def _lines(draft, clashes):
    """Clashes for a template: the words, and each side with its address on the board."""
    return [
        {"told": one, "sides": [(side, place_address(side, forum=draft.forum)) for side in one.sides[:10]]}
        for one in draft_timetable.tell(draft, clashes)
    ]


def _more(clashes, *, forum):
    """Where all of the clashes are, in words; None where all are shown."""
    if len(clashes) <= SHOWN:
        return None
    return {
        "text": _("The first %(n)s are shown.") % {"n": SHOWN},
        "link": _("All open clashes"),
        "address": board_address("clashes", forum.pk),
    }


def _said(place, *, draft, number):
    """What a move did, in a sentence, and how many clashes the session now has."""
    stands = where(place, draft=draft)
    if place.state == Placement.State.CANCELLED:
        sentence = _("“%(title)s” is cancelled in the draft.")
    elif stands:
        sentence = _("“%(title)s” stands on %(where)s.")
    else:
        sentence = _("“%(title)s” waits at the side.")
    done = sentence % {"title": place.title, "where": stands}
    if not number:
        return f"{done} {_('No clash.')}" if place.span else done
    return f"{done} {ngettext('%(n)s clash:', '%(n)s clashes:', number) % {'n': number}}"
