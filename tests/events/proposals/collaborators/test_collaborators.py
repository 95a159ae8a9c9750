"""Editing a proposal together: whom its maker may ask, who joins by the link, and that nobody comes back by an old one."""

import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import tasks
from events.mail import outbox
from events.models import HostedSession, Message, Proposal, Remark, Session
from events.proposals import decisions, states, submission, telling
from events.proposals.collaborators import collaborators
from tests.events.proposals.factories import CallFactory, ProposalFactory, confirmed, fill, staff
from tests.events.proposals.test_submission import refused, verbs_of
from tests.factories import NOW, ForumFactory, SessionFactory, UserFactory
from tests.registration.agenda.test_races import together

pytestmark = pytest.mark.django_db
FRIEND = "friend@example.org"
LATER = NOW + timedelta(days=30)


@pytest.fixture
def maker():
    return confirmed(language="fr", name="Awa Maker", email="maker@example.org")


@pytest.fixture
def friend():
    return confirmed(email=FRIEND, name="Ben Friend")


@pytest.fixture
def proposal(maker):
    call = CallFactory()
    return fill(ProposalFactory(forum=call.forum, proposer=maker, state="submitted"))


def ask(proposal, *, email=FRIEND, by=None, now=NOW):
    return collaborators.invite(proposal, email=email, by=by or proposal.proposer, now=now)


def link(proposal, **more):
    return collaborators.token(ask(proposal, **more))


def join(token, by, *, now=NOW):
    return collaborators.join(token, by=by, now=now)


def leave(proposal, user, *, by=None):
    collaborators.remove(proposal, user=user.pk, by=by or proposal.proposer, now=NOW)


# --- asking -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("has_account", [True, False])
def test_asked_by_mail_whether_or_not_there_is_an_account(proposal, has_account, request):
    if has_account:
        request.getfixturevalue("friend")

    entry = ask(proposal, email=f" {FRIEND.upper()} ")

    mail = Message.objects.get()
    assert (mail.kind, mail.to, mail.language, mail.state) == ("proposal-editor", FRIEND, "fr", "queued")
    assert (mail.is_secret, mail.user) == (True, None)
    assert f"/invitation/editing/{collaborators.token(entry)}/" in mail.text
    assert (verbs_of(proposal), entry.text, proposal.editors.count()) == (["ask-editor"], FRIEND, 0)


def test_draft_without_a_title_can_be_shared(proposal):
    Proposal.objects.update(title="", state="draft")

    ask(proposal)

    assert "“”" not in Message.objects.get().subject


@pytest.mark.parametrize(
    ("email", "codes"),
    [
        ("", {"email": ["blank"]}),
        ("nobody", {"email": ["invalid"]}),
        (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 30}.org", {"email": ["max_length"]}),
        ("MAKER@example.org", {"email": ["own-address"]}),
        ("second@example.org", {"email": ["own-address"]}),
    ],
)
def test_addresses_that_are_refused(proposal, maker, email, codes):
    EmailAddress.objects.create(user=maker, email="second@example.org", verified=True)

    assert refused(lambda: ask(proposal, email=email)) == codes
    assert (Message.objects.count(), verbs_of(proposal)) == (0, [])


def test_only_who_made_it_asks(proposal, friend):
    proposal.editors.add(friend)

    for other in (friend, staff(), confirmed()):
        assert refused(lambda other=other: ask(proposal, email="x@example.org", by=other)) == "not-yours"
    assert not Message.objects.exists()


def test_who_asks_has_a_confirmed_address(proposal):
    Proposal.objects.update(proposer=(stranger := UserFactory()))

    assert refused(lambda: ask(proposal, by=stranger)) == "not-confirmed"


@pytest.mark.parametrize("state", ["withdrawn", "declined", "merged"])
def test_nobody_is_asked_for_what_is_over(proposal, state):
    Proposal.objects.update(state=state)

    assert refused(lambda: ask(proposal)) == "not-wanted"


