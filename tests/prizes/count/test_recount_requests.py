"""A new count by a worker: asked for once, made once, told on the pages; what fails or is refused says so."""

from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.translation import gettext

from events.models import HistoryEntry
from events.shared.rights.two_people import approvals
from prizes import tasks
from prizes.count import counting, recount_requests
from prizes.models import Count, Edition, Recount
from prizes.results import announcements
from tests.factories import NOW, UserFactory
from tests.prizes import factories
from tests.prizes.counted import announced
from tests.prizes.factories import make_edition
from tests.prizes.fair_play.factories import ballots, propose, seal
from tests.refusals import refused

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def counted_edition():
    """A counted edition of three ballots."""
    edition = make_edition(categories=2, nominees=2)
    ballots(edition)
    seal(edition)
    return Edition.objects.get()


@pytest.fixture
def edition(db):
    return counted_edition()


@pytest.fixture
def officer(db):
    return factories.officer(language="fr")


def ask(edition, officer, reason="A nominee withdrew"):
    return recount_requests.ask(edition, reason=reason, by=officer, now=NOW)


# --- asked for and made ----------------------------------------------------------------------------
def test_two_reasons_make_one_count_by_the_next_round(
    edition, officer, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr("events.shared.broker.wake_ups.wake", woken.append)
    assert (recount_requests.latest(edition), recount_requests.is_open(edition)) == (None, False)

    with django_capture_on_commit_callbacks(execute=True):
        row = ask(edition, UserFactory())
        assert woken == []
    assert woken == ["prizes.tasks.count_again"]
    assert (recount_requests.latest(edition), recount_requests.is_open(edition)) == (row, True)
    assert ask(edition, officer, "Another withdrew").pk == row.pk
    recount_requests.run_due(NOW + MINUTE)

    row.refresh_from_db()
    assert (row.state, row.finished, row.error, row.count.number) == ("done", NOW + MINUTE, "", 2)
    assert row.count.reason == counting.latest(edition).reason == "A nominee withdrew; Another withdrew"
    assert HistoryEntry.objects.filter(verb="count", actor=officer).count() == 1
    assert (recount_requests.run_due(NOW), recount_requests.is_open(edition)) == (0, False)


def test_agreement_answers_before_the_count_that_a_task_makes(edition, officer):
    quarantine = propose(edition, edition.ballots.all()[:1], officer)

    approvals.agree(quarantine, by=factories.officer(), now=NOW)

    assert (counting.latest(edition).number, Recount.objects.get().state) == (1, "waiting")
    tasks.count_again()
    tasks.count_again()
    assert (counting.latest(edition).number, counting.latest(edition).quarantined_ballots) == (2, 1)
    assert Recount.objects.get().state == "done"


# --- refused ---------------------------------------------------------------------------------------
def test_asking_refuses_what_counting_would(edition, officer):
    assert refused(ask, edition, officer, " ") == "reason-missing"
    sealed = edition.polls_sealed
    for values, code in [({"polls_sealed": None}, "polls-open"), ({"polls_sealed": sealed, "closed": NOW}, "closed")]:
        Edition.objects.update(**values)
        assert refused(ask, edition, officer) == code
    Edition.objects.update(closed=None)
    announced(edition, "champions")
    assert refused(ask, edition, officer) == "announced"
    assert not Recount.objects.exists()


def test_count_that_is_refused_says_so_in_the_language_of_who_asked(edition, officer):
    row = ask(edition, officer)
    announced(edition, "champions")

    assert recount_requests.run_due(NOW) == 0

    row.refresh_from_db()
    assert (row.state, Count.objects.count()) == ("refused", 1)
    with translation.override("fr"):
        assert row.error == gettext(
            "The announcement of the champions is proposed or approved: their count stands until it is dropped"
        )


# --- until it is there -----------------------------------------------------------------------------
def test_nothing_is_announced_until_the_new_count_is_there(edition, officer):
    def propose_announcement():
        return announcements.propose(edition, kind="champions", at=None, reason="Why", by=officer, now=NOW)

    ask(edition, officer)
    assert refused(propose_announcement) == "count-due"

    Recount.objects.update(state="failed")
    assert refused(propose_announcement) == "count-failed"

    ask(edition, officer)
    recount_requests.run_due(NOW)
    assert propose_announcement().state == "proposed"


def test_moves_do_not_wait_for_a_count_that_runs(edition, officer):
    quarantine = propose(edition, edition.ballots.all()[:1], officer)
    ask(edition, officer)
    Recount.objects.update(state="counting", leased_until=NOW + MINUTE)

    assert refused(approvals.agree, quarantine, by=factories.officer(), now=NOW) == "being-counted"
    assert refused(approvals.drop, quarantine, by=officer, reason="Words", now=NOW) == "being-counted"
    assert refused(ask, edition, officer) == "being-counted"
    assert approvals.drop(quarantine, by=officer, reason="Words", now=NOW + MINUTE).state == "dropped"
