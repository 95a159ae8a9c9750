"""The draft on the organisers' pages of sessions: the form edits the place, the actions call the verbs of the draft."""

from datetime import datetime
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Case, When
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from events.models import Forum, Placement, Session
from events.schedule import moves
from events.schedule.board import draft_timetable
from events.schedule.releases import releases
from events.staff.admin_recording import RecordedAdmin

PLACE = ("starts", "ends", "room")
# As the draft has it; as it is released where it has no place yet. For lists of sessions, annotated or not.
START = Case(When(placement__isnull=True, then="starts"), default="placement__starts")
ROOM_NAME = Case(When(placement__isnull=True, then="room__name"), default="placement__room__name")


class PlaceForm(forms.ModelForm):
    """A session's form whose times and room are those of the draft; `version` is the one that the page was made from."""

    version = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647, widget=forms.HiddenInput)

    def __init__(self, *args, instance=None, initial=None, **kwargs):
        self.place = Placement.objects.filter(session=instance).select_related("moved_by").first() if instance else None
        if instance and instance.pk:
            now = {"starts": instance.starts, "ends": instance.ends, "room": instance.room_id, "version": 0}
            if self.place:
                now = {name: getattr(self.place, name) for name in ("starts", "ends", "version")}
                now["room"] = self.place.room_id
            initial = {**now, **(initial or {})}
        super().__init__(*args, instance=instance, initial=initial, **kwargs)

    @property
    def draft_state(self):
        if self.place:
            return self.place.state
        return moves.STATE_OF[Session.State(self.instance.state)]

    def is_moved(self, data):
        """Whether the form says another time or room than the draft."""
        if not self.instance.pk:
            return True
        place = self.place or Session.objects.get(pk=self.instance.pk)
        room = data.get("room")
        return (data.get("starts"), data.get("ends"), room.pk if room else None) != (
            place.starts,
            place.ends,
            place.room_id,
        )

    def check_version(self, data):
        """Tell of a move that happened meanwhile, once; the page then holds the version that there is now.

        Version 0 is that of a session without a place.
        """
        if self.place is None or not self.is_moved(data):
            return
        try:
            moves.check_version(self.place, version=data.get("version"))
        except ValidationError as refusal:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data[self.add_prefix("version")] = str(self.place.version)
            words = _("%(name)s moved this session meanwhile, to %(place)s. Save again to put it where this page says")
            place = where(self.place, forum=self.instance.forum) or _("no time")
            self.add_error(None, ValidationError(words, refusal.code, {**refusal.params, "place": place}))

    def _get_validation_exclusions(self):
        """The row's own times and state are the released ones: what a form says of times is checked in `clean`."""
        return super()._get_validation_exclusions() | {"starts", "ends", "state"}


def where(place, *, forum):
    """A place in words: “22 Jul 2020, 14:00–15:30 Geneva, Room 1”; empty without a time."""
    if place is None or not place.starts:
        return ""
    words = span(place.starts, place.ends, forum=forum)
    return _("%(when)s, %(room)s") % {"when": words, "room": place.room} if place.room_id else words


def span(starts, ends, *, forum):
    first: datetime = forum.local(starts)
    return _("%(date)s, %(from)s–%(to)s %(place)s") % {
        "date": date_format(first, "j M Y"),
        "from": first.strftime("%H:%M"),
        "to": forum.local(ends).strftime("%H:%M"),
        "place": forum.place,
    }


