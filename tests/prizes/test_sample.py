import io
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Sum
from django.test import Client

from events.disclosure.hidden_cells import hide_in_table
from events.models import Commitment as Promise
from events.models import Country, Forum, Session, User
from events.pages import revision
from events.sample import draw, drawings
from prizes.chain import chain
from prizes.count import bundle, counting
from prizes.editions import embargo, public_edition
from prizes.models import Announcement, Assignment, Ballot, Block, Commitment, Edition, Nomination, Score, Vote, Winner
from prizes.nominations.nomination_draft import NominationDraft
from prizes.outcome_document import prize_chapter, versions
from prizes.sample import ballots, bulk_rows, texts, voters
from prizes.verify import recount
from registration.models import Attendance, Booking, Registration, Tally, Waiting
from registration.statistics import tables
from registration.statistics.tile_map import tile_map
from tests.events.disclosure.attacker import Reader, published
from tests.factories import CountryFactory, ForumFactory
from tests.prizes import everything_published
from tests.prizes.factories import make_edition

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(django_db_setup, django_db_blocker):
    """The sample as `load_sample` makes it, once for all tests here; rolled back at the end."""
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        out = io.StringIO()
        call_command("load_sample", "--now", NOW.isoformat(), "--ballots", "150", stdout=out)
        connection.check_constraints()  # once, and not again after each test
        try:
            yield out.getvalue()
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)


@pytest.fixture
def past(sample, db):
    return Edition.objects.get(forum__slug="2020")


@pytest.fixture
def current(sample, db):
    return Edition.objects.get(forum=Forum.objects.current(NOW))


@pytest.fixture
def coming(sample, db):
    return Edition.objects.latest("forum__starts")


def test_load_sample_makes_both_forums_once_and_says_so(sample, past, current):
    before, again = revision.current(), io.StringIO()
    call_command("load_sample", "--now", "2027-01-24T15:30", stdout=again)

    assert sample == (
        "Loaded WSIS Forum 2020 (/2020/) with 164 sessions, 703 attendances and 150 full ballots, "
        f"and WSIS Forum 2026 (sample) (/2026/) with {current.forum.sessions.count()} sessions. "
        "The prizes of WSIS Forum 2027 (sample) (/2027/) take projects.\n"
    )
    assert again.getvalue() == "The sample forum is here already. Nothing was changed.\n"
    assert (Forum.objects.count(), before > 0, revision.current()) == (3, True, before)
    assert Tally.objects.get(forum=past.forum, session=None, dimension="total").attendances == 703
    assert current.forum.starts.isoformat() == "2026-11-09"
    assert [phase.kind for phase in current.phases.all() if phase.is_open(NOW)] == ["voting"]
    assert (past.phases.count(), past.categories.count(), current.categories.count()) == (5, 18, 18)
    assert past.phases.get(kind="announcement").starts.date().isoformat() == "2020-09-06"  # midnight in Geneva


def test_sample_of_2020_has_the_published_sums_and_is_announced_by_two(past):
    submitted, count = Nomination.objects.submitted().filter(edition=past), counting.latest(past)
    nominated = Counter(submitted.filter(state="nominated").values_list("category__number", flat=True))
    champions = count.results.filter(is_champion=True).values_list("category__number", flat=True)

    assert (submitted.count(), sum(nominated.values()), len(nominated)) == (806, 353, 18)
    assert max(nominated.values()) <= past.nominees_per_category
    assert Counter(champions) == dict.fromkeys(range(1, 19), 5)
    assert Winner.objects.filter(category__edition=past).values("category").distinct().count() == 18
    assert [embargo.is_lifted(past, kind=kind, now=NOW) for kind in ("champions", "winners")] == [True, True]
    assert not Announcement.objects.filter(edition=past, approved_by=F("proposed_by")).exists()
    assert set(past.quarantines.values_list("kind", "state")) == {("script", "in_force"), ("double", "in_force")}
    assert Ballot.objects.filter(edition=past, is_quarantined=True).count() == voters.SCRIPTED + voters.DOUBLED
    assert (count.valid_ballots, count.valid_votes, count.incomplete_ballots) == (150, 150 * 18, 9)
    assert 0 < count.attendee_ballots < 150
    assert past.closed is None


