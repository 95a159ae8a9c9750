import io
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, F

from events.disclosure.hidden_cells import hide_in_table
from events.models import Session
from events.sample import draw
from prizes.chain import chain, commitments
from prizes.count import bundle, counting
from prizes.editions import embargo
from prizes.models import (
    Announcement,
    Assignment,
    Ballot,
    Block,
    Commitment,
    Edition,
    Nomination,
    Quarantine,
    Score,
    Vote,
    Winner,
)
from prizes.nominations.form.questions import NominationDraft
from prizes.sample import ballots, loading, texts, voters
from prizes.verify import recount
from registration.models import Tally
from tests.events.disclosure.attacker import Reader, published
from tests.registration.statistics.figures_reader import reader_of_people, reader_of_sessions

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(django_db_setup, django_db_blocker):
    """The sample as `load_sample` makes it, once for all tests here; rolled back at the end."""
    from django.db import transaction

    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        call_command("load_sample", "--now", NOW.isoformat(), "--ballots", "150", stdout=io.StringIO())
        try:
            yield
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)


@pytest.fixture
def past(sample, db):
    return Edition.objects.get(forum__slug="2020")


@pytest.fixture
def current(sample, db):
    return Edition.objects.exclude(forum__slug="2020").get()


def test_sample_of_2020_has_the_published_sums(past):
    submitted = Nomination.objects.submitted().filter(edition=past)
    champions = counting.latest(past).results.filter(is_champion=True)
    by_category = Counter(submitted.filter(state="nominated").values_list("category__number", flat=True))

    assert (submitted.count(), sum(by_category.values())) == (806, 353)
    assert len(by_category) == 18
    assert max(by_category.values()) <= past.nominees_per_category
    assert Counter(champions.values_list("category__number", flat=True)) == dict.fromkeys(range(1, 19), 5)
    assert Winner.objects.filter(category__edition=past).values("category").distinct().count() == 18
    assert past.closed is None


def test_sample_of_2020_is_announced_by_two(past):
    assert embargo.is_lifted(past, kind="champions", now=NOW)
    assert embargo.is_lifted(past, kind="winners", now=NOW)
    assert not Announcement.objects.filter(edition=past, approved_by=F("proposed_by")).exists()
    assert set(past.quarantines.values_list("kind", "state")) == {("script", "in_force"), ("double", "in_force")}
    assert Ballot.objects.filter(edition=past, is_quarantined=True).count() == voters.SCRIPTED + voters.DOUBLED


def test_sample_ballots_count_as_asked_for(past):
    found = counting.latest(past)

    assert (found.valid_ballots, found.valid_votes) == (150, 150 * 18)
    assert found.incomplete_ballots == 9
    assert 0 < found.attendee_ballots < 150


def test_sample_nominations_keep_the_rules(past, current):
    found = Nomination.objects.filter(edition__in=[past, current]).select_related("edition__forum")
    rows = list(found.prefetch_related("linkages")[:300])

    problems = {row.title: found for row in rows if (found := NominationDraft(row, now=row.submitted).problems())}

    assert problems == {}
    assert all(row.is_sample and texts.NOTE in row.description for row in rows)
    assert all(row.versions.exists() for row in rows[:20])


def test_sample_commitments_are_those_of_the_votes(past):
    votes = Vote.objects.filter(ballot__edition=past)
    values = [
        commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code)
        for nonce, tracker, number, code in votes.values_list("nonce", "tracker", "category__number", "nominee__code")
    ]

    assert sorted(values) == sorted(
        bytes(value) for value in Commitment.objects.filter(edition=past).values_list("value", flat=True)
    )
    assert not Commitment.objects.filter(edition=past, block=None).exists()


def test_sample_bundle_can_be_recounted(past, tmp_path):
    with (tmp_path / "bundle.zip").open("w+b") as file:
        bundle.write(counting.latest(past), file)

    said = list(recount.recount(str(tmp_path / "bundle.zip"), [], "", ""))

    assert "The ranking agrees: 353 nominees, 90 champions." in said


def test_sample_reviews_fill_the_leaderboard(past, current):
    for edition in (past, current):
        reviews = Assignment.objects.filter(nomination__edition=edition)
        assert reviews.filter(state="recused").exclude(answer="").count() > 5
        assert not reviews.filter(state="done").annotate(n=Count("scores")).exclude(n=9).exists()
    done = Score.objects.filter(assignment__nomination__edition=past)
    by_state = {
        state: done.filter(assignment__nomination__state=state).values_list("points", flat=True)
        for state in ("nominated", "not_nominated")
    }
    means = {state: sum(points) / len(points) for state, points in by_state.items()}
    assert means["nominated"] > means["not_nominated"] + 0.5


