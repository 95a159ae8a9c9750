"""Lost devices in the admin site. Second steps, addresses and accounts of organisations have no pages there: their owners look after them."""

from datetime import datetime

from allauth.account import admin as _of_accounts  # noqa: F401  it registers addresses
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _of_allauth  # noqa: F401  it registers second steps
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as _of_organisations  # noqa: F401  it registers accounts of organisations
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, User
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals_admin, presence
from registration.people.accounts.second_factor import lost_devices

admin.site.unregister([EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, Approval])


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


@admin.register(Approval)
class DeviceApprovalAdmin(approvals_admin.ApprovalAdmin):
    """With the way to ask for a lost device."""

    change_list_template = "admin/registration/approvals.html"
    own_pages = (OwnPage("lost-device/", "ask", "registration_lostdevice_ask", memberships.GIVE),)

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Ask that the second step of an account be taken away."""

        def ask(*, email: str, reason: str, by: User, now: datetime) -> Approval:
            account = User.objects.get(email=email)
            when = presence.authenticated(request)
            return lost_devices.ask(account, reason=reason, by=by, authenticated=when, now=now)

        return self.form_page(
            request,
            "admin/form_page.html",
            form=AskForm(request.POST or None),
            verb=ask,
            done=_("Another supervisor has to agree. They are told by mail."),
            to=approvals_admin.page_of,
            fields={
                "no-second-step": "email",
                "proposed-already": "email",
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
