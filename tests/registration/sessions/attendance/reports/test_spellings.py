"""Fifty-six reports of one meeting say the same to the second, or somebody is asked; nobody reads a sentence that is not true."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from events.shared.tables.answers import Answers
from registration.sessions.attendance.reports import formats, report_tables
from tests.registration.sessions.attendance.reports.spellings import SPELLINGS, STAYS, SYSTEMS, WHOLE, Writer

GENEVA = ZoneInfo("Europe/Zurich")
STARTS = datetime(2020, 7, 22, 12, 20, tzinfo=UTC)
ASKING = Answers(is_asking=True)


def read(data, *, near=STARTS, answers=ASKING, zone=GENEVA):
    data = data if isinstance(data, bytes) else data.encode()
    return formats.read(data, zone=zone, near=near, answers=answers)


def local(report):
    """The entries on the clock of Geneva."""
    return {
        (one.name, one.email, *(at.astimezone(GENEVA).replace(tzinfo=None) for at in one[2:])) for one in report.entries
    }


@pytest.mark.parametrize("language", SPELLINGS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_is_read_to_the_second_in_every_language(system, language):
    report = read(system(Writer(language)))

    has_gaps = system.__name__ in {"bigbluebutton", "meet"}
    whole = {(name, email * (system.__name__ == "meet"), a, a + length) for name, email, a, _b, length in WHOLE}
    assert local(report) == (whole if has_gaps else {tuple(row) for row in STAYS})
    assert (report.unread, report.is_undated) == ([], system.__name__ == "meet")


@pytest.mark.parametrize("language", SPELLINGS)
@pytest.mark.parametrize("system", SYSTEMS[:5])
def test_columns_of_other_names_are_asked_about_and_read_with_the_answers(system, language):
    to = Writer(language)
    to.name, to.joined, to.left = "Wer", "Rein", "Raus"
    to.first, to.last = "Zuerst rein", "Zuletzt raus"
    data = system(to)

    with pytest.raises(report_tables.ColumnsOpen) as refusal:
        read(data)

    headers = report_tables.asked(refusal.value, answers=ASKING)
    open_ones = {header.text: header for header in headers if not header.column}
    assert "“Wer”" in refusal.value.messages[0]
    assert "Awa Diallo" in open_ones["Wer"].examples
    meant = {"Wer": "name", "Rein": "join_time", "Raus": "leave_time"}
    meant |= {"Zuerst rein": "first_join", "Zuletzt raus": "last_leave"}
    keys = {header.key: meant.get(header.text, header.column) for header in headers}
    keys |= {word.casefold(): column for word, column in meant.items()}  # asked next: those of the second table
    assert {one.name for one in read(data, answers=Answers(columns=keys, is_asking=True)).entries} == {
        "Awa Diallo",
        "Bo Lind",
    }


HEAD = "Name,Email,First join,Last leave,Duration\n"
AT = "2020-07-22 14:2{}:00,2020-07-22 15:00:00,{}"


@pytest.mark.parametrize(
    ("names", "emails"),
    [
        (["Awa,awa@example.org", "Bo,"], {"awa@example.org", ""}),
        (["Awa,awa@example.org", "Awa,"], {""}),
        (["Awa,awa@example.org", "Awa,other@example.org"], {""}),
    ],
)
def test_bare_name_never_takes_the_address_of_a_namesake(names, emails):
    summary = "".join(f"{name},{AT.format(0, 40)}\n" for name in names)
    listed = "".join(f"{name.split(',')[0]},{AT.format(n, 40 - n)}\n" for n, name in enumerate(names))

    report = read(f"{HEAD}{summary}\nName,Join Time,Leave Time,Duration\n{listed}")

    assert {one.email for one in report.entries} == emails


def test_day_is_never_taken_from_the_session_where_nobody_looks():
    with pytest.raises(ValidationError) as refusal:
        read("Name,Join,Left\nAwa,14:20,15:00", answers=None)

    assert refusal.value.code == "unread"
