"""What voters are told after the site was restored: on every page where they look for their vote."""

import io
from datetime import timedelta

import pytest

from events.models import Restoration
from prizes.chain import chain, commitments
from prizes.count import bundle
from prizes.verify import recount
from tests.factories import NOW
from tests.prizes.counted import announced
from tests.prizes.electorate import make_counted, seal_and_count
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, voter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
CHAIN, FEED = "/2020/prizes/chain/", "/2020/prizes/chain/feed/"
CHECK, BALLOT, RECEIPT = "/2020/prizes/results/check/", "/2020/prizes/vote/", "/2020/prizes/vote/receipt/"
MOMENTS = (
    "The site broke down and was restored on",
    "22 July, 14:20 Geneva (12:20 UTC)",
    "22 July, 12:20 Geneva (10:20 UTC)",
    "A choice that was saved between these two times may be lost, even if you have a receipt",
)
VOTE_AGAIN = "Choose again where one is missing."


@pytest.fixture
def edition():
    """A vote that goes on, restored from a state of two hours ago."""
    edition = make_edition()
    chain.open_chain(edition, now=NOW - timedelta(hours=3))
    Restoration.objects.create(state_of=NOW - timedelta(hours=2), restored=NOW)
    chain.seal_restoration(NOW)
    return edition


def text(response):
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def plain(response):
    """The words of a page without its tags."""
    import re

    return " ".join(re.sub(r"<[^>]+>", "", text(response)).split())


def told(page, *words):
    return [word for word in (*MOMENTS, *words) if word not in page]


def test_chain_page_and_feed_say_that_the_chain_goes_on_from_a_restored_state(client, edition):
    page, feed = plain(client.get(CHAIN)), text(client.get(FEED))

    assert told(page, VOTE_AGAIN, "Look at your ballot", "Heads that were published in that time") == []
    assert page.count("The site was restored on 22 July") == 1  # at its block
    old, new = chain.blocks(edition)
    assert "#block-0</id>" in feed
    assert f"#block-1-{new.head[:16]}</id>" in feed  # a lost block 1 that a reader has stays beside it
    assert (old.number, new.number) == (0, 1)
    assert "The site was restored at 2020-07-22T12:20:00Z from its state of 2020-07-22T10:20:00Z." in feed


def test_page_that_looks_up_votes_says_it_before_it_opens(client, edition):
    assert told(plain(client.get(CHECK)), VOTE_AGAIN, "This page opens together with the champions.") == []


def test_ballot_and_receipt_say_what_to_look_at(client, edition):
    user = voter()
    client.force_login(user)
    client.get(BALLOT)
    fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)}, user=user)

    assert [told(plain(client.get(path)), VOTE_AGAIN) for path in (BALLOT, RECEIPT)] == [[], []]


@pytest.fixture
def over():
    """A counted vote in which the site was restored, and its bundle is open."""
    Restoration.objects.create(state_of=NOW - timedelta(hours=2), restored=NOW)
    count, _ballots = make_counted()
    announced(count.edition, "champions")
    return count


def test_receipt_newer_than_the_backup_is_answered_in_words(client, over):
    page = plain(client.post(CHECK, {"receipt": commitments.new_secret()}))

    assert told(page, "Nothing is found under this.") == []
    assert "newer than the state from which this site was restored, the vote may be one of those that were lost" in page
    assert VOTE_AGAIN not in page  # the vote is over


def test_restoration_after_the_close_says_nothing_to_voters(client):
    count, _ballots = make_counted()
    announced(count.edition, "champions")
    sealed = count.edition.polls_sealed
    Restoration.objects.create(state_of=sealed + timedelta(hours=1), restored=sealed + timedelta(hours=3))

    page = plain(client.post(CHECK, {"receipt": commitments.new_secret()}))

    assert "Nothing is found under this." in page
    assert [word for word in ("restored", "lost") if word in page] == []


def test_recount_disagrees_with_a_restoration_that_lost_nothing(tmp_path):
    edition = make_edition()
    chain.open_chain(edition, now=NOW - timedelta(hours=3))
    fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})
    chain.seal(edition, now=NOW - timedelta(hours=2))
    Restoration.objects.create(state_of=NOW - timedelta(hours=3), restored=NOW)
    with (tmp_path / "bundle.zip").open("wb") as file:
        bundle.write(seal_and_count(edition), file)

    with pytest.raises(recount.Disagreement, match="Block 2 says that blocks were lost which are in the chain"):
        list(recount.recount(str(tmp_path / "bundle.zip")))


def test_recount_names_the_restoration(over, tmp_path):
    file = io.BytesIO()
    bundle.write(over, file)
    (tmp_path / "bundle.zip").write_bytes(file.getvalue())

    said = list(recount.recount(str(tmp_path / "bundle.zip")))

    assert said[-1] == "Everything agrees."
    assert "The site was restored at 2020-07-22T12:20:00Z from its state of 2020-07-22T10:20:00Z" in " ".join(said)
