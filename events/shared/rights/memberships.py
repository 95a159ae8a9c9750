"""Roles in forums: what an account may do where, and how a role is given, agreed to and ended.

A membership gives a role in one forum or in all; what the role may do stands in the Django group of its name (`*/roles.py`).
Every list, search and page of the staff starts from here: `seen`, `forums`, or `user.has_perm(permission, row)`.

Models say where their forum is, by a class attribute: `FORUM = "session__forum"`; "self" for the forum itself; several
names where it is one of them; None for what belongs to the whole site, such as countries and accounts.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, CharField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import AGREED_BY_TWO, Approval, Forum, Membership, Role, User
from events.models.forum import SELF, forum_key, forum_paths
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.rights import hooks
from events.shared.rights.held_rights import NONE, Rights, counts_in_the_archive
from events.shared.rights.two_people import approvals, presence
from events.shared.rights.two_people.approvals import ApprovalKind

GIVE = "events.give_membership"
type Person = User | AnonymousUser


# --- what an account may do -----------------------------------------------------------------------
def rights(user: Person) -> Rights:
    """What an account may do where. One query for each object of the account, so one a request; none for who is no staff."""
    if not (user.is_active and user.is_staff):  # a visitor is neither
        return NONE
    known: Rights | None = getattr(user, "_rights", None)  # of the account, where `user` is the request's lazy one too
    if known is None:
        known = _ask(user.pk)
        user._rights = known  # type: ignore[attr-defined]
    return known


ARCHIVED = "archived"  # in place of a permission


# Role, forum, permission: the memberships that are in force, the permissions of roles, and which forums are archived.
_IN_FORCE = Membership.objects.order_by()
_WHERE = _IN_FORCE.values_list("role", "forum_id", Value("", CharField()), Value("", CharField()))
_WHAT = Group.permissions.through.objects.order_by().values_list(
    "group__name", Value(None, BigIntegerField()), "permission__content_type__app_label", "permission__codename"
)
_CLOSED = (
    Forum.objects.exclude(archived=None)
    .order_by()
    .values_list(Value("", CharField()), "pk", Value(ARCHIVED, CharField()), Value("", CharField()))
)


def _held(account_id: int) -> Iterator[tuple[str, int | None, str]]:
    """What an account holds: role, forum and permission, in each row two of them, and which forums are archived. One query."""
    what = _WHAT.filter(group__name__in=_IN_FORCE.filter(account=account_id).values("role"))
    found: Any = _WHERE.filter(account=account_id).union(what, _CLOSED, all=True).order_by()
    for role, forum, app, codename in found:
        yield role, forum, f"{app}.{codename}" if codename else app


def _ask(account_id: int) -> Rights:
    """See `_held`. One query."""
    rows = list(_held(account_id))
    permissions: dict[str, set[str]] = {}
    for role, _forum, may in rows:
        if role and may:
            permissions.setdefault(role, set()).add(may)
    everywhere: set[str] = set()
    somewhere: dict[str, set[int]] = {}
    for role, forum_id, may in rows:
        if may:
            continue
        if forum_id is None:
            everywhere |= permissions.get(role, set())
        else:
            for permission in permissions.get(role, ()):
                somewhere.setdefault(permission, set()).add(forum_id)
    archived = frozenset(forum_id for _role, forum_id, may in rows if forum_id and may == ARCHIVED)
    return Rights(frozenset(everywhere), {name: frozenset(keys) for name, keys in somewhere.items()}, archived)


def is_everywhere(user: Person, permission: str) -> bool:
    """Whether an account has a permission in all forums, those to come too."""
    return permission in rights(user).everywhere


def is_in_every_row(user: Person, permission: str) -> bool:
    """Whether an account has a permission for all rows of all forums: everywhere, and no archived forum is closed to it."""
    return is_everywhere(user, permission) and not rights(user).closed(permission)


def is_somewhere(user: Person, permission: str) -> bool:
    """Whether an account has a permission in some forum, or in all."""
    return is_everywhere(user, permission) or bool(rights(user).forums(permission))


def forums(user: Person, permission: str) -> QuerySet[Forum]:
    """The forums in which an account has a permission."""
    if is_everywhere(user, permission):
        return Forum.objects.exclude(pk__in=rights(user).closed(permission))
    return Forum.objects.filter(pk__in=rights(user).forums(permission))


def within(user: Person, permission: str, path: str = "forum") -> Q:
    """That the forum which a row names at `path` is one in which an account has a permission; to be joined to others by & or |."""
    if is_in_every_row(user, permission):
        return ~Q(pk__in=[])  # always; an empty Q would get lost beside another
    if is_everywhere(user, permission):
        return ~Q(**{f"{path}__in": rights(user).closed(permission)})
    return Q(**{f"{path}__in": rights(user).forums(permission)})


def forums_of(user: Person) -> frozenset[int] | None:
    """The keys of the forums in which an account may do anything at all; None: all."""
    held = rights(user)
    if held.everywhere:
        return None
    return frozenset[int]().union(*held.somewhere.values())


def seen[Row: Model](rows: QuerySet[Row], user: Person, permission: str) -> QuerySet[Row]:
    """Of these rows those of forums in which an account has a permission. What belongs to the whole site is there for who
    has it in some forum; a row that names no forum, where others do, for who has it in all."""
    if is_in_every_row(user, permission):
        return rows
    if not is_somewhere(user, permission):
        return rows.none()
    found = [within(user, permission, "pk" if path == SELF else path) for path in forum_paths(rows.model)]
    # In all forums but the archived ones: none of the forums that a row names may be one of these.
    return rows.filter(Q(*found, _connector=Q.AND if is_everywhere(user, permission) else Q.OR))


def may(user: Person, permission: str, row: Any) -> bool:
    """Whether an account has a permission for this row: in its forum. What belongs to the whole site may be read with it
    in any forum, and changed with it in all."""
    paths = forum_paths(type(row)) if isinstance(row, Model) else ()
    if is_everywhere(user, permission):
        closed = rights(user).closed(permission)
        return not (closed and any(forum_key(row, path) in closed for path in paths))
    keys = rights(user).forums(permission)
    if not keys or not isinstance(row, Model):
        return False
    if not paths:
        return permission.partition(".")[2].startswith("view_")
    return any(forum_key(row, path) in keys for path in paths)


def has(user: Person, permission: str, row: Any = None) -> bool:
    """Whether an account has a permission in some forum; with a row, for this row. What `user.has_perm` answers, without the
    way through all backends: a page asks it some two hundred times."""
    return is_somewhere(user, permission) if row is None else may(user, permission, row)


def held_by(account: str, permission: str, *, forum: str) -> Q:
    """That the account which a row names at a path has a permission in the forum that it names at another: `may`, of whoever is not
    here, in the query that reads the row."""
    app, codename = permission.split(".")
    roles = Group.objects.filter(permissions__content_type__app_label=app, permissions__codename=codename)
    held = Membership.objects.filter(Q(forum=None) | Q(forum=OuterRef(forum)), account=OuterRef(account))
    is_staff = {f"{account}__is_active": True, f"{account}__is_staff": True}
    is_open = {} if counts_in_the_archive(permission) else {f"{forum}__archived": None}
    return Q(Exists(held.filter(role__in=roles.values("name")).order_by()), **is_staff, **is_open)


# --- supervisors ----------------------------------------------------------------------------------
def supervisors(forum: Forum | None = None) -> QuerySet[User]:
    """The accounts that may give roles in a forum; None: in all forums."""
    held = Membership.objects.filter(Q(forum=None) | Q(forum=forum), role=Role.SUPERVISOR)
    return User.objects.filter(pk__in=held.values("account"), is_active=True).order_by("pk")


def _in_turn() -> None:
    """Whoever changes rights waits here for whoever changes them already, and then sees what came of it."""
    list(Membership.objects.select_for_update().filter(role=Role.SUPERVISOR).order_by("pk").values_list("pk"))


def _check_supervisor(by: User, forum_id: int | None) -> None:
    """Refuses `not-supervisor`: asked again now, for the right may have ended while the page was open."""
    if not supervisors_include(by, forum_id):
        raise ValidationError(_("Only a supervisor of the forum gives and ends roles there."), code="not-supervisor")


def supervisors_include(person: User, forum_id: int | None) -> bool:
    """Whether an account is among the supervisors of a forum (None: of all) at this moment. One query."""
    held = Membership.objects.filter(account=person.pk, account__is_active=True, role=Role.SUPERVISOR)
    return held.filter(Q(forum=None) | Q(forum=forum_id)).exists()


def check_open(account: User) -> None:
    """Refuses `closed-account`."""
    if not account.is_active:
        raise ValidationError(_("This account is closed. Open it first."), code="closed-account")


# --- the verbs ------------------------------------------------------------------------------------
@transaction.atomic
def give(
    account: User,
    *,
    role: str,
    forum: Forum | None,
    reason: str,
    by: User,
    now: datetime,
    authenticated: datetime | None = None,
) -> Membership | Approval:
    """Give an account a role in a forum; None: in all forums. It counts at once, or as soon as a second supervisor agrees
    (`AGREED_BY_TWO`).

    Refuses `not-supervisor`, `to-oneself`, `lacks-right` (nobody gives what they may not do themselves in that forum),
    `closed-account`, `has-role`, and as `approvals.propose` does.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    _in_turn()
    where = forum.pk if forum else None
    _check_supervisor(by, where)
    if account.pk == by.pk:
        raise ValidationError(_("Nobody gives a role to themselves. Ask another supervisor."), code="to-oneself")
    held = _ask(by.pk)
    if not all(held.hold(permission, forum_id=where) for permission in permissions_of(role)):
        message = _("You cannot give this role, for you may not do yourself all that it allows.")
        raise ValidationError(message, code="lacks-right")
    made = Membership(account=account, role=role, forum=forum, reason=reason, given_by=by, given_at=now)
    _check_new(made)
    if role in AGREED_BY_TWO:
        who: dict[str, Any] = {"by": by, "authenticated": authenticated, "now": now}
        return approvals.propose(
            ROLES[role], account, forum=forum, account=account, values=_said(made), reason=reason, **who
        )
    made.save()
    log.record(account, verb=Verb.GIVE_ROLE, by=by, now=now, after=_said(made), **_entry(made, reason))
    _follow(account)
    _tell(made, Verb.GIVE_ROLE, by=by, reason=reason, now=now)
    return made


