import pytest
from django.http import Http404

from events.shared.pages.find_forum import bare_forum, find_forum
from tests.factories import ForumFactory

pytestmark = pytest.mark.django_db


def test_forum_comes_with_its_host_and_co_organisers_or_is_not_found(django_assert_num_queries):
    ForumFactory()
    ForumFactory(slug="hidden", is_public=False)

    with django_assert_num_queries(2):
        forum = find_forum("2020")
        _ = (forum.host, list(forum.co_organisers.all()))
    for find in (find_forum, bare_forum):
        with pytest.raises(Http404):
            find("hidden")
