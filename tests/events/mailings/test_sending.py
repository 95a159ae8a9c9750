"""Who gets a mailing, and how it goes out: fixed, written once, paused, stopped."""

import html
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import QuerySet

from events.mailings import groups, sending
from events.models import Forum, HistoryEntry, Mailing, MailingReceiver, Message, SuppressedAddress
from events.shared.mail import outbox, refused_kinds, sender
from events.shared.mail.bounces import suppressed
from registration.models import Registration
from registration.people.data_rights import erasures
from registration.registering import registrations
from tests.events.mailings.conftest import chosen
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    WaitingFactory,
    allowed,
    confirmed,
    translate,
)
from tests.races import together
from tests.refusals import refused

pytestmark = pytest.mark.django_db
State = Mailing.State


def found(mailing, by, now=NOW):
    return sending.find(mailing, by=by, now=now)[1]


def names(mailing, by):
    return sorted(one.name for one in found(mailing, by).people)


def states(mailing):
    return sorted(sending.messages_of(mailing).order_by("pk").values_list("state", flat=True))


def sent(mailing, by, **more):
    """Send a draft and write its mails."""
    row = sending.send(mailing, by=by, now=NOW, **more)
    sending.write_due(NOW)
    row.refresh_from_db()
    return row


def test_mailing_and_archive_take_turns(forum, by, mailing, monkeypatch):
    """Who sends has the forum's lock; who comes after the archive is refused, whatever the page had loaded before."""
    RegistrationFactory(forum=forum)
    draft, other = (
        mailing("registered"),
        mailing("registered", texts={"en": {"subject": "Late", "text": "Dear {name}"}}),
    )
    locks, lock = [], QuerySet.select_for_update
    monkeypatch.setattr(
        QuerySet, "select_for_update", lambda rows, **more: locks.append(rows.model) or lock(rows, **more)
    )

    sending.send(draft, by=by, now=NOW)
    Forum.objects.filter(pk=forum.pk).update(archived=NOW)

    assert refused(sending.send, other, by=by, now=NOW) == "archived"
    assert locks[:2] == [Forum, Mailing]
    assert Mailing.objects.filter(state=State.DRAFT).get() == other


# --- who gets it ------------------------------------------------------------------------------------
def test_registered_people_are_chosen_by_kind_country_and_organisation(forum, by, mailing):
    RegistrationFactory(forum=forum, name="Awa", organisation="Sahel Data Lab")
    RegistrationFactory(forum=forum, name="Ben", mode="on_site")
    RegistrationFactory(forum=forum, name="Gone", withdrawn=NOW)
    RegistrationFactory(forum=forum, name="Asks", state=Registration.State.WITH_SECRETARIAT)

    told = [
        names(mailing(chosen("registered", **options)), by)
        for options in ({}, {"organisation": "sahel"}, {"mode": "on_site"}, {"country": ["ML"], "mode": "remote"})
    ]

    assert told == [["Awa", "Ben"], ["Awa"], ["Ben"], ["Awa"]]
    assert names(mailing("undecided"), by) == ["Asks"]


def test_groups_of_a_session_and_of_a_day(forum, by, mailing):
    past = SessionFactory(forum=forum, starts=NOW - timedelta(hours=3))
    other = SessionFactory(forum=forum, starts=NOW - timedelta(days=1))
    came, missed, waits = (RegistrationFactory(forum=forum, name=name) for name in ("Came", "Missed", "Waits"))
    for row in (came, missed):
        BookingFactory(registration=row, session=past)
    BookingFactory(registration=waits, session=other)
    AttendanceFactory(registration=came, session=past)
    WaitingFactory(registration=waits, session=past)
    options = [{}, {"session": past.pk}, {"day": "2020-07-21"}]

    told = {
        key: [names(mailing(chosen(key, **one)), by) for one in options]
        for key in ("booked", "attended", "missed", "waiting")
    }

    assert told == {
        "booked": [["Came", "Missed", "Waits"], ["Came", "Missed"], ["Waits"]],
        "attended": [["Came"], ["Came"], []],
        "missed": [["Missed", "Waits"], ["Missed"], ["Waits"]],
        "waiting": [["Waits"], ["Waits"], []],
    }


def test_nobody_is_twice_whatever_groups_they_are_in(forum, by, mailing):
    person = confirmed(email="awa@example.org")
    row = RegistrationFactory(forum=forum, user=person, name="Awa")
    BookingFactory(registration=row, session=SessionFactory(forum=forum))
    SpeakerFactory(forum=forum, name="Dr Awa", email="AWA@example.org")

    receivers = found(mailing("booked", "registered", "speakers"), by)

    assert [(one.name, one.group) for one in receivers.people] == [("Awa", 0)]
    assert receivers.on_several == 1


