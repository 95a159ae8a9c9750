from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError

from events.models import Country, Message
from prizes import scheduler
from prizes.chain import chain, commitments
from prizes.count import counting
from prizes.models import Ballot, Commitment, Nomination, Trace, Vote
from prizes.vote import cast_vote
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory
from tests.prizes.factories import NominationFactory, make_edition, nominees_of, set_phase, voter

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


def cast(edition, user, nominee, *, number=None, code=None, arrived=NOW, now=None, ip="203.0.113.9"):
    return cast_vote.cast(
        edition=edition,
        user=user,
        number=number or nominee.category.number,
        code=code or nominee.code,
        arrived=arrived,
        now=now or arrived,
        ip=ip,
    )


def refused(call, *arguments, **values):
    """The code with which a call is refused."""
    with pytest.raises(ValidationError) as refusal:
        call(*arguments, **values)
    return refusal.value.code


def fill(edition, user, *, place=0):
    """A choice in every category; the last one's Cast."""
    done = None
    for category in edition.categories.order_by("number"):
        done = cast(edition, user, nominees_of(edition, category.number)[place])
    return done


def rows():
    return Vote.objects.count(), Commitment.objects.count()


# --- beginning ------------------------------------------------------------------------------------
def test_ballot_copies_what_the_voter_says(edition):
    ballot = begin(edition)

    assert (ballot.country_id, ballot.region, ballot.stakeholder_type) == ("ML", "africa", "academia")
    assert (ballot.began, ballot.chosen, ballot.is_complete) == (NOW, 0, False)
    assert len(ballot.secret) == 20


def test_ballot_of_a_voter_who_prefers_not_to_say(edition):
    ballot = begin(edition, country=None, stakeholder_type="")

    assert (ballot.country, ballot.region, ballot.stakeholder_type) == (None, "", "")


def test_ballot_copies_the_registration_whatever_else_is_said(edition):
    registration = RegistrationFactory(country=Country.objects.get(pk="CH"), stakeholder_type="media", user=voter())

    ballot = begin(edition, registration.user)

    assert (ballot.country_id, ballot.region, ballot.stakeholder_type) == ("CH", "europe", "media")


def test_ballot_keeps_its_figures_when_the_registration_changes(edition):
    registration = RegistrationFactory(stakeholder_type="media", user=voter())
    begin(edition, registration.user)
    registration.stakeholder_type = "academia"
    registration.save()

    assert begin(edition, registration.user).stakeholder_type == "media"


def test_withdrawn_registration_says_nothing(edition):
    registration = RegistrationFactory(stakeholder_type="media", user=voter(), withdrawn=NOW)

    assert begin(edition, registration.user).stakeholder_type == "academia"


def test_beginning_again_gives_the_same_ballot(edition):
    user = voter()
    ballot = begin(edition, user)

    again = begin(edition, user, country=None, stakeholder_type="media")

    assert (again.pk, again.stakeholder_type) == (ballot.pk, "academia")
    assert Ballot.objects.count() == 1


def test_unconfirmed_address_begins_no_ballot(edition):
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)

    assert refused(begin, edition, user) == "not-confirmed"
    assert not Ballot.objects.exists()


def test_ballot_is_begun_while_the_vote_is_open_only(edition):
    opens, closes = edition.phase("voting").starts, edition.phase("voting").ends

    assert refused(begin, edition, now=opens - SECOND) == "polls-not-open"
    assert refused(begin, edition, now=closes) == "polls-closed"
    assert begin(edition, now=opens).pk
    assert begin(edition, now=closes - SECOND).pk


