from datetime import timedelta

import pytest

from tests.factories import NOW, RegistrationFactory, SessionFactory


@pytest.fixture
def day_after(time_machine):
    """The meeting is over since yesterday."""
    time_machine.move_to(NOW + timedelta(days=1), tick=False)


@pytest.fixture
def session():
    return SessionFactory(code="AB12CD", starts=NOW, ends=NOW + timedelta(minutes=90))


@pytest.fixture
def awa(session):
    return RegistrationFactory(forum=session.forum, name="Awa Diallo", user__email="awa@example.org")
