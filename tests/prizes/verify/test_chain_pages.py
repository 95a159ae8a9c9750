from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.views.debug import SafeExceptionReporterFilter

from events.shared.formatting import codes
from prizes.chain import chain
from prizes.count import counting
from prizes.verify import views
from tests.factories import NOW, ForumFactory
from tests.prizes.counted import announced
from tests.prizes.electorate import make_counted, past_close
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
CHAIN, FEED = "/2020/prizes/chain/", "/2020/prizes/chain/feed/"
BUNDLE, CHECK, SCRIPT = (f"/2020/prizes/results/{name}" for name in ("bundle.zip", "check/", "recount.py"))


@pytest.fixture
def opened():
    """A counted edition whose bundle is open: the count and its full ballots."""
    count, ballots = make_counted()
    announced(count.edition, "champions")
    return count, ballots


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def open_chain(*, hours=0):
    """An edition in its vote, with its first block and so many hourly ones."""
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    for hour in range(hours):
        chain.seal(edition, now=NOW + timedelta(hours=hour), is_hourly=True)
    return edition


# --- the chain --------------------------------------------------------------------------------------
def test_nothing_without_a_public_edition(client):
    paths = [CHAIN, FEED, BUNDLE, CHECK, SCRIPT]
    ForumFactory()
    assert [client.get(path).status_code for path in paths] == [404] * 5

    make_edition(is_public=False)

    assert [client.get(path).status_code for path in paths] == [404] * 5


def test_chain_page_shows_heads_but_no_numbers_before_the_close(client):
    edition = open_chain()
    fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})
    edition.phases.filter(kind="voting").update(ends=NOW + timedelta(hours=5))
    chain.seal(edition, now=NOW + timedelta(hours=1))

    page = text(client.get(CHAIN))

    assert [block.head in page for block in chain.blocks(edition)] == [True, True]
    for words in ("Head so far", "The rules and the nominees", "The close moved to"):
        assert words in page
    assert "Choices" not in page


def test_chain_page_and_feed_show_numbers_heads_and_hashes_after_the_close(client):
    count, _ballots = make_counted()
    again = counting.count(count.edition, now=NOW, reason="A ballot was set aside")

    page, feed = text(client.get(CHAIN)), client.get(FEED)

    for words in (count.head, count.bundle_sha256, again.bundle_sha256, "A ballot was set aside"):
        assert words in page
    for words in ("41 choices are sealed.", "Withdrew:", "The last block"):
        assert words in page
    assert BUNDLE not in page
    assert feed["Content-Type"] == "application/atom+xml; charset=utf-8"
    entries = [f"Head: {block.head}" for block in chain.blocks(count.edition)]
    entries += [f"SHA-256 of the bundle: {digest}" for digest in (count.bundle_sha256, again.bundle_sha256)]
    assert [entry in text(feed) for entry in entries] == [True] * len(entries)
    assert "/2020/prizes/chain/#block-1</id>" in text(feed)
    assert "/2020/prizes/chain/#count-2</id>" in text(feed)

    announced(count.edition, "champions")

    page = text(client.get(CHAIN))
    assert [f'href="{path}"' in page for path in (BUNDLE, CHECK)] == [True, True]


@pytest.mark.parametrize("rows", [1, 3])
def test_chain_page_asks_as_often_for_three_blocks_as_for_one(client, django_assert_num_queries, rows):
    open_chain(hours=rows)

    with django_assert_num_queries(8):
        client.get(CHAIN)


def test_pages_before_the_first_count_of_a_sealed_vote(client):
    edition = open_chain()
    chain.seal(edition, now=past_close(edition), is_last=True)
    announced(edition, "champions")

    assert (client.get(CHAIN).status_code, client.get(BUNDLE).status_code) == (200, 404)


# --- the bundle -------------------------------------------------------------------------------------
def test_bundle_is_not_there_before_the_set_moment(client, organiser_site, time_machine):
    count, _ballots = make_counted()
    announced(count.edition, "winners")
    announced(count.edition, "champions", at=NOW + timedelta(minutes=5))

    assert [visitor.get(BUNDLE).status_code for visitor in (client, organiser_site)] == [404, 404]
    assert client.get(f"/media/{count.bundle.name}").status_code == 404
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)
    assert len(body(client.get(BUNDLE))) == count.bundle_bytes
    assert client.get(f"/media/{count.bundle.name}").status_code == 404