def test_asking_again_takes_a_day_and_ends_the_first_link(proposal, friend):
    first = link(proposal)

    assert refused(lambda: ask(proposal)) == {"email": ["already-asked"]}
    second = link(proposal, now=NOW + timedelta(days=1))

    assert refused(lambda: join(first, friend, now=NOW + timedelta(days=1))) == "expired"
    assert join(second, friend, now=NOW + timedelta(days=1)) == proposal


def test_who_joined_is_not_asked_again(proposal, friend):
    join(link(proposal), friend)

    assert refused(lambda: ask(proposal, now=NOW + timedelta(days=3))) == {"email": ["already-there"]}


def test_asking_says_nothing_of_other_addresses_of_an_editor(proposal, friend):
    """Else the maker could find out which addresses belong to an account."""
    EmailAddress.objects.create(user=friend, email="private@example.org", verified=True)
    join(link(proposal), friend)

    assert ask(proposal, email="private@example.org").text == "private@example.org"


def test_a_proposal_is_no_way_to_write_to_everybody(proposal):
    for n in range(10):
        ask(proposal, email=f"{n}@example.org")

    assert refused(lambda: ask(proposal)) == "too-many"
    assert ask(proposal, now=NOW + timedelta(days=1)).text == FRIEND


def test_nor_are_many_proposals(proposal, maker):
    others = ProposalFactory.create_batch(3, forum=proposal.forum, proposer=maker)
    rows = [Remark(proposal=others[n % 3], author=maker, at=NOW, verb="ask-editor", text=f"{n}") for n in range(30)]
    Remark.objects.bulk_create(rows[:29])
    ask(proposal, email="last@example.org")

    assert refused(lambda: ask(proposal)) == "too-many"


# --- joining ----------------------------------------------------------------------------------------
def test_joining(proposal, friend):
    token = link(proposal)

    assert join(token, friend) == join(token, friend)

    assert list(Proposal.objects.of(friend)) == [proposal]
    entry = proposal.remarks.last()
    assert (verbs_of(proposal), entry.author, entry.text) == (["ask-editor", "join-editor"], friend, FRIEND)


def test_address_in_other_letters(proposal):
    friend = UserFactory()
    EmailAddress.objects.create(user=friend, email="Friend@Example.org", verified=True)

    assert join(link(proposal, email="FRIEND@example.ORG"), friend) == proposal


def test_maker_who_opens_the_link_stays_the_maker(proposal, maker):
    token = link(proposal)

    assert join(token, maker) == proposal
    assert proposal.editors.count() == 0


@pytest.mark.parametrize("is_added", [True, False])
def test_another_account_or_an_address_that_is_not_confirmed(proposal, is_added):
    """The address of the account itself counts for nothing either before it is confirmed."""
    other = confirmed() if is_added else UserFactory(email=FRIEND)
    EmailAddress.objects.create(user=other, email=FRIEND, verified=False)

    assert refused(lambda: join(link(proposal), other)) == "not-for-you"
    assert proposal.editors.count() == 0


@pytest.mark.parametrize("state", ["withdrawn", "declined", "merged"])
def test_nobody_joins_what_is_over_and_others_do_not_learn_it(proposal, friend, state):
    token = link(proposal)
    Proposal.objects.update(state=state)

    assert refused(lambda: join(token, friend)) == "not-wanted"
    assert refused(lambda: join(token, confirmed())) == "not-for-you"


def test_link_holds_thirty_days(proposal, friend):
    token = link(proposal)

    assert refused(lambda: join(token, friend, now=LATER)) == "expired"
    assert join(token, friend, now=LATER - timedelta(seconds=1)) == proposal


@pytest.mark.parametrize("change", [lambda t: "", lambda t: t[:-1], lambda t: "9" + t, lambda t: t.partition(".")[0]])
def test_links_that_are_not_ours(proposal, friend, change):
    assert refused(lambda: join(change(link(proposal)), friend)) == "expired"


