"""The organisers' page of practical pages."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from events.models import PracticalPage
from events.shared.admin.admin_bases import PublicContentMixin, PublishedMixin, SiteAdmin, is_known, section
from events.shared.admin.translated_forms import TranslatedForm, beside, with_texts


@with_texts(PracticalPage)
class PracticalPageForm(TranslatedForm):
    parts = together = ("title", "text")


@admin.register(PracticalPage)
class PracticalPageAdmin(PublishedMixin, PublicContentMixin, SiteAdmin):
    form = PracticalPageForm
    fixed_once = {"slug": is_known}
    list_display = ["title", "forum", "slug", "order", "is_public"]
    list_filter = ["is_public"]
    list_select_related = ["forum"]
    search_fields = ["title", "text", "slug"]
    autocomplete_fields = ["forum"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        section(
            ["forum", *beside("title"), "slug", *beside("text")],
            gettext_lazy(
                "What people need to know who come: the venue, visas, whom to ask. HTML is shown as text. Where a language is empty,"
                " people read the page as it stands first, and are told so."
            ),
        ),
        section(
            ["order", "is_public"],
            gettext_lazy("The head of every page leads to the public ones. Low numbers first."),
            gettext_lazy("Where it is shown"),
        ),
    ]
