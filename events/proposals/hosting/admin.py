"""The accounts that edit a session themselves, for organisers."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from events.models import HostedSession
from events.proposals.hosting import hosts
from events.shared.admin.admin_bases import SiteAdmin, section


class HostForm(forms.ModelForm):
    """The account is named by its address: who keeps the programme need not see all accounts."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail of the account"),
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off", "class": "vTextField"}),
        help_text=gettext_lazy("An address that the person has confirmed. They are told by mail."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["email"]

    def clean(self):
        data = super().clean()
        if data.get("session") and data.get("email"):
            try:
                self.instance.user = hosts.account_of(data["session"], email=data["email"])
            except ValidationError as refusal:
                self.add_error("email", refusal)
        return data


def _add(host, **who):
    return hosts.add(host.session, user=host.user, organisation=host.organisation, **who)


@admin.register(HostedSession)
class HostedSessionAdmin(SiteAdmin):
    rules = {"add": _add, "delete": hosts.remove}
    shown_person = "user"
    form = HostForm
    role_of = ("user",)
    list_display = ["session", "user", "organisation"]
    list_select_related = ["session", "user", "organisation"]
    search_fields = ["session__title", "user__email", "user__name"]
    autocomplete_fields = ["session", "organisation"]
    fixed_fields = ["session", "user"]
    add_only = ["email"]
    change_only = ["user"]
    fieldsets = [
        section(
            ["session", "email", "user", "organisation"],
            gettext_lazy("This account edits the session itself until the call’s date, and reports its outcome."),
        )
    ]
