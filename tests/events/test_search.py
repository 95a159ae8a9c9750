import pytest

from events import search
from events.models import SessionText
from tests.factories import AppearanceFactory, ForumFactory, OrganisationFactory, SessionFactory, SpeakerFactory


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


def test_matching_joins_words_by_and():
    texts = {1: ["Optical fibre", "in Malí"], 2: ["fibre"], 3: []}

    assert search.matching(["fibre"], texts) == {1, 2}
    assert search.matching(["fibre", "mali"], texts) == {1}


@pytest.mark.django_db
def test_query_without_words_is_no_search(django_assert_num_queries):
    forum = ForumFactory()

    with django_assert_num_queries(0):
        assert search.sessions(forum, query=" ") is None


@pytest.fixture
def session(db):
    session = SessionFactory(title="Fibre optique", description="Câbles sous la mer")
    SessionText.objects.create(session=session, language="ar", title="الألياف", description="نص")
    session.organisers.add(OrganisationFactory(name="Union des télécommunications", acronym="UIT"))
    AppearanceFactory(session=session, speaker=SpeakerFactory(forum=session.forum, name="Amélie Ngô"))
    SessionFactory(forum=session.forum, title="Other")
    SessionFactory(forum=session.forum, title="Fibre", state="draft")
    SessionFactory(forum=ForumFactory(slug="2021"), title="Fibre")
    return session


@pytest.mark.parametrize(
    "query",
    [
        "fibre",
        "OPTIQUE",
        "cables",
        "الألياف",
        "telecommunications",
        "uit",
        "ngo amelie",
        "fibre mer uit ngo نص",
        "opti",
    ],
)
def test_search_finds_title_description_speakers_and_organisers(session, query):
    assert search.sessions(session.forum, query=query) == {session.pk}


@pytest.mark.parametrize("query", ["fibre nowhere", "%", "_", "fibre'--", "zzz"])
def test_search_finds_nothing(session, query):
    assert search.sessions(session.forum, query=query) == set()


def test_search_is_four_queries(session, django_assert_num_queries):
    with django_assert_num_queries(4):
        search.sessions(session.forum, query="fibre")
