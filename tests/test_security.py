"""Who gets what, and what never leaves the site: every address of the site but the organisers' (tests/admin)."""

import os
import re
import subprocess
import sys
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver

from config.finished_pages import FinishedPages
from events.models import (
    Commitment,
    Forum,
    HostedSession,
    Invitation,
    Outcome,
    Partner,
    PracticalPage,
    Session,
    Speaker,
    Track,
    User,
)
from events.proposals.speakers import speaker_accounts
from events.schedule.releases import releases
from events.shared.mail import refused_kinds
from events.shared.pages.public import public_page
from prizes.models import Assignment, Certificate, Expert, Linkage, PrizeSponsor
from registration.accreditation import place_links
from registration.sessions.agenda import unsubscribing
from tests.events.proposals.factories import CallFactory, ProposalFactory, staff
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    BookingFactory,
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
    UserFactory,
    boss,
    confirmed,
    translate,
)
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MEETING = "https://meet.example/secret-room"
PUBLIC = "public, max-age=0, must-revalidate"
ROLES = ("anonymous", "registered", "another registered", "organiser")

HOME, LOGIN, AGENDA, BALLOT = "/", "login", "/2020/agenda/", "/2020/prizes/vote/"
DRAFT = "DRAFT1"
OWN_DRAFT = f"/2020/prizes/nominate/{DRAFT}/"
ALL = (200, 200, 200, 200)
NOBODY = (404, 404, 404, 404)
PEOPLE = (LOGIN, 200, 200, 200)
PASSWORD_AGAIN = (LOGIN, *["/accounts/reauthenticate/"] * 3)
VISITORS = (200, HOME, HOME, HOME)
BUTTONS = (LOGIN, AGENDA, AGENDA, AGENDA)
AGAIN = (LOGIN, *["/accounts/reauthenticate/"] * 3)  # after they have shown once more who they are

PROPOSAL, SESSION = "PRPSL1", "SESSN1"
OWN_PROPOSAL, OWN_SESSION = f"/2020/proposals/{PROPOSAL}/", f"/2020/hosted/{SESSION}/"

