"""Rows that the scheduling board checks: when a speaker can come, and when the organisers of a session want it."""

from zoneinfo import ZoneInfo

from django.utils.functional import cached_property

from events.models import Availability, Wish
from events.staff.admin_bases import NamedFormSet, Rows, SiteAdmin
from events.staff.local_times import UTC, WallClockForm


class OwnedForm(WallClockForm):
    """A row whose times are on the clock of the forum that its owner belongs to."""

    def __init__(self, *args, zone=UTC, **kwargs):
        self.zone = zone
        super().__init__(*args, **kwargs)

    def shown_zone(self) -> ZoneInfo:
        return self.zone


class OwnedFormSet(NamedFormSet):
    @cached_property
    def zone(self):
        """That of the owner as it is stored: the page showed its clock, whatever the form above changes."""
        owner = type(self.instance)._default_manager.select_related("forum").filter(pk=self.instance.pk).first()
        return owner.forum.zone if owner else UTC

    def get_form_kwargs(self, index):
        return {**super().get_form_kwargs(index), "zone": self.zone}


class OwnedRows(Rows):
    """Entered once the owner is saved: before that, nobody knows on which clock."""

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
