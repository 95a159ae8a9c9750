"""The organisers' site: Django's admin with our name and frame, and an overview of a forum as its first page."""

from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import get_permission_codename
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

import registration.tasks  # noqa: F401  that Site status knows what runs
from config.dashboard import forum_steps, guide, person_page, prize_phases, search_page, waiting
from config.dashboard.dashboard import overview
from config.dashboard.frame import DeskFrame
from config.dashboard.todo_list import Asked
from config.running.monitoring import parts, status_page
from events.models import Viewing
from events.shared.admin import given_up
from events.shared.admin.current_forum import address_in, current_forum, keep_forum, named_forum, of_forum, seen_forums
from events.shared.formatting.names import row_name
from events.shared.formatting.numbers import LARGEST_KEY, whole_number
from events.shared.pages import preview
from events.shared.rights import memberships
from registration.sessions.attendance import tally


class ForumNamingView(AutocompleteJsonView):
    """Suggests rows of the forums in which the person may write what asks for them; only those of the forum that the address
    names (`forum`: its slug). Else it names the forum behind rows that belong to one, so that two rooms or speakers of one
    name can be told apart."""

    model_admin: Any  # of the rows: the site registers none that does not record

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        if forum := named_forum(self.request):
            rows = of_forum(rows, self.request)
            offered = getattr(
                rows, "offered_in", None
            )  # where forums may have rows of their own, such as session types
            rows = offered(forum) if offered else rows
        if getattr(rows.model, "FORUM", None) is None:
            return rows
        opts, user = self.source_field.model._meta, self.request.user
        rights = [f"{opts.app_label}.{get_permission_codename(verb, opts)}" for verb in ("change", "add")]
        return memberships.seen(rows, user, next((right for right in rights if user.has_perm(right)), rights[0]))

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """What is suggested was seen, where it is data of people."""

        context: dict[str, Any] = super().get_context_data(**more)
        self.model_admin.saw(self.request, Viewing.Kind.LIST, context["object_list"])
        return context

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:

        result = super().serialize_result(obj, to_field_name) | {"text": row_name(obj)}
        forum = getattr(obj, "forum", None)
        return (
            {**result, "text": f"{result['text']} · {forum}"} if forum and not self.request.GET.get("forum") else result
        )


# Staff change their password where everybody does, with its limits.
CHANGE_PASSWORD = RedirectView.as_view(pattern_name="account_change_password")