def test_link_names_an_invitation_and_no_other_entry(proposal, friend):
    entry = proposal.remarks.create(at=NOW, verb="take-back-editor", text=FRIEND)

    assert refused(lambda: join(collaborators.token(entry), friend)) == "expired"


# --- removing ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("by_maker", [True, False])
def test_removed_editor_does_not_come_back_by_the_old_link(proposal, friend, by_maker):
    token = link(proposal)
    join(token, friend)

    leave(proposal, friend, by=None if by_maker else friend)

    assert refused(lambda: join(token, friend)) == "expired"
    assert (
        refused(lambda: submission.save(proposal, by=friend, step="what", data={"title": "X"}, now=NOW)) == "not-yours"
    )
    assert proposal.remarks.last().text == FRIEND
    assert join(link(proposal, now=NOW + timedelta(days=1)), friend, now=NOW + timedelta(days=1)) == proposal


def test_nor_by_a_link_to_another_address(proposal, friend):
    """Not one that was confirmed already, nor one that is confirmed only afterwards."""
    EmailAddress.objects.create(user=friend, email="old@example.org", verified=True)
    links = [link(proposal), link(proposal, email="old@example.org"), link(proposal, email="new@example.org")]
    join(links[0], friend)
    leave(proposal, friend)
    EmailAddress.objects.filter(email=FRIEND).delete()
    EmailAddress.objects.create(user=friend, email="new@example.org", verified=True)

    assert [refused(lambda one=one: join(one, friend)) for one in links[1:]] == ["expired", "expired"]


def test_nor_who_came_by_a_merger(proposal, friend):
    token = link(proposal)
    proposal.editors.add(friend)
    assert join(token, friend) == proposal

    leave(proposal, friend)

    assert (refused(lambda: join(token, friend)), proposal.editors.count()) == ("expired", 0)


def test_others_stay_asked(proposal, friend):
    other, token = confirmed(email="other@example.org"), link(proposal, email="other@example.org")
    join(link(proposal), friend)

    leave(proposal, friend)

    assert join(token, other) == proposal


def test_removing_is_refused(proposal, friend, maker):
    other = confirmed()
    proposal.editors.add(friend, other)

    for by in (other, staff()):
        assert refused(lambda by=by: leave(proposal, friend, by=by)) == "not-yours"
    assert refused(lambda: leave(proposal, maker, by=friend)) == "not-yours"
    assert refused(lambda: leave(proposal, maker)) == "not-there"
    assert refused(lambda: leave(proposal, confirmed())) == "not-there"
    assert proposal.editors.count() == 2


def test_invitation_is_taken_back(proposal, friend):
    entry = ask(proposal)
    mail = Message.objects.get()
    assert outbox.unwanted([mail], now=NOW) == set()

    assert refused(lambda: collaborators.take_back(proposal, invitation=entry.pk, by=friend, now=NOW)) == "not-yours"
    collaborators.take_back(proposal, invitation=entry.pk, by=proposal.proposer, now=NOW)

    assert refused(lambda: join(collaborators.token(entry), friend)) == "expired"
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}
    again = lambda: collaborators.take_back(proposal, invitation=entry.pk, by=proposal.proposer, now=NOW)  # noqa: E731
    assert refused(again) == "not-there"


def test_invitation_of_another_proposal_is_not_taken_back(proposal, maker):
    entry = ask(ProposalFactory(forum=proposal.forum, proposer=maker))

    assert refused(lambda: collaborators.take_back(proposal, invitation=entry.pk, by=maker, now=NOW)) == "not-there"


def test_mail_is_not_sent_for_what_is_over(proposal):
    ask(proposal)
    Proposal.objects.update(state="withdrawn")

    mail = Message.objects.get()
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}


# --- saying no, and who is told ---------------------------------------------------------------------
def told(kind="proposal-editors"):
    return {one.to: one.text for one in Message.objects.filter(kind=kind)}


