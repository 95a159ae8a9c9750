"""What somebody is in the consultation, the programme and among the staff, for their account page (`events.shared.hooks.own_roles`).

Of a proposal it says no more than that it was submitted: its own page knows what its people were told.
"""

from django.db.models import Case, CharField, Exists, OuterRef, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now
from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import (
    Appearance,
    Approval,
    HostedSession,
    Membership,
    Proposal,
    Role,
    Session,
    Speaker,
)
from events.shared import hooks
from events.shared.formatting.names import forum_name
from events.shared.hooks import OwnRole, RoleRow, RoleSource, role_rows

State = Proposal.State
SHOWN = "shown"  # the public sees the speaker


_hosted = HostedSession.objects.filter(session__forum__is_public=True)
HOSTED = role_rows(_hosted, key="host", about="session__title", forum="session__forum", code="session__code")


def _host(row: RoleRow) -> OwnRole:
    return OwnRole(_("Host"), row.about, reverse("events:hosted", args=[row.slug, row.code]), _("Edit the session"))


@hooks.own_roles()
def hosts() -> RoleSource:
    """Those who edit a session."""
    return RoleSource("host", 30, HOSTED, "user", _host)


_public = Proposal.objects.filter(forum__is_public=True)
_columns = {"about": "title", "forum": "forum", "code": "code", "state": "state"}
MADE = role_rows(_public, key="proposer", **_columns)
EDITED = role_rows(_public, key="co-editor", **_columns)


def _of_proposal(row: RoleRow) -> OwnRole:
    name = _("Proposer") if row.key == "proposer" else _("Co-editor")
    told: dict[str, tuple[str, str]] = {
        State.DRAFT: (_("Draft"), "moved"),
        State.WITHDRAWN: (_("Withdrawn"), "cancelled"),
    }
    word, badge = told.get(row.state, (_("Submitted"), "ok"))
    url = reverse("events:proposal", args=[row.slug, row.code])
    return OwnRole(name, row.about or _("Draft without a title"), url, _("Open the proposal"), word, badge)


@hooks.own_roles()
def proposers() -> RoleSource:
    """Those who made a proposal."""
    return RoleSource("proposer", 40, MADE, "proposer", _of_proposal)


@hooks.own_roles()
def co_editors() -> RoleSource:
    """Those who edit a proposal of somebody else."""
    return RoleSource("co-editor", 41, EDITED, "editors", _of_proposal)


_asked_for = Approval.objects.waiting().filter(kind__startswith="role-")
HELD = role_rows(Membership.objects.all(), key="staff", about="role", forum="forum")
PROPOSED = role_rows(_asked_for, key="proposed", about=KT("values__role"), forum="forum")


def _staff(row: RoleRow) -> OwnRole:
    """`about` is the role; it counts in one forum, or in all."""
    name = str(Role(row.about).label)
    where = forum_name(row.forum) if row.forum else _("All forums")
    if row.key == "proposed":
        return OwnRole(name, where, "", "", _("Waits for a second supervisor"), "moved")
    return OwnRole(name, where, reverse("admin:index"), _("Open the organisers’ pages"))


@hooks.own_roles()
def staff() -> RoleSource:
    """Those who have a role among the staff."""
    return RoleSource("staff", 80, HELD, "account", _staff)


@hooks.own_roles()
def proposed() -> RoleSource:
    """Those whom a second supervisor has to agree to."""
    return RoleSource("proposed", 81, PROPOSED, "account", _staff)


# By the clock of the database: this is put together once, and an embargo ends later.
_seen = Appearance.objects.released().filter(speaker=OuterRef("pk"), session__in=Session.objects.public(Now()))
SPEAKING = role_rows(
    Speaker.objects.filter(forum__is_public=True),
    key="speaker",
    about="name",
    forum="forum",
    code=Cast("pk", CharField()),
    state=Case(When(Exists(_seen), then=Value(SHOWN)), default=Value("")),
)


def _speaker(row: RoleRow) -> OwnRole:
    if row.state == SHOWN:
        url, act = reverse("events:speaker", args=[row.slug, row.code]), _("See your page")
    else:
        url, act = reverse("events:programme", args=[row.slug]), _("Read the programme")
    return OwnRole(_("Speaker"), row.about, url, act)


@hooks.own_roles()
def speakers() -> RoleSource:
    """Those who connected their account as speakers."""
    return RoleSource("speaker", 20, SPEAKING, "account", _speaker)
