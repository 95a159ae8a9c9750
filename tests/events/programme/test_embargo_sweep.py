"""A sweep over every address of the site: none tells of a session under embargo, by a word or by a number.

The addresses come from the resolver (tests/rights/addresses.py): a new page is swept by itself.
"""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from events.models import Commitment, Outcome, Release, Session, Speaker, Theme
from events.schedule import moves
from events.schedule.releases import releases
from events.shared.pages import revision
from tests.events.proposals.factories import CallFactory
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
    translate,
)
from tests.files import stored
from tests.prizes.factories import make_edition
from tests.rights.addresses import paths_of_the_site

pytestmark = pytest.mark.django_db

MARKER = "xyzzymarker"
ENDS = NOW + timedelta(hours=1)
CODE = "HIDDEN"
QUERIES = {
    "/2020/programme/": ["embed", f"q={MARKER}", "action_line=C2", "sdg=9", "only=recording", "only=captions", "day=x"],
    "/2020/speakers/": [f"q={MARKER}", "q=Shared", "order=name"],
    "/2020/now/": ["brief=1"],
    "/2020/outcomes/": [f"q={MARKER}", "kind=launch", "organisation={own}", "theme=ethics", "sdg=9", "action_line=C2"],
    "/api/v1/sessions/": [
        *(f"search={MARKER}", "action_line=C2", "sdg=9", "only=captions", "language=pt", "state=scheduled"),
        *("changed_since=2020-01-01T00:00:00Z", "starts_from=2020-07-22T00:00:00Z", "day=2020-07-22"),
        *("organiser={own}", "organiser={shared}", "speaker={speaker}", "speaker={both}", "stakeholder=media"),
        *("ordering=title", "ordering=updated", "page_size=1", "type=thematic_workshop", "track=1"),
    ],
    "/api/v1/speakers/": [f"search={MARKER}", "organisation={own}", "ordering=name", "page_size=1"],
    "/api/v1/organisations/": [f"search={MARKER}", "stakeholder_type=media", "page_size=1"],
    "/api/v1/outcomes/": [
        *(f"session={CODE}", "kind=launch", "page_size=1", f"search={MARKER}", "organisation={own}", "theme=ethics"),
        *("sdg=9", "action_line=C2"),
    ],
    "/api/v1/releases/": ["forum=2020", "ordering=number"],
}


@pytest.fixture(autouse=True)
def _now(noon, settings):
    settings.EMBED_SITES = ["https://site.example"]


