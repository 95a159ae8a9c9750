"""The words of automatic mails: those of the site, or of a forum and a language, with values put in literally and only once."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from events.models import HistoryEntry, MailText, Message, Role
from events.proposals import mails as proposal_mails
from events.shared.mail.texts import mail_texts
from events.shared.mail.texts.originals import ORIGINALS, fill
from events.shared.rights import memberships
from prizes.nominations import nomination_mails
from registration.models import DataCopy
from registration.people.data_rights import mails as data_mails
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import NOW, ForumFactory, UserFactory, boss

pytestmark = pytest.mark.django_db
RECEIVED = proposal_mails.IS_RECEIVED


@pytest.fixture
def forum():
    return CallFactory().forum


def save(forum, *, original=RECEIVED, language="en", subject="Got {title}", body="Dear all\n\nWe have {title}."):
    return mail_texts.save(
        original, forum=forum, language=language, subject=subject, body=body, by=UserFactory(), now=NOW
    )


def received(forum, *, title, **person):
    """The mail that says that a proposal is received."""
    proposal = ProposalFactory(forum=type(forum).objects.get(pk=forum.pk), title=title, proposer=UserFactory(**person))
    entry = HistoryEntry.objects.create(at=NOW, verb="submit-proposal", model="events.proposal", key=str(proposal.pk))
    proposal_mails.write_received(proposal, entry=entry, now=NOW)
    return Message.objects.latest("pk")


def codes(**texts):
    with pytest.raises(ValidationError) as refused:
        mail_texts.check(**{"original": nomination_mails.IS_RECEIVED, "language": "en"} | texts)
    return {field: [error.code for error in errors] for field, errors in refused.value.error_dict.items()}


def test_every_original_says_something_in_every_language_with_the_same_placeholders():
    for language in ("en", "fr", "ar"):
        for original in ORIGINALS.values():
            with translation.override(language):
                subject, body = original.shown()
                assert all((subject, body, str(original.name))), original.key
                assert "%(" not in subject + body, original.key
                mail_texts.check(original, language=language, subject=subject, body=body)
    assert len(ORIGINALS) > 60


def test_words_of_a_forum_and_a_language_stand_in_place_of_the_original_ones(forum):
    save(forum)

    own, french = received(forum, title="<b>{forum} %(x)s"), received(forum, title="Two", language="fr")
    other = received(CallFactory(forum=ForumFactory(slug="2021")).forum, title="Three")

    assert own.subject == "Got <b>{forum} %(x)s"
    assert own.text.startswith("Dear all\n\n<b>{forum} %(x)s\n\nWe have <b>{forum} %(x)s.\n\n")
    assert "We have &lt;b&gt;{forum} %(x)s." in own.html
    assert "Open the proposal" in own.text
    assert french.subject.endswith(" : Two")
    assert other.subject == "Received: Three"


def test_mails_on_roles_and_on_ones_data_have_the_words_of_the_forum_and_keep_what_is_not_words(forum):
    save(forum, original=ORIGINALS["role-given"], subject="Ours", body="Hello {role} {by} {forum}")
    save(forum, original=ORIGINALS["data-copy"], subject="Ours", body="Hello {moment}")
    by, person = boss(), UserFactory()

    memberships.give(person, role=Role.PROPOSAL_REVIEWER, forum=forum, reason="Knows fibre", by=by, now=NOW)
    copy = DataCopy.objects.create(user=person, asked=NOW, expires=NOW)
    data_mails.write_copy_made(copy, now=NOW)

    mails = {row.kind: row for row in Message.objects.filter(subject="Ours")}
    assert {kind: (row.to, "Hello" in row.text) for kind, row in mails.items()} == {
        "role": (person.email, True),
        "data-copy": (person.email, True),
    }
    assert "Knows fibre" in mails["role"].text
    assert "change your password" in mails["data-copy"].text
    assert Message.objects.get(to=by.email).subject.endswith(
        " has a new role: Reviewer of proposals"
    )  # not to be edited


def test_saving_the_original_words_is_the_way_back(forum):
    save(forum)
    assert MailText.objects.count() == 1

    changed = save(forum, subject=RECEIVED.shown()[0], body=RECEIVED.shown()[1])

    assert (changed, MailText.objects.count()) == (True, 0)
    assert received(forum, title="One").subject == "Received: One"
    assert list(HistoryEntry.objects.filter(verb="edit-mail-text").values_list("subject", flat=True)) != []


def test_words_that_would_not_do_are_refused_at_their_field():
    for subject, body, faults in [
        ("", " ", {"subject": ["no-text"], "body": ["no-text"]}),
        ("{titel}", "Until {deadline}", {"subject": ["unknown-placeholder"]}),
        ("A", "Until {deadline} {", {"body": ["unknown-placeholder"]}),
        ("A", "Until {deadline} {titles", {"body": ["unknown-placeholder"]}),
        ("A", "Until {deadline} {{title}}", {"body": ["unknown-placeholder"]}),
        ("A", "Until {deadline} {title.__class__}", {"body": ["unknown-placeholder"]}),
        ("A", "Until {deadline!r}", {"body": ["unknown-placeholder"]}),
        ("A {deadline}", "Soon", {"body": ["placeholder-missing"]}),
    ]:
        assert codes(subject=subject, body=body) == faults, (subject, body)


@given(st.text(), st.text())
def test_values_are_put_in_once_and_literally(words, value):
    assert fill("{title}", {"title": value}) == value
    assert fill(words.replace("{", "").replace("}", ""), {"title": value}) == words.replace("{", "").replace("}", "")
