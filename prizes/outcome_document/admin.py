"""The organisers' pages of the Outcome Document: having a version made, how far it is, its files, and showing it to the public."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from events.shared.admin.admin_bases import PublicContentMixin, PublishedMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.current_forum import bound_forum, current_forum
from events.shared.admin.lists import cells
from events.shared.formatting.names import file_note
from events.shared.pdf import responses
from events.shared.rights import memberships
from prizes.models import OutcomeDocument
from prizes.outcome_document import versions, views

VIEW, ADD = "prizes.view_outcomedocument", "prizes.add_outcomedocument"
NAME = "admin:prizes_outcomedocument_%s"


class MakeDocumentForm(forms.Form):
    """Asks for the forum and the language."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args, forums, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields = {"forum": forms.ModelChoiceField(forums, label=_("Forum")), **self.fields}


@admin.register(OutcomeDocument)
class OutcomeDocumentAdmin(PublishedMixin, PublicContentMixin, SiteAdmin):
    never = ("add",)
    change_list_template = "admin/prizes/outcome_document/versions.html"
    list_display = ["__str__", "forum", "language", "state", "moment", "published"]
    list_filter = ["state"]
    list_select_related = ["forum"]
    search_fields = ["forum__name", "pdf_sha256", "docx_sha256"]
    readonly_fields = [
        *("forum", "number", "language", "state", "moment", "asked_by", "asked", "published"),
        *("pdf_file", "pdf_sha256", "docx_file", "docx_sha256"),
    ]
    fieldsets = [
        section(
            ["forum", "number", "language", "state", "moment", "asked_by", "asked", "published"],
            gettext_lazy("Each version is kept as it was made. Tick it in the list to show it to the public."),
        ),
        section(
            ["pdf_file", "pdf_sha256", "docx_file", "docx_sha256"],
            gettext_lazy("Whoever has a file can compute its SHA-256, and see that it is this one."),
            gettext_lazy("Files"),
        ),
    ]
    own_pages = [
        OwnPage("make/", "make", "prizes_outcomedocument_make", ADD),
        OwnPage("<int:pk>/making/", "making", "prizes_outcomedocument_making", VIEW, OutcomeDocument),
        OwnPage("<int:pk>/file.<slug:kind>", "file", "prizes_outcomedocument_file", VIEW, OutcomeDocument),
    ]

    def beside_list(self, request):
        return {"may_make": memberships.has(request.user, ADD, bound_forum(request))}

    @admin.display(description=gettext_lazy("PDF"))
    def pdf_file(self, row):
        return self._link(row, kind="pdf")

    @admin.display(description=gettext_lazy("DOCX"))
    def docx_file(self, row):
        return self._link(row, kind="docx")

    def _link(self, row, *, kind):
        if row.state == OutcomeDocument.State.MAKING:
            address, words = reverse(NAME % "making", args=[row.pk]), _("See how far it is")
        elif stored := getattr(row, kind):
            size = stored.size if stored.storage.exists(stored.name) else 0
            address, words = reverse(NAME % "file", args=[row.pk, kind]), file_note(f".{kind}", size=size)
        else:
            return "–"
        return cells.links([(address, words)])

    def make(self, request: HttpRequest) -> HttpResponse:
        """Ask for a version, of the current forum at first; a worker makes it."""
        initial = {"forum": current_forum(request), "language": get_language()}
        form = MakeDocumentForm(request.POST or None, initial=initial, forums=memberships.forums(request.user, ADD))
        return self.form_page(
            request,
            "admin/form_page.html",
            form=form,
            verb=versions.ask,
            done="",
            to=lambda row: reverse(NAME % "making", args=[row.pk]),
            title=_("Make the Outcome Document"),
            sentence=_(
                "Everything that is public now becomes one document, as PDF and as DOCX: figures, a chapter for each Action Line, "
                "attendance, the matrix, the prize and the commitments. It takes up to some minutes; the public sees it once you "
                "publish it."
            ),
            button=_("Make the document"),
            back=reverse(NAME % "changelist"),
        )

    def making(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far a version is, for as long as it is made; then its page."""
        row = get_object_or_404(OutcomeDocument.objects.select_related("forum"), pk=pk)
        if row.state != OutcomeDocument.State.MAKING:
            return redirect(NAME % "change", row.pk)
        sentence = _(
            "This page opens the document by itself when it is there. You can leave it: the document is made all the same."
        )
        title = _("The Outcome Document is being made")
        return responses.job_page(self, request, row, title=title, name=row, sentence=sentence)

    def file(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """A file of any version."""
        row = get_object_or_404(OutcomeDocument.objects.select_related("forum"), pk=pk)
        return views.download(row, kind=kind)
