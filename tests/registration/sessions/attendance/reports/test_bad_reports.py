"""Whatever somebody sends as the report of a meeting is read, or refused in words; nothing is half done."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

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
        (of_json(joined_at=float("nan")), True),
        (of_json(name="\ud800\0"), False),
        (of_json(name=["A"], email={"a": 1}), False),
        ("[" * 100_000, True),
        (of_json()[:-9], True),
        (of_json().encode("utf-16"), True),
        ("\0\0\0", True),
        ('sep="\n' + HEAD, True),
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


def test_who_was_in_another_meeting_of_the_same_report_did_not_attend(organiser, session):
    here = RegistrationFactory(forum=session.forum, user__email="here@example.org")
    RegistrationFactory(forum=session.forum, user__email="before@example.org")
    week = timedelta(days=7)
    earlier = {"began": NOW - week, "ended": NOW - week + timedelta(minutes=9)}
    text = HEAD + line_of("H", "here@example.org") + line_of("H", "here@example.org", **earlier)
    page = look(organiser, session, text + line_of("B", "before@example.org", **earlier))
    assert page.context["outside"] == 1

    organiser.post(PAGE, dict(page.context["kept"]) | {"write": "yes"})

    assert list(Attendance.objects.values_list("registration", "entries")) == [(here.pk, 1)]


def test_session_of_another_forum_is_none_to_choose(organiser, session):
    organiser.force_login(staff("organisers", forum=session.forum))
    other = SessionFactory(forum=ForumFactory(slug="other"), starts=NOW, ends=NOW + timedelta(hours=1))

    assert organiser.get(PAGE + "?forum=other").status_code == 404
    assert look(organiser, other, HEAD + line_of()).context["form"].errors.keys() == {"session"}
    kept = dict(look(organiser, session, HEAD + line_of()).context["kept"]) | {"write": "yes", "session": other.pk}
    assert organiser.post(PAGE, kept).context["form"].errors.keys() == {"session"}
    assert not Stay.objects.exists()
