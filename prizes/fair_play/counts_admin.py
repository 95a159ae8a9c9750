"""The counts and the blocks of the chain: what the site wrote, and a new count with a reason. No choice, no result."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin
from prizes.count import recount_requests
from prizes.fair_play.admin_pages import ReasonForm
from prizes.models import Block, Count, Edition


@admin.register(Block)
class BlockAdmin(ReadOnlyMixin, SiteAdmin):
    list_display = ["number", "edition", "sealed", "sealed_choices", "head"]
    list_filter = ["edition"]
    list_select_related = ["edition"]
    search_fields = ["head"]
    search_help_text = _("Search by the beginning or any part of a head.")
    fieldsets = [
        (
            None,
            {
                "fields": ["edition", "number", "sealed", "sealed_choices", "head"],
                "description": _("A sealed block of the chain, as the public page shows it. Times in UTC."),
            },
        )
    ]

    @admin.display(description=_("choices"))
    def sealed_choices(self, block):
        """Nobody sees how many vote while the vote is open."""
        return block.choices if block.edition.polls_sealed else gettext("after the close")


@admin.register(Count)
class CountAdmin(ReadOnlyMixin, SiteAdmin):
    change_list_template = "admin/prizes/fair_play/counts.html"
    list_display = ["number", "edition", "counted", "valid_ballots", "incomplete_ballots", "quarantined_ballots"]
    list_filter = ["edition"]
    list_select_related = ["edition"]
    search_fields = ["edition__name", "reason", "bundle_sha256"]
    fieldsets = [
        (
            None,
            {
                "fields": ["edition", "number", "counted", "reason"],
                "description": _("The latest count of an edition is the one that holds. Times in UTC."),
            },
        ),
        (
            _("Ballots"),
            {
                "fields": [
                    "valid_ballots",
                    "incomplete_ballots",
                    "quarantined_ballots",
                    "valid_votes",
                    "attendee_ballots",
                ],
                "description": _("How many, not for whom."),
            },
        ),
        (
            _("What anyone can check"),
            {
                "fields": ["head", "bundle_sha256", "bundle_bytes"],
                "description": _("The bundle itself opens with the champions."),
            },
        ),
    ]

    def get_urls(self):
        again = self.admin_site.admin_view(self.again)
        return [path("again/<int:edition>/", again, name="prizes_count_again"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        may_count = request.user.has_perm("prizes.count_edition")
        found = Edition.objects.filter(polls_sealed__isnull=False, closed__isnull=True).select_related("forum")
        sealed = list(found) if self.has_view_permission(request) else []
        recounts = [recount_requests.latest(edition) for edition in sealed]
        context = {"editions": sealed if may_count else [], "recounts": recounts, **(extra_context or {})}
        return super().changelist_view(request, context)

    def again(self, request, edition):
        """Ask for a new count of an edition, with a reason (permission to count); a worker makes it."""
        if not request.user.has_perm("prizes.count_edition"):
            raise PermissionDenied
        row = get_object_or_404(Edition, pk=edition)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                recount_requests.ask(row, now=timezone.now(), by=request.user, reason=form.cleaned_data["reason"])
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                messages.success(request, gettext("The votes are being counted again. This page says when it is done."))
                return redirect("admin:prizes_count_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Count again"),
            "edition": row,
            "form": form,
            "back": reverse("admin:prizes_count_changelist"),
        }
        return TemplateResponse(request, "admin/prizes/fair_play/count.html", context)
