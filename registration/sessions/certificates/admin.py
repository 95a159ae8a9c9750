"""The organisers' pages of certificates of participation: for whom there are some, and those that were issued."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.admin.admin_bases import IsFilled, ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.admin.lists import cells
from events.shared.drafts import fields
from registration.models import CertificateRule, ParticipationCertificate
from registration.people.accounts.roles import EXPORT_PEOPLE
from registration.sessions.certificates import issuing

WITHDRAW = "registration.withdraw_participationcertificate"


class WithdrawCertificateForm(forms.Form):
    reason = fields.reason(gettext_lazy("The person reads it in a mail. Nobody can take this back."))


class WithdrawPages(AdminPages):
    """The page on which a certificate is withdrawn."""

    own_pages = (
        OwnPage(
            "<int:pk>/withdraw/",
            "withdraw",
            "registration_participationcertificate_withdraw",
            WITHDRAW,
            ParticipationCertificate,
        ),
    )

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the reason, withdraw the certificate, and go back to it."""
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        return self.ask_about(
            request,
            row,
            form=WithdrawCertificateForm,
            verb=partial(issuing.withdraw, row),
            done=_("The certificate is withdrawn. The mail goes out."),
            title=_("Withdraw a certificate"),
        )


@admin.register(CertificateRule)
class CertificateRuleAdmin(SiteAdmin):
    list_display = ["__str__", "forum", "track", "session", "by_mail", "issued"]
    list_filter = ["measure"]
    list_select_related = ["forum", "track", "session"]
    annotations = {"issued_ones": Count("certificates")}
    search_fields = ["forum__name", "track__name", "session__title"]
    autocomplete_fields = ["track", "session"]
    fieldsets = [
        section(
            ["forum", "track", "session", "measure", "threshold", "by_mail"],
            gettext_lazy(
                "People who reach this get a certificate when the forum is over, on their account page. If you change it afterwards,"
                " certificates of people who no longer reach it are no longer valid."
            ),
        )
    ]

    @admin.display(description=gettext_lazy("issued"))
    def issued(self, rule: Any) -> int:
        return rule.issued_ones


@admin.register(ParticipationCertificate)
class ParticipationCertificateAdmin(WithdrawPages, ReadOnlyMixin, SiteAdmin):
    shown_person = "user"
    export_right = EXPORT_PEOPLE
    list_display = ["user", "rule", "issued", "withdrawn", "code"]
    list_filter = ["rule", ("withdrawn", IsFilled)]
    list_select_related = ["user", "rule"]
    search_fields = ["=code", "user__email", "user__name"]
    date_hierarchy = "issued"
    fieldsets = [
        section(
            ["code", "user", "rule", "issued", "verify"],
            gettext_lazy("Issued when the forum was over. Its page says at any time whether it is valid."),
        ),
        section(
            ["withdrawn", "withdrawn_by", "reason", "withdrawing"],
            gettext_lazy("For good: the person gets a mail, and is not issued another one by the same rule."),
            gettext_lazy("Withdrawn"),
        ),
    ]
    readonly_fields = ["verify", "withdrawing"]

    @admin.display(description=gettext_lazy("page that verifies it"))
    def verify(self, row: ParticipationCertificate) -> SafeString:
        address = reverse("events:verify", args=[row.code])
        return cells.links([(address, address)])

    @admin.display(description=gettext_lazy("withdraw"))
    def withdrawing(self, row: ParticipationCertificate) -> SafeString | str:
        if row.withdrawn:
            return ""
        address = reverse("admin:registration_participationcertificate_withdraw", args=[row.pk])
        return cells.links([(address, _("Withdraw this certificate"))])
