"""The whole prize on one edition, with a moving clock: from the call to the closed edition, and the recount by a stranger."""

import csv
import io
import re
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.models import ActionLine, Country
from events.reference import standard_rows
from prizes.editions.roles import EXPERTS, ORGANISERS, PRIZE_OFFICERS
from prizes.models import Assignment, Block, Category, Certificate, Edition
from prizes.vote import cast_vote
from tests.factories import ForumFactory
from tests.journeys import cycle
from tests.journeys.cycle import CATEGORIES, CLOSES, OPENS, PRIZES, mails
from tests.prizes.factories import NominationFactory, voter
from tests.prizes.fair_play.test_dump import pg_dump
from tests.prizes.reviewers import make_expert

pytestmark = pytest.mark.browser
HALF = CATEGORIES // 2
# What six voters choose: a place in a category's list, moved on by its number. Three, two and one vote, so no ties …
PLACES = (0, 0, 0, 1, 1, 2)
# … but in the last category, where all three have two.
TIED = (2, 0, 0, 1, 1, 2)


@pytest.fixture
def clock(time_machine, monkeypatch):
    """The clock on the day before the call. Kept pages of a front of this test's own grow old by it."""
    clock = cycle.Clock(time_machine, monkeypatch)
    clock.to(cycle.geneva(3, 1, 12))
    return clock


