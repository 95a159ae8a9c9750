from datetime import timedelta

import pytest
from django.core import mail

from events.models import MailText, Message
from events.shared import once_a_revision
from events.shared.formatting import codes
from events.shared.mail import outbox, sender
from events.shared.rights.two_people.approvals import agree
from prizes import tasks
from prizes.chain import chain
from prizes.editions import end_of_vote
from prizes.models import Ballot, Nomination, Phase
from prizes.vote import ballot_mails, cast_vote
from tests.factories import NOW, RegistrationFactory, allowed, boss
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, officer, voter

pytestmark = pytest.mark.django_db
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def edition():
    return make_edition(votes_final=False)


def cast(edition, user, number, *, place=0, now=NOW):
    code = nominees_of(edition, number)[place].code
    return cast_vote.cast(edition=edition, user=user, number=number, code=code, arrived=now, now=now, ip="203.0.113.9")


def fill(edition, user):
    """A ballot with all its choices; only the last of them writes a receipt."""
    cast_vote.begin(edition=edition, user=user, country=None, stakeholder_type="", now=NOW)
    for number in (1, 2, 3):
        assert not receipts().exists()
        cast(edition, user, number)
    return Ballot.objects.get(user=user)


def send(*, now):
    sender.send_due([Message.Queue.ACCOUNT, Message.Queue.BULK], clock=lambda: now)


def receipts():
    return Message.objects.filter(kind="ballot-receipt").order_by("pk")


# --- receipts -------------------------------------------------------------------------------------
def test_receipt_holds_the_secret_the_trackers_and_the_head_and_is_wiped_once_sent(edition):
    chain.open_chain(edition, now=NOW)
    ballot = fill(edition, voter(language="en"))
    message = receipts().get()

    assert (message.queue, message.is_secret, message.due, message.forum) == ("account", True, NOW, edition.forum)
    assert (message.subject, message.to) == ("Your receipt: WSIS Prizes 2020", ballot.user.email)
    for body in (message.text, message.html):
        assert codes.groups(ballot.secret) in body
        for vote in ballot.votes.all():
            assert codes.groups(vote.tracker) in body
        assert chain.head(edition) in body
        assert "/2020/prizes/results/check/" in body
        assert "/2020/prizes/vote/receipt/" in body
        assert not [nominee for nominee in Nomination.objects.all() if nominee.title in body]

    send(now=NOW)

    message.refresh_from_db()
    assert codes.groups(ballot.secret) in mail.outbox[0].body
    assert (message.state, message.text, message.html) == ("sent", "", "")


def test_a_receipt_has_the_words_of_the_forum_around_its_secret(edition):
    MailText.objects.create(
        forum=edition.forum, kind="ballot-receipt", language="en", subject="Ours", body="Thank you."
    )

    ballot = fill(edition, voter(language="en"))

    message = receipts().get()
    assert (message.subject, message.text.startswith("Thank you.\n\nYour receipt\n\n")) == ("Ours", True)
    assert codes.groups(ballot.secret) in message.text
    assert "If you did not, somebody else has used your account" in message.text


def test_receipts_out_of_one_frame_hold_what_is_their_own_and_nothing_of_another(edition, request):
    once_a_revision.keep_anew(is_watched=True)  # as in a web process: the frame is kept
    request.addfinalizer(lambda: once_a_revision.keep_anew(is_watched=False))
    chain.open_chain(edition, now=NOW)
    ballots = []
    for language in ("en", "en", "fr"):
        ballots.append(fill(edition, voter(language=language)))
        Message.objects.filter(about=ballots[-1].pk).update(kind="kept")

    mails = {message.about: message.text + message.html for message in Message.objects.all()}
    for ballot in ballots:
        for other in ballots:
            own = [ballot.secret, *ballot.votes.values_list("tracker", flat=True)]
            found = {codes.groups(text) in mails[other.pk] for text in own}
            assert found == {other == ballot}
    assert not any("[[" in text for text in mails.values())


