import re
from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from events.models import SDG, ActionLine, Country, SearchWords, Session
from events.programme import shown_days
from events.programme.search import search
from events.programme.search.other_words import OtherWords
from events.programme.search.word_index import PEOPLE, TEXT, TITLE, TOPIC, Index
from events.programme.search.words import LONGEST_QUERY, base, terms, tokens, words
from events.shared.pages import revision
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    OrganisationFactory,
    SessionFactory,
    SpeakerFactory,
    translate,
)


# --- words ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        (" \x00\t ", []),
        ("Two  Words", ["two", "words"]),
        ("Évaluation STRASSE Straße", ["evaluation", "strasse", "strasse"]),
        ("ﬁbre ① ĲSSEL", ["fibre", "1", "ijssel"]),
        ("مُحَمَّد ثقافة هدى شبـــكة ٤", ["محمد", "ثقافه", "هدي", "شبكه", "4"]),
        ("a " * 50, ["a"] * 8),
        ("x" * 300, ["x" * 100]),
    ],
)
def test_words_are_folded_and_bounded(query, expected):
    assert words(query) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("co-operation, e.g. 5G_net", {"co", "operation", "cooperation", "e", "g", "5g", "net"}),
        ("信息网络 wsis", {"信", "息", "网", "络", "信息", "息网", "网络", "wsis"}),
        ("हिन्दी ไทย", {"हिनदी", "ไ", "ท", "ย", "ไท", "ทย"}),
        ("x" * 70, {"x" * 60}),
        ("'); DROP -- :* & | !", {"drop"}),
        ("strategies for all", {"strategies", "strategi", "for", "all"}),
        ("التعليم", {"التعليم", "تعليم"}),
    ],
)
def test_tokens(text, expected):
    assert set(tokens(text)) == expected


def typed(query):
    return [(term.word, tuple(part.word for part in term.parts), term.is_half_typed) for term in terms(query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Fibre opti", [("fibre", (), False), ("opti", (), True)]),
        ("e-learning all", [("elearning", ("e", "learning"), False), ("all", (), True)]),
        ("网络", [("网络", (), False)]),
        ("网", [("网", (), False)]),
        ("% _ '", []),
    ],
)
def test_terms(query, expected):
    assert typed(query) == expected


@given(query=st.text(max_size=120))
def test_no_query_breaks_and_every_word_is_bounded(query):
    index = Index({1: {TEXT: [query]}}, revision=1)

    found = terms(query)

    assert len(found) <= LONGEST_QUERY * 4  # folding may make several characters of one
    assert index.find(found, among={1}).keys() <= {1}


@given(words=st.lists(st.text("abésyxu网ß1", min_size=1, max_size=7), min_size=1, max_size=4))
def test_text_is_found_by_its_own_words(words):
    query = " ".join(words)

    assert Index({1: {TITLE: [query]}}, revision=1).find(terms(query), among={1}).keys() == {1}


@pytest.mark.parametrize(
    ("forms", "number"),
    [
        # the singular and the plural, with and without an article
        *(
            (words.split(), 1)
            for words in ("recording recordings", "policy policies", "process processes", "box boxes")
        ),
        *(
            (words.split(), 1)
            for words in ("strategy strategies strategie", "approach approaches", "approche approches")
        ),
        *((words.split(), 1) for words in ("prize prizes", "survey surveys", "national nationaux", "reseau reseaux")),
        *((words.split(), 1) for words in ("jeu jeux", "شبكه الشبكه والشبكه للشبكه")),
        # other words stay other words
        *((words.split(), 3) for words in ("university universal universe", "international internal internet")),
        *((words.split(), 2) for words in ("note not", "care car", "news new", "policy police", "campus camp")),
        (("analysis", "analyst"), 2),
    ],
)
def test_numbers_and_articles_of_a_word_are_the_same(forms, number):
    assert len({base(form) for form in forms}) == number