def test_who_is_left_out_is_said_with_the_reason(forum, by, mailing):
    rows = [RegistrationFactory(forum=forum, name=name) for name in ("Refuses", "Closed", "Stays", "Speaks")]
    refused_kinds.choose(rows[0].user, asked=["mailing-news"], wanted=[], by=rows[0].user, now=NOW)
    type(rows[1].user).objects.filter(pk=rows[1].user_id).update(is_active=False)
    SpeakerFactory(forum=forum, name="Without", email="")
    SpeakerFactory(forum=forum, name="Speaks", email=rows[3].user.email)
    SpeakerFactory(forum=forum, name="Bounces", email="gone@example.org")
    SuppressedAddress.objects.create(address="gone@example.org", reason="bounced", since=NOW)

    news = found(mailing("registered", "speakers"), by)
    own = found(mailing("registered", kind=Mailing.Kind.OWN), by)
    without = found(mailing("registered", chosen("speakers", is_excluded=True)), by)

    assert news.left_out == {
        "refused": ["Refuses"],
        "closed": ["Closed"],
        "no-address": ["Without"],
        "suppressed": ["Bounces"],
    }
    assert sorted(one.name for one in own.people) == ["Refuses", "Speaks", "Stays"]
    assert ([one.name for one in without.people], without.left_out["excluded"]) == (["Stays"], ["Speaks"])


def test_a_group_is_for_those_who_may_see_its_people_in_this_forum(forum, mailing):
    RegistrationFactory(forum=forum)
    desk = allowed("registration.view_registration", "events.change_mailing", forum=forum)

    offered = [one.key for one in groups.offered(desk, forum=forum)]

    assert offered == ["registered", "undecided"]
    assert found(mailing("speakers"), desk).people == []
    assert refused(sending.send, mailing("registered", "speakers"), by=desk, now=NOW) == "lacks-right"
    assert refused(sending.test, mailing("speakers"), by=desk, now=NOW) == "lacks-right"


# --- what they read ---------------------------------------------------------------------------------
def test_each_reads_it_in_their_language_with_their_own_values(forum, by, mailing):
    session = SessionFactory(forum=forum, title="Quantum nets", room=RoomFactory(forum=forum, name="Room 2"))
    translate(session, "fr", title="Réseaux quantiques")
    people = [RegistrationFactory(forum=forum, name=f"N{code}", language=code) for code in ("en", "fr", "ar")]
    for row in people:
        BookingFactory(registration=row, session=session)
    texts = {
        "en": {"subject": "{session} moved", "text": "Dear {name},\n\n**{session}** is in {room}: {start}. {link}"},
        "fr": {"subject": "{session} a changé", "text": "{name}: {session}"},
    }

    sent(mailing(chosen("booked", session=session.pk), texts=texts), by)

    rows = {row.user.registrations.get().language: row for row in Message.objects.all()}
    assert {code: (row.language, row.subject) for code, row in rows.items()} == {
        "en": ("en", "Quantum nets moved"),
        "fr": ("fr", "Réseaux quantiques a changé"),
        "ar": ("en", "Quantum nets moved"),
    }
    assert "Dear Nen,\n\n**Quantum nets** is in Room 2: 23 July, " in rows["en"].text
    assert "<strong>Quantum nets</strong> is in Room 2" in rows["en"].html
    assert "You get this mail because you booked a session of " in rows["en"].text
    assert "/unsubscribe/mails/" in rows["en"].unsubscribe_url
    assert rows["en"].unsubscribe_url in rows["en"].text


@pytest.mark.parametrize(
    ("text", "code"),
    [("{nmae}", "unknown-placeholder"), ("{session}", "placeholder-not-given"), ("", "no-text")],
)
def test_a_text_that_cannot_be_filled_is_not_sent(forum, by, mailing, text, code):
    RegistrationFactory(forum=forum)

    assert (
        refused(sending.send, mailing("registered", texts={"en": {"subject": "A", "text": text}}), by=by, now=NOW)
        == code
    )
    assert Message.objects.count() == 0


