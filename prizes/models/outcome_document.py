"""The Outcome Document of a forum: each version that was made, with its two files."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum
from events.models.columns import Job, account
from events.models.constraints import once
from events.models.uploads import RandomName

FOLDER = RandomName("outcome-documents")


class OutcomeDocument(Job):
    """A version of the Outcome Document in one language. The row is the job: a worker makes the files."""

    FORUM = "forum"
    LEASE = timedelta(minutes=17)  # three steps, five minutes each at the most
    REPLACED_BY = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="outcome_documents")
    number = models.PositiveSmallIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    asked_by = account(_("asked for by"))
    moment = models.DateTimeField(_("as of"), null=True, help_text=_("What was public then, with the figures of then."))
    pdf = models.FileField(_("PDF"), upload_to=FOLDER, blank=True)
    pdf_sha256 = models.CharField(_("SHA-256 of the PDF"), max_length=64, blank=True)
    docx = models.FileField(_("DOCX"), upload_to=FOLDER, blank=True)
    docx_sha256 = models.CharField(_("SHA-256 of the DOCX"), max_length=64, blank=True)
    published = models.DateTimeField(_("published"), null=True)

    class Meta:
        ordering = ["-forum__starts", "-number"]
        verbose_name = _("Outcome Document")
        verbose_name_plural = _("Outcome Documents")
        constraints = [
            once("outcome_document_number_once", "forum", "number"),
            once("outcome_document_made_once", "forum", condition=Q(state="making")),
            models.CheckConstraint(
                condition=Q(published=None) | Q(state="done"), name="outcome_document_published_is_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.forum} · {self.number}"
