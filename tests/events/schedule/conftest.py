import pytest

from tests.factories import RoomFactory


@pytest.fixture
def room(forum):
    return RoomFactory(forum=forum, name="Room A", capacity=50)
