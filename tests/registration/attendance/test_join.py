from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from registration.models import Attendance, Registration
from tests.factories import NOW, ForumFactory, RegistrationFactory, SessionFactory, UserFactory

pytestmark = pytest.mark.django_db

CANARY = "https://meet.example.org/canary-7731?pwd=s3cret"


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def session(db):
    """Live at NOW, with a meeting."""
    return SessionFactory(
        code="ABC123", starts=NOW - timedelta(minutes=20), ends=NOW + timedelta(hours=1), meeting_url=CANARY
    )


@pytest.fixture
def registration(session, client):
    registration = RegistrationFactory(forum=session.forum)
    client.force_login(registration.user)
    return registration


def get(client, session, **headers):
    return client.get(reverse("registration:join", args=[session.forum.slug, session.code]), headers=headers)


def assert_keeps_the_secret(response):
    assert b"canary-7731" not in response.content
    assert "canary-7731" not in repr(response.headers)


def test_join_records_and_leads_to_the_meeting(client, session, registration):
    response = get(client, session)

    assert response.status_code == 302
    assert response["Location"] == CANARY
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    seen = Attendance.objects.get()
    assert (seen.registration, seen.session, seen.entries, seen.source) == (registration, session, 1, "join")


def test_join_in_another_language(client, session, registration):
    response = client.get("/fr/2020/join/ABC123/")

    assert response["Location"] == CANARY


def test_join_twice_counts_two_entries(client, session, registration, time_machine):
    get(client, session)
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)

    get(client, session)

    seen = Attendance.objects.get()
    assert (seen.entries, seen.last_seen - seen.first_seen) == (2, timedelta(minutes=5))


def test_join_ignores_an_address_of_the_visitor(client, session, registration):
    response = client.get("/2020/join/ABC123/?next=https://evil.example.org&url=//evil.example.org")

    assert response["Location"] == CANARY


@pytest.mark.parametrize("method", ["head", "post", "put", "delete", "options"])
def test_join_by_another_method_is_refused(client, session, registration, method):
    response = getattr(client, method)("/2020/join/ABC123/")

    assert response.status_code == 405
    assert_keeps_the_secret(response)
    assert Attendance.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "preview"),
        ("X-Moz", "prefetch"),
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Mode", "cors"),
    ],
)
def test_join_ahead_of_the_person_does_not_count(client, session, registration, name, value):
    response = get(client, session, **{name: value})

    assert (response.status_code, response.content) == (204, b"")
    assert_keeps_the_secret(response)
    assert Attendance.objects.count() == 0


def test_join_by_navigation_counts(client, session, registration):
    assert get(client, session, **{"Sec-Fetch-Mode": "navigate"})["Location"] == CANARY


def test_join_of_a_visitor_asks_to_log_in(client, session):
    response = get(client, session)

    assert response["Location"] == "/accounts/login/?next=/2020/join/ABC123/"
    assert "no-store" in response["Cache-Control"]
    assert_keeps_the_secret(response)


@pytest.mark.parametrize("kind", ["none", "other-forum", "withdrawn"])
def test_join_without_registration_leads_to_it(client, session, kind):
    user = UserFactory()
    if kind == "other-forum":
        RegistrationFactory(user=user, forum=ForumFactory(slug="2021"))
    if kind == "withdrawn":
        RegistrationFactory(user=user, forum=session.forum, withdrawn=NOW)
    client.force_login(user)

    response = get(client, session)

    assert response["Location"] == "/2020/register/?next=%2F2020%2Fjoin%2FABC123%2F"
    assert_keeps_the_secret(response)
    assert Attendance.objects.count() == 0


def test_join_too_early_says_when_it_opens(client, session, registration):
    session.starts, session.ends = NOW + timedelta(minutes=15, seconds=1), NOW + timedelta(hours=1)
    session.save()

    response = get(client, session)

    text = response.content.decode()
    assert response.status_code == 200
    assert "22 July, 12:20 Bamako (12:20 UTC)" in text
    assert "22 July, 14:20 Geneva (12:20 UTC)" in text
    assert_keeps_the_secret(response)
    assert Attendance.objects.count() == 0


