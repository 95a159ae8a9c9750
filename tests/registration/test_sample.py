"""The sample people: 2020 at full scale, 15,000 attendances, and the current edition."""

import uuid
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Count, F

from events.disclosure.hidden_cells import hide_in_table
from events.models import Forum
from events.sample import draw
from events.sample import forum as sample_forum
from prizes.outcome_document import content
from registration import sample
from registration.accreditation import decisions, quotas
from registration.attendance import tally
from registration.door import inside, passes
from registration.door.on_the_spot import newcomers
from registration.door.sample import ENTRANCE
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
from registration.registering.sample import FOCAL_POINT
from registration.seats import kind_places
from tests.events.disclosure.attacker import Reader, published
from tests.factories import UserFactory
from tests.prizes.outcome_document.reading import parts_of
from tests.registration.statistics.figures_reader import reader_of_people, reader_of_sessions

GROUPS = ("region", "country", "stakeholder_type", "gender")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker):
    """Both forums with their people, 2020 counted; once for all tests here, rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        past, current = sample_forum.make_2020(), sample_forum.make_current(NOW)
        sample.register(past, attendances=15_000, now=NOW)
        sample.register(current, attendances=703, now=NOW)
        tally.recount(past, now=NOW)
        connection.check_constraints()  # once, and not again after each test
        yield
        transaction.set_rollback(True)


@pytest.fixture
def past(both, db):
    return Forum.objects.get(slug="2020")


@pytest.fixture
def current(both, db):
    return Forum.objects.exclude(slug="2020").get()


def test_shares_out_meets_the_shares():
    weights = [3, 1, 1, 2, 1, 2, 5, 1, 1, 3]

    values = sample.shares_out(weights, shares={"a": 50, "b": 50}, rng=draw("a test"))

    sums = Counter()
    for weight, value in zip(weights, values, strict=True):
        sums[value] += weight
    assert abs(sums["a"] - sums["b"]) <= 5


def test_15000_attendances_have_the_published_shares(past):
    attendances = Attendance.objects.filter(session__forum=past)

    assert attendances.count() == 15_000
    assert 6_300 <= past.registrations.count() <= 6_500
    assert attendances.values("country").distinct().count() >= 150
    for field in ("region", "stakeholder_type", "gender"):
        found = dict(attendances.order_by().values_list(field).annotate(n=Count("pk")))
        shares = sample.FACTS[f"{field.removesuffix('_type')}_shares"]
        assert {key for key, share in shares.items() if abs(found[key] / 150 - share) > 0.5} == set(), field


def test_sample_people_take_part_in_both_forums_and_cannot_log_in(past, current):
    users = get_user_model().objects.filter(email__endswith="@sample.invalid")

    assert [user.email for user in users if user.has_usable_password()] == []
    assert (
        users.filter(email__startswith="sample", registrations__isnull=False).distinct().count()
        == past.registrations.count()
    )
    assert current.registrations.filter(user__email__startswith="sample").count() == 300
    assert Forum.objects.filter(registrations__is_sample=False).count() == 0


def test_people_attend_past_sessions_and_book_after_the_registration(current):
    attended = Attendance.objects.filter(session__forum=current)
    booked = Booking.objects.filter(session__forum=current)

    assert (attended.count(), attended.filter(session__ends__gt=NOW).count()) == (703, 0)
    assert attended.filter(first_seen__lt=F("registration__created")).count() == 0
    assert booked.filter(created__lt=F("registration__created")).count() == 0
    assert booked.filter(created__gt=NOW).count() == 0
    assert booked.filter(session__state="cancelled").count() == 0


def test_smallest_session_keeps_one_seat(current):
    smallest = current.sessions.get(capacity=12)
    overbooked = current.sessions.annotate(booked=Count("bookings")).filter(booked__gt=F("capacity"))

    assert (smallest.bookings.count(), overbooked.count()) == (11, 0)


def test_one_session_is_full_and_has_a_waiting_list(current):
    full = current.sessions.get(capacity=8)

    assert (full.bookings.count(), full.waitings.in_line().count(), full.starts > NOW) == (7, 5, True)
    assert full.waitings.offered(NOW).count() == 1
    assert not full.waitings.filter(registration__bookings__session=full).exists()


def test_no_past_session_no_attendance(current):
    Attendance.objects.filter(session__forum=current).delete()
    Stay.objects.filter(session__forum=current).delete()
    current.registrations.all().delete()
    current.sessions.filter(starts__lt=NOW).delete()

    sample.register(current, attendances=100, now=NOW)

    assert Attendance.objects.filter(session__forum=current).count() == 0
    assert Booking.objects.filter(session__forum=current).count() > 50


def test_figures_of_15000_attendances_give_no_small_group_away(past, client):
    cells = {(row.dimension, row.value): row.people for row in Tally.objects.filter(forum=past, session=None)}
    groups = {key: number for key, number in cells.items() if key[0] in GROUPS}

    counted = Tally.objects.filter(forum=past, dimension="total", session__isnull=False).select_related("session")
    sessions = {("session", row.session.code): row.people for row in counted}

    reader = reader_of_people(client, "/2020/statistics/", region_field="region", dimensions=GROUPS)

    assert reader.finds(groups) == set()
    assert reader_of_sessions(client, past).finds(sessions) == set()
    assert {key for key, number in reader.shown.items() if number is None} == {("country", "MK"), ("country", "CZ")}
    by_itself = {}
    for dimension in ("region", "country"):
        own = {key: number for key, number in groups.items() if key[0] == dimension}
        by_itself |= published(own, hide_in_table(own))
    assert Reader(by_itself, reader.sums).finds(groups) == {("country", "MK")}  # the control: as it once was


def test_current_edition_shows_every_state_of_kinds_and_questions(current):
    offers = {offer.kind.slug: offer.left for offer in kinds.offers(kinds.of(current.pk), now=NOW)}
    rows = current.registration_questions.all()
    answered = {name for answers in current.registrations.values_list("answers", flat=True) for name in answers}

    assert offers == {"remote": None, "delegate": 12, "media": 0, "day": 300}
    assert [kind.slug for kind in kinds.of(current.pk) if not kind.is_open(NOW)] == ["visitor"]
    assert {row.type for row in rows} == set(RegistrationQuestion.Type)
    assert answered == {row.name for row in rows}
    assert rows.exclude(retired=None).count() == 1
    for row in rows:
        row.full_clean()
        assert set(row.translations) == {"fr", "ar"}
    for row in current.kinds.all():
        row.full_clean()


def test_somebody_can_be_registered_at_the_door_of_the_current_edition(current):
    """By the pass whose link `make run` prints: whoever has it can try it."""
    door = current.doors.get(name=ENTRANCE)
    by = UserFactory()
    made = passes.make(door, day=current.today(NOW), holder="To try it", may_register=True, by=by, now=NOW)[0]
    offered = newcomers.offered(made, now=NOW)
    said = {"email": "awa@example.org", "name": "Awa Diallo", "organisation": "", "country": "ML", "consent": True}
    said |= {"stakeholder_type": "academia", "kind": offered[0].kind.pk}

    scan = newcomers.register(made, data=said, key=uuid.uuid4(), now=NOW)

    assert ([offer.kind.slug for offer in offered], scan.outcome) == (["day"], "in")


def test_current_edition_has_people_in_every_state_and_an_organisation_without_places(current):
    people = current.registrations.filter(user__email__startswith="asked")
    point = current.focal_points.get()
    quota = Quota.objects.get(organisation=point.organisation)
    media, delegates = (current.kinds.get(slug=slug) for slug in ("media", "delegate"))

    assert {row.state for row in people} == set(Registration.State)
    assert people.exclude(withdrawn=None).count() == 1
    assert quotas.holders().filter(kind=delegates, affiliation=point.organisation).count() == quota.places > 0
    assert [Waiting.objects.in_line().of_kind(kind.pk).count() for kind in (media, delegates)] == [3, 1]
    assert kind_places.fill_all(NOW) == 0
    assert point.user.email == FOCAL_POINT


def test_organisers_can_approve_whom_the_current_edition_shows_with_the_secretariat(current):
    asked = Registration.objects.filter(forum=current, kind__slug="delegate", state="secretariat")
    officer, number = UserFactory(), asked.count()

    with transaction.atomic():
        answers = {decisions.approve(row, by=officer, now=NOW).state for row in asked}
        transaction.set_rollback(True)

    assert (number, answers) == (9, {"approved"})


def test_current_edition_has_invitations_and_somebody_who_asks_to_be_a_focal_point(current):
    rows = current.registration_invitations.all()

    found = {(row.state, row.is_open(NOW)) for row in rows}
    assert found == {("invited", True), ("invited", False), ("taken_back", False)}
    assert {row.kind.is_invited for row in rows} == {True}
    assert current.focal_point_requests.get().state == "asked"


def test_current_edition_has_a_door_of_each_scope_a_hold_and_people_inside(current):
    doors = current.doors.all()

    assert {(door.room is not None, door.session is not None) for door in doors} == {
        (False, False),
        (True, False),
        (False, True),
    }
    assert inside.people_inside(doors.get(name="Main entrance"), at=NOW).count() == 11
    hold = SeatHold.objects.get(session__forum=current)
    assert (hold.kind.slug, hold.session.capacity) == ("speaker", 60)
    for door in doors:
        door.full_clean()


def test_people_of_the_forum_that_is_over_have_certificates(past, current):
    held = ParticipationCertificate.objects.filter(rule__forum=past)
    attended = Attendance.objects.filter(session__forum=past).values("registration").annotate(n=Count("pk"))

    assert held.count() == attended.filter(n__gte=3).count() > 100
    assert not current.certificate_rules.exists()


def test_outcome_document_of_2020_has_the_published_figures_to_the_tenth(past):
    parts = parts_of(content.document(past, version=1, now=NOW))

    figures = next(part["tiles"] for part in parts if part["kind"] == "tiles")
    tables = [part["rows"] for part in parts if part["kind"] == "table"]
    shares = [[row[2]["text"] for row in table] for table in tables[:3]]
    countries = int(figures[2][0])
    assert (figures[0], countries >= 150) == (["15,000", "attendances, all sessions added up"], True)
    assert shares[0] == ["35.0%", "21.0%", "18.0%", "17.0%", "9.0%"]
    assert (shares[1][:2], shares[2]) == (["32.0%", "21.0%"], ["55.0%", "45.0%"])
