"""Roles in forums: what they allow where, who gives, agrees to and ends them, and what nobody can do alone."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import IntegrityError, transaction

from events.models import Country, Forum, HistoryEntry, Membership, Role, Session, Track, User
from events.shared.rights import memberships
from events.shared.rights.two_people.approvals import agree, drop
from tests.factories import (
    NOW,
    CountryFactory,
    ForumFactory,
    SessionFactory,
    UserFactory,
    allowed,
    join,
    staff,
)
from tests.refusals import refused
from tests.registration.people.accounts.second_factor.steps import with_app

pytestmark = pytest.mark.django_db
SEE, MOVE = "events.view_session", "events.change_session"
WHY = "They run the programme"


@pytest.fixture
def here():
    return ForumFactory(slug="here")


@pytest.fixture
def there():
    return ForumFactory(slug="there")


def give(account, role=Role.ORGANISER, *, by, forum=None):
    return memberships.give(account, role=role, forum=forum, reason=WHY, by=by, now=NOW)


def fresh(user):
    """The account as the next request finds it."""
    return User.objects.get(pk=user.pk)


# --- what a role allows, and where ------------------------------------------------------------------
def test_role_counts_in_its_forum_and_nowhere_else(here, there):
    person = staff(Role.PROGRAMME, forum=here)
    own, foreign = SessionFactory(forum=here), SessionFactory(forum=there)

    assert list(memberships.forums(person, MOVE)) == [here]
    assert list(memberships.seen(Session.objects.all(), person, MOVE)) == [own]
    assert list(memberships.seen(Forum.objects.all(), person, "events.change_forum")) == [here]
    assert [person.has_perm(MOVE, row) for row in (own, foreign, here, there)] == [True, False, True, False]
    assert (person.has_perm(MOVE), memberships.is_everywhere(person, MOVE)) == (True, False)
    assert person.has_perm("events.change_forum", here)
    assert not person.has_perm("registration.view_registration")
    assert person.has_module_perms("events")
    assert not person.has_module_perms("prizes")
    assert MOVE in person.get_all_permissions(own)
    assert MOVE not in person.get_all_permissions(foreign)


def test_role_in_two_forums_and_one_in_all(here, there):
    person, everywhere = staff(Role.PROGRAMME, forum=here), staff(Role.PROGRAMME)
    join(person, Role.PROGRAMME, forum=there)
    ForumFactory(slug="third")
    foreign = SessionFactory(forum=there)

    assert [forum.slug for forum in memberships.forums(person, MOVE).order_by("slug")] == ["here", "there"]
    assert memberships.forums(everywhere, MOVE).count() == 3
    assert memberships.is_everywhere(everywhere, MOVE)
    assert [one.has_perm(MOVE, foreign) for one in (person, everywhere)] == [True, True]


def test_what_belongs_to_the_whole_site_is_read_by_some_and_changed_by_those_of_all_forums(here):
    mali = CountryFactory()
    some, everywhere = staff(Role.ORGANISER, forum=here), staff(Role.ORGANISER)

    assert list(memberships.seen(Country.objects.filter(pk=mali.pk), some, "events.view_country")) == [mali]
    rights = ("events.view_country", "events.change_country")
    assert [some.has_perm(right, mali) for right in rights] == [True, False]
    assert [everywhere.has_perm(right, mali) for right in rights] == [True, True]


def test_row_that_names_no_forum_is_for_those_of_all_forums(here):
    person = allowed("events.view_historyentry", forum=here)
    HistoryEntry.objects.create(at=NOW, verb="add", model="events.user", key="1")
    own = HistoryEntry.objects.create(at=NOW, verb="add", model="events.room", key="1", forum=here)

    assert list(memberships.seen(HistoryEntry.objects.all(), person, "events.view_historyentry")) == [own]
    assert memberships.seen(HistoryEntry.objects.all(), staff(Role.ORGANISER), "events.view_historyentry").count() == 2


def test_one_of_several_ways_to_a_forum_is_enough(here, there, monkeypatch):
    monkeypatch.setattr(Track, "FORUM", ("forum__call__forum", "forum"), raising=False)
    own, foreign = (Track.objects.create(forum=forum, name="Track") for forum in (here, there))
    person = staff(Role.PROGRAMME, forum=here)

    assert list(memberships.seen(Track.objects.all(), person, "events.view_track")) == [own]
    assert [person.has_perm("events.change_track", row) for row in (own, foreign)] == [True, False]


@pytest.mark.parametrize("make", [AnonymousUser, UserFactory.build, lambda: staff(Role.PROGRAMME, is_active=False)])
def test_who_is_no_staff_or_closed_may_nothing_and_asks_nothing(make, django_assert_num_queries):
    person = make()

    with django_assert_num_queries(0):
        assert not person.has_perm(MOVE)
        assert not memberships.is_somewhere(person, MOVE)
        assert not person.has_module_perms("events")


def test_neither_groups_nor_permissions_of_an_account_give_a_right(here):
    """The attack: an older page, or somebody at the database, puts the account into a group."""
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name="organisers"))
    person.user_permissions.set(Permission.objects.all())

    person = fresh(person)

    assert not person.has_perm(MOVE)
    assert not person.has_perm(MOVE, SessionFactory(forum=here))
    assert not person.has_module_perms("events")


# --- giving -------------------------------------------------------------------------------------------
def test_supervisor_gives_a_role_and_the_history_says_so(first, here):
    person = UserFactory()

    made = give(person, by=first, forum=here)

    assert (made.given_by, made.reason) == (first, WHY)
    assert fresh(person).is_staff
    assert fresh(person).has_perm("events.change_forum", here)
    entry = HistoryEntry.objects.get(model="events.user", verb="give-role")
    said = (entry.actor, entry.key, entry.subject, entry.after, entry.forum, entry.reason)
    assert said == (first, str(person.pk), f"#{person.pk}", {"role": "organisers", "forum": "here"}, here, WHY)


def test_supervisor_of_a_forum_gives_roles_in_it_alone(here, there):
    person = staff(Role.SUPERVISOR, forum=here)
    join(person, Role.ORGANISER)

    assert refused(give, UserFactory(), by=person, forum=there) == "not-supervisor"
    assert refused(give, UserFactory(), by=person) == "not-supervisor"
    assert give(UserFactory(), by=person, forum=here).pk


def test_nobody_gives_a_right_that_they_lack(here, there):
    """The attack: a supervisor who is no prize officer makes one, whose account they hold."""
    person = staff(Role.SUPERVISOR)
    join(person, Role.ORGANISER, forum=here)

    refusals = [refused(give, UserFactory(), role, by=person) for role in (Role.PRIZE_OFFICER, Role.EXPERT)]
    refusals.append(refused(give, UserFactory(), Role.ORGANISER, by=person))
    refusals.append(refused(give, UserFactory(), Role.ORGANISER, by=person, forum=there))

    assert refusals == ["lacks-right"] * 4
    assert give(UserFactory(), Role.PROGRAMME, by=person, forum=here).pk  # organisers may all that it allows


def test_role_that_waits_gives_nothing_further(first):
    """The attack: one who waits to be a supervisor gives roles already, or agrees to their own."""
    friend = staff(Role.PROGRAMME)
    waiting = give(friend, Role.SUPERVISOR, by=first)

    assert refused(give, UserFactory(), Role.PROGRAMME, by=friend) == "not-supervisor"
    assert refused(agree, waiting, by=friend, now=NOW) == "to-oneself"
    assert not fresh(friend).has_perm(memberships.GIVE)


def test_closed_account_and_a_role_that_is_there_are_refused(first, here):
    person = UserFactory()
    give(person, by=first, forum=here)

    assert refused(give, person, by=first, forum=here) == "has-role"
    assert refused(give, UserFactory(is_active=False), by=first) == "closed-account"
    give(person, by=first)
    assert refused(give, person, by=first) == "has-role"


def test_right_that_ended_while_the_page_was_open_does_not_count(first, second, here):
    old = fresh(first)
    assert old.has_perm(memberships.GIVE)  # asked and kept, as in a request that takes its time
    staff(Role.SUPERVISOR)
    memberships.end(first.memberships.get(role=Role.SUPERVISOR), reason=WHY, by=second, now=NOW)

    assert refused(give, UserFactory(), by=old, forum=here) == "not-supervisor"


# --- agreeing -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.PRIZE_OFFICER, Role.EXPERT])
def test_role_that_lets_into_results_counts_once_a_second_supervisor_agrees(role, first, second):
    person = UserFactory()
    proposed = give(person, role, by=first)
    assert (person.memberships.count(), fresh(person).is_staff) == (0, False)

    agree(proposed, by=second, now=NOW)

    made = person.memberships.get()
    assert (made.given_by, made.agreed_by, made.reason, fresh(person).is_staff) == (first, second, WHY, True)
    assert memberships.rights(fresh(person)).everywhere == memberships.permissions_of(role)
    assert HistoryEntry.objects.filter(verb="agree-role", actor=second, key=str(person.pk)).count() == 1
    assert refused(give, person, role, by=first) == "has-role"


def test_who_gets_it_does_not_agree_nor_who_is_no_supervisor(first, second):
    proposed = give(second, Role.PRIZE_OFFICER, by=first)

    assert refused(agree, proposed, by=second, now=NOW) == "to-oneself"
    for verb, more in ((agree, {}), (drop, {"reason": WHY})):
        assert refused(verb, proposed, by=staff(Role.ORGANISER), now=NOW, **more) == "not-supervisor"
    assert not fresh(second).has_perm("prizes.view_result")


def test_account_that_was_closed_while_its_role_waited_gets_none(first, second):
    person = UserFactory()
    made = give(person, Role.EXPERT, by=first)
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert refused(agree, made, by=second, now=NOW) == "closed-account"


def test_role_given_by_who_is_no_supervisor_any_more_is_not_agreed_to(first, second):
    made = give(UserFactory(), Role.EXPERT, by=first)
    memberships.end(first.memberships.get(role=Role.SUPERVISOR), reason=WHY, by=first, now=NOW)

    assert refused(agree, made, by=second, now=NOW) == "first-is-gone"


def test_supervisor_whom_one_has_just_made_is_no_second_one(first, second):
    """The attack: with one agreement a supervisor gets a friend beside them, and from then on the two need nobody."""
    friend = UserFactory()
    agree(give(friend, Role.SUPERVISOR, by=first), by=second, now=NOW)
    made = give(UserFactory(), Role.PRIZE_OFFICER, by=first)

    for early in (NOW, NOW + timedelta(days=29)):
        assert refused(agree, made, by=friend, now=early) == "tied"
    join(friend, Role.EXPERT)
    other = memberships.give(UserFactory(), role=Role.EXPERT, forum=None, reason=WHY, by=friend, now=NOW)
    assert refused(agree, other, by=second, now=NOW) == "tied"  # who agreed has made them, too
    agree(made, by=friend, now=NOW + timedelta(days=31))


def test_role_that_waited_for_a_month_makes_no_second_supervisor_at_once(first, second):
    """The attack: a friend's role is given, left to wait for 30 days, and agreed to on the day on which it is needed."""
    friend, late = UserFactory(), NOW + timedelta(days=31)
    agree(give(friend, Role.SUPERVISOR, by=first), by=second, now=late)
    join(second, Role.EXPERT)
    made = give(UserFactory(), Role.EXPERT, by=second)

    assert refused(agree, made, by=friend, now=late) == "tied"


