"""What organisers do with chosen nominations: shortlist, take off the shortlist, withdraw, assign experts."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.staff.admin_page_bases import AdminPages
from prizes.nominations import submission
from prizes.review.shortlist import shortlisting

MOST_CODES = 200  # a page of the list; more are assigned by category
SHORTLISTED = ngettext_lazy("%(n)s shortlisted.", "%(n)s shortlisted.", "n")
UNSHORTLISTED = ngettext_lazy("%(n)s taken off the shortlist.", "%(n)s taken off the shortlist.", "n")
WITHDRAWN = ngettext_lazy("%(n)s withdrawn.", "%(n)s withdrawn.", "n")


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        help_text=gettext_lazy("It stays in the log of the prize."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": gettext_lazy("Say why, in a sentence or two")},
    )


class NominationActions(AdminPages):
    """The actions of the admin of nominations. Each but `assign` asks for a reason first."""

    actions = ("shortlist", "unshortlist", "assign", "withdraw")

    def has_shortlist_permission(self, request):
        return request.user.has_perm("prizes.shortlist_nomination")

    def has_assign_permission(self, request):
        return request.user.has_perm("prizes.add_assignment")

    def has_withdraw_permission(self, request):
        return request.user.has_perm("prizes.change_nomination")

    def _with_reason(self, request, queryset, **about):
        return self.ask_first(request, queryset.select_related("edition"), form=ReasonForm, **about)

    @admin.action(description=gettext_lazy("Shortlist"), permissions=["shortlist"])
    def shortlist(self, request, queryset):
        about = {"title": _("Shortlist nominations"), "button": _("Shortlist")}
        return self._with_reason(request, queryset, verb=shortlisting.shortlist, done=SHORTLISTED, **about)

    @admin.action(description=gettext_lazy("Take off the shortlist"), permissions=["shortlist"])
    def unshortlist(self, request, queryset):
        about = {"title": _("Take nominations off the shortlist"), "button": _("Take off the shortlist")}
        return self._with_reason(request, queryset, verb=shortlisting.unshortlist, done=UNSHORTLISTED, **about)

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["withdraw"])
    def withdraw(self, request, queryset):
        about = {"title": _("Withdraw nominations"), "button": _("Withdraw")}
        return self._with_reason(request, queryset, verb=submission.withdraw, done=WITHDRAWN, **about)

    @admin.action(description=gettext_lazy("Assign experts"), permissions=["assign"])
    def assign(self, request, queryset):
        """Lead to the page that assigns, with the chosen nominations filled in."""
        rows = list(queryset.order_by("code").values_list("edition", "code")[: MOST_CODES + 1])
        if len({edition for edition, _code in rows}) > 1:
            return self.message_user(request, _("Choose nominations of one edition"), messages.ERROR)
        if len(rows) > MOST_CODES:
            words = _("Choose 200 nominations at the most, or assign whole categories")
            return self.message_user(request, words, messages.ERROR)
        query = urlencode({"edition": rows[0][0] if rows else "", "codes": " ".join(code for _edition, code in rows)})
        return HttpResponseRedirect(f"{reverse('admin:prizes_assignment_add')}?{query}")
