import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from events.models import ActionLine, MatrixLink, Outcome
from events.programme import forum_home, session_entries, session_page, speaker_pages, wsis_sdg_matrix
from events.shared.formatting.names import session_text
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    BookingFactory,
    ForumFactory,
    OrganisationFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
    translate,
)
from tests.files import stored

LIVE = "https://video.example.org/live"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_weeks_count_sessions_and_mark_the_current_one_while_the_forum_runs():
    forum = ForumFactory.build()
    days = [date(2020, 6, 22), date(2020, 6, 28), date(2020, 7, 20)]

    weeks = session_entries.weeks(forum, dates=days, today=date(2020, 7, 22))
    before, after = (session_entries.weeks(forum, dates=[], today=date(2020, *day)) for day in ((6, 1), (9, 11)))

    assert len(weeks) == 12
    assert [week.sessions for week in weeks[:5]] == [2, 0, 0, 0, 1]
    assert [week.number for week in weeks if week.is_current] == [5]
    assert [week.number for week in weeks if week.is_past] == [1, 2, 3, 4]
    assert [week for week in before if week.is_current or week.is_past] == []
    assert [week for week in after if week.is_current] == []


def test_week_days_are_those_of_this_week_before_the_forum_of_its_first_and_none_after_it():
    forum = ForumFactory.build()
    days = [date(2020, 6, 22), date(2020, 7, 22), date(2020, 7, 22), date(2020, 7, 24), date(2020, 7, 27), forum.ends]

    this, first, none = (
        forum_home.week_days(forum, days=days, today=today)
        for today in (date(2020, 7, 22), date(2020, 1, 1), date(2020, 9, 11))
    )

    assert this == [forum_home.HomeDay(date(2020, 7, 22), 2, True), forum_home.HomeDay(date(2020, 7, 24), 1, False)]
    assert (first, none) == ([forum_home.HomeDay(date(2020, 6, 22), 1, False)], [])


def test_action_lines_leave_out_the_whole_of_parts_and_count_public_sessions():
    session = SessionFactory()
    session.action_lines.set(ActionLine.objects.filter(code__in=["C7", "C7-E-GOV"]))
    SessionFactory(state="draft").action_lines.set(ActionLine.objects.filter(code="C7-E-GOV"))

    lines = forum_home.action_lines(session.forum)

    assert len(lines) == 18
    assert [(line.code, line.session_count) for line in lines if line.session_count] == [("C7-E-GOV", 1)]


@pytest.mark.parametrize(
    ("texts", "language", "wording"),
    [
        ({"title": "Câbles", "description": "Longs"}, "fr", ("Câbles", "Longs")),
        ({"title": "Câbles"}, "fr", ("Câbles", "Long")),
        ({"title": "Câbles"}, "ar", ("Cables", "Long")),
    ],
)
def test_wording_is_the_text_in_the_language_of_the_page_where_there_is_one(texts, language, wording):
    session = SessionFactory(title="Cables", description="Long")
    translate(session, "fr", **texts)

    found = session_page.session("2020", code=session.code)

    assert tuple(session_text(found, part, language=language) for part in ("title", "description")) == wording


def test_neighbours_are_those_of_the_same_local_day():
    middle = SessionFactory()
    first = SessionFactory(starts=middle.starts - timedelta(hours=2))
    last = SessionFactory(starts=middle.starts + timedelta(hours=2))
    SessionFactory(starts=middle.starts + timedelta(hours=10))  # past midnight in Geneva

    assert session_page.neighbours(middle) == (first, last)
    assert session_page.neighbours(first) == (None, middle)
    assert session_page.neighbours(last) == (middle, None)


def test_speakers_of_drafts_only_are_not_listed():
    seen = AppearanceFactory().speaker
    hidden = AppearanceFactory(session__state="draft").speaker
    forum = seen.forum

    page = speaker_pages.speakers(forum, query="", order="", page="1").page

    assert list(page) == [seen]
    assert speaker_pages.speaker(forum, pk=seen.pk) == seen
    assert speaker_pages.speaker(forum, pk=hidden.pk) is None


def test_speakers_are_ordered_by_protocol_or_name_and_found_by_all_words():
    minister = AppearanceFactory(
        speaker=SpeakerFactory(name="Zola Diallo", protocol_order=1, position="Engineer")
    ).speaker
    expert = AppearanceFactory(speaker=SpeakerFactory(name="Aoki Diallo")).speaker

    def speakers(**more):
        return list(speaker_pages.speakers(minister.forum, **{"query": "", "order": "", "page": "1"} | more).page)

    assert speakers() == [minister, expert]
    assert speakers(order="name", page="x") == [expert, minister]
    assert speakers(query="diallo engin") == [minister]


