"""The organisers' page of retention periods."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from events.shared.admin.admin_bases import PublicContentMixin, SiteAdmin, section
from events.shared.admin.local_times import WallClockForm
from registration.models import RetentionPeriod
from registration.people.data_rights import retention


def _kinds():
    return [("", "---------"), *((period.kind, period.words) for period in retention.periods())]


class RetentionPeriodForm(WallClockForm):
    kind = forms.ChoiceField(label=_("What"), choices=_kinds)


@admin.register(RetentionPeriod)
class RetentionPeriodAdmin(PublicContentMixin, SiteAdmin):
    form = RetentionPeriodForm
    list_display = ["what", "forum", "days"]
    list_select_related = ["forum"]
    search_fields = ["kind"]
    autocomplete_fields = ["forum"]
    fieldsets = [
        section(
            ["forum", "kind", "days"],
            _(
                "How long a forum keeps a kind of personal data, in days after its last day. Where you set nothing the usual"
                " period holds. The privacy notice says it, and every hour the site deletes what was kept for its time."
            ),
        )
    ]

    @admin.display(description=_("what"), ordering="kind")
    def what(self, row):
        return retention.labels().get(row.kind, row.kind)
