"""The draft on the organisers' list of sessions: columns that show it, and actions that call its verbs."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from events.models import Forum, Placement, Session
from events.schedule import draft_timetable, moves, undo
from events.schedule.releases import releases
from events.schedule.session_form import PLACE, span, where
from events.staff.admin_recording import RecordedAdmin


class NoteForm(forms.Form):
    """What is said of a release."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=releases.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        help_text=gettext_lazy("Public: what this version is about, in a sentence or two."),
    )


class DraftMixin(RecordedAdmin):
    """Columns that show the draft, with the released value below where it is another; and the verbs as actions."""

    actions = ["schedule", "cancel", "unschedule", "cancel_at_once"]
    rights = {"release": "events.add_release"}

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            moves.place_new([obj], now=timezone.now())

    def save_related(self, request, form, formsets, change):
        """Times and room go into the draft, after everything else; then the clashes are told."""
        super().save_related(request, form, formsets, change)
        if form.wanted.keys() == set(PLACE):
            seen = form.place.version or None  # who moves it between the form's check and here is not overwritten
            place = moves.move(form.instance, **form.wanted, version=seen, by=request.user, now=timezone.now())
            undo.remember(request.session, [place])
            told, rest = draft_timetable.of_session(form.instance)
            more = [ngettext("And %(n)s more clash", "And %(n)s more clashes", rest) % {"n": rest}] if rest else []
            for sentence in [*told, *more]:
                self.message_user(request, sentence, messages.WARNING)

    # --- columns ---------------------------------------------------------------------------------
    def _two(self, shown, released):
        """The draft's value, and the public one below where it is another."""
        if shown == released:
            return shown or self.get_empty_value_display()
        public = released or _("not shown")
        return format_html("{}<br><small>{} {}</small>", shown or "–", _("Public:"), public)

    @admin.display(description=gettext_lazy("state"), ordering="placement__state")
    def shown_state(self, session):
        public, draft = Session.State(session.state), Placement.State(session.placement.state)
        if draft == moves.STATE_OF[public]:
            return format_html('<span class="badge {}">{}</span>', public, public.label)
        return self._two(format_html('<span class="badge {}">{}</span>', draft, draft.label), public.label)

    @admin.display(
        description=gettext_lazy("when"), ordering="placement__starts", empty_value=gettext_lazy("No time yet")
    )
    def when(self, session):
        place = session.placement
        shown = released = span(place, forum=session.forum)
        if (place.starts, place.ends) != (session.starts, session.ends):
            released = span(session, forum=session.forum)
        return self._two(shown, released) if shown or released else None

    @admin.display(description=gettext_lazy("room"), ordering="placement__room__name")
    def shown_room(self, session):
        return self._two(*(str(place.room or "") for place in (session.placement, session)))

    # --- actions ---------------------------------------------------------------------------------
    def _move_each(self, request, queryset, *, verb, done):
        """Call a verb of the draft on every chosen session; on the board one step undoes all of it."""
        rows = []
        self.each(
            request,
            queryset,
            verb=lambda session, **who: rows.append(verb(session, version=None, **who)),
            done=done,
        )
        undo.remember(request.session, rows)

    @admin.action(description=gettext_lazy("Schedule"), permissions=["change"])
    def schedule(self, request, queryset):
        words = ngettext_lazy(
            "%(n)s scheduled. The public sees it with the next release.",
            "%(n)s scheduled. The public sees them with the next release.",
            "n",
        )
        forums = list(Forum.objects.filter(sessions__in=queryset).distinct())
        self._move_each(request, queryset, verb=moves.schedule, done=words)
        for forum in forums:
            told, rest = draft_timetable.blocking(forum)
            if number := len(told) + rest:
                words = ngettext("%(n)s clash: look at the board.", "%(n)s clashes: look at the board.", number)
                self.message_user(request, words % {"n": number}, messages.WARNING)

    @admin.action(description=gettext_lazy("Cancel"), permissions=["change"])
    def cancel(self, request, queryset):
        words = ngettext_lazy(
            "%(n)s cancelled. The public sees it with the next release.",
            "%(n)s cancelled. The public sees it with the next release.",
            "n",
        )
        self._move_each(request, queryset, verb=moves.cancel, done=words)

    @admin.action(description=gettext_lazy("Take off the timetable"), permissions=["change"])
    def unschedule(self, request, queryset):
        words = ngettext_lazy(
            "%(n)s taken off the timetable. The public sees it with the next release.",
            "%(n)s taken off the timetable. The public sees it with the next release.",
            "n",
        )
        self._move_each(request, queryset, verb=moves.unschedule, done=words)

    def has_release_permission(self, request):
        return request.user.has_perm(self.right("release"))

    @admin.action(description=gettext_lazy("Cancel and release at once"), permissions=["release"])
    def cancel_at_once(self, request, queryset):
        """Ask first: those who booked get a mail within moments."""
        sessions = list(queryset.select_related("forum", "room", "placement__room"))
        if len({session.forum_id for session in sessions}) > 1:
            self.message_user(request, _("Choose sessions of one forum"), messages.ERROR)
            return None
        return self.form_page(
            request,
            "admin/events/schedule/cancel_at_once.html",
            form=NoteForm(request.POST if "confirmed" in request.POST else None),
            verb=partial(releases.cancel_at_once, sessions),
            done=lambda made: _("Version %(number)s is released. Those who booked are told.") % {"number": made.number},
            to=request.get_full_path(),
            title=_("Cancel and release at once"),
            sessions=[(session, self._dropped(session)) for session in sessions],
            selected=ACTION_CHECKBOX_NAME,
        )

    def _dropped(self, session):
        """Where the draft has a session, in words, if the public has it elsewhere."""
        place = session.placement
        is_there = all(getattr(place, name) == getattr(session, name) for name in PLACE)
        return "" if is_there else where(place, forum=session.forum)
