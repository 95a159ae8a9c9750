"""Nominating a project: my nominations, a form in steps that keeps itself, the page of each one, taking it back; its files,
sent one by one, removed, and served as downloads to the few who may have them."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from events.shared.drafts.drafts import CHECK, Problems, StepForm
from events.shared.drafts.fields import line
from events.shared.drafts.views import Box, DraftPages, withdraw_page
from events.shared.formatting.numbers import whole_number
from events.shared.pages.file_views import stored_file_response
from events.shared.pages.personal import arrival, person, personal, post_only, takes_files
from prizes.editions.public_edition import find_edition
from prizes.models import Attachment, Nomination, Phase
from prizes.nominations import project_files, states, submission
from prizes.nominations.nomination_draft import NominationDraft, submitted


class SupportingFileForm(forms.Form):
    """One file, sent by itself."""

    use_required_attribute = False
    title = line(
        label=gettext_lazy("Name of the document"), length=150, hint=gettext_lazy("Empty: the file’s own name")
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, PNG or JPEG, 10 MB at the most"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
        error_messages=dict.fromkeys(["required", "invalid", "missing"], gettext_lazy("Choose a file"))
        | {"empty": gettext_lazy("The file is empty. Choose another one")},
    )


def address(name: str, nomination: Nomination, *parts: object) -> str:
    return reverse(f"prizes:{name}", args=[nomination.edition.forum.slug, nomination.code, *parts])


def find_own(request: HttpRequest, *, forum: str, code: str) -> Nomination:
    """The person's own nomination of this code; others look as if there was none (404)."""
    edition = find_edition(forum)
    own = Nomination.objects.of(person(request)).filter(edition=edition, code=code)
    row = own.select_related("category__action_line", "country").first()
    if row is None:
        raise Http404
    row.edition = edition
    return row


class NominationPages(DraftPages[NominationDraft]):
    step_template = "prizes/nominations/step.html"
    check_template = "prizes/nominations/check.html"

    def find(self, request: HttpRequest, **where: str) -> NominationDraft:
        return NominationDraft(find_own(request, **where), now=timezone.now())

    def is_editable(self, draft: NominationDraft, *, at: datetime) -> bool:
        return states.is_editable(draft.row, at=at)

    def keep(
        self, request: HttpRequest, draft: NominationDraft, *, step: str, kept: Mapping[str, Any], seen: str
    ) -> NominationDraft:
        by, now = person(request), arrival(request)
        row = submission.save(draft.row, by=by, step=step, data=kept, seen=seen, now=now)
        row.edition = draft.edition
        return NominationDraft(row, now=now)

    def submit(self, request: HttpRequest, draft: NominationDraft) -> HttpResponse:
        """Submit the whole, or drop the changes."""
        user, now = person(request), arrival(request)
        if "discard" in request.POST:
            submission.discard(draft.row, by=user, now=now)
            messages.success(request, _("The changes are dropped. What you submitted stands."))
            return HttpResponseRedirect(self.url(draft))
        submission.submit(
            draft.row,
            by=user,
            is_different="similar_confirmed" in request.POST,
            revision=whole_number(request.POST.get("revision", "")),
            now=now,
        )
        is_first = draft.row.state == Nomination.State.DRAFT
        messages.success(request, _("Your nomination is submitted.") if is_first else _("Your changes are submitted."))
        return HttpResponseRedirect(self.url(draft))

    def url(self, draft: NominationDraft, step: str = "") -> str:
        return address("nominate-step", draft.row, step) if step else address("nomination", draft.row)

    def save_url(self, draft: NominationDraft) -> str:
        return address("nominate-save", draft.row)

    def context(self, draft: NominationDraft) -> dict[str, Any]:
        return {
            "forum": draft.edition.forum,
            "edition": draft.edition,
            "nomination": draft.row,
            "kind_name": _("Nominate a project"),
            "title": draft.row.title,
            "saved": draft.row.updated if draft.row.revision else None,
            "closes": states.closes(draft.row),
            "closes_label": _("Correct it by:") if draft.row.mend_until else _("Submission closes on:"),
            "is_draft": draft.row.state == Nomination.State.DRAFT,
            "files": draft.row.attachments.all(),
        }

    def step_context(self, draft: NominationDraft, form: StepForm) -> dict[str, Any]:
        file_form = SupportingFileForm(auto_id="id_upload_%s") if form.step.key == "files" else None
        return {"file_form": file_form, "most_files": project_files.MOST_FILES}

    def problems(self, draft: NominationDraft) -> Problems:
        problems, found = draft.findings()
        draft.near = found.near
        return problems

    def check_context(self, request: HttpRequest, draft: NominationDraft, refused: Mapping[str, Any]) -> dict[str, Any]:
        box = Box(
            "similar_confirmed",
            _("This is a different project"),
            is_ticked=draft.row.similar_confirmed and draft.answers["title"] == draft.row.title,
            sentence=_("Confirm that this is a different project") if "similar_confirmed" in refused else "",
        )
        return {
            "near": draft.near,
            "boxes": [box] if draft.near else [],
            "is_editable": self.is_editable(draft, at=arrival(request)),
            "must_confirm": not person(request).has_confirmed_address(),
            "not_submitted": _("The nomination is not submitted"),
        }


pages = NominationPages()


