import csv
import gzip
import re
from datetime import timedelta

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from config.serving.page_cache import PageCache
from events.pages import revision
from prizes.models import Certificate, Nomination, PrizeSponsor, Quarantine
from prizes.results import results_page
from tests.factories import NOW, ForumFactory, OrganisationFactory, UserFactory
from tests.prizes.counted import announced, counted, crown, turn_out
from tests.prizes.factories import fill_ballot, make_edition, nominees_of
from tests.test_security import ask
from tests.wire import static_bytes

pytestmark = pytest.mark.django_db
PAGE = "/2020/prizes/results/"
LATER = NOW + timedelta(days=2)


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


def read(address=PAGE, client=None):
    text = (client or Client()).get(address).content.decode()
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2].partition("</main>")[0]))
    return re.sub(r" (?=[.,;])", "", words)


@pytest.fixture
def edition():
    edition = counted(champions_per_category=2)
    for number in (1, 2):
        for place, row in enumerate(nominees_of(edition, number)):
            Nomination.objects.filter(pk=row.pk).update(title=f"Canary {number}-{place}")
    crown(edition)
    return edition


# --- before --------------------------------------------------------------------------------------
def test_page_without_an_edition_or_of_a_hidden_one_is_not_there(client):
    ForumFactory()
    assert client.get(PAGE).status_code == 404

    counted(forum=ForumFactory(slug="hidden"), is_public=False)
    assert client.get("/hidden/prizes/results/").status_code == 404


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("submission", "There is no result yet."),
        ("voting", "The vote is open. Nobody sees a result before it closes"),
        ("selection", "Voting has closed. The votes are being counted."),
    ],
)
def test_page_before_the_count_says_where_the_edition_stands(phase, words):
    make_edition(phase=phase, categories=1)

    assert words in read()


def test_page_after_the_count_shows_its_seals_and_nothing_else(edition):
    text = read()

    assert "The champions are still to come. They appear here when two organisers have announced them." in text
    assert "9f" * 32 in text
    assert "ab" * 32 in text
    assert "Canary" not in text
    assert "valid votes" not in text.replace("most valid votes", "")


def test_page_says_when_the_champions_come_out(edition):
    announced(edition, "champions", at=LATER)

    assert "They appear here on 24 July, 14:20 Geneva (12:20 UTC)." in read()


def test_no_result_is_read_before_the_announcement(edition, django_assert_num_queries):
    shown = results_page.shown(edition, now=NOW)

    with django_assert_num_queries(0):
        assert results_page.sections(found=shown) == []


# --- after ---------------------------------------------------------------------------------------
def test_announced_champions_stand_in_the_order_of_votes_without_a_trace_of_winners(edition):
    announced(edition, "champions")

    text = read()

    assert re.findall(r"Canary \d-\d", text) == [f"Canary {n}-{p}" for n in (1, 2) for p in (0, 1, 2)]
    assert "Canary 1-0" in text
    assert " 9 " in text
    assert "Winner " not in text.replace("The winner", "")
    assert "The winners are still to come. The announcement begins on" in text
    assert "4 champions" in text


def test_winner_is_marked_and_stays_in_its_place(edition):
    winner = edition.categories.first().winners.get()
    second = nominees_of(edition, 1)[1]
    type(winner).objects.filter(pk=winner.pk).update(nomination=second)
    announced(edition, "champions", "winners")

    text = read()

    assert re.search(r"Canary 1-0 (?!Winner).*Canary 1-1 Winner", text)
    assert "2 winners, 4 champions" in text


def test_winners_that_come_at_a_set_time_are_announced(edition):
    announced(edition, "champions")
    announced(edition, "winners", at=LATER)

    assert "The winners are still to come. They appear here on 24 July, 14:20 Geneva (12:20 UTC)." in read()


def test_without_a_set_time_and_after_the_ceremony_winners_wait_for_two_organisers(edition, time_machine):
    announced(edition, "champions")
    time_machine.move_to(NOW + timedelta(days=60), tick=False)

    assert "They appear here when two organisers have announced them." in read()


def test_a_tie_across_the_line_is_told():
    announced(counted(votes=((9, 7, 7),), champions_per_category=2), "champions")

    assert "3 champions: 2 projects are tied for place 2." in read()


