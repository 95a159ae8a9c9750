"""The organisers' page of a forum."""

import pytest

from tests.factories import ForumFactory

pytestmark = pytest.mark.django_db


def test_address_is_chosen_once(organiser_site):
    forum = ForumFactory()

    new = organiser_site.get("/admin/events/forum/add/")
    known = organiser_site.get(f"/admin/events/forum/{forum.pk}/change/")

    assert "slug" in new.context["adminform"].form.fields
    assert "slug" not in known.context["adminform"].form.fields


def test_a_public_forum_that_is_hidden_with_a_mistake_is_asked_again(organiser_site):
    forum = ForumFactory(is_public=True)

    answer = organiser_site.post(f"/admin/events/forum/{forum.pk}/change/", {"name": ""})

    forum.refresh_from_db()
    assert (answer.status_code, forum.is_public) == (200, True)
    assert "name" in answer.context["adminform"].form.errors