def test_a_test_goes_to_oneself_in_each_language(forum, by, mailing):
    texts = {code: {"subject": f"For {{name}} {code}", "text": "{link}"} for code in ("en", "fr")}

    number = sending.test(mailing("registered", texts=texts), by=by, now=NOW)

    rows = Message.objects.filter(kind=sending.TEST)
    assert (number, sorted(rows.values_list("to", "subject"))) == (
        2,
        [(by.email, f"For {by.name} en"), (by.email, f"For {by.name} fr")],
    )


# --- sending ----------------------------------------------------------------------------------------
def test_the_list_is_fixed_when_it_is_sent_and_a_filter_that_changes_then_changes_nothing(forum, by, mailing):
    first = RegistrationFactory(forum=forum)
    row = sending.send(mailing("registered"), by=by, now=NOW, number=1)
    RegistrationFactory(forum=forum)
    Registration.objects.filter(pk=first.pk).update(country=None or first.country, withdrawn=NOW)

    number = sending.write_due(NOW)

    row.refresh_from_db()
    assert (number, row.people, row.written, MailingReceiver.objects.count()) == (1, 1, NOW, 0)
    assert list(Message.objects.values_list("to", "kind", "about", "state")) == [
        (first.user.email, "mailing-news", row.pk, "queued")
    ]
    assert HistoryEntry.objects.get(verb="write-to").after == {"people": 1, "left_out": 0}


