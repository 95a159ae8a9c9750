"""The organisers' pages of the open consultation: verbs, who sees which points, the call and its questions, outcomes."""

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Call, CollaboratorInvitation, HostedSession, Message, Outcome, Proposal, Question
from events.pages import revision
from events.proposals import decisions, merging
from events.proposals.collaborators import collaborators
from tests.events.proposals.factories import CallFactory, ProposalFactory, confirmed, fill, let_go, staff
from tests.factories import NOW, ForumFactory, OrganisationFactory, SessionFactory

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


@pytest.mark.parametrize(
    ("verb", "data", "state"),
    [
        ("accept", {"text": "Welcome"}, "accepted"),
        ("decline", {"text": ""}, "declined"),
        ("changes", {"text": "Name a moderator"}, "changes"),
        ("withdraw", {"text": "Fraud"}, "withdrawn"),
    ],
)
def test_verbs(client, organiser, proposal, verb, data, state):
    assert client.get(act(proposal, verb)).status_code == 200
    assert Proposal.objects.get().state == "submitted"

    answer = client.post(act(proposal, verb), data)

    assert (answer.status_code, answer.headers["Location"], Proposal.objects.get().decided_state) == (
        302,
        change(proposal),
        state,
    )
    assert Message.objects.filter(state="draft").count() == 1


@pytest.mark.parametrize("verb", ["changes", "withdraw", "comment"])
def test_verbs_that_need_words(client, organiser, proposal, verb):
    answer = client.post(act(proposal, verb), {"text": " "})

    assert (answer.status_code, Proposal.objects.get().state, Message.objects.count()) == (200, "submitted", 0)
    assert b"Write a sentence or two" in answer.content


def test_points_discussion_and_another_turn(client, organiser, proposal):
    client.post(act(proposal, "score"), {"points": "4", "comment": "Sound"})
    client.post(act(proposal, "comment"), {"text": "Which room?"})
    decisions.decline(proposal, by=organiser, now=NOW)
    client.post(act(proposal, "reopen"), {"text": ""})

    body = client.get(change(proposal)).content.decode()

    assert all(
        word in body
        for word in ("Sound", "Which room?", "took a proposal up again", "scored a proposal", "Fibre for the north")
    )
    assert "4.0 (1)" in client.get(reverse("admin:events_proposal_changelist")).content.decode()
    assert "checked" in client.get(act(proposal, "score")).content.decode()
    assert client.post(act(proposal, "score"), {"points": "6"}).status_code == 200


def test_merging_by_code(client, organiser, proposal):
    other = ProposalFactory(forum=proposal.forum)
    elsewhere = ProposalFactory(forum=ForumFactory(slug="2021"))

    unknown = client.post(act(other, "merge"), {"into": elsewhere.code})
    itself = client.post(act(other, "merge"), {"into": other.code})
    client.post(act(other, "merge"), {"into": proposal.code.lower()})

    assert b"No proposal of this forum has this code" in unknown.content
    assert b"Choose another proposal" in itself.content
    assert Proposal.objects.get(pk=other.pk).merged_into == proposal
    assert proposal.title in client.get(change(other)).content.decode()


def test_refusal_stands_above_the_form(client, organiser, proposal):
    Proposal.objects.update(state="withdrawn")

    answer = client.post(act(proposal, "accept"), {"text": ""})

    assert (answer.status_code, b"cannot be changed to" in answer.content) == (200, True)


def test_unknown_verb_and_proposal(client, organiser, proposal):
    assert client.get(act(proposal, "burn")).status_code == 404
    assert client.get(reverse("admin:events_proposal_act", args=[999, "accept"])).status_code == 404


@pytest.mark.parametrize("verb", ["accept", "decline", "changes", "merge", "reopen", "withdraw"])
def test_reviewers_do_not_decide(client, proposal, verb):
    client.force_login(staff("proposal reviewers"))

    assert client.get(act(proposal, verb)).status_code == 403
    assert client.post(act(proposal, verb), {"text": "x"}).status_code == 403
    assert Proposal.objects.get().state == "submitted"


