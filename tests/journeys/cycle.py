"""The prize's cycle, step by step: what organisers, nominators, experts and voters do, on a clock that is moved."""

import re
import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from django.conf import settings as project
from django.core import mail as letters
from django.test import Client
from django.utils import timezone

from events.models import Message
from events.shared.mail import sender
from prizes import tasks
from prizes.models import Nomination
from tests.factories import staff
from tests.files import PDF

GENEVA = ZoneInfo("Europe/Zurich")
PRIZES = "/2020/prizes/"
ADMIN = "/admin/prizes/"
CATEGORIES = 6  # as many as it takes; a ballot of 18 is filled in the browser’s own tests
SESSION = timedelta(days=5)  # after so long away people log in again
SHOWN = ".dock [data-words]"


def geneva(month, day, hour=0, minute=0):
    return datetime(2020, month, day, hour, minute, tzinfo=GENEVA)


# Five phases across the change to summer time (29 March).
PHASES = {
    "submission": (geneva(3, 2, 10), geneva(3, 20, 23)),
    "review": (geneva(3, 20, 23), geneva(4, 10, 18)),
    "voting": (geneva(4, 20, 9), geneva(5, 4, 18)),
    "selection": (geneva(5, 4, 18), geneva(5, 30, 18)),
    "announcement": (geneva(6, 22, 9), geneva(9, 10, 18)),
}
OPENS, CLOSES = PHASES["voting"]


def text(words):
    return " ".join(["word"] * words)


# --- the clock --------------------------------------------------------------------------------------
class Clock:
    """The clock of the whole process: the live site, the tasks and the life of kept pages all follow it."""

    def __init__(self, time_machine, monkeypatch):
        clock = SimpleNamespace(monotonic=lambda: time.time(), perf_counter=time.perf_counter)
        monkeypatch.setattr("config.finished_pages.time", clock)
        self._machine = time_machine

    def to(self, moment):
        self._machine.move_to(moment, tick=True)

    def later(self, **span):
        self.to(datetime.now(GENEVA) + timedelta(**span))

    def work(self):
        """What beat wakes every half minute: tend the polls, write mails, deliver them."""
        tasks.tend_polls()
        tasks.queue_mails()
        sender.send_due(Message.Queue.values, clock=timezone.now)
        self.later(seconds=2)  # the front looks at the public revision once a second


def mails(address, words):
    """The texts of the mails to an address that hold some words."""
    return [mail.body for mail in letters.outbox if mail.to == [address] and words in mail.body]


# --- people -----------------------------------------------------------------------------------------
def member(role, email):
    """A member of the staff with a role in all forums."""
    return staff(role, email=email)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


class Windows:
    """Browser windows of signed-in people. `check` is axe; faults of the pages are kept for the end."""

    def __init__(self, browser, site, check):
        self.browser, self.site, self.check = browser, site, check
        self.contexts, self.faults = [], []

    def open(self, user=None, *, width=1280):
        context = self.browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        self.contexts.append(context)
        window = context.new_page()
        window.on("pageerror", lambda error: self.faults.append(f"{window.url}: {error.stack or error}"))
        window.on("console", self._listen)
        return Window(window, self, user)

    def _listen(self, message):
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def close(self):
        for context in self.contexts:
            context.close()


