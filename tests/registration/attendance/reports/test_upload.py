"""Reports that scripts send: with a pass, and only for its forum."""

from datetime import timedelta

import pytest
from django.test import Client

from events.models import HistoryEntry
from registration.attendance.reports import report_passes
from registration.models import Attendance, MeetingReport, ReportPass, Stay
from tests.factories import NOW, ForumFactory, UserFactory, staff
from tests.races import together
from tests.registration.attendance.reports.samples import ZOOM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day_after")]
ADDRESS = "/2020/reports/AB12CD/"
LAST_DAY = (NOW + timedelta(days=30)).date()


def make(forum, **more):
    row = ReportPass(forum=forum, **{"holder": "Export", "last_day": LAST_DAY} | more)
    secret = report_passes.give_secret(row, by=UserFactory(), now=NOW)
    row.save()
    return secret


@pytest.fixture
def secret(session):
    return make(session.forum)


def send(secret, body=ZOOM, address=ADDRESS, *, kind="text/csv", client=None):
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return (client or Client(enforce_csrf_checks=True)).post(address, body, content_type=kind, headers=headers)


@pytest.mark.parametrize("kind", ["text/csv", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_report_is_read_and_the_answer_says_what_came_of_it(secret, awa, kind):
    answers = [send(secret, kind=kind), send(secret, kind=kind, address="/fr/2020/reports/ab12cd/?name=x.csv")]

    assert [answer.status_code for answer in answers] == [200, 200]
    own = {"people": 3, "named": 0, "unknown": 2, "unread": 0}
    assert [answer.json() for answer in answers] == [own | {"written": 4, "known": 0}, own | {"written": 0, "known": 4}]
    assert answers[0]["Cache-Control"] == "private, no-store"
    assert list(Attendance.objects.values_list("registration", flat=True)) == [awa.pk]
    row = MeetingReport.objects.get()
    assert (row.name, row.report_pass.holder) == ("x.csv", "Export")
    assert set(Stay.objects.values_list("entered_by", flat=True)) == {row.report_pass.made_by_id}


@pytest.mark.parametrize(
    ("address", "body", "code"),
    [
        ("/2020/reports/ZZ99ZZ/", ZOOM, "no-session"),
        (f"{ADDRESS}?zone=Nowhere/At-All", ZOOM, "no-zone"),
        (f"{ADDRESS}?zone=America/Lima", ZOOM, "other-meeting"),
        (ADDRESS, "{", "broken"),
        (ADDRESS, "", "no-column"),
        (ADDRESS, b"\xff\xfe\x00", "no-column"),
    ],
)
def test_report_that_is_wrong_is_refused_with_a_code_and_a_sentence(secret, awa, address, body, code):
    answer = send(secret, body, address)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert len(answer.json()["detail"]) > 10
    assert not Stay.objects.exists()


def test_row_of_a_report_says_what_was_written_though_the_same_file_is_refused_later(secret, awa):
    codes = [send(secret, ZOOM, address).json().get("code") for address in (ADDRESS, f"{ADDRESS}?zone=America/Lima")]

    assert codes == [None, "other-meeting"]
    assert list(MeetingReport.objects.values_list("refusal", "written")) == [("", 4)]


@pytest.mark.parametrize(
    "wrong",
    ["none", "nonsense", "other forum", "over", "deleted", "as a cookie"],
)
def test_without_a_pass_that_works_here_nothing_is_read(session, awa, secret, wrong, client):
    if wrong == "other forum":
        secret = make(ForumFactory(slug="2031"))
    if wrong == "over":
        secret = make(session.forum, last_day=NOW.date())
    if wrong == "deleted":
        ReportPass.objects.all().delete()
    if wrong == "as a cookie":
        client.force_login(staff("organisers"))
    given = {"none": "", "nonsense": "x" * 32, "as a cookie": ""}.get(wrong, secret)

    answer = send(given, client=client if wrong == "as a cookie" else None)

    assert (answer.status_code, answer.json()["code"]) == (401, "no-pass")
    assert send(given, address="/none/reports/AB12CD/").status_code == 404
    assert (Stay.objects.exists(), MeetingReport.objects.exists()) == (False, False)


def test_pass_sends_so_many_reports_in_an_hour(secret, awa, monkeypatch):
    monkeypatch.setattr(report_passes, "REPORTS_AN_HOUR", 2)

    answers = [send(secret) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["code"] == "too-many"


def test_body_over_the_limit_is_refused(secret, awa, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    assert send(secret).status_code == 413


@pytest.mark.django_db(transaction=True)
def test_same_report_sent_twice_at_once_is_written_once(secret, awa):
    answers = together(*[lambda: send(secret).json()["written"]] * 3)

    assert sorted(answers) == [0, 0, 4]
    assert (Stay.objects.count(), MeetingReport.objects.count()) == (4, 1)


# --- in the admin ----------------------------------------------------------------------------------
ADD = "/admin/registration/reportpass/add/"


def test_secret_of_a_pass_is_shown_once_and_stored_nowhere(client, session, awa):
    client.force_login(staff("organisers"))

    shown = client.post(ADD, {"forum": session.forum_id, "holder": "Export", "last_day": LAST_DAY}, follow=True)

    secret = shown.content.decode().split('<code dir="ltr">')[1].split("</code>")[0]
    later = client.get("/admin/registration/reportpass/").content.decode()
    row = ReportPass.objects.get()
    assert secret not in later
    assert secret not in str(vars(row))
    assert secret not in str(list(HistoryEntry.objects.values()))
    assert send(secret).status_code == 200
    client.post(f"/admin/registration/reportpass/{row.pk}/delete/", {"post": "yes"})
    assert send(secret).status_code == 401
    assert MeetingReport.objects.get().report_pass is None


def test_pass_that_never_works_is_refused_at_its_field(client, session):
    client.force_login(staff("organisers"))

    page = client.post(ADD, {"forum": session.forum_id, "holder": "Export", "last_day": NOW.date()})

    assert set(page.context["adminform"].form.errors) == {"last_day"}
    assert not ReportPass.objects.exists()