# --- my nominations -----------------------------------------------------------------------------------
@personal
def mine(request: HttpRequest, forum: str) -> HttpResponse:
    """A person's nominations in the edition, with their states and what comes next, and how to begin one."""
    edition, now = find_edition(forum), timezone.now()
    rows = Nomination.objects.of(person(request)).filter(edition=edition)
    entries = []
    for row in rows.select_related("category__action_line").order_by("-created", "-pk"):
        row.edition = edition
        shown, is_editable = states.shown(row, now=now), states.is_editable(row, at=now)
        known = {"row": row, "url": address("nomination", row), "is_editable": is_editable, **shown._asdict()}
        entries.append(known | {"is_draft": shown.key == "draft"})
    phase = edition.phase(Phase.Kind.SUBMISSION)
    context = {
        "forum": edition.forum,
        "edition": edition,
        "entries": entries,
        "state": states.submission(edition, now=now),
        "opens": phase and phase.starts,
        "closes": phase and phase.ends,
        "zone": edition.zone,
        "is_confirmed": person(request).has_confirmed_address(),
    }
    return render(request, "prizes/nominations/mine.html", context)


@personal
@post_only("prizes:nominations")
def begin(request: HttpRequest, forum: str) -> HttpResponse:
    """Begin a draft and open its first step."""
    edition = find_edition(forum)
    try:
        nomination = submission.begin(edition, by=person(request), now=arrival(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(reverse("prizes:nominations", args=[forum]))
    nomination.edition = edition
    return HttpResponseRedirect(address("nominate-step", nomination, "entity"))


@personal
def state(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The page of one nomination: its state, what comes next, what was submitted, its files and versions."""
    draft, now = pages.find(request, forum=forum, code=code), timezone.now()
    nomination, edition, is_open = draft.row, draft.edition, states.is_editable(draft.row, at=now)
    resume = next(map(draft.step_of, draft.problems()), CHECK) if is_open else ""
    draft.answers = submitted(nomination)  # what stands, without changes that wait
    certificates = [row for of in states.certificates.of() for row in of(nomination, now)]
    shown = states.honoured({one.kind for one in certificates}) or states.shown(nomination, now=now)
    is_told = edition.is_feedback_given and shown.key == "not-nominated"
    context = {
        "forum": edition.forum,
        "edition": edition,
        "nomination": nomination,
        "shown": shown,
        "feedback": [of(nomination) for of in states.feedback.of()] if is_told else [],
        "is_editable": is_open,
        "is_withdrawable": states.is_withdrawable(nomination),
        "parts": [(part, pages.url(draft, part.key) if is_open else "") for part in draft.summary()],
        "resume": resume,
        "files": nomination.attachments.all(),
        "versions": nomination.versions.all(),
        "phase": edition.phase(Phase.Kind.SUBMISSION),
        "submission": states.submission(edition, now=now),
        "certificates": certificates,
    }
    return render(request, "prizes/nominations/state.html", context)


@personal
def withdraw(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """Ask, then take the nomination back."""
    nomination = find_own(request, forum=forum, code=code)
    return withdraw_page(
        request,
        "prizes/nominations/withdraw.html",
        verb=partial(submission.withdraw, nomination),
        done=_("The nomination is withdrawn."),
        to=reverse("prizes:nominations", args=[forum]),
        forum=nomination.edition.forum,
        edition=nomination.edition,
        nomination=nomination,
    )


# --- files ------------------------------------------------------------------------------------------
@takes_files(1)
@personal
def files(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The step of links and files: save the links, and attach the file that came with them."""
    where = {"forum": forum, "code": code}
    draft = pages.find(request, **where)
    form = pages.form(draft, step="files", data=request.POST)
    if request.method != "POST" or form is None:
        return pages.open_step(request, draft, step="files", where=where)
    draft, page = pages.saved_step(request, draft, form=form, where=where)
    if page and form.non_field_errors():
        return page
    if "upload" in request.POST or request.FILES:
        file_form = SupportingFileForm(request.POST, request.FILES, auto_id="id_upload_%s")
        if file_form.is_valid():
            try:
                project_files.add(draft.row, by=person(request), now=arrival(request), **file_form.cleaned_data)
            except ValidationError as refusal:
                file_form.add_error("file", ValidationError(refusal.messages))
        if file_form.errors:
            return pages.step_page(request, draft, form=form, file_form=file_form)
    if page:
        return pages.step_page(request, draft, form=form) if form.errors else page
    return HttpResponseRedirect(pages.url(draft, "files" if "upload" in request.POST else CHECK))


@takes_files(1)
@personal
def remove_file(request: HttpRequest, forum: str, code: str, pk: int) -> HttpResponse:
    """Take a file away; the links that were typed beside it are kept."""
    where = {"forum": forum, "code": code}
    draft = pages.find(request, **where)
    there = HttpResponseRedirect(pages.url(draft, "files"))
    if request.method != "POST":
        return there
    form = pages.form(draft, step="files", data=request.POST if "links" in request.POST else None)
    if form and form.is_bound:
        draft, page = pages.saved_step(request, draft, form=form, where=where)
        if page and form.errors:
            return page
    try:
        if attachment := draft.row.attachments.filter(pk=pk).first():
            project_files.remove(attachment, by=person(request), now=arrival(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(pages.url(draft))
    return there


@personal  # type: ignore[arg-type]  # a download
@require_safe
def file(request: HttpRequest, forum: str, code: str, pk: int) -> FileResponse:
    """A file as a download. 404 for everybody but those of `project_files.may_read`, as if there was none."""
    rows = Attachment.objects.filter(nomination__edition__forum__slug=forum, nomination__code=code)
    found = rows.filter(pk=pk).select_related("nomination__edition").first()
    if found is None or not project_files.may_read(found.nomination, user=person(request)):
        raise Http404
    return stored_file_response(found.file, title=found.title)