# name: address, is it a public page, and what a GET gives to each role: a status, or where it leads
TABLE = {
    "healthz": ("/healthz", False, ALL),
    "readyz": ("/readyz", False, ALL),
    "mail-events": ("/mail/events/postmark/", False, (405, 405, 405, 405)),  # by POST, with a secret
    "metrics": ("/metrics", False, ALL),  # to this machine only: tests/config/running/monitoring/test_metrics.py
    "media": ("/media/documents/unknown.pdf", False, NOBODY),
    "sent-mails": ("/mail/", False, NOBODY),
    "security-txt": ("/.well-known/security.txt", False, ALL),
    "api:entry": ("/api/v1/", True, ALL),
    "api:forums": ("/api/v1/forums/", True, ALL),
    "api:forum": ("/api/v1/forums/2020/", True, ALL),
    "api:sessions": ("/api/v1/sessions/", True, ALL),
    "api:session": ("/api/v1/sessions/{code}/", True, ALL),
    "api:speakers": ("/api/v1/speakers/", True, ALL),
    "api:speaker": ("/api/v1/speakers/{speaker}/", True, ALL),
    "api:organisations": ("/api/v1/organisations/", True, ALL),
    "api:organisation": ("/api/v1/organisations/999999/", False, NOBODY),
    "api:rooms": ("/api/v1/rooms/", True, ALL),
    "api:room": ("/api/v1/rooms/999999/", False, NOBODY),
    "api:tracks": ("/api/v1/tracks/", True, ALL),
    "api:track": ("/api/v1/tracks/999999/", False, NOBODY),
    "api:session-types": ("/api/v1/session-types/", True, ALL),
    "api:session-type": ("/api/v1/session-types/nothing/", False, NOBODY),
    "api:outcomes": ("/api/v1/outcomes/", True, ALL),
    "api:outcome": ("/api/v1/outcomes/999999/", False, NOBODY),
    "api:practical-pages": ("/api/v1/practical-pages/", True, ALL),
    "api:practical-page": ("/api/v1/practical-pages/999999/", False, NOBODY),
    "api:releases": ("/api/v1/releases/", True, ALL),
    "api:release": ("/api/v1/releases/2020/999/", False, NOBODY),
    "api:schema": ("/api/schema/", True, ALL),
    "api:unknown": ("/api/v1/users/", False, NOBODY),
    "account_login": ("/accounts/login/", False, VISITORS),
    "account_logout": ("/accounts/logout/", False, (HOME, 200, 200, 200)),
    "account_inactive": ("/accounts/inactive/", False, ALL),
    "account_signup": ("/accounts/signup/", False, VISITORS),
    "account_reauthenticate": ("/accounts/reauthenticate/", False, PEOPLE),
    "account_reauthenticate_by_mail": ("/accounts/reauthenticate/mail/", False, AGAIN),  # they have passwords
    "account_email": ("/accounts/email/", False, PEOPLE),
    "account_email_verification_sent": (
        "/accounts/confirm-email/",
        False,
        ("/accounts/login/", *["/accounts/email/"] * 3),
    ),
    "account_change_password": ("/accounts/password/change/", False, PEOPLE),
    "account_set_password": ("/accounts/password/set/", False, (LOGIN, *["/accounts/password/change/"] * 3)),
    "account_reset_password": ("/accounts/password/reset/", False, ALL),
    "account_reset_password_done": ("/accounts/password/reset/done/", False, ALL),
    "account_log_in_by_link": ("/accounts/login/link/x/", False, ALL),  # says that it has expired
    "account_reset_password_from_key": ("/accounts/password/reset/key/1-x/", False, ALL),  # says that it has expired
    "account_reset_password_from_key_done": ("/accounts/password/reset/key/done/", False, ALL),
    "account_request_login_code": ("/accounts/login/code/", False, VISITORS),
    "account_confirm_login_code": ("/accounts/login/code/confirm/", False, ("/accounts/login/code/", *[HOME] * 3)),
    "mfa_index": ("/accounts/2fa/", False, PEOPLE),
    "mfa_authenticate": ("/accounts/2fa/authenticate/", False, ("/accounts/login/", *[HOME] * 3)),
    "mfa_reauthenticate": ("/accounts/2fa/reauthenticate/", False, AGAIN),
    "mfa_activate_totp": ("/accounts/2fa/totp/activate/", False, AGAIN),
    "mfa_deactivate_totp": ("/accounts/2fa/totp/deactivate/", False, (LOGIN, 404, 404, 404)),  # they have none
    "mfa_view_recovery_codes": ("/accounts/2fa/recovery-codes/", False, (LOGIN, 404, 404, 404)),
    "mfa_generate_recovery_codes": ("/accounts/2fa/recovery-codes/generate/", False, AGAIN),
    "mfa_download_recovery_codes": ("/accounts/2fa/recovery-codes/download/", False, (LOGIN, 404, 404, 404)),
    "mfa_list_webauthn": ("/accounts/2fa/webauthn/", False, PEOPLE),
    "mfa_add_webauthn": ("/accounts/2fa/webauthn/add/", False, AGAIN),
    "mfa_reauthenticate_webauthn": ("/accounts/2fa/webauthn/reauthenticate/", False, AGAIN),
    "mfa_remove_webauthn": ("/accounts/2fa/webauthn/keys/1/remove/", False, AGAIN),
    "mfa_edit_webauthn": ("/accounts/2fa/webauthn/keys/1/edit/", False, AGAIN),
    "mfa_login_webauthn": ("/accounts/2fa/webauthn/login/", False, ("/accounts/login/", *[HOME] * 3)),
    "prizes:road-map": ("/2020/action-lines/C2/", True, ALL),
    "prizes:editions": ("/2020/statistics/editions/", True, ALL),
    "prizes:editions-file": ("/2020/statistics/editions.csv", True, ALL),
    "prizes:home": ("/2020/prizes/", True, ALL),
    "prizes:card": ("/2020/prizes/card/", True, ALL),
    "prizes:category": ("/2020/prizes/{number}/", True, ALL),
    "prizes:nominee": ("/2020/prizes/{number}/{nominee}/", True, ALL),
    "prizes:nominations": ("/2020/prizes/nominate/", False, PEOPLE),
    "prizes:nominate-new": ("/2020/prizes/nominate/new/", False, (LOGIN, *["/2020/prizes/nominate/"] * 3)),
    "prizes:nomination": ("/2020/prizes/nominate/{nomination}/", False, (LOGIN, 200, 404, 404)),
    # submission is over: the form leads to what the draft says
    "prizes:nominate-step": ("/2020/prizes/nominate/{nomination}/check/", False, (LOGIN, OWN_DRAFT, 404, 404)),
    "prizes:nominate-save": ("/2020/prizes/nominate/{nomination}/save/", False, (LOGIN, OWN_DRAFT, 404, 404)),
    "prizes:nominate-withdraw": ("/2020/prizes/nominate/{nomination}/withdraw/", False, (LOGIN, 200, 404, 404)),
    "prizes:nominate-files": ("/2020/prizes/nominate/{nomination}/files/", False, (LOGIN, OWN_DRAFT, 404, 404)),
    "prizes:nominate-file": ("/2020/prizes/nominate/{nomination}/files/1/", False, (LOGIN, 404, 404, 404)),
    "prizes:nominate-file-remove": (
        "/2020/prizes/nominate/{nomination}/files/1/remove/",
        False,
        (LOGIN, OWN_DRAFT + "files/", 404, 404),
    ),
    "prizes:results": ("/2020/prizes/results/", True, ALL),
    "prizes:results-file": ("/2020/prizes/results/results.csv", False, NOBODY),  # nothing before the release
    "prizes:ballot": ("/2020/prizes/vote/", False, (LOGIN, BALLOT + "2/#category", BALLOT + "1/#category", 200)),
    "prizes:ballot-start": ("/2020/prizes/vote/start/", False, (LOGIN, BALLOT, BALLOT, 200)),
    "prizes:ballot-category": ("/2020/prizes/vote/{number}/", False, PEOPLE),
    "prizes:receipt": ("/2020/prizes/vote/receipt/", False, (LOGIN, BALLOT, BALLOT, BALLOT)),
    "prizes:review-desk": ("/2020/prizes/review/", False, (LOGIN, 200, 404, 404)),  # the first person is an expert
    "prizes:review": ("/2020/prizes/review/{reviewed}/", False, (LOGIN, 200, 404, 404)),
    "prizes:review-save": ("/2020/prizes/review/{reviewed}/save/", False, (LOGIN, 200, 404, 404)),
    "prizes:review-conflict": ("/2020/prizes/review/{reviewed}/conflict/", False, (LOGIN, 200, 404, 404)),
    "prizes:review-document": ("/2020/prizes/review/{reviewed}/files/1/", False, (LOGIN, 404, 404, 404)),
    "events:verify": ("/verify/{certificate}/", False, NOBODY),
    "prizes:certificate": ("/verify/{certificate}/certificate.pdf", False, NOBODY),
    "registration:certificate": ("/verify/{certificate}/participation.pdf", False, NOBODY),
    "prizes:chain": ("/2020/prizes/chain/", True, ALL),
    "prizes:chain-feed": ("/2020/prizes/chain/feed/", True, ALL),
    "prizes:bundle": ("/2020/prizes/results/bundle.zip", False, NOBODY),  # not before the release
    "prizes:recount-script": ("/2020/prizes/results/recount.py", True, ALL),
    "prizes:check": ("/2020/prizes/results/check/", False, ALL),
    "registration:register": ("/2020/register/", False, ("/accounts/signup/", 200, 200, "/2020/register/you/")),
    "registration:register-save": ("/2020/register/save/", False, (LOGIN, *["/2020/register/"] * 3)),
    "registration:withdraw": ("/2020/withdraw/", False, PEOPLE),
    "registration:agenda": ("/2020/agenda/", False, PEOPLE),
    "registration:renew-feed": ("/2020/agenda/renew/", False, BUTTONS),
    "registration:new-ticket": ("/2020/ticket/new/", False, (LOGIN, *["/2020/ticket/"] * 3)),
    "registration:reminders": ("/2020/agenda/reminders/", False, BUTTONS),
    "registration:feed": ("/2020/agenda/{token}.ics", False, ALL),  # whoever has the address
    "registration:book": ("/2020/book/{code}/", False, (LOGIN, 200, 200, "/2020/register/")),
    "registration:book-several": ("/2020/book/", False, ALL),
    "registration:wait": ("/2020/wait/{code}/", False, (LOGIN, *["/2020/book/SESSN1/"] * 3)),
    "registration:seat": ("/2020/seat/{seat}/", False, ALL),  # whoever has the mail
    "registration:leave": ("/2020/leave/{code}/", False, (LOGIN, 200, 404, 404)),
    "registration:me": ("/2020/me/", False, ALL),
    "registration:watch": ("/2020/watch/{code}/", False, (405, 405, 405, 405)),  # a beat of a page, by POST
    "registration:card": ("/2020/me/{code}/", False, ALL),
    "registration:join": ("/2020/join/{code}/", False, (LOGIN, MEETING, MEETING, "/2020/register/")),
    "registration:door": ("/2020/door/", False, NOBODY),  # without a pass: tests/registration/door
    "registration:door-scans": ("/2020/door/scans/", False, NOBODY),
    "registration:door-undo": ("/2020/door/undo/", False, NOBODY),
    "registration:door-register": ("/2020/door/register/", False, NOBODY),
    "registration:door-pass": ("/2020/door/no-such-pass/", False, NOBODY),
    "registration:ticket": ("/2020/ticket/", False, PEOPLE),
    "registration:register-file": ("/2020/register/files/999999/letter/", False, (LOGIN, 404, 404, 404)),
    "registration:register-file-remove": (
        "/2020/register/files/letter/remove/",
        False,
        (LOGIN, *["/2020/register/check/"] * 3),
    ),
    "registration:letter": ("/2020/letter.pdf", False, (LOGIN, *["/2020/register/"] * 3)),
    "registration:badge": ("/2020/badge.pdf", False, PEOPLE),
    "registration:delegation": ("/2020/delegation/", False, (LOGIN, *["/2020/delegation/ask/"] * 3)),
    "registration:ask-focal-point": ("/2020/delegation/ask/", False, PEOPLE),
    "registration:invite": ("/2020/delegation/invite/", False, (LOGIN, 404, 404, 404)),  # for focal points only
    "registration:invite-template": ("/2020/delegation/people.xlsx", False, (LOGIN, 404, 404, 404)),
    "registration:invitation": ("/2020/invitation/no-such-secret/", False, NOBODY),  # with one: tests/registration
    "registration:statistics": ("/2020/statistics/", True, ALL),
    "registration:statistics-file": ("/2020/statistics/country.csv", True, ALL),
    "registration:figures": ("/2020/figures/", True, ALL),
    "registration:session-figures": ("/2020/figures/{code}/", True, ALL),
    "registration:kinds": ("/2020/kinds/", True, ALL),
    "registration:account": ("/account/", False, PEOPLE),
    "registration:account-about": ("/account/about/", False, PEOPLE),
    "registration:account-mails": ("/account/mails/", False, (LOGIN, *["/account/#mails"] * 3)),
    "registration:account-log-ins": ("/account/log-ins/", False, (LOGIN, *["/account/#log-ins"] * 3)),
    "registration:account-seen": ("/account/seen/", False, PEOPLE),
    "registration:refuse-mail": ("/unsubscribe/mails/{refuse}/", False, ALL),  # whoever has the mail
    "registration:data": ("/account/data/", False, PEOPLE),
    "registration:data-copy": ("/account/data/999999/", False, PASSWORD_AGAIN),
    "registration:data-copy-json": ("/account/data/999999.json", False, PASSWORD_AGAIN),
    "registration:data-copy-file": ("/account/data/999999/files/0/", False, PASSWORD_AGAIN),
    "registration:erase": ("/account/erase/", False, PASSWORD_AGAIN),
    "registration:erase-stop": ("/account/erase/stop/", False, (LOGIN, *["/account/data/"] * 3)),
    "registration:unsubscribe": ("/unsubscribe/{unsubscribe}/", False, ALL),  # whoever has the mail
    "events:index": ("/", True, ("/2020/",) * 4),
    "events:privacy": ("/privacy/", False, ALL),
    "events:accessibility": ("/accessibility/", False, ALL),
    "events:api": ("/api/", True, ALL),
    "events:forums": ("/forums/", True, ALL),
    "events:home": ("/2020/", True, ALL),
    "events:programme": ("/2020/programme/", True, ALL),
    "events:session": ("/2020/programme/{code}/", True, ALL),
    "events:session-ics": ("/2020/programme/{code}.ics", True, ALL),
    "events:schedule-ics": ("/2020/schedule.ics", True, ALL),
    "events:schedule-xml": ("/2020/schedule.xml", True, ALL),
    "events:schedule-json": ("/2020/schedule.json", True, ALL),
    "events:schedule-csv": ("/2020/schedule.csv", True, ALL),
    "events:schedule-xlsx": ("/2020/schedule.xlsx", True, ALL),
    "events:now": ("/2020/now/", True, ALL),
    "events:booklet": ("/2020/programme.pdf", True, ALL),
    "events:day-booklet": ("/2020/programme-1999-01-01.pdf", False, NOBODY),
    "events:speakers": ("/2020/speakers/", True, ALL),
    "events:speaker": ("/2020/speakers/{speaker}/", True, ALL),
    "events:outcomes": ("/2020/outcomes/", True, ALL),
    "events:outcome": ("/2020/outcomes/{outcome}/", True, ALL),
    "events:commitment": ("/2020/outcomes/{outcome}/report/", False, (LOGIN, 200, 404, 404)),
    "events:commitments": ("/2020/commitments/", True, ALL),
    "prizes:document": ("/2020/outcomes/document/", True, ALL),
    "prizes:document-file": ("/2020/outcomes/document/1.pdf", False, NOBODY),  # none is published
    "events:outcomes-csv": ("/2020/outcomes.csv", True, ALL),
    "events:practical-pages": ("/2020/info/", True, ALL),
    "events:practical-page": ("/2020/info/venue/", True, ALL),
    "events:matrix": ("/2020/matrix/", True, ALL),
    "events:releases": ("/2020/releases/", True, ALL),
    "events:release": ("/2020/releases/1/", True, ALL),
    "events:release-feed": ("/2020/releases/feed/", True, ALL),
    "events:proposals": ("/2020/proposals/", True, ALL),
    "events:proposals-mine": ("/2020/proposals/mine/", False, PEOPLE),
    "events:proposals-new": ("/2020/proposals/new/", False, (LOGIN, *["/2020/proposals/mine/"] * 3)),
    "events:proposal": ("/2020/proposals/{proposal}/", False, (LOGIN, 200, 404, 404)),
    "events:proposal-step": ("/2020/proposals/{proposal}/who/", False, (LOGIN, 200, 404, 404)),
    "events:proposal-save": ("/2020/proposals/{proposal}/save/", False, (LOGIN, OWN_PROPOSAL, 404, 404)),
    "events:proposal-withdraw": ("/2020/proposals/{proposal}/withdraw/", False, (LOGIN, 200, 404, 404)),
    "events:invitation": ("/invitation/{invitation}/", False, ALL),  # whoever has the mail
    "events:editing": ("/invitation/editing/{editing}/", False, (200, OWN_PROPOSAL, 200, 200)),  # whoever has the mail
    "events:speaker-link": ("/invitation/speaker/{link}/", False, ALL),  # whoever has the mail
    "events:proposal-editors": ("/2020/proposals/{proposal}/editors/", False, (LOGIN, OWN_PROPOSAL, 404, 404)),
    "events:hosted": ("/2020/hosted/{code}/", False, (LOGIN, 200, 404, 404)),
    "events:report-step": ("/2020/hosted/{code}/report/issues/", False, (LOGIN, OWN_SESSION, 404, 404)),
    "events:report-save": ("/2020/hosted/{code}/report/save/", False, (LOGIN, OWN_SESSION, 404, 404)),
    "events:hosted-documents": ("/2020/hosted/{code}/documents/", False, (LOGIN, OWN_SESSION, 404, 404)),
    "events:open-data": ("/2020/open-data/", True, ALL),
}
# Answers of one person that may be kept for a while, by that person only.
OWN_CACHE = {"registration:feed": "private, max-age=300"}


