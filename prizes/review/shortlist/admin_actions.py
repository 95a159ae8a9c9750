"""What organisers do with chosen nominations: shortlist, take off the shortlist, assign experts. Each asks for a reason."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.staff.admin_bases import each
from prizes.review.shortlist import shortlisting

MOST_CODES = 200  # a page of the list; more are assigned by category


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        help_text=gettext_lazy("It stays in the log of the prize."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": gettext_lazy("Say why, in a sentence or two")},
    )

    def clean_reason(self):
        return self.cleaned_data["reason"].strip()


def with_reason(model_admin, request, queryset, *, name, title, button, verb, done):
    """Ask for a reason on a page of its own, then call `verb(row, reason)` on every row and report."""
    form = ReasonForm(request.POST if "apply" in request.POST else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        each(model_admin, request, queryset, verb=lambda row: verb(row, reason), done=done)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "form": form,
        "button": button,
        "action": name,
        "rows": queryset[:20],
        "count": queryset.count(),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
    }
    return TemplateResponse(request, "admin/prizes/review/reason.html", context)


def shortlisted_words(number):
    return ngettext("%(n)s shortlisted.", "%(n)s shortlisted.", number) % {"n": number}


def unshortlisted_words(number):
    words = ngettext("%(n)s taken off the shortlist.", "%(n)s taken off the shortlist.", number)
    return words % {"n": number}


@admin.action(description=gettext_lazy("Shortlist"), permissions=["shortlist"])
def shortlist(model_admin, request, queryset):
    now = timezone.now()
    return with_reason(
        model_admin,
        request,
        queryset,
        name="shortlist",
        title=_("Shortlist nominations"),
        button=_("Shortlist"),
        verb=lambda row, reason: shortlisting.shortlist(row, by=request.user, reason=reason, now=now),
        done=shortlisted_words,
    )


@admin.action(description=gettext_lazy("Take off the shortlist"), permissions=["shortlist"])
def unshortlist(model_admin, request, queryset):
    now = timezone.now()
    return with_reason(
        model_admin,
        request,
        queryset,
        name="unshortlist",
        title=_("Take nominations off the shortlist"),
        button=_("Take off the shortlist"),
        verb=lambda row, reason: shortlisting.unshortlist(row, by=request.user, reason=reason, now=now),
        done=unshortlisted_words,
    )


@admin.action(description=gettext_lazy("Assign experts"), permissions=["assign"])
def assign(model_admin, request, queryset):
    """Lead to the page that assigns, with the chosen nominations filled in."""
    rows = list(queryset.order_by("code").values_list("edition", "code")[: MOST_CODES + 1])
    try:
        if len({edition for edition, _code in rows}) > 1:
            raise ValidationError(_("Choose nominations of one edition"))
        if len(rows) > MOST_CODES:
            raise ValidationError(_("Choose 200 nominations at the most, or assign whole categories"))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return None
    query = urlencode({"edition": rows[0][0] if rows else "", "codes": " ".join(code for _edition, code in rows)})
    return HttpResponseRedirect(f"{reverse('admin:prizes_assignment_add')}?{query}")


NOMINATION_ACTIONS = [shortlist, unshortlist, assign]


class ReviewActionsMixin(admin.ModelAdmin):
    """For the admin of nominations: the permissions that its actions (`actions = NOMINATION_ACTIONS`) ask for."""

    def has_shortlist_permission(self, request):
        return request.user.has_perm("prizes.shortlist_nomination")

    def has_assign_permission(self, request):
        return request.user.has_perm("prizes.add_assignment")
