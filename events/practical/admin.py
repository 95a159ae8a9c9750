"""The organisers' page of practical pages."""

from django import forms
from django.contrib import admin
from django.contrib.admin import widgets
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.formatting.other_languages import OTHER_LANGUAGES, fill, kept, names
from events.models import PracticalPage
from events.models.columns import one_line
from events.models.forum import PRACTICAL_LIMIT
from events.staff.admin_bases import PublicContentMixin, SiteAdmin, section
from events.staff.local_times import WallClockForm

FIELDS = {"title": (250, widgets.AdminTextInputWidget), "text": (PRACTICAL_LIMIT, widgets.AdminTextareaWidget)}


class PracticalPageForm(WallClockForm):
    """Title and text in each language have fields of their own; the row keeps them together."""

    locals().update(
        {
            name: forms.CharField(max_length=length, required=False, widget=widget)
            for part, (length, widget) in FIELDS.items()
            for name in names(part)
        }
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fill(self, "title", "text", said=self.instance.translations or {})

    def clean(self):
        typed = {code: self._typed(code) for code, _language in OTHER_LANGUAGES}
        self.instance.translations = kept(self.instance.translations, typed=typed)
        return super().clean()

    def _typed(self, code):
        """Title and text in a language, or nothing. Refuses (`half-translated`) one without the other."""
        said = {part: self.cleaned_data.get(f"{part}_{code}") or "" for part in ("title", "text")}
        said["title"] = one_line(said["title"])
        missing = [part for part, words in said.items() if not words and f"{part}_{code}" not in self.errors]
        if len(missing) == 1 and any(said.values()):
            words = _("Enter both title and text in this language, or neither")
            self.add_error(f"{missing[0]}_{code}", forms.ValidationError(words, code="half-translated"))
        return said if all(said.values()) else {}


@admin.register(PracticalPage)
class PracticalPageAdmin(PublicContentMixin, SiteAdmin):
    form = PracticalPageForm
    list_display = ["title", "forum", "slug", "order", "is_public"]
    list_filter = ["is_public"]
    list_select_related = ["forum"]
    search_fields = ["title", "text", "slug"]
    autocomplete_fields = ["forum"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        section(
            ["forum", "title", "slug", "text"],
            gettext_lazy("What people need to know who come: the venue, visas, whom to ask. HTML is shown as text."),
        ),
        section(
            names("title", "text"),
            gettext_lazy("Where a language is empty, people read the page as it stands above, and are told so."),
            gettext_lazy("In other languages"),
        ),
        section(
            ["order", "is_public"],
            gettext_lazy("The head of every page leads to the public ones. Low numbers first."),
            gettext_lazy("Where it is shown"),
        ),
    ]

    def get_readonly_fields(self, request, obj=None):
        """The address stands once the page is public."""
        return ["slug"] if obj and obj.is_public else []
