"""Nobody sees anything of anybody else: two people who have everything that a person can have here ask for every page and
fragment, each other's addresses too, while all that is kept in memory is warm; and they, and somebody without an account, for
every public page. Then in the other order, the languages too, after all was forgotten: each answer must be the same again."""

import functools
import itertools
import re
import sys

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client, RequestFactory

from config import finished_pages
from config.finished_pages import FinishedPages
from events.models import HostedSession, Invitation, News, Outcome, PracticalPage
from events.proposals.speakers import speaker_accounts
from events.schedule.releases import releases
from events.shared import once_a_revision
from events.shared.mail import refused_kinds
from events.shared.pages import public
from prizes.models import Assignment, Expert
from registration.accreditation import place_links
from registration.models import RegistrationDraft
from registration.registering.questions import STEPS
from registration.sessions.agenda import unsubscribing
from registration.sessions.agenda import views as agenda_views
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import (
    NOW,
    AppearanceFactory,
    AttendanceFactory,
    BookingFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    confirmed,
)
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of
from tests.rights import rules
from tests.rights.addresses import paths_of_the_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

# Whoever has these addresses may read what is there: a mail or a calendar brought them.
FOR_WHOEVER_HAS_THEM = {
    "registration:feed",
    "registration:unsubscribe",
    "registration:refuse-mail",
    "registration:seat",
    "events:invitation",
    "events:editing",
    "events:speaker-link",
}
# How the machine is: the same for whoever may ask, and other figures each time.
OF_NO_PERSON = {"healthz", "readyz", "metrics", "mail-events"}
# Where a person certainly reads something of their own.
SHOW_THE_PERSON = {
    "account_email",
    "registration:account",
    "registration:account-about",
    "registration:agenda",
    "registration:register",
    "prizes:nominations",
    "prizes:nomination",
    "prizes:review",
    "events:proposals-mine",
    "events:proposal",
}
ROOMS = {"config", "events", "prizes", "registration"}
CHANCE = re.compile(r'(name="(?:csrfmiddlewaretoken|ticket)" value=")[^"]+')


