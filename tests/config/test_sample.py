"""What the sample promises. That of one moment is made once for this module."""

import io
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Sum
from django.test import Client

from config.running.serving import first_start
from events.models import ActionLine, Approval, Country, Forum, Session, User
from events.models import Commitment as Promise
from events.reference import standard_rows
from events.sample import drawings
from events.shared.disclosure.hidden_cells import hide_in_table
from events.shared.pages import revision
from prizes.chain import chain
from prizes.count import bundle, counting
from prizes.editions import embargo, public_edition
from prizes.models import Assignment, Ballot, Commitment, Edition, Nomination, Score, Vote, Winner
from prizes.nominations.nomination_draft import NominationDraft
from prizes.outcome_document import prize_chapter, versions
from prizes.sample import projects
from prizes.verify import recount
from registration.accreditation import decisions, quotas
from registration.door import inside, newcomers, passes
from registration.models import (
    Attendance,
    Booking,
    ParticipationCertificate,
    Quota,
    Registration,
    RegistrationQuestion,
    SeatHold,
    Stay,
    Tally,
    Waiting,
)
from registration.registering import kinds
from registration.sessions.seats import kind_places
from registration.statistics import tables
from registration.statistics.tile_map import tile_map
from tests.events.shared.disclosure.attacker import Reader, published
from tests.factories import UserFactory
from tests.prizes import everything_published

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday


@pytest.fixture(scope="module")
def sample(django_db_setup, django_db_blocker):
    """The sample as `load_sample` makes it, once for all tests here; rolled back at the end."""
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        out = io.StringIO()
        call_command("load_sample", "--now", NOW.isoformat(), stdout=out)
        connection.check_constraints()  # once, and not again after each test
        try:
            yield out.getvalue()
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)


@pytest.fixture
def past(sample, db):
    return Forum.objects.get(slug="2020")


@pytest.fixture
def current(sample, db):
    return Forum.objects.current(NOW)


@pytest.fixture
def following(sample, db):
    return Forum.objects.latest("starts")


def clashes_of(forum):
    """The rooms and the speakers that are in two sessions at once."""
    rooms = forum.sessions.values_list("room", "starts", "ends")
    speakers = forum.sessions.filter(appearances__isnull=False).values_list("appearances__speaker", "starts", "ends")
    return [
        (one, begins)
        for spans in (rooms, speakers)
        for (one, _starts, ends), (other, begins, _ends) in pairwise(sorted(spans))
        if one == other and begins < ends
    ]


def test_load_sample_makes_the_forums_once_and_says_so(sample, past, current):
    before, again = revision.current(), io.StringIO()
    call_command("load_sample", "--now", "2027-01-24T15:30", stdout=again)

    assert sample == (
        "Loaded WSIS Forum 2020 (/2020/) with 164 sessions and 420 full ballots, "
        "and WSIS Forum 2026 (sample) (/2026/) with 388 sessions. "
        "The prizes of WSIS Forum 2027 (sample) (/2027/) take projects.\n"
    )
    assert again.getvalue() == "The sample forum is here already. Nothing was changed.\n"
    assert (Forum.objects.count(), before > 0, revision.current()) == (3, True, before)
    assert Tally.objects.get(forum=past, session=None, dimension="total").attendances == 703
    assert (current.starts.isoformat(), current.sessions.count()) == ("2026-11-08", 388)
    assert [phase.kind for phase in current.prize_edition.phases.all() if phase.is_open(NOW)] == ["voting"]
    assert [(row.prize_edition.phases.count(), row.prize_edition.categories.count()) for row in (past, current)] == [
        (5, 18)
    ] * 2
    assert past.prize_edition.phases.get(kind="announcement").starts.date().isoformat() == "2020-09-06"  # in Geneva: 7


