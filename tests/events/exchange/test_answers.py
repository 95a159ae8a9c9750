"""What a file leaves open: columns and names that nobody knows are asked about, and the answers are what is done."""

import pytest

from events.models import Forum, Organisation, Room, Session, Speaker
from events.shared.tables.answers import Answers, near_rows
from tests.events.exchange.imports import agree, bring_in, errors, preview, question
from tests.events.shared.tables.files import workbook
from tests.factories import ForumFactory, OrganisationFactory, RoomFactory, SessionTypeFactory, SpeakerFactory

pytestmark = pytest.mark.django_db
ROW = "{title},2020-06-23 10:00,11:00,{room},{organisers}\n"
HEAD = "Kichwa,starts,ends,room,organisers\n"


@pytest.fixture
def forum():
    SessionTypeFactory(code="session", name="Session")
    return ForumFactory()


def named(page):
    return {question.text: question for question in page.context["look"].questions}


def test_near_name_has_to_be_answered_and_the_answer_is_what_is_done(organiser_site, forum):
    hall = RoomFactory(forum=forum, name="Savannah Hall")
    rows = [("A", "Savanah Hall"), ("B", "Room 2"), ("C", "Room 3"), ("D", "Savanah  hall")]
    lines = [f"{title},2020-06-{23 + n} 10:00,11:00,{room}" for n, (title, room) in enumerate(rows)]
    text = "\n".join(["title,starts,ends,room", *lines])
    page = preview(organiser_site, text)
    refused = agree(organiser_site, page)

    looked = agree(organiser_site, page, **{"name:room:savanah hall": str(hall.pk)})
    agree(organiser_site, looked)

    assert {name: (one.near, one.answer) for name, one in named(page).items() if one.label == "room"} == {
        "Savanah Hall": ([hall], ""),
        "Room 2": ([], "make"),
        "Room 3": ([], "make"),
    }
    assert refused.context["refused"] == "Answer what the file leaves open first."
    assert looked.context["refused"] == "You changed an answer: look at what the file does now."
    assert set(Room.objects.values_list("name", flat=True)) == {"Savannah Hall", "Room 2", "Room 3"}
    placed = Session.objects.filter(placement__room=hall).order_by("title")
    assert list(placed.values_list("title", flat=True)) == ["A", "D"]


def test_organisers_of_sessions_are_made_or_left_out_and_never_dropped_in_silence(organiser_site, forum):
    itu = OrganisationFactory(name="International Telecommunication Union", acronym="ITU")
    page = preview(organiser_site, HEAD.replace("Kichwa", "title")
                   + ROW.format(title="A", room="Hall", organisers="ITU; Radio Nowhere; Nobody"))  # fmt: skip

    agree(organiser_site, agree(organiser_site, page, **{"name:organisation:nobody": "leave"}))

    assert {one.text for one in named(page).values() if one.label == "organisation"} == {"Radio Nowhere", "Nobody"}
    made = Organisation.objects.get(name="Radio Nowhere")
    assert (set(Session.objects.get().organisers.all()), made.is_checked) == ({itu, made}, False)
    assert not Organisation.objects.filter(name="Nobody").exists()


def test_a_comma_parts_organisers_that_are_all_known_and_else_may_belong_to_the_name(organiser_site, forum):
    here, there, posts = (
        OrganisationFactory(name=name) for name in ("Radio Here", "Radio There", "Posts, Ministry of")
    )
    cells = {"A": "Radio Here, Radio There", "B": "Posts, Ministry of", "C": "Radio Here, Nowhere"}
    rows = [ROW.format(title=title, room="Hall", organisers=f'"{cell}"') for title, cell in cells.items()]

    page = preview(organiser_site, HEAD.replace("Kichwa", "title") + "".join(rows))
    agree(organiser_site, agree(organiser_site, page, **{"name:organisation:radio here, nowhere": "make"}))

    made = Organisation.objects.get(name="Radio Here, Nowhere")
    found = {session.title: set(session.organisers.all()) for session in Session.objects.all()}
    assert found == {"A": {here, there}, "B": {posts}, "C": {made}}


def test_organisation_of_speakers_is_made_once(organiser_site, forum):
    page = preview(
        organiser_site, "name,organisation\nAda,Radio Nowhere\nBob,radio nowhere\nEve,Radio Nowher\n", "speaker"
    )
    near = named(page)["Radio Nowher"]

    looked = agree(organiser_site, page, **{f"name:{near.key}": "new:radio nowhere"})
    done = agree(organiser_site, looked)

    assert (near.answer, errors(page), Organisation.objects.count()) == ("", [], 1)
    assert "Brought in: 3 new" in done.content.decode()
    assert set(Speaker.objects.values_list("organisation__name", flat=True)) == {"Radio Nowhere"}


