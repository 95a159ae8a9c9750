"""What each role can reach in one step: every page of the admin is sent all that could give a right, and then it is compared who
may do what, and who could sign in as whom. What is not declared here is a hole."""

import re
from collections import Counter

import pytest
from django.contrib import admin
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import URLPattern

from events.models import Approval, Forum, Membership, Message, Role, User
from events.shared.admin.admin import UserAdmin
from events.shared.admin.admin_page_bases import admins_of
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from registration.people.accounts.second_factor import lost_devices
from tests.factories import NOW, ForumFactory, UserFactory, confirmed, join, staff
from tests.registration.people.accounts.second_factor.steps import with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "waiting_counted_once")]

# Role → what one post of its people may change of accounts and rights: "of whom: what".
REACH = {
    Role.SUPERVISOR: {
        *(f"{whom}: {what}" for whom in ("self", "staff", "waits", "other") for what in ("closed", "profile")),
        *("self: fewer rights", "self: staff", "staff: fewer rights"),
        *("waits: more rights", "waits: staff"),  # agrees to what another supervisor gave
        *("other: second step", "other: log-ins", "other: approvals"),  # agrees to what another supervisor asked for
        *("staff: approvals", "waits: approvals"),  # asks for it
        *(f"{whom}: mails" for whom in ("self", "staff", "waits", "other", "bystander")),
    },
    Role.ORGANISER: {"other: closed", "other: profile", "other: mails", "new: made"},
    Role.PROGRAMME: set(),
    Role.PROPOSAL_REVIEWER: set(),
    Role.REGISTRATION_DESK: set(),
    Role.PRIZE_OFFICER: set(),
    Role.EXPERT: set(),
}
# A supervisor who has this role too → the roles that they can give to another; with "…" those that wait for a second one.
# To themselves: nothing, ever.
GIFTS = {
    Role.SUPERVISOR: {"supervisors…"},
    Role.ORGANISER: {"supervisors…", "organisers", "programme", "proposal reviewers", "registration desk"},
    Role.PROGRAMME: {"supervisors…", "programme", "proposal reviewers"},
    Role.PROPOSAL_REVIEWER: {"supervisors…", "proposal reviewers"},
    Role.REGISTRATION_DESK: {"supervisors…", "registration desk"},
    Role.PRIZE_OFFICER: {"supervisors…", "prize officers…", "experts…"},
    Role.EXPERT: {"supervisors…", "experts…"},
}
PASSWORD = "The attacker knows this one"
HOSTILE = {
    "email": "attacker@example.org",
    "name": "Attacker",
    "language": "fr",
    "time_zone": "UTC",
    "is_staff": "on",
    "groups": "1",
    "permissions": "1",
    "user_permissions": "1",
    "usable_password": "true",
    "password": PASSWORD,
    "password1": PASSWORD,
    "password2": PASSWORD,
    "verified": "on",
    "primary": "on",
    "reason": "Because",
    "forum": "",
    "apply": "1",
    "post": "yes",
    "select_across": "0",
}


class World:
    """Those whose accounts are attacked, and what can be seen of them."""

    def __init__(self, attacker):
        self.attacker = attacker
        self.people = {"self": attacker, "staff": staff(Role.PRIZE_OFFICER)}
        self.people |= {"waits": UserFactory(), "other": UserFactory()}
        join(self.people["staff"], Role.SUPERVISOR)
        self.supervisor = staff(Role.SUPERVISOR)
        for user in self.people.values():
            confirmed(user)
        giver = staff(Role.SUPERVISOR)
        join(giver, Role.PRIZE_OFFICER)
        self.waiting = memberships.give(
            self.people["waits"], role=Role.PRIZE_OFFICER, forum=None, reason="Why", by=giver, now=NOW
        )
        for user in self.people.values():
            with_app(user)
        self.lost = lost_devices.ask(self.people["other"], reason="Called", by=giver, authenticated=None, now=NOW)
        Message.objects.all().delete()
        self.names = {user.pk: name for name, user in self.people.items()}

    def state(self):
        """Of each account, what says who signs in as it and what it may do; and what the roles allow."""
        found, mails = {}, Counter(Message.objects.values_list("to", flat=True))
        states = Approval.objects.order_by("pk").values_list("account", "state")
        for user in User.objects.prefetch_related(
            "memberships", "groups", "user_permissions", "emailaddress_set", "authenticator_set"
        ):
            steps = {
                one.type: one.data["secret" if one.type == "totp" else "seed"] for one in user.authenticator_set.all()
            }
            held = {(one.role, one.forum_id) for one in user.memberships.all()}
            addresses = sorted((one.email, one.verified, one.primary) for one in user.emailaddress_set.all())
            found[user.pk] = {
                "rights": {*held, *user.groups.all(), *user.user_permissions.all()},
                "closed": not user.is_active,
                "staff": user.is_staff,
                "password": user.password,
                "address": (user.email, addresses),
                "profile": (user.name, user.language, user.time_zone),
                "second step": steps,
                "approvals": [state for account, state in states if account == user.pk],
                "log-ins": user.endings,
                "mails": mails.pop(user.email, 0),
            }
        allowed = Group.objects.values_list("name", "permissions__content_type__app_label", "permissions__codename")
        return found | {"roles": {"rights": set(allowed)}, "no account": {"mails": mails}}

    def changes(self, before, after):
        """What is another afterwards, as REACH names it."""
        found = set()
        for pk in after.keys() | before.keys():
            name = self.names.get(pk, pk if isinstance(pk, str) else "new" if pk not in before else "bystander")
            if pk not in after or pk not in before:
                found.add(f"{name}: {'made' if pk in after else 'gone'}")
                continue
            for what, value in after[pk].items():
                if what == "rights":
                    found |= {f"{name}: more rights"} if value - before[pk][what] else set()
                    found |= {f"{name}: fewer rights"} if before[pk][what] - value else set()
                elif before[pk][what] != value:
                    found.add(f"{name}: {what}")
        return found


