"""The editions of the Forum side by side: only numbers that each of them publishes."""

import csv
import io

import openpyxl
import pytest

from registration.sessions.attendance import tally
from tests.factories import NOW, AttendanceFactory, ForumFactory, RegistrationFactory, SessionFactory
from tests.prizes.counted import announced, counted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE = "/2020/statistics/editions/"
FILE = "/2020/statistics/editions.{}"


def attended(forum, *, came, stayed_away=0):
    session = SessionFactory(forum=forum)
    for _n in range(came):
        AttendanceFactory(registration=RegistrationFactory(forum=forum), session=session)
    for _n in range(stayed_away):
        RegistrationFactory(forum=forum)
    tally.recount(forum, now=NOW)


@pytest.fixture
def edition():
    """The forum of 2020 with a prize that is counted, and that of 2019 without one; another one is hidden."""
    edition = counted()
    earlier = ForumFactory(slug="2019", name="WSIS Forum 2019")
    type(earlier).objects.filter(pk=earlier.pk).update(starts="2019-04-08", ends="2019-04-12")
    ForumFactory(slug="hidden", is_public=False)
    attended(edition.forum, came=6, stayed_away=9)
    attended(earlier, came=7, stayed_away=3)
    return edition


def rows(client):
    text = client.get(FILE.format("csv")).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_each_public_edition_has_the_numbers_that_it_publishes(client, edition):
    before = rows(client)
    announced(edition, "champions")

    assert before == [
        [
            "forum",
            "name",
            "registrations",
            "people",
            "countries",
            "attendances",
            "sessions",
            "submitted",
            "nominated",
            "cast",
            "votes",
        ],
        ["2020", "WSIS Forum 2020", "15", "6", "1", "6", "1", "", "", "", ""],
        ["2019", "WSIS Forum 2019", "", "7", "1", "7", "1", "", "", "", ""],
    ]
    assert rows(client)[1][-4:] == ["6", "6", "0", "39"]
    book = openpyxl.load_workbook(io.BytesIO(client.get(FILE.format("xlsx")).content))
    assert list(book.active.iter_rows(values_only=True))[1][2:] == (15, 6, 1, 6, 1, 6, 6, 0, 39)


def test_page_shows_the_editions_and_leads_to_their_figures(client, edition):
    page = client.get(PAGE).content.decode()

    assert [
        page.count(words) for words in ('href="/2019/statistics/"', "WSIS Forum 2019", "hidden/", "not shown</td>")
    ] == [
        9,
        9,
        0,
        9,
    ]
    assert client.get("/hidden/statistics/editions/").status_code == 404
    assert client.get(FILE.format("pdf")).status_code == 404
    assert 'href="/2020/statistics/editions/"' in client.get("/2020/statistics/").content.decode()
