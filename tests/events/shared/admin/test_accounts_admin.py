"""Pages of accounts and of roles: who is given what, and that no page takes over the account of another."""

from urllib.parse import unquote

import pytest
from django.urls import NoReverseMatch, reverse

from events.models import Approval, HistoryEntry, Message, Role, User
from events.shared.admin.admin import UserAdmin
from events.shared.rights import memberships
from tests.factories import NOW, ForumFactory, UserFactory, confirmed, join, staff
from tests.registration.people.accounts.second_factor.steps import shown, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
ACCOUNTS, ROLES = "/admin/events/user/", "/admin/events/membership/"


@pytest.fixture
def supervisor():
    person = staff(Role.SUPERVISOR)
    join(person, Role.ORGANISER)
    join(person, Role.PRIZE_OFFICER)
    return person


def site(client, person):
    client.force_login(person)
    return client


def act(client, action, *rows, **more):
    data = {"action": action, "_selected_action": [row.pk for row in rows], "select_across": "0"}
    return client.post(ROLES, data | more, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def give(client, email, role, **more):
    return client.post(
        f"{ROLES}give/", {"email": email, "role": role, "forum": "", "reason": "Why"} | more, follow=True
    )


# --- accounts -----------------------------------------------------------------------------------------
def test_organiser_takes_over_nobodys_account(client):
    """The attack of before: set another officer's password, or the address to which codes go."""
    officer, plain = staff(Role.PRIZE_OFFICER), UserFactory()
    for person in (officer, plain):
        person.set_password("Their own password")
        person.save()
    site(client, staff(Role.ORGANISER))
    wanted = {"email": "mine@example.org", "name": "X", "language": "en", "time_zone": "UTC", "is_active": "on"}
    more = {"password": "x", "password1": "Mine is 12345", "password2": "Mine is 12345", "is_staff": "on"}
    more |= {"groups": "1", "user_permissions": "1", "usable_password": "true"}

    answers = {}
    for person in (officer, plain):
        before = (person.email, person.password)
        answers[person] = client.post(f"{ACCOUNTS}{person.pk}/change/", wanted | more).status_code
        client.post(f"{ACCOUNTS}{person.pk}/password/", more)
        person.refresh_from_db()
        assert (person.email, person.password) == before
        assert (person.groups.count(), person.user_permissions.count()) == (0, 0)

    assert list(answers.values()) == [403, 302]
    assert (plain.is_staff, plain.name) == (False, "X")
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_user_password_change", args=[plain.pk])


def test_account_that_staff_make_has_no_password(client):
    site(client, staff(Role.ORGANISER))
    page = client.get(f"{ACCOUNTS}add/").content.decode()

    client.post(
        f"{ACCOUNTS}add/", {"email": "New@Example.org", "name": "Awa", "password1": "Known to me", "is_staff": 1}
    )

    made = User.objects.get(email="new@example.org")
    assert (made.has_usable_password(), made.is_staff, "password1" in page) == (False, False, False)


def test_link_goes_to_the_account_alone(client, supervisor):
    person = confirmed(email="awa@example.org")
    site(client, staff(Role.ORGANISER))
    page = f"{ACCOUNTS}{person.pk}/send-link/"
    assert page in client.get(f"{ACCOUNTS}{person.pk}/change/").content.decode()
    assert "awa@example.org" in client.get(page).content.decode()
    assert not Message.objects.exists()

    answer = client.post(page, {"email": "mine@example.org"}, follow=True)

    assert said(answer) == ["The link is on its way to awa@example.org."]
    letter = Message.objects.get()
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert "This account is closed. Open it first." in client.post(page).content.decode()
    assert letter.to == "awa@example.org"
    assert "/password/reset/key/" in letter.text
    assert "/password/reset/key/" not in answer.content.decode()
    assert HistoryEntry.objects.get(verb="send-link").key == str(person.pk)


def test_account_with_a_role_or_one_that_waits_is_closed_and_opened_by_supervisors(client, supervisor):
    """The attack: an organiser opens an account, and what was given before it was closed is agreed to."""
    officer, person = staff(Role.PRIZE_OFFICER), UserFactory()
    memberships.give(person, role=Role.EXPERT, forum=None, reason="Why", by=supervisor, now=NOW)
    User.objects.filter(pk=person.pk).update(is_active=False)
    closed = {"name": "Officer", "language": "en", "time_zone": "UTC"}

    answers = []
    for by in (staff(Role.ORGANISER), supervisor):
        site(client, by)
        for one, sent in ((officer, closed), (person, closed | {"is_active": "on"})):
            answers.append(client.post(f"{ACCOUNTS}{one.pk}/change/", sent).status_code)
    last = client.post(f"{ACCOUNTS}{supervisor.pk}/change/", closed)

    assert answers == [403, 403, 302, 302]
    found = [User.objects.get(pk=one.pk).is_active for one in (officer, person, supervisor)]
    assert found == [False, True, True]
    assert "last supervisor" in last.context["adminform"].form.errors["is_active"][0]


def test_page_of_an_account_that_was_open_for_long_undoes_nothing(client, supervisor, monkeypatch):
    """What comes between reading the account and saving it: a role, and a new password."""
    person = UserFactory()
    save_model = UserAdmin.save_model

    def late(pages, request, obj, form, change):
        join(User.objects.get(pk=obj.pk), Role.PROGRAMME)
        User.objects.filter(pk=obj.pk).update(password="new")
        save_model(pages, request, obj, form, change)

    monkeypatch.setattr(UserAdmin, "save_model", late)
    sent = {"name": "Another", "language": "en", "time_zone": "UTC", "is_active": "on"}
    assert site(client, supervisor).post(f"{ACCOUNTS}{person.pk}/change/", sent).status_code == 302

    person.refresh_from_db()
    assert (person.name, person.is_staff, person.password) == ("Another", True, "new")


# --- roles --------------------------------------------------------------------------------------------
def test_role_is_given_agreed_to_and_ended_on_the_pages(client, supervisor):
    person, second = UserFactory(email="awa@example.org"), staff(Role.SUPERVISOR)
    site(client, supervisor)
    assert f"{ROLES}give/" in client.get(ROLES).content.decode()

    waits = give(client, "Awa@Example.org", "prize officers")
    approval = Approval.objects.get(account=person)

    assert said(waits) == ["The role waits until a second supervisor agrees. They are told by mail."]
    assert not User.objects.get(pk=person.pk).is_staff
    site(client, second)
    assert "Give a role: Prize officer" in client.get("/admin/events/approval/").content.decode()
    assert said(client.post(f"/admin/events/approval/{approval.pk}/agree/", follow=True)) == ["Done."]
    held = person.memberships.get()
    assert User.objects.get(pk=person.pk).has_perm("prizes.view_result")
    asked = act(client, "end", held)
    assert "End roles" in asked.content.decode()
    assert said(act(client, "end", held, apply="1", reason="Moved on")) == ["1 role has ended."]
    assert not User.objects.get(pk=person.pk).is_staff
    assert HistoryEntry.objects.get(verb="end-role").reason == "Moved on"


def test_second_step_is_asked_for_again_before_a_role_is_given_or_agreed_to(client, supervisor, settings):
    settings.REQUIRE_MFA = True
    person, second = UserFactory(), with_app(staff(Role.SUPERVISOR))
    with_app(supervisor)
    join(second, Role.EXPERT)
    how = {"by": second, "authenticated": NOW, "now": NOW}
    held = memberships.give(person, role=Role.EXPERT, forum=None, reason="Why", **how)
    site(client, supervisor)
    client.post("/accounts/2fa/reauthenticate/", {"code": shown()})
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 6 * 60
    session.save()

    sent = {"email": person.email, "role": "programme", "forum": "", "reason": "Why"}
    given = client.post(f"{ROLES}give/", sent)
    agreed = client.post(f"/admin/events/approval/{held.pk}/agree/")

    assert ["reauthenticate" in answer["Location"] for answer in (given, agreed)] == [True, True]
    assert person.memberships.count() == 0
    going_on = {"code": shown(seconds=30), "next": unquote(agreed["Location"].partition("?next=")[2])}
    client.post(agreed["Location"], going_on)
    assert person.memberships.get().agreed_by == supervisor


def test_supervisor_of_a_forum_is_offered_that_forum_alone(client):
    here = ForumFactory(slug="here")
    ForumFactory(slug="there")

    form = site(client, staff(Role.SUPERVISOR, forum=here)).get(f"{ROLES}give/").context["form"]

    assert [str(label) for _key, label in form.fields["forum"].choices] == [str(here)]
    assert list(give(client, UserFactory().email, "programme").context["form"].errors) == ["forum"]


def test_what_is_refused_stands_at_its_field_and_nothing_is_lost(client, supervisor):
    site(client, supervisor)

    def errors(**more):
        form = give(client, **{"email": UserFactory().email, "role": "programme"} | more).context["form"]
        assert form["reason"].value() == "Why"
        return dict(form.errors)

    assert errors(email="nobody@example.org") == {"email": ["There is no account with this address."]}
    join(held := UserFactory(), "programme")
    assert errors(email=held.email) == {"role": ["This account has this role there already."]}