def test_forum_2020_has_the_published_figures_and_weeks(past):
    sessions, speakers = past.sessions.all(), past.speakers.all()
    local = [(past.local(session.starts).date(), past.local(session.ends).date()) for session in sessions]

    assert (sessions.count(), speakers.count(), speakers.filter(gender="woman").count()) == (164, 846, 381)  # 45 %
    assert sessions.filter(type__code="high_level_policy_session").count() == 11
    assert speakers.filter(appearances__isnull=True).count() == 0
    assert (past.tracks.count(), past.rooms.count(), past.outcomes.count()) == (9, 8, 11)
    assert (sessions.filter(is_sample=False).count(), sessions.exclude(state="scheduled").count()) == (20, 0)
    assert (min(local)[0], max(local)[1]) == (date(2020, 6, 22), date(2020, 9, 10))
    assert all(starts == ends for starts, ends in local)
    assert clashes_of(past) == []
    opening = past.sessions.get(type__code="opening_ceremony")
    assert [at.hour for at in (opening.starts, opening.ends)] == [10, 11]
    survey = past.sessions.get(title="Latest findings from the United Nations E-Government Survey 2020")
    assert [str(organisation) for organisation in survey.organisers.all()] == ["UNDESA"]
    assert [line.code for line in survey.action_lines.all()] == ["C1", "C7-E-GOV", "C11"]
    assert [goal.number for goal in survey.sdgs.all()] == [16, 17]


def test_invented_sessions_follow_the_matrix_and_differ(past, current):
    allowed = {line.code: set(line.matrix_links.values_list("sdg", flat=True)) for line in ActionLine.objects.all()}
    invented = past.sessions.filter(is_sample=True).prefetch_related("action_lines", "sdgs")
    sessions = Session.objects.all()
    lengths = [len(session.description.replace("- ", "").split()) for session in sessions]
    goals = [(line.code, goal.pk) for one in invented for line in one.action_lines.all() for goal in one.sdgs.all()]

    assert [code for code, goal in goals if goal not in allowed[code]] == []
    assert not sessions.filter(placement=None).exists()
    assert sessions.values("forum", "title").distinct().count() == sessions.count()
    assert sessions.values("description").distinct().count() == sessions.count()
    assert (min(lengths) >= 80, max(lengths) <= 150) == (True, True)
    assert not sessions.filter(is_sample=True).exclude(description__contains="*This session is sample data").exists()


def test_current_edition_is_in_its_third_week_and_shows_each_state(current):
    sessions = current.sessions.all()
    coming, over = sessions.filter(starts__gt=NOW), sessions.filter(ends__lte=NOW)
    shown = {forum.theme for forum in Forum.objects.all()} | {room.name for room in current.rooms.all()}

    assert (current.slug, current.name) == ("2026", "WSIS Forum 2026 (sample)")
    assert (current.today(NOW) - current.starts, current.whole_weeks) == (timedelta(days=16), 11)
    assert current.is_registration_open(NOW)
    assert current.is_registration_open(NOW + timedelta(weeks=8))
    assert (coming.filter(state="cancelled").count(), coming.filter(capacity=12).count()) == (1, 1)
    assert coming.filter(capacity=40).count() > 10
    assert over.exclude(recording_url="").count() > 20
    assert sessions.filter(ends__gt=NOW).exclude(recording_url="").count() == 0
    assert (sessions.filter(meeting_url="").count(), current.outcomes.count()) == (0, 6)
    assert [list(page.translations) for page in current.practical_pages.public()] == [["fr"]] * 4
    assert [set(news.translations) for news in current.news.public()] == [set(), {"fr", "ar"}]
    assert clashes_of(current) == []
    assert shown - {name for _file, name in standard_rows.shown_names()} == set()