class Person:
    """One of the two: registered, with bookings, an attendance, a ballot, a nomination, a review, a proposal and a session
    to host; every text and token that is theirs alone holds their name."""

    def __init__(self, name, *, forum, edition, place):
        self.mark = f"canary{name}"
        self.marks = (self.mark, code := name * 5 + "1")  # and the code of a session that only this person knows of
        self.user = confirmed(email=f"{self.mark}@example.org", name=f"{self.mark} of the account")
        self.session = SessionFactory(forum=forum, starts=NOW, meeting_url="https://meet.example/all")
        self._registers(forum, code=code)
        self._takes_part_in_the_prize(edition, place=place)
        self._proposes(forum)

    def _registers(self, forum, *, code):
        mine = {name: f"{self.mark} {name}" for name in ("name", "organisation", "accessibility_needs")}
        self.registration = RegistrationFactory(
            user=self.user, forum=forum, link_seed=f"{self.mark}{'x' * 30}", title=self.mark, **mine
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
        self.speaker = SpeakerFactory(forum=forum, name=f"{self.mark} speaks", account=self.user)
        self.invitation = Invitation.objects.create(
            proposal=self.proposal, name=f"{self.mark} asked", email=f"asked-{self.mark}@example.org", invited=NOW
        )

    def addresses(self, **public):
        """Every address of the site with what is this person's: (name, address, is it public)."""
        own = {
            "session": self.session.code,
            "token": self.registration.token,
            "unsubscribe": unsubscribing.token(self.registration.pk),
            "seat": place_links.token(self.registration, self.session.pk),
            "refuse": refused_kinds.token(self.user.pk, "changed"),
            "nomination": self.nomination.code,
            "nominee": self.reviewed.code,
            "proposal": self.proposal.code,
            "invitation": self.invitation.token,
            "editing": self.editing.token,
            "link": speaker_accounts.token_of(self.speaker, address=""),
        }
        for name, path in paths_of_the_site(**own, **public).items():
            if name not in OF_NO_PERSON:
                yield name, path, rules.is_public(name)
        for slug, step in itertools.product(("2020", "next"), (*(step.key for step in STEPS), "check")):
            yield "registration:register", f"/{slug}/register/{step}/", False


class Site:
    """Two people at one process of the site, in which everything is warm that may be."""

    def __init__(self):
        forum = ForumFactory(host=OrganisationFactory())
        forum.co_organisers.add(OrganisationFactory())
        CallFactory(forum=forum)
        self.edition = make_edition(phase="voting", forum=forum)
        self.people = [Person(name, forum=forum, edition=self.edition, place=place) for place, name in enumerate("ab")]
        speaker = AppearanceFactory(session=self.people[0].session).speaker
        releases.release(forum, note="", by=None, now=NOW)
        PracticalPage.objects.create(forum=forum, slug="venue", title="Venue", text="The hall", is_public=True)
        news = News.objects.create(forum=forum, title="Room changed", text="Hall 5", date=NOW, is_public=True).pk
        outcome = Outcome.objects.create(forum=forum, kind="launch", title="A network").pk
        self.public = {"speaker": speaker.pk, "outcome": outcome, "news": news, "category": 3}
        self._application = FinishedPages(WSGIHandler())
        self._cookies = {None: "", **{who: cookie_of(person.user) for who, person in enumerate(self.people)}}

    def faults(self, names=None):
        """Where somebody read what is another's, or something else than when all is asked in the other order: (name, who).
        Asks for the pages of these names only."""
        asked = {address: (name, whose, is_public) for name, address, whose, is_public in self._addresses(names)}
        first = self._answers(asked, (0, 1, None), languages=("", "/fr"))
        self._forget()
        second = self._answers(dict(reversed(asked.items())), (None, 1, 0), languages=("/fr", ""))
        self.read = {
            (name, who)
            for (name, _address, _whose, who), text in second.items()
            if who is not None and self.people[who].mark in text.casefold()
        }
        changed = {(key[0], key[-1]) for key in first if first[key] != second[key]}
        return self._leaks(first) | self._leaks(second) | changed

    def _addresses(self, names):
        for whose, person in enumerate(self.people):
            for name, address, is_public in person.addresses(**self.public):
                if not names or name in names:
                    yield name, address, whose, is_public

    def _answers(self, asked, order, *, languages):
        """What each of them reads at each address, also at those of the other one, asking in this order: (name, address,
        whose it is, who reads) → text. What asking writes is undone. None: without an account, public pages only."""
        found = {}
        for address, (name, whose, is_public) in asked.items():
            for language, who in itertools.product(languages, order):
                # Whether somebody may read what is another's is no matter of languages.
                if is_public if who is None else is_public or who == whose or not language:
                    point = transaction.savepoint()
                    found[name, language + address, whose, who] = self._read(language + address, self._cookies[who])
                    transaction.savepoint_rollback(point)
        return found

    def _leaks(self, answers):
        """Where somebody read what is the other one's, a public page that others read otherwise, or a fault: (name, who)."""
        return {
            (name, who)
            for (name, address, whose, who), text in answers.items()
            if (self._names_another(text, who) and (whose == who or name not in FOR_WHOEVER_HAS_THEM))
            or text != answers.get((name, address, whose, None), text)  # a public page
            or text.startswith("['500 ")
        }

    def _names_another(self, text, who):
        marks = {mark for other, person in enumerate(self.people) if other != who for mark in person.marks}
        return any(mark in text.casefold() for mark in marks)

    def _forget(self):
        """Everything that this process keeps, as if it began anew."""
        self._application = FinishedPages(WSGIHandler())
        once_a_revision._kept.clear()
        ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in ROOMS]
        for one in [one for module in ours for one in vars(module).values()]:
            if isinstance(one, functools._lru_cache_wrapper):
                one.cache_clear()

    def _through(self, application):
        """What stands before the site: nothing."""
        return application

    def _read(self, path, cookie):
        """An answer as text, without what is another one each time even for the same person."""
        headers = {"Host": "testserver", "X-Part-Of": "/2020/programme/", "Cookie": cookie}
        started, site = [], self._through(self._application)
        response = site(
            RequestFactory().get(path, headers=headers).environ,
            lambda status, headers, _fault=None: started.extend([status, *headers]),
        )
        body = b"".join(response).decode(errors="replace")
        head = [one for one in started if one[0] not in {"Set-Cookie", "X-Request-ID"}]
        return CHANCE.sub("", f"{head}\n{body}")


