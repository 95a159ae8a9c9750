import pytest
from django.contrib.auth.models import Group

from events.models import User
from tests.factories import UserFactory


@pytest.fixture
def superuser(db):
    return User.objects.create_superuser("boss@example.org", "pw", name="Boss")


@pytest.fixture
def organiser_site(client, superuser):
    """A client signed in as a superuser."""
    client.force_login(superuser)
    return client


@pytest.fixture
def staff(db):
    """A function that makes a staff member of a group."""

    def make(group):
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        return user

    return make
