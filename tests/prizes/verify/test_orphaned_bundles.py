"""Bundles without a count are deleted after a day; those that a count names never are."""

import os
from datetime import timedelta

import pytest
from django.db import transaction

from events.shared.pages import stored_files
from prizes import tasks
from prizes.count import counting
from prizes.models import Count
from tests.factories import NOW
from tests.prizes.factories import make_edition
from tests.prizes.fair_play.factories import seal

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "bundles"


def sweep(now):
    return stored_files.sweep((Count, "bundle"), now=now)


def touch(path, *, age):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"PK")
    moment = (NOW - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_file_of_a_count_that_was_rolled_back_is_deleted_after_a_day(db, folder):
    assert sweep(NOW) == 0  # no folder yet
    edition = make_edition(categories=1, nominees=1)
    seal(edition)
    kept = folder.parent / Count.objects.get().bundle.name
    with transaction.atomic():
        counting.count(edition, now=NOW, reason="Again")
        transaction.set_rollback(True)
    for file in folder.iterdir():
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    assert len(list(folder.iterdir())) == 2

    assert [sweep(NOW + age) for age in (DAY, DAY + SECOND, 2 * DAY)] == [0, 1, 0]
    assert list(folder.iterdir()) == [kept]


def test_only_old_files_of_the_folder_of_bundles_go(db, folder):
    old, young = touch(folder / "old", age=timedelta(days=4000)), touch(folder / "young", age=-timedelta(days=40000))
    other = touch(folder.parent / "other", age=timedelta(days=4000))

    tasks.sweep_bundles()

    assert [path.exists() for path in (old, young, other)] == [False, True, True]
