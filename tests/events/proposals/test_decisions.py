"""Scores, comments, decisions, merging; what an accepted workshop becomes; the table of states."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.mail import outbox
from events.models import Invitation, Message, Organisation, Placement, Proposal, Session, Wish
from events.proposals import decisions, submission, telling
from events.proposals.form import answers
from events.reference.organisations import find, find_or_make
from tests.events.proposals.factories import CallFactory, ProposalFactory, confirmed, fill, speaker, staff
from tests.events.proposals.test_submission import refused, verbs_of
from tests.factories import NOW, ForumFactory, OrganisationFactory, SDGFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser():
    return staff()


@pytest.fixture
def proposal():
    return fill(ProposalFactory(forum=CallFactory().forum, proposer=confirmed(language="fr")))


def mail():
    return Message.objects.get()


# --- points and discussion --------------------------------------------------------------------------
def test_points_can_be_changed(proposal):
    reviewer = staff("proposal reviewers")
    decisions.score(proposal, by=reviewer, points=0, now=NOW)

    decisions.score(proposal, by=reviewer, points=5, comment="Good", now=NOW)

    assert [(r.points, r.comment) for r in proposal.reviews.all()] == [(5, "Good")]
    assert verbs_of(proposal) == ["score", "score"]


def test_points_are_refused(proposal, organiser):
    assert refused(lambda: decisions.score(proposal, by=UserFactory(), points=3, now=NOW)) == "not-allowed"
    assert refused(lambda: decisions.score(proposal, by=organiser, points=6, now=NOW)) == {"points": ["points"]}
    assert refused(lambda: decisions.score(proposal, by=organiser, points=-1, now=NOW)) == {"points": ["points"]}
    long = lambda: decisions.score(proposal, by=organiser, points=1, comment="a" * 4001, now=NOW)  # noqa: E731
    assert refused(long) == {"comment": ["too-long"]}
    proposal.editors.add(organiser)
    assert refused(lambda: decisions.score(proposal, by=organiser, points=3, now=NOW)) == "own-proposal"
    Proposal.objects.update(state="accepted")
    assert refused(lambda: decisions.score(proposal, by=staff(), points=3, now=NOW)) == "wrong-state"


def test_discussion(proposal, organiser):
    decisions.comment(proposal, by=organiser, text=" Which room? ", now=NOW)

    assert [(r.verb, r.text, r.author) for r in proposal.remarks.all()] == [("", "Which room?", organiser)]
    assert refused(lambda: decisions.comment(proposal, by=organiser, text=" ", now=NOW)) == {"text": ["empty"]}
    assert refused(lambda: decisions.comment(proposal, by=organiser, text="a" * 4001, now=NOW)) == {
        "text": ["too-long"]
    }
    assert refused(lambda: decisions.comment(proposal, by=UserFactory(), text="x", now=NOW)) == "not-allowed"


@pytest.mark.parametrize("verb", [decisions.accept, decisions.decline, decisions.ask_for_changes])
def test_reviewers_do_not_decide(proposal, verb):
    reviewer = staff("proposal reviewers")

    assert refused(lambda: verb(proposal, by=reviewer, text="x", now=NOW)) == "not-allowed"
    assert (Proposal.objects.get().state, Message.objects.count()) == ("submitted", 0)


# --- decisions --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("verb", "state", "name", "kind"),
    [
        (decisions.accept, "accepted", "accept", "proposal-accepted"),
        (decisions.decline, "declined", "decline", "proposal-declined"),
        (decisions.ask_for_changes, "changes", "ask-changes", "proposal-changes"),
    ],
)
def test_decision_drafts_a_mail(proposal, organiser, verb, state, name, kind):
    row = verb(proposal, by=organiser, text="Because of the rooms", now=NOW)

    assert (row.state, row.decided, verbs_of(row)) == (state, NOW, [name])
    letter = mail()
    assert (letter.kind, letter.state, letter.to, letter.language, letter.html) == (
        kind,
        "draft",
        proposal.proposer.email,
        "fr",
        "",
    )
    assert "Because of the rooms" in letter.text
    assert f"/2020/proposals/{row.code}/" in letter.text


def test_changes_need_words(proposal, organiser):
    assert refused(lambda: decisions.ask_for_changes(proposal, by=organiser, text="", now=NOW)) == {"text": ["empty"]}


def test_draft_of_a_decision_that_was_overtaken_is_not_sent(proposal, organiser):
    decisions.decline(proposal, by=organiser, now=NOW)
    letter = mail()
    outbox.queue(letter, now=NOW)

    assert outbox.unwanted([letter], now=NOW) == set()

    decisions.reopen(proposal, by=organiser, now=NOW)

    assert outbox.unwanted([letter], now=NOW) == {letter.pk}


def test_each_decision_has_a_mail_of_its_own(proposal, organiser):
    decisions.decline(proposal, by=organiser, now=NOW)
    decisions.reopen(proposal, by=organiser, now=NOW)
    decisions.decline(proposal, by=organiser, now=NOW)

    assert Message.objects.filter(kind="proposal-declined").count() == 2


def test_second_no_is_told_once(proposal, organiser):
    proposal.invitations.update(state="accepted", invited=NOW)
    other = ProposalFactory(forum=proposal.forum, pk=proposal.pk * 10 + 1)
    decisions.decline(other, by=organiser, now=NOW)
    decisions.decline(proposal, by=organiser, now=NOW)
    decisions.reopen(proposal, by=organiser, now=NOW)
    decisions.decline(proposal, by=organiser, now=NOW)
    waiting = Message.objects.filter(state="draft")

    assert [waiting.filter(kind=kind).count() for kind in ("proposal-declined", "speaker-not-needed")] == [2, 1]
    outbox.queue(waiting.get(user=proposal.proposer), now=NOW)

    assert telling.untold(proposal.proposer, forum=proposal.forum) == set()


def test_only_declined_ones_are_taken_up_again(proposal, organiser):
    Proposal.objects.update(state="changes")

    assert refused(lambda: decisions.reopen(proposal, by=organiser, now=NOW)) == "wrong-state"


# --- what becomes of it -----------------------------------------------------------------------------
def test_accepted_workshop_becomes_a_session(proposal, organiser):
    known = OrganisationFactory(name="village net")
    editor = confirmed()
    proposal.editors.add(editor)
    proposal.invitations.update(state="accepted", invited=NOW)
    Invitation.objects.create(proposal=proposal, name="Silent", email="silent@example.org", invited=NOW)

    session = decisions.accept(proposal, by=organiser, now=NOW).session

    assert (session.title, session.description, session.state, session.starts) == (
        "Fibre for the north",
        "How we lay it",
        "draft",
        None,
    )
    assert (session.type, session.expected, session.forum) == (proposal.session_type, 80, proposal.forum)
    ministry = Organisation.objects.get(name="Ministry of Posts")
    assert set(session.organisers.all()) == {ministry, known}
    assert (ministry.stakeholder_type, ministry.country_id) == ("government", "ML")
    assert [line.code for line in session.action_lines.all()] == ["C2"]
    assert [goal.number for goal in session.sdgs.all()] == [9]
    assert [(a.speaker.name, a.role, a.is_released) for a in session.appearances.all()] == [
        ("Awa Traoré", "panellist", False)
    ]
    assert session.appearances.get().speaker.organisation == known
    assert {host.user for host in session.hosts.all()} == {proposal.proposer, editor}
    assert Placement.objects.get().state == "unscheduled"
    assert [(w.starts, w.ends, w.is_wanted) for w in Wish.objects.all()] == [
        (datetime(2020, 7, 22, 22, tzinfo=UTC), datetime(2020, 7, 23, 22, tzinfo=UTC), True),
        (datetime(2020, 7, 23, 22, tzinfo=UTC), datetime(2020, 7, 24, 22, tzinfo=UTC), False),
    ]


@pytest.mark.parametrize("kind", ["speaker", "theme", "exhibition", "partnership"])
def test_other_kinds_are_only_decided(proposal, organiser, kind):
    Proposal.objects.update(kind=kind)

    assert decisions.accept(proposal, by=organiser, now=NOW).session is None
    assert not Session.objects.exists()


def test_workshop_without_a_type(proposal, organiser):
    Proposal.objects.update(session_type=None)

    assert refused(lambda: decisions.accept(proposal, by=organiser, now=NOW)) == "no-type"
    assert (Proposal.objects.get().state, Message.objects.count()) == ("submitted", 0)


def test_workshop_without_an_organisation(proposal, organiser):
    Proposal.objects.update(organisation_name="", co_organisers=["", "Net"], stakeholder_type="", country=None)

    session = decisions.accept(proposal, by=organiser, now=NOW).session

    assert [row.name for row in session.organisers.all()] == ["Net"]


def test_day_on_which_clocks_change(organiser):
    forum = ForumFactory(slug="autumn", starts=datetime(2020, 10, 20).date(), ends=datetime(2020, 10, 30).date())  # noqa: DTZ001
    CallFactory(forum=forum)
    days = {"day-2020-07-23": "", "day-2020-07-24": "", "day-2020-10-25": "wish"}
    proposal = fill(ProposalFactory(forum=forum), **days)

    decisions.accept(proposal, by=organiser, now=NOW)

    wish = Wish.objects.get()
    assert wish.ends - wish.starts == timedelta(hours=25)


def test_organisations_are_found_by_name_and_initials():
    row = OrganisationFactory(name="International Telecommunication Union", acronym="ITU")

    assert find_or_make(" itu ") == row
    assert find_or_make("INTERNATIONAL  telecommunication union") == row
    assert find_or_make("  ") is None
    assert Organisation.objects.count() == 1


def test_name_before_initials():
    OrganisationFactory(name="Net of nets", acronym="Net")
    row = OrganisationFactory(name="NET")

    assert find("net") == row


def test_organisation_made_by_another_in_this_moment(monkeypatch):
    row = OrganisationFactory(name="Net")
    answers = iter([None, row])
    monkeypatch.setattr("events.reference.organisations.find", lambda name: next(answers))

    assert find_or_make("Net") == row


# --- merging ----------------------------------------------------------------------------------------
def test_merging(proposal, organiser):
    other = fill(
        ProposalFactory(forum=proposal.forum, proposer=confirmed()),
        title="Cables",
        organisation_name="Cable Union",
        co_organisers=["Village Net", "Sea Net"],
        speakers=[speaker(name="The same"), speaker(name="Ben", email="ben@example.org")],
    )

    row = decisions.merge(other, into=proposal, by=organiser, text="Together", now=NOW)

    target = Proposal.objects.get(pk=proposal.pk)
    assert (row.state, row.merged_into, target.state) == ("merged", target, "submitted")
    assert target.co_organisers == ["Village Net", "Cable Union", "Sea Net"]
    assert [one.name for one in target.invitations.all()] == ["Awa Traoré", "Ben"]
    assert list(target.editors.all()) == [other.proposer]
    assert (verbs_of(row), verbs_of(target)) == (["merge"], ["merge-other"])
    gone, joined = Message.objects.order_by("kind").reverse()
    assert (gone.kind, gone.state, gone.to) == ("proposal-merged", "draft", other.proposer.email)
    assert "Fibre for the north" in gone.text
    assert (joined.kind, joined.state, joined.to) == ("proposal-joined", "draft", proposal.proposer.email)
    assert ("Cables" in joined.text, "Together" in joined.text) == (True, False)


def test_two_proposals_of_one_person_have_no_editor_more(proposal, organiser):
    friend = confirmed()
    other = ProposalFactory(forum=proposal.forum, proposer=proposal.proposer)
    other.editors.add(friend)

    decisions.merge(other, into=proposal, by=organiser, now=NOW)

    assert list(proposal.editors.all()) == [friend]


def test_merged_proposal_reads_as_before(proposal, organiser):
    other = fill(
        ProposalFactory(forum=proposal.forum), speakers=[speaker(), speaker(name="Ben", email="b@example.org")]
    )
    other.invitations.update(invited=NOW, state="accepted")
    link = other.invitations.get(name="Ben").token
    was = answers.read(other)

    decisions.merge(other, into=proposal, by=organiser, now=NOW)

    assert answers.read(other) == was
    assert proposal.invitations.get(name="Ben").token == link
    assert other.invitations.get(name="Ben").state == "accepted"


@pytest.mark.parametrize(
    ("there", "state", "name"),
    [
        ("invited", "accepted", "Awa T."),
        ("declined", "declined", "Awa Traoré"),
        ("accepted", "accepted", "Awa Traoré"),
    ],
)
def test_yes_to_the_merged_proposal_is_not_lost(proposal, organiser, there, state, name):
    proposal.invitations.update(invited=NOW, state=there)
    other = fill(ProposalFactory(forum=proposal.forum), speakers=[speaker(name="Awa T.")])
    other.invitations.update(email="AWA@example.org")
    other.invitations.update(invited=NOW, state="accepted", answered=NOW, biography="Of my own")

    decisions.merge(other, into=proposal, by=organiser, now=NOW)

    assert [(one.state, one.name) for one in proposal.invitations.all()] == [(state, name)]
    assert (proposal.invitations.get().biography == "Of my own") == (there == "invited")


def test_whom_the_merged_proposal_only_asked_changes_nothing(proposal, organiser):
    proposal.invitations.update(invited=NOW, state="invited")
    other = fill(ProposalFactory(forum=proposal.forum), speakers=[speaker(name="Else")])
    other.invitations.update(invited=NOW, state="invited")

    decisions.merge(other, into=proposal, by=organiser, now=NOW)

    assert proposal.invitations.get().name == "Awa Traoré"


def test_reasons_go_along(proposal, organiser):
    line, goal = proposal.links.get(sdg=None).action_line, SDGFactory(number=4)
    proposal.links.filter(sdg=None).update(rationale="")
    other = ProposalFactory(forum=proposal.forum)
    other.links.create(action_line=line, rationale="It lays more cables")
    other.links.create(sdg=proposal.links.get(action_line=None).sdg, rationale="Not this one")
    other.links.create(sdg=goal, rationale="It teaches")

    decisions.merge(other, into=proposal, by=organiser, now=NOW)

    assert set(proposal.links.values_list("rationale", flat=True)) == {"It lays more cables", "It builds", "It teaches"}


def test_mails_of_a_merger_are_sent_while_it_holds(proposal, organiser):
    other = ProposalFactory(forum=proposal.forum)
    decisions.merge(other, into=proposal, by=organiser, now=NOW)
    mails = list(Message.objects.all())
    assert outbox.unwanted(mails, now=NOW) == set()

    decisions.decline(proposal, by=organiser, now=NOW)

    assert outbox.unwanted(mails, now=NOW) == {one.pk for one in mails if one.kind == "proposal-joined"}


def test_everybody_who_edits_a_proposal_is_told(proposal, organiser):
    other = ProposalFactory(forum=proposal.forum)
    decisions.merge(other, into=proposal, by=organiser, now=NOW)

    decisions.accept(proposal, by=organiser, text="Welcome", now=NOW)

    told = Message.objects.filter(kind="proposal-accepted")
    assert {one.to for one in told} == {proposal.proposer.email, other.proposer.email}
    assert all("Welcome" in one.text for one in told)


# --- speakers of what is declined -------------------------------------------------------------------
def test_speakers_who_said_yes_are_told_of_a_no(proposal, organiser):
    proposal.invitations.update(state="accepted", invited=NOW)
    Invitation.objects.create(proposal=proposal, name="Silent", email="silent@example.org", invited=NOW)

    decisions.decline(proposal, by=organiser, text="Only for the proposer", now=NOW)

    letter = Message.objects.get(kind="speaker-not-needed")
    assert (letter.state, letter.to, letter.language) == ("draft", "awa@example.org", "fr")
    assert "Fibre for the north" in letter.text
    assert "Only for the proposer" not in letter.text
    assert proposal.invitations.first().token not in letter.text
    assert Message.objects.count() == 2


def test_speakers_are_not_told_once_it_is_taken_up_again(proposal, organiser):
    proposal.invitations.update(state="accepted", invited=NOW)
    decisions.decline(proposal, by=organiser, now=NOW)
    mails = list(Message.objects.all())
    assert outbox.unwanted(mails, now=NOW) == set()

    decisions.reopen(proposal, by=organiser, now=NOW)

    assert outbox.unwanted(mails, now=NOW) == {one.pk for one in mails}


# --- one's own --------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb", ["accept", "decline", "changes", "score", "comment"])
@pytest.mark.parametrize("is_proposer", [True, False])
def test_nobody_judges_a_proposal_of_their_own(proposal, organiser, verb, is_proposer):
    if is_proposer:
        Proposal.objects.update(proposer=organiser)
    else:
        proposal.editors.add(organiser)
    verbs = {**VERBS, "comment": lambda row, people, now: decisions.comment(row, by=people["staff"], text="x", now=now)}

    assert refused(lambda: verbs[verb](proposal, {"staff": organiser}, NOW)) == "own-proposal"
    assert (Proposal.objects.get().state, Message.objects.count(), verbs_of(proposal)) == ("submitted", 0, [])


def test_nobody_merges_with_a_proposal_of_their_own(proposal, organiser):
    own = ProposalFactory(forum=proposal.forum, proposer=organiser)

    assert refused(lambda: decisions.merge(proposal, into=own, by=organiser, now=NOW)) == "own-proposal"
    assert refused(lambda: decisions.merge(own, into=proposal, by=organiser, now=NOW)) == "own-proposal"


def test_merging_is_refused(proposal, organiser):
    theme = ProposalFactory(forum=proposal.forum, kind="theme")
    elsewhere = ProposalFactory(forum=ForumFactory(slug="2021"))
    done = ProposalFactory(forum=proposal.forum, state="accepted")
    merge = lambda row, into: refused(lambda: decisions.merge(row, into=into, by=organiser, now=NOW))  # noqa: E731

    found = [merge(proposal, into) for into in (proposal, theme, elsewhere, done)]

    assert found == ["not-mergeable", "not-mergeable", "not-mergeable", "wrong-state"]
    assert merge(done, proposal) == "wrong-state"


# --- the table --------------------------------------------------------------------------------------
VERBS = {
    "submit": lambda row, people, now: submission.submit(row, by=people["own"], now=now),
    "withdraw": lambda row, people, now: submission.withdraw(row, by=people["own"], now=now),
    "changes": lambda row, people, now: decisions.ask_for_changes(row, by=people["staff"], text="x", now=now),
    "accept": lambda row, people, now: decisions.accept(row, by=people["staff"], now=now),
    "decline": lambda row, people, now: decisions.decline(row, by=people["staff"], now=now),
    "reopen": lambda row, people, now: decisions.reopen(row, by=people["staff"], now=now),
    "merge": lambda row, people, now: decisions.merge(row, into=people["target"], by=people["staff"], now=now),
    "score": lambda row, people, now: decisions.score(row, by=people["staff"], points=3, now=now),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verbs=st.lists(st.sampled_from(sorted(VERBS)), max_size=8))
def test_no_verbs_leave_the_table(db, verbs):
    forum = CallFactory().forum
    people = {"own": confirmed(), "staff": staff(), "target": ProposalFactory(forum=forum)}
    row = fill(ProposalFactory(forum=forum, proposer=people["own"], state="draft"))
    was = "draft"
    for verb in verbs:
        try:
            VERBS[verb](row, people, NOW)
            is_refused = False
        except ValidationError:
            is_refused = True
        row = Proposal.objects.get(pk=row.pk)
        assert row.state == was or row.state in Proposal.TRANSITIONS[was]
        assert not is_refused or row.state == was
        assert (row.session_id is not None) == (
            row.state == "accepted" or (row.state == "withdrawn" and "accept" in verbs and row.session_id is not None)
        )
        was = row.state


# --- mails ------------------------------------------------------------------------------------------
def test_decision_on_a_theme_says_nothing_of_a_session(proposal, organiser):
    Proposal.objects.update(kind="theme", proposer=confirmed(language="en"))

    decisions.accept(proposal, by=organiser, now=NOW)

    assert "becomes a session" not in mail().text
