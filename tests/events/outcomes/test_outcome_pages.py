"""The list of outcomes with its filters, the page of one, the table, and the search."""

import re
from datetime import date, timedelta
from random import Random

import pytest
from django.http import QueryDict

from events.models import SDG, ActionLine, Outcome, Theme
from events.outcomes import outcome_pages
from events.outcomes.outcome_filters import OutcomeFilters
from events.shared.pages import revision
from tests.events.programme.test_filters import agree
from tests.factories import NOW, ForumFactory, OrganisationFactory, SessionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def make(forum, **options):
    links = {name: options.pop(name, ()) for name in ("organisations", "themes", "action_lines", "sdgs")}
    row = Outcome.objects.create(**{"forum": forum, "kind": "launch", "title": "Guide"} | options)
    for name, rows in links.items():
        getattr(row, name).set(rows)
    return row


def listed(forum, query=""):
    context = outcome_pages.page(QueryDict(query), forum=forum, now=NOW)
    return [one for _kind, rows in context["kinds"] for one in rows]


def test_outcomes_stand_by_kind_and_what_is_not_public_is_nowhere(client):
    draft = SessionFactory(state="draft", title="Canary session")
    forum = draft.forum
    publication = make(forum, kind="publication", title="Survey", session=draft)
    launch = make(forum)
    secret = make(forum, title="Canary", is_public=False)
    hidden = make(ForumFactory(slug="hidden", is_public=False), title="Canary of a hidden forum")

    context = outcome_pages.page(QueryDict("forum=2020&forum=hidden"), forum=forum, now=NOW)
    pages = ["/2020/outcomes/", "/2020/outcomes.csv", "/2020/outcomes/?q=canary", f"/2020/outcomes/{publication.pk}/"]
    texts = [client.get(page).content.decode() for page in pages]

    assert [(str(kind), rows) for kind, rows in context["kinds"]] == [
        ("Launch", [launch]),
        ("Publication", [publication]),
    ]
    assert [page for page, text in zip(pages, texts, strict=True) if re.search("Canary", text)] == []
    gone = [(forum, secret), (forum, hidden), (hidden.forum, hidden), (hidden.forum, launch)]
    assert {client.get(f"/{where.slug}/outcomes/{row.pk}/").status_code for where, row in gone} == {404}


def test_page_of_an_outcome_tells_all_and_leads_on(client):
    session = SessionFactory(title="Fibre for all")
    row = make(
        session.forum,
        title="A network",
        text="Of **villages**",
        session=session,
        date=date(2020, 7, 23),
        organisations=[OrganisationFactory(name="Net of Villages")],
        themes=Theme.objects.filter(code="ethics"),
        action_lines=ActionLine.objects.filter(code="C2"),
        sdgs=SDG.objects.filter(number=9),
    )

    page = client.get(f"/2020/outcomes/{row.pk}/").content.decode()
    french = client.get(f"/fr/2020/outcomes/{row.pk}/").content.decode()

    told = ("<strong>villages</strong>", "Net of Villages", "23 July 2020", "Fibre for all", "A network")
    assert [words for words in told if words not in page] == []
    links = [f"/2020/programme/{session.code}/", *(f"/2020/outcomes/?{one}" for one in ("theme=ethics", "sdg=9"))]
    assert [link for link in [*links, "/2020/outcomes/?action_line=C2"] if f'href="{link}"' not in page] == []
    assert f'href="/2020/outcomes/{row.pk}/"' in client.get(f"/2020/programme/{session.code}/").content.decode()
    assert f'href="/fr/2020/programme/{session.code}/"' in french


