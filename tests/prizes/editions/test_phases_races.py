"""Two organisers at once, and organisers beside voters, on PostgreSQL with real threads.

Each race is run once more without its lock, or with a stronger one, and must then go wrong.
"""

import threading
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from prizes.editions import phases
from prizes.editions.phases import PhaseChange
from prizes.models import Commitment, Phase
from tests.factories import NOW, UserFactory
from tests.prizes.factories import make_edition
from tests.races import change_locks, together

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def edition():
    """Submission for ten more days, then ten days of nothing, then the review."""
    edition = make_edition(phase="submission", categories=1)
    edition.phases.filter(kind="review").update(starts=NOW + 20 * DAY)
    return edition


def towards_each_other(edition, monkeypatch):
    """One organiser lengthens the submission while another lets the review begin earlier: each alone would fit."""
    order = phases.check_phase_order

    def slowly(phases):
        order(phases)
        time.sleep(0.2)

    monkeypatch.setattr(phases, "check_phase_order", slowly)
    submission, review = (edition.phases.get(kind=kind) for kind in ("submission", "review"))
    changes = [
        PhaseChange("submission", (submission.starts, NOW + 16 * DAY), "More time"),
        PhaseChange("review", (NOW + 14 * DAY, review.ends), "More time"),
    ]
    by = UserFactory()
    return together(
        *(lambda change=change: phases.arrange(edition, changes=[change], by=by, now=NOW) for change in changes)
    )


def overlap(edition):
    rows = list(edition.phases.order_by("starts"))
    return any(one.ends > two.starts for one, two in pairwise(rows))


@pytest.mark.parametrize("locks", [True, False])
def test_two_organisers_never_make_an_overlap_together(edition, monkeypatch, locks):
    if not locks:  # the negative control
        change_locks(monkeypatch)

    answers = towards_each_other(edition, monkeypatch)

    refusals = [answer for answer in answers if isinstance(answer, str)]
    assert (refusals, overlap(edition)) == ((["phase-order"], False) if locks else ([], True))


def insert_beside(edition, monkeypatch):
    """Insert a commitment, as casting does, while dates of the edition are being changed; give up after a second."""
    held, done = threading.Event(), threading.Event()

    def hold(_phases):
        held.set()
        done.wait(10)

    monkeypatch.setattr(phases, "check_phase_order", hold)
    by, last = UserFactory(), edition.phases.get(kind=Phase.Kind.ANNOUNCEMENT)
    change = PhaseChange(last.kind, (last.starts, last.ends + DAY), "A longer ceremony")

    def arrange():
        return phases.arrange(edition, changes=[change], by=by, now=NOW)

    def cast():
        held.wait(10)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
                Commitment.objects.create(edition=edition, value=b"1" * 32)
        finally:
            done.set()

    return together(arrange, cast)[1]


def test_changing_dates_makes_no_voter_wait(monkeypatch):
    assert insert_beside(make_edition(phase="voting", categories=1), monkeypatch) is None


def test_a_stronger_lock_would_make_voters_wait(monkeypatch):
    real = QuerySet.select_for_update
    change_locks(monkeypatch, to=lambda self, **options: real(self))

    assert isinstance(insert_beside(make_edition(phase="voting", categories=1), monkeypatch), OperationalError)
