import hashlib
from datetime import datetime, timedelta, timezone

from events.shared.formatting import codes
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


def test_receipt_is_read_as_it_was_meant_and_written_in_groups():
    for text in ("abcd-efgh", " ABCD EFGH ", "ABCD–EFGH", "abcdefgh\n"):
        assert codes.normal(text) == "ABCDEFGH"
    assert codes.normal("o0-iIlL1") == "0011111"
    assert codes.groups("ABCDEFGHJK") == "ABCD-EFGH-JK"
    assert recount.normal("o0-iIlL1 ab") == codes.normal("o0-iIlL1 ab")
    assert recount.SIGNS == commitments.SIGNS


def test_head_is_the_hash_that_is_described():
    values, sealed, notes = [b"a" * 32, b"b" * 32], "2020-09-07T10:00:00Z", [{"kind": "last"}]
    text = f'block|00|1|{sealed}|[{{"kind":"last"}}]|{values[0].hex()}{values[1].hex()}'

    found = commitments.next_head("00", number=1, sealed=sealed, notes=notes, commitments=values)

    assert found == hashlib.sha256(text.encode()).hexdigest()
