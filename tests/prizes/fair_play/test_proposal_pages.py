"""Where the end of a vote and the close of an edition are proposed."""

import pytest

from events.models import Approval, HistoryEntry
from prizes.models import Vote
from tests.prizes.counted import announced
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
END = {"ends_0": "2020-07-27", "ends_1": "09:00", "reason": "The hall is taken"}


@pytest.fixture
def edition(db):
    edition = make_edition(categories=2, nominees=2)
    for place in range(3):
        fill_ballot(edition, {number: nominees_of(edition, number)[place % 2] for number in (1, 2)})
    return edition


def page_of(edition, name):
    return f"/admin/prizes/edition/{edition.pk}/{name}/"


def approval_page(place="change"):
    return f"/admin/events/approval/{Approval.objects.latest('pk').pk}/{place}/"


def test_two_officers_close_the_edition(edition, sites, django_capture_on_commit_callbacks):
    announced(edition, "champions", "winners")
    one, other = sites

    answer = one.post(page_of(edition, "close"), {"reason": "It is over"})
    assert answer["Location"] == approval_page()
    waits = other.get(page_of(edition, "close")).content.decode()
    assert (approval_page() in waits, "<textarea" in waits, Vote.objects.count()) == (True, False, 6)
    assert "It cannot be undone" in other.get(approval_page("agree")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        other.post(approval_page("agree"))
        before = one.get(page_of(edition, "close")).content.decode()

    assert "Its key is still there" in before
    assert Vote.objects.count() == 0
    assert HistoryEntry.objects.filter(verb="close-edition").get().reason == "It is over"
    page = one.get(page_of(edition, "close")).content.decode()
    assert ("Its key is destroyed." in page, "<textarea" in page) == (True, False)
    report = f"/admin/prizes/edition/{edition.pk}/integrity/"
    assert "The edition is closed" in one.get(report).content.decode()


def test_two_officers_move_the_end_of_a_running_vote(edition, sites):
    one, other = sites
    assert "The vote ends on" in one.get(page_of(edition, "end")).content.decode()

    assert one.post(page_of(edition, "end"), END).status_code == 302
    ends = Approval.objects.get().moment("ends")
    assert ends.isoformat() == "2020-07-27T07:00:00+00:00"  # nine o'clock in Geneva
    assert "The new end would be" in other.get(approval_page("agree")).content.decode()
    assert other.post(approval_page("agree")).status_code == 302

    assert edition.phases.get(kind="voting").ends == ends
