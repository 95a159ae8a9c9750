"""The bundle: what is in it, what is not, and that anyone arrives at the same result (hypothesis)."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prizes.chain import chain, commitments
from prizes.count import bundle, counting
from prizes.models import Commitment, Count, Edition, Nomination, Result, Vote
from prizes.verify import recount
from tests.factories import NOW, CountryFactory, RegistrationFactory
from tests.prizes.electorate import (
    change,
    make_counted,
    past_close,
    quarantine,
    seal_and_count,
    withdraw,
)
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, voter

pytestmark = pytest.mark.django_db


def files_of(count):
    with zipfile.ZipFile(count.bundle.path) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def agrees(count, **known):
    return list(recount.recount(count.bundle.path, **known))[-1] == "Everything agrees."


def test_bundle_holds_every_file_agrees_and_is_the_same_bytes_again(client, tmp_path):
    count, _ballots = make_counted(blocks=3)
    files, content = files_of(count), Path(count.bundle.path).read_bytes()

    assert [name for name in files if not name.startswith("chain/")] == [
        "README.txt",
        "recount.py",
        "rules.json",
        "chain.csv",
        "votes/01.csv",
        "votes/02.csv",
        "votes/03.csv",
        "quarantined.csv",
        "other.csv",
        "results.csv",
        "eligible.csv",
        "summary.json",
    ]
    assert agrees(count, heads=[chain.head(count.edition), count.bundle_sha256])
    assert (recount.hashlib.sha256(content).hexdigest(), len(content)) == (count.bundle_sha256, count.bundle_bytes)
    assert commitments.first_head(files["rules.json"].encode()) == chain.blocks(count.edition)[0].head
    with (tmp_path / "again.zip").open("w+b") as file:
        bundle.write(Count.objects.get(pk=count.pk), file)
    assert (tmp_path / "again.zip").read_bytes() == content


def test_bundle_lists_counted_votes_under_their_trackers_and_of_the_others_no_choice():
    count, ballots = make_counted()
    files = files_of(count)
    everything = "".join(files.values())
    set_aside = Vote.objects.filter(ballot__is_quarantined=True).select_related("category", "nominee")
    incomplete = Vote.objects.get(ballot__is_complete=False)

    for number in (1, 2, 3):
        listed = [tuple(row.values()) for row in rows(files[f"votes/{number:02}.csv"])]
        votes = Vote.objects.filter(ballot__in=ballots, category__number=number)
        assert listed == sorted(votes.values_list("tracker", "nominee__code", "nonce"))
    assert [(row["category"], row["tracker"], row["reason"]) for row in rows(files["quarantined.csv"])] == sorted(
        (str(vote.category.number), vote.tracker, "script") for vote in set_aside
    )
    others = rows(files["other.csv"])
    assert sorted(row["state"] for row in others) == ["incomplete", "replaced"]
    assert [row["commitment"] for row in others] == sorted(row["commitment"] for row in others)
    hidden = [*[vote.nonce for vote in set_aside], incomplete.tracker, incomplete.nonce, "A secret reason"]
    hidden += [text for ballot in ballots for text in (ballot.secret, ballot.user.email, ballot.user.name)]
    assert [text for text in hidden if text in everything] == []
    moments = set(re.findall(r"20\d\d-\d\d-\d\dT[\d:]+Z", everything))
    blocks = {commitments.stamp(block.sealed) for block in chain.blocks(count.edition)}
    assert moments == blocks | {json.loads(chain.rules(count.edition))["closes"]}


def test_two_votes_of_a_ballot_have_nothing_in_common_but_their_blocks():
    count, ballots = make_counted()

    assert len({text for vote in ballots[0].votes.all() for text in (vote.tracker, vote.nonce)}) == 6
    listed = [rows(text) for name, text in files_of(count).items() if name.startswith("votes/")]
    assert {tuple(row) for table in listed for row in table} == {("tracker", "nominee", "nonce")}


def test_incomplete_ballot_is_set_aside_for_the_first_reason():
    edition = make_edition(categories=2)
    chain.open_chain(edition, now=NOW)
    ballot = fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    for kind in ("pressure", "script"):
        quarantine(ballot, kind=kind)

    files = files_of(seal_and_count(edition))

    assert [row["reason"] for row in rows(files["quarantined.csv"])] == ["pressure"]
    assert rows(files["other.csv"]) == []


def test_eligible_voters_hide_small_groups_and_those_of_a_tiny_forum():
    edition = make_edition(categories=1)
    chain.open_chain(edition, now=NOW)
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]}, country=CountryFactory(code="ML"))
    voter()
    tiny = seal_and_count(edition)
    assert [tuple(row.values()) for row in rows(files_of(tiny)["eligible.csv"])] == [("total", "2")]


def test_eligible_voters_are_the_same_in_every_count():
    """Both bundles are published: what moves between them would tell of who registered meanwhile, or was hidden in the other one."""
    edition = make_edition(categories=1)
    chain.open_chain(edition, now=NOW)
    nominee = nominees_of(edition, 1)[0]
    for code, people in [("ML", 9), ("CH", 6), ("FR", 2)]:
        for _person in range(people):
            fill_ballot(edition, {1: nominee} if code == "CH" else {}, country=CountryFactory(code=code))
    voter()
    first = seal_and_count(edition)

    RegistrationFactory(user=voter(), forum=edition.forum, country=CountryFactory(code="ML"))
    for ballot in edition.ballots.filter(country="CH"):
        quarantine(ballot, kind="script")
    again = counting.count(edition, now=past_close(edition), reason="Scripts")

    told = [files_of(one)["eligible.csv"] for one in (first, again)]
    assert [tuple(row.values()) for row in rows(told[0])] == [
        ("unknown", "hidden"),
        ("CH", "6"),
        ("FR", "hidden"),
        ("ML", "hidden"),
        ("total", "18"),
    ]
    assert told[1] == told[0]


def test_nominee_who_withdraws_after_the_last_block_has_no_place_and_the_bundle_says_so():
    count, _ballots = make_counted()
    nominee = nominees_of(count.edition, 1)[0]
    withdraw(nominee)

    again = counting.count(count.edition, now=past_close(count.edition), reason="A nominee withdrew")

    assert json.loads(files_of(again)["summary.json"])["withdrawn_after_the_last_block"] == [nominee.code]
    assert nominee.code not in files_of(again)["results.csv"]
    assert agrees(again)


def test_votes_that_changed_while_they_were_counted_are_noticed(tmp_path):
    count, ballots = make_counted()
    quarantine(ballots[0])

    with (tmp_path / "bundle.zip").open("w+b") as file, pytest.raises(bundle.Changed):
        bundle.write(Count.objects.get(pk=count.pk), file)


# --- any electorate -----------------------------------------------------------------------------------
BALLOTS = st.lists(
    st.fixed_dictionaries(
        {
            "choices": st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=3, max_size=3),
            "changes": st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=2),
            "is_quarantined": st.booleans(),
        }
    ),
    max_size=9,
)


def _naive(ballots, *, requires_all, withdrawn, champions):
    """Category and place of every nominee that stands → votes, rank, champion, tied; counted on one's fingers."""
    votes = Counter()
    for ballot in ballots:
        choices = dict(enumerate(ballot["choices"]))
        chosen = {category: place for category, place in choices.items() if place is not None}
        is_complete = len(chosen) == 3 if requires_all else len(chosen) > 0
        for category, place in ballot["changes"]:
            if category in chosen:
                chosen[category] = place
        if is_complete and not ballot["is_quarantined"]:
            votes.update(chosen.items())
    expected = {}
    for category in range(3):
        stand = [(category, place) for place in range(3) if (category, place) not in withdrawn]
        ranks = {one: 1 + len([other for other in stand if votes[other] > votes[one]]) for one in stand}
        winners = [one for one in stand if votes[one] and ranks[one] <= champions]
        for one in stand:
            tied = one in winners and len(winners) > champions and votes[one] == min(votes[other] for other in winners)
            expected[one] = (votes[one], ranks[one], one in winners, tied)
    return expected


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ballots=BALLOTS,
    requires_all=st.booleans(),
    withdrawn=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=3),
    champions=st.integers(1, 3),
    sealed=st.integers(0, 9),
)
def test_any_electorate_is_counted_as_on_ones_fingers(tmp_path, ballots, requires_all, withdrawn, champions, sealed):
    with transaction.atomic():
        edition = make_edition(require_all_categories=requires_all, votes_final=False, champions_per_category=champions)
        chain.open_chain(edition, now=NOW)
        nominees = {(c, p): row for c in range(3) for p, row in enumerate(nominees_of(edition, c + 1))}
        secrets = []
        for place, drawn in enumerate(ballots):
            chosen = {c + 1: nominees[c, p] for c, p in enumerate(drawn["choices"]) if p is not None}
            ballot = fill_ballot(edition, chosen, required=3)
            secrets.append(ballot.secret)
            if place == sealed:
                chain.seal(edition, now=NOW + timedelta(hours=1))
            for category, to in drawn["changes"]:
                if category + 1 in chosen:
                    change(ballot, number=category + 1, nominee=nominees[category, to])
            if drawn["is_quarantined"]:
                quarantine(ballot)
        Nomination.objects.filter(pk__in=[nominees[one].pk for one in withdrawn]).update(state="withdrawn")

        count = seal_and_count(edition)

        places = {row.pk: one for one, row in nominees.items()}
        found = Result.objects.filter(count=count).values_list("nomination", "votes", "rank", "is_champion", "is_tied")
        expected = _naive(ballots, requires_all=requires_all, withdrawn=withdrawn, champions=champions)
        assert {places[pk]: tuple(rest) for pk, *rest in found} == expected
        assert agrees(count)
        listed = [row for name, text in files_of(count).items() if name.startswith("votes/") for row in rows(text)]
        assert len(listed) == Vote.objects.filter(ballot__in=edition.ballots.valid()).count()
        assert Commitment.objects.filter(block=None).count() == 0
        for secret, ballot in zip(secrets, edition.ballots.order_by("pk"), strict=True):
            if (ballot.is_complete or ballot.is_quarantined) and ballot.chosen:
                assert agrees(count, secret=secret)
        transaction.set_rollback(True)
    assert Edition.objects.count() == 0
