import pytest

from tests import factories


@pytest.fixture
def organiser(client):
    client.force_login(factories.staff("organisers"))
    return client
