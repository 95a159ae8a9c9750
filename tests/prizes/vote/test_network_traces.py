import hashlib
import hmac
import ipaddress

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from prizes.models import Trace
from prizes.vote import edition_key, network_traces
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
def test_place_of_an_address(ip, address, network):
    assert (network_traces.place(ip, kind=ADDRESS), network_traces.place(ip, kind=NETWORK)) == (address, network)


def test_digest_is_the_hmac_of_kind_and_place():
    expected = hmac.new(KEY, b"network|203.0.113.0/24", hashlib.sha256).hexdigest()[:24]

    assert network_traces.digest(KEY, kind=NETWORK, ip="203.0.113.9") == expected
    assert network_traces.digest(KEY, kind=ADDRESS, ip="203.0.113.9") != expected


@given(st.ip_addresses(), st.ip_addresses(), st.sampled_from(Trace.Kind.values))
def test_digests_agree_exactly_where_the_places_do(one, other, kind):
    same = network_traces.place(str(one), kind=kind) == network_traces.place(str(other), kind=kind)

    assert (
        network_traces.digest(KEY, kind=kind, ip=str(one)) == network_traces.digest(KEY, kind=kind, ip=str(other))
    ) is same


@given(st.ip_addresses(v=4))
def test_neighbours_share_a_network(ip):
    network = ipaddress.ip_network(f"{ip}/24", strict=False)

    assert {network_traces.place(str(each), kind=NETWORK) for each in (network[0], network[7], network[-1])} == {
        str(network)
    }


def test_each_place_of_a_ballot_is_written_once(ballot):
    for ip in ("203.0.113.7", "203.0.113.7", "203.0.113.8", "198.51.100.1"):
        network_traces.leave(ballot, ip=ip)

    found = ballot.traces.values_list("kind", flat=True)
    assert sorted(found) == ["address"] * 3 + ["network"] * 2


def test_nothing_but_the_digest_is_written(ballot):
    network_traces.leave(ballot, ip="203.0.113.7")

    key = edition_key.key(ballot.edition)
    assert set(ballot.traces.values_list("digest", flat=True)) == {
        network_traces.digest(key, kind=kind, ip="203.0.113.7") for kind in Trace.Kind.values
    }


def test_nothing_is_written_once_the_edition_is_closed(ballot):
    ballot.edition.closed = NOW

    network_traces.leave(ballot, ip="203.0.113.7")

    assert (ballot.traces.count(), edition_key.is_left(ballot.edition)) == (0, False)


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_not_asked_again(ballot, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(network_traces, "REMEMBERED", 1)
    network_traces.leave(ballot, ip="203.0.113.7")

    with django_assert_num_queries(0):
        network_traces.leave(ballot, ip="203.0.113.7")
    with django_assert_num_queries(3):  # begin, insert, commit
        network_traces.leave(ballot, ip="198.51.100.1")
    with django_assert_num_queries(3):  # begin, insert, commit
        network_traces.leave(ballot, ip="203.0.113.7")  # only the last one is remembered here

    assert ballot.traces.count() == 4


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_written_again(ballot):
    with transaction.atomic():
        network_traces.leave(ballot, ip="203.0.113.7")
        transaction.set_rollback(True)

    network_traces.leave(ballot, ip="203.0.113.7")

    assert ballot.traces.count() == 2
