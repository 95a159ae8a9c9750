"""Import or export: one door for all tables of a forum. Choose a file, look at what it would do, answer what it leaves open,
then do it."""

import secrets
import zlib
from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.cache import cache
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from events.exchange import import_jobs
from events.exchange.import_form import FileForm, ProgrammeForm
from events.models import FileImport, Forum, Session
from events.shared.admin.admin_page_bases import AdminPages, OwnPage, admins_of
from events.shared.admin.current_forum import bound_forum, current_forum, forum_of_list
from events.shared.admin.lists.large_lists import in_zone_of_list
from events.shared.pdf import responses
from events.shared.rights import memberships
from events.shared.tables.admin_bases import OwnTable, TableMixin
from events.shared.tables.answers import Answers, OpenQuestion
from events.shared.tables.kept_files import TOKEN
from events.shared.tables.resources import CHANGED
from events.shared.tables.table_responses import table_response

SHOWN = 300  # rows of each kind in the preview
KEPT_SECONDS = 24 * 60 * 60
AGAIN = ("kind", "slug", "is_released", "file", "answers")  # of a job, what is looked at again


@dataclass(frozen=True)
class Kept:
    """A file between its preview and the act, as the job that the act would be. `is_open`: a question has no answer."""

    job: FileImport
    has_errors: bool = False
    is_open: bool = False


