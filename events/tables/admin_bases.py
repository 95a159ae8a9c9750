"""Import and export pages: two formats, both without formulas; a preview; all or nothing."""

from django import forms
from django.contrib import messages
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ConfirmImportForm, ExportForm
from import_export.results import RowResult
from import_export.tmp_storages import CacheStorage

from events.tables.reading import digest
from events.tables.writing import csv_bytes, xlsx_bytes


class SafeCSV(CSV):
    CONTENT_TYPE = "text/csv; charset=utf-8"

    def export_data(self, dataset, **kwargs):
        return csv_bytes(dataset.headers, rows=dataset)

    def is_binary(self):
        return False


class SafeXLSX(XLSX):
    def export_data(self, dataset, **kwargs):
        return xlsx_bytes(dataset.headers, rows=dataset)


class SeenForm(ConfirmImportForm):
    """Agrees to what the preview showed, and to nothing else."""

    seen = forms.CharField(widget=forms.HiddenInput(), required=False)


class TransferMixin(ImportExportMixin):
    """Who may add and change rows may import them; who may see them may export them."""

    formats = [SafeCSV, SafeXLSX]
    import_formats = export_formats = formats
    export_form_class = ExportForm
    confirm_form_class = SeenForm
    tmp_storage_class = CacheStorage  # shared by all machines, gone after a day
    to_encoding = None

    def has_import_permission(self, request):
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request):
        return self.has_view_permission(request)

    def create_import_form(self, request):
        form = super().create_import_form(request)
        form.fields["import_file"].help_text = gettext_lazy("The first row names the columns.")
        # The format is chosen by hand: no script guesses it from the file's name.
        form.__class__ = type("ImportForm", (type(form),), {"media": property(lambda self: _no_media())})
        return form

    def get_import_data_kwargs(self, **kwargs):
        form = kwargs.get("form")
        seen = {"seen": form.cleaned_data["seen"]} if isinstance(form, SeenForm) else {}
        kwargs = super().get_import_data_kwargs(**kwargs)
        return {**kwargs, **seen, "use_transactions": True, "rollback_on_validation_errors": True}

    def import_action(self, request, **kwargs):
        page = super().import_action(request, **kwargs)
        if "confirm_form" in page.context_data:
            page.context_data["confirm_form"].initial["seen"] = digest(page.context_data["result"])
        return page

    def process_import(self, request, **kwargs):
        """The step after the preview. A file that is gone or was changed by hand leads back to the start."""
        try:
            return super().process_import(request, **kwargs)
        except (TypeError, ValueError, IndexError, AttributeError):
            messages.error(request, _("The file is not here any more. Choose it again"))
            return self._start_again(request)

    def _start_again(self, request):
        from django.http import HttpResponseRedirect
        from django.urls import reverse

        return HttpResponseRedirect(reverse("admin:%s_%s_import" % self.get_model_info()))  # noqa: UP031

    def process_result(self, result, request):
        if result.has_errors() or result.has_validation_errors():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Import"),
                "opts": self.opts,
                "result": result,
                "form": None,
            }
            return TemplateResponse(request, [self.import_template_name], context)
        return super().process_result(result, request)

    def add_success_message(self, result, request):
        totals = result.totals
        words = _("%(file)s imported: %(new)s new, %(changed)s changed, %(same)s unchanged.") % {
            "file": self.opts.verbose_name_plural.capitalize(),
            "new": totals[RowResult.IMPORT_TYPE_NEW],
            "changed": totals[RowResult.IMPORT_TYPE_UPDATE],
            "same": totals[RowResult.IMPORT_TYPE_SKIP],
        }
        messages.success(request, words)

    def get_export_filename(self, request, queryset, file_format):
        return f"{self.opts.model_name}s.{file_format.get_extension()}"


def _no_media():
    from django.forms import Media

    return Media()
