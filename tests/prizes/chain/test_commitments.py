import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes.chain import commitments
from prizes.verify import recount

SECRET = "0123456789ABCDEFGHJK"


def test_secrets_and_nonces_are_as_long_as_they_say_and_never_twice():
    secrets = {commitments.new_secret() for _place in range(200)}
    nonces = {commitments.new_nonce() for _place in range(200)}

    assert {len(text) for text in secrets} == {20}
    assert {len(text) for text in nonces} == {16}
    assert (len(secrets), len(nonces)) == (200, 200)
    assert set("".join(secrets | nonces)) <= set(commitments.SIGNS)


def test_known_values_never_change():
    """Receipts and bundles of earlier years stand on these."""
    tracker = commitments.tracker(SECRET, edition="2020", number=5)
    value = commitments.commitment(nonce="0" * 16, tracker=tracker, number=5, nominee="ABC123")

    assert tracker == "AXV7X0ACWYKB5ZTA"
    assert value.hex() == "f94ce185fa0e023b146911e5ab316f0fd5f9653bd21b6600187b50fed36461d8"
    assert commitments.first_head(b"{}") == hashlib.sha256(b"rules|{}").hexdigest()


def test_tracker_differs_by_secret_edition_and_category():
    trackers = {
        commitments.tracker(secret, edition=edition, number=number)
        for secret in (SECRET, SECRET[::-1])
        for edition in ("2020", "2021")
        for number in (1, 11)
    }

    assert len(trackers) == 8


def test_commitment_differs_by_every_part():
    parts = {"nonce": "A", "tracker": "B", "number": 1, "nominee": "C"}
    changed = [parts | change for change in ({"nonce": "X"}, {"tracker": "X"}, {"number": 2}, {"nominee": "X"})]

    assert len({commitments.commitment(**each) for each in [parts, *changed]}) == 5


@pytest.mark.parametrize("text", ["abcd-efgh", " ABCD EFGH ", "ABCD–EFGH", "abcdefgh\n"])
def test_normal_reads_what_was_meant(text):
    assert commitments.normal(text) == "ABCDEFGH"


def test_normal_reads_lookalikes():
    assert commitments.normal("o0-iIlL1") == "0011111"


def test_groups_are_of_four():
    assert commitments.groups("ABCDEFGHJK") == "ABCD-EFGH-JK"


def test_canonical_json_has_one_form():
    assert (
        commitments.canonical({"b": 1, "a": ["é", {"d": None, "c": True}]}) == '{"a":["é",{"c":true,"d":null}],"b":1}'
    )


def test_stamp_is_utc_in_whole_seconds():
    moment = datetime(2020, 9, 7, 12, 0, 0, 999999, tzinfo=timezone(timedelta(hours=2)))

    assert commitments.stamp(moment) == "2020-09-07T10:00:00Z"


def head(**changes):
    values = {"number": 1, "sealed": "2020-09-07T10:00:00Z", "notes": [], "commitments": [b"b" * 32, b"a" * 32]}
    return commitments.next_head(changes.pop("previous", "00"), **(values | changes))


def test_head_is_the_hash_that_is_described():
    text = "block|00|1|2020-09-07T10:00:00Z|[]|" + (b"a" * 32).hex() + (b"b" * 32).hex()

    assert head() == hashlib.sha256(text.encode()).hexdigest()


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
def test_head_differs_by_every_part(change):
    assert head(**change) != head()


@given(values=st.lists(st.binary(min_size=32, max_size=32), max_size=8))
def test_head_does_not_depend_on_the_order(values):
    assert head(commitments=values) == head(commitments=values[::-1])
    assert head(commitments=values) == commitments.sorted_head(
        "00", number=1, sealed="2020-09-07T10:00:00Z", notes=[], commitments=iter(sorted(values))
    )


@given(number=st.integers(0, 2**100 - 1))
def test_base32_keeps_every_bit(number):
    text = commitments.base32(number, signs=20)

    assert sum(commitments.SIGNS.index(sign) << 5 * place for place, sign in enumerate(reversed(text))) == number


def test_recount_reads_a_receipt_as_the_site_does():
    assert recount.normal("o0-iIlL1 ab") == commitments.normal("o0-iIlL1 ab")
    assert recount.SIGNS == commitments.SIGNS


def test_moments_are_written_in_utc():
    assert commitments.stamp(datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2020-01-02T03:04:05Z"
