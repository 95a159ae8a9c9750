"""Co-editors: whom the proposer may ask, who joins by the link, and that nobody comes back by an old one."""

import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser

from events import tasks
from events.models import CollaboratorInvitation, Forum, HostedSession, Message, Proposal
from events.proposals import decisions, submission
from events.proposals.collaborators import collaborators
from events.shared.history import log
from events.shared.mail import outbox
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    drafts,
    fill,
    let_go,
    staff,
    verbs_of,
)
from tests.factories import NOW, SessionFactory, UserFactory, confirmed
from tests.races import change_locks, together
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
FRIEND = "friend@example.org"
DAY = timedelta(days=1)
LATER = NOW + 30 * DAY


@pytest.fixture
def proposer():
    return confirmed(language="fr", name="Awa Maker", email="maker@example.org")


@pytest.fixture
def friend():
    return confirmed(email=FRIEND, name="Ben Friend")


@pytest.fixture
def proposal(proposer):
    return fill(ProposalFactory(forum=CallFactory().forum, proposer=proposer, state="submitted"))


def ask(proposal, *, email=FRIEND, by=None, now=NOW):
    return collaborators.invite(proposal, email=email, by=by or proposal.proposer, now=now)


def link(proposal, **more):
    return ask(proposal, **more).token


def join(token, by, *, now=NOW):
    return collaborators.join(token, by=by, now=now)


def leave(proposal, user, *, by=None):
    collaborators.remove(proposal, user=user.pk, by=by or proposal.proposer, now=NOW)


def take_back(asked, *, by=None):
    collaborators.take_back(asked.proposal, invitation=asked.pk, by=by or asked.proposal.proposer, now=NOW)


# --- asking -----------------------------------------------------------------------------------------
def test_asked_by_mail_whether_or_not_there_is_an_account(proposal):
    confirmed(email="known@example.org")

    for address in (FRIEND, "known@example.org"):
        asked = ask(proposal, email=f" {address.upper()} ")
        mail = Message.objects.get(to=address)
        assert (mail.kind, mail.language, mail.state) == ("proposal-editor", "fr", "queued")
        assert (mail.is_secret, mail.user, mail.about, asked.email) == (True, None, asked.pk, address)
        assert f"/invitation/editing/{asked.token}/" in mail.text
    assert (verbs_of(proposal), proposal.editors.count()) == (["ask-editor"] * 2, 0)
    assert FRIEND not in "".join(log.of(proposal).values_list("reason", flat=True))


def test_asking_is_refused(proposal, proposer, friend):
    """Others than the proposer, what is no address or one's own, and a proposer without a confirmed address."""
    EmailAddress.objects.create(user=proposer, email="second@example.org", verified=True)
    proposal.editors.add(friend)

    for by in (friend, staff(), confirmed()):
        assert refused(ask, proposal, email="x@example.org", by=by) == "not-yours"
    for email, code in (
        ("", "blank"),
        ("nobody", "invalid"),
        (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 30}.org", "max_length"),
        ("MAKER@example.org", "own-address"),
        ("second@example.org", "own-address"),
    ):
        assert refused(ask, proposal, email=email) == {"email": [code]}
    Proposal.objects.update(proposer=(stranger := UserFactory()))
    assert refused(ask, proposal, by=stranger) == "not-confirmed"
    assert (Message.objects.count(), verbs_of(proposal)) == (0, [])


def test_what_is_over(proposal, friend):
    """Nobody is asked or joins, no mail is sent, and others do not learn why."""
    token, target, stranger = link(proposal), ProposalFactory(forum=proposal.forum), confirmed()

    for state in ("withdrawn", "declined", "merged"):
        Proposal.objects.filter(pk=proposal.pk).update(state=state, merged_into=target)
        assert refused(ask, proposal, email="x@example.org") == "not-wanted"
        assert refused(join, token, friend) == "not-wanted"
        assert refused(join, token, stranger) == "not-for-you"
        assert outbox.unwanted(list(Message.objects.all()), now=NOW) == {Message.objects.get().pk}


def test_asking_again_takes_a_day_and_ends_the_first_link(proposal, friend):
    first = link(proposal)

    assert refused(ask, proposal) == {"email": ["mailed-already"]}
    second = link(proposal, now=NOW + DAY)

    assert refused(join, first, friend, now=NOW + DAY) == "expired"
    assert join(second, friend, now=NOW + DAY) == proposal
    assert refused(ask, proposal, now=NOW + 3 * DAY) == {"email": ["already-there"]}


