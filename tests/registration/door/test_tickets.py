"""Tickets: signed, of one forum, and nothing of the person in them."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.exceptions import ValidationError

from events.models import Message
from registration.accreditation import accreditation_mails, new_tickets
from registration.door import tickets
from tests.factories import (
    NOW,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return RegistrationFactory()


def refused(text, *, forum):
    with pytest.raises(ValidationError) as refusal:
        tickets.read(text, forum=forum)
    return refusal.value.code


def test_ticket_names_its_registration_by_code_and_by_address(person):
    code = tickets.code(person)

    found = [
        tickets.read(text, forum=person.forum).registration for text in (code, f" {code}\n", tickets.address(person))
    ]

    assert found == [person.pk] * 3
    assert tickets.code(person) == code


def test_door_checks_a_ticket_with_the_public_key_alone(person):
    packed = base64.urlsafe_b64decode(tickets.code(person) + "=")
    key = Ed25519PublicKey.from_public_bytes(tickets.public_key(person.forum))

    key.verify(packed[-tickets.SIGNATURE :], packed[: -tickets.SIGNATURE])


@pytest.mark.parametrize("text", ["", "http://[x", "https://evil.example/" + "a" * 5000, "A" * 103, "é" * 103, "\0"])
def test_what_is_no_ticket_is_unknown(person, text):
    assert refused(text, forum=person.forum) == "unknown-ticket"


def test_changed_ticket_is_unknown(person):
    code = tickets.code(person)

    assert refused(("B" if code[0] != "B" else "C") + code[1:], forum=person.forum) == "unknown-ticket"
    assert refused(code[:-5] + "AAAAA", forum=person.forum) == "unknown-ticket"


def test_ticket_of_another_forum_says_so(person):
    assert refused(tickets.code(person), forum=ForumFactory(slug="2027")) == "other-forum"


def test_no_key_is_made_for_a_forum_that_somebody_made_up(person, settings):
    made_up = tickets.FIELDS.pack(tickets.VERSION, 4_000_000_000, 1) + bytes(64)
    code = base64.urlsafe_b64encode(made_up).rstrip(b"=").decode()
    tickets.code(person)

    assert refused(code, forum=person.forum) == "unknown-ticket"
    assert [file.name for file in settings.KEYS_DIR.iterdir()] == [f"tickets-{person.forum_id}.key"]


# --- new tickets ----------------------------------------------------------------------------------
def test_new_ticket_has_the_next_serial_and_the_one_before_stays_genuine(person):
    first = tickets.code(person)

    person = new_tickets.make(person, by=person.user, now=NOW)

    codes = (first, tickets.code(person))
    assert [tickets.read(code, forum=person.forum) for code in codes] == [(person.pk, 1), (person.pk, 2)]
    assert not Message.objects.exists()


def test_organisers_send_a_new_ticket(person):
    new_tickets.make(person, by=UserFactory(), now=NOW)

    mail = Message.objects.get()
    assert (mail.kind, mail.to, mail.subject) == (
        "registered",
        person.user.email,
        f"Your new ticket: {person.forum.name}",
    )
    assert outbox_codes(mail) == [2]


def outbox_codes(mail):
    """The serials of the tickets that a mail shows as it leaves."""
    shown = tickets._in_mails([mail])
    return [tickets.read(text, forum=mail.forum).serial for text in shown.values()]


def test_who_takes_part_online_has_no_ticket(client):
    online = RegistrationFactory(kind=KindFactory(mode="remote"), mode="remote")
    accreditation_mails.write_registered(online, by=None, now=NOW)
    with pytest.raises(ValidationError) as refusal:
        new_tickets.make(online, by=online.user, now=NOW)
    client.force_login(online.user)

    page = client.get(f"/{online.forum.slug}/ticket/")

    assert (refusal.value.code, outbox_codes(Message.objects.get())) == ("no-ticket", [])
    assert "<svg" not in page.content.decode().partition("<main")[2]
    assert "No ticket is needed" in page.content.decode()


def test_door_knows_whom_to_refuse_without_a_line(person, django_assert_num_queries):
    forum = person.forum
    withdrawn = RegistrationFactory(forum=forum, withdrawn=NOW)
    waiting, renewed = RegistrationFactory(forum=forum, state="waiting"), RegistrationFactory(forum=forum)
    new_tickets.make(renewed, by=renewed.user, now=NOW)
    RegistrationFactory(forum=ForumFactory(slug="2021"), withdrawn=NOW)

    with django_assert_num_queries(1):
        told = tickets.refused(forum)

    assert told == {"withdrawn": [withdrawn.pk], "waiting": [waiting.pk], "serials": {str(renewed.pk): 2}}
