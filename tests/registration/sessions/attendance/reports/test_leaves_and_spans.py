"""Reports that say only when people left and for how long they were there, or both times in one cell: read, asked once, never in a
circle (the log of Google Meet, GoToWebinar)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from events.shared.tables.answers import Answers
from events.shared.tables.headers import OpenColumns
from tests.factories import SessionFactory
from tests.registration.sessions.attendance.reports.test_spellings import GENEVA, STARTS, local, read

PAGE = "/admin/registration/stay/report/"
AWA, BO = ("Awa Diallo", "awa@example.org"), ("Bo Lind", "bo@example.org")
LOG = """Meet log events
Jul 22, 2020 - Jul 23, 2020

Date,Event name,Description,Participant identifier,Duration{unit},Participant name
2020-07-22T15:00:45+02:00,Endpoint left,The endpoint left,awa@example.org,2440,Awa Diallo
2020-07-22T15:40:30+02:00,Endpoint left,The endpoint left,awa@example.org,1830,Awa Diallo
2020-07-22T14:40:00+02:00,Hand raised,A hand was raised,awa@example.org,,Awa Diallo
2020-07-22T15:50:20+02:00,Endpoint left,The endpoint left,bo@example.org,4810,Bo Lind
"""
MEANT = {"date": "leave_time", "eventname": "action", "participantidentifier": "email"}
VALUES = {"value:action:handraised": "leave", "length::": "1"}
STAYS = {
    (*AWA, datetime(2020, 7, 22, 14, 20, 5), datetime(2020, 7, 22, 15, 0, 45)),  # noqa: DTZ001
    (*AWA, datetime(2020, 7, 22, 15, 10), datetime(2020, 7, 22, 15, 40, 30)),  # noqa: DTZ001
    (*BO, datetime(2020, 7, 22, 14, 30, 10), datetime(2020, 7, 22, 15, 50, 20)),  # noqa: DTZ001
}
WEBINAR = """General Information
Webinar Name,Date,Duration
Data,"Jul 22, 2020",100 minutes

Attendee Details
Attended,Last Name,First Name,Email Address,Interest Rating,Join Time - Leave Time (Time in Session)
Yes,Diallo,Awa,awa@example.org,80,"Jul 22, 2020 02:20:05 PM CEST - Jul 22, 2020 03:00:45 PM CEST (41 minutes), Jul 22, 2020 03:10:00 PM CEST - Jul 22, 2020 03:40:30 PM CEST (31 minutes)"
Yes,Lind,Bo,bo@example.org,80,"Jul 22, 2020 02:30:10 PM CEST - Jul 22, 2020 03:50:20 PM CEST (81 minutes)"
No,Ek,Cy,cy@example.org,0,--
"""


@pytest.mark.django_db
@pytest.mark.parametrize("unit", ["", " (seconds)"])
def test_log_of_leaves_is_asked_about_once_on_the_page_and_read_to_the_second(organiser, time_machine, unit):
    session = SessionFactory(starts=STARTS, ends=STARTS + timedelta(minutes=90))
    time_machine.move_to(datetime(2020, 7, 24, tzinfo=UTC), tick=False)
    file = SimpleUploadedFile("log.csv", LOG.format(unit=unit).encode())
    sent: dict = {"session": session.pk, "zone": "Europe/Zurich", "file": file}
    asked = []
    while question := (page := organiser.post(PAGE, sent)).context.get("question"):
        asked.append(question.key or [one.key for one in question.headers if one.is_doubtful])
        assert asked.count(asked[-1]) == 1
        sent = dict(page.context["kept"])
        sent |= {f"column:{one.key}": MEANT.get(one.key, one.column) for one in getattr(question, "headers", ())}
        sent |= {f"name:{question.key}": VALUES[question.key]} if question.key else {}

    found = page.context["form"].cleaned_data["found"]
    there = {
        (one.name, one.email, *(at.astimezone(GENEVA).replace(tzinfo=None) for at in span))
        for one in found
        for span in one.times
    }
    assert (there, page.context["unread"]) == (STAYS, [])
    assert asked[0] == ["date"]


def test_times_of_one_cell_are_parted():
    report = read(WEBINAR, answers=Answers({"interestrating": ""}))

    assert (local(report), report.unread) == (STAYS, [])


def test_cell_of_no_two_times_is_told():
    report = read(
        WEBINAR.replace('Yes,Lind,Bo,bo@example.org,80,"Jul', 'Yes,Lind,Bo,bo@example.org,80,"never and Jul').replace(
            "PM CEST - Jul 22, 2020 03:50", "PM CEST to 03:50"
        )
    )

    assert ({one.name for one in report.entries}, len(report.unread)) == ({"Awa Diallo"}, 1)


def test_answers_that_do_not_suffice_are_told_so():
    said = {
        "date": "",
        "eventname": "",
        "description": "",
        "participantidentifier": "",
        "duration": "duration",
        "participantname": "name",
    }
    with pytest.raises(OpenColumns) as first:
        read(LOG.format(unit=""))
    with pytest.raises(OpenColumns) as second:
        read(LOG.format(unit=""), answers=Answers(said))

    assert [one.key for one in first.value.headers if one.is_doubtful] == ["date"]
    assert first.value.messages != second.value.messages
    assert "By what you said" in second.value.messages[0]


def test_leaves_where_the_clocks_are_changed_are_left_unread():
    text = "Name,Left,Duration\nAwa,2020-10-25 02:30:00,0:10:00\nBo,2020-10-25 04:30:00,0:10:00\n"

    report = read(text, near=datetime(2020, 10, 25, 1, tzinfo=UTC))

    assert ([one.name for one in report.entries], len(report.unread)) == (["Bo"], 1)
