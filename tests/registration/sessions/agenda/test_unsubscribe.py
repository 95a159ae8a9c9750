import pytest
from django.test import Client
from django.urls import reverse

from events.models import HistoryEntry
from registration.sessions.agenda import unsubscribing
from tests.factories import RegistrationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def registration():
    return RegistrationFactory()


def address(registration):
    return reverse("registration:unsubscribe", args=[unsubscribing.token(registration.pk)])


def wants(registration):
    registration.refresh_from_db()
    return registration.wants_reminders


def test_get_only_shows_a_button_and_names_no_person(client, registration):
    shown, asked = client.get(address(registration)), client.head(address(registration))

    text = shown.content.decode()
    assert (shown.status_code, asked.status_code, client.put(address(registration)).status_code) == (200, 200, 405)
    assert (shown["Cache-Control"], wants(registration)) == ("private, no-store", True)
    assert ("Stop the reminders" in text, registration.name in text, registration.user.email in text) == (
        True,
        False,
        False,
    )


def test_button_stops_the_reminders_of_this_forum_and_sends_them_again(registration):
    client = Client(enforce_csrf_checks=True)
    other = RegistrationFactory(forum__slug="2021", user=registration.user)

    answer = client.post(address(registration), follow=True)
    stopped = wants(registration), wants(other)
    client.post(address(registration), {"wanted": "yes"})

    assert answer.redirect_chain == [(address(registration), 303)]
    assert b"Send reminders again" in answer.content
    assert (stopped, wants(registration)) == ((False, True), True)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "sent",
    [
        {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"List-Unsubscribe": "One-Click"}},
    ],
)
def test_one_click_of_a_mail_program_needs_no_cookie(registration, sent, times):
    client = Client(enforce_csrf_checks=True)

    answers = [client.post(address(registration), **sent) for _time in range(times)]

    assert {(a.status_code, a.content, a.cookies.output()) for a in answers} == {(200, b"", "")}
    assert wants(registration) is False
    assert list(HistoryEntry.objects.values_list("verb", "before", "after")) == [
        ("set-reminders", {"wants_reminders": True}, {"wants_reminders": False})
    ]
