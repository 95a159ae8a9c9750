"""Reports in the watched folder: what is certain is written down, what is wrong is told, and nothing outside is touched."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from registration.attendance.reports import watched_folder
from registration.models import Attendance, MeetingReport, Stay
from registration.tasks import take_meeting_reports
from tests.factories import NOW, RegistrationFactory, SessionFactory, staff
from tests.registration.attendance.reports.samples import TEAMS, ZOOM
from tests.waiting import until

pytestmark = pytest.mark.django_db
TOLD = ("name", "people", "named", "unknown", "written", "known", "refusal")


@pytest.fixture
def folder(settings, tmp_path, session):
    settings.MEETING_REPORTS_DIR = tmp_path
    (tmp_path / "2020").mkdir()
    return tmp_path / "2020"


def take(minutes=1):
    """As if the files had lain there for a while: when something changed in a file the system says by its own clock."""
    return watched_folder.take(datetime.now(UTC) + timedelta(minutes=minutes))


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def told():
    return list(MeetingReport.objects.order_by("pk").values_list(*TOLD))


def test_report_named_by_the_code_becomes_stays_of_those_who_are_known_by_address(folder, session, awa):
    RegistrationFactory(forum=session.forum, name="Bo Lind")
    (folder / "ab12cd meeting of Wednesday.csv").write_text(ZOOM)

    found = take()

    assert (found, files(folder)) == (1, {"done/ab12cd meeting of Wednesday.csv"})
    assert told() == [("ab12cd meeting of Wednesday.csv", 3, 1, 1, 4, 0, "")]
    assert list(Attendance.objects.values_list("registration", "source")) == [(awa.pk, "report")]
    assert Stay.objects.filter(registration=None).count() == 2  # a name is no proof


def test_same_file_again_changes_nothing(folder, awa):
    for name in ("AB12CD.csv", "AB12CD.csv", "AB12CD again.csv"):
        (folder / name).write_text(ZOOM)
        take()

    assert Stay.objects.count() == 4
    assert told() == [("AB12CD again.csv", 3, 0, 2, 0, 4, "")]
    assert len(files(folder)) == 3
    assert {name.split("/")[0] for name in files(folder)} == {"done"}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("ZZ99ZZ.csv", ZOOM, "no-session"),
        ("LATER1.csv", ZOOM, "not-begun"),
        ("DRAFT1.csv", ZOOM, "not-begun"),
        ("OTHER1.csv", ZOOM, "no-session"),
        ("report of AB12CD.csv", ZOOM, "no-session"),
        ("AB12CDE.csv", ZOOM, "no-session"),
        ("AB12CD.csv", ZOOM.replace("07/22", "07/29"), "other-meeting"),
        ("AB12CD.csv", "a,b\n1,2\n", "no-column"),
        ("AB12CD.json", "{", "broken"),
        ("AB12CD.pdf", "%PDF-1.4", "no-column"),
        ("AB12CD.csv", "", "no-column"),
    ],
)
def test_refused_reports_are_told_in_a_text_beside_them_and_in_the_admin(folder, client, awa, name, content, code):
    SessionFactory(forum=awa.forum, code="LATER1", starts=timezone.now() + timedelta(days=9))
    SessionFactory(forum=awa.forum, code="DRAFT1", state="draft", starts=NOW)
    SessionFactory(forum__slug="2031", code="OTHER1", starts=NOW)
    (folder / name).write_text(content)

    take()

    assert files(folder) == {f"refused/{name}", f"refused/{name}.why.txt"}
    assert (folder / "refused" / f"{name}.why.txt").read_text().endswith(f" ({code})\n")
    assert [(row[0], row[-1]) for row in told()] == [(name, code)]
    assert not Stay.objects.exists()
    client.force_login(staff("organisers"))
    page = client.get("/admin/registration/meetingreport/?forum=all").content.decode()
    assert MeetingReport.objects.get().reason in page


def test_report_that_was_refused_is_taken_once_it_is_right(folder, session, awa):
    type(session).objects.update(state="draft")
    (folder / "AB12CD.csv").write_text(ZOOM)
    take()
    type(session).objects.update(state="scheduled")
    (folder / "refused/AB12CD.csv").rename(folder / "AB12CD.csv")

    take()

    assert told() == [("AB12CD.csv", 3, 0, 2, 4, 0, "")]


def test_too_large_a_file_is_refused(folder, awa, monkeypatch):
    monkeypatch.setattr("registration.attendance.reports.receiving.LARGEST", len(ZOOM) - 1)
    (folder / "AB12CD.csv").write_text(ZOOM)

    take()

    assert [row[-1] for row in told()] == ["too-large"]


@pytest.mark.parametrize("name", ["AB12CD.csv.part", ".AB12CD.csv", "~AB12CD.csv", "AB12CD.csv.filepart", "AB12CD.TMP"])
def test_files_of_programs_that_are_not_done_wait(folder, awa, name):
    (folder / name).write_text(ZOOM)

    assert (take(), files(folder)) == (0, {name})


def test_file_that_has_just_changed_waits(folder, awa):
    (folder / "AB12CD.csv").write_text(ZOOM)
    os.utime(folder / "AB12CD.csv", (0, 0))  # a copy that keeps the time of the original

    before = take(0), files(folder)

    assert before == (0, {"AB12CD.csv"})
    assert take() == 1


def test_links_lead_nowhere(folder, tmp_path, awa):
    """Neither is read what a link leads to, nor is it moved; a folder that is a link is none."""
    secret = tmp_path / "secret.csv"
    secret.write_text(ZOOM)
    (folder / "AB12CD.csv").symlink_to(secret)
    (tmp_path / "2031").symlink_to(folder)
    SessionFactory(forum__slug="2031", code="OTHER1")

    take()

    assert secret.read_text() == ZOOM
    assert files(folder) == {"refused/AB12CD.csv", "refused/AB12CD.csv.why.txt"}
    assert (folder / "refused/AB12CD.csv").is_symlink()
    assert not Stay.objects.exists()


def test_place_for_taken_files_that_is_a_link_is_not_used(folder, tmp_path, awa):
    (tmp_path / "elsewhere").mkdir()
    (folder / "done").symlink_to(tmp_path / "elsewhere")
    (folder / "AB12CD.csv").write_text(ZOOM)

    assert (take(), files(tmp_path)) == (0, {"2020/AB12CD.csv"})


def test_pipes_and_files_that_nobody_may_read_stop_no_others(folder, awa, monkeypatch):
    os.mkfifo(folder / "AB12CD a.csv")
    (folder / "AB12CD b.csv").write_text(ZOOM)
    (folder / "AB12CD c.csv").write_text(ZOOM)
    real = watched_folder._content

    def closed(path):
        if path.name == "AB12CD b.csv":
            raise PermissionError
        return real(path)

    monkeypatch.setattr(watched_folder, "_content", closed)

    take()

    assert files(folder) == {
        *("AB12CD b.csv", "done/AB12CD c.csv"),
        *("refused/AB12CD a.csv", "refused/AB12CD a.csv.why.txt"),
    }


def test_taken_files_are_deleted_after_a_month(folder, awa):
    (folder / "AB12CD.csv").write_text(ZOOM)
    (folder / "nothing.csv").write_text("")
    take()

    take(minutes=29 * 24 * 60)
    before = len(files(folder))
    take(minutes=31 * 24 * 60)

    assert (before, files(folder)) == (3, set())


def test_without_a_folder_nothing_is_done(settings, django_assert_num_queries):
    settings.MEETING_REPORTS_DIR = None

    with django_assert_num_queries(0):
        take_meeting_reports()


def test_two_systems_of_one_meeting_are_one_visit(folder, awa):
    (folder / "AB12CD zoom.csv").write_text(ZOOM)
    (folder / "AB12CD teams.csv").write_text(TEAMS)

    take()

    assert [row[4:6] for row in told()] == [(0, 4), (4, 0)] or [row[4:6] for row in told()] == [(4, 0), (0, 4)]


@pytest.fixture
def folder_of_workers(transactional_db, tmp_path, monkeypatch):
    monkeypatch.setenv("MEETING_REPORTS_DIR", str(tmp_path))
    (tmp_path / "2020").mkdir()
    return tmp_path / "2020"


@pytest.mark.django_db(transaction=True)
def test_worker_takes_what_lies_in_the_folder(folder_of_workers, celery_worker_process):
    session = SessionFactory(code="AB12CD", starts=NOW, ends=NOW + timedelta(minutes=90))
    RegistrationFactory(forum=session.forum, user__email="awa@example.org")
    (folder_of_workers / "AB12CD.csv").write_text(ZOOM)

    def taken():
        take_meeting_reports.delay()
        return files(folder_of_workers) == {"done/AB12CD.csv"}

    until(taken, pause=1, what=celery_worker_process.log.read_text)
    assert [row[1:] for row in told()] == [(3, 0, 2, 4, 0, "")]