def test_a_category_without_votes_says_so():
    announced(counted(votes=((9, 7, 5), (0, 0, 0))), "champions")

    assert "No project of this category has a valid vote." in read()


def test_votes_of_few_attendees_are_hidden(edition):
    edition.counts.update(attendee_ballots=2)
    announced(edition, "champions")

    text = read()

    assert "Attendees" not in text
    assert "it would tell how they voted" in text


def test_sponsors_turnout_and_ballots_set_aside_are_shown(edition):
    PrizeSponsor.objects.create(edition=edition, organisation=OrganisationFactory(name="Generous Ministry", acronym=""))
    turn_out(edition, region={"africa": 12, "europe": 7}, country={"ML": 12, "FR": 7}, eligible={"ML": 20})
    officers = UserFactory(), UserFactory()
    for kind, state in [("script", "in_force"), ("double", "lifting"), ("other", "lifted")]:
        group = Quarantine.objects.create(
            edition=edition,
            kind=kind,
            state=state,
            reason="R",
            proposed_by=officers[0],
            proposed=NOW,
            decided_by=officers[1],
            decided=NOW,
            lift_proposed_by=officers[0],
            lifted_by=officers[1],
        )
        group.entries.create(ballot=fill_ballot(edition, {1: nominees_of(edition, 1)[0]}))
    edition.counts.update(quarantined_ballots=2)
    announced(edition, "champions")

    text = read()

    assert "Generous Ministry" in text
    assert (
        "2 ballots were set aside by two organisers. Filled by a script: 1. Several accounts of one person: 1." in text
    )
    assert "Africa 63% 12" in text
    assert "Mali 12 20" in text


def test_ballots_set_aside_are_only_counted_where_their_reasons_changed_since(edition):
    edition.counts.update(quarantined_ballots=3)

    assert results_page.set_aside(edition.counts.get()) == "3 ballots were set aside by two organisers."


def test_page_names_its_bundle_with_its_size(edition):
    announced(edition, "champions")
    assert "Download the bundle" not in read()

    edition.counts.update(bundle="bundles/x.zip", bundle_bytes=38_200_000)
    revision.bump()
    assert "Download the bundle, 38.2 MB" in read()


def test_results_as_csv_name_winners_only_after_their_announcement(edition):
    announced(edition, "champions")

    def rows():
        return list(csv.reader(Client().get(f"{PAGE}results.csv").content.decode("utf-8-sig").splitlines()))

    champions = rows()
    assert champions[0] == list(results_page.COLUMNS)
    assert [row[3] for row in champions[1:]] == [f"Canary {n}-{p}" for n in (1, 2) for p in (0, 1, 2)]
    assert champions[1][7:] == ["9", "4", "1", "yes", "no"]

    announced(edition, "winners")
    assert [row[-1] for row in rows()] == ["winner", "yes", "no", "no", "yes", "no", "no"]


def test_turnout_as_csv_hides_what_the_page_hides(edition):
    turn_out(edition, region={"africa": 12, "europe": 7, "cis": 2})
    announced(edition, "champions")

    rows = list(csv.reader(Client().get(f"{PAGE}region.csv").content.decode("utf-8-sig").splitlines()))

    assert rows == [
        ["code", "name", "people", "is_shown"],
        ["africa", "Africa", "12", "yes"],
        ["cis", "CIS", "", "no"],
        ["europe", "Europe", "", "no"],
        ["total", "", "21", "yes"],
    ]
    assert Client().get(f"{PAGE}unknown.csv").status_code == 404


@pytest.mark.parametrize("nominees", [1, 3])
@pytest.mark.parametrize("stage", ["before", "champions"])
def test_page_asks_as_often_for_three_nominees_as_for_one(client, django_assert_num_queries, nominees, stage):
    edition = counted(votes=((9, 7, 5)[:nominees],) * nominees)
    turn_out(edition, country=dict(zip(("ML", "FR", "KE"), (9, 8, 7)[:nominees], strict=False)))
    if stage == "champions":
        announced(edition, "champions")

    with django_assert_num_queries({"before": 6, "champions": 11}[stage]):
        client.get(PAGE)


