"""Tables in and out on the pages of a list: who may, what goes out as CSV and XLSX without formulas, what is written down."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.http import HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.formats.base_formats import CSV, Format
from import_export.forms import ExportForm

from events.history import acts
from events.history.verbs import Verb
from events.models import Forum, Viewing
from events.staff import memberships
from events.staff.admin_recording import EVERY
from events.staff.current_forum import of_forum
from events.tables.resources import NEW
from events.tables.spreadsheet_writer import CONTENT_TYPE, XLSX_TYPE, csv_bytes, xlsx_bytes


class SafeCSV(CSV):
    CONTENT_TYPE = CONTENT_TYPE

    def export_data(self, dataset, **kwargs):
        return csv_bytes(dataset.headers, rows=dataset)

    def is_binary(self):
        return False


class SafeXLSX(Format):
    def get_title(self):
        return "xlsx"

    def get_extension(self):
        return "xlsx"

    def get_content_type(self):
        return XLSX_TYPE

    def can_export(self):
        return True

    def export_data(self, dataset, **kwargs):
        return xlsx_bytes(dataset.headers, rows=dataset)


class ExportTable(ExportMixin):
    """Who may see the rows may export them; or who has the permission of another verb (`export_verb`)."""

    export_formats = [SafeCSV, SafeXLSX]
    export_form_class = ExportForm
    export_verb = "view"

    @property
    def is_of_site(self):
        """Whether the rows belong to no forum."""
        return not memberships.forum_paths(self.model)

    def get_export_queryset(self, request):
        """The rows that the list would show. A filter that means nothing is refused; the list leaves it out, but a file would
        then hold more than was asked for."""
        try:
            rows = super().get_export_queryset(request)
        except IncorrectLookupParameters as wrong:
            raise BadRequest from wrong
        return self.seen(request, rows, self.export_verb)

    def has_export_permission(self, request):
        return memberships.has(request.user, self.right(self.export_verb))

    def get_export_data(self, file_format, request, queryset, **kwargs):
        """A table that goes out stands in the history with its number of rows, and with whose data it took along."""
        data = super().get_export_data(file_format, request, queryset, **kwargs)
        self.took_out(request, queryset)
        return data

    def export_of(self, request, file_format):
        """The rows of the current forum as a file of a format, which stands in the history."""
        rows = of_forum(self.seen(request, self.get_queryset(request), self.export_verb), request)
        return self.get_export_data(file_format, request, rows)

    def get_export_filename(self, request, queryset, file_format):
        return f"{self.opts.model_name}s.{file_format.get_extension()}"


class TableMixin(ExportTable, ImportExportMixin):
    """Who may add and change rows may import them, too, at the one door of all imports (events.exchange)."""

    import_verbs = ("add", "change")
    import_rights: Sequence[str] = ()  # further ones

    def import_action(self, request, **kwargs):
        """Lead to the one door."""
        query = {"kind": self.opts.model_name} | ({"forum": request.GET["forum"]} if "forum" in request.GET else {})
        return HttpResponseRedirect(f"{reverse('admin:events_forum_import')}?{urlencode(query)}")

    process_import = import_action

    def has_import_permission(self, request):
        return self.may_import_everywhere(request) or self.import_forums(request).exists()

    def may_import_everywhere(self, request):
        """Whether a person may import rows into all forums, those to come too."""
        return all(memberships.is_everywhere(request.user, right) for right in self._import_rights())

    def _import_rights(self):
        return [*(self.right(verb) for verb in self.import_verbs), *self.import_rights]

    def import_forums(self, request):
        """The forums into which a person may import rows; none where rows belong to the whole site."""
        if self.is_of_site:
            return Forum.objects.none()
        forums = Forum.objects.all()
        for right in self._import_rights():
            forums &= memberships.forums(request.user, right)
        return forums

    def saw_import(self, request, result):
        """The preview shows what stands in the rows that a table names, whoever sends it."""
        keys = [row.object_id for row in result.rows if row.object_id and row.import_type != NEW]
        rows = self.model._base_manager.filter(pk__in=keys) if self.person_path(request) else ()
        self.saw(request, Viewing.Kind.LIST, rows)

    def import_act(self, request, forum, *, now):
        """The act of an import, which can be taken back. Of rows whose changes rules write down it writes no entries."""
        kept = None if self.written_by_rules is EVERY else self.kept_values
        about = {"label": str(self.opts.verbose_name_plural), "forum_id": forum and forum.pk}
        return acts.act(self.model(), verb=Verb.IMPORT_TABLE, by=request.user, now=now, kept=kept, **about)
