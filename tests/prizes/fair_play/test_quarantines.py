"""Setting ballots aside: the table of moves, two organisers, what it does to ballots and to the count."""

import time
from datetime import timedelta
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from events.models import HistoryEntry
from prizes.count import counting, recount_requests
from prizes.editions import log
from prizes.fair_play import quarantines
from prizes.models import Announcement, Ballot, Commitment, Edition, Quarantine, Vote
from tests.factories import NOW, ForumFactory
from tests.prizes.counted import announced
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, officer
from tests.prizes.fair_play.factories import ballots, in_force, propose, seal, set_aside
from tests.races import change_locks, together
from tests.refusals import refused

WHY = {"reason": "Words", "now": NOW}


@pytest.fixture
def edition(db):
    return make_edition(categories=2, nominees=2)


@pytest.fixture
def people(db):
    return [officer() for _person in range(3)]


# --- one move after the other ----------------------------------------------------------------------
def test_proposal_touches_no_ballot_and_a_second_organiser_puts_it_in_force(edition, people):
    rows = ballots(edition)
    before = [model.objects.count() for model in (Ballot, Vote, Commitment)]

    proposed = propose(edition, rows[:2], people[0])
    while_proposed = set_aside(*rows)
    agreed = quarantines.agree(proposed, by=people[1], now=NOW)

    assert (proposed.state, proposed.reason, proposed.proposed_by) == ("proposed", "Within a minute", people[0])
    assert (set(proposed.ballots.all()), while_proposed) == (set(rows[:2]), [False] * 3)
    assert (agreed.state, agreed.decided_by, agreed.decided) == ("in_force", people[1], NOW)
    assert set(Ballot.objects.filter(edition=edition).valid()) == {rows[2]}
    assert [model.objects.count() for model in (Ballot, Vote, Commitment)] == before
    assert counting.latest(edition) is None


def test_lifting_needs_two_as_well_and_every_move_is_logged_without_ballots_and_choices(edition, people):
    quarantine = in_force(edition, rows := ballots(edition), people)

    lifting = quarantines.propose_lifting(quarantine, by=people[0], reason=" One ", now=NOW)
    while_proposed = set_aside(*rows)
    kept = quarantines.keep(quarantine, by=people[1], reason="Two", now=NOW)
    quarantines.propose_lifting(quarantine, by=people[1], reason="Three", now=NOW)
    lifted = quarantines.lift(quarantine, by=people[0], now=NOW)
    dropped = quarantines.drop(propose(edition, rows, people[2]), by=people[2], reason="Four", now=NOW)

    assert (lifting.state, lifting.lift_reason, lifting.lift_proposed) == ("lifting", "One", NOW)
    assert (kept.state, kept.lift_proposed_by, kept.lift_proposed, kept.lift_reason) == ("in_force", None, None, "")
    assert (lifted.state, lifted.lifted_by, lifted.lifted) == ("lifted", people[0], NOW)
    assert (dropped.state, dropped.decided_by, dropped.decided) == ("dropped", people[2], NOW)
    assert (while_proposed, set_aside(*rows)) == ([True] * 3, [False] * 3)
    entries = HistoryEntry.objects.filter(forum=edition.forum).order_by("pk")
    assert [(entry.verb, entry.actor, entry.reason) for entry in entries] == [
        ("propose-quarantine", people[0], "Within a minute"),
        ("agree-quarantine", people[1], ""),
        ("propose-lifting", people[0], "One"),
        ("keep-quarantine", people[1], "Two"),
        ("propose-lifting", people[1], "Three"),
        ("lift-quarantine", people[0], ""),
        ("propose-quarantine", people[2], "Within a minute"),
        ("drop-quarantine", people[2], "Four"),
    ]
    assert entries[0].after == {"quarantine": quarantine.pk, "kind": "script", "ballots": 3}


def test_ballot_in_two_quarantines_counts_when_both_are_lifted(edition, people):
    rows = ballots(edition)
    found = []

    for quarantine in [in_force(edition, rows[:2], people), in_force(edition, rows[1:], people)]:
        quarantines.propose_lifting(quarantine, by=people[0], **WHY)
        quarantines.lift(quarantine, by=people[1], now=NOW)
        found.append(set_aside(*rows))

    assert found == [[False, True, True], [False, False, False]]


def test_moves_are_those_of_the_state_without_what_a_second_has_to_do(edition, people):
    quarantine = propose(edition, ballots(edition), people[0])
    found = []
    for verb, person, values in [
        ("agree", people[1], {}),
        ("propose_lifting", people[1], {"reason": "Words"}),
        ("lift", people[0], {}),
    ]:
        found += [quarantines.moves(quarantine, by=by) for by in people[:2]]
        quarantine = getattr(quarantines, verb)(quarantine, by=person, now=NOW, **values)
    edition.closed = quarantine.edition.closed = NOW

    assert found == [
        *(["drop"], ["agree", "drop"]),
        *(["propose_lifting"], ["propose_lifting"]),
        *(["lift", "keep"], ["keep"]),
    ]
    assert quarantines.moves(quarantine, by=people[2]) == []


