"""The list of suppressed addresses; organisers of the whole site free one again, for a reason."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from events.models import SuppressedAddress
from events.shared.admin.admin_bases import IsFilled, ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_recording import EVERY
from events.shared.mail.bounces import suppressed
from events.shared.rights import memberships


class FreeForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("Such as: the person wrote that the mailbox works again."),
    )


@admin.register(SuppressedAddress)
class SuppressedAddressAdmin(ReadOnlyMixin, SiteAdmin):
    written_by_rules = EVERY
    list_display = ["address", "reason", "since", "freed", "said"]
    list_filter = ["reason", ("freed", IsFilled)]
    search_fields = ["address"]
    actions = ["free"]
    fieldsets = [
        section(
            ["address", "reason", "since", "said", "freed"],
            _("No mail goes there but account mails. Choose addresses in the list to free them."),
        )
    ]

    def has_view_permission(self, request, obj=None):
        """They belong to people of all forums."""
        return memberships.is_everywhere(request.user, self.right("view"))

    def has_free_permission(self, request):
        return memberships.is_everywhere(request.user, self.right("free"))

    @admin.action(description=_("Free the chosen addresses"), permissions=["free"])
    def free(self, request, queryset):
        done = ngettext_lazy("%(n)s address is freed.", "%(n)s addresses are freed.", "n")
        title = gettext("Free the chosen addresses")
        return self.ask_first(request, queryset, form=FreeForm, verb=suppressed.free, done=done, title=title)