def test_sample_shows_everything_once(past, current, coming, client):
    said = " ".join(client.get("/2020/statistics/").content.decode().split())
    sessions = current.forum.sessions.filter(state=Session.State.SCHEDULED, ends__gt=NOW)
    people = Registration.objects.standing().filter(forum=current.forum)
    came = Attendance.objects.filter(registration=OuterRef("registration"), session=OuterRef("session"))
    kept = Promise.objects.filter(outcome__forum=past.forum, reports__confirmed__isnull=False)
    pictures = [
        *map(drawings.portrait, range(drawings.PORTRAITS)),
        *(drawings.logo(str(row)) for row in past.sponsors.all()),
    ]

    found = {
        "sponsors of the prize": [len(public_edition.sponsors(edition)) for edition in (past, current)] == [3, 3],
        "a broadcast now, and one to come": [
            sessions.exclude(broadcast_url="").filter(time).count() for time in (Q(starts__lte=NOW), Q(starts__gt=NOW))
        ]
        == [1, 1],
        "International Sign": sum("ils" in one.interpretation for one in sessions) == 2,
        "interpretation": sum({"fr", "ar"} <= set(one.interpretation) for one in sessions) == 2,
        "translated sessions": sum({"fr", "ar"} <= set(one.translations) for one in sessions) == 2,
        "portraits": all(row.speakers.exclude(photo="").count() >= 20 for row in (past.forum, current.forum)),
        "logos": all({bool(one.logo) for one in row.partners.all()} == {True} for row in (past.forum, current.forum)),
        "small pictures": max(len(picture.read()) for picture in pictures) <= 10_000,
        "chair and message": all(row.chair_title and row.chair_message for row in (past.forum, current.forum)),
        "the Outcome Document": [bool(row.pdf) for row in versions.published(past.forum)] == [True],
        "commitments": (past.forum.outcomes.filter(kind__in=Promise.KINDS).count(), kept.count()) == (8, 8),
        "submission phase": coming.is_in("submission", now=NOW),
        "an open nomination": coming.nominations.filter(state="draft", is_sample=True).count() == 1,
        "an offer": Waiting.objects.offered(NOW).filter(session__in=sessions).count() == 1,
        "twenty wait": people.filter(state__in=["focal_point", "secretariat"]).count() == 20,
        "did not come": Booking.objects.filter(
            ~Exists(came), session__forum=current.forum, session__ends__lte=NOW
        ).count()
        > 20,
        "eleven weeks": (current.forum.whole_weeks, "In 11 weeks the attendances" in said) == (11, True),
    }
    for forum in (past.forum, current.forum):
        counted = tables.table(tables.Figures(forum), dimension=Tally.Dimension.COUNTRY)
        tiles = [tile for block in tile_map(counted, countries=Country.objects.all()) for tile in block.tiles]
        found[f"map of {forum.slug}"] = sum(tile.number is not None for tile in tiles) >= 10
    assert {name for name, is_there in found.items() if not is_there} == set()


def test_sample_nominations_keep_the_rules(past, current):
    found = Nomination.objects.filter(edition__in=[past, current]).select_related("edition__forum")
    rows = list(found.prefetch_related("linkages", "versions")[:300])

    problems = {row.title: NominationDraft(row, now=row.submitted).problems() for row in rows}

    assert {title: found for title, found in problems.items() if found} == {}
    assert all(row.is_sample and texts.NOTE in row.description and row.versions.all() for row in rows)


def test_outcome_document_of_2020_has_the_published_sums_and_both_numbers_of_votes(past):
    parts = list(prize_chapter.prize(past.forum, now=NOW))

    figures = {label: figure for part in parts if part.kind == "tiles" for figure, label in part.tiles}
    cast = past.ballots.aggregate(n=Sum("chosen"))["n"]
    assert figures == {
        "projects submitted": "806",
        "nominated": "353",
        "champions": "90",
        "winners": "18",
        "votes cast": f"{cast:,}",
        "valid votes": "2,700",
    }
    assert cast > 2_700


def test_sample_bundle_can_be_recounted(past, tmp_path):
    with (tmp_path / "bundle.zip").open("w+b") as file:
        bundle.write(counting.latest(past), file)

    said = list(recount.recount(str(tmp_path / "bundle.zip"), [], "", ""))

    assert "The ranking agrees: 353 nominees, 90 champions." in said
    assert not Commitment.objects.filter(edition=past, block=None).exists()