def test_changes_in_a_row_make_one_more_receipt(edition):
    user = voter()
    ballot = fill(edition, user)
    send(now=NOW)
    for number in (1, 2):
        cast(edition, user, number, place=1)

    assert [message.due - NOW for message in receipts()] == [timedelta(), *[timedelta(minutes=2)] * 2]
    assert "Your changed ballot counts." in receipts().last().text

    send(now=NOW + 3 * timedelta(minutes=1))

    assert len(mail.outbox) == 2
    assert [message.state for message in receipts()] == ["sent", "cancelled", "sent"]
    assert not any(message.text or message.html for message in receipts())
    assert codes.groups(ballot.secret) in mail.outbox[1].body


def test_receipt_of_a_closed_edition_is_not_sent(edition):
    fill(edition, voter())
    Ballot.objects.update(secret="")

    send(now=NOW)

    assert (mail.outbox, receipts().get().state) == ([], "cancelled")


# --- incomplete -----------------------------------------------------------------------------------
def incomplete(edition, *, choices=(1,), **values):
    return fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in choices}, **values)


def queue(edition, *, before):
    """Write what is due so long before the close; the addresses."""
    known = set(Message.objects.values_list("pk", flat=True))
    ballot_mails.queue_mails(edition.phase("voting").ends - before)
    fresh = Message.objects.filter(kind="ballot-incomplete").exclude(pk__in=known)
    return sorted(fresh.values_list("to", flat=True))


def test_incomplete_ballot_is_told_once_three_days_and_once_one_day_before(edition):
    ballot = incomplete(edition)
    incomplete(edition, choices=(1, 2, 3))
    address, close = [ballot.user.email], edition.phase("voting").ends
    moments = [3 * DAY + SECOND, 3 * DAY, 3 * DAY, 2 * DAY, DAY, HOUR, timedelta()]

    assert [queue(edition, before=moment) for moment in moments] == [[], address, [], [], address, [], []]

    message = Message.objects.filter(kind="ballot-incomplete").first()
    assert message.subject == "Your ballot misses 2 of 3 categories and does not count yet"
    assert "Voting closes 1 August, 14:20 Geneva (12:20 UTC)." in message.text
    assert ["/2020/prizes/vote/" in body for body in (message.text, message.html)] == [True, True]
    assert (message.queue, message.is_secret, message.expires) == ("bulk", False, close)


def test_who_began_after_the_moment_gets_no_late_mail(edition):
    incomplete(edition, cast=edition.phase("voting").ends - 2 * DAY)

    assert [len(queue(edition, before=moment)) for moment in (1.5 * DAY, HOUR)] == [0, 1]


def test_outage_on_the_third_day_makes_no_second_mail(edition):
    early, late = incomplete(edition), incomplete(edition, cast=edition.phase("voting").ends - 2 * DAY)
    addresses = sorted([early.user.email, late.user.email])

    assert [queue(edition, before=moment) for moment in (DAY - SECOND, HOUR)] == [addresses, []]
    assert Message.objects.count() == 2


def test_mail_of_a_close_that_moved_is_not_sent_and_the_new_one_is_told_of(edition):
    ballot, close = incomplete(edition), edition.phase("voting").ends
    queue(edition, before=DAY)
    edition.phases.filter(kind__in=["announcement", "selection"]).delete()
    Phase.objects.filter(edition=edition, kind="voting").update(ends=close + 5 * DAY)
    edition.refresh_from_db()

    send(now=close - 2 * HOUR)

    assert mail.outbox == []
    assert queue(edition, before=DAY) == [ballot.user.email]


# --- an end that moved ----------------------------------------------------------------------------
def move_end(edition, ends, *, now=NOW):
    act = end_of_vote.propose(edition, ends=ends, reason="The <hall> is taken", by=officer(), now=now)
    agree(act, by=officer(), now=now)
    edition.refresh_from_db()


def moved_mails():
    return Message.objects.filter(kind="ballot-end-moved").order_by("pk")


def test_end_that_moved_is_told_once_to_who_has_begun_a_ballot_that_does_not_count(edition):
    ballot = incomplete(edition)
    incomplete(edition, choices=(1, 2, 3))
    ballot_mails.queue_mails(NOW)
    assert not moved_mails().exists()

    move_end(edition, NOW + 5 * DAY)
    incomplete(edition, cast=NOW + SECOND)  # who begins later reads the new end there
    for moment in (NOW + SECOND, NOW + HOUR, NOW + 2 * DAY):
        ballot_mails.queue_mails(moment)

    message = moved_mails().get()
    assert (message.to, message.expires) == (ballot.user.email, NOW + 5 * DAY)
    assert message.subject == "The end of the vote was moved: WSIS Prizes 2020"
    for words in ("Voting now closes 27 July, 14:20", "It was to close 1 August, 14:20", "The <hall> is taken"):
        assert words in message.text
    assert "The &lt;hall&gt; is taken" in message.html