class World:
    """A forum with everything public, in which one session, live at NOW, is hidden: its texts hold the marker. Some of
    its people and organisations are in the programme otherwise too, some only through it."""

    def __init__(self):
        self.forum = ForumFactory()
        self.room = RoomFactory(forum=self.forum, name="Shared room")
        self.seen = SessionFactory(forum=self.forum, code="SEEN00", title="Seen by all", room=self.room)
        self.shared = OrganisationFactory(name="Shared organisation")
        self.both = SpeakerFactory(forum=self.forum, name="Shared speaker", organisation=self.shared)
        AppearanceFactory(session=self.seen, speaker=self.both)
        self.seen.organisers.add(self.shared)
        self._hide()
        releases.record_first(self.forum, note="First", now=NOW)
        later = {"starts": NOW + timedelta(hours=4), "ends": NOW + timedelta(hours=5), "room": self.room}
        moves.move(self.seen, **later, version=None, by=None, now=NOW)
        moves.move(self.hidden, **self.place, room=self.room, version=None, by=None, now=NOW)
        releases.release(self.forum, note="Second", by=None, now=NOW)
        Session.objects.filter(pk=self.hidden.pk).update(embargoed_until=ENDS)
        CallFactory(forum=self.forum)
        make_edition(phase="voting", forum=self.forum)
        self.visitor = RegistrationFactory(forum=self.forum).user
        revision.bump()

    @property
    def place(self):
        return {"starts": NOW - timedelta(minutes=20), "ends": NOW + timedelta(hours=2)}

    def _hide(self):
        self.own = OrganisationFactory(name=f"{MARKER} institute", acronym=MARKER, stakeholder_type="media")
        self.hidden = SessionFactory(
            forum=self.forum,
            code=CODE,
            title=f"{MARKER} title",
            description=f"{MARKER} text",
            starts=NOW - timedelta(hours=1),
            room=self.room,
            captioning=["pt"],
            languages=["pt"],
            broadcast_url=f"https://video.example/{MARKER}",
            recording_url=f"https://video.example/{MARKER}",
            meeting_url=f"https://meet.example/{MARKER}",
        )
        translate(self.hidden, "fr", title=f"{MARKER} titre", description=MARKER)
        self.hidden.organisers.add(self.own, self.shared)
        self.hidden.action_lines.add(ActionLineFactory())
        self.hidden.sdgs.add(SDGFactory())
        self.speaker = SpeakerFactory(
            forum=self.forum, name=f"{MARKER} speaker", organisation=self.own, photo=f"speakers/{MARKER}.png"
        )
        for speaker in (self.speaker, self.both):
            AppearanceFactory(session=self.hidden, speaker=speaker)
        self.document = self.hidden.documents.create(
            title=f"{MARKER} paper", file=stored(b"%PDF-1.4", f"documents/{MARKER}.pdf")
        )
        self.outcome = Outcome.objects.create(
            forum=self.forum, session=self.hidden, kind="launch", title=f"{MARKER} outcome", text=MARKER
        )
        self.outcome.organisations.add(self.own)
        Commitment.objects.create(outcome=self.outcome, organisation=self.own, target=MARKER)
        self.outcome.themes.add(Theme.objects.get(code="ethics"))
        self.outcome.action_lines.add(ActionLineFactory())
        self.outcome.sdgs.add(SDGFactory())

    def take_away(self):
        """The same site without the session, and without what is there only through it."""
        for release in Release.objects.all():
            release.timetable = [row for row in release.timetable if row["code"] != CODE]
            release.changes = [row for row in release.changes if row["code"] != CODE]
            release.save()
        self.outcome.delete()
        self.hidden.delete()
        Speaker.objects.filter(pk=self.speaker.pk).delete()
        revision.bump()
        cache.clear()

    def addresses(self, *prefixes):
        """Every address that a visitor can ask for, in the site's language and in others (by their prefixes), with the
        queries that could find or count it."""
        keys = {"speaker": self.speaker.pk, "both": self.both.pk, "own": self.own.pk, "shared": self.shared.pk}
        found = paths_of_the_site(session=CODE, speaker=self.speaker.pk, outcome=self.outcome.pk)
        paths = set(found.values())
        paths |= {f"/2020/programme-{self.place['starts']:%Y-%m-%d}.pdf"}  # the day of the hidden session
        paths |= {f"/2020/releases/{number}/" for number in (1, 2)} | {f"/2020/speakers/{self.both.pk}/"}
        paths |= {"/2020/programme/SEEN00/", "/2020/programme/SEEN00/?embed", "/2020/programme/SEEN00.ics"}
        paths |= {f"/api/v1/releases/2020/{number}/" for number in (1, 2)}
        paths |= {f"/api/v1/speakers/{self.both.pk}/", f"/api/v1/organisations/{self.shared.pk}/"}
        paths |= {f"/api/v1/organisations/{self.own.pk}/", f"/api/v1/outcomes/{self.outcome.pk}/"}
        paths |= {f"{path}?{query.format(**keys)}" for path, queries in QUERIES.items() for query in queries}
        paths |= {f"/sitemap-{part}.xml" for part in ("pages", "speakers", "outcomes", "prizes")}
        paths |= {self.document.file.url, f"/media/speakers/{MARKER}.png"}
        bare = ("/api/v1/", "/api/schema/", "/media/", "/healthz", "/readyz", "/sitemap", "/robots")
        return sorted(
            prefix + path for path in paths for prefix in ("", *prefixes) if not (prefix and path.startswith(bare))
        )


