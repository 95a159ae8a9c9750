"""Odd input to every form of the prize: a NUL, a number of thousands of digits, a list, a file in place of a text. Never a 500."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from events.models import User
from prizes.fair_play import quarantines
from prizes.models import Announcement
from prizes.review import criteria
from tests.factories import NOW, UserFactory
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of, set_phase, voter
from tests.prizes.reviewers import make_assignment, make_expert

pytestmark = pytest.mark.django_db
HUGE = "9" * 5000
NAMES = [
    *(
        "nominee",
        "country",
        "stakeholder_type",
        "category",
        "step",
        "seen",
        "title",
        "entity_name",
        "links",
        "revision",
    ),
    *("description", "starts_on", "linkage_1", "is_own_project", "reason", "action", "points-1", "comment", "text"),
    *("has_conflict", "receipt", "similar_confirmed", "winner", "nomination", "edition", "kind", "at", "at_0", "at_1"),
    *("verb", "ballots", "codes", "method", "expert", "categories", "seed", "discard", "upload", "_selected_action"),
]
ODD = {
    "NUL": "a\0b",
    "huge number": HUGE,
    "below zero": "-1",
    "no UTF-8": "\ud800",
    "other digits": "٣٤",
    "new lines": "a\r\nBcc: b@example.org",
    "markup": "<script>{{ 7 }}%s%(n)s",
}
EVERY = "another in each field"
QUERY = ["edition", "category", "page", "group", "codes", "all"]


def fields(names, value):
    """`value` in every field; or each of the odd ones in turn, another in each field."""
    values = list(ODD.values()) if value == EVERY else [value]
    # In lists: the client would send each byte of mere bytes as a value of its own.
    sent = [[value.encode("utf-8", "surrogatepass")] for value in values]
    return {name: sent[place % len(sent)] for place, name in enumerate(names)}


def answers(client, addresses, value):
    """The status of each answer to a form of such fields, and to the same as a query."""
    found = {}
    form = fields(NAMES, value)
    form["points-1"] = form["points-1"] * 2
    for address in addresses:
        found["post", address] = client.post(address, form).status_code
        files = {name: SimpleUploadedFile("\u202ea\nb.pdf", b"x") for name in ("file", "nominee", "reason")}
        found["files", address] = client.post(address, {**form, **files}).status_code
        if not address.startswith("/admin/"):
            found["fetch", address] = client.post(address, form, headers={"X-Requested-With": "fetch"}).status_code
        query = {**fields(QUERY, value), "finding": "fast"}
        found["get", address] = client.get(address, query).status_code
    return {key: status for key, status in found.items() if status >= 500}


@pytest.fixture(autouse=True)
def _setting(settings, tmp_path):
    settings.KEYS_DIR, settings.MEDIA_ROOT = tmp_path / "keys", tmp_path / "media"
    settings.VOTE_CHOICES_PER_MINUTE = 0
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("phase", ["submission", "review", "voting"])
@pytest.mark.parametrize("value", [*ODD.values(), EVERY], ids=[*ODD, "every"])
def test_pages_of_people_take_odd_input(client, phase, value):
    """Each odd value at the pages that are open in the phase; all of them in one form at all pages, open or not."""
    edition = make_edition(phase="voting", categories=2)
    set_phase(edition, phase)
    criteria.ensure(edition)
    person = voter()
    draft = NominationFactory(category=edition.categories.first(), nominator=person, state="draft")
    reviewed = NominationFactory(category=edition.categories.first(), state="submitted")
    make_assignment(edition, expert=make_expert(edition, user=person), nomination=reviewed)
    client.force_login(person)
    nominate, review = f"/2020/prizes/nominate/{draft.code}/", f"/2020/prizes/review/{reviewed.code}/"
    steps = ["entity", "project", "description", "linkages", "impact", "partnerships", "check", "save", "files"]

    pages = {
        "submission": [
            *(nominate, *(f"{nominate}{step}/" for step in steps)),
            *(f"{nominate}files/{HUGE[:300]}/remove/", f"{nominate}withdraw/"),
        ],
        "review": [review, *(f"{review}{place}/" for place in ("save", "conflict", f"files/{HUGE[:300]}"))],
        "voting": [
            *(f"/2020/prizes/vote/{place}" for place in ("start/", "1/", "2/", f"{HUGE[:300]}/", "receipt/")),
            *("/2020/prizes/results/check/", "/2020/prizes/chain/", f"/2020/prizes/{HUGE[:300]}/", "/verify/x/"),
        ],
    }

    addresses = [page for places in pages.values() for page in places] if value == EVERY else pages[phase]

    assert answers(client, addresses, value) == {}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
def test_pages_of_organisers_take_odd_input(client, value):
    edition = make_edition(phase="voting", categories=2)
    ballot = fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    row = quarantines.propose(edition, ballots=[ballot.pk], kind="script", reason="x", by=UserFactory(), now=NOW)
    announcement = Announcement.objects.create(
        edition=edition, kind="champions", reason="x", proposed_by=UserFactory(), proposed=NOW
    )
    client.force_login(User.objects.create_superuser("boss@example.org", "pw", name="Boss"))
    base, big = "/admin/prizes/", HUGE[:300]
    places = [f"edition/{edition.pk}/{place}/" for place in ("change", "integrity", "quarantine", "close")]
    places += [f"edition/{edition.pk}/integrity/{place}/" for place in (f"fast/{big}", f"bursts/{big}", f"boxes/{big}")]
    places += [f"quarantine/{row.pk}/move/{move}/" for move in ("drop", "agree", "lift", "odd")]
    places += [f"quarantine/{row.pk}/change/", f"quarantine/{big}/change/", f"announcement/{big}/change/"]
    places += ["announcement/propose/", f"announcement/{announcement.pk}/decide/", f"announcement/{big}/decide/"]
    places += ["winner/choose/", f"winner/choose/{edition.pk}/", f"winner/choose/{big}/", f"count/again/{edition.pk}/"]
    places += ["assignment/add/", "assignment/import/", f"assignment/leaderboard/{edition.pk}/"]
    places += [f"assignment/leaderboard/{edition.pk}/1/", f"assignment/publish/{edition.pk}/", "criterion/add/"]
    places += ["nomination/", "ballot/"]

    assert answers(client, [base + place for place in places], value) == {}
