"""What takes two people, of every kind: the rule, the attacks on it, its races, and the page where it is decided."""

import threading
import time
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from events.models import Approval, HistoryEntry
from events.shared.history import log
from events.shared.rights.two_people import approvals
from prizes.editions import end_of_vote
from prizes.fair_play import close_edition, quarantines
from prizes.results import announcements
from tests.factories import NOW, UserFactory, allowed
from tests.prizes.counted import announced, counted
from tests.prizes.factories import make_edition, officer
from tests.prizes.fair_play import factories
from tests.races import change_locks, together
from tests.refusals import refused
from tests.registration.people.accounts.second_factor import steps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_keys")]
MINUTE = timedelta(minutes=1)


def announcing(by):
    edition = counted()
    return lambda **seen: announcements.propose(
        edition, kind="champions", at=None, reason="Why", by=by, now=NOW, **seen
    )


def closing(by):
    edition = announced(counted(), "champions", "winners")
    return lambda **seen: close_edition.propose(edition, by=by, reason="Why", now=NOW, **seen)


def moving(by):
    edition = make_edition(categories=1)
    ends = NOW + timedelta(days=5)
    return lambda **seen: end_of_vote.propose(edition, ends=ends, reason="Why", by=by, now=NOW, **seen)


def setting_aside(by):
    edition = make_edition(categories=2)
    ballots = factories.ballots(edition, 1)
    return lambda **seen: factories.propose(edition, ballots, by, reason="Why", **seen)


def lifting(by):
    edition = make_edition(categories=2)
    others = officer(), officer()
    for user in others:
        steps.with_app(user)
    row = factories.in_force(edition, factories.ballots(edition, 1), others, authenticated=NOW)
    return lambda **seen: quarantines.propose_lifting(row, by=by, reason="Why", now=NOW, **seen)


KINDS = [announcing, closing, moving, setting_aside, lifting]


@pytest.fixture
def people():
    return officer(), officer()


def agree(approval, by, **values):
    return approvals.agree(approval, by=by, **{"now": NOW} | values)


def drop(approval, by, reason="No need", **values):
    return approvals.drop(approval, reason=reason, by=by, **{"now": NOW} | values)


# --- each kind -------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_second_person_agrees_once_and_the_history_has_both(kind, people):
    approval = kind(people[0])()
    known = HistoryEntry.objects.latest("pk").pk
    assert (approval.state, approvals.moves(approval, by=people[0], now=NOW)) == ("proposed", ["drop"])
    assert approvals.moves(approval, by=people[1], now=NOW) == ["agree", "drop"]
    assert HistoryEntry.objects.filter(pk=known).values_list("actor", "reason").get() == (people[0].pk, "Why")
    assert refused(agree, approval, people[0]) == "same-person"

    done = agree(approval, people[1])

    assert (done.state, done.decided_by, done.decided) == ("agreed", people[1], NOW)
    assert set(HistoryEntry.objects.filter(pk__gt=known).values_list("actor", flat=True)) == {people[1].pk}
    assert refused(agree, approval, people[1]) == "not-waiting"


@pytest.mark.parametrize("kind", KINDS)
def test_proposal_waits_alone_until_either_drops_it_with_a_reason(kind, people):
    propose = kind(people[0])
    approval = propose()
    if kind is not setting_aside:  # each quarantine is a row of its own
        assert refused(propose) == "proposed-already"
    assert refused(drop, approval, people[0], reason=" ") == "reason-missing"

    assert drop(approval, people[0]).state == "dropped"

    assert [refused(verb, approval, people[1]) for verb in (agree, drop)] == ["not-waiting"] * 2
    assert HistoryEntry.objects.values_list("actor", "reason").latest("pk") == (people[0].pk, "No need")
    assert propose().state == "proposed"


@pytest.mark.parametrize("kind", KINDS)
def test_who_proposes_agrees_and_drops_is_there_with_a_second_factor(kind, people, settings):
    """The attack on dropping: a session that was left open drops what would have stopped somebody."""
    settings.REQUIRE_MFA = True
    propose = kind(people[0])
    assert refused(propose, authenticated=NOW) == "no-second-factor"
    steps.with_app(people[0])
    assert [refused(propose, authenticated=seen) for seen in (None, NOW - 5 * MINUTE)] == ["not-recent"] * 2

    approval = propose(authenticated=NOW)
    for verb in (agree, drop):
        assert refused(verb, approval, people[1], authenticated=NOW) == "no-second-factor"
    steps.with_app(people[1])
    for verb in (agree, drop):
        for seen in (None, NOW - 5 * MINUTE):
            assert refused(verb, approval, people[1], authenticated=seen) == "not-recent"
    agree(approval, people[1], authenticated=NOW)


# --- attacks ---------------------------------------------------------------------------------------
def make_account(one, other):
    log.record(other, verb="add", by=one, now=NOW - MINUTE)


def set_password(one, other):
    log.record(other, verb="change", by=one, now=NOW - MINUTE, after={"fields": ["password"]})


def give_right(one, other):
    other.memberships.update(given_by=one, given_at=NOW - MINUTE)


@pytest.mark.parametrize(
    ("kind", "attack"), [*((kind, make_account) for kind in KINDS), *((moving, a) for a in (set_password, give_right))]
)
def test_nobody_is_both_of_the_two_by_way_of_an_account_of_their_own(kind, attack, people):
    approval = kind(people[0])()
    attack(*people)

    assert refused(agree, approval, people[1]) == "tied"

    assert agree(approval, officer()).state == "agreed"


