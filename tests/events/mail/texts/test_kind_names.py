"""What mails of a kind are called in the outbox; and its drafts, which are saved or let go."""

import pytest

from events.mail.texts import kind_names
from events.models import Message
from tests.factories import MessageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("mailing-news", "News of the forum"),
        ("account", "Log-in codes and links"),
        ("nobody-knows", "nobody-knows"),
    ],
)
def test_kinds_have_names_in_words(kind, name):
    assert kind_names.name_of(kind) == name


@pytest.mark.parametrize(("button", "state"), [("_save", "draft"), ("_let_go", "queued")])
def test_a_draft_is_saved_or_saved_and_let_go(organiser_site, button, state):
    row = MessageFactory(state=Message.State.DRAFT, subject="Old")

    organiser_site.post(
        f"/admin/events/message/{row.pk}/change/", {"subject": "New", "text": "Words", "html": "", button: "x"}
    )

    row.refresh_from_db()
    assert (row.subject, row.state) == ("New", state)