def text_of(answer):
    """What an answer says: unfolded where it is a calendar, unpacked where it is a workbook, without the echo of what was
    asked for."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(map(book.read, book.namelist()))
    text = body.decode("utf-8", "replace").replace("\r\n ", "").casefold()
    asked = answer.request["QUERY_STRING"] + answer.request["PATH_INFO"]
    if MARKER in asked:
        text = re.sub(rf"[“«\"]\s?{MARKER}\s?[”»\"]|[=/]{MARKER}", "", text)
    return text


def read(client, addresses):
    return {address: client.get(address) for address in addresses}


def assert_nothing_told(answers):
    told = [address for address, answer in answers.items() if MARKER in text_of(answer)]
    faults = [
        address for address, answer in answers.items() if answer.status_code >= 500 and address != "/readyz"
    ]  # no workers here
    leads = [address for address, answer in answers.items() if MARKER in str(answer.headers).replace(address, "")]
    assert (told, faults, leads) == ([], [], [])
    assert sum(answer.status_code == 200 for answer in answers.values()) > 100  # it did look at pages
    named = [address for address in answers if CODE in address and "?" not in address and "accounts" not in address]
    assert {answers[address].status_code for address in named} <= {404, 302, 405}  # 405: a beat, which is posted


def test_no_address_says_a_word_of_it_and_no_number_counts_it():
    """Byte for byte the pages are those of a site on which there is no such session: no count, total or filter tells."""
    world = World()
    addresses = world.addresses("/fr")  # the hidden session has a French text too

    answers = read(Client(), addresses)

    assert_nothing_told(answers)
    own = ("/accounts", "/fr/accounts", "/contact", "/fr/contact", "/metrics")  # a token in each form, or counters
    compared = [a for a in addresses if not a.startswith(own)]
    with_it = {address: (answers[address].status_code, text_of(answers[address])) for address in compared}
    world.take_away()
    without = {address: (answer.status_code, text_of(answer)) for address, answer in read(Client(), compared).items()}
    assert [address for address in compared if with_it[address] != without[address]] == []


def test_no_address_says_a_word_of_it_to_people():
    world, client = World(), Client()
    client.force_login(world.visitor)

    assert_nothing_told(read(client, world.addresses()))


def test_after_the_embargo_the_same_sweep_finds_it(time_machine):
    """The negative control: the marker does stand on these surfaces once it may, so the sweep could have found it."""
    world = World()
    time_machine.move_to(ENDS, tick=False)
    revision.bump()
    surfaces = {
        *("/2020/", "/2020/programme/", "/2020/now/", "/2020/outcomes/", "/2020/speakers/", "/2020/programme/?embed"),
        *(f"/2020/outcomes/{world.outcome.pk}/", "/2020/outcomes.csv", f"/2020/outcomes/?q={MARKER}"),
        "/2020/commitments/",
        *(f"/2020/schedule.{kind}" for kind in ("xml", "json", "csv", "ics", "xlsx")),
        *("/2020/releases/1/", "/2020/releases/2/", "/2020/releases/feed/", f"/2020/programme/?q={MARKER}"),
        *("/api/v1/sessions/", "/api/v1/speakers/", "/api/v1/organisations/", "/api/v1/outcomes/"),
        *(f"/2020/programme/{CODE}/", f"/2020/programme/{CODE}.ics", f"/2020/speakers/{world.both.pk}/"),
        *(f"/2020/speakers/{world.speaker.pk}/", "/api/v1/releases/2020/2/", f"/api/v1/outcomes/{world.outcome.pk}/"),
    }

    answers = read(Client(), surfaces)

    assert surfaces <= {*world.addresses()}
    assert [address for address, answer in answers.items() if MARKER not in text_of(answer)] == []