def test_what_is_no_plural_and_has_no_article_stays():
    words = ("5gs", "its", "الان", "网络s", "")

    assert tuple(map(base, words)) == words


# --- the index ------------------------------------------------------------------------------------
def found(query, *texts, among=None):
    """The numbers of the texts that a query finds, the best first. A text stands in a title, or is a pair with its place."""
    parts = [one if isinstance(one, tuple) else (TITLE, one) for one in texts]
    index = Index({number: {place: [text]} for number, (place, text) in enumerate(parts)}, revision=1)
    ranks = index.find(terms(query), among=range(len(texts)) if among is None else among)
    return sorted(ranks, key=lambda number: (-ranks[number], number))


def test_title_ranks_before_people_before_topics_before_texts_and_a_whole_word_before_its_beginning():
    index = Index({1: {TITLE: ["mali"]}, 2: {place: ["mali"] for place in (PEOPLE, TOPIC, TEXT)}}, revision=1)
    ranks = index.find(terms("mali"), among={1, 2})

    assert found("fibre", (TEXT, "fibre"), (TOPIC, "fibre"), (PEOPLE, "fibre"), (TITLE, "fibre")) == [3, 2, 1, 0]
    assert ranks[1] > ranks[2]
    assert found("mali", "Malicious software", "Mali") == [1, 0]


def test_mistyped_word_is_found_but_not_what_is_far_or_short_or_a_number():
    for query in ("educatoin", "eduction", "educationn", "edukation", "EDUCATOIN all", "all edcuation"):
        assert found(query, "Education for all", "Health for all") == [0], query
    for query in ("eucatoin x1", "mail", "foal", "2031", "网洛", "zzzzzzzz"):
        assert found(query, "Education, fool, 2030 网络 malt") == [], query


def test_word_that_is_there_is_not_taken_for_another_but_where_only_others_have_it():
    """What is hidden does not show by what a query does not find."""
    assert found("fiber", "Fiber", "Fibre") == [0]
    assert found("fiber", "Fiber", "Fibre", among=[1]) == [1]


def test_hyphen_may_be_left_out():
    for query in ("e-learning", "elearning", "E learning", "e-learn", "e-learnign"):
        assert found(query, "E-learning", "Health") == [0], query


def test_parts_are_looked_for_where_the_word_in_one_is_nowhere():
    assert found("cyber-security", "Security in cyber space", "Security") == [0]


# --- the programme --------------------------------------------------------------------------------
def find(forum, query):
    ranks = search.ranked(forum, query=query, now=NOW)
    return None if ranks is None else set(ranks)


@pytest.fixture
def session(db):
    session = SessionFactory(title="Fibre optique", description="Câbles sous la mer, co-opération")
    translate(session, "ar", title="الألياف", description="نص")
    translate(session, "zh", title="信息网络建设", description="")
    mali = Country.objects.get(code="ML")
    organisation = OrganisationFactory(name="Union des télécommunications", acronym="UIT", country=mali)
    session.organisers.add(organisation)
    session.action_lines.add(ActionLine.objects.get(code="C7-E-HLT"))
    session.sdgs.add(SDG.objects.get(number=4))
    AppearanceFactory(session=session, speaker=SpeakerFactory(forum=session.forum, name="Amélie Ngô"))
    speaker = SpeakerFactory(forum=session.forum, name="Unreleased Person")
    AppearanceFactory(session=session, speaker=speaker, is_released=False)
    SessionFactory(forum=session.forum, title="Other")
    SessionFactory(forum=session.forum, title="Fibre", state="draft")
    SessionFactory(forum=ForumFactory(slug="2021"), title="Fibre")
    return session


