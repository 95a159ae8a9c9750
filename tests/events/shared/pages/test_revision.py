import pytest
from django.db import IntegrityError, connection, transaction

from events.models import PublicRevision
from events.shared.pages import revision

pytestmark = pytest.mark.django_db


def test_bump_raises_by_one_and_is_undone_with_its_transaction(django_assert_num_queries):
    with django_assert_num_queries(1):
        before = revision.current()
    revision.bump()
    revision.bump()
    with transaction.atomic():
        revision.bump()
        transaction.set_rollback(True)

    assert (before, revision.current()) == (0, 2)


def test_bump_when_another_process_makes_the_row_at_the_same_time():
    """The other's insert comes between our update and our insert."""
    came_first = []

    def other(execute, sql, params, many, context):
        if sql.startswith("SAVEPOINT") and not came_first:
            came_first.append(True)
            PublicRevision.objects.create(pk=1, number=7)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(other):
        revision.bump()

    assert revision.current() == 8


def test_revision_is_one_row():
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicRevision.objects.create(pk=2)
