"""Odd input to every form of the prize: a NUL, a number of thousands of digits, a list, a file in place of a text. Never a 500."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from prizes.editions import end_of_vote
from prizes.fair_play import quarantines
from prizes.review import criteria
from tests.factories import NOW, UserFactory
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of, officer, set_phase, voter
from tests.prizes.reviewers import make_assignment, make_expert

pytestmark = pytest.mark.django_db
HUGE = "9" * 5000
BIG = HUGE[:300]
NAMES = """
nominee country stakeholder_type category step seen title entity_name links revision description starts_on linkage_1
is_own_project reason action points-1 comment text has_conflict receipt similar_confirmed winner nomination edition kind
at at_0 at_1 ends_0 ends_1 first second verb ballots codes method expert categories seed discard upload _selected_action
"""
ODD = ["a\0b", HUGE, "\ud800", "٣٤"]  # each in every field of one form; then these and the milder ones in turn
MIXED = [*ODD, "-1", "a\r\nBcc: b@example.org", "<script>{{ 7 }}%s%(n)s"]
QUERY = "edition category page group codes all"


def fields(names, values):
    """One of the values in each field in turn: with a single one, the same in all."""
    # In lists: the client would send each byte of mere bytes as a value of its own.
    sent = [[value.encode("utf-8", "surrogatepass")] for value in values]
    return {name: sent[place % len(sent)] for place, name in enumerate(names.split())}


def requests(client, address, values):
    """A form of such fields; with several, the same with files, fetched, and as a query."""
    form = fields(NAMES, values)
    form["points-1"] = form["points-1"] * 2
    yield "post", client.post(address, form)
    if len(values) > 1:
        files = {name: SimpleUploadedFile("\u202ea\nb.pdf", b"x") for name in ("file", "nominee", "reason")}
        yield "files", client.post(address, {**form, **files})
        yield "fetch", client.post(address, form, headers={"X-Requested-With": "fetch"})
        reads_query = address.startswith(("/admin/", "/2020/prizes/vote/", "/2020/prizes/chain/"))
        for asked in (values, *([value] for value in ODD)) if reads_query else ():
            yield "get", client.get(address, {**fields(QUERY, asked), "finding": "fast"})


def failures(client, addresses, values):
    """What is answered with a 500; nothing of it is kept, so that each value finds the same world."""
    with transaction.atomic():
        answers = [(kind, page, answer) for page in addresses for kind, answer in requests(client, page, values)]
        transaction.set_rollback(True)
    return [(kind, page) for kind, page, answer in answers if answer.status_code >= 500]


@pytest.fixture(autouse=True)
def _setting(settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    settings.VOTE_CHOICES_PER_MINUTE = 0
    with time_machine.travel(NOW, tick=False):
        yield


def test_pages_of_people_take_odd_input(client):
    """At the pages that are open in a phase; one value at those that are not."""
    edition = make_edition(phase="voting", categories=2)
    criteria.ensure(edition)
    person = voter()
    draft = NominationFactory(category=edition.categories.first(), nominator=person, state="draft")
    reviewed = NominationFactory(category=edition.categories.first(), state="submitted")
    make_assignment(edition, expert=make_expert(edition, user=person), nomination=reviewed)
    client.force_login(person)
    nominate, review = f"/2020/prizes/nominate/{draft.code}/", f"/2020/prizes/review/{reviewed.code}/"
    steps = ["entity", "project", "description", "linkages", "impact", "partnerships", "check", "save", "files"]
    votes = ["start/", "1/", "2/", f"{BIG}/", "receipt/"]
    pages = {
        "submission": [nominate, *(nominate + f"{step}/" for step in [*steps, f"files/{BIG}/remove", "withdraw"])],
        "review": [review, *(f"{review}{place}/" for place in ("save", "conflict", f"files/{BIG}"))],
        "voting": [
            *(f"/2020/prizes/vote/{place}" for place in votes),
            *("/2020/prizes/results/check/", "/2020/prizes/chain/", f"/2020/prizes/{BIG}/", "/verify/x/"),
        ],
    }

    for phase, open_pages in pages.items():
        set_phase(edition, phase)
        for values in (*([value] for value in ODD), MIXED):
            assert failures(client, open_pages, values) == [], (phase, values)
        closed = [page for other, places in pages.items() if other != phase for page in places[:5]]
        assert failures(client, closed, ODD[:1]) == [], phase


def test_pages_of_organisers_take_odd_input(organiser_site):
    edition = make_edition(phase="voting", categories=2)
    ballot = fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    row = quarantines.propose(edition, ballots=[ballot.pk], kind="script", reason="x", by=UserFactory(), now=NOW)
    act = end_of_vote.propose(edition, ends=NOW + timedelta(days=5), reason="x", by=officer(), now=NOW)
    one, leaders = f"edition/{edition.pk}", f"assignment/leaderboard/{edition.pk}"
    places = [f"{one}/{place}" for place in ("change", "integrity", "quarantine", "close", "end", "announce")]
    places += [f"{one}/integrity/{slug}/{BIG}" for slug in ("fast", "bursts", "boxes")]
    places += [f"quarantine/{key}/{page}" for key in (row.subject, BIG) for page in ("change", "lift")]
    places += [f"winner/choose/{edition.pk}", f"winner/choose/{BIG}", f"count/again/{edition.pk}"]
    places += ["assignment/add", "assignment/import", leaders, f"{leaders}/1", f"assignment/publish/{edition.pk}"]
    places += ["criterion/add", "nomination", "ballot"]
    addresses = [f"/admin/prizes/{place}/" for place in places]
    approvals = [f"{key}/{page}" for key in (act.pk, row.pk, BIG) for page in ("change", "agree", "drop")]
    addresses += [f"/admin/events/approval/{place}/" for place in approvals]

    for values in (*([value] for value in ODD), MIXED):
        assert failures(organiser_site, addresses, values) == [], values
