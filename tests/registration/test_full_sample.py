"""The sample at full scale: 15,000 attendances."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from events.disclosure.hidden_cells import hide_in_table
from events.models import Forum
from events.sample import forum as sample_forum
from registration import sample
from registration.attendance import tally
from registration.models import Attendance, Tally
from tests.events.disclosure.attacker import Reader, published
from tests.registration.statistics.figures_reader import reader_of_people, reader_of_sessions
from tests.registration.test_sample import shares

GROUPS = ("region", "country", "stakeholder_type", "gender")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def registrations(django_db_setup, django_db_blocker):
    """Those of 2020 at full scale, counted; once for all tests here that only read, rolled back at the end."""
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        forum = sample_forum.make_2020()
        made = sample.register(forum, attendances=15_000, now=NOW)
        tally.recount(forum, now=NOW)
        try:
            yield made
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)


def test_15000_attendances_have_the_published_shares(registrations, db):
    past = Forum.objects.get(slug="2020")
    regions, kinds, genders = (shares(past, field) for field in ("region", "stakeholder_type", "gender"))
    assert Attendance.objects.filter(session__forum=past).count() == 15_000
    assert 6_300 <= len(registrations) <= 6_500
    assert Attendance.objects.values("country").distinct().count() >= 150
    assert {key: abs(regions[key] - share) <= 0.5 for key, share in sample.REGION_SHARES.items()} == dict.fromkeys(
        sample.REGION_SHARES, True
    )
    assert {key: abs(kinds[key] - share) <= 0.5 for key, share in sample.STAKEHOLDER_SHARES.items()} == dict.fromkeys(
        sample.STAKEHOLDER_SHARES, True
    )
    assert {key: abs(genders[key] - share) <= 0.5 for key, share in sample.GENDER_SHARES.items()} == dict.fromkeys(
        sample.GENDER_SHARES, True
    )


def test_figures_of_15000_attendances_give_no_small_group_away(registrations, db, client):
    forum = Forum.objects.get(slug="2020")
    cells = {(row.dimension, row.value): row.people for row in Tally.objects.filter(forum=forum, session=None)}
    groups = {key: number for key, number in cells.items() if key[0] in GROUPS}

    counted = Tally.objects.filter(forum=forum, dimension="total", session__isnull=False).select_related("session")
    sessions = {("session", row.session.code): row.people for row in counted}

    reader = reader_of_people(client, "/2020/statistics/", region_field="region", dimensions=GROUPS)

    assert reader.finds(groups) == set()
    assert reader_of_sessions(client, forum).finds(sessions) == set()
    assert {key for key, number in reader.shown.items() if number is None} == {("country", "MK"), ("country", "CZ")}
    by_itself = {}
    for dimension in ("region", "country"):
        own = {key: number for key, number in groups.items() if key[0] == dimension}
        by_itself |= published(own, hide_in_table(own))
    assert Reader(by_itself, reader.sums).finds(groups) == {("country", "MK")}  # the control: as it once was
