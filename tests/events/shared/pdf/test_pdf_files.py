"""PDF files as rows: made once, by workers, found by all, tried again, and cleared."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone

from config import finished_pages
from config.finished_pages import FinishedPages
from events.models import PdfFile
from events.shared.pages import revision
from events.shared.pdf import pdf_files, responses
from events.shared.pdf.pdf_files import Failed, PdfSource, Undrawable
from tests.config.test_finished_pages import ask
from tests.factories import NOW, SessionFactory

SOURCE = PdfSource("#json(bytes(sys.inputs.data)).word", content={"word": "Fibre"})
FAULTY = PdfSource('#panic("x")', content={})
ADDRESS = "/2020/programme.pdf"


@pytest.fixture
def _workers(settings):
    """A site with workers that are all away."""
    settings.HAS_WORKERS = True


def test_file_is_made_once_and_found_in_one_query(db, django_assert_num_queries):
    made = pdf_files.ask(SOURCE, now=NOW)

    with django_assert_num_queries(1):
        again = pdf_files.ask(SOURCE, now=NOW)
    other = pdf_files.ask(PdfSource(SOURCE.template, content={"word": "Radio"}), now=NOW)

    assert made[:5] == b"%PDF-"
    assert (again == made, other == made, PdfFile.objects.count()) == (True, False, 2)
    assert PdfFile.objects.first().source == {}  # what was drawn is not kept twice


@pytest.mark.usefixtures("_workers")
def test_row_is_the_job_and_any_worker_takes_it_up(db):
    assert [pdf_files.ask(SOURCE, now=NOW) for _time in range(2)] == [None, None]

    assert [pdf_files.make_due(NOW) for _time in range(2)] == [1, 0]

    assert pdf_files.ask(SOURCE, now=NOW)[:5] == b"%PDF-"


@pytest.mark.usefixtures("_workers")
def test_file_that_cannot_be_drawn_keeps_no_other_waiting_and_is_tried_anew_an_hour_after_it_was_given_up(db, caplog):
    for source in (FAULTY, SOURCE):
        pdf_files.ask(source, now=NOW)

    now, made = NOW, [pdf_files.make_due(NOW)]
    for pause in PdfFile.PAUSES:
        now += pause
        made.append(pdf_files.make_due(now))

    assert made == [1, 0, 0]
    assert caplog.text.count("panicked with: x") == 3
    assert pdf_files.ask(SOURCE, now=now)[:5] == b"%PDF-"
    with pytest.raises(Failed):
        pdf_files.ask(FAULTY, now=now)
    later = now + pdf_files.FAILED_FOR
    assert [pdf_files.clear(moment) for moment in (later - timedelta(seconds=1), later)] == [0, 1]
    assert pdf_files.ask(FAULTY, now=later) is None


def test_without_workers_a_file_that_failed_once_is_tried_again(db, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pdf_files, "DRAWING", ["/bin/false"])
        assert [pdf_files.ask(SOURCE, now=NOW) for _time in range(2)] == [None, None]

    assert pdf_files.ask(SOURCE, now=NOW + PdfFile.PAUSES[0])[:5] == b"%PDF-"


def test_drawing_that_never_ends_is_stopped(monkeypatch):
    endless = PdfSource("#for a in range(9999) { for b in range(9999) { for c in range(9999) {} } }", content={})
    monkeypatch.setattr(pdf_files, "LONGEST", 0.5)
    began = time.monotonic()

    with pytest.raises(Undrawable, match="not drawn in"):
        pdf_files.draw(endless)

    assert time.monotonic() - began < 5


def test_what_nobody_asks_for_goes_after_a_day(db, monkeypatch):
    sources = [PdfSource(SOURCE.template, content={"word": word}) for word in "abcd"]
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
    assert answer["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert "This file is being made" in text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in text
    pdf_files.make_due(timezone.now())
    assert client.get(ADDRESS).content[:5] == b"%PDF-"


@pytest.mark.usefixtures("_workers", "session")
def test_page_says_that_a_file_cannot_be_made(client):
    client.get(ADDRESS)
    PdfFile.objects.update(state="failed")

    answer = client.get(ADDRESS)

    assert (answer.status_code, answer["Retry-After"]) == (503, "600")
    assert "This file cannot be made" in answer.content.decode()
    assert "http-equiv" not in answer.content.decode()


def test_older_file_is_never_sent_instead_of_the_one_that_is_being_made(
    session, settings, monkeypatch, transactional_db
):
    """What was struck from the programme is gone from the booklet at once, also while no worker is there."""
    site = FinishedPages(WSGIHandler())
    monkeypatch.setattr(responses, "SAME_FOR", 0)
    first = ask(site, ADDRESS, host="localhost")
    settings.HAS_WORKERS = True
    session.title = "Satellites"
    session.save()
    revision.bump()
    site.looked = float("-inf")

    waiting = ask(site, ADDRESS, host="localhost")
    pdf_files.make_due(timezone.now())
    second = ask(site, ADDRESS, host="localhost")

    assert [first.status, waiting.status, second.status] == [200, 503, 200]
    assert first.body != second.body


@pytest.mark.usefixtures("_workers")
def test_all_who_ask_within_a_moment_get_the_same_answer_and_nobody_gathers_it_again(
    session, monkeypatch, transactional_db, django_assert_num_queries
):
    site = FinishedPages(WSGIHandler())
    now = time.monotonic()
    monkeypatch.setattr(finished_pages.time, "monotonic", lambda: now)
    first = ask(site, ADDRESS, host="localhost")
    pdf_files.make_due(timezone.now())
    site.looked = now + 60

    with django_assert_num_queries(0):
        answers = [ask(site, ADDRESS, host="localhost") for _time in range(3)]
    now += responses.SAME_FOR
    last = ask(site, ADDRESS, host="localhost")

    assert {answer.status for answer in answers} == {first.status} == {503}
    assert answers[0].headers["Retry-After"] == "3"
    assert (last.status, last.body[:5]) == (200, b"%PDF-")


def test_font_packages_bring_fonts_and_no_code():
    """The drawing process takes their files, and imports none of them."""
    asked = "import sys, typst_drawing as d; print({m for m in sys.modules if 'font' in m}, *d.REQUIRED, sep='\\n')"

    said = subprocess.check_output([sys.executable, "-c", asked], cwd=Path(pdf_files.__file__).parent, text=True)

    imported, *folders = said.splitlines()
    assert imported == "set()"
    assert all(list(Path(folder).glob("*.[ot]tf")) for folder in folders)