class World:
    """A session that runs, booked by one person; a second registered person, and an organiser.

    A vote is open, with nominees in three categories. The first person has a draft of a nomination, a ballot with one of
    three choices, and reviews the last category's first nominee as an expert.
    """

    def __init__(self):
        self.session = SessionFactory(starts=NOW, meeting_url=MEETING, code=SESSION)
        self.registration = RegistrationFactory()
        BookingFactory(registration=self.registration, session=self.session)
        self.speaker = AppearanceFactory(session=self.session).speaker
        self.outcome = Outcome.objects.create(forum=self.session.forum, kind="launch", title="A network")
        page = {"slug": "venue", "title": "Venue", "text": "The hall", "is_public": True}
        PracticalPage.objects.create(forum=self.session.forum, **page)
        releases.release(self.session.forum, note="", by=None, now=NOW)
        self.people = [
            None,
            self.registration.user,
            RegistrationFactory().user,
            boss(),
        ]
        self._add_prizes(self.registration.user)
        self._add_consultation(self.registration.user)

    def _add_consultation(self, person):
        """The first person has a draft of a proposal, and hosts the session; a speaker is asked in another one."""
        CallFactory(forum=self.session.forum)
        self.proposal = ProposalFactory(
            forum=self.session.forum, proposer=person, state="draft", submitted=None, code=PROPOSAL
        )
        HostedSession.objects.create(session=self.session, user=person)
        Commitment.objects.create(outcome=self.outcome, organisation=OrganisationFactory(), owner=person)
        self.asked_editor = self.proposal.collaborator_invitations.create(
            email="editor@example.org", invited=NOW, changed=NOW
        )
        asked = ProposalFactory(forum=self.session.forum)
        self.invitation = Invitation.objects.create(
            proposal=asked, name="Asked", email="asked@example.org", invited=NOW
        )

    def _add_prizes(self, person):
        for user in self.people[1:3]:
            confirmed(user)
        self.edition = make_edition(phase="voting", forum=self.session.forum)
        self.category = self.edition.categories.get(number=1)
        self.nominee = nominees_of(self.edition, 1)[0]
        self.nomination = NominationFactory(
            category=self.category,
            nominator=person,
            state="draft",
            submitted=None,
            title="Draft of one person",
            code=DRAFT,
        )
        self.ballot = fill_ballot(self.edition, {1: self.nominee}, user=person)
        self.expert = Expert.objects.create(edition=self.edition, user=person, organisation="Faculty")
        self.assignment = Assignment.objects.create(
            expert=self.expert, nomination=nominees_of(self.edition, 3)[0], assigned=NOW
        )
        self.certificate = Certificate.objects.create(nomination=self.nominee, kind="champions", issued=NOW)

    def address(self, name):
        return TABLE[name][0].format(
            code=self.session.code,
            token=self.registration.token,
            unsubscribe=unsubscribing.token(self.registration.pk),
            seat=place_links.token(self.registration.pk, self.session.pk),
            refuse=refused_kinds.token(self.registration.user_id, "changed"),
            speaker=self.speaker.pk,
            outcome=self.outcome.pk,
            number=self.category.number,
            nominee=self.nominee.code,
            nomination=self.nomination.code,  # a draft of the registered person
            reviewed=self.assignment.nomination.code,  # assigned to the registered person
            certificate=self.certificate.code,
            proposal=self.proposal.code,
            invitation=self.invitation.token,
            editing=self.asked_editor.token,
            link=speaker_accounts.token_of(self.speaker, address=""),
        )

    def client(self, role):
        client = Client()
        person = self.people[ROLES.index(role)]
        if person:
            client.force_login(person)
        return client