@pytest.fixture
def story(clock, browser, live_site, axe, settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    standard_rows.load()
    ForumFactory()
    windows = cycle.Windows(browser, live_site, axe)
    yield Story(clock, windows, tmp_path)
    windows.close()
    assert windows.faults == []


def test_prize_cycle_from_the_call_to_the_recount_of_a_closed_edition(story):
    story.call_for_projects()
    story.review()
    story.open_the_vote()
    story.fill_ballots()
    story.set_a_ballot_aside()
    story.close_the_vote()
    story.announce_champions()
    story.announce_winners()
    story.recount()
    story.close_the_edition()


class Story:
    def __init__(self, clock, windows, folder):
        self.clock, self.windows, self.folder = clock, windows, folder
        self.officers = [cycle.member(PRIZE_OFFICERS, f"officer{n}@forum.example") for n in (1, 2)]
        self.first, self.second = (windows.open(user) for user in self.officers)
        self.public = windows.open()
        self.choices = {}  # counted voter → {category: nomination}
        self.heads = []

    # --- what a stranger sees ---
    def fetch(self, path):
        """A public address as the site's front answers it."""
        return self.public.page.request.get(self.public.site + path)

    def nominees(self, number):
        return list(self.edition.nominations.filter(category__number=number, state="nominated").order_by("pk"))

    # --- the call ---
    def call_for_projects(self):
        organiser = self.windows.open(cycle.member(ORGANISERS, "organiser@forum.example"))
        assert "was added successfully" in cycle.set_up(organiser)
        self.edition = Edition.objects.get()
        assert {phase.kind: (phase.starts, phase.ends) for phase in self.edition.phases.all()} == cycle.PHASES
        for number, line in enumerate(ActionLine.objects.filter(parts__isnull=True)[:CATEGORIES], start=1):
            Category.objects.create(edition=self.edition, number=number, action_line=line, title=line.short_name)
        cycle.begin_criteria(self.first, self.edition)
        assert (self.edition.categories.count(), self.edition.criteria.count()) == (CATEGORIES, 9)

        self.clock.to(cycle.geneva(3, 2, 10, 1))
        self.public.go(PRIZES)
        expect(self.public.page.get_by_text("Nominations are open")).to_be_visible()
        self.nominator = voter(email="minister@posts.example")
        self.desk = self.windows.open(self.nominator)
        self.project = cycle.nominate(self.desk, self.clock)
        self.clock.work()
        assert self.project.state == "submitted"
        assert len(mails(self.nominator.email, "We have received your nomination.")) == 1
        for category in self.edition.categories.all():
            for letter in "ABC":
                at = cycle.geneva(3, 10, 12)
                title = f"Project {category.number:02} {letter}"
                NominationFactory(category=category, title=title, created=at, updated=at, submitted=at)

    # --- the review ---
    def review(self):
        self.clock.to(cycle.geneva(3, 20, 23, 1))
        self.desk.go(f"{PRIZES}nominate/{self.project.code}/")
        expect(self.desk.page.get_by_role("link", name="Change the nomination")).not_to_be_visible()
        experts = [make_expert(self.edition, user=voter(email=f"expert@uni{n}.example")) for n in range(3)]
        told = cycle.assign(self.first, self.edition)
        assert told == f"{2 * (3 * CATEGORIES + 1)} reviews assigned."
        own = list(self.project.assignments.select_related("expert__user").order_by("pk"))
        assert len(own) == 2
        cycle.recuse(self.windows.open(own[0].expert.user), self.project.code)
        cycle.score(self.windows.open(own[1].expert.user), self.project.code, 5)
        for expert in experts:
            rows = expert.assignments.filter(state="assigned").select_related("nomination")
            cycle.score_the_rest(expert.user, rows, points=lambda row: 4 - "ABC".index(row.title[-1]))
        assert Counter(Assignment.objects.values_list("state", flat=True)) == {"done": 6 * CATEGORIES + 1, "recused": 1}

        self.clock.to(cycle.geneva(4, 11, 9))
        titles = [self.project.title, "Project 01 A", "Project 01 B"]
        places, told = cycle.shortlist(self.first, self.edition, titles)
        assert (places[::2][:3], told) == (titles, "3 shortlisted.")
        rest = self.edition.nominations.filter(category__number__gt=1)
        assert cycle.shortlist_the_rest(cycle.client_of(self.officers[0]), rest) == [f"{len(rest)} shortlisted."]
        assert self.fetch(f"{PRIZES}1/{self.project.code}/").status == 404
        self.first.go(f"/admin/prizes/assignment/publish/{self.edition.pk}/")
        assert self.first.decide("Publish the nominees", reason="The jury met") == "The nominees are published."
        self.clock.work()
        states = Counter(self.edition.nominations.values_list("state", flat=True))
        assert states == {"nominated": 3 * CATEGORIES, "not_nominated": 1}
        assert len(mails(self.nominator.email, "Your project is nominated.")) == 1
        lost = self.edition.nominations.get(state="not_nominated").nominator.email
        assert len(mails(lost, "Your project was not nominated.")) == 1
        self.public.go(f"{PRIZES}1/{self.project.code}/")

    # --- the vote ---
    def open_the_vote(self):
        self.clock.to(OPENS + timedelta(seconds=30))
        self.clock.work()
        assert list(Block.objects.values_list("number", "choices")) == [(0, 0)]
        for path in ("", "1/"):
            self.public.go(f"{PRIZES}{path}")
        self.awa = voter(email="awa@voters.example")
        self.phone = cycle.Voter(self.windows.open(self.awa, width=360), self.clock)
        self.phone.begin()
        for number in range(1, HALF + 1):
            self.phone.choose(number, self._pick(0, number), by_keyboard=number in {2, 3})
            if number < HALF:
                self.phone.go_on(by_keyboard=number in {2, 3})
        for path in (PRIZES, "/2020/programme/"):
            self.phone.window.go(path)
            note = self.phone.page.locator("#main .note.warn").first
            note.wait_for()
            assert f"Your ballot misses {HALF} of {CATEGORIES} categories and does not count yet." in note.inner_text()

    def _pick(self, voter_place, number):
        """What a voter of PLACES takes in a category: a function of the titles on the page."""
        wanted = self._choice(voter_place, number).title
        return lambda titles: titles.index(wanted)

    def _choice(self, place, number):
        if number == CATEGORIES:
            return self.nominees(number)[TIED[place]]
        return self.nominees(number)[(PLACES[place] + number - 1) % 3]

    def fill_ballots(self):
        self.clock.to(OPENS + timedelta(hours=1, seconds=10))
        self.clock.work()
        assert Block.objects.latest("number").choices == HALF
        numbers = range(1, CATEGORIES + 1)
        for place in range(1, 6):
            self.clock.to(OPENS + timedelta(hours=place, minutes=20))
            self._fill(place, voter(email=f"voter{place}@voters{place}.example"), numbers)
            self.clock.to(OPENS + timedelta(hours=place + 1, seconds=10))
            self.clock.work()
        self.ivo, self.eve = voter(email="ivo@voters.example"), voter(email="eve@scripts.example")
        self._cast(self.ivo, {number: self.nominees(number)[2] for number in (1, 2)})
        self._cast(self.eve, {number: self.nominees(number)[2] for number in numbers})
        assert mails(self.awa.email, "secret") == []

        self.clock.to(CLOSES - timedelta(days=3) + timedelta(minutes=1))
        self.clock.work()
        for user, missing in ((self.awa, HALF), (self.ivo, CATEGORIES - 2)):
            assert len(mails(user.email, f"Your ballot misses {missing} of {CATEGORIES} categories")) == 1
        self._complete()

    def _fill(self, place, user, numbers):
        chosen = {number: self._choice(place, number) for number in numbers}
        self.choices[user.email] = {number: nominee.code for number, nominee in chosen.items()}
        if place == 1:
            cycle.vote_over_http(user, chosen)
        else:
            self._cast(user, chosen)

    def _cast(self, user, chosen):
        country = Country.objects.get(code="ML")
        cast_vote.begin(
            edition=self.edition, user=user, country=country, stakeholder_type="academia", now=timezone.now()
        )
        for number, nominee in chosen.items():
            now = timezone.now()
            cast_vote.cast(
                edition=self.edition,
                user=user,
                number=number,
                code=nominee.code,
                arrived=now,
                now=now,
                ip="203.0.113.9",
            )

    def _complete(self):
        """Awa goes on where she left, gets her receipt on a page and by mail, and later changes one choice and changes it back."""
        self.phone.window.go(f"{PRIZES}vote/")
        for number in range(HALF + 1, CATEGORIES + 1):
            self.phone.choose(number, self._pick(0, number))
            self.phone.go_on()
        self.receipt = self.phone.receipt()
        self.clock.work()
        (letter,) = mails(self.awa.email, "This is the secret of your receipt")
        assert self.receipt.secret in letter
        self.heads = [self.receipt.head, *re.findall(r"(?m)^[0-9a-f]{64}$", letter)]
        assert len(self.heads) == 2
        self.clock.later(hours=1)
        self.clock.work()
        self.phone.window.go(f"{PRIZES}vote/4/")
        wrong = next(row.title for row in self.nominees(4) if row.title != self.phone.choices[4])
        right = self.phone.choices[4]
        for title in (wrong, right):
            self.phone.choose(4, lambda titles, title=title: titles.index(title))
        codes = dict(self.edition.nominations.values_list("title", "code"))
        self.choices[self.awa.email] = {number: codes[title] for number, title in self.phone.choices.items()}

    def set_a_ballot_aside(self):
        ballot = self.edition.ballots.get(user=self.eve)
        told = cycle.quarantine(self.first, self.second, self.edition, ballot)
        ballot.refresh_from_db()
        assert told[0] == "Proposed. A second person has to agree."
        assert ballot.is_quarantined

    # --- the close ---
    def close_the_vote(self):
        page = self.phone.page
        self.clock.to(CLOSES - timedelta(minutes=1))
        self.phone.window.go(f"{PRIZES}vote/2/")
        before = list(self.edition.ballots.get(user=self.awa).votes.order_by("pk").values())
        self.clock.to(CLOSES)
        page.locator(".card [name=nominee]:not(:checked)").first.check()
        page.locator(f"{cycle.SHOWN}.failed").wait_for()
        page.locator(".dock button").click()
        page.get_by_role("heading", name="Voting has closed").wait_for()
        assert "This choice is not saved and does not count: it came after the close" in page.inner_text("main")
        self.phone.window.check()
        assert list(self.edition.ballots.get(user=self.awa).votes.order_by("pk").values()) == before
        self.clock.work()
        assert len(mails(self.awa.email, "Your changed ballot counts.")) == 1
        self.edition.refresh_from_db()
        assert self.edition.polls_sealed is None  # a choice that came in time may still be under way

        self.clock.to(CLOSES + timedelta(minutes=2))
        self.clock.work()
        self.edition.refresh_from_db()
        assert self.edition.polls_sealed
        self.count = self.edition.counts.get()
        numbers = (self.count.valid_ballots, self.count.incomplete_ballots, self.count.quarantined_ballots)
        assert numbers == (6, 1, 1)

    # --- the results ---
    def expected(self):
        """A naive count of what the voters wrote down: code → votes, and the champions of each category."""
        votes = Counter(code for choices in self.choices.values() for code in choices.values())
        champions = set()
        for number in range(1, CATEGORIES + 1):
            codes = [row.code for row in self.nominees(number)]
            line = sorted((votes[code] for code in codes), reverse=True)[1]
            champions |= {code for code in codes if votes[code] >= line}
        return votes, champions

    def table(self):
        answer = self.fetch(f"{PRIZES}results/results.csv")
        assert answer.status == 200
        return list(csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig"))))

    def announce_champions(self):
        self.clock.to(cycle.geneva(5, 5, 10))
        told = cycle.announcement(self.first, self.second, self.edition, "champions")
        assert told == ("The announcement is proposed. Another organiser approves it.", "Done.")
        self.clock.work()
        self.public.go(f"{PRIZES}results/")
        assert "The winners are still to come." in self.public.page.inner_text("main")
        votes, champions = self.expected()
        rows = self.table()
        assert {row["code"]: int(row["votes"]) for row in rows} == {row["code"]: votes[row["code"]] for row in rows}
        assert len(rows) == 3 * CATEGORIES
        assert {row["code"] for row in rows if row["champion"] == "yes"} == champions
        assert len(champions) == 2 * CATEGORIES + 1
        assert {row["category"] for row in rows if row["tied"] == "yes"} == {str(CATEGORIES)}

    def announce_winners(self):
        expert = cycle.member(EXPERTS, "jury@forum.example")
        first = self.edition.categories.get(number=1)
        told = cycle.choose_winner(self.windows.open(expert), self.edition, first, self.project.title)
        assert told == f"{self.project} is chosen."
        _votes, champions = self.expected()
        rest = {
            row.category_id: row for row in self.edition.nominations.filter(code__in=champions) if row.category != first
        }
        cycle.choose_the_rest(cycle.client_of(expert), self.edition, rest.values())
        at = cycle.geneva(6, 22, 9, 30)
        self.clock.to(at - timedelta(days=1))
        cycle.announcement(self.first, self.second, self.edition, "winners", at=at)
        self.clock.to(at + timedelta(seconds=2))
        self.public.go(f"{PRIZES}results/")
        assert self.public.page.locator(".won").count() == CATEGORIES
        winners = {row["code"] for row in self.table() if row["winner"] == "yes"}
        assert winners == {self.project.code, *(row.code for row in rest.values())}
        self.clock.work()
        self._certificates()

    def _certificates(self):
        assert Certificate.objects.filter(kind="winners").count() == CATEGORIES
        code = Certificate.objects.get(kind="winners", nomination=self.project).code
        self.public.go(f"/verify/{code}/")
        assert "This certificate is genuine." in self.public.page.inner_text("main")
        assert self.project.title in self.public.page.inner_text("main")
        assert self.fetch(f"/verify/{code}/certificate.pdf").body().startswith(b"%PDF")
        self.desk.go(f"{PRIZES}nominate/{self.project.code}/")
        expect(self.desk.page.get_by_text("Winner").first).to_be_visible()

    # --- the recount ---
    def recount(self):
        self.public.go(f"{PRIZES}results/")
        with self.public.page.expect_download() as download:
            self.public.page.get_by_role("link", name="Download the bundle").click()
        self.bundle = self.folder / "bundle.zip"
        download.value.save_as(self.bundle)
        with zipfile.ZipFile(self.bundle) as file:
            file.extract("recount.py", self.folder)
        heads = [
            argument
            for head in (*self.heads, self.count.head, self.count.bundle_sha256)
            for argument in ("--head", head)
        ]
        done = self.run_script("--secret", self.receipt.secret, *heads)
        assert done.returncode == 0, done.stderr
        assert done.stdout.rstrip().endswith("Everything agrees.")
        told = (
            f"{7 * CATEGORIES + 4} all, {6 * CATEGORIES} counted, {CATEGORIES} quarantined, 2 incomplete, 2 replaced."
        )
        assert told in done.stdout
        codes = self.choices[self.awa.email]
        found = dict(re.findall(r"Category (\d+): counted, for .* \((\w+)\)\.", done.stdout))
        assert found == {str(number): code for number, code in codes.items()}
        self._look_up()

    def run_script(self, *arguments):
        """The script out of the bundle, in a Python of its own, without this project."""
        return subprocess.run(
            [sys.executable, "-I", "recount.py", str(self.bundle), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def _look_up(self):
        """The same on the page; and the chain as anyone sees it has the head of the receipt."""
        self.public.go(f"{PRIZES}results/check/")
        self.public.page.get_by_label("Secret or tracker").fill(self.receipt.secret.lower())
        self.public.press("Look up")
        self.public.page.get_by_text(f"{CATEGORIES} votes are counted.").wait_for()
        self.public.check()
        self.public.go(f"{PRIZES}chain/?all=1", check=True)
        chain = self.public.page.inner_text("main")
        assert [head for head in (*self.heads, self.count.head) if head not in chain] == []

    # --- the end ---
    def close_the_edition(self):
        secret = self.receipt.secret.replace("-", "")
        assert secret in pg_dump().replace("-", "")
        self.clock.to(cycle.geneva(9, 11, 9))
        self.first.go(f"/admin/prizes/edition/{self.edition.pk}/close/")
        told = self.first.decide("Propose to close it", reason="Nobody asks any more")
        assert told == "Proposed. A second person has to agree."
        self.second.go(self.first.page.url.removeprefix(self.first.site))
        self.second.page.get_by_role("link", name="Agree").click()
        assert self.second.decide("Agree: Close the edition for good") == "Done."
        self.clock.work()
        self.edition.refresh_from_db()
        assert self.edition.key_destroyed
        dump = pg_dump()
        assert secret not in dump.replace("-", "")
        assert not [tracker for tracker in self._trackers() if tracker in dump]
        assert self.fetch(f"{PRIZES}results/bundle.zip").body() == self.bundle.read_bytes()
        assert self.fetch(f"{PRIZES}results/").status == 200
        assert list((self.folder / "keys").iterdir()) == []

    def _trackers(self):
        with zipfile.ZipFile(self.bundle) as file:
            for number in range(1, CATEGORIES + 1):
                for row in csv.DictReader(io.StringIO(file.read(f"votes/{number:02}.csv").decode())):
                    yield row["tracker"]
