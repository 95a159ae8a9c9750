from datetime import timedelta

import pytest

from events.models import Audience
from registration.statistics import timezone_counts
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db


def written():
    return sorted(Audience.objects.values_list("session_id", "time_zone", "people"), key=repr)


def test_recount_writes_people_by_zone():
    session = SessionFactory()
    bamako = [RegistrationFactory(time_zone="Africa/Bamako") for _i in range(2)]
    tokyo = RegistrationFactory(time_zone="Asia/Tokyo")
    gone = RegistrationFactory(time_zone="Asia/Tokyo", withdrawn=NOW)
    for registration in [bamako[0], tokyo, gone]:
        BookingFactory(registration=registration, session=session)
    RegistrationFactory(forum=ForumFactory(slug="2021"), time_zone="Asia/Tokyo")

    rows = timezone_counts.recount(session.forum)

    expected = [
        (session.pk, "Africa/Bamako", 1),
        (session.pk, "Asia/Tokyo", 1),
        (None, "Africa/Bamako", 2),
        (None, "Asia/Tokyo", 1),
    ]
    assert written() == sorted(expected, key=repr)
    assert rows == 4


def test_recount_twice_changes_nothing():
    booking = BookingFactory()
    timezone_counts.recount(booking.session.forum)
    before = written()

    timezone_counts.recount(booking.session.forum)

    assert written() == before


def test_recount_forgets_what_is_gone():
    booking = BookingFactory()
    timezone_counts.recount(booking.session.forum)
    booking.delete()

    timezone_counts.recount(booking.session.forum)

    assert written() == [(None, "Africa/Bamako", 1)]


def test_awaited_forums_are_open_and_not_over():
    forum = ForumFactory(ends=NOW.date())
    ForumFactory(slug="2021", registration_opens=NOW + timedelta(seconds=1))
    ForumFactory(slug="2019", ends=NOW.date() - timedelta(days=2), starts=NOW.date() - timedelta(days=9))

    assert list(timezone_counts.awaited(NOW)) == [forum]
