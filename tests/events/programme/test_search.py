import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import SearchEntry, SearchIndex, Session, SessionText
from events.pages import revision
from events.programme import page, search, search_index
from events.programme.search_words import Document, singular, terms, tokens
from tests.factories import NOW, AppearanceFactory, ForumFactory, OrganisationFactory, SessionFactory, SpeakerFactory

needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="full text of PostgreSQL")


# --- words ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Évaluation ÇA", "evaluation ca"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁbre ①", "fibre 1"),
        ("مُحَمَّد", "محمد"),
        ("ĲSSEL", "ijssel"),
    ],
)
def test_folded(text, expected):
    assert search.folded(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", []), (" \x00\t ", []), ("Two  Words", ["two", "words"]), ("a " * 50, ["a"] * 8), ("x" * 300, ["x" * 100])],
)
def test_words(query, expected):
    assert search.words(query) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("co-operation, e.g. 5G_net 1e5", ["co", "operation", "e", "g", "5g", "net", "1e5"]),
        ("信息网络 wsis", ["信", "息", "网", "络", "信息", "息网", "网络", "wsis"]),
        ("हिन्दी ไทย", ["हिनदी", "ไ", "ท", "ย", "ไท", "ทย"]),
        ("x" * 70, ["x" * 60]),
        ("'); DROP -- :* & | !", ["drop"]),
        ("strategies for all", ["strategies", "strategi", "for", "all"]),
    ],
)
def test_tokens(text, expected):
    assert list(tokens(search.folded(text))) == expected


@pytest.mark.parametrize(
    ("query", "whole", "beginning"),
    [
        ("Fibre opti", {"fibre"}, "opti"),
        ("co-operation", {"co"}, "operation"),
        ("网络", {"网络"}, ""),
        ("网", {"网"}, ""),
        ("wsis 信息网", {"wsis", "信息", "息网"}, ""),
        ("% _ '", set(), ""),
    ],
)
def test_terms(query, whole, beginning):
    found = terms(query)

    assert (found.whole, found.beginning) == (whole, beginning)


@pytest.mark.parametrize(
    "forms",
    [
        ("recording", "recordings"),
        ("policy", "policies"),
        ("strategy", "strategies", "stratégie", "stratégies"),
        ("process", "processes"),
        ("class", "classes"),
        ("box", "boxes"),
        ("approach", "approaches"),
        ("approche", "approches"),
        ("prize", "prizes"),
        ("service", "services"),
        ("video", "videos"),
        ("survey", "surveys"),
        ("national", "nationaux"),
        ("réseau", "réseaux"),
        ("jeu", "jeux"),
    ],
)
def test_numbers_of_a_word_are_the_same(forms):
    assert len({singular(search.folded(form)) for form in forms}) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("university", "universal", "universe"),
        ("international", "internal", "internet"),
        ("note", "not"),
        ("care", "car"),
        ("news", "new"),
        ("policy", "police"),
        ("process", "processor"),
        ("campus", "camp"),
        ("analysis", "analyst"),
        ("code", "cod"),
    ],
)
def test_other_words_stay_other_words(words):
    assert len({singular(word) for word in words}) == len(words)


@pytest.mark.parametrize("word", ["5gs", "wsis", "its", "الألياف", "网络s", ""])
def test_what_is_no_plural_of_english_or_french_stays(word):
    assert singular(word) == word


def test_matching_joins_words_by_and():
    texts = {1: Document(["Optical fibre"], [], ["in Malí"]), 2: Document(["fibre"]), 3: Document()}

    assert search.matching(terms("fibre "), texts).keys() == {1, 2}
    assert search.matching(terms("fibre mali"), texts).keys() == {1}
    assert search.matching(terms("mali fibre"), texts).keys() == {1}


def test_word_in_a_title_ranks_above_one_in_a_text():
    texts = {1: Document(texts=["fibre"]), 2: Document(titles=["fibre"]), 3: Document(people=["fibre"])}

    found = search.matching(terms("fibre"), texts)

    assert sorted(found, key=found.__getitem__, reverse=True) == [2, 3, 1]