class ExchangeMixin(AdminPages):
    """The pages of the door, below the forums."""

    own_pages = (
        OwnPage("exchange/", "exchange", "events_forum_exchange"),
        OwnPage("exchange/<slug:kind>.<slug:ending>", "export_file", "events_forum_export_file"),
        OwnPage("import/", "bring_in", "events_forum_import"),
        OwnPage("import/apply/", "bring_in_now", "events_forum_import_apply"),
        OwnPage("import/<slug:token>/making/", "making", "events_forum_import_making"),
        OwnPage("import/sample/<slug:kind>.<slug:ending>", "sample", "events_forum_import_sample"),
    )

    # --- what comes in and out --------------------------------------------------------------------
    def _lists(self):
        """All lists: sessions first, then those into which rows come, then the others."""
        found = admins_of(self.admin_site).values()
        return sorted(
            found, key=lambda one: (one.model is not Session, not isinstance(one, TableMixin), _name(one).casefold())
        )

    def _list(self, request, kind, *, comes_in):
        """The list of a kind of rows; 404 for an unknown one, 403 where the person may not do it."""
        found = next((one for one in self._lists() if one.opts.model_name == kind), None)
        if found is None or (comes_in and not isinstance(found, TableMixin)):
            raise Http404
        if not (found.may_import(request.user) if comes_in else found.may_export(request)):
            raise PermissionDenied
        return found

    def exchange(self, request):
        """Everything that comes in and goes out, for the current forum."""
        forum, title = current_forum(request), _("Import or export")
        rows = [
            {
                "name": _name(one),
                "kind": one.opts.model_name,
                "query": f"?forum={forum.slug if forum else ''}&{one.query_of_all}",
                "comes_in": isinstance(one, TableMixin) and one.may_import_here(request),
                "goes_out": one.may_export(request),
                "page": (page := _file_page(one, request)),
                "page_words": one.file_page[1],
                "is_own": isinstance(one, OwnTable) or bool(page),
            }
            for one in self._lists()
        ]
        rows = [row for row in rows if row["comes_in"] or row["goes_out"] or row["page"]]
        if not any(row["is_own"] for row in rows):
            raise PermissionDenied
        return self.admin_page(request, "admin/events/exchange/door.html", title=title, forum=forum, tables=rows)

    def export_file(self, request, kind, ending):
        """What a list shows, of all its pages, as a file, csv or xlsx: its address with the same search and filters. A filter
        that means nothing is refused; the list leaves it out, but a file would then hold more than was asked for."""
        found, forum = self._list(request, kind, comes_in=False), forum_of_list(request)
        with in_zone_of_list(request):
            try:
                changes = found.get_changelist_instance(request)
            except IncorrectLookupParameters as wrong:
                raise BadRequest from wrong
            changes.queryset = found.for_file(request, changes.queryset)
            if isinstance(found, OwnTable):
                table = found.resource().export(changes.queryset)
                header, rows = table.headers, iter(table)
            else:
                header, rows = changes.as_table(request)
            name = f"{forum.slug}-{kind}s" if forum and memberships.forum_paths(found.model) else f"{kind}s"
            answer = table_response(f"{name}.{ending}", header, rows=rows)
        found.took_out(request, changes.queryset)
        return answer

    def sample(self, request, kind, ending):
        """A sample of a kind of rows, which comes in as it is."""
        found = self._list(request, kind, comes_in=True)
        reader = found.resource(forum=current_forum(request))
        labels, (names, rows) = reader.labels(), reader.sample()
        header = [capfirst(str(labels[name][0])) for name in names]
        return table_response(f"sample-{kind}s.{ending}", header, rows=rows)

    # --- what comes in ----------------------------------------------------------------------------
    def _page(self, request, found, **context):
        title = _("Import %(what)s") % {"what": _name(found)}
        kind = found.opts.model_name
        return self.admin_page(request, "admin/events/exchange/import.html", title=title, kind=kind, **context)

    def _form(self, request, found):
        forums = None if found.is_of_site else found.import_forums(request.user)
        here = current_forum(request)
        sent = (request.POST or None, request.FILES or None)
        given = {"initial": {"forum": here.pk if here else None}, "user": request.user, "forums": forums}
        if found.model is Session:
            return ProgrammeForm(*sent, may_make_forum=import_jobs.may_make_forum(found, request.user), **given)
        return FileForm(*sent, **given)

    def bring_in(self, request):
        """The form; after it, what the file would do. `kind`: the model of the rows, sessions where the address says none."""
        found = self._list(request, request.GET.get("kind", Session._meta.model_name), comes_in=True)
        if not found.may_import_here(request):
            raise PermissionDenied
        form = self._form(request, found)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, found, form=form)
        job = FileImport(
            asked_by_id=request.user.pk,
            kind=found.opts.model_name,
            slug=form.forum_slug(),
            is_released=form.cleaned_data.get("is_released", False),
            file=zlib.compress(form.cleaned_data["file"].read()),
        )
        try:
            return self._preview(request, found, job)
        except ValidationError as refusal:
            form.add_error("file", refusal.messages)
            return self._page(request, found, form=form)

    def _preview(self, request, found, job, *, refused=""):
        """What a file would do, or what has to be answered first, and a token to agree to just that. `refused`: why it was not done
        now."""
        job.token, job.language = secrets.token_urlsafe(16), get_language()
        shown = {"slug": job.slug, "token": job.token, "refused": refused}
        try:
            look = import_jobs.look(found, job, by=request.user, now=timezone.now())
        except OpenQuestion as question:
            _keep(job, headers=getattr(question, "headers", ()), is_open=True)
            return self._page(request, found, question=question, **shown)
        found.saw_import(request, look)
        job.digest, job.changed = look.digest, look.keys.get(CHANGED, [])
        job.wrong = [row for error in look.errors for row in error.rows]
        names = {question.key: question.answer for question in look.questions}
        _keep(job, headers=look.headers, names=names, has_errors=bool(look.errors), is_open=not all(names.values()))
        shown |= {"look": look, "is_released": job.is_released, "is_useful": job.is_released or not look.is_empty}
        return self._page(request, found, lists=_lists(look), **shown)

    def bring_in_now(self, request):
        """Do what the preview showed (POST `token`), or show what it would do with other answers (`_look`). A file that is
        gone leads back to the start."""
        if request.method != "POST":
            raise PermissionDenied
        token = request.POST.get("token", "")
        kept = self._kept(request, token)
        if kept is None:
            if TOKEN.fullmatch(token) and FileImport.objects.filter(token=token, asked_by=request.user).exists():
                return redirect("admin:events_forum_import_making", token)  # pressed twice
            if not any(isinstance(one, TableMixin) and one.may_import(request.user) for one in self._lists()):
                raise PermissionDenied
            messages.error(request, _("The file is not here any more. Choose it again"))
            return HttpResponseRedirect(reverse("admin:events_forum_import"))
        job, sent = kept.job, Answers.sent(request.POST)
        found = self._list(request, job.kind, comes_in=True)
        before, refused = dict(job.answers), ""
        job.answers = {"columns": before["columns"] | sent.columns, "names": before["names"] | sent.names}
        if "_look" in request.POST or job.answers != before:
            if "_look" not in request.POST:
                refused = _("You changed an answer: look at what the file does now.")
        elif kept.is_open:
            refused = _("Answer what the file leaves open first.")
        elif kept.has_errors and "good_only" not in request.POST:
            refused = _("Some rows have errors. Correct the file, or tick that the others come in without them.")
        else:
            import_jobs.ask(job, now=timezone.now())
            cache.delete(f"import:{job.token}")
            return redirect("admin:events_forum_import_making", job.token)
        try:
            return self._preview(request, found, job, refused=refused)
        except ValidationError as refusal:  # the forum is another one by now, or the file has too much
            messages.error(request, " ".join(refusal.messages))
            return HttpResponseRedirect(f"{reverse('admin:events_forum_import')}?kind={job.kind}")

    def _kept(self, request, token):
        """The file of a token, where it is the person's and they may still bring it in: a role may have ended since the preview."""
        kept = cache.get(f"import:{token}") if TOKEN.fullmatch(token) else None
        found = next((one for one in self._lists() if kept and one.opts.model_name == kept.job.kind), None)
        is_own = kept is not None and kept.job.asked_by_id == request.user.pk
        return kept if is_own and import_jobs.may_bring_in(found, request.user, slug=kept.job.slug) else None

    # --- what is being brought in -----------------------------------------------------------------
    def making(self, request, token):
        """How far a file is that the person agreed to; then what came of it: the rows, or the reason. POST stops it, or shows the
        preview of a file that failed again. Nobody else sees it."""
        job = get_object_or_404(FileImport, token=token, asked_by=request.user)
        found = self._list(request, job.kind, comes_in=True)
        if request.method == "POST" and job.state in FileImport.OPEN:
            import_jobs.stop(job)
            return redirect("admin:events_forum_import_making", token)
        if job.state == FileImport.State.MAKING:
            sentence = _(
                "This page says by itself what came of it. You can leave it: the file is brought in all the same."
            )
            told = {"title": _("The file is being brought in"), "sentence": sentence, "stop": _("Stop it")}
            return responses.job_page(self, request, job, name=_name(found).capitalize(), **told)
        if request.method == "HEAD":  # a script that asks whether it is done
            return HttpResponse()
        if job.state == FileImport.State.DONE:
            return self._done(request, found, job)
        if import_jobs.may_bring_in(found, request.user, slug=job.slug):
            if request.method == "GET":
                return self._page(request, found, slug=job.slug, refused=import_jobs.reason(job))
            again = FileImport(asked_by_id=job.asked_by_id, **{name: getattr(job, name) for name in AGAIN})
            with suppress(ValidationError):  # it says less than what was refused before
                return self._preview(request, found, again, refused=import_jobs.reason(job))
        messages.error(request, import_jobs.reason(job))
        return HttpResponseRedirect(f"{reverse('admin:events_forum_import')}?kind={job.kind}")

    def _done(self, request, found, job):
        """Say what a file did, and go on to its rows."""
        done = job.result
        if done.get("released"):
            messages.success(request, _("Released as version %(n)s.") % {"n": done["released"]})
        if number := done.get("clashes"):
            sentence = ngettext("%(n)s clash: look at the board.", "%(n)s clashes: look at the board.", number)
            messages.warning(request, sentence % {"n": number})
        words = _("Brought in: %(new)s new, %(changed)s changed, %(same)s the same, %(unusable)s not used.")
        messages.success(request, words % done)
        for sentence in done.get("told", ()):
            messages.info(request, sentence)
        if names := done.get("left_out"):
            words = _("These columns of the file were left out: %(names)s")
            messages.warning(request, words % {"names": ", ".join(names)[:300]})
        if found.model is Session:
            return redirect("admin:events_forum_board", get_object_or_404(Forum, slug=job.slug).pk)
        query = "" if found.is_of_site else f"?forum={job.slug}"
        return HttpResponseRedirect(reverse(f"admin:{found.opts.app_label}_{job.kind}_changelist") + query)