# --- casting --------------------------------------------------------------------------------------
def test_choice_is_a_vote_with_its_commitment(edition):
    ballot = begin(edition, user := voter())
    nominee = nominees_of(edition, 2)[1]

    done = cast(edition, user, nominee)

    vote = Vote.objects.get()
    ballot.refresh_from_db()
    assert (vote.ballot, vote.category.number, vote.nominee, vote.cast) == (ballot, 2, nominee, NOW)
    assert vote.tracker == commitments.tracker(ballot.secret, edition="2020", number=2)
    expected = commitments.commitment(nonce=vote.nonce, tracker=vote.tracker, number=2, nominee=nominee.code)
    assert bytes(Commitment.objects.get().value) == expected
    assert Commitment.objects.get().block is None
    assert (done.is_new, done.is_change, done.is_complete, done.has_receipt) == (True, False, False, False)
    assert (done.chosen, done.missing, done.next) == (1, [1, 3], 3)
    assert (ballot.chosen, ballot.first_choice, ballot.last_choice) == (1, NOW, NOW)


def test_same_choice_again_changes_nothing(edition):
    ballot = begin(edition, user := voter())
    nominee = nominees_of(edition, 1)[0]
    cast(edition, user, nominee)
    before = Vote.objects.get().nonce

    done = cast(edition, user, nominee, arrived=NOW + SECOND)

    ballot.refresh_from_db()
    assert (done.is_new, done.is_change, done.missing) == (False, False, [2, 3])
    assert rows() == (1, 1)
    assert (Vote.objects.get().nonce, ballot.last_choice) == (before, NOW)


def test_same_choice_again_is_no_error_where_choices_are_final(final_edition):
    begin(final_edition, user := voter())
    nominee = nominees_of(final_edition, 1)[0]
    cast(final_edition, user, nominee)

    assert cast(final_edition, user, nominee).is_new is False


def test_changed_choice_replaces_the_vote_and_adds_a_commitment(edition):
    begin(edition, user := voter())
    first, second, _third = nominees_of(edition, 1)
    cast(edition, user, first)
    kept = bytes(Commitment.objects.get().value)
    nonce = Vote.objects.get().nonce

    done = cast(edition, user, second, arrived=NOW + SECOND)

    vote = Vote.objects.get()
    assert (done.is_new, done.is_change) == (True, True)
    assert (vote.nominee, vote.cast) == (second, NOW + SECOND)
    assert vote.nonce != nonce
    assert rows() == (1, 2)
    assert kept in {bytes(value) for value in Commitment.objects.values_list("value", flat=True)}


def test_final_choice_cannot_be_changed(final_edition):
    begin(final_edition, user := voter())
    first, second, _third = nominees_of(final_edition, 1)
    cast(final_edition, user, first)

    assert refused(cast, final_edition, user, second) == "vote-final"
    assert Vote.objects.get().nominee == first
    assert rows() == (1, 1)


def withdraw(nominee):
    Nomination.objects.filter(pk=nominee.pk).update(state="withdrawn")


def test_final_choice_of_a_nominee_that_withdrew_may_be_made_again(final_edition):
    begin(final_edition, user := voter())
    first, second, third = nominees_of(final_edition, 1)
    cast(final_edition, user, first)
    withdraw(first)

    assert cast(final_edition, user, second).is_change
    assert refused(cast, final_edition, user, third) == "vote-final"
    assert rows() == (1, 2)


def test_ballot_stays_complete_when_a_nominee_withdraws(final_edition):
    ballot = begin(final_edition, user := voter())
    fill(final_edition, user)
    first, second, _third = nominees_of(final_edition, 1)
    withdraw(first)

    done = cast(final_edition, user, second)

    ballot.refresh_from_db()
    assert (done.is_complete, done.has_receipt, ballot.is_complete, ballot.chosen) == (True, True, True, 3)


@pytest.mark.parametrize("state", ["draft", "submitted", "shortlisted", "not_nominated", "withdrawn"])
def test_only_nominees_are_chosen(edition, state):
    begin(edition, user := voter())
    category = edition.categories.get(number=1)
    other = NominationFactory(category=category, edition=edition, state="submitted")
    Nomination.objects.filter(pk=other.pk).update(state=state)

    assert refused(cast, edition, user, other) == "not-a-nominee"
    assert rows() == (0, 0)


def test_nominee_of_another_category_is_refused(edition):
    begin(edition, user := voter())

    assert refused(cast, edition, user, nominees_of(edition, 2)[0], number=1) == "not-a-nominee"
    assert refused(cast, edition, user, nominees_of(edition, 2)[0], number=99) == "not-a-nominee"
    assert rows() == (0, 0)