# --- the programme, on both paths -----------------------------------------------------------------
def test_query_without_words_is_no_search(db, django_assert_num_queries):
    forum = ForumFactory()

    with django_assert_num_queries(0):
        assert search.sessions(forum, query=" ") is None


@pytest.fixture
def session(db):
    session = SessionFactory(title="Fibre optique", description="Câbles sous la mer, co-opération")
    SessionText.objects.create(session=session, language="ar", title="الألياف", description="نص")
    SessionText.objects.create(session=session, language="zh", title="信息网络建设", description="")
    session.organisers.add(OrganisationFactory(name="Union des télécommunications", acronym="UIT"))
    AppearanceFactory(session=session, speaker=SpeakerFactory(forum=session.forum, name="Amélie Ngô"))
    speaker = SpeakerFactory(forum=session.forum, name="Unreleased Person")
    AppearanceFactory(session=session, speaker=speaker, is_released=False)
    SessionFactory(forum=session.forum, title="Other")
    SessionFactory(forum=session.forum, title="Fibre", state="draft")
    SessionFactory(forum=ForumFactory(slug="2021"), title="Fibre")
    return session


def without_database(forum, *, query):
    return set(search.plain(forum, sought=terms(query))) if terms(query).whole or terms(query).beginning else set()


@pytest.fixture(params=["the database's", "plain"])
def find(request):
    return search.sessions if request.param != "plain" else without_database


@pytest.mark.parametrize(
    "query",
    [
        "fibre",
        "OPTIQUE",
        "cables",
        "الألياف",
        "telecommunications",
        "telecommunication",
        "telecommunication mers",
        "cable fibres",
        "fibres",
        "uit",
        "ngo amelie",
        "fibre mer uit ngo نص",
        "opti",
        "mer fib",
        "co-op",
        "网络",
        "信息网络",
        "设",
        "fibre'--",
        "'fibre' & mer",
    ],
)  # fmt: skip
def test_search_finds_title_description_speakers_and_organisers(session, find, query):
    assert find(session.forum, query=query) == {session.pk}


@pytest.mark.parametrize(
    "query",
    [
        "fibre nowhere",
        "%",
        "_",
        "' OR 1=1 --",
        "zzz",
        "fib mer",
        "ptique",
        "络网",
        "unreleased",
        "fibre & !mer x",
        ":*",
    ],
)
def test_search_finds_nothing(session, find, query):
    assert find(session.forum, query=query) == set()


@given(query=st.text(max_size=120))
def test_no_query_breaks_and_every_word_is_bounded(query):
    found = terms(query)

    assert len(found.whole) <= search.LONGEST_QUERY * 4  # folding may make several signs of one
    assert all(word.isascii() or word for word in found.whole)
    assert not {"'", "\\", "&", "|", "!", ":", " "} & set("".join(found.whole) + found.beginning)


LETTERS = st.text("abésyxu网ß1-' :&", min_size=1, max_size=7)


@needs_postgresql
@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(words=st.lists(LETTERS, max_size=4), query=LETTERS)
def test_both_paths_find_the_same(words, query):
    with transaction.atomic():
        session = SessionFactory(title=" ".join(words)[:200] or "x", forum=ForumFactory())
        SearchIndex.objects.all().delete()
        found = search.sessions(session.forum, query=query)
        plain = None if not search.words(query) else without_database(session.forum, query=query)
        transaction.set_rollback(True)

    assert found == plain


@pytest.mark.parametrize(("title", "query"), [("Recording the villages", "recordings"), ("Recordings", "recording")])
def test_both_numbers_and_the_beginnings_of_both_are_found(session, find, title, query):
    row = SessionFactory(forum=session.forum, title=title)

    for typed in (query[:3], query[:7], query, f"{query} {title.split()[-1]}"):
        assert find(session.forum, query=typed) == {row.pk}