def test_reviewers_see_the_points_of_others_after_their_own(client, proposal):
    decisions.score(proposal, by=staff(), points=2, comment="Canary points", now=NOW)
    client.force_login(staff("proposal reviewers"))

    before = client.get(change(proposal)).content.decode()
    listed = client.get(reverse("admin:events_proposal_changelist")).content.decode()
    client.post(act(proposal, "score"), {"points": "5"})
    after = client.get(change(proposal)).content.decode()

    assert ("Canary points" in before, "2.0 (1)" in listed, "Canary points" in after) == (False, False, True)
    assert (act(proposal, "accept") in after, act(proposal, "score") in after) == (False, True)


@pytest.mark.parametrize("group", ["proposal reviewers", "programme"])
@pytest.mark.parametrize("is_proposer", [True, False])
def test_who_proposed_neither_judges_nor_reads_what_others_say(client, proposal, group, is_proposer):
    user = staff(group)
    Proposal.objects.update(proposer=user) if is_proposer else proposal.editors.add(user)
    decisions.score(proposal, by=staff(), points=2, comment="Canary points", now=NOW)
    decisions.comment(proposal, by=staff(), text="Canary remark", now=NOW)
    client.force_login(user)

    shown = client.get(change(proposal)).content.decode()
    listed = client.get(reverse("admin:events_proposal_changelist")).content.decode()
    for verb in ("score", "comment", "accept", "decline", "changes"):
        client.post(act(proposal, verb), {"text": "x", "points": "5"})

    assert ("Canary" in shown, "2.0 (1)" in listed, "This proposal is your own" in shown) == (False, False, True)
    assert [act(proposal, verb) in shown for verb in ("score", "comment", "accept")] == [False] * 3
    assert (act(proposal, "withdraw") in shown) == (group == "programme")
    assert (Proposal.objects.get().state, proposal.reviews.count(), Message.objects.count()) == ("submitted", 1, 0)


@pytest.mark.parametrize("verb", [decisions.accept, decisions.decline, decisions.ask_for_changes])
def test_who_proposed_does_not_learn_a_decision_here_before_they_are_told(client, organiser, proposal, verb):
    Proposal.objects.update(proposer=organiser)
    verb(proposal, by=staff(), text="Because", now=NOW)
    listed = reverse("admin:events_proposal_changelist")

    before = client.get(change(proposal)).content.decode()
    found = [client.get(listed, {"state__exact": state}).context["cl"].result_count for state in Proposal.State]
    tried = client.get(listed, {"state__in": "accepted,declined,changes"})
    sorted_in = [client.get(listed, {"o": n}).status_code for n in range(1, 9)]
    pending = client.get(listed, {"pending_state": "accepted"})
    refusal = client.post(act(proposal, "reopen"), {}).content.decode()

    assert (">Submitted</div>" in before, "/admin/events/session/" in before.split("became")[-1]) == (True, False)
    assert (found, act(proposal, "withdraw") in before) == ([0, 1, 0, 0, 0, 0, 0], True)
    assert (tried.status_code, pending.status_code, set(sorted_in), "Only a declined" in refusal) == (
        400, 400, {200}, False
    )  # fmt: skip
    let_go(proposal)
    assert ">Submitted</div>" not in client.get(change(proposal)).content.decode()


@pytest.mark.parametrize("is_target", [True, False])
def test_people_of_a_merger_do_not_learn_of_it_here_before_they_are_told(client, organiser, proposal, is_target):
    target = ProposalFactory(forum=proposal.forum)
    own, other = (target, proposal) if is_target else (proposal, target)
    Proposal.objects.filter(pk=own.pk).update(proposer=organiser)
    merging.merge(proposal, into=target, by=staff(), now=NOW)
    listed = reverse("admin:events_proposal_changelist")

    pages = [client.get(change(row)).content.decode() for row in (own, other)]

    assert [">Submitted</div>" in body for body in pages] == [True, True]
    assert [change(target) in body.split("became")[-1] for body in pages] == [False, False]
    assert client.get(listed, {"state__exact": "merged"}).context["cl"].result_count == 0
    assert client.get(reverse("admin:events_message_changelist")).context["cl"].result_count == 0


def test_others_read_what_is_decided_and_not_told(client, organiser, proposal):
    decisions.accept(proposal, by=organiser, now=NOW)
    listed = reverse("admin:events_proposal_changelist")

    shown = [client.get(address).content.decode() for address in (change(proposal), listed)]

    assert ["Accepted, not told yet" in body for body in shown] == [True, True]
    assert client.get(listed, {"state__exact": "accepted"}).context["cl"].result_count == 1
    let_go(proposal)
    assert "not told yet" not in client.get(change(proposal)).content.decode()


