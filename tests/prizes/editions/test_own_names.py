"""Two forums with different prizes: each is called by its own name, and its categories by theirs, on pages and certificates."""

import pytest

from prizes.models import Category
from tests.factories import ForumFactory, UserFactory
from tests.prizes.factories import make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
OWN, LONG = "Start-up of the year", "The young company with the best idea for rural districts of the region"


@pytest.fixture
def two():
    """The prize of WSIS, and another one whose first category follows the same Action Line."""
    wsis = make_edition(categories=2)
    other = make_edition(categories=2, forum=ForumFactory(slug="dakar", name="Dakar Digital Days"), name="Baobab Award")
    Category.objects.filter(edition=other, number=1).update(title=LONG, short_name=OWN)
    return wsis, other


def text_of(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


PAGES = [
    "prizes/",
    "prizes/1/",
    "prizes/1/{nominee}/",
    "prizes/vote/1/",
    "prizes/vote/",
    "prizes/chain/",
    "prizes/results/",
]


@pytest.mark.parametrize("path", PAGES)
def test_page_of_another_prize_speaks_of_itself_alone(client, two, path):
    wsis, other = two
    line = wsis.categories.get(number=1).title
    client.force_login(UserFactory())

    def page(edition):
        nominee = nominees_of(edition, 1)[0].code
        return text_of(client.get(f"/{edition.forum.slug}/{path.format(nominee=nominee)}"))

    own, theirs = page(other), page(wsis)

    assert "WSIS Prizes" not in own
    assert line not in own
    assert OWN not in theirs
    assert "Baobab" not in theirs


def test_category_is_called_by_its_short_name_and_its_page_by_both(client, two):
    page = text_of(client.get("/dakar/prizes/1/"))

    assert f"<h1><bdi>{OWN}</bdi></h1>" in page
    assert f'<p class="lead"><bdi>{LONG}</bdi></p>' in page
    assert OWN in text_of(client.get("/dakar/prizes/"))
