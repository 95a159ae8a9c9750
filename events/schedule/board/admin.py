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
from django.utils.translation import gettext_lazy

from events.models import Forum, Placement, Room, Session
from events.models.time_zones import to_moment
from events.schedule import draft_timetable, moves, undo
from events.schedule.board import board_day
from events.schedule.board.board_pages import (
    RIGHT,
    SHOWN,
    BoardPages,
    board_address,
    board_page_of,
    clash_lines,
    find_session,
    more_clashes,
    place_address,
    said,
    wants_json,
    where,
)
from events.schedule.draft_admin import hearers
from events.schedule.releases import releases
from events.shared.admin.local_times import validate_year
from events.shared.formatting.names import row_name
from events.shared.formatting.numbers import whole_number
from events.shared.rights import memberships

A_YEAR = 366 * 24 * 60  # minutes; an exhibition may be open for long
CLASHES_ON_A_PAGE = 50
BACK = {undo.UNDO: gettext_lazy("Undone. %(done)s"), undo.REDO: gettext_lazy("Redone. %(done)s")}


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
        self.fields["room"].label_from_instance = row_name  # type: ignore[attr-defined]
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
        """Lead to the board of the current forum."""
        forums = memberships.forums(request.user, RIGHT)
        if not forums.exists():
            return HttpResponseRedirect(reverse("admin:events_forum_changelist"))
        return HttpResponseRedirect(board_address("board", self.forum_of_page(request, forums).pk))

    def board(self, request, forum):
        """One day (`day`), with what waits at the side (`q` searches in it). POST undoes or redoes a step (`step`)."""
        found = get_object_or_404(Forum, pk=forum)
        if request.method == "POST":
            way = request.POST.get("step", "")
            try:
                rows = undo.take_back(request.session, found, way=way, by=request.user, now=timezone.now())
            except ValidationError as refusal:
                if wants_json(request):
                    return _refused(request, found, refusal)
                messages.error(request, " ".join(refusal.messages))
            else:
                return _moved(request, found, rows, words=BACK[way], is_followed=True)
        context = _day(request, draft_timetable.read(found))
        if wants_json(request):
            return JsonResponse(_day_json(request, context))
        return self.board_page(request, "board", **context, title=_("Scheduling board"))

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
            clashes=clash_lines(draft, page.object_list),
        )

    def place(self, request, forum, code):
        """A session's place: GET shows it with a form, POST moves it (`verb`: move, unschedule, cancel, restore)."""
        session = find_session(forum, code)
        if request.method != "POST":
            return self._place_page(request, session)
        form = MoveForm(request.POST, forum=session.forum)
        try:
            row = _act(request, session, form=form)
        except ValidationError as refusal:
            if wants_json(request):
                return _refused(request, session.forum, refusal)
            return self._place_page(request, session, form=form, refusal=refusal)
        undo.remember(request.session, [row])
        return _moved(request, session.forum, [row])

    def _place_page(self, request, session, *, form=None, refusal=None):
        forum, draft = session.forum, draft_timetable.read(session.forum)
        place = draft.places[session.pk]
        is_public = session.state == Session.State.SCHEDULED and place.state != Placement.State.CANCELLED
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
            clashes=clash_lines(draft, mine[:SHOWN]),
            more=more_clashes(mine, forum=forum),
            back=place_address(place, code=place.code, forum=forum),
            is_cancelled=place.state == Placement.State.CANCELLED,
            hearers=hearers(self, request, releases.cancelling([session]), forum=forum) if is_public else None,
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
        return moves.move(session, **{name: form.cleaned_data[name] for name in names}, **who)
    verbs = {"unschedule": moves.unschedule, "cancel": moves.cancel, "restore": moves.restore}
    if verb not in verbs or version is None:
        raise ValidationError(_("This form is incomplete. Load the page again"), code="bad-form")
    return verbs[verb](session, version=version, **who)


def _moved(request, forum, rows, *, words="%(done)s", is_followed=False):
    """Tell what moved (places as the verbs returned them) and of its clashes: for the script, with the day that it shows or
    (`is_followed`) that of the first of them, or as messages on the board."""
    draft = draft_timetable.read(forum)
    clashes, places = draft.clashes(), [draft.places[row.session_id] for row in rows]
    keys = {place.key for place in places}
    found = [clash for clash in clashes if keys.intersection(clash.keys)]
    told, more = draft_timetable.tell(draft, found[:SHOWN]), more_clashes(found, forum=forum)
    sentence = words % {"done": said(places, draft=draft, number=len(found))}
    if wants_json(request):
        day = board_day.day_of(places[0], forum=forum) if is_followed else None
        shown = _day_json(request, _day(request, draft, clashes=clashes, day=day))
        listed = [{"text": one.text, "label": one.label, "is_blocking": one.is_blocking} for one in told]
        return JsonResponse(shown | {"said": sentence, "clashes": listed, "more": more, "code": places[0].code})
    messages.success(request, sentence)
    for one in told:
        (messages.error if one.is_blocking else messages.warning)(request, f"{one.label}: {one.text}")
    if more:
        link = format_html('<a href="{}">{}</a>', more["address"], more["link"])
        messages.warning(request, format_html("{} {}", more["text"], link))
    return HttpResponseRedirect(place_address(places[0], code=places[0].code, forum=forum))


def _refused(request, forum, refusal):
    """Tell the script what was refused, and show the present state: nothing is overwritten."""
    shown = _day_json(request, _day(request, draft_timetable.read(forum)))
    is_late = {one.code for one in refusal.error_list} <= {"moved-meanwhile", "in-the-way"}
    return JsonResponse(shown | {"said": " ".join(refusal.messages)}, status=409 if is_late else 400)


def _day(request, draft, *, clashes=None, day=None):
    """What the template of a day (else of the one that the address asks for) needs."""
    forum = draft.forum
    clashes = draft.clashes() if clashes is None else clashes
    query = request.GET.get("q", "")[:100]
    day = day or board_day.chosen_day(request.GET.get("day", ""), draft=draft, now=timezone.now())
    sheet = board_day.sheet(draft, day=day, clashes=clashes, query=query)
    return {
        "forum": forum,
        "sheet": sheet,
        "query": query,
        "clashes": clash_lines(draft, sheet.clashes[:SHOWN]),
        "more": more_clashes(sheet.clashes, forum=forum),
        "blocking": sum(clash.is_blocking for clash in clashes),
        "steps": {way: bool(found) for way, found in undo.steps(request.session, forum.pk).items()},
        "changes": releases.waiting(forum).count() if request.user.has_perm("events.add_release", forum) else None,
        "ruler": [f"{hour:02}:00" for hour in range(24)],
        "base": board_address("board", forum.pk),
    }


def _day_json(request, context):
    html = render_to_string("admin/events/schedule/board_day.html", context, request)
    return {"html": html, "steps": context["steps"]}
