"""Nobody sees anything of anybody else: two people who have everything that a person can have here ask for every page and
fragment, each other's addresses too, in both orders, while all that is kept in memory is warm."""

import itertools
import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client, RequestFactory

from config.front import epochs
from config.front.page_cache import PageCache
from events.models import HostedSession, Invitation
from events.schedule.releases import releases
from prizes.models import Assignment, Expert
from registration.agenda import unsubscribing
from registration.agenda import views as agenda_views
from registration.models import RegistrationDraft
from registration.registering.questions import STEPS
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import (
    NOW,
    AppearanceFactory,
    AttendanceFactory,
    BookingFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
)
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of
from tests.test_security import TABLE, patterns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

# Whoever has these addresses may read what is there: a mail or a calendar brought them.
FOR_WHOEVER_HAS_THEM = {
    "registration:feed",
    "registration:unsubscribe",
    "events:invitation",
    "events:editing",
}
# How the machine is: the same for whoever may ask, and other figures each time.
OF_NO_PERSON = {"healthz", "readyz", "metrics"}
# Where a person certainly reads something of their own.
SHOW_THE_PERSON = {
    "account_email",
    "registration:agenda",
    "registration:register",
    "prizes:nominations",
    "prizes:nomination",
    "prizes:review",
    "events:proposals-mine",
    "events:proposal",
}
CHANCE = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+')


class Person:
    """One of the two: registered, with bookings, an attendance, a ballot, a nomination, a review, a proposal and a session
    to host; every text and token that is theirs alone holds their name."""

    def __init__(self, name, *, forum, edition, place):
        self.mark = f"canary{name}"
        self.marks = (self.mark, code := name * 5 + "1")  # and the code of a session that only this person knows of
        user = self.user = UserFactory(email=f"{self.mark}@example.org", name=f"{self.mark} of the account")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        self.session = SessionFactory(forum=forum, starts=NOW, meeting_url="https://meet.example/all")
        self._registers(forum, code=code)
        self._takes_part_in_the_prize(edition, place=place)
        self._proposes(forum)

    def _registers(self, forum, *, code):
        mine = {name: f"{self.mark} {name}" for name in ("name", "organisation", "accessibility_needs")}
        self.registration = RegistrationFactory(
            user=self.user, forum=forum, calendar_token=f"{self.mark}{'x' * 30}", title=self.mark, **mine
        )
        BookingFactory(registration=self.registration, session=self.session)
        # Not public any more: only those who booked them know of these.
        kept = {"forum": forum, "embargoed_until": NOW.replace(year=2021)}
        BookingFactory(
            registration=self.registration,
            session=SessionFactory(title=f"{self.mark} ahead", code=code.upper(), **kept),
        )
        was = SessionFactory(title=f"{self.mark} was", starts=NOW.replace(day=20), **kept)
        AttendanceFactory(registration=self.registration, session=was)
        other = ForumFactory(slug="next")  # begun, not finished
        RegistrationDraft.objects.create(forum=other, user=self.user, data={"name": f"{self.mark} drafted"})

    def _takes_part_in_the_prize(self, edition, *, place):
        nominees = nominees_of(edition, 1)
        own = {"nominator": self.user, "title": f"{self.mark} project", "state": "draft", "submitted": None}
        self.nomination = NominationFactory(category=nominees[0].category, **own)
        self.ballot = fill_ballot(edition, {1: nominees[place]}, user=self.user)
        type(self.ballot).objects.filter(pk=self.ballot.pk).update(secret=f"{self.mark}".upper().ljust(20, "0"))
        expert = Expert.objects.create(edition=edition, user=self.user, organisation=self.mark)
        self.reviewed = nominees_of(edition, 3)[place]
        Assignment.objects.create(expert=expert, nomination=self.reviewed, assigned=NOW, comment=f"{self.mark} finds")

    def _proposes(self, forum):
        own = {"proposer": self.user, "state": "draft", "submitted": None, "title": f"{self.mark} proposal"}
        self.proposal = ProposalFactory(forum=forum, **own)
        HostedSession.objects.create(session=self.session, user=self.user)
        self.editing = self.proposal.collaborator_invitations.create(
            email=f"editor-{self.mark}@example.org", invited=NOW, changed=NOW
        )
        self.invitation = Invitation.objects.create(
            proposal=self.proposal, name=f"{self.mark} asked", email=f"asked-{self.mark}@example.org", invited=NOW
        )

    def addresses(self, **public):
        """Every personal address of the site with what is this person's: (name, address). A page that is in no table
        (tests/test_security.py) ends the test."""
        own = {
            "code": self.session.code,
            "token": self.registration.calendar_token,
            "unsubscribe": unsubscribing.token(self.registration.pk),
            "nomination": self.nomination.code,
            "reviewed": self.reviewed.code,
            "proposal": self.proposal.code,
            "invitation": self.invitation.token,
            "editing": self.editing.token,
        }
        tables = [(name, *TABLE[name][:2]) for name, _pattern in patterns()]
        yield from (
            (name, address.format(**own, **public))
            for name, address, is_public in tables
            if not is_public and name not in OF_NO_PERSON
        )
        for slug, step in itertools.product(("2020", "next"), (*(step.key for step in STEPS), "check")):
            yield "registration:register", f"/{slug}/register/{step}/"


