"""The page on which organisers edit the sessions that they chose in the list: the values, what they change in each, saving."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.models import Forum, Room, Session, SessionType, Track
from events.schedule import undo
from events.schedule.bulk_edit import bulk_edit
from events.schedule.draft_admin import told_of_places
from events.schedule.session_form import languages_field
from events.shared.admin.admin_bases import label_of
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.formatting.names import row_name
from events.shared.pages.refusals import show_refusal

AS_IT_IS = gettext_lazy("As it is")
NEVER_EMPTY = {"type"}
LANGUAGES = {"languages", "captioning", "interpretation"}


class TogetherForm(forms.Form):
    """Values for many sessions of a forum: what is left empty stays as it is."""

    room = forms.ModelChoiceField(Room.objects.none(), required=False, empty_label=AS_IT_IS)
    type = forms.ModelChoiceField(SessionType.objects.none(), required=False, empty_label=AS_IT_IS)
    track = forms.ModelChoiceField(Track.objects.none(), required=False, empty_label=AS_IT_IS)
    languages = languages_field("languages")
    captioning = languages_field("captioning")
    interpretation = languages_field("interpretation")
    capacity = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647)
    expected = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647)
    emptied = forms.MultipleChoiceField(
        label=gettext_lazy("Empty these"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"}),
    )

    def __init__(self, *args: Any, forum: Forum, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("room", Room), ("track", Track)):
            self.fields[name].queryset = model._default_manager.filter(forum=forum)  # type: ignore[attr-defined]
        self.fields["type"].queryset = SessionType.objects.offered_in(forum)  # type: ignore[attr-defined]
        for name in ("room", "type", "track"):
            self.fields[name].label_from_instance = row_name  # type: ignore[attr-defined]
        for name in bulk_edit.FIELDS:
            self.fields[name].label = label_of(Session, name)
        names = [name for name in bulk_edit.FIELDS if name not in NEVER_EMPTY]
        self.fields["emptied"].choices = [(name, label_of(Session, name)) for name in names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The fields that shall change, as `wanted`. Refuses a field that is filled in and to be emptied, and a form that changes nothing."""
        data: dict[str, Any] = super().clean() or {}
        given = {name: data[name] for name in bulk_edit.FIELDS if data.get(name) not in (None, "", [])}
        emptied = data.get("emptied", [])
        for name in given.keys() & set(emptied):
            self.add_error(name, _("Choose a value, or empty it: not both"))
        self.wanted = given | {name: [] if name in LANGUAGES else None for name in emptied}
        if not self.wanted and not self.errors:
            raise ValidationError(_("Choose at least one value to change"))
        return data


class BulkEditPages(RecordedAdmin):
    """For the list of sessions: the action and its pages."""

    @admin.action(description=gettext_lazy("Edit together"), permissions=["change"])
    def edit_together(self, request: HttpRequest, queryset: QuerySet[Session]) -> HttpResponse | None:
        """Ask for the values, then show what they change in each session, then save. Each step is sent to the list again, with the
        chosen keys, so that what a filter finds later changes nothing."""
        rows = queryset.select_related("forum", "type", "track", "placement__room")
        sessions = list(rows[: bulk_edit.MOST + 1])
        if refusal := _refusal(sessions):
            self.message_user(request, refusal, messages.ERROR)
            return None
        forum = sessions[0].forum
        step = request.POST.get("step", "")
        form = TogetherForm(request.POST if step else None, forum=forum)
        context = {"title": _("Edit together"), "form": form, "sessions": sessions, "forum": forum}
        if step not in {"preview", "save"} or not form.is_valid():
            return self.admin_page(request, "admin/events/schedule/edit_together.html", **context)
        keys = [session.pk for session in sessions]
        if step == "save":
            try:
                places = bulk_edit.edit(forum, keys, form.wanted, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            except ValidationError as refused:
                show_refusal(form, refused)
                return self.admin_page(request, "admin/events/schedule/edit_together.html", **context)
            undo.remember(request.session, places)
            words = ngettext("%(n)s session is changed.", "%(n)s sessions are changed.", len(keys))
            self.message_user(request, words % {"n": len(keys)}, messages.SUCCESS)
            if "capacity" in form.wanted:
                for sentence in told_of_places(Session.objects.filter(pk__in=keys)):
                    self.message_user(request, sentence, messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        clashes, more = bulk_edit.new_clashes(forum, keys, form.wanted)
        context |= {"changes": bulk_edit.changes(sessions, form.wanted), "clashes": clashes, "more_clashes": more}
        return self.admin_page(request, "admin/events/schedule/edit_together_preview.html", **context)


def _refusal(sessions: list[Session]) -> str:
    if len({session.forum_id for session in sessions}) > 1:
        return _("Choose sessions of one forum")
    if len(sessions) > bulk_edit.MOST:
        return _("Choose at most %(n)s sessions") % {"n": bulk_edit.MOST}
    return ""
