"""The organisers' pages of counts and blocks."""

import pytest

from events.models import HistoryEntry, User
from prizes.chain import chain
from prizes.count import counting, recount_requests
from prizes.models import Count, Edition, Recount
from tests.admin import rows
from tests.factories import NOW
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


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


def test_votes_are_counted_again_with_a_reason(organiser_site, superuser, edition):
    shown = organiser_site.get("/admin/prizes/count/").content.decode()
    answer = organiser_site.post(address(edition), {"reason": "Two ballots were set aside"}, follow=True)

    assert f'href="{address(edition)}"' in shown
    assert [str(message) for message in answer.context["messages"]] == [
        "The votes are being counted again. This page says when it is done."
    ]
    waiting = answer.content.decode()
    assert ("Waiting to be counted." in waiting, Count.objects.count()) == (True, 1)
    recount_requests.run_due(NOW)
    assert "Count 2: valid ballots 1" in organiser_site.get("/admin/prizes/count/").content.decode()
    assert Count.objects.values_list("number", flat=True)[0] == 2
    entry = HistoryEntry.objects.filter(verb="count").first()
    assert (entry.actor, entry.reason) == (superuser, "Two ballots were set aside")


@pytest.mark.parametrize("reason", ["", "  "])
def test_new_count_needs_a_reason(organiser_site, edition, reason):
    answer = organiser_site.post(address(edition), {"reason": reason})

    assert answer.context["form"].errors == {"reason": ["Say why"]}
    assert Count.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"state": "counting"}, "Being counted."),
        ({"state": "counting", "error": "OSError"}, "It failed once and is tried again."),
        ({"state": "failed", "error": "OSError"}, "The new count failed three times."),
        ({"state": "refused", "error": "The edition is closed"}, "The edition is closed"),
    ],
)
def test_pages_say_what_became_of_a_new_count(organiser_site, superuser, edition, values, sentence):
    quarantine = rows.quarantine()
    type(quarantine).objects.update(edition=edition, decided=NOW)
    announcement = rows.announcement()
    type(announcement).objects.update(edition=edition)
    pages = [f"quarantine/{quarantine.pk}/change/", f"announcement/{announcement.pk}/change/", "count/"]
    before = [organiser_site.get(f"/admin/prizes/{page}").content.decode() for page in pages]
    Recount.objects.create(edition=edition, reason="Words", asked_by=superuser, asked=NOW, **values)

    after = [organiser_site.get(f"/admin/prizes/{page}").content.decode() for page in pages]

    assert [sentence in body for body in before] == [False] * 3
    assert [sentence in body for body in after] == [True] * 3


def test_votes_cannot_be_counted_while_the_vote_is_open(organiser_site):
    edition = make_edition(phase="voting")

    answer = organiser_site.post(address(edition), {"reason": "Curious"})

    assert "The votes can be counted once the last block is sealed" in answer.content.decode()
    assert address(edition) not in organiser_site.get("/admin/prizes/count/").content.decode()
    assert not Count.objects.exists()


def test_closed_edition_is_offered_no_count(organiser_site, edition):
    Edition.objects.update(closed=NOW)

    assert address(edition) not in organiser_site.get("/admin/prizes/count/").content.decode()
    assert "its votes are deleted" in organiser_site.post(address(edition), {"reason": "Why"}).content.decode()


@pytest.mark.parametrize(("group", "status"), [("organisers", 403), ("experts", 403), ("prize officers", 200)])
def test_only_officers_count(client, staff, edition, group, status):
    client.force_login(staff(group))

    assert client.get(address(edition)).status_code == status


def test_unknown_edition_is_not_found(organiser_site):
    assert organiser_site.get("/admin/prizes/count/again/999/").status_code == 404


def test_pages_of_a_count_name_no_result_and_no_bundle(organiser_site, edition):
    count = Count.objects.get()
    nominee = nominees_of(edition, 1)[0]

    bodies = [
        organiser_site.get(f"/admin/prizes/count/{page}").content.decode() for page in ("", f"{count.pk}/change/")
    ]

    for body in bodies:
        assert nominee.title not in body
        assert count.bundle.name not in body
    assert count.bundle_sha256 in bodies[1]


def test_nobody_changes_counts_and_blocks(organiser_site):
    for model, row in [("count", rows.count()), ("block", rows.block())]:
        base = f"/admin/prizes/{model}/"
        answers = [organiser_site.post(f"{base}{page}", {"post": "yes"}) for page in (f"{row.pk}/delete/", "add/")]
        assert [answer.status_code for answer in answers] == [403, 403]
    assert User.objects.get(email="boss@example.org").is_superuser


def test_choices_of_a_block_are_shown_after_the_close_only(organiser_site):
    edition = make_edition(phase="voting", categories=1)
    block = chain.open_chain(edition, now=NOW)
    type(block).objects.update(choices=4711)
    pages = ["/admin/prizes/block/", f"/admin/prizes/block/{block.pk}/change/"]

    before = [organiser_site.get(page).content.decode() for page in pages]
    Edition.objects.update(polls_sealed=NOW)
    after = [organiser_site.get(page).content.decode() for page in pages]

    assert ["4711" in text for text in before] == [False, False]
    assert ["after the close" in text for text in before] == [True, True]
    assert ["4711" in text.replace(",", "") for text in after] == [True, True]


def test_filter_in_the_address_does_not_tell_how_many_choices_a_block_has(organiser_site):
    edition = make_edition(phase="voting")
    chain.open_chain(edition, now=NOW)

    assert organiser_site.get("/admin/prizes/block/?choices__gte=1").status_code == 400
    assert organiser_site.get(f"/admin/prizes/block/?edition__id__exact={edition.pk}").status_code == 200
