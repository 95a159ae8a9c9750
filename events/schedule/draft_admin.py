"""The draft on the organisers' list of sessions: columns that show it, and actions that call its verbs."""

from functools import lru_cache, partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext, ngettext_lazy
from django.utils.translation import gettext as _

from events.models import Forum, Release, Session, Viewing
from events.models.programme import Language
from events.schedule import draft_timetable, moves, session_states, undo
from events.schedule.releases import hooks, releases
from events.schedule.session_form import PLACE, where
from events.schedule.session_states import State
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.admin.current_forum import address_in, forum_of_list
from events.shared.admin.lists import cells
from events.shared.admin.lists.large_lists import zone_of_list
from events.shared.admin.lists.list_rows import badge, escaped
from events.shared.formatting import times


class NoteForm(forms.Form):
    """What is said of a release."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=releases.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        help_text=gettext_lazy("Public: what this version is about, in a sentence or two."),
    )


def clashes_of_list(request):
    """The sessions of the list's forum that clash so that nothing can be released, with the kind; asked once a request. A list of
    several forums tells none."""
    if not hasattr(request, "_clashes_of_list"):
        forum = forum_of_list(request)
        request._clashes_of_list = session_states.clashes_of(forum).sessions if forum else {}
    return request._clashes_of_list


@lru_cache(maxsize=10_000)
def _when(starts, ends, zone, this_year, _language):
    """The day and the hours of a session, as HTML."""
    day = starts.astimezone(zone).date()
    date = escaped(times.written(day, "j M" if day.year == this_year else "j M Y"))
    return mark_safe(f'<b><span class="date">{date}</span> {times.span(starts, ends=ends, zone=zone)}</b>')  # noqa: S308


def told_of_places(sessions):
    """What higher rooms know of these sessions, whose places somebody has just changed."""
    now = timezone.now()
    return [sentence for notice in hooks.places_changed.of() for sentence in notice(sessions, now)]


def hearers(admin_page, request, log, *, forum):
    """Who would get a mail about these changes (`releases.who_hears`); that their names were read is written down."""
    found = releases.who_hears(forum, log, by=request.user, now=timezone.now())
    seen = [key for one in found if one.names for key in one.accounts]
    admin_page.saw_people(request, Viewing.Kind.LIST, seen, model=Session, forum_id=forum.pk)
    return found


def add(session, *, by, now):
    """Save a new session, with its place in the draft."""
    with moves.locked(session.forum):
        session.save()
        moves.place_new([session], now=now)


class DraftMixin(RecordedAdmin):
    """Columns that show the draft; and its verbs as actions."""

    actions = ["schedule", "cancel", "unschedule", "cancel_at_once"]
    rights = {"release": "events.add_release"}
    rules = {"add": add}

    def save_related(self, request, form, formsets, change):
        """Times and room go into the draft, after everything else; then the clashes are told."""
        super().save_related(request, form, formsets, change)
        sentences = []
        if form.wanted.keys() == set(PLACE):
            seen = form.place.version or None  # who moves it between the form's check and here is not overwritten
            place = moves.move(form.instance, **form.wanted, version=seen, by=request.user, now=timezone.now())
            undo.remember(request.session, [place])
            told, rest = draft_timetable.of_session(form.instance)
            more = [ngettext("And %(n)s more clash", "And %(n)s more clashes", rest) % {"n": rest}] if rest else []
            sentences = [*told, *more]
        if "capacity" in form.changed_data:
            sentences += told_of_places(Session.objects.filter(pk=form.instance.pk))
        for sentence in sentences:
            self.message_user(request, sentence, messages.WARNING)

    # --- the list ----------------------------------------------------------------------------------
    def with_more(self, request, rows):
        """Each with its clash, if it has one that forbids a release, and whether it waits for one."""
        clashes = clashes_of_list(request)
        request._waiting_of_list = session_states.waiting(forum_of_list(request), among=rows)
        for session in rows:
            session.clash, session.waits = clashes.get(session.pk), session.pk in request._waiting_of_list
        return rows

    def list_notes(self, request, changes):
        """How many, in which zone, and since which release how many changes wait."""
        forum = forum_of_list(request)
        found = [changes.counted_in_words, zone_of_list(request)]
        if forum is None or not request.user.has_perm(self.right("release"), forum):
            return found
        newest_first = Release.objects.filter(forum=forum).order_by("-number")
        last, number = newest_first.values_list("released", flat=True).first(), len(request._waiting_of_list)
        if last:
            when = times.written(last.astimezone(forum.zone), "j F Y, H:i")
            found.append(_("Last release %(when)s.") % {"when": when})
        if number:
            words = ngettext("%(n)s change waits.", "%(n)s changes wait.", number) % {"n": number}
            found.append(cells.links([(address_in(forum, "events_release_add"), words)]))
        return found

    def day_of(self, session):
        starts = session.placement.starts
        return capfirst(times.written(session.forum.local(starts).date(), "l j F")) if starts else _("Not placed")

    @admin.display(description=gettext_lazy("state"), ordering="placement__state")
    def shown_state(self, session):
        state = session_states.state_of(session, clashes=[session.pk] if session.clash else [])
        return badge(state, session_states.CLASHES[session.clash] if state == State.CLASH else state.label)

    @admin.display(description=gettext_lazy("when"), ordering="placement__starts")
    def when(self, session):
        place = session.placement
        if place.starts is None:
            return _("Not placed")
        return _when(place.starts, place.ends, session.forum.zone, timezone.now().year, get_language())

    @admin.display(description=gettext_lazy("room"), ordering="placement__room__name")
    def shown_room(self, session):
        return str(session.placement.room or "–")

    @admin.display(description=gettext_lazy("Bookings"), ordering="booked_people")
    def booked(self, session):
        return str(session.booked_people or "–")

    @admin.display(description=gettext_lazy("languages"))
    def spoken(self, session):
        return ", ".join(str(Language(code).label) for code in session.languages)

    # --- actions ---------------------------------------------------------------------------------
    def _move_each(self, request, queryset, *, verb, done):
        """Call a verb of the draft on every chosen session; in each forum that is one act, which a step of the board undoes."""
        rows = []
        for forum in Forum.objects.filter(sessions__in=queryset).distinct():
            with moves.as_one(forum, by=request.user, now=timezone.now()):
                self.each(
                    request,
                    queryset.filter(forum=forum),
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
            hearers=SimpleLazyObject(lambda: self._hearers(request, sessions)),
            selected=ACTION_CHECKBOX_NAME,
        )

    def _hearers(self, request, sessions):
        if not sessions:  # somebody has just deleted what was chosen
            return []
        return hearers(self, request, releases.cancelling(sessions), forum=sessions[0].forum)

    def _dropped(self, session):
        """Where the draft has a session, in words, if the public has it elsewhere."""
        place = session.placement
        is_there = all(getattr(place, name) == getattr(session, name) for name in PLACE)
        return "" if is_there else where(place, forum=session.forum)
