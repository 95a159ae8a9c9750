"""The public figures of commitments, and the page on which an owner reports."""

from itertools import groupby

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Commitment, CommitmentReport, Forum, Outcome
from events.models.outcome import REPORT_LIMIT
from events.outcomes.commitments import commitment_figures, commitment_reports
from events.outcomes.outcome_pages import A_PAGE
from events.programme.shown_days import turns_of
from events.shared.drafts import fields
from events.shared.pages.find_forum import find_forum
from events.shared.pages.personal import arrival, person, personal
from events.shared.pages.public import public_page
from events.shared.pages.refusals import is_taken


@public_page(parameters=("page",))
def commitments(request: HttpRequest, forum: str) -> HttpResponse:
    """The commitments of this forum and of the one before it in parts, and how many were kept."""
    found, now = find_forum(forum), timezone.now()
    before = Forum.objects.public().filter(starts__lt=found.starts).order_by("-starts").first()
    every = [commitment_figures.figures(one, now=now) for one in (before, found) if one]
    rows = [(figures, row) for figures in every for row in figures.commitments]
    part = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "forum": found,
        "shown": [(figures, [row for _figures, row in of]) for figures, of in groupby(part, lambda pair: pair[0])],
        "states": [*(label for _state, label in CommitmentReport.State.choices), _("Nothing reported")],
        "turns": turns_of(request.GET, found=part),
    }
    return render(request, "events/outcomes/commitments.html", context)


class FollowUpForm(forms.Form):
    use_required_attribute = False
    state = fields.choice(gettext_lazy("What has become of it"), choices=CommitmentReport.State.choices, is_needed=True)
    text = fields.box(gettext_lazy("In your words"), length=REPORT_LIMIT, rows=6)
    proof = fields.web_address(
        gettext_lazy("A link that shows it"), length=300, hint=gettext_lazy("Needed if it was kept")
    )


@personal
def report(request: HttpRequest, forum: str, pk: int) -> HttpResponse:
    """The owner of a commitment says what has become of it, also while the public does not see it; others find nothing here (404)."""
    found, now = find_forum(forum), arrival(request)
    rows = Commitment.objects.filter(owner=person(request), outcome__forum=found, outcome=pk)
    shown = Exists(Outcome.objects.public(now).filter(pk=pk))
    commitment = rows.annotate(is_shown=shown).select_related("outcome", "organisation").first()
    if commitment is None:
        raise Http404
    waiting = commitment.reports.filter(confirmed=None).first()
    initial = {name: getattr(waiting, name) for name in ("state", "text", "proof")} if waiting else {}
    form = FollowUpForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and is_taken(form, commitment_reports.report, commitment, by=person(request), now=now):
        messages.success(request, _("Thank you. The public reads it once the organisers have confirmed it."))
        return HttpResponseRedirect(request.path)
    context = {
        "forum": found,
        "outcome": commitment.outcome,
        "commitment": commitment,
        "reports": commitment.reports.all(),
        "form": form,
    }
    return render(request, "events/outcomes/commitment_report.html", context)
