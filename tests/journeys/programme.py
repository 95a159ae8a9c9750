"""The programme, step by step: what a stakeholder, a speaker and organisers do, from a draft to a released change."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from icalendar import Calendar

from events.models import Proposal
from tests.waiting import until

GENEVA = ZoneInfo("Europe/Zurich")
FORUM = "/2020/"
PROPOSALS = f"{FORUM}proposals/"
ADMIN = "/admin/events/"
TITLE = "Fibre for the north"
SPEAKER = "Awa Traoré"


class Day:
    """A day a week ahead on the forum's clock, so that sessions on it are still to come."""

    def __init__(self):
        self.date = (timezone.now().astimezone(GENEVA) + timedelta(days=8)).date()

    def at(self, hour):
        return datetime(self.date.year, self.date.month, self.date.day, hour, tzinfo=GENEVA)

    def __str__(self):
        return f"{self.date:%A} {self.date.day} {self.date:%B}"


# --- mails and calendars ----------------------------------------------------------------------------
def wait_for_mail(mailbox, address, subject):
    """Wait for a mail to an address whose subject holds some words, and return it."""

    def found():
        return [mail for mail in mailbox.to(address) if subject in mail["Subject"]]

    (mail,) = until(found, what=f"a mail {subject!r} to {address}")
    return mail


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def events_in(content):
    """The events of a calendar file by title: identity, state, SEQUENCE, start and room."""
    return {
        str(event["SUMMARY"]): (
            str(event["UID"]),
            str(event["STATUS"]),
            int(event["SEQUENCE"]),
            event["DTSTART"].dt,
            str(event.get("LOCATION", "")),
        )
        for event in Calendar.from_ical(content).walk("VEVENT")
    }


# --- proposing --------------------------------------------------------------------------------------
def begin_draft(window):
    """The stakeholder finds the call, says who asks, types a title, and leaves without pressing a button."""
    page = window.page
    window.go(PROPOSALS)
    page.get_by_role("main").get_by_role("link", name="Make a proposal").click()
    window.arrive("/proposals/mine/")
    window.press("Make a proposal", then="/who/")
    page.get_by_label("Workshop").check()
    page.get_by_label("Organisation", exact=True).fill("Ministry of Posts")
    page.get_by_label("Government").check()
    page.get_by_label("Country").select_option("ML")
    page.get_by_label("Co-organisers").fill("Village Net")
    window.press("Save and continue", then="/what/")
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Description").fill("How villages lay their own cables.")
    page.locator("#saved", has_text=re.compile(r"Saved \d\d:\d\d Geneva")).wait_for()


def finish_draft(window, *, day):
    """Later: go on where the draft was left, fill the other steps and submit. Returns the proposal."""
    page = window.page
    window.go(f"{PROPOSALS}mine/")
    page.get_by_role("link", name=re.compile(f"^Continue.*{TITLE}")).click()
    page.get_by_role("link", name="Continue the draft").click()
    window.arrive("/what/")
    assert page.get_by_label("Title").input_value() == TITLE
    page.get_by_label("Type of session").select_option(index=1)
    page.get_by_label("Length in minutes").fill("60")
    page.get_by_label("People expected").fill("80")
    window.press("Save and continue", then="/goals/")
    for heading in ("C2 ·", "9 ·"):
        fold = page.locator("details.reason", has=page.get_by_text(re.compile(rf"^{heading}"))).first
        fold.locator("summary").click()
        fold.locator("textarea").fill("It brings the network to those who have none.")
    window.press("Save and continue", then="/speakers/")
    person = page.get_by_role("group", name="Speaker 1")
    person.get_by_label("Name").fill(SPEAKER)
    person.get_by_label("E-mail").fill("awa@speakers.example")
    window.press("Save and continue", then="/wishes/")
    wish = page.locator(f"[name='day-{day.date}']")
    if not wish.is_visible():
        page.locator("details", has=wish).locator("summary").click()
    wish.select_option(label="Suits us")
    window.press("Save and continue", then="/check/")
    window.press("Submit the proposal")
    page.get_by_text("Your proposal is submitted.").wait_for()
    return Proposal.objects.get(title=TITLE)


