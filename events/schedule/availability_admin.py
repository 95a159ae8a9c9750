"""Rows that the scheduling board checks: when a speaker can come, and when the organisers of a session want it."""

from events.models import Availability, Wish
from events.shared.admin.admin_bases import RowsInline, SiteAdmin
from events.shared.admin.local_times import UTC, WallClockForm


class OwnedRows(RowsInline):
    """Times on the clock of the forum that their owner belongs to, as it is stored: the page showed its clock, whatever
    the form above changes. They are entered once the owner is saved: before that, nobody knows on which clock."""

    formfield_overrides = SiteAdmin.formfield_overrides

    def get_formset(self, request, obj=None, **kwargs):
        owner = self.parent_model._default_manager.select_related("forum").filter(pk=obj and obj.pk).first()
        zone = owner.forum.zone if owner else UTC

        class OwnedForm(WallClockForm):
            def shown_zone(self):
                return zone

        return super().get_formset(request, obj, form=OwnedForm, **kwargs)

    def has_add_permission(self, request, obj=None):
        return obj is not None and super().has_add_permission(request, obj)


class AvailabilityInline(OwnedRows):
    model = Availability
    fields = ["starts", "ends"]


class WishInline(OwnedRows):
    model = Wish
    fields = ["starts", "ends", "is_wanted"]