# --- refusals --------------------------------------------------------------------------------------
def test_own_proposal_cannot_be_agreed_to_and_leaves_no_log(edition, people):
    quarantine = propose(edition, rows := ballots(edition), people[0])
    code = refused(quarantines.agree, quarantine, by=people[0], now=NOW)
    verbs = list(HistoryEntry.objects.values_list("verb", flat=True))
    quarantines.agree(quarantine, by=people[1], now=NOW)
    quarantines.propose_lifting(quarantine, by=people[2], **WHY)

    assert (code, verbs) == ("same-person", ["propose-quarantine"])
    assert refused(quarantines.lift, quarantine, by=people[2], now=NOW) == "same-person"
    assert set_aside(*rows) == [True] * 3


def test_database_wants_two_organisers_too(edition, people):
    quarantine = propose(edition, ballots(edition, 1), people[0])
    for changes in (
        {"state": "in_force"},
        {"state": "lifting"},
        {"state": "lifted", "lifted_by": 2},
        {"state": "lifted", "decided_by": 1},
        {"state": "lifted", "decided_by": 1, "lift_proposed_by": 2, "lifted_by": 2},
    ):
        people_of = {"decided_by": 0} | {key: value for key, value in changes.items() if key != "state"}
        values = {key: people[place].pk for key, place in people_of.items()}

        with pytest.raises(IntegrityError), transaction.atomic():
            Quarantine.objects.filter(pk=quarantine.pk).update(state=changes["state"], **values)


def one_in_each_state(edition, people):
    """Quarantines that are proposed, in force and about to be lifted, of the same ballots."""
    rows = ballots(edition)
    proposed, force, lifting = (
        propose(edition, rows, people[0]),
        in_force(edition, rows, people),
        in_force(edition, rows, people),
    )
    return rows, proposed, force, quarantines.propose_lifting(lifting, by=people[0], **WHY)


def codes(edition, people, rows, proposed, force, lifting, **values):
    """With which code each verb refuses; None where it does not."""
    values = {"by": people[1], "now": NOW, "reason": "Words"} | values
    short = {key: value for key, value in values.items() if key != "reason"}
    found = {}
    for verb, row, given in [
        ("agree", proposed, short),
        ("drop", proposed, values),
        ("propose_lifting", force, values),
        ("lift", lifting, short),
        ("keep", lifting, values),
    ]:
        with transaction.atomic():
            try:
                getattr(quarantines, verb)(row, **given)
            except ValidationError as refusal:
                found[verb] = refusal.code
            else:
                found[verb] = None
            transaction.set_rollback(True)
    with transaction.atomic():
        found["propose"] = refused(propose, edition, rows, people[0], reason=values["reason"])
    return found


def test_verbs_need_a_reason_change_no_count_after_the_announcement_and_nothing_once_closed(edition, people):
    rows, *row = one_in_each_state(edition, people)

    wordless = codes(edition, people, rows, *row, reason="  \n")
    announced(edition, "champions")
    late = codes(edition, people, rows, *row)
    Edition.objects.update(closed=NOW)

    refusing = dict.fromkeys(["propose", "drop", "propose_lifting", "keep"], "reason-missing")
    assert wordless == {"agree": None, "lift": None} | refusing
    refusing = dict.fromkeys(["propose", "agree", "propose_lifting", "lift"], "announced")
    assert late == {"drop": None, "keep": None} | refusing
    assert set(codes(edition, people, rows, *row).values()) == {"closed"}


def test_proposal_names_ballots_of_this_edition(edition, people):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    stranger = fill_ballot(other, {1: nominees_of(other, 1)[0]})
    rows = ballots(edition)

    found = [
        refused(propose, edition, [], people[0]),
        refused(propose, edition, [*rows, stranger], people[0]),
        refused(propose, edition, rows, people[0], kind="ugly"),
    ]

    assert found == ["no-ballots", "ballot-unknown", "kind-unknown"]
    assert not Quarantine.objects.exists()


def test_announcement_that_is_not_in_effect_stops_nothing(edition, people):
    rows = ballots(edition)
    for values in ({"state": "proposed"}, {"at": NOW + timedelta(seconds=1)}, {"kind": "winners"}):
        quarantine = propose(edition, rows, people[0])
        announced(edition, "champions")
        Announcement.objects.update(**values)

        assert quarantines.agree(quarantine, by=people[1], now=NOW).state == "in_force"
        Announcement.objects.all().delete()