class DraftMixin(RecordedAdmin):
    """Columns that show the draft, with the released value below where it is another; and the verbs as actions."""

    actions = ["schedule", "cancel", "unschedule", "cancel_at_once"]

    def save_model(self, request, obj, form, change):
        """Times and room go into the draft, after everything else (`save_related`): the row keeps what is released."""
        obj.wanted = {name: getattr(obj, name) for name in PLACE}
        stored = Session.objects.filter(pk=obj.pk).first() if change else None
        obj.starts, obj.ends = (stored.starts, stored.ends) if stored else (None, None)
        obj.room_id = stored.room_id if stored else None
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        session = form.instance
        if "starts" in form.fields:
            moves.put(session, **session.wanted, version=None, by=request.user, now=timezone.now())
            self._tell_clashes(request, session)

    def _tell_clashes(self, request, session):
        told, rest = draft_timetable.of_session(session)
        more = [ngettext("And %(n)s more clash", "And %(n)s more clashes", rest) % {"n": rest}] if rest else []
        for sentence in [*told, *more]:
            self.message_user(request, sentence, messages.WARNING)

    # --- columns ---------------------------------------------------------------------------------
    def _place(self, session):
        return getattr(session, "placement", None)

    def _two(self, shown, released):
        """The draft's value, and the public one below where it is another."""
        if shown == released:
            return shown or self.get_empty_value_display()
        public = released or _("not shown")
        return format_html("{}<br><small>{} {}</small>", shown or "–", _("Public:"), public)

    @admin.display(description=gettext_lazy("state"), ordering="draft_state")
    def shown_state(self, session):
        place = self._place(session)
        state = Session.State(session.state)
        badge = format_html('<span class="badge {}">{}</span>', state, state.label)
        if place is None or place.state == moves.STATE_OF[state]:
            return badge
        new = Placement.State(place.state)
        return self._two(format_html('<span class="badge {}">{}</span>', new, new.label), state.label)

    @admin.display(description=gettext_lazy("when"), ordering=START, empty_value=gettext_lazy("No time yet"))
    def when(self, session):
        place, forum = self._place(session), session.forum
        released = span(session.starts, session.ends, forum=forum) if session.starts else ""
        if place is None:
            return released or None
        shown = span(place.starts, place.ends, forum=forum) if place.starts else ""
        return self._two(shown, released) if shown or released else None

    @admin.display(description=gettext_lazy("room"), ordering=ROOM_NAME)
    def shown_room(self, session):
        place = self._place(session)
        released = str(session.room or "")
        return self._two(str(place.room or "") if place else released, released)

    # --- actions ---------------------------------------------------------------------------------
    @admin.action(description=gettext_lazy("Schedule"), permissions=["change"])
    def schedule(self, request, queryset):
        forums = list(Forum.objects.filter(sessions__in=queryset).distinct())
        done = ngettext_lazy(
            "%(n)s scheduled. The public sees it with the next release.",
            "%(n)s scheduled. The public sees them with the next release.",
            "n",
        )
        self.each(request, queryset, verb=partial(moves.schedule, version=None), done=done)
        for forum in forums:
            told, rest = draft_timetable.blocking(forum)
            if number := len(told) + rest:
                words = ngettext("%(n)s clash: look at the board.", "%(n)s clashes: look at the board.", number)
                self.message_user(request, words % {"n": number}, messages.WARNING)

    @admin.action(description=gettext_lazy("Cancel"), permissions=["change"])
    def cancel(self, request, queryset):
        done = ngettext_lazy(
            "%(n)s cancelled. The public sees it with the next release.",
            "%(n)s cancelled. The public sees it with the next release.",
            "n",
        )
        self.each(request, queryset, verb=partial(moves.cancel, version=None), done=done)

    @admin.action(description=gettext_lazy("Take off the timetable"), permissions=["change"])
    def unschedule(self, request, queryset):
        done = ngettext_lazy(
            "%(n)s taken off the timetable. The public sees it with the next release.",
            "%(n)s taken off the timetable. The public sees it with the next release.",
            "n",
        )
        self.each(request, queryset, verb=partial(moves.unschedule, version=None), done=done)

    def has_release_permission(self, request):
        return request.user.has_perm("events.add_release")

    @admin.action(description=gettext_lazy("Cancel and release at once"), permissions=["release"])
    def cancel_at_once(self, request, queryset):
        """Ask first: those who booked get a mail within moments."""
        sessions = list(queryset.select_related("forum", "room", "placement__room"))
        note, refusal = request.POST.get("note", ""), ""
        try:
            releases.forum_of(sessions)
            if request.POST.get("confirmed"):
                made = releases.cancel_at_once(sessions, note=note, by=request.user, now=timezone.now())
                words = _("Version %(number)s is released. Those who booked are told.") % {"number": made.number}
                self.message_user(request, words, messages.SUCCESS)
                return HttpResponseRedirect(request.get_full_path())
        except ValidationError as error:
            refusal = " ".join(error.messages)
        context = {
            "title": _("Cancel and release at once"),
            "sessions": [(session, self._dropped(session)) for session in sessions],
            "refusal": refusal,
            "note": note[: releases.NOTE_LIMIT],
            "selected": ACTION_CHECKBOX_NAME,
        }
        return self.admin_page(request, "admin/events/schedule/cancel_at_once.html", **context)

    def _dropped(self, session):
        """Where the draft has a session, in words, if the public has it elsewhere."""
        place = self._place(session)
        if place is None or all(getattr(place, name) == getattr(session, name) for name in PLACE):
            return ""
        return where(place, forum=session.forum) or _("no time")