def test_bundle_is_the_file_whose_hash_was_published(client, opened):
    count, _ballots = opened

    answer, head = client.get(BUNDLE), client.head(BUNDLE)
    known = client.get(BUNDLE, headers={"If-None-Match": f'"{count.bundle_sha256}"'})

    assert answer.streaming
    assert body(answer) == Path(count.bundle.path).read_bytes()
    assert {name: answer[name] for name in ("Content-Length", "Content-Type", "Content-Disposition")} == {
        "Content-Length": str(count.bundle_bytes),
        "Content-Type": "application/zip",
        "Content-Disposition": 'attachment; filename="2020-prizes-bundle.zip"',
    }
    assert (answer["ETag"], answer["Cache-Control"]) == (f'"{count.bundle_sha256}"', "public, max-age=3600")
    assert (known.status_code, body(known)) == (304, b"")
    assert (head.status_code, head["Content-Length"]) == (200, str(count.bundle_bytes))
    assert client.post(BUNDLE).status_code == 405
    Path(count.bundle.path).unlink()
    assert client.get(BUNDLE).status_code == 404


def test_download_goes_on_where_it_stopped(client, opened):
    count, _ballots = opened
    whole, size = Path(count.bundle.path).read_bytes(), count.bundle_bytes

    for header, stretch in [("bytes=0-9", (0, 10)), ("bytes=10-", (10, size)), ("bytes=5-99999999", (5, size))]:
        answer = client.get(BUNDLE, headers={"Range": header})
        assert (answer.status_code, body(answer)) == (206, whole[slice(*stretch)])
        assert answer["Content-Length"] == str(stretch[1] - stretch[0])
        assert answer["Content-Range"] == f"bytes {stretch[0]}-{stretch[1] - 1}/{size}"
    past = client.get(BUNDLE, headers={"Range": f"bytes={size}-"})
    assert (past.status_code, past["Content-Range"]) == (416, f"bytes */{size}")


# --- one's own votes --------------------------------------------------------------------------------
def check(client, receipt):
    return text(client.post(CHECK, {"receipt": receipt}))


def test_check_finds_all_votes_of_a_secret_or_the_one_of_a_tracker(client, opened):
    ballot = opened[1][1]
    titles = {vote.category.number: vote.nominee.title for vote in ballot.votes.all()}
    typed = codes.groups(ballot.secret).lower()

    answer = client.post(CHECK, {"receipt": typed})

    page = text(answer)
    assert "3 votes are counted." in page
    assert [title in page for title in titles.values()] == [True] * 3
    assert answer["Cache-Control"].startswith("private")
    assert [secret in page for secret in (ballot.secret, typed)] == [False, False]

    page = check(client, f"02-{codes.groups(ballot.votes.get(category__number=2).tracker)}")
    assert "1 vote is counted." in page
    assert [titles[number] in page for number in (1, 2)] == [False, True]


def test_check_tells_of_votes_that_were_set_aside_and_finds_no_incomplete_ones(client, opened):
    ballots = opened[0].edition.ballots

    page = check(client, ballots.get(is_quarantined=True).secret)
    assert "3 votes were set aside by two organisers. They are not counted." in page
    assert "Reason: Filled by a script" in page
    assert "A secret reason" not in page

    incomplete = ballots.get(is_complete=False)
    page = check(client, incomplete.secret)
    assert "Nothing is found under this." in page
    assert incomplete.votes.get().nominee.title not in page


def test_check_explains_what_to_enter_and_slows_a_script_down(client, opened, monkeypatch):
    monkeypatch.setattr(views, "CHECKS", 6)
    odd = ["", "ABC", "99-ABCD-EFGH-JKMN-PQRS", "<script>", "x" * 101, "٠٥-ABCD-EFGH-JKMN-PQRS"]
    assert ["There is 1 thing to correct" in check(client, receipt) for receipt in odd] == [True] * len(odd)

    assert ["Wait a minute" in check(client, "ABC") for _try in range(4)] == [False, False, True, True]
    cache.clear()


def test_check_of_a_damaged_or_lost_bundle_is_told_in_words(client, opened):
    file = Path(opened[0].bundle.path)
    for damage in (lambda: file.write_bytes(b"no zip"), file.unlink):
        damage()

        answer = client.post(CHECK, {"receipt": "ABCD-EFGH-JKMN-PQRS-TVWX"})

        assert "The published bundle cannot be read at this moment" in text(answer)
        assert "ABCD" not in str(SafeExceptionReporterFilter().get_post_parameters(answer.wsgi_request))
