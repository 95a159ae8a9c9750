"""The organisers' page of the kinds of registration."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.admin.admin_bases import BOXES, PublicContentMixin, SiteAdmin, section
from events.shared.admin.translated_forms import TranslatedForm, beside, with_texts
from registration.models import Kind
from registration.registering import kinds


@with_texts(Kind)
class KindForm(TranslatedForm):
    parts = ("name",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "forum" in self.fields:
            self.fields["forum"].disabled = True  # registrations, questions and quotas of the forum hang on it
        if self.instance.pk and "capacity" in self.fields:
            people: Any = Kind.objects.annotate(**kinds.PEOPLE).get(pk=self.instance.pk)
            words = _("%(people)s have a place now, and %(waits)s wait for one.")
            told = words % {"people": people.people, "waits": people.waits}
            self.fields["capacity"].help_text = f"{self.fields['capacity'].help_text} {told}"

    def warnings(self):
        """Fewer places than people are told, and nobody is thrown out."""
        kind = self.instance
        people = kinds.taken([kind]).get(kind.pk, 0)
        if kind.capacity is None or people <= kind.capacity:
            return []
        words = _(
            "%(kind)s: %(people)s people have a place, and there are %(places)s. Nobody is thrown out; nobody more gets"
            " one before enough have withdrawn."
        )
        return [words % {"kind": kind.name, "people": people, "places": kind.capacity}]


def _is_taken(kind):
    """A kind in which somebody registered stays."""
    return kind.registrations.exists()


@admin.register(Kind)
class KindAdmin(PublicContentMixin, SiteAdmin):
    form = KindForm
    annotations = kinds.PEOPLE
    never_once = {"delete": _is_taken}
    formfield_overrides = SiteAdmin.formfield_overrides | BOXES
    list_display = [
        "name",
        "forum",
        "mode",
        "opens",
        "closes",
        "capacity",
        "places_left",
        "waits",
        "approval",
        "is_invited",
    ]
    list_filter = ["approval"]
    list_select_related = ["forum"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        section(
            ["forum", *beside("name"), "slug", "order", "colour"],
            gettext_lazy(
                "A kind in which people take part, such as delegate or media. Once a forum has one, whoever registers"
                " chooses a kind first. Its colour and word stand on the badge."
            ),
        ),
        section(
            ["mode", "opens", "closes", "capacity", "per_organisation", "offer_minutes", "session_types"],
            gettext_lazy(
                "When and how people register in this kind, and what they may book. “On site” is offered where the forum"
                " is not online only, or where a kind is on site. Where all places are taken, people join a waiting list that"
                " moves up by itself until registration closes. With fewer places than people nobody is thrown out."
            ),
            gettext_lazy("Places"),
        ),
        section(
            ["approval", "needs_letter", "needs_photograph", "is_invited"],
            gettext_lazy(
                "Who takes part only once somebody has approved it. Letters and photographs are read by those who decide; the"
                " photograph stands on the badge. A kind by invitation only is offered to nobody: you invite its people, or bring"
                " them in by a table."
            ),
            gettext_lazy("Accreditation"),
        ),
    ]

    @admin.display(description=gettext_lazy("places left"))
    def places_left(self, kind):
        excess = kind.people - kind.capacity if kind.capacity is not None else 0
        if excess > 0:
            return _("0, and %(excess)s people too many") % {"excess": excess}
        return "–" if (left := kinds.places_left(kind, people=kind.people)) is None else left

    @admin.display(description=gettext_lazy("waiting"))
    def waits(self, kind):
        return kind.waits
