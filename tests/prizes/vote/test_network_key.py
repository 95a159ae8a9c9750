import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prizes.models import Edition
from prizes.vote import network_key
from tests.factories import NOW


@pytest.fixture
def edition(settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    return Edition(pk=1, key_name="ab" * 16)


@pytest.fixture
def other():
    return Edition(pk=2, key_name="cd" * 16)


def test_key_is_made_once_for_its_edition_and_its_owner_only(edition, other, settings):
    first = network_key.key(edition)

    assert (len(first), network_key.key(edition)) == (32, first)
    assert stat.S_IMODE(network_key.path(edition).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(settings.KEYS_DIR).stat().st_mode) == 0o700
    assert [file.name for file in Path(settings.KEYS_DIR).iterdir()] == [f"{edition.key_name}.key"]
    assert network_key.key(other) != first


def test_processes_that_start_together_read_the_same_key(edition):
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _turn: network_key.key(edition), range(64)))

    assert len(found) == 1


@pytest.mark.parametrize("broken", [b"", b"short", b"x" * 33])
def test_file_that_a_crash_cut_short_is_no_key(edition, broken):
    network_key.key(edition)
    network_key.path(edition).write_bytes(broken)

    assert len(network_key.key(edition)) == 32
    assert network_key.path(edition).read_bytes() == network_key.key(edition)


def test_key_of_a_closed_edition_is_never_made_again(edition):
    network_key.destroy(edition)  # never made: nothing to do
    network_key.key(edition)
    network_key.destroy(edition)

    edition.closed = NOW
    closed = network_key.key(edition)
    edition.closed, edition.key_destroyed = None, NOW

    assert (closed, network_key.key(edition), network_key.is_left(edition)) == (None, None, False)


def test_destroying_overwrites_what_other_names_lead_to_and_leaves_other_editions_alone(edition, other, settings):
    """A draft that a crash left beside the key is the same file: both names go, and its bytes with them."""
    old, kept = network_key.key(edition), network_key.key(other)
    draft = Path(settings.KEYS_DIR) / f"{edition.key_name}.abc.draft"
    elsewhere = Path(settings.KEYS_DIR) / "other-name"
    for path in (draft, elsewhere):
        path.hardlink_to(network_key.path(edition))

    network_key.destroy(edition)
    network_key.destroy(edition)

    assert (network_key.is_left(edition), draft.exists(), network_key.key(other)) == (False, False, kept)
    assert elsewhere.read_bytes() != old
