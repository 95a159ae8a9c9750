"""The menu of the organisers' site: at most twelve entries for one forum, and one for what belongs to the whole site.

An entry leads to the first of its pages that the person may see; all of them stand as a line of links above each of these pages.
A list that is new is named here, in the entry to which it belongs; else it stands with the site's own.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.models import Forum
from events.shared.admin.current_forum import PARAMETER
from events.shared.rights import memberships


class Page(NamedTuple):
    """A page that is no list: its name, that of its address, and the permission it needs ("": the admin site is enough)."""

    title: Any
    address: str
    permission: str = ""


class MenuEntry(NamedTuple):
    """An entry of the menu; `pages`: its lists, by the label of their model, and its other pages. Several together are one of
    its pages, and those that belong to it: the menu shows them beside it."""

    key: str
    title: Any
    pages: Sequence[str | Page | tuple[str, ...]]

    @property
    def groups(self) -> list[tuple[str | Page, ...]]:
        return [page if isinstance(page, tuple) and not isinstance(page, Page) else (page,) for page in self.pages]

    @property
    def every_page(self) -> list[str | Page]:
        return [page for group in self.groups for page in group]


HOME = "admin:index"
SITE = "site"
ENTRIES = (
    MenuEntry("overview", _("Overview"), [Page(_("Overview"), "index"), "events.HistoryEntry", "events.Viewing"]),
    MenuEntry(
        "set-up",
        _("Set-up"),
        [
            Page(_("Set-up"), "set_up", "events.view_forum"),
            *("events.Forum", "events.Partner", "events.PracticalPage", "events.News"),
            ("registration.Kind", "registration.RegistrationQuestion", "registration.Quota"),
            ("registration.RetentionPeriod", "registration.CertificateRule"),
            Page(_("Import or export"), "events_forum_exchange", "events.view_session"),
        ],
    ),
    MenuEntry("board", _("Board"), [Page(_("Board"), "events_forum_boards", "events.change_session")]),
    MenuEntry(
        "sessions",
        _("Sessions"),
        [
            *("events.Session", "events.Room", "events.Track", "events.SessionType", "events.Release"),
            *("events.Document", "registration.SeatHold"),
        ],
    ),
    MenuEntry("proposals", _("Proposals"), ["events.Proposal", "events.Call"]),
    MenuEntry("speakers", _("Speakers"), ["events.Speaker", "events.Appearance", "events.HostedSession"]),
    MenuEntry(
        "registrations",
        _("Registrations"),
        [
            ("registration.Registration", "registration.RegistrationDraft"),
            "registration.RegistrationInvitation",
            ("registration.FocalPoint", "registration.FocalPointRequest"),
            ("registration.Booking", "registration.Waiting"),
            ("registration.Attendance", "registration.Stay"),
            "registration.ParticipationCertificate",
        ],
    ),
    MenuEntry(
        "doors",
        _("Doors"),
        ["registration.Door", "registration.DoorPass", "registration.Scan"],
    ),
    MenuEntry(
        "messages", _("Messages"), ["events.Mailing", "events.Message", "events.MailText", "events.SuppressedAddress"]
    ),
    MenuEntry(
        "prize",
        _("Prize"),
        [
            ("prizes.Edition", "prizes.Category", "prizes.Criterion"),
            ("prizes.Nomination", "prizes.EarlierWinner"),
            ("prizes.Expert", "prizes.Assignment"),
            ("prizes.Ballot", "prizes.Quarantine"),
            ("prizes.Count", "prizes.Result"),
            *("prizes.Winner", "prizes.Certificate"),
        ],
    ),
    MenuEntry(
        "outcomes",
        _("Outcomes"),
        [
            *("events.Outcome", "events.SessionReport", "events.Commitment", "events.CommitmentReport"),
            "prizes.OutcomeDocument",
        ],
    ),
    MenuEntry(
        "statistics",
        _("Statistics"),
        [
            Page(_("Figures by groups"), "registration_tally_figures", "registration.view_tally"),
            *("registration.Tally", "events.Audience"),
        ],
    ),
    MenuEntry(
        SITE,
        _("Site and accounts"),
        [
            *("events.User", "events.Membership", "events.Approval", "events.Organisation", "events.Country"),
            *("events.Theme", "events.ActionLine", "events.SDG", "events.MatrixLink", "events.SearchWords"),
            Page(_("Site status"), "status"),
        ],
    ),
)


class MenuLink(NamedTuple):
    """A link with its name. `number`: how many things wait there; `is_current`: it leads to where the person is."""

    title: str
    url: str
    is_current: bool = False
    number: int = 0


class Menu(NamedTuple):
    """The entries for the forum, that of the whole site, and rows of the pages beside the one that is open."""

    entries: tuple[MenuLink, ...]
    site: MenuLink | None
    related: list[list[MenuLink]]  # those of the entry; and of these, the ones that belong to the one that is open


def menu(request: HttpRequest, *, lists: tuple[str, ...], forum: Forum | None, numbers: Mapping[str, int]) -> Menu:
    """The menu for a person who may see these lists (labels of models), in a forum; `numbers`: how many things wait, by entry."""
    user = request.user
    pages = tuple(
        page.address
        for page in _pages()
        if not page.permission or (forum and memberships.has(user, page.permission, forum))
    )
    found, current, below = _seen(lists, pages, get_language()), entry_of(request.path), _below(request.path)
    query = f"?{urlencode({PARAMETER: forum.slug})}" if forum else ""
    home = reverse(HOME)
    links = [
        MenuLink(title, f"{home}{groups[0][0].path}{query}", key == current, numbers.get(key, 0))
        for key, title, groups in found
    ]
    site = links.pop() if found and found[-1][0] == SITE else None
    groups = next((groups for key, _title, groups in found if key == current), [])
    opened = next((group for group in groups if any(one.path == below for one in group)), [])
    rows = [
        [MenuLink(group[0].title, f"{home}{group[0].path}{query}", group is opened) for group in groups],
        [MenuLink(one.title, f"{home}{one.path}{query}", one.path == below) for one in opened],
    ]
    return Menu(tuple(links), site, [row for row in rows if opened and len(row) > 1])


class _Place(NamedTuple):
    title: str
    path: str


@lru_cache(maxsize=1_000)
def _seen(
    lists: tuple[str, ...], pages: tuple[str, ...], _language: str | None
) -> list[tuple[str, str, list[list[_Place]]]]:
    """The entries of which a person may see something: key, title, and what they may see of each, in groups."""
    found = []
    declared = {page for entry in ENTRIES for page in entry.every_page}
    for entry in ENTRIES:
        more = [(label,) for label in lists if label not in declared] if entry.key == SITE else []
        seen = [[_place(page) for page in group if _is_seen(page, lists, pages)] for group in [*entry.groups, *more]]
        if groups := [group for group in seen if group]:
            found.append((entry.key, str(entry.title), groups))
    return found


def _is_seen(page: str | Page, lists: tuple[str, ...], pages: tuple[str, ...]) -> bool:
    return page.address in pages if isinstance(page, Page) else page in lists


def _place(page: str | Page) -> _Place:
    title = page.title if isinstance(page, Page) else apps.get_model(page)._meta.verbose_name_plural
    return _Place(capfirst(str(title)), _below(path_of(page)))


def path_of(page: str | Page) -> str:
    """The address of a page of the menu, without the forum."""
    name = page.address if isinstance(page, Page) else f"{page.lower().replace('.', '_')}_changelist"
    return reverse(f"admin:{name}")


def _below(path: str) -> str:
    """An address below the first page of the admin site: that one begins with the language."""
    return path.removeprefix(reverse(HOME))


@cache
def _pages() -> list[Page]:
    return [page for entry in ENTRIES for page in entry.every_page if isinstance(page, Page)]


@cache
def _entries_of_places() -> dict[str, str]:
    """The key of each entry, by the addresses of its pages."""
    return {_below(path_of(page)): entry.key for entry in ENTRIES for page in entry.every_page}


def entry_of(path: str) -> str:
    """The key of the entry under which an address lies; "" where it lies under none."""
    if "/board/" in path:
        return "board"
    places, below = _entries_of_places(), _below(path)
    return places.get(below) or places.get(_list_of(below), "")


def list_above(path: str) -> str:
    """The list of the menu under which an address lies, or the first page."""
    found = _list_of(_below(path))
    return reverse(HOME) + (found if found in _entries_of_places() else "")


def _list_of(below: str) -> str:
    """“events/session/” of “events/session/5/change/”."""
    return "".join(f"{part}/" for part in below.split("/")[:2])