def test_neither_one_proposal_nor_many_are_a_way_to_write_to_everybody(proposal, proposer):
    for n in range(10):
        take_back(ask(proposal, email=f"{n}@example.org"))
    others = ProposalFactory.create_batch(3, forum=proposal.forum, proposer=proposer)
    asked = refused(ask, proposal)
    tomorrow = ask(proposal, now=NOW + DAY).invited
    CollaboratorInvitation.objects.bulk_create(
        CollaboratorInvitation(proposal=others[n % 2], email=f"{n}@example.org", invited=NOW, changed=NOW)
        for n in range(18)
    )
    last = ask(others[2], email="last@example.org", now=NOW)

    assert (asked, tomorrow, last.invited) == ("too-many", NOW + DAY, NOW)
    assert refused(ask, others[2]) == "too-many"


# --- joining ----------------------------------------------------------------------------------------
def test_joining_with_the_address_in_other_letters(proposal):
    friend = UserFactory()
    EmailAddress.objects.create(user=friend, email="Friend@Example.org", verified=True)
    Proposal.objects.update(title="", state="draft")
    asked = ask(proposal)

    assert join(asked.token, friend) == join(asked.token, friend)

    assert list(Proposal.objects.of(friend)) == [proposal]
    asked.refresh_from_db()
    assert (asked.state, asked.user, verbs_of(proposal)) == ("joined", friend, ["ask-editor", "join-editor"])
    assert ["“”" in mail.subject for mail in Message.objects.all()] == [False, False]


def test_another_account_or_an_address_that_is_not_confirmed(proposal):
    """The address of the account itself counts for nothing either before it is confirmed."""
    token = link(proposal)
    for other in (confirmed(), UserFactory(email=FRIEND)):
        EmailAddress.objects.create(user=other, email=FRIEND, verified=False)
        assert refused(lambda other=other: join(token, other)) == "not-for-you"
    assert proposal.editors.count() == 0


def test_link_holds_thirty_days_for_one_person_and_is_one_of_ours(proposal, proposer, friend):
    token = link(proposal)

    assert (join(token, proposer), proposal.editors.count()) == (proposal, 0)  # they stay the proposer
    assert [refused(join, one, friend) for one in ("", token[:-1], f"9{token}")] == ["expired"] * 3
    assert refused(join, token, friend, now=LATER) == "expired"
    assert join(token, friend, now=LATER - timedelta(seconds=1)) == proposal
    assert [refused(collaborators.decline, one, now=NOW) for one in (token, f"{token}x")] == ["expired"] * 2
    assert proposal.editors.count() == 1


# --- removing ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("by_proposer", [True, False])
def test_removed_editor_loses_the_session_too_and_does_not_come_back_by_the_old_link(proposal, friend, by_proposer):
    Proposal.objects.update(state="accepted", session=(session := SessionFactory()))
    asked, token = ask(proposal), link(proposal, email="other@example.org")
    hosts = HostedSession.objects.filter(session=session, user=friend)
    join(asked.token, friend)
    assert hosts.exists()

    leave(proposal, friend, by=None if by_proposer else friend)

    assert (hosts.exists(), refused(join, asked.token, friend)) == (False, "expired")
    assert CollaboratorInvitation.objects.get(pk=asked.pk).state == "removed"
    assert refused(submission.save, proposal, by=friend, step="what", data={"title": "X"}, now=NOW) == "not-yours"
    assert join(token, confirmed(email="other@example.org")) == proposal  # others stay asked
    assert join(link(proposal, now=NOW + DAY), friend, now=NOW + DAY) == proposal


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

    assert (refused(join, token, friend), proposal.editors.count()) == ("expired", 0)


def test_removing_is_refused(proposal, friend, proposer):
    other = confirmed()
    proposal.editors.add(friend, other)

    assert [refused(leave, proposal, friend, by=by) for by in (other, staff())] == ["not-yours"] * 2
    assert refused(leave, proposal, proposer, by=friend) == "not-yours"
    assert [refused(leave, proposal, one) for one in (proposer, confirmed())] == ["not-there"] * 2
    assert proposal.editors.count() == 2


