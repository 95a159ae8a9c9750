from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.views.debug import SafeExceptionReporterFilter

from prizes.chain import chain, commitments
from prizes.count import counting
from prizes.models import Count
from tests.factories import NOW, ForumFactory
from tests.prizes.electorate import announcement, make_counted, past_close, seal_and_count
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = pytest.mark.django_db
CHAIN, FEED = "/2020/prizes/chain/", "/2020/prizes/chain/feed/"
BUNDLE, CHECK, SCRIPT = (f"/2020/prizes/results/{name}" for name in ("bundle.zip", "check/", "recount.py"))


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def vote(edition):
    return fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})


def body(response):
    found = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return found


# --- the chain --------------------------------------------------------------------------------------
def test_chain_page_before_the_vote_says_when_it_begins(client):
    make_edition(phase="review")

    assert "The chain begins with the vote" in client.get(CHAIN).content.decode()


@pytest.mark.parametrize("path", [CHAIN, FEED, BUNDLE, CHECK, SCRIPT])
def test_nothing_without_an_edition(client, path):
    ForumFactory()

    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", [CHAIN, FEED, BUNDLE, CHECK, SCRIPT])
def test_nothing_of_an_edition_that_is_not_public(client, path):
    make_edition(is_public=False)

    assert client.get(path).status_code == 404


def test_chain_page_shows_heads_but_no_numbers_before_the_close(client):
    edition = make_edition()
    first = chain.open_chain(edition, now=NOW)
    vote(edition)
    second = chain.seal(edition, now=NOW + timedelta(hours=1))

    text = client.get(CHAIN).content.decode()

    assert first.head in text
    assert second.head in text
    assert "Head so far" in text
    assert "Choices" not in text
    assert "The rules and the nominees" in text


def test_chain_page_shows_numbers_head_and_hashes_after_the_close(client):
    count, _ballots = make_counted()
    again = counting.count(count.edition, now=NOW, reason="A ballot was set aside")

    text = client.get(CHAIN).content.decode()

    assert count.head in text
    assert count.bundle_sha256 in text
    assert again.bundle_sha256 in text
    assert "A ballot was set aside" in text
    assert "41 choices are sealed." in text
    assert "Withdrew:" in text
    assert "The last block" in text
    assert BUNDLE not in text


def test_chain_page_leads_to_the_bundle_once_it_is_open(client):
    announcement(make_counted()[0].edition)

    text = client.get(CHAIN).content.decode()

    assert f'href="{BUNDLE}"' in text
    assert f'href="{CHECK}"' in text


def test_chain_page_tells_of_a_close_that_moved(client):
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    edition.phases.filter(kind="voting").update(ends=NOW + timedelta(hours=5))
    chain.seal(edition, now=NOW)

    assert "The close moved to" in client.get(CHAIN).content.decode()


def test_earlier_blocks_are_shown_when_asked_for(client):
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    for hour in range(30):
        chain.seal(edition, now=NOW + timedelta(hours=hour), is_hourly=True)

    short, whole = (client.get(f"{CHAIN}{query}").content.decode() for query in ("", "?all=1"))

    assert (short.count('id="block-'), whole.count('id="block-')) == (24, 31)
    assert "Show 7 earlier blocks too" in short
    assert "earlier blocks" not in whole


@pytest.mark.parametrize("rows", [1, 3])
def test_chain_page_asks_as_often_for_three_blocks_as_for_one(client, django_assert_num_queries, rows):
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    for hour in range(rows):
        chain.seal(edition, now=NOW + timedelta(hours=hour), is_hourly=True)

    with django_assert_num_queries(6):
        client.get(CHAIN)


def test_feed_has_every_head_and_hash(client):
    count, _ballots = make_counted()

    answer = client.get(FEED)

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    text = answer.content.decode()
    assert f"SHA-256 of the bundle: {count.bundle_sha256}" in text
    assert [block.head in text for block in chain.blocks(count.edition)] == [True] * chain.blocks(count.edition).count()
    assert "/2020/prizes/chain/#block-1</id>" in text


def test_script_is_public_at_any_time(client):
    make_edition(phase="submission")

    answer = client.get(SCRIPT)

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.startswith(b'"""Counts a public vote again')


