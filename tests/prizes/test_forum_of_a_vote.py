"""The forum of a prize stays public while people vote on its pages."""

import pytest

from events.models import Forum
from events.shared.admin import publishing
from prizes.models import Edition
from tests.factories import NOW, ForumFactory
from tests.prizes.factories import make_edition, set_phase
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SENTENCE = "The vote is open: the forum and its prize stay public until it is over"


def hide(client, forum):
    """What the page that hides a forum answers."""
    return client.post(f"/admin/events/forum/{forum.pk}/public/")


def test_forum_with_an_open_vote_is_not_hidden_and_its_page_says_why(organiser_site):
    edition = make_edition(phase="voting", categories=1)

    answer = hide(organiser_site, edition.forum)

    assert answer.context["form"].non_field_errors() == [SENTENCE]
    assert Forum.objects.get().is_public


def test_forum_is_hidden_before_and_after_the_vote_and_when_it_never_had_one(organiser_site):
    edition = make_edition(phase="voting", categories=1)
    for phase in ("review", "selection"):
        set_phase(edition, phase)
        assert hide(organiser_site, edition.forum).status_code == 302, phase
        assert not Forum.objects.get().is_public
        Forum.objects.update(is_public=True)

    assert hide(organiser_site, ForumFactory(slug="2019")).status_code == 302


def test_vote_that_the_public_does_not_see_keeps_no_forum_public(boss):
    edition = make_edition(phase="voting", categories=1)
    assert refused(publishing.hide, edition.forum, by=boss, now=NOW) == "stays-public"
    Edition.objects.update(is_public=False)
    assert not publishing.hide(edition.forum, by=boss, now=NOW).is_public