def _refusal(error: ValidationError | IntegrityError) -> str:
    """In words; empty for an error that is nobody's refusal."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return gettext("This was saved a moment ago. Look at the list.") if "unique" in str(error).casefold() else ""


class OrganisersSite(admin.AdminSite):
    site_header = _("WSIS Organisers")
    site_title = _("WSIS Organisers")
    index_title = _("Overview")
    # Our own menu (config/dashboard/menu.py) stands beside the page, without the script of Django's.
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("search/", self.admin_view(self.search), name="search"),
            path("tally/", self.admin_view(self.tally_now), name="tally"),
            path("set-up/", self.admin_view(self.set_up), name="set_up"),
            path("preview/", self.admin_view(self.preview), name="preview"),
            path("guide/", self.admin_view(self.guide), name="guide"),
            path("guide/<slug:name>/", self.admin_view(self.guide), name="guide"),
            path("status/", self.admin_view(self.status), name="status"),
            path("status/again/", self.admin_view(self.try_again), name="try_again"),
            path("person/<int:pk>/", self.admin_view(self.person), name="person"),
            # In place of Django's own pages:
            path("", self.admin_view(self.overview), name="index"),
            path("login/", self.log_in, name="login"),
            path("password_change/", self.admin_view(CHANGE_PASSWORD), name="password_change"),
            path("autocomplete/", self.admin_view(ForumNamingView.as_view(admin_site=self)), name="autocomplete"),
            *super().get_urls(),
        ]

    def set_up(self, request: HttpRequest) -> TemplateResponse:
        """What a forum and its prize need until they are public."""

        context = {**self.each_context(request), "title": _("Set-up"), "forum": current_forum(request)}
        if forum := context["forum"]:
            asked = Asked(forum, request.user, timezone.now())
            steps = forum_steps.steps(asked)
            context |= {"steps": steps, "done": sum(step.is_done for step in steps), "prize": prize_phases.line(asked)}
        response = TemplateResponse(request, "admin/set_up.html", context)
        preview.end(response)  # who comes back has seen enough
        return response

    @method_decorator(require_POST)
    def preview(self, request: HttpRequest) -> HttpResponse:
        """Let the person see the pages of a forum as they will be (POST `forum`: its address; `to`: the path of the first one)."""

        forum = current_forum(request)
        if forum is None:
            raise Http404
        home, to = reverse("events:home", args=[forum.slug]), request.POST.get("to", "")
        response = HttpResponseRedirect(to if to.startswith(home) else home)
        preview.begin(response, forum=forum, user=request.user)
        return response

    def guide(self, request: HttpRequest, name: str = guide.GUIDE) -> TemplateResponse:
        """The organisers' guide, or a document that it leads to, for whoever may see the admin."""
        if name not in guide.TITLES:
            raise Http404
        context = {"title": guide.TITLES[name], "guide": guide.render(name)}
        return TemplateResponse(request, "admin/guide.html", self.each_context(request) | context)

    def status(self, request: HttpRequest) -> TemplateResponse:
        """How the site is running, for whoever may see the admin."""

        now = timezone.now()
        rows = status_page.rows(parts.all_states(now), now=now)
        context = {
            "title": _("Site status"),
            "rows": rows,
            "summary": status_page.summary(rows),
            "runs": status_page.runs(),
            "failed": status_page.failed(request.user, now=now),
            "now": now,
        }
        return TemplateResponse(request, "admin/status.html", self.each_context(request) | context)

    @method_decorator(require_POST)
    def try_again(self, request: HttpRequest) -> HttpResponse:
        """Put a job that was given up back into its queue (POST `kind`, `key`), for whoever sees it on the page Site status."""

        kind, key = request.POST.get("kind", ""), whole_number(request.POST.get("key", ""), most=LARGEST_KEY)
        try:
            given_up.try_again(kind, key or 0, by=request.user, now=timezone.now())
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, gettext("It is tried again within a minute."))
        return redirect("admin:status")

    def person(self, request: HttpRequest, pk: int) -> TemplateResponse:
        """All that an account is, in the forums that the reader may see; for who may read that account."""

        found = person_page.find(self, request, pk=pk)
        if found is None:
            raise Http404
        kinds = person_page.kinds(self, request, person=found)
        context = {"title": str(found), "person": found, "kinds": list(kinds), "opts": found._meta, "may_list": True}
        return TemplateResponse(request, "admin/person.html", self.each_context(request) | context)

    def log_in(self, request: HttpRequest) -> HttpResponse:
        """Send visitors to the site's own log-in, with its limits; people without the right see nothing here (404)."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise Http404
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
            wanted = reverse("admin:index")
        return redirect_to_login(wanted, reverse("account_login"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What all pages have; without the list of apps, in place of which stands the frame."""
        return {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": self.site_url,
            "has_permission": self.has_permission(request),
            "is_popup": False,
            "is_nav_sidebar_enabled": False,
            "frame": SimpleLazyObject(partial(self._frame, request)),
        }

    def _frame(self, request: HttpRequest) -> Any:
        """What stands around the page."""

        return DeskFrame(self, request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Whoever has sent a form may have done what waited: it is counted again. Ways onward stay in the forum of the page.

        What a rule or a constraint refuses after the form was right (somebody was faster, or clicked twice) is told in words. The
        page is shown again as it was opened, without what was typed.
        """

        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
            try:
                answer: HttpResponseBase = view(request, *args, **parts)
            except (ValidationError, IntegrityError) as refusal:
                if request.method != "POST" or not (words := _refusal(refusal)):
                    raise
                messages.error(request, words)
                answer = HttpResponseRedirect(request.get_full_path())
            finally:
                if request.method == "POST":
                    waiting.forget(request.user, seen_forums(request))
            keep_forum(request, answer)
            return answer

        return super().admin_view(counted, cacheable)

    def search(self, request: HttpRequest) -> TemplateResponse:
        """What the one search finds (`q`)."""

        query = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:200]
        context = {
            "title": _("Search: %(query)s") % {"query": query} if query else _("Search"),
            "search_query": query,
            "shortest": search_page.SHORTEST,
            "kinds": list(search_page.search(self, request, query=query)),
        }
        return TemplateResponse(request, "admin/search.html", self.each_context(request) | context)

    def overview(self, request: HttpRequest) -> TemplateResponse:
        """What waits in the forum, and how it goes."""
        forum = current_forum(request)
        board = overview(user=request.user, forum=forum, now=timezone.now()) if forum else None
        context = {**self.each_context(request), "title": self.index_title, "subtitle": None, "board": board}
        if board:
            context["frame"].waiting = waiting.counted(board.waiting)
        context["is_second_step_needed"] = settings.REQUIRE_MFA
        return TemplateResponse(request, "admin/dashboard.html", context)

    @method_decorator(require_POST)
    def tally_now(self, request: HttpRequest) -> HttpResponse:
        """Count a forum's attendances at once (POST `forum`: its address)."""

        if not request.user.has_perm("registration.change_tally"):
            raise PermissionDenied
        forums = memberships.forums(request.user, "registration.change_tally")
        forum = get_object_or_404(forums, slug=request.POST.get("forum", "").replace("\0", ""))
        tally.recount(forum=forum, now=timezone.now())
        messages.success(request, _("The attendances of %(forum)s are counted.") % {"forum": forum})
        return HttpResponseRedirect(address_in(forum, "index"))
