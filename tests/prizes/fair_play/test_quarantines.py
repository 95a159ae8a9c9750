"""Setting ballots aside: two organisers, what it does to ballots and to the count."""

import time
from datetime import timedelta

import pytest
from django.db import transaction

from events.models import Approval, HistoryEntry
from events.shared.rights.two_people import approvals
from events.shared.rights.two_people.approvals import agree, drop
from prizes.count import counting, recount_requests
from prizes.fair_play import quarantines
from prizes.models import Ballot, Commitment, Edition, Quarantine, Vote
from tests.factories import NOW, ForumFactory
from tests.prizes.counted import announced
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, officer
from tests.prizes.fair_play.factories import ballots, in_force, propose, seal, set_aside
from tests.races import together
from tests.refusals import refused

WHY = {"reason": "Words", "now": NOW}


@pytest.fixture
def edition(db):
    return make_edition(categories=2, nominees=2)


@pytest.fixture
def people(db):
    return [officer() for _person in range(3)]


# --- one step after the other ----------------------------------------------------------------------
def lift(quarantine, people):
    return agree(quarantines.propose_lifting(quarantine, by=people[0], **WHY), by=people[1], now=NOW)


def test_proposal_touches_no_ballot_and_a_second_organiser_puts_it_in_force(edition, people):
    rows = ballots(edition)
    before = [model.objects.count() for model in (Ballot, Vote, Commitment)]

    proposed = propose(edition, rows[:2], people[0])
    while_proposed = (set_aside(*rows), Quarantine.objects.in_force().exists())
    agree(proposed, by=people[1], now=NOW)

    assert while_proposed == ([False] * 3, False)
    assert (set(Quarantine.objects.in_force().get().ballots.all()), set_aside(*rows)) == (
        set(rows[:2]),
        [True, True, False],
    )
    assert set(Ballot.objects.filter(edition=edition).valid()) == {rows[2]}
    assert [model.objects.count() for model in (Ballot, Vote, Commitment)] == before
    assert counting.latest(edition) is None


def test_lifting_takes_two_as_well_and_each_step_is_logged_without_ballots_and_choices(edition, people):
    quarantine = in_force(edition, rows := ballots(edition), people)

    lifting = quarantines.propose_lifting(quarantine, by=people[0], reason=" One ", now=NOW)
    while_proposed = set_aside(*rows)
    drop(lifting, by=people[1], reason="Two", now=NOW)
    assert Quarantine.objects.in_force().get() == quarantine
    agree(quarantines.propose_lifting(quarantine, by=people[1], reason="Three", now=NOW), by=people[0], now=NOW)
    drop(propose(edition, rows, people[2]), by=people[2], reason="Four", now=NOW)

    assert (while_proposed, set_aside(*rows)) == ([True] * 3, [False] * 3)
    assert not Quarantine.objects.in_force().exists()
    entries = HistoryEntry.objects.filter(forum=edition.forum).order_by("pk")
    assert [(entry.verb, entry.actor, entry.reason) for entry in entries] == [
        ("propose-quarantine", people[0], "Within a minute"),
        ("agree-quarantine", people[1], "Within a minute"),
        ("propose-lifting", people[0], "One"),
        ("keep-quarantine", people[1], "Two"),
        ("propose-lifting", people[1], "Three"),
        ("lift-quarantine", people[0], "Three"),
        ("propose-quarantine", people[2], "Within a minute"),
        ("drop-quarantine", people[2], "Four"),
    ]
    assert entries[0].after == {"quarantine": quarantine.pk, "kind": "script", "ballots": 3}


def test_ballot_in_two_quarantines_counts_when_both_are_lifted(edition, people):
    rows = ballots(edition)
    found = []

    for quarantine in [in_force(edition, rows[:2], people), in_force(edition, rows[1:], people)]:
        lift(quarantine, people)
        found.append(set_aside(*rows))

    assert found == [[False, True, True], [False, False, False]]