def test_matrix_counts_each_session_once_a_cell():
    line, other = ActionLineFactory(code="C2"), ActionLineFactory(code="C5")
    goal = SDGFactory()
    MatrixLink.objects.get_or_create(action_line=line, sdg=goal)
    session = SessionFactory()
    session.action_lines.add(line, other)
    session.sdgs.add(goal)
    for state in ("scheduled", "draft"):
        second = SessionFactory(state=state)
        second.action_lines.add(line)
        second.sdgs.add(goal)

    goals, table = wsis_sdg_matrix.matrix(session.forum)

    row = next(row for row in table if row.action_line == line)
    assert row.cells[goals.index(goal)] == wsis_sdg_matrix.MatrixCell(sdg=goal, sessions=2, step=5, is_linked=True)
    assert sum(cell.sessions for row in table for cell in row.cells) == 3
    assert {cell.step for row in table for cell in row.cells} == {0, 3, 5}


# --- the pages themselves -------------------------------------------------------------------------
def test_index_leads_to_the_current_forum_or_says_that_there_is_none(client):
    none = client.get("/")
    ForumFactory()

    assert none.status_code == 200
    assert "No forum is public yet" in none.content.decode()
    assert client.get("/fr/")["Location"] == "/fr/2020/"


def test_index_goes_by_the_language_that_was_chosen_and_the_browsers(client):
    ForumFactory()
    for accepted, remembered, place in [
        ("fr-CH, fr;q=0.9, en;q=0.8", "", "/fr/2020/"),
        ("xx, tlh;q=0.5", "", "/2020/"),
        ("\x00;;q=,,fr;q=x", "", "/2020/"),
        ("fr", "ar", "/ar/2020/"),
        ("fr", "en", "/2020/"),
        ("fr", "tlh", "/fr/2020/"),
    ]:
        client.cookies["language"] = remembered

        answer = client.get("/", headers={"accept-language": accepted})

        assert answer["Location"] == place, (accepted, remembered)
        assert (answer["Cache-Control"], answer.cookies) == ("public, max-age=0, must-revalidate", {}), accepted


def test_language_is_chosen_without_script_and_an_unknown_one_is_not(client):
    ForumFactory()

    chosen = client.get("/?language=ar", headers={"accept-language": "fr"})
    unknown = client.get("/?language=tlh", headers={"accept-language": "fr"})
    again = client.get("/", headers={"accept-language": "fr"})

    assert [answer["Location"] for answer in (chosen, unknown, again)] == ["/ar/2020/"] * 3
    assert (chosen.cookies["language"].value, unknown.cookies) == ("ar", {})
    assert chosen["Cache-Control"] == "private, no-store"


def test_language_of_an_address_stays(client):
    """Who is sent a French link gets French, whatever the browser asks for and whatever was chosen."""
    ForumFactory()
    client.cookies["language"] = "ar"

    assert client.get("/fr/", headers={"accept-language": "ar"})["Location"] == "/fr/2020/"
    assert '<html lang="en"' in client.get("/2020/", headers={"accept-language": "ar"}).content.decode()


def test_every_page_leads_to_itself_in_all_languages(client):
    ForumFactory()
    pages = ["/2020/", "/2020/programme/?from=2020-07-22", "/privacy/", "/accounts/login/", "/accounts/signup/"]

    for page in pages:
        for code, path in (("en", page), ("fr", f"/fr{page}"), ("ar", f"/ar{page}")):
            html = client.get(path).content.decode()
            for menu in (html.partition("<main")[0].partition("<header")[2], html.partition("<footer")[2]):
                links = dict(re.findall(r'<a href="([^"]+)" lang="\w+" hreflang="(\w+)"', menu))
                others = {"en": page, "fr": f"/fr{page}", "ar": f"/ar{page}"}
                found = {language: address for address, language in links.items()}
                assert found | {code: path} == others, path


@pytest.mark.parametrize(("page", "expected"), [("en", []), ("fr", ["en"] * 3), ("ar", ["en"] * 4)])
def test_what_is_in_another_language_than_the_page_says_so(client, page, expected):
    session = SessionFactory(title="Fibre", description="Nearly half the world is offline.")
    Outcome.objects.create(forum=session.forum, session=session, title="A handbook", is_public=True)
    translate(SessionFactory(), "fr", title="Câbles", description="Longs")
    prefix = "" if page == "en" else f"/{page}"

    html = client.get(f"{prefix}/2020/programme/{session.code}/").content.decode()
    article = html.partition("<article")[2].partition("</article")[0]

    assert [code for code in re.findall(r' lang="(\w+)"', article) if code != page] == expected


