from datetime import timedelta

import pytest

from prizes import embargo
from prizes.embargo import Lifting
from tests.factories import NOW
from tests.prizes.counted import counted, released

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


def test_nothing_is_lifted_without_a_release():
    edition = counted()

    assert not embargo.is_lifted(edition, kind="champions", now=LATER)
    assert not embargo.is_promised(edition, kind="champions")
    assert Lifting.of(edition).next(now=NOW) is None


def test_winners_wait_for_the_champions_whatever_their_release_says():
    edition = released(counted(), "winners")
    assert not embargo.is_lifted(edition, kind="winners", now=LATER)
    assert embargo.is_promised(edition, kind="winners")

    released(edition, "champions", at=LATER)

    assert not embargo.is_lifted(edition, kind="winners", now=LATER - timedelta(seconds=1))
    assert embargo.is_lifted(edition, kind="winners", now=LATER)
    assert Lifting.of(edition).lifted("winners") == LATER


def test_next_is_the_first_moment_that_is_still_to_come():
    edition = released(released(counted(), "champions", at=LATER), "winners", at=LATER + timedelta(days=1))
    lifting = Lifting.of(edition)

    assert lifting.next(now=NOW) == LATER
    assert lifting.next(now=LATER) == LATER + timedelta(days=1)
    assert lifting.next(now=LATER + timedelta(days=1)) is None


def test_one_question_reads_the_releases_once(django_assert_num_queries):
    edition = released(counted(), "champions", "winners")

    with django_assert_num_queries(1):
        embargo.is_lifted(edition, kind="winners", now=NOW)
