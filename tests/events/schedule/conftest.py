import pytest

from tests.factories import ForumFactory, RoomFactory


@pytest.fixture
def forum(db):
    return ForumFactory()


@pytest.fixture
def room(forum):
    return RoomFactory(forum=forum, name="Room A", capacity=50)
