"""Who decides proposals sees the drafts of these mails in the outbox and lets them go, and sees nothing else there."""

import pytest
from django.urls import reverse

from events.models import Message
from events.proposals import decisions
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill, staff
from tests.factories import NOW, MessageFactory, UserFactory, confirmed

pytestmark = pytest.mark.django_db
LIST = "/admin/events/message/"


@pytest.fixture
def mails():
    """One draft of a decision, one mail to a speaker of it, one invitation, one mail of something else."""
    proposal = fill(ProposalFactory(forum=CallFactory().forum))
    proposal.invitations.update(state="accepted", invited=NOW)
    decisions.decline(proposal, by=staff(), now=NOW)
    decision, speaker = Message.objects.order_by("kind")
    return (
        decision,
        speaker,
        MessageFactory(subject="Canary reminder", state="draft"),
        MessageFactory(kind="speaker-invited"),
    )


@pytest.fixture
def programme(client):
    user = staff("programme")
    client.force_login(user)
    return user


def change(mail):
    return reverse("admin:events_message_change", args=[mail.pk])


def states(mails):
    return [Message.objects.get(pk=mail.pk).state for mail in mails]


def test_who_sees_which_mails(client, mails):
    """A number that begins like that of an own proposal is another number."""
    for group in ("proposal reviewers", "prize officers", ""):
        client.force_login(staff(group) if group else UserFactory(is_staff=True))
        assert (client.get(LIST).status_code, client.get(change(mails[0])).status_code) == (403, 403)
    client.force_login(staff("organisers"))
    assert client.get(LIST).context["cl"].result_count == 4
    client.force_login(user := staff("programme"))
    ProposalFactory(pk=mails[0].about * 10 + 1, forum=mails[0].forum, proposer=user)

    answer = client.get(LIST)

    assert set(answer.context["cl"].result_list) == set(mails[:2])
    assert "Canary reminder" not in answer.content.decode()
    assert client.get(LIST, {"state__exact": "draft"}).context["cl"].result_count == 2


def test_sentence_at_the_end_stands_above_who_writes(client, programme, mails):
    shown = client.get(change(mails[0])).context["adminform"].form
    body = shown["text"].value()
    below = mails[0].text.rpartition("\n--\n")[2].strip()

    client.post(change(mails[0]), {"subject": "S", "text": f"{body}\r\n\r\nCome next year.\r\n"})
    client.post(change(mails[0]), {"subject": "S", "text": f"{body}\n\nCome next year."})

    assert ("--" in body, below in client.get(change(mails[0])).content.decode()) == (False, True)
    assert Message.objects.get(pk=mails[0].pk).text == f"{body}\n\nCome next year.\n\n--\n{below}\n"


def test_drafts_are_let_go_and_none_with_one_that_is_not_there_for_the_person(client, programme, mails):
    before = states(mails)

    client.post(LIST, {"action": "let_go", "_selected_action": [mail.pk for mail in mails]})

    assert states(mails) == before
    chosen = {"action": "let_go", "_selected_action": [mail.pk for mail in mails[:2]]}
    client.post(LIST, chosen)
    assert states(mails) == ["queued", "queued", "draft", "queued"]  # the last one was queued before
    client.post(LIST, chosen | {"action": "take_back"})
    assert states(mails) == ["cancelled", "cancelled", "draft", "queued"]


def test_mail_to_oneself_is_let_go_by_somebody_else(client, programme, mails):
    Message.objects.filter(pk=mails[0].pk).update(user=programme)

    client.post(LIST, {"action": "let_go", "_selected_action": [mails[0].pk]})

    assert (states(mails)[0], client.get(change(mails[0])).status_code) == ("draft", 302)


@pytest.mark.parametrize(("group", "is_proposer"), [("programme", True), ("organisers", False)])
def test_mails_of_a_proposal_of_ones_own_are_for_somebody_else(client, group, is_proposer):
    user, other = staff(group), confirmed()
    proposal = fill(ProposalFactory(forum=CallFactory().forum, proposer=user if is_proposer else other))
    proposal.editors.add(other if is_proposer else user)
    proposal.invitations.update(state="accepted", invited=NOW)
    decisions.decline(proposal, by=staff(), text="Canary words", now=NOW)
    mails = list(Message.objects.order_by("pk"))  # to both people, and to the speaker
    client.force_login(user)

    shown = [client.get(LIST).context["cl"].result_count, *(client.get(change(mail)).status_code for mail in mails)]
    for mail in mails:
        client.post(change(mail), {"subject": "Accepted!", "text": "You won"})
    client.post(LIST, {"action": "let_go", "_selected_action": [mail.pk for mail in mails]})

    assert shown == [0, 302, 302, 302]
    assert [(one.state, one.text) for one in Message.objects.order_by("pk")] == [("draft", one.text) for one in mails]
