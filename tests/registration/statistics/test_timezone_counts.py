from datetime import timedelta

import pytest

from events.models import Audience, Forum
from registration.statistics import timezone_counts
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db


def written():
    return sorted(Audience.objects.values_list("session_id", "region", "time_zone", "people"), key=repr)


def test_recount_writes_people_by_zone_and_forgets_what_is_gone():
    session = SessionFactory()
    bamako = [RegistrationFactory(time_zone="Africa/Bamako") for _i in range(2)]
    tokyo = RegistrationFactory(time_zone="Asia/Tokyo")
    gone = RegistrationFactory(time_zone="Asia/Tokyo", withdrawn=NOW)
    bookings = [BookingFactory(registration=one, session=session) for one in [bamako[0], tokyo, gone]]
    RegistrationFactory(forum=ForumFactory(slug="2021"), time_zone="Asia/Tokyo")
    of_forum = [(None, "africa", "Africa/Bamako", 2), (None, "africa", "Asia/Tokyo", 1)]
    of_session = [(session.pk, "africa", "Africa/Bamako", 1), (session.pk, "africa", "Asia/Tokyo", 1)]

    rows = [timezone_counts.recount(session.forum) for _time in range(2)]
    before = written()
    bookings[1].delete()
    timezone_counts.recount(session.forum)

    assert (rows, before) == ([4, 4], sorted(of_forum + of_session, key=repr))
    assert written() == sorted([*of_forum, of_session[0]], key=repr)


def test_awaited_forums_are_open_and_not_over():
    forum = ForumFactory(ends=NOW.date())
    ForumFactory(slug="2021", registration_opens=NOW + timedelta(seconds=1))
    ForumFactory(slug="2019", ends=NOW.date() - timedelta(days=2), starts=NOW.date() - timedelta(days=9))

    assert list(Forum.objects.awaited(NOW)) == [forum]
