"""Rows of the review for tests: experts, assignments, points."""

from prizes.models import Assignment, Expert, Score
from prizes.review import criteria
from tests.factories import NOW
from tests.prizes.factories import NominationFactory, voter


def make_expert(edition, **values):
    return Expert.objects.create(edition=edition, user=values.pop("user", None) or voter(), **values)


def make_assignment(edition, *, expert=None, nomination=None, **values):
    """An expert's assignment of a nomination in the first category, both new unless given."""
    expert = expert or make_expert(edition)
    nomination = nomination or NominationFactory(category=edition.categories.first())
    return Assignment.objects.create(expert=expert, nomination=nomination, assigned=NOW, **values)


def give(assignment, points):
    """The same points for every criterion, or a list in the order of the criteria; and the review is finished."""
    rows = criteria.ensure(assignment.nomination.edition)
    values = [points] * len(rows) if isinstance(points, int) else points
    for criterion, value in zip(rows, values, strict=True):
        Score.objects.create(assignment=assignment, criterion=criterion, points=value)
    assignment.state = "done"
    assignment.save(update_fields=["state"])
    return assignment


def nominations(edition, count, *, number=1, **values):
    """Submitted nominations in the category of a number."""
    return NominationFactory.create_batch(count, category=edition.categories.get(number=number), **values)
