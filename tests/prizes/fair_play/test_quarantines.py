"""Setting ballots aside: the table of moves, two organisers, what it does to ballots and to the count."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from events.models import HistoryEntry
from prizes.count import counting, recount_requests
from prizes.editions import log
from prizes.fair_play import quarantines
from prizes.models import Announcement, Ballot, Commitment, Quarantine, Vote
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

State = Quarantine.State


@pytest.fixture
def edition(db):
    return make_edition(categories=2, nominees=2)


@pytest.fixture
def people(db):
    return [UserFactory(is_staff=True) for _person in range(3)]


def ballots(edition, number=3):
    return [fill_ballot(edition, {each: nominees_of(edition, each)[0] for each in (1, 2)}) for _ballot in range(number)]


def propose(edition, chosen, by, **values):
    values = {"kind": "script", "reason": " Within a minute ", "now": NOW} | values
    return quarantines.propose(edition, ballots=[ballot.pk for ballot in chosen], by=by, **values)


def in_force(edition, chosen, people):
    """Set aside by two, and counted again where it was counted."""
    row = quarantines.agree(propose(edition, chosen, people[0]), by=people[1], now=NOW)
    recount_requests.run_due(NOW)
    return row


def set_aside(*rows):
    return [Ballot.objects.get(pk=row.pk).is_quarantined for row in rows]


def announcement(edition, kind="champions", *, at=None, state="approved"):
    one, other = UserFactory(), UserFactory()
    approval = {"approved_by": other, "approved": NOW - timedelta(days=1)} if state == "approved" else {}
    return Announcement.objects.create(
        edition=edition, kind=kind, at=at, state=state, proposed_by=one, proposed=NOW - timedelta(days=2), **approval
    )


def seal(edition):
    """Close the polls and count, as the site does."""
    from prizes.chain import chain

    opened = NOW - timedelta(days=30)
    edition.phases.filter(kind="voting").update(starts=opened, ends=NOW - timedelta(hours=1))
    edition = type(edition).objects.get(pk=edition.pk)
    chain.open_chain(edition, now=NOW - timedelta(hours=2))
    chain.seal(edition, now=NOW, is_last=True)
    counting.count(type(edition).objects.get(pk=edition.pk), now=NOW)


def refuses(code, call, *args, **values):
    with pytest.raises(ValidationError) as refusal:
        call(*args, **values)
    assert refusal.value.code == code


# --- one move after the other ----------------------------------------------------------------------
def test_proposal_touches_no_ballot(edition, people):
    rows = ballots(edition)

    quarantine = propose(edition, rows[:2], people[0])

    assert (quarantine.state, quarantine.reason, quarantine.proposed_by) == ("proposed", "Within a minute", people[0])
    assert set(quarantine.ballots.all()) == set(rows[:2])
    assert set_aside(*rows) == [False, False, False]


def test_second_organiser_puts_it_in_force(edition, people):
    rows = ballots(edition)

    quarantine = in_force(edition, rows[:2], people)

    assert (quarantine.state, quarantine.decided_by, quarantine.decided) == ("in_force", people[1], NOW)
    assert set_aside(*rows) == [True, True, False]
    assert set(Ballot.objects.filter(edition=edition).valid()) == {rows[2]}


def test_nothing_is_deleted(edition, people):
    rows = ballots(edition)
    before = (Ballot.objects.count(), Vote.objects.count(), Commitment.objects.count())

    in_force(edition, rows, people)

    assert (Ballot.objects.count(), Vote.objects.count(), Commitment.objects.count()) == before


def test_dropped_proposal_touches_no_ballot(edition, people):
    rows = ballots(edition)

    quarantine = quarantines.drop(propose(edition, rows, people[0]), by=people[0], reason="A class", now=NOW)

    assert (quarantine.state, set_aside(*rows)) == ("dropped", [False] * 3)


def test_lifting_needs_two_as_well(edition, people):
    rows = ballots(edition)
    quarantine = in_force(edition, rows, people)

    lifting = quarantines.propose_lifting(quarantine, by=people[1], reason=" A class ", now=NOW)
    while_proposed = set_aside(*rows)
    lifted = quarantines.lift(quarantine, by=people[0], now=NOW)

    assert (lifting.state, lifting.lift_reason, while_proposed) == ("lifting", "A class", [True] * 3)
    assert (lifted.state, lifted.lifted_by, lifted.lifted) == ("lifted", people[0], NOW)
    assert set_aside(*rows) == [False] * 3


def test_kept_quarantine_stays_in_force_and_can_be_lifted_later(edition, people):
    rows = ballots(edition)
    quarantine = in_force(edition, rows, people)
    quarantines.propose_lifting(quarantine, by=people[0], reason="A class", now=NOW)

    kept = quarantines.keep(quarantine, by=people[1], reason="It is a script", now=NOW)

    assert (kept.state, kept.lift_proposed_by, kept.lift_reason) == ("in_force", None, "")
    assert set_aside(*rows) == [True] * 3
    quarantines.propose_lifting(quarantine, by=people[1], reason="Now I see", now=NOW)
    assert quarantines.lift(quarantine, by=people[0], now=NOW).state == "lifted"


def test_ballot_in_two_quarantines_counts_when_both_are_lifted(edition, people):
    rows = ballots(edition)
    first, second = in_force(edition, rows[:2], people), in_force(edition, rows[1:], people)
    found = []

    for quarantine in (first, second):
        quarantines.propose_lifting(quarantine, by=people[0], reason="A class", now=NOW)
        quarantines.lift(quarantine, by=people[1], now=NOW)
        found.append(set_aside(*rows))

    assert found == [[False, True, True], [False, False, False]]


def test_ballot_that_is_filled_meanwhile_stays_set_aside(edition, people):
    """A ballot in force may go on: only whether it counts is decided here."""
    row = fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    in_force(edition, [row], people)

    Ballot.objects.filter(pk=row.pk).update(is_complete=True)

    assert not Ballot.objects.filter(edition=edition).valid().exists()


# --- refusals --------------------------------------------------------------------------------------
def test_own_proposal_cannot_be_agreed_to(edition, people):
    quarantine = propose(edition, rows := ballots(edition), people[0])

    refuses("same-person", quarantines.agree, quarantine, by=people[0], now=NOW)

    assert set_aside(*rows) == [False] * 3


def test_own_proposal_to_lift_cannot_be_agreed_to(edition, people):
    quarantine = in_force(edition, rows := ballots(edition), people)
    quarantines.propose_lifting(quarantine, by=people[2], reason="A class", now=NOW)

    refuses("same-person", quarantines.lift, quarantine, by=people[2], now=NOW)

    assert set_aside(*rows) == [True] * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "in_force"},
        {"state": "lifting"},
        {"state": "lifted", "lifted_by": 2},
        {"state": "lifted", "decided_by": 1},
        {"state": "lifted", "decided_by": 1, "lift_proposed_by": 2, "lifted_by": 2},
    ],
)
def test_database_wants_two_organisers_too(edition, people, changes):
    quarantine = propose(edition, ballots(edition), people[0])
    changes = {"decided_by": 0} | changes
    values = {key: people[value].pk if isinstance(value, int) else value for key, value in changes.items()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Quarantine.objects.filter(pk=quarantine.pk).update(**values)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_reason_is_required(edition, people, reason):
    rows = ballots(edition)
    refuses("reason-missing", propose, edition, rows, people[0], reason=reason)
    proposed, force = propose(edition, rows, people[0]), in_force(edition, rows, people)
    lifting = quarantines.propose_lifting(in_force(edition, rows, people), by=people[0], reason="Words", now=NOW)

    refuses("reason-missing", quarantines.drop, proposed, by=people[1], reason=reason, now=NOW)
    refuses("reason-missing", quarantines.propose_lifting, force, by=people[1], reason=reason, now=NOW)
    refuses("reason-missing", quarantines.keep, lifting, by=people[1], reason=reason, now=NOW)


def test_reason_that_is_too_long(edition, people):
    with pytest.raises(ValidationError) as refusal:
        propose(edition, ballots(edition), people[0], reason="x" * 4001)

    assert list(refusal.value.message_dict) == ["reason"]
    assert not Quarantine.objects.exists()


def test_proposal_names_ballots_of_this_edition(edition, people):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    stranger = fill_ballot(other, {1: nominees_of(other, 1)[0]})

    refuses("no-ballots", propose, edition, [], people[0])
    refuses("ballot-unknown", propose, edition, [*ballots(edition), stranger], people[0])
    refuses("kind-unknown", propose, edition, ballots(edition), people[0], kind="ugly")
    assert not Quarantine.objects.exists()


def test_nothing_that_changes_the_count_is_done_after_the_announcement(edition, people):
    rows = ballots(edition)
    proposed, force = propose(edition, rows, people[0]), in_force(edition, rows, people)
    lifting = quarantines.propose_lifting(in_force(edition, rows, people), by=people[0], reason="Words", now=NOW)
    announcement(edition)

    refuses("announced", propose, edition, rows, people[0])
    refuses("announced", quarantines.agree, proposed, by=people[1], now=NOW)
    refuses("announced", quarantines.propose_lifting, force, by=people[1], reason="Words", now=NOW)
    refuses("announced", quarantines.lift, lifting, by=people[1], now=NOW)
    assert quarantines.drop(proposed, by=people[1], reason="Too late", now=NOW).state == "dropped"
    assert quarantines.keep(lifting, by=people[1], reason="Too late", now=NOW).state == "in_force"
    assert set_aside(*rows) == [True] * 3


@pytest.mark.parametrize("values", [{"state": "proposed"}, {"at": NOW + timedelta(seconds=1)}, {"kind": "winners"}])
def test_announcement_that_is_not_in_effect_stops_nothing(edition, people, values):
    quarantine = propose(edition, rows := ballots(edition), people[0])
    announcement(edition, **values)

    quarantines.agree(quarantine, by=people[1], now=NOW)

    assert set_aside(*rows) == [True] * 3


def test_nothing_is_done_once_the_edition_is_closed(edition, people):
    rows = ballots(edition)
    proposed, force = propose(edition, rows, people[0]), in_force(edition, rows, people)
    lifting = quarantines.propose_lifting(in_force(edition, rows, people), by=people[0], reason="Words", now=NOW)
    type(edition).objects.update(closed=NOW)

    refuses("closed", propose, edition, rows, people[0])
    refuses("closed", quarantines.agree, proposed, by=people[1], now=NOW)
    refuses("closed", quarantines.drop, proposed, by=people[1], reason="Words", now=NOW)
    refuses("closed", quarantines.propose_lifting, force, by=people[1], reason="Words", now=NOW)
    refuses("closed", quarantines.lift, lifting, by=people[1], now=NOW)
    refuses("closed", quarantines.keep, lifting, by=people[1], reason="Words", now=NOW)


# --- the count and the log -------------------------------------------------------------------------
def test_after_the_count_results_follow_the_quarantines(edition, people, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    rows = ballots(edition)
    quarantine = propose(edition, rows[:1], people[0])
    seal(edition)

    quarantines.agree(quarantine, by=people[1], now=NOW)
    recount_requests.run_due(NOW)
    with_quarantine = counting.latest(edition)
    quarantines.propose_lifting(quarantine, by=people[0], reason="A class", now=NOW)
    recount_requests.run_due(NOW)
    untouched = counting.latest(edition)
    quarantines.lift(quarantine, by=people[1], now=NOW)
    recount_requests.run_due(NOW)
    at_last = counting.latest(edition)

    assert (with_quarantine.number, with_quarantine.valid_ballots, with_quarantine.quarantined_ballots) == (2, 2, 1)
    assert with_quarantine.reason == f"Quarantine {quarantine.pk} in force"
    assert untouched == with_quarantine
    assert (at_last.number, at_last.valid_ballots, at_last.quarantined_ballots) == (3, 3, 0)


def test_before_the_count_nothing_is_counted(edition, people):
    in_force(edition, ballots(edition), people)

    assert counting.latest(edition) is None


def test_count_that_cannot_be_asked_for_takes_the_agreement_back(edition, people, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    quarantine = propose(edition, rows := ballots(edition), people[0])
    seal(edition)

    def fail(*args, **values):
        raise RuntimeError

    monkeypatch.setattr(recount_requests, "ask", fail)

    with pytest.raises(RuntimeError), transaction.atomic():
        quarantines.agree(quarantine, by=people[1], now=NOW)

    quarantine.refresh_from_db()
    assert (quarantine.state, set_aside(*rows)) == ("proposed", [False] * 3)


def test_every_move_is_logged_without_ballots_and_choices(edition, people):
    rows = ballots(edition)
    quarantine = in_force(edition, rows, people)
    quarantines.propose_lifting(quarantine, by=people[0], reason="One", now=NOW)
    quarantines.keep(quarantine, by=people[1], reason="Two", now=NOW)
    quarantines.propose_lifting(quarantine, by=people[1], reason="Three", now=NOW)
    quarantines.lift(quarantine, by=people[0], now=NOW)
    quarantines.drop(propose(edition, rows, people[2]), by=people[2], reason="Four", now=NOW)

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


def test_refused_move_leaves_no_log(edition, people):
    quarantine = propose(edition, ballots(edition), people[0])

    refuses("same-person", quarantines.agree, quarantine, by=people[0], now=NOW)

    assert list(HistoryEntry.objects.values_list("verb", flat=True)) == ["propose-quarantine"]


# --- no sequence leaves the table ------------------------------------------------------------------
class Moves(RuleBasedStateMachine):
    """Three organisers call any verb on two quarantines that share a ballot; the model is the table of moves."""

    def __init__(self):
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.edition = make_edition(categories=1, nominees=1)
        nominee = nominees_of(self.edition, 1)[0]
        self.people = [UserFactory() for _person in range(3)]
        self.rows = [fill_ballot(self.edition, {1: nominee}) for _ballot in range(3)]
        self.model, self.quarantines = [], []
        for part in (self.rows[:2], self.rows[1:]):
            self.quarantines.append(propose(self.edition, part, self.people[0]))
            self.model.append({"state": State.PROPOSED, "first": self.people[0]})

    def teardown(self):
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    def move(self, place, verb, *, person, come_from, to, needs_second=False, **values):
        by, known = self.people[person], self.model[place]
        code = None
        try:
            with transaction.atomic():
                getattr(quarantines, verb)(self.quarantines[place], by=by, now=NOW, **values)
        except ValidationError as refusal:
            code = refusal.code
        expected = None
        if known["state"] != come_from:
            expected = "wrong-state"
        elif needs_second and known["first"] == by:
            expected = "same-person"
        assert code == expected
        if code is None:
            assert to in Quarantine.TRANSITIONS[known["state"]]
            known.update(state=to, first=by)

    which, who = st.integers(0, 1), st.integers(0, 2)

    @rule(place=which, person=who)
    def agree(self, place, person):
        self.move(place, "agree", person=person, come_from=State.PROPOSED, to=State.IN_FORCE, needs_second=True)

    @rule(place=which, person=who)
    def drop(self, place, person):
        self.move(place, "drop", person=person, come_from=State.PROPOSED, to=State.DROPPED, reason="Words")

    @rule(place=which, person=who)
    def propose_lifting(self, place, person):
        self.move(place, "propose_lifting", person=person, come_from=State.IN_FORCE, to=State.LIFTING, reason="Words")

    @rule(place=which, person=who)
    def lift(self, place, person):
        self.move(place, "lift", person=person, come_from=State.LIFTING, to=State.LIFTED, needs_second=True)

    @rule(place=which, person=who)
    def keep(self, place, person):
        self.move(place, "keep", person=person, come_from=State.LIFTING, to=State.IN_FORCE, reason="Words")

    @invariant()
    def rows_are_what_the_model_says(self):
        found = [Quarantine.objects.get(pk=row.pk).state for row in self.quarantines]
        held = [known["state"] in (State.IN_FORCE, State.LIFTING) for known in self.model]

        assert found == [known["state"] for known in self.model]
        assert set_aside(*self.rows) == [held[0], any(held), held[1]]


@pytest.mark.django_db
def test_no_sequence_of_verbs_leaves_the_table():
    run_state_machine_as_test(
        Moves,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


# --- at once ---------------------------------------------------------------------------------------
def together(*calls):
    """Run the calls at the same moment, each in a thread and connection of its own; return results or errors, in order."""
    start, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        try:
            start.wait(30)
            answers[place] = call()
        except Exception as error:  # what went wrong is the answer
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.fixture
def slow_log(monkeypatch):
    """Time passes between the check of the state and the end of the move."""
    record = log.record

    def slowly(*args, **values):
        time.sleep(0.05)
        return record(*args, **values)

    monkeypatch.setattr(log, "record", slowly)


def agree_at_once():
    edition = make_edition(categories=2, nominees=2)
    people = [UserFactory(is_staff=True) for _person in range(3)]
    quarantine = propose(edition, ballots(edition), people[0])
    calls = [lambda by=by: quarantines.agree(quarantine, by=by, now=NOW) for by in people[1:]]
    return together(*calls)


@pytest.mark.django_db(transaction=True)
def test_two_who_agree_at_once_make_one_decision(slow_log):
    answers = agree_at_once()

    assert sorted(getattr(answer, "code", "done") for answer in answers) == ["done", "wrong-state"]
    assert HistoryEntry.objects.filter(verb="agree-quarantine").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_agree_at_once_without_the_lock_decide_twice(slow_log, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())

    agree_at_once()

    assert HistoryEntry.objects.filter(verb="agree-quarantine").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_quarantines_of_one_ballot_at_once_leave_it_out(slow_log):
    """One is lifted while the other comes into force: whatever comes first, the ballot stays out."""
    for _try in range(5):
        edition = make_edition(categories=2, nominees=2, forum=ForumFactory(slug=f"forum-{_try}"))
        people = [UserFactory(is_staff=True) for _person in range(2)]
        rows = ballots(edition)
        old, new = in_force(edition, rows, people), propose(edition, rows, people[0])
        quarantines.propose_lifting(old, by=people[0], reason="Words", now=NOW)

        answers = together(
            lambda old=old, people=people: quarantines.lift(old, by=people[1], now=NOW),
            lambda new=new, people=people: quarantines.agree(new, by=people[1], now=NOW),
        )

        assert [answer.state for answer in answers] == ["lifted", "in_force"]
        assert set_aside(*rows) == [True] * 3
