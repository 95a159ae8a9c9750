"""A report becomes stays of its session: whose, how many, and only once."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from events.models import Forum
from registration.models import Attendance, Stay
from registration.sessions.attendance import joining, minutes
from registration.sessions.attendance.reports import formats, importing
from registration.sessions.attendance.reports import participants as people_of
from tests.factories import NOW, RegistrationFactory, SessionFactory, staff
from tests.refusals import refused
from tests.registration.sessions.attendance.reports.samples import BBB, ZOOM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day_after")]
PAGE = "/admin/registration/stay/report/"


@pytest.fixture
def bo(session):
    return RegistrationFactory(forum=session.forum, name="Bo Lind")


def look(client, session, text, **more):
    file = SimpleUploadedFile("meeting.csv", text.encode())
    return client.post(PAGE, {"session": session.pk, "zone": "Europe/Zurich", "file": file, **more})


def write(client, page, **who):
    """Send what the page of a preview would send, with decisions."""
    assert "people" in page.context, page.context["form"].errors
    sent = dict(page.context["kept"]) | {"write": "yes"}
    sent |= {field: "" for field, _doubt in page.context["doubtful"]}
    return client.post(PAGE, sent | who)


def rows():
    return set(Stay.objects.filter(source="report").values_list("registration", "began", "ended"))


def test_report_becomes_stays_with_what_was_decided(organiser, session, awa, bo):
    page = look(organiser, session, ZOOM)
    ((field, doubt),) = page.context["doubtful"]
    shown = [page.context[name] for name in ("people", "sure", "unknown")]
    assert (shown, doubt.candidates[0].key, Stay.objects.exists()) == ([3, 1, 1], bo.pk, False)

    write(organiser, page, **{field: bo.pk})

    minute = timedelta(minutes=1)
    assert rows() == {
        (awa.pk, NOW, NOW + 40 * minute),
        (awa.pk, NOW + 30 * minute, NOW + 60.5 * minute),
        (bo.pk, NOW + 10 * minute, NOW + 90 * minute),
        (None, NOW + 10 * minute, NOW + 11 * minute),
    }
    found = minutes.of_people(session.forum, now=NOW + timedelta(days=1))
    assert (found[awa.pk][session.pk].minutes, found[bo.pk][session.pk].minutes) == (60, 80)
    assert set(Attendance.objects.values_list("registration", "entries")) == {(awa.pk, 2), (bo.pk, 1)}
    assert set(Stay.objects.values_list("device", flat=True)) == {"meeting.csv"}


def test_report_is_not_written_into_an_archived_forum(session, awa):
    found = people_of.participants(formats.read(ZOOM.encode(), zone=session.forum.zone, near=session.starts).entries)
    Forum.objects.update(archived=NOW)

    code = refused(importing.write, found, registrations=[None] * len(found), session=session, device="a", by=None)

    assert (code, Stay.objects.count()) == ("archived", 0)


def answer(client, page, value, **more):
    """Answer what is asked before a report is read on."""
    return client.post(PAGE, dict(page.context["kept"]) | {f"name:{page.context['question'].key}": value} | more)


def test_code_page_and_lengths_are_asked_one_after_the_other_and_columns_too(organiser, session):
    name, at = "Ольга Петрова", f"{NOW:%Y-%m-%d %H:%M:%S}"
    file = SimpleUploadedFile(
        "a.csv", f"Name,Join Time,Duration,Кто\n{name},{at},1200,a@example.org\n".encode("cp1251")
    )
    sent = {"session": session.pk, "zone": "UTC"}

    page = organiser.post(PAGE, {**sent, "file": file})
    assert [name] in [list(one.examples)[:1] for one in page.context["question"].readings]
    page = answer(organiser, page, "cp1251")
    header = page.context["question"].headers[0]
    answered = dict(page.context["kept"]) | {
        f"column:{one.key}": one.column for one in page.context["question"].headers
    }
    page = organiser.post(PAGE, answered | {f"column:{header.key}": "email"})
    assert ("1200" in page.content.decode(), Stay.objects.exists()) == (True, False)
    page = answer(organiser, page, "1")
    write(organiser, page)

    assert header.text == "Кто"
    assert [(one.ended - one.began, one.device) for one in Stay.objects.all()] == [(timedelta(minutes=20), "a.csv")]


def test_unknown_yes_and_no_are_asked_on_the_page_one_after_the_other(organiser, session, awa):
    at = f"{NOW:%Y-%m-%d %H:%M:%S}Z"
    rows = f"Awa Diallo,awa@example.org,{at},40,Hayır\nBo,bo@example.org,{at},40,Evet\n"

    page = look(organiser, session, f"Name,Email,Join Time,Duration,In waiting room\n{rows}")
    assert "“Hayır” means in the column “In waiting room”" in page.content.decode()
    page = answer(organiser, answer(organiser, page, "no"), "yes")
    write(organiser, page)

    assert [row.registration for row in Stay.objects.all()] == [awa]


@pytest.mark.parametrize(
    ("header", "length", "minutes"),
    [("Duration (seconds)", '"3,600"', 60), ("Duration", "0.0416666666666667", 60), ("Duration", "3600", 60)],
)
def test_lengths_in_another_unit_than_minutes_are_what_the_times_show(organiser, session, awa, header, length, minutes):
    ended = NOW + timedelta(hours=1)
    text = f"Name,Email,Join time,Leave time,{header}\nAwa,{awa.user.email},{NOW:%Y-%m-%dT%H:%MZ},{ended:%Y-%m-%dT%H:%MZ},{length}\n"

    write(organiser, look(organiser, session, text))

    assert [one.ended - one.began for one in Stay.objects.all()] == [timedelta(minutes=minutes)]


def test_report_and_the_join_link_tell_of_one_visit(organiser, session, awa):
    joining.enter(registration=awa, session=session, now=NOW, source="join")

    write(organiser, look(organiser, session, ZOOM))

    own = minutes.of_people(session.forum, now=NOW + timedelta(days=1))[awa.pk][session.pk]
    assert (own.minutes, own.is_open) == (60, False)
    assert Attendance.objects.get(registration=awa).entries == 3


@pytest.mark.parametrize("again", [ZOOM, BBB], ids=["the same", "another system's of the same meeting"])
def test_same_report_twice_changes_nothing(organiser, session, awa, bo, again):
    page = look(organiser, session, ZOOM)
    write(organiser, page, **{page.context["doubtful"][0][0]: bo.pk})
    before = sorted(Stay.objects.values_list("pk", "registration", "began", "ended"), key=repr)

    page = look(organiser, session, again)
    write(organiser, page, **{field: doubt.candidates[0].key for field, doubt in page.context["doubtful"]})

    assert sorted(Stay.objects.values_list("pk", "registration", "began", "ended"), key=repr) == before


def test_somebody_who_is_known_the_second_time_is_not_there_twice(organiser, session, awa, bo):
    write(organiser, look(organiser, session, ZOOM))
    was = Stay.objects.filter(registration=None).count()
    page = look(organiser, session, ZOOM)

    write(organiser, page, **{page.context["doubtful"][0][0]: bo.pk})

    assert (was, Stay.objects.filter(registration=None).count(), Stay.objects.count()) == (2, 1, 4)
    assert Attendance.objects.filter(registration=bo).exists()


def test_erased_person_is_not_there_twice(organiser, session, awa, bo):
    write(organiser, look(organiser, session, ZOOM))
    type(awa.user).objects.filter(pk=awa.user.pk).update(email="erased@example.org")
    type(awa).objects.filter(pk=awa.pk).update(name="–")

    write(organiser, look(organiser, session, ZOOM))

    assert Stay.objects.count() == 4


def test_report_of_another_meeting_is_refused(organiser, session, awa):
    other = SessionFactory(forum=session.forum, starts=NOW - timedelta(days=3), ends=NOW - timedelta(days=3, hours=-1))

    page = look(organiser, other, ZOOM)

    assert "another meeting" in page.context["form"].errors["file"][0]
    assert "people" not in page.context


def test_which_column_is_which_is_asked_with_three_examples_and_then_read(organiser, session, awa):
    table = "Wer;Mail;Rein;Raus\n" + "".join(
        f"Awa Diallo;awa@example.org;22.07.20 14:2{n}:05;22.07.20 14:2{n}:45\n" for n in range(4)
    )
    page = look(organiser, session, table)
    asked = {header.text: header for header in page.context["question"].headers}
    text = page.content.decode()
    sent = dict(page.context["kept"]) | {f"column:{one.key}": one.column for one in asked.values()}
    sent |= {f"column:{asked[name].key}": of for name, of in zip(["Wer", "Rein"], ["name", "join_time"], strict=True)}

    again = organiser.post(PAGE, sent)
    preview = organiser.post(PAGE, sent | {f"column:{asked['Raus'].key}": "leave_time"})
    write(organiser, preview)

    assert ("“Rein”" in text, "22.07.20 14:22:05" in text, "22.07.20 14:23:05" in text) == (True, True, False)
    assert "Time of leaving" in again.context["question"].messages[0]
    assert (preview.context["people"], preview.context["sure"], Stay.objects.count()) == (1, 1, 4)


def test_file_about_which_somebody_is_asked_is_for_them_alone(organiser, session):
    kept = dict(look(organiser, session, "Wer;Rein;Raus\nAwa;22.07.20 14:20;22.07.20 14:30\n").context["kept"])
    answers = {"column:wer": "name", "column:rein": "join_time", "column:raus": "leave_time"}
    other = Client()
    other.force_login(staff("organisers"))

    page = other.post(PAGE, kept | answers)

    assert set(page.context["form"].errors) == {"file"}
    assert organiser.post(PAGE, kept | answers).context["people"] == 1


def test_two_people_of_one_name_are_never_chosen_between(organiser, session, bo):
    RegistrationFactory(forum=session.forum, name="Lind Bo")

    page = look(organiser, session, ZOOM)

    ((_field, doubt),) = page.context["doubtful"]
    assert len(doubt.candidates) == 2
    assert "selected" not in page.content.decode().split('name="who-')[1].split("</select>")[0]


def test_decision_names_only_people_that_were_offered(organiser, session, awa, bo):
    page = look(organiser, session, ZOOM)
    stranger = RegistrationFactory(forum=session.forum, name="Somebody Else")

    write(organiser, page, **{page.context["doubtful"][0][0]: stranger.pk})

    assert not Stay.objects.filter(registration=stranger).exists()
