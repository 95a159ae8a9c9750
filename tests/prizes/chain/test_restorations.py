from datetime import timedelta

import pytest

from events.models import Restoration
from prizes.chain import chain, restorations
from prizes.models import Block
from prizes.verify import chain_check
from tests.factories import NOW
from tests.prizes.electorate import past_close
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOTE = {"kind": "restored", "state_of": "2020-07-22T10:20:00Z", "restored": "2020-07-22T12:20:00Z"}


@pytest.fixture
def edition():
    """A vote that goes on, one choice of it sealed and one waiting."""
    edition = make_edition()
    chain.open_chain(edition, now=NOW - 3 * HOUR)
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    chain.seal(edition, now=NOW - 2 * HOUR)
    fill_ballot(edition, {1: nominees_of(edition, 1)[1]})
    return edition


def restored(at=NOW):
    return Restoration.objects.create(state_of=at - 2 * HOUR, restored=at)


def test_chain_says_that_the_site_was_restored_and_goes_on(edition):
    before = list(chain.blocks(edition).values_list("number", "head"))
    restored()

    sealed = chain.seal_restoration(NOW)

    assert sealed == 1
    assert list(chain.blocks(edition).values_list("number", "head"))[:2] == before
    assert chain.last(edition).notes == [NOTE]
    assert chain.last(edition).choices == 1
    assert list(chain_check.faults(edition)) == []


def test_each_restoration_is_noted_once(edition):
    restored()
    chain.seal_restoration(NOW)

    assert chain.seal_restoration(NOW) == 0
    again = restored(NOW + 5 * HOUR)
    assert chain.seal_restoration(again.restored) == 1
    assert [note["restored"] for note in chain.last(edition).notes] == ["2020-07-22T17:20:00Z"]


def test_vote_that_began_later_or_is_over_is_not_touched(edition):
    Restoration.objects.create(state_of=edition.phase("voting").starts - HOUR, restored=NOW - 240 * HOUR - HOUR / 2)
    assert (restorations.of(edition), chain.changes(edition)) == ([], [])
    chain.seal(edition, now=past_close(edition), is_last=True)
    number = Block.objects.count()
    restored(past_close(edition) + HOUR)

    assert chain.seal_restoration(past_close(edition) + 2 * HOUR) == 0
    assert Block.objects.count() == number


@pytest.mark.parametrize(("hours", "faults"), [(2, 0), (3, 1)])  # block 1 was sealed two hours ago
def test_note_over_blocks_that_are_there_is_a_fault(edition, hours, faults):
    Restoration.objects.create(state_of=NOW - hours * HOUR, restored=NOW)

    chain.seal_restoration(NOW)

    assert len([fault for fault in chain_check.faults(edition) if "went back" in fault]) == faults


def test_first_block_that_comes_after_the_restoration_is_followed_by_its_note():
    edition = make_edition()
    restored()  # the state was of before the vote: block 0 is made anew
    chain.open_chain(edition, now=NOW)

    chain.seal(edition, now=NOW + HOUR, is_hourly=True)

    assert chain.last(edition).notes == [NOTE]
