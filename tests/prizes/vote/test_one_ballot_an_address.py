"""One ballot an address: whoever changes it, is erased or makes another account votes no second time by it."""

import threading

import pytest
from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.test import Client

from events.shared.history import log
from events.shared.jobs.sweeps import RowsFailed
from prizes.fair_play import integrity
from prizes.fair_play.integrity import nominees
from prizes.models import Ballot, Edition, Trace, Vote, VoterAddress
from prizes.vote import cast_vote, voter_traces
from registration.models import Registration
from registration.people.accounts.verbs import AccountVerb
from tests.events.shared.jobs.poison import poisoned
from tests.factories import NOW, ForumFactory, RegistrationFactory, UserFactory
from tests.prizes.factories import make_edition, nominees_of, officer, voter
from tests.races import together
from tests.refusals import refused
from tests.registration.people.accounts.test_accounts import OTHER, code_in, confirm, log_in, mails, sign_up
from tests.registration.people.data_rights.test_others import erase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
FIRST, SECOND, THIRD = "awa@example.org", "awa.traore@example.org", "traore@example.org"
VOTE = "/2020/prizes/vote/"


@pytest.fixture
def edition(db):
    return make_edition(votes_final=False)


@pytest.fixture
def awa(edition):
    user = voter(email=FIRST)
    user.set_password(OTHER)
    user.save()
    return user


def begin(edition, user):
    return cast_vote.begin(edition=edition, user=user, country=None, stakeholder_type="", now=NOW)


def change(user, *, to):
    """On the site, as their owner does."""
    client = Client()
    log_in(client, email=user.email, password=OTHER)
    client.post("/accounts/email/", {"action_add": "", "email": to})
    confirm(client, code_in(mails(to)[-1]))
    user.refresh_from_db()
    assert user.email == to


def vote_in_all(client, edition):
    client.post(VOTE + "start/", {"country": "unsaid", "stakeholder_type": "unsaid"})
    for number in (1, 2, 3):
        answer = client.post(f"{VOTE}{number}/", {"nominee": nominees_of(edition, number)[0].code})
    return answer


def test_new_account_with_the_address_of_before_gets_no_second_ballot(edition, awa, client):
    """The attack as it was found: vote, change the address, sign up with the first one again, vote, and once more."""
    owner = Client()
    owner.force_login(awa)
    vote_in_all(owner, edition)
    change(awa, to=SECOND)

    sign_up(client, FIRST)
    confirm(client, code_in(mails(FIRST)[-1]))
    again = client.post(VOTE + "start/", {"country": "unsaid", "stakeholder_type": "unsaid"})
    vote_in_all(client, edition)

    assert EmailAddress.objects.filter(email=FIRST, verified=True).count() == 1
    assert (again.status_code, Ballot.objects.count(), Vote.objects.count()) == (409, 1, 3)
    assert "A ballot was begun with this address before" in again.content.decode()


# --- what the integrity report compares ------------------------------------------------------------
def found(edition):
    return {one.slug: [group.ballots for group in one.groups(edition)] for one in integrity.FINDINGS}


def shares(edition):
    return [(one.votes, one.total) for one in nominees.shares(edition, dimension="organisation")]


def test_report_says_the_same_once_the_accounts_have_other_addresses_or_are_erased(edition, awa):
    """Two of one box, one of a throw-away service, and twenty of one organisation, some of whom leave."""
    crowd = [awa, voter(email="a.wa+2@example.org"), voter(email="x@mailinator.com")]
    crowd += [voter() for _place in range(17)]
    nominee = nominees_of(edition, 1)[0]
    for user in crowd:
        RegistrationFactory(user=user, forum=edition.forum, organisation="University of Bamako")
        cast_vote.cast(edition=edition, user=user, number=1, code=nominee.code, arrived=NOW, now=NOW, ip="203.0.113.9")
    Ballot.objects.update(is_complete=True)
    Edition.objects.update(polls_sealed=NOW)
    edition.refresh_from_db()
    before = found(edition), shares(edition)

    change(awa, to=SECOND)
    Registration.objects.filter(user=awa).update(organisation="Other")
    for user in crowd[2:5]:
        erase(user)

    assert before[0] | {"boxes": [2], "throw-away": [1], "addresses": [20], "networks": [20]} == before[0]
    assert before[1] == [(20, 20)]
    assert (found(edition), shares(edition)) == before