def test_mail_of_an_end_that_moved_again_is_not_sent(edition):
    incomplete(edition)
    move_end(edition, NOW + 5 * DAY)
    ballot_mails.queue_mails(NOW + SECOND)
    move_end(edition, NOW + 6 * DAY, now=NOW + HOUR)
    ballot_mails.queue_mails(NOW + HOUR)

    send(now=NOW + HOUR)

    assert [message.state for message in moved_mails()] == ["cancelled", "sent"]
    assert "28 July, 14:20" in mail.outbox[0].body


def test_nobody_is_told_where_it_is_no_use(edition):
    ballot = incomplete(edition)
    RegistrationFactory(user=ballot.user)
    for row, name, value in [
        (edition, "is_public", False),
        (edition, "polls_sealed", NOW),
        (ballot.user, "is_active", False),
        (edition.forum, "is_public", False),
    ]:
        before = getattr(row, name)
        setattr(row, name, value)
        row.save()
        assert queue(edition, before=DAY) == [], name
        setattr(row, name, before)
        row.save()

    assert queue(edition, before=DAY) == [ballot.user.email]


def test_sample_people_get_no_mail_by_smtp(edition, settings):
    ballot = incomplete(edition)
    RegistrationFactory(user=ballot.user, is_sample=True)
    incomplete(edition, user=voter(email="voter1@e2020.voters.sample.invalid"))
    settings.EMAIL_URL = "smtp://127.0.0.1:25"

    assert queue(edition, before=DAY) == []
    settings.EMAIL_URL = ""
    assert len(queue(edition, before=DAY)) == 2


def test_ballot_completed_since_is_not_told(edition):
    done, left = incomplete(edition), incomplete(edition)
    queue(edition, before=DAY)
    Ballot.objects.filter(pk=done.pk).update(is_complete=True)

    send(now=edition.phase("voting").ends - DAY + HOUR)

    assert [message.to for message in mail.outbox] == [[left.user.email]]
    assert Message.objects.get(to=done.user.email).state == "cancelled"


def test_task_writes_mails_in_portions_and_in_many_languages(edition, monkeypatch, clock):
    monkeypatch.setattr(outbox, "CHUNK", 2)
    for place in range(5):
        incomplete(edition, user=voter(language=["en", "ar"][place % 2]))
    clock.move_to(edition.phase("voting").ends - DAY)

    tasks.queue_mails()

    assert sorted(Message.objects.values_list("language", flat=True)) == ["ar", "ar", "en", "en", "en"]


@pytest.mark.parametrize(("right", "shown"), [("prizes.view_nomination", False), ("prizes.inspect_ballot", True)])
def test_who_voted_is_read_in_the_outbox_by_who_may_look_into_ballots(edition, client, right, shown):
    fill(edition, voter(email="awa@example.org"))
    client.force_login(allowed("events.view_message", "events.change_message", right, forum=edition.forum))
    receipt = Message.objects.get()

    pages = [client.get(f"/admin/events/message/{path}") for path in ("?kind=ballot-receipt", f"{receipt.pk}/change/")]

    assert [b"awa@example.org" in page.content for page in pages] == [shown, shown]
    assert (b"awa@example.org" in client.get("/admin/").content) == shown
    file = client.get("/admin/events/forum/exchange/message.csv?kind=ballot-receipt")
    assert (file.status_code, b"awa@example.org" in b"".join(file)) == (200, False)
    people = "registration.export_registration"
    client.force_login(allowed("events.view_message", right, "prizes.export_ballot", people, forum=edition.forum))
    file = client.get("/admin/events/forum/exchange/message.csv?kind=ballot-receipt")
    assert b"awa@example.org" in b"".join(file) or not shown
    kinds = [outbox.kinds(user=one) for one in (allowed("events.view_message"), boss())]
    assert [receipt.kind in one for one in kinds] == [False, True]
