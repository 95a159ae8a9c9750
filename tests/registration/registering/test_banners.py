import pytest
from django.contrib.auth.models import AnonymousUser

from events import hooks
from registration.registering import banners
from tests.factories import NOW, ForumFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_notes(monkeypatch):
    """Nothing is registered but what the test registers."""
    monkeypatch.setattr(hooks, "banner", hooks.Hook())


def test_person_gets_the_notes_that_say_something(own_notes):
    forum, user = ForumFactory(), UserFactory()
    hooks.banner()(lambda person, forum, page, now: f"{person.pk} {forum.slug} {page} {now:%H:%M}")
    hooks.banner()(lambda person, forum, page, now: "")

    assert banners.notes_for(user, forum=forum, page="/2020/", now=NOW) == [f"{user.pk} 2020 /2020/ 12:20"]


def test_visitor_is_never_asked_about(own_notes):
    hooks.banner()(lambda *parts: pytest.fail("a visitor has no notes"))

    assert banners.notes_for(AnonymousUser(), forum=ForumFactory(), page="", now=NOW) == []