def test_database_page_and_counts_agree():
    draw, forum = Random(11), ForumFactory()  # noqa: S311
    lines = list(ActionLine.objects.filter(code__in=["C2", "C7", "C7-E-GOV"]))
    themes, goals = list(Theme.objects.filter(code__in=["ethics", "gender"])), list(SDG.objects.filter(pk__in=[3, 9]))
    links = {
        "action_lines": lines,
        "themes": themes,
        "sdgs": goals,
        "organisations": OrganisationFactory.create_batch(2),
    }
    for number in range(30):
        make(
            forum if number % 3 else ForumFactory(slug="2019"),
            kind=draw.choice(Outcome.Kind.values),
            **{name: draw.sample(rows, draw.randint(0, 2)) for name, rows in links.items()},
        )
    for query in [
        "kind=launch&kind=agreement",
        "theme=ethics",
        "theme=ethics&theme=gender&kind=launch",
        "action_line=C7",
        "action_line=C7-E-GOV&sdg=9",
        "sdg=9&sdg=3&theme=gender",
        "forum=2020&kind=publication",
        "forum=2020&forum=2019&sdg=3",
    ]:
        rows = [row for row in outcome_pages.whole(NOW) if row.forum == forum or "forum" in query]
        agree(OutcomeFilters, rows, Outcome.objects.filter(pk__in=[row.pk for row in rows]), query)
    assert {one.forum for one in listed(forum)} == {forum}


def test_what_an_address_asks_for_in_vain_is_named_and_such_a_page_is_not_kept(client):
    forum = ForumFactory()
    make(forum)

    answer = client.get("/2020/outcomes/?theme=nothing&sdg=18&kind=launch&page=x")

    assert "they are left out: “nothing”, “18”." in answer.content.decode()
    assert (answer.status_code, answer.finished.seconds) == (200, 0)
    assert len(listed(forum, "theme=nothing")) == 1


def test_search_finds_them_in_other_words_and_languages_and_the_programme_leads_there(client):
    forum = SessionFactory().forum
    found = make(
        forum,
        title="A network of villages",
        organisations=[OrganisationFactory(name="Health Organisation", acronym="WHO")],
        themes=Theme.objects.filter(code="ethics"),
        action_lines=ActionLine.objects.filter(code="C5"),
        sdgs=SDG.objects.filter(number=9),
    )
    make(forum, title="Other")
    revision.bump()

    for query in ("village", "netwrok villages", "who", "ethics", "C5 network", "SDG 9", "ODD9"):
        assert listed(forum, f"q={query}") == [found], query
    for query in ("nothing", "...", "q" * 500):
        assert listed(forum, f"q={query}") == [], query
    page = client.get("/2020/programme/?q=village").content.decode()
    assert 'href="/2020/outcomes/?q=village"' in page
    assert "1 outcome<" in page


def test_search_counts_those_of_this_forum_only_and_none_that_is_hidden(client):
    forum, now = SessionFactory().forum, NOW
    hidden = SessionFactory(forum=forum, embargoed_until=now + timedelta(hours=1))
    make(forum, title="Villages", session=hidden)
    make(forum, title="Villages", is_public=False)
    make(ForumFactory(slug="2019"), title="Villages")
    revision.bump()

    assert "outcome found" not in client.get("/2020/programme/?q=villages").content.decode()


def test_table_has_a_row_for_each_and_runs_no_formula(client):
    session = SessionFactory()
    make(
        session.forum,
        title="=1+1",
        session=session,
        date=date(2020, 7, 23),
        organisations=[OrganisationFactory(name="ITU")],
        themes=Theme.objects.filter(code__in=["ethics", "gender"]),
        sdgs=SDG.objects.filter(number=9),
    )

    head, row, *_end = client.get("/2020/outcomes.csv").content.decode("utf-8-sig").splitlines()

    assert head == "id,forum,kind,title,text,date,session,organisations,action_lines,sdgs,themes,state,url"
    assert "'=1+1" in row
    assert f"2020-07-23,{session.code},ITU,,9,gender; ethics,," in row


@pytest.mark.parametrize("rows", [1, 3])
def test_list_page_and_table_ask_as_often_for_three_as_for_one(client, django_assert_num_queries, rows):
    forum = ForumFactory()
    for _i in range(rows):
        row = make(
            forum,
            session=SessionFactory(forum=forum),
            organisations=[OrganisationFactory()],
            themes=Theme.objects.all()[:1],
            action_lines=ActionLine.objects.filter(parent__isnull=False)[:1],
        )

    client.get("/2020/outcomes/?q=guide")  # the first search makes the words that the others ask for
    for path, queries in (("", 11), ("?q=guide", 14), (f"{row.pk}/", 9)):
        with django_assert_num_queries(queries):
            client.get(f"/2020/outcomes/{path}")
    with django_assert_num_queries(9):
        client.get("/2020/outcomes.csv")
