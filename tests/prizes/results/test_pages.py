import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.test import Client

from events.models import Approval, Country
from prizes.models import Certificate, Nomination
from prizes.results import champions_by_groups, results_page
from tests.factories import NOW, ForumFactory
from tests.prizes.counted import announced, counted, crown, turn_out
from tests.prizes.factories import nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE = "/2020/prizes/results/"
LATER = NOW + timedelta(days=2)


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
    counted(forum=ForumFactory(slug="hidden"), is_public=False)

    assert [client.get(page).status_code for page in (PAGE, "/hidden/prizes/results/")] == [404, 404]


def test_page_after_the_count_shows_its_seals_and_nothing_else(edition, django_assert_num_queries):
    text = read()

    assert "The champions are still to come. They appear here when two organisers have announced them." in text
    assert [seal in text for seal in ("9f" * 32, "ab" * 32)] == [True, True]
    assert "Canary" not in text
    assert "valid votes" not in text.replace("most valid votes", "")
    shown = results_page.shown(edition, now=NOW)
    with django_assert_num_queries(0):
        assert results_page.sections(found=shown) == []
    announced(edition, "champions", at=LATER)
    assert "They appear here on 24 July, 14:20 Geneva (12:20 UTC)." in read()


# --- after ---------------------------------------------------------------------------------------
def test_announced_champions_stand_in_the_order_of_votes_without_a_trace_of_winners(edition, time_machine):
    announced(edition, "champions")

    text = read()

    assert re.findall(r"Canary \d-\d", text) == [f"Canary {n}-{p}" for n in (1, 2) for p in (0, 1, 2)]
    assert [words in text for words in (" 9 ", "4 champions")] == [True, True]
    assert "Winner " not in text.replace("The winner", "")
    assert "The winners are still to come. The announcement begins on" in text
    assert "Download the bundle" not in text  # there is none
    edition.counts.update(bundle="bundles/x.zip", bundle_bytes=38_200_000)
    assert "Download the bundle, 38.2 MB" in read()
    time_machine.move_to(NOW + timedelta(days=60), tick=False)  # after the ceremony, without a set time
    assert "They appear here when two organisers have announced them." in read()


def test_winner_is_announced_at_a_set_time_marked_and_stays_in_its_place(edition, time_machine):
    winner = edition.categories.first().winners.get()
    type(winner).objects.filter(pk=winner.pk).update(nomination=nominees_of(edition, 1)[1])
    announced(edition, "champions")
    announced(edition, "winners", at=LATER)
    before = read()
    time_machine.move_to(LATER, tick=False)

    text = read()

    assert "The winners are still to come. They appear here on 24 July, 14:20 Geneva (12:20 UTC)." in before
    assert re.search(r"Canary 1-0 (?!Winner).*Canary 1-1 Winner", text)
    assert "2 winners, 4 champions" in text


def test_ties_categories_without_votes_and_few_attendees_are_told():
    edition = announced(counted(votes=((9, 7, 7), (0, 0, 0)), champions_per_category=2), "champions")
    edition.counts.update(attendee_ballots=2)

    text = read()

    assert "3 champions: 2 projects are tied for place 2." in text
    assert "No project of this category has a valid vote." in text
    assert ("Attendees" in text, "it would tell how they voted" in text) == (False, True)
    columns, *rows = csv_rows("results")
    assert {row[columns.index("attendee_votes")] for row in rows} == {""}


def csv_rows(name):
    return list(csv.reader(Client().get(f"{PAGE}{name}.csv").content.decode("utf-8-sig").splitlines()))


def test_results_as_csv_name_winners_only_after_their_announcement(edition):
    announced(edition, "champions")
    champions = csv_rows("results")
    announced(edition, "winners")

    assert ",".join(champions[0]) == (
        "category,action_line,code,title,entity,country,stakeholder_type,votes,attendee_votes,rank,champion,tied"
    )
    assert [row[3] for row in champions[1:]] == [f"Canary {n}-{p}" for n in (1, 2) for p in (0, 1, 2)]
    assert champions[1][7:] == ["9", "4", "1", "yes", "no"]
    assert [row[-1] for row in csv_rows("results")] == ["winner", "yes", "no", "no", "yes", "no", "no"]