def test_forged_answers_mean_nothing(organiser_site, forum):
    other = RoomFactory(forum=ForumFactory(slug="other"), name="Hidden hall")
    page = preview(organiser_site, "title,starts,ends,room\nA,2020-06-23 10:00,11:00,Hall\n")

    looked = agree(
        organiser_site, page, **{"name:room:hall": str(other.pk), "column:room": "state", "column:title": "x"}
    )
    agree(organiser_site, looked)

    assert not Session.objects.filter(placement__room=other).exists()


def test_near_is_another_spelling_and_not_another_number():
    rows = [
        (name, Room(pk=n, name=name))
        for n, name in enumerate(("Meeting Room 1", "Popov Hall", "Room A", "Hall Savannah"), 1)
    ]

    near = {
        text: [str(row) for row in near_rows(text, rows)]
        for text in ("Meeting Room 2", "Popow Hall", "Room B", "Savanna Hall")
    }

    assert near == {"Meeting Room 2": [], "Popow Hall": ["Popov Hall"], "Room B": [], "Savanna Hall": ["Hall Savannah"]}


def test_speakers_of_a_calendar_come_with_their_organisations(organiser_site, forum):
    SpeakerFactory(forum=forum, name="John Wirth", organisation=None)
    speakers = "Conway\\, Radia (Example Org)\\, Wirth\\, John (Example Org)\\, Low\\, Eve (Head\\, Posts)"
    lines = [
        "UID:1@indico",
        "SUMMARY:A",
        "DTSTART:20200623T100000Z",
        "DURATION:PT1H",
        f"DESCRIPTION:Speakers: {speakers}",
    ]
    page = preview(
        organiser_site, "\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])
    )

    agree(organiser_site, page)

    assert [one.text for one in named(page).values()] == ["Example Org"]
    assert set(Speaker.objects.values_list("name", "organisation__name", "position")) == {
        ("Radia Conway", "Example Org", ""),
        ("John Wirth", "Example Org", ""),
        ("Eve Low", None, "Head, Posts"),
    }


# --- columns -----------------------------------------------------------------------------------------

FOREIGN = "Kichwa,Siku,Saa,Mwisho,Ukumbi\nUfunguzi,2027-06-01,10:00,11:00,Popov\n"
SWAHILI = {"column:kichwa": "title", "column:siku": "date", "column:saa": "starts", "column:mwisho": "ends", "column:ukumbi": "room"}  # fmt: skip


@pytest.fixture(autouse=True)
def usual_type():
    SessionTypeFactory(code="session", name="Session")


def asked(page):
    return {one.text: one.column for one in question(page).headers if one.is_open}


def new_forum(client, data):
    return preview(client, data, forum="", slug="2027")


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_new_forum_takes_its_days_from_columns_that_were_asked_about_first(organiser_site):
    page = new_forum(organiser_site, FOREIGN)

    answered = agree(organiser_site, page, _look="1", **SWAHILI)
    agree(organiser_site, answered)

    assert asked(page) == dict.fromkeys(("Kichwa", "Siku", "Saa", "Mwisho", "Ukumbi"), "")
    assert [
        word for word in ("Which column is which?", "Ufunguzi", "2027-06-01") if word not in page.content.decode()
    ] == []
    forum, session = Forum.objects.get(), Session.objects.get()
    assert (str(forum.starts), session.title, session.placement.room.name) == ("2027-06-01", "Ufunguzi", "Popov")
    assert f"{forum.local(session.placement.starts):%H:%M}–{forum.local(session.placement.ends):%H:%M}" == "10:00–11:00"


def test_file_that_says_no_dates_leads_to_its_columns_and_not_to_an_end(organiser_site):
    page = new_forum(organiser_site, FOREIGN)

    dateless = agree(organiser_site, page, _look="1", **SWAHILI | {"column:siku": ""})
    answered = agree(organiser_site, dateless, _look="1", **{"column:siku": "date"})

    assert errors(dateless)[0] == "The file says no dates. Add the forum first, then bring in the file"
    assert ([one.column for one in question(dateless).headers], len(answered.context["look"].new)) == (
        ["title", "", "starts", "ends", "room"],
        1,
    )