def test_sample_shows_everything_once(past, current, following, client):
    said = " ".join(client.get("/2020/statistics/").content.decode().split())
    sessions = current.sessions.filter(state=Session.State.SCHEDULED, ends__gt=NOW)
    people = Registration.objects.standing().filter(forum=current)
    came = Attendance.objects.filter(registration=OuterRef("registration"), session=OuterRef("session"))
    kept = Promise.objects.filter(outcome__forum=past, reports__confirmed__isnull=False)
    editions = [past.prize_edition, current.prize_edition]
    pictures = [
        *map(drawings.portrait, range(drawings.PORTRAITS)),
        drawings.pattern(1),
        *(drawings.logo(str(row)) for row in editions[0].sponsors.all()),
    ]
    missed = Booking.objects.filter(~Exists(came), session__forum=current, session__ends__lte=NOW)

    found = {
        "sponsors of the prize": [len(public_edition.sponsors(edition)) for edition in editions] == [3, 3],
        "a broadcast now, and one to come": [
            sessions.exclude(broadcast_url="").filter(time).count() for time in (Q(starts__lte=NOW), Q(starts__gt=NOW))
        ]
        == [1, 1],
        "International Sign": sum("ils" in one.interpretation for one in sessions) == 2,
        "interpretation": sum({"fr", "ar"} <= set(one.interpretation) for one in sessions) == 2,
        "translated sessions": sum({"fr", "ar"} <= set(one.translations) for one in sessions) == 2,
        "portraits": all(row.speakers.exclude(photo="").count() >= 20 for row in (past, current)),
        "logos": all({bool(one.logo) for one in row.partners.all()} == {True} for row in (past, current)),
        "small pictures": max(len(picture.read()) for picture in pictures) <= 10_000,
        "chair and message": all(row.chair_title and row.chair_message for row in (past, current)),
        "the Outcome Document": [bool(row.pdf) for row in versions.published(past)] == [True],
        "commitments": (past.outcomes.filter(kind__in=Promise.KINDS).count(), kept.count()) == (8, 8),
        "submission phase": following.prize_edition.is_in("submission", now=NOW),
        "an open nomination": following.prize_edition.nominations.filter(state="draft", is_sample=True).count() == 1,
        "an offer": Waiting.objects.offered(NOW).filter(session__in=sessions).count() == 1,
        "twenty wait": people.filter(state__in=["focal_point", "secretariat"]).count() == 20,
        "did not come": missed.count() > 20,
        "eleven weeks": "In 11 weeks the attendances" in said,
    }
    for forum in (past, current):
        counted = tables.table(tables.PublicFigures(forum), dimension=Tally.Dimension.COUNTRY)
        tiles = [tile for block in tile_map(counted, countries=Country.objects.all()) for tile in block.tiles]
        found[f"map of {forum.slug}"] = sum(tile.number is not None for tile in tiles) >= 10
    assert {name for name, is_there in found.items() if not is_there} == set()


# --- its people -----------------------------------------------------------------------------------
def test_sample_people_take_part_in_both_forums_and_cannot_log_in(past, current):
    people = User.objects.filter(email__endswith="@sample.invalid")

    assert not [user for user in User.objects.all() if user.has_usable_password()]
    for forum in (past, current):
        assert people.filter(email__startswith="sample", registrations__forum=forum).count() == 300
    assert not Registration.objects.filter(is_sample=False).exists()


def test_people_attend_past_sessions_and_book_after_the_registration(current):
    attended = Attendance.objects.filter(session__forum=current)
    booked = Booking.objects.filter(session__forum=current)

    assert (attended.count(), attended.filter(session__ends__gt=NOW).count()) == (703, 0)
    assert Stay.objects.filter(session__forum=current).count() == 703
    assert not attended.filter(first_seen__lt=F("registration__created")).exists()
    assert not booked.filter(Q(created__lt=F("registration__created")) | Q(created__gt=NOW)).exists()
    assert not booked.filter(session__state="cancelled").exists()


def test_some_sessions_are_small_full_or_held(current):
    small, full = (current.sessions.get(capacity=seats) for seats in (12, 8))
    hold = SeatHold.objects.get(session__forum=current)

    assert not current.sessions.annotate(booked=Count("bookings")).filter(booked__gt=F("capacity")).exists()
    assert small.bookings.count() == 11
    assert (full.bookings.count(), full.waitings.in_line().count(), full.starts > NOW) == (7, 5, True)
    assert full.waitings.offered(NOW).count() == 1
    assert not full.waitings.filter(registration__bookings__session=full).exists()
    assert (hold.kind.slug, hold.session.capacity) == ("speaker", 60)


