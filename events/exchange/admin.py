"""Import or export: one door for all tables of a forum. Choose a file, look at what it would do, answer what it leaves open,
then do it."""

import re
import secrets
import zlib
from dataclasses import dataclass, replace

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.cache import cache
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.exchange import apply, samples
from events.exchange.import_form import FileForm, ProgrammeForm, may_release
from events.models import Forum, Session
from events.staff import memberships
from events.staff.admin_page_bases import AdminPages, OwnPage
from events.staff.current_forum import current_forum, forum_of_list
from events.staff.lists.large_lists import in_zone_of_list
from events.tables import table_import
from events.tables.admin_bases import OwnTable, TableMixin
from events.tables.answers import Answers
from events.tables.resources import CHANGED, NEW
from events.tables.table_import import TableLook
from events.tables.table_responses import table_response

SHOWN = 300  # rows of each kind in the preview
KEPT_SECONDS = 24 * 60 * 60
TOKEN = re.compile(r"[-\w]{10,40}", re.ASCII)

ASKED = Answers(is_asking=True)


@dataclass(frozen=True)
class Kept:
    """A file between its preview and the act. `wrong`: the rows that cannot be used; `keys`: those of the rows of the database
    that change; `is_open`: a question has no answer."""

    by: int
    kind: str
    slug: str
    is_released: bool
    packed: bytes
    answers: Answers = ASKED
    digest: str = ""
    keys: frozenset[int] = frozenset()
    wrong: frozenset[int] = frozenset()
    has_errors: bool = False
    is_open: bool = False