def test_home_before_in_and_after_the_forum(client, time_machine):
    forum = ForumFactory()
    empty = client.get("/2020/").content.decode()
    session = SessionFactory(
        forum=forum,
        starts=NOW,
        ends=NOW + timedelta(hours=1),
        title="Cables & more",
        recording_url="https://v.example/",
    )
    live = client.get("/2020/").content.decode()
    time_machine.move_to(NOW + timedelta(days=300))
    over = client.get("/2020/").content.decode()

    assert "No session has a time yet" in empty
    assert (live.count("Cables &amp; more") > 0, live.count("Live now")) == (True, 1)
    assert reverse("registration:join", args=["2020", session.code]) in live
    assert "The Forum is over" in over


def test_session_page_shows_the_facts_and_never_the_meeting_address(client):
    session = SessionFactory(
        number=237,
        captioning=["en"],
        interpretation=["fr", "ils"],
        description="About <script>alert(1)</script> cables",
        meeting_url="https://meet.example.org/secret",
        broadcast_url="https://video.example.org/live",
    )
    session.documents.create(title="Paper", file=stored(b"%PDF-1.4", "documents/paper.pdf"))
    AppearanceFactory(session=session, role="moderator", speaker__name="Kenji Aoki")
    session.action_lines.add(ActionLineFactory())
    session.sdgs.add(SDGFactory())

    text = client.get(f"/2020/programme/{session.code}/").content.decode()

    facts = [
        "237",
        "Thursday 23 July 2020",
        "English, live",
        "<b>Interpretation</b> French",
        "<b>International Sign</b>",
        "Thematic Workshop",
    ]
    facts += ["Paper", "Kenji Aoki", "sdg=9"]
    assert [fact for fact in facts if fact not in text] == []
    assert "meet.example.org" not in text
    assert "<script>alert" not in text


def test_what_a_session_lacks_is_said_and_a_broadcast_ends_with_it(client, noon):
    bare = SessionFactory(languages=["en"])
    over = SessionFactory(starts=NOW - timedelta(hours=2), ends=NOW - timedelta(hours=1), broadcast_url=LIVE)

    pages = [client.get(f"/2020/programme/{one.code}/").content.decode() for one in (bare, over)]

    lacking = ["No captions", "No interpretation", "No International Sign", "No broadcast", "No recording yet"]
    assert [words for words in lacking if words not in pages[0]] == []
    assert "<b>Broadcast</b> ended" in " ".join(pages[1].split())
    assert LIVE not in pages[1]


@pytest.mark.parametrize("path", ["", "programme/", "speakers/{}/", "agenda/"])
def test_each_row_of_a_session_says_how_it_can_be_followed(client, noon, path):
    session = SessionFactory(interpretation=["fr", "ils"], captioning=["en"], broadcast_url=LIVE)
    speaker = AppearanceFactory(session=session).speaker
    client.force_login(BookingFactory(session=session).registration.user)

    text = " ".join(client.get(f"/2020/{path.format(speaker.pk)}").content.decode().split())

    badges = re.findall(r'<span class="badge[^>]*> ?([^<]*?) ?</span>', text)
    assert [one for one in badges if one != "English"] == [
        "Captions",
        "Interpretation: French",
        "International Sign",
        "Broadcast",
    ]


def test_session_page_of_a_cancelled_session_offers_nothing_and_a_draft_is_not_found(client):
    cancelled, draft = SessionFactory(state="cancelled"), SessionFactory(state="draft")

    text = client.get(f"/2020/programme/{cancelled.code}/").content.decode()

    assert "This session is cancelled." in text
    assert 'id="card"' not in text
    assert client.get(f"/2020/programme/{draft.code}/").status_code == 404


def make_rows(number, forum):
    for _i in range(number):
        appearance = AppearanceFactory(
            session__forum=forum, speaker__forum=forum, speaker__organisation=OrganisationFactory()
        )
        appearance.session.organisers.add(OrganisationFactory())


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_ask_as_often_for_three_rows_as_for_one(client, django_assert_num_queries, rows):
    make_rows(rows, ForumFactory())

    for path, queries in (("", 10), ("speakers/", 5), ("matrix/", 7)):
        with django_assert_num_queries(queries):
            client.get(f"/2020/{path}")


@pytest.mark.parametrize("rows", [1, 3])
def test_session_page_asks_as_often_for_three_panellists_as_for_one(client, django_assert_num_queries, rows):
    session = SessionFactory()
    for _i in range(rows):
        AppearanceFactory(session=session, speaker__organisation=OrganisationFactory())

    with django_assert_num_queries(10):
        client.get(f"/2020/programme/{session.code}/")
