"""What every page of the admin site starts from: the forums in which the person may do what it does. And pages of our own,
all of one shape: who may open them, a form, a verb that may refuse, a message, onward."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum
from events.shared.admin.current_forum import (
    PARAMETER,
    bound_forum,
    current_forum,
    default_forum,
    is_about,
    named_forum,
)
from events.shared.admin.form_parts import Head
from events.shared.pages.refusals import show_refusal
from events.shared.rights import memberships
from events.shared.rights.two_people import presence

ASK_FIRST = "admin/ask_first.html"
ROWS_SHOWN = 20  # of those that an action is about, before it asks


def admins_of(site: admin.AdminSite) -> dict[type[Model], Any]:
    """The admin of each model that has pages in a site."""
    return {model: site.get_model_admin(model) for model in apps.get_models() if site.is_registered(model)}


class OwnPage(NamedTuple):
    """An address below the list of a model (one of Django's own too, such as “add/”), the method that answers there, the address's
    name, and who may open it (`app.codename`; empty where the method asks itself). `of`: the model of the row whose key the address begins with; where
    the person may not do it in the forum of that row, there is no such page."""

    address: str
    view: str
    name: str
    permission: str = ""
    of: type[Model] | None = None


class SeenRows(BaseModelAdmin):
    """For every admin and inline: a right holds in the forums of the memberships that give it. A row of another forum is not
    there, and what a row can name are rows of forums in which the person may write it.

    `rights`: the permission of a verb of the list's actions, where its name is not that of the verb and the model. `never`: what
    nobody does here, of “add”, “change” and “delete”; `never_once`: with which rows (for an inline: on the pages of which rows)
    nobody does it any more. `is_deleted_alone`: on its own page only, for among many chosen rows there may be some that stay.
    `needs_saved_row`: an inline that stands on no page of a new row.
    """

    rights: Mapping[str, str] = {}
    never: Collection[str] = ()
    never_once: Mapping[str, Callable[[Any], bool]] = {}
    is_deleted_alone = False
    needs_saved_row = False

    def right(self, verb: str) -> str:
        """The permission to do something with these rows: “events.change_session”."""
        return self.rights.get(verb) or f"{self.opts.app_label}.{get_permission_codename(verb, self.opts)}"

    def _may(self, request: HttpRequest, verb: str, row: Model | None) -> bool:
        """Without a row: in any forum. Only those who may do so in all forums write what belongs to the whole site, or a new forum."""
        if row is None and self.needs_saved_row:
            return False
        right = self.right(verb)
        if row is None and verb == "add" and self._is_of_forums and (forum := bound_forum(request)):
            return memberships.has(request.user, right, forum)
        if row is None and memberships.is_everywhere(request.user, right):
            return True
        is_of_site = not memberships.forum_paths(self.model) and verb != "view"
        if row is None and (is_of_site or (verb == "add" and memberships.SELF in memberships.forum_paths(self.model))):
            return False
        return memberships.has(request.user, right, row)

    def _does(self, request: HttpRequest, verb: str, row: Any) -> bool:
        """Whether it is done with these rows and this one, and the person may."""
        stays = self.never_once.get(verb)
        is_ever = verb not in self.never and self._may(request, verb, row)
        return is_ever and not (row is not None and stays is not None and stays(row))

    @property
    def _is_of_forums(self) -> bool:
        """Whether each row belongs to a forum that there is already."""
        return bool(memberships.forum_paths(self.model)) and memberships.SELF not in memberships.forum_paths(self.model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """`obj`: the row whose page an inline stands on."""
        return self._does(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._does(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not (obj is None and self.is_deleted_alone) and self._does(request, "delete", obj)


class RightsOn:
    """`perms` in the templates of a page about one row: what the person may do in the forum of the row."""

    def __init__(self, user: Any, row: Model, app: str = "") -> None:
        self.user, self.row, self.app = user, row, app

    def __getitem__(self, name: str) -> Any:
        """“perms.events”, and of that “add_release”."""
        return self.user.has_perm(f"{self.app}.{name}", self.row) if self.app else RightsOn(self.user, self.row, name)


class AdminPages(SeenRows, admin.ModelAdmin):
    """Rows of the forums that a person may see, and pages beside Django's own; a mixin may name further ones in `own_pages`.
    `file_page`: the name of the one that brings in a file of other programs, and what a link there says; empty where there is none."""

    own_pages: Sequence[OwnPage] = ()
    file_page: tuple[str, Any] = ("", "")
    annotations: Mapping[str, Any] = {}  # what the database computes of each row, by name
    prefetched: Sequence[str] = ()  # what every part of a row's page asks for

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.seen(request, super().get_queryset(request)).annotate(**self.annotations)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The row, with its `reader`: some cells depend on who looks."""
        row: Any = super().get_object(request, object_id, from_field)
        is_about(request, row)
        if row is not None:
            row.reader = request.user
            prefetch_related_objects([row], *self.prefetched)
        return row

    def seen(self, request: HttpRequest, rows: QuerySet[Any], verb: str = "view") -> QuerySet[Any]:
        """Those of these rows (of this list's model or another) that belong to a forum in which the person may view the rows
        of this list, or do something else with them."""
        return (
            rows if not memberships.forum_paths(rows.model) else memberships.seen(rows, request.user, self.right(verb))
        )

    def forum_of_page(self, request: HttpRequest, forums: QuerySet[Forum]) -> Forum:
        """The current forum, where it is one of these; else, if the address names none, the first; 404 where there is none."""
        wanted = request.GET.get(PARAMETER)
        current = named_forum(request) if wanted else current_forum(request)
        found = forums.filter(pk=current.pk).first() if current else None
        found = found or (None if wanted else forums.first())
        if found is None:
            raise Http404
        return found

    def get_preserved_filters(self, request: HttpRequest) -> str:
        """Links to and from the pages of rows go on with the forum that the address names, or back to that of the row."""
        kept, forum = super().get_preserved_filters(request), current_forum(request)
        is_default, named = forum == default_forum(request), named_forum(request)
        if forum and not kept and not is_default:
            kept = urlencode({"_changelist_filters": urlencode({PARAMETER: forum.slug})})
        return "&".join(part for part in (kept, urlencode({PARAMETER: named.slug}) if named else "") if part)

    def holds_wherever_seen(self, request: HttpRequest, permission: str) -> bool:
        """Whether the person has another permission too in all the forums whose rows this list shows."""
        if memberships.is_everywhere(request.user, permission):
            return True
        held, is_all = memberships.rights(request.user), memberships.is_everywhere(request.user, self.right("view"))
        return not is_all and held.forums(self.right("view")) <= held.forums(permission)

    def all_own_pages(self) -> list[OwnPage]:
        """Those of the admin and of its mixins."""
        return [page for kind in type(self).__mro__ for page in vars(kind).get("own_pages", ())]

    def get_urls(self) -> list[URLPattern]:
        return [*(self._path(page) for page in self.all_own_pages()), *super().get_urls()]

    def _path(self, page: OwnPage) -> URLPattern:
        def view(request: HttpRequest, **parts: Any) -> HttpResponse:
            forum = bound_forum(request) if self._is_of_forums and not parts else None
            if page.permission and not memberships.has(request.user, page.permission, forum):
                raise PermissionDenied
            if page.of and not memberships.is_in_every_row(request.user, page.permission):
                there = memberships.seen(page.of._default_manager.all(), request.user, page.permission)
                if not there.filter(pk=next(iter(parts.values()))).exists():
                    raise Http404
            request._own_page_permission = page.permission  # type: ignore[attr-defined]  # for the way to other forums
            if page.of or page.address.startswith("<"):
                rows = (page.of or self.model)._default_manager.all()
                is_about(request, lambda: rows.filter(pk=next(iter(parts.values()))).first())
            answer: HttpResponse = getattr(self, page.view)(request, **parts)
            return answer

        name = page.name.format(model=self.opts.label_lower.replace(".", "_"))
        return path(page.address, self.admin_site.admin_view(view), name=name)

    def admin_page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A page of our own inside the frame of the admin site: its head and menu, the names of the model (`opts`), and whether
        the person may open its list."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        frame["may_list"] = self.has_view_permission(request)
        if form := context.get("form"):
            form.label_suffix = ""
        row = context.get("forum") or context.get("edition")
        if isinstance(row, Model):
            is_about(request, row)
            frame["perms"] = RightsOn(request.user, row)
        return TemplateResponse(request, template, frame | context)

    def head(self, request: HttpRequest, row: Any) -> Head:
        """What the page of a row says above the form, and what is done with the row there."""
        return Head()

    def beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of a row shows beside the form."""
        return {}

    def form_page(
        self,
        request: HttpRequest,
        template: str,
        *,
        form: forms.Form,
        verb: Callable[..., Any],
        done: Any,
        to: str | Callable[[Any], str],
        fields: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HttpResponse:
        """A page with one form. A sent one calls `verb(**form.cleaned_data, by=…, now=…)`; what it refuses stands in the
        form (`fields`: at which one the refusal of a code stands), else `done` is said and the person goes on `to` an
        address. Both may be made from what the verb returned; an empty `done` says nothing. Who has to give the second
        factor again is led there, and what was sent goes on from there by itself."""
        if form.is_valid():
            try:
                made = verb(**form.cleaned_data, by=request.user, now=timezone.now())
            except ValidationError as refusal:
                if getattr(refusal, "code", "") == presence.NOT_RECENT:
                    raise ReauthenticationRequired from refusal
                show_refusal(form, refusal, fields=fields)
            else:
                if words := done(made) if callable(done) else done:
                    self.message_user(request, words, messages.SUCCESS)
                return HttpResponseRedirect(to(made) if callable(to) else to)
        return self.admin_page(request, template, form=form, **context)

    def ask_about(
        self,
        request: HttpRequest,
        row: Model,
        *,
        form: Callable[..., forms.Form],
        verb: Callable[..., Any],
        done: Any,
        title: Any,
        about: Any = "",
        to: str = "",
        **values: Any,
    ) -> HttpResponse:
        """The page of a verb on one row: it says what the verb means (`about`), shows `form(data, **values)`, and goes on `to` an
        address, or back to the row (see `form_page`)."""
        is_about(request, row)
        back = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
        asked = form(request.POST if request.method == "POST" else None, **values)
        own = {"title": title, "button": title, "about": about, "back": back, "rows": [row]}
        return self.form_page(request, ASK_FIRST, form=asked, verb=verb, done=done, to=to or back, **own)

    def each(self, request: HttpRequest, rows: Iterable[Any], *, verb: Callable[..., Any], done: Any) -> None:
        """Call `verb(row, by=…, now=…)` on every chosen row and tell how many it took and which it refused, with the
        reason. What the verb refuses stays as it is; the others go on. Who has to give the second factor again is led there.

        `done` is the sentence for those that went well: a lazy plural of `n`, such as
        `ngettext_lazy("%(n)s withdrawn.", "%(n)s withdrawn.", "n")`.
        """
        now = timezone.now()
        good, refused = 0, []
        for row in rows:
            try:
                with transaction.atomic():
                    verb(row, by=request.user, now=now)
            except ValidationError as refusal:
                if getattr(refusal, "code", "") == presence.NOT_RECENT:
                    raise ReauthenticationRequired from refusal
                refused.append(_("%(name)s: %(reason)s") % {"name": row, "reason": " ".join(refusal.messages)})
            else:
                good += 1
        if good:
            self.message_user(request, done % {"n": good}, messages.SUCCESS)
        if refused:
            words = ngettext("%(n)s stays as before. %(reasons)s", "%(n)s stay as before. %(reasons)s", len(refused))
            reasons = "; ".join(refused[:10]) + ("; …" if len(refused) > 10 else "")
            self.message_user(request, words % {"n": len(refused), "reasons": reasons}, messages.WARNING)

    def ask_first(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        *,
        form: Callable[..., forms.Form],
        verb: Callable[..., Any],
        done: Any,
        title: str,
        about: str = "",
        button: str = "",
    ) -> HttpResponse | None:
        """For an action: say on a page what it means (`about`) and ask for what the verb needs, then call
        `verb(row, **form.cleaned_data, by=…, now=…)` on every chosen row and report (see `each`)."""
        asked = form(request.POST if "apply" in request.POST else None)
        if asked.is_valid():
            self.each(request, queryset, verb=lambda row, **more: verb(row, **asked.cleaned_data, **more), done=done)
            return None
        return self.admin_page(
            request,
            ASK_FIRST,
            title=title,
            about=about,
            form=asked,
            button=button or title,
            rows=queryset[:ROWS_SHOWN],
            count=queryset.count(),
            action=request.POST.get("action", ""),
            selected=request.POST.getlist(ACTION_CHECKBOX_NAME),
            select_across=request.POST.get("select_across", "0"),
        )
