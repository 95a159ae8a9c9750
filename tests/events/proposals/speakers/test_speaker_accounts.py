"""Which account a speaker is: said by who has the link, once, and never by a name or an address that is the same."""

from datetime import timedelta

import pytest
from django.urls import reverse

from events.models import Forum, Invitation, Message, Speaker
from events.proposals.speakers import speaker_accounts, speaker_invitations
from events.shared.history import log
from events.shared.mail.outbox import unwanted
from tests.events.proposals.factories import CallFactory, ProposalFactory, accept, fill, staff
from tests.factories import NOW, AppearanceFactory, ForumFactory, SessionFactory, SpeakerFactory, UserFactory, confirmed
from tests.races import together
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def speaker():
    return SpeakerFactory(name="Awa Traoré", email="Awa@example.org")


@pytest.fixture
def proposal():
    row = fill(ProposalFactory(forum=CallFactory().forum, proposer=confirmed()))
    row.invitations.update(invited=NOW)
    return row


def say_yes(proposal, **words):
    return speaker_invitations.answer(proposal.invitations.get(), is_accepted=True, now=NOW, **words)


def connect(speaker, by):
    return speaker_accounts.connect(speaker, by=by, now=NOW)


def link(speaker, address="awa@example.org"):
    return reverse("events:speaker-link", args=[speaker_accounts.token_of(speaker, address=address)])


# --- the rule ---------------------------------------------------------------------------------------
def test_a_speaker_who_is_claimed_already_is_refused(speaker):
    owner, other = confirmed(), confirmed()
    for _time in range(2):  # twice by the same one changes nothing
        connect(speaker, owner)

    assert refused(connect, speaker, other) == "claimed"
    speaker.refresh_from_db()
    assert speaker.account == owner
    assert [entry.verb for entry in log.of(speaker)] == ["connect-speaker"]


def test_an_account_is_one_speaker_of_a_forum(speaker):
    owner = confirmed()
    connect(speaker, owner)

    assert refused(connect, SpeakerFactory(forum=speaker.forum), owner) == "other-speaker"
    connect(SpeakerFactory(forum=ForumFactory(slug="next")), owner)
    assert owner.speakers.count() == 2


def test_an_account_without_a_confirmed_address_is_refused(speaker):
    assert refused(connect, speaker, UserFactory()) == "not-confirmed"


def test_once_connected_the_account_alone_answers_whoever_reads_the_mails_of_before(proposal, client):
    owner, invitation = confirmed(), say_yes(proposal)
    speaker_accounts.connect_invited(invitation, by=owner, now=NOW)
    form = {"answer": "no", "name": "Anybody Else", "position": "", "organisation_name": "", "biography": ""}
    url = reverse("events:invitation", args=[invitation.token])

    page = client.post(url, form).content.decode()
    kept = Invitation.objects.get()
    client.force_login(owner)
    client.post(url, form | {"name": "Awa D."})

    assert "Log in with it to change the answer." in page
    assert (kept.state, kept.name) == ("accepted", invitation.name)
    assert (Invitation.objects.get().state, Invitation.objects.get().name) == ("declined", "Awa D.")


def test_in_the_archive_nobody_connects(speaker, proposal):
    say_yes(proposal)
    Forum.objects.update(archived=NOW)
    speaker, invitation = Speaker.objects.get(pk=speaker.pk), Invitation.objects.get()

    assert refused(connect, speaker, confirmed()) == "archived"
    assert refused(speaker_accounts.connect_invited, invitation, by=confirmed(), now=NOW) == "archived"


def test_equal_names_and_addresses_connect_nobody(proposal):
    namesake = confirmed(name="Awa Traoré", email="awa@example.org")
    say_yes(proposal, name="Awa Traoré")
    accept(proposal)

    assert (Speaker.objects.get().account, namesake.speakers.count()) == (None, 0)


def test_who_connects_an_invitation_is_the_speaker_as_soon_as_there_is_one(proposal):
    owner, invitation = confirmed(), proposal.invitations.get()
    early = refused(speaker_accounts.connect_invited, invitation, by=owner, now=NOW)
    say_yes(proposal)
    speaker_accounts.connect_invited(invitation, by=owner, now=NOW)
    late = refused(speaker_accounts.connect_invited, invitation, by=confirmed(), now=NOW)

    accept(proposal)

    assert (early, late) == ("not-accepted", "claimed")
    assert Speaker.objects.get().account == owner
    again = refused(speaker_accounts.connect_invited, invitation, by=confirmed(), now=NOW)
    assert (again, Invitation.objects.get().account) == ("claimed", owner)


def test_an_account_that_is_another_speaker_stays_out_of_a_new_one(proposal):
    owner = confirmed()
    connect(SpeakerFactory(forum=proposal.forum), owner)
    say_yes(proposal)
    Invitation.objects.update(account=owner)

    accept(proposal)

    assert proposal.invitations.get().speaker.account is None


def test_disconnected_speakers_can_be_connected_again(speaker):
    first, second = confirmed(), confirmed()
    connect(speaker, first)
    speaker_accounts.disconnect_own(speaker, by=second, now=NOW)  # not theirs: nothing changes
    kept = Speaker.objects.get().account

    speaker_accounts.disconnect_own(speaker, by=first, now=NOW)
    connect(speaker, second)

    assert (kept, Speaker.objects.get().account) == (first, second)


