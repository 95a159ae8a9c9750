import pytest

from registration.registering import banners
from tests.factories import NOW, FocalPointFactory, ForumFactory, KindFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db


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
