from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from events.models import Country, Message
from prizes import scheduler
from prizes.chain import chain, commitments
from prizes.count import counting
from prizes.models import Ballot, Commitment, Nomination, Trace, Vote
from prizes.vote import cast_vote
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory
from tests.prizes.electorate import withdraw
from tests.prizes.factories import NominationFactory, make_edition, nominees_of, voter
from tests.refusals import refused

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def edition():
    return make_edition(votes_final=False)


@pytest.fixture
def final_edition():
    return make_edition()


def begin(edition, user=None, **values):
    values = {"country": CountryFactory(), "stakeholder_type": "academia", "now": NOW} | values
    return cast_vote.begin(edition=edition, user=user or voter(), **values)


def cast(edition, user, nominee, *, number=None, code=None, arrived=NOW, now=None):
    return cast_vote.cast(
        edition=edition,
        user=user,
        number=number or nominee.category.number,
        code=nominee.code if code is None else code,
        arrived=arrived,
        now=now or arrived,
        ip="203.0.113.9",
    )


def fill(edition, user, *, place=0):
    """A choice in every category; the last one's Cast."""
    return [cast(edition, user, nominees_of(edition, number)[place]) for number in (1, 2, 3)][-1]


def rows():
    return Vote.objects.count(), Commitment.objects.count()


# --- beginning ------------------------------------------------------------------------------------
def test_ballot_copies_the_registration_once_whatever_else_is_said(edition):
    swiss, user = Country.objects.get(pk="CH"), voter()
    registration = RegistrationFactory(country=swiss, stakeholder_type="media", user=user)
    withdrawn = RegistrationFactory(stakeholder_type="media", user=voter(), withdrawn=NOW)

    ballot = begin(edition, user)
    registration.stakeholder_type = "academia"
    registration.save()
    again = begin(edition, user, country=None, stakeholder_type="government")

    assert (ballot.country_id, ballot.region, ballot.stakeholder_type) == ("CH", "europe", "media")
    assert (again.pk, again.stakeholder_type, Ballot.objects.count()) == (ballot.pk, "media", 1)
    assert begin(edition, withdrawn.user).stakeholder_type == "academia"


# --- casting --------------------------------------------------------------------------------------
def test_choice_is_a_vote_with_its_commitment_and_leaves_its_traces_once(edition):
    ballot = begin(edition, user := voter())
    nominee = nominees_of(edition, 2)[1]

    done = cast(edition, user, nominee)

    vote, commitment = Vote.objects.get(), Commitment.objects.get()
    ballot.refresh_from_db()
    assert (vote.ballot, vote.category.number, vote.nominee, vote.cast) == (ballot, 2, nominee, NOW)
    assert vote.tracker == commitments.tracker(ballot.secret, edition="2020", number=2)
    expected = commitments.commitment(nonce=vote.nonce, tracker=vote.tracker, number=2, nominee=nominee.code)
    assert (bytes(commitment.value), commitment.block) == (expected, None)
    assert (done.nominee.title, done.is_new, done.is_complete) == (nominee.title, True, False)
    assert (done.chosen, done.missing, done.next) == (1, [1, 3], 3)
    assert (ballot.chosen, ballot.first_choice, ballot.last_choice, ballot.receipts) == (1, NOW, NOW, 0)

    cast(edition, user, nominees_of(edition, 1)[0])

    assert sorted(Trace.objects.values_list("kind", flat=True)) == ["address", "box", "domain", "network"]


@pytest.mark.parametrize("votes_final", [False, True])
def test_same_choice_again_changes_nothing(votes_final):
    edition = make_edition(votes_final=votes_final)
    ballot = begin(edition, user := voter())
    nominee = nominees_of(edition, 1)[0]
    cast(edition, user, nominee)
    nonce = Vote.objects.get().nonce

    done = cast(edition, user, nominee, arrived=NOW + SECOND)

    ballot.refresh_from_db()
    assert (done.is_new, done.chosen, done.missing, done.is_complete) == (False, 1, [2, 3], False)
    assert (rows(), Vote.objects.get().nonce, ballot.last_choice) == ((1, 1), nonce, NOW)


def test_changed_choice_replaces_the_vote_and_adds_a_commitment(edition):
    ballot = begin(edition, user := voter())
    first, second, _third = nominees_of(edition, 1)
    cast(edition, user, first)
    kept, nonce = bytes(Commitment.objects.get().value), Vote.objects.get().nonce

    done = cast(edition, user, second, arrived=NOW + SECOND)

    vote = Vote.objects.get()
    ballot.refresh_from_db()
    assert (done.is_new, done.chosen, vote.nominee, vote.cast) == (True, 1, second, NOW + SECOND)
    assert (ballot.first_choice, ballot.last_choice, ballot.receipts) == (NOW, NOW + SECOND, 0)
    assert vote.nonce != nonce
    assert rows() == (1, 2)
    assert kept in {bytes(value) for value in Commitment.objects.values_list("value", flat=True)}


