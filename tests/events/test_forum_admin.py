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
