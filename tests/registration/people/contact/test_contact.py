"""The contact page: a message reaches the secretariat once, nothing goes to the address that was typed."""

import re

import pytest
from django.core import mail
from django.test import Client

from events.models import Message
from events.shared.mail import sender
from events.shared.pages import rate_limits
from registration.people.contact import contact
from tests.factories import NOW, ForumFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SAID = {
    "name": "Awa Diallo",
    "address": "awa@example.org",
    "subject": "Visa letter",
    "message": "My embassy asks for <b>a letter</b>.\nCan you send it?",
}


def send(client=None, *, network="203.0.113", **more):
    return (client or Client()).post("/contact/", SAID | more, REMOTE_ADDR=f"{network}.7")


def test_message_reaches_the_secretariat_once_and_nothing_of_it_stays():
    ForumFactory()
    client = Client()
    for _time in range(2):  # the button was pressed twice
        answer = send(client)
        assert (answer.status_code, answer["Location"]) == (302, "/contact/")
    assert "on its way to the secretariat" in client.get("/contact/").content.decode()

    sender.send_due([Message.Queue.BULK], clock=lambda: NOW)

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["forum@localhost.localdomain"], "Visa letter")
    for part in (
        "My embassy asks for <b>a letter</b>.",
        "Awa Diallo <awa@example.org>",
        "mailto:awa@example.org?subject=Visa%20letter",
    ):
        assert part in sent.body
    html = sent.alternatives[0][0]
    assert ("&lt;b&gt;a letter" in html, "<b>a letter" in html) == (True, False)
    row = Message.objects.get()
    assert (row.is_secret, row.text, row.html) == (True, "", "")


def test_who_is_logged_in_finds_name_and_address_filled_in():
    user, client = UserFactory(name="Awa Diallo", email="awa@example.org"), Client()
    client.force_login(user)

    said = client.get("/contact/").content.decode()

    for part in ('value="Awa Diallo"', 'value="awa@example.org"'):
        assert part in said


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("address", "", "Enter an address such as name@example.org"),
        ("address", "awa@example.org\nBcc: all@example.org", "Enter an address such as name@example.org"),
        ("subject", " … ", "Say in a few words what it is about"),
        ("subject", "x" * 121, "This has 121 characters. Shorten it to 120"),
        ("message", "🙂", "Write your message"),
        ("message", "x" * 5001, "This has 5001 characters. Shorten it to 5000"),
        ("message", "a\0b", "Null characters are not allowed."),
    ],
)
def test_bad_input_gets_a_sentence_at_its_field_and_nothing_is_lost(field, value, sentence):
    answer = send(**{field: value})

    said = answer.content.decode()
    assert (answer.status_code, Message.objects.count()) == (200, 0)
    assert re.search(rf'href="#id_{field}">{re.escape(sentence)}', said), said
    kept = "awa@example.org" if field != "address" else "Can you send it?"
    assert kept in said


def test_lines_of_a_subject_are_one_line():
    send(subject="Visa\r\nBcc: all@example.org")

    assert Message.objects.get().subject == "Visa Bcc: all@example.org"


def test_a_network_writes_so_often_and_no_more_and_what_is_not_taken_is_not_counted(monkeypatch):
    monkeypatch.setattr(contact, "MOST", 3)
    for _time in range(5):
        send(message="")
    for number in range(3):
        assert send(message=f"Letter {number}").status_code == 302

    refused = send(message="Letter 4").content.decode()

    for part in ("Too many messages came in this hour", "Letter 4"):
        assert part in refused
    assert send(network="198.51.100", message="Letter 5").status_code == 302
    assert Message.objects.count() == 4
    assert rate_limits.counted("contact", seconds=rate_limits.HOUR, now=NOW) == 4
