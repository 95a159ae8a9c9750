from datetime import timedelta

import pytest

from prizes.chain import chain, closing_time, commitments
from prizes.models import Block, Commitment, Edition
from tests.factories import NOW, ForumFactory
from tests.prizes.electorate import past_close, withdraw
from tests.prizes.factories import fill_ballot, make_edition, nominees_of
from tests.refusals import refused

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def edition():
    edition = make_edition()
    chain.open_chain(edition, now=edition.phase("voting").starts)
    return edition


def vote(edition, *, place=0):
    """One full ballot; returns the values of its commitments."""
    before = set(Commitment.objects.values_list("pk", flat=True))
    fill_ballot(edition, {number: nominees_of(edition, number)[place] for number in (1, 2, 3)})
    return [bytes(row.value) for row in Commitment.objects.exclude(pk__in=before)]


def test_first_block_fixes_the_rules_once(edition):
    block, before = Block.objects.get(), chain.rules(edition)

    edition.categories.update(title="Another")
    edition.nominations.update(title="Another")

    assert (block.number, block.head) == (0, commitments.first_head(before))
    assert chain.head(edition) == block.head
    assert chain.rules(edition) == before
    assert b"Another" not in before
    assert chain.open_chain(edition, now=NOW + HOUR) == Block.objects.get()


def test_rules_name_nominees_categories_and_settings():
    edition = make_edition(categories=1, nominees=1, champions_per_category=2)
    nominee, category = nominees_of(edition, 1)[0], edition.categories.get()

    assert chain._rules(edition) == {
        "format": 1,
        "edition": "2020",
        "name": "WSIS Prizes 2020",
        "rules": {
            "require_all_categories": True,
            "votes_final": True,
            "champions_per_category": 2,
            "winners_per_category": 1,
        },
        "closes": "2020-08-01T12:20:00Z",
        "categories": [{"number": 1, "title": category.title, "action_line": category.action_line.code}],
        "nominees": [
            {
                "code": nominee.code,
                "category": 1,
                "title": nominee.title,
                "entity": nominee.entity_name,
                "country": "ML",
            }
        ],
    }


@pytest.mark.parametrize(
    ("values", "phase", "code"),
    [
        ({"nominees_published": None}, "voting", "nominees-not-published"),
        ({}, "review", "polls-not-open"),
        ({}, "", "polls-not-open"),
    ],
)
def test_opening_is_refused_before_the_vote(values, phase, code):
    edition = make_edition(phase=phase or "voting", **values)
    if not phase:
        edition.phases.all().delete()

    assert refused(chain.open_chain, edition, now=NOW) == code
    assert (chain.head(edition), refused(chain.seal, edition, now=NOW)) == ("", "chain-not-open")
    assert phase or chain._rules(edition)["closes"] == ""


def test_block_holds_all_waiting_choices_and_hashes_onto_the_one_before(edition):
    first = chain.head(edition)
    assert chain.seal(edition, now=NOW + HOUR) is None  # nothing waits
    values = vote(edition) + vote(edition)

    block = chain.seal(edition, now=NOW + HOUR)

    sealed = "2020-07-22T13:20:00Z"
    head = commitments.next_head(first, number=1, sealed=sealed, notes=[], commitments=sorted(values))
    assert (block.number, block.choices, block.notes, block.head) == (1, 6, [], head)
    assert not Commitment.objects.filter(block=None).exists()

    empty = chain.seal(edition, now=NOW + 2 * HOUR, is_hourly=True)
    assert (empty.number, empty.choices) == (2, 0)


def test_too_few_wait_for_a_later_block_and_the_last_takes_them(edition):
    Edition.objects.update(smallest_block=4)
    vote(edition)

    assert chain.seal(edition, now=NOW) is None
    assert chain.seal(edition, now=NOW, is_hourly=True).choices == 0
    withdraw(nominees_of(edition, 2)[1])
    assert chain.seal(edition, now=NOW).choices == 0  # a note alone makes a block
    vote(edition)
    assert chain.seal(edition, now=NOW + HOUR).choices == 6
    vote(edition)
    last = chain.seal(edition, now=past_close(edition), is_last=True)
    assert (last.choices, last.notes) == (3, [{"kind": "last"}])


def test_withdrawn_nominee_is_noted_once_and_a_moved_close_each_time(edition):
    nominee, close = nominees_of(edition, 2)[1], edition.phase("voting").ends

    def seal_with(ends):
        edition.phases.filter(kind="voting").update(ends=ends)
        block = chain.seal(edition, now=NOW)
        return block and block.notes

    withdraw(nominee)

    assert seal_with(close) == [{"kind": "withdrawn", "nominee": nominee.code}]
    assert seal_with(close) is None
    assert seal_with(close - HOUR) == [{"kind": "close", "closes": "2020-08-01T11:20:00Z"}]
    assert seal_with(close) == [{"kind": "close", "closes": "2020-08-01T12:20:00Z"}]
    edition.phases.all().delete()
    assert chain.changes(edition) == [{"kind": "close", "closes": ""}]


def test_last_block_closes_the_polls_for_good(edition):
    now = edition.phase("voting").ends + closing_time.GRACE
    assert refused(chain.seal, edition, now=now - timedelta(seconds=1), is_last=True) == "polls-open"
    assert Edition.objects.get().polls_sealed is None

    block = chain.seal(edition, now=now, is_last=True)

    assert block.notes == [{"kind": "last"}]
    assert edition.polls_sealed == Edition.objects.get().polls_sealed == now
    vote(edition)
    assert chain.seal(edition, now=now + HOUR) is None
    assert chain.seal(edition, now=now + HOUR, is_last=True) is None


def test_other_edition_is_not_sealed_along(edition):
    other = make_edition(forum=ForumFactory(slug="2021"))
    chain.open_chain(other, now=NOW)
    vote(other)

    assert chain.seal(edition, now=NOW) is None
    assert chain.seal(other, now=NOW).choices == 3
