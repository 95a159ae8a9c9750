import pytest

from tests.factories import FocalPointFactory, KindFactory


@pytest.fixture
def kind():
    return KindFactory(name="Delegate", approval="secretariat")


@pytest.fixture
def point(kind):
    """A focal point, for people of this kind."""
    return FocalPointFactory(forum=kind.forum)


@pytest.fixture
def page(client, point):
    """A client signed in as the focal point."""
    client.force_login(point.user)
    return client
