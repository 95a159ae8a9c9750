"""Bundles without a count are deleted after a day; those that a count names never are."""

import os
from datetime import timedelta

import pytest
from django.db import transaction

from prizes.count import counting
from prizes.models import Count
from prizes.verify import orphaned_bundles
from tests.factories import NOW
from tests.prizes.factories import make_edition
from tests.prizes.fair_play.factories import ballots, seal

DAY = timedelta(days=1)


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "bundles"


def touch(path, *, age):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"PK")
    moment = (NOW - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_no_folder_is_nothing_to_sweep(db, folder):
    assert orphaned_bundles.sweep(NOW) == 0


def test_file_of_a_count_that_was_rolled_back_is_deleted_after_a_day(db, folder):
    edition = make_edition(categories=1, nominees=1)
    seal(edition)
    kept = folder.parent / Count.objects.get().bundle.name
    with transaction.atomic():
        counting.count(edition, now=NOW, reason="Again")
        transaction.set_rollback(True)
    for file in folder.iterdir():
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    assert len(list(folder.iterdir())) == 2

    assert orphaned_bundles.sweep(NOW + DAY) == 0
    assert orphaned_bundles.sweep(NOW + DAY + timedelta(seconds=1)) == 1
    assert orphaned_bundles.sweep(NOW + 2 * DAY) == 0

    assert list(folder.iterdir()) == [kept]


def test_only_old_files_of_the_folder_of_bundles_go(db, folder):
    ballots(make_edition(categories=2, nominees=2))
    old, young = touch(folder / "old", age=2 * DAY), touch(folder / "young", age=DAY)
    other = touch(folder.parent / "other", age=2 * DAY)

    assert orphaned_bundles.sweep(NOW) == 1

    assert [path.exists() for path in (old, young, other)] == [False, True, True]


def test_task_sweeps(db, folder):
    from prizes.tasks import sweep_bundles

    old = touch(folder / "old", age=timedelta(days=4000))

    sweep_bundles()

    assert not old.exists()
