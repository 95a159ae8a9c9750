"""What tests of doors begin with: keys of their own, a forum of five days that begins now, and a session in it."""

from datetime import timedelta

import pytest
import time_machine

from tests.factories import NOW, ForumFactory, SessionFactory


@pytest.fixture(autouse=True)
def _keys(own_keys):
    """Tickets are signed with them."""


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def forum():
    return ForumFactory(starts=NOW.date(), ends=NOW.date() + timedelta(days=4))


@pytest.fixture
def session(forum):
    return SessionFactory(forum=forum, starts=NOW, ends=NOW + timedelta(hours=1))
