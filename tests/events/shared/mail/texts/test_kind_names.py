"""What mails of a kind are called in the outbox; and its drafts, which are saved or let go."""

import pytest

from events import personal_data
from events.models import Message
from events.shared.held_rows import HeldPerson
from events.shared.mail import hooks, refused_kinds
from events.shared.mail.texts import kind_names
from tests.factories import MessageFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_all_kinds_about_which_a_rule_has_something_to_say_have_names_in_words():
    kinds = {*hooks.unwanted.keys(), *hooks.qr_code.keys()}
    kinds |= {name for kind in refused_kinds.kinds() for name in kind.kinds}

    assert [kind for kind in sorted(kinds) if not kind_names.is_named(kind)] == []
    assert len(kinds) > 40


def test_outbox_and_a_copy_of_ones_data_say_kinds_in_words(organiser_site):
    row = MessageFactory(kind="reminder", user=UserFactory())

    pages = [organiser_site.get(f"/admin/events/message/{path}").content.decode() for path in ("", f"{row.pk}/change/")]
    held = next(one for one in personal_data.HELD if one.model is Message)

    name = "A reminder before a session"
    assert [name in page for page in pages] == [True, True]
    assert held.give(HeldPerson(row.user, frozenset()))["words"][0][0] == name


@pytest.mark.parametrize(
    ("button", "state", "words"),
    [("_save", "draft", "The draft is saved."), ("let_go", "queued", "1 draft is queued.")],
)
def test_a_draft_is_saved_or_saved_and_let_go(organiser_site, button, state, words):
    row = MessageFactory(state=Message.State.DRAFT, subject="Old")
    sent = {"subject": "New", "text": "Words", button: "x"}

    answer = organiser_site.post(f"/admin/events/message/{row.pk}/change/", sent, follow=True)

    row.refresh_from_db()
    assert (row.subject, row.state) == ("New", state)
    assert [str(one) for one in answer.context["messages"]] == [words]
