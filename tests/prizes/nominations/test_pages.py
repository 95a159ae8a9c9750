"""The pages of nominating, as people use them without script."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import MatrixLink, Message, User
from prizes.models import Nomination
from prizes.nominations import submission
from tests.factories import NOW, SDGFactory
from tests.files import PDF
from tests.prizes.factories import NominationFactory, set_phase
from tests.prizes.nominations.test_submission import answers as complete
from tests.prizes.nominations.test_submission import save, submit, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("edition")]
BASE = "/2020/prizes/nominate/"


@pytest.fixture
def site(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def row(edition, user):
    return save(submission.begin(edition, by=user, now=NOW), complete(edition))


def steps(edition):
    """What a person types, step by step."""
    return {
        "entity": {
            "is_own_project": "False",
            "stakeholder_type": "government",
            "entity_name": "Ministry of Posts",
            "country": "ML",
        },
        "project": {
            "title": "Fibre for the north",
            "category": edition.categories.first().pk,
            "starts_on": "2018-01-01",
            "ends_on": "2019-12-31",
            "project_status": "completed",
            "website": "fibre.example.org",
        },
        "description": {"description": text(160)},
        "linkages": {"linkage_9": text(20)},
        "impact": {name: text(30) for name in ("economic_impact", "social_impact", "environmental_impact")},
        "partnerships": {"partnerships": text(30), "challenges": text(30)},
        "files": {"links": "example.org/report\r\nhttps://example.org/film"},
    }


def errors(response):
    html = response.content.decode()
    return [
        re.sub(r"<[^>]+>", "", e).strip() for e in re.findall(r'<div class="error" id="[^"]+">(.*?)</div>', html, re.S)
    ]


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- the way through --------------------------------------------------------------------------------
def test_nominate_step_by_step(site, edition, user):
    place = site.post(f"{BASE}new/")["Location"]
    row = Nomination.objects.get()
    way = [place]
    for step, data in steps(edition).items():
        assert site.get(way[-1]).status_code == 200
        way.append(site.post(f"{BASE}{row.code}/{step}/", data)["Location"])
    checked = plain(site.get(way[-1]))
    row.refresh_from_db()
    done = site.post(way[-1], {"revision": row.revision}, follow=True)

    assert [address.removeprefix(f"{BASE}{row.code}/") for address in way] == [
        f"{step}/" for step in [*steps(edition), "check"]
    ]
    assert "Ministry of Posts" in checked
    assert "1 January 2018" in checked
    assert "things to correct" not in checked
    row.refresh_from_db()
    assert (row.state, row.website, row.links, row.is_own_project) == (
        "submitted",
        "https://fibre.example.org",
        ["https://example.org/report", "https://example.org/film"],
        False,
    )
    assert "Your nomination is submitted." in plain(done)
    assert Message.objects.filter(kind="nomination-received").count() == 1


# --- what is wrong ----------------------------------------------------------------------------------
def test_refusals_of_a_step(site, row, edition):
    far = "\n".join(f"https://example.org/{n}" for n in range(11))
    no_address = "“https://javascript:alert(1)” is no address. Enter one such as https://example.org/report"
    for step, name, value, sentence in (
        ("entity", "entity_name", "x" * 201, "This has 201 characters. Shorten it to 200"),
        ("project", "ends_on", "2017-01-01", "The end is before the start. Enter a day after 1 January 2018"),
        ("files", "links", "javascript:alert(1)", no_address),
        ("files", "links", far, "Enter 10 lines at the most"),
    ):
        answer = site.post(f"{BASE}{row.code}/{step}/", steps(edition)[step] | {name: value})
        assert (answer.status_code, errors(answer)) == (200, [sentence])
    of_the_united_nations = steps(edition)["entity"] | {"country": "", "stakeholder_type": "united_nations"}
    assert site.post(f"{BASE}{row.code}/entity/", of_the_united_nations).status_code == 302


def test_goals_stand_as_the_matrix_suggests_them_and_one_is_needed(site, row):
    MatrixLink.objects.all().delete()
    MatrixLink.objects.create(
        action_line=row.category.action_line, sdg=SDGFactory(number=4), rationale="Because it does"
    )

    html = site.get(f"{BASE}{row.code}/linkages/").content.decode()
    answer = site.post(f"{BASE}{row.code}/linkages/", {"linkage_9": ""})

    assert re.findall(r'name="linkage_(\d+)"', html)[:3] == ["4", "1", "2"]
    assert html.count("Suggested") == 1
    assert "Because it does" in html
    assert "Describe the link to at least one goal" in plain(answer)
    assert row.linkages.count() == 0
    Nomination.objects.update(category=None)
    assert "Choose a category first" in plain(site.get(f"{BASE}{row.code}/linkages/"))


# --- other projects ---------------------------------------------------------------------------------
def test_request_that_arrived_in_time_counts(site, row, edition, time_machine, monkeypatch):
    phase = edition.phases.get(kind="submission")
    time_machine.move_to(phase.ends - timedelta(milliseconds=1), tick=False)
    has_address = User.has_confirmed_address

    def slow(user):
        time_machine.move_to(phase.ends + timedelta(seconds=3), tick=False)
        return has_address(user)

    monkeypatch.setattr(User, "has_confirmed_address", slow)
    site.post(f"{BASE}{row.code}/check/", {})

    row.refresh_from_db()
    assert row.state == "submitted"


def test_state_is_told_without_the_shortlist(site, row, edition):
    review = "In review Experts review the projects."
    states = [
        ("draft", "submission", None, "Draft Submit it by 1 August"),
        ("submitted", "submission", None, "Submitted You can change it until 1 August"),
        ("shortlisted", "submission", None, "Submitted You can change it until 1 August"),
        ("submitted", "review", None, f"{review} The nominees are published before"),
        ("shortlisted", "review", None, review),
        ("nominated", "review", None, review),
        ("not_nominated", "review", None, review),
        ("nominated", "voting", NOW, "Nominated It takes part in the public vote"),
        ("not_nominated", "voting", NOW, "Not nominated It does not take part"),
        ("withdrawn", "review", None, "Withdrawn It does not take part"),
    ]
    submit(row)
    token, seen = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"'), {}

    for state, phase, published, words in states:
        Nomination.objects.update(state=state)
        set_phase(edition, phase)
        type(edition).objects.update(nominees_published=published)
        listed, own = site.get(BASE), site.get(f"{BASE}{row.code}/")
        assert (words in plain(own), words.split(" ")[0] in plain(listed)) == (True, True)
        assert "hortlist" not in plain(listed) + plain(own)
        seen[state, phase] = [token.sub("", page.content.decode()) for page in (listed, own)]

    assert seen["submitted", "review"] == seen["shortlisted", "review"]
    edition.phases.filter(kind="voting").delete()
    Nomination.objects.update(state="submitted")
    assert "Then the nominees are published." in plain(site.get(f"{BASE}{row.code}/"))


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_as_often_for_three_as_for_one(site, user, edition, rows):
    NominationFactory.create_batch(rows, category=edition.categories.first(), nominator=user)
    site.get(BASE)

    with CaptureQueriesContext(connection) as queries:
        site.get(BASE)

    assert len(queries) == 9


# --- files with the links ---------------------------------------------------------------------------
def upload(name="paper.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def test_file_and_links_come_in_one_form_and_neither_takes_the_other_along(site, row):
    there = f"{BASE}{row.code}/files/"

    def kept():
        row.refresh_from_db()
        return row.links, [file.title for file in row.attachments.all()]

    both = site.post(there, {"links": "https://example.org/", "title": "Report", "file": upload(), "upload": "1"})
    assert both["Location"] == there
    assert kept() == (["https://example.org/"], ["Report"])
    assert "Report" in plain(site.get(there))
    wrong_file = site.post(there, {"links": "example.org/b", "file": upload(content=b"MZ\x90 program"), "upload": "1"})
    assert errors(wrong_file) == ["The file is no PDF, PNG or JPEG. Choose another one"]
    assert kept() == (["https://example.org/b"], ["Report"])
    wrong_links = site.post(there, {"links": "https://", "file": upload()})
    assert len(errors(wrong_links)) == 1
    assert kept() == (["https://example.org/b"], ["Report", "paper"])
    assert errors(site.post(there, {"links": "", "upload": "1"})) == ["Choose a file"]
    assert site.post(there, {"links": ""})["Location"] == f"{BASE}{row.code}/check/"
    site.post(f"{there}{row.attachments.first().pk}/remove/", {"links": "https://example.org/"})
    assert kept() == (["https://example.org/"], ["paper"])