class Window:
    """One window with the few moves that all steps share."""

    def __init__(self, page, windows, user):
        self.page, self.site, self._check = page, windows.site, windows.check
        self.user, self.signed = user, None

    def go(self, path, *, check=False):
        now = datetime.now(GENEVA)
        if self.user and (self.signed is None or now - self.signed > SESSION):
            self.sign_in()
            self.signed = now
        answer = self.page.goto(self.site + path)
        if check:
            self.check()
        return answer

    def sign_in(self):
        name = project.SESSION_COOKIE_NAME
        value = client_of(self.user).cookies[name].value
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.site}])

    def check(self):
        """Nothing serious for axe, and nothing wider than the window."""
        self._check(self.page)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not self.page.evaluate(wide), self.page.url

    def press(self, name, *, then=None):
        """Press a button of the main part by its visible name; `then`: the end of the address where it leads."""
        main = self.page.get_by_role("main")
        main.get_by_role("button", name=re.compile(rf"^\W*{re.escape(name)}")).first.click()
        if then:
            self.arrive(then)

    def tab(self, name):
        """Open a part of an organisers' form."""
        self.page.locator(".tabs").get_by_role("link", name=name).click()

    def arrive(self, end):
        """Wait for an address whose path ends so; what a link had after its # stays behind a form's redirect."""
        self.page.wait_for_url(lambda url: url.partition("#")[0].partition("?")[0].endswith(end))

    def decide(self, button, *, reason=""):
        """An organiser's form: the reason, the button, and what the site says then."""
        if reason:
            self.page.locator("main textarea[name=reason]").first.fill(reason)
        self.press(button)
        return self.told()

    def told(self):
        note = self.page.locator("ul.messagelist li.success, ul.messagelist li.info").first
        note.wait_for()
        return note.inner_text()


# --- setting up -------------------------------------------------------------------------------------
def set_up(window):
    """The organiser makes the edition with its rules and phases; the categories come by a factory."""
    page = window.page
    window.go(f"{ADMIN}edition/add/")
    page.locator(".field-forum .select2-selection").click()
    page.locator(".select2-search__field").fill("2020")
    page.locator(".select2-results__option", has_text="WSIS Forum 2020").click()
    page.locator("#id_name").fill("WSIS Prizes 2020")
    window.tab("Rules of the vote")
    page.locator("#id_votes_final").uncheck()
    page.locator("#id_champions_per_category").fill("2")
    window.tab("Nominations and review")
    page.locator("#id_reviews_per_nomination").fill("2")
    window.tab("Phases")
    for place, (kind, (starts, ends)) in enumerate(PHASES.items()):
        page.locator("#phases-group .add-row a").click()
        page.locator(f"#id_phases-{place}-kind").select_option(kind)
        for name, moment in (("starts", starts), ("ends", ends)):
            page.locator(f"#id_phases-{place}-{name}_0").fill(f"{moment:%Y-%m-%d}")
            page.locator(f"#id_phases-{place}-{name}_1").fill(f"{moment:%H:%M}")
    window.press("Save and continue editing")
    told = window.told()
    page.get_by_role("link", name="Make the prize public").click()
    window.press("Make the prize public", then="/set-up/")
    return told


def begin_criteria(window, edition):
    window.go(f"{ADMIN}assignment/leaderboard/{edition.pk}/")
    window.press("Begin with the nine usual criteria")
    window.page.get_by_role("button", name="Begin with the nine").wait_for(state="detached")


# --- nominating -------------------------------------------------------------------------------------
def nominate(window, clock):
    """A stakeholder fills the form in two visits; 149 words are refused at their field. Returns the nomination."""
    page = window.page
    window.go(f"{PRIZES}nominate/")
    window.press("Nominate a project")
    page.get_by_label("Government").check()
    page.get_by_label("Entity", exact=True).fill("Ministry of Posts")
    page.get_by_label("Country", exact=True).select_option("ML")
    window.press("Save and continue", then="/project/")
    page.get_by_label("Title of the project").fill("Fibre for the north")
    page.get_by_label("Category").select_option(index=1)
    page.get_by_label("Start of the work").fill("2018-01-01")
    page.get_by_label("End of the work").fill("2019-12-31")
    page.get_by_label("Completed").check()
    window.press("Save and continue", then="/description/")
    page.get_by_label("Short description").fill(text(149))
    window.press("Save and finish later")
    row = Nomination.objects.get(title="Fibre for the north")
    window.arrive(f"/nominate/{row.code}/")
    clock.later(days=1)
    _resume(window, row)
    window.go(f"{PRIZES}nominate/{row.code}/check/")
    window.press("Submit the nomination")
    page.locator(".error-summary").get_by_role("link", name="149 words").click()
    window.arrive("/description/")
    page.get_by_label("Short description").fill(text(150))
    window.press("Save and continue", then="/check/")
    window.press("Submit the nomination", then=f"/nominate/{row.code}/")
    row.refresh_from_db()
    return row


