from datetime import timedelta

import pytest

from prizes import chain, counting, recount
from tests.factories import NOW
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = pytest.mark.django_db


def test_bundle_agrees(tmp_path):
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    for place in (0, 1, 1, 2, 0):
        fill_ballot(edition, {number: nominees_of(edition, number)[place] for number in (1, 2, 3)})
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    chain.seal(edition, now=NOW)
    fill_ballot(edition, {number: nominees_of(edition, number)[2] for number in (1, 2, 3)}, is_quarantined=True)
    now = edition.phase("voting").ends + timedelta(minutes=5)
    chain.seal(edition, now=now, is_last=True)
    count = counting.count(edition, now=now)
    for sentence in recount.recount(count.bundle.path):
        print(sentence)
