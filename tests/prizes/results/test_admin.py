"""The organisers' pages of results: who sees them, choosing winners, announcements by two."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.models import HistoryEntry
from prizes.models import Announcement, Winner
from tests.factories import NOW, UserFactory
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PROPOSE = "/admin/prizes/announcement/propose/"


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


def proposed(edition):
    return Announcement.objects.create(edition=edition, kind="champions", proposed_by=UserFactory(), proposed=NOW)


def change_page(announcement):
    return f"/admin/prizes/announcement/{announcement.pk}/change/"


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
    taken = "This choice is taken back already"
    for values, sentence in [
        ({}, "Choose a champion"),
        ({"nomination": "x"}, "Choose a champion"),
        ({"nomination": "9" * 20}, "Choose a champion"),
        ({"nomination": first.pk, "reason": ""}, "Say why, for the log"),
        ({"nomination": third.pk, "reason": "Words to keep"}, "Only a champion of the latest count can win"),
        ({"nomination": first.pk, "reason": "w" * 4001}, "This has 4001 characters. Shorten it to 4000"),
        ({"winner": "x", "reason": "Words"}, taken),
        ({"winner": "9" * 30, "reason": "Words"}, taken),
        ({"winner": "\u0665", "reason": "Words"}, taken),
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
def test_announcement_is_proposed_by_one_and_approved_by_another(client, as_group, staff, edition):
    as_group("prize officers")
    values = {"edition": edition.pk, "kind": "champions", "at_0": "2020-07-24", "at_1": "10:00", "reason": "Ceremony"}
    answer = client.post(PROPOSE, values, follow=True)
    announcement = Announcement.objects.get()
    assert notes(answer) == ["The announcement is proposed. Another organiser approves it."]
    assert announcement.at.isoformat() == "2020-07-24T08:00:00+00:00"
    assert "You proposed this announcement." in answer.content.decode()
    decide = reverse("admin:prizes_announcement_decide", args=[announcement.pk])

    def said(**values):
        return notes(client.post(decide, values, follow=True))

    assert said(verb="approve") == ["You proposed it: a second organiser has to agree"]
    client.force_login(staff("prize officers"))
    page = client.get(change_page(announcement)).content.decode()
    assert "It takes effect on <time" in page
    assert str(nominees_of(edition, 1)[0]) in page
    assert client.get(decide).headers["Location"] == change_page(announcement)
    assert said(verb="approve") == ["The announcement is approved."]
    assert said(verb="withdraw") == ["Say why, for the log"]
    assert said(verb="withdraw", reason="Late") == ["The announcement is withdrawn."]
    announcement.refresh_from_db()
    assert announcement.state == "withdrawn"
    assert client.post(reverse("admin:prizes_announcement_decide", args=[10**6]), {}).status_code == 404
