"""What stands around every page of the organisers' site: the forum with the way to the others, the search, the bell, the menu."""

from functools import cached_property, lru_cache

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.dashboard import waiting
from config.dashboard.menu import HOME, Menu, MenuLink, list_above, menu
from config.dashboard.todo_list import Asked
from events.models import Forum
from events.models.forum import SELF, forum_paths
from events.shared.admin.admin_page_bases import admins_of
from events.shared.admin.current_forum import ALL, PARAMETER, current_forum, seen_forums
from events.shared.formatting.names import forum_name, local_text
from events.shared.formatting.times import date_range
from events.shared.rights import memberships


@lru_cache(maxsize=1_000)  # nothing is in it but these links
def _navigation(entries: tuple[MenuLink, ...], site: MenuLink | None, _language: str | None) -> SafeString:
    return render_to_string("admin/navigation.html", {"entries": entries, "site": site})


class DeskFrame:
    """Each part is made when a page shows it, and once."""

    def __init__(self, site: AdminSite, request: HttpRequest) -> None:
        self.site, self.request = site, request

    @cached_property
    def forum(self) -> Forum | None:
        return current_forum(self.request)

    @cached_property
    def is_of_all(self) -> bool:
        """Whether the page is a list of the rows of all forums."""
        return self._can_be_of_all and self.request.GET.get(PARAMETER) == ALL

    @property
    def days(self) -> str:
        """The days and the place of the forum."""
        forum = self.forum
        if forum is None:
            return ""
        return _("%(days)s, %(place)s") % {
            "days": date_range(forum.starts, forum.ends),
            "place": local_text(forum, "place"),
        }

    @cached_property
    def waiting(self) -> waiting.Numbers:
        if self.forum is None:
            return waiting.Numbers()
        return waiting.numbers(Asked(self.forum, self.request.user, timezone.now()))

    @cached_property
    def menu(self) -> Menu:
        pages = admins_of(self.site).items()
        lists = tuple(model._meta.label for model, one in pages if one.has_view_or_change_permission(self.request))
        return menu(self.request, lists=lists, forum=self.forum, numbers=self.waiting.by_entry)

    @cached_property
    def navigation(self) -> SafeString:
        """The menu as HTML: it stands twice on each page, for narrow screens and for wide ones."""
        return _navigation(self.menu.entries, self.menu.site, get_language())

    @cached_property
    def choices(self) -> list[MenuLink]:
        """The forums that the person may see, the latest first, each with this page in it; empty where there is only one."""
        forums = seen_forums(self.request)
        if len(forums) < 2:
            return []
        shown = None if self.is_of_all else self.forum
        links = [MenuLink(forum_name(one), self._in(one), one == shown) for one in reversed(forums)]
        if self._can_be_of_all:
            links.append(MenuLink(_("All forums"), f"{self.request.path}?{PARAMETER}={ALL}", self.is_of_all))
        return links

    @cached_property
    def ways_to_new(self) -> list[MenuLink]:
        """The ways to a further forum, for who may add one."""
        if self.forum is None or not self.request.user.has_perm("events.add_forum"):
            return []
        copy = reverse("admin:events_forum_next", args=[self.forum.pk])
        return [
            MenuLink(_("Make the next one from this"), copy),
            MenuLink(_("Add a forum"), reverse("admin:events_forum_add")),
        ]

    @property
    def _can_be_of_all(self) -> bool:
        """Whether the page is a list of rows that belong to forums."""
        match = self.request.resolver_match
        if match is None or not str(match.url_name).endswith("_changelist"):
            return False
        model = apps.get_model(str(match.url_name).removesuffix("_changelist").replace("_", ".", 1))
        return forum_paths(model) not in ((), (SELF,))

    def _in(self, forum: Forum) -> str:
        """The address of this page in another forum: for the page of a row the list of its kind, where there is one."""
        match, path = self.request.resolver_match, self.request.path
        query = urlencode({PARAMETER: forum.slug})
        # What one needs for the page, where it is one of ours.
        permission = getattr(self.request, "_own_page_permission", "")
        if permission and not memberships.has(self.request.user, permission, forum):
            return f"{reverse(HOME)}?{query}"
        names_forum = match is not None and ("/events/forum/" in path and len(match.kwargs) == 1)
        if match is not None and names_forum:
            return reverse(match.view_name, args=[forum.pk])
        if match is not None and match.kwargs:
            path = list_above(path)
        return f"{path}?{query}"
