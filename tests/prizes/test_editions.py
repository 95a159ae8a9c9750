import pytest

from prizes import editions
from prizes.models import Category, Edition, Phase
from tests.factories import NOW, ActionLineFactory, ForumFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(time_machine):
    time_machine.move_to(NOW, tick=False)
    edition = Edition.objects.create(forum=ForumFactory(), name="WSIS Prizes 2020", is_public=True)
    for kind, starts, ends in [("submission", 1, 10), ("voting", 22, 23), ("announcement", 30, 31)]:
        Phase.objects.create(edition=edition, kind=kind, starts=NOW.replace(day=starts), ends=NOW.replace(day=ends))
    return edition


def test_edition_of_a_forum_only_where_both_are_public(edition):
    assert editions.edition_of("2020") == edition
    edition.is_public = False
    edition.save()
    assert editions.edition_of("2020") is None


def test_phases_are_over_open_or_coming(edition):
    found = editions.edition_of("2020")

    assert [shown.state for shown in editions.phases(found, now=NOW)] == ["over", "open", "coming"]
    assert editions.phases(found, now=NOW.replace(day=23))[1].state == "over"


def test_prize_page_shows_phases_and_categories(client, edition):
    Category.objects.create(edition=edition, number=2, title="AL C2", action_line=ActionLineFactory())

    text = client.get("/2020/prizes/").content.decode()

    assert "From 1 July, 14:20 Geneva (12:20 UTC) until 10 July, 14:20 Geneva (12:20 UTC)" in text.replace(
        '<time datetime="2020-07-01T12:20Z">', ""
    ).replace('<time datetime="2020-07-10T12:20Z">', "").replace("</time>", "")
    assert "You cannot submit a project or vote on this site yet." in text
    assert "Infrastructure" in text


def test_prize_page_without_an_edition_says_so(client):
    ForumFactory()

    assert "not announced yet" in client.get("/2020/prizes/").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_prize_page_asks_as_often_for_three_categories_as_for_one(client, edition, django_assert_num_queries, rows):
    for number in range(rows):
        Category.objects.create(edition=edition, number=number, title="AL C2", action_line=ActionLineFactory())

    with django_assert_num_queries(5):
        client.get("/2020/prizes/")
