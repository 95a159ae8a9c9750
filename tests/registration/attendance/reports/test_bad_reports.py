"""Whatever somebody sends as the report of a meeting is read, or refused in words; nothing is half done."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registration.attendance import minutes
from registration.attendance.reports import formats
from registration.models import Attendance, Stay
from tests.factories import NOW, ForumFactory, RegistrationFactory, SessionFactory, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day_after")]
PAGE = "/admin/registration/stay/report/"
HEAD = "Name,Email,Join time,Leave time\n"


def look(client, session, data, *, zone="UTC"):
    file = SimpleUploadedFile("meeting.csv", data if isinstance(data, bytes) else data.encode())
    return client.post(PAGE, {"session": session.pk, "zone": zone, "file": file})


def of_json(**values):
    return json.dumps([{"name": "A", "joined_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "left_at": None} | values])


def line_of(name="A", email="", began=NOW, ended=NOW + timedelta(minutes=5), form="%Y-%m-%d %H:%M:%S"):
    return f"{name},{email},{began:{form}},{ended:{form}}\n"


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (of_json(left_at=10**400), True),
        (of_json(joined_at=10**400), True),
        (of_json(joined_at=float("inf")), True),
        (of_json(joined_at=float("nan")), True),
        (of_json(name="\ud800\0"), False),
        (of_json(name=["A"], email={"a": 1}), False),
        ("[" * 100_000, True),
        ("{}", True),
        (of_json()[:-9], True),
        (of_json().encode("utf-16"), True),
        ("", True),
        ("\0\0\0", True),
        ('sep="\n' + HEAD, True),
        ("sep=\r\n" + HEAD.replace("Name", "N"), True),
        (HEAD, True),
        (HEAD + "A,,yesterday,today\n", True),
        (HEAD + '"A,,' + line_of(), True),
        (HEAD + "x" * 200_000, True),
        (b"PK\x03\x04cut off", True),
        (line_of(), True),
    ],
)
def test_nothing_in_a_file_breaks_the_page(organiser, session, data, refused):
    page = look(organiser, session, data)

    assert page.status_code == 200
    assert ("file" in page.context["form"].errors) is refused
    assert not Stay.objects.exists()


def test_report_in_json_has_as_many_rows_as_one_in_a_table(organiser, session):
    row = json.loads(of_json())

    page = look(organiser, session, json.dumps(row * 20_001))

    assert "20000" in page.context["form"].errors["file"][0].replace(",", "")


def test_report_of_as_many_rows_as_are_read_fits_into_the_form_that_writes_it_down(organiser, session, settings):
    """A twentieth of the rows, in a twentieth of the form."""
    number = formats.MAX_ROWS // 20
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE //= 20
    rows = [line_of("الاسم" * 12 + str(n), f"{n}{'a' * 60}@example.org") for n in range(number)]
    page = look(organiser, session, HEAD + "".join(rows))

    organiser.post(PAGE, dict(page.context["kept"]) | {"people": page.context["packed"]})

    assert Stay.objects.count() == number


def test_people_without_a_time_are_refused(organiser, session):
    page = organiser.post(PAGE, {"session": session.pk, "zone": "UTC", "people": '[["A","",[]]]'})

    assert set(page.context["form"].errors) == {"file"}


def test_who_was_in_another_meeting_of_the_same_report_did_not_attend(organiser, session):
    here = RegistrationFactory(forum=session.forum, user__email="here@example.org")
    RegistrationFactory(forum=session.forum, user__email="before@example.org")
    week = timedelta(days=7)
    earlier = {"began": NOW - week, "ended": NOW - week + timedelta(minutes=9)}
    text = HEAD + line_of("H", "here@example.org") + line_of("H", "here@example.org", **earlier)
    page = look(organiser, session, text + line_of("B", "before@example.org", **earlier))
    assert page.context["outside"] == 1

    organiser.post(PAGE, dict(page.context["kept"]) | {"people": page.context["packed"]})

    assert list(Attendance.objects.values_list("registration", "entries")) == [(here.pk, 1)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
@pytest.mark.parametrize(
    "form", ["%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %I:%M:%S\u202f%p", "%d.%m.%Y %H:%M"]
)
def test_encodings_delimiters_and_clocks(organiser, session, encoding, delimiter, form):
    if encoding == "cp1252" and "\u202f" in form:
        form = form.replace("\u202f", "\xa0")
    text = (HEAD + line_of("Zoé", form=form)).replace(",", delimiter).encode(encoding)

    page = look(organiser, session, text)

    assert (page.context["people"], page.context["unread"], page.context["outside"]) == (1, [], 0)


def test_forty_joins_on_two_devices_over_midnight_and_the_end_of_summer_time(organiser, time_machine):
    """Clocks in Geneva go from 03:00 back to 02:00 on 25 October 2020."""
    starts, ends = datetime(2020, 10, 24, 21, tzinfo=UTC), datetime(2020, 10, 25, 3, tzinfo=UTC)
    time_machine.move_to(ends + timedelta(days=1), tick=False)
    organiser.force_login(staff("organisers"))
    session = SessionFactory(starts=starts, ends=ends)
    person = RegistrationFactory(forum=session.forum, user__email="a@example.org")
    email = "a@example.org"
    rows = [f"A,{email},2020-10-24 23:{n:02}:00,2020-10-24 23:{n:02}:30\n" for n in range(40)]
    rows += [
        f"A,{email},2020-10-24 23:50:00,2020-10-25 00:20:00\n",
        f"A2,{email},2020-10-25 00:10:00,2020-10-25 00:30:00\n",
    ]
    rows += [f"A,{email},2020-10-25 02:50:00,2020-10-25 02:10:00\n"]
    page = look(organiser, session, HEAD + "".join(rows), zone="Europe/Zurich")
    assert page.context["unread"] == []

    organiser.post(PAGE, dict(page.context["kept"]) | {"people": page.context["packed"]})

    found = minutes.of_people(session.forum, now=ends)[person.pk][session.pk]
    assert found.seconds == 40 * 30 + 40 * 60 + 20 * 60


def test_session_of_another_forum_is_none_to_choose(organiser, session):
    organiser.force_login(staff("organisers", forum=session.forum))
    other = SessionFactory(forum=ForumFactory(slug="other"), starts=NOW, ends=NOW + timedelta(hours=1))

    assert organiser.get(PAGE + "?forum=other").status_code == 404
    assert look(organiser, other, HEAD + line_of()).context["form"].errors.keys() == {"session"}
    people = f'[["A","",[[{int(NOW.timestamp())},null]]]]'
    sent = organiser.post(PAGE, {"session": other.pk, "zone": "UTC", "people": people})
    assert sent.context["form"].errors.keys() == {"session"}
    assert not Stay.objects.exists()