def test_every_column_that_is_left_out_is_asked_about_and_named_afterwards(organiser_site):
    ForumFactory()
    text = "Title,Stream,Summary,Lead organisation,Internal note\nOpening,Skills,What it is,ITU,call Bob\n"
    page = preview(organiser_site, text)

    seen = agree(organiser_site, page, _look="1", **{f"column:{key}": value for key, value in shown(page).items()})
    done = agree(organiser_site, seen)

    assert asked(page) == {"Stream": "track", "Internal note": ""}
    session = Session.objects.get()
    assert (session.track.name, session.description, session.broadcast_url) == ("Skills", "What it is", "")
    assert [row.name for row in session.organisers.all()] == ["ITU"]
    assert "These columns of the file were left out: Internal note" in told(done)
    assert "not used: Internal note" in seen.content.decode()


def shown(page):
    return {one.key: one.column for one in question(page).headers}


def test_nothing_is_brought_in_while_a_column_is_open(organiser_site):
    ForumFactory()
    text = "Talk,Topic\nOpening,Radio\n"
    page = preview(organiser_site, text)

    unanswered = agree(organiser_site, page, **{"column:talk": "?", "column:topic": "?"})
    twice = agree(organiser_site, page, _look="1", **{"column:talk": "title", "column:topic": "title"})

    assert unanswered.context["refused"] == "Answer what the file leaves open first."
    assert errors(twice) == ["Several columns are “Title”. Say which one is"]
    assert Session.objects.count() == 0
    agree(organiser_site, agree(organiser_site, twice, _look="1", **{"column:topic": "track"}))
    assert [(one.title, one.track.name) for one in Session.objects.all()] == [("Opening", "Radio")]


def test_dates_that_begin_with_the_day_or_with_the_month_are_a_question(organiser_site):
    page = new_forum(organiser_site, "Title,Date,Start,End\nA,10/05/2027,10:00,11:00\nB,10/06/2027,10:00,11:00\n")

    again = agree(organiser_site, page, _look="1")
    agree(organiser_site, agree(organiser_site, again, _look="1", **{f"name:{question(again).key}": "month"}))

    readings = [(one.value, [*one.examples]) for one in question(page).readings]
    assert readings == [("day", ["10/05/2027"]), ("month", ["10/05/2027"]), ("year", ["10/05/2027"])]
    assert question(again).key == question(page).key
    assert [str(day) for day in Forum.objects.values_list("starts", "ends").get()] == ["2027-10-05", "2027-10-06"]


def test_day_stands_for_the_rows_below_it_in_its_column_alone_in_a_row_and_as_the_name_of_a_sheet():
    head = ["Title", "Date", "Time"]
    book = workbook(
        Column=[head, ["A", "2020-06-22", "10:00–11:00"], ["B", None, "11:00 – 12:00"], ["C", "2020-06-23", "9:00-10:00"]],
        Rows=[["Title", "Time"], ["Tuesday 23 June 2020"], ["D", "1:00–2:30 pm"], ["24 June 2020"], ["E", "11:30–1:00 pm"]],
        **{"25.06.2020": [["Title", "Time"], ["F", "14.00 bis 15.30 Uhr"]], "Saturday": [["Title", "Room"], ["G", "Hall"]]},
    )  # fmt: skip
    forum = ForumFactory()
    plan = bring_in(book, slug=forum.slug, answers=Answers())

    local = {item.name: forum.local(item.talk.starts).strftime("%d %H:%M") for item in plan.new if item.talk.starts}
    assert local == {
        "A": "22 10:00",
        "B": "22 11:00",
        "C": "23 09:00",
        "D": "23 13:00",
        "E": "24 11:30",
        "F": "25 14:00",
    }
    assert [forum.local(item.talk.ends).strftime("%H:%M") for item in plan.new if item.name in "DEF"] == [
        "14:30",
        "13:00",
        "15:30",
    ]
    assert [item.name for item in plan.new if not item.talk.starts] == ["G"]


