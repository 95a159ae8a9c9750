from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from events.models import ActionLine, MatrixLink, Outcome, Partner, Session, SessionText
from events.programme import forum_home, outcome_list, session_page, speaker_pages, wsis_sdg_matrix
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    ForumFactory,
    OrganisationFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


def test_ruler_counts_sessions_by_week_and_marks_the_current_one():
    forum = ForumFactory.build()
    days = [date(2020, 6, 22), date(2020, 6, 28), date(2020, 7, 20)]

    weeks = forum_home.ruler(forum, days=days, today=date(2020, 7, 22))

    assert len(weeks) == 12
    assert [week.sessions for week in weeks[:5]] == [2, 0, 0, 0, 1]
    assert [(week.height, week.top) for week in weeks[:2]] == [(100, 0), (0, 100)]
    assert [week.number for week in weeks if week.is_current] == [5]
    assert [week.number for week in weeks if week.is_past] == [1, 2, 3, 4]


def test_ruler_before_the_forum_marks_nothing():
    weeks = forum_home.ruler(ForumFactory.build(), days=[], today=date(2020, 6, 1))

    assert [week for week in weeks if week.is_current or week.is_past] == []


def test_week_days_hold_the_current_week_only():
    forum = ForumFactory.build()
    days = [date(2020, 7, 22), date(2020, 7, 22), date(2020, 7, 24), date(2020, 7, 27)]

    week = forum_home.week_days(forum, days=days, today=date(2020, 7, 22))

    assert week == [forum_home.Day(date(2020, 7, 22), 2, True), forum_home.Day(date(2020, 7, 24), 1, False)]


def test_week_days_before_the_forum_hold_its_first_week():
    week = forum_home.week_days(ForumFactory.build(), days=[date(2020, 6, 22)], today=date(2020, 1, 1))

    assert week == [forum_home.Day(date(2020, 6, 22), 1, False)]


def test_week_days_after_the_forum_are_none():
    assert forum_home.week_days(ForumFactory.build(), days=[date(2020, 9, 10)], today=date(2020, 9, 11)) == []


def test_action_lines_leave_out_the_whole_of_parts_and_count_public_sessions():
    session = SessionFactory()
    session.action_lines.set(ActionLine.objects.filter(code__in=["C7", "C7-E-GOV"]))
    SessionFactory(state="draft").action_lines.set(ActionLine.objects.filter(code="C7-E-GOV"))

    lines = forum_home.action_lines(session.forum)

    assert len(lines) == 18
    assert [(line.code, line.session_count) for line in lines if line.session_count] == [("C7-E-GOV", 1)]


def test_home_splits_live_and_coming_sessions():
    live = SessionFactory(starts=NOW - timedelta(minutes=20), ends=NOW + timedelta(minutes=1))
    SessionFactory(starts=NOW - timedelta(hours=2), ends=NOW, recording_url="https://example.org/r")
    SessionFactory(state="cancelled")
    coming = [
        SessionFactory(starts=NOW + timedelta(hours=hours), ends=NOW + timedelta(hours=9)) for hours in (1, 2, 3, 4)
    ]

    home = forum_home.home(live.forum, now=NOW, language="en")

    assert home.live == [live]
    assert home.coming == coming[:3]
    assert (home.sessions, home.recordings) == (7, 1)
    assert home.current_week.number == 5


def test_home_after_the_forum_has_no_current_week():
    forum = ForumFactory()

    home = forum_home.home(forum, now=NOW + timedelta(days=300), language="en")

    assert home.current_week is None


def test_partners_stand_in_the_order_of_their_kinds():
    forum = ForumFactory()
    sponsor, strategic, gold = [
        Partner.objects.create(forum=forum, organisation=OrganisationFactory(), kind=kind)
        for kind in ("sponsor", "strategic", "gold")
    ]

    assert forum_home.partners(forum) == [strategic, gold, sponsor]


def test_session_that_is_a_draft_is_none():
    session = SessionFactory(state="draft")

    assert session_page.session("2020", code=session.code, language="en") is None


def test_wording_is_the_text_in_the_language_of_the_page():
    session = SessionFactory(title="Cables", description="Long")
    SessionText.objects.create(session=session, language="fr", title="Câbles", description="Longs")

    wording = session_page.wording(session_page.session("2020", code=session.code, language="fr"))

    assert wording == session_page.Wording(title="Câbles", description="Longs", language="fr")


def test_wording_without_a_translated_description_takes_the_sessions_own():
    session = SessionFactory(title="Cables", description="Long")
    SessionText.objects.create(session=session, language="fr", title="Câbles")

    wording = session_page.wording(session_page.session("2020", code=session.code, language="fr"))

    assert wording == session_page.Wording(title="Câbles", description="Long", language="")


def test_wording_without_a_text_is_the_sessions_own():
    session = SessionFactory(title="Cables", description="Long")

    wording = session_page.wording(session_page.session("2020", code=session.code, language="ar"))

    assert wording == session_page.Wording(title="Cables", description="Long", language="")