def _keep(job, *, headers, names=None, has_errors=False, is_open):
    """Keep a file until somebody agrees, with what is answered of its columns and names by now."""
    columns = {header.key: header.column for header in headers if not header.is_open}
    before = job.answers
    job.answers = {
        "columns": before.get("columns", {}) | columns,
        "names": before.get("names", {}) | (names or {}),
    }
    cache.set(f"import:{job.token}", Kept(job, has_errors, is_open), KEPT_SECONDS)


def _name(one):
    """What the rows of a list are called."""
    return str(one.opts.verbose_name_plural)


def _file_page(one, request):
    """The address of the page on which a list takes a file of other programs; "" where the person may not open it."""
    page = next((page for page in one.all_own_pages() if page.name == one.file_page[0]), None)
    may = page and memberships.has(request.user, page.permission, bound_forum(request))
    return reverse(f"admin:{page.name}") if may else ""


def _lists(look):
    """The lists of the preview, cut, with how many are left out of each."""
    people = getattr(look, "people", None)
    lists = {name: getattr(look, name) for name in ("errors", "new", "changed", "notes")}
    lists |= {"people": people.changes if people else [], "questions": sorted(look.questions, key=_is_answered)}
    cut = {name: (rows[:SHOWN], max(0, len(rows) - SHOWN)) for name, rows in lists.items()}
    return cut | {"clashes": (look.clashes, look.more_clashes)}


def _is_answered(question):
    return bool(question.answer)
