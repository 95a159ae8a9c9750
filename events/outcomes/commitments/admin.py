"""The organisers' pages of commitments: who answers for each, and what their owners report."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from events.models import Commitment, CommitmentReport
from events.models.outcome import REPORT_LIMIT
from events.outcomes.commitments import commitment_mails, commitment_reports
from events.proposals.hosting import hosts
from events.shared.admin.admin_bases import IsFilled, PublicContentMixin, SiteAdmin, section


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REPORT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("The owner reads it. Such as: the link shows another project."),
    )


class CommitmentForm(forms.ModelForm):
    """The owner is named by an address: who keeps the programme need not see all accounts."""

    email = forms.EmailField(
        label=_("E-mail of the owner’s account"),
        required=False,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off", "class": "vTextField"}),
        help_text=_("An address that the person has confirmed. They are told by mail. Empty: the owner stays."),
    )
    is_left = forms.BooleanField(label=_("Nobody reports on it any more"), required=False)

    def clean(self):
        data = super().clean()
        if data.get("is_left"):
            self.instance.owner = None
        elif data.get("email"):
            try:
                self.instance.owner = hosts.confirmed_account(data["email"])
            except ValidationError as refusal:
                self.add_error("email", refusal)
            outcome = self.instance.outcome if self.instance.pk else data.get("outcome")
            if outcome and not outcome.forum.is_public:
                words = _("The forum is not public yet: the owner could not open the page. Name the owner once it is")
                self.add_error("email", ValidationError(words, code="hidden-forum"))
        return data

    def given(self):
        return {"is_named": bool(self.cleaned_data.get("email"))}


def _save(commitment, *, is_named, by, now):
    """An owner who is named is told."""
    commitment.save()
    if is_named:
        commitment_mails.write_owner(commitment, now=now)


@admin.register(Commitment)
class CommitmentAdmin(PublicContentMixin, SiteAdmin):
    rules = dict.fromkeys(["add", "change"], _save)
    shown_person = "owner"
    is_person_listed = False
    form = CommitmentForm
    role_of = ("owner",)
    list_display = ["outcome", "organisation", "due"]
    list_filter = ["outcome__kind"]
    list_select_related = ["outcome", "organisation"]
    search_fields = ["outcome__title", "organisation__name", "target"]
    autocomplete_fields = ["outcome", "organisation"]
    fixed_fields = ["outcome", "owner"]
    change_only = ["owner", "is_left"]
    fieldsets = [
        section(
            ["outcome", "organisation", "target", "indicator", "due"],
            _("A commitment, an agreement or a launch, and how one will know that it was kept."),
        ),
        section(
            ["owner", "email", "is_left"],
            _("The owner reports what has become of it, and is asked by mail once a year after the forum."),
            _("Owner"),
        ),
    ]


@admin.register(CommitmentReport)
class CommitmentReportAdmin(PublicContentMixin, SiteAdmin):
    never = ("add",)
    shown_person = "by"
    is_person_listed = False
    list_display = ["commitment", "state", "reported", "confirmed", "sent_back"]
    list_filter = ["state", ("confirmed", IsFilled), ("sent_back", IsFilled)]
    list_select_related = ["commitment__outcome"]
    search_fields = ["commitment__outcome__title", "text"]
    actions = ["confirm", "send_back"]
    readonly_fields = ["commitment", "state", "text", "proof", "reported", "by", "confirmed", "sent_back"]
    fieldsets = [
        section(
            readonly_fields,
            _(
                "Follow the link, then tick the report in the list and choose “Confirm”. If it cannot be confirmed, send it back "
                "to its owner and say why."
            ),
        )
    ]

    @admin.action(description=_("Confirm"), permissions=["change"])
    def confirm(self, request, queryset):
        done = ngettext_lazy("%(n)s confirmed.", "%(n)s confirmed.", "n")
        self.each(request, queryset, verb=commitment_reports.confirm, done=done)

    @admin.action(description=_("Send back"), permissions=["change"])
    def send_back(self, request, queryset):
        done = ngettext_lazy("%(n)s report is sent back.", "%(n)s reports are sent back.", "n")
        verb = commitment_reports.send_back
        return self.ask_first(request, queryset, form=SendBackForm, verb=verb, done=done, title=gettext("Send back"))
