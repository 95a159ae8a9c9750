"""What tests of roles begin with: two supervisors of all forums."""

import pytest

from events.models import Role
from tests.factories import join, staff


@pytest.fixture
def first(db):
    """A supervisor of all forums who may do what organisers and prize officers may."""
    person = staff(Role.SUPERVISOR)
    join(person, Role.ORGANISER)
    join(person, Role.PRIZE_OFFICER)
    return person


@pytest.fixture
def second(db):
    return staff(Role.SUPERVISOR)
