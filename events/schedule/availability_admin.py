"""Rows that the scheduling board checks: when a speaker can come, and when the organisers of a session want it."""

from django.utils.functional import cached_property

from events.models import Availability, Wish
from events.shared.admin.admin_bases import NamedFormSet, RowsInline, SiteAdmin
from events.shared.admin.local_times import UTC, WallClockForm


class OwnedForm(WallClockForm):
    def __init__(self, *args, zone, **kwargs):
        self.zone = zone
        super().__init__(*args, **kwargs)

    def shown_zone(self):
        return self.zone


class OwnedFormSet(NamedFormSet):
    @cached_property
    def zone(self):
        owners = type(self.instance)._default_manager.select_related("forum")
        owner = owners.filter(pk=self.instance.pk).first()
        return owner.forum.zone if owner else UTC

    def get_form_kwargs(self, index):
        return {**super().get_form_kwargs(index), "zone": self.zone}


class OwnedRows(RowsInline):
    """Times on the clock of the forum that their owner belongs to, as it is stored: the page showed its clock, whatever
    the form above changes. They are entered once the owner is saved: before that, nobody knows on which clock."""

    form = OwnedForm
    formset = OwnedFormSet
    formfield_overrides = SiteAdmin.formfield_overrides

    def has_add_permission(self, request, obj=None):
        return obj is not None and super().has_add_permission(request, obj)


class AvailabilityInline(OwnedRows):
    model = Availability
    fields = ["starts", "ends"]


class WishInline(OwnedRows):
    model = Wish
    fields = ["starts", "ends", "is_wanted"]
