"""Fifty-six reports of one meeting say the same to the second, or somebody is asked; nobody reads a sentence that is not true."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from events.shared.tables.answers import Answers, OpenQuestion
from events.shared.tables.cells import fold
from events.shared.tables.headers import OpenColumns
from registration.sessions.attendance.reports import formats
from tests.registration.sessions.attendance.reports.spellings import SPELLINGS, STAYS, SYSTEMS, WHOLE, Writer

GENEVA = ZoneInfo("Europe/Zurich")
STARTS = datetime(2020, 7, 22, 12, 20, tzinfo=UTC)
ASKING = Answers()


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

    with pytest.raises(OpenColumns) as refusal:
        read(data)

    headers = refusal.value.headers
    open_ones = {header.text: header for header in headers if not header.column}
    assert "“Wer”" in refusal.value.messages[0]
    assert "Awa Diallo" in open_ones["Wer"].examples
    meant = {"Wer": "name", "Rein": "join_time", "Raus": "leave_time"}
    meant |= {"Zuerst rein": "first_join", "Zuletzt raus": "last_leave"}
    keys = {header.key: meant.get(header.text, header.column) for header in headers}
    keys |= {word.casefold(): column for word, column in meant.items()}  # asked next: those of the second table
    assert {one.name for one in read(data, answers=Answers(columns=keys)).entries} == {
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


# --- what nobody understands is asked -------------------------------------------------------------
HEADS = {
    "pl": "Imię i nazwisko\tPierwsze dołączenie\tOstatnie wyjście\tCzas trwania\tPoczta\tRola",
    "ro": "Nume\tOra conectării\tOra părăsirii\tDurată\tPoștă\tRol",
    "uk": "Ім'я\tЧас приєднання\tЧас виходу\tТривалість\tПошта\tРоль",
    "he": "שם\tשעת הצטרפות\tשעת עזיבה\tמשך זמן\tדואר\tתפקיד",
}


@pytest.mark.parametrize(
    ("language", "length"),
    [("pl", "1 godz. 1 min 4 s"), ("ro", "1 h 1 m 4 s"), ("uk", "1 год 1 хв 4 с"), ("he", "1:01:04")],
)
def test_commas_of_dates_part_no_columns_and_the_headers_are_asked_about(language, length):
    above = "X\t22.7.2020, 13:58:00\t22.7.2020, 15:31:12\t1\n" * 5
    rows = "".join(f"P{n} X\t22.7.2020, 14:02:0{n}\t22.7.2020, 15:03:1{n}\t{length}\tp{n}@x.org\tA\n" for n in range(4))
    data = f"1. X\n{above}\n2. P\n{HEADS[language]}\n{rows}".encode("utf-16")

    with pytest.raises(OpenColumns) as refusal:
        read(data)
    asked = {one.text: one.key for one in refusal.value.headers}
    assert set(asked) == set(HEADS[language].split("\t"))
    keys = dict(
        zip(
            (asked[text] for text in HEADS[language].split("\t")),
            ["name", "join_time", "leave_time", "duration", "email", ""],
            strict=True,
        )
    )
    entries = read(data, answers=Answers(columns=keys)).entries
    assert [(one.email, one.ended - one.began) for one in entries] == [
        (f"p{n}@x.org", timedelta(seconds=3664)) for n in range(4)
    ]


LISTED = (
    "Name,Join time,Leave time,{}\nAwa,2020-07-22 14:02,2020-07-22 15:03,{}\nBo,2020-07-22 14:02,2020-07-22 15:03,{}\n"
)
ACTED = "Name,Timestamp,{}\nAwa,2020-07-22 14:02,{}\nAwa,2020-07-22 15:03,{}\nBo,2020-07-22 14:09,Lid\n"


@pytest.mark.parametrize(
    ("data", "column", "answers", "names"),
    [
        (LISTED.format("In waiting room", "Hayır", "Evet"), "waiting", {"Hayır": "no", "Evet": "yes"}, ["Awa"]),
        (LISTED.format("대기실", "아니요", "예"), "waiting", {"아니요": "no", "예": "yes"}, ["Awa"]),
        (LISTED.format("Attended", "Nie", "Tak"), "attended", {"Nie": "no", "Tak": "yes"}, ["Bo"]),
        (LISTED.format("Attended", "?!", "Yes"), "attended", {"?!": "leave"}, ["Bo"]),
        (ACTED.format("User action", "Deelgenomen", "Vertrokken"), "action",
         {"Deelgenomen": "join_time", "Vertrokken": "leave_time", "Lid": "leave"}, ["Awa"]),
    ],
)  # fmt: skip
def test_unknown_value_of_a_column_that_says_a_few_things_is_asked_by_itself(data, column, answers, names):
    columns, given = {"timestamp": "join_time", fold("대기실"): "waiting"}, {}
    for text, value in answers.items():
        with pytest.raises(OpenQuestion) as refusal:
            read(data, answers=Answers(columns, given))
        assert (refusal.value.code, f"“{text}”" in refusal.value.messages[0]) == ("unclear-value", True)
        assert value in {one.value for one in refusal.value.readings}
        given[refusal.value.key] = value

    report = read(data, answers=Answers(columns, given))
    assert ([one.name for one in report.entries], report.unread) == (names, [])
    assert all(key.startswith(f"value:{column}:") for key in given)
    assert report.entries[0].ended - report.entries[0].began == timedelta(minutes=61)


def test_column_with_many_unknown_values_is_asked_about_itself():
    rows = "".join(f"P{n},2020-07-22 14:02,2020-07-22 15:03,word {n}\n" for n in range(9))

    with pytest.raises(OpenColumns) as refusal:
        read("Name,Join time,Leave time,Attended\n" + rows)

    assert (
        "“Attended”" in refusal.value.messages[0],
        [one.key for one in refusal.value.headers if one.is_doubtful],
    ) == (
        True,
        ["attended"],
    )
    assert len(read("Name,Join time,Leave time,Attended\n" + rows, answers=Answers({"attended": ""})).entries) == 9


HOUR = "2020-07-22 13:02:00{},2020-07-22 14:02:00{}"
HEADED = "Name,Join time,Leave time"


@pytest.mark.parametrize(
    ("data", "answers", "began", "said"),
    [
        (f"{HEADED}\nAwa,{HOUR.format(' CEST', ' CEST')}\n", {}, "13:02", ""),
        (f"{HEADED}\nAwa,\"Jul 22, 2020 1:02:00 PM EDT\",\"Jul 22, 2020 2:02:00 PM EDT\"\n", {}, "19:02", ""),
        (f"{HEADED}\nAwa,{HOUR.format(' Europe/London', ' Europe/London')}\n", {}, "14:02", ""),
        (f"{HEADED}\nAwa,{HOUR.format(' CST', ' CST')}\n", {"zone:CST": "480"}, "07:02", "“CST”"),
        (f"{HEADED}\nAwa,{HOUR.format(' CST', ' CST')}\n", {"zone:CST": "-360"}, "21:02", "“CST”"),
        (f"Meeting time zone:,(GMT+01:00) London\n\n{HEADED}\nAwa,{HOUR.format('', '')}\n", {}, "14:02", "(GMT+01:00) London"),
        (f"Time zone: Europe/London\n\n{HEADED}\nAwa,{HOUR.format('', '')}\n", {}, "14:02", "Europe/London"),
        (f"Zeitzone,Mittelerde\n\n{HEADED}\nAwa,{HOUR.format('', '')}\n", {}, "13:02", "Mittelerde"),
        (f"Country,Japan\n\n{HEADED}\nAwa,{HOUR.format('', '')}\n", {}, "13:02", ""),
        (f"Time zone,Asia/Tokyo\n\n{HEADED} (UTC)\nAwa,{HOUR.format('', 'Z')}\n", {}, "06:02", "Asia/Tokyo"),
        (f"{HEADED},Time Zone\nAwa,{HOUR.format('', '')},Europe/London\n", {}, "14:02", "Europe/London"),
        (f"{HEADED},Timezone\nAwa,{HOUR.format('', '')},Mittelerde\n", {}, "13:02", "Mittelerde"),
        (f"{HEADED},Timezone\nAwa,{HOUR.format('', '')},Asia/Tokyo\nBo,{HOUR.format('', '')},UTC\n", {"zones": "each"}, "06:02", "several"),
        (f"{HEADED},Timezone\nAwa,{HOUR.format('', '')},Asia/Tokyo\nBo,{HOUR.format('', '')},UTC\n", {"zones": "chosen"}, "13:02", "several"),
    ],
)  # fmt: skip
def test_zone_that_a_report_names_is_used_and_told_or_asked(data, answers, began, said):
    if answers:
        with pytest.raises(OpenQuestion) as refusal:
            read(data)
        ((key, value),) = answers.items()
        assert (refusal.value.key, said in refusal.value.messages[0]) == (key, True)
        assert value in {one.value for one in refusal.value.readings}

    report = read(data, answers=Answers(names=answers))
    assert f"{report.entries[0].began.astimezone(GENEVA):%H:%M}" == began
    assert report.entries[0].ended > report.entries[0].began
    assert ([said in note for note in report.notes], report.left_out) == ([True] * bool(said and not answers), [])


def test_unknown_column_of_zones_is_asked_about_and_one_of_countries_is_not():
    def text(value):
        return f"{HEADED},Where\nAwa,{HOUR.format('', '')},{value}\n"

    with pytest.raises(OpenColumns) as refusal:
        read(text("Asia/Tokyo"))
    assert [one.key for one in refusal.value.headers if one.is_doubtful] == ["where"]
    assert read(text("Japan")).left_out == ["Where"]