def test_neighbours_are_those_of_the_same_local_day():
    middle = SessionFactory()
    first = SessionFactory(starts=middle.starts - timedelta(hours=2))
    last = SessionFactory(starts=middle.starts + timedelta(hours=2))
    SessionFactory(starts=middle.starts + timedelta(hours=10))  # past midnight in Geneva

    assert session_page.neighbours(middle, language="en") == (first, last)
    assert session_page.neighbours(first, language="en") == (None, middle)
    assert session_page.neighbours(last, language="en") == (middle, None)


def test_neighbours_of_a_session_without_a_time_are_none():
    assert session_page.neighbours(Session(forum=ForumFactory()), language="en") == (None, None)


def test_speakers_of_drafts_only_are_not_listed():
    seen = AppearanceFactory().speaker
    hidden = AppearanceFactory(session__state="draft").speaker
    forum = seen.forum

    page = speaker_pages.speakers(forum, query="", order="", page="1")

    assert list(page) == [seen]
    assert speaker_pages.speaker(forum, pk=seen.pk) == seen
    assert speaker_pages.speaker(forum, pk=hidden.pk) is None


def test_speakers_are_ordered_by_protocol_or_name():
    minister = AppearanceFactory(speaker=SpeakerFactory(name="Zola", protocol_order=1)).speaker
    expert = AppearanceFactory(speaker=SpeakerFactory(name="Aoki")).speaker

    by_protocol = speaker_pages.speakers(minister.forum, query="", order="", page="1")
    by_name = speaker_pages.speakers(minister.forum, query="", order="name", page="x")

    assert list(by_protocol) == [minister, expert]
    assert list(by_name) == [expert, minister]


def test_speakers_are_found_by_all_words_of_the_query():
    found = AppearanceFactory(speaker=SpeakerFactory(name="Aminata Diallo", position="Engineer")).speaker
    AppearanceFactory(speaker=SpeakerFactory(name="Aminata Rai"))

    page = speaker_pages.speakers(found.forum, query="aminata engin\0eer", order="", page="1")

    assert list(page) == [found]


def test_sessions_of_a_speaker_leave_out_drafts():
    appearance = AppearanceFactory()
    AppearanceFactory(speaker=appearance.speaker, session=SessionFactory(state="draft"))

    coming, over = speaker_pages.sessions_of(appearance.speaker, forum=appearance.session.forum, language="en", now=NOW)
    sessions = [one.session for one in coming + over]

    assert list(sessions) == [appearance.session]


def test_outcomes_are_grouped_by_kind_and_hide_what_is_not_public():
    draft = SessionFactory(state="draft")
    forum = draft.forum
    publication = Outcome.objects.create(forum=forum, kind="publication", title="Survey", session=draft)
    launch = Outcome.objects.create(forum=forum, kind="launch", title="Guide")
    Outcome.objects.create(forum=forum, kind="launch", title="Secret", is_public=False)

    groups = outcome_list.outcomes(forum, language="en")

    assert groups == [("Launch", [launch]), ("Publication", [publication])]
    assert groups[1][1][0].session is None


@pytest.mark.parametrize(("count", "step"), [(0, 0), (1, 1), (2, 1), (3, 2), (10, 5)])
def test_heat_step_grows_with_the_count(count, step):
    assert wsis_sdg_matrix.heat_step(count, most=10) == step


def test_matrix_counts_each_session_once_a_cell():
    line, other = ActionLineFactory(code="C2"), ActionLineFactory(code="C5")
    goal = SDGFactory()
    MatrixLink.objects.get_or_create(action_line=line, sdg=goal)
    session = SessionFactory()
    session.action_lines.add(line, other)
    session.sdgs.add(goal)
    draft = SessionFactory(state="draft")
    draft.action_lines.add(line)
    draft.sdgs.add(goal)

    goals, table = wsis_sdg_matrix.matrix(session.forum)

    row = next(row for row in table if row.action_line == line)
    assert row.cells[goals.index(goal)] == wsis_sdg_matrix.Cell(sdg=goal, sessions=1, step=5, is_linked=True)
    assert sum(cell.sessions for row in table for cell in row.cells) == 2


# --- the pages themselves -------------------------------------------------------------------------
def test_index_leads_to_the_current_forum(client):
    ForumFactory()

    response = client.get("/fr/")

    assert response["Location"] == "/fr/2020/"


def test_index_without_a_forum_says_so(client):
    response = client.get("/")

    assert response.status_code == 200
    assert "No forum is public yet" in response.content.decode()


def test_home_shows_what_is_on_now(client):
    session = SessionFactory(starts=NOW, ends=NOW + timedelta(hours=1), title="Cables & more")

    text = client.get("/2020/").content.decode()

    assert "Cables &amp; more" in text
    assert text.count("Live now") == 1
    assert reverse("registration:join", args=["2020", session.code]) in text


def test_home_of_a_hidden_forum_is_not_found(client):
    ForumFactory(is_public=False)

    assert client.get("/2020/").status_code == 404


