"""The weave of an edition."""

import re
from xml.etree import ElementTree

import pytest

from events.shared.drawings import weave
from tests.factories import ForumFactory

NOTHING = [[0] * 17 for _line in range(18)]


def one(*cells):
    """The numbers of a programme that has sessions in these cells only."""
    return [[int((line, goal) in cells) for goal in range(17)] for line in range(18)]


def test_without_a_programme_there_are_17_threads_from_top_to_bottom():
    assert weave.paths(NOTHING, year=2026) == [
        weave.Path("#4347be", 5, "".join(f"M{10 + 20 * column} 10v340" for column in range(17)))
    ]


def test_a_line_that_meets_a_goal_lies_over_it_and_both_are_thick():
    year = 18 * 17 * 6 + 2026 % 6
    row, column = (0 - year) % 18, (0 - 7 * year) % 17

    drawn = weave.paths(one((0, 0)), year=year)

    over = [path for path in drawn if "h" in path.strokes]
    assert [(path.width, path.strokes) for path in over] == [(15, f"M{10 + 20 * column} {10 + 20 * row}h0")]
    assert {path.width for path in drawn if "v" in path.strokes} == {5, 15}


def test_second_and_third_line_have_the_thread_of_the_edition():
    counts = one()
    for line, number in ((3, 9), (7, 8), (11, 7), (2, 1)):
        counts[line][0] = number

    drawn = weave.paths(counts, year=2027)

    rows = {int(y) // 20 for path in drawn if path.colour == "#ffc46b" for y in re.findall(r" (\d+)h", path.strokes)}
    assert rows == {(7 - 2027) % 18, (11 - 2027) % 18}


def test_editions_differ_though_their_programme_is_the_same():
    assert weave.paths(one((1, 1)), year=2026) != weave.paths(one((1, 1)), year=2032)
    assert [weave.palette_number(year) for year in (2020, 2025, 2026, 2027, 2031)] == [0, 5, 0, 1, 5]


def test_a_part_of_the_picture_is_its_top_left_corner():
    drawn = ElementTree.fromstring(weave.svg(weave.paths(NOTHING, year=2026), columns=6, rows=17))

    assert drawn.get("viewBox") == "0 0 120 340"


@pytest.mark.django_db
def test_home_shows_the_weave_of_its_edition(client):
    forum = ForumFactory(slug="2020")

    home, drawn = client.get("/2020/").content.decode(), client.get("/2020/weave.svg")

    assert f'class="hero edition-{weave.palette_number(forum.starts.year)}"' in home
    assert 'src="/2020/weave.svg"' in home
    assert drawn["Content-Type"] == "image/svg+xml"
    assert ElementTree.fromstring(drawn.content.decode()).get("viewBox") == "0 0 340 360"
    ForumFactory(slug="hidden", is_public=False)
    assert client.get("/hidden/weave.svg").status_code == 404