def test_database_refuses_one_person_as_two(people):
    values = {"kind": "close-edition", "subject": 1, "reason": "x", "proposed_by": people[0], "proposed": NOW}
    agreed = {"state": "agreed", "decided": NOW}
    for wrong in (
        agreed | {"decided_by": people[0]},
        agreed,
        {"account": people[0]},
        agreed | {"decided_by": people[1], "account": people[1]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.create(**values, **wrong)
    Approval.objects.create(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(**values)


# --- at once ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locks", [True, False])
@pytest.mark.parametrize("first", [agree, drop])
def test_of_decisions_at_once_one_counts(people, monkeypatch, locks, first):
    if not locks:  # the negative control
        change_locks(monkeypatch)
    approval = moving(people[0])()
    decide, entered = approvals._decide, threading.Event()

    def slowly(*args, **values):
        entered.set()
        time.sleep(0.1)
        decide(*args, **values)

    def after():
        entered.wait(30)
        return drop(approval, people[0])

    monkeypatch.setattr(approvals, "_decide", slowly)
    answers = together(*[lambda: first(approval, people[1])] * 3, after)

    refusals = [answer for answer in answers if isinstance(answer, str)]
    assert (refusals == ["not-waiting"] * 3) is locks
    assert (HistoryEntry.objects.filter(verb__in=["move-end", "drop-end"]).count() == 1) is locks


@pytest.mark.django_db(transaction=True)
def test_of_proposals_at_once_one_waits(people):
    answers = together(*[moving(people[0])] * 6)

    assert [answer for answer in answers if isinstance(answer, str)] == ["proposed-already"] * 5
    assert Approval.objects.count() == 1


# --- the page --------------------------------------------------------------------------------------
@pytest.fixture
def officers(staff):
    return staff("prize officers"), staff("prize officers")


@pytest.fixture
def sites(officers):
    clients = [Client(), Client()]
    for client, person in zip(clients, officers, strict=True):
        client.force_login(person)
    return clients


def address(approval, place="change"):
    return f"/admin/events/approval/{approval.pk}/{place}/"


def moves(site, approval):
    return [url.split("/")[-2] for url, _words in site.get(address(approval)).context["moves"]]


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("kind", KINDS)
def test_page_shows_it_and_the_second_person_agrees_there(kind, officers, sites):
    approval = kind(officers[0])()
    assert [moves(site, approval) for site in sites] == [["drop"], ["agree", "drop"]]
    for place in ("agree", "drop"):
        assert "Why" in sites[1].get(address(approval, place)).content.decode()
    assert "You proposed it" in sites[0].post(address(approval, "agree")).content.decode()
    assert "This field is required" in sites[1].post(address(approval, "drop"), {"reason": " "}).content.decode()
    approval.refresh_from_db()
    assert approval.state == "proposed"

    assert sites[1].post(address(approval, "agree"))["Location"] == address(approval)

    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == ("agreed", officers[1])
    assert moves(sites[0], approval) == []
    assert "This is decided already: Agreed" in sites[1].post(address(approval, "agree")).content.decode()


def test_page_is_there_for_those_who_have_the_right_of_its_kind(officers, client):
    approval = moving(officers[0])()
    client.force_login(allowed("events.view_approval", "prizes.close_edition"))

    assert [client.post(address(approval, place)).status_code for place in ("agree", "drop")] == [404] * 2
    assert client.get(address(approval)).status_code == 302
    assert client.get("/admin/events/approval/").context["cl"].result_count == 0


def show_step(client, address):
    """Show the second step where the site asks for it, and go on with what was sent before."""
    assert client.get(address).status_code == 200
    return client.post(address, {"code": steps.shown(), "next": unquote(address.partition("?next=")[2])})


@pytest.mark.usefixtures("noon")
def test_second_step_is_asked_for_again_and_what_was_sent_goes_on_by_itself(officers, sites, settings, time_machine):
    edition = make_edition(categories=1)
    propose = f"/admin/prizes/edition/{edition.pk}/end/"
    settings.REQUIRE_MFA = True
    for site, person in zip(sites, officers, strict=True):
        steps.with_app(person)
        assert show_step(site, site.get(propose)["Location"])["Location"] == propose
    time_machine.move_to(NOW + 5 * MINUTE, tick=False)

    sent = sites[0].post(propose, {"ends_0": "2020-07-27", "ends_1": "09:00", "reason": "The hall is taken"})
    assert "reauthenticate" in sent["Location"]
    assert not Approval.objects.exists()
    answer = show_step(sites[0], sent["Location"])
    approval = Approval.objects.get()
    assert (answer["Location"], approval.reason, approval.proposed_by) == (
        address(approval),
        "The hall is taken",
        officers[0],
    )
    sent = sites[1].post(address(approval, "agree"))
    assert "reauthenticate" in sent["Location"]
    assert show_step(sites[1], sent["Location"])["Location"] == address(approval)
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == ("agreed", officers[1])


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.whole
def test_pages_hold_on_every_screen(officers, page, live_site, every_screen, sign_in, boss):
    approval = announcing(UserFactory())()
    sign_in(page, boss)
    pages = [address(approval), address(approval, "agree"), f"/ar{address(approval, 'drop')}"]
    pages += [f"/admin/prizes/edition/{approval.subject}/{name}/" for name in ("end", "close")]

    for path in pages:
        page.goto(live_site + path)
        every_screen(page)