def cookie_of(user):
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@pytest.fixture
def site(web_process, monkeypatch):
    monkeypatch.setattr(
        finished_pages, "close_old_connections", lambda: None
    )  # that of the test's transaction stays open
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Site()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_two_people_never_read_a_byte_of_each_other(site):
    assert site.faults() == set()

    assert {name for name, _who in site.read} >= SHOW_THE_PERSON  # the marks are there to be found


# --- what is wrong is caught ------------------------------------------------------------------------
def page_cache_by_address_alone(site, monkeypatch):
    kept = {}

    def through(application):
        def wrong(environ, start):
            key = environ["PATH_INFO"]
            if key not in kept:
                told = []
                body = b"".join(
                    application(environ, lambda status, headers, _fault=None: told.extend([status, headers]))
                )
                kept[key] = (told, body)
            start(*kept[key][0])
            return [kept[key][1]]

        return wrong

    monkeypatch.setattr(site, "_through", through)


def registrations_by_forum_alone(site, monkeypatch):
    kept, find_own = {}, agenda_views.find_own
    monkeypatch.setattr(
        agenda_views, "find_own", lambda request, slug, **more: kept.setdefault(slug, find_own(request, slug, **more))
    )


def public_page_that_greets_who_came_first(site, monkeypatch):
    bare_of, finish = public.anonymous, public._finish
    marks = {cookie: site.people[who].mark for who, cookie in site._cookies.items() if cookie}

    def knowing(request, *, page):
        bare = bare_of(request, page=page)
        bare.greeted = marks.get(request.META.get("HTTP_COOKIE"), "")
        return bare

    def greeting(response, *, request, page):
        response.content += request.greeted.encode()
        finish(response, request=request, page=page)

    monkeypatch.setattr(public, "anonymous", knowing)
    monkeypatch.setattr(public, "_finish", greeting)


class Cut(dict):
    """What is kept under a part of its key."""

    def __init__(self, part):
        self._part = part

    def get(self, key, otherwise=None):
        return super().get(self._part(key), otherwise)

    def __setitem__(self, key, value):
        super().__setitem__(self._part(key), value)


def once_a_revision_by_its_first_argument_alone(site, monkeypatch):
    monkeypatch.setattr(once_a_revision, "_kept", Cut(lambda key: (key[0], *key[1][:1])))


def once_a_revision_without_languages(site, monkeypatch):
    monkeypatch.setattr(
        once_a_revision, "_kept", Cut(lambda key: (key[0], *(one for one in key[1] if one not in {"en", "fr"})))
    )


AGENDA, FRAGMENT, HOME = "registration:agenda", "registration:me", "events:home"


@pytest.mark.parametrize(
    ("wrong", "seen"),
    [
        (page_cache_by_address_alone, {(AGENDA, 1), (FRAGMENT, 1)}),
        (registrations_by_forum_alone, {(AGENDA, 1)}),
        (public_page_that_greets_who_came_first, {(HOME, None), (HOME, 1)}),
        (once_a_revision_by_its_first_argument_alone, {(AGENDA, 0), (AGENDA, 1), (HOME, None)}),
        (once_a_revision_without_languages, {(AGENDA, 0), (AGENDA, 1), (HOME, None)}),
    ],
)
def test_what_is_wrong_is_caught(site, monkeypatch, wrong, seen):
    wrong(site, monkeypatch)

    assert site.faults({AGENDA, FRAGMENT, HOME}) >= seen
