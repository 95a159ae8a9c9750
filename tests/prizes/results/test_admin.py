"""The organisers' pages of results: who sees them, choosing winners, announcements by two."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.models import Approval, HistoryEntry
from prizes.models import Winner
from tests.factories import NOW
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def edition():
    return counted(champions_per_category=2)


@pytest.fixture
def as_group(client, staff):
    def sign_in(group):
        user = staff(group)
        client.force_login(user)
        return user

    return sign_in


def choose_page(edition):
    return reverse("admin:prizes_winner_choose", args=[edition.pk])


def notes(answer):
    return [str(message) for message in answer.context["messages"]]


# --- winners --------------------------------------------------------------------------------------
def test_expert_chooses_a_champion_and_takes_the_choice_back_each_with_a_reason(client, as_group, edition):
    expert = as_group("experts")
    _first, champion, other = nominees_of(edition, 1)
    page = choose_page(edition)
    body = client.get(page).content.decode()
    values = {"category": champion.category_id, "nomination": champion.pk, "reason": "Reach"}

    answer = client.post(page, values, follow=True)

    assert (str(champion) in body, str(other) in body) == (True, False)
    assert answer.redirect_chain == [(f"{page}#c{champion.category_id}", 302)]
    winner = Winner.objects.get()
    assert (winner.nomination, winner.chosen_by) == (champion, expert)
    assert HistoryEntry.objects.filter(verb="choose-winner", actor=expert, reason="Reach").exists()
    assert "Say why" in client.post(page, {"winner": winner.pk}).content.decode()
    answer = client.post(page, {"winner": winner.pk, "reason": "Mistake"}, follow=True)
    assert (notes(answer), Winner.objects.count()) == ([f"The choice of {champion} is taken back."], 0)


def test_bad_input_saves_nothing_and_loses_nothing(client, as_group, edition):
    as_group("experts")
    first, _second, third = nominees_of(edition, 1)
    for values, sentence in [
        ({"nomination": "x"}, "Choose a champion"),
        ({"nomination": third.pk, "reason": "Words to keep"}, "Only a champion of the latest count can win"),
        ({"winner": "9" * 30, "reason": "Words"}, "This choice is taken back already"),
    ]:
        answer = client.post(choose_page(edition), {"category": first.category_id, **values})
        assert (answer.status_code, sentence in answer.content.decode()) == (200, True), values
        assert values.get("reason", "") in answer.content.decode()
    assert not Winner.objects.exists()


def test_page_names_winners_that_lost_their_place_and_ends_with_the_announcement(client, as_group, edition):
    as_group("experts")
    crown(edition)
    counted(edition=edition, number=2, votes=((1, 7, 5), (8, 6, 4)))
    assert "no longer has these winners among the champions" in client.get(choose_page(edition)).content.decode()
    refused = client.post(choose_page(edition), {"winner": Winner.objects.earliest("pk").pk, "reason": "w" * 4001})
    assert f"{'w' * 4001}</textarea>" in refused.content.decode()

    edition.counts.get(number=2).delete()
    announced(edition, "champions", "winners", at=NOW + timedelta(days=1))
    body = client.get(choose_page(edition)).content.decode()
    assert ("their choice stands" in body, "<textarea" in body) == (True, False)


@pytest.mark.parametrize("nominees", [1, 3])
def test_choice_asks_as_often_for_three_champions_as_for_one(organiser_site, nominees):
    edition = counted(votes=((9, 7, 5)[:nominees],) * nominees, champions_per_category=3)
    crown(edition)

    organiser_site.get(choose_page(edition))
    with CaptureQueriesContext(connection) as asked:
        organiser_site.get(choose_page(edition))

    assert len(asked) == 13


# --- announcements -------------------------------------------------------------------------------------
def test_announcement_is_proposed_by_one_and_approved_by_another(client, as_group, edition):
    as_group("prize officers")
    page = reverse("admin:prizes_edition_announce", args=[edition.pk])
    values = {"kind": "champions", "at_0": "2020-07-24", "at_1": "10:00", "reason": "Ceremony"}
    assert "This time has passed" in client.post(page, values | {"at_0": "2020-07-01"}).content.decode()

    answer = client.post(page, values, follow=True)

    approval = Approval.objects.get()
    assert notes(answer) == ["The announcement is proposed. Another organiser approves it."]
    assert approval.moment("at").isoformat() == "2020-07-24T08:00:00+00:00"
    as_group("prize officers")
    agree = reverse("admin:events_approval_agree", args=[approval.pk])
    shown = client.get(agree).content.decode()
    assert ("It takes effect on <time" in shown, str(nominees_of(edition, 1)[0]) in shown) == (True, True)
    assert notes(client.post(agree, follow=True)) == ["Done."]
    drop = reverse("admin:events_approval_drop", args=[approval.pk])
    assert drop in client.get(reverse("admin:events_approval_change", args=[approval.pk])).content.decode()
    client.post(drop, {"reason": "Late"})
    approval.refresh_from_db()
    assert approval.state == "dropped"
