"""What one person is told of their own affairs: that they are registered, on the account page; and notes, shown first on every page while something of theirs is unfinished.

What there is to say may be known higher up only: such an app hangs a function on `registration.accreditation.hooks.banner`. Visitors
without an account are never asked about.
"""

from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum, User
from events.shared import hooks
from events.shared.formatting.names import forum_name
from events.shared.hooks import OwnRole, RoleRow, RoleSource, role_rows
from registration.accreditation import hooks as accreditation_hooks
from registration.accreditation.delegations import focal_points as answering
from registration.models import FocalPoint, Registration


def notes_for(user: object, *, forum: Forum, page: str, now: datetime) -> list[str]:
    """The notes that a person gets on a page, as HTML; none for a visitor."""
    if not isinstance(user, User):
        return []
    return [html for function in accreditation_hooks.banner.of() if (html := function(user, forum, page, now))]


_standing = Registration.objects.standing().filter(forum__is_public=True)
REGISTERED = role_rows(_standing, key="attendee", forum="forum", code="state", state="mode")


def _attendee(row: RoleRow) -> OwnRole:
    """Who takes part is led to the agenda, others to what is decided on their registration."""
    if row.code != Registration.State.APPROVED:
        url, state = reverse("registration:register", args=[row.slug]), Registration.State(row.code)
        badge = "cancelled" if state == Registration.State.REFUSED else "moved"
        return OwnRole(_("Attendee"), forum_name(row.forum), url, _("See my registration"), str(state.label), badge)
    url = reverse("registration:agenda", args=[row.slug])
    return OwnRole(
        _("Attendee"), forum_name(row.forum), url, _("Open my agenda"), str(Registration.Mode(row.state).label), "ok"
    )


_public = FocalPoint.objects.filter(forum__is_public=True)
ANSWERING = role_rows(_public, key="focal-point", about="organisation__name", forum="forum")


def _focal_point(row: RoleRow) -> OwnRole:
    url = reverse("registration:delegation", args=[row.slug])
    return OwnRole(_("Focal point"), row.about, url, _("Open my delegation"))


@accreditation_hooks.banner()
def delegation(user: User, forum: Forum, page: str, now: datetime) -> str:
    """On the home page, for its focal points: the way to their delegation, and how many wait for them."""
    if page != reverse("events:home", args=[forum.slug]):
        return ""
    if not FocalPoint.objects.filter(user=user, forum=forum).exists():
        return ""
    number = answering.waiting(user, forum=forum).count()
    words = (
        ngettext("%(number)s person waits for your decision.", "%(number)s people wait for your decision.", number)
        % {"number": number}
        if number
        else _("Nobody waits for your decision.")
    )
    there = reverse("registration:delegation", args=[forum.slug])
    return format_html('<div class="note"><p><a href="{}">{}</a> {}</p></div>', there, _("My delegation"), words)


@hooks.own_roles()
def focal_points() -> RoleSource:
    """Those who answer for the people of an organisation."""
    return RoleSource("focal-point", 20, ANSWERING, "user", _focal_point)


@hooks.own_roles()
def attendees() -> RoleSource:
    """Those who are registered for a forum."""
    return RoleSource("attendee", 10, REGISTERED, "user", _attendee)
