"""The organisers' pages of what is counted: the tallies, and figures by any two or three groups with their files."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.admin.admin_bases import IsFilled, ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.rights import memberships
from events.shared.tables.table_responses import table_response
from registration.models import Tally
from registration.statistics import cross_tables
from registration.statistics.cross_tables import Counted
from registration.statistics.group_names import By

VIEW = "registration.view_tally"
MOST_COLUMNS = 40  # that a page shows; a file has them all


class ChoiceForm(forms.Form):
    """What is counted, and by which groups."""

    count = forms.ChoiceField(label=gettext_lazy("Count"), choices=Counted.choices, required=False)
    rows = forms.ChoiceField(label=gettext_lazy("Rows"), choices=By.choices, required=False)
    columns = forms.ChoiceField(label=gettext_lazy("Columns"), choices=[("", "—"), *By.choices], required=False)
    tables = forms.ChoiceField(label=gettext_lazy("A table for each"), choices=[("", "—"), *By.choices], required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["count"] = given.get("count") or Counted.ATTENDANCES
        given["rows"] = given.get("rows") or By.REGION
        chosen = [given["rows"], given.get("columns"), given.get("tables")]
        given["by"] = [one for one in chosen if one]
        if len(set(given["by"])) < len(given["by"]):
            raise ValidationError(_("Choose each group once."), code="twice")
        if given.get("tables") and not given.get("columns"):
            self.add_error("columns", ValidationError(_("Choose columns, too."), code="required"))
        for name in ("rows", "columns", "tables"):
            try:
                cross_tables.check(given["count"], by=[given[name]] if given.get(name) else [])
            except ValidationError as refusal:
                self.add_error(name, refusal)
        return given


class CrossTablePages(AdminPages):
    own_pages = (
        OwnPage("figures/", "figures", "registration_tally_figures", VIEW),
        OwnPage("figures.<slug:ending>", "figures_file", "registration_tally_figures_file", VIEW),
    )

    def figures(self, request: HttpRequest) -> HttpResponse:
        """The tables of a forum (`forum`: its slug; else the latest that one may see) as the address asks: `count`, `rows`, `columns`,
        `tables`; `table`: the group whose table is shown, else that of the largest."""
        forums = memberships.forums(request.user, VIEW)
        forum = self.forum_of_page(request, forums)
        form = ChoiceForm(request.GET)
        context: dict[str, Any] = {
            "title": _("Figures by groups"),
            "forum": forum,
            "form": form,
            "most": MOST_COLUMNS,
            "most_columns": f":{MOST_COLUMNS}",
        }
        if form.is_valid():
            given = form.cleaned_data
            now = timezone.now()
            found = cross_tables.tables(forum, measure=given["count"], by=given["by"], now=now)
            wanted = request.GET.get("table")
            context |= {
                "tables": found,
                "shown": next((one for one in found if one.code == wanted), found[0] if found else None),
                "measure": Counted(given["count"]).label,
                "row_head": By(given["rows"]).label,
            }
            if given["count"] == Counted.MINUTES:
                context["known"], context["attendances"] = cross_tables.known_minutes(forum, now=now)
        return self.admin_page(request, "admin/registration/figures.html", **context)

    def figures_file(self, request: HttpRequest, ending: str) -> HttpResponse:
        """All the numbers of the page as a table (`ending`: csv or xlsx), a line for each combination of groups."""
        forum = self.forum_of_page(request, memberships.forums(request.user, VIEW))
        form = ChoiceForm(request.GET)
        if not form.is_valid():
            raise Http404
        given = form.cleaned_data
        head = [*(By(one).label for one in given["by"]), Counted(given["count"]).label]
        rows = cross_tables.file_rows(forum, measure=given["count"], by=given["by"], now=timezone.now())
        return table_response(f"{forum.slug}-figures.{ending}", head, rows=rows)


@admin.register(Tally)
class TallyAdmin(CrossTablePages, ReadOnlyMixin, SiteAdmin):
    change_list_template = "admin/registration/tallies.html"
    list_display = ["value", "dimension", "session", "forum", "attendances", "people", "computed_at"]
    list_display_links = None  # each count replaces the rows
    list_filter = ["dimension", ("session", IsFilled)]
    list_select_related = ["forum", "session"]
    search_fields = ["value", "session__title", "=session__code"]
    fieldsets = [
        section(
            ["forum", "session", "dimension", "value", "attendances", "people", "computed_at"],
            gettext_lazy("Counted from the attendances. “Tally now” on the overview counts again."),
        ),
    ]