def test_of_two_choices_under_way_the_one_that_arrived_later_stands(edition):
    ballot = begin(edition, user := voter())
    first, second, third = nominees_of(edition, 1)
    late = NOW + 12 * SECOND
    cast(edition, user, second, arrived=NOW + 11 * SECOND)

    assert refused(cast, edition, user, first, arrived=NOW, now=late) == "overtaken"
    assert (Vote.objects.get().nominee, rows()) == (second, (1, 1))

    cast(edition, user, second, arrived=NOW + 14 * SECOND)  # once more, after another one that is written only now
    assert refused(cast, edition, user, third, arrived=NOW + 13 * SECOND, now=NOW + 15 * SECOND) == "overtaken"
    assert not cast(edition, user, second, arrived=NOW, now=late).is_new
    assert refused(cast, edition, user, third, arrived=NOW + 13 * SECOND, now=NOW + 15 * SECOND) == "overtaken"

    elsewhere = nominees_of(edition, 2)[0]
    assert cast(edition, user, elsewhere, arrived=NOW, now=late).is_new  # each category by itself
    ballot.refresh_from_db()
    assert ballot.chosen == 2


def test_final_choice_is_made_again_only_where_the_nominee_withdrew(final_edition):
    ballot = begin(final_edition, user := voter())
    first, second, third = nominees_of(final_edition, 1)
    fill(final_edition, user)

    assert refused(cast, final_edition, user, second) == "vote-final"
    assert (Vote.objects.get(category__number=1).nominee, rows()) == (first, (3, 3))

    withdraw(first)
    done = cast(final_edition, user, second)
    assert (done.is_new, done.is_complete) == (True, True)
    assert refused(cast, final_edition, user, third) == "vote-final"
    ballot.refresh_from_db()
    assert (rows(), ballot.is_complete, ballot.chosen, ballot.receipts) == ((3, 4), True, 3, 2)


def test_only_nominees_of_the_category_and_edition_are_chosen(edition):
    other_edition = make_edition(forum=ForumFactory(slug="2021"))
    begin(edition, user := voter())
    begin(other_edition, user)
    other = NominationFactory(category=edition.categories.get(number=1), edition=edition, state="submitted")
    elsewhere = nominees_of(edition, 2)[0]
    codes = ["ZZZZZZ", "", "A", "\0\0\0\0\0\0", "ÅÅÅÅÅÅ", "abcdef", "0" * 5000, "' OR 1"]

    answers = [refused(cast, edition, user, elsewhere, number=1, code=code) for code in codes]
    answers += [refused(cast, edition, user, elsewhere, number=number) for number in (1, 99)]
    answers += [refused(cast, edition, user, nominees_of(other_edition, 1)[0])]
    for state in ("draft", "submitted", "shortlisted", "not_nominated", "withdrawn"):
        Nomination.objects.filter(pk=other.pk).update(state=state)
        answers += [refused(cast, edition, user, other)]

    assert set(answers) == {"not-a-nominee"}
    assert rows() == (0, 0)


def test_ballot_of_a_registered_person_begins_with_the_first_choice_that_counts(edition):
    user = voter()
    RegistrationFactory(forum=edition.forum, user=user, stakeholder_type="academia")

    refusal = refused(cast, edition, user, nominees_of(edition, 1)[0], code="ZZZZZZ")
    begun = Ballot.objects.count()
    done = cast(edition, user, nominees_of(edition, 1)[0])

    assert (refusal, begun, done.chosen) == ("not-a-nominee", 0, 1)
    assert Ballot.objects.get().stakeholder_type == "academia"


# --- refusals -------------------------------------------------------------------------------------
def test_ballot_is_begun_by_confirmed_accounts_while_the_vote_is_open_only(edition):
    opens, closes = edition.phase("voting").starts, edition.phase("voting").ends
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)

    assert refused(begin, edition, user) == "not-confirmed"
    assert refused(begin, edition, now=opens - SECOND) == "polls-not-open"
    assert refused(begin, edition, now=closes) == "polls-closed"
    assert not Ballot.objects.exists()
    assert begin(edition, now=opens).pk
    silent = begin(edition, country=None, stakeholder_type="", now=closes - SECOND)
    assert (silent.country, silent.region, silent.stakeholder_type) == (None, "", "")


def test_choice_needs_a_ballot_a_confirmed_address_and_an_arrival_while_the_vote_is_open(edition):
    nominee = nominees_of(edition, 1)[0]
    begin(edition, user := voter())
    begin(edition, lost := voter())
    EmailAddress.objects.filter(user=lost).update(verified=False)
    opens, closes = edition.phase("voting").starts, edition.phase("voting").ends

    for person, times, code in [
        (voter(), {}, "no-ballot"),
        (lost, {}, "not-confirmed"),
        (user, {"arrived": opens - SECOND, "now": opens}, "polls-not-open"),
        (user, {"arrived": closes}, "polls-closed"),
        (voter(), {"arrived": closes}, "polls-closed"),
        (user, {"now": NOW + 61 * SECOND}, "too-slow"),
    ]:
        assert refused(cast, edition, person, nominee, **times) == code
    assert rows() == (0, 0)
    assert cast(edition, user, nominee, arrived=closes - SECOND, now=closes + 59 * SECOND).is_new


