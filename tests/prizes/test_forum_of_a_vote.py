"""The forum of a prize stays public while people vote on its pages."""

import pytest

from events.models import Forum
from events.pages import find_forum
from prizes.models import Edition
from tests.factories import NOW, ForumFactory
from tests.prizes.factories import make_edition, set_phase
from tests.prizes.test_edition_admin import fields_of
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SENTENCE = "The vote of this forum’s prize is open: it stays public until the vote is over"


def hide(client, forum):
    """What the page of the forum answers to its untouched form without the tick “public”."""
    address = f"/admin/events/forum/{forum.pk}/change/"
    context = client.get(address).context
    sent = fields_of(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        sent |= fields_of(inline.formset.management_form)
    del sent["is_public"]
    return client.post(address, sent | {"name": "Words to keep"})


def test_forum_with_an_open_vote_is_not_hidden_and_says_so_at_the_field(organiser_site):
    edition = make_edition(phase="voting", categories=1)

    answer = hide(organiser_site, edition.forum)

    assert answer.context["adminform"].form.errors == {"is_public": [SENTENCE]}
    assert "Words to keep" in answer.content.decode()
    assert Forum.objects.get().is_public


def test_forum_is_hidden_before_and_after_the_vote_and_when_it_never_had_one(organiser_site):
    edition = make_edition(phase="voting", categories=1)
    for phase in ("review", "selection"):
        set_phase(edition, phase)
        assert hide(organiser_site, edition.forum).status_code == 302, phase
        assert not Forum.objects.get().is_public
        Forum.objects.update(is_public=True)

    assert hide(organiser_site, ForumFactory(slug="2019")).status_code == 302


def test_vote_that_the_public_does_not_see_keeps_no_forum_public():
    edition = make_edition(phase="voting", categories=1)
    assert refused(find_forum.check_hiding, edition.forum, now=NOW) == "stays-public"
    Edition.objects.update(is_public=False)
    find_forum.check_hiding(edition.forum, now=NOW)
