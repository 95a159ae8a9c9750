"""Django's flag of superusers means nothing: whoever writes it into the database has won no right by it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from events.models import User
from events.shared.rights import memberships
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_flag_gives_neither_a_right_nor_sight(client):
    """The column stays in the table of a site for one more version; somebody at the database has set it."""
    person = UserFactory(is_staff=True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_user ADD COLUMN IF NOT EXISTS is_superuser boolean NOT NULL DEFAULT false")
        cursor.execute("UPDATE events_user SET is_superuser = true WHERE id = %s", [person.pk])
    person = User.objects.get(pk=person.pk)
    client.force_login(person)

    assert not person.has_perm("events.change_session")
    assert not person.has_module_perms("prizes")
    assert memberships.forums_of(person) == frozenset()
    assert client.get("/admin/events/membership/give/").status_code == 403


@pytest.mark.parametrize("options", [{}, {"interactive": False, "email": "boss@example.org"}])
def test_createsuperuser_says_in_one_sentence_what_to_do(options):
    with pytest.raises(CommandError, match=r"manage\.py appoint EMAIL supervisors"):
        call_command("createsuperuser", **options)

    assert not User.objects.exists()
