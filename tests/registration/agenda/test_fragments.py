from datetime import timedelta

import pytest

from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/2020/programme/?week=5"}


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def html(client, path, **headers):
    response = client.get(path, headers=HTMX | headers)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    return response.content.decode()


def test_me_of_a_visitor_offers_log_in_and_registration(client):
    ForumFactory()

    found = html(client, "/2020/me/")

    assert 'href="/accounts/login/?next=%2F2020%2Fprogramme%2F%3Fweek%3D5"' in found
    assert 'href="/2020/register/"' in found
    assert "sessionid" not in client.cookies


def test_me_never_leads_a_log_in_away(client):
    ForumFactory()

    found = html(client, "/2020/me/", **{"HX-Current-URL": "https://evil.example/2020/"})

    assert "evil" not in found


def test_me_without_htmx_is_a_link_too(client):
    ForumFactory()

    assert b'href="/accounts/login/"' in client.get("/2020/me/").content


def test_me_of_somebody_unregistered_offers_registration(client):
    ForumFactory()
    client.force_login(UserFactory())

    found = html(client, "/2020/me/")

    assert 'href="/2020/register/"' in found
    assert "Log in" not in found


def test_me_marks_the_booked_sessions(client):
    registration = RegistrationFactory()
    mine, other = BookingFactory(registration=registration).session, BookingFactory().session
    client.force_login(registration.user)

    found = html(client, "/2020/me/")

    assert 'href="/2020/agenda/"' in found
    assert f'<template data-booked="{mine.code}">' in found
    assert other.code not in found


def test_me_brings_the_message_of_a_form(client):
    registration = RegistrationFactory()
    session = SessionFactory()
    client.force_login(registration.user)
    client.post(f"/2020/book/{session.code}/", {"next": f"/2020/programme/{session.code}/"})

    first, second = html(client, "/2020/me/"), html(client, "/2020/me/")

    assert "Your place is booked." in first
    assert "Your place is booked." not in second


@pytest.mark.parametrize("rows", [1, 3])
def test_me_queries(client, django_assert_num_queries, rows):
    registration = RegistrationFactory()
    BookingFactory.create_batch(rows, registration=registration)
    client.force_login(registration.user)

    with django_assert_num_queries(7):  # two of them: is a ballot incomplete, does a review wait
        client.get("/2020/me/")


def test_me_of_a_visitor_queries(client, django_assert_num_queries):
    ForumFactory()

    with django_assert_num_queries(1):
        client.get("/2020/me/")


def test_card_of_a_visitor(client):
    session = SessionFactory(capacity=5)
    BookingFactory(session=session)

    found = html(client, f"/2020/me/{session.code}/")

    assert f'href="/2020/book/{session.code}/"' in found
    assert f'href="/accounts/login/?next=/2020/programme/{session.code}/"' in found
    assert "4 seats are free." in found


def test_card_of_somebody_unregistered(client):
    session = SessionFactory()
    client.force_login(UserFactory())

    found = html(client, f"/2020/me/{session.code}/")

    assert f'href="/2020/register/?next=/2020/programme/{session.code}/"' in found


def test_card_before_the_session(client):
    registration, session = RegistrationFactory(), SessionFactory()
    client.force_login(registration.user)

    found = html(client, f"/2020/me/{session.code}/")

    assert f'action="/2020/book/{session.code}/"' in found
    assert "csrfmiddlewaretoken" in found
    assert "23 July, 11:45" in found
    assert "/join/" not in found


def test_card_of_a_booked_session(client):
    booking = BookingFactory()
    client.force_login(booking.registration.user)

    found = html(client, f"/2020/me/{booking.session.code}/")

    assert "✓ In my agenda" in found
    assert f'action="/2020/leave/{booking.session.code}/"' in found
    assert "seats" not in found


def test_card_while_the_session_runs(client):
    session = SessionFactory(starts=NOW - timedelta(minutes=5), meeting_url="https://meet.example.org/secret")
    client.force_login(RegistrationFactory().user)

    found = html(client, f"/2020/me/{session.code}/")

    assert f'href="/2020/join/{session.code}/"' in found
    assert "meet.example.org" not in found


def test_card_of_a_full_session(client):
    session = SessionFactory(capacity=1)
    BookingFactory(session=session)
    client.force_login(RegistrationFactory().user)

    found = html(client, f"/2020/me/{session.code}/")

    assert "This session is full." in found
    assert "/book/" not in found


@pytest.mark.parametrize("parts", [{"state": "cancelled"}, {"starts": NOW - timedelta(days=1)}])
def test_card_of_what_does_not_take_place_any_more_is_empty(client, parts):
    session = SessionFactory(**parts)
    client.force_login(RegistrationFactory().user)

    assert html(client, f"/2020/me/{session.code}/").strip() == ""


def test_card_of_a_draft_is_not_found(client):
    session = SessionFactory(state="draft")

    assert client.get(f"/2020/me/{session.code}/").status_code == 404


def test_card_queries(client, django_assert_num_queries):
    session = SessionFactory(capacity=10)
    registration = RegistrationFactory()
    BookingFactory.create_batch(3, session=session)
    client.force_login(registration.user)

    with django_assert_num_queries(7):
        client.get(f"/2020/me/{session.code}/")


@pytest.mark.parametrize("path", ["/2020/me/", "/2020/me/ABC123/"])
def test_fragments_only_read(client, path):
    SessionFactory(code="ABC123")

    assert client.post(path).status_code == 405
