from collections import Counter
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Count, F

from events.sample import draw
from events.sample import forum as sample_forum
from registration import sample
from registration.models import Attendance, Booking

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture
def past(db):
    return sample_forum.make_2020()


@pytest.fixture
def current(db):
    sample_forum.make_2020()
    return sample_forum.make_current(NOW)


def shares(forum, field):
    rows = Attendance.objects.filter(session__forum=forum).values(field).annotate(n=Count("pk"))
    total = sum(row["n"] for row in rows)
    return {row[field]: 100 * row["n"] / total for row in rows}


def test_shares_out_meets_the_shares():
    weights = [3, 1, 1, 2, 1, 2, 5, 1, 1, 3]

    values = sample.shares_out(weights, shares={"a": 50, "b": 50}, rng=draw("a test"))

    sums = Counter()
    for weight, value in zip(weights, values, strict=True):
        sums[value] += weight
    assert abs(sums["a"] - sums["b"]) <= 5


def test_sample_people_cannot_log_in(past):
    sample.register(past, attendances=100, now=NOW)

    users = get_user_model().objects.filter(email__endswith="@sample.invalid")
    assert users.count() == 43
    assert [user.email for user in users if user.has_usable_password()] == []
    assert past.registrations.filter(is_sample=False).count() == 0


def test_sample_people_take_part_in_both_forums(current):
    sample.register(sample_forum.Forum.objects.get(slug="2020"), attendances=100, now=NOW)

    sample.register(current, attendances=120, now=NOW)

    assert get_user_model().objects.filter(registrations__isnull=False).distinct().count() == 51
    assert current.registrations.count() == 51


def test_people_attend_past_sessions_only(current):
    sample.register(current, attendances=300, now=NOW)

    rows = Attendance.objects.filter(session__forum=current)
    assert rows.count() == 300
    assert rows.filter(session__ends__gt=NOW).count() == 0
    assert rows.filter(first_seen__lt=F("registration__created")).count() == 0


def test_bookings_come_after_the_registration(current):
    sample.register(current, attendances=300, now=NOW)

    rows = Booking.objects.filter(session__forum=current)
    assert rows.filter(created__lt=F("registration__created")).count() == 0
    assert rows.filter(created__gt=NOW).count() == 0
    assert rows.filter(session__state="cancelled").count() == 0


def test_smallest_session_keeps_one_seat(current):
    sample.register(current, attendances=700, now=NOW)

    smallest = current.sessions.get(capacity=12)
    overbooked = current.sessions.annotate(booked=Count("bookings")).filter(booked__gt=F("capacity"))
    assert smallest.bookings.count() == 11
    assert overbooked.count() == 0


def test_no_past_session_no_attendance(current):
    current.sessions.filter(starts__lt=NOW).delete()

    sample.register(current, attendances=100, now=NOW)

    assert Attendance.objects.count() == 0
    assert Booking.objects.count() > 50