def test_current_edition_shows_every_state_of_kinds_and_questions(current):
    offers = {offer.kind.slug: offer.left for offer in kinds.offers(kinds.of(current.pk), now=NOW)}
    rows = current.registration_questions.all()
    answered = {name for answers in current.registrations.values_list("answers", flat=True) for name in answers}

    assert offers == {"remote": None, "delegate": 12, "media": 0, "day": 300}
    assert [kind.slug for kind in kinds.of(current.pk) if not kind.is_open(NOW)] == ["visitor"]
    assert {row.type for row in rows} == set(RegistrationQuestion.Type)
    assert answered == {row.name for row in rows}
    assert rows.exclude(retired=None).count() == 1
    for row in (*rows, *current.kinds.all(), *current.doors.all()):
        row.full_clean()
    assert all(set(row.translations) == {"fr", "ar"} for row in rows)


def test_current_edition_has_people_in_every_state_and_an_organisation_without_places(current):
    people = current.registrations.filter(user__email__startswith="asked")
    point = current.focal_points.get()
    quota = Quota.objects.get(organisation=point.organisation)
    media, delegates = (current.kinds.get(slug=slug) for slug in ("media", "delegate"))
    asked, officer = people.filter(kind=delegates, state="secretariat"), UserFactory()
    invited = current.registration_invitations.all()

    assert {row.state for row in people} == set(Registration.State)
    assert people.exclude(withdrawn=None).count() == 1
    assert quotas.holders().filter(kind=delegates, affiliation=point.organisation).count() == quota.places > 0
    assert [Waiting.objects.in_line().of_kind(kind.pk).count() for kind in (media, delegates)] == [3, 1]
    assert kind_places.fill_all(NOW) == 0
    assert point.user.email == "focal-point@sample.invalid"
    with transaction.atomic():
        assert [decisions.approve(row, by=officer, now=NOW).state for row in asked] == ["approved"] * 9
        transaction.set_rollback(True)
    found = {(row.state, row.is_open(NOW)) for row in invited}
    assert found == {("invited", True), ("invited", False), ("taken_back", False)}
    assert {row.kind.is_invited for row in invited} == {True}
    assert current.focal_point_requests.get().state == "asked"


def test_somebody_can_be_registered_at_the_door_of_the_current_edition(current):
    """By the pass whose link `make run` prints: whoever has it can try it."""
    doors = current.doors.all()
    door, by = doors.get(name=first_start.ENTRANCE), UserFactory()
    scopes = {(row.room is not None, row.session is not None) for row in doors}
    assert (scopes, inside.people_inside(door, at=NOW).count()) == (
        {(False, False), (True, False), (False, True)},
        11,
    )
    made = passes.make(door, day=current.today(NOW), holder="To try it", may_register=True, by=by, now=NOW)
    offered = newcomers.offered(made, now=NOW)
    said = {"email": "awa@example.org", "name": "Awa Diallo", "organisation": "", "country": "ML", "consent": True}
    said |= {"stakeholder_type": "academia", "kind": offered[0].kind.pk}

    scan = newcomers.register(made, data=said, key=uuid.uuid4(), now=NOW)

    assert ([offer.kind.slug for offer in offered], scan.outcome) == (["day"], "in")


def test_people_of_the_forum_that_is_over_have_certificates(past, current):
    held = ParticipationCertificate.objects.filter(rule__forum=past)
    attended = Attendance.objects.filter(session__forum=past).values("registration").annotate(n=Count("pk"))

    assert held.count() == attended.filter(n__gte=3).count() > 100
    assert not current.certificate_rules.exists()


