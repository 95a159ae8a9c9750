"""A change of rights is mailed to the person and to the supervisors."""

import pytest

from events.models import Message, Role, User
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from tests.factories import NOW, ForumFactory, UserFactory, confirmed, join, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def by():
    person = staff(Role.SUPERVISOR, name="Sue", email="sue@example.org")
    join(person, Role.ORGANISER)
    join(person, Role.PRIZE_OFFICER)
    return person


def letters():
    """The subject that each address reads; the outbox is emptied."""
    found = {row.to: row.subject for row in Message.objects.filter(kind="role")}
    Message.objects.all().delete()
    return found


def test_person_and_supervisors_read_of_each_step(by):
    forum, second = ForumFactory(), staff(Role.SUPERVISOR, email="second@example.org", language="fr")
    staff(Role.SUPERVISOR, forum=ForumFactory(slug="other"))
    person = UserFactory(name="Awa", email="awa@example.org")

    held = memberships.give(person, role=Role.EXPERT, forum=forum, reason="Knows fibre", by=by, now=NOW)
    assert "Knows fibre" in Message.objects.get(to="awa@example.org").text
    assert "/admin/events/approval/" in Message.objects.get(to="sue@example.org").text
    assert Message.objects.get(to="second@example.org").language == "fr"
    assert set(Message.objects.values_list("queue", flat=True)) == {"account"}  # whoever gave it cannot take them back
    given = letters()
    approvals.agree(held, by=second, now=NOW)
    agreed = letters()
    memberships.end(person.memberships.get(), reason="Jury is over", by=second, now=NOW)
    assert "Jury is over" in Message.objects.get(to="awa@example.org").text
    ended = letters()

    everybody = {"awa@example.org", "sue@example.org", "second@example.org"}
    assert [set(one) for one in (given, agreed, ended)] == [everybody] * 3
    subjects = [one["awa@example.org"] for one in (given, agreed, ended)]
    role = "Expert of the prize"
    assert subjects == [f"A role waits for you: {role}", f"You have a new role: {role}", f"Your role has ended: {role}"]
    subjects = [one["sue@example.org"] for one in (given, agreed, ended)]
    assert subjects == [
        f"A role waits for a second supervisor: Awa, {role}",
        f"Awa has a new role: {role}",
        f"A role of Awa has ended: {role}",
    ]


def test_role_that_counts_at_once_and_a_person_who_leaves(by):
    person = UserFactory(name="Awa", email="awa@example.org")

    held = memberships.give(person, role=Role.PROGRAMME, forum=None, reason="Why", by=by, now=NOW)
    assert "(All forums). It counts from now on." in Message.objects.get(to="awa@example.org").text
    assert letters()["sue@example.org"] == "Awa has a new role: Programme team"
    memberships.end(held, reason="", by=person, now=NOW)

    assert letters()["sue@example.org"] == "A role of Awa has ended: Programme team"


def test_supervisor_who_is_sent_away_reads_of_it_and_a_refused_step_and_the_set_up_send_nothing(by):
    with pytest.raises(Exception, match="Nobody gives"):
        memberships.give(by, role=Role.EXPERT, forum=None, reason="", by=by, now=NOW)
    other, third = (staff(Role.SUPERVISOR, email=f"{name}@example.org") for name in ("other", "third"))
    assert letters() == {}

    memberships.end(by.memberships.get(role=Role.SUPERVISOR), reason="Left", by=other, now=NOW)

    assert set(letters()) == {"sue@example.org", other.email, third.email}


def test_supervisors_read_of_a_new_password_of_staff_and_of_nobody_elses(by, client):
    before, after = "The words of before", "Other words of mine"
    for person in (staff(Role.PRIZE_OFFICER, name="Awa"), UserFactory()):
        confirmed(person)
        person.set_password(before)
        person.save()
        client.force_login(person)
        client.post("/accounts/login/", {"login": person.email, "password": before})  # authenticated just now
        new = {"oldpassword": before, "password1": after, "password2": after}
        client.post("/accounts/password/change/", new)
        assert User.objects.get(pk=person.pk).check_password(after)

    assert letters() == {"sue@example.org": "Awa has a new password"}


def test_account_that_is_closed_is_told_to_its_owner_and_the_supervisors(by, client):
    officer = staff(Role.PRIZE_OFFICER, name="Awa", email="awa@example.org")
    visitor = UserFactory()
    client.force_login(by)
    for person in (officer, visitor):
        client.post(f"/admin/events/user/{person.pk}/change/", {"name": "Awa", "language": "en", "time_zone": "UTC"})
        assert not User.objects.get(pk=person.pk).is_active

    assert letters() == dict.fromkeys(["awa@example.org", "sue@example.org"], "The account of Awa is closed")