def _check_new(made: Membership) -> None:
    """Refuses `closed-account`, `has-role`."""
    check_open(made.account)
    if Membership.objects.filter(account=made.account, role=made.role, forum=made.forum).exists():
        raise ValidationError(_("This account has this role there already."), code="has-role")


@transaction.atomic
def appoint(account: User, *, role: str, forum: Forum | None = None, now: datetime) -> Membership:
    """Give a role without anybody's agreement: by who set the site up, and has its command line. Twice is once."""
    held = Membership.objects.filter(account=account, role=role, forum=forum).first()
    if held is None:
        held = Membership.objects.create(account=account, role=role, forum=forum, given_at=now, agreed_at=now)
        log.record(account, verb=Verb.GIVE_ROLE, by=None, now=now, after=_said(held), **_entry(held, ""))
        _follow(account)
    return held


# --- roles that a second supervisor agrees to -------------------------------------------------------
def _proposed(approval: Approval, account: User) -> Membership:
    """The role that is proposed, not saved."""
    role = approval.values["role"]
    given = {"given_by": approval.proposed_by, "given_at": approval.proposed, "reason": approval.reason}
    return Membership(account=account, role=role, forum=approval.forum, **given)


def _lock(approval: Approval, _now: datetime) -> User:
    _in_turn()
    return User.objects.get(pk=approval.subject)