@needs_postgresql
def test_vectors_of_before_are_made_anew(session):
    search.sessions(session.forum, query="fibre")
    SearchEntry.objects.update(digest="", vector="")
    assert search.sessions(session.forum, query="fibre") == set()

    import_module("events.migrations.0009_search_plurals").make_anew(apps, None)

    assert search.sessions(session.forum, query="fibre") == {session.pk}


# --- full text ------------------------------------------------------------------------------------
@needs_postgresql
def test_title_ranks_first_in_the_database_too(session):
    forum = session.forum
    inside = SessionFactory(forum=forum, title="Talk", description="Of fibre")
    by = SessionFactory(forum=forum, title="Lecture")
    by.organisers.add(OrganisationFactory(name="Fibre society"))

    found = search.ranked(forum, query="fibre")

    assert sorted(found, key=found.__getitem__, reverse=True) == [session.pk, by.pk, inside.pk]


@needs_postgresql
def test_words_are_made_anew_when_the_revision_rises_and_only_those_that_changed(session):
    search.sessions(session.forum, query="fibre")
    before = dict(SearchEntry.objects.values_list("session", "pk"))
    Session.objects.filter(pk=session.pk).update(title="Satellites")
    revision.bump()

    assert search.sessions(session.forum, query="satell") == {session.pk}
    after = dict(SearchEntry.objects.values_list("session", "pk"))
    assert {key for key in after if after[key] != before[key]} == {session.pk}


@needs_postgresql
def test_session_that_is_no_longer_shown_leaves_the_words(session):
    search.sessions(session.forum, query="fibre")
    Session.objects.filter(pk=session.pk).update(state="draft")

    assert search.sessions(session.forum, query="fibre") == set()
    revision.bump()
    search.sessions(session.forum, query="fibre")
    assert not SearchEntry.objects.filter(session=session).exists()


@needs_postgresql
def test_embargo_ends_without_a_new_revision(session, time_machine):
    time_machine.move_to(NOW, tick=False)
    Session.objects.filter(pk=session.pk).update(embargoed_until=NOW + timedelta(hours=1))

    assert search.sessions(session.forum, query="fibre") == set()
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    assert search.sessions(session.forum, query="fibre") == {session.pk}


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_while_another_makes_the_words_the_plain_search_answers():
    session = SessionFactory(title="Fibre")
    SearchIndex.objects.create(forum=session.forum)
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute("SELECT 1 FROM events_searchindex FOR UPDATE")

            assert search_index.found(session.forum, terms=terms("fibre")) is None
            assert search.sessions(session.forum, query="fibre") == {session.pk}
    finally:
        other.close()


@needs_postgresql
def test_number_of_queries(session, django_assert_num_queries):
    search.sessions(session.forum, query="fibre")

    with django_assert_num_queries(3):
        search.sessions(session.forum, query="mer")


def test_plain_search_is_five_queries(session, django_assert_num_queries):
    with django_assert_num_queries(5):
        search.plain(session.forum, sought=terms("fibre"))


@needs_postgresql
def test_very_long_texts_fit(session):
    words = " ".join(f"word{number}" for number in range(20_000))
    Session.objects.filter(pk=session.pk).update(description=words + " mer" * 500 + "网络" * 10_000)

    assert search.sessions(session.forum, query="word19999 mer 网络") == {session.pk}


# --- the page -------------------------------------------------------------------------------------
def test_best_match_is_offered_with_a_query_only(session, client, time_machine):
    time_machine.move_to(NOW, tick=False)
    later = SessionFactory(forum=session.forum, title="Fibre fibre", starts=session.starts + timedelta(days=1))
    early = SessionFactory(
        forum=session.forum, title="Early", description="fibre", starts=session.starts - timedelta(hours=3)
    )
    page = client.get("/2020/programme/?q=fibre").content.decode()

    assert "Best match first" not in client.get("/2020/programme/").content.decode()
    assert 'href="?q=fibre&amp;order=best"' in page
    assert page.index(early.code) < page.index(later.code)
    best = client.get("/2020/programme/?q=fibre&order=best").content.decode()
    assert best.index(later.code) < best.index(early.code)
    assert "<strong>Best match first</strong>" in best
    assert 'id="day-' not in best
    assert client.get("/2020/programme/?order=best").status_code == 200


