"""Submissions at the same moment, on PostgreSQL with real threads; each race once more without its locks."""

import time

import pytest
from django.db import IntegrityError

from events.models import Message
from prizes.models import Edition, Nomination, NominationVersion
from prizes.nominations import duplicates, submission
from tests.factories import NOW, ActionLineFactory, CountryFactory, SDGFactory
from tests.prizes.factories import make_edition, voter
from tests.prizes.nominations.test_submission import draft
from tests.races import together
from tests.registration.sessions.seats.test_races import no_locks

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["no_locks"]


@pytest.fixture
def edition(transactional_db):
    ActionLineFactory()
    SDGFactory()
    CountryFactory()
    return make_edition(phase="submission")


@pytest.fixture
def slow_rules(monkeypatch):
    """Time passes between the questions to the other rows and the writing."""
    ask = duplicates.submitted_beside

    def slowly(*args, **more):
        found = ask(*args, **more)
        time.sleep(0.15)
        return found

    monkeypatch.setattr(duplicates, "submitted_beside", slowly)


def submitting(row):
    def call():
        fresh = Nomination.objects.select_related("nominator").get(pk=row.pk)
        return submission.submit(fresh, by=fresh.nominator, is_different=True, now=NOW)

    return call


def codes(answers):
    return sorted(str(getattr(answer, "state", answer)) for answer in answers)


def test_same_draft_twice_at_once_is_submitted_once(edition, slow_rules):
    row = draft(edition, voter())

    answers = together(submitting(row), submitting(row))

    assert codes(answers) == ["already-submitted", "submitted"]
    assert (NominationVersion.objects.count(), Message.objects.count()) == (1, 1)


def test_without_locks_a_draft_goes_twice_and_the_database_still_refuses(edition, slow_rules, no_locks):
    row = draft(edition, voter())
    rows = [draft(edition, voter(), title=title, entity_name="Roads") for title in ("Asphalt", "Radio for farmers")]

    twice = together(submitting(row), submitting(row))
    answers = together(*map(submitting, rows))

    assert codes(twice) != ["already-submitted", "submitted"]
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 1


def test_one_entity_twice_at_once_in_a_category(edition, slow_rules):
    rows = [draft(edition, voter(), title=title) for title in ("Fibre for the north", "Radio for farmers")]

    answers = together(*map(submitting, rows))

    assert codes(answers) == ["entity-has-project", "submitted"]
    assert Nomination.objects.submitted().count() == 1


def test_near_equal_titles_at_once_do_not_pass_each_other(edition, slow_rules):
    rows = [draft(edition, voter(), title=f"Fibre for the north {n}", entity_name=f"Entity {n}") for n in (1, 2)]

    def call(row):
        fresh = Nomination.objects.select_related("nominator").get(pk=row.pk)
        return submission.submit(fresh, by=fresh.nominator, now=NOW)

    answers = together(*(lambda row=row: call(row) for row in rows))

    assert codes(answers) == ["similar", "submitted"]


def test_submission_does_not_make_a_key_share_of_the_edition_wait(edition):
    """A vote's inserts point at the edition: its lock must let them pass (FOR NO KEY UPDATE)."""
    from django.db import connection, transaction

    row = draft(edition, voter())

    def vote():
        time.sleep(0.1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
            cursor.execute("SELECT 1 FROM prizes_edition WHERE id = %s FOR KEY SHARE", [edition.pk])
            return cursor.fetchone()

    def hold():
        with transaction.atomic():
            submission.lock_edition(row.edition_id)
            time.sleep(0.6)

    assert together(hold, vote)[1] == (1,)
    assert Edition.objects.count() == 1