def test_sample_current_edition_is_in_its_vote(current):
    assert current.is_in("voting", now=NOW)
    assert current.polls_sealed is None
    assert Ballot.objects.filter(edition=current, is_complete=True).count() >= 100
    assert Ballot.objects.filter(edition=current, is_complete=False).count() == 90
    assert not Vote.objects.filter(ballot__edition=current, cast__gt=NOW).exists()
    assert Quarantine.objects.get(edition=current).state == "proposed"
    # Choices that were changed leave commitments that no vote has.
    assert Commitment.objects.filter(edition=current).count() > Vote.objects.filter(ballot__edition=current).count()


def test_sample_chain_goes_on(current):
    chain.seal(current, now=NOW)

    assert not Commitment.objects.filter(edition=current, block=None).exists()
    assert Block.objects.filter(edition=current).count() == chain.last(current).number + 1


@pytest.mark.parametrize("seed", range(20))
def test_part_ties_leaves_no_tie_across_the_line(seed):
    rng = draw(f"ties {seed}")
    drawn = bytearray(rng.choices(range(8), k=40))

    ballots.part_ties(drawn, valid=33, count=8, champions=5)

    votes = sorted((drawn[:33].count(place) for place in range(8)), reverse=True)
    assert votes[4] > votes[5]
    assert len(drawn) == 40


def test_part_ties_leaves_a_short_list_alone():
    drawn = bytearray([0, 1, 2, 0, 1, 2])

    ballots.part_ties(drawn, valid=6, count=3, champions=5)

    assert drawn == bytearray([0, 1, 2, 0, 1, 2])


def test_titles_are_never_twice_the_same():
    taken = set()
    rng = draw("titles")
    idea = texts.Idea("School in a Box", "A case.")

    names = [texts.title(idea, country="Bolivia (Plurinational State of)", taken=taken, rng=rng) for _n in range(120)]

    assert len(set(names)) == len(taken) == 120
    assert names[0] == "School in a Box"
    assert not any("(" in name for name in names)


@pytest.mark.django_db
def test_accounts_are_taken_up_the_second_time():
    people = [("a@x.sample.invalid", "A"), ("b@x.sample.invalid", "B")]

    first = loading.accounts(people)

    assert loading.accounts(people) == first
    assert not first[0].has_usable_password()
    assert [user.emailaddress_set.get().verified for user in first] == [True, True]


@pytest.mark.django_db
def test_reserved_keys_are_nobody_elses():
    from events.models import User

    start = loading.reserve(User, 3)
    loading.insert(User, ["id", "email", "password", "date_joined"], [(start, "c@x.sample.invalid", "!", NOW)])

    assert User.objects.get(pk=start).language == "en"
    if connection.vendor == "postgresql":
        assert loading.accounts([("d@x.sample.invalid", "D")])[0].pk > start + 2


# --- what its figures tell ---------------------------------------------------------------------------
GROUPS = ("region", "country", "stakeholder_type", "gender")


def test_figures_of_the_sample_give_no_small_group_away(client, past):
    rows = Tally.objects.filter(forum=past.forum, session=None)
    people = {(row.dimension, row.value): row.people for row in rows}
    attended = dict(Session.objects.filter(forum=past.forum).annotate(n=Count("attendances")).values_list("code", "n"))

    reader = reader_of_people(client, "/2020/statistics/", region_field="region", dimensions=GROUPS)

    groups = {key: number for key, number in people.items() if key[0] in GROUPS}
    assert min(groups.values()) < 5
    assert reader.finds(groups) == set()
    sessions = {("session", code): number for code, number in attended.items()}
    assert reader_of_sessions(client, past.forum).finds(sessions) == set()
    by_itself = {}
    for dimension in ("region", "country"):
        own = {key: number for key, number in groups.items() if key[0] == dimension}
        by_itself |= published(own, hide_in_table(own))
    assert len(Reader(by_itself, reader.sums).finds(groups)) > 10  # the control: as it once was


def test_turnout_of_the_sample_gives_no_small_group_away(client, past):
    count = counting.latest(past)
    voters = {(row.dimension, row.value): row.people for row in count.turnout.all()}
    dimensions = ("region", "country", "stakeholder_type", "eligible")

    reader = reader_of_people(client, "/2020/prizes/results/", region_field="prize_region", dimensions=dimensions)

    assert sum(0 < number < 5 for number in voters.values()) > 10
    assert reader.finds(voters) == set()
