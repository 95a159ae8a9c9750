"""The organisers' pages of the open consultation: verbs, who sees which points, the call and its questions, outcomes."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import (
    Call,
    CollaboratorInvitation,
    HistoryEntry,
    HostedSession,
    Message,
    Proposal,
    Question,
)
from events.proposals import decisions, merging
from events.proposals.collaborators import collaborators
from events.shared.pages import revision
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill, let_go, staff
from tests.factories import NOW, ForumFactory, OrganisationFactory, SessionFactory, confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal():
    return fill(ProposalFactory(forum=CallFactory().forum))


@pytest.fixture
def organiser(client):
    user = staff()
    client.force_login(user)
    return user


def act(proposal, verb):
    return reverse("admin:events_proposal_act", args=[proposal.pk, verb])


def change(proposal):
    return reverse("admin:events_proposal_change", args=[proposal.pk])


LIST = "/admin/events/proposal/"


def test_verbs(client, organiser, proposal):
    wordless = client.post(act(proposal, "comment"), {"text": " "})
    verbs = [
        ("accept", "", "accepted"),
        ("decline", "", "declined"),
        ("changes", "Why", "changes"),
        ("withdraw", "x", "withdrawn"),
    ]

    for verb, text, state in verbs:
        Proposal.objects.update(state="submitted", pending_state="")
        Message.objects.all().delete()
        shown = client.get(act(proposal, verb)).status_code, Proposal.objects.get().decided_state
        answer = client.post(act(proposal, verb), {"text": text})
        assert (*shown, answer.headers["Location"]) == (200, "submitted", change(proposal))
        assert (Proposal.objects.get().decided_state, Message.objects.filter(state="draft").count()) == (state, 1)

    again = client.post(act(proposal, verb), {"text": "x"})
    assert b"Write a sentence or two" in wordless.content
    assert (again.status_code, b"cannot be changed to" in again.content) == (200, True)
    assert [client.get(address).status_code for address in (act(proposal, "burn"), f"{LIST}999/act/{verb}/")] == [
        404
    ] * 2


def test_points_discussion_and_another_turn(client, organiser, proposal):
    client.post(act(proposal, "score"), {"points": "4", "comment": "Sound"})
    client.post(act(proposal, "comment"), {"text": "Which room?"})
    decisions.decline(proposal, by=organiser, now=NOW)
    client.post(act(proposal, "reopen"), {"text": ""})
    ProposalFactory(forum=proposal.forum)

    body = client.get(change(proposal)).content.decode()
    found = {mine: client.get(LIST, {"mine": mine}).context["cl"].result_count for mine in ("yes", "no", "odd")}

    words = ("Sound", "Which room?", "took a proposal up again", "scored a proposal", "Fibre for the north")
    assert [word for word in words if word not in body] == []
    assert "4.0 (1)" in client.get(LIST).content.decode()
    assert "checked" in client.get(act(proposal, "score")).content.decode()
    assert client.post(act(proposal, "score"), {"points": "6"}).status_code == 200
    assert found == {"yes": 1, "no": 1, "odd": 2}


def test_points_typed_beside_a_decision_are_kept_with_it(client, organiser, proposal):
    body = client.get(change(proposal)).content.decode()
    client.post(act(proposal, "accept"), {"points": "5", "comment": "Sound", "text": "Welcome"})
    seen = client.get(change(proposal)).content.decode()
    client.post(act(proposal, "decline"), {"points": "5", "comment": "Sound", "text": ""})

    shown = [f'formaction="{act(proposal, verb)}"' in body for verb in ("score", "accept", "changes", "decline")]
    (review,) = proposal.reviews.all()
    assert (shown, review.points, review.comment, "Sound" in seen) == ([True] * 4, 5, "Sound", True)
    assert HistoryEntry.objects.filter(verb="score-proposal").count() == 1


def test_reviewers_see_the_points_of_others_after_their_own(client, proposal):
    decisions.score(proposal, by=staff(), points=2, comment="Canary points", now=NOW)
    client.force_login(staff("proposal reviewers"))

    before = client.get(change(proposal)).content.decode()
    listed = client.get(LIST).content.decode()
    client.post(act(proposal, "score"), {"points": "5"})
    after = client.get(change(proposal)).content.decode()

    assert ("Canary points" in before, "2.0 (1)" in listed, "Canary points" in after) == (False, False, True)
    assert (act(proposal, "accept") in after, act(proposal, "score") in after) == (False, True)


@pytest.mark.parametrize(
    ("whose", "group"),
    [
        ("proposer", "programme"),
        pytest.param("editor", "proposal reviewers", marks=pytest.mark.whole),
        pytest.param("removed", "programme", marks=pytest.mark.whole),
    ],
)
def test_whose_it_is_neither_judges_nor_reads_what_others_say(client, proposal, group, whose):
    user = staff(group)
    if whose == "proposer":
        Proposal.objects.update(proposer=user)
    elif whose == "editor":
        proposal.editors.add(user)
    else:
        more = {"email": "x@example.org", "invited": NOW, "changed": NOW}
        CollaboratorInvitation.objects.create(proposal=proposal, user=user, state="removed", **more)
    decisions.score(proposal, by=staff(), points=2, comment="Canary points", now=NOW)
    decisions.comment(proposal, by=staff(), text="Canary remark", now=NOW)
    client.force_login(user)

    shown, listed = (client.get(address).content.decode() for address in (change(proposal), LIST))
    assert ("Canary" in shown, "2.0 (1)" in listed, "This proposal is your own" in shown) == (False, False, True)
    assert [act(proposal, verb) in shown for verb in ("score", "comment", "accept")] == [False] * 3
    assert (act(proposal, "withdraw") in shown) == (group == "programme")


def test_who_proposed_does_not_learn_a_decision_here_before_they_are_told(client, organiser, proposal):
    others = ProposalFactory(forum=proposal.forum)
    Proposal.objects.filter(pk=proposal.pk).update(proposer=organiser)
    decisions.accept(proposal, by=staff(), text="Because", now=NOW)
    decisions.accept(others, by=organiser, now=NOW)

    before, readable, listed = (client.get(one).content.decode() for one in (change(proposal), change(others), LIST))
    states = [{"state__exact": state} for state in ("submitted", "changes", "accepted")]
    found = [client.get(LIST, query).context["cl"].result_count for query in states]
    tried = [
        client.get(LIST, query).status_code for query in ({"state__in": "accepted"}, {"pending_state": "accepted"})
    ]
    sorted_in = {client.get(LIST, {"o": n}).status_code for n in (6, 8)}  # by state and by points
    refusal = client.post(act(proposal, "reopen"), {}).content.decode()

    assert (">Submitted</span>" in before, "/admin/events/session/" in before.split("became")[-1]) == (True, False)
    assert ["Accepted, not told yet" in body for body in (before, readable, listed)] == [False, True, True]
    assert (found, act(proposal, "withdraw") in before) == ([1, 0, 1], True)
    assert (tried, sorted_in, "Only a declined" in refusal) == ([400, 400], {200}, False)
    let_go(proposal)
    assert ">Submitted</span>" not in client.get(change(proposal)).content.decode()


def test_who_proposed_withdraws_here_as_if_nothing_was_decided(client, organiser, proposal):
    Proposal.objects.update(proposer=organiser)
    decisions.decline(proposal, by=staff(), now=NOW)

    client.post(act(proposal, "withdraw"), {"text": "x"})

    assert Proposal.objects.get().state == "withdrawn"


@pytest.mark.parametrize("is_target", [True, False])
def test_people_of_a_merger_do_not_learn_of_it_here_before_they_are_told(client, organiser, proposal, is_target):
    target = ProposalFactory(forum=proposal.forum)
    own, other = (target, proposal) if is_target else (proposal, target)
    Proposal.objects.filter(pk=own.pk).update(proposer=organiser)
    merging.merge(proposal, into=target, by=staff(), now=NOW)

    pages = [client.get(change(row)).content.decode() for row in (own, other)]

    assert [">Submitted</span>" in body for body in pages] == [True, True]
    assert [change(target) in body.split("became")[-1] for body in pages] == [False, False]
    assert client.get(LIST, {"state__exact": "merged"}).context["cl"].result_count == 0
    assert client.get(reverse("admin:events_message_changelist")).context["cl"].result_count == 0


@pytest.mark.parametrize("group", ["proposal reviewers", "programme"])
def test_addresses_are_for_those_who_decide(client, proposal, group):
    Proposal.objects.update(proposer=confirmed(name="", email="maker@example.org"))
    proposal.refresh_from_db()
    proposal.editors.add(confirmed(name="", email="editor@example.org"))
    collaborators.invite(proposal, email="asked@example.org", by=proposal.proposer, now=timezone.now())
    client.force_login(staff(group))

    shown = client.get(change(proposal)).content.decode()
    listed = client.get(LIST, {"q": "maker@example.org"})

    addresses = ["maker@example.org", "editor@example.org", "asked@example.org", "awa@example.org"]
    assert [one in shown for one in addresses] == [group == "programme"] * 4
    assert listed.context["cl"].result_count == (group == "programme")
    assert "asked somebody to edit it" in shown


@pytest.mark.parametrize(
    ("group", "state"),
    [
        ("programme", "draft"),
        ("organisers", "withdrawn"),
        pytest.param("proposal reviewers", "draft", marks=pytest.mark.whole),
    ],
)
def test_drafts_are_nobodys_to_read(client, proposal, group, state):
    draft = ProposalFactory(forum=proposal.forum, state=state, submitted=None, title="Canary draft")
    client.force_login(staff(group))

    listed = client.get(LIST, {"state__exact": state})
    found = client.get(LIST, {"q": draft.code})
    pages = [client.get(change(draft)), client.get(f"{LIST}{draft.pk}/history/"), client.get(act(draft, "comment"))]

    assert [page.context["cl"].result_count for page in (listed, found)] == [0, 0]
    assert [page.status_code for page in pages] == [302, 404, 404]
    assert client.get(change(proposal)).status_code == 200


def test_many_at_once(client, organiser, proposal):
    done = ProposalFactory(forum=proposal.forum, state="withdrawn")

    for action, state, said in (
        ("accept_chosen", "accepted", "1 accepted."),
        ("decline_chosen", "declined", "1 declined."),
        ("ask_chosen", "changes", "1 given back."),
    ):
        Proposal.objects.update(pending_state="")
        chosen = {"action": action, "_selected_action": [proposal.pk, done.pk]}
        asked = client.post(LIST, chosen).content
        answer = client.post(LIST, chosen | {"apply": "1", "text": "Thank you"}, follow=True).content.decode()

        assert (b"Words to the person" in asked, said in answer, "1 stays as before" in answer) == (True, True, True)
        assert {row.decided_state for row in Proposal.objects.all()} == {state, "withdrawn"}


# --- the call ---------------------------------------------------------------------------------------
def call_form(forum, **values):
    return {
        "forum": forum.pk,
        "opens_0": "2020-07-01",
        "opens_1": "09:00",
        "closes_0": "2020-07-31",
        "closes_1": "23:59",
        "kinds": ["workshop", "theme"],
        "outcome_days": "7",
        "questions-TOTAL_FORMS": "1",
        "questions-INITIAL_FORMS": "0",
        "questions-0-text": "Which hall?",
        "questions-0-kind": "choice",
        "questions-0-order": "0",
        "questions-0-choices": "One\nTwo\n",
        "questions-0-for_kinds": ["exhibition"],
    } | values


def test_call_with_a_question(client, organiser):
    forum, add = ForumFactory(), reverse("admin:events_call_add")
    before = revision.current()
    wrong = {
        "The end is not after the start. Choose a later end": {"closes_0": "2020-06-01"},
        "Enter at least two choices": {"questions-0-choices": "One"},
        "party": {"kinds": ["party"]},
    }
    refused = [
        words in client.post(add, call_form(forum, **values)).content.decode() for words, values in wrong.items()
    ]
    assert (refused, Call.objects.count()) == ([True] * 3, 0)

    choices = [f"{number:03}" + "x" * 297 for number in range(150)]
    assert client.post(add, call_form(forum, **{"questions-0-choices": "\n".join(choices)})).status_code == 302

    call, question = Call.objects.get(), Question.objects.get()
    assert (forum.local(call.opens).hour, forum.local(call.closes).hour, call.kinds) == (9, 23, ["workshop", "theme"])
    assert (question.choices, question.for_kinds) == (choices, ["exhibition"])
    assert revision.current() == before + 1
    assert client.get(reverse("admin:events_call_change", args=[call.pk])).status_code == 200


# --- who edits a session ----------------------------------------------------------------------------
def test_call_stays_as_long_as_there_are_proposals(client, organiser, proposal):
    call = Call.objects.get()
    address = reverse("admin:events_call_delete", args=[call.pk])
    chosen = {"action": "delete_selected", "_selected_action": [call.pk], "post": "yes"}

    answer = client.post(address, {"post": "yes"})
    client.post(reverse("admin:events_call_changelist"), chosen)
    assert (answer.status_code, Call.objects.count()) == (403, 1)

    Proposal.objects.all().delete()
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Call.objects.exists()


def test_question_that_is_answered_stays(client, organiser, proposal):
    call = Call.objects.get()
    asked, other = (Question.objects.create(call=call, text=text, kind="line") for text in ("Why?", "How?"))
    Proposal.objects.update(answers={str(asked.pk): "Because"})
    address = reverse("admin:events_call_change", args=[call.pk])

    def delete(row):
        more = {
            "questions-INITIAL_FORMS": "1",
            "questions-0-id": row.pk,
            "questions-0-call": call.pk,
            "questions-0-text": row.text,
        }
        return client.post(address, call_form(call.forum, **more, **{"questions-0-DELETE": "on"}))

    assert "“Why?” is answered already" in delete(asked).content.decode()
    assert Question.objects.count() == 2
    assert delete(other).status_code == 302
    assert Question.objects.get() == asked


def test_account_is_added_corrected_and_taken_away(client, organiser):
    session, person, organisation = SessionFactory(), confirmed(name="Canary host"), OrganisationFactory()
    page = reverse("admin:events_session_change", args=[session.pk])
    add = f"{reverse('admin:events_hostedsession_add')}?session={session.pk}"
    assert (add in client.get(page).content.decode(), client.get(add).status_code) == (True, 200)
    assert "error" in client.post(add, {"session": session.pk, "email": "nobody@example.org"}).content.decode()

    client.post(add, {"session": session.pk, "email": person.email})
    host = HostedSession.objects.get()
    there = reverse("admin:events_hostedsession_change", args=[host.pk])
    client.post(there, {"organisation": organisation.pk, "email": confirmed().email})

    host.refresh_from_db()
    assert (host.user, host.session, host.organisation) == (person, session, organisation)
    assert ("Canary host" in client.get(page).content.decode(), client.get(there).status_code) == (True, 200)
    desk = Client()
    desk.force_login(staff("registration desk"))
    assert "Canary host" not in desk.get(page).content.decode()
    client.post(reverse("admin:events_hostedsession_delete", args=[host.pk]), {"post": "yes"})
    assert not HostedSession.objects.exists()