def test_state_is_read_in_the_words_of_other_languages_else_asked_and_a_blank_says_nothing(organiser_site):
    ForumFactory()
    head = "Titel;Datum;Beginn;Ende;Status;Code\n"
    words = ("Abgesagt", "Annulée", "ملغاة", "已取消", "Bestätigt", "CANCELLED by host")
    rows = [f"{word};23.06.2020;{9 + n}:00;{10 + n}:00;{word};ABC12{n}\n" for n, word in enumerate(words)]
    page = preview(organiser_site, head + "".join(rows))
    asked = named(page)["CANCELLED by host"]

    looked = agree(organiser_site, page, **{f"name:{asked.key}": "cancelled"})
    agree(organiser_site, looked)
    again = preview(organiser_site, head + rows[0].replace("Abgesagt;ABC", ";ABC"))

    assert (list(named(page)), asked.answer) == (["CANCELLED by host"], "")
    found = {one.title for one in Session.objects.filter(placement__state="cancelled")}
    assert found == {*words} - {"Bestätigt"}
    assert again.context["look"].changed == []


# --- people, days, organisations, hours --------------------------------------------------------------


def people_of(rows):
    return {row.title: {(one.speaker.name, str(one.speaker.organisation or "")) for one in row.appearances.all()}
            for row in Session.objects.prefetch_related("appearances__speaker__organisation")}  # fmt: skip


def programme(**cells):
    """A table of sessions, an hour each, that name their people so."""
    rows = [f'{title};2020-06-23;{9 + n}:00;{10 + n}:00;"{cell}"\n' for n, (title, cell) in enumerate(cells.items())]
    return "Title;Date;Start;End;Speakers\n" + "".join(rows)


def test_one_name_of_two_organisations_is_a_question_also_within_one_session(organiser_site, forum):
    page = preview(
        organiser_site, programme(A="Li Wei (Itua)", B="Li Wei (Tsinghua)", C="李伟（Itua）；李伟（Tsinghua）")
    )
    asked = named(page)
    answers = {f"name:{asked[f'{name} (Tsinghua)'].key}": answer
               for name, answer in {"Li Wei": "make", "李伟": asked["李伟 (Tsinghua)"].choices[0][0]}.items()}  # fmt: skip

    agree(organiser_site, agree(organiser_site, page, **answers))
    again = preview(organiser_site, programme(A="Li Wei (Itua)", B="Li Wei (Tsinghua)"))

    assert {text for text, one in asked.items() if not one.answer} == {"Li Wei (Tsinghua)", "李伟 (Tsinghua)"}
    assert [words for _answer, words in asked["Li Wei (Tsinghua)"].choices] == [
        "Li Wei (Itua)",
        "Make it",
        "Leave it out",
    ]
    assert people_of(Session) == {
        "A": {("Li Wei", "Itua")},
        "B": {("Li Wei", "Tsinghua")},
        "C": {("李伟", "Itua")},
    }
    assert (named(again), again.context["look"].changed) == ({}, [])
    bare = named(preview(organiser_site, programme(D="Li Wei")))["Li Wei"]
    assert [words for _answer, words in bare.choices][:2] == ["Li Wei (Itua)", "Li Wei (Tsinghua)"]


def test_titles_and_capitals_make_nobody_another_person(organiser_site, forum):
    agree(organiser_site, preview(organiser_site, programme(
        A="Dr. Ada Byron (UN)", B="Ada BYRON (UN)", C="Ms. Ada Byron", D="H.E. Ms Ada Byron", E="He Jiankui; Jiankui"
    )))  # fmt: skip

    assert set(Speaker.objects.values_list("name", flat=True)) == {"Dr. Ada Byron", "He Jiankui", "Jiankui"}


def test_organisation_of_which_there_are_two_is_a_question(organiser_site, forum):
    council, centre = (OrganisationFactory(name=name, acronym="ITC") for name in ("Telecom Council", "Trade Centre"))
    text = HEAD.replace("Kichwa", "title") + ROW.format(title="A", room="Hall", organisers="ITC")
    page = preview(organiser_site, text)
    asked = named(page)["ITC"]

    agree(organiser_site, agree(organiser_site, page, **{f"name:{asked.key}": str(centre.pk)}))

    assert (set(asked.near), asked.answer) == ({council, centre}, "")
    assert list(Session.objects.get().organisers.all()) == [centre]