class ExchangeMixin(AdminPages):
    """The pages of the door, below the forums."""

    own_pages = (
        OwnPage("exchange/", "exchange", "events_forum_exchange"),
        OwnPage("exchange/<slug:kind>.<slug:ending>", "export_file", "events_forum_export_file"),
        OwnPage("import/", "bring_in", "events_forum_import"),
        OwnPage("import/apply/", "bring_in_now", "events_forum_import_apply"),
        OwnPage("import/sample/<slug:kind>.<slug:ending>", "sample", "events_forum_import_sample"),
    )

    # --- what comes in and out --------------------------------------------------------------------
    def _lists(self):
        """All lists: sessions first, then those into which rows come, then the others."""
        found = self.admin_site._registry.values()
        return sorted(
            found, key=lambda one: (one.model is not Session, not isinstance(one, TableMixin), _name(one).casefold())
        )

    def _list(self, request, kind, *, comes_in):
        """The list of a kind of rows; 404 for an unknown one, 403 where the person may not do it."""
        found = next((one for one in self._lists() if one.opts.model_name == kind), None)
        if found is None or (comes_in and not isinstance(found, TableMixin)):
            raise Http404
        if not (found.has_import_permission(request) if comes_in else found.may_export(request)):
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
                "comes_in": isinstance(one, TableMixin) and one.has_import_permission(request),
                "goes_out": one.may_export(request),
                "is_own": isinstance(one, OwnTable),
            }
            for one in self._lists()
        ]
        rows = [row for row in rows if row["comes_in"] or row["goes_out"]]
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
            if found.export_right:
                changes.queryset = memberships.seen(changes.queryset, request.user, found.export_right)
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
        header, rows = samples.of(found.resource, forum=current_forum(request))
        return table_response(f"sample-{kind}s.{ending}", header, rows=rows)

    # --- what comes in ----------------------------------------------------------------------------
    def _page(self, request, found, **context):
        title = _("Import %(what)s") % {"what": _name(found)}
        kind = found.opts.model_name
        return self.admin_page(request, "admin/events/exchange/import.html", title=title, kind=kind, **context)

    def _form(self, request, found):
        forums = None if found.is_of_site else found.import_forums(request)
        here = current_forum(request)
        sent = (request.POST or None, request.FILES or None)
        given = {"initial": {"forum": here.pk if here else None}, "user": request.user, "forums": forums}
        if found.model is Session:
            return ProgrammeForm(*sent, may_make_forum=_may_make_forum(request, found), **given)
        return FileForm(*sent, **given)

    def bring_in(self, request):
        """The form; after it, what the file would do. `kind`: the model of the rows, sessions where the address says none."""
        found = self._list(request, request.GET.get("kind", Session._meta.model_name), comes_in=True)
        form = self._form(request, found)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, found, form=form)
        packed, is_released = (
            zlib.compress(form.cleaned_data["file"].read()),
            form.cleaned_data.get("is_released", False),
        )
        kept = Kept(request.user.pk, found.opts.model_name, form.forum_slug(), is_released, packed)
        try:
            return self._preview(request, found, kept)
        except ValidationError as refusal:
            form.add_error("file", refusal.messages)
            return self._page(request, found, form=form)

    def _preview(self, request, found, kept, *, refused=""):
        """What a file would do, and a token to agree to just that. `refused`: why it was not done now."""
        look = self._look(request, found, kept)
        columns = {header.key: header.column for header in look.headers}
        names = {question.key: question.answer for question in look.questions}
        kept = replace(
            kept,
            answers=Answers(columns, kept.answers.names | names, is_asking=True),
            digest=look.digest,
            keys=look.keys(CHANGED) if isinstance(look, TableLook) else frozenset(),
            wrong=frozenset(error.row for error in look.errors if getattr(error, "row", None)),
            has_errors=bool(look.errors),
            is_open=any(not question.answer for question in look.questions),
        )
        token = secrets.token_urlsafe(16)
        cache.set(f"import:{token}", kept, KEPT_SECONDS)
        is_useful = not look.is_empty or kept.is_released
        shown = {
            "look": look,
            "token": token,
            "refused": refused,
            "is_released": kept.is_released,
            "is_useful": is_useful,
        }
        return self._page(request, found, slug=kept.slug, **shown, **_shown(look))

    def _look(self, request, found, kept):
        data = zlib.decompress(kept.packed)
        if found.model is Session:
            wish = {"slug": kept.slug, "is_released": kept.is_released, "answers": kept.answers}
            return apply.bring_in(data, by=request.user, now=timezone.now(), is_dry=True, **wish)
        look = table_import.look(self._resource(request, found, kept), data, answers=kept.answers, by=request.user)
        if look.result is not None:
            found.saw_import(request, look.result)
        return look

    def _resource(self, request, found, kept):
        forum = None if found.is_of_site else found.import_forums(request).get(slug=kept.slug)
        return found.resource(forum=forum, answers=kept.answers)

    def bring_in_now(self, request):
        """Do what the preview showed (POST `token`), or show what it would do with other answers (`_look`). A file that is
        gone leads back to the start."""
        if request.method != "POST":
            raise PermissionDenied
        kept = self._kept(request)
        if kept is None:
            if not any(isinstance(one, TableMixin) and one.has_import_permission(request) for one in self._lists()):
                raise PermissionDenied
            messages.error(request, _("The file is not here any more. Choose it again"))
            return HttpResponseRedirect(reverse("admin:events_forum_import"))
        found = self._list(request, kept.kind, comes_in=True)
        sent = Answers.sent(request.POST)
        answers = Answers(kept.answers.columns | sent.columns, kept.answers.names | sent.names, is_asking=True)
        refused = ""
        if "_look" in request.POST or answers != kept.answers:
            kept = replace(kept, answers=answers)
            if "_look" not in request.POST:
                refused = _("You changed an answer: look at what the file does now.")
        elif kept.is_open:
            refused = _("Answer the questions about names first.")
        elif kept.has_errors and "good_only" not in request.POST:
            refused = _("Some rows have errors. Correct the file, or tick that the others come in without them.")
        else:
            return self._done(request, found, kept)
        return self._preview(request, found, kept, refused=refused)

    def _kept(self, request):
        """The file of a token, where it is the person's and they may still bring it in: a role may have ended meanwhile."""
        token = request.POST.get("token", "")
        kept = cache.get(f"import:{token}") if TOKEN.fullmatch(token) else None
        found = next((one for one in self._lists() if kept and one.opts.model_name == kept.kind), None)
        if kept is None or kept.by != request.user.pk or not found.has_import_permission(request):
            return None
        is_there = found.is_of_site or found.import_forums(request).filter(slug=kept.slug).exists()
        if is_there or (found.model is Session and _may_make_forum(request, found) and not _is_forum(kept.slug)):
            return kept
        return None

    def _done(self, request, found, kept):
        """Bring it in, or say why it was refused."""
        try:
            words, onward = (self._programme if found.model is Session else self._rows)(request, found, kept)
        except ValidationError as refusal:
            sentences = " ".join([_("Nothing was brought in."), *refusal.messages])
            if getattr(refusal, "code", "") == "moved-meanwhile":
                return self._preview(request, found, kept, refused=sentences)
            messages.error(request, sentences)
            return HttpResponseRedirect(f"{reverse('admin:events_forum_import')}?kind={kept.kind}")
        cache.delete(f"import:{request.POST['token']}")
        messages.success(request, words)
        return HttpResponseRedirect(onward)

    def _programme(self, request, found, kept):
        forum = Forum.objects.filter(slug=kept.slug).first()
        plan = apply.bring_in(
            zlib.decompress(kept.packed),
            slug=kept.slug,
            by=request.user,
            now=timezone.now(),
            is_released=kept.is_released and may_release(request.user, forum),
            seen=kept.digest,
            answers=kept.answers,
        )
        if plan.released:
            messages.success(request, _("Released as version %(n)s.") % {"n": plan.released})
        if number := len(plan.clashes) + plan.more_clashes:
            sentence = ngettext("%(n)s clash: look at the board.", "%(n)s clashes: look at the board.", number)
            messages.warning(request, sentence % {"n": number})
        counts = {name: len(getattr(plan, name)) for name in ("new", "changed", "same", "unusable")}
        return _told(**counts), reverse("admin:events_forum_board", args=[plan.forum.pk])

    def _rows(self, request, found, kept):
        resource, data = self._resource(request, found, kept), zlib.decompress(kept.packed)
        with found.import_act(request, resource.forum, now=timezone.now()) as act:
            act.will_change(found.model._base_manager.filter(pk__in=kept.keys))
            done = table_import.bring_in(
                resource, data, answers=kept.answers, by=request.user, seen=kept.digest, without=kept.wrong
            )
            act.made(found.model, done.keys(NEW))
        counts = {"new": len(done.new), "changed": len(done.changed), "same": done.same, "unusable": len(kept.wrong)}
        query = "" if found.is_of_site else f"?forum={kept.slug}"
        return _told(**counts), reverse(f"admin:{found.opts.app_label}_{kept.kind}_changelist") + query


def _name(one):
    """What the rows of a list are called."""
    return str(one.opts.verbose_name_plural)


def _may_make_forum(request, found):
    """A new forum is made by those who may do so, and bring a programme, in all forums."""
    return memberships.is_everywhere(request.user, "events.add_forum") and found.may_import_everywhere(request)


def _is_forum(slug):
    return Forum.objects.filter(slug=slug).exists()


def _told(**counts):
    return _("Brought in: %(new)s new, %(changed)s changed, %(same)s the same, %(unusable)s not used.") % counts


def _shown(look):
    """The lists of the preview, cut, with how many are left out of each."""
    lists = {name: list(getattr(look, name, ())) for name in ("errors", "new", "changed", "notes")}
    lists["people"] = look.people.changes if hasattr(look, "people") else []
    cut = {name: (rows[:SHOWN], max(0, len(rows) - SHOWN)) for name, rows in lists.items()}
    questions = sorted(look.questions, key=lambda question: bool(question.answer))
    clashes = (getattr(look, "clashes", []), getattr(look, "more_clashes", 0))
    return {"lists": cut | {"clashes": clashes, "questions": (questions[:SHOWN], max(0, len(questions) - SHOWN))}}
