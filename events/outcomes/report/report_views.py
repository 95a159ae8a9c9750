"""The pages on which the hosts of a session write its report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from events.outcomes.report import session_reports
from events.outcomes.report.report_draft import ReportDraft
from events.proposals.hosting.views import find_hosted
from events.shared.drafts.views import DraftPages
from events.shared.formatting.numbers import whole_number
from events.shared.pages.personal import arrival, person


class ReportDraftPages(DraftPages[ReportDraft]):
    step_template = "events/outcomes/report_step.html"
    check_template = "events/outcomes/report_check.html"

    def find(self, request: HttpRequest, **where: str) -> ReportDraft:
        session = find_hosted(request, **where)
        report = session_reports.of(session)
        report.session = session
        return ReportDraft(report)

    def is_editable(self, draft: ReportDraft, *, at: datetime) -> bool:
        return session_reports.is_editable(draft.row, now=at)

    def keep(
        self, request: HttpRequest, draft: ReportDraft, *, step: str, kept: Mapping[str, Any], seen: str
    ) -> ReportDraft:
        session, by = draft.row.session, person(request)
        row = session_reports.save(session, by=by, step=step, data=kept, seen=seen, now=arrival(request))
        row.session = session
        return draft.kept_in(row)

    def submit(self, request: HttpRequest, draft: ReportDraft) -> HttpResponse:
        seen = whole_number(request.POST.get("revision", ""))
        session_reports.submit(draft.row.session, by=person(request), revision_seen=seen, now=arrival(request))
        messages.success(request, _("Thank you. The organisers read your report and publish it."))
        return HttpResponseRedirect(self.url(draft))

    def url(self, draft: ReportDraft, step: str = "") -> str:
        return self._address(draft, "report-step", step) if step else self._address(draft, "hosted")

    def save_url(self, draft: ReportDraft) -> str:
        return self._address(draft, "report-save")

    @staticmethod
    def _address(draft: ReportDraft, name: str, *parts: str) -> str:
        session = draft.row.session
        return reverse(f"events:{name}", args=[session.forum.slug, session.code, *parts])

    def context(self, draft: ReportDraft) -> dict[str, Any]:
        session = draft.row.session
        return {
            "forum": session.forum,
            "session": session,
            "kind_name": _("Report of the session"),
            "title": session.title,
            "saved": draft.row.updated,
        }

    def check_context(self, request: HttpRequest, draft: ReportDraft, refused: Mapping[str, Any]) -> dict[str, Any]:
        return {"not_submitted": _("The report is not submitted"), "submit_label": _("Submit the report")}


pages = ReportDraftPages()
