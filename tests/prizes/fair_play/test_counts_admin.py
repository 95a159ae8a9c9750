"""The organisers' pages of counts and blocks."""

import pytest

from events.models import HistoryEntry
from prizes.chain import chain
from prizes.count import counting, recount_requests
from prizes.models import Count
from tests.factories import NOW
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
COUNTS = "/admin/prizes/count/"


@pytest.fixture
def edition():
    """An edition whose votes were counted once."""
    edition = make_edition(phase="voting", categories=1)
    chain.open_chain(edition, now=NOW)
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    close = edition.phase("voting").ends
    chain.seal(edition, now=close + (close - NOW), is_last=True)
    counting.count(edition, now=NOW)
    return edition


def address(edition):
    return f"/admin/prizes/count/again/{edition.pk}/"


def test_votes_are_counted_again_with_a_reason(organiser_site, boss, edition):
    """Pages of a count name no result and no bundle."""
    count, title = Count.objects.get(), nominees_of(edition, 1)[0].title
    bodies = [organiser_site.get(f"{COUNTS}{page}").content.decode() for page in ("", f"{count.pk}/change/")]
    refused = [organiser_site.post(address(edition), {"reason": reason}).context["form"].errors for reason in ("", " ")]
    answer = organiser_site.post(address(edition), {"reason": "Two ballots were set aside"}, follow=True)

    assert f'href="{address(edition)}"' in bodies[0]
    assert [(title in body, count.bundle.name in body) for body in bodies] == [(False, False)] * 2
    assert count.bundle_sha256 in bodies[1]
    assert refused == [{"reason": ["Say why, in a sentence or two"]}] * 2
    assert [str(message) for message in answer.context["messages"]] == [
        "The votes are being counted again. This page says when it is done."
    ]
    assert ("Waiting to be counted." in answer.content.decode(), Count.objects.count()) == (True, 1)
    recount_requests.run_due(NOW)
    assert "Count 2: valid ballots 1" in organiser_site.get(COUNTS).content.decode()
    entry = HistoryEntry.objects.filter(verb="count").first()
    assert (entry.actor, entry.reason) == (boss, "Two ballots were set aside")
