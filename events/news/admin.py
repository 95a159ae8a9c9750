"""The organisers' page of news."""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import News
from events.shared.admin.admin_bases import PublicContentMixin, PublishedMixin, SiteAdmin, section
from events.shared.admin.translated_forms import TranslatedForm, beside, with_texts


@with_texts(News)
class NewsForm(TranslatedForm):
    parts = ("title", "text", "picture_shows")
    together = ("title", "text")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "date" in self.fields and not self.instance.pk:
            self.fields["date"].required = False
            self.initial["date"] = None

    def clean(self):
        """News without a date is of now. Refuses a banner that ends before it begins (`ends-before-start`), and a picture without
        words (`no-words`)."""
        data = super().clean()
        if "date" not in self.errors:
            data["date"] = data.get("date") or timezone.now()
        if data.get("banner_until") and data.get("date") and data["banner_until"] <= data["date"]:
            words = _("The banner ends before the news appears. Choose a later moment")
            self.add_error("banner_until", forms.ValidationError(words, code="ends-before-start"))
        if data.get("picture") and not data.get("picture_shows") and "picture_shows" not in self.errors:
            words = _("Say what the picture shows, for people who do not see it")
            self.add_error("picture_shows", forms.ValidationError(words, code="no-words"))
        return data


@admin.register(News)
class NewsAdmin(PublishedMixin, PublicContentMixin, SiteAdmin):
    form = NewsForm
    change_form_template = "admin/events/news.html"
    list_display = ["title", "forum", "date", "is_pinned", "banner_until", "is_public"]
    list_filter = ["is_public", "is_pinned", "language"]
    list_select_related = ["forum"]
    search_fields = ["title", "text"]
    autocomplete_fields = ["forum"]
    fieldsets = [
        section(
            ["forum", "language", *beside("title"), *beside("text")],
            gettext_lazy(
                "What you announce: on the forum’s home page, on a page of its own, and in a feed. HTML is shown as text. Where a"
                " language is empty, people read the news as it stands first, and are told so."
            ),
        ),
        section(
            ["picture", *beside("picture_shows")],
            gettext_lazy("It stands on the page of the news."),
            gettext_lazy("Picture"),
        ),
        section(
            ["date", "is_pinned", "banner_until", "is_public"],
            gettext_lazy("A banner is for what cannot wait, such as another room: the title alone, with a link."),
            gettext_lazy("When and where it is shown"),
        ),
    ]

    def view_on_site(self, news):
        return self._page(news) if News.objects.public().filter(pk=news.pk).exists() else None

    def beside(self, request, row):
        """Where a preview of it leads."""
        return {"page_of_row": self._page(row)}

    @staticmethod
    def _page(news):
        return reverse("events:one-news", args=[news.forum.slug, news.pk])
