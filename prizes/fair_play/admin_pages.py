"""The pages of fair play that belong to one edition: the integrity report, a proposal to set ballots aside."""

import re
from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Viewing
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.formatting.numbers import LARGEST_KEY, whole_number
from events.shared.rights.two_people import approvals_admin, presence
from prizes.editions.reason_form import ReasonForm
from prizes.fair_play import integrity, quarantines
from prizes.fair_play.integrity import nominees
from prizes.models import Ballot, Edition, Quarantine

PER_PAGE = 50
DECIDE = "admin/form_page.html"  # a sentence and a form
INSPECT = "prizes.inspect_ballot"


class ProposalForm(ReasonForm):
    """Numbers of ballots, the kind of reason for the public and the reason in words for the log."""

    field_order = ["ballots", "kind", "reason"]
    ballots = forms.CharField(
        label=gettext_lazy("Numbers of the ballots"),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Choose at least one ballot")},
        help_text=gettext_lazy("Separated by commas. Take out those that you do not mean."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Reason as published"),
        choices=[("", "—"), *Quarantine.Kind.choices],
        error_messages={"required": gettext_lazy("Choose the reason as the bundle will give it")},
        help_text=gettext_lazy("The public bundle gives it with the trackers of the ballots, without their choices."),
    )

    def clean_ballots(self):
        parts = [part for part in re.split(r"[\s,;]+", self.cleaned_data["ballots"]) if part]
        if wrong := [part for part in parts if not re.fullmatch(r"[0-9]{1,18}", part)]:
            raise ValidationError(_("“%(part)s” is not the number of a ballot") % {"part": wrong[0][:20]})
        return [int(part) for part in parts]


def numbers_of(ballots):
    """The numbers of ballots as the form of a proposal takes them."""
    return ", ".join(str(number) for number in ballots.values_list("pk", flat=True))


def proposal_page(edition):
    """What a page that proposes to set ballots of an edition aside shows; it is sent to the edition's own address."""
    return {
        "title": _("Propose to set ballots aside"),
        "sentence": _(
            "Nothing happens until a second organiser agrees. Nothing is deleted, and it can be lifted again."
        ),
        "button": _("Propose"),
        "action": reverse("admin:prizes_edition_quarantine", args=[edition.pk]),
        "back": reverse("admin:prizes_edition_integrity", args=[edition.pk]),
        "back_name": _("Integrity report"),
    }


def page_of(request, rows):
    """The page of long rows that the address asks for."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("p", "1"))


class FairPlayPages(RecordedAdmin):
    """Mixed into the admin of editions."""

    own_pages = (
        OwnPage("<int:pk>/integrity/", "integrity_view", "prizes_edition_integrity", INSPECT, Edition),
        OwnPage(
            "<int:pk>/integrity/nominees/<slug:dimension>/", "shares_view", "prizes_edition_shares", INSPECT, Edition
        ),
        OwnPage("<int:pk>/integrity/<slug:slug>/", "finding_view", "prizes_edition_finding", INSPECT, Edition),
        OwnPage("<int:pk>/integrity/<slug:slug>/<int:key>/", "group_view", "prizes_edition_group", INSPECT, Edition),
        OwnPage(
            "<int:pk>/quarantine/",
            "quarantine_view",
            "prizes_edition_quarantine",
            "prizes.decide_quarantine",
            Edition,
        ),
    )

    @staticmethod
    def _edition(pk):
        return get_object_or_404(Edition.objects.select_related("forum"), pk=pk)

    def _report(self, request, template, edition, **context):
        return self.admin_page(request, f"admin/prizes/fair_play/{template}.html", edition=edition, **context)

    def integrity_view(self, request, pk):
        """What was found, with numbers; each finding leads to its groups."""
        edition = self._edition(pk)
        return self._report(
            request,
            "integrity",
            edition,
            title=_("Integrity report"),
            rows=[(finding, finding.groups(edition)) for finding in integrity.FINDINGS],
            ballots=Ballot.objects.filter(edition=edition).count(),
            dimensions=nominees.NomineeDimension.choices if nominees.may_see(request.user, edition=edition) else [],
        )

    def finding_view(self, request, pk, slug):
        """The groups of one finding."""
        edition, finding = self._edition(pk), integrity.finding(slug)
        if finding is None:
            raise Http404
        page = page_of(request, finding.groups(edition))
        return self._report(request, "finding", edition, title=finding.title, finding=finding, page=page)

    def group_view(self, request, pk, slug, key):
        """The ballots of one group, with their accounts, and the way to propose them."""
        edition, finding = self._edition(pk), integrity.finding(slug)
        group = finding.group(edition, key) if finding else None
        if group is None:
            raise Http404
        page = page_of(request, finding.ballots(edition, key).select_related("user", "country"))
        self.saw_people(request, Viewing.Kind.LIST, [ballot.user_id for ballot in page], model=Ballot)
        return self._report(request, "group", edition, title=group.label, finding=finding, group=group, page=page)

    def shares_view(self, request, pk, dimension):
        """After the close: the share of each nominee's votes from one country, type or organisation."""
        edition = self._edition(pk)
        if dimension not in nominees.NomineeDimension.values or not nominees.may_see(request.user, edition=edition):
            raise Http404
        page = page_of(request, nominees.shares(edition, dimension=dimension))
        least = {"votes": nominees.LEAST_VOTES, "percent": nominees.LEAST_PERCENT}
        title = nominees.NomineeDimension(dimension).label
        return self._report(request, "shares", edition, title=title, page=page, least=least)

    def quarantine_view(self, request, pk):
        """Propose to set ballots aside: those of a group (`finding`, `group` in the query), or by their numbers."""
        edition = self._edition(pk)
        sent = request.POST if request.method == "POST" else None
        return self.form_page(
            request,
            DECIDE,
            form=ProposalForm(sent, initial=None if sent else self._group_asked_for(request, edition)),
            verb=partial(quarantines.propose, edition, authenticated=presence.authenticated(request)),
            done=_("Proposed. A second person has to agree."),
            to=approvals_admin.page_of,
            **proposal_page(edition),
        )

    @staticmethod
    def _group_asked_for(request, edition):
        """The ballots of a group that are not set aside yet, if this person may see them, and the group's name."""
        finding = integrity.finding(request.GET.get("finding", ""))
        key = whole_number(request.GET.get("group", ""), most=LARGEST_KEY)
        group = (
            finding.group(edition, key)
            if finding and key is not None and request.user.has_perm(INSPECT, edition)
            else None
        )
        if group is None:
            return None
        return {
            "ballots": numbers_of(finding.ballots(edition, group.key).filter(is_quarantined=False)),
            "reason": _("%(finding)s: %(group)s") % {"finding": finding.title, "group": group.label},
        }
