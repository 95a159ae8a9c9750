"""The pages of one's own data: who gets in, what is asked, and what stands there when something is refused."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from events.models import Message
from registration.models import Erasure
from registration.people.data_rights import erasures
from tests.factories import NOW, AppearanceFactory, ForumFactory, SpeakerFactory, UserFactory, confirmed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PASSWORD = "a long enough sentence"


@pytest.fixture
def awa():
    return confirmed(email="awa@example.org", password=make_password(PASSWORD))


@pytest.fixture
def site(client, awa):
    """A browser in which Awa logged in, and gave her password a moment ago."""
    ForumFactory()
    client.force_login(awa)
    client.post("/accounts/reauthenticate/?next=/account/erase/", {"password": PASSWORD})
    return client


def page(site, address="/account/erase/"):
    return re.sub(r"\s+", " ", site.get(address).content.decode())


def test_wish_is_noted_once_the_password_was_given_shown_and_taken_back(site, awa):
    stolen = Client()
    stolen.force_login(awa)
    for method in (stolen.get, stolen.post):
        assert method("/account/erase/")["Location"] == "/accounts/reauthenticate/?next=%2Faccount%2Ferase%2F"
    assert not Erasure.objects.exists()
    assert "Erase my account in three days" in page(site)

    answer = site.post("/account/erase/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/erase/")
    assert Erasure.objects.get().due == NOW + erasures.WAIT
    assert "25 July" in page(site)
    assert "Keep my account" in page(site, "/account/data/")
    site.post("/account/erase/stop/")
    assert Erasure.objects.get().state == "stopped"
    assert "Your account stays as it is." in page(site, "/account/data/")
    site.post("/account/erase/stop/")
    assert "Nothing is waiting to be erased" in page(site, "/account/data/")


def test_link_of_the_mail_leads_over_the_log_in_to_the_button_that_keeps_the_account(site, awa, client):
    site.post("/account/erase/")
    text = Message.objects.get(kind="erasure-asked").text
    link = re.search(r"Keep my account: https?://[^/]+(/\S+)", text).group(1)
    client.force_login(UserFactory())
    for method in (client.get, client.post):  # in another account it keeps and erases nothing
        assert method(link)["Location"] == "/account/data/"
        assert "Nothing is waiting to be erased" in page(client, "/account/data/")
    assert Erasure.objects.get().state == "waiting"
    client.logout()

    asked = client.get(link)
    assert (asked.status_code, asked["Location"]) == (302, f"/accounts/login/?next={link}")
    answer = client.post(asked["Location"], {"login": awa.email, "password": PASSWORD, "next": link})
    assert (answer.status_code, answer["Location"]) == (302, link)
    assert "Keep my account" in page(client, link)
    assert Erasure.objects.get().state == "waiting"  # a program that opens links stops nothing
    client.post(link)

    assert Erasure.objects.get().state == "stopped"
    assert "Your account stays as it is." in page(client, "/account/data/")


def test_each_published_thing_has_a_choice_and_a_wrong_one_is_told_at_its_field(site, awa):
    speaker = SpeakerFactory(name="Awa Diallo", forum=ForumFactory())
    appearance = AppearanceFactory(speaker=speaker)
    appearance.session.invitations.create(
        name="Awa Diallo", email=awa.email, speaker=speaker, state="accepted", invited=NOW
    )
    key = f"speaker:{speaker.pk}"
    assert "Awa Diallo · WSIS Forum 2020" in page(site)

    refused = site.post("/account/erase/", {key: "burn it"})
    assert list(refused.context["form"].errors) == [key]
    assert not Erasure.objects.exists()
    assert "Choose “Keep it as it is” or “Take it out”" in site.post("/account/erase/").content.decode()
    site.post("/account/erase/", {key: "out"})
    assert Erasure.objects.get().taken_out == [key]


def test_log_in_of_the_erased_account_ends(site, awa):
    site.post("/account/erase/")
    erasures.carry_out_due(NOW + erasures.WAIT)

    assert site.get("/account/data/").status_code == 302
    assert site.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD}).status_code == 200