# --- refusals --------------------------------------------------------------------------------------
def test_announcement_ends_what_changes_the_count_and_the_close_everything(edition, people):
    rows = ballots(edition)
    proposed, force = propose(edition, rows, people[0]), in_force(edition, rows, people)
    lifting = quarantines.propose_lifting(in_force(edition, rows, people), by=people[0], **WHY)

    def codes():
        again = refused(propose, edition, rows, people[0])
        found = [again, refused(quarantines.propose_lifting, force, by=people[0], **WHY)]
        return [*found, *(refused(agree, row, by=people[1], now=NOW) for row in (proposed, lifting))]

    announced(edition, "champions")
    assert codes() == ["announced"] * 4
    drop(propose_before := lifting, by=people[1], **WHY)  # touches no count
    Edition.objects.update(closed=NOW)
    assert codes() == ["closed"] * 4
    assert [refused(drop, row, by=people[1], **WHY) for row in (proposed, propose_before)] == ["closed"] * 2


def test_proposal_names_ballots_of_this_edition_and_only_what_is_in_force_is_lifted(edition, people):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    stranger = fill_ballot(other, {1: nominees_of(other, 1)[0]})
    rows = ballots(edition)

    assert [
        refused(propose, edition, [], people[0]),
        refused(propose, edition, [*rows, stranger], people[0]),
        refused(propose, edition, rows, people[0], kind="ugly"),
    ] == ["no-ballots", "ballot-unknown", "kind-unknown"]
    assert not Quarantine.objects.exists()
    waiting = Quarantine.objects.get(pk=propose(edition, rows, people[0]).subject)
    lifted = in_force(edition, rows, people)
    lift(lifted, people)
    for row in (waiting, lifted):
        assert refused(quarantines.propose_lifting, row, by=people[0], **WHY) == "not-in-force"


def test_announcement_that_is_not_in_effect_stops_nothing(edition, people):
    rows = ballots(edition)
    for values in (
        {"state": "proposed"},
        {"values": {"at": (NOW + timedelta(seconds=1)).isoformat()}},
        {"kind": "announce-winners"},
    ):
        proposed = propose(edition, rows, people[0])
        announced(edition, "champions")
        announcement = Approval.objects.filter(kind="announce-champions")
        announcement.update(**values)

        assert agree(proposed, by=people[1], now=NOW).state == "agreed"
        Approval.objects.filter(kind__startswith="announce").delete()


# --- the count and the log -------------------------------------------------------------------------
def test_after_the_count_results_follow_the_quarantines(edition, people, monkeypatch):
    """Where a count cannot be asked for, the agreement is taken back."""
    rows = ballots(edition)
    proposed = propose(edition, rows[:1], people[0])
    seal(edition)
    with monkeypatch.context() as broken:
        broken.setattr(recount_requests, "ask", lambda *_args, **_values: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            agree(proposed, by=people[1], now=NOW)
    proposed.refresh_from_db()
    assert (proposed.state, set_aside(*rows)) == ("proposed", [False] * 3)
    found = []

    def look():
        recount_requests.run_due(NOW)
        count = counting.latest(edition)
        found.append((count.number, count.valid_ballots, count.quarantined_ballots, count.reason))

    agree(proposed, by=people[1], now=NOW)
    look()
    lift(quarantine := Quarantine.objects.get(), people)
    look()

    assert found == [
        (2, 2, 1, f"Quarantine {quarantine.pk} in force"),
        (3, 3, 0, f"Quarantine {quarantine.pk} lifted"),
    ]


# --- at once ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_quarantines_of_one_ballot_at_once_leave_it_out(monkeypatch):
    """One is lifted while the other comes into force: whatever comes first, the ballot stays out."""
    decide = approvals._decide

    def slowly(*args, **values):
        time.sleep(0.05)
        decide(*args, **values)

    monkeypatch.setattr(approvals, "_decide", slowly)
    edition = make_edition(categories=2, nominees=2)
    people = [officer() for _person in range(2)]
    rows = ballots(edition)
    for _try in range(2):
        old, new = in_force(edition, rows, people), propose(edition, rows, people[0])
        lifting = quarantines.propose_lifting(old, by=people[0], **WHY)

        answers = together(*[lambda row=row: agree(row, by=people[1], now=NOW) for row in (lifting, new)])

        assert [answer.state for answer in answers] == ["agreed"] * 2
        assert set_aside(*rows) == [True] * 3
        lift(Quarantine.objects.get(pk=new.subject), people)
