from datetime import UTC, datetime, timedelta

import pytest

from events.shared.pages import page_expiry
from tests.factories import NOW, ForumFactory, SessionFactory

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2020, 7, 22, 22, tzinfo=UTC)  # of Geneva, in summer


def at(hour, minute=0):
    return NOW.replace(hour=hour, minute=minute)


def test_midnight_of_a_public_forum_and_its_registration_are_moments(django_assert_num_queries):
    SessionFactory(forum=ForumFactory(slug="hidden", is_public=False), starts=at(13), ends=at(14))
    assert page_expiry.next_moment(NOW) is None

    forum = ForumFactory(registration_opens=at(15), registration_closes=at(16))
    for _i in range(3):
        SessionFactory(forum=forum)

    with django_assert_num_queries(5):
        assert page_expiry.next_moment(NOW) == at(15)
    assert [page_expiry.next_moment(at(hour)) for hour in (15, 16)] == [at(16), MIDNIGHT]
    back = page_expiry.next_midnight(forum.zone, now=datetime(2020, 10, 25, 0, 30, tzinfo=UTC))  # when clocks go back
    assert back == datetime(2020, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(12, 20), at(12, 45)),
        (at(12, 45), at(13)),
        (at(13), at(14)),
        (at(14), at(14, 10)),
        (at(14, 10), MIDNIGHT),
    ],
)
def test_moments_of_a_session_in_order(now, expected):
    forum = ForumFactory(join_closes_minutes=10)
    SessionFactory(forum=forum, starts=at(13), ends=at(14))

    assert page_expiry.next_moment(now) == expected


@pytest.mark.parametrize(
    "change", [{"state": "draft"}, {"starts": NOW + timedelta(days=3), "ends": NOW + timedelta(days=4)}]
)
def test_session_that_nobody_sees_or_far_away(change):
    SessionFactory(**{"starts": at(13), "ends": at(14)} | change)

    assert page_expiry.next_moment(NOW) == MIDNIGHT
