"""The organisers' pages of decisions: approving and refusing, one or many, and the quotas of organisations."""

from functools import partial

from django import forms
from django.contrib import admin
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.shared.admin.admin_bases import ReadOnlyMixin, RowsInline, SiteAdmin, section
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.admin.lists import cells
from events.shared.admin.local_times import WallClockForm
from events.shared.drafts import fields
from events.shared.pages import revision
from registration.accreditation import decisions, quotas, states
from registration.accreditation.delegations import focal_points
from registration.models import AccreditationStep, FocalPoint, Quota, Registration
from registration.people.accounts.roles import EXPORT_PEOPLE


class ApproveForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Note to the person"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("The mail says it. You can leave it empty."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class RefuseForm(forms.Form):
    reason = fields.reason(gettext_lazy("The person reads it, in the mail and on the page of their registration."))


def _approved(row):
    if row.state == Registration.State.WAITING:
        return _("Approved, and on the waiting list: all places are taken. The mail goes out.")
    return _("Approved. The mail goes out.")


VERBS = {
    "approve": (gettext_lazy("Approve"), _approved, ApproveForm, decisions.approve),
    "refuse": (gettext_lazy("Refuse"), gettext_lazy("Refused. The mail goes out."), RefuseForm, decisions.refuse),
}


class StepInline(ReadOnlyMixin, RowsInline):
    model = AccreditationStep
    fields = ["after", "by", "at", "reason"]
    joined = ["by"]


class DecisionPages(AdminPages):
    """Views and actions of the admin of registrations; `self` is that admin."""

    own_pages = (
        OwnPage(
            "<int:pk>/decide/<slug:verb>/", "decide", "registration_registration_decide", states.RIGHT, Registration
        ),
    )
    actions = ("approve_chosen", "refuse_chosen")

    def has_decide_permission(self, request):
        return request.user.has_perm(states.RIGHT)

    def decide(self, request, pk, verb):
        """Ask for what the verb needs, call it, and go back to the registration."""
        row = self.get_object(request, str(pk))
        if row is None or verb not in VERBS:
            raise Http404
        name, done, form, run = VERBS[verb]
        return self.ask_about(request, row, form=form, verb=partial(_deciding, run, row), done=done, title=name)

    @admin.display(description=gettext_lazy("decision"))
    def decision(self, registration):
        """The state, and a link to each decision that is possible."""
        links = [
            (reverse("admin:registration_registration_decide", args=[registration.pk, key]), VERBS[key][0])
            for key, to in (("approve", Registration.State.APPROVED), ("refuse", Registration.State.REFUSED))
            if to in Registration.TRANSITIONS[registration.state] and registration.withdrawn is None
            if (registration.state, to) != (Registration.State.WAITING, Registration.State.APPROVED)
        ]
        return cells.links([("", registration.get_state_display()), *links])

    @admin.action(description=gettext_lazy("Approve"), permissions=["decide"])
    def approve_chosen(self, request, queryset):
        done = ngettext_lazy("%(n)s approved.", "%(n)s approved.", "n")
        return self._ask_first("approve", request, queryset, done=done)

    @admin.action(description=gettext_lazy("Refuse"), permissions=["decide"])
    def refuse_chosen(self, request, queryset):
        done = ngettext_lazy("%(n)s refused.", "%(n)s refused.", "n")
        return self._ask_first("refuse", request, queryset, done=done)

    def _ask_first(self, verb, request, queryset, *, done):
        """In the order in which people registered: whoever came first gets the place."""
        name, _done, form, run = VERBS[verb]
        rows, waits = queryset.order_by("created", "pk"), []

        def decide(row, **values):
            made = run(row, **values)
            waits.extend([made] if made.state == Registration.State.WAITING else [])

        answer = self.ask_first(request, rows, form=form, verb=decide, done=done, title=name)
        if waits:
            words = ngettext_lazy(
                "%(n)s of them is on the waiting list.", "%(n)s of them are on the waiting list.", "n"
            )
            self.message_user(request, words % {"n": len(waits)})
        if answer is None:  # done, not asked
            revision.bump()
        return answer


def _deciding(run, row, **values):
    made = run(row, **values)
    revision.bump()
    return made


@admin.register(Quota)
class QuotaAdmin(SiteAdmin):
    annotations = {"people": quotas.PEOPLE}
    list_display = ["organisation", "kind", "places", "approved"]
    list_filter = ["kind"]
    list_select_related = ["organisation", "kind"]
    search_fields = ["organisation__name", "kind__name"]
    autocomplete_fields = ["organisation"]
    fieldsets = [
        section(
            ["kind", "organisation", "places"],
            gettext_lazy(
                "How many people of this organisation may take part in this kind, where that is not the number that the kind"
                " gives each organisation."
            ),
        ),
    ]

    @admin.display(description=gettext_lazy("approved"))
    def approved(self, quota):
        words = _("%(people)s, more than the quota") if quota.people > quota.places else "%(people)s"
        return words % {"people": quota.people}


class FocalPointForm(WallClockForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("Of the person. Who has no account logs in with a code that is mailed to this address."),
    )

    def clean(self):
        given = super().clean()
        email, own = (given.get("email") or "").lower(), {name: given.get(name) for name in ("forum", "organisation")}
        if email and all(own.values()) and FocalPoint.objects.filter(**own, user__email=email).exists():
            self.add_error("email", _("This account is a focal point of this organisation already."))
        return given

    def given(self):
        return {"email": self.cleaned_data["email"]}


def _name(row, **given):
    return focal_points.name(forum=row.forum, organisation=row.organisation, **given)


@admin.register(FocalPoint)
class FocalPointAdmin(SiteAdmin):
    rules = {"add": _name}
    never = ("change",)  # delete the row and name somebody else
    shown_person = "user"
    export_right = EXPORT_PEOPLE
    role_of = ("user",)
    form = FocalPointForm
    list_display = ["organisation", "user", "forum", "named_at"]
    list_select_related = ["forum", "organisation", "user"]
    search_fields = ["organisation__name", "user__email"]
    autocomplete_fields = ["organisation"]
    add_only = ["email"]
    change_only = ["user", "named_by", "named_at"]
    fieldsets = [
        section(
            ["forum", "organisation", *add_only, *change_only],
            gettext_lazy(
                "Approves or refuses the people of an organisation, in kinds in which its focal point decides first, and sees"
                " their names. A mail says so."
            ),
        )
    ]
