"""The organisers' page of the kinds of registration."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from events.models.columns import one_line
from events.staff.admin_bases import PublicContentMixin, SiteAdmin, label_of, section
from events.staff.local_times import WallClockForm
from registration.models import Kind
from registration.registering import kinds
from registration.registering.other_languages import OTHER_LANGUAGES, label, names


class KindForm(WallClockForm):
    """The name in each language has a field of its own; the row keeps them together."""

    locals().update({name: forms.CharField(max_length=80, required=False) for name in names("name")})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "forum" in self.fields:
            self.fields["forum"].disabled = True  # registrations, questions and quotas of the forum hang on it
        for code, _language in OTHER_LANGUAGES:
            if field := self.fields.get(f"name_{code}"):
                field.label = label(label_of(Kind, "name"), code)
                field.initial = (self.instance.names or {}).get(code, "")

    def clean(self):
        typed = {code: one_line(self.cleaned_data.get(f"name_{code}") or "") for code, _name in OTHER_LANGUAGES}
        others = {code: name for code, name in (self.instance.names or {}).items() if code not in typed}
        self.instance.names = others | {code: name for code, name in typed.items() if name}
        return super().clean()


@admin.register(Kind)
class KindAdmin(PublicContentMixin, SiteAdmin):
    form = KindForm
    list_display = ["name", "forum", "mode", "opens", "closes", "capacity", "places_left", "approval", "is_invited"]
    list_filter = ["forum", "approval"]
    list_select_related = ["forum"]
    search_fields = ["name", "slug"]
    filter_horizontal = ["session_types"]
    fieldsets = [
        section(
            ["forum", "name", *names("name"), "slug", "order", "colour"],
            gettext_lazy(
                "A kind in which people take part, such as delegate or media. Once a forum has one, whoever registers"
                " chooses a kind first. Its colour and word stand on the badge."
            ),
        ),
        section(
            ["mode", "opens", "closes", "capacity", "per_organisation", "session_types"],
            gettext_lazy(
                "When and how people register in this kind, and what they may book. “On site” is offered where the forum"
                " is not online only, or where a kind is on site. A full kind is not offered any more."
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
        return "–" if (left := kinds.places_left(kind, people=kind.people)) is None else left

    def get_queryset(self, request):
        return kinds.with_people(super().get_queryset(request))

    def has_delete_permission(self, request, obj=None):
        """A kind in which somebody registered stays."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.registrations.exists())