@pytest.mark.parametrize("change", ["twice", "same", "number", "nobody", "group"])
def test_what_cannot_be_sent_is_refused_in_words(forum, by, mailing, change):
    RegistrationFactory(forum=forum)
    row = mailing("registered")
    if change in {"twice", "same"}:
        sent(row, by)
    if change == "same":
        row = mailing("registered")
    if change == "nobody":
        row = mailing("speakers")
    if change == "group":
        row = mailing()

    code = refused(sending.send, row, by=by, now=NOW, number=2 if change == "number" else None)

    assert (
        code
        == {
            "twice": "wrong-state",
            "same": "sent-already",
            "number": "number-changed",
            "nobody": "nobody",
            "group": "no-group",
        }[change]
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_send_the_same_at_once_send_it_once(forum, by, mailing):
    RegistrationFactory(forum=forum)
    rows = [mailing("registered") for _each in range(2)]

    answers = together(*(partial(sending.send, row, by=by, now=NOW) for row in rows))
    together(*(partial(sending.write_due, NOW) for _each in range(2)))

    assert sorted(map(str, answers)) == ["News", "sent-already"]
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_each_mail_once(forum, by, mailing, monkeypatch):
    for _each in range(7):
        RegistrationFactory(forum=forum)
    row = sending.send(mailing("registered"), by=by, now=NOW)
    monkeypatch.setattr(outbox, "CHUNK", 2)

    written = together(*(partial(sending.write_due, NOW) for _each in range(2)))

    assert (sum(written), Message.objects.filter(about=row.pk).count()) == (7, 7)


def test_a_pace_spreads_the_mails_and_a_pause_keeps_it(forum, by, mailing):
    for _each in range(3):
        RegistrationFactory(forum=forum)
    row = sent(mailing("registered", per_minute=2), by)
    dues = list(Message.objects.order_by("due").values_list("due", flat=True))

    sending.pause(row, by=by, now=NOW)
    paused = states(row)
    sending.go_on(row, by=by, now=NOW + timedelta(minutes=10))

    half = timedelta(seconds=30)
    assert dues == [NOW, NOW + half, NOW + 2 * half]
    assert (paused, states(row)) == (["draft"] * 3, ["queued"] * 3)
    later = [due + timedelta(minutes=10) for due in dues]
    assert list(Message.objects.order_by("due").values_list("due", flat=True)) == later


def test_stopping_cancels_what_has_not_left_and_keeps_what_was_sent(forum, by, mailing):
    for _each in range(3):
        RegistrationFactory(forum=forum)
    row = sent(mailing("registered"), by)
    Message.objects.filter(pk=Message.objects.first().pk).update(state="sent")

    sending.stop(row, by=by, now=NOW)
    sending.write_due(NOW)

    row.refresh_from_db()
    assert (row.state, states(row)) == (State.STOPPED, ["cancelled", "cancelled", "sent"])
    assert refused(sending.go_on, row, by=by, now=NOW) == "wrong-state"
    assert refused(sending.send, mailing("registered"), by=by, now=NOW) == "sent-already"


@pytest.mark.parametrize("move", ["pause", "go_on", "stop", "let_go", "take_back"])
def test_who_may_not_write_to_a_group_moves_no_mailing_to_it(forum, by, mailing, move):
    """The other door: the outbox, in which the mails of a mailing stand one by one."""
    SpeakerFactory(forum=forum, name="Awa", email="awa@example.org")
    row = sent(mailing("speakers"), by, is_waiting=move != "pause")
    verbs = {one.__name__: partial(one, row) for one in (sending.pause, sending.go_on, sending.stop)}
    verbs |= {
        "let_go": partial(outbox.queue, Message.objects.get()),
        "take_back": partial(outbox.cancel, Message.objects.get()),
    }
    desk = allowed("registration.view_registration", "events.change_mailing", "events.change_message", forum=forum)
    before = states(row)

    assert refused(verbs[move], by=desk, now=NOW) == "lacks-right"
    assert (states(row), Mailing.objects.get().state) == (before, row.state)
    verbs[move](by=by, now=NOW)
    assert states(row) != before


def test_what_was_stopped_before_anything_left_can_be_sent_again(forum, by, mailing):
    RegistrationFactory(forum=forum)
    sending.stop(sending.send(mailing("registered"), by=by, now=NOW), by=by, now=NOW)

    assert (sending.write_due(NOW), Message.objects.count()) == (0, 0)
    assert sending.send(mailing("registered"), by=by, now=NOW).people == 1


def test_three_bad_addresses_of_many_are_named_and_the_others_go(forum, by, mailing, smtp):
    rows = [RegistrationFactory(forum=forum, name=f"N{number}") for number in range(6)]
    for row, address in zip(rows, ["no address", "a@b@c", "über@exämple"], strict=False):
        type(row.user).objects.filter(pk=row.user_id).update(email=address)
    draft = mailing("registered")
    named = found(draft, by).left_out
    row = sent(draft, by)

    sender.send_due(Message.Queue.values, clock=lambda: NOW)
    sending.write_due(NOW)

    row.refresh_from_db()
    assert (named, row.left_out) == ({"bad-address": ["N0", "N1", "N2"]}, {"bad-address": 3})
    assert (row.state, sending.numbers(row)) == (State.SENT, {"sent": 3})
    assert sorted(mail.recipients[0] for mail in smtp.mails) == sorted(one.user.email for one in rows[3:])


def test_what_a_worker_has_in_hand_is_not_sent_once_it_is_stopped(forum, by, mailing):
    RegistrationFactory(forum=forum)
    row = sent(mailing("registered"), by)
    rows = list(Message.objects.all())
    Message.objects.update(state="sending")

    before = outbox.unwanted(rows, now=NOW)
    sending.stop(row, by=by, now=NOW)

    assert (before, outbox.unwanted(rows, now=NOW)) == (set(), {one.pk for one in rows})


@pytest.mark.parametrize("change", ["withdraws", "erased", "refuses", "suppressed", "left the session"])
def test_who_leaves_after_the_list_is_fixed_gets_nothing_and_the_page_says_why(forum, by, mailing, change, client):
    session = SessionFactory(forum=forum)
    leaves, stays = (RegistrationFactory(forum=forum) for _each in range(2))
    for row in (leaves, stays):
        BookingFactory(registration=row, session=session)
    row = sent(mailing(chosen("booked", session=session.pk)), by)
    user, late = leaves.user, RegistrationFactory(forum=forum)
    BookingFactory(registration=late, session=session)
    if change == "withdraws":
        registrations.withdraw(leaves, now=NOW)
    if change == "erased":
        erasures.ask(user, taken_out=[], now=NOW)
        erasures.carry_out_due(NOW + erasures.WAIT)
    if change == "refuses":
        refused_kinds.choose(user, asked=["mailing-news"], wanted=[], by=user, now=NOW)
    if change == "suppressed":
        suppressed.suppress([suppressed.BounceReport(user.email, "bounced", "550 5.1.1", NOW)], now=NOW)
    if change == "left the session":
        leaves.bookings.all().delete()

    sender.send_due(["bulk"], clock=lambda: NOW)
    sending.write_due(NOW)

    reasons = {"withdraws": "left", "left the session": "left", "erased": "erased", "refuses": "refuses"}
    reason = reasons.get(change, change)
    row.refresh_from_db()
    told = sending.messages_of(row).values_list("state", "reason")
    assert (row.state, sorted(told)) == (State.SENT, [("cancelled", reason), ("sent", "")])
    assert sending.messages_of(row).get(state="sent").to == stays.user.email
    client.force_login(by)
    page = client.get(f"/admin/events/mailing/{row.pk}/change/").content.decode()
    assert f"{Message.Reason(reason).label}: 1" in html.unescape(page)