def test_invitation_is_taken_back(client, proposal, friend, proposer):
    asked, elsewhere = ask(proposal), ask(ProposalFactory(forum=proposal.forum, proposer=proposer))
    mail = Message.objects.get(about=asked.pk)
    assert outbox.unwanted([mail], now=NOW) == set()
    assert refused(take_back, asked, by=friend) == "not-yours"
    wrong = {"invitation": elsewhere.pk, "by": proposer, "now": NOW}
    assert refused(collaborators.take_back, proposal, **wrong) == "not-there"

    take_back(asked)

    assert (refused(join, asked.token, friend), refused(take_back, asked)) == ("expired", "not-there")
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}
    for body in (page(client.get(address(asked))), page(client.post(address(asked), {"answer": "no"}))):
        assert ("no longer holds" in body, proposal.title in body) == (True, False)
    assert join(link(proposal), friend) == proposal  # asked again, they need not wait for a day


# --- saying no, and who is told ---------------------------------------------------------------------
def told():
    found = {one.to: one.text for one in Message.objects.filter(kind="proposal-editors")}
    Message.objects.all().delete()
    return found


def test_no_uses_the_link_up_and_is_told_to_the_proposer(client, proposal, friend, proposer):
    proposal.editors.add(confirmed())
    asked = ask(proposal)

    shown = page(client.get(address(asked)))
    answered = page(client.post(address(asked), {"answer": "no"}, follow=True))
    collaborators.decline(asked.token, now=NOW)

    assert ('name="answer" value="no"' in shown, "You said no" in answered) == (True, True)
    assert (proposal.title in answered, verbs_of(proposal)) == (False, ["ask-editor", "decline-editor"])
    mails = told()
    assert (list(mails), FRIEND in mails[proposer.email]) == ([proposer.email], True)
    assert refused(join, asked.token, friend) == "expired"
    assert refused(ask, proposal, now=LATER - timedelta(seconds=1)) == {"email": ["said-no"]}
    assert ask(proposal, now=LATER).email == FRIEND


def test_the_others_are_told_who_joins_and_who_goes(proposal, friend, proposer):
    other = confirmed(name="Cleo")
    proposal.editors.add(other)
    join(link(proposal), friend)
    joined = told()
    leave(proposal, friend)
    removed = told()
    leave(proposal, other, by=other)

    assert set(joined) == {proposer.email, other.email}
    assert "Ben Friend edits this proposal with you" in joined[other.email]
    assert set(removed) == {other.email, FRIEND}
    assert ("removed you as a co-editor" in removed[FRIEND], proposal.code in removed[FRIEND]) == (True, False)
    assert "Ben Friend no longer edits" in removed[other.email]
    assert list(told()) == [proposer.email]


# --- addresses, points ------------------------------------------------------------------------------
def test_addresses_are_forgotten_once_the_link_is_dead(proposal, friend):
    asked = ask(proposal)
    assert collaborators.forget_addresses(now=LATER - timedelta(seconds=1)) == 0
    join(asked.token, friend, now=LATER - DAY)

    assert [collaborators.forget_addresses(now=LATER + n * DAY) for n in (0, 29, 30)] == [0, 1, 0]
    asked.refresh_from_db()
    assert (asked.email, asked.user) == ("", friend)
    old = ask(proposal, email="x@example.org", now=NOW - 10_000 * DAY)
    tasks.forget_addresses()
    old.refresh_from_db()
    assert old.email == ""


def test_points_of_who_joins_do_not_count_and_who_left_judges_no_more(proposal):
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


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def _slow(self, monkeypatch):
        """Time passes between reading the invitation and writing it."""
        holds = collaborators.holds

        def slowly(*args, **more):
            time.sleep(0.2)
            return holds(*args, **more)

        monkeypatch.setattr(collaborators, "holds", slowly)

    def test_link_that_is_used_twice_or_taken_back_meanwhile(self, proposal, friend):
        """Whoever comes first: the link is used, or it is taken back; never both."""
        token, asked = link(proposal), ask(ProposalFactory(forum=proposal.forum, proposer=proposal.proposer))

        together(lambda: join(token, friend), lambda: join(token, friend))
        answers = together(lambda: join(asked.token, friend), lambda: take_back(asked))

        assert verbs_of(proposal) == ["ask-editor", "join-editor"]
        assert sum(isinstance(answer, str) for answer in answers) == 1
        assert len(verbs_of(asked.proposal)) == 2

    def test_without_the_lock_it_is_used_twice(self, proposal, friend, monkeypatch):
        token = link(proposal)
        change_locks(monkeypatch)

        together(lambda: join(token, friend), lambda: join(token, friend))

        assert verbs_of(proposal).count("join-editor") == 2


