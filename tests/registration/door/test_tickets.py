"""Tickets: signed, of one forum, and nothing of the person in them."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.exceptions import ValidationError

from registration.door import tickets
from tests.factories import ForumFactory, RegistrationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return RegistrationFactory()


def refused(text, *, forum):
    with pytest.raises(ValidationError) as refusal:
        tickets.number(text, forum=forum)
    return refusal.value.code


def test_ticket_names_its_registration_by_code_and_by_address(person):
    code = tickets.code(person)

    found = [tickets.number(text, forum=person.forum) for text in (code, f" {code}\n", tickets.address(person))]

    assert found == [person.pk] * 3
    assert tickets.code(person) == code


def test_door_checks_a_ticket_with_the_public_key_alone(person):
    packed = base64.urlsafe_b64decode(tickets.code(person) + "=")
    key = Ed25519PublicKey.from_public_bytes(tickets.public_key(person.forum))

    key.verify(packed[tickets.FIELDS.size :], packed[: tickets.FIELDS.size])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "http://[x",
        "//[",
        "<script>alert(1)</script>",
        "https://evil.example/" + "a" * 5000,
        "A" * 103,
        "é" * 103,
        "\0",
        "=" * 103,
    ],
)
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
