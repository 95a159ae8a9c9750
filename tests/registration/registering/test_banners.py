import pytest
from django.contrib.auth.models import AnonymousUser

from events import hooks
from registration.registering import banners
from tests.factories import NOW, ForumFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_person_gets_the_notes_that_say_something_and_a_visitor_none(monkeypatch):
    monkeypatch.setattr(hooks, "banner", hooks.Hook())  # nothing is registered but what follows
    forum, user = ForumFactory(), UserFactory()
    hooks.banner()(lambda person, forum, page, now: f"{person.pk} {forum.slug} {page} {now:%H:%M}")
    hooks.banner()(lambda person, forum, page, now: "")

    notes = [banners.notes_for(one, forum=forum, page="/2020/", now=NOW) for one in (user, AnonymousUser())]

    assert notes == [[f"{user.pk} 2020 /2020/ 12:20"], []]
