"""What tests of fair play begin with: two officers, who act together."""

import pytest
from django.test import Client


@pytest.fixture
def officers(staff):
    return [staff("prize officers"), staff("prize officers")]


@pytest.fixture
def sites(officers):
    """Two prize officers, each in a browser of their own."""
    clients = [Client(), Client()]
    for client, person in zip(clients, officers, strict=True):
        client.force_login(person)
    return clients
