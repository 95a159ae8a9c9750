"""What tests of data rights begin with: somebody on whom every table holds something."""

import pytest

from tests.factories import ForumFactory
from tests.prizes.factories import make_edition
from tests.registration.people.data_rights.somebody import Somebody


@pytest.fixture
def somebody(db):
    forum = ForumFactory()
    return Somebody(forum, make_edition(forum=forum, champions_per_category=1))
