"""The shortlist with its limit, the publication of the nominees, and no way around their table."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import QuerySet

from events.models import HistoryEntry
from events.pages import revision
from prizes.models import Nomination
from prizes.review.shortlist import shortlisting
from tests.factories import NOW, UserFactory
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, set_phase

State = Nomination.State


@pytest.fixture
def edition(db):
    return make_edition(phase="review", nominees_per_category=2)


@pytest.fixture
def officer(db):
    return UserFactory(is_staff=True)


def nominations(edition, count, *, number=1, **values):
    return NominationFactory.create_batch(count, category=edition.categories.get(number=number), **values)


def refused(call, *args, **values):
    with pytest.raises(ValidationError) as refusal:
        call(*args, **values)
    return refusal.value.code


def states(edition):
    return sorted(edition.nominations.values_list("state", flat=True))


# --- the shortlist --------------------------------------------------------------------------------
def test_shortlisting_is_logged_with_its_reason(edition, officer):
    (nomination,) = nominations(edition, 1)

    shortlisting.shortlist(nomination, by=officer, reason="First of its category", now=NOW)

    entry = HistoryEntry.objects.get()
    assert Nomination.objects.get().state == State.SHORTLISTED
    assert (entry.verb, entry.actor, entry.subject) == ("shortlist", officer, nomination.code)
    assert (entry.reason, entry.at) == ("First of its category", NOW)


def test_way_back_is_logged_too(edition, officer):
    (nomination,) = nominations(edition, 1, state="shortlisted")

    shortlisting.unshortlist(nomination, by=officer, reason="Withdrew its claim", now=NOW)

    assert Nomination.objects.get().state == State.SUBMITTED
    assert HistoryEntry.objects.get().verb == "unshortlist"


@pytest.mark.parametrize("state", [s for s in State if s != State.SUBMITTED])
def test_only_submitted_nominations_are_shortlisted(edition, officer, state):
    (nomination,) = nominations(edition, 1, state=state)

    assert refused(shortlisting.shortlist, nomination, by=officer, reason="", now=NOW) == "wrong-state"
    assert states(edition) == [state]


@pytest.mark.parametrize("state", [s for s in State if s != State.SHORTLISTED])
def test_only_shortlisted_nominations_go_back(edition, officer, state):
    (nomination,) = nominations(edition, 1, state=state)

    assert refused(shortlisting.unshortlist, nomination, by=officer, reason="", now=NOW) == "wrong-state"
    assert states(edition) == [state]


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

    before = deadline - timedelta(microseconds=1)
    assert refused(shortlisting.shortlist, first, by=officer, reason="", now=before) == "submission-open"
    assert refused(shortlisting.unshortlist, first, by=officer, reason="", now=before) == "submission-open"
    shortlisting.shortlist(first, by=officer, reason="", now=deadline)
    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)

    assert refused(shortlisting.shortlist, second, by=officer, reason="", now=NOW) == "already-published"
    assert refused(shortlisting.unshortlist, first, by=officer, reason="", now=NOW) == "already-published"


def test_edition_without_a_deadline_has_no_shortlist(edition, officer):
    (nomination,) = nominations(edition, 1)
    edition.phases.all().delete()

    assert refused(shortlisting.shortlist, nomination, by=officer, reason="", now=NOW) == "submission-open"


# --- the publication ------------------------------------------------------------------------------
def test_publication_moves_every_nomination_and_the_public_revision(edition, officer):
    for state in State:
        nominations(edition, 1, state=state)
    before = revision.current()

    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)

    edition.refresh_from_db()
    assert states(edition) == ["draft", "nominated", "nominated", "not_nominated", "not_nominated", "withdrawn"]
    assert edition.nominees_published == NOW
    assert revision.current() == before + 1
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.reason) == ("publish-nominees", "The jury met")
    assert entry.after == {"nominated": 1, "not_nominated": 1}


def test_publication_of_one_edition_leaves_others_alone(edition, officer):
    from tests.factories import ForumFactory

    other = make_edition(phase="review", forum=ForumFactory(slug="2019"))
    nominations(edition, 1, state="shortlisted")
    nominations(other, 1, state="shortlisted")

    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)

    assert (states(other), states(edition)) == (["shortlisted"], ["nominated"])


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


def test_late_publication_is_allowed_until_the_first_ballot(edition, officer):
    set_phase(edition, "voting")
    nominations(edition, 1, state="shortlisted")
    ballot = fill_ballot(edition, {})

    assert refused(shortlisting.publish_nominees, edition, by=officer, reason="The jury met", now=NOW) == "voting-begun"
    ballot.delete()
    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)

    assert states(edition) == ["nominated"]


def test_publication_without_a_vote_planned(edition, officer):
    nominations(edition, 1, state="shortlisted")
    edition.phases.filter(kind="voting").delete()

    shortlisting.publish_nominees(edition, by=officer, reason="The jury met", now=NOW)

    assert states(edition) == ["nominated"]


# --- everybody at once ----------------------------------------------------------------------------
@pytest.fixture
def _slow_count(monkeypatch):
    """Time passes between counting the places and taking one."""
    count = shortlisting.places_left

    def slowly(edition, *, category):
        left = count(edition, category=category)
        time.sleep(0.05)
        return left

    monkeypatch.setattr(shortlisting, "places_left", slowly)


@pytest.fixture
def _no_locks(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())


def rush(rows, officer):
    """Shortlist all rows at the same moment, each in a connection of its own; return the refusals' codes."""
    assert connection.vendor == "postgresql", "this test needs PostgreSQL: run it with `make test`"
    start, codes = threading.Barrier(len(rows)), []

    def run(row):
        try:
            start.wait(30)
            shortlisting.shortlist(row, by=officer, reason="", now=NOW)
        except ValidationError as refusal:
            codes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[row]) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return codes


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_slow_count")
def test_last_places_go_to_two_of_twelve():
    edition = make_edition(phase="review", nominees_per_category=2)

    codes = rush(nominations(edition, 12), UserFactory())

    assert codes == ["category-full"] * 10
    assert edition.nominations.filter(state="shortlisted").count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_slow_count", "_no_locks")
def test_last_places_without_the_lock_are_given_more_than_once():
    edition = make_edition(phase="review", nominees_per_category=2)

    rush(nominations(edition, 12), UserFactory())

    assert edition.nominations.filter(state="shortlisted").count() > 2