def test_nominee_of_another_edition_is_refused(edition):
    other = make_edition(forum=ForumFactory(slug="2021"))
    begin(edition, user := voter())
    begin(other, user)

    assert refused(cast, edition, user, nominees_of(other, 1)[0]) == "not-a-nominee"
    assert rows() == (0, 0)


@pytest.mark.parametrize("code", ["ZZZZZZ", "", "A", "\0\0\0\0\0\0", "ÅÅÅÅÅÅ", "abcdef", "0" * 5000, "' OR 1"])
def test_unknown_code_is_refused(edition, code):
    begin(edition, user := voter())

    with pytest.raises(ValidationError) as refusal:
        cast_vote.cast(edition=edition, user=user, number=1, code=code, arrived=NOW, now=NOW, ip="")

    assert refusal.value.code == "not-a-nominee"


def test_choice_without_a_ballot_is_refused(edition):
    assert refused(cast, edition, voter(), nominees_of(edition, 1)[0]) == "no-ballot"


def test_choice_of_an_unconfirmed_account_is_refused(edition):
    begin(edition, user := voter())
    EmailAddress.objects.filter(user=user).update(verified=False)

    assert refused(cast, edition, user, nominees_of(edition, 1)[0]) == "not-confirmed"
    assert refused(cast, edition, UserFactory(), nominees_of(edition, 1)[0]) == "not-confirmed"


def test_choice_counts_by_its_arrival(edition):
    begin(edition, user := voter())
    opens, closes = edition.phase("voting").starts, edition.phase("voting").ends
    nominee = nominees_of(edition, 1)[0]

    assert refused(cast, edition, user, nominee, arrived=opens - SECOND, now=opens) == "polls-not-open"
    assert refused(cast, edition, user, nominee, arrived=closes) == "polls-closed"
    assert refused(cast, edition, voter(), nominee, arrived=closes) == "polls-closed"
    assert cast(edition, user, nominee, arrived=closes - SECOND, now=closes + 59 * SECOND).is_new


def test_choice_that_was_under_way_too_long_is_refused(edition):
    begin(edition, user := voter())

    assert refused(cast, edition, user, nominees_of(edition, 1)[0], now=NOW + 61 * SECOND) == "too-slow"
    assert rows() == (0, 0)


def test_choice_after_the_last_block_is_refused(edition):
    begin(edition, user := voter())
    chain.open_chain(edition, now=NOW)
    closes = edition.phase("voting").ends
    chain.seal(edition, now=closes + 90 * SECOND, is_last=True)
    edition.polls_sealed = None  # as a request read it before

    assert refused(cast, edition, user, nominees_of(edition, 1)[0], arrived=closes - SECOND) == "polls-closed"


def test_choice_before_the_nominees_are_published_is_refused(edition):
    begin(edition, user := voter())
    edition.nominees_published = None
    edition.save()

    assert refused(cast, edition, user, nominees_of(edition, 1)[0]) == "polls-not-open"


def test_choice_in_an_edition_without_a_vote_is_refused(edition):
    begin(edition, user := voter())
    edition.phases.all().delete()

    assert refused(cast, edition, user, nominees_of(edition, 1)[0]) == "polls-not-open"


@pytest.mark.parametrize("phase", ["submission", "review"])
def test_choice_in_an_earlier_phase_is_refused(edition, phase):
    begin(edition, user := voter())
    set_phase(edition, phase)

    assert refused(cast, edition, user, nominees_of(edition, 1)[0]) == "polls-not-open"


def test_choice_leaves_hashed_traces_once(edition):
    begin(edition, user := voter())

    fill(edition, user)

    assert sorted(Trace.objects.values_list("kind", flat=True)) == ["address", "network"]


# --- complete -------------------------------------------------------------------------------------
def test_ballot_is_complete_with_the_last_category(edition):
    ballot = begin(edition, user := voter())

    done = fill(edition, user)

    ballot.refresh_from_db()
    assert (done.is_complete, done.has_receipt, done.missing, done.next) == (True, True, [], None)
    assert (ballot.chosen, ballot.is_complete, ballot.receipts) == (3, True, 1)
    assert list(Ballot.objects.valid()) == [ballot]


