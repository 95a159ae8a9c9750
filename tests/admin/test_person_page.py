"""A person on one page: what they are in the forums that the reader may see, and nothing more."""

import pytest

from events.models import HostedSession
from tests.factories import (
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)
from tests.prizes.factories import make_edition
from tests.prizes.reviewers import make_expert

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return UserFactory(name="Awa Diallo")


def read(client, person):
    return client.get(f"/admin/person/{person.pk}/")


def fill(person, forum):
    RegistrationFactory(forum=forum, user=person, name="Registered Awa")
    SpeakerFactory(forum=forum, account=person, name="Speaking Awa")
    SpeakerFactory(forum=forum, name="Namesake")
    HostedSession.objects.create(user=person, session=SessionFactory(forum=forum, title="Hosted one"))


def test_all_that_a_person_is(organiser_site, person):
    fill(person, ForumFactory())
    make_expert(make_edition(), user=person)

    html = read(organiser_site, person).content.decode()

    for part in ("Awa Diallo", person.email, "Registered Awa", "Speaking Awa", "Hosted one", "WSIS Forum 2020"):
        assert part in html
    assert "Namesake" not in html
    link = f"/admin/person/{person.pk}/"
    assert link in organiser_site.get(f"/admin/events/user/{person.pk}/change/").content.decode()


@pytest.mark.parametrize("forums", [1, 4])
def test_asks_as_much_for_one_forum_as_for_many(organiser_site, person, forums, django_assert_max_num_queries):
    for number in range(forums):
        fill(person, ForumFactory(slug=f"y{number}"))
    organiser_site.get("/admin/")

    with django_assert_max_num_queries(16):
        assert read(organiser_site, person).status_code == 200
