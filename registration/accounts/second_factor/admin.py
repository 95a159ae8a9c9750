"""Lost devices in the admin site. Second steps and addresses themselves have no pages there: their owners look after them."""

from datetime import datetime
from functools import partial
from typing import Any, cast

from allauth.account import admin as _of_accounts  # noqa: F401  it registers addresses
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _of_allauth  # noqa: F401  it registers second steps
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import User
from events.staff import memberships
from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.staff.admin_page_bases import OwnPage
from events.staff.two_people import presence
from registration.accounts.second_factor import lost_devices
from registration.models import LostDevice

admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)


class AskForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail of the account"))
    reason = forms.CharField(
        label=gettext_lazy("How do you know that it is the person?"),
        max_length=300,
        help_text=gettext_lazy(
            "Such as “called back at the number of the ministry”. The person and all supervisors read it."
        ),
    )

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if not User.objects.filter(email=email).exists():
            raise ValidationError(_("There is no account with this address."), code="no-account")
        return email


@admin.register(LostDevice)
class LostDeviceAdmin(ReadOnlyMixin, SiteAdmin):
    shown_person = "account"
    change_list_template = "admin/registration/lost_devices.html"
    list_display = ["account", "reason", "asked_by", "asked_at", "state"]
    list_select_related = ["account", "asked_by"]
    search_fields = ["account__email", "account__name"]
    search_help_text = gettext_lazy("Search by name or address.")
    actions = ["agree", "decline"]
    fieldsets = [
        section(
            ["account", "reason", "asked_by", "asked_at", "state", "decided_by", "decided_at"],
            gettext_lazy(
                "One supervisor asks, another one agrees in the list. Then the person sets up a new second step."
            ),
        )
    ]
    readonly_fields = ["state"]
    own_pages = (OwnPage("ask/", "ask", "registration_lostdevice_ask", lost_devices.PERMISSION),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LostDevice]:
        """Of who may see those of some forums only: of accounts that they see there."""
        rows, accounts = super().get_queryset(request), self.admin_site.get_model_admin(User)
        if memberships.is_everywhere(cast("User", request.user), self.right("view")):
            return rows
        return rows.filter(account__in=cast("Any", accounts).seen(request, User.objects.order_by()))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(lost_devices.PERMISSION)

    @admin.display(description=gettext_lazy("state"), ordering="decided_at")
    def state(self, lost: LostDevice) -> str:
        if lost.is_waiting:
            return _("Waits for a second supervisor")
        return _("Taken away") if lost.is_done else _("Declined")

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Ask that the second step of an account be taken away."""

        def ask(*, email: str, reason: str, by: User, now: datetime) -> LostDevice:
            account = User.objects.get(email=email)
            when = presence.authenticated(request)
            return lost_devices.ask(account, reason=reason, by=by, authenticated=when, now=now)

        return self.form_page(
            request,
            "admin/form_page.html",
            form=AskForm(request.POST or None),
            verb=ask,
            done=_("Another supervisor has to agree. They are told by mail."),
            to=reverse("admin:registration_lostdevice_changelist"),
            fields={
                "no-second-step": "email",
                "asked-already": "email",
                "to-oneself": "email",
                "not-supervisor": "email",
            },
            title=_("A lost device"),
            sentence=_(
                "Whoever has lost their device and has no recovery code left gets in again when two supervisors take the "
                "second step away. Be sure that it is the person: speak to them, do not go by a mail. All their log-ins end,"
                " and the next one begins with setting up a new second step. The password stays."
            ),
            button=_("Ask a second supervisor"),
        )

    @admin.action(description=gettext_lazy("Agree: take the second step away"), permissions=["decide"])
    def agree(self, request: HttpRequest, queryset: QuerySet[LostDevice]) -> None:
        agree = partial(lost_devices.agree, authenticated=presence.authenticated(request))
        done = ngettext_lazy("%(n)s second step is taken away.", "%(n)s second steps are taken away.", "n")
        self.each(request, queryset, verb=agree, done=done)

    @admin.action(description=gettext_lazy("Decline"), permissions=["decide"])
    def decline(self, request: HttpRequest, queryset: QuerySet[LostDevice]) -> None:
        decline = partial(lost_devices.decline, authenticated=presence.authenticated(request))
        done = ngettext_lazy("%(n)s second step stays.", "%(n)s second steps stay.", "n")
        self.each(request, queryset, verb=decline, done=done)