def _resume(window, row):
    """The next day: go on where the draft was left."""
    page = window.page
    window.go(f"{PRIZES}nominate/{row.code}/linkages/")
    goal = page.locator("details.reason").first
    goal.locator("summary").click()
    goal.locator("textarea").fill(text(20))
    window.press("Save and continue", then="/impact/")
    for label in ("Economic impact", "Social impact", "Environmental impact"):
        page.get_by_label(label).fill(text(30))
    window.press("Save and continue", then="/partnerships/")
    for label in ("Partnerships", "Challenges and future"):
        page.get_by_label(label).fill(text(30))
    window.press("Save and continue", then="/files/")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "Report.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    window.press("Add the file")
    page.get_by_role("link", name="Report", exact=True).wait_for()


# --- the review -------------------------------------------------------------------------------------
def assign(window, edition):
    window.go(f"{ADMIN}assignment/add/?edition={edition.pk}")
    window.press("Assign")
    return window.told()


def recuse(window, code):
    """An expert steps back from a review, with a reason."""
    window.go(f"{PRIZES}review/{code}/conflict/")
    window.page.locator("main form textarea").fill("I advised this ministry")
    window.press("Step back from this review")
    window.page.get_by_text("I advised this ministry").first.wait_for()


def score(window, code, points):
    """An expert gives points, which are saved as they are given, and finishes the review."""
    page = window.page
    window.go(f"{PRIZES}review/{code}/")
    for number in range(1, 10):
        page.locator(f"input[name='points-{number}'][value='{points}']").check()
    page.locator("[data-status]").get_by_text("Saved. Every criterion has points.").wait_for()
    window.press("Finish review")
    page.locator(".note, .messages").get_by_text("Your review is finished").wait_for()


def score_the_rest(user, rows, points):
    """The same over plain HTTP, for many: `points(nomination)` for every criterion."""
    client = client_of(user)
    for row in rows:
        form = {f"points-{number}": str(points(row.nomination)) for number in range(1, 10)}
        answer = client.post(f"{PRIZES}review/{row.nomination.code}/save/", {**form, "action": "finish"})
        assert answer.status_code == 302, answer.content.decode()


def shortlist(window, edition, titles):
    """In the browser, on the leaderboard of the first category. Returns the titles in their places and what was told."""
    page = window.page
    window.go(f"{ADMIN}assignment/leaderboard/{edition.pk}/1/")
    places = page.locator("main tbody th bdi:first-of-type").all_inner_texts()
    for title in titles:
        page.get_by_label(title, exact=True).check()
    return places, window.decide("Shortlist", reason="The three best")


def shortlist_the_rest(client, rows):
    form = {"action": "shortlist", "apply": "1", "reason": "The best of their category"}
    answer = client.post(f"{ADMIN}nomination/", {**form, "_selected_action": [row.pk for row in rows]}, follow=True)
    return [str(message) for message in answer.context["messages"]]