# --- the bundle -------------------------------------------------------------------------------------
def test_bundle_is_not_there_before_the_announcement(client, admin_client):
    count, _ballots = make_counted()
    announcement(count.edition, kind="winners")

    assert client.get(BUNDLE).status_code == 404
    assert admin_client.get(BUNDLE).status_code == 404
    assert client.get(f"/media/{count.bundle.name}").status_code == 404


def test_bundle_opens_at_the_set_moment(client, time_machine):
    count, _ballots = make_counted()
    announcement(count.edition, at=NOW + timedelta(minutes=5))

    assert client.get(BUNDLE).status_code == 404
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)
    assert len(body(client.get(BUNDLE))) == count.bundle_bytes


def test_bundle_is_the_file_whose_hash_was_published(client):
    count, _ballots = make_counted()
    announcement(count.edition)

    answer = client.get(BUNDLE)

    assert answer.streaming
    assert body(answer) == Path(count.bundle.path).read_bytes()
    assert answer["Content-Length"] == str(count.bundle_bytes)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == 'attachment; filename="2020-prizes-bundle.zip"'
    assert answer["ETag"] == f'"{count.bundle_sha256}"'
    assert answer["Cache-Control"] == "public, max-age=3600"


def test_bundle_that_is_lost_is_not_found(client):
    count, _ballots = make_counted()
    announcement(count.edition)
    Path(count.bundle.path).unlink()

    assert client.get(BUNDLE).status_code == 404


def test_bundle_that_is_known_is_not_sent_again(client):
    count, _ballots = make_counted()
    announcement(count.edition)

    answer = client.get(BUNDLE, headers={"If-None-Match": f'"{count.bundle_sha256}"'})

    assert (answer.status_code, body(answer)) == (304, b"")


def test_bundle_is_for_reading_only(client):
    count, _ballots = make_counted()
    announcement(count.edition)

    answer = client.head(BUNDLE)

    assert (answer.status_code, answer["Content-Length"]) == (200, str(count.bundle_bytes))
    assert client.post(BUNDLE).status_code == 405


@pytest.mark.parametrize(
    ("header", "stretch"),
    [("bytes=0-9", (0, 10)), ("bytes=10-", (10, None)), ("bytes=-7", (-7, None)), ("bytes=5-99999999", (5, None))],
)
def test_download_goes_on_where_it_stopped(client, header, stretch):
    count, _ballots = make_counted()
    announcement(count.edition)
    whole = Path(count.bundle.path).read_bytes()

    answer = client.get(BUNDLE, headers={"Range": header})

    assert answer.status_code == 206
    assert body(answer) == whole[slice(*stretch)]
    assert answer["Content-Length"] == str(len(whole[slice(*stretch)]))
    assert answer["Content-Range"].endswith(f"/{len(whole)}")


ODD = ["bytes=a-b", "bytes=9-2", "lines=1-2", "bytes=1-2,5-6", "bytes=-", "bytes=²-"]
HUGE = [f"bytes={'9' * 5000}-", f"bytes=0-{'9' * 5000}", f"bytes=-{'9' * 5000}"]


@pytest.mark.parametrize("header", [*ODD, *HUGE], ids=[*ODD, "huge first", "huge last", "huge end"])
def test_odd_ranges_get_the_whole(client, header):
    count, _ballots = make_counted()
    announcement(count.edition)

    answer = client.get(BUNDLE, headers={"Range": header.encode().decode("latin-1")})

    assert answer.status_code == 200
    assert len(body(answer)) == count.bundle_bytes


def test_range_past_the_end_is_refused(client):
    count, _ballots = make_counted()
    announcement(count.edition)

    answer = client.get(BUNDLE, headers={"Range": "bytes=99999999-"})

    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{count.bundle_bytes}"


def test_range_of_another_bundle_gets_the_whole(client):
    count, _ballots = make_counted()
    announcement(count.edition)

    answer = client.get(BUNDLE, headers={"Range": "bytes=0-9", "If-Range": '"another"'})

    assert answer.status_code == 200
    assert len(body(answer)) == count.bundle_bytes