# --- the link -----------------------------------------------------------------------------------------
def test_the_link_is_mailed_once_a_day_and_not_sent_once_it_is_used(speaker):
    for _time in range(2):
        speaker_accounts.send_link(speaker, by=staff(), now=NOW)
    mail = Message.objects.get()

    assert (mail.to, mail.is_secret, link(speaker) in mail.text) == ("awa@example.org", True, True)
    assert unwanted([mail], now=NOW) == set()
    connect(speaker, confirmed())
    assert unwanted([mail], now=NOW) == {mail.pk}
    assert refused(speaker_accounts.send_link, speaker, by=staff(), now=NOW) == "connected"


def test_without_an_address_there_is_no_link_and_invitations_have_one(proposal):
    nobody = SpeakerFactory()
    say_yes(proposal)
    accept(proposal)
    Message.objects.all().delete()

    assert refused(speaker_accounts.send_link, nobody, by=staff(), now=NOW) == "no-address"
    speaker_accounts.send_link(proposal.invitations.get().speaker, by=staff(), now=NOW)
    assert Message.objects.get().to == "awa@example.org"


def test_a_link_dies_after_thirty_days_and_with_the_address(client, speaker, time_machine):
    good = link(speaker)
    assert client.get(good).status_code == 200
    Speaker.objects.update(email="other@example.org")
    assert client.get(good).status_code == 404
    Speaker.objects.update(email="awa@example.org")
    time_machine.move_to(NOW + timedelta(days=30, seconds=1))
    assert client.get(good).status_code == 404


def test_page_of_the_link_connects_who_is_signed_in_and_says_whose_it_is(client, speaker):
    owner, other, page = confirmed(), confirmed(), link(speaker)
    visitor = client.get(page).content.decode()
    sent_away = client.post(page, {"answer": "connect"})
    client.force_login(owner)
    before = client.get(page).content.decode()  # to look changes nothing
    kept = Speaker.objects.get().account
    connected = client.post(page, {"answer": "connect"}, follow=True).content.decode()
    client.force_login(other)
    foreign = client.get(page).content.decode()
    refusal = client.post(page, {"answer": "connect"}, follow=True).content.decode()

    assert ("Log in to connect it" in visitor, sent_away["Location"].startswith("/accounts/login/")) == (True, True)
    assert ("Connect my account" in before, kept) == (True, None)
    assert "Your account is connected with this speaker." in connected
    assert Speaker.objects.get().account == owner
    for html in (foreign, refusal):
        assert ("connected with another account" in html, owner.email in html) == (True, False)


def test_page_of_the_invitation_connects_and_takes_back(client, proposal):
    say_yes(proposal)
    owner, page = confirmed(), f"/invitation/{proposal.invitations.get().token}/"
    client.force_login(owner)

    connected = client.post(page, {"answer": "connect"}, follow=True).content.decode()
    first = Invitation.objects.get().account
    taken_back = client.post(page, {"answer": "disconnect"}, follow=True).content.decode()

    assert ("Your account is connected" in connected, first) == (True, owner)
    assert ("no longer connected" in taken_back, Invitation.objects.get().account) == (True, None)


def test_account_page_leads_to_the_speaker_and_only_to_what_the_public_sees(client, speaker):
    owner = confirmed()
    connect(speaker, owner)
    client.force_login(owner)
    before = client.get("/account/").content.decode()
    AppearanceFactory(speaker=speaker, session=SessionFactory(forum=speaker.forum))
    after = client.get("/account/").content.decode()

    link = f"/2020/speakers/{speaker.pk}/"
    assert ("Awa Traoré" in before, link in before, link in after) == (True, False, True)


# --- organisers -----------------------------------------------------------------------------------------
def test_organisers_send_links_and_take_accounts_away(organiser_site, speaker):
    without = SpeakerFactory(name="Ben Ali", forum=speaker.forum)
    chosen = {"_selected_action": [speaker.pk, without.pk]}

    sent = organiser_site.post("/admin/events/speaker/", {"action": "send_link", **chosen}, follow=True)
    connect(speaker, confirmed())
    taken = organiser_site.post("/admin/events/speaker/", {"action": "disconnect", **chosen}, follow=True)

    assert "1 link goes out by mail." in sent.content.decode()
    assert "Ben Ali: Enter the speaker’s e-mail first" in sent.content.decode()
    assert "2 without an account now." in taken.content.decode()
    assert not Speaker.objects.exclude(account=None).exists()


# --- at the same moment ---------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_who_claim_a_speaker_at_once_are_one(speaker):
    people = [confirmed() for _number in range(3)]

    answers = together(*[lambda one=one: connect(speaker, one) for one in people])

    assert answers.count("claimed") == 2
    assert Speaker.objects.get().account in people


@pytest.mark.django_db(transaction=True)
def test_one_who_claims_two_speakers_at_once_is_one_of_them(speaker):
    owner, other = confirmed(), SpeakerFactory(forum=speaker.forum)

    answers = together(lambda: connect(speaker, owner), lambda: connect(other, owner))

    assert answers.count("other-speaker") == 1
    assert Speaker.objects.filter(account=owner).count() == 1