def test_category_without_nominees_is_not_needed(edition):
    Nomination.objects.filter(category__number=3).update(state="not_nominated")
    begin(edition, user := voter())
    cast(edition, user, nominees_of(edition, 1)[0])

    assert cast(edition, user, nominees_of(edition, 2)[0]).is_complete


def test_partial_ballot_is_complete_with_its_first_choice(edition):
    edition.require_all_categories = False
    edition.save()
    ballot = begin(edition, user := voter())

    first = cast(edition, user, nominees_of(edition, 2)[0])
    second = cast(edition, user, nominees_of(edition, 3)[0])

    ballot.refresh_from_db()
    assert (first.is_complete, first.has_receipt, first.next) == (True, True, 3)
    assert (second.is_complete, second.has_receipt, second.next) == (True, False, 1)
    assert (ballot.is_complete, ballot.chosen, ballot.receipts) == (True, 2, 1)


def test_change_of_a_complete_ballot_has_a_new_receipt(edition):
    ballot = begin(edition, user := voter())
    fill(edition, user)

    done = cast(edition, user, nominees_of(edition, 1)[1])

    ballot.refresh_from_db()
    assert (done.has_receipt, ballot.receipts, ballot.is_complete) == (True, 2, True)


def test_change_of_an_incomplete_ballot_has_no_receipt(edition):
    begin(edition, user := voter())
    cast(edition, user, nominees_of(edition, 1)[0])

    assert cast(edition, user, nominees_of(edition, 1)[1]).has_receipt is False


def test_ballots_that_miss_only_a_lost_category_become_complete(edition):
    full, short, other = (begin(edition, voter()) for _place in range(3))
    for number in (1, 2):
        cast(edition, full.user, nominees_of(edition, number)[0])
    cast(edition, short.user, nominees_of(edition, 1)[0])
    for number in (1, 3):
        cast(edition, other.user, nominees_of(edition, number)[0])
    Nomination.objects.filter(category__number=3).update(state="withdrawn")

    assert cast_vote.complete_anew(edition, now=NOW) == 1
    assert cast_vote.complete_anew(edition, now=NOW) == 0
    assert list(Ballot.objects.valid()) == [full]
    assert Message.objects.get(kind="ballot-receipt").to == full.user.email
    full.refresh_from_db()
    assert cast_vote._complete(full.pk, now=NOW) is False
    assert full.receipts == 1


def test_site_completes_such_ballots_by_itself_and_with_the_last_block(edition):
    first, second = (begin(edition, voter()) for _place in range(2))
    for ballot in (first, second):
        cast(edition, ballot.user, nominees_of(edition, 1)[0])
    cast(edition, first.user, nominees_of(edition, 2)[0])
    Nomination.objects.filter(category__number=3).update(state="withdrawn")

    scheduler.tend(NOW)
    assert list(Ballot.objects.valid()) == [first]

    Nomination.objects.filter(category__number=2).update(state="withdrawn")
    scheduler.tend(edition.phase("voting").ends + 90 * SECOND)
    assert set(Ballot.objects.valid()) == {first, second}
    assert counting.latest(edition).valid_ballots == 2


def test_nothing_becomes_complete_where_partial_ballots_count(edition):
    edition.require_all_categories = False
    begin(edition)

    assert cast_vote.complete_anew(edition, now=NOW) == 0


def test_next_open_category_comes_after_this_one_and_then_from_the_first():
    assert cast_vote.next_open([2, 5, 9], after=5) == 9
    assert cast_vote.next_open([2, 5, 9], after=9) == 2
    assert cast_vote.next_open([], after=9) is None


@pytest.mark.parametrize("raw", [NOW, NOW.replace(tzinfo=None), NOW.replace(tzinfo=None).isoformat(" ")])
def test_moments_of_every_database_are_the_same(raw):
    assert cast_vote._moment(raw) == NOW
    assert cast_vote._moment(None) is None
