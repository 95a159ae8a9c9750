"""Mails that strangers can make the site send: so many to one address and from one network, and the page says so."""

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from events.models import Message, User
from registration.people.accounts import log_in_limits
from tests.factories import NOW, ForumFactory, confirmed
from tests.registration.people.accounts.test_accounts import KNOWN, OTHER, PASSWORD, UNKNOWN, log_in, mails

pytestmark = pytest.mark.django_db
CODES, RESET = "/accounts/login/code/", "/accounts/password/reset/"
SENTENCE = "Several mails were asked for just now, to this address."


@pytest.fixture(autouse=True)
def _world(time_machine, monkeypatch):
    for name, few in (("MAILS_ASKED", 5), ("MAILS_FROM_A_NETWORK", 3), ("MAILS_AT_ONCE", 2)):
        monkeypatch.setattr(log_in_limits, name, few)
    time_machine.move_to(NOW.replace(minute=0), tick=False)  # a full hour: limits count by the clock
    ForumFactory()


def stranger(network=1):
    return Client(REMOTE_ADDR=f"198.18.{network}.7")


def asks(way, email=KNOWN, *, network=1):
    return stranger(network).post(way, {"email": email, "password1": PASSWORD}, follow=True).content.decode()


@pytest.mark.parametrize("way", [CODES, RESET, "/accounts/signup/"])
@pytest.mark.parametrize("email", [KNOWN, UNKNOWN])
def test_network_that_asks_too_often_is_told_so(awa, way, email):
    pages = [asks(way, email) for _one in range(log_in_limits.MAILS_AT_ONCE + 1)]

    assert [SENTENCE in page for page in pages[-2:]] == [False, True]
    assert len(mails(email)) == log_in_limits.MAILS_AT_ONCE


@pytest.mark.parametrize("way", [CODES, RESET, "/accounts/signup/"])
def test_many_networks_fill_no_mailbox_and_are_told_so(way):
    pages = [asks(way, network=one) for one in range(log_in_limits.MAILS_ASKED + 1)]

    assert [SENTENCE in page for page in pages[-2:]] == [False, True]
    assert len(mails()) == log_in_limits.MAILS_ASKED


def test_one_network_does_not_use_up_the_mails_of_an_address(awa, time_machine):
    for _one in range(20):
        time_machine.shift(170)
        asks(CODES)

    page = asks(CODES, network=2)

    assert SENTENCE not in page
    assert len(mails()) <= log_in_limits.MAILS_FROM_A_NETWORK + 6 + 1  # one each ten minutes, whoever asks


@pytest.mark.parametrize("way", [CODES, RESET, "/accounts/signup/"])
def test_names_of_one_box_share_its_mails(way):
    """Strangers put a tag behind a +, or dots between the letters, from as many networks as they like."""
    names = [f"victim+{one}@gmail.com" for one in range(9)] + [f"vic{'.' * one}tim+a@googlemail.com" for one in (1, 0)]
    pages = [asks(way, email, network=one) for one, email in enumerate(names)]

    assert Message.objects.count() <= log_in_limits.MAILS_ASKED + 1  # one more in ten minutes, whoever asks
    assert User.objects.count() <= log_in_limits.MAILS_ASKED + 1
    assert [SENTENCE in page for page in pages[-2:]] == [way != CODES] * 2  # a code: as for an owner, who gets one


def test_somebody_signed_in_fills_no_box_either(client, awa):
    log_in(client)
    for one in range(20):
        client.post("/accounts/email/", {"action_add": "", "email": f"victim+{one}@gmail.com"})

    assert Message.objects.filter(to__startswith="victim").count() == log_in_limits.MAILS_AT_ONCE


def test_who_moves_to_an_address_gets_a_mail_there_whatever_strangers_have_asked_for(client, awa):
    for one in range(20):
        asks(CODES, UNKNOWN, network=one)
    before = len(mails(UNKNOWN))
    log_in(client)

    client.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})

    assert len(mails(UNKNOWN)) == before + 1


def test_many_accounts_that_move_to_an_address_fill_no_box(client):
    for one in range(log_in_limits.MAILS_ASKED + 2):
        mover = confirmed(email=f"mover{one}@example.org", password=make_password(PASSWORD))
        client.logout()
        log_in(client, email=mover.email)
        client.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})

    assert len(mails(UNKNOWN)) == log_in_limits.MAILS_ASKED


def test_mail_without_a_button_is_not_the_one_with_a_button_that_its_owner_waits_for(client, awa):
    log_in(client)
    client.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})
    client.post("/accounts/confirm-email/", {"action": "resend"})
    for one in range(log_in_limits.MAILS_ASKED + 2):
        asks(RESET, UNKNOWN, network=one)
    before = len(mails(UNKNOWN))

    page = asks("/accounts/signup/", UNKNOWN, network=99)

    assert (SENTENCE in page, len(mails(UNKNOWN))) == (False, before + 1)


@pytest.mark.parametrize(("is_confirmed", "came"), [(True, 1), (False, 0)])
def test_owner_gets_a_mail_where_other_names_of_the_box_have_spent_its_mails(is_confirmed, came):
    """And nobody sees from the page that there is an account; one that strangers signed up for is no reason for more mails."""
    email = "vic.tim+forum@gmail.com"
    if is_confirmed:
        confirmed(email=email)
    else:
        User.objects.create_user(email=email, password=PASSWORD)
    for one in range(9):
        asks(CODES, f"victim+{one}@gmail.com", network=one)

    pages = [asks(CODES, one, network=99).replace(one, "") for one in (email, "vict.im+forum@gmail.com")]

    assert [SENTENCE in page for page in pages] == [False, False]
    assert len(mails(email)) == came


def test_owner_is_told_of_a_new_password_whatever_was_asked_for_before(client, awa, time_machine):
    """A thief in the session would ask for mails until the one that betrays them is left out."""
    log_in(client)
    for _one in range(17):
        time_machine.shift(200)
        client.post(RESET, {"email": KNOWN})

    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})

    assert mails()[-1].subject == "Your password has changed"