# --- its prizes ------------------------------------------------------------------------------------
def test_prizes_of_2020_have_the_published_sums_and_are_announced_by_two(past):
    edition = past.prize_edition
    submitted, count = Nomination.objects.submitted().filter(edition=edition), counting.latest(edition)
    nominated = Counter(submitted.filter(state="nominated").values_list("category__number", flat=True))
    champions = count.results.filter(is_champion=True).values_list("category__number", flat=True)

    assert (submitted.count(), sum(nominated.values()), len(nominated)) == (806, 353, 18)
    assert max(nominated.values()) <= edition.nominees_per_category
    assert Counter(champions) == dict.fromkeys(range(1, 19), 5)
    assert Winner.objects.filter(category__edition=edition).values("category").distinct().count() == 18
    assert [embargo.is_lifted(edition, kind=kind, now=NOW) for kind in ("champions", "winners")] == [True, True]
    assert Approval.objects.agreed().filter(forum=edition.forum).exclude(decided_by=F("proposed_by")).count() == 4
    assert set(edition.quarantines.in_force().values_list("kind", flat=True)) == {"script", "double"}
    assert Ballot.objects.filter(edition=edition, is_quarantined=True).count() == 18
    assert (count.valid_ballots, count.valid_votes, count.incomplete_ballots) == (420, 420 * 18, 26)
    assert 0 < count.attendee_ballots < 420
    assert edition.closed is None


def test_sample_nominations_keep_the_rules(past, current):
    found = Nomination.objects.filter(edition__forum__in=[past, current]).select_related("edition__forum")
    rows = list(found.prefetch_related("linkages", "versions")[:300])

    problems = {row.title: NominationDraft(row, now=row.submitted).problems() for row in rows}

    assert {title: found for title, found in problems.items() if found} == {}
    assert all(row.is_sample and projects.NOTE in row.description and row.versions.all() for row in rows)
    assert found.values("title_key").distinct().count() == found.count()


def test_outcome_document_of_2020_has_the_published_sums_and_both_numbers_of_votes(past):
    parts = list(prize_chapter.prize(past, now=NOW))

    figures = {label: figure for part in parts if part.kind == "tiles" for figure, label in part.tiles}
    cast = past.prize_edition.ballots.aggregate(n=Sum("chosen"))["n"]
    assert figures == {
        "projects submitted": "806",
        "nominated": "353",
        "champions": "90",
        "winners": "18",
        "votes cast": f"{cast:,}",
        "valid votes": "7,560",
    }
    assert cast > 7_560


def test_sample_bundle_can_be_recounted(past, tmp_path):
    with (tmp_path / "bundle.zip").open("w+b") as file:
        bundle.write(counting.latest(past.prize_edition), file)

    said = list(recount.recount(str(tmp_path / "bundle.zip"), [], "", ""))

    assert "The ranking agrees: 353 nominees, 90 champions." in said
    assert not Commitment.objects.filter(edition=past.prize_edition, block=None).exists()


def test_sample_reviews_fill_the_leaderboard(past, current):
    for forum in (past, current):
        reviews = Assignment.objects.filter(nomination__edition__forum=forum)
        assert reviews.filter(state="recused").exclude(answer="").count() > 5
        assert not reviews.filter(state="done").annotate(n=Count("scores")).exclude(n=9).exists()
    done = Score.objects.filter(assignment__nomination__edition__forum=past)
    means = dict(done.values_list("assignment__nomination__state").annotate(Avg("points")))
    assert means["nominated"] > means["not_nominated"] + 0.5


def test_current_edition_is_in_its_vote_and_its_chain_goes_on(current):
    edition = current.prize_edition
    commitments, votes = Commitment.objects.filter(edition=edition), Vote.objects.filter(ballot__edition=edition)
    states = Counter(edition.ballots.values_list("is_complete", flat=True))

    assert (edition.is_in("voting", now=NOW), edition.polls_sealed) == (True, None)
    assert states == {True: 168, False: 90}
    assert not votes.filter(cast__gt=NOW).exists()
    assert (edition.quarantines.count(), edition.quarantines.in_force().count()) == (1, 0)
    first, second = chain.blocks(edition)[1:3]
    assert second.sealed - first.sealed == timedelta(hours=1)
    assert commitments.count() > votes.count()  # a choice that was changed leaves a commitment that no vote has

    chain.seal(edition, now=NOW)

    assert not commitments.filter(block=None).exists()
    assert edition.blocks.count() == chain.last(edition).number + 1


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