def say_yes(window, mail):
    """A speaker without an account follows the link in their mail."""
    window.page.goto(re.search(r"https?://\S+/invitation/\S+", text_of(mail)).group())
    window.press("Yes, I will speak")
    window.page.get_by_text("You said yes.").wait_for()


# --- deciding ---------------------------------------------------------------------------------------
def accept(window, *, words):
    """An organiser opens the proposal from the list and accepts it with some words. Returns what the site says."""
    page = window.page
    window.go(f"{ADMIN}proposal/")
    page.get_by_role("link", name=TITLE).click()
    page.get_by_label("Words to the person").fill(words)
    window.check()
    window.press("Accept")
    return window.told()


def edit_draft(window, *, subject, add):
    """The organiser finds the mail in the outbox, a draft, and adds a sentence to it."""
    page = window.page
    window.go(f"{ADMIN}message/?state__exact=draft", check=True)
    page.get_by_role("link", name=subject).click()
    window.tab("Mail")
    body = page.locator("#id_text")
    body.fill(f"{body.input_value()}\n{add}\n")
    window.check()
    page.get_by_role("button", name="Save the draft").click()
    return window.told()


def let_draft_go(window):
    page = window.page
    window.go(f"{ADMIN}message/?state__exact=draft")
    page.locator("#result_list tbody input[type=checkbox]").check()
    page.locator("button[name=action][value=let_go]").click()
    return window.told()


# --- the board --------------------------------------------------------------------------------------
class Board:
    """The scheduling board in an organiser's window, on one day. Sessions are named by their codes."""

    def __init__(self, window, *, forum, day):
        self.window, self.page, self.forum, self.day = window, window.page, forum, day

    def open(self):
        self.window.go(f"{ADMIN}forum/{self.forum.pk}/board/?day={self.day.date}")

    def drag(self, code, *, room, hour):
        """By mouse: take a card near its corner and let it go in a room, so that it begins at an hour."""
        card = self.page.locator(f"#s{code}")
        column = self.page.locator(f"[data-room='{room.pk}'] ol")
        self.page.locator(".plan").evaluate("plan => plan.scrollIntoView({ block: 'start' })")
        begins, end = card.bounding_box(), column.bounding_box()
        is_waiting = card.evaluate("card => card.closest('.side') !== null")
        grab = 12 if is_waiting else 30  # from the side a card hangs at its upper edge
        mouse = self.page.mouse
        mouse.move(begins["x"] + 30, begins["y"] + 30)
        mouse.down()
        mouse.move(begins["x"] + 60, begins["y"] + 60, steps=3)
        mouse.move(end["x"] + 40, end["y"] + end["height"] * hour / 24 + grab, steps=8)
        mouse.up()

    def carry(self, title, *, keys, to):
        """By keyboard: the grip opens the mover, keys move, Enter drops. `to`: what the mover says before that."""
        page = self.page
        page.get_by_role("button", name=f"Move “{title}”").focus()
        page.keyboard.press("Enter")
        for key in keys:
            page.keyboard.press(key)
        assert page.locator("#mover-target").inner_text() == to
        page.keyboard.press("Enter")
        page.locator("#mover").wait_for(state="hidden")

    def says(self, words):
        """Wait for what the board says of a move, with the clashes below it; return all of it. It must be in sight."""
        said = self.page.locator("#said")
        said.locator("p", has_text=words).wait_for()
        assert 0 <= said.bounding_box()["y"] < self.page.viewport_size["height"] / 2
        return said.inner_text()

    def blocked(self):
        """The titles of the sessions that are marked as clashing."""
        return sorted(self.page.locator(".grid .card.blocked a").all_inner_texts())


def release(window, *, note):
    """The organiser goes from the board to the page that releases and presses its button. Returns what stood there."""
    page = window.page
    page.get_by_role("link", name=re.compile(r"^Release \d")).click()
    window.arrive("/release/add/")
    preview = page.get_by_role("main").inner_text()
    window.check()
    page.get_by_label("Note").fill(note)
    window.press("Release version")
    return preview
