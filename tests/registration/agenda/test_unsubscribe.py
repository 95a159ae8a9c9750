import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from registration.agenda import unsubscribing
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


@pytest.mark.parametrize("method", ["get", "head"])
def test_get_only_shows_a_button(client, registration, method):
    answer = getattr(client, method)(address(registration))

    assert (answer.status_code, answer["Cache-Control"], wants(registration)) == (200, "private, no-store", True)
    assert b"Stop the reminders" in client.get(address(registration)).content


def test_button_stops_the_reminders(registration):
    client = Client(enforce_csrf_checks=True)

    answer = client.post(address(registration), follow=True)

    assert answer.redirect_chain == [(address(registration), 303)]
    assert wants(registration) is False
    assert b"Send reminders again" in answer.content


def test_one_click_of_a_mail_program_needs_no_cookie(registration):
    client = Client(enforce_csrf_checks=True)

    answer = client.post(
        address(registration), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )

    assert (answer.status_code, answer.content, answer.cookies.output()) == (200, b"", "")
    assert wants(registration) is False


def test_one_click_as_form_data_works_too(registration):
    Client(enforce_csrf_checks=True).post(address(registration), {"List-Unsubscribe": "One-Click"})

    assert wants(registration) is False


def test_one_click_twice_stays_stopped(registration):
    for _time in range(2):
        Client().post(address(registration), {"List-Unsubscribe": "One-Click"})

    assert wants(registration) is False


def test_way_back_sends_them_again(client, registration):
    client.post(address(registration))

    client.post(address(registration), {"wanted": "yes"})

    assert wants(registration) is True


def test_stops_the_one_registration_only(client, registration):
    other = RegistrationFactory(forum__slug="2021", user=registration.user)

    client.post(address(registration))

    assert (wants(registration), wants(other)) == (False, True)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("token", ["1", "1.x", "x", "1." + "A" * 43, "9" * 500])
def test_wrong_token_is_not_found(client, registration, token, method):
    answer = getattr(client, method)(f"/unsubscribe/{token}/")

    assert (answer.status_code, wants(registration)) == (404, True)


def test_token_signed_for_another_purpose_is_not_found(client, registration):
    token = signing.Signer(sep=".", salt="another").sign(str(registration.pk))

    assert client.post(f"/unsubscribe/{token}/").status_code == 404


def test_token_of_a_deleted_registration_is_not_found(client, registration):
    here = address(registration)
    registration.delete()

    assert client.get(here).status_code == 404


def test_other_methods_are_refused(client, registration):
    assert client.put(address(registration)).status_code == 405


def test_page_names_no_person(client, registration):
    content = client.get(address(registration)).content.decode()

    assert registration.name not in content
    assert registration.user.email not in content
