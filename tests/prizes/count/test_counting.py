from datetime import timedelta

import pytest

from events.models import Approval, HistoryEntry
from events.shared.pages import revision
from prizes.chain import chain
from prizes.count import bundle, counting
from prizes.models import Count, Edition, Result, Turnout
from tests.factories import (
    NOW,
    AttendanceFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
)
from tests.prizes.counted import announced
from tests.prizes.electorate import past_close, quarantine, seal_and_count
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, voter
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    edition = make_edition(categories=2, nominees=3, champions_per_category=1)
    chain.open_chain(edition, now=NOW)
    return edition


def vote(edition, *places, **values):
    """A full ballot: the place of the nominee in each category."""
    return fill_ballot(edition, {n: nominees_of(edition, n)[place] for n, place in enumerate(places, 1)}, **values)


def rows(count, *, number=1):
    """(votes, votes of attendees, rank, champion, tied) of the nominees of a category, in order of their ids."""
    found = Result.objects.filter(count=count, category__number=number).order_by("nomination_id")
    return list(found.values_list("votes", "attendee_votes", "rank", "is_champion", "is_tied"))


def cells(count, dimension):
    return dict(Turnout.objects.filter(count=count, dimension=dimension).values_list("value", "people"))


def count_refused(edition, **values):
    return refused(counting.count, edition, now=past_close(edition), **values)


def test_every_valid_vote_of_the_edition_counts_once(edition):
    other = make_edition(forum=ForumFactory(slug="2021"), categories=2)
    vote(other, 0, 0)
    for places in [(0, 2), (0, 2), (1, 2)]:
        vote(edition, *places)

    count = seal_and_count(edition)

    assert rows(count, number=1) == [(2, 0, 1, True, False), (1, 0, 2, False, False), (0, 0, 3, False, False)]
    assert rows(count, number=2) == [(0, 0, 2, False, False), (0, 0, 2, False, False), (3, 0, 1, True, False)]
    assert (count.number, count.valid_ballots, count.valid_votes) == (1, 3, 6)
    assert count.head == chain.head(edition)
    assert not Result.objects.filter(nomination__edition=other).exists()


def test_incomplete_and_quarantined_ballots_do_not_count(edition):
    vote(edition, 0, 0)
    vote(edition, 1)
    quarantine(vote(edition, 1, 1), vote(edition, 1, 1))
    quarantine(vote(edition, 1))
    vote(edition)

    count = seal_and_count(edition)

    assert [row[0] for row in rows(count)] == [1, 0, 0]
    assert (count.valid_ballots, count.incomplete_ballots, count.quarantined_ballots) == (1, 1, 3)


def test_votes_of_people_who_attended_a_session_stand_beside(edition):
    session, other = SessionFactory(), SessionFactory(forum=ForumFactory(slug="2021"))
    ballots = [vote(edition, 0, 0), vote(edition, 0, 1), vote(edition, 1, 1)]
    registration = RegistrationFactory(user=ballots[0].user)
    AttendanceFactory(registration=registration, session=session)
    AttendanceFactory(registration=registration, session=SessionFactory())
    RegistrationFactory(user=ballots[1].user)  # registered, but never there
    elsewhere = RegistrationFactory(user=ballots[2].user, forum=other.forum)
    AttendanceFactory(registration=elsewhere, session=other)

    count = seal_and_count(edition)

    assert [row[:2] for row in rows(count)] == [(2, 1), (1, 0), (0, 0)]
    assert count.attendee_ballots == 1


def test_turnout_is_that_of_valid_ballots(edition):
    swiss = CountryFactory(code="CH", region="europe", prize_region="europe")
    vote(edition, 0, 0)
    vote(edition, 0, 0, country=swiss, stakeholder_type="government")
    vote(edition, 0, 0, country=swiss, stakeholder_type="")
    vote(edition, 0, country=swiss)
    quarantine(vote(edition, 0, 0, country=swiss))
    edition.ballots.filter(stakeholder_type="").update(country=None, region="")

    count = seal_and_count(edition)

    assert cells(count, "country") == {"": 1, "CH": 1, "ML": 1}
    assert cells(count, "region") == {"": 1, "europe": 1, "africa": 1}
    assert cells(count, "stakeholder_type") == {"": 1, "academia": 1, "government": 1}


def test_eligible_are_the_accounts_with_a_confirmed_address(edition):
    vote(edition, 0, 0)
    RegistrationFactory(user=voter(), country=CountryFactory(code="CH"))
    voter()
    UserFactory()  # not confirmed
    voter(is_active=False)
    both = vote(edition, country=CountryFactory(code="FR")).user
    RegistrationFactory(user=both, country=CountryFactory(code="CH"))

    count = seal_and_count(edition)

    assert cells(count, "eligible") == {"": 1, "CH": 1, "FR": 1, "ML": 1}


def test_count_is_refused_before_the_polls_are_sealed_again_without_a_reason_and_once_closed(edition):
    vote(edition, 0, 0)

    assert (count_refused(edition), counting.latest(edition)) == ("polls-open", None)
    first = seal_and_count(edition)
    assert (count_refused(edition, reason="  "), counting.latest(edition)) == ("reason-missing", first)
    Edition.objects.update(closed=NOW)
    assert count_refused(edition, reason="Again") == "closed"


def test_counting_again_after_a_quarantine_makes_the_next_number(edition):
    ballots = [vote(edition, 0, 0), vote(edition, 1, 1), vote(edition, 1, 1)]
    first = seal_and_count(edition)
    quarantine(ballots[1], ballots[2])
    officer = UserFactory()
    before = revision.current()

    second = counting.count(edition, now=past_close(edition), by=officer, reason=" Two were of one script ")

    assert [row[0] for row in rows(first)] == [1, 2, 0]
    assert [row[0] for row in rows(second)] == [1, 0, 0]
    assert (second.number, second.reason, counting.latest(edition)) == (2, "Two were of one script", second)
    assert second.bundle_sha256 != first.bundle_sha256
    entry = HistoryEntry.objects.first()
    assert (entry.verb, entry.actor, entry.reason) == ("count", officer, "Two were of one script")
    assert entry.after == {"bundle_sha256": second.bundle_sha256, "valid_votes": 2}
    assert revision.current() == before + 1


def test_no_count_while_an_announcement_of_the_champions_stands(edition):
    vote(edition, 0, 0)
    seal_and_count(edition)
    announced(edition, "champions", at=past_close(edition) + timedelta(hours=1))

    assert count_refused(edition, reason="Too late") == "announced"
    Approval.objects.update(state="proposed", decided_by=None, decided=None)
    assert count_refused(edition, reason="Who agrees has read another count") == "announced"
    Approval.objects.update(state="dropped")
    assert counting.count(edition, now=past_close(edition), reason="Still time").number == 2


def test_count_that_fails_leaves_nothing(edition, monkeypatch):
    chain.seal(edition, now=past_close(edition), is_last=True)
    monkeypatch.setattr(bundle, "attach", lambda count: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        counting.count(edition, now=NOW)

    assert (Count.objects.count(), Result.objects.count(), HistoryEntry.objects.count()) == (0, 0, 0)
