"""From a stakeholder's draft to a released change: on the real worker, SMTP, browsers, and the board by mouse and keys."""

from datetime import UTC, timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from events import tasks as mail_tasks
from events.models import Message, Release, Session
from events.reference import standard_rows
from events.schedule.releases import releases
from events.shared.formatting import calendar_files
from events.shared.rights.roles import ORGANISERS
from tests.events.proposals.factories import CallFactory
from tests.factories import AppearanceFactory, BookingFactory, ForumFactory, RoomFactory, SessionFactory, confirmed
from tests.journeys import cycle, programme
from tests.journeys.programme import FORUM, TITLE, wait_for_mail
from tests.journeys.walk import Walker
from tests.waiting import until

pytestmark = pytest.mark.browser
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def story(browser, live_site, axe, smtp, celery_worker_process):
    standard_rows.load()
    windows = cycle.Windows(browser, live_site, axe)
    yield Story(windows, smtp)
    windows.close()
    assert windows.faults == []


def test_programme_journey_from_a_draft_to_a_change_that_everybody_finds(story):
    story.propose()
    story.accept()
    story.release_the_session()
    story.attend()
    story.clash_by_mouse_and_leave_by_keyboard()
    story.clash_by_keyboard_and_leave_by_mouse()
    story.release_the_change()
    story.find_the_change_on_the_pages()
    story.find_the_change_in_the_mail_and_calendars()


