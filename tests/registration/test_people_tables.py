"""Who booked, who attended and what was scanned, as files: filtered as the list is, harmless, and written down."""

import io
import uuid

import openpyxl
import pytest
from django.contrib import admin
from django.urls import reverse

from events.models import HistoryEntry, Role, Viewing
from events.shared.admin.admin_page_bases import admins_of
from registration.models import Attendance, Scan
from registration.people.accounts.roles import EXPORT_PEOPLE
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    DoorFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    staff,
)

pytestmark = pytest.mark.django_db
FORMULA = "=HYPERLINK(1)"
HEADS = {
    "booking": "forum,session,title,email,name,organisation,kind,booked",
    "attendance": "forum,session,title,email,name,organisation,kind,country,first_seen,last_seen,entries,source",
    "scan": "forum,door,at,direction,outcome,email,name,organisation,kind,received,scanned_by,undone",
}


def scanned(person, session):
    door = DoorFactory(forum=person.forum, name="Gate")
    return Scan.objects.create(
        key=uuid.uuid4(), door=door, registration=person, direction="in", outcome="in", at=NOW, received=NOW
    )


MAKERS = {
    "booking": lambda person, session: BookingFactory(registration=person, session=session),
    "attendance": lambda person, session: AttendanceFactory(registration=person, session=session),
    "scan": scanned,
}


@pytest.fixture(params=list(HEADS))
def rows(request):
    """What is exported; one row in each of two forums: the address of the list, its first line, and the two people."""
    people = [
        RegistrationFactory(forum=forum, name=name, organisation=FORMULA)
        for forum, name in ((ForumFactory(), "Awa Diallo"), (ForumFactory(slug="2027"), "Imara Vell"))
    ]
    for person in people:
        MAKERS[request.param](person, SessionFactory(forum=person.forum))
    return f"/admin/events/forum/exchange/{request.param}.csv", HEADS[request.param], people


def test_file_holds_the_rows_of_forums_in_which_one_may_export_and_no_formula(client, rows):
    address, head, (own, other) = rows
    client.force_login(staff(Role.ORGANISER, forum=own.forum))

    text = client.get(address).content.decode("utf-8-sig")

    lines = text.splitlines()
    assert (lines[0], len(lines)) == (head, 2)
    assert [name in text for name in (own.user.email, other.user.email)] == [True, False]
    assert (f"'{FORMULA}" in text, f",{FORMULA}" in text) == (True, False)
    assert Viewing.objects.filter(kind="export").get().people == [own.user_id]
    assert HistoryEntry.objects.filter(verb="export-table").count() == 1


def test_workbook_holds_what_the_search_finds(client, rows):
    address, head, (_own, other) = rows
    client.force_login(staff(Role.ORGANISER))

    file = client.get(address.replace("csv", "xlsx") + "?q=imara").content

    found = list(openpyxl.load_workbook(io.BytesIO(file)).active.values)
    assert (",".join(found[0]), len(found)) == (head, 2)
    assert other.user.email in found[1]


def test_desk_sees_the_list_and_takes_out_no_file(client, rows):
    address, _head, (own, _other) = rows
    client.force_login(staff(Role.REGISTRATION_DESK, forum=own.forum))

    kind = address.rpartition("/")[2].removesuffix(".csv")
    page = client.get(reverse(f"admin:registration_{kind}_changelist"))
    assert (page.status_code, address in page.content.decode()) == (200, False)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_file_of_attendances_asks_the_same_of_one_row_and_of_three(client, django_assert_num_queries, number):
    person = RegistrationFactory()
    for _row in range(number):
        AttendanceFactory(registration=person, session=SessionFactory(forum=person.forum))
    client.force_login(staff(Role.ORGANISER))
    address = "/admin/events/forum/exchange/attendance.csv"
    client.get(address)

    with django_assert_num_queries(12):
        client.get(address)

    assert Attendance.objects.count() == number


def test_lists_of_people_at_a_forum_go_out_by_the_right_of_exports():
    lists = [one for one in admins_of(admin.site).values() if one.opts.app_label == "registration" and one.shown_person]

    assert {one.opts.model_name for one in lists if one.export_right != EXPORT_PEOPLE} == set()