def test_no_choice_before_the_nominees_are_published_nor_after_the_last_block(edition):
    begin(edition, user := voter())
    nominee, closes = nominees_of(edition, 1)[0], edition.phase("voting").ends
    published, edition.nominees_published = edition.nominees_published, None
    edition.save()
    assert refused(cast, edition, user, nominee) == "polls-not-open"
    edition.nominees_published = published
    edition.save()
    chain.open_chain(edition, now=NOW)
    chain.seal(edition, now=closes + 90 * SECOND, is_last=True)
    edition.polls_sealed = None  # as a request read it before
    assert refused(cast, edition, user, nominee, arrived=closes - SECOND) == "polls-closed"


# --- complete -------------------------------------------------------------------------------------
def test_ballot_is_complete_with_the_last_category_and_has_a_receipt_for_each_change(edition):
    ballot = begin(edition, user := voter())

    done = fill(edition, user)

    ballot.refresh_from_db()
    assert (done.is_complete, done.missing, done.next) == (True, [], None)
    assert (ballot.chosen, ballot.is_complete, ballot.receipts) == (3, True, 1)
    assert list(Ballot.objects.valid()) == [ballot]

    cast(edition, user, nominees_of(edition, 1)[1])

    ballot.refresh_from_db()
    assert (ballot.receipts, ballot.is_complete) == (2, True)


def test_category_without_nominees_is_not_needed(edition):
    Nomination.objects.filter(category__number=3).update(state="not_nominated")
    begin(edition, user := voter())
    cast(edition, user, nominees_of(edition, 1)[0])

    assert cast(edition, user, nominees_of(edition, 2)[0]).is_complete


def test_partial_ballot_is_complete_with_its_first_choice():
    edition = make_edition(require_all_categories=False)
    ballot = begin(edition, user := voter())

    first = cast(edition, user, nominees_of(edition, 2)[0])
    second = cast(edition, user, nominees_of(edition, 3)[0])

    ballot.refresh_from_db()
    assert [(done.is_complete, done.next) for done in (first, second)] == [(True, 3), (True, 1)]
    assert (ballot.is_complete, ballot.chosen, ballot.receipts) == (True, 2, 1)


def test_ballots_that_miss_only_a_lost_category_become_complete(edition):
    full, short, other, _empty = (begin(edition, voter()) for _place in range(4))
    for number in (1, 2):
        cast(edition, full.user, nominees_of(edition, number)[0])
    cast(edition, short.user, nominees_of(edition, 1)[0])
    for number in (1, 3):
        cast(edition, other.user, nominees_of(edition, number)[0])
    Nomination.objects.filter(category__number=3).update(state="withdrawn")

    assert [cast_vote.complete_again(edition, now=NOW) for _time in range(2)] == [1, 0]
    assert list(Ballot.objects.valid()) == [full]
    assert Message.objects.get(kind="ballot-receipt").to == full.user.email
    full.refresh_from_db()
    assert (cast_vote._complete(full.pk, now=NOW), full.receipts) == (False, 1)
    Nomination.objects.update(state="withdrawn")
    assert cast_vote.complete_again(edition, now=NOW) == 2  # an empty ballot never counts
    assert Ballot.objects.valid().count() == 3
    edition.require_all_categories = False
    assert cast_vote.complete_again(edition, now=NOW) == 0


def test_site_completes_such_ballots_by_itself_and_with_the_last_block(edition):
    first, second = (begin(edition, voter()) for _place in range(2))
    for ballot in (first, second):
        cast(edition, ballot.user, nominees_of(edition, 1)[0])
    cast(edition, first.user, nominees_of(edition, 2)[0])
    Nomination.objects.filter(category__number=3).update(state="withdrawn")

    scheduler.tend(NOW)
    assert list(Ballot.objects.valid()) == [first]

    Nomination.objects.filter(category__number=2).update(state="withdrawn")
    late = edition.phase("voting").ends + 90 * SECOND
    scheduler.close_polls(edition, now=late)  # who withdrew since the last round
    assert set(Ballot.objects.valid()) == {first, second}

    scheduler.tend(late)
    assert counting.latest(edition).valid_ballots == 2


# --- who is told ----------------------------------------------------------------------------------
def test_choice_is_told_once_it_is_committed_and_only_if_it_is_new(
    edition, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(cast_vote.hooks.choice_cast, "of", lambda: (lambda: told.append(1),))
    user = voter()
    begin(edition, user)

    with django_capture_on_commit_callbacks(execute=True):
        for _again in range(2):
            cast(edition, user, nominees_of(edition, 1)[0])
        assert told == []

    assert told == [1]
