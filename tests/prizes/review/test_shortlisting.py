"""The shortlist with its limit, the publication of the nominees, and no way around their table."""

import time
from datetime import timedelta
from functools import partial

import pytest

from events.models import HistoryEntry
from events.shared.pages import revision
from prizes.models import Nomination
from prizes.review import shortlisting
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.factories import fill_ballot, make_edition, set_phase
from tests.prizes.reviewers import nominations
from tests.races import together
from tests.refusals import refused
from tests.registration.sessions.seats.test_races import no_locks

__all__ = ["no_locks"]

State = Nomination.State


@pytest.fixture
def edition(db):
    return make_edition(phase="review", nominees_per_category=2)


@pytest.fixture
def officer(db):
    return UserFactory(is_staff=True)


def states(edition):
    return sorted(edition.nominations.values_list("state", flat=True))


# --- the shortlist --------------------------------------------------------------------------------
def test_only_submitted_nominations_are_shortlisted_and_only_shortlisted_ones_go_back_and_it_is_logged(
    edition, officer
):
    (nomination,) = nominations(edition, 1)
    reasons = {shortlisting.shortlist: "First of its category", shortlisting.unshortlist: "Withdrew its claim"}

    for verb, right in ((shortlisting.shortlist, State.SUBMITTED), (shortlisting.unshortlist, State.SHORTLISTED)):
        for state in set(State) - {right}:
            Nomination.objects.update(state=state)
            assert refused(verb, nomination, by=officer, reason="", now=NOW) == "wrong-state"
            assert states(edition) == [state]
        Nomination.objects.update(state=right)
        verb(nomination, by=officer, reason=reasons[verb], now=NOW)
        assert states(edition) == [({State.SUBMITTED, State.SHORTLISTED} - {right}).pop()]

    assert [(one.verb, one.actor, one.subject, one.reason, one.at) for one in HistoryEntry.objects.order_by("pk")] == [
        ("shortlist", officer, nomination.code, "First of its category", NOW),
        ("unshortlist", officer, nomination.code, "Withdrew its claim", NOW),
    ]


def test_category_takes_no_more_than_the_edition_allows(edition, officer):
    first, _second, third = nominations(edition, 3)
    (other,) = nominations(edition, 1, number=2)
    for nomination in (first, _second, other):
        shortlisting.shortlist(nomination, by=officer, reason="", now=NOW)
    assert shortlisting.places_left(edition, category=third.category_id) == 0

    assert refused(shortlisting.shortlist, third, by=officer, reason="", now=NOW) == "category-full"
    shortlisting.unshortlist(first, by=officer, reason="", now=NOW)
    shortlisting.shortlist(third, by=officer, reason="", now=NOW)

    assert states(edition) == ["shortlisted"] * 3 + ["submitted"]


def test_shortlist_opens_at_the_deadline_and_ends_with_the_publication(edition, officer):
    first, second = nominations(edition, 2)
    deadline = edition.phase("submission").ends

    def codes(now):
        verbs = ((shortlisting.shortlist, second), (shortlisting.unshortlist, first))
        return {refused(verb, row, by=officer, reason="", now=now) for verb, row in verbs}

    assert codes(deadline - timedelta(microseconds=1)) == {"submission-open"}
    shortlisting.shortlist(first, by=officer, reason="", now=deadline)
    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)
    assert codes(NOW) == {"already-published"}
    type(edition).objects.update(nominees_published=None)
    edition.phases.all().delete()
    assert codes(NOW) == {"submission-open"}


# --- the publication ------------------------------------------------------------------------------
def test_publication_moves_every_nomination_of_its_edition_and_the_public_revision(edition, officer):
    for state in State:
        nominations(edition, 1, state=state)
    other = make_edition(phase="review", forum=ForumFactory(slug="2019"))
    nominations(other, 1, state="shortlisted")
    before = revision.current()

    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)

    edition.refresh_from_db()
    moved = ["draft", "nominated", "nominated", *["not_nominated"] * 3, "not_passed", "withdrawn"]
    assert states(edition) == moved
    assert states(other) == ["shortlisted"]
    assert edition.nominees_published == NOW
    assert revision.current() == before + 1
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.reason) == ("publish-nominees", "The jury met")
    assert entry.after == {"nominated": 1, "not_nominated": 2}


def test_publication_is_refused(edition, officer):
    def code(**values):
        arguments = {"by": officer, "reason": "The jury met", "now": NOW} | values
        return refused(shortlisting.publish_nominees, edition, **arguments)

    assert code() == "nothing-shortlisted"
    nominations(edition, 2, state="shortlisted")
    assert code(reason=" ") == "reason-required"
    assert code(now=edition.phase("submission").ends - timedelta(seconds=1)) == "submission-open"
    nominations(edition, 1, state="shortlisted")
    assert code() == "category-full"
    Nomination.objects.last().delete()
    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)
    assert code() == "already-published"
    assert states(edition) == ["nominated"] * 2


@pytest.mark.parametrize("has_vote", [True, False])
def test_late_publication_is_allowed_until_the_first_ballot(edition, officer, has_vote):
    nominations(edition, 1, state="shortlisted")
    publish = {"by": officer, "reason": "The jury met", "now": NOW}
    if has_vote:
        set_phase(edition, "voting")
        ballot = fill_ballot(edition, {})
        assert refused(shortlisting.publish_nominees, edition, **publish) == "voting-begun"
        ballot.delete()
    else:
        edition.phases.filter(kind="voting").delete()

    shortlisting.publish_nominees(edition, **publish)

    assert states(edition) == ["nominated"]


# --- everybody at once ----------------------------------------------------------------------------
@pytest.fixture
def rush(transactional_db, monkeypatch):
    """Shortlist twelve at the same moment; return the refusals' codes and how many got a place."""
    count = shortlisting.places_left

    def slowly(edition, *, category):
        left = count(edition, category=category)
        time.sleep(0.05)  # between counting the places and taking one
        return left

    def run():
        edition, officer = make_edition(phase="review", nominees_per_category=2), UserFactory()
        rows = nominations(edition, 12)
        monkeypatch.setattr(shortlisting, "places_left", slowly)
        shortlist = partial(shortlisting.shortlist, by=officer, reason="", now=NOW)
        answers = together(*(partial(shortlist, row) for row in rows))
        codes = [answer for answer in answers if isinstance(answer, str)]
        return codes, edition.nominations.filter(state="shortlisted").count()

    return run


def test_last_places_go_to_two_of_twelve(rush):
    assert rush() == (["category-full"] * 10, 2)


def test_last_places_without_the_lock_are_given_more_than_once(rush, no_locks):
    assert rush()[1] > 2
