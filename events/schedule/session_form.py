"""The form of a session's page: its times are local, and its place is that of the draft. Clashes are told once it is saved."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Placement, Session, SessionType
from events.models.programme import Language
from events.schedule import moves
from events.shared.admin.admin_bases import label_of
from events.shared.admin.translated_forms import TranslatedForm, with_texts
from events.shared.formatting.times import dated_span

PLACE = ("starts", "ends", "room")


def languages_field(name: str) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label_of(Session, name),
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"}),
        help_text=Session._meta.get_field(name).help_text,
    )


def span(place, *, forum):
    """“22 Jul 2020, 14:00–15:30 Geneva”; empty without a time."""
    return dated_span(place.starts, ends=place.ends, forum=forum, form="j M Y") if place.starts else ""


def where(place, *, forum):
    """A place in words: “22 Jul 2020, 14:00–15:30 Geneva, Room 1”; “no time” without one."""
    words = span(place, forum=forum) or _("no time")
    return _("%(when)s, %(room)s") % {"when": words, "room": place.room} if place.starts and place.room else words


@with_texts(Session)
class SessionForm(TranslatedForm):
    """Times and room are those of the draft; `version` is the one that the page was made from."""

    parts = ("title", "description")
    version = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647, widget=forms.HiddenInput)
    languages = languages_field("languages")
    captioning = languages_field("captioning")
    interpretation = languages_field("interpretation")

    def __init__(self, *args, instance=None, initial=None, **kwargs):
        self.place = instance.placement if instance and instance.pk else Placement(version=0)
        shown = {"starts": self.place.starts, "ends": self.place.ends, "room": self.place.room_id}
        if self.place.session_id:
            initial = {**shown, "version": self.place.version, **(initial or {})}
        super().__init__(*args, instance=instance, initial=initial, **kwargs)
        forum = self.instance.forum if self.instance.pk else None
        for name in ("room", "track"):
            if name in self.fields:
                rows = self.fields[name].queryset.select_related("forum")  # type: ignore[attr-defined]
                self.fields[name].queryset = rows.filter(forum=forum) if forum else rows  # type: ignore[attr-defined]
                if forum is None:
                    self.fields[name].label_from_instance = lambda row: f"{row} · {row.forum}"  # type: ignore[attr-defined]

    def clean(self):
        data, forum = super().clean(), self.forum()
        if forum is not None:
            self._check(data, forum)
        self.wanted = {name: data.pop(name) for name in PLACE if name in data}
        return data

    def _check(self, data, forum):
        for name, sentence in [
            ("room", _("This room belongs to %(forum)s. Choose one of %(wanted)s")),
            ("track", _("This track belongs to %(forum)s. Choose one of %(wanted)s")),
        ]:
            row = data.get(name)
            if row and row.forum_id != forum.pk:
                self.add_error(name, sentence % {"forum": row.forum, "wanted": forum})
        kind = data.get("type")
        if kind and kind.pk != self.initial.get("type") and kind not in SessionType.objects.offered_in(forum):
            self.add_error(
                "type", _("%(forum)s does not have sessions of this type. Choose another") % {"forum": forum}
            )
        if not {"starts", "ends"} & self.errors.keys() and {"starts", "ends"} <= self.fields.keys():
            self._check_place(data)

    def _check_place(self, data):
        """Refuse half a time, and tell once of a move that happened since: the page then holds the present version.

        A clash is no refusal: the page that follows tells of it (`DraftMixin.save_related`).
        """
        try:
            moves.check_span(data.get("starts"), ends=data.get("ends"))
        except ValidationError as refusal:
            self.add_error("ends" if data.get("starts") else "starts", refusal)
            return
        if not self.instance.pk or all(data.get(name) == getattr(self.place, name) for name in PLACE):
            return
        try:
            moves.check_version(self.place, version=data.get("version"))
        except ValidationError as refusal:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data[self.add_prefix("version")] = str(self.place.version)
            words = _("%(name)s moved this session before you, to %(place)s. Save again to put it where this page says")
            place = where(self.place, forum=self.instance.forum)
            self.add_error(None, ValidationError(words, refusal.code, {**refusal.params, "place": place}))

    def full_clean(self):
        """The row keeps the times and room that are released; what the page says of them (`wanted`) goes into the draft."""
        self.wanted = {}
        super().full_clean()
        if self.is_bound:
            self.cleaned_data |= self.wanted
