"""Which forum a page of the organisers is about."""

from datetime import date

import pytest

from events.shared.admin.current_forum import current_forum, is_about, seen_forums
from tests.factories import ForumFactory, SessionFactory, UserFactory, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def forums():
    """Last year's, this year's, which runs, and next year's."""
    return [
        ForumFactory(slug=str(year), name=f"Forum {year}", starts=date(year, 6, 22), ends=date(year, 9, 10))
        for year in (2019, 2020, 2021)
    ]


def asked(rf, user, query=None, *, row=None):
    request = rf.get("/admin/", query or {})
    request.user = user
    if row is not None:
        is_about(request, row)
    return request


@pytest.mark.parametrize(
    ("query", "place"),
    [
        *((None, 1), ({"forum": "2019"}, 0), ({"forum": ["2020", "2021"]}, 2)),  # twice: the last one
        *(({"forum": name}, 1) for name in ("nowhere", "", "20\x0019", "all", str(2**70))),  # as if none was named
    ],
)
def test_address_names_the_forum_else_it_is_the_one_that_runs(rf, forums, query, place):
    assert current_forum(asked(rf, staff(), query)) == forums[place]


def test_page_of_a_row_is_about_its_forum(rf, forums):
    session = SessionFactory(forum=forums[0])

    assert current_forum(asked(rf, staff(), row=session)) == forums[0]
    assert current_forum(asked(rf, staff(), row=forums[2])) == forums[2]
    assert current_forum(asked(rf, staff(), {"forum": "2021"}, row=session)) == forums[2]


def test_forum_of_another_team_is_not_there(rf, forums):
    person = staff(forum=forums[2])

    found = [
        current_forum(asked(rf, person, {"forum": "2019"})),
        current_forum(asked(rf, person, row=SessionFactory(forum=forums[0]))),
    ]

    assert found == [forums[2], forums[2]]
    assert seen_forums(asked(rf, person)) == [forums[2]]


def test_who_has_no_role_has_no_forum(rf, forums):
    assert current_forum(asked(rf, UserFactory())) is None
