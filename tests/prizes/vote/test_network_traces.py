import hashlib
import hmac

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from prizes.models import Trace
from prizes.vote import network_key, network_traces
from tests.factories import NOW
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

ADDRESS, NETWORK = Trace.Kind.ADDRESS, Trace.Kind.NETWORK
KEY = bytes(range(32))


@pytest.fixture
def ballot(db, settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    edition = make_edition(categories=1, nominees=1)
    return fill_ballot(edition, {1: nominees_of(edition, 1)[0]})


@pytest.mark.parametrize(
    ("ip", "address", "network"),
    [
        ("203.0.113.77", "203.0.113.77/32", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.77/32", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("no address", "no address", "no address"),
        ("", "", ""),
    ],
)
def test_digest_is_the_keyed_hash_of_a_place(ip, address, network):
    expected = hmac.new(KEY, f"network|{network}".encode(), hashlib.sha256).hexdigest()[:24]

    assert (network_traces.place(ip, kind=ADDRESS), network_traces.place(ip, kind=NETWORK)) == (address, network)
    assert network_traces.digest(KEY, kind=NETWORK, ip=ip) == expected
    assert network_traces.digest(KEY, kind=ADDRESS, ip=ip) != expected


def test_each_place_of_a_ballot_is_written_once_and_as_a_digest_only(ballot):
    for ip in ("203.0.113.7", "203.0.113.7", "203.0.113.8", "198.51.100.1"):
        network_traces.leave(ballot, ip=ip)

    found, key = dict(ballot.traces.values_list("digest", "kind")), network_key.key(ballot.edition)
    assert sorted(found.values()) == ["address"] * 3 + ["network"] * 2
    assert {network_traces.digest(key, kind=kind, ip="203.0.113.7") for kind in network_traces.PLACES} < set(found)


def test_nothing_is_written_once_the_edition_is_closed(ballot):
    ballot.edition.closed = NOW

    network_traces.leave(ballot, ip="203.0.113.7")

    assert (ballot.traces.count(), network_key.is_left(ballot.edition)) == (0, False)


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_not_asked_again_and_what_was_rolled_back_is(
    ballot, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(network_traces, "REMEMBERED", 1)
    with transaction.atomic():
        network_traces.leave(ballot, ip="203.0.113.7")
        transaction.set_rollback(True)
    network_traces.leave(ballot, ip="203.0.113.7")
    assert ballot.traces.count() == 2

    with django_assert_num_queries(0):
        network_traces.leave(ballot, ip="203.0.113.7")
    for ip in ("198.51.100.1", "203.0.113.7"):  # only the last one is remembered here
        with CaptureQueriesContext(connection) as asked:
            network_traces.leave(ballot, ip=ip)
        assert [query["sql"][:6] for query in asked if query["sql"].startswith("INSERT")] == ["INSERT"]
    assert ballot.traces.count() == 4
