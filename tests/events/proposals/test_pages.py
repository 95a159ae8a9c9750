"""The pages of the open consultation: steps, saving, whose they are, answers of speakers, uploads of hosts."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from config.middleware import BodyLimit
from events.models import Document, HostedSession, Invitation, Message, Proposal, Question, Session
from events.proposals import decisions, merging
from events.proposals.form import answers as stored
from events.shared.history import log
from events.shared.pages import page_expiry
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    accept,
    fill,
    let_go,
    staff,
)
from tests.factories import (
    NOW,
    CountryFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    confirmed,
)
from tests.files import PDF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
BASE = "/2020/proposals/"


@pytest.fixture
def call():
    return CallFactory()


@pytest.fixture
def user(client, call):
    person = confirmed()
    client.force_login(person)
    return person


@pytest.fixture
def draft(user, call):
    return fill(ProposalFactory(forum=call.forum, proposer=user, state="draft", submitted=None, revision=3))


def page(answer):
    return answer.content.decode()


def url(proposal, part=""):
    return f"{BASE}{proposal.code}/{part}"


# --- the call ---------------------------------------------------------------------------------------
def test_page_of_the_call_before_while_and_after_it_is_open(client, time_machine):
    forum = ForumFactory()
    assert client.get(BASE).status_code == 404
    call = CallFactory(forum=forum)
    ProposalFactory.create_batch(6, forum=forum)
    ProposalFactory.create_batch(2, forum=forum, stakeholder_type="media")
    ProposalFactory.create_batch(4, forum=forum, stakeholder_type="academia")
    seen = []
    for moment in (call.opens - timedelta(days=1), call.opens, call.closes):
        time_machine.move_to(moment, tick=False)
        body, first = page(client.get(BASE)), page(client.get("/2020/"))
        words = [one in body for one in ("Opens on:", "Open until:", "Closed on:", "12 proposals were submitted")]
        seen.append((*words, body.count("not shown</span>"), "Read the call" in first))

    assert seen == [
        (True, False, False, False, 0, False),
        (False, True, False, False, 0, True),
        (False, False, True, True, 2, False),
    ]
    assert page_expiry.next_moment(call.closes - timedelta(minutes=1)) == call.closes
    assert page_expiry.next_moment(call.opens - timedelta(minutes=1)) == call.opens


# --- mine -------------------------------------------------------------------------------------------
def test_list_asks_the_same_questions_for_one_row_and_for_three(client, user, call):
    def questions(rows):
        for _number in range(rows):
            ProposalFactory(forum=call.forum, proposer=user)
            HostedSession.objects.create(session=SessionFactory(), user=user)
        client.get(f"{BASE}mine/")
        with CaptureQueriesContext(connection) as found:
            client.get(f"{BASE}mine/")
        return len(found)

    assert questions(1) == questions(2)


def test_beginning_too_late_is_said_on_the_list(client, user, call, time_machine):
    time_machine.move_to(call.closes, tick=False)

    late = client.post(f"{BASE}new/", follow=True)

    assert (late.redirect_chain[-1][0], "The call for proposals is closed" in page(late)) == (f"{BASE}mine/", True)


# --- steps ------------------------------------------------------------------------------------------
def who(**values):
    return {
        "kind": "workshop",
        "organisation_name": "Ministry",
        "stakeholder_type": "government",
        "country": CountryFactory().pk,
        "co_organisers": "One\n\n two \nOne",
    } | values


def test_walk_through_all_steps(client, user, call):
    client.post(f"{BASE}new/")
    row = Proposal.objects.get()
    kept = fill(ProposalFactory(forum=call.forum))  # reference rows
    question = Question.objects.create(call=call, text="Why?", kind="yes_no", is_required=True)
    line = kept.links.get(sdg=None).action_line_id
    steps = {
        "who": who(),
        "what": {
            "title": "Fibre",
            "description": "a\r\nb",
            "session_type": kept.session_type_id,
            "minutes": "60",
            "expected": "",
        },
        "goals": {f"line-{line}": "Because", "goal-9": "It builds"},
        "speakers": {"speaker-0-name": "Awa", "speaker-0-email": "AWA@Example.org"},
        "wishes": {"day-2020-07-23": "wish", "day-2020-07-24": "avoid", f"question-{question.pk}": "yes"},
    }

    places = [client.post(url(row, f"{step}/"), data).headers["Location"] for step, data in steps.items()]
    done = client.post(url(row, "check/"), {"revision": Proposal.objects.get(pk=row.pk).revision})

    assert places == [url(row, f"{step}/") for step in ("what", "goals", "speakers", "wishes", "check")]
    assert done.headers["Location"] == url(row)
    row = Proposal.objects.get(pk=row.pk)
    assert (row.state, row.co_organisers, row.description, row.expected) == ("submitted", ["One", "two"], "a\nb", None)
    assert (row.wished_days, row.avoided_days) == (["2020-07-23"], ["2020-07-24"])
    assert row.answers == {str(question.pk): "yes"}
    assert row.invitations.get().email == "awa@example.org"
    assert {name for name in stored.read(row) if name[:5] in {"line-", "goal-"}} == {f"line-{line}", "goal-9"}
    assert "Fibre" in page(client.get(url(row)))


def test_rows_of_speakers(client, draft):
    """A wrong row loses no answer and is open, two free ones are too, and there are no more than a proposal may name."""
    token, awa = draft.invitations.get().token, {"speaker-0-name": "Awa", "speaker-0-email": "awa@example.org"}

    def post(**data):
        sent = {name.replace("_", "-"): value for name, value in data.items()}
        return page(client.post(url(draft, "speakers/"), sent))

    shown = page(client.get(url(draft, "speakers/")))
    wrong = post(speaker_0_name="", speaker_0_email="awa@example.org", speaker_5_email="x")
    twice = post(**awa, speaker_1_name="Awa", speaker_1_email="awa@example.org")

    assert [body.count('<fieldset class="person">') for body in (shown, wrong)] == [3, 4]
    assert [body.count('aria-label="Speaker ') for body in (shown, wrong)] == [9, 8]  # they are folded
    assert ("Enter the name" in wrong, "Enter an address such as" in wrong) == (True, True)
    assert ("This address stands here twice" in twice, Invitation.objects.get().token) == (True, token)
    many = {f"speaker-{n}-{name}": f"a{n}@example.org" for n in range(13) for name in ("name", "email")}
    assert ("Name at most 12 speakers" in post(**many), draft.invitations.count()) == (True, 1)
    post(**many | {"speaker-5-name": "", "speaker-5-email": ""})
    assert draft.invitations.count() == 12


def test_what_is_of_the_secretariat_or_with_the_organisers_is_not_to_be_had(client, draft):
    kind = SessionTypeFactory(code="high_level", is_secretariat_only=True)
    body = page(client.post(url(draft, "what/"), {"title": "New", "session_type": kind.pk}))
    older = page(client.post(url(draft, "check/"), {"revision": "1"}))
    later = client.post(url(draft, "what/"), {"title": "", "later": "1"})

    Proposal.objects.update(state="submitted", title="Sent")

    assert ("Choose from the list" in body, f'value="{kind.pk}"' in body) == (True, False)
    assert ("Read it again, then submit it" in older, later.headers["Location"]) == (True, url(draft))
    assert client.get(url(draft, "what/")).headers["Location"] == url(draft)
    assert "It lies with the organisers" in page(client.post(url(draft, "what/"), {"title": "New"}))
    assert Proposal.objects.get().title == "Sent"


CSRF = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def answers(client, proposal):
    """What its people get who try everything, without what differs from one answer to the next."""
    tried = [
        client.post(url(proposal, "save/"), {"step": "what", "title": "New", "description": "D"}),
        client.post(url(proposal, "what/"), {"title": "New", "description": "D"}),
        client.get(url(proposal, "what/")),
        client.post(url(proposal, "check/"), {"revision": "3"}),
        client.get(url(proposal)),
        client.get(f"{BASE}mine/"),
        client.post(url(proposal, "withdraw/"), {"reason": "Ill"}),
        client.get(url(proposal)),
    ]
    return [(answer.status_code, answer.headers.get("Location"), CSRF.sub("", page(answer))) for answer in tried]


VERDICTS = {
    "accept": lambda row: decisions.accept(row, by=staff(), text="Because", now=NOW),
    "decline": lambda row: decisions.decline(row, by=staff(), text="Because", now=NOW),
    "ask": lambda row: decisions.ask_for_changes(row, by=staff(), text="Because", now=NOW),
    "merge": lambda row: merging.merge(row, into=ProposalFactory(forum=row.forum), by=staff(), text="Why", now=NOW),
}


@pytest.mark.parametrize(
    ("state", "is_editor"), [("submitted", True), pytest.param("changes", False, marks=pytest.mark.whole)]
)
def test_decisions_that_are_not_told_change_nothing(client, user, draft, is_editor, state):
    """Whatever its people try, they get the same answers as before the decision, until it is told."""
    if is_editor:
        Proposal.objects.update(proposer=confirmed())
        draft.editors.add(user)
    verdicts = list(VERDICTS.values()) if state == "submitted" else [VERDICTS["decline"]]
    said = stored.read(draft)

    def decided(verdict):
        draft.refresh_from_db()
        stored.write(draft, answers=said)
        draft.state, draft.pending_state, draft.merged_into, draft.session = state, "", None, None
        draft.submitted, draft.revision = NOW, 3
        draft.save()
        Message.objects.all().delete()
        client.get(f"{BASE}mine/")  # takes the message of the last try
        if verdict:
            verdict(draft)
        return draft

    before, *found = [answers(client, decided(verdict)) for verdict in (None, *verdicts)]
    assert found == [before] * len(verdicts)
    for verdict in verdicts:
        told = let_go(decided(verdict))
        label = f">{told.get_state_display()}<"
        assert [label in page(client.get(address)) for address in (url(told), f"{BASE}mine/")] == [True, True]
    assert answers(client, told) != before


def test_withdrawing(client, draft):
    shown = client.get(url(draft, "withdraw/"))
    was = Proposal.objects.get().state
    client.post(url(draft, "withdraw/"), {"reason": "I\0ll" + 3000 * "x"})

    assert log.of(draft).first().reason == "Ill" + 1997 * "x"
    assert (shown.status_code, was, Proposal.objects.get().state) == (200, "draft", "withdrawn")
    assert "cannot be changed" in page(client.post(url(draft, "withdraw/")))


# --- a speaker's answer -----------------------------------------------------------------------------
@pytest.fixture
def invitation(call):
    row = fill(ProposalFactory(forum=call.forum))
    row.invitations.update(invited=NOW)
    return row.invitations.get()


def test_answering_without_an_account(client, invitation):
    address = f"/invitation/{invitation.token}/"
    shown = [client.get(f"{address}{query}").status_code for query in ("", "?answer=no", "?answer=yes")]
    wrong = [client.post(address, data) for data in ({"answer": "yes", "name": ""}, {"answer": "perhaps", "name": "A"})]
    found = [Invitation.objects.get().state]

    for given in ("yes", "no"):
        answer = client.post(address, {"answer": given, "name": "Awa", "biography": "Lays cables"}, follow=True)
        found.append((Invitation.objects.get().state, f"You said {given}" in page(answer)))

    assert (shown, found) == ([200] * 3, ["invited", ("accepted", True), ("declined", True)])
    assert ("Error:" in page(wrong[0]), "Say yes or no" in page(wrong[1])) == (True, True)


def test_link_that_no_longer_holds_shows_nothing_of_the_session(client, invitation, time_machine):
    Proposal.objects.update(description="Canary words")
    address = f"/invitation/{invitation.token}/"
    assert "Canary words" in page(client.get(address))
    changes = (
        lambda: Invitation.objects.update(state="taken_back"),
        lambda: Proposal.objects.update(state="declined"),
        lambda: time_machine.move_to(NOW + timedelta(days=400), tick=False),
    )

    for change in changes:
        Proposal.objects.update(state="submitted")
        Invitation.objects.update(state="invited")
        change()
        for answer in (client.get(address), client.post(address, {"answer": "yes", "name": ""})):
            body = page(answer)
            assert "can no longer be answered" in body
            assert ("Canary words" in body, "Fibre for the north" in body, "Ministry of Posts" in body) == (False,) * 3


def test_speaker_who_said_yes_reads_when_and_where(client, invitation, time_machine):
    session, starts = accept(invitation.proposal).session, NOW + timedelta(days=1)
    address, room = f"/invitation/{invitation.token}/", RoomFactory(forum=session.forum, name="Popov Room")
    client.post(address, {"answer": "yes", "name": "Awa"})
    Session.objects.update(starts=starts, ends=starts + timedelta(hours=1), room=room)
    bodies = [page(client.get(address))]
    for change in (
        {"state": "scheduled"},
        {"embargoed_until": starts},
        {"embargoed_until": None, "state": "cancelled"},
    ):
        Session.objects.update(**change)
        bodies.append(page(client.get(address)))

    assert ["Popov Room" in body for body in bodies] == [False, True, False, False]
    words = " ".join(re.sub(r"<[^>]+>", "", bodies[1].partition("You said yes.")[2]).split())
    assert words.startswith("Thursday 23 July 2020, 14:20–15:20 Geneva (UTC+2), Popov Room")
    assert (f"/2020/programme/{session.code}/" in bodies[1], "This session is cancelled" in bodies[3]) == (True, True)
    time_machine.move_to(starts, tick=False)
    client.post(address, {"answer": "no", "name": "Awa"})
    assert ["You said yes" in page(client.get(address)), "Fibre for the north" in page(client.get(address))] == [
        True
    ] * 2


# --- hosts ------------------------------------------------------------------------------------------
@pytest.fixture
def session(user):
    row = SessionFactory(title="Fibre")
    HostedSession.objects.create(session=row, user=user)
    return row


def hosted(session, part=""):
    return f"/2020/hosted/{session.code}/{part}"


def test_host_edits(client, user, session):
    headings = ("Sessions that you organise", f'href="{hosted(session)}"', "<h2>Proposals</h2>")

    def listed():
        body = page(client.get(f"{BASE}mine/"))
        return [one in body for one in headings]

    assert (client.get(hosted(session)).status_code, listed()) == (200, [True, True, False])
    client.post(hosted(session), {"part": "text", "title": "Fibre!", "description": "More"})
    client.post(hosted(session), {"part": "panellist", "name": "Ben", "email": "ben@example.org", "role": "speaker"})
    paper = SimpleUploadedFile("paper.pdf", PDF)
    client.post(hosted(session, "documents/"), {"title": "Paper", "file": paper})

    wrong = client.post(hosted(session), {"part": "panellist", "name": "Eve", "email": "eve", "role": "speaker"})
    body = page(client.get(hosted(session)))

    assert all(word in body for word in ("Fibre!", "Ben", "Asked by mail", "Paper"))
    assert (wrong.status_code, "such as name@example.org" in page(wrong)) == (200, True)
    assert not session.appearances.exists()
    document = Document.objects.get()
    client.post(hosted(session), {"part": "take-back", "row": Invitation.objects.get().pk})
    client.post(hosted(session), {"part": "remove-document", "row": document.pk})
    gone = client.post(hosted(session), {"part": "remove-document", "row": document.pk}, follow=True)
    assert "not here any more" in page(gone)
    assert (Invitation.objects.get().state, session.documents.count()) == ("taken_back", 0)
    assert "Asked by mail" not in page(client.get(hosted(session)))
    ProposalFactory(forum=session.forum, proposer=user)
    assert listed() == [True, True, True]
    client.force_login(confirmed())
    assert listed() == [False, False, False]


def test_documents_of_hosts_are_large_and_of_the_right_kind(client, rf, session):
    def limit(address, **session_data):
        request = rf.post(address, {"file": SimpleUploadedFile("a.pdf", b"x")})
        request.session, request.resolver_match = session_data, resolve(address)
        return BodyLimit(None).limit(request, request.resolver_match.func)

    there, large = hosted(session, "documents/"), 11 * 1024 * 1024
    answers = [client.post(there, {"title": "P", "file": SimpleUploadedFile("a.pdf", one)}) for one in (b"", b"<s>")]

    assert [(answer.status_code, "Error:" in page(answer)) for answer in answers] == [(200, True)] * 2
    assert limit(there, _auth_user_id=1) == large
    assert max(limit(there), limit(hosted(session), _auth_user_id=1)) < large
