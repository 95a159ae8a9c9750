"""The pages of fair play that belong to one edition: the integrity report, a proposal to set ballots aside, the close."""

import re

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.formatting.numbers import LARGEST_KEY, whole_number
from prizes.fair_play import close_edition, integrity, quarantines
from prizes.fair_play.integrity import nominees
from prizes.models import Ballot, Edition, Quarantine

PER_PAGE = 50


def state_of(ballot):
    """A ballot's state in a word."""
    if ballot.is_quarantined:
        return _("Set aside")
    if ballot.is_complete:
        return _("Complete")
    return _("Incomplete") if ballot.chosen else _("Begun")


def page_number(request):
    return request.GET.get("page", "1")


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Say why")},
        help_text=gettext_lazy("The reason stands in the log."),
    )


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


def show(site, request, template, edition, **context):
    """A page of one edition in the organisers' frame."""
    frame = {**site.each_context(request), "edition": edition, "opts": Edition._meta}
    return TemplateResponse(request, f"admin/prizes/fair_play/{template}.html", {**frame, **context})


def propose_page(site, request, edition, *, ballots, reason=""):
    """The empty form of a proposal for some ballots; it is sent to the edition's own address."""
    numbers = ", ".join(str(number) for number in ballots.values_list("pk", flat=True))
    form = ProposalForm(initial={"ballots": numbers, "reason": reason})
    return _show_proposal(site, request, edition, form)


def _show_proposal(site, request, edition, form):
    return show(
        site,
        request,
        "decide",
        edition,
        title=_("Propose to set ballots aside"),
        sentence=_("Nothing happens until a second organiser agrees. Nothing is deleted, and it can be lifted again."),
        form=form,
        button=_("Propose"),
        action=reverse("admin:prizes_edition_quarantine", args=[edition.pk]),
        back=reverse("admin:prizes_edition_integrity", args=[edition.pk]),
    )


class FairPlayPages(admin.ModelAdmin):
    """Mixed into the admin of editions."""

    def get_urls(self):
        wrap = self.admin_site.admin_view
        pages = [
            ("integrity/", self.integrity_view, "integrity"),
            ("integrity/nominees/<slug:dimension>/", self.shares_view, "shares"),
            ("integrity/<slug:slug>/", self.finding_view, "finding"),
            ("integrity/<slug:slug>/<int:key>/", self.group_view, "group"),
            ("quarantine/", self.quarantine_view, "quarantine"),
            ("close/", self.close_view, "close"),
        ]
        return [
            *(path(f"<int:pk>/{place}", wrap(view), name=f"prizes_edition_{name}") for place, view, name in pages),  # type: ignore[type-var]
            *super().get_urls(),
        ]

    @staticmethod
    def _edition(request, pk, *, permission):
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return get_object_or_404(Edition.objects.select_related("forum"), pk=pk)

    def integrity_view(self, request, pk):
        """What was found, with numbers; each finding leads to its groups."""
        edition = self._edition(request, pk, permission="prizes.inspect_ballot")
        found = [(finding, finding.groups(edition)) for finding in integrity.FINDINGS]
        rows = [
            {"finding": finding, "groups": len(groups), "largest": groups[0].ballots if len(groups) else 0}
            for finding, groups in found
        ]
        return show(
            self.admin_site,
            request,
            "integrity",
            edition,
            title=_("Integrity report"),
            rows=rows,
            ballots=Ballot.objects.filter(edition=edition).count(),
            dimensions=nominees.Dimension.choices if self._sees_nominees(request, edition) else [],
            may_decide=request.user.has_perm("prizes.decide_quarantine"),
        )

    @staticmethod
    def _sees_nominees(request, edition):
        """Not before the close, for nobody; then those who see results before their announcement."""
        return edition.polls_sealed is not None and request.user.has_perm("prizes.view_result")

    def finding_view(self, request, pk, slug):
        """The groups of one finding."""
        edition = self._edition(request, pk, permission="prizes.inspect_ballot")
        finding = integrity.finding(slug)
        if finding is None:
            raise Http404
        page = Paginator(finding.groups(edition), PER_PAGE).get_page(page_number(request))
        return show(self.admin_site, request, "finding", edition, title=finding.title, finding=finding, page=page)

    def group_view(self, request, pk, slug, key):
        """The ballots of one group, with their accounts, and the way to propose them."""
        edition = self._edition(request, pk, permission="prizes.inspect_ballot")
        finding = integrity.finding(slug)
        group = finding.group(edition, key) if finding else None
        if group is None:
            raise Http404
        ballots = finding.ballots(edition, key).select_related("user", "country")
        return show(
            self.admin_site,
            request,
            "group",
            edition,
            title=group.label,
            finding=finding,
            group=group,
            page=Paginator(ballots, PER_PAGE).get_page(page_number(request)),
            may_decide=request.user.has_perm("prizes.decide_quarantine") and not edition.closed,
        )

    def shares_view(self, request, pk, dimension):
        """After the close: the share of each nominee's votes from one country, type or organisation."""
        edition = self._edition(request, pk, permission="prizes.inspect_ballot")
        if dimension not in nominees.Dimension.values or not self._sees_nominees(request, edition):
            raise Http404
        found = nominees.shares(edition, dimension=dimension)
        return show(
            self.admin_site,
            request,
            "shares",
            edition,
            title=nominees.Dimension(dimension).label,
            page=Paginator(found, PER_PAGE).get_page(page_number(request)),
            least={"votes": nominees.LEAST_VOTES, "percent": nominees.LEAST_PERCENT},
        )

    def quarantine_view(self, request, pk):
        """Propose to set ballots aside: those of a group (`finding`, `group` in the query), or by their numbers."""
        edition = self._edition(request, pk, permission="prizes.decide_quarantine")
        if request.method != "POST":
            ballots, label = self._wanted(request, edition)
            return propose_page(self.admin_site, request, edition, ballots=ballots, reason=label)
        form = ProposalForm(request.POST)
        if form.is_valid():
            try:
                row = quarantines.propose(edition, by=request.user, now=timezone.now(), **form.cleaned_data)
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                self.message_user(request, _("Proposed. A second organiser has to agree."))
                return redirect("admin:prizes_quarantine_change", row.pk)
        return _show_proposal(self.admin_site, request, edition, form)

    @staticmethod
    def _wanted(request, edition):
        """The ballots of a group that are not set aside yet, if this person may see them, and the group's name."""
        finding, key = (
            integrity.finding(request.GET.get("finding", "")),
            whole_number(request.GET.get("group", ""), most=LARGEST_KEY),
        )
        if finding is None or key is None or not request.user.has_perm("prizes.inspect_ballot"):
            return Ballot.objects.none(), ""
        group = finding.group(edition, key)
        if group is None:
            return Ballot.objects.none(), ""
        label = _("%(finding)s: %(group)s") % {"finding": finding.title, "group": group.label}
        return finding.ballots(edition, group.key).filter(is_quarantined=False), label

    def close_view(self, request, pk):
        """Close an edition for good, with a reason."""
        edition = self._edition(request, pk, permission="prizes.close_edition")
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                close_edition.close(edition, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                self.message_user(request, _("%(edition)s is closed.") % {"edition": edition})
                return redirect("admin:prizes_edition_change", pk)
        return show(
            self.admin_site,
            request,
            "close",
            edition,
            title=_("Close the edition"),
            form=form,
            button=_("Close for good"),
            back=reverse("admin:prizes_edition_change", args=[pk]),
        )
