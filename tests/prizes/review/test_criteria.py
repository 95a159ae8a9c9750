"""The nine usual criteria, and changes of an edition's own."""

from decimal import Decimal

import pytest

from events.models import HistoryEntry
from prizes.models import Criterion
from prizes.review import criteria
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.factories import make_edition
from tests.prizes.reviewers import give, make_assignment
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def test_edition_begins_with_the_nine_criteria_once_and_keeps_its_own():
    edition, other = make_edition(phase="review"), make_edition(phase="review", forum=ForumFactory(slug="2019"))
    own = Criterion.objects.create(edition=other, number=1, name="Courage", weight=2)

    rows = criteria.ensure(edition)

    assert criteria.ensure(edition) == rows
    assert criteria.ensure(other) == [own]
    assert [row.number for row in rows] == list(range(1, 10))
    assert (rows[0].name, rows[8].name) == ("Completeness", "Promotion of WSIS values")
    assert {tuple(row.anchors) for row in rows} == {("0", "3", "5")}
    assert {row.weight for row in rows} == {Decimal(1)}


def test_criteria_are_added_changed_and_removed_with_a_log_until_points_are_given():
    edition, person = make_edition(phase="review"), UserFactory()
    row = criteria.ensure(edition)[2]
    row.weight = Decimal("2.5")

    criteria.save(row, by=person, now=NOW)
    criteria.save(new := Criterion(edition=edition, number=10, name="Courage"), by=person, now=NOW)
    criteria.remove(new, by=person, now=NOW)

    changed, added, removed = HistoryEntry.objects.order_by("pk")
    assert (changed.verb, changed.actor, changed.subject) == ("change-criterion", person, "Results and impact")
    assert changed.after == {"number": 3, "weight": "2.5"}
    assert (added.verb, removed.verb, removed.after) == ("add-criterion", "remove-criterion", {"number": 10})
    give(make_assignment(edition), 3)
    for call in (
        lambda: criteria.save(Criterion(edition=edition, number=10, name="Courage"), by=person, now=NOW),
        lambda: criteria.remove(edition.criteria.first(), by=person, now=NOW),
    ):
        assert refused(call) == "review-begun"
    assert (Criterion.objects.count(), HistoryEntry.objects.count()) == (9, 3)