def test_who_proposed_withdraws_here_as_if_nothing_was_decided(client, organiser, proposal):
    Proposal.objects.update(proposer=organiser)
    decisions.decline(proposal, by=staff(), now=NOW)

    answer = client.post(act(proposal, "withdraw"), {"text": "x"})

    assert (answer.status_code, Proposal.objects.get().state) == (302, "withdrawn")


def test_nor_by_merging(client, organiser, proposal):
    own = ProposalFactory(forum=proposal.forum, proposer=organiser, state="accepted")

    answer = client.post(act(proposal, "merge"), {"into": own.code})

    assert "This proposal is your own" in answer.content.decode()


@pytest.mark.parametrize("group", ["proposal reviewers", "programme"])
def test_addresses_are_for_those_who_decide(client, proposal, group):
    Proposal.objects.update(proposer=confirmed(name="", email="maker@example.org"))
    proposal.refresh_from_db()
    proposal.editors.add(confirmed(name="", email="editor@example.org"))
    collaborators.invite(proposal, email="asked@example.org", by=proposal.proposer, now=timezone.now())
    client.force_login(staff(group))

    shown = client.get(change(proposal)).content.decode()
    listed = client.get(reverse("admin:events_proposal_changelist"), {"q": "maker@example.org"})

    addresses = ["maker@example.org", "editor@example.org", "asked@example.org", "awa@example.org"]
    assert [one in shown for one in addresses] == [group == "programme"] * 4
    assert listed.context["cl"].result_count == (group == "programme")
    assert "asked somebody to edit it" in shown


@pytest.mark.parametrize("group", ["proposal reviewers", "programme"])
def test_who_once_edited_it_reads_nothing_of_what_others_say(client, proposal, group):
    user = staff(group)
    CollaboratorInvitation.objects.create(
        proposal=proposal, user=user, state="removed", email="x@example.org", invited=NOW, changed=NOW
    )
    decisions.comment(proposal, by=staff(), text="Canary remark", now=NOW)
    client.force_login(user)

    shown = client.get(change(proposal)).content.decode()

    assert ("Canary" in shown, "This proposal is your own" in shown) == (False, True)


@pytest.mark.parametrize(("group", "number"), [("proposal reviewers", 1), ("programme", 2)])
def test_drafts_are_no_reviewers_to_read(client, proposal, group, number):
    draft = ProposalFactory(forum=proposal.forum, state="draft", submitted=None, title="Canary draft")
    client.force_login(staff(group))

    assert client.get(reverse("admin:events_proposal_changelist")).context["cl"].result_count == number
    assert client.get(change(draft)).status_code == (200 if number == 2 else 302)
    assert client.get(act(draft, "comment")).status_code == (200 if number == 2 else 404)


@pytest.mark.parametrize("group", ["registration desk", "prize officers"])
def test_others_see_nothing(client, proposal, group):
    client.force_login(staff(group))

    assert client.get(change(proposal)).status_code == 403
    assert client.get(act(proposal, "score")).status_code in {403, 404}
    assert client.post(act(proposal, "score"), {"points": "5"}).status_code in {403, 404}
    assert proposal.reviews.count() == 0


@pytest.mark.parametrize(("action", "state"), [("accept_chosen", "accepted"), ("decline_chosen", "declined")])
def test_many_at_once(client, organiser, proposal, action, state):
    done = ProposalFactory(forum=proposal.forum, state="withdrawn")
    address = reverse("admin:events_proposal_changelist")
    chosen = {"action": action, "_selected_action": [proposal.pk, done.pk]}

    asked = client.post(address, chosen)
    answer = client.post(address, chosen | {"apply": "1", "text": "Thank you"}, follow=True)

    assert (asked.status_code, b"Words to the person" in asked.content) == (200, True)
    assert f"1 {state}." in answer.content.decode()
    assert "1 refused" in answer.content.decode()
    assert {row.decided_state for row in Proposal.objects.all()} == {state, "withdrawn"}


def test_many_given_back(client, organiser, proposal):
    chosen = {"action": "ask_chosen", "_selected_action": [proposal.pk], "apply": "1", "text": "Name a moderator"}

    client.post(reverse("admin:events_proposal_changelist"), chosen)

    assert Proposal.objects.get().pending_state == "changes"


