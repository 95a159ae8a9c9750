"""The end of a running vote moves by two, never to less than a day ahead, and everybody is told."""

from datetime import timedelta

import pytest

from events.models import HistoryEntry
from events.pages import revision
from prizes.chain import chain
from prizes.editions import by_two, end_of_vote
from prizes.models import ActByTwo, Edition
from tests.factories import NOW
from tests.prizes.factories import make_edition, officer
from tests.races import together
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
    assert (end(edition), refused(end_of_vote.move, act, by=people[0], now=NOW)) == (before, "same-person")
    known = revision.current()

    done = end_of_vote.move(act, by=people[1], now=NOW)

    assert (end(edition), revision.current()) == (NOW + 5 * DAY, known + 1)
    assert (done.state, done.decided_by, done.old_end, done.new_end) == ("done", people[1], before, NOW + 5 * DAY)
    assert end_of_vote.last_move(edition) == done
    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "actor", "reason", "after__ends")
    assert list(entries) == [
        ("propose-end", people[0].pk, "The hall is taken", "2020-07-27T12:20:00Z"),
        ("move-end", people[1].pk, "The hall is taken", "2020-07-27T12:20:00Z"),
    ]
    assert chain.changes(Edition.objects.get()) == [{"kind": "close", "closes": "2020-07-27T12:20:00Z"}]
    assert refused(end_of_vote.move, act, by=people[1], now=NOW) == "wrong-state"


def test_end_is_never_less_than_a_day_ahead_when_it_is_proposed_nor_when_it_is_agreed(edition, people):
    for ends in (NOW - DAY, NOW, NOW + DAY - SECOND):
        assert refused(propose, edition, people, ends=ends) == "too-soon"
    act = propose(edition, people, ends=NOW + DAY)

    assert refused(end_of_vote.move, act, by=people[1], now=NOW + SECOND) == "too-soon"
    act.refresh_from_db()
    assert (act.state, end(edition)) == ("proposed", NOW + 10 * DAY)
    assert end_of_vote.move(act, by=people[1], now=NOW).state == "done"


def test_only_a_running_vote_has_an_end_to_move(edition, people):
    starts, ends = edition.phases.values_list("starts", "ends").get(kind="voting")
    far = {"ends": ends + DAY}
    edition.phases.filter(kind__in=["selection", "announcement"]).delete()

    for now in (starts - SECOND, ends, ends + DAY):
        assert refused(propose, edition, people, now=now, **far) == "vote-not-open"
    act = propose(edition, people, now=ends - SECOND, **far)
    assert refused(end_of_vote.move, act, by=people[1], now=ends) == "vote-not-open"
    Edition.objects.update(polls_sealed=NOW)
    assert refused(propose, edition, people, **far) == "vote-not-open"


def test_end_stays_before_the_next_phase_differs_from_the_old_one_and_has_a_reason(edition, people):
    assert refused(propose, edition, people, ends=NOW + 11 * DAY) == "phase-order"
    assert refused(propose, edition, people, ends=NOW + 10 * DAY) == "same-end"
    assert refused(propose, edition, people, reason=" \n") == "reason-missing"
    assert not ActByTwo.objects.exists()


def test_proposal_waits_alone_until_it_is_dropped(edition, people):
    act = propose(edition, people)
    assert refused(propose, edition, people, ends=NOW + 6 * DAY) == "act-waits"
    assert refused(by_two.drop, act, by=people[0], reason="", now=NOW) == "reason-missing"

    dropped = by_two.drop(act, by=people[0], reason="A mistake", now=NOW)

    assert (dropped.state, by_two.waiting(edition, kind="move-end")) == ("dropped", None)
    assert refused(end_of_vote.move, act, by=people[1], now=NOW) == "wrong-state"
    assert refused(by_two.drop, act, by=people[1], reason="Again", now=NOW) == "wrong-state"
    assert HistoryEntry.objects.values_list("verb", "reason").latest("pk") == ("drop-end", "A mistake")
    assert propose(edition, people, ends=NOW + 6 * DAY).state == "proposed"


@pytest.mark.django_db(transaction=True)
def test_agreement_and_drop_at_once_are_one_of_both(edition, people):
    act = propose(edition, people)

    answers = together(
        *[lambda: end_of_vote.move(act, by=people[1], now=NOW)] * 3,
        *[lambda: by_two.drop(act, by=people[0], reason="Late", now=NOW)] * 3,
    )

    assert [answer for answer in answers if isinstance(answer, str)] == ["wrong-state"] * 5
    act.refresh_from_db()
    assert end(edition) == (NOW + 5 * DAY if act.state == "done" else NOW + 10 * DAY)
    assert HistoryEntry.objects.filter(verb__in=["move-end", "drop-end"]).count() == 1