def test_champions_and_winners_by_region_and_type(edition):
    mali, swiss = (Country.objects.get(code=code) for code in ("ML", "CH"))
    of = [(mali, "government"), (swiss, "academia"), (None, "united_nations")]
    for number in (1, 2):
        for row, (country, kind) in zip(nominees_of(edition, number), of, strict=True):
            Nomination.objects.filter(pk=row.pk).update(country=country, stakeholder_type=kind)
    announced(edition, "champions")
    before, text = csv_rows("champions_by_region"), read()
    announced(edition, "winners")

    assert before == [
        ["code", "name", "nominees", "champions"],
        ["africa", "Africa", "2", "2"],
        ["europe", "Europe", "2", "2"],
        ["", "No country", "2", "0"],
    ]
    assert [words in text for words in ("Champions by region", "Champions and winners by", "Winners")] == [1, 0, 0]
    assert csv_rows("champions_by_stakeholder_type") == [
        ["code", "name", "nominees", "champions", "winners"],
        ["government", "Government", "2", "2", "2"],
        ["academia", "Academia", "2", "2", "0"],
        ["united_nations", "United Nations", "2", "0", "0"],
    ]
    assert "Government of 2 nominated projects 2 2 Academia of 2 nominated projects 2 0 United Nations" in read()
    book = openpyxl.load_workbook(io.BytesIO(Client().get(f"{PAGE}champions_by_region.xlsx").content))
    assert list(book.active.iter_rows(values_only=True))[1] == ("africa", "Africa", 2, 2, 2)
    sections = results_page.sections(found=results_page.shown(edition, now=NOW))
    bars = champions_by_groups.groups("champions_by_region", sections=sections)
    assert [(group.width, group.won_width) for group in bars] == [(100, 100), (100, 0), (0, 0)]


def test_turnout_as_csv_hides_what_the_page_hides(edition):
    turn_out(edition, region={"africa": 12, "europe": 7, "cis": 2})
    announced(edition, "champions")

    assert csv_rows("region") == [
        ["code", "name", "people", "is_shown"],
        ["africa", "Africa", "12", "yes"],
        ["cis", "CIS", "", "no"],
        ["europe", "Europe", "", "no"],
        ["total", "", "21", "yes"],
    ]
    assert Client().get(f"{PAGE}unknown.csv").status_code == 404


@pytest.mark.parametrize("nominees", [1, 3])
def test_page_asks_as_often_for_three_nominees_as_for_one(client, django_assert_num_queries, nominees):
    edition = counted(votes=((9, 7, 5)[:nominees],) * nominees)
    turn_out(edition, country=dict(zip(("ML", "FR", "KE"), (9, 8, 7)[:nominees], strict=False)))

    with django_assert_num_queries(7):
        client.get(PAGE)
    announced(edition, "champions")
    with django_assert_num_queries(13):
        client.get(PAGE)


# --- the moment ----------------------------------------------------------------------------------
def test_a_finished_page_lives_half_a_minute_at_the_longest_or_to_the_announcement(edition, client):
    found = []
    for moment in (timedelta(days=1), timedelta(seconds=12)):
        announced(edition, "champions", at=NOW + moment)
        found.append(client.get(PAGE).finished.seconds)
        Approval.objects.all().delete()

    assert found == [30, 12]


# --- certificates ------------------------------------------------------------------------------------
def test_verify_says_what_a_certificate_certifies_at_one_address(edition, client):
    announced(edition, "champions", "winners")
    row = nominees_of(edition, 1)[0]
    for kind, honour, code in [("champions", "Champion", "0123456789AB"), ("winners", "Winner", "0123456789AC")]:
        Certificate.objects.create(nomination=row, kind=kind, code=code, issued=NOW)

        text = read(f"/verify/{code}/")

        assert "This certificate is genuine. Canary 1-0" in text
        assert f"Honour {honour}" in text
        answer = client.get(f"/verify/{code}/certificate.pdf")
        assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
    answer = client.get("/verify/oi23-4567-89ab/")
    assert (answer.status_code, answer["Location"]) == (302, "/verify/0123456789AB/")
    assert client.get("/verify/oi23-4567-89ab/certificate.pdf").status_code == 404


def test_unknown_codes_and_those_under_embargo_look_alike(edition, client):
    certificate = Certificate.objects.create(nomination=nominees_of(edition, 1)[0], kind="champions", issued=NOW)

    secret, unknown = client.get(f"/verify/{certificate.code}/"), client.get("/verify/ZZZZZZZZZZZZ/")

    assert (secret.status_code, unknown.status_code) == (404, 404)
    assert secret.content == unknown.content
    assert "Nothing has this code" in unknown.content.decode()
    files = [client.get(f"/verify/{code}/certificate.pdf") for code in (certificate.code, "ZZZZZZZZZZZZ")]
    assert [file.status_code for file in files] == [404, 404]
    assert files[0].content == files[1].content