# --- orders of changes ------------------------------------------------------------------------------
def move(address, *, old, new):
    """A confirmed address from one account to another, as when one lets it go and the other signs up with it."""
    EmailAddress.objects.filter(user=old, email=address.lower()).update(email=f"left{old.pk}@example.org")
    EmailAddress.objects.create(user=new, email=address, verified=True)


def test_address_confirmed_while_the_vote_runs_is_taken_too_and_the_one_before_stays_so(edition, awa):
    begin(edition, awa)
    change(awa, to=SECOND)
    change(awa, to=THIRD)

    assert [refused(begin, edition, voter(email=one)) for one in (FIRST, SECOND)] == ["voted-before"] * 2
    change(awa, to="last@example.org")
    assert refused(begin, edition, voter(email=THIRD)) == "voted-before"
    assert begin(edition, awa).user == awa


def test_address_is_not_left_while_a_ballot_cannot_remember_it(edition, awa, settings):
    """The attack: begin a ballot and change the address while the key is away, then sign up with the first one again."""
    keys = settings.KEYS_DIR
    settings.KEYS_DIR = keys.parent / "file" / "keys"
    settings.KEYS_DIR.parent.write_text("no folder")
    begin(edition, awa)
    client = Client()
    log_in(client, email=FIRST, password=OTHER)
    client.post("/accounts/email/", {"action_add": "", "email": SECOND})

    answer = confirm(client, code := code_in(mails(SECOND)[-1]))

    awa.refresh_from_db()
    assert (awa.email, VoterAddress.objects.count()) == (FIRST, 0)
    assert "has to remember the address that you leave" in answer.content.decode()
    settings.KEYS_DIR = keys
    confirm(client, code)
    awa.refresh_from_db()
    assert awa.email == SECOND
    assert refused(begin, edition, voter(email=FIRST)) == "voted-before"


def test_address_left_before_the_ballot_began_is_free(edition, awa):
    change(awa, to=SECOND)
    begin(edition, awa)

    assert begin(edition, voter(email=FIRST)).pk


def test_each_confirmed_address_counts_in_any_case_and_none_that_is_not_confirmed(edition, awa):
    EmailAddress.objects.create(user=awa, email=SECOND, verified=True)
    EmailAddress.objects.create(user=awa, email=THIRD, verified=False)
    begin(edition, awa)
    other, tagged = voter(), voter(email="awa+2@example.org")

    move(SECOND.upper(), old=awa, new=other)

    assert refused(begin, edition, other) == "voted-before"
    assert begin(edition, voter(email=THIRD)).pk
    assert begin(edition, tagged).pk  # an address of its own, which the report tells
    assert begin(make_edition(forum=ForumFactory(slug="2021")), other).pk


def confirmed(user, address):
    EmailAddress.objects.create(user=user, email=address, verified=True)
    return user


def test_who_registers_after_the_vote_began_leaves_the_organisation_then(edition, awa):
    begin(edition, awa)
    RegistrationFactory(forum=edition.forum, user=awa, organisation="Net of Villages")

    assert [voter_traces.catch_up(edition) for _time in range(2)] == [1, 0]
    assert Trace.objects.filter(ballot__user=awa, kind=Trace.Kind.ORGANISATION).count() == 1


def test_ballot_of_an_older_version_is_caught_up_with_once(edition, awa):
    begin(edition, awa)
    VoterAddress.objects.all().delete()
    Trace.objects.all().delete()

    assert [voter_traces.catch_up(edition) for _time in range(2)] == [1, 0]
    move(FIRST, old=awa, new=(other := voter()))
    assert refused(begin, edition, other) == "voted-before"