def test_join_too_early_in_the_zone_of_the_forum_says_it_once(client, session, registration):
    Registration.objects.update(time_zone="Europe/Zurich")
    session.starts, session.ends = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    session.save()

    text = get(client, session).content.decode()

    assert text.count("22 July, 15:05 Geneva (13:05 UTC)") == 1


def test_join_opens_a_quarter_of_an_hour_before(client, session, registration):
    session.starts, session.ends = NOW + timedelta(minutes=15), NOW + timedelta(hours=1)
    session.save()

    assert get(client, session)["Location"] == CANARY


@pytest.mark.parametrize(
    ("recording", "sentence"),
    [("https://videos.example.org/5", "https://videos.example.org/5"), ("", "There is no recording yet")],
)
def test_join_after_the_end_shows_the_recording(client, session, registration, recording, sentence):
    session.starts, session.ends, session.recording_url = NOW - timedelta(hours=1), NOW, recording
    session.save()

    response = get(client, session)

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert_keeps_the_secret(response)
    assert Attendance.objects.count() == 0


def test_join_after_the_end_names_the_day_by_the_clock_of_the_forum(client, session, registration):
    session.starts, session.ends = NOW.replace(day=20, hour=22, minute=30), NOW.replace(day=20, hour=23)
    session.save()

    assert "This session took place on 21 July 2020." in get(client, session).content.decode()


def test_join_after_the_end_while_the_forum_keeps_it_open(client, session, registration):
    session.starts, session.ends = NOW - timedelta(hours=1), NOW - timedelta(minutes=4)
    session.save()
    type(session.forum).objects.update(join_closes_minutes=5)

    assert get(client, session)["Location"] == CANARY


def test_join_of_a_cancelled_session_says_so(client, session, registration):
    session.state = "cancelled"
    session.save()

    response = get(client, session)

    assert "This session is cancelled" in response.content.decode()
    assert_keeps_the_secret(response)
    assert Attendance.objects.count() == 0


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "/admin/"])
@pytest.mark.parametrize(
    ("broadcast", "sentence"),
    [("https://live.example.org/1", "https://live.example.org/1"), ("", "not there yet")],
)
def test_join_without_a_meeting_records_and_says_so(client, session, registration, address, broadcast, sentence):
    session.meeting_url, session.broadcast_url = address, broadcast
    session.save()

    response = get(client, session)

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert "Your attendance is recorded" in response.content.decode()
    assert Attendance.objects.count() == 1


def test_join_while_withdrawing_in_another_tab(client, session, registration):
    def withdraw_first(execute, sql, params, many, context):
        if sql.startswith("SAVEPOINT"):
            execute('UPDATE registration_registration SET withdrawn = "consented"', None, False, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(withdraw_first):
        response = get(client, session)

    assert "You have withdrawn from this forum" in response.content.decode()
    assert_keeps_the_secret(response)
    assert Attendance.objects.count() == 0


@pytest.mark.parametrize("change", ["draft", "hidden", "elsewhere"])
def test_join_of_what_the_public_may_not_see_is_not_found(client, session, registration, change):
    ForumFactory(slug="2021")
    if change == "draft":
        type(session).objects.update(state="draft")
    if change == "hidden":
        type(session.forum).objects.update(is_public=False)
    slug = "2021" if change == "elsewhere" else "2020"

    response = client.get(f"/{slug}/join/ABC123/")

    assert response.status_code == 404
    assert_keeps_the_secret(response)


@pytest.mark.parametrize("path", ["/2020/join/abc123/", "/2020/join/XXXXXX/", "/2020/join/%FF/"])
def test_join_of_nonsense_is_not_found(client, session, registration, path):
    assert client.get(path).status_code == 404
