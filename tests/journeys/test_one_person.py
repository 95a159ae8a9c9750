"""Two people and their roles, in a browser. One is asked to speak, makes an account, says that the speaker is theirs, registers,
attends, votes, and is erased. The other becomes a prize officer, sets up a passkey, and releases the results with a colleague."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as project
from django.contrib.auth.hashers import make_password
from django.core import mail as letters
from django.utils import timezone
from playwright.sync_api import expect

from events.models import Approval, Forum, HistoryEntry, HostedSession, Invitation, Message, Role, Speaker
from events.proposals.hosting import panellists
from events.reference import standard_rows
from events.schedule.releases import releases
from events.shared.held_rows import UNNAMED
from events.shared.mail import sender
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from prizes.models import Ballot, Count
from registration import tasks
from registration.models import Attendance, Erasure, Registration
from tests.browser import passkeys
from tests.factories import NOW, AttendanceFactory, KindFactory, SessionFactory, join, staff
from tests.journeys import cycle
from tests.journeys.walk import PASSWORD, Walker
from tests.prizes.counted import announced, counted
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, officer, voter
from tests.registration.people.data_rights.somebody import files_with, tables_with

pytestmark = pytest.mark.browser
NAME, ADDRESS = "Aïssata Quorranaka", "quorranaka@canary.example"
MARKS = ("quorranaka", "canary.example")  # in small letters, in all that is theirs and in nothing else
ON_THE_PANEL = f"{NAME}\n\nHead of network"
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT[\d:]+Z")
MEETING = "https://meet.example.org/room-4"
CATEGORIES = 18
ATTENDEES = 6  # others, so that figures are shown
FIGURES = [
    *("statistics/", "figures/", "prizes/results/", "prizes/results/results.csv", "prizes/results/bundle.zip"),
    *(
        f"statistics/{table}.csv"
        for table in ("country", "region", "stakeholder_type", "gender", "session", "speakers")
    ),
]


@pytest.fixture
def clock(time_machine, monkeypatch):
    clock = cycle.Clock(time_machine, monkeypatch)
    clock.to(NOW)
    return clock


@pytest.fixture
def windows(clock, browser, live_site, axe, settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    standard_rows.load()
    windows = cycle.Windows(browser, live_site, axe)  # other screens: tests/browser
    yield windows
    windows.close()
    assert windows.faults == []


# --- from an invitation to the erasure ----------------------------------------------------------------
def test_one_person_from_the_invitation_to_speak_to_the_erasure(clock, windows):
    person = Person(clock, windows)
    person.says_yes()
    person.makes_an_account_and_claims_the_speaker()
    person.registers()
    person.attends()
    person.votes()
    person.is_counted()
    person.asks_to_be_erased()
    person.is_found_nowhere()


class Person:
    """A forum whose vote is open, with a session that soon begins, whose host asks the person to speak."""

    def __init__(self, clock, windows):
        self.clock, self.window = clock, windows.open()
        self.page, self.public = self.window.page, windows.open()
        self.edition = make_edition(categories=CATEGORIES, champions_per_category=1, votes_final=False)
        self.forum = self.edition.forum
        Forum.objects.filter(pk=self.forum.pk).update(is_virtual=False)
        KindFactory(forum=self.forum, name="Delegate", capacity=200)
        KindFactory(forum=self.forum, name="Media", mode="on_site")
        self.session = SessionFactory(
            forum=self.forum, title="Villages online", starts=NOW + timedelta(minutes=20), meeting_url=MEETING
        )
        for _place in range(ATTENDEES):
            row = AttendanceFactory(session=self.session, registration__forum=self.forum)
            chosen = {number: nominees_of(self.edition, number)[0] for number in range(1, CATEGORIES + 1)}
            fill_ballot(self.edition, chosen, user=row.registration.user)
        host = voter(email="host@forum.example")
        HostedSession.objects.create(session=self.session, user=host)
        panellists.ask(self.session, by=host, name=NAME, email=ADDRESS, role="panellist", now=timezone.now())
        self.walker = Walker(
            page=self.page,
            site=self.window.site,
            forum=self.forum.slug,
            mails=self._mails,
            check=windows.check,
            email=ADDRESS,
            name=NAME,
        )

    def _mails(self, address):
        sender.send_due(Message.Queue.values, clock=timezone.now)
        return [mail.body for mail in letters.outbox if mail.to == [address]]

    def says_yes(self):
        letter = self.walker.mail("Villages online")
        self.invitation = re.search(r"https?://\S+(/invitation/\S+)", letter).group(1)
        self.window.go(self.invitation, check=True)
        self.page.get_by_label("Position").fill("Head of network")
        self.page.get_by_label("Biography").fill(f"{NAME} lays cables.")
        self.walker.press("Yes, I will speak")
        expect(self.page.get_by_text("You said yes.")).to_be_visible()
        releases.release(self.forum, note="", by=officer(), now=timezone.now())

    def makes_an_account_and_claims_the_speaker(self):
        self.walker.press("Make an account")
        self.walker.sign_up()
        self.window.arrive(self.invitation)
        assert Invitation.objects.get().account is None  # the same address alone says nothing
        self.walker.press("Connect my account")
        expect(self.page.get_by_text("You are connected as this speaker")).to_be_visible()
        assert Speaker.objects.get(account__email=ADDRESS).name == NAME

    def registers(self):
        self.walker.look("register/")
        self.walker.register(kind="Delegate", place="Online")
        row = Registration.objects.get(user__email=ADDRESS)
        assert (row.name, row.kind.name, row.mode) == (NAME, "Delegate", "remote")
        assert "Université des Sciences de Bamako" in (row.organisation, str(row.affiliation or ""))
        self.window.go("/account/", check=True)
        assert self.page.locator("main section").first.locator("b").all_inner_texts() == ["Attendee", "Speaker"]

    def attends(self):
        self.walker.book(self.session.code)
        self.clock.to(self.session.starts)
        assert self.walker.join(self.session.code, MEETING) == MEETING
        assert Attendance.objects.filter(registration__user__email=ADDRESS).count() == 1

    def votes(self):
        self.clock.work()
        phone = cycle.Voter(self.window, self.clock)
        self.window.go("/2020/prizes/vote/", check=True)
        for number in range(1, CATEGORIES + 1):
            phone.choose(number, lambda titles, place=number: place % len(titles))
            phone.go_on()
        phone.receipt()
        self.window.check()
        ballot = Ballot.objects.get(user__email=ADDRESS)
        assert (ballot.chosen, ballot.is_complete) == (CATEGORIES, True)

    # --- what the public reads ---
    def is_counted(self):
        self.clock.to(self.edition.phases.get(kind="voting").ends + timedelta(minutes=2))
        self.clock.work()
        assert Count.objects.get().valid_ballots == ATTENDEES + 1
        announced(self.edition, "champions", approved=timezone.now())
        self.session_page = f"/2020/programme/{self.session.code}/"

    def _published(self):
        """What the public is told: figures as bytes (but for the moment of counting), the page of the session as words."""
        tasks.tally_running()
        self.clock.work()
        answers = {path: self.page.request.get(f"{self.window.site}/2020/{path}") for path in FIGURES}
        assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(FIGURES, 200)
        self.public.go(self.session_page)
        return {path: MOMENT.sub(b"", answer.body()) for path, answer in answers.items()} | {
            self.session_page: self.public.page.inner_text("main")
        }

    # --- the erasure ---
    def asks_to_be_erased(self):
        self.window.go("/account/data/", check=True)
        self.walker.press("Erase my account")
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)  # given long ago
        self.walker.press("Continue")
        self.window.arrive("/account/erase/")
        self.page.get_by_role("group", name=NAME).get_by_label("Take it out").check()
        self.walker.press("Erase my account in three days")
        expect(self.page.get_by_role("heading", name="Your account will be erased")).to_be_visible()
        assert self.walker.mail("erase")
        self.clock.later(days=3, minutes=-5)
        tasks.keep_data_rights()
        self.before = self._published()
        assert ON_THE_PANEL in self.before[self.session_page]
        assert Erasure.objects.get().state == "waiting"
        assert len(tables_with(*MARKS)) > 5  # the search finds what is there

    def is_found_nowhere(self):
        self.clock.later(minutes=6)
        tasks.keep_data_rights()
        self.clock.later(minutes=2)
        tasks.keep_data_rights()
        assert Erasure.objects.get().state == "done"
        after = self._published()
        assert [path for path in FIGURES if after[path] != self.before[path]] == []
        assert after[self.session_page] == self.before[self.session_page].replace(ON_THE_PANEL, UNNAMED)
        assert tables_with(*MARKS) == []
        assert files_with(Path(project.MEDIA_ROOT), *MARKS) == []
        self.window.go("/account/")
        assert "/login/" in self.page.url
        self.window.go(self.invitation)
        assert not [mark for mark in MARKS if mark in self.page.content().casefold()]


# --- from a role to the release -----------------------------------------------------------------------
def test_second_person_from_the_role_to_the_release_by_two_with_passkeys(clock, windows, settings):
    settings.REQUIRE_MFA = True
    settings.BASE_URL = windows.site = windows.site.replace("127.0.0.1", "localhost")  # passkeys belong to a name
    edition = counted()
    known = {"password": make_password(passkeys.PASSWORD)}
    awa, colleague = voter(name="Awa Traoré", **known), voter(name="Ivo Keller", **known)
    join(colleague, Role.PRIZE_OFFICER)
    given_by_two_supervisors(awa)

    first, second = (Officer(windows, user) for user in (awa, colleague))
    first.sets_up_a_passkey()
    second.sets_up_a_passkey()
    clock.later(minutes=6)
    first.proposes(edition)
    public = windows.open()
    public.go("/2020/prizes/results/")
    assert "The champions are still to come." in public.page.inner_text("main")
    second.approves(first.page.url)
    clock.work()

    row = Approval.objects.get(kind="announce-champions")
    assert (row.state, row.proposed_by, row.decided_by) == ("agreed", awa, colleague)
    champion = edition.counts.get().results.filter(is_champion=True).first().nomination
    public.go("/2020/prizes/results/")
    assert champion.title in public.page.inner_text("main")
    verbs = HistoryEntry.objects.filter(verb__in=["propose-release", "approve-release"]).order_by("pk")
    assert [(entry.verb, entry.actor) for entry in verbs] == [
        ("propose-release", awa),
        ("approve-release", colleague),
    ]


def given_by_two_supervisors(person):
    giver, other = (join_as_supervisor() for _place in range(2))
    now = timezone.now()
    there = {"authenticated": now, "now": now}
    held = memberships.give(person, role=Role.PRIZE_OFFICER, forum=None, reason="Runs the prize", by=giver, **there)
    assert not person.memberships.exists()
    approvals.agree(held, by=other, **there)


def join_as_supervisor():
    user = staff(Role.SUPERVISOR)
    join(user, Role.PRIZE_OFFICER)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return user


class Officer:
    """A prize officer at a desk, with a device of their own."""

    def __init__(self, windows, user):
        self.window, self.user, self.check = windows.open(), user, windows.check
        self.page = self.window.page
        self.device = passkeys.authenticator(self.page)

    def sets_up_a_passkey(self):
        passkeys.log_in(self.page, self.window.site, self.user)
        passkeys.enrol(self.page, self.check)

    def _shows_the_passkey(self):
        """Asked again, for the last time is over five minutes ago; what was sent then goes on by itself."""
        self.page.get_by_text("We ask for your passkey before you go on.").wait_for()
        self.check(self.page)
        self.page.get_by_role("button", name="Use a passkey").click()

    def proposes(self, edition):
        self.window.go(f"/admin/prizes/edition/{edition.pk}/announce/", check=True)
        self.page.locator("#id_kind").select_option("champions")
        self.page.locator("main textarea[name=reason]").fill("The jury is done")
        self.window.press("Propose this announcement")
        self._shows_the_passkey()
        assert self.window.told() == "The announcement is proposed. Another organiser approves it."
        self.check(self.page)
        expect(self.page.get_by_role("link", name="Agree")).not_to_be_visible()

    def approves(self, address):
        self.page.goto(address)
        self.check(self.page)
        self.page.get_by_role("link", name="Agree").click()
        self.window.press("Agree: Announce the champions")
        self._shows_the_passkey()
        assert self.window.told() == "Done."
