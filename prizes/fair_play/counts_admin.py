"""The counts: what the site wrote, and a new count with a reason. No choice, no result."""

from functools import partial

from django.contrib import admin
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.current_forum import of_forum
from prizes.count import recount_requests
from prizes.editions.reason_form import ReasonForm
from prizes.fair_play.admin_pages import DECIDE
from prizes.models import Count, Edition

COUNT_AGAIN = "prizes.count_edition"


@admin.register(Count)
class CountAdmin(ReadOnlyMixin, SiteAdmin):
    change_list_template = "admin/prizes/fair_play/counts.html"
    list_display = ["number", "edition", "counted", "valid_ballots", "incomplete_ballots", "quarantined_ballots"]
    list_select_related = ["edition"]
    search_fields = ["edition__name", "reason", "bundle_sha256"]
    own_pages = [OwnPage("again/<int:edition>/", "again", "prizes_count_again", COUNT_AGAIN, Edition)]
    fieldsets = [
        section(
            ["edition", "number", "counted", "reason"],
            about=_("The latest count of an edition is the one that holds. Times in UTC."),
        ),
        section(
            ["valid_ballots", "incomplete_ballots", "quarantined_ballots", "valid_votes", "attendee_ballots"],
            title=_("Ballots"),
            about=_("How many, not for whom."),
        ),
        section(
            ["head", "bundle_sha256", "bundle_bytes"],
            title=_("What anyone can check"),
            about=_("The bundle itself opens with the champions."),
        ),
    ]

    def beside_list(self, request):
        found = Edition.objects.filter(polls_sealed__isnull=False, closed__isnull=True).select_related("forum")
        sealed = list(of_forum(self.seen(request, found), request))
        recounts = [recount_requests.latest(edition) for edition in sealed]
        countable = [edition for edition in sealed if request.user.has_perm(COUNT_AGAIN, edition)]
        return {"editions": countable, "recounts": recounts}

    def again(self, request, edition):
        """Ask for a new count of an edition, with a reason (permission to count); a worker makes it."""
        row = get_object_or_404(Edition, pk=edition)
        counts = reverse("admin:prizes_count_changelist")
        return self.form_page(
            request,
            DECIDE,
            form=ReasonForm(request.POST or None),
            verb=partial(recount_requests.ask, row),
            done=_("The votes are being counted again. This page says when it is done."),
            to=counts,
            title=_("Count the votes of %(name)s again") % {"name": row},
            sentence=_(
                "Count again when ballots were set aside or taken back in, or when a nominee withdrew. The new count "
                "holds from then on; the older ones stay, with their bundles’ SHA-256. Once the announcement of the "
                "champions is approved, nothing is counted any more."
            ),
            button=_("Count again"),
            back=counts,
        )