class Site:
    """Two people at one process of the site, in which everything is warm that may be."""

    def __init__(self):
        forum = ForumFactory()
        CallFactory(forum=forum)
        self.edition = make_edition(phase="voting", forum=forum)
        self.people = [Person(name, forum=forum, edition=self.edition, place=place) for place, name in enumerate("ab")]
        speaker = AppearanceFactory(session=self.people[0].session).speaker
        releases.release(forum, note="", by=None, now=NOW)
        nominee = nominees_of(self.edition, 1)[0].code
        self.public = {"speaker": speaker.pk, "number": 1, "nominee": nominee, "certificate": "X"}
        self.application = PageCache(WSGIHandler())
        self._cookies = [cookie_of(person.user) for person in self.people]

    def answers(self, order, *, languages=("", "/fr")):
        """What each of the people reads at each address, also at those of the other one, asking in this order:
        (name, address, whose it is, who reads) → text. What asking writes is undone."""
        found = {}
        for whose, person in enumerate(self.people):
            for name, address in person.addresses(**self.public):
                for language, who in itertools.product(languages, order):
                    point = transaction.savepoint()
                    found[name, language + address, whose, who] = self._read(language + address, self._cookies[who])
                    transaction.savepoint_rollback(point)
        return found

    def leaks(self, answers):
        """Where somebody read what is the other one's: (name, who)."""
        return {
            (name, who)
            for (name, _address, whose, who), text in answers.items()
            if any(mark in text.casefold() for mark in self.people[1 - who].marks)
            and (whose == who or name not in FOR_WHOEVER_HAS_THEM)
        }

    def _read(self, path, cookie):
        """An answer as text, without what is another one each time even for the same person."""
        environ = RequestFactory().get(path, headers={"X-Part-Of": "/2020/programme/", "Cookie": cookie}).environ
        started = []
        response = self.application(environ, lambda status, headers, _fault=None: started.extend([status, *headers]))
        body = b"".join(response).decode(errors="replace")
        head = [one for one in started if one[0] not in {"Set-Cookie", "X-Request-ID"}]
        return CHANCE.sub("", f"{head}\n{body}")


def cookie_of(user):
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@pytest.fixture
def site(web_process, monkeypatch):
    monkeypatch.setattr(epochs, "close_old_connections", lambda: None)  # that of the test's transaction stays open
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Site()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_two_people_never_read_a_byte_of_each_other(site):
    first, second = site.answers((0, 1)), site.answers((1, 0))

    assert site.leaks(first | second) == set()
    assert site.leaks(second) == set()
    assert {key for key in first if first[key] != second[key]} == set()  # whoever came before them
    own = {name for (name, _address, _whose, who), text in first.items() if site.people[who].mark in text.casefold()}
    assert own >= SHOW_THE_PERSON  # the marks are there to be found


def by_address_alone(site, monkeypatch):
    """A page cache that forgets the cookie."""
    kept, application = {}, site.application

    def wrong(environ, start):
        key = environ["PATH_INFO"]
        if key not in kept:
            told = []
            body = b"".join(application(environ, lambda status, headers, _fault=None: told.extend([status, headers])))
            kept[key] = (told, body)
        start(*kept[key][0])
        return [kept[key][1]]

    site.application = wrong


def by_forum_alone(site, monkeypatch):
    """Registrations that are kept by forum."""
    kept, find_own = {}, agenda_views.find_own
    monkeypatch.setattr(agenda_views, "find_own", lambda request, slug: kept.setdefault(slug, find_own(request, slug)))


@pytest.mark.parametrize("wrong", [by_address_alone, by_forum_alone])
def test_cache_that_is_wrong_is_caught(site, monkeypatch, wrong):
    wrong(site, monkeypatch)

    found = site.leaks(site.answers((0, 1), languages=[""]))

    assert {("registration:agenda", 1), ("registration:me", 1)} <= found