def test_sample_reviews_fill_the_leaderboard(past, current):
    for edition in (past, current):
        reviews = Assignment.objects.filter(nomination__edition=edition)
        assert reviews.filter(state="recused").exclude(answer="").count() > 5
        assert not reviews.filter(state="done").annotate(n=Count("scores")).exclude(n=9).exists()
    done = Score.objects.filter(assignment__nomination__edition=past)
    means = dict(done.values_list("assignment__nomination__state").annotate(Avg("points")))
    assert means["nominated"] > means["not_nominated"] + 0.5


def test_sample_current_edition_is_in_its_vote_and_its_chain_goes_on(current):
    commitments, votes = Commitment.objects.filter(edition=current), Vote.objects.filter(ballot__edition=current)
    states = Counter(Ballot.objects.filter(edition=current).values_list("is_complete", flat=True))

    assert (current.is_in("voting", now=NOW), current.polls_sealed) == (True, None)
    assert states == {True: 150 + voters.SCRIPTED + voters.DOUBLED, False: 90}
    assert not votes.filter(cast__gt=NOW).exists()
    assert current.quarantines.get().state == "proposed"
    first, second = chain.blocks(current)[1:3]
    assert second.sealed - first.sealed == timedelta(hours=1)
    assert commitments.count() > votes.count()  # a choice that was changed leaves a commitment that no vote has

    chain.seal(current, now=NOW)

    assert not commitments.filter(block=None).exists()
    assert Block.objects.filter(edition=current).count() == chain.last(current).number + 1


@pytest.mark.django_db
def test_accounts_are_taken_up_the_second_time_and_reserved_keys_are_nobody_elses():
    people = [("a@x.sample.invalid", "A"), ("b@x.sample.invalid", "B")]
    start = bulk_rows.reserve(User, 3)
    bulk_rows.insert(User, [{"id": start, "email": "c@x.sample.invalid", "password": "!", "date_joined": NOW}])

    first = bulk_rows.accounts(people)

    assert bulk_rows.accounts(people) == first
    assert not first[0].has_usable_password()
    assert [user.emailaddress_set.get().verified for user in first] == [True, True]
    assert User.objects.get(pk=start).language == "en"
    assert first[0].pk > start + 2


@pytest.mark.django_db
def test_ballots_without_a_key_leave_no_traces(settings, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    settings.KEYS_DIR = tmp_path / "file" / "keys"
    CountryFactory()
    edition = make_edition(categories=2, nominees=2, now=NOW, forum=ForumFactory(slug="2019"))
    filling = ballots.Filling(edition, full=2, partial=1, until=edition.phase("voting").ends, rng=draw("no key"))

    filling.fill()

    assert edition.ballots.count() == 3 + voters.SCRIPTED + voters.DOUBLED
    assert not edition.ballots.filter(traces__isnull=False).exists()


# --- what its figures tell ---------------------------------------------------------------------------
@pytest.fixture(scope="module")
def everything(sample):
    """What a reader has of the sample, and what they want to know; once, for it is some hundred pages."""
    edition = Edition.objects.get(forum__slug="2020")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a database does by itself after many new rows; this one does not
    known = everything_published.truth(edition.forum, counting.latest(edition))
    return everything_published.reader(Client(), edition.forum, now=NOW), known


def test_all_that_is_published_of_the_sample_together_gives_no_small_group_away(everything):
    reader, known = everything

    small = Counter(what for (what, *_key), number in known.items() if 0 < number < 5)
    assert (small["people"] > 10, small["attendances"] > 5, small["ballots"] > 10) == (True, True, True)
    assert reader.finds(known) == set()


@pytest.mark.parametrize(("what", "least"), [("people", 5), ("ballots", 4)])
def test_reader_of_everything_finds_small_groups_where_each_table_is_hidden_by_itself(everything, what, least):
    """The control: as it once was."""
    reader, known = everything
    shown = dict(reader.shown)
    for dimension in ("region", "country"):
        own = {key: number for key, number in known.items() if key[:2] == (what, dimension)}
        shown |= published(own, hide_in_table(own))

    found = Reader(shown, reader.sums).finds({key: n for key, n in known.items() if key[:2] == (what, "country")})

    assert len(found) >= least