def test_no_uses_the_link_up_and_is_told_to_who_asked(proposal, friend, maker):
    proposal.editors.add(confirmed())
    token = link(proposal)

    collaborators.decline(token, now=NOW)
    collaborators.decline(token, now=NOW)

    assert verbs_of(proposal) == ["ask-editor", "decline-editor"]
    assert (list(told()), FRIEND in told()[maker.email]) == ([maker.email], True)
    assert refused(lambda: join(token, friend)) == "expired"
    assert refused(lambda: ask(proposal, now=LATER - timedelta(seconds=1))) == {"email": ["said-no"]}
    assert ask(proposal, now=LATER).text == FRIEND


def test_no_by_a_link_that_does_not_hold(proposal, friend):
    token = link(proposal)
    join(token, friend)

    assert refused(lambda: collaborators.decline(token, now=NOW)) == "expired"
    assert refused(lambda: collaborators.decline(f"{token}x", now=NOW)) == "expired"
    assert proposal.editors.count() == 1


def test_the_others_are_told_who_joins_and_who_goes(proposal, friend, maker):
    other = confirmed(name="Cleo")
    proposal.editors.add(other)
    join(link(proposal), friend)
    joined = told()
    Message.objects.all().delete()
    leave(proposal, friend)
    removed = told()
    Message.objects.all().delete()
    leave(proposal, other, by=other)

    assert set(joined) == {maker.email, other.email}
    assert all("Ben Friend edits this proposal with you" in joined[one] for one in [other.email])
    assert set(removed) == {other.email, FRIEND}
    assert ("ended your editing" in removed[FRIEND], proposal.code in removed[FRIEND]) == (True, False)
    assert "Ben Friend no longer edits" in removed[other.email]
    assert list(told()) == [maker.email]


def test_draft_without_a_title_has_a_subject(proposal, friend):
    Proposal.objects.update(title="")

    join(link(proposal), friend)

    assert "“”" not in Message.objects.get(kind="proposal-editors").subject


# --- addresses, names, points -----------------------------------------------------------------------
def test_addresses_are_forgotten_once_the_link_is_dead(proposal, friend, maker):
    token = link(proposal)
    decisions.comment(proposal, by=staff(), text="Stays", now=NOW)
    assert collaborators.forget_addresses(now=LATER - timedelta(seconds=1)) == 0
    join(token, friend, now=LATER - timedelta(days=1))

    forgotten = [
        collaborators.forget_addresses(now=LATER),
        collaborators.forget_addresses(now=LATER + timedelta(days=30)),
    ]

    assert forgotten == [1, 1]
    assert [one.text for one in proposal.remarks.all()] == ["", "Stays", ""]
    leave(proposal, friend)
    assert proposal.remarks.get(verb="remove-editor").text == FRIEND


def test_task_forgets(proposal):
    ask(proposal, now=NOW - timedelta(days=10_000))

    tasks.forget_addresses()

    assert proposal.remarks.get().text == ""


@pytest.mark.parametrize("viewer", ["maker", "other"])
def test_nameless_people_show_no_address_to_each_other(client, viewer):
    forum = CallFactory().forum
    maker, other = confirmed(name=""), confirmed(name="")
    target = fill(ProposalFactory(forum=forum, proposer=maker, state="submitted"), speakers=[])
    source = fill(ProposalFactory(forum=forum, proposer=other, state="submitted"), speakers=[])
    decisions.merge(source, into=target, by=staff(), now=NOW)
    Message.objects.update(state="sent")
    client.force_login(maker if viewer == "maker" else other)

    body = page(client.get(url(target)))

    assert ("Somebody without a name" in body, "@" in body.split('id="editors"')[1].split("<details")[0]) == (
        True,
        False,
    )


