"""Pages of our own in the admin site, all of one shape: who may open them, a form, a verb that may refuse, a message, onward."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.pages.refusals import show_refusal
from events.staff.two_people import presence

ROWS_SHOWN = 20  # of those that an action is about, before it asks


class OwnPage(NamedTuple):
    """An address below the list of a model, the method that answers there, the address's name, and who may open it
    (`app.codename`; empty where the method asks itself)."""

    address: str
    view: str
    name: str
    permission: str = ""


class AdminPages(admin.ModelAdmin):
    """Pages beside Django's own; a mixin may name further ones in `own_pages`."""

    own_pages: Sequence[OwnPage] = ()

    def get_urls(self) -> list[URLPattern]:
        pages = [page for kind in type(self).__mro__ for page in vars(kind).get("own_pages", ())]
        return [*(self._path(page) for page in pages), *super().get_urls()]

    def _path(self, page: OwnPage) -> URLPattern:
        def view(request: HttpRequest, **parts: Any) -> HttpResponse:
            if page.permission and not request.user.has_perm(page.permission):
                raise PermissionDenied
            answer: HttpResponse = getattr(self, page.view)(request, **parts)
            return answer

        return path(page.address, self.admin_site.admin_view(view), name=page.name)

    def admin_page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A page of our own inside the frame of the admin site: its head and menu, and the names of the model (`opts`)."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, frame | context)

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
        return self.admin_page(request, template, form=form, **{"action": request.path, **context})

    def each(self, request: HttpRequest, rows: Iterable[Any], *, verb: Callable[..., Any], done: Any) -> None:
        """Call `verb(row, by=…, now=…)` on every chosen row and tell how many it took and which it refused, with the
        reason. What the verb refuses stays as it is; the others go on.

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
                refused.append(_("%(name)s: %(reason)s") % {"name": row, "reason": " ".join(refusal.messages)})
            else:
                good += 1
        if good:
            self.message_user(request, done % {"n": good}, messages.SUCCESS)
        if refused:
            words = ngettext("%(n)s refused. %(reasons)s", "%(n)s refused. %(reasons)s", len(refused))
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
        button: str = "",
    ) -> HttpResponse | None:
        """For an action: ask on a page of its own for what the verb needs, then call
        `verb(row, **form.cleaned_data, by=…, now=…)` on every chosen row and report (see `each`)."""
        asked = form(request.POST if "apply" in request.POST else None)
        if asked.is_valid():
            self.each(request, queryset, verb=lambda row, **more: verb(row, **asked.cleaned_data, **more), done=done)
            return None
        return self.admin_page(
            request,
            "admin/ask_first.html",
            title=title,
            form=asked,
            button=button or title,
            rows=queryset[:ROWS_SHOWN],
            count=queryset.count(),
            action=request.POST.get("action", ""),
            selected=request.POST.getlist(ACTION_CHECKBOX_NAME),
            select_across=request.POST.get("select_across", "0"),
        )
