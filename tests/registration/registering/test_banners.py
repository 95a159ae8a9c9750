import pytest
from django.contrib.auth.models import AnonymousUser

from events.shared import hooks
from registration.accreditation import hooks as accreditation_hooks
from registration.registering import banners
from tests.factories import NOW, FocalPointFactory, ForumFactory, KindFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_person_gets_the_notes_that_say_something_and_a_visitor_none(monkeypatch):
    monkeypatch.setattr(accreditation_hooks, "banner", hooks.Hook())  # nothing is registered but what follows
    forum, user = ForumFactory(), UserFactory()
    accreditation_hooks.banner()(lambda person, forum, page, now: f"{person.pk} {forum.slug} {page} {now:%H:%M}")
    accreditation_hooks.banner()(lambda person, forum, page, now: "")

    notes = [banners.notes_for(one, forum=forum, page="/2020/", now=NOW) for one in (user, AnonymousUser())]

    assert notes == [[f"{user.pk} 2020 /2020/ 12:20"], []]


def test_home_page_leads_a_focal_point_to_the_delegation_and_says_how_many_wait():
    point, stranger = FocalPointFactory(), UserFactory()
    forum, user = point.forum, point.user
    kind = KindFactory(forum=forum, approval="focal_point")
    own = {"forum": forum, "kind": kind, "affiliation": point.organisation}
    home = f"/{forum.slug}/"

    nobody = banners.delegation(user, forum, home, NOW)
    RegistrationFactory(**own, state="focal_point")
    RegistrationFactory(**own, state="approved")
    RegistrationFactory(**own, state="focal_point", user=user)  # nobody decides on their own
    RegistrationFactory(forum=forum, kind=kind, state="focal_point")  # of another organisation

    one = banners.delegation(user, forum, home, NOW)
    assert ("My delegation" in nobody, "Nobody waits for your decision." in nobody) == (True, True)
    assert (f'href="/{forum.slug}/delegation/"' in one, "1 person waits for your decision." in one) == (True, True)
    assert banners.delegation(user, forum, f"{home}programme/", NOW) == ""
    assert [
        banners.delegation(stranger, forum, home, NOW),
        banners.delegation(user, ForumFactory(slug="2027"), "/2027/", NOW),
    ] == ["", ""]
