"""The walk of an attendee through the forum, in a browser: what the tests of both ways of running the site share."""

import re

from tests.waiting import until

CODE = r"(?m)^\s*([0-9A-Z]{4}-[0-9A-Z]{4})\s*$"  # a code on a line of its own
PASSWORD = "a quiet harbour at dawn"


class Walker:
    """A person with a browser. `check` looks at every page they stop at (axe); `mails` gives the texts sent to an address."""

    def __init__(self, *, page, site, forum, mails, check, email="aminata@example.org", name="Aminata Diallo"):
        self.page, self.site, self.forum = page, site, forum
        self.mails, self.check, self.email, self.name = mails, check, email, name

    def look(self, path):
        """Open a page of the forum and check it."""
        self.page.goto(f"{self.site}/{self.forum}/{path}")
        self.check(self.page)

    def press(self, name):
        """Press a button, or follow a link, by its visible name, and check where it leads."""
        words = re.compile(rf"^\W*{re.escape(name)}")
        place = self.page.get_by_role("main")
        place.get_by_role("button", name=words).or_(place.get_by_role("link", name=words)).first.click()
        self.page.wait_for_load_state()
        self.check(self.page)

    def mail(self, words, *, seconds=60):
        """Wait for a mail whose text holds `words`; return its text."""
        found = until(
            lambda: [text for text in self.mails(self.email) if re.search(words, text)],
            seconds=seconds,
            what=lambda: f"a mail with {words!r} in {self.mails(self.email)}",
        )
        return found[0]

    def read_the_programme(self):
        self.page.goto(self.site)
        self.check(self.page)
        self.look("programme/")

    def make_an_account(self):
        """Sign up on the way to the registration, confirm with the mailed code, land at the first step."""
        self.page.goto(f"{self.site}/{self.forum}/register/")
        self.check(self.page)
        self.sign_up()

    def sign_up(self):
        """Fill the page that makes an account, and confirm its address with the mailed code."""
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Make the account")
        letter = self.mail(CODE)
        code = re.search(CODE, letter)
        self.page.get_by_label("Code").fill(code.group(1))
        self.press("Continue")

    def register(self, *, kind="", place="", own_steps=0):
        """Go through the steps. `kind`, `place`: what to choose where the forum asks as what, and where, people take part;
        `own_steps`: how many steps of the organisers’ own questions follow, which nobody has to answer."""
        if kind:
            self.page.get_by_label(kind).check()
            self.press("Save and continue")
        self.page.get_by_label("Name", exact=True).fill(self.name)
        self.page.get_by_label("Woman").check()
        self.page.get_by_label(re.compile("^Organisation")).fill("Université des Sciences de Bamako")
        self.page.get_by_label("Academia").check()
        self.page.get_by_label("Country").select_option("ML")
        self.page.get_by_label("Time zone").fill("Africa/Bamako")
        self.press("Save and continue")
        if place:
            self.page.get_by_label(place).check()
        for _step in range(1 + own_steps):
            self.press("Save and continue")
        self.page.get_by_label("I have read").check()
        self.press("Register")

    def book(self, code):
        """Press the button of the card that knows the person; before it comes, the page has a link to another page."""
        self.look(f"programme/{code}/")
        self.page.get_by_role("main").get_by_role("button", name="Add to agenda").click()
        self.page.get_by_text("✓ In my agenda").wait_for()
        self.look("agenda/")

    def join(self, code, meeting):
        """Join from the session's page; return the address that the browser is led to (nothing answers there)."""
        self.page.goto(f"{self.site}/{self.forum}/programme/{code}/")
        with self.page.expect_request(re.compile(rf"^{re.escape(meeting)}")) as asked:
            self.page.get_by_role("main").get_by_role("link", name="Join now").click()
        return asked.value.url

    def has_attended(self, code):
        """Whether the agenda says that the person was in a session."""
        self.look("agenda/")
        return f"/programme/{code}/" in self.page.content()

    def attendances(self):
        """How many attendances the statistics page tells; 0 where it tells none."""
        self.look("statistics/")
        found = self.page.locator(".figure").filter(has_text="added up").locator("b")
        return int(re.sub(r"\D", "", found.inner_text())) if found.count() else 0
