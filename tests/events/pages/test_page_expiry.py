from datetime import UTC, datetime, timedelta

import pytest

from events.pages import page_expiry
from tests.factories import NOW, ForumFactory, SessionFactory

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2020, 7, 22, 22, tzinfo=UTC)  # of Geneva, in summer


def at(hour, minute=0):
    return NOW.replace(hour=hour, minute=minute)


def test_midnight_of_a_public_forum_is_a_moment():
    SessionFactory(forum=ForumFactory(slug="hidden", is_public=False), starts=at(13), ends=at(14))
    assert page_expiry.next_moment(NOW) is None

    ForumFactory()

    assert page_expiry.next_moment(NOW) == MIDNIGHT


def test_midnight_on_the_night_when_clocks_go_back():
    midnight = page_expiry.next_midnight(ForumFactory.build(), now=datetime(2020, 10, 25, 0, 30, tzinfo=UTC))

    assert midnight == datetime(2020, 10, 25, 23, tzinfo=UTC)


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


def test_registration_opens_and_closes():
    ForumFactory(registration_opens=at(15), registration_closes=at(16))

    assert (page_expiry.next_moment(NOW), page_expiry.next_moment(at(15))) == (at(15), at(16))


def test_moments_are_four_queries(django_assert_num_queries):
    for _i in range(3):
        SessionFactory()

    with django_assert_num_queries(4):
        page_expiry.next_moment(NOW)