def test_nor_to_whom_they_ask(client):
    maker = confirmed(name="", email="secret@example.org")
    proposal = ProposalFactory(forum=CallFactory().forum, proposer=maker)

    body = page(client.get(f"/invitation/editing/{link(proposal)}/"))

    mail = Message.objects.get()
    assert "secret@example.org" not in body + mail.text + mail.html + mail.subject


def test_points_of_who_joins_do_not_count_and_who_left_judges_no_more(proposal, maker):
    reviewer = staff("proposal reviewers", email=FRIEND)
    EmailAddress.objects.create(user=reviewer, email=FRIEND, verified=True)
    decisions.score(proposal, by=reviewer, points=5, now=NOW)
    decisions.score(proposal, by=staff(), points=1, now=NOW)

    join(link(proposal), reviewer)
    leave(proposal, reviewer)

    assert [one.points for one in proposal.reviews.all()] == [1]
    assert refused(lambda: decisions.score(proposal, by=reviewer, points=5, now=NOW)) == "own-proposal"
    assert list(Proposal.objects.touched_by(reviewer)) == [proposal]
    assert not Proposal.objects.to_score(reviewer).exists()
    assert not Proposal.objects.touched_by(AnonymousUser()).exists()


@pytest.mark.parametrize("is_target", [True, False])
def test_points_of_the_people_of_a_merger_do_not_count(proposal, maker, is_target):
    reviewer = staff("proposal reviewers")
    other = ProposalFactory(forum=proposal.forum, proposer=reviewer, state="submitted")
    source, target = (proposal, other) if is_target else (other, proposal)
    decisions.score(proposal, by=reviewer, points=5, now=NOW)

    decisions.merge(source, into=target, by=staff(), now=NOW)
    target.editors.clear()

    assert not proposal.reviews.exists()
    assert refused(lambda: decisions.comment(proposal, by=reviewer, text="x", now=NOW)) == "own-proposal"


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def _slow(self, monkeypatch):
        """Time passes between reading the course and writing it."""
        found = collaborators._was_removed

        def slowly(*args, **more):
            time.sleep(0.2)
            return found(*args, **more)

        monkeypatch.setattr(collaborators, "_was_removed", slowly)

    def test_joining_twice_is_joining_once(self, proposal, friend):
        token = link(proposal)

        together(lambda: join(token, friend), lambda: join(token, friend))

        assert verbs_of(proposal) == ["ask-editor", "join-editor"]

    def test_link_that_is_taken_back_meanwhile(self, proposal, friend):
        """Whoever comes first: the link is used, or it is taken back; never both."""
        entry = ask(proposal)
        back = lambda: collaborators.take_back(proposal, invitation=entry.pk, by=proposal.proposer, now=NOW)  # noqa: E731

        answers = together(lambda: join(collaborators.token(entry), friend), back)

        assert sum(isinstance(answer, ValidationError) for answer in answers) == 1
        assert len(verbs_of(proposal)) == 2

    def test_without_the_lock_it_is_used_twice(self, proposal, friend, monkeypatch):
        token = link(proposal)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())

        together(lambda: join(token, friend), lambda: join(token, friend))

        assert verbs_of(proposal).count("join-editor") == 2


# --- the session, and decisions that are not told yet -----------------------------------------------
def test_editors_edit_the_session_too(proposal, friend):
    session = SessionFactory()
    Proposal.objects.update(state="accepted", session=session)

    join(link(proposal), friend)
    assert HostedSession.objects.filter(session=session, user=friend).exists()
    leave(proposal, friend)

    assert not HostedSession.objects.filter(session=session, user=friend).exists()


@pytest.mark.parametrize("verb", [decisions.accept, decisions.decline, decisions.ask_for_changes])
def test_who_joins_learns_a_decision_together_with_the_maker(proposal, friend, verb):
    token, early = link(proposal), {proposal.pk}
    verb(proposal, by=staff(), text="Because", now=NOW)

    join(token, friend)

    assert telling.untold(friend, forum=proposal.forum) == early
    mail = Message.objects.get(user=friend)
    assert (mail.state, "Because" in mail.text, outbox.unwanted([mail], now=NOW)) == ("draft", True, set())
    leave(proposal, friend)
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}


