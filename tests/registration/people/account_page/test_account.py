"""The account page: what a person is, where they are logged in, what they get, and what the next form begins with."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from events.models import HistoryEntry, HostedSession, Message, RefusedMail, Role, User
from events.proposals.hosting import host_mails
from events.shared.mail import outbox, refused_kinds, sender
from events.shared.mail.rendering import Content, MailLink, outbox_row, render, stop_link
from prizes.models import Expert
from registration.models import SignIn
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import (
    NOW,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    join,
)
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def person():
    ForumFactory()
    return UserFactory(name="Awa Diallo", title="Dr", organisation="Université de Bamako", country=CountryFactory())


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


# --- the page -------------------------------------------------------------------------------------
def test_page_is_there_without_a_registration_and_shows_no_roles_of_others_or_of_hidden_forums(person):
    everything(UserFactory())
    RegistrationFactory(user=person, forum=ForumFactory(slug="hidden", name="Hidden Forum", is_public=False))

    answer = browser(person).get("/account/")

    said = text_of(answer)
    assert (answer.status_code, "Hidden Forum" in said) == (200, False)
    for part in ("Dr Awa Diallo", person.email, "Université de Bamako", "Mali", "Bamako (UTC+0)", "Nothing yet."):
        assert part in said
    assert Client().get("/account/")["Location"] == "/accounts/login/?next=/account/"


def everything(user):
    """What somebody can be here."""
    edition = make_edition()
    RegistrationFactory(user=user)
    CallFactory()
    HostedSession.objects.create(session=SessionFactory(title="Small islands"), user=user)
    ProposalFactory(proposer=user, title="Last mile", state="accepted")
    ProposalFactory(title="First mile", state="draft").editors.add(user)
    NominationFactory(
        category=edition.categories.first(), nominator=user, title="Radio of the village", state="shortlisted"
    )
    Expert.objects.create(edition=edition, user=user)
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]}, user=user)
    join(user, Role.REGISTRATION_DESK, forum=edition.forum)
    join(user, Role.PROGRAMME)


def test_page_tells_all_roles_and_where_they_lead_and_nothing_of_what_was_decided_and_not_told(person):
    everything(person)
    client = browser(person)

    page = client.get("/account/").content.decode()
    roles = re.search(r'<ul class="lines">(.*?)</ul>', page, re.S)[1]

    found = re.findall(r"<b>([^<]+)</b>", roles)
    people = ["Attendee", "Host", "Proposer", "Co-editor", "Nominator", "Expert", "Voter"]
    assert found == [*people, "Programme team", "Registration desk"]
    assert ("All forums" in roles, roles.count("WSIS Forum 2020")) == (True, 4)
    assert ("Shortlisted" in page, "Accepted" in page, page.count("Submitted")) == (False, False, 2)
    for url in re.findall(r'href="([^"]+)"', roles):
        assert client.get(url, follow=True).status_code == 200, url


# --- about the person -----------------------------------------------------------------------------
ABOUT = {
    "name": "Awa\nDiallo-Koné",
    "title": "Prof.",
    "organisation": "ITU",
    "country": "CH",
    "language": "fr",
    "time_zone": "Europe/Zurich",
}


def test_about_is_changed_and_what_was_said_at_a_forum_stays(person):
    CountryFactory(code="CH")
    registration = RegistrationFactory(user=person, name="Awa Diallo", title="Dr")

    answer = browser(person).post("/account/about/", ABOUT | {"time_zone": "Genève"}, follow=True)

    person.refresh_from_db()
    registration.refresh_from_db()
    said = (person.name, person.title, person.organisation, person.country_id, person.language, person.time_zone)
    assert said == ("Awa Diallo-Koné", "Prof.", "ITU", "CH", "fr", "Europe/Zurich")
    assert (registration.name, registration.title, registration.time_zone) == ("Awa Diallo", "Dr", "Africa/Bamako")
    assert answer.redirect_chain[-1][0] == "/account/"
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.subject) == ("edit-account", person, f"#{person.pk}")
    assert (entry.before, sorted(entry.after["fields"])) == ({}, sorted(ABOUT))


def test_about_refuses_in_words_at_the_field_and_loses_nothing(person):
    CountryFactory(code="CH")
    wrong = {"time_zone": "Bamakoo", "name": "x" * 151, "country": "XX", "language": "tlh"}

    page = browser(person).post("/account/about/", ABOUT | wrong).content.decode()

    choose = "Choose from the list"
    said = {"time_zone": "Near it: Africa/Bamako", "name": "Shorten it to 150", "country": choose, "language": choose}
    for field, sentence in said.items():
        assert sentence in re.search(rf'id="id_{field}_error">(.*?)</div>', page, re.S)[1]
    assert "<title>Error:" in page.replace("\n", "").replace("  ", "")
    assert 'value="Prof."' in page
    assert User.objects.get(pk=person.pk).title == "Dr"


# --- log-ins --------------------------------------------------------------------------------------
def is_in(client):
    return client.get("/account/").status_code == 200


def log_in(person, agent):
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR="203.0.113.77")
    person.set_password("a long enough sentence")
    person.save()
    person.emailaddress_set.get_or_create(email=person.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": person.email, "password": "a long enough sentence"})
    assert is_in(client)
    return client


def test_page_shows_each_log_in_and_no_key_or_address(person):
    log_in(person, PHONE)
    person.refresh_from_db()
    here = browser(person)

    page = here.get("/account/").content.decode()

    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert ("Safari on iPhone" in said, "203.0.113.0/24" in said, "203.0.113.77" in page) == (True, True, False)
    assert [key for key in Session.objects.values_list("pk", flat=True) if key in page] == []


def test_one_other_log_in_is_ended_and_this_one_stays(person):
    """That of another account cannot be ended."""
    other, here, stranger = browser(person), browser(person), browser(UserFactory())
    number, strange = (SignIn.objects.get(session=one.session.session_key).number for one in (other, stranger))

    first = here.post("/account/log-ins/", {"row": number}, follow=True)
    second = here.post("/account/log-ins/", {"row": number}, follow=True)
    here.post("/account/log-ins/", {"row": strange})

    assert (is_in(other), is_in(here), is_in(stranger)) == (False, True, True)
    assert (b"That log-in has ended." in first.content, b"has ended already" in second.content) == (True, True)


def test_all_others_are_ended_those_that_are_in_no_list_too(person):
    other, old, here = browser(person), browser(person), browser(person)
    stranger = browser(UserFactory())
    SignIn.objects.filter(session=old.session.session_key).delete()  # of before they were listed

    here.post("/account/log-ins/")
    again = here.get("/account/")

    assert (is_in(other), is_in(old), again.status_code, is_in(stranger)) == (False, False, 200, True)
    assert SignIn.objects.filter(user=person).count() == 1
    assert is_in(browser(User.objects.get(pk=person.pk)))


# --- mails ----------------------------------------------------------------------------------------
def waiting(person, kind):
    """A mail of a kind that waits in the outbox."""
    content = Content("Subject", "Heading", MailLink("Open", "https://example.org/"), "Why", stop=stop_link())
    named = {"kind": kind, "key": f"{kind}:1", "about": 1, "to": person, "language": "en"}
    outbox.write(outbox_row(render(content, sender="Forum"), forum=ForumFactory(), due=NOW, **named))
    return Message.objects.get(dedupe_key=f"{kind}:1")


@pytest.mark.parametrize(("wanted", "state"), [(["outcome-late"], "sent"), (["changed"], "cancelled")])
def test_refused_kind_is_not_sent_even_where_it_waits_already(person, wanted, state):
    session = SessionFactory(starts=NOW - timedelta(days=9))
    host = HostedSession.objects.create(session=session, user=person)
    host_mails.write_late(host, session=session, now=NOW)

    browser(person).post("/account/mails/", {"asked": ["outcome-late", "changed"], "wanted": wanted})
    sender.send_due([Message.Queue.BULK], clock=lambda: NOW)

    assert Message.objects.get().state == state
    assert wanted[0] not in HistoryEntry.objects.get().after["refused"]


def test_what_is_always_sent_cannot_be_refused(person):
    RefusedMail.objects.create(user=UserFactory(), kind="reminders")
    client = browser(person)
    everything_wanted = client.get("/account/").content.decode().count("checked")

    client.post("/account/mails/", {"asked": [kind.key for kind in refused_kinds.kinds()]})

    own = RefusedMail.objects.filter(user=person)
    assert set(own.values_list("kind", flat=True)) == {*refused_kinds.refusable().values()}
    page = client.get("/account/").content.decode()
    everybodys = sum(not kind.roles for kind in refused_kinds.kinds())
    always = sum(not kind.is_refusable for kind in refused_kinds.kinds())
    assert (everything_wanted, page.count("checked")) == (everybodys, always)
    assert re.search(r'value="always"\s+checked\s+disabled', page)
    always = refused_kinds.token(person.pk, "always")
    assert Client().get(f"/unsubscribe/mails/{always}/").status_code == 404


def test_mails_of_ones_own_roles_are_shown_and_what_was_not_asked_stays(person):
    client = browser(person)
    assert 'value="outcome-late"' not in client.get("/account/").content.decode()
    RefusedMail.objects.create(user=person, kind="outcome-late")

    client.post("/account/mails/", {"asked": ["changed"], "wanted": []})

    assert refused_kinds.refused_by(person) == {"outcome-late", "changed"}
    assert 'value="outcome-late"' in client.get("/account/").content.decode()
    RefusedMail.objects.all().delete()
    HostedSession.objects.create(session=SessionFactory(), user=person)
    assert 'value="outcome-late"' in client.get("/account/").content.decode()


def test_one_click_refuses_one_kind_and_the_page_takes_it_back(person):
    path = "/" + waiting(person, "changed").unsubscribe_url.split("/", 3)[3]
    client = Client(enforce_csrf_checks=True)

    shown = client.get(path)
    before = refused_kinds.refused_by(person)
    clicked = client.post(path, {"List-Unsubscribe": "One-Click"})
    after = refused_kinds.refused_by(person)
    client.post(path, {"wanted": "yes"})

    assert (shown.status_code, before, person.email in shown.content.decode()) == (200, set(), False)
    assert (clicked.status_code, clicked.content, after) == (200, b"", {"changed"})
    assert refused_kinds.refused_by(person) == set()
