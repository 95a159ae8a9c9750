"""What a report says in other words is asked, told or left unread: nothing is lost in silence, and nobody becomes somebody else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from events.shared.tables.answers import Answers
from events.shared.tables.headers import OpenColumns
from events.shared.tables.spreadsheet_reader import header_key
from registration.sessions.attendance.reports import participants as people_of
from tests.factories import NOW
from tests.registration.sessions.attendance.reports.test_spellings import GENEVA, local, read

DAY = "2020-07-22"
FROM, TO = f"{DAY} 14:20:05", f"{DAY} 15:00:45"
NIGHT = datetime(2020, 10, 25, 1, tzinfo=UTC)  # the second 2 o’clock in Geneva


def question(data, **answers):
    """The headers that have to be answered, by their text; None where nothing is asked."""
    try:
        read(data, answers=Answers(columns=answers))
    except OpenColumns as refusal:
        return {one.text: one for one in refusal.headers if one.is_doubtful}
    return None


def spans(report):
    entries = sorted(report.entries)
    return [tuple(at and f"{at.astimezone(GENEVA):%H:%M:%S}" for at in (one.began, one.ended)) for one in entries]


@pytest.mark.parametrize(
    ("text", "meant", "answered", "left_out"),
    [
        (f"Name,Reach,Join,Left\nAwa,a@example.org,{FROM},{TO}\n", "email", ("a@example.org", "15:00:45"), ("", "15:00:45")),
        (f"Name,Email,Reach,Join,Left\nAwa,,a@example.org,{FROM},{TO}\n", "account", ("a@example.org", "15:00:45"), ("", "15:00:45")),
        (f"Name,Join,Reach,Duration\nAwa,{FROM},{TO},41\n", "leave_time", ("", "15:00:45"), ("", "15:01:05")),
        (f"Name,Join,Reach,Duration\nAwa,{FROM},15:00:45,41\n", "leave_time", ("", "15:00:45"), ("", "15:01:05")),
        (f"Name,First join,Last leave,Reach\nAwa,{FROM},{TO},0:30:10\n", "duration", ("", "14:50:15"), ("", "15:00:45")),
        (f"Name,First join,Last leave,Reach (sec)\nAwa,{FROM},{TO},1810\n", "duration", ("", "14:50:15"), ("", "15:00:45")),
        (f"Name,Reach,Last leave,Email\nAwa,{FROM},{TO},a@example.org\n\nName,Join,Left\nAwa,{FROM},{TO}\n", "first_join", ("a@example.org", "15:00:45"), ("", "15:00:45")),
        ("Name,Reach,Join,Left\nAwa,22.07.2020,14:20:05,15:00:45\n", "date", ("", "15:00:45"), ("", "15:00:45")),
    ],
)  # fmt: skip
def test_unknown_column_that_may_say_who_or_when_is_asked_about(text, meant, answered, left_out):
    (header,) = question(text).values()
    assert (header.is_open, header.column) == (True, "")
    assert question(text, other="") is not None

    for column, expected in ((meant, answered), ("", left_out)):
        report = read(text, answers=Answers(columns={header.key: column}))
        ((_name, email, _began, ended),) = local(report)
        assert (email, f"{ended:%H:%M:%S}") == expected


def test_what_is_left_out_is_named():
    text = f"Name,Reach,Guest,Join,Left,,Empty\nAwa,a@example.org,Yes,{FROM},{TO},x,\n"

    left = {one.key: "" for one in question(text).values()}
    assert read(text, answers=Answers(left)).left_out == ["Reach", "Guest", "6"]
    assert question(text.replace("a@example.org", "by phone")) is None


@pytest.mark.parametrize(
    ("header", "row", "ended", "notes"),
    [
        ("Duration (hours)", f"{FROM},{DAY} 15:50:05,1.5", "15:50:05", 0),
        ("Duration (小时)", f"{FROM},{DAY} 18:50:05,1.5", "15:50:05", 0),
        ("Duration (seconds)", f"{FROM},,2440", "15:00:45", 0),
        ("Duration (seconds)", f"{FROM},{DAY} 15:01:15,2440", "15:00:45", 0),
        ("Duration (minutes)", f"{FROM},{DAY} 15:00:45,40", "15:00:45", 0),
        ("Duration (hours)", f"{FROM},{DAY} 16:20:05,1", "15:20:05", 0),
        ("Duration", f"{FROM},,45:30", "15:05:35", 1),
        ("Duration", f"{FROM},,0:45", "15:05:05", 1),
        ("Duration (minutes)", f"{FROM},,5:30", "14:25:35", 0),
        ("Duration (hours)", f"{FROM},,1:30", "15:50:05", 0),
        ("Duration", f"{FROM},{DAY} 15:00:05,12:05\nBo,{FROM},{DAY} 15:20:05,45:30", "14:32:10", 1),
        ("Duration (seconds)", f'{FROM},,"2,440"', "15:00:45", 0),
        ("Duration", f"{FROM},{TO},2440", "15:00:45", 0),
        ("Duration", f"{FROM},{TO},0.0282407407", "15:00:45", 0),
        ("Duration", f"{FROM},{TO},0.03", "15:00:45", 0),
        ("Duration", f"{FROM},,41", "15:01:05", 1),
    ],
)  # fmt: skip
def test_header_or_the_other_rows_say_what_a_length_means(header, row, ended, notes):
    report = read(f"Name,Join,Left,{header}\nAwa,{row}\n")

    found = [one.ended.astimezone(GENEVA) for one in report.entries if one.name == "Awa"]
    assert [f"{one:%H:%M:%S}" for one in found] == ([ended] if ended else [])
    assert (len(report.notes), len(report.unread)) == (notes, 0 if ended else 1)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2020-10-25 02:10:00,,30", None),
        ("2020-10-25 02:10:00,,", None),
        ("2020-10-25 02:10:00,2020-10-25 02:40:00,30", None),
        ("2020-10-25 02:10:00,2020-10-25 02:40:00,90", ["00:10", "01:40"]),
        ("2020-10-25 02:10:00,2020-10-25 03:10:00,60", ["01:10", "02:10"]),
        ("2020-10-25 02:10:00+01:00,,30", ["01:10", "01:40"]),
    ],
)
def test_hour_that_comes_twice_is_taken_only_where_something_says_which_one(row, expected):
    report = read(f"Name,Join,Left,Duration\nAwa,{row}\nBo,2020-10-25 03:30:00,2020-10-25 03:40:00,10\n", near=NIGHT)

    found = [[f"{one:%H:%M}" for one in entry[2:]] for entry in report.entries if entry.name == "Awa"]
    assert found == ([expected] if expected else [])
    assert [one.text.endswith("where the clocks are changed") for one in report.unread] == [True] * (not expected)


@pytest.mark.parametrize(
    ("header", "there", "waited"),
    [("In waiting room", "No", "Yes"), ("Im Warteraum", "Nein", "Ja"), ("En salle d’attente", "Non", "Oui"), ("在等候室", "否", "是")],
)  # fmt: skip
def test_who_only_waited_to_be_let_in_was_not_there(header, there, waited):
    rows = f"Awa,{FROM},{TO},{{}}\nAwa,{FROM},{TO},{waited}\nBo,{FROM},{TO},{waited}\n"
    text = f"Name,Join,Left,{header}\n{rows}"

    assert [one.name for one in read(text.format(there)).entries] == ["Awa"]
    for unclear in ("perhaps", FROM):
        with pytest.raises(ValidationError) as refusal:
            read(text.format(unclear))
        assert (refusal.value.code, f"“{unclear}” means in the column “{header}”" in refusal.value.messages[0]) == (
            "unclear-value",
            True,
        )
    assert [one.text for one in question(text.format(there).replace(header, "Lobby state")).values()] == ["Lobby state"]


@pytest.mark.parametrize("day", ["%Y-%m-%d", "%d.%m.%y", "%m/%d/%Y", "%d %B %Y", "%Y-%m-%d 00:00"])
def test_date_beside_clock_times_is_their_day(day):
    """Bo was there a week before, over midnight; of Cy no day is said."""
    days = [datetime(2020, 7, number).strftime(day) for number in (22, 15)]  # noqa: DTZ001
    report = read(f"Name,Date,Join,Left\nAwa,{days[0]},14:20:05,15:00:45\nBo,{days[1]},23:50,0:30\nCy,,14:20,14:30\n")

    found = {(f"{a:%d %H:%M:%S}", f"{b:%d %H:%M:%S}") for _name, _email, a, b in local(report)}
    assert found == {("22 14:20:05", "22 15:00:45"), ("15 23:50:00", "16 00:30:00")}
    assert ([one.row for one in report.unread], report.is_undated) == ([4], False)


@pytest.mark.parametrize(
    ("zone", "hour", "is_told"),
    [
        ("(Asia/Tokyo)", 0, False),
        ("Asia/Tokyo", 0, False),
        ("(UTC+09:00) Tokyo", 0, False),
        ("(Etc/GMT-9)", 0, False),
        ("(UTC)", 9, False),
        ("(JST)", 7, True),
        ("EDT", 7, True),
        ("(hh:mm:ss)", 7, False),
    ],
)
def test_zone_that_a_header_names_is_taken_or_told(zone, hour, is_told):
    head = f'Name,"Join Time {zone}","Leave Time {zone}"\n'
    columns = {header_key(f"{word} Time {zone}"): f"{word.lower()}_time" for word in ("Join", "Leave")}

    report = read(f"{head}Awa,{DAY} 09:20:00,{DAY} 10:00:00\n", answers=Answers(columns))

    (entry,) = report.entries
    assert (entry.began.astimezone(UTC).hour, entry.ended - entry.began) == (hour, timedelta(minutes=40))
    name = zone.strip("()")
    assert report.notes == (
        [f"The time zone “{name}” is not known: the one chosen for the report is taken"] if is_told else []
    )


@pytest.mark.parametrize(("day", "notes"), [("07/08/2020", 1), ("07/07/2020", 0), ("13/08/2020", 0), ("2020-08-07", 0)])
def test_day_that_only_the_session_tells_from_the_month_is_told(day, notes):
    report = read(f"Name,Join,Left\nAwa,{day} 14:20,{day} 15:00\n", near=datetime(2020, 8, 7, 12, 20, tzinfo=UTC))

    assert len(report.notes) == notes
    assert all("“07/08/2020” is read as 7 August 2020" in note for note in report.notes)


@pytest.mark.parametrize(
    "words", ["Full Name|User Action|Timestamp|Joined before|Left", "Name|Benutzeraktion|Zeitstempel|Beigetreten|Verlassen"]
)  # fmt: skip
def test_one_column_of_moments_says_who_joined_and_who_left(words):
    name, action, moment, joined, left = words.split("|")
    rows = [
        ("Awa", joined, 20),
        ("Bo", joined, 21),
        ("Awa", left, 30),
        ("Awa", joined, 40),
        ("Cy", left, 41),
        ("Bo", "x", 50),
    ]
    text = f"{name}\t{action}\t{moment}\n" + "".join(f"{who}\t{did}\t22/07/2020 14:{at}:05\n" for who, did, at in rows)

    report = read(text.encode("utf-16"), answers=Answers(names={"value:action:x": "leave"}))

    assert spans(report) == [("14:20:05", "14:30:05"), ("14:40:05", None), ("14:21:05", None)]
    assert [tuple(one) for one in report.unread] == [(6, left)]


# --- who is who ------------------------------------------------------------------------------------
def rows_of(*names, head="Name,Join,Left\n"):
    times = [(NOW + timedelta(minutes=10 * n), NOW + timedelta(minutes=10 * n + 5)) for n, _name in enumerate(names)]
    rows = zip(names, times, strict=True)
    return head + "".join(f"{name},{a:%Y-%m-%dT%H:%M:%SZ},{b:%Y-%m-%dT%H:%M:%SZ}\n" for name, (a, b) in rows)


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        ("Li Na", "Lina", 2),
        ("Ann A", "Anna", 2),
        ("कमल शर्मा", "कमला शर्मा", 2),
        ("राम", "रमा", 2),
        ("สมชาย", "สมชัย", 2),
        ("Awa  DIALLO", "Ａwa Diallo", 1),
    ],
)
def test_bare_names_that_are_written_in_two_ways_are_two_people(one, other, number):
    people = people_of.participants(read(rows_of(one, other), near=NOW).entries)

    assert [len(person.times) for person in people] == ([1, 1] if number == 2 else [2])


SUMMARY = "Name,First join,Last leave,Email\n{}\n\n"
IN_SUMMARY = "Awa Diallo,2020-07-22T12:00:00Z,2020-07-22T13:00:00Z,"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        (rows_of("Awa Diallo"), 1),
        (rows_of("Diallo, AWA (she)".replace(",", "")), 1),
        (rows_of("Áwa Diallo"), 1),
        (rows_of("Awa Diallo", "Diallo Awa"), 0),
        (SUMMARY.format(f"{IN_SUMMARY}a@example.org\n{IN_SUMMARY}b@example.org") + rows_of("Awa Diallo", "Awa Diallo"), 0),
        (SUMMARY.format(f"{IN_SUMMARY}\n{IN_SUMMARY}") + rows_of("Awa Diallo", "Awa Diallo"), 0),
        (SUMMARY.format(IN_SUMMARY) + rows_of("Awa Diallo", "Awa Diallo"), 1),
    ],
)  # fmt: skip
def test_registered_person_is_proposed_for_their_name_where_nobody_else_has_it(session, awa, text, proposed):
    people = people_of.participants(read(text, near=NOW).entries)
    matched = people_of.match(people, session=session)

    assert [one.likely for one in matched.doubtful if one.likely] == [awa.pk] * proposed
    assert (matched.sure, {one.key for doubt in matched.doubtful for one in doubt.candidates}) == ({}, {awa.pk})