def test_decision_that_was_told_is_not_told_again(proposal, friend):
    decisions.accept(proposal, by=staff(), now=NOW)
    outbox.queue(Message.objects.get(), now=NOW)

    join(link(proposal), friend)

    assert not Message.objects.filter(user=friend).exists()


def test_draft_on_another_proposal_or_an_older_decision_is_left_alone(proposal, friend, maker):
    decisions.accept(fill(ProposalFactory(forum=proposal.forum, proposer=maker)), by=staff(), now=NOW)
    decisions.decline(proposal, by=staff(), now=NOW)
    decisions.reopen(proposal, by=staff(), now=NOW)

    join(link(proposal), friend)

    assert not Message.objects.filter(user=friend).exists()


def test_merger_that_is_not_told_is_not_given_away(proposal, friend):
    token = link(proposal)
    decisions.merge(proposal, into=ProposalFactory(forum=proposal.forum), by=staff(), now=NOW)

    assert refused(lambda: join(token, friend)) == "not-wanted"
    assert not collaborators.holds(collaborators.find(token), now=NOW)
    assert ask(proposal, email="other@example.org").verb == states.ASK_EDITOR


# --- pages ------------------------------------------------------------------------------------------
@pytest.fixture
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


def url(proposal, part=""):
    return f"/2020/proposals/{proposal.code}/{part}"


def page(answer):
    return answer.content.decode()


@pytest.fixture
def client(_noon):
    return Client()


def test_from_the_invitation_to_the_title_changed_together(client, proposal, maker, friend):
    Proposal.objects.update(state="changes")
    client.force_login(maker)
    sent = client.post(url(proposal, "editors/"), {"part": "invite", "email": FRIEND}, follow=True)
    address = f"/invitation/editing/{collaborators.token(Remark.objects.get())}/"
    assert FRIEND in page(sent)

    client.force_login(friend)
    assert "Edit this proposal" in page(client.get(address))
    joined = client.post(address, follow=True)
    client.post(url(proposal, "what/"), {"title": "Ours", "later": "1"})

    assert "You edit this proposal from now on." in page(joined)
    assert Proposal.objects.get().title == "Ours"
    assert client.get(address).headers["Location"] == url(proposal)


def test_get_changes_nothing_and_the_log_in_comes_back(client, proposal, friend):
    address = f"/invitation/editing/{link(proposal)}/"

    anonymous = client.get(address)
    sent = client.post(address)
    client.force_login(friend)
    client.get(address)

    assert f'href="/accounts/login/?next={address}"' in page(anonymous)
    assert sent.headers["Location"] == f"/accounts/login/?next={address}"
    assert (proposal.editors.count(), FRIEND in page(anonymous)) == (0, False)


def test_page_of_the_link_is_not_kept_found_or_told(client, proposal):
    answer = client.get(f"/invitation/editing/{link(proposal)}/")

    assert '<meta name="robots" content="noindex">' in page(answer)
    assert answer["Referrer-Policy"] == "same-origin"
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


def test_page_of_the_link_is_the_same_for_every_account(client, proposal, friend):
    address = f"/invitation/editing/{link(proposal)}/"
    pages = []
    for person in (friend, confirmed(name=friend.name)):
        client.force_login(person)
        pages.append(client.get(address).context)

    assert [(one["holds"], one["reasons"]) for one in pages] == [(True, [])] * 2
    assert "This invitation is for another address" in page(client.post(address))


def test_link_that_no_longer_holds_shows_nothing_of_the_proposal(client, proposal):
    entry = ask(proposal)
    collaborators.take_back(proposal, invitation=entry.pk, by=proposal.proposer, now=NOW)

    body = page(client.get(f"/invitation/editing/{collaborators.token(entry)}/"))

    assert ("no longer holds" in body, proposal.title in body) == (True, False)


