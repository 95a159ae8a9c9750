from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from prizes.chain import chain, commitments
from prizes.models import Block, Commitment, Edition
from tests.factories import NOW
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def edition():
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    return edition


def vote(edition, *, place=0):
    """One full ballot; returns the values of its commitments."""
    before = set(Commitment.objects.values_list("pk", flat=True))
    fill_ballot(edition, {number: nominees_of(edition, number)[place] for number in (1, 2, 3)})
    return [bytes(row.value) for row in Commitment.objects.exclude(pk__in=before)]


def past_close(edition):
    return edition.phase("voting").ends + timedelta(seconds=90)


def test_first_block_fixes_the_rules(edition):
    block = Block.objects.get()

    assert block.number == 0
    assert block.head == commitments.first_head(chain.rules(edition))
    assert chain.head(edition) == block.head
    assert chain.is_open(edition)


def test_rules_stay_as_they_were_when_titles_change(edition):
    before = chain.rules(edition)

    edition.categories.update(title="Another")
    edition.nominations.update(title="Another")

    assert chain.rules(edition) == before
    assert b"Another" not in before


def test_rules_name_nominees_categories_and_settings():
    edition = make_edition(categories=1, nominees=1, champions_per_category=2)
    nominee = nominees_of(edition, 1)[0]

    rules = chain._rules(edition)

    assert rules["edition"] == "2020"
    assert rules["rules"] == {
        "require_all_categories": True,
        "votes_final": True,
        "champions_per_category": 2,
        "winners_per_category": 1,
    }
    assert rules["closes"] == "2020-08-01T12:20:00Z"
    assert rules["nominees"] == [
        {
            "code": nominee.code,
            "category": 1,
            "title": nominee.title,
            "entity": nominee.entity_name,
            "country": "ML",
        }
    ]


def test_opening_twice_makes_one_block(edition):
    assert chain.open_chain(edition, now=NOW + HOUR) == Block.objects.get()


@pytest.mark.parametrize(
    ("values", "phase", "code"),
    [
        ({"nominees_published": None}, "voting", "nominees-not-published"),
        ({}, "review", "polls-not-open"),
    ],
)
def test_opening_is_refused_before_the_vote(values, phase, code):
    edition = make_edition(phase=phase, **values)

    with pytest.raises(ValidationError) as refusal:
        chain.open_chain(edition, now=NOW)

    assert refusal.value.code == code
    assert not chain.is_open(edition)
    assert chain.head(edition) == ""


def test_opening_is_refused_without_a_voting_phase():
    edition = make_edition()
    edition.phases.all().delete()

    with pytest.raises(ValidationError) as refusal:
        chain.open_chain(edition, now=NOW)

    assert refusal.value.code == "polls-not-open"
    assert chain._rules(edition)["closes"] == ""


def test_block_holds_all_waiting_choices_and_hashes_onto_the_one_before(edition):
    first = chain.head(edition)
    values = vote(edition) + vote(edition)

    block = chain.seal(edition, now=NOW + HOUR)

    assert (block.number, block.choices, block.notes) == (1, 6, [])
    assert block.head == commitments.next_head(
        first, number=1, sealed="2020-07-22T13:20:00Z", notes=[], commitments=values
    )
    assert not Commitment.objects.filter(block=None).exists()


def test_head_does_not_depend_on_the_order_of_casting(edition):
    values = vote(edition)

    head = chain.seal(edition, now=NOW).head

    arguments = {"number": 1, "sealed": commitments.stamp(NOW), "notes": []}
    assert head == commitments.next_head(chain.blocks(edition)[0].head, commitments=values[::-1], **arguments)


def test_nothing_waits_nothing_is_sealed(edition):
    assert chain.seal(edition, now=NOW + HOUR) is None
    assert Block.objects.count() == 1


def test_hourly_block_is_made_even_empty(edition):
    block = chain.seal(edition, now=NOW + HOUR, is_hourly=True)

    assert (block.number, block.choices) == (1, 0)


def test_too_few_wait_for_a_later_block(edition):
    Edition.objects.update(smallest_block=4)
    vote(edition)

    assert chain.seal(edition, now=NOW) is None
    assert chain.seal(edition, now=NOW, is_hourly=True).choices == 0
    vote(edition)
    assert chain.seal(edition, now=NOW + HOUR).choices == 6


def test_last_block_takes_the_few_that_wait(edition):
    Edition.objects.update(smallest_block=4)
    vote(edition)

    block = chain.seal(edition, now=past_close(edition), is_last=True)

    assert (block.choices, block.notes) == (3, [{"kind": "last"}])


def test_withdrawn_nominee_is_noted_once(edition):
    nominee = nominees_of(edition, 2)[1]
    edition.nominations.filter(pk=nominee.pk).update(state="withdrawn")

    block = chain.seal(edition, now=NOW)

    assert block.notes == [{"kind": "withdrawn", "nominee": nominee.code}]
    assert chain.seal(edition, now=NOW + HOUR) is None


def test_close_that_moved_is_noted_each_time(edition):
    first = edition.phase("voting").ends
    edition.phases.filter(kind="voting").update(ends=first - HOUR)
    early = chain.seal(edition, now=NOW)
    edition.phases.filter(kind="voting").update(ends=first)
    again = chain.seal(edition, now=NOW)

    assert early.notes == [{"kind": "close", "closes": "2020-08-01T11:20:00Z"}]
    assert again.notes == [{"kind": "close", "closes": "2020-08-01T12:20:00Z"}]
    edition.phases.all().delete()
    assert chain.changes(edition) == [{"kind": "close", "closes": ""}]


def test_note_alone_makes_a_block_without_the_few_that_wait(edition):
    Edition.objects.update(smallest_block=4)
    vote(edition)
    edition.nominations.filter(pk=nominees_of(edition, 2)[1].pk).update(state="withdrawn")

    assert chain.seal(edition, now=NOW).choices == 0


def test_last_block_closes_the_polls_for_good(edition):
    now = past_close(edition)

    block = chain.seal(edition, now=now, is_last=True)

    assert block.notes == [{"kind": "last"}]
    assert edition.polls_sealed == now
    assert Edition.objects.get().polls_sealed == now
    vote(edition)
    assert chain.seal(edition, now=now + HOUR) is None
    assert chain.seal(edition, now=now + HOUR, is_last=True) is None


def test_last_block_is_refused_while_choices_may_be_under_way(edition):
    with pytest.raises(ValidationError) as refusal:
        chain.seal(edition, now=past_close(edition) - timedelta(seconds=1), is_last=True)

    assert refusal.value.code == "polls-open"
    assert Edition.objects.get().polls_sealed is None


def test_sealing_is_refused_before_the_first_block():
    with pytest.raises(ValidationError) as refusal:
        chain.seal(make_edition(), now=NOW)

    assert refusal.value.code == "chain-not-open"


def test_other_edition_is_not_sealed_along(edition):
    from tests.factories import ForumFactory

    other = make_edition(forum=ForumFactory(slug="2021"))
    chain.open_chain(other, now=NOW)
    vote(other)

    assert chain.seal(edition, now=NOW) is None
    assert chain.seal(other, now=NOW).choices == 3
