"""Import and export pages of tables: any table comes in, CSV and XLSX without formulas go out; a preview; all or nothing."""

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.formats.base_formats import CSV, Format
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.tmp_storages import CacheStorage
from tablib import Dataset

from events.history import log
from events.history.verbs import Verb
from events.models import Forum, Viewing
from events.staff import memberships
from events.staff.admin_recording import EVERY
from events.tables import spreadsheet_reader
from events.tables.resources import NEW, SKIPPED, digest
from events.tables.spreadsheet_writer import CONTENT_TYPE, XLSX_TYPE, csv_bytes, xlsx_bytes


class AnyTable(Format):
    """What a file is, is read from its content. Of a workbook the first sheet is taken."""

    def __init__(self, encoding=None):
        pass

    def get_title(self):
        return "CSV, XLSX"

    def can_import(self):
        return True

    def create_dataset(self, in_stream):
        table = next(iter(spreadsheet_reader.read(in_stream)), spreadsheet_reader.Table([]))
        rows = list(table.rows[1:])
        while rows and not any(rows[-1]):
            rows.pop()
        width = len(table.headers)
        return Dataset(*[[*row[:width], *[""] * (width - len(row))] for row in rows], headers=table.headers)


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


class FileForm(ImportForm):
    """A file: its format is not asked for."""

    media = forms.Media()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["format"].widget = forms.HiddenInput()
        self.fields["import_file"].help_text = gettext_lazy("CSV or XLSX. The first row names the columns.")


class SeenForm(ConfirmImportForm):
    """Agrees to what the preview showed, and to nothing else."""

    seen = forms.CharField(widget=forms.HiddenInput(), required=False)


class ExportTable(ExportMixin):
    """Who may see the rows may export them; or who has the permission of another verb (`export_verb`)."""

    export_formats = [SafeCSV, SafeXLSX]
    export_form_class = ExportForm
    export_verb = "view"

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

    def get_export_filename(self, request, queryset, file_format):
        return f"{self.opts.model_name}s.{file_format.get_extension()}"


class TableMixin(ExportTable, ImportExportMixin):
    """Who may add and change rows may import them, too."""

    import_formats = [AnyTable]
    import_form_class = FileForm
    confirm_form_class = SeenForm
    tmp_storage_class = CacheStorage  # shared by all machines, gone after a day
    to_encoding = None

    import_verbs = ("add", "change")

    def has_import_permission(self, request):
        return all(memberships.has(request.user, self.right(verb)) for verb in self.import_verbs)

    def get_import_resource_kwargs(self, request, **kwargs):
        """A table names forums: those in which the person may import."""
        forums = Forum.objects.all()
        for verb in self.import_verbs:
            forums = self.seen(request, forums, verb)
        return {**super().get_import_resource_kwargs(request, **kwargs), "forums": forums}

    def get_import_data_kwargs(self, **kwargs):
        form = kwargs.get("form")
        seen = {"seen": form.cleaned_data["seen"]} if isinstance(form, SeenForm) else {}
        kwargs = super().get_import_data_kwargs(**kwargs)
        return {**kwargs, **seen, "use_transactions": True, "rollback_on_validation_errors": True}

    def import_action(self, request, **kwargs):
        page = super().import_action(request, **kwargs)
        result = page.context_data.get("result")
        if "confirm_form" in page.context_data:
            page.context_data["confirm_form"].initial["seen"] = digest(result)
        if result is not None:
            self._saw_preview(request, result)
        return page

    def _saw_preview(self, request, result):
        """The preview shows what stands in the rows that a table names, whoever sends it."""
        keys = [row.object_id for row in result.rows if row.object_id and row.import_type != NEW]
        rows = self.model._base_manager.filter(pk__in=keys) if self.person_path(request) else ()
        self.saw(request, Viewing.Kind.LIST, rows)

    def add_data_read_fail_error_to_form(self, form, e):
        if not isinstance(e, ValidationError):
            raise e
        form.add_error("import_file", e)

    def process_import(self, request, **kwargs):
        """The step after the preview. A file that is gone or was changed by hand leads back to the start."""
        try:
            return super().process_import(request, **kwargs)
        except (TypeError, ValueError, IndexError, AttributeError, ValidationError):
            messages.error(request, _("The file is not here any more. Choose it again"))
            return HttpResponseRedirect(reverse("admin:%s_%s_import" % self.get_model_info()))  # noqa: UP031

    def process_result(self, result, request):
        if result.has_errors() or result.has_validation_errors():
            return self.admin_page(request, self.import_template_name, title=_("Import"), result=result, form=None)
        return super().process_result(result, request)

    def generate_log_entries(self, result, request):
        """Each row that a table added or changed, in the history, where no rule has written it."""
        if self.written_by_rules is EVERY:
            return
        kinds = {row.object_id: row.import_type for row in result.rows if row.import_type != SKIPPED}
        rows = self.model._base_manager.filter(pk__in=[pk for pk in kinds if pk])
        log.record_many(
            self._entry(request, row, Verb.IMPORT_TABLE, after={"row": kinds[row.pk]}) for row in rows.iterator()
        )