# --- the session, and decisions that are not told yet -----------------------------------------------
def test_who_joins_learns_a_decision_together_with_the_proposer(proposal, friend):
    token, late = link(proposal), link(proposal, email="late@example.org")
    decisions.accept(fill(ProposalFactory(forum=proposal.forum, proposer=friend)), by=staff(), now=NOW)
    decisions.ask_for_changes(proposal, by=staff(), text="Because", now=NOW)

    join(token, friend)

    mail = Message.objects.get(user=friend, about=proposal.pk, kind__startswith="proposal")
    assert (mail in drafts(proposal), "Because" in mail.text) == (True, True)
    let_go(proposal)
    mail.refresh_from_db()
    assert (mail.state, outbox.unwanted([mail], now=NOW)) == ("queued", set())
    proposal.editors.clear()
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}
    join(late, other := confirmed(email="late@example.org"))
    assert not Message.objects.filter(user=other).exists()  # what is told already is not told again


# --- pages ------------------------------------------------------------------------------------------
def url(proposal, part=""):
    return f"/2020/proposals/{proposal.code}/{part}"


def address(asked):
    return f"/invitation/editing/{asked.token}/"


def page(answer):
    return answer.content.decode()


def test_from_the_invitation_to_the_title_changed_together(client, proposal, proposer, friend):
    Proposal.objects.update(state="changes")
    client.force_login(proposer)
    wrong = page(client.post(url(proposal, "editors/"), {"part": "invite", "email": proposer.email}))
    sent = client.post(url(proposal, "editors/"), {"part": "invite", "email": FRIEND}, follow=True)
    asked = CollaboratorInvitation.objects.get()
    assert ("your own" in wrong, FRIEND in page(sent)) == (True, True)

    client.force_login(friend)
    assert "Edit this proposal" in page(client.get(address(asked)))
    joined = client.post(address(asked), follow=True)
    client.post(url(proposal, "what/"), {"title": "Ours", "later": "1"})

    assert "You edit this proposal from now on." in page(joined)
    assert Proposal.objects.get().title == "Ours"
    assert client.get(address(asked)).headers["Location"] == url(proposal)


def test_page_of_the_link_changes_nothing_and_is_not_kept_found_or_told(client, proposal, friend):
    """It is the same for every account; a GET joins nobody, and the log-in comes back."""
    Proposal.objects.update(proposer=confirmed(name="", email="secret@example.org"))
    there = address(asked := ask(Proposal.objects.get()))
    answer, sent, mail = client.get(there), client.post(there), Message.objects.get()
    shown, pages = page(answer), []
    for person in (friend, confirmed(name=friend.name)):
        client.force_login(person)
        pages.append(client.get(there).context)

    assert ('<meta name="robots" content="noindex">' in shown, FRIEND in shown) == (True, False)
    assert (answer["Referrer-Policy"], "no-store" in answer["Cache-Control"]) == ("same-origin", True)
    assert "secret@example.org" not in shown + mail.text + mail.html + mail.subject
    log_in = f"/accounts/login/?next={there}"
    assert (f'href="{log_in}"' in shown, sent.headers["Location"]) == (True, log_in)
    assert [(one["holds"], one["reasons"]) for one in pages] == [(True, [])] * 2
    assert "This invitation is for another address" in page(client.post(there))
    assert (asked.proposal.editors.count(), client.get(f"{there[:-1]}x/").status_code) == (0, 404)
    Forum.objects.update(is_public=False)
    assert client.get(there).status_code == 404


def test_editor_sees_no_addresses_and_leaves(client, proposal, friend):
    join(link(proposal), friend)
    ask(proposal, email="other@example.org")
    client.force_login(friend)

    body = page(client.get(url(proposal)))
    left = client.post(url(proposal, "editors/"), {"part": "remove", "row": friend.pk})

    assert ("Awa Maker" in body, "other@example.org" in body, FRIEND in body) == (True, False, False)
    assert ("Invite somebody" in body, "Leave this proposal" in body) == (False, True)
    assert (left.headers["Location"], client.get(url(proposal)).status_code) == ("/2020/proposals/mine/", 404)


def test_nameless_people_show_no_address_to_each_other(client):
    proposal = ProposalFactory(forum=CallFactory().forum, proposer=confirmed(name=""))
    proposal.editors.add(editor := confirmed(name=""))

    for viewer in (proposal.proposer, editor):
        client.force_login(viewer)
        body = page(client.get(url(proposal))).split('id="editors"')[1].split("<details")[0]
        assert ("Somebody without a name" in body, "@" in body) == (True, False)
