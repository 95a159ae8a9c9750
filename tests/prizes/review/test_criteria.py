"""The nine usual criteria, and changes of an edition's own."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry
from prizes.models import Criterion
from prizes.review import criteria
from tests.factories import NOW, UserFactory
from tests.prizes.factories import make_edition
from tests.prizes.reviewers import give, make_assignment

pytestmark = pytest.mark.django_db


def test_edition_begins_with_the_nine_criteria():
    rows = criteria.ensure(make_edition(phase="review"))

    assert [row.number for row in rows] == list(range(1, 10))
    assert (rows[0].name, rows[8].name) == ("Completeness", "Promotion of WSIS values")
    assert {tuple(row.anchors) for row in rows} == {("0", "3", "5")}
    assert {row.weight for row in rows} == {Decimal(1)}


def test_ensure_leaves_own_criteria_alone():
    edition = make_edition(phase="review")
    own = Criterion.objects.create(edition=edition, number=1, name="Courage", weight=2)

    assert criteria.ensure(edition) == [own]


def test_ensure_twice_makes_them_once():
    edition = make_edition(phase="review")

    assert criteria.ensure(edition) == criteria.ensure(edition)


def test_change_is_logged():
    edition, person = make_edition(phase="review"), UserFactory()
    row = criteria.ensure(edition)[2]
    row.weight = Decimal("2.5")

    criteria.save(row, by=person, now=NOW)

    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.subject) == ("change-criterion", person, "Results and impact")
    assert entry.after == {"number": 3, "weight": "2.5"}


def test_new_criterion_is_logged_before_points_are_given():
    edition = make_edition(phase="review")

    criteria.save(Criterion(edition=edition, number=10, name="Courage"), by=UserFactory(), now=NOW)

    assert HistoryEntry.objects.get().verb == "add-criterion"


def test_new_criterion_is_refused_once_points_are_given():
    edition = make_edition(phase="review")
    give(make_assignment(edition), 3)

    with pytest.raises(ValidationError) as refusal:
        criteria.save(Criterion(edition=edition, number=10, name="Courage"), by=UserFactory(), now=NOW)

    assert refusal.value.code == "review-begun"
    assert (Criterion.objects.count(), HistoryEntry.objects.count()) == (9, 0)


def test_criterion_without_points_is_removed_with_a_log():
    edition = make_edition(phase="review")
    row = criteria.ensure(edition)[8]

    criteria.remove(row, by=UserFactory(), now=NOW)

    assert Criterion.objects.count() == 8
    assert (HistoryEntry.objects.get().verb, HistoryEntry.objects.get().after) == ("remove-criterion", {"number": 9})


def test_criterion_with_points_stays():
    edition = make_edition(phase="review")
    give(make_assignment(edition), 3)

    with pytest.raises(ValidationError) as refusal:
        criteria.remove(edition.criteria.first(), by=UserFactory(), now=NOW)

    assert refusal.value.code == "review-begun"
    assert Criterion.objects.count() == 9