# --- the vote ---------------------------------------------------------------------------------------
class Voter:
    """A voter on a phone. `choices`: category → title, as the voter read it."""

    def __init__(self, window, clock):
        self.window, self.page, self.clock, self.choices = window, window.page, clock, {}

    def begin(self):
        """Nothing is known of this person: country and type are asked once."""
        self.window.go(f"{PRIZES}vote/")
        self.window.arrive("/vote/start/")
        self.page.get_by_label("Country").select_option("ML")
        self.page.get_by_label("Stakeholder type").select_option("academia")
        self.window.press("Begin my ballot", then="/vote/1/")

    def choose(self, number, pick, *, by_keyboard=False):
        """Choose in the category that the site has led to, which has to be `number`; `pick(titles)` gives the place."""
        page = self.page
        self.window.arrive(f"/vote/{number}/")
        titles = page.locator(".card label").all_inner_texts()
        place = pick(titles)
        if by_keyboard:
            self._tab_to("document.activeElement.name === 'nominee'")
            for _step in range(place):
                page.keyboard.press("ArrowDown")
            if place == 0:
                page.keyboard.press("Space")
        else:
            page.locator(".card label").nth(place).click()
        page.locator(SHOWN).filter(has_text=f"Saved: \u2068{titles[place]}").wait_for()
        self.choices[number] = titles[place]
        self.clock.later(seconds=9)

    def go_on(self, *, by_keyboard=False):
        if by_keyboard:
            self._tab_to("document.activeElement.closest('.dock') !== null")
            self.page.keyboard.press("Enter")
        else:
            self.page.locator(".dock button").click()

    def _tab_to(self, condition):
        for _key in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(condition):
                return
        raise AssertionError(f"the Tab key never came to {condition}")

    def receipt(self):
        """The secret and the head that the receipt shows."""
        self.window.arrive("/vote/receipt/")
        return SimpleNamespace(
            secret=self.page.locator("#secret").inner_text(), head=self.page.locator("code.hash").inner_text()
        )


def vote_over_http(user, choices):
    """Fill a ballot with plain requests: category → nomination."""
    client = client_of(user)
    client.post(f"{PRIZES}vote/start/", {"country": "CH", "stakeholder_type": "government"})
    for number, nominee in choices.items():
        answer = client.post(f"{PRIZES}vote/{number}/", {"nominee": nominee.code})
        assert answer.status_code == 303, answer.content.decode()


# --- two organisers ---------------------------------------------------------------------------------
def quarantine(first, second, edition, ballot):
    """One officer proposes, the other agrees. Returns what the site told each."""
    first.go(f"{ADMIN}edition/{edition.pk}/quarantine/")
    first.page.locator("#id_ballots").fill(str(ballot.pk))
    first.page.locator("#id_kind").select_option("script")
    told = first.decide("Propose", reason="All choices in a second")
    second.go(first.page.url.removeprefix(first.site))
    second.page.get_by_role("link", name="Agree").click()
    return told, second.decide("Agree: Set ballots aside")


def announcement(first, second, edition, kind, *, at=None):
    """One officer proposes an announcement, the other approves. Returns what the site told each."""
    page = first.page
    first.go(f"{ADMIN}edition/{edition.pk}/announce/")
    page.locator("#id_kind").select_option(kind)
    if at:
        page.locator("#id_at_0").fill(f"{at:%Y-%m-%d}")
        page.locator("#id_at_1").fill(f"{at:%H:%M}")
    told = first.decide("Propose this announcement", reason="The jury is done")
    second.go(page.url.removeprefix(first.site))
    second.page.get_by_role("link", name="Agree").click()
    return told, second.decide(f"Agree: Announce the {kind}")


def choose_winner(window, edition, category, title):
    """In the browser: the expert picks a champion, with a reason."""
    window.go(f"{ADMIN}winner/choose/{edition.pk}/")
    part = window.page.locator(f"#c{category.pk}")
    part.get_by_label(title).check()
    part.get_by_label("Reason").fill("Reached the most people")
    part.get_by_role("button", name="Choose the winner").click()
    return window.told()


def choose_the_rest(client, edition, winners):
    for nomination in winners:
        form = {"category": nomination.category_id, "nomination": nomination.pk, "reason": "The strongest results"}
        answer = client.post(f"{ADMIN}winner/choose/{edition.pk}/", form)
        assert answer.status_code == 302, answer.content.decode()
