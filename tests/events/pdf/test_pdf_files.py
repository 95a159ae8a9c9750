"""PDF files as rows: made once, by workers, found by all, tried again, and cleared."""

import time
from datetime import timedelta

import pytest

from config.deploys import site_parts
from events.models import PdfFile
from events.pdf import pdf_files
from events.pdf.pdf_files import Failed, Source
from tests.config.front.test_page_cache import ask
from tests.factories import NOW, SessionFactory
from tests.races import together

SOURCE = Source("#json(bytes(sys.inputs.data)).word", content={"word": "Fibre"})
FAULTY = Source('#panic("x")', content={})
ADDRESS = "/2020/programme.pdf"


@pytest.fixture
def _workers(settings, monkeypatch):
    """A site with workers that are all away."""
    settings.HAS_WORKERS = True
    monkeypatch.setattr(pdf_files, "WAIT", 0)


def test_file_is_made_once_and_found_in_one_query(db, django_assert_num_queries):
    made = pdf_files.ask(SOURCE, now=NOW)

    with django_assert_num_queries(1):
        again = pdf_files.ask(SOURCE, now=NOW)
    other = pdf_files.ask(Source(SOURCE.template, content={"word": "Radio"}), now=NOW)

    assert made[:5] == b"%PDF-"
    assert (again == made, other == made, PdfFile.objects.count()) == (True, False, 2)
    assert PdfFile.objects.first().source == {}  # what was drawn is not kept twice


@pytest.mark.usefixtures("_workers")
def test_row_is_the_job_and_any_worker_takes_it_up(db):
    assert [pdf_files.ask(SOURCE, now=NOW) for _time in range(2)] == [None, None]

    assert [pdf_files.make_due(NOW) for _time in range(2)] == [1, 0]

    assert pdf_files.ask(SOURCE, now=NOW)[:5] == b"%PDF-"


@pytest.mark.usefixtures("_workers")
def test_file_of_a_lost_worker_is_made_by_another_one(db):
    pdf_files.ask(SOURCE, now=NOW)
    assert pdf_files._claim(NOW).source["content"] == {"word": "Fibre"}  # and is killed

    assert pdf_files.make_due(NOW + pdf_files.LEASE - timedelta(seconds=1)) == 0
    assert pdf_files.make_due(NOW + pdf_files.LEASE) == 1


@pytest.mark.usefixtures("_workers")
def test_two_workers_make_a_file_once(transactional_db):
    for word in "ab":
        pdf_files.ask(Source(SOURCE.template, content={"word": word}), now=NOW)

    claimed = together(*[lambda: pdf_files._claim(NOW)] * 3)

    assert sorted(row.source["content"]["word"] for row in claimed if row) == ["a", "b"]


@pytest.mark.usefixtures("_workers")
def test_file_that_cannot_be_drawn_keeps_no_other_waiting_and_is_told(db, client, caplog):
    for source in (FAULTY, SOURCE):
        pdf_files.ask(source, now=NOW)

    made = [pdf_files.make_due(NOW + number * pdf_files.LEASE) for number in range(pdf_files.TRIES + 1)]

    assert made == [1, 0, 0, 0]
    assert caplog.text.count("cannot be drawn") == pdf_files.TRIES
    with pytest.raises(Failed):
        pdf_files.ask(FAULTY, now=NOW)
    assert pdf_files.ask(SOURCE, now=NOW)[:5] == b"%PDF-"


def test_what_nobody_asks_for_goes_after_a_day(db, monkeypatch):
    sources = [Source(SOURCE.template, content={"word": word}) for word in "abcd"]
    for source in sources:
        pdf_files.ask(source, now=NOW)
    pdf_files.ask(sources[0], now=NOW + timedelta(hours=23))  # somebody still wants it

    assert pdf_files.clear(NOW + pdf_files.KEPT) == 3
    assert PdfFile.objects.get().digest == sources[0].digest

    for source in sources:
        pdf_files.ask(source, now=NOW + timedelta(hours=24))
    monkeypatch.setattr(pdf_files, "MOST", 3)
    assert pdf_files.clear(NOW + timedelta(hours=24)) == 1
    assert not PdfFile.objects.filter(digest=sources[0].digest).exists()  # asked for longest ago


# --- the answer -----------------------------------------------------------------------------------
@pytest.fixture
def session(db, noon):
    return SessionFactory()


@pytest.mark.usefixtures("_workers", "session")
def test_page_says_that_the_file_is_being_made_and_asks_again_without_script(client):
    answer = client.get(ADDRESS)

    text = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    assert answer["Cache-Control"] == "private, no-store"
    assert "This file is being made" in text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in text
    pdf_files.make_due(NOW)
    assert client.get(ADDRESS).content[:5] == b"%PDF-"


@pytest.mark.usefixtures("_workers", "session")
def test_page_says_that_a_file_cannot_be_made(client):
    client.get(ADDRESS)
    PdfFile.objects.update(tries=pdf_files.TRIES)

    answer = client.get(ADDRESS)

    assert (answer.status_code, answer["Retry-After"]) == (503, "600")
    assert "This file cannot be made" in answer.content.decode()
    assert "http-equiv" not in answer.content.decode()


def test_older_file_is_never_sent_instead_of_the_one_that_is_being_made(
    session, settings, monkeypatch, transactional_db
):
    """What was struck from the programme is gone from the booklet at once, also while no worker is there."""
    from django.core.handlers.wsgi import WSGIHandler

    from config.front.page_cache import PageCache
    from events.pages import revision

    site = PageCache(WSGIHandler())
    monkeypatch.setattr(pdf_files, "WAIT", 0)
    first = ask(site, ADDRESS, host="localhost")
    settings.HAS_WORKERS = True
    session.title = "Satellites"
    session.save()
    revision.bump()
    site.epochs.next_look = 0

    waiting = ask(site, ADDRESS, host="localhost")
    pdf_files.make_due(NOW)
    second = ask(site, ADDRESS, host="localhost")

    assert [first.status, waiting.status, second.status] == [200, 503, 200]
    assert first.body != second.body


def test_worker_makes_it_while_who_asks_waits(client, settings, start_process):
    SessionFactory()
    settings.HAS_WORKERS = True
    worker = start_process(*next(part.command[1:] for part in site_parts.parts() if part.name == "bulk worker"))
    deadline = time.monotonic() + 40
    while client.get(ADDRESS).status_code == 503:  # the worker starts, and loads the library
        assert time.monotonic() < deadline, worker.log.read_text()
        time.sleep(0.2)

    answers = [client.get(f"/{language}/2020/programme.pdf") for language in ("fr", "ar")]

    assert {answer["Content-Type"] for answer in answers} == {"application/pdf"}, worker.log.read_text()
