"""Bundles without a count are deleted after a day; those that a count names never are."""

import os
from datetime import timedelta

from django.utils import timezone

from prizes import tasks
from prizes.models import Count
from tests.prizes.factories import make_edition
from tests.prizes.fair_play.factories import seal


def test_bundle_of_a_count_that_was_rolled_back_is_deleted_after_a_day(db, settings, tmp_path, noon):
    settings.MEDIA_ROOT = tmp_path
    seal(make_edition(categories=1, nominees=1))
    kept = tmp_path / Count.objects.get().bundle.name
    old, young = kept.with_name("old"), kept.with_name("young")
    for path, days in ((kept, 2), (old, 2), (young, 0)):
        path.touch()
        moment = (timezone.now() - timedelta(days=days)).timestamp()
        os.utime(path, (moment, moment))

    tasks.sweep_bundles()

    assert [path.exists() for path in (kept, old, young)] == [True, False, True]