# --- the count and the log -------------------------------------------------------------------------
def test_after_the_count_results_follow_the_quarantines(edition, people):
    rows = ballots(edition)
    quarantine = propose(edition, rows[:1], people[0])
    seal(edition)
    found = []

    for verb, person, values in [
        ("agree", people[1], {}),
        ("propose_lifting", people[0], {"reason": "A class"}),
        ("lift", people[1], {}),
    ]:
        getattr(quarantines, verb)(quarantine, by=person, now=NOW, **values)
        recount_requests.run_due(NOW)
        count = counting.latest(edition)
        found.append((count.number, count.valid_ballots, count.quarantined_ballots, count.reason))

    assert found == [
        (2, 2, 1, f"Quarantine {quarantine.pk} in force"),
        (2, 2, 1, f"Quarantine {quarantine.pk} in force"),
        (3, 3, 0, f"Quarantine {quarantine.pk} lifted"),
    ]


def test_count_that_cannot_be_asked_for_takes_the_agreement_back(edition, people, monkeypatch):
    quarantine = propose(edition, rows := ballots(edition), people[0])
    seal(edition)
    monkeypatch.setattr(recount_requests, "ask", lambda *_args, **_values: 1 / 0)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        quarantines.agree(quarantine, by=people[1], now=NOW)

    quarantine.refresh_from_db()
    assert (quarantine.state, set_aside(*rows)) == ("proposed", [False] * 3)


# --- the table -------------------------------------------------------------------------------------
MOVES = {
    "agree": ("proposed", "in_force"),
    "drop": ("proposed", "dropped"),
    "propose_lifting": ("in_force", "lifting"),
    "lift": ("lifting", "lifted"),
    "keep": ("lifting", "in_force"),
}


def test_each_verb_leads_from_its_state_to_the_next_and_is_refused_in_all_others(edition, people):
    row = propose(edition, ballots(edition, 1), people[0])
    by_two = {"decided_by": people[1], "lift_proposed_by": people[0], "lifted_by": people[1]}
    found = {}

    for state, verb in product(Quarantine.State.values, MOVES):
        Quarantine.objects.update(state=state, **by_two)
        reason = {} if verb in {"agree", "lift"} else {"reason": "Words"}
        with transaction.atomic():
            try:
                found[state, verb] = getattr(quarantines, verb)(row, by=people[2], now=NOW, **reason).state
            except ValidationError as refused:
                found[state, verb] = refused.code
            transaction.set_rollback(True)

    moved = {(before, verb): after for verb, (before, after) in MOVES.items()}
    assert found == dict.fromkeys(product(Quarantine.State.values, MOVES), "wrong-state") | moved


# --- at once ---------------------------------------------------------------------------------------
@pytest.fixture
def slow_log(monkeypatch):
    """Time passes between the check of the state and the end of the move."""
    record = log.record

    def slowly(*args, **values):
        time.sleep(0.05)
        return record(*args, **values)

    monkeypatch.setattr(log, "record", slowly)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locks", [True, False])
def test_two_who_agree_at_once_make_one_decision(slow_log, monkeypatch, locks):
    if not locks:  # the negative control
        change_locks(monkeypatch)
    edition = make_edition(categories=2, nominees=2)
    people = [officer() for _person in range(3)]
    quarantine = propose(edition, ballots(edition), people[0])

    answers = together(*[lambda by=by: quarantines.agree(quarantine, by=by, now=NOW) for by in people[1:]])

    found = sorted(answer if isinstance(answer, str) else "done" for answer in answers)
    assert found == (["done", "wrong-state"] if locks else ["done", "done"])
    assert HistoryEntry.objects.filter(verb="agree-quarantine").count() == (1 if locks else 2)


@pytest.mark.django_db(transaction=True)
def test_two_quarantines_of_one_ballot_at_once_leave_it_out(slow_log):
    """One is lifted while the other comes into force: whatever comes first, the ballot stays out."""
    edition = make_edition(categories=2, nominees=2)
    people = [officer() for _person in range(2)]
    rows = ballots(edition)
    for _try in range(2):
        old, new = in_force(edition, rows, people), propose(edition, rows, people[0])
        quarantines.propose_lifting(old, by=people[0], **WHY)

        answers = together(
            lambda old=old: quarantines.lift(old, by=people[1], now=NOW),
            lambda new=new: quarantines.agree(new, by=people[1], now=NOW),
        )

        assert [answer.state for answer in answers] == ["lifted", "in_force"]
        assert set_aside(*rows) == [True] * 3
        quarantines.propose_lifting(new, by=people[0], **WHY)
        quarantines.lift(new, by=people[1], now=NOW)
