"""The end of a running vote moves by two, never to less than a day ahead, and everybody is told."""

from datetime import timedelta

import pytest

from events.models import Approval, HistoryEntry
from events.shared.pages import revision
from events.shared.rights.two_people.approvals import agree
from prizes.chain import chain
from prizes.editions import end_of_vote
from prizes.models import Edition
from tests.factories import NOW
from tests.prizes.factories import make_edition, officer
from tests.refusals import refused

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def edition():
    return make_edition(phase="voting", categories=1)


@pytest.fixture
def people():
    return officer(), officer()


def propose(edition, people, *, ends=NOW + 5 * DAY, reason=" The hall is taken ", now=NOW):
    return end_of_vote.propose(edition, ends=ends, reason=reason, by=people[0], now=now)


def end(edition):
    return edition.phases.get(kind="voting").ends


def test_end_moves_when_a_second_person_agrees_and_stands_in_history_and_chain(edition, people):
    chain.open_chain(edition, now=NOW)
    before = end(edition)
    act = propose(edition, people)
    known = revision.current()

    agree(act, by=people[1], now=NOW)

    assert (end(edition), revision.current()) == (NOW + 5 * DAY, known + 1)
    assert end_of_vote.last_move(edition) == (act.pk, before, NOW + 5 * DAY, "The hall is taken", NOW)
    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "actor", "reason", "after__ends")
    assert list(entries) == [
        ("propose-end", people[0].pk, "The hall is taken", "2020-07-27T12:20:00Z"),
        ("move-end", people[1].pk, "The hall is taken", "2020-07-27T12:20:00Z"),
    ]
    assert chain.changes(Edition.objects.get()) == [{"kind": "close", "closes": "2020-07-27T12:20:00Z"}]


def test_end_is_never_less_than_a_day_ahead_when_it_is_proposed_nor_when_it_is_agreed(edition, people):
    for ends in (NOW - DAY, NOW, NOW + DAY - SECOND):
        assert refused(propose, edition, people, ends=ends) == "too-soon"
    act = propose(edition, people, ends=NOW + DAY)

    assert refused(agree, act, by=people[1], now=NOW + SECOND) == "too-soon"
    act.refresh_from_db()
    assert (act.state, end(edition)) == ("proposed", NOW + 10 * DAY)
    assert agree(act, by=people[1], now=NOW).state == "agreed"


def test_only_a_running_vote_has_an_end_to_move(edition, people):
    starts, ends = edition.phases.values_list("starts", "ends").get(kind="voting")
    far = {"ends": ends + DAY}
    edition.phases.filter(kind__in=["selection", "announcement"]).delete()

    for now in (starts - SECOND, ends, ends + DAY):
        assert refused(propose, edition, people, now=now, **far) == "vote-not-open"
    act = propose(edition, people, now=ends - SECOND, **far)
    assert refused(agree, act, by=people[1], now=ends) == "vote-not-open"
    Edition.objects.update(polls_sealed=NOW)
    assert refused(propose, edition, people, **far) == "vote-not-open"


def test_end_stays_before_the_next_phase_and_differs_from_the_old_one(edition, people):
    assert refused(propose, edition, people, ends=NOW + 11 * DAY) == "phase-order"
    assert refused(propose, edition, people, ends=NOW + 10 * DAY) == "same-end"
    assert not Approval.objects.exists()
