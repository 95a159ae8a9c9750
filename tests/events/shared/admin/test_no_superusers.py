"""Django's flag of superusers means nothing: whoever writes it into the database has won no right by it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from events.models import Forum, Session, User
from events.shared.rights import memberships
from tests.factories import SessionFactory, UserFactory, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _column_of_old_versions(db):
    """It stays in the table of a site for one more version; the tables of the tests are made from the models."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_user ADD COLUMN IF NOT EXISTS is_superuser boolean NOT NULL DEFAULT false")


def flagged(person):
    """The account after somebody at the database has set the flag, as the next request finds it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_user SET is_superuser = true, is_staff = true WHERE id = %s", [person.pk])
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize("make", [UserFactory, lambda: staff("proposal reviewers")])
def test_flag_gives_neither_a_right_nor_sight(make):
    session = SessionFactory()

    person = flagged(make())

    assert not person.has_perm("events.change_session")
    assert not person.has_perm("events.change_session", session)
    assert not person.has_perms(["events.change_session", "prizes.view_result"])
    assert not person.has_module_perms("prizes")
    assert "prizes.view_result" not in person.get_all_permissions()
    assert not memberships.is_everywhere(person, "events.view_session")
    assert not memberships.forums(person, "events.view_session").exists()
    assert not memberships.seen(Session.objects.all(), person, "events.view_session").exists()
    assert not Forum.objects.filter(memberships.within(person, "events.view_forum", "pk")).exists()


def test_flag_opens_no_list_of_the_admin(client):
    client.force_login(flagged(UserFactory()))

    lists = ("events/session", "events/user", "registration/registration", "prizes/result", "prizes/ballot")
    assert {client.get(f"/admin/{name}/").status_code for name in lists} == {403}
    assert client.get("/admin/events/membership/give/").status_code == 403


def test_account_with_the_flag_counts_for_no_forum():
    assert memberships.forums_of(flagged(UserFactory())) == frozenset()


@pytest.mark.parametrize("options", [{}, {"interactive": False, "email": "boss@example.org"}])
def test_createsuperuser_says_in_one_sentence_what_to_do(options):
    with pytest.raises(CommandError, match=r"manage\.py appoint EMAIL supervisors"):
        call_command("createsuperuser", **options)

    assert not User.objects.exists()
