"""The mail with the ticket: everybody gets it who takes part from now on, one for each time, with the QR code as a picture in it."""

from datetime import timedelta

import pytest

from events.models import HistoryEntry, Message
from events.shared.formatting import qr_codes
from events.shared.mail import outbox, sender
from registration.accreditation import decisions
from registration.door import tickets
from registration.models import Kind
from registration.registering import registrations
from registration.registering.desk import newcomers
from registration.sessions.seats import kind_places
from tests.factories import NOW, CountryFactory, KindFactory, UserFactory, allowed
from tests.registration.registering.test_registrations import ANSWERS, register

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mali():
    CountryFactory()


@pytest.fixture
def kind():
    return KindFactory(name="Delegate", translations={"fr": {"name": "Délégué"}}, forum__is_virtual=False)


def registered(kind, **answers):
    return register(UserFactory(), forum=kind.forum, kind=kind.pk, **{"language": "en", "mode": "on_site"} | answers)


def at_desk(kind, *, by):
    said = ANSWERS | {"forum": kind.forum, "kind": kind.pk, "language": "en", "consent": "Yes"}
    return newcomers.register(email="awa@example.org", by=by, now=NOW, **said)


def kinds(person):
    return list(Message.objects.filter(to=person.user.email).order_by("pk").values_list("kind", flat=True))


def test_who_registers_gets_their_own_ticket_and_when_where_and_as_what_they_take_part(kind, smtp):
    """The picture is the person's own, whoever else gets one in the same moment, and never stands in the outbox."""
    people = [registered(kind) for _n in range(3)]
    before = str(list(Message.objects.values()))

    sender.send_due(["bulk"], clock=lambda: NOW)

    kept = before + str(list(Message.objects.values()))
    mail = smtp.mails[0]
    words = mail.get_body(("plain",)).get_content()
    [picture] = mail.iter_attachments()
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
    ]
    assert mail["Subject"] == "You are registered: WSIS Forum 2020"
    for said in ("You take part.", "When: 22 June to 10 September 2020", "Where: Geneva", "Kind: Delegate"):
        assert said in words
    assert [f"/2020/{there}" in words for there in ("ticket/", "programme/", "register/")] == [True] * 3
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<qr-code@mail>", "inline")
    assert 'src="cid:qr-code@mail"' in mail.get_body(("html",)).get_content()
    pictures = {str(mail["To"]): next(mail.iter_attachments()).get_content() for mail in smtp.mails}
    assert pictures == {one.user.email: qr_codes.png(tickets.address(one)) for one in people}
    assert [tickets.code(one) in kept for one in people] == [False] * 3


def test_who_takes_part_online_gets_no_square_for_a_door(kind, smtp):
    kind.mode = "remote"
    kind.save()
    registered(kind, mode="remote")

    sender.send_due(["bulk"], clock=lambda: NOW)

    words = smtp.mails[0].get_body(("plain",)).get_content()
    assert ("Where: Online" in words, "/2020/agenda/" in words, "/2020/ticket/" in words) == (True, True, False)
    assert "cid:" not in smtp.mails[0].get_body(("html",)).get_content()


def test_each_way_to_take_part_sends_it_once(kind):
    officer = allowed("registration.decide_registration", "registration.change_registration")
    at_once, at_the_desk = registered(kind), at_desk(kind, by=officer)
    Kind.objects.update(approval="secretariat")
    approved = registered(kind)
    decisions.approve(approved, by=officer, now=NOW)
    Kind.objects.update(approval="none", capacity=Kind.objects.get().registrations.count())
    waits = registered(kind)
    Kind.objects.update(capacity=None)
    kind_places.fill_all(NOW)

    assert kinds(at_once) == kinds(at_the_desk) == ["registered"]
    assert kinds(approved) == kinds(waits) == ["accreditation", "registered"]
    mails = {mail.to: mail for mail in Message.objects.filter(kind="registered")}
    assert "The organisers have registered you for" in mails["awa@example.org"].text
    assert "Your registration is approved." in mails[approved.user.email].text
    assert "A place became free" in mails[waits.user.email].text
    assert "/2020/register/" in mails[waits.user.email].text


def test_who_is_registered_at_the_desk_and_waits_for_a_decision_gets_one_mail_that_says_both(kind):
    Kind.objects.update(approval="secretariat")

    at_desk(kind, by=allowed("registration.change_registration"))

    mail = Message.objects.get()
    assert "The organisers have registered you for WSIS Forum 2020, as you asked them to." in mail.text
    assert "The secretariat decides on your registration" in mail.text
    assert "/privacy/" in mail.text


def test_who_withdraws_before_it_goes_gets_none_and_who_comes_back_gets_one(kind):
    """A change of what is registered sends no second one."""
    person, other = registered(kind), registered(kind)
    registrations.withdraw(person, now=NOW)

    gone = outbox.unwanted(list(Message.objects.all()), now=NOW)
    register(person.user, forum=kind.forum, kind=kind.pk, now=NOW + timedelta(minutes=1))
    registrations.edit(other, data={"kind": KindFactory(forum=kind.forum).pk}, by=other.user, now=NOW)

    assert list(Message.objects.filter(pk__in=gone).values_list("to", flat=True)) == [person.user.email]
    assert (kinds(person), kinds(other)) == (["registered", "registration-withdrawn", "registered"], ["registered"])


def withdrawn_mail(person):
    return Message.objects.get(to=person.user.email, kind="registration-withdrawn").text


def test_who_withdraws_and_whom_organisers_withdraw_is_told_and_reads_why(kind, organiser_site):
    own, other, late = registered(kind), registered(kind), registered(kind)
    listed = "/admin/registration/registration/"
    chosen = {"action": "withdraw", "_selected_action": [other.pk], "apply": "yes"}

    registrations.withdraw(own, now=NOW)
    silent = organiser_site.post(listed, chosen).content.decode()
    before = kinds(other)
    organiser_site.post(listed, chosen | {"reason": "Registered twice"})
    registrations.withdraw(late, now=kind.forum.registration_closes)

    assert ("Say why, in a sentence or two" in silent, before) == (True, ["registered"])
    assert "You can register again until " in withdrawn_mail(own)
    assert "/register/" in withdrawn_mail(own)
    assert [words in withdrawn_mail(late) for words in ("register again", "/register/")] == [False, False]
    assert "The organisers have withdrawn your registration." in withdrawn_mail(other)
    assert "Registered twice" in withdrawn_mail(other)
    assert HistoryEntry.objects.get(verb="withdraw-registration", key=str(other.pk)).reason == "Registered twice"