@pytest.fixture
def world():
    return World()


def patterns(resolver=None, prefix=""):
    """Every named address of the site outside the organisers' pages: (name, pattern)."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry
        elif entry.namespace != "admin":
            yield from patterns(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)


def outcome(answer):
    """A status, or the path that an answer leads to; `login` for the log-in that comes back here."""
    place = answer.headers.get("Location", "")
    if place.startswith("/accounts/login/?next="):
        return LOGIN
    return place.partition("?")[0] or answer.status_code


# --- role × address --------------------------------------------------------------------------------
def test_every_address_is_declared():
    assert {name for name, _pattern in patterns()} == {*TABLE}


def each_address(world, names):
    """The addresses one after the other, each on the same rows: what asking writes is undone."""
    for name in names:
        point = transaction.savepoint()
        yield name, world.address(name)
        transaction.savepoint_rollback(point)


def test_each_role_gets_what_is_declared(world, settings):
    settings.SHOW_MAIL = False
    clients = [world.client(role) for role in ROLES]
    found = {}

    for name, address in each_address(world, TABLE):
        answers = [client.get(address) for client in clients]
        found[name] = tuple(map(outcome, answers))
        is_public = TABLE[name][1]
        for answer in answers:
            kept = answer.headers["Cache-Control"]
            assert kept == (PUBLIC if is_public else OWN_CACHE.get(name, kept)), name
            assert is_public or name in OWN_CACHE or {"private", "no-store"} <= set(kept.split(", ")), name
        if is_public:
            assert len({answer.content for answer in answers}) == 1, name

    assert found == {name: declared for name, (_address, _is_public, declared) in TABLE.items()}


def test_only_the_unsubscribe_addresses_take_forms_of_others():
    exempt = [name for name, pattern in patterns() if getattr(pattern.callback, "csrf_exempt", False)]

    # The API takes no forms at all: tests/events/api.
    assert [name for name in exempt if not name.startswith("api:")] == [
        "mail-events",
        "registration:refuse-mail",
        "registration:unsubscribe",
    ]


# --- what people send ------------------------------------------------------------------------------
FIELDS = (
    "name title organisation stakeholder_type country gender time_zone languages accessibility mode consent next wanted"
    " login password password1 email code action remember oldpassword"
)
NUL = dict.fromkeys(FIELDS.split(" "), "a\0b")
# No UTF-8. In a list: the client would send each byte of mere bytes as a value of its own.
ODD = {name: ["\U0001f4a9\udcff ' OR 1=1 --".encode(errors="surrogateescape") * 500] for name in NUL}


@pytest.mark.parametrize("role", ["anonymous", "registered"])
def test_no_form_breaks_the_site(world, role):
    steps = [f"/2020/register/{step}/" for step in ("you", "access", "check", "none")]
    client = world.client(role)

    for address in steps:
        assert [client.post(address, form).status_code < 500 for form in (NUL, ODD)] == [True, True], address
    for _name, address in each_address(world, set(TABLE) - {"account_logout"}):
        assert [client.post(address, form).status_code < 500 for form in (NUL, ODD)] == [True, True], address


def ask(site, path, query="", **headers):
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        **headers,
    }
    started = []
    body = b"".join(site(environ, lambda status, headers: started.append(status)))
    return started[0], body.decode()


@pytest.fixture
def front(transactional_db):
    return FinishedPages(WSGIHandler())


def test_character_sets_break_nothing(front):
    kinds = ["text/plain; charset=base64", "text/plain;CHARSET =undefined", "text/plain; charset*=utf-8''base64"]
    for kind in [*kinds, "charset"]:
        for method in ("GET", "POST"):
            status = ask(front, "/privacy/", "q=a", CONTENT_TYPE=kind, REQUEST_METHOD=method)[0]

            assert status[:3] in {"200", "403"}, (kind, method)


def test_kept_page_is_the_one_of_its_address(transactional_db, world):
    Session.objects.filter(pk=world.session.pk).update(title="Digital dignity")
    honest = ask(FinishedPages(WSGIHandler()), "/2020/programme/", "q=digital")

    for query, headers in [
        ("q=digital", {"CONTENT_TYPE": "text/plain; charset=utf-16"}),
        ("q=digital&q=other", {}),
        ("q=%64igital%00", {}),
        ("q=digital", {"HTTP_COOKIE": "django_language=fr", "HTTP_ACCEPT_LANGUAGE": "fr"}),
        ("q=digital", {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PROTO": "https"}),
        ("q=digital", {"HTTP_X_HTTP_METHOD_OVERRIDE": "POST", "HTTP_HX_REQUEST": "true"}),
    ]:
        front = FinishedPages(WSGIHandler())
        ask(front, "/2020/programme/")
        ask(front, "/2020/programme/", query, **headers)

        assert ask(front, "/2020/programme/", "q=digital") == honest, (query, headers)
    assert "Digital dignity" in honest[1]


def test_raw_bytes_in_a_query_are_another_address(front, world):
    ask(front, "/2020/programme/", "q=\u00c3\u00a9")  # the bytes of é, as servers hand them on

    assert "“Ã©”" in ask(front, "/2020/programme/", "q=%C3%83%C2%A9")[1]


# --- redirects -------------------------------------------------------------------------------------
AWAY = [
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https://evil.example/",
    "http://testserver//evil.example/",
    "http://testserver/\\evil.example/",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "http:///evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    " //evil.example/",
    "/\t/evil.example/",
    "http://[::1",
]


def test_no_page_of_a_person_leads_away(world):
    client, visitor, address = world.client("another registered"), Client(), world.address("registration:book")
    for away in AWAY:
        booked = client.post(address, {"next": away})
        left = client.post(f"/2020/leave/{world.session.code}/", headers={"referer": away})
        fragment = visitor.get("/2020/me/", headers={"hx-current-url": away})

        places = [answer.headers["Location"].partition("#")[0] for answer in (booked, left)]
        assert places == ["/2020/agenda/", "/2020/agenda/"], away
        assert b"evil" not in fragment.content, away


# --- what never leaves -----------------------------------------------------------------------------
LINK = re.compile(r'(?:href|src|hx-get|action)="(/[^"#]*)"')
SECRETS = {
    "draft": "Canary Draft",
    "text of a draft": "Canari Brouillon",
    "unscheduled": "Canary Unscheduled",
    "speaker of a draft": "Canary Speaker",
    "closed forum": "Canary Closed Forum",
    "session of it": "Canary Closed Session",
    "hidden outcome": "Canary Outcome",
    "practical page that is not public": "Canary Page",
    "meeting": "meet.example",
    "calendar token": "canarytokencanarytokencanarytoken",
    "draft of a project": "Canary Nomination",
    "project not nominated": "Canary Rejected",
    "withdrawn project": "Canary Withdrawn",
    "projects of a hidden edition": "Canary Hidden Edition",
    "ballot's secret": "CANARYSECRET00000000",
    "proposal": "Canary Proposal",
    "remark of an organiser": "Canary Remark",
    "points": "Canary Points",
    "invited speaker": "Canary Invited",
    "token of an invitation": "canaryinvitationtokencanaryinvitation",
    "panellist before a release": "Canary Panellist",
    "name": "Canary Person",
    "e-mail": "canary@example.org",
}


def hide_secrets():
    session = SessionFactory(starts=NOW, title="Open session", meeting_url=MEETING)
    AppearanceFactory(session=session)
    draft = SessionFactory(title=SECRETS["draft"], state="draft")
    translate(draft, "fr", title=SECRETS["text of a draft"])
    AppearanceFactory(session=draft, speaker__name=SECRETS["speaker of a draft"])
    SessionFactory(title=SECRETS["unscheduled"], state="cancelled", starts=None, ends=None)
    closed = ForumFactory(slug="closed", name=SECRETS["closed forum"], is_public=False)
    SessionFactory(forum=closed, title=SECRETS["session of it"])
    Outcome.objects.create(
        forum=session.forum, session=session, kind="launch", title=SECRETS["hidden outcome"], is_public=False
    )
    Outcome.objects.create(forum=session.forum, session=draft, kind="launch", title="Open outcome")
    secret = {"title": SECRETS["practical page that is not public"], "text": "x"}
    PracticalPage.objects.create(forum=session.forum, slug="secret", **secret)
    person = UserFactory(email=SECRETS["e-mail"], name=SECRETS["name"])
    registration = RegistrationFactory(user=person, link_seed=SECRETS["calendar token"])
    BookingFactory(registration=registration, session=session)
    BookingFactory(registration=registration, session=draft)
    hide_prizes(session.forum, person=person)
    hide_proposals(session, person=person)
    return draft


def hide_proposals(session, *, person):
    CallFactory(forum=session.forum)
    proposal = ProposalFactory(forum=session.forum, proposer=person, title=SECRETS["proposal"])
    proposal.comments.create(at=NOW, text=SECRETS["remark of an organiser"])
    proposal.reviews.create(reviewer=staff(), points=0, comment=SECRETS["points"], updated=NOW)
    proposal.invitations.create(
        name=SECRETS["invited speaker"],
        email="invited@example.org",
        invited=NOW,
        link_seed=SECRETS["token of an invitation"],
        state="accepted",
    )
    AppearanceFactory(session=session, speaker__name=SECRETS["panellist before a release"], is_released=False)


def hide_prizes(forum, *, person):
    edition = make_edition(forum=forum, phase="voting", nominees=1)
    nominee = nominees_of(edition, 1)[0]
    type(nominee).objects.filter(pk=nominee.pk).update(title="Open project", nominator=person)
    others = {"draft": "draft of a project", "not_nominated": "project not nominated", "withdrawn": "withdrawn project"}
    for state, secret in others.items():
        NominationFactory(category=nominee.category, state=state, title=SECRETS[secret], nominator=person)
    ballot = fill_ballot(edition, {1: nominee}, user=person)
    type(ballot).objects.filter(pk=ballot.pk).update(secret=SECRETS["ballot's secret"])
    hidden = make_edition(forum=ForumFactory(slug="other"), is_public=False, categories=1, nominees=1)
    type(hidden).objects.filter(pk=hidden.pk).update(name=SECRETS["projects of a hidden edition"])


def crawl(client, *starts, others=r"/(fr|ar)(/|$)"):
    """Every page that links lead to from the given ones: address → its text and headers.

    `others`: paths that are not followed; the pages of all languages are made by the same views.
    """
    waiting, seen = list(starts), {}
    while waiting:
        address = waiting.pop()
        path, _mark, query = address.partition("?")
        # The programme links to itself with each filter: one page of each kind is enough.
        kind = f"{path}?{re.sub('=[^&]*', '', query)}"
        if kind in seen or path.startswith("/static/") or re.match(others, path):
            continue
        answer = client.get(address.replace("&amp;", "&"))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        seen[kind] = f"{answer.headers}\n{content.decode(errors='replace')}"
        waiting += LINK.findall(seen[kind])
    return seen


def places_of(text, pages):
    return [address for address, body in pages.items() if text.casefold() in body.casefold()]


def test_visitors_never_see_what_is_not_public():
    hide_secrets()
    files = [f"/2020/statistics/{name}.csv" for name in ("session", "sessions", "speakers", "country", "matrix")]
    starts = [f"{language}{path}" for language in ("", "/fr") for path in ("/", "/2020/schedule.ics", *files)]

    pages = crawl(Client(), *starts, "/2020/figures/", "/2020/me/", others="/ar(/|$)")

    assert len(pages) > 60
    assert places_of("Open session", pages) != []  # the crawl does find what is public
    assert places_of("Open outcome", pages) != []
    assert places_of("Open project", pages) != []
    assert {name: places_of(text, pages) for name, text in SECRETS.items()} == {name: [] for name in SECRETS}


def test_crawl_finds_a_secret_that_was_published():
    draft = hide_secrets()
    Session.objects.filter(pk=draft.pk).update(state="scheduled")

    pages = crawl(Client(), "/2020/programme/", others="(?!/2020/programme/)")

    assert places_of(SECRETS["draft"], pages) != []


@pytest.mark.parametrize("role", ["another registered", "organiser"])
def test_people_never_see_the_secrets_of_others(world, role):
    mine = [world.registration.token, world.registration.user.email, world.registration.name, MEETING]

    starts = ("/2020/", "/2020/agenda/", "/2020/me/", "/2020/register/")
    pages = crawl(world.client(role), *starts, others=r"/(fr|ar|admin)(/|$)")

    assert {text: [a for a in places_of(text, pages) if "/join/" not in a] for text in mine} == {
        text: [] for text in mine
    }


# --- script in text ----------------------------------------------------------------------------------
CANARY = "\"'><script>canary()</script><img src=x onerror=canary()>[a](javascript:canary()){{7*7}}"
LIVE = re.compile(
    r"<script>canary|<img src=x|href=[\"']?\s*javascript:|[{]{2}7[*]7[}]{2}.{0}(?=$^)|\"'>", re.IGNORECASE
)
KEPT_NAMES = {"code", "slug", "time_zone", "state", "color", "email", "password", "link_seed", "language"}


def poison(*rows):
    """Write the canary into every free text column of rows, past all checks."""
    for row in rows:
        values = {
            field.attname: CANARY[: field.max_length] if field.max_length else CANARY
            for field in row._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not isinstance(field, models.URLField | models.FileField | models.EmailField)
            and not field.choices
            and not field.primary_key
            and field.name not in KEPT_NAMES
        }
        if "meeting_url" in {field.name for field in row._meta.fields}:
            values |= dict.fromkeys(["broadcast_url", "recording_url"], CANARY)
        if hasattr(row, "translations"):
            values["translations"] = {"fr": dict.fromkeys([name for name in values if hasattr(row, name)], CANARY)}
        type(row)._base_manager.filter(pk=row.pk).update(**values)


@pytest.fixture
def poisoned(world):
    session, forum = world.session, world.session.forum
    organisation, line, goal = OrganisationFactory(country=CountryFactory()), ActionLineFactory(), SDGFactory()
    session.organisers.add(organisation)
    session.action_lines.add(line)
    session.sdgs.add(goal)
    session.track, session.room = Track.objects.create(forum=forum, name="x"), RoomFactory(forum=forum)
    session.save()
    found = Outcome.objects.create(forum=forum, session=session, kind="launch", title="x", text="x")
    found.organisations.add(organisation)
    partner = Partner.objects.create(forum=forum, organisation=organisation)
    Speaker.objects.filter(pk=world.speaker.pk).update(organisation=organisation, country=CountryFactory())
    edition, nominee = world.edition, world.nominee
    Linkage.objects.create(nomination=nominee, sdg=goal, text="x")
    PrizeSponsor.objects.create(edition=edition, organisation=organisation)
    prizes = [
        edition,
        world.category,
        nominee,
        nominee.linkages.get(),
        world.nomination,
        world.expert,
        world.assignment,
    ]
    Forum.objects.filter(pk=forum.pk).update(host=organisation)
    call = CallFactory(forum=forum)
    question = call.questions.create(text="x")
    asked = world.invitation.proposal
    link = world.proposal.links.create(action_line=line, rationale="x")
    comment = world.proposal.comments.create(at=NOW, text="x")
    speaker = world.proposal.invitations.create(name="x", email="x@example.org")
    proposals = [call, question, world.proposal, asked, world.invitation, link, comment, speaker]
    rows = [session, organisation, line, goal, session.track, session.room, found, partner, world.speaker]
    rows += PracticalPage.objects.filter(forum=forum)
    poison(
        *rows, *prizes, *proposals, session.type, forum, world.registration, world.registration.user, CountryFactory()
    )
    return world


def test_no_text_becomes_script(poisoned):
    code = poisoned.session.code
    french = [f"/fr/2020/{path}" for path in (f"programme/{code}/", "programme/", "agenda/", f"me/{code}/", "")]
    own = ["/2020/proposals/mine/", "/2020/agenda/", "/2020/me/", "/2020/figures/"]
    asked = [poisoned.address("events:invitation"), poisoned.address("events:editing")]
    pages = crawl(poisoned.client("registered"), "/", *own, *asked)
    pages |= crawl(poisoned.client("registered"), *french, others=r"(?!/fr/2020/(programme/|agenda/|me/|$))")
    pages |= {f"a visitor: {one}": page for one, page in crawl(Client(), *asked, others="(?!/invitation/)").items()}

    shown = {address: body for address, body in pages.items() if "canary" in body and "text/html" in body[:900]}
    assert len(shown) > 10
    assert {address: LIVE.findall(body) for address, body in shown.items()} == {address: [] for address in shown}


@public_page
def without_escapes(request):
    return HttpResponse(CANARY)


def test_a_page_that_does_not_escape_is_found(rf):
    assert LIVE.findall(without_escapes(rf.get("/")).content.decode()) != []


def test_no_text_becomes_script_for_organisers(poisoned):
    client = poisoned.client("organiser")
    for model in (Session, Speaker, Forum, Outcome, Partner, PracticalPage, Track, User):
        row = model.objects.order_by("pk").first()
        for page in ("", f"{row.pk}/change/", *([f"{row.pk}/delete/"] if model is not User else [])):
            answer = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{page}")

            assert (answer.status_code, LIVE.findall(answer.content.decode())) == (200, []), (model, page)


# --- the page of sent mails ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("host", "base_url", "proxies", "is_shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", 0, True),
        ("::1", "http://[::1]:8000", 0, True),
        ("0.0.0.0", "http://localhost:8000", 0, False),  # noqa: S104  the case in question
        ("127.0.0.1", "https://forum.example", 0, False),  # a proxy on this machine stands in front
        ("127.0.0.1", "http://127.0.0.1:8000", 1, False),
    ],
)
def test_sent_mails_are_for_this_machine_only(tmp_path, host, base_url, proxies, is_shown):
    environment = {name: value for name, value in os.environ.items() if name != "EMAIL_URL"}
    environment |= {"HOST": host, "BASE_URL": base_url, "TRUSTED_PROXIES": str(proxies), "DATA_DIR": str(tmp_path)}
    code = "from config import settings; print(settings.SHOW_MAIL)"

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == f"{is_shown}\n"