def test_home_of_an_empty_and_of_a_past_forum(client, time_machine):
    forum = ForumFactory()

    assert "No session has a time yet" in client.get("/2020/").content.decode()

    SessionFactory(forum=forum, recording_url="https://example.org/r")
    time_machine.move_to(NOW + timedelta(days=300))

    assert "The Forum is over" in client.get("/2020/").content.decode()


def test_session_page_shows_the_facts_and_never_the_meeting_address(client):
    session = SessionFactory(
        number=237,
        captioning=["en"],
        description="About <script>alert(1)</script> cables",
        meeting_url="https://meet.example.org/secret",
        broadcast_url="https://video.example.org/live",
    )
    session.documents.create(title="Paper", file=ContentFile(b"%PDF-1.4", "paper.pdf"))
    AppearanceFactory(session=session, role="moderator", speaker__name="Kenji Aoki")
    session.action_lines.add(ActionLineFactory())
    session.sdgs.add(SDGFactory())

    text = client.get(f"/2020/programme/{session.code}/").content.decode()

    facts = ["237", "Thursday 23 July 2020", "English, live", "Thematic Workshop", "Paper", "Kenji Aoki", "sdg=9"]
    assert [fact for fact in facts if fact not in text] == []
    assert "meet.example.org" not in text
    assert "<script>alert" not in text


def test_session_page_of_a_cancelled_session_offers_nothing(client):
    session = SessionFactory(state="cancelled")

    text = client.get(f"/2020/programme/{session.code}/").content.decode()

    assert "This session is cancelled." in text
    assert 'id="card"' not in text


def test_session_page_of_a_draft_is_not_found(client):
    session = SessionFactory(state="draft")

    assert client.get(f"/2020/programme/{session.code}/").status_code == 404


def test_session_page_in_arabic_runs_from_right_to_left(client):
    session = SessionFactory()
    SessionText.objects.create(session=session, language="ar", title="كبلات", description="نص")

    text = client.get(f"/ar/2020/programme/{session.code}/").content.decode()

    assert '<html lang="ar" dir="rtl">' in text
    assert "<bdi>كبلات</bdi>" in text
    assert 'lang="ar">' in text


@pytest.mark.parametrize("query", ["page=99999999999999999999", "page=-1", "page=x", "q=" + "a" * 5000, "q=%27%22%3C"])
def test_speakers_survive_any_query(client, query):
    AppearanceFactory()

    assert client.get(f"/2020/speakers/?{query}").status_code == 200


def test_speakers_page_says_when_nobody_matches(client):
    AppearanceFactory()

    assert "No speaker matches" in client.get("/2020/speakers/?q=nobody").content.decode()


def test_speaker_page_shows_biography_and_sessions(client):
    appearance = AppearanceFactory(speaker__biography="Works on **cables**.")

    text = client.get(f"/2020/speakers/{appearance.speaker.pk}/").content.decode()

    assert "<strong>cables</strong>" in text
    assert appearance.session.title in text


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999"])
def test_speaker_page_of_nobody_is_not_found(client, pk):
    ForumFactory()

    assert client.get(f"/2020/speakers/{pk}/").status_code == 404


@pytest.mark.parametrize("path", ["speakers/", "outcomes/", "matrix/", "open-data/", "prizes/", "speakers/1/"])
def test_pages_of_a_hidden_forum_are_not_found(client, path):
    ForumFactory(is_public=False)

    assert client.get(f"/2020/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/privacy/", "/accessibility/", "/ar/privacy/", "/2020/open-data/", "/2020/matrix/"])
def test_standing_pages_are_there(client, path):
    ForumFactory()

    assert client.get(path).status_code == 200


def make_rows(number, forum):
    for _i in range(number):
        appearance = AppearanceFactory(
            session__forum=forum, speaker__forum=forum, speaker__organisation=OrganisationFactory()
        )
        appearance.session.organisers.add(OrganisationFactory())
        outcome = Outcome.objects.create(forum=forum, kind="launch", title="Guide", session=appearance.session)
        outcome.organisations.add(OrganisationFactory())


@pytest.mark.parametrize(("path", "queries"), [("", 9), ("speakers/", 4), ("outcomes/", 6), ("matrix/", 6)])
@pytest.mark.parametrize("rows", [1, 3])
def test_pages_ask_as_often_for_three_rows_as_for_one(client, django_assert_num_queries, path, queries, rows):
    make_rows(rows, ForumFactory())

    with django_assert_num_queries(queries):
        client.get(f"/2020/{path}")


@pytest.mark.parametrize("rows", [1, 3])
def test_session_page_asks_as_often_for_three_panellists_as_for_one(client, django_assert_num_queries, rows):
    session = SessionFactory()
    for _i in range(rows):
        AppearanceFactory(session=session, speaker__organisation=OrganisationFactory())

    with django_assert_num_queries(11):
        client.get(f"/2020/programme/{session.code}/")