class Story:
    """A forum with a public programme of two sessions, as version 1, and a call that is open."""

    def __init__(self, windows, smtp):
        self.windows, self.smtp, self.day = windows, smtp, programme.Day()
        now = timezone.now()
        self.forum = ForumFactory(
            starts=now.date() - timedelta(days=1),
            ends=now.date() + timedelta(days=30),
            registration_opens=now - timedelta(days=30),
            registration_closes=now + timedelta(days=20),
        )
        CallFactory(forum=self.forum, opens=now - timedelta(days=1), closes=now + timedelta(days=1))
        self.rooms = [
            RoomFactory(forum=self.forum, name=f"Room {letter}", order=place, capacity=100)
            for place, letter in enumerate("ABC")
        ]
        self.radio = self._standing("Radio for all", room=1, hour=10)
        self.sea = self._standing("Cables under the sea", room=2, hour=13)
        self.bystander = BookingFactory(session=self.radio, registration__forum=self.forum).registration.user
        releases.record_first(self.forum, note="", now=now)
        self.proposer = confirmed(email="minister@posts.example")
        self.desk = windows.open(self.proposer)
        self.organiser = windows.open(cycle.member(ORGANISERS, "organiser@forum.example"))
        self.public = windows.open()
        self.board = programme.Board(self.organiser, forum=self.forum, day=self.day)

    def _standing(self, title, *, room, hour):
        starts = self.day.at(hour)
        return SessionFactory(
            forum=self.forum, title=title, room=self.rooms[room], starts=starts, ends=starts + timedelta(hours=1)
        )

    def released(self):
        """What the public has of the session: its version, start and room."""
        row = Session.objects.select_related("room").get(pk=self.session.pk)
        return row.sequence, row.starts, row.room.name if row.room else ""

    def fetch(self, path):
        """A public address as the site's front answers it."""
        return self.public.page.request.get(self.public.site + path)

    def see(self, path, words):
        """The public opens a page, which shows a release within a second or so; then it is checked."""

        def shown():
            self.public.go(path)
            return words in self.public.page.inner_text("main")

        until(shown, pause=0.2, what=f"{words!r} on {path}")
        self.public.check()
        return self.public.page.inner_text("main")

    # --- the proposal ---
    def propose(self):
        programme.begin_draft(self.desk)
        self.proposal = programme.finish_draft(self.desk, day=self.day)
        assert (self.proposal.state, self.proposal.wished_days) == ("submitted", [f"{self.day.date}"])
        wait_for_mail(self.smtp, self.proposer.email, f"Received: {TITLE}")
        asked = wait_for_mail(self.smtp, "awa@speakers.example", f"Will you speak in “{TITLE}”?")
        programme.say_yes(self.windows.open(), asked)

    def accept(self):
        told = programme.accept(self.organiser, words="We look forward to it")
        assert told == "Accepted. The mail waits in the outbox."
        mail_tasks.deliver_due.delay()
        mail = Message.objects.get(kind="proposal-accepted")
        assert (mail.state, mail.to) == ("draft", self.proposer.email)
        programme.edit_draft(self.organiser, subject=f"Accepted: {TITLE}", add="The room comes later.")
        assert len(self.smtp.to(self.proposer.email)) == 1  # only that it was received
        assert programme.let_draft_go(self.organiser) == "1 draft is queued."
        mail_tasks.deliver_due.delay()  # as beat does
        letter = programme.text_of(wait_for_mail(self.smtp, self.proposer.email, f"Accepted: {TITLE}"))
        assert [words for words in ("We look forward to it", "The room comes later.") if words not in letter] == []

        self.desk.go(f"{FORUM}proposals/{self.proposal.code}/")
        assert "It is a session of the programme." in self.desk.page.inner_text("main")
        self.session = Session.objects.get(title=TITLE)
        self.page_of_session = f"{FORUM}programme/{self.session.code}/"
        assert self.fetch(self.page_of_session).status == 404
        speaker = self.session.appearances.get().speaker
        AppearanceFactory(session=self.sea, speaker=speaker, is_released=False)

    # --- the first place, and who books it ---
    def release_the_session(self):
        self.board.open()
        self.board.drag(self.session.code, room=self.rooms[0], hour=11)
        said = self.board.says("No clash")
        assert said == f"“{TITLE}” stands on {self.day}, 11:00 Geneva, Room A. No clash."
        assert self.fetch(self.page_of_session).status == 404
        preview = programme.release(self.organiser, note="The first workshop.")
        assert "1 new, 1 with new speakers" in preview
        assert self.organiser.told().startswith("Version 2 is released.")
        self.see(self.page_of_session, "11:00–12:00")
        assert self.released() == (1, self.day.at(11), "Room A")

    def attend(self):
        """An attendee makes an account, registers, books the session, and subscribes to the own calendar feed."""
        self.window = self.windows.open()
        self.walker = Walker(
            page=self.window.page,
            site=self.window.site,
            forum=self.forum.slug,
            mails=lambda address: [programme.text_of(mail) for mail in self.smtp.to(address)],
            check=lambda page: None,  # tests/journeys/test_on_services.py looks at these pages
        )
        self.walker.make_an_account()
        self.walker.register()
        self.window.page.get_by_role("heading", name="Your registration").first.wait_for()
        self.walker.book(self.session.code)
        assert TITLE in self.window.page.inner_text("main")
        self.feed = self.window.page.get_by_label("Or copy the address").input_value()
        identity = calendar_files.uid(self.session.code, forum="2020")
        self.calendars = [self.feed, f"{self.public.site}{FORUM}schedule.ics"]
        for address in self.calendars:
            assert self.in_calendar(address) == (identity, "CONFIRMED", 1, self.day.at(11), "Room A")

    def in_calendar(self, address):
        return programme.events_in(self.public.page.request.get(address).body())[TITLE]

    # --- the board ---
    def clash_by_mouse_and_leave_by_keyboard(self):
        self.board.open()
        self.board.drag(self.session.code, room=self.rooms[1], hour=10)
        said = self.board.says("1 clash")
        assert f"“{TITLE}” stands on {self.day}, 10:00 Geneva, Room B." in said
        assert "Room taken Room B is taken" in said
        assert self.board.blocked() == [TITLE, "Radio for all"]

        preview = programme.release(self.organiser, note="Too early")
        assert "CLASHES THAT FORBID A RELEASE" in preview.upper()
        refused = self.organiser.page.locator(".errorlist").inner_text()
        assert refused.startswith("Solve this clash first: Room B is taken")
        self.organiser.check()
        assert Release.objects.count() == 2
        assert self.released() == (1, self.day.at(11), "Room A")

        self.board.open()
        target = f"{self.day}, 11:00 to 12:00, Room B"
        self.board.carry(TITLE, keys=["ArrowDown"] * 4, to=target)
        assert self.board.says("No clash") == f"“{TITLE}” stands on {self.day}, 11:00 Geneva, Room B. No clash."
        assert self.board.blocked() == []

    def clash_by_keyboard_and_leave_by_mouse(self):
        """Its speaker speaks at 13:00 in Room C: another room does not help, another hour does."""
        self.board.carry(TITLE, keys=["ArrowDown"] * 6, to=f"{self.day}, 12:30 to 13:30, Room B")
        said = self.board.says("1 clash")
        assert f"In two places at once: {programme.SPEAKER}" in said
        assert self.board.blocked() == ["Cables under the sea", TITLE]
        self.board.drag(self.session.code, room=self.rooms[1], hour=9)
        assert self.board.says("No clash") == f"“{TITLE}” stands on {self.day}, 09:00 Geneva, Room B. No clash."
        assert self.board.blocked() == []
        assert self.released() == (1, self.day.at(11), "Room A")

    def release_the_change(self):
        preview = programme.release(self.organiser, note="The minister has to leave early.")
        assert "1 moved" in preview
        assert self.before() in preview
        assert "FORBID A RELEASE" not in preview.upper()
        assert self.organiser.told().startswith("Version 3 is released.")
        assert self.released() == (2, self.day.at(9), "Room B")

    def before(self):
        return f"Before: {self.day.date.day} {self.day.date:%B}, 11:00–12:00 Geneva, Room A"

    # --- where the change is found ---
    def find_the_change_on_the_pages(self):
        self.see(self.page_of_session, "09:00–10:00")
        words = self.see(f"{FORUM}releases/", "Version 3")
        assert "1 moved" in words
        self.public.page.get_by_role("link", name="Version 3").click()
        self.public.arrive("/releases/3/")
        words = self.public.page.inner_text("main")
        for width in (1280, 320):
            self.public.page.set_viewport_size({"width": width, "height": 900})
            self.public.check()
        assert "The minister has to leave early." in words
        assert self.before() in words
        assert "09:00–10:00" in words
        assert "11:00–12:00" in self._timetable(2)
        assert "09:00–10:00" in self._timetable(3)
        feed = ElementTree.fromstring(self.fetch(f"{FORUM}releases/feed/").body())
        newest = feed.findall(f"{ATOM}entry")[0]
        assert newest.find(f"{ATOM}title").text.startswith("Version 3, released ")
        assert newest.find(f"{ATOM}link").get("href") == f"{self.public.site}{FORUM}releases/3/"
        summary = newest.find(f"{ATOM}summary").text
        assert summary.startswith("<p>The minister has to leave early.</p><p>1 moved</p><p><b>Moved</b></p>")
        place = f"{self.day.date.day} {self.day.date:%B}, 09:00–10:00 Geneva, Room B · {self.before()}"
        assert f"<li><bdi>{TITLE}</bdi> · {place}</li>" in summary

    def _timetable(self, number):
        """The row of the session in the timetable of a version."""
        self.public.go(f"{FORUM}releases/{number}/")
        fold = self.public.page.locator("details.fold", has_text=TITLE)
        fold.locator("summary").click()
        return fold.locator("li.row", has_text=TITLE).inner_text()

    def find_the_change_in_the_mail_and_calendars(self):
        mail = wait_for_mail(self.smtp, self.walker.email, f"Moved: {TITLE}")
        letter = programme.text_of(mail)
        bamako = [f"{self.day.at(hour).astimezone(UTC):%H:%M}" for hour in (9, 10, 11)]
        lines = [
            f"Now: {self.day} {self.day.date.year}, {bamako[0]}–{bamako[1]} Bamako (UTC+0)",
            f"Before: {self.day} {self.day.date.year}, {bamako[2]}",
            "Room: Room B",
            "Room before: Room A",
            f"{self.public.site}{self.page_of_session}",
        ]
        assert [line for line in lines if line not in letter] == []
        (file,) = [part for part in mail.iter_attachments() if part.get_content_type() == "text/calendar"]
        moved = (calendar_files.uid(self.session.code, forum="2020"), "CONFIRMED", 2, self.day.at(9), "Room B")
        assert programme.events_in(file.get_payload(decode=True)) == {TITLE: moved}
        assert [self.in_calendar(address) for address in self.calendars] == [moved, moved]
        assert [other for other in self.smtp.to(self.walker.email) if TITLE in other["Subject"]] == [mail]
        assert self.smtp.to(self.bystander.email) == []
        self.window.go(f"{FORUM}agenda/", check=True)
        assert f"{bamako[0]}–{bamako[1]}" in self.window.page.inner_text("main")