# --- the moment ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_finished_page_ends_at_the_moment_of_the_announcement(edition, time_machine, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("config.serving.page_cache.time.monotonic", lambda: clock[0])
    announced(edition, "champions", at=NOW + timedelta(seconds=12))
    front = PageCache(WSGIHandler())
    for second, is_out in [(0, False), (11.5, False), (11.9, False), (12, True), (13, True)]:
        clock[0] = 100 + second
        time_machine.move_to(NOW + timedelta(seconds=second), tick=False)

        assert ("Canary 1-0" in ask(front, PAGE)[1]) is is_out, second
        assert (ask(front, f"{PAGE}results.csv")[0][:3] == "200") is is_out, second


@pytest.mark.django_db(transaction=True)
def test_a_finished_page_lives_half_a_minute_at_the_longest(edition, client):
    announced(edition, "champions", at=NOW + timedelta(days=1))

    assert client.get(PAGE).finished.seconds == 30


def test_life_of_a_page_that_ends_soon_is_shorter(edition, client):
    announced(edition, "champions", at=NOW + timedelta(seconds=12))

    assert client.get(PAGE).finished.seconds == 12


# --- weight --------------------------------------------------------------------------------------
def test_first_visit_of_the_full_scale_is_light(client):
    edition = counted(votes=((21846, 19312, 17090, 12455, 10118, *range(9000, 9015)),) * 18, champions_per_category=5)
    for row in Nomination.objects.filter(edition=edition):
        Nomination.objects.filter(pk=row.pk).update(title=f"{row.code} {row.code[::-1]} registry of {row.code.lower()}")
    crown(edition)
    turn_out(edition, region={"africa": 120, "europe": 70})
    announced(edition, "champions", "winners")

    page = len(gzip.compress(client.get(PAGE).content, 9))
    files = sum(map(static_bytes, ("site.css", "figures.css", "results.css", "site.js", "favicon.svg")))

    assert page < 32_000
    assert page + files + 17_000 < 60_000  # htmx: 16 kB


# --- certificates ------------------------------------------------------------------------------------
def test_verify_says_what_a_certificate_certifies(edition, client):
    announced(edition, "champions", "winners")
    row = nominees_of(edition, 1)[0]
    for kind, honour in [("champions", "Champion"), ("winners", "Winner")]:
        certificate = Certificate.objects.create(nomination=row, kind=kind, issued=NOW)

        text = read(f"/verify/{certificate.code}/")

        assert "This certificate is genuine. Canary 1-0" in text
        assert f"Honour {honour}" in text
        answer = client.get(f"/verify/{certificate.code}/certificate.pdf")
        assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")


def test_verify_in_another_spelling_leads_to_the_one_address(edition, client):
    announced(edition, "champions")
    Certificate.objects.create(nomination=nominees_of(edition, 1)[0], kind="champions", code="0123456789AB", issued=NOW)

    answer = client.get("/verify/oi23-4567-89ab/")

    assert (answer.status_code, answer["Location"]) == (302, "/verify/0123456789AB/")
    assert client.get("/verify/oi23-4567-89ab/certificate.pdf").status_code == 404


def test_unknown_codes_and_those_under_embargo_look_alike(edition, client):
    certificate = Certificate.objects.create(nomination=nominees_of(edition, 1)[0], kind="champions", issued=NOW)

    secret, unknown = client.get(f"/verify/{certificate.code}/"), client.get("/verify/ZZZZZZZZZZZZ/")

    assert (secret.status_code, unknown.status_code) == (404, 404)
    assert secret.content == unknown.content
    assert "No certificate has this code" in unknown.content.decode()
    files = [client.get(f"/verify/{code}/certificate.pdf") for code in (certificate.code, "ZZZZZZZZZZZZ")]
    assert [file.status_code for file in files] == [404, 404]
    assert files[0].content == files[1].content


def test_nominator_finds_the_certificates_once_they_are_announced(edition, client):
    row = nominees_of(edition, 1)[0]
    client.force_login(row.nominator)
    page = f"/2020/prizes/nominate/{row.code}/"
    assert "certificate" not in client.get(page).content.decode().lower()

    announced(edition, "champions", "winners")

    body = client.get(page).content.decode()
    for certificate in Certificate.objects.all():
        assert f"/verify/{certificate.code}/certificate.pdf" in body
    assert Certificate.objects.filter(nomination=row).count() == 2
