"""The prize's public pages: what they say in each phase, and what they never show."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from events.models import SDG
from events.shared.pages import revision
from prizes.models import Count, Linkage, PrizeSponsor
from tests.factories import NOW, ForumFactory, OrganisationFactory
from tests.prizes.counted import announced
from tests.prizes.factories import NominationFactory, make_edition, nominees_of, set_phase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
HIDDEN_STATES = ("draft", "submitted", "shortlisted", "not_nominated", "withdrawn")


@pytest.fixture
def edition():
    return make_edition(categories=2, nominees=2)


def page(address="/2020/prizes/"):
    return Client().get(address).content.decode()


def says(words, text=None):
    """Which of the words stand on the prize's page."""
    text = page() if text is None else text
    return [each for each in words if each in text]


def statuses(*addresses):
    return [Client().get(address).status_code for address in addresses]


def count(edition):
    figures = "valid_ballots", "incomplete_ballots", "quarantined_ballots", "valid_votes", "attendee_ballots"
    return Count.objects.create(edition=edition, number=1, counted=NOW, **dict.fromkeys(figures, 777))


# --- home ------------------------------------------------------------------------------------------
def test_home_says_first_what_to_do_now_and_when_it_ends():
    edition = make_edition(phase="voting", categories=1)
    for phase, heading, deadline, link in [
        ("submission", "Nominations are open", "Nominations close", "/2020/prizes/nominate/new/"),
        ("review", "The nominees are known", "The review ends", ""),
        ("voting", "The public vote is open", "Voting closes", "/2020/prizes/vote/"),
        ("selection", "Voting has closed", "Experts choose the winners until", ""),
        ("announcement", "Voting has closed", "The announcement ends", ""),
    ]:
        set_phase(edition, phase)
        text = page()
        now = text[text.index('<section class="now"') : text.index("</section>")]
        time = '<time datetime="2020-08-01T12:20Z">1 August, 14:20 Geneva (12:20 UTC)</time>, in 10 days.'
        assert re.search(rf"<h2>\s*{heading}\s*</h2>", now)
        assert f"{deadline} {time}" in now
        assert re.findall(r'href="([^"]*)"', now) == ([link] if link else [])


def test_home_keeps_results_until_they_are_announced():
    edition = make_edition(phase="selection", categories=1)
    count(edition)
    words = [
        "The votes are counted",
        "The champions are known",
        "The winners are known",
        'href="/2020/prizes/results/"',
    ]

    found = [says([*words, "777"])]
    for kind in ("champions", "winners"):
        announced(edition, kind, approved=NOW - timedelta(days=1))
        found.append(says(words))

    assert found == [words[:1], [words[1], words[3]], words[2:]]


def test_card_says_what_to_do_now_and_nothing_without_an_edition():
    ForumFactory(slug="empty")
    make_edition(phase="voting", categories=1)

    assert "The public vote is open" in page("/2020/prizes/card/")
    assert 'data-part="/2020/prizes/card/"' in page("/2020/")
    assert "vote" not in page("/empty/prizes/card/")
    assert statuses("/none/prizes/card/") == [404]


# --- category --------------------------------------------------------------------------------------
def test_category_shows_its_nominees_only(edition):
    first, second = nominees_of(edition, 1)
    other = nominees_of(edition, 2)[0]
    hidden = [
        NominationFactory(category=first.category, state=state, title=f"Hidden {state}") for state in HIDDEN_STATES
    ]
    shown = [
        f'href="/2020/prizes/1/{first.code}/"',
        second.title,
        'href="/2020/prizes/vote/1/#category"',
        "Voting closes",
    ]

    text = page("/2020/prizes/1/")

    assert says([*shown, 'rel="next"', other.title, "Hidden "], text) == [*shown, 'rel="next"']
    for row in hidden:
        answer = Client().get(f"/2020/prizes/1/{row.code}/")
        assert (answer.status_code, "Hidden" in answer.content.decode()) == (404, False)
    nominees_of(edition, 2)[0].category.nominations.update(state="withdrawn")
    revision.bump()
    assert "This category has no nominees" in page("/2020/prizes/2/")


def test_unknown_pages_and_those_of_a_hidden_edition_are_not_found(edition):
    code = nominees_of(edition, 1)[0].code
    places = ["2020/prizes/99/", "none/prizes/1/", "2020/prizes/1/AAAAAA/", f"2020/prizes/2/{code}/"]
    assert statuses(*(f"/{place}" for place in places)) == [404] * 4

    type(edition).objects.update(is_public=False)
    assert statuses("/2020/prizes/1/", f"/2020/prizes/1/{code}/") == [404, 404]
    assert "not announced yet" in page()


# --- nominee ---------------------------------------------------------------------------------------
def test_nominee_page_shows_the_project(edition):
    nominee = nominees_of(edition, 1)[0]
    nominee.social_impact, nominee.challenges, nominee.is_sample = "Schools are online", "Kept for the experts", True
    nominee.save()
    Linkage.objects.create(nomination=nominee, sdg=SDG.objects.get(number=4), text="Teachers learn")
    shown = [
        f'<h1><bdi lang="en">{nominee.title}</bdi></h1>',
        "Mali",
        '<span class="goal goal-4">4</span> Quality Education',
        "Teachers learn",
        "Schools are online",
        '<a href="https://project.example.org/" rel="nofollow noopener">',
        "sample data",
    ]

    text = " ".join(page(f"/2020/prizes/1/{nominee.code}/").split())

    assert says([*shown, "Kept for the experts", nominee.nominator.name, nominee.nominator.email], text) == shown
    assert ["sample data" in page(f"/2020/prizes/{number}/") for number in (1, 2)] == [True, False]


# --- how often pages ask ---------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("phase", ["voting", "selection"])
def test_pages_ask_as_often_for_three_rows_as_for_one(rows, phase, django_assert_num_queries):
    edition = make_edition(categories=rows, nominees=rows, phase=phase)
    nominee = nominees_of(edition, 1)[0]
    for goal in SDG.objects.all()[:rows]:
        Linkage.objects.create(nomination=nominee, sdg=goal, text="How")
        PrizeSponsor.objects.create(edition=edition, organisation=OrganisationFactory())
    more = 2 if phase == "selection" else 0

    for place, number in [("", 8), ("card/", 4), ("1/", 8), (f"1/{nominee.code}/", 8)]:
        with django_assert_num_queries(number + more):
            Client().get(f"/2020/prizes/{place}")
