"""Closing an edition: what goes, what stays, and that it can be tried again."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry, Message, PublicRevision
from events.pages import revision
from prizes.count import counting
from prizes.fair_play import close_edition, quarantines
from prizes.models import (
    Ballot,
    Block,
    Commitment,
    Count,
    Edition,
    Quarantine,
    Result,
    Trace,
    Turnout,
    Vote,
)
from prizes.vote import edition_key, network_traces
from tests.factories import NOW, ForumFactory, MessageFactory, UserFactory
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, voter
from tests.prizes.fair_play.test_quarantines import announcement, in_force, refuses, seal


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    settings.KEYS_DIR, settings.MEDIA_ROOT = tmp_path / "keys", tmp_path / "media"


@pytest.fixture
def people(db):
    return [UserFactory(is_staff=True) for _person in range(2)]


def cast_and_count(*, ballots=5, **values):
    """An edition with ballots begun in the order of their accounts, traced, sealed and counted."""
    edition = make_edition(categories=2, nominees=2, **values)
    for place, user in enumerate([voter() for _ballot in range(ballots)]):
        moment = NOW - timedelta(hours=9) + timedelta(minutes=place)
        row = fill_ballot(
            edition, {each: nominees_of(edition, each)[place % 2] for each in (1, 2)}, user=user, cast=moment
        )
        network_traces.leave(row, ip=f"203.0.113.{place}")
    seal(edition)
    return Edition.objects.get(pk=edition.pk)


@pytest.fixture
def edition(db):
    return cast_and_count()


@pytest.fixture
def close(django_capture_on_commit_callbacks, people):
    """A function that closes an edition, with what is done after the commit."""

    def call(edition, **values):
        for kind in ("champions", "winners"):
            announcement(edition, kind)
        with django_capture_on_commit_callbacks(execute=True):
            return close_edition.close(edition, **{"by": people[0], "reason": " It is over ", "now": NOW, **values})

    return call


def test_votes_commitments_traces_and_key_are_gone(edition, close):
    close(edition)

    assert [model.objects.count() for model in (Vote, Commitment, Trace)] == [0, 0, 0]
    edition.refresh_from_db()
    assert (edition.closed, edition.key_destroyed, edition_key.is_left(edition)) == (NOW, NOW, False)
    assert edition_key.key(edition) is None


def test_ballots_stay_without_secret_and_times(edition, close):
    before = {ballot.user_id: ballot for ballot in edition.ballots.all()}

    close(edition)

    after = {ballot.user_id: ballot for ballot in edition.ballots.all()}
    assert set(after) == set(before)
    for user, ballot in after.items():
        assert (ballot.secret, ballot.began, ballot.first_choice, ballot.last_choice) == ("", None, None, None)
        for name in ("country_id", "region", "stakeholder_type", "chosen", "is_complete", "is_quarantined", "receipts"):
            assert getattr(ballot, name) == getattr(before[user], name)


def test_numbers_of_ballots_are_new_and_in_another_order(db, close):
    edition = cast_and_count(ballots=40)
    old = list(edition.ballots.order_by("pk").values_list("pk", "user_id"))

    close(edition)

    new = list(edition.ballots.order_by("pk").values_list("pk", "user_id"))
    assert not {pk for pk, _user in old} & {pk for pk, _user in new}
    assert [user for _pk, user in new] != sorted(user for _pk, user in new)
    fill_ballot(make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021")), {})  # the next number is free


def test_quarantines_keep_their_ballots(edition, close, people):
    one, other = edition.ballots.order_by("pk")[:2]
    quarantine = in_force(edition, [one, other], people)
    untouched = quarantines.propose(edition, ballots=[one.pk], kind="double", reason="Words", by=people[0], now=NOW)

    close(edition)

    assert set(quarantine.ballots.values_list("user_id", flat=True)) == {one.user_id, other.user_id}
    assert set(untouched.ballots.values_list("user_id", flat=True)) == {one.user_id}
    assert Ballot.objects.filter(is_quarantined=True).count() == 2


def test_results_turnout_chain_and_bundle_stay(edition, close):
    count = counting.latest(edition)
    before = [list(model.objects.order_by("pk").values()) for model in (Count, Result, Turnout, Block)]
    content = Path(count.bundle.path).read_bytes()

    close(edition)

    assert [list(model.objects.order_by("pk").values()) for model in (Count, Result, Turnout, Block)] == before
    assert Path(count.bundle.path).read_bytes() == content


def test_only_the_last_count_keeps_results_and_bundle(edition, close, people):
    """The difference of two counts is the choices of the ballots that were set aside between them."""
    first = counting.latest(edition)
    in_force(edition, list(edition.ballots.all()[:1]), people)
    last = counting.latest(edition)

    close(edition)

    assert set(Result.objects.values_list("count", flat=True)) == {last.pk}
    assert set(Turnout.objects.values_list("count", flat=True)) == {last.pk}
    assert Count.objects.get(pk=first.pk).bundle.name == ""
    assert (Path(first.bundle.path).exists(), Path(last.bundle.path).exists()) == (False, True)


def test_edition_that_was_never_counted_can_be_closed(db, close):
    edition = make_edition(categories=1, nominees=1)

    close(edition)

    edition.refresh_from_db()
    assert edition.closed == NOW


def test_mails_about_ballots_are_gone(edition, close):
    kept = MessageFactory(kind="nomination", forum=edition.forum)
    of_another = MessageFactory(kind="ballot-receipt", forum=ForumFactory(slug="2021"))
    for kind in ("ballot-receipt", "ballot-incomplete"):
        MessageFactory(kind=kind, forum=edition.forum)

    close(edition)

    assert set(Message.objects.all()) == {kept, of_another}


def test_other_edition_is_left_alone(edition, close):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    row = fill_ballot(other, {1: nominees_of(other, 1)[0]})
    network_traces.leave(row, ip="203.0.113.7")
    before = Ballot.objects.filter(pk=row.pk).values().get()

    close(edition)

    assert Ballot.objects.filter(pk=row.pk).values().get() == before
    assert (row.votes.count(), row.traces.count(), Commitment.objects.count()) == (1, 2, 1)
    assert edition_key.is_left(other)


def test_closing_is_logged_and_raises_the_public_revision(edition, close, people):
    revision.bump()
    before = PublicRevision.objects.get().number

    close(edition)

    entry = HistoryEntry.objects.filter(verb="close-edition").get()
    assert (entry.actor, entry.reason, entry.at) == (people[0], "It is over", NOW)
    assert entry.after == {"votes": 10, "commitments": 10, "ballots": 5}
    assert PublicRevision.objects.get().number > before


def test_closing_waits_for_the_announcement_of_the_winners(edition, people):
    announcement(edition, "champions")
    announcement(edition, "winners", at=NOW + timedelta(seconds=1))

    refuses("winners-not-announced", close_edition.close, edition, by=people[0], reason="Words", now=NOW)

    assert (Vote.objects.count(), Edition.objects.get().closed) == (10, None)
    close_edition.close(edition, by=people[0], reason="Words", now=NOW + timedelta(seconds=1))


def test_closing_needs_a_reason_and_is_done_once(edition, close, people):
    with pytest.raises(ValidationError) as refusal:
        close(edition, reason=" ")
    assert refusal.value.code == "reason-missing"
    close_edition.close(edition, by=people[0], reason="Words", now=NOW)

    refuses("closed", close_edition.close, edition, by=people[0], reason="Words", now=NOW)

    assert HistoryEntry.objects.filter(verb="close-edition").count() == 1


def test_key_that_could_not_be_deleted_is_deleted_later(edition, close, monkeypatch):
    def fail(edition):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(edition_key, "destroy", fail)
        close(edition)
    edition.refresh_from_db()
    before = (edition.key_destroyed, edition_key.is_left(edition))

    for minutes in (1, 2):
        close_edition.tidy(NOW + timedelta(minutes=minutes))

    edition.refresh_from_db()
    assert before == (None, True)
    assert (edition.key_destroyed, edition_key.is_left(edition)) == (NOW + timedelta(minutes=1), False)


def test_key_that_came_back_from_a_backup_is_destroyed_again(edition, close):
    close(edition)
    edition_key.path(edition).write_bytes(b"x" * 32)

    close_edition.tidy(NOW + timedelta(days=1))

    edition.refresh_from_db()
    assert (edition.key_destroyed, edition_key.is_left(edition)) == (NOW, False)


def test_tidying_leaves_open_editions_alone(edition):
    close_edition.tidy(NOW)

    edition.refresh_from_db()
    assert (edition.key_destroyed, edition_key.is_left(edition), Count.objects.exclude(bundle="").count()) == (
        None,
        True,
        1,
    )


def test_quarantine_cannot_be_proposed_any_more(edition, close, people):
    close(edition)
    number = edition.ballots.first().pk

    refuses(
        "closed", quarantines.propose, edition, ballots=[number], kind="script", reason="Words", by=people[0], now=NOW
    )
    assert not Quarantine.objects.exists()