def test_organisers_on_lines_of_their_own_are_several_and_signs_between_them_a_question(organiser_site, forum):
    cells = ['"Alpha\nBeta"', "Gamma / Delta", '"Gamma, Delta, Epsilon"']
    rows = [ROW.format(title=f"S{n}", room="Hall", organisers=cell) for n, cell in enumerate(cells)]
    page = preview(organiser_site, HEAD.replace("Kichwa", "title") + "".join(rows))
    asked = named(page)
    answers = {f"name:{asked[text].key}": "each" for text in ("Gamma / Delta", "Gamma, Delta, Epsilon")}

    looked = agree(organiser_site, page, **answers)
    agree(organiser_site, looked)

    answered = {text: one.answer for text, one in asked.items() if one.label == "organisation"}
    assert answered == {"Alpha": "make", "Beta": "make", "Gamma / Delta": "", "Gamma, Delta, Epsilon": ""}
    found = {one.title: {row.name for row in one.organisers.all()} for one in Session.objects.all()}
    assert found == {"S0": {"Alpha", "Beta"}, "S1": {"Gamma", "Delta"}, "S2": {"Gamma", "Delta", "Epsilon"}}


@pytest.mark.parametrize(
    "row", ["Tuesday 20 October", "Day 2: Tuesday 20 October 2026", "Mardi 20 octobre", "Dienstag, 20. Oktober", "20.10.", "October 20th", "Day 2, 20 October: Networks"]
)  # fmt: skip
@pytest.mark.parametrize("head", ["Title,Start,End", "Start,Title,End"])
def test_day_of_its_own_row_may_lack_the_year_and_follow_words(row, head):
    cells = {"Title": "Second", "Start": "10:00", "End": "11:00"}
    second = ",".join(cells[name] for name in head.split(","))
    first = second.replace("Second", "First")
    bring_in(f'{head}\n19 October 2026,,\n{first}\n"{row}",,\n{second}\n'.encode())

    again = bring_in(b"Title,Date,Start,End\nThird,Tuesday 20 October,12:00,13:00\n", is_dry=True)

    assert [str(day) for day in Forum.objects.values_list("starts", "ends").get()] == ["2026-10-19", "2026-10-20"]
    assert Session.objects.count() == 2
    assert [one.cells[1] for one in again.new] == ["2026-10-20 12:00"]


ROWS_OF_DAYS = {  # what stands above the second session, and what somebody answers
    "Day 2": "2026-10-20",
    "DAY TWO": "2026-10-20",
    "Second day": "2026-10-20",
    "Deuxième journée": "2026-10-20",
    "Mardi": "2026-10-20",
    "第2天": "2026-10-20",
    "Wednesday 20 October": "2026-10-20",
    "Networks": "heading",
    "Lunch": "session",
}


@pytest.mark.parametrize(("row", "answer"), ROWS_OF_DAYS.items(), ids=list(ROWS_OF_DAYS))
def test_row_above_times_that_may_be_a_day_is_asked_about_and(organiser_site, row, answer):
    text = f"Title,Start,End\n19 October 2026,,\nFirst,10:00,11:00\n{row},,\nSecond,10:00,11:00\n"
    page = new_forum(organiser_site, text)
    (asked,) = page.context["look"].questions

    agree(organiser_site, agree(organiser_site, page, **{f"name:{asked.key}": answer}))

    days = dict(Session.objects.values_list("title", "placement__starts__date"))
    second = {"heading": "2026-10-19", "session": "2026-10-19"}.get(answer, answer)
    assert (asked.text, asked.answer) == (row, "")
    assert str(days.pop("Second")) == second
    assert {title: str(day) for title, day in days.items()} == {"First": "2026-10-19"} | (
        {row: "None"} if answer == "session" else {}
    )


def test_hours_of_the_afternoon_without_a_half_of_the_day_are_a_question(organiser_site):
    text = "Title,Date,Time\nA,2026-10-19,9:00–10:30\nB,2026-10-19,11:00–12:30\nC,2026-10-19,1:30–3:00\n"
    page = new_forum(organiser_site, text)
    (asked,) = page.context["look"].questions

    agree(organiser_site, agree(organiser_site, page, **{f"name:{asked.key}": "pm"}))

    forum = Forum.objects.get()
    last = Session.objects.get(title="C").placement
    assert (asked.text, asked.answer, dict(asked.choices)["pm"]) == ("1:30", "", "13:30, in the afternoon")
    assert [f"{forum.local(one):%H:%M}" for one in (last.starts, last.ends)] == ["13:30", "15:00"]


@pytest.mark.parametrize("last", ["1:30 am–3:00 am", "13:30–15:00"])
def test_hours_that_say_which_they_are_are_no_question(organiser_site, last):
    page = new_forum(organiser_site, f"Title,Date,Time\nB,2026-10-19,11:00–12:30\nC,2026-10-19,{last}\n")

    assert page.context["look"].questions == []