@pytest.mark.parametrize(("mine", "found"), [("yes", 1), ("no", 1), ("odd", 2)])
def test_filter_of_my_points(client, organiser, proposal, mine, found):
    ProposalFactory(forum=proposal.forum)
    decisions.score(proposal, by=organiser, points=2, now=NOW)

    answer = client.get(reverse("admin:events_proposal_changelist"), {"mine": mine})

    assert answer.context["cl"].result_count == found


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
    forum = ForumFactory()
    before = revision.current()

    answer = client.post(reverse("admin:events_call_add"), call_form(forum))

    assert answer.status_code == 302
    call, question = Call.objects.get(), Question.objects.get()
    assert (forum.local(call.opens).hour, forum.local(call.closes).hour, call.kinds) == (9, 23, ["workshop", "theme"])
    assert (question.choices, question.for_kinds) == (["One", "Two"], ["exhibition"])
    assert revision.current() == before + 1
    assert client.get(reverse("admin:events_call_change", args=[call.pk])).status_code == 200


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"closes_0": "2020-06-01"}, "The call closes before it opens."),
        ({"questions-0-choices": "One"}, "Enter at least two choices"),
        ({"kinds": ["party"]}, "party"),
    ],
)
def test_call_that_cannot_be(client, organiser, values, words):
    answer = client.post(reverse("admin:events_call_add"), call_form(ForumFactory(), **values))

    assert (answer.status_code, words in answer.content.decode(), Call.objects.count()) == (200, True, 0)


# --- who edits a session ----------------------------------------------------------------------------
def test_account_is_added_and_taken_away(client, organiser):
    session, person = SessionFactory(), confirmed()
    page = reverse("admin:events_session_change", args=[session.pk])
    add = f"{reverse('admin:events_hostedsession_add')}?session={session.pk}"
    assert add in client.get(page).content.decode()
    assert client.get(add).status_code == 200

    answer = client.post(add, {"session": session.pk, "email": person.email})

    host = HostedSession.objects.get()
    assert (answer.status_code, host.user, host.session) == (302, person, session)
    assert str(person) in client.get(page).content.decode()
    assert client.get(reverse("admin:events_hostedsession_change", args=[host.pk])).status_code == 200
    client.post(reverse("admin:events_hostedsession_delete", args=[host.pk]), {"post": "yes"})
    assert not HostedSession.objects.exists()


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


def test_accounts_are_taken_away_from_the_list(client, organiser):
    HostedSession.objects.create(session=SessionFactory(), user=confirmed())
    chosen = {"action": "delete_selected", "_selected_action": [HostedSession.objects.get().pk], "post": "yes"}

    client.post(reverse("admin:events_hostedsession_changelist"), chosen)

    assert not HostedSession.objects.exists()


@pytest.mark.parametrize("email", ["nobody@example.org", "x", "", "a" * 300 + "@example.org"])
def test_account_that_is_none(client, organiser, email):
    answer = client.post(reverse("admin:events_hostedsession_add"), {"session": SessionFactory().pk, "email": email})

    assert (answer.status_code, "error" in answer.content.decode()) == (200, True)
    assert not HostedSession.objects.exists()


def test_organisation_of_an_account_is_corrected(client, organiser):
    host = HostedSession.objects.create(session=SessionFactory(), user=confirmed())
    organisation, other = OrganisationFactory(), confirmed()

    client.post(
        reverse("admin:events_hostedsession_change", args=[host.pk]),
        {"organisation": organisation.pk, "email": other.email},
    )

    host = HostedSession.objects.get()
    assert (host.organisation, host.user != other) == (organisation, True)


def test_desk_sees_no_accounts_on_the_page_of_a_session(client):
    host = HostedSession.objects.create(session=SessionFactory(), user=confirmed(name="Canary host"))
    client.force_login(staff("registration desk"))

    body = client.get(reverse("admin:events_session_change", args=[host.session.pk])).content.decode()

    assert "Canary host" not in body


def test_outcomes_are_published(client, organiser):
    session = SessionFactory()
    outcome = Outcome.objects.create(forum=session.forum, session=session, kind="launch", title="X", is_public=False)

    answer = client.post(
        reverse("admin:events_outcome_changelist"),
        {"action": "publish", "_selected_action": [outcome.pk]},
        follow=True,
    )

    assert "1 published." in answer.content.decode()
    assert Outcome.objects.get().is_public
