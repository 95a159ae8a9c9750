from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from registration.models import Attendance, Registration
from tests.factories import NOW, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

CANARY = "https://meet.example.org/canary-7731?pwd=s3cret"
HOUR = timedelta(hours=1)


@pytest.fixture
def session(db):
    """Live at NOW, with a meeting."""
    return SessionFactory(code="ABC123", starts=NOW - timedelta(minutes=20), ends=NOW + HOUR, meeting_url=CANARY)


@pytest.fixture
def registration(session, client):
    registration = RegistrationFactory(forum=session.forum)
    client.force_login(registration.user)
    return registration


def get(client, session, **headers):
    return client.get(reverse("registration:join", args=[session.forum.slug, session.code]), headers=headers)


def changed(session, **values):
    type(session).objects.update(**values)
    session.refresh_from_db()
    return session


def assert_kept_out(response):
    """Neither the meeting's address nor an attendance comes of it."""
    assert b"canary-7731" not in response.content
    assert "canary-7731" not in repr(response.headers)
    assert Attendance.objects.count() == 0


def test_join_records_each_entry_and_leads_to_the_meeting(client, session, registration, time_machine):
    responses = [get(client, session, **{"Sec-Fetch-Mode": "navigate"}), client.get("/fr/2020/join/ABC123/")]
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)
    responses.append(client.get("/2020/join/ABC123/?next=https://evil.example.org&url=//evil.example.org"))

    for response in responses:
        assert (response.status_code, response["Location"]) == (302, CANARY)
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]
    seen = Attendance.objects.get()
    assert (seen.registration, seen.session, seen.entries, seen.source) == (registration, session, 2, "join")
    assert seen.last_seen - seen.first_seen == timedelta(minutes=5)


def test_join_ahead_of_the_person_does_not_count(client, session, registration):
    for name, value in [
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "preview"),
        ("X-Moz", "prefetch"),
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Mode", "cors"),
    ]:
        response = get(client, session, **{name: value})

        assert (response.status_code, response.content) == (204, b""), (name, value)
        assert_kept_out(response)


@pytest.mark.parametrize(
    ("zone", "sentences"),
    [
        ("Africa/Bamako", ["22 July, 12:20 Bamako (12:20 UTC)", "22 July, 14:20 Geneva (12:20 UTC)"]),
        ("Europe/Zurich", ["22 July, 14:20 Geneva (12:20 UTC)"]),
    ],
)
def test_join_too_early_says_when_it_opens(client, session, registration, zone, sentences):
    Registration.objects.update(time_zone=zone)
    changed(session, starts=NOW + timedelta(minutes=15, seconds=1))

    response = get(client, session)

    text = response.content.decode()
    assert response.status_code == 200
    assert [text.count(sentence) for sentence in sentences] == [1] * len(sentences)
    assert text.count("(12:20 UTC)") == len(sentences)
    assert_kept_out(response)


@pytest.mark.parametrize(
    ("starts", "ends", "closes"),
    [(NOW + timedelta(minutes=15), NOW + HOUR, 0), (NOW - HOUR, NOW - timedelta(minutes=4), 5)],
)
def test_join_is_open_before_and_after_as_the_forum_says(client, session, registration, starts, ends, closes):
    changed(session, starts=starts, ends=ends)
    type(session.forum).objects.update(join_closes_minutes=closes)

    assert get(client, session)["Location"] == CANARY


@pytest.mark.parametrize(
    ("recording", "sentence"),
    [("https://videos.example.org/5", "https://videos.example.org/5"), ("", "There is no recording yet")],
)
def test_join_after_the_end_shows_the_recording(client, session, registration, recording, sentence):
    changed(session, starts=NOW - HOUR, ends=NOW, recording_url=recording)

    response = get(client, session)

    assert (response.status_code, sentence in response.content.decode()) == (200, True)
    assert_kept_out(response)


def test_join_of_a_cancelled_session_says_so(client, session, registration):
    response = get(client, changed(session, state="cancelled"))

    assert "This session is cancelled" in response.content.decode()
    assert_kept_out(response)


@pytest.mark.parametrize("address", ["", "javascript:alert(1)"])
@pytest.mark.parametrize(
    ("broadcast", "sentence"),
    [("https://live.example.org/1", "https://live.example.org/1"), ("", "not there yet")],
)
def test_join_without_a_meeting_records_and_says_so(client, session, registration, address, broadcast, sentence):
    response = get(client, changed(session, meeting_url=address, broadcast_url=broadcast))

    text = response.content.decode()
    assert (response.status_code, Attendance.objects.count()) == (200, 1)
    assert (sentence in text, "Your attendance is recorded" in text) == (True, True)


def test_join_while_withdrawing_in_another_tab(client, session, registration):
    def withdraw_first(execute, sql, params, many, context):
        if sql.startswith("SAVEPOINT"):
            execute('UPDATE registration_registration SET withdrawn = "consented"', None, False, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(withdraw_first):
        response = get(client, session)

    assert "You have withdrawn from this forum" in response.content.decode()
    assert_kept_out(response)


def test_join_of_what_the_public_may_not_see_or_of_nonsense_is_not_found(client, session, registration):
    ForumFactory(slug="2021")
    answers = [
        client.get(path) for path in ("/2021/join/ABC123/", *(f"/2020/join/{c}/" for c in ("abc123", "NO", "%FF")))
    ]
    changed(session, state="draft")
    answers.append(get(client, session))
    changed(session, state="scheduled")
    type(session.forum).objects.update(is_public=False)
    answers.append(get(client, session))

    assert {answer.status_code for answer in answers} == {404}
    for answer in answers:
        assert_kept_out(answer)
