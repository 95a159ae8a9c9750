"""Closing an edition: what goes, what stays, and that it can be tried again."""

from datetime import timedelta
from pathlib import Path

import pytest

from events.models import HistoryEntry, Message
from events.shared.pages import revision
from events.shared.rights.two_people import approvals
from prizes.count import counting
from prizes.fair_play import close_edition, quarantines
from prizes.models import Ballot, Block, Commitment, Count, Edition, Quarantine, Result, Trace, Turnout, Vote
from prizes.vote import network_key, network_traces
from tests.factories import NOW, ForumFactory, MessageFactory
from tests.prizes.counted import announced
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, officer, voter
from tests.prizes.fair_play.factories import in_force, seal
from tests.refusals import refused

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture
def people(db):
    return [officer() for _person in range(2)]


def cast_and_count(*, ballots=5):
    """An edition with ballots begun in the order of their accounts, traced, sealed and counted."""
    edition = make_edition(categories=2, nominees=2)
    for place, user in enumerate([voter() for _ballot in range(ballots)]):
        chosen = {each: nominees_of(edition, each)[place % 2] for each in (1, 2)}
        row = fill_ballot(edition, chosen, user=user, cast=NOW - timedelta(hours=9) + place * MINUTE)
        network_traces.leave(row, ip=f"203.0.113.{place}")
    seal(edition)
    return Edition.objects.get(pk=edition.pk)


@pytest.fixture
def edition(db):
    return cast_and_count()


@pytest.fixture
def close(django_capture_on_commit_callbacks, people):
    """A function that lets two people close an edition, with what is done after the commit."""

    def call(edition):
        announced(edition, "champions", "winners")
        act = close_edition.propose(edition, by=people[0], reason=" It is over ", now=NOW)
        with django_capture_on_commit_callbacks(execute=True):
            return approvals.agree(act, by=people[1], now=NOW)

    return call


def state_of_key(edition):
    edition.refresh_from_db()
    return edition.key_destroyed, network_key.is_left(edition)


def test_votes_commitments_traces_and_key_are_gone_and_it_is_logged(edition, close, people):
    """Mails about ballots too. Results, turnout, chain and bundle stay, and another edition is left alone."""
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    row = fill_ballot(other, {1: nominees_of(other, 1)[0]})
    network_traces.leave(row, ip="203.0.113.7")
    others = Ballot.objects.filter(pk=row.pk).values()
    kept = {
        MessageFactory(kind="nomination", forum=edition.forum),
        MessageFactory(kind="ballot-receipt", forum=other.forum),
    }
    for kind in ("ballot-receipt", "ballot-incomplete"):
        MessageFactory(kind=kind, forum=edition.forum)
    count, revised = counting.latest(edition), revision.current()
    published = [list(model.objects.order_by("pk").values()) for model in (Count, Result, Turnout, Block)]
    bundle, of_other = Path(count.bundle.path).read_bytes(), others.get()

    close(edition)

    assert [model.objects.filter(ballot__edition=edition).exists() for model in (Vote, Trace)] == [False] * 2
    assert not Commitment.objects.filter(edition=edition).exists()
    assert state_of_key(edition) == (NOW, False)
    assert (edition.closed, network_key.key(edition)) == (NOW, None)
    entry = HistoryEntry.objects.filter(verb="close-edition").get()
    assert (entry.actor, entry.reason, entry.at) == (people[1], "It is over", NOW)
    assert entry.after == {"votes": 10, "commitments": 10, "ballots": 5}
    assert revision.current() > revised
    assert [list(model.objects.order_by("pk").values()) for model in (Count, Result, Turnout, Block)] == published
    assert Path(count.bundle.path).read_bytes() == bundle
    assert (set(Message.objects.all()), others.get()) == (kept, of_other)
    assert (row.votes.count(), row.traces.count(), Commitment.objects.count()) == (1, 2, 1)
    assert network_key.is_left(other)


