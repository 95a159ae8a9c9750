"""Pages of roles: who may do what where. Supervisors give, agree to and end them; the rules are in memberships.py."""

from datetime import datetime
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Approval, Forum, Membership, Role, User
from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.rights import memberships
from events.shared.rights.memberships import GIVE
from events.shared.rights.two_people import presence

WIDE = {"class": "vTextField"}
FIELDS = dict.fromkeys(["to-oneself", "closed-account"], "email") | dict.fromkeys(
    ["has-role", "lacks-right", "proposed-already"], "role"
)


class MembershipReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=gettext_lazy("The person and all supervisors read it."),
        widget=forms.TextInput(WIDE),
    )


class GiveForm(MembershipReasonForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail of the account"),
        help_text=gettext_lazy("The account exists already."),
        widget=forms.EmailInput(WIDE),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("", "---------"), *Role.choices])
    forum = forms.ModelChoiceField(
        Forum.objects.none(), label=gettext_lazy("Forum"), required=False, empty_label=gettext_lazy("All forums")
    )
    field_order = ("email", "role", "forum", "reason")

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        where = cast("forms.ModelChoiceField[Forum]", self.fields["forum"])
        where.queryset = memberships.forums(user, GIVE)
        where.initial = where.queryset.first()  # nobody gets all forums because nothing was chosen
        if not memberships.is_everywhere(user, GIVE):
            where.required, where.empty_label = True, None

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if not User.objects.filter(email=email).exists():
            raise forms.ValidationError(_("There is no account with this address."), code="no-account")
        return email


@admin.register(Membership)
class MembershipAdmin(ReadOnlyMixin, SiteAdmin):
    shown_person = "account"
    change_list_template = "admin/events/memberships.html"
    role_of = ("account",)
    list_display = ["account", "role", "everywhere_or", "given_at", "given_by"]
    list_filter = ["role"]
    list_select_related = ["account", "forum", "given_by"]
    search_fields = ["account__email", "account__name"]
    search_help_text = gettext_lazy("Search by name or address.")
    actions = ["end"]
    fieldsets = [
        section(
            ["account", "role", "everywhere_or", "given_by", "given_at", "reason", "agreed_by", "agreed_at"],
            gettext_lazy(
                "Roles are given and ended in the list. What was done stands in the account's history. Times are in UTC."
            ),
        )
    ]
    readonly_fields = ["everywhere_or"]
    own_pages = (OwnPage("give/", "give_role", "events_membership_give", GIVE),)

    def has_give_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(GIVE)

    @admin.display(description=gettext_lazy("forum"), ordering="forum")
    def everywhere_or(self, membership: Membership) -> str:
        return str(membership.where)

    def give_role(self, request: HttpRequest) -> HttpResponse:
        """Give an account a role."""
        user = cast("User", request.user)

        def give(
            *, email: str, role: str, forum: Forum | None, reason: str, by: User, now: datetime
        ) -> Membership | Approval:
            account = User.objects.get(email=email)
            when = presence.authenticated(request)
            return memberships.give(account, role=role, forum=forum, reason=reason, by=by, now=now, authenticated=when)

        def done(made: Membership | Approval) -> str:
            if isinstance(made, Membership):
                return _("%(name)s has the role from now on.") % {"name": made.account}
            if memberships.supervisors(made.forum).exclude(pk__in=[made.account_id, user.pk]).exists():
                return _("The role waits until a second supervisor agrees. They are told by mail.")
            return _(
                "The role waits for a second supervisor, and there is none: ask those who run the site to appoint one."
            )

        return self.form_page(
            request,
            "admin/form_page.html",
            form=GiveForm(request.POST or None, user=user),
            verb=give,
            done=done,
            to=reverse("admin:events_membership_changelist"),
            fields=FIELDS,
            title=_("Give a role"),
            sentence=_(
                "Nobody gives a role to themselves, or one that allows what they may not do themselves. Supervisors, prize "
                "officers and experts see results before they are public: for these roles a second supervisor has to agree."
            ),
            button=_("Give this role"),
        )

    @admin.action(description=gettext_lazy("End"), permissions=["give"])
    def end(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        return self.ask_first(
            request,
            queryset,
            form=MembershipReasonForm,
            verb=partial(memberships.end, authenticated=presence.authenticated(request)),
            done=ngettext_lazy("%(n)s role has ended.", "%(n)s roles have ended.", "n"),
            title=_("End roles"),
        )