def _begin(approval: Approval, account: User, by: User, now: datetime) -> None:
    """From now on the role counts. Refuses `not-supervisor` (who gave it has to be one still, too), `closed-account`,
    `has-role`."""
    for person in (by, approval.proposed_by):
        _check_supervisor(person, approval.forum_id)
    made = _proposed(approval, account)
    _check_new(made)
    made.agreed_by, made.agreed_at = by, now
    made.save()
    _follow(account)


def _tell_of(approval: Approval, account: User, by: User, reason: str, now: datetime) -> None:
    """Mails, as of every change of a role."""
    states = Approval.State
    verbs = {states.PROPOSED: "", states.AGREED: Verb.AGREE_ROLE, states.DROPPED: Verb.END_ROLE}
    _tell(_proposed(approval, account), verbs[states(approval.state)], by=by, reason=reason, now=now)


ROLES: dict[str, ApprovalKind] = {
    role: approvals.add(
        ApprovalKind(
            name=f"role-{role}",
            words=format_lazy(gettext_lazy("Give a role: {role}"), role=role.label),
            permission=GIVE,
            verbs=(Verb.GIVE_ROLE, Verb.AGREE_ROLE, Verb.END_ROLE),
            lock=_lock,
            carry_out=_begin,
            called=lambda account: f"#{account.pk}",
            check_drop=lambda approval, _account, by, _now: _check_supervisor(by, approval.forum_id),
            tell=_tell_of,
        )
    )
    for role in AGREED_BY_TWO
}