def test_links_that_are_none(client, proposal):
    token = link(proposal)

    assert client.get(f"/invitation/editing/{token}x/").status_code == 404
    ForumFactory._meta.model.objects.update(is_public=False)
    assert client.get(f"/invitation/editing/{token}/").status_code == 404


@pytest.mark.parametrize(
    ("email", "words"), [("nobody", "such as name@example.org"), ("maker@example.org", "your own")]
)
def test_wrong_address_is_said_at_its_field_and_kept(client, proposal, maker, email, words):
    client.force_login(maker)

    body = page(client.post(url(proposal, "editors/"), {"part": "invite", "email": email}))

    assert (words in body, f'value="{email}"' in body, "Error:" in body) == (True, True, True)
    assert not Remark.objects.exists()


def test_buttons(client, proposal, maker, friend):
    join(link(proposal), friend)
    entry = ask(proposal, email="other@example.org")
    client.force_login(maker)

    client.post(url(proposal, "editors/"), {"part": "take-back", "row": entry.pk})
    removed = client.post(url(proposal, "editors/"), {"part": "remove", "row": friend.pk}, follow=True)
    for part, row in (("remove", friend.pk), ("take-back", "x"), ("remove", "9" * 30), ("other", 1)):
        client.post(url(proposal, "editors/"), {"part": part, "row": row})

    assert "Removed." in page(removed)
    assert verbs_of(proposal)[-2:] == ["take-back-editor", "remove-editor"]


def test_no_by_the_page_without_an_account(client, proposal):
    address = f"/invitation/editing/{link(proposal)}/"

    asked, answered = page(client.get(address)), page(client.post(address, {"answer": "no"}, follow=True))

    assert ('name="answer" value="no"' in asked, "You said no" in answered, proposal.title in answered) == (
        True,
        True,
        False,
    )
    assert client.post(address, {"answer": "no"}).status_code == 302
    Remark.objects.filter(verb="decline-editor").update(verb="take-back-editor")
    assert "no longer holds" in page(client.post(address, {"answer": "no"}))


def test_editor_sees_no_addresses_and_leaves(client, proposal, friend):
    join(link(proposal), friend)
    ask(proposal, email="other@example.org")
    client.force_login(friend)

    body = page(client.get(url(proposal)))
    left = client.post(url(proposal, "editors/"), {"part": "remove", "row": friend.pk})

    assert ("Awa Maker" in body, "other@example.org" in body, FRIEND in body) == (True, False, False)
    assert ("Invite somebody" in body, "Leave this proposal" in body) == (False, True)
    assert (left.headers["Location"], client.get(url(proposal)).status_code) == ("/2020/proposals/mine/", 404)


def test_others_find_nothing(client, proposal, friend):
    client.force_login(confirmed())

    assert client.post(url(proposal, "editors/"), {"part": "invite", "email": FRIEND}).status_code == 404
    assert not Remark.objects.exists()


def test_same_questions_for_one_editor_and_three(client, proposal, maker):
    def add(n):
        join(link(proposal, email=f"{n}@example.org"), confirmed(email=f"{n}@example.org"))
        ask(proposal, email=f"asked-{n}@example.org")

    client.force_login(maker)
    add(0)
    client.get(url(proposal))
    with CaptureQueriesContext(connection) as one:
        client.get(url(proposal))
    add(1)
    add(2)
    with CaptureQueriesContext(connection) as three:
        client.get(url(proposal))

    assert len(three) == len(one)


@pytest.mark.parametrize(("state", "is_shown"), [("submitted", True), ("accepted", True), ("withdrawn", False)])
def test_form_is_shown_while_it_is_considered(client, proposal, maker, state, is_shown):
    Proposal.objects.update(state=state)
    client.force_login(maker)

    assert ("Invite somebody" in page(client.get(url(proposal)))) == is_shown
    assert Session.objects.count() == 0
