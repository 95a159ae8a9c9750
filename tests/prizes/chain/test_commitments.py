import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes.chain import commitments
from prizes.verify import recount

SECRET = "0123456789ABCDEFGHJK"


def test_secrets_and_nonces_are_as_long_as_they_say_and_never_twice():
    secrets = {commitments.new_secret() for _place in range(200)}
    nonces = {commitments.new_nonce() for _place in range(200)}

    assert ({len(text) for text in secrets}, {len(text) for text in nonces}) == ({20}, {16})
    assert (len(secrets), len(nonces)) == (200, 200)
    assert set("".join(secrets | nonces)) <= set(commitments.SIGNS)


def test_known_values_never_change():
    """Receipts and bundles of earlier years stand on these."""
    tracker = commitments.tracker(SECRET, edition="2020", number=5)
    value = commitments.commitment(nonce="0" * 16, tracker=tracker, number=5, nominee="ABC123")

    assert tracker == "AXV7X0ACWYKB5ZTA"
    assert value.hex() == "f94ce185fa0e023b146911e5ab316f0fd5f9653bd21b6600187b50fed36461d8"
    assert commitments.first_head(b"{}") == hashlib.sha256(b"rules|{}").hexdigest()
    assert (
        commitments.canonical({"b": 1, "a": ["é", {"d": None, "c": True}]}) == '{"a":["é",{"c":true,"d":null}],"b":1}'
    )
    moment = datetime(2020, 9, 7, 12, 0, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert commitments.stamp(moment) == "2020-09-07T10:00:00Z"


def test_tracker_and_commitment_differ_by_every_part():
    trackers = {
        commitments.tracker(secret, edition=edition, number=number)
        for secret in (SECRET, SECRET[::-1])
        for edition in ("2020", "2021")
        for number in (1, 11)
    }
    parts = {"nonce": "A", "tracker": "B", "number": 1, "nominee": "C"}
    changed = [parts | change for change in ({"nonce": "X"}, {"tracker": "X"}, {"number": 2}, {"nominee": "X"})]

    assert len(trackers) == 8
    assert len({commitments.commitment(**each) for each in [parts, *changed]}) == 5


def test_receipt_is_read_as_it_was_meant_and_written_in_groups():
    for text in ("abcd-efgh", " ABCD EFGH ", "ABCD–EFGH", "abcdefgh\n"):
        assert commitments.normal(text) == "ABCDEFGH"
    assert commitments.normal("o0-iIlL1") == "0011111"
    assert commitments.groups("ABCDEFGHJK") == "ABCD-EFGH-JK"
    assert recount.normal("o0-iIlL1 ab") == commitments.normal("o0-iIlL1 ab")
    assert recount.SIGNS == commitments.SIGNS


def head(**changes):
    values = {"number": 1, "sealed": "2020-09-07T10:00:00Z", "notes": [], "commitments": [b"a" * 32, b"b" * 32]}
    return commitments.next_head(changes.pop("previous", "00"), **(values | changes))


@pytest.mark.parametrize(
    "change",
    [
        {"previous": "01"},
        {"number": 2},
        {"sealed": "2020-09-07T10:00:01Z"},
        {"notes": [{"kind": "last"}]},
        {"commitments": [b"a" * 32]},
    ],
)
def test_head_is_the_hash_that_is_described_and_differs_by_every_part(change):
    text = "block|00|1|2020-09-07T10:00:00Z|[]|" + (b"a" * 32).hex() + (b"b" * 32).hex()

    assert head() == hashlib.sha256(text.encode()).hexdigest()
    assert head(**change) != head()


@given(number=st.integers(0, 2**100 - 1))
def test_base32_keeps_every_bit(number):
    text = commitments.base32(number, signs=20)

    assert sum(commitments.SIGNS.index(sign) << 5 * place for place, sign in enumerate(reversed(text))) == number