def test_who_gives_has_shown_the_second_step_just_now(first, settings):
    """The attack: a session that was left open on somebody's desk."""
    settings.REQUIRE_MFA = True
    one = {"role": Role.PROGRAMME, "forum": None, "reason": WHY, "by": first, "now": NOW}

    assert refused(memberships.give, UserFactory(), **one, authenticated=NOW) == "no-second-factor"
    with_app(first)
    for early in (None, NOW - timedelta(minutes=5)):
        assert refused(memberships.give, UserFactory(), **one, authenticated=early) == "not-recent"
    assert memberships.give(UserFactory(), **one, authenticated=NOW).pk


def test_database_refuses_what_the_rules_refuse(first, second):
    one = {"account": UserFactory(), "role": Role.EXPERT, "given_at": NOW, "agreed_at": NOW}
    same = {"given_by": first, "agreed_by": first}
    for wrong in ({"given_by": one["account"]}, {"agreed_by": one["account"]}, same, {"agreed_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(**one | wrong)
    Membership.objects.create(**one)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(**one)


# --- ending -------------------------------------------------------------------------------------------
def test_role_ends_and_with_the_last_one_the_way_into_the_admin(first, client):
    person = staff(Role.PROGRAMME)
    join(person, Role.ORGANISER)
    client.force_login(person)

    for role, status in ((Role.PROGRAMME, 200), (Role.ORGANISER, 302)):
        memberships.end(person.memberships.get(role=role), reason="Moved on", by=first, now=NOW)
        assert client.get("/admin/").status_code == status

    entry = HistoryEntry.objects.filter(verb="end-role").first()
    assert (entry.before, entry.reason) == ({"role": "organisers", "forum": "all"}, "Moved on")
    assert not fresh(person).is_staff


def test_who_ends_a_role_has_shown_the_second_step_just_now(first, settings):
    """The attack: a supervisor's session that was left open sends people away."""
    settings.REQUIRE_MFA = True
    held, leaving = staff(Role.PROGRAMME).memberships.get(), first.memberships.get(role=Role.ORGANISER)

    def end(one, **seen):
        return refused(memberships.end, one, reason=WHY, by=first, now=NOW, **seen)

    rows = (held, leaving)
    assert [end(one, authenticated=NOW) for one in rows] == ["no-second-factor"] * 2
    with_app(first)
    assert [end(one, authenticated=NOW - timedelta(minutes=5)) for one in rows] == ["not-recent"] * 2
    assert [end(one) for one in rows] == ["not-recent"] * 2
    memberships.end(held, reason=WHY, by=first, now=NOW, authenticated=NOW)
    assert not Membership.objects.filter(pk=held.pk).exists()


def test_everybody_may_leave_and_only_supervisors_send_away(first, here):
    person, other = staff(Role.ORGANISER), staff(Role.ORGANISER)
    held = person.memberships.get()

    assert refused(memberships.end, held, reason="", by=other, now=NOW) == "not-supervisor"
    of_a_forum = staff(Role.SUPERVISOR, forum=here)
    assert refused(memberships.end, held, reason="", by=of_a_forum, now=NOW) == "not-supervisor"
    memberships.end(held, reason="", by=person, now=NOW)
    assert not person.memberships.exists()
    assert refused(memberships.end, held, reason="", by=first, now=NOW) == "ended"


def test_last_supervisor_neither_leaves_nor_is_sent_away_nor_closed(first, here):
    held = first.memberships.get(role=Role.SUPERVISOR)
    staff(Role.SUPERVISOR, forum=here)  # gives no roles in all forums
    staff(Role.SUPERVISOR, is_active=False)
    give(UserFactory(), Role.SUPERVISOR, by=first)  # waits

    assert refused(memberships.end, held, reason="", by=first, now=NOW) == "last-supervisor"
    assert refused(memberships.check_may_close, first, by=first) == "last-supervisor"
    other = staff(Role.SUPERVISOR)
    memberships.check_may_close(first, by=first)
    memberships.end(held, reason="", by=first, now=NOW)
    assert list(memberships.supervisors()) == [other]


def test_one_supervisor_alone_does_not_get_rid_of_all_others(first, second):
    """The attack: send everybody else away, and nobody is left to say no."""
    third = staff(Role.SUPERVISOR)
    join(second, Role.PROGRAMME)
    memberships.end(third.memberships.get(), reason=WHY, by=first, now=NOW)
    held = second.memberships.get(role=Role.SUPERVISOR)

    assert refused(memberships.end, held, reason=WHY, by=first, now=NOW) == "two-supervisors"
    assert refused(memberships.check_may_close, second, by=first) == "two-supervisors"
    memberships.end(second.memberships.get(role=Role.PROGRAMME), reason=WHY, by=first, now=NOW)
    drop(give(UserFactory(), Role.SUPERVISOR, by=second), reason=WHY, by=first, now=NOW)  # declined
    memberships.end(staff(Role.SUPERVISOR, is_active=False).memberships.get(), reason=WHY, by=first, now=NOW)
    assert set(memberships.supervisors()) == {first, second}


# --- the set-up ---------------------------------------------------------------------------------------
def test_set_up_appoints_without_agreement_and_twice_is_once(first):
    person = UserFactory()
    waiting = give(person, Role.EXPERT, by=first)

    for _again in range(2):
        memberships.appoint(person, role=Role.EXPERT, now=NOW)
        memberships.appoint(person, role=Role.SUPERVISOR, now=NOW)

    assert set(person.memberships.values_list("role", "agreed_by")) == {("experts", None), ("supervisors", None)}
    assert set(memberships.supervisors()) == {first, person}
    assert refused(agree, waiting, by=staff(Role.SUPERVISOR), now=NOW) == "has-role"