@transaction.atomic
def end(membership: Membership, *, reason: str, by: User, now: datetime, authenticated: datetime | None = None) -> None:
    """End a role. Everybody may leave a role of their own.

    Refuses `not-supervisor`, `ended`, and as `presence.must_be_present` and `check_stay` do.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    _in_turn()
    held = Membership.objects.select_for_update().filter(pk=membership.pk).first()
    if held is None:
        raise ValidationError(_("This role has ended already."), code="ended")
    if by.pk != held.account_id:
        _check_supervisor(by, held.forum_id)
    check_stay(held.account, by=by, leaving=held)
    account = held.account
    log.record(account, verb=Verb.END_ROLE, by=by, now=now, before=_said(held), **_entry(held, reason))
    _tell(held, Verb.END_ROLE, by=by, reason=reason, now=now)
    held.delete()
    _follow(account)


def is_last_supervisor(account: User) -> bool:
    """Whether an account may give roles in all forums, and nobody else may. One query."""
    return [one.pk for one in supervisors()[:2]] == [account.pk]


def check_may_close(account: User, *, by: User) -> None:
    """Refuses as `check_stay` does. Called in the transaction in which an account is closed."""
    _in_turn()
    check_stay(account, by=by)


def check_stay(account: User, *, by: User, leaving: Membership | None = None) -> None:
    """Refuses `last-supervisor` where nobody else may give roles in all forums once an account is closed, or once this role
    of it has ended; and `two-supervisors` where only one may, unless the person leaves: nobody sends away all others and
    rules alone. Called in a transaction in which changes of rights take turns."""
    own = supervisors().filter(pk=account.pk)
    if leaving is not None:
        own = own.filter(memberships=leaving.pk, memberships__role=Role.SUPERVISOR, memberships__forum=None)
    others = supervisors().exclude(pk=account.pk).count()
    if others > 1 or not own.exists():
        return
    if not others:
        message = _("This is the last supervisor of all forums. Make somebody else one first.")
        raise ValidationError(message, code="last-supervisor")
    if by.pk != account.pk:
        message = _(
            "Only one supervisor of all forums would be left, and could do everything alone. Make a third one first; or ask "
            "those who run the site to appoint one (manage.py appoint)."
        )
        raise ValidationError(message, code="two-supervisors")


def permissions_of(role: str) -> set[str]:
    """What a role may do: names of permissions with their app."""
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def take_all(account: User) -> None:
    """End all roles of an account that was erased before a restore brought it back: nobody is asked or told."""
    account.memberships.all().delete()
    Approval.objects.filter(account=account).delete()
    _follow(account)


def _follow(account: User) -> None:
    """The admin is open to who has a role that counts: written here only."""
    account.is_staff = Membership.objects.filter(account=account.pk).exists()
    account.save(update_fields=["is_staff"])
    account._rights = None  # type: ignore[attr-defined]


def _tell(held: Membership, verb: str, *, by: User, reason: str, now: datetime) -> None:
    for function in hooks.role_changed.of():
        function(held, verb, by, reason, now)


def _said(held: Membership) -> dict[str, str]:
    return {"role": held.role, "forum": held.forum.slug if held.forum else "all"}


def _entry(held: Membership, reason: str) -> dict[str, Any]:
    """The account by its number alone: the history outlives the person's data."""
    return {"forum_id": held.forum_id, "label": f"#{held.account_id}", "reason": reason}