def test_ballots_stay_without_secret_and_times_under_new_numbers_in_another_order(db, close):
    edition = cast_and_count(ballots=40)
    before = {ballot.user_id: ballot for ballot in edition.ballots.all()}

    close(edition)

    after = {ballot.user_id: ballot for ballot in edition.ballots.order_by("pk")}
    assert set(after) == set(before)
    assert not {ballot.pk for ballot in after.values()} & {ballot.pk for ballot in before.values()}
    assert list(after) != sorted(after)
    for user, ballot in after.items():
        assert (ballot.secret, ballot.began, ballot.first_choice, ballot.last_choice) == ("", None, None, None)
        for name in ("country_id", "region", "stakeholder_type", "chosen", "is_complete", "is_quarantined", "receipts"):
            assert getattr(ballot, name) == getattr(before[user], name)
    fill_ballot(make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021")), {})  # the next number is free


def test_quarantines_keep_their_ballots_and_only_the_last_count_its_results_and_bundle(edition, close, people):
    """The difference of two counts is the choices of the ballots that were set aside between them."""
    first = counting.latest(edition)
    one, other = edition.ballots.order_by("pk")[:2]
    quarantine = in_force(edition, [one, other], people)
    last = counting.latest(edition)
    values = {"kind": "double", "reason": "Words", "by": people[0], "now": NOW}
    quarantines.propose(edition, ballots=[one.pk], **values)
    untouched = edition.quarantines.get(kind="double")

    close(edition)

    assert set(quarantine.ballots.values_list("user_id", flat=True)) == {one.user_id, other.user_id}
    assert set(untouched.ballots.values_list("user_id", flat=True)) == {one.user_id}
    assert Ballot.objects.filter(is_quarantined=True).count() == 2
    assert refused(quarantines.propose, edition, ballots=[edition.ballots.first().pk], **values) == "closed"
    assert Quarantine.objects.count() == 2
    assert set(Result.objects.values_list("count", flat=True)) == {last.pk}
    assert set(Turnout.objects.values_list("count", flat=True)) == {last.pk}
    assert Count.objects.get(pk=first.pk).bundle.name == ""
    assert (Path(first.bundle.path).exists(), Path(last.bundle.path).exists()) == (False, True)


def test_closing_waits_for_the_winners_and_is_done_once(edition, people):
    announced(edition, "champions")
    announced(edition, "winners", at=NOW + timedelta(seconds=1))
    values = {"by": people[0], "reason": "Words", "now": NOW}

    assert refused(close_edition.propose, edition, **values) == "winners-not-announced"
    values["now"] = now = NOW + timedelta(seconds=1)
    act = close_edition.propose(edition, **values)
    assert refused(approvals.agree, act, by=people[1], now=NOW) == "winners-not-announced"
    assert (Vote.objects.count(), Edition.objects.get().closed) == (10, None)
    approvals.agree(act, by=people[1], now=now)
    assert refused(close_edition.propose, edition, **values) == "closed"
    assert HistoryEntry.objects.filter(verb="close-edition").count() == 1


def test_key_that_could_not_be_deleted_is_deleted_later_and_again_when_it_came_back(edition, close, monkeypatch):
    def fail(edition):
        raise PermissionError

    close_edition.tidy(NOW)
    found = [state_of_key(edition)]  # an open edition is left alone
    with monkeypatch.context() as patch:
        patch.setattr(network_key, "destroy", fail)
        close(edition)
    found.append(state_of_key(edition))
    for minutes in (1, 2):
        close_edition.tidy(NOW + minutes * MINUTE)
    found.append(state_of_key(edition))
    network_key.path(edition).write_bytes(b"x" * 32)  # from a backup
    close_edition.tidy(NOW + 3 * MINUTE)

    assert [*found, state_of_key(edition)] == [(None, True), (None, True), *[(NOW + MINUTE, False)] * 2]
    assert Count.objects.exclude(bundle="").count() == 1
