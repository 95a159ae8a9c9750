from datetime import timedelta

import pytest
from django.http import Http404

from prizes.editions import public_edition
from prizes.models import Edition, Phase
from tests.factories import NOW, ForumFactory
from tests.prizes.factories import make_edition, nominees_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(noon):
    edition = Edition.objects.create(forum=ForumFactory(), name="WSIS Prizes 2020", is_public=True)
    for kind, starts, ends in [("submission", 1, 10), ("voting", 22, 23), ("announcement", 30, 31)]:
        Phase.objects.create(edition=edition, kind=kind, starts=NOW.replace(day=starts), ends=NOW.replace(day=ends))
    return edition


def test_edition_is_found_only_where_forum_and_edition_are_public(edition):
    assert public_edition.find_edition("2020") == edition
    for model in (Edition, type(edition.forum)):
        model.objects.update(is_public=False)
        assert public_edition.edition_of("2020") is None
        with pytest.raises(Http404):
            public_edition.find_edition("2020")
        model.objects.update(is_public=True)


def test_neighbours_of_the_first_the_middle_and_the_last_category():
    first, second, third = make_edition(phase="review").categories.all()

    found = [public_edition.neighbours(row) for row in (first, second, third)]

    assert found == [(None, second), (first, third), (second, None)]


@pytest.mark.parametrize(
    ("day", "step", "until", "left"),
    [
        (-1, "before", 1, "in 2 days"),
        (1, "submission", 10, "in 9 days"),
        (10, "between", 22, "in 12 days"),
        (22, "voting", 23, "in 24 hours"),
        (23, "counting", 30, "in 7 days"),
        (30, "announcement", 31, "in 24 hours"),
        (31, "over", None, ""),
    ],
)
def test_timeline_says_where_the_edition_stands(edition, day, step, until, left):
    now = NOW.replace(day=1) + timedelta(days=day - 1)

    timeline = public_edition.Timeline(public_edition.edition_of("2020"), now)

    assert (timeline.step, timeline.until, timeline.left) == (step, until and NOW.replace(day=until), left)
    assert (timeline.has_vote_begun, timeline.is_vote_over) == (day >= 22, day >= 23)


def test_time_left_in_words():
    second, hours = timedelta(seconds=1), timedelta(hours=1)
    for left, words in [
        (timedelta(days=9, hours=23), "in 9 days"),
        (48 * hours, "in 2 days"),
        (48 * hours - second, "in 47 hours"),
        (2 * hours, "in 2 hours"),
        (2 * hours - second, "in 119 minutes"),
        (120 * second, "in 2 minutes"),
        (119 * second, "within two minutes"),
        (0 * second, "within two minutes"),
    ]:
        assert public_edition.time_left(NOW + left, now=NOW) == words


def test_categories_count_published_nominees_only():
    edition = make_edition(categories=2, nominees=2)
    nominee = nominees_of(edition, 1)[0]
    type(nominee).objects.filter(pk=nominee.pk).update(state="withdrawn")

    assert [row.nominee_count for row in public_edition.categories(edition)] == [1, 2]
    Edition.objects.update(nominees_published=None)
    assert [row.nominee_count for row in public_edition.categories(edition)] == [0, 0]


def test_order_of_the_day_favours_nobody():
    rows = nominees_of(make_edition(categories=1, nominees=4), 1)
    days = [f"2020-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]

    orders = [public_edition.in_order_of_day(rows, day=day) for day in days]

    firsts = [order[0] for order in orders]
    assert all(len(days) / 8 < firsts.count(row) < len(days) / 2 for row in rows)
    assert public_edition.in_order_of_day(rows[::-1], day=days[0]) == orders[0]