# --- one's own votes --------------------------------------------------------------------------------
def test_check_says_when_it_opens(client):
    make_counted()

    for answer in (client.get(CHECK), client.post(CHECK, {"receipt": "X"})):
        assert answer.status_code == 200
        assert "This page opens together with the champions." in answer.content.decode()


def test_check_finds_all_votes_of_a_secret(client):
    count, ballots = make_counted()
    announcement(count.edition)

    typed = commitments.groups(ballots[1].secret).lower()
    answer = client.post(CHECK, {"receipt": typed})

    text = answer.content.decode()
    assert "3 votes are counted." in text
    assert [vote.nominee.title in text for vote in ballots[1].votes.all()] == [True] * 3
    assert answer["Cache-Control"].startswith("private")
    assert ballots[1].secret not in text
    assert typed not in text


def test_check_finds_one_vote_by_its_tracker(client):
    count, ballots = make_counted()
    announcement(count.edition)
    found = ballots[1].votes.get(category__number=2)

    text = client.post(CHECK, {"receipt": f"02-{commitments.groups(found.tracker)}"}).content.decode()

    assert "1 vote is counted." in text
    assert found.nominee.title in text
    assert ballots[1].votes.get(category__number=1).nominee.title not in text


def test_check_tells_of_votes_that_were_set_aside(client):
    count, _ballots = make_counted()
    announcement(count.edition)
    ballot = count.edition.ballots.get(is_quarantined=True)

    text = client.post(CHECK, {"receipt": ballot.secret}).content.decode()

    assert "3 votes were set aside by two organisers. They are not counted." in text
    assert "Reason: Filled by a script" in text
    assert "A secret reason" not in text


def test_check_of_an_incomplete_ballot_finds_nothing(client):
    count, _ballots = make_counted()
    announcement(count.edition)
    ballot = count.edition.ballots.get(is_complete=False)

    text = client.post(CHECK, {"receipt": ballot.secret}).content.decode()

    assert "Nothing is found under this." in text
    assert ballot.votes.get().nominee.title not in text


def test_check_of_a_partial_ballot_tells_what_is_missing(client):
    edition = make_edition(require_all_categories=False)
    chain.open_chain(edition, now=NOW)
    ballot = fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    seal_and_count(edition)
    announcement(edition)

    text = client.post(CHECK, {"receipt": ballot.secret}).content.decode()

    assert "1 vote is counted." in text
    assert "In 2 categories there is no vote." in text


@pytest.mark.parametrize("text", ["", "ABC", "99-ABCD-EFGH-JKMN-PQRS", "<script>", "x" * 101, "٠٥-ABCD-EFGH-JKMN-PQRS"])
def test_check_explains_what_to_enter(client, text):
    announcement(make_counted()[0].edition)

    answer = client.post(CHECK, {"receipt": text})

    assert answer.status_code == 200
    assert "There is 1 thing to correct" in answer.content.decode()


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"no zip")])
def test_check_of_a_lost_or_damaged_bundle_is_told_in_words(client, damage):
    count, _ballots = make_counted()
    announcement(count.edition)
    damage(Path(count.bundle.path))

    answer = client.post(CHECK, {"receipt": "ABCD-EFGH-JKMN-PQRS-TVWX"})

    assert answer.status_code == 200
    assert "The published bundle cannot be read at this moment" in answer.content.decode()


def test_secret_does_not_get_into_a_report_of_a_fault(client):
    count, _ballots = make_counted()
    announcement(count.edition)

    request = client.post(CHECK, {"receipt": "ABCD-EFGH-JKMN-PQRS-TVWX"}).wsgi_request

    assert "ABCD" not in str(SafeExceptionReporterFilter().get_post_parameters(request))


def test_check_slows_a_script_down(client):
    announcement(make_counted()[0].edition)
    for _try in range(60):
        client.post(CHECK, {"receipt": "ABC"})

    assert "Wait a minute" in client.post(CHECK, {"receipt": "ABC"}).content.decode()
    cache.clear()


def test_pages_before_the_first_count_of_a_sealed_vote(client):
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    chain.seal(edition, now=past_close(edition), is_last=True)

    assert client.get(CHAIN).status_code == 200
    announcement(edition)
    assert client.get(BUNDLE).status_code == 404
    assert Count.objects.count() == 0