# --- pages of what was found ----------------------------------------------------------------------
@pytest.fixture
def many(db, monkeypatch, time_machine):
    """Seven sessions, two on each of the next days, and pages of three."""
    time_machine.move_to(NOW, tick=False)
    monkeypatch.setattr(page, "A_PAGE", 3)
    forum = ForumFactory()
    return [
        SessionFactory(
            forum=forum,
            title=f"Fibre {n}",
            captioning=["en"],
            starts=NOW + timedelta(days=n // 2, hours=1 + n % 2),
        )
        for n in range(7)
    ]


def shown(answer):
    """The sessions of a page, by their number."""
    return [int(number) for number in re.findall(r"<bdi[^>]*>Fibre (\d)</bdi></a></h3>", answer.content.decode())]


def turns(answer):
    nav = re.search(r'<nav class="pages".*?</nav>', answer.content.decode(), re.S)
    return re.findall(r'href="([^"]*)"', nav[0]) if nav else []


def test_what_was_found_has_pages(many, client):
    first = client.get("/2020/programme/?q=fibre")
    third = client.get("/2020/programme/?q=fibre&page=3")

    assert (shown(first), shown(third)) == ([0, 1, 2], [6])
    assert "7 sessions found" in first.content.decode()
    assert turns(first) == ["?q=fibre&amp;page=2", "?q=fibre&amp;page=3"]
    assert '<span aria-current="page">3</span>' in third.content.decode()


@pytest.mark.parametrize(
    ("page", "expected"), [("0", [6]), ("99", [6]), ("-1", [6]), ("x", [0, 1, 2]), ("", [0, 1, 2])]
)
def test_pages_that_are_none(many, client, page, expected):
    answer = client.get(f"/2020/programme/?q=fibre&page={page}")

    assert (answer.status_code, shown(answer)) == (200, expected)


def test_page_of_nine_thousand_digits(many, client):
    assert client.get(f"/2020/programme/?q=fibre&page={'9' * 6000}").status_code in {200, 414}


def test_turning_keeps_filters_zone_and_order(many, client):
    answer = client.get("/2020/programme/?q=fibre&only=captions&tz=UTC&order=best&page=2")

    assert turns(answer)[0] == "?only=captions&amp;order=best&amp;q=fibre&amp;tz=UTC&amp;page=1"
    assert 'href="?only=captions&amp;q=fibre&amp;tz=UTC"' in answer.content.decode()  # the other order begins anew


def test_programme_and_filters_alone_stay_on_one_page(many, client):
    for query in ("", "?only=captions", "?page=2"):
        answer = client.get(f"/2020/programme/{query}")

        assert (shown(answer), turns(answer)) == ([0, 1, 2, 3, 4, 5, 6], [])


def test_weeks_and_next_sessions_lead_to_other_pages(many, client):
    body = client.get("/2020/programme/?q=fibre&page=2").content.decode()

    assert '<p><a href="?q=fibre&amp;page=1#day-2020-07-22">Today</a></p>' in body
    assert '<a href="?q=fibre&amp;page=1#day-2020-07-22" aria-current="true"><b>Week 5</b>' in body
    assert '<p><a href="#day-2020-07-22">Today</a></p>' in client.get("/2020/programme/?q=fibre").content.decode()


def test_pages_in_a_frame_stay_in_it(many, client, settings):
    settings.EMBED_SITES = ["https://site.example"]
    body = client.get("/2020/programme/?q=fibre&embed").content.decode()

    assert 'href="?embed=&amp;q=fibre&amp;page=2" target="_self"' in body


def test_page_asks_as_often_on_each_page(many, client, django_assert_num_queries):
    client.get("/2020/programme/?q=fibre")

    for number in (1, 3):
        with django_assert_num_queries(15):
            client.get(f"/2020/programme/?q=fibre&page={number}")
