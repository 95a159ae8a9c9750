"""What tests of accounts begin with."""

import pytest
from django.contrib.auth.hashers import make_password

from tests.factories import confirmed
from tests.registration.people.accounts.test_accounts import KNOWN, PASSWORD


@pytest.fixture
def awa(db):
    """She has a password, and an address that is confirmed."""
    return confirmed(email=KNOWN, password=make_password(PASSWORD))