FOUND = [
    *("fibre", "OPTIQUE", "cables", "الياف", "telecommunication mers", "uit", "ngo amelie", "fibre mer uit ngo نص"),
    *(
        "mer fib",
        "co-op",
        "cooperation",
        "网络",
        "信息网络",
        "设",
        "'fibre' & mer",
        "mali",
        "مالي",
        "Afrique",
        "C7 Hlt",
    ),
    *("C7-E-HLT", "c7", "e-health", "télésanté", "sdg4", "SDG 4", "ODD 4", "éducation de qualité", "telecomunications"),
]
NOT_FOUND = ["fibre nowhere", "%", "_", "' OR 1=1 --", "zzz", "fib mer", "tique", "络网", "unreleased", ":*"]


def test_search_finds_texts_people_countries_lines_and_goals_in_every_language(session):
    assert [query for query in FOUND if find(session.forum, query) != {session.pk}] == []
    assert [query for query in NOT_FOUND if find(session.forum, query) != set()] == []


def test_words_are_made_again_when_the_revision_rises_and_what_is_shown_is_asked_each_time(session):
    assert find(session.forum, "satell") == set()
    Session.objects.filter(pk=session.pk).update(title="Satellites", embargoed_until=NOW + timedelta(hours=1))
    revision.bump()
    assert search.ranked(session.forum, query="satell", now=NOW) == {}
    assert search.ranked(session.forum, query="satell", now=NOW + timedelta(hours=1)).keys() == {session.pk}

    Session.objects.filter(pk=session.pk).update(embargoed_until=None)
    assert find(session.forum, "satell") == {session.pk}
    Session.objects.filter(pk=session.pk).update(state="draft")
    assert find(session.forum, "satell") == set()


@pytest.mark.parametrize(
    ("query", "found"), [("ai", {1}), ("day 4", {1}), ("day 40", {2}), ("ti", {2}), ("day", {1, 2})]
)
def test_short_word_or_number_is_whole_where_it_stands_somewhere_and_else_half_typed(query, found):
    index = Index({1: {TITLE: ["AI on day 4"]}, 2: {TITLE: ["Aid in time, day 40"]}}, revision=1)

    assert index.find(terms(query), among={1, 2}).keys() == found


# --- words for the same ------------------------------------------------------------------------------
SAME = (["AI", "IA", "machine learning", "الذكاء الاصطناعي"], ["cyber*", "C5"], ["C5", "trust"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ia", {1, 2}),
        ("Machine Learning", {1, 2}),
        ("الذكاء الاصطناعي", {1, 2}),
        ("ai classrooms", {2}),
        ("cybercrime", {3, 4}),
        ("cyber", {3, 4}),
        ("c5", {3, 4, 5}),
        ("trust", {3, 5}),  # and not what C5 means in another group
    ],
)
def test_words_for_the_same_are_found_in_every_language_and_walk_no_circle(query, found):
    texts = ["AI for all", "Machine learning in classrooms", "C5 meeting", "Cyberspace", "Trust", "Learning"]
    index = Index({key: {TITLE: [text]} for key, text in enumerate(texts, start=1)}, revision=1)

    sought = OtherWords(SAME).widened(terms(query))

    assert index.find(sought, among=index.keys).keys() == found


def test_organisers_keep_the_words_for_the_same_and_the_public_finds_by_them_at_once(session, organiser_site, client):
    add = reverse("admin:events_searchwords_add")
    session.title = "Lighthouses"
    session.save()
    before = find(session.forum, "phare")

    refused = [organiser_site.post(add, {"words": words}) for words in ("", "phare", "\n".join(map(str, range(61))))]
    organiser_site.post(add, {"words": " phare \n\nlighthouse\nphare"})

    assert all(page.context["errors"] for page in refused)
    assert SearchWords.objects.filter(words="phare\nlighthouse").count() == 1
    assert (before, find(session.forum, "phare")) == (set(), {session.pk})


def test_words_that_come_with_the_site_are_each_in_a_group_that_is_right(db):
    for row in SearchWords.objects.all():
        row.full_clean()
    assert SearchWords.objects.count() > 50


