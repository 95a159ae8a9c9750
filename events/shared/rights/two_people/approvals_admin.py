"""The pages of what waits for a second person, and of what two people decided. The rules are in approvals.py."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, User, Viewing
from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals, presence, readable_approvals


class Details(NamedTuple):
    """What the page of an approval shows of the thing itself: a template, and what it takes."""

    template: str
    context: Callable[[HttpRequest, Approval], dict[str, Any]]


# By the name of the kind; the rooms of the kinds add theirs.
DETAILS: dict[str, Details] = {}


def page_of(approval: Approval) -> str:
    """The address of an approval's page."""
    return reverse("admin:events_approval_change", args=[approval.pk])


def _may_decide(request: HttpRequest, approval: Approval) -> bool:
    return memberships.has(request.user, approvals.kind_of(approval).permission, approval)


class ApprovalReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"})
    )


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyMixin, SiteAdmin):
    """What was proposed, and where a second person agrees to it or drops it."""

    shown_person = "account"
    change_form_template = "admin/events/approval.html"
    list_display = ["what", "forum", "account", "state", "proposed_by", "proposed", "decided_by", "decided"]
    list_filter = ["state"]
    list_select_related = ["forum", "account", "proposed_by", "decided_by"]
    search_fields = ["reason", "account__name", "account__email", "forum__name"]
    own_pages = (
        OwnPage("<int:pk>/agree/", "agree", "events_approval_agree", "events.view_approval", Approval),
        OwnPage("<int:pk>/drop/", "drop", "events_approval_drop", "events.view_approval", Approval),
    )
    fieldsets = [
        section(
            ["what", "forum", "account", "state", "reason", "proposed_by", "proposed", "decided_by", "decided"],
            gettext_lazy("One person proposes, another agrees, and it is done. Times on this page are in UTC."),
        )
    ]
    readonly_fields = ["what"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        return super().get_queryset(request).filter(readable_approvals.seen(request.user))

    @admin.display(description=gettext_lazy("what"), ordering="kind")
    def what(self, approval: Approval) -> str:
        return str(approvals.kind_of(approval).words)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Approval | None:
        approval: Approval | None = super().get_object(request, object_id, from_field)
        if approval is not None:
            approval.words = self.what(approval)
        return approval

    def beside(self, request: HttpRequest, row: Approval) -> dict[str, Any]:
        return {**self._details(request, row), "moves": self._moves(request, row)}

    def agree(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Agree to what another person proposed."""
        return self._decide(request, pk, approvals.agree, form=forms.Form)

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Drop it, with a reason."""
        return self._decide(request, pk, approvals.drop, form=ApprovalReasonForm)

    def _decide(self, request: HttpRequest, pk: int, verb: Callable[..., Any], *, form: Any) -> HttpResponse:
        approval = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_decide(request, approval):
            raise PermissionDenied
        self.saw(request, Viewing.Kind.PAGE, [approval])
        agrees = verb is approvals.agree
        about = _("Nothing changes. The reason stays in the history.")
        title = _("Agree: %(what)s") % {"what": self.what(approval)} if agrees else _("Drop the proposal")
        return self.form_page(
            request,
            "admin/events/decide_approval.html",
            form=form(request.POST if request.method == "POST" else None),
            verb=partial(verb, approval, authenticated=presence.authenticated(request)),
            done=_("Done.") if agrees else _("The proposal is dropped."),
            to=page_of(approval),
            title=title,
            button=title,
            sentence=_("It is done as soon as you agree.") if agrees else about,
            back=page_of(approval),
            back_name=self.what(approval),
            **self._details(request, approval),
        )

    @staticmethod
    def _details(request: HttpRequest, approval: Approval) -> dict[str, Any]:
        found = DETAILS.get(approval.kind)
        about = {"details": found.template, **found.context(request, approval)} if found else {}
        return {"approval": approval, **about}

    @staticmethod
    def _moves(request: HttpRequest, approval: Approval) -> list[tuple[str, Any]]:
        if not _may_decide(request, approval):
            return []
        words = {"agree": _("Agree"), "drop": _("Drop the proposal") if approval.is_waiting else _("Withdraw it")}
        names = approvals.moves(approval, by=cast("User", request.user), now=timezone.now())
        return [(reverse(f"admin:events_approval_{name}", args=[approval.pk]), words[name]) for name in names]
