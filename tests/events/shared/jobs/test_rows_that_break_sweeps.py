"""Rows that break a sweep before it comes to them, or of which the database says each time that they are too much."""

from datetime import date, timedelta

import pytest

from events.models import Forum, Message
from events.shared.jobs.sweeps import KNOWN
from registration.models import DataCopy, RegistrationDraft
from registration.people.data_rights import copies, retention
from registration.sessions.agenda import reminders
from tests.events.shared.jobs import worlds
from tests.events.shared.jobs.poison import poisoned
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def two_forums(**bad):
    first, second = ForumFactory(slug="a", name="A"), ForumFactory(slug="b", name="B")
    Forum.objects.filter(pk=first.pk).update(**bad)
    return first, second


@pytest.mark.parametrize(
    "bad", [{"time_zone": "Mars/Base"}, {"ends": date(9999, 12, 31)}], ids=["zone that is gone", "last day of all"]
)
def test_forum_whose_days_cannot_be_told_stops_no_deletion(bad):
    for forum in two_forums(**bad):
        RegistrationDraft.objects.create(forum=forum, user=UserFactory(), data={})
    RegistrationDraft.objects.update(updated=NOW)

    retention.clear_due(worlds.OVER + 40 * DAY)

    assert not RegistrationDraft.objects.filter(forum__slug="b").exists()


@pytest.mark.parametrize(
    "bad",
    [
        {"reminder_minutes": [10**13]},
        {"reminder_minutes": ["x"]},
        {"reminder_minutes": {}},
        {"time_zone": "Mars/Base"},
    ],
    ids=str,
)
def test_forum_with_odd_reminders_stops_no_reminder(bad):
    for forum in [ForumFactory(slug="a", name="A"), ForumFactory(slug="b", name="B")]:
        session = SessionFactory(forum=forum, starts=NOW + timedelta(minutes=30), ends=NOW + timedelta(minutes=90))
        BookingFactory(registration=RegistrationFactory(forum=forum), session=session)
    Forum.objects.filter(slug="a").update(**bad)
    reminders.queue_reminders(NOW)
    assert Message.objects.filter(forum__slug="b").count() == 1


@pytest.mark.parametrize("code", ["57014", "53200", "55P03", "54000", "22P05", "22021", "23514", "53400", "40001"])
def test_row_of_which_the_database_says_each_time_that_it_is_too_much_stops_no_other(code):
    rows = [copies.ask(UserFactory(), now=NOW) for _n in range(3)]
    with poisoned(DataCopy, "id", rows[0].pk, on="UPDATE", when=" AND NEW.made IS NOT NULL", code=code):
        for minute in range(4):
            copies.make_due(NOW + timedelta(minutes=minute))
    assert DataCopy.objects.exclude(made=None).count() == 2


@pytest.mark.parametrize("key", ["x" * 121, "a\0b"], ids=["long", "nul"])
def test_row_of_an_odd_key_stops_no_other(key):
    sweep, done = next(iter(KNOWN.values())), []

    def act(one):
        if one == key:
            raise KeyError("x")
        done.append(one)

    sweep.each([key, "good"], act, now=NOW, key=lambda one: one)

    assert done == ["good"]
