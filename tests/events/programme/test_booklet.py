import re
from datetime import UTC, date, datetime, timedelta

import pytest

from events.models import PdfFile, Release, Session
from events.programme import booklet
from events.shared.pdf import pdf_files
from events.shared.pdf.pdf_files import PdfSource, Undrawable
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    ForumFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
)

pytestmark = pytest.mark.usefixtures("noon")
PAYLOADS = [
    '#panic("x")',
    '#import "@preview/x:1.0.0": *',
    '#read("/etc/passwd")',
    "#sys.inputs #eval(\"1\")",
    "*bold* _em_ $x^2$ @ref <label> [a] \\u{41} // /* `raw` = heading",
    '"}, "days": []',
    "\u202ereversed\u202c \x07 \U000f0000",
    "الألياف البصرية",
    "信息网络建设",
    "x" * 250,
    "#pagebreak()" * 20,
]  # fmt: skip


@pytest.fixture
def session(forum):
    session = SessionFactory(
        forum=forum, title="Fibre", description="# Long\n\nA *text* with [a link](https://x.example) & more"
    )
    session.action_lines.add(ActionLineFactory())
    session.sdgs.add(SDGFactory())
    AppearanceFactory(session=session, speaker=SpeakerFactory(forum=forum, name="Amélie Ngô"))
    hidden = SpeakerFactory(forum=forum, name="Unreleased")
    AppearanceFactory(session=session, speaker=hidden, is_released=False)
    return session


def pages_of(pdf):
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def rows(found):
    return [row for day in found["days"] for row in day["sessions"]]


def test_content_of_a_day(session):
    Release.objects.create(forum=session.forum, number=3, released=NOW, timetable=[], changes=[])
    SessionFactory(forum=session.forum, title="Next day", starts=session.starts + timedelta(days=1))

    found = booklet.content(session.forum, day=session.starts.date(), now=NOW)

    [row] = rows(found)
    assert (row["time"], row["title"]["text"], row["marks"]) == ("14:00–15:30", "Fibre", "C2 · SDG 9")
    assert [person["text"] for person in row["people"]] == ["Amélie Ngô"]
    assert row["text"]["text"] == "Long A text with a link & more"
    assert found["foot"] == "WSIS Forum 2020 · Version 3, released 22 July 2020 · Times in the zone of Geneva (UTC+2)"
    assert found["heading"] == "Thursday 23 July 2020"


def test_foot_names_every_offset_that_a_time_of_the_booklet_needs_and_no_other(db):
    """Over a change of clocks a day, or one session, has two; read with the one of the day's morning, an end is an hour off."""
    forum = ForumFactory(starts=date(2020, 10, 24), ends=date(2020, 10, 26))
    for day, hours in ((24, (10, 11)), (25, (0, 2)), (26, (10, 11))):  # on the 25th, at 1:00 UTC, the clocks go back
        starts, ends = (datetime(2020, 10, day, hour, tzinfo=UTC) for hour in hours)
        SessionFactory(forum=forum, starts=starts, ends=ends)

    days = [None, date(2020, 10, 24), date(2020, 10, 25), date(2020, 10, 26)]
    feet = [booklet.content(forum, now=NOW, day=day)["foot"].rpartition("Geneva ")[2] for day in days]

    assert feet == ["(UTC+2, UTC+1)", "(UTC+2)", "(UTC+2, UTC+1)", "(UTC+1)"]


def test_whole_programme_has_every_day_and_no_descriptions(session):
    SessionFactory(forum=session.forum, title="Next day", starts=session.starts + timedelta(days=1), state="cancelled")

    found = booklet.content(session.forum, now=NOW)

    assert [day["name"] for day in found["days"]] == ["Thursday 23 July 2020", "Friday 24 July 2020"]
    assert [(row["title"]["text"], row["cancelled"], row["text"]["text"]) for row in rows(found)] == [
        ("Fibre", "", ""),
        ("Next day", "Cancelled", ""),
    ]


def test_day_without_sessions_has_no_booklet_and_costs_no_programme(session, client, django_assert_num_queries):
    for address in ("programme-2020-06-22.pdf", "programme-2020-02-31.pdf"):
        assert client.get(f"/2020/{address}").status_code == 404
    assert client.get("/2021/programme.pdf").status_code == 404
    for day in (date(2020, 7, 1), date.min, date.max):
        with django_assert_num_queries(1):
            assert booklet.content(session.forum, now=NOW, day=day) is None


def test_nothing_that_the_public_does_not_see(session):
    for change in ({"state": "draft"}, {"embargoed_until": NOW + timedelta(hours=1)}):
        SessionFactory(forum=session.forum, title="Canary", **change)
    later = session.starts + timedelta(days=1)
    SessionFactory(forum=session.forum, starts=later, embargoed_until=later)

    found = repr(booklet.content(session.forum, now=NOW))

    assert booklet.content(session.forum, now=NOW, day=later.date()) is None  # all of it is hidden
    assert [word in found for word in ("Canary", "Unreleased", "Fibre")] == [False, False, True]


def test_titles_stay_text_and_draw(forum):
    """A payload that ran would stop the compiler, or add pages: it has as many as plain titles of that length."""
    sessions = [SessionFactory(forum=forum, title=payload[:250], description=payload) for payload in PAYLOADS]

    drawn = pdf_files.draw(booklet.source(forum, now=NOW, day=sessions[0].starts.date()))

    assert drawn.startswith(b"%PDF-")
    assert pages_of(drawn) <= 3
    shown = [row["title"]["text"] for row in rows(booklet.content(forum, now=NOW))]
    assert shown[0] == '#panic("x")'
    assert shown[6] == "reversed"


@pytest.mark.parametrize(
    ("source", "fault"),
    [(PAYLOADS[0], "panic"), ('#read("../../../../../../etc/passwd")', r"file|access|root")],
    ids=["control: as source the payload does run", "no file is read"],
)
def test_template_that_does_more_is_stopped(source, fault):
    with pytest.raises(Undrawable, match=fault):
        pdf_files.draw(PdfSource(source, content={}))


def test_same_programme_is_drawn_once(session, client):
    first, second = (client.get("/2020/programme.pdf") for _i in range(2))
    session.title = "Satellites"
    session.save()
    third = client.get("/2020/programme.pdf")

    assert first.content == second.content != third.content
    assert PdfFile.objects.count() == 2
    assert first["Content-Disposition"] == 'inline; filename="2020-programme.pdf"'
    assert first["Cache-Control"] == "public, max-age=0, must-revalidate"


@pytest.mark.parametrize("number", [1, 3])
def test_number_of_queries(forum, number, django_assert_num_queries):
    for _i in range(number):
        AppearanceFactory(session=SessionFactory(forum=forum))

    with django_assert_num_queries(6):
        booklet.content(forum, now=NOW)
    day = forum.today(Session.objects.first().starts)
    with django_assert_num_queries(7):
        booklet.content(forum, now=NOW, day=day)
