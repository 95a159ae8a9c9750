"""Which column of a file is which: asked before anything else, with some of its values, and nothing is lost in silence."""

import pytest

from events.models import Forum, Session
from events.shared.tables.answers import Answers
from tests.events.exchange.imports import agree, bring_in, errors, preview
from tests.events.shared.tables.files import workbook
from tests.factories import ForumFactory, SessionTypeFactory

pytestmark = pytest.mark.django_db
FOREIGN = "Kichwa,Siku,Saa,Mwisho,Ukumbi\nUfunguzi,2027-06-01,10:00,11:00,Popov\n"
SWAHILI = {"column:kichwa": "title", "column:siku": "date", "column:saa": "starts", "column:mwisho": "ends", "column:ukumbi": "room"}  # fmt: skip


@pytest.fixture(autouse=True)
def usual_type():
    SessionTypeFactory(code="session", name="Session")


def asked(page):
    return {one.text: one.column for one in page.context["look"].headers if one.is_open}


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
    assert (dateless.context["look"].asks_columns, len(answered.context["look"].new)) == (True, 1)


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
    return {one.key: one.column for one in page.context["look"].headers}


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

    again = agree(organiser_site, page, _look="1", **{"name:order:dates": "?"})
    agree(organiser_site, agree(organiser_site, again, _look="1", **{"name:order:dates": "month"}))

    assert [one.context["look"].unclear_date for one in (page, again)] == ["10/05/2027"] * 2
    assert [str(day) for day in Forum.objects.values_list("starts", "ends").get()] == ["2027-10-05", "2027-10-06"]


def test_day_stands_for_the_rows_below_it_in_its_column_alone_in_a_row_and_as_the_name_of_a_sheet():
    head = ["Title", "Date", "Time"]
    book = workbook(
        Column=[head, ["A", "2020-06-22", "10:00–11:00"], ["B", None, "11:00 – 12:00"], ["C", "2020-06-23", "9:00-10:00"]],
        Rows=[["Title", "Time"], ["Tuesday 23 June 2020"], ["D", "1:00–2:30 pm"], ["24 June 2020"], ["E", "11:30–1:00 pm"]],
        **{"25.06.2020": [["Title", "Time"], ["F", "14.00 bis 15.30 Uhr"]], "Saturday": [["Title", "Room"], ["G", "Hall"]]},
    )  # fmt: skip
    forum = ForumFactory()
    plan = bring_in(book, slug=forum.slug, answers=Answers(is_asking=True))

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
