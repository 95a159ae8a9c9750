"""The organisers' pages of results: who sees them, choosing winners, announcements by two."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.models import HistoryEntry
from prizes.models import Announcement, Result, Winner
from tests.factories import NOW, UserFactory
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import make_edition, nominees_of

pytestmark = pytest.mark.django_db
PROPOSE = "/admin/prizes/announcement/propose/"


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


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
def test_expert_chooses_a_champion_with_a_reason(client, as_group, edition):
    expert = as_group("experts")
    champion = nominees_of(edition, 1)[1]
    body = client.get(choose_page(edition)).content.decode()
    assert str(champion) in body
    assert str(nominees_of(edition, 1)[2]) not in body

    answer = client.post(
        choose_page(edition),
        {"category": champion.category_id, "nomination": champion.pk, "reason": "Reach"},
        follow=True,
    )

    assert answer.redirect_chain == [(f"{choose_page(edition)}#c{champion.category_id}", 302)]
    assert Winner.objects.get().chosen_by == expert
    assert HistoryEntry.objects.filter(verb="choose-winner", actor=expert, reason="Reach").exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Choose a champion"),
        ({"nomination": "x"}, "Choose a champion"),
        ({"nomination": "99999999999999999999"}, "Choose a champion"),
        ({"nomination": "first", "reason": ""}, "Say why, for the log"),
        ({"nomination": "third", "reason": "Words to keep"}, "Only a champion of the latest count can win"),
        ({"winner": "x", "reason": "Words"}, "This choice is taken back already"),
        ({"winner": "9" * 30, "reason": "Words"}, "This choice is taken back already"),
        ({"winner": "\u0665", "reason": "Words"}, "This choice is taken back already"),
    ],
)
def test_bad_input_saves_nothing_and_loses_nothing(client, as_group, edition, values, sentence):
    as_group("experts")
    first, _second, third = nominees_of(edition, 1)
    posted = {key: {"first": first.pk, "third": third.pk}.get(value, value) for key, value in values.items()}

    answer = client.post(choose_page(edition), {"category": first.category_id, **posted})

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert posted.get("reason", "") in answer.content.decode()
    assert not Winner.objects.exists()


def test_choice_is_taken_back_with_a_reason(client, as_group, edition):
    as_group("prize officers")
    crown(edition)
    winner = Winner.objects.first()

    assert "Say why" in client.post(choose_page(edition), {"winner": winner.pk}).content.decode()
    answer = client.post(choose_page(edition), {"winner": winner.pk, "reason": "Mistake"}, follow=True)

    assert notes(answer) == [f"The choice of {winner.nomination} is taken back."]
    assert Winner.objects.count() == 1


def test_page_names_winners_that_lost_their_place(client, as_group, edition):
    as_group("experts")
    crown(edition)
    counted(edition=edition, number=2, votes=((1, 7, 5), (8, 6, 4)))

    assert "no longer has these winners among the champions" in client.get(choose_page(edition)).content.decode()


def test_nothing_can_be_chosen_once_the_announcement_is_approved(client, as_group, edition):
    as_group("experts")
    crown(edition)
    announced(edition, "champions", "winners", at=NOW + timedelta(days=1))

    body = client.get(choose_page(edition)).content.decode()

    assert "their choice stands" in body
    assert "<textarea" not in body


def test_list_of_winners_leads_to_the_choice(client, as_group, edition):
    as_group("experts")
    assert reverse("admin:prizes_winner_editions") in client.get("/admin/prizes/winner/").content.decode()

    assert client.get(reverse("admin:prizes_winner_editions")).headers["Location"] == choose_page(edition)

    edition.counts.all().delete()
    assert "No votes are counted yet" in client.get(reverse("admin:prizes_winner_editions")).content.decode()
    assert "There are no champions yet" in client.get(choose_page(edition)).content.decode()


@pytest.mark.parametrize("nominees", [1, 3])
def test_choice_asks_as_often_for_three_champions_as_for_one(client, superuser, nominees):
    edition = counted(votes=((9, 7, 5)[:nominees],) * nominees, champions_per_category=3)
    crown(edition)
    client.force_login(superuser)

    client.get(choose_page(edition))
    with CaptureQueriesContext(connection) as asked:
        client.get(choose_page(edition))

    assert len(asked) == 10


# --- announcements -------------------------------------------------------------------------------------
def test_announcement_is_proposed_by_one_and_approved_by_another(client, as_group, staff, edition):
    as_group("prize officers")
    answer = client.post(
        PROPOSE,
        {"edition": edition.pk, "kind": "champions", "at_0": "2020-07-24", "at_1": "10:00", "reason": "Ceremony"},
        follow=True,
    )
    assert notes(answer) == ["The announcement is proposed. Another organiser approves it."]
    announcement = Announcement.objects.get()
    assert announcement.at.isoformat() == "2020-07-24T08:00:00+00:00"
    assert "You proposed this announcement." in answer.content.decode()
    decide = reverse("admin:prizes_announcement_decide", args=[announcement.pk])
    assert notes(client.post(decide, {"verb": "approve"}, follow=True)) == [
        "Another organiser than the one who proposed it has to approve"
    ]

    client.force_login(staff("prize officers"))
    page = client.get(reverse("admin:prizes_announcement_change", args=[announcement.pk])).content.decode()
    assert "It takes effect on <time" in page
    assert str(nominees_of(edition, 1)[0]) in page
    assert notes(client.post(decide, {"verb": "approve"}, follow=True)) == ["The announcement is approved."]
    assert notes(client.post(decide, {"verb": "withdraw"}, follow=True)) == ["Say why, for the log"]
    assert notes(client.post(decide, {"verb": "withdraw", "reason": "Late"}, follow=True)) == [
        "The announcement is withdrawn."
    ]
    announcement.refresh_from_db()
    assert announcement.state == "withdrawn"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"edition": "x"}, "Select a valid choice"),
        ({"kind": "losers"}, "Select a valid choice"),
        ({"at_0": "2020-07-01", "at_1": "10:00"}, "This time has passed"),
        ({"at_0": "2020-07-24", "at_1": ""}, "Enter a valid time"),
        ({"at_0": "2021-03-28", "at_1": "02:30"}, "does not exist"),
        ({"kind": "winners"}, "The champions are announced first"),
    ],
)
def test_bad_proposals_are_refused_at_their_field_and_kept(client, as_group, edition, values, sentence):
    as_group("prize officers")

    answer = client.post(PROPOSE, {"edition": edition.pk, "kind": "champions", "reason": "Kept words", **values})

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert "Kept words" in answer.content.decode()
    assert not Announcement.objects.exists()


def test_decision_needs_a_post_and_an_announcement(client, as_group, edition):
    as_group("prize officers")
    announcement = Announcement.objects.create(
        edition=edition, kind="champions", proposed_by=UserFactory(), proposed=NOW
    )

    decide = reverse("admin:prizes_announcement_decide", args=[announcement.pk])
    assert client.get(decide).headers["Location"] == reverse("admin:prizes_announcement_change", args=[announcement.pk])
    assert client.post(reverse("admin:prizes_announcement_decide", args=[10**6]), {}).status_code == 404
    assert client.get("/admin/prizes/announcement/x/change/").status_code == 302


# --- who may --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("group", "choose", "announcement"),
    [
        ("organisers", 403, 403),
        ("programme", 403, 403),
        ("registration desk", 403, 403),
        ("experts", 200, 403),
        ("prize officers", 200, 200),
    ],
)
def test_who_may_choose_and_announcement(client, as_group, edition, group, choose, announcement):
    as_group(group)
    row = Announcement.objects.create(edition=edition, kind="champions", proposed_by=UserFactory(), proposed=NOW)

    assert client.get(choose_page(edition)).status_code == choose
    assert client.get(PROPOSE).status_code == announcement
    answer = client.post(reverse("admin:prizes_announcement_decide", args=[row.pk]), {"verb": "approve"})
    assert answer.status_code == (302 if announcement == 200 else 403)


def test_who_may_only_look_is_offered_nothing(client, edition):
    user = UserFactory(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_announcement", "view_winner"]))
    client.force_login(user)
    row = Announcement.objects.create(edition=edition, kind="champions", proposed_by=UserFactory(), proposed=NOW)

    page = client.get(reverse("admin:prizes_announcement_change", args=[row.pk])).content.decode()

    assert "Decide" not in page
    assert str(nominees_of(edition, 1)[0]) not in page
    assert PROPOSE not in client.get("/admin/prizes/announcement/").content.decode()
    assert "choose/" not in client.get("/admin/prizes/winner/").content.decode()


@pytest.mark.parametrize("model", ["result", "turnout", "winner", "announcement", "certificate"])
def test_superusers_change_nothing_here(organiser_site, edition, model):
    crown(edition)
    row = Result.objects.first()

    assert organiser_site.get(f"/admin/prizes/{model}/add/").status_code == 403
    if model == "result":
        assert organiser_site.post(f"/admin/prizes/{model}/{row.pk}/change/", {"votes": 1}).status_code == 403
        assert organiser_site.post(f"/admin/prizes/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "query", ["win__isnull=0", "win=1", "certificates__isnull=0", "results__isnull=0", "results__is_champion=1"]
)
def test_no_list_is_filtered_by_what_is_secret(client, as_group, query):
    edition = make_edition(phase="selection", categories=1)
    counted(edition=edition, votes=((9, 7, 5),))
    crown(edition)
    as_group("organisers")

    answer = client.get(f"/admin/prizes/nomination/?{query}")

    assert answer.status_code == 400