# --- the page -------------------------------------------------------------------------------------
def test_best_match_stands_first_what_is_to_come_before_what_is_over_and_time_is_an_offer(session, client, noon):
    hour = timedelta(hours=1)
    over = SessionFactory(forum=session.forum, title="Fibre for all", starts=NOW - 3 * hour)
    worse = SessionFactory(forum=session.forum, title="Early", description="fibre", starts=NOW + hour)
    later = SessionFactory(forum=session.forum, title="Fibre", starts=NOW + 24 * hour)
    sessions = [later, over, worse]

    def order(page):
        return sorted(sessions, key=lambda one: page.index(f"/{one.code}/"))

    page = client.get("/2020/programme/?q=fibre").content.decode()
    by_time = client.get("/2020/programme/?q=fibre&order=time").content.decode()

    assert order(page) == [later, over, worse]
    assert order(by_time) == [over, worse, later]
    assert "<strong>Best match first</strong>" in page
    assert 'href="?q=fibre&amp;order=time"' in page
    assert ('id="day-' in page, 'id="day-' in by_time) == (False, True)
    assert "Best match first" not in client.get("/2020/programme/?order=time").content.decode()


def test_code_or_number_of_a_session_means_that_one_first(session, client, noon):
    other = SessionFactory(
        forum=session.forum, title=f"More of {session.code} and 159", starts=NOW + timedelta(hours=1)
    )
    Session.objects.filter(pk=session.pk).update(number=159)

    for query in (session.code.lower(), "159"):
        page = client.get(f"/2020/programme/?q={query}").content.decode()
        assert page.index(f"/{session.code}/") < page.index(f"/{other.code}/")


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("fibre zzzzzz", "Nothing was found for “zzzzzz”."),
        ("fibre satellite", "Nothing has all of these words."),
        ("zzzzzz", "No session fits the search"),
    ],
)
def test_where_nothing_has_all_words_what_has_most_is_shown_and_said(session, client, noon, query, note):
    titles = {"Fibre": "fibre" in query, "Satellite": "satellite" in query, "Other": False}
    codes = {SessionFactory(forum=session.forum, title=title).code: is_shown for title, is_shown in titles.items()}

    page = client.get("/2020/programme/", {"q": query}).content.decode()

    assert note in page
    assert {code: f"/{code}/" in page for code in codes} == codes


# --- pages of what was found ----------------------------------------------------------------------
@pytest.fixture
def many(db, monkeypatch, noon):
    """Seven sessions, two on each of the next days, and pages of three."""
    monkeypatch.setattr(shown_days, "A_PART", 3)
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
    return [int(number) for number in re.findall(r"<bdi[^>]*>Fibre (\d)</bdi>\s*</a></h3>", answer.content.decode())]


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


# --- the same search on other lists ---------------------------------------------------------------
def test_speakers_are_found_as_sessions_are_names_first_and_only_those_the_public_sees(session, client):
    forum, ministry = session.forum, OrganisationFactory(name="Ministry of Women", country=None)
    for order, (name, organisation) in enumerate((("Ada Lovelace", ministry), ("Femke Women", None)), start=1):
        speaker = SpeakerFactory(forum=forum, name=name, organisation=organisation, protocol_order=order)
        AppearanceFactory(session=session, speaker=speaker)

    def names(query):
        found = client.get("/2020/speakers/", {"q": query})
        return re.findall(r"<bdi>(\w+ \w+)</bdi></a>", found.content.decode())

    assert names("femmes") == ["Femke Women", "Ada Lovelace"]
    assert names("Lovelase") == names("lovelace nowhere") == ["Ada Lovelace"]
    assert names("amelie") == ["Amélie Ngô"]
    assert names("unreleased") == []
    assert "“nowhere”" in client.get("/2020/speakers/?q=lovelace nowhere").content.decode()
    assert (
        '<a href="/2020/speakers/?q=amelie">1 speaker</a>' in client.get("/2020/programme/?q=amelie").content.decode()
    )