def targets(world, models):
    """The addresses of the admin that say something of accounts and rights, each with what may be sent there; of some models only."""
    keys = {
        User: [user.pk for user in world.people.values()],
        Membership: [
            *(held.pk for name in ("self", "staff") for held in world.people[name].memberships.all()),
        ],
        Approval: [world.waiting.pk, world.lost.pk],
    }
    for model, pages in (
        (model, pages) for model, pages in admins_of(admin.site).items() if not models or model in models
    ):
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield f"{base}add/", {}
        for key in keys.get(model, []):
            places = [f"{key}/{name}/" for name in ("change", "delete", "password")]
            own = [str(page.pattern) for page in pages.get_urls() if isinstance(page, URLPattern)]
            places += [re.sub("<int:(key|pk)>", str(key), place) for place in own if re.match("<int:(key|pk)>", place)]
            for place in places:
                yield base + place, {"user": key, "account": key, "is_active": "on"}
                yield base + place, {"user": world.attacker.pk, "account": world.attacker.pk}
            for action in pages.actions:
                name = action if isinstance(action, str) else action.__name__
                yield base, {"action": name, "_selected_action": [key]}
    for user in world.people.values():
        yield "/admin/events/approval/lost-device/", {"email": user.email}
        for role in Role:
            yield "/admin/events/membership/give/", {"email": user.email, "role": role}


def reach(client, world, *, models=()):
    """What one post changes, of all that can be posted; each is taken back."""
    before, found = world.state(), set()
    for address, more in targets(world, models):
        with transaction.atomic():
            if client.post(address, HOSTILE | more).status_code not in {403, 404}:
                found |= world.changes(before, world.state())
            transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(
    "role",
    [pytest.param(role, marks=() if role in {Role.SUPERVISOR, Role.ORGANISER} else pytest.mark.whole) for role in Role],
)
def test_role_reaches_in_one_step_what_is_declared(client, role):
    ForumFactory()
    attacker = staff(role, password=make_password("Own words of mine"))
    world = World(attacker)
    client.force_login(attacker)

    assert reach(client, world) == REACH[role]


def test_walk_would_see_a_page_that_lets_staff_change_the_address_of_others(client, monkeypatch):
    """The control: as it was before."""
    own = ["roles", "suppressed", "last_login", "date_joined"]
    monkeypatch.setattr(UserAdmin, "get_readonly_fields", lambda _self, _request, obj=None: own if obj else [])
    attacker = staff(Role.ORGANISER)
    world = World(attacker)
    client.force_login(attacker)

    assert reach(client, world, models=[User]) == REACH[Role.ORGANISER] | {"other: address"}


def gift(by, account, role):
    """What comes of one try to give: "" where it is refused."""
    try:
        with transaction.atomic():
            made = memberships.give(account, role=role, forum=None, reason="Why", by=by, now=NOW)
            found = f"{role}{'' if isinstance(made, Membership) else '…'}"
            transaction.set_rollback(True)
            return found
    except ValidationError:
        return ""


@pytest.mark.parametrize("role", Role)
def test_supervisor_gives_what_is_declared_and_nothing_to_themselves(role):
    by = staff(Role.SUPERVISOR)
    if role != Role.SUPERVISOR:
        join(by, role)
    friend = UserFactory()

    assert {gift(by, friend, one) for one in Role} - {""} == GIFTS[role]
    assert {gift(by, by, one) for one in Role} == {""}


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPERVISOR])
def test_who_is_no_supervisor_agrees_to_and_ends_nothing(role):
    person, giver, friend = staff(role), staff(Role.SUPERVISOR), UserFactory()
    join(giver, Role.PRIZE_OFFICER)
    waiting = memberships.give(friend, role=Role.EXPERT, forum=None, reason="Why", by=giver, now=NOW)
    held = staff(Role.PROGRAMME).memberships.get()

    for verb in (
        lambda **how: approvals.agree(waiting, **how),
        lambda **how: approvals.drop(waiting, reason="Why", **how),
        lambda **how: memberships.end(held, reason="", **how),
    ):
        with pytest.raises(ValidationError):
            verb(by=person, now=NOW)


def test_roles_have_what_the_code_says_and_nothing_more(db):
    """An installation whose groups somebody had given more: the next migration takes it back."""
    from django.apps import apps
    from django.contrib.auth.models import Permission

    from events.shared.rights.roles import grant

    before = {role: memberships.permissions_of(role) for role in Role}
    for group in Group.objects.filter(name__in=Role.values):
        group.permissions.set(Permission.objects.all())

    for config in apps.get_app_configs():
        grant(config, using="default", apps=apps)

    assert {role: memberships.permissions_of(role) for role in Role} == before


def test_supervisor_of_one_forum_reaches_nobody_of_all_forums(client):
    attacker = staff(Role.SUPERVISOR, forum=ForumFactory())
    join(attacker, Role.ORGANISER, forum=Forum.objects.get())
    world = World(attacker)
    client.force_login(attacker)

    # They may leave, of which all supervisors read.
    assert reach(client, world) == {"self: fewer rights", "self: mails", "staff: mails", "bystander: mails"}