def test_ballot_that_cannot_be_caught_up_with_keeps_none_of_the_others(edition, awa):
    people = [awa, *(voter() for _number in range(3))]
    for person in people:
        begin(edition, person)
    VoterAddress.objects.all().delete()
    Trace.objects.all().delete()

    with poisoned(Trace, "ballot_id", Ballot.objects.get(user=awa).pk), pytest.raises(RowsFailed):
        voter_traces.catch_up(edition)

    assert set(Trace.objects.values_list("ballot__user", flat=True)) == {one.pk for one in people[1:]}


# --- at once --------------------------------------------------------------------------------------
@pytest.fixture
def both_read(monkeypatch):
    """Both have read that the address is theirs before either claims it: between the two, it moves."""
    met, claims = threading.Barrier(2), voter_traces.claims

    def late(*parts):
        met.wait(20)
        return claims(*parts)

    monkeypatch.setattr(voter_traces, "claims", late)


def race(edition):
    """Two accounts with one address, in this moment."""
    EmailAddress.objects.all().delete()
    one, other = voter(email=FIRST), UserFactory()
    read = threading.Event()
    addresses = voter_traces.confirmed

    def first():
        return begin(edition, one)

    def second():
        read.wait(20)
        move(FIRST, old=one, new=other)
        return begin(edition, other)

    def told(users):
        found = addresses(users)
        read.set()
        return found

    voter_traces.confirmed = told
    try:
        return together(first, second)
    finally:
        voter_traces.confirmed = addresses


@pytest.mark.django_db(transaction=True)
def test_one_address_through_two_accounts_at_once_is_one_ballot(both_read):
    answers = race(make_edition())

    assert sorted(str(one) if one == "voted-before" else "ballot" for one in answers) == ["ballot", "voted-before"]
    assert Ballot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_address_at_once_without_the_constraint_is_two_ballots(both_read, monkeypatch):
    create = QuerySet.bulk_create
    monkeypatch.setattr(QuerySet, "bulk_create", lambda rows, new, **more: create(rows, new, ignore_conflicts=True))

    race(make_edition())

    assert Ballot.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_account_that_begins_in_two_tabs_at_once_has_one_ballot(both_read):
    edition, user = make_edition(), voter()

    answers = together(*[lambda: begin(edition, user)] * 2)

    assert answers == [Ballot.objects.get()] * 2


# --- what officers compare ---------------------------------------------------------------------------
def changes(edition):
    rows = log.of(edition).filter(verb=AccountVerb.CHANGE_EMAIL).order_by("pk")
    return [(row.actor, row.before.get("address"), row.after.get("address")) for row in rows]


def test_change_stands_in_the_history_of_the_prize_with_hashes_that_officers_compare(edition, awa):
    other = voter(email=THIRD)
    other.set_password(OTHER)
    other.save()
    change(awa, to=SECOND)
    change(other, to=FIRST)

    (who, old, new), second = changes(edition)
    assert (who, second[0], second[2]) == (awa, other, old)  # the one has what the other had
    assert len({old, new, second[1]}) == 3
    assert not {FIRST, SECOND, THIRD} & {old, new}
    site = Client()
    site.force_login(officer())
    entry = log.of(edition).filter(verb=AccountVerb.CHANGE_EMAIL).earliest("pk")
    page = site.get(f"/admin/events/historyentry/{entry.pk}/change/").content.decode()
    assert (old in page, new in page, FIRST in page) == (True, True, False)

    erase(awa)
    assert changes(edition)[0][1:] == (old, new)


@pytest.mark.parametrize("form", ['"awa"@example.org', "awa@\uff45xample.org", "awa@exa\u00admple.org"])
def test_another_form_of_an_address_is_the_same_account_and_votes_no_second_time(edition, awa, form):
    begin(edition, awa)

    client = Client()
    sign_up(client, form)

    assert (Ballot.objects.count(), Edition.objects.filter(ballots__user__email=FIRST).count()) == (1, 1)
    assert not EmailAddress.objects.exclude(email=FIRST).exists()
    assert refused(begin, edition, voter(email=form)) == "voted-before"  # an account from before
