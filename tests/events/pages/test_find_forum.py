import pytest
from django.http import Http404

from events.pages.find_forum import bare_forum, find_forum
from tests.factories import ForumFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("find", [find_forum, bare_forum])
def test_forum_that_is_not_public_is_not_found(find):
    ForumFactory(is_public=False)

    with pytest.raises(Http404):
        find("2020")


def test_forum_comes_with_its_host_and_co_organisers(django_assert_num_queries):
    ForumFactory()

    with django_assert_num_queries(2):
        forum = find_forum("2020")
        _ = (forum.host, list(forum.co_organisers.all()))
