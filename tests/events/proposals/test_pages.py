"""The pages of the open consultation: steps, saving, whose they are, answers of speakers, uploads of hosts."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.middleware import BodyLimit
from events.drafts.step_form import StepForm
from events.history import log
from events.mail import outbox
from events.models import Document, HostedSession, Invitation, Message, Outcome, Proposal, Question, Session
from events.pages import page_expiry
from events.proposals import decisions, merging
from events.proposals.form import answers as stored
from events.proposals.form.questions import ProposalDraft
from events.schedule.releases import releases
from tests.events.proposals.factories import CallFactory, ProposalFactory, accept, confirmed, fill, let_go, staff
from tests.factories import (
    NOW,
    AppearanceFactory,
    CountryFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
)

pytestmark = pytest.mark.django_db
BASE = "/2020/proposals/"


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


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
@pytest.mark.parametrize(
    ("shift", "words"),
    [(timedelta(days=-2), "Opens on:"), (timedelta(0), "Open until:"), (timedelta(days=1), "Closed on:")],
)
def test_page_of_the_call(client, call, time_machine, shift, words):
    time_machine.move_to(NOW + shift, tick=False)

    body = page(client.get(BASE))

    assert words in body
    assert ("What was proposed" in body) == (words == "Closed on:")


def test_figures_show_no_small_groups(client, call, time_machine):
    ProposalFactory.create_batch(6, forum=call.forum)
    ProposalFactory.create_batch(2, forum=call.forum, stakeholder_type="media")
    ProposalFactory.create_batch(4, forum=call.forum, stakeholder_type="academia")
    time_machine.move_to(NOW + timedelta(days=1), tick=False)

    body = page(client.get(BASE))

    assert "12 proposals were submitted" in body
    assert body.count("not shown</span>") == 2


def test_no_call_is_no_page(client):
    ForumFactory()

    assert client.get(BASE).status_code == 404


def test_pages_end_when_the_call_opens_and_closes(call):
    assert page_expiry.next_moment(call.closes - timedelta(minutes=1)) == call.closes
    assert page_expiry.next_moment(call.opens - timedelta(minutes=1)) == call.opens


def test_call_is_on_the_first_page_while_it_is_open(client, call, time_machine):
    opened = page(client.get("/2020/"))
    time_machine.move_to(call.closes, tick=False)

    assert ("Read the call" in opened, "Read the call" in page(client.get("/2020/"))) == (True, False)


# --- mine -------------------------------------------------------------------------------------------
def test_list_asks_the_same_questions_for_one_row_and_for_three(client, user, call):
    def make():
        ProposalFactory(forum=call.forum, proposer=user)
        HostedSession.objects.create(session=SessionFactory(), user=user)

    make()
    client.get(f"{BASE}mine/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"{BASE}mine/")
    make()
    make()
    with CaptureQueriesContext(connection) as three:
        client.get(f"{BASE}mine/")

    assert len(three) == len(one)


def test_beginning(client, user):
    answer = client.post(f"{BASE}new/")

    assert answer.headers["Location"] == url(Proposal.objects.get(), "who/")


def test_beginning_after_the_call(client, user, call, time_machine):
    time_machine.move_to(call.closes, tick=False)

    answer = client.post(f"{BASE}new/", follow=True)

    assert "The call for proposals is closed" in page(answer)


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


def test_wrong_row_of_speakers_loses_no_answer(client, draft):
    token = draft.invitations.get().token
    data = {"speaker-0-name": "", "speaker-0-email": "awa@example.org", "speaker-1-email": "x"}

    body = page(client.post(url(draft, "speakers/"), data))

    assert ("Enter the name" in body, "Enter an address such as" in body) == (True, True)
    assert Invitation.objects.get().token == token


def test_same_address_twice(client, draft):
    data = {}
    for place in (0, 1):
        data |= {f"speaker-{place}-name": "Awa", f"speaker-{place}-email": "awa@example.org"}

    assert "This address stands here twice" in page(client.post(url(draft, "speakers/"), data))


def test_more_speakers(client, draft):
    data = {"more": "1", "speaker-0-name": "Awa", "speaker-0-email": "awa@example.org", "speaker-2-name": ""}

    body = page(client.post(url(draft, "speakers/"), data, follow=True))

    assert body.count("<fieldset") == 4  # two rows were sent


@pytest.mark.parametrize("rows", ["-1", "9999999999999", "9" * 5000, "x", "²", "\u0663"])
def test_odd_number_of_rows(client, draft, rows):
    assert client.get(url(draft, "speakers/"), {"rows": rows}).content.count(b"<fieldset") == 3


def test_no_more_speakers_than_a_proposal_may_name(client, draft):
    data = {f"speaker-{n}-{name}": f"a{n}@example.org" for n in range(40) for name in ("name", "email")}

    client.post(url(draft, "speakers/"), data)

    assert draft.invitations.count() == 12


@pytest.mark.parametrize(
    ("step", "data", "unkept"),
    [
        ("who", {"country": "XX"}, ["country"]),
        ("who", {"kind": "party"}, ["kind"]),
        ("who", {"stakeholder_type": "king"}, ["stakeholder_type"]),
        ("who", {"co_organisers": "\n".join(map(str, range(21)))}, ["co_organisers"]),
        ("who", {"co_organisers": "a" * 201}, ["co_organisers"]),
        ("what", {"title": "a" * 251}, ["title"]),
        ("what", {"session_type": "99999999"}, ["session_type"]),
        ("goals", {"goal-9": "a" * 2001}, ["goal-9"]),
        ("speakers", {"speaker-0-name": "Awa", "speaker-0-email": "nobody"}, ["speaker-0-email"]),
        ("wishes", {"day-2020-07-23": "perhaps"}, ["day-2020-07-23"]),
        ("wishes", {"question-{}": "a" * 4001}, ["question-{}"]),
    ],
)
def test_values_that_cannot_be_kept(draft, call, step, data, unkept):
    number = Question.objects.create(call=call, text="Why?").pk
    shown = ProposalDraft(draft, call=call)

    form = StepForm(shown, shown.step(step), data={name.format(number): value for name, value in data.items()})

    assert not form.is_valid()
    assert list(form.unkept) == [name.format(number) for name in unkept]


def test_type_of_the_secretariat_is_not_offered(client, draft):
    kind = SessionTypeFactory(code="high_level", is_secretariat_only=True)

    body = page(client.post(url(draft, "what/"), {"title": "New", "session_type": kind.pk}))

    assert ("Choose from the list" in body, f'value="{kind.pk}"' in body) == (True, False)


def test_question_that_is_gone_stops_nobody(client, draft, call):
    gone, stays, other = (
        Question.objects.create(call=call, text=text, kind="line", for_kinds=kinds)
        for text, kinds in (("A", ["workshop"]), ("B", ["workshop"]), ("C", ["theme"]))
    )
    Proposal.objects.update(answers={str(gone.pk): "one", str(stays.pk): "two", str(other.pk): "three"})
    key = str(gone.pk)
    gone.delete()

    answer = client.post(url(draft, "wishes/"), {f"question-{stays.pk}": "changed"})

    assert answer.status_code == 302
    assert Proposal.objects.get().answers == {str(stays.pk): "changed", str(other.pk): "three"}
    assert key not in Proposal.objects.get().answers


def test_later(client, draft):
    assert client.post(url(draft, "what/"), {"title": "", "later": "1"}).headers["Location"] == url(draft)


def test_kind_without_speakers_has_no_such_step(client, draft):
    client.post(url(draft, "who/"), who(kind="exhibition"))

    assert client.get(url(draft, "speakers/")).headers["Location"] == url(draft, "check/")
    assert 'name="minutes"' not in page(client.get(url(draft, "what/")))
    assert client.get(url(draft, "nowhere/")).status_code == 404


def test_steps_ahead_that_are_empty_are_not_done(client, draft):
    Proposal.objects.update(wished_days=[], avoided_days=[])
    draft.invitations.all().delete()

    def done(step):
        stepper = client.get(url(draft, f"{step}/")).context["stepper"]
        return {one["key"] for one in stepper if one["is_done"]}

    assert (done("what"), done("wishes"), done("check")) == (
        {"who", "what", "goals"},
        {"who", "what", "goals", "speakers"},
        {"who", "what", "goals", "speakers", "wishes"},
    )


def test_check_of_an_older_page(client, draft):
    body = page(client.post(url(draft, "check/"), {"revision": "1"}))

    assert "Read it again, then submit it" in body


def test_submitted_proposals_are_read_only(client, draft):
    Proposal.objects.update(state="submitted")

    assert client.get(url(draft, "what/")).headers["Location"] == url(draft)
    assert "It lies with the organisers" in page(client.post(url(draft, "what/"), {"title": "New"}))
    assert Proposal.objects.get().title == "Fibre for the north"


@pytest.mark.parametrize("state", ["draft", "submitted", "changes", "accepted", "declined", "merged", "withdrawn"])
def test_page_of_every_state(client, draft, state):
    Proposal.objects.update(state=state, merged_into=ProposalFactory(forum=draft.forum))
    log.record(draft, verb="ask-changes", by=None, now=NOW, reason="Name a moderator")

    body = page(client.get(url(draft)))

    assert ("Name a moderator" in body) == (state == "changes")


@pytest.mark.parametrize(
    ("verb", "words"),
    [(decisions.accept, "Accepted"), (decisions.decline, "Declined"), (decisions.ask_for_changes, "Changes asked for")],
)
@pytest.mark.parametrize("end", [outbox.queue, outbox.cancel])
def test_decision_is_seen_once_its_mail_is_let_go(client, draft, verb, words, end):
    Proposal.objects.update(state="submitted", submitted=NOW)
    verb(draft, by=staff(), text="Because", now=NOW)
    addresses = [url(draft), f"{BASE}mine/"]

    before = [page(client.get(address)) for address in addresses]
    end(Message.objects.get(), now=NOW)
    after = [page(client.get(address)) for address in addresses]

    is_told = end is outbox.queue
    assert [(words in body, "Submitted" in body, "/hosted/" in body) for body in before] == [(False, True, False)] * 2
    assert [(words in body, "Submitted</span>" in body) for body in after] == [(is_told, not is_told)] * 2
    assert ["/hosted/" in body for body in after] == [is_told and words == "Accepted"] * 2


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


@pytest.mark.parametrize("is_editor", [True, False])
@pytest.mark.parametrize("state", ["submitted", "changes"])
def test_decisions_that_are_not_told_change_nothing(client, user, draft, is_editor, state):
    """Whatever its people try, they get the same answers as before the decision; each sounds as it is once it is told."""
    if is_editor:
        Proposal.objects.update(proposer=confirmed())
        draft.editors.add(user)
    verdicts = VERDICTS if state == "submitted" else {"decline": VERDICTS["decline"]}
    said, before, after = stored.read(draft), [], []
    for verdict in [None, *verdicts.values(), None, *verdicts.values()]:
        draft.refresh_from_db()
        stored.write(draft, answers=said)
        draft.state, draft.pending_state, draft.merged_into, draft.session = state, "", None, None
        draft.submitted, draft.revision = NOW, 3
        draft.save()
        Message.objects.all().delete()
        client.get(f"{BASE}mine/")  # takes the message of the last try
        if verdict:
            verdict(draft)
        if len(before) > len(verdicts):
            after.append(str(answers(client, let_go(draft) if verdict else draft)))
        else:
            before.append(answers(client, draft))

    assert before == [before[0]] * len(before)
    assert len(set(after)) == len(after)


def test_merger_is_seen_once_it_is_told(client, draft):
    Proposal.objects.update(state="submitted", submitted=NOW)
    other = ProposalFactory(forum=draft.forum, title="The other one")
    merging.merge(draft, into=other, by=staff(), now=NOW)

    def seen():
        bodies = [page(client.get(address)) for address in (url(draft), f"{BASE}mine/")]
        return ["The other one" in body for body in bodies], client.get(url(other)).status_code

    assert seen() == ([False, False], 404)
    let_go(draft)
    assert seen() == ([True, True], 200)


def test_withdrawing(client, draft):
    assert client.get(url(draft, "withdraw/")).status_code == 200
    assert Proposal.objects.get().state == "draft"

    client.post(url(draft, "withdraw/"), {"reason": "Ill"})

    assert Proposal.objects.get().state == "withdrawn"
    assert "cannot be changed" in page(client.post(url(draft, "withdraw/")))


# --- saving while typing ----------------------------------------------------------------------------
@pytest.mark.parametrize("part", ["", "what/", "check/", "withdraw/", "save/"])
def test_others_find_nothing(client, draft, part):
    client.force_login(confirmed())
    shown, sent = client.get(url(draft, part)), client.post(url(draft, part), {"step": "what", "title": "Taken"})

    assert (shown.status_code, sent.status_code if part else 404) == (404, 404)
    assert Proposal.objects.get().title == "Fibre for the north"


# --- a speaker's answer -----------------------------------------------------------------------------
@pytest.fixture
def invitation(call):
    row = fill(ProposalFactory(forum=call.forum))
    row.invitations.update(invited=NOW)
    return row.invitations.get()


def test_get_changes_nothing(client, invitation):
    for query in ("", "?answer=no", "?answer=yes"):
        assert client.get(f"/invitation/{invitation.token}/{query}").status_code == 200

    assert Invitation.objects.get().state == "invited"


@pytest.mark.parametrize(("given", "state"), [("yes", "accepted"), ("no", "declined")])
def test_answering_without_an_account(client, invitation, given, state):
    address = f"/invitation/{invitation.token}/"

    answer = client.post(address, {"answer": given, "name": "Awa", "biography": "Lays cables"}, follow=True)

    assert (answer.status_code, Invitation.objects.get().state) == (200, state)
    assert ("You said yes" if given == "yes" else "You said no") in page(answer)


def test_answer_without_a_name_or_a_word(client, invitation):
    address = f"/invitation/{invitation.token}/"

    assert "Error:" in page(client.post(address, {"answer": "yes", "name": ""}))
    assert "Say yes or no" in page(client.post(address, {"answer": "perhaps", "name": "Awa"}))
    assert Invitation.objects.get().state == "invited"


def test_speaker_who_said_yes_reads_when_and_where(client, invitation, time_machine):
    session = accept(invitation.proposal).session
    address = f"/invitation/{invitation.token}/"
    client.post(address, {"answer": "yes", "name": "Awa"})
    starts = NOW + timedelta(days=1)
    room = RoomFactory(forum=session.forum, name="Popov Room")
    Session.objects.update(starts=starts, ends=starts + timedelta(hours=1), room=room)
    assert "Popov Room" not in page(client.get(address))

    Session.objects.update(state="scheduled")
    body = page(client.get(address))
    words = " ".join(re.sub(r"<[^>]+>", "", body.partition("You said yes.")[2]).split())
    assert words.startswith("Thursday 23 July 2020, 14:20–15:20 Geneva (UTC+2), Popov Room")
    assert f"/2020/programme/{session.code}/" in body

    Session.objects.update(embargoed_until=starts)
    assert "Popov Room" not in page(client.get(address))

    Session.objects.update(embargoed_until=None, state="cancelled")
    assert ("This session is cancelled" in page(client.get(address)), "Popov Room" in page(client.get(address))) == (
        True,
        False,
    )

    time_machine.move_to(starts, tick=False)
    assert "Fibre for the north" in page(client.get(address))
    client.post(f"/invitation/{invitation.token}/", {"answer": "no", "name": "Awa"})
    assert "You said yes" in page(client.get(address))


@pytest.mark.parametrize("change", ["taken_back", "declined", "over"])
def test_link_that_no_longer_holds_shows_nothing_of_the_session(client, invitation, time_machine, change):
    Proposal.objects.update(description="Canary words")
    address = f"/invitation/{invitation.token}/"
    assert "Canary words" in page(client.get(address))
    if change == "taken_back":
        Invitation.objects.update(state="taken_back")
    elif change == "declined":
        Proposal.objects.update(state="declined")
    else:
        time_machine.move_to(NOW + timedelta(days=400), tick=False)

    for answer in (client.get(address), client.post(address, {"answer": "yes", "name": ""})):
        body = page(answer)
        assert "can no longer be answered" in body
        assert ("Canary words" in body, "Fibre for the north" in body, "Ministry of Posts" in body) == (False,) * 3


def test_invitations_that_are_none(client, invitation):
    assert client.get("/invitation/unknown/").status_code == 404
    Invitation.objects.update(invited=None)
    assert client.get(f"/invitation/{invitation.token}/").status_code == 404
    Invitation.objects.update(invited=NOW)
    Proposal.objects.update(state="declined")
    assert "can no longer be answered" in page(client.get(f"/invitation/{invitation.token}/"))
    assert "can no longer be answered" in page(
        client.post(f"/invitation/{invitation.token}/", {"answer": "yes", "name": "A"})
    )


# --- hosts ------------------------------------------------------------------------------------------
@pytest.fixture
def session(user):
    row = SessionFactory(title="Fibre")
    HostedSession.objects.create(session=row, user=user)
    return row


def hosted(session, part=""):
    return f"/2020/hosted/{session.code}/{part}"


def test_nobody_edits_the_session_of_a_withdrawn_proposal(client, user, session):
    row = ProposalFactory(forum=session.forum, session=session, state="accepted", proposer=user)
    assert "Edit the session" in page(client.get(url(row)))

    Proposal.objects.update(state="withdrawn")

    body = page(client.get(hosted(session)))
    assert ("Save the text" in body, "Ask a panellist" in body) == (False, False)
    assert ("The proposal of this session is withdrawn." in body, "Report the outcome" in body) == (True, False)
    assert "Edit the session" not in page(client.get(url(row)))
    client.post(hosted(session), {"part": "text", "title": "Other", "description": "x"})
    assert Session.objects.get().title == "Fibre"


def test_host_edits(client, session):
    assert client.get(hosted(session)).status_code == 200
    client.post(hosted(session), {"part": "text", "title": "Fibre!", "description": "More"})
    client.post(hosted(session), {"part": "panellist", "name": "Ben", "email": "ben@example.org", "role": "speaker"})
    paper = SimpleUploadedFile("paper.pdf", b"%PDF-1.4")
    client.post(hosted(session, "documents/"), {"title": "Paper", "file": paper})

    body = page(client.get(hosted(session)))

    assert all(word in body for word in ("Fibre!", "Ben", "Asked by mail", "Paper"))
    assert not session.appearances.exists()
    document = Document.objects.get()
    client.post(hosted(session), {"part": "take-back", "row": Invitation.objects.get().pk})
    client.post(hosted(session), {"part": "remove-document", "row": document.pk})
    gone = client.post(hosted(session), {"part": "remove-document", "row": document.pk}, follow=True)
    assert "not here any more" in page(gone)
    assert (Invitation.objects.get().state, session.documents.count()) == ("taken_back", 0)
    assert "Asked by mail" not in page(client.get(hosted(session)))


def test_panellist_says_yes_comes_with_a_release_and_goes_with_the_next(client, session):
    client.post(hosted(session), {"part": "panellist", "name": "Ben", "email": "ben@example.org", "role": "speaker"})
    invitation = f"/invitation/{Invitation.objects.get().token}/"
    asked = page(client.get(invitation))
    client.post(invitation, {"answer": "yes", "name": "Dr Ben"})
    public = f"/2020/programme/{session.code}/"
    seen, waits = [page(client.get(public))], page(client.get(hosted(session)))
    releases.release(session.forum, note="", by=None, now=NOW)
    seen.append(page(client.get(public)))

    row = session.appearances.get().pk
    client.post(hosted(session), {"part": "remove-panellist", "row": row})
    leaves = page(client.get(hosted(session)))
    seen.append(page(client.get(public)))
    client.post(hosted(session), {"part": "keep-panellist", "row": row})
    stays = page(client.get(hosted(session)))
    client.post(hosted(session), {"part": "remove-panellist", "row": row})
    releases.release(session.forum, note="", by=None, now=NOW)
    seen.append(page(client.get(public)))

    assert ("Fibre" in asked, "as a speaker of this session:" in asked) == (True, True)
    assert "Public with the next release" in waits
    assert ("Leaves with the next release" in leaves, "Leaves with the next release" in stays) == (True, False)
    assert ["Dr Ben" in body for body in seen] == [False, True, True, False]
    assert "can no longer be answered" in page(client.get(invitation))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"part": "text", "title": ""}, "Error:"),
        ({"part": "text", "title": "X", "seen": "old"}, "Somebody else changed this text"),
        ({"part": "panellist", "name": ""}, "Enter the e-mail address"),
        ({"part": "panellist", "name": "Ben", "email": "ben", "role": "speaker"}, "such as name@example.org"),
        ({"part": "panellist", "name": "Ben", "email": "ben@example.org", "role": "king"}, "Choose from the list"),
        ({"part": "outcome", "kind": "launch", "title": "X"}, "not over yet"),
    ],
)
def test_refusals_stand_on_the_page(client, session, data, words):
    answer = client.post(hosted(session), data)

    assert (answer.status_code, words in page(answer)) == (200, True)


@pytest.mark.parametrize("content", [b"", b"<script>", b"MZ"])
def test_files_that_are_no_documents(client, session, content):
    file = SimpleUploadedFile("paper.pdf", content)

    answer = client.post(hosted(session, "documents/"), {"title": "Paper", "file": file})

    assert (answer.status_code, "Error:" in page(answer), Document.objects.count()) == (200, True, 0)


def test_body_limit_lets_documents_of_hosts_through(rf, session):
    def limit(address, **session_data):
        request = rf.post(address, {"file": SimpleUploadedFile("a.pdf", b"x")})
        request.session = session_data
        return BodyLimit(None).limit(request)

    large = 11 * 1024 * 1024
    assert limit(hosted(session, "documents/"), _auth_user_id=1) == large
    assert limit("/ar" + hosted(session, "documents/"), _auth_user_id=1) == large
    assert limit(hosted(session, "documents/")) < large
    assert limit(hosted(session), _auth_user_id=1) < large


def test_outcome_is_reported_and_waits(client, session, time_machine):
    time_machine.move_to(session.ends + timedelta(hours=1), tick=False)

    body = page(
        client.post(
            hosted(session), {"part": "outcome", "kind": "launch", "title": "A network", "text": "It runs"}, follow=True
        )
    )

    assert "With the organisers" in body
    assert (Outcome.objects.get().is_public, "A network" in page(client.get("/2020/outcomes/"))) == (False, False)


def test_other_accounts_find_no_session(client, session):
    other = SessionFactory()
    AppearanceFactory(session=other)
    client.force_login(confirmed())

    answers = [
        client.get(hosted(session)),
        client.post(hosted(session), {"part": "text", "title": "Taken"}),
        client.post(hosted(session, "documents/"), {"title": "X"}),
        client.get(hosted(other)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert Session.objects.get(pk=session.pk).title == "Fibre"


def test_host_touches_only_rows_of_the_own_session(client, session):
    other = AppearanceFactory()

    client.post(hosted(session), {"part": "remove-panellist", "row": other.pk})
    client.post(hosted(session), {"part": "remove-panellist", "row": "²"})

    assert other.session.appearances.count() == 1
    assert client.post(hosted(session), {"part": "everything"}).status_code == 404


def test_speaker_of_a_hidden_forum(client, invitation):
    forum = invitation.proposal.forum
    forum.is_public = False
    forum.save()

    assert client.get(f"/invitation/{invitation.token}/").status_code == 404
