"""The organisers' pages of fair play: who sees what, the way from a finding to a quarantine, the close."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import HistoryEntry, User
from prizes.fair_play import close_edition, quarantines
from prizes.models import Ballot, Commitment, Edition, Quarantine, QuarantinedBallot, Trace, Vote
from prizes.vote import network_traces
from tests.factories import NOW, CountryFactory, ForumFactory, UserFactory
from tests.prizes.counted import announced
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, voter
from tests.prizes.fair_play.factories import in_force, propose

pytestmark = pytest.mark.django_db
OFFICERS = "prize officers"


@pytest.fixture(autouse=True)
def _setting(settings, tmp_path):
    settings.KEYS_DIR, settings.MEDIA_ROOT = tmp_path / "keys", tmp_path / "media"
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def edition(db):
    """Six ballots of one address, all for one project with a title that can be looked for."""
    edition = make_edition(categories=2, nominees=2)
    chosen = nominees_of(edition, 1)[0]
    chosen.title = "Canary Choice"
    chosen.save()
    for place in range(6):
        row = fill_ballot(
            edition, {1: chosen, 2: nominees_of(edition, 2)[0]}, user=voter(email=f"voter{place}@example.org")
        )
        network_traces.leave(row, ip="203.0.113.7")
    return edition


@pytest.fixture
def officers(staff):
    return [staff(OFFICERS), staff(OFFICERS)]


@pytest.fixture
def sites(officers):
    """Two prize officers, each in a browser of their own."""
    clients = [Client(), Client()]
    for client, officer in zip(clients, officers, strict=True):
        client.force_login(officer)
    return clients


def report(edition, place=""):
    return f"/admin/prizes/edition/{edition.pk}/integrity/{place}"


def pages_of(edition, quarantine):
    """Every page of this module that shows something of ballots."""
    group = Trace.objects.filter(kind="address").order_by("pk").first().pk
    ballot = edition.ballots.first().pk
    return [
        report(edition),
        report(edition, "addresses/"),
        report(edition, f"addresses/{group}/"),
        report(edition, "boxes/"),
        f"/admin/prizes/edition/{edition.pk}/quarantine/",
        f"/admin/prizes/edition/{edition.pk}/quarantine/?finding=addresses&group={group}",
        f"/admin/prizes/edition/{edition.pk}/close/",
        "/admin/prizes/ballot/",
        f"/admin/prizes/ballot/{ballot}/change/",
        f"/admin/prizes/ballot/{ballot}/history/",
        "/admin/prizes/quarantine/",
        f"/admin/prizes/quarantine/{quarantine.pk}/change/",
        f"/admin/prizes/quarantine/{quarantine.pk}/move/agree/",
    ]


# --- what is shown ---------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["officer", "superuser"])
def test_no_page_shows_a_choice_a_secret_or_a_hash(edition, officers, client, who):
    quarantine = propose(edition, edition.ballots.all(), officers[0])
    user = officers[1] if who == "officer" else User.objects.create_superuser("boss@example.org", "pw")
    client.force_login(user)
    hidden = {"Canary Choice", "203.0.113"}
    hidden |= set(edition.ballots.values_list("secret", flat=True))
    hidden |= set(Vote.objects.values_list("tracker", flat=True)) | set(Vote.objects.values_list("nonce", flat=True))
    hidden |= set(Trace.objects.values_list("digest", flat=True))
    hidden |= {bytes(value).hex() for value in Commitment.objects.values_list("value", flat=True)}

    for address in pages_of(edition, quarantine):
        answer = client.get(address)

        text = answer.content.decode()
        assert answer.status_code == 200, address
        assert {word for word in hidden if word in text} == set(), address


@pytest.mark.parametrize("group", ["organisers", "programme", "registration desk", "experts"])
def test_other_staff_see_none_of_these_pages(edition, officers, client, staff, group):
    quarantine = propose(edition, edition.ballots.all(), officers[0])
    client.force_login(staff(group))

    answers = {address: client.get(address).status_code for address in pages_of(edition, quarantine)}

    assert set(answers.values()) == {403}


def test_visitors_are_sent_to_the_log_in(edition, officers, client):
    quarantine = propose(edition, edition.ballots.all(), officers[0])

    for address in pages_of(edition, quarantine):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"].partition("=")[0]) == (302, "/admin/login/?next"), address


@pytest.mark.parametrize("sees_accounts", [True, False])
def test_accounts_are_shown_to_those_who_read_the_report(edition, client, sees_accounts):
    from django.contrib.auth.models import Permission

    user = UserFactory(is_staff=True)
    names = ["view_ballot", "view_quarantine", *(["inspect_ballot"] if sees_accounts else [])]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    quarantine = propose(edition, edition.ballots.all(), UserFactory())
    client.force_login(user)
    number = edition.ballots.first().pk

    pages = [
        client.get("/admin/prizes/ballot/"),
        client.get(f"/admin/prizes/ballot/{number}/change/"),
        client.get(f"/admin/prizes/quarantine/{quarantine.pk}/change/"),
    ]

    assert ["@example.org" in page.content.decode() for page in pages] == [sees_accounts] * 3
    found = client.get("/admin/prizes/ballot/", {"q": "voter3@"}).context["cl"].result_count
    assert found == (1 if sees_accounts else 6)


def test_report_gives_numbers_and_leads_to_the_ballots(edition, sites):
    site = sites[0]

    overview = site.get(report(edition))
    group = site.get(report(edition, "addresses/")).context["page"][0]
    page = site.get(report(edition, f"addresses/{group.key}/")).content.decode()

    assert {row["finding"].slug: (row["groups"], row["largest"]) for row in overview.context["rows"]} == {
        "bursts": (0, 0),
        "addresses": (1, 6),
        "networks": (0, 0),
        "throw-away": (0, 0),
        "boxes": (0, 0),
        "fast": (0, 0),
    }
    assert (group.label, group.ballots) == ("Address 1", 6)
    assert [f"voter{place}@example.org" in page for place in range(6)] == [True] * 6


@pytest.mark.parametrize(
    "place",
    [
        "choices/",
        "choices/1/",
        "addresses/0/",
        "addresses/99999999999999999999/",
        "bursts/99999999999999999999/",
        "fast/9/",
    ],
)
def test_unknown_findings_and_groups_are_not_found(edition, sites, place):
    assert sites[0].get(report(edition, place)).status_code == 404


def test_unknown_edition_is_not_found(sites):
    for place in ("integrity/", "quarantine/", "close/"):
        assert sites[0].get(f"/admin/prizes/edition/999/{place}").status_code == 404


def test_group_asks_the_same_questions_for_one_page_of_any_length(edition, sites):
    group = Trace.objects.filter(kind="address").order_by("pk").first().pk
    sites[0].get(report(edition, f"addresses/{group}/"))
    with CaptureQueriesContext(connection) as few:
        sites[0].get(report(edition, f"addresses/{group}/"))
    for _ballot in range(60):
        network_traces.leave(fill_ballot(edition, {}, country=CountryFactory(code="FR")), ip="203.0.113.7")

    with CaptureQueriesContext(connection) as many:
        page = sites[0].get(report(edition, f"addresses/{group}/"))

    assert len(many) == len(few)
    assert len(page.context["page"]) == 50
    assert len(sites[0].get(report(edition, f"addresses/{group}/"), {"page": 2}).context["page"]) == 16


def test_page_numbers_that_are_none_show_a_page(edition, sites):
    for number in ("0", "-1", "word", "99", "9" * 30):
        assert sites[0].get(report(edition, "addresses/"), {"page": number}).status_code == 200


# --- what concerns nominees ------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["officer", "superuser"])
def test_nominees_are_no_part_of_the_report_before_the_close(edition, officers, client, who):
    client.force_login(officers[0] if who == "officer" else User.objects.create_superuser("boss@example.org", "pw"))

    answers = [
        client.get(report(edition, f"nominees/{name}/")) for name in ("country", "stakeholder-type", "organisation")
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert "nominees/" not in client.get(report(edition)).content.decode()


def test_nominees_open_with_the_close_for_those_who_see_results(edition, officers, sites, client):
    from django.contrib.auth.models import Permission

    for _ballot in range(20):
        fill_ballot(edition, {1: nominees_of(edition, 1)[0], 2: nominees_of(edition, 2)[0]})
    Edition.objects.update(polls_sealed=NOW)
    inspector = UserFactory(is_staff=True)
    inspector.user_permissions.add(Permission.objects.get(codename="inspect_ballot"))
    client.force_login(inspector)

    page = sites[0].get(report(edition, "nominees/country/"))

    assert next((s.nominee.title, s.value, s.votes) for s in page.context["page"]) == ("Canary Choice", "Mali", 26)
    assert "@example.org" not in page.content.decode()
    assert "nominees/country/" in sites[0].get(report(edition)).content.decode()
    assert sites[0].get(report(edition, "nominees/colour/")).status_code == 404
    assert client.get(report(edition, "nominees/country/")).status_code == 404
    assert "nominees/" not in client.get(report(edition)).content.decode()


# --- from a finding to a quarantine ----------------------------------------------------------------
def form_of(page):
    return page.context["form"].initial


def test_two_officers_set_ballots_aside_and_lift_it(edition, sites, officers):
    one, other = sites
    key = one.get(report(edition, "addresses/")).context["page"][0].key
    first = one.get(report(edition, f"addresses/{key}/")).content.decode()
    link = re.search(r'href="([^"]*/quarantine/\?[^"]*)"', first)[1].replace("&amp;", "&")
    given = form_of(one.get(link))
    assert given["reason"] == "Shared addresses: Address 1"

    answer = one.post(link.partition("?")[0], {**given, "kind": "script", "reason": "One address in one minute"})
    quarantine = Quarantine.objects.get()
    page = f"/admin/prizes/quarantine/{quarantine.pk}"
    assert answer["Location"] == f"{page}/change/"
    assert quarantine.entries.count() == 6

    def moves(site):
        return [url.split("/")[-2] for url, _words in site.get(f"{page}/change/").context["moves"]]

    assert (moves(one), moves(other)) == (["drop"], ["agree", "drop"])
    refused = one.post(f"{page}/move/agree/")
    assert "You proposed it: a second organiser has to agree" in refused.content.decode()
    assert Ballot.objects.filter(is_quarantined=True).count() == 0

    assert other.post(f"{page}/move/agree/").status_code == 302
    assert Ballot.objects.filter(is_quarantined=True).count() == 6
    assert form_of(one.get(link))["ballots"] == ""

    assert one.post(f"{page}/move/propose_lifting/", {"reason": "A class"}).status_code == 302
    assert other.post(f"{page}/move/keep/", {"reason": "No class"}).status_code == 302
    assert one.post(f"{page}/move/propose_lifting/", {"reason": "A class indeed"}).status_code == 302
    assert (moves(one), moves(other)) == (["keep"], ["lift", "keep"])
    assert other.post(f"{page}/move/lift/").status_code == 302

    quarantine.refresh_from_db()
    assert (quarantine.state, Ballot.objects.filter(is_quarantined=True).count()) == ("lifted", 0)
    assert [entry.actor for entry in HistoryEntry.objects.order_by("pk")] == [
        officers[place] for place in (0, 1, 0, 1, 0, 1)
    ]
    assert moves(one) == []


def test_looking_at_a_move_makes_none(edition, sites, officers):
    quarantine = propose(edition, edition.ballots.all(), officers[0])

    for move in ("agree", "drop", "propose_lifting", "lift", "keep"):
        assert sites[1].get(f"/admin/prizes/quarantine/{quarantine.pk}/move/{move}/").status_code == 200

    assert sites[1].post(f"/admin/prizes/quarantine/{quarantine.pk}/move/delete/").status_code == 404
    quarantine.refresh_from_db()
    assert quarantine.state == "proposed"


def test_refusals_keep_what_was_typed(edition, sites, officers):
    number = edition.ballots.first().pk
    address = f"/admin/prizes/edition/{edition.pk}/quarantine/"
    full = {"ballots": str(number), "kind": "script", "reason": "Typed words"}
    wrong = {
        "ballots": {
            "": "Choose at least one ballot",
            "12, x": "“x” is not the number of a ballot",
            "9" * 30: "not the number",
            "999999": "A number is not a ballot of this edition",
        },
        "kind": {"": "Choose the reason as the bundle will give it", "ugly": "ugly"},
        "reason": {" ": "Say why"},
    }

    for name, values in wrong.items():
        for value, sentence in values.items():
            page = sites[0].post(address, {**full, name: value}).content.decode()
            assert sentence in page
            assert ("Typed words" in page) is (name != "reason")

    quarantine = propose(edition, edition.ballots.all(), officers[0])
    page = sites[0].post(f"/admin/prizes/quarantine/{quarantine.pk}/move/keep/", {"reason": "Typed words"})
    assert "cannot be changed to" in page.content.decode()
    assert "Typed words" in page.content.decode()
    assert Quarantine.objects.count() == 1


def test_chosen_ballots_of_the_list_are_proposed(edition, sites):
    numbers = list(edition.ballots.order_by("pk").values_list("pk", flat=True)[:2])

    page = sites[0].post("/admin/prizes/ballot/", {"action": "propose_quarantine", "_selected_action": numbers})

    assert form_of(page)["ballots"] == f"{numbers[0]}, {numbers[1]}"
    assert f'action="/admin/prizes/edition/{edition.pk}/quarantine/"' in page.content.decode()


def test_ballots_of_two_editions_are_not_proposed_together(edition, sites):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    numbers = [edition.ballots.first().pk, fill_ballot(other, {}).pk]

    page = sites[0].post(
        "/admin/prizes/ballot/", {"action": "propose_quarantine", "_selected_action": numbers}, follow=True
    )

    assert "Choose ballots of one edition." in page.content.decode()


def test_who_may_only_look_makes_no_move(edition, client):
    from django.contrib.auth.models import Permission

    user = UserFactory(is_staff=True)
    names = ["view_ballot", "view_quarantine", "inspect_ballot"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    quarantine = propose(edition, edition.ballots.all(), UserFactory())
    page = f"/admin/prizes/quarantine/{quarantine.pk}"

    assert client.get(f"{page}/change/").context["moves"] == []
    assert client.post(f"{page}/move/agree/").status_code == 403
    assert client.post(f"/admin/prizes/edition/{edition.pk}/quarantine/", {}).status_code == 403
    assert client.post(f"/admin/prizes/edition/{edition.pk}/close/", {"reason": "Words"}).status_code == 403


# --- nobody edits ----------------------------------------------------------------------------------
def test_superuser_adds_changes_and_deletes_no_ballot(edition, organiser_site):
    ballot = edition.ballots.first()
    before = Ballot.objects.filter(pk=ballot.pk).values().get()
    values = {"chosen": 0, "is_complete": "", "is_quarantined": "on", "secret": "X"}

    answers = [
        organiser_site.post("/admin/prizes/ballot/add/", values).status_code,
        organiser_site.post(f"/admin/prizes/ballot/{ballot.pk}/change/", values).status_code,
        organiser_site.post(f"/admin/prizes/ballot/{ballot.pk}/delete/", {"post": "yes"}).status_code,
    ]
    organiser_site.post(
        "/admin/prizes/ballot/", {"action": "delete_selected", "_selected_action": [ballot.pk], "post": "yes"}
    )

    assert answers == [403, 403, 403]
    assert Ballot.objects.filter(pk=ballot.pk).values().get() == before


def test_superuser_deletes_no_ballot_with_its_account_country_or_project(edition, organiser_site):
    ballot = edition.ballots.first()
    places = [
        f"events/user/{ballot.user_id}",
        f"events/country/{ballot.country_id}",
        f"events/forum/{edition.forum_id}",
        f"prizes/edition/{edition.pk}",
        f"prizes/nomination/{nominees_of(edition, 1)[0].pk}",
    ]

    for place in places:
        organiser_site.post(f"/admin/{place}/delete/", {"post": "yes"})

    assert (Ballot.objects.count(), Vote.objects.count()) == (6, 12)


def test_votes_and_what_belongs_to_them_have_no_page(organiser_site):
    from django.contrib import admin

    assert {Vote, Commitment, Trace, QuarantinedBallot} & set(admin.site._registry) == set()
    for name in ("vote", "commitment", "trace", "quarantinedballot"):
        assert organiser_site.get(f"/admin/prizes/{name}/").status_code == 404


# --- the close -------------------------------------------------------------------------------------
def close_page(edition):
    return f"/admin/prizes/edition/{edition.pk}/close/"


def test_close_waits_for_the_winners_and_keeps_what_was_typed(edition, sites):
    page = sites[0].post(close_page(edition), {"reason": "Typed words"}).content.decode()

    assert "An edition can be closed once the winners are announced" in page
    assert "Typed words" in page
    assert Vote.objects.count() == 12


def test_close_needs_a_reason(edition, sites):
    announced(edition, "champions", "winners")

    assert "Say why" in sites[0].post(close_page(edition), {"reason": " "}).content.decode()
    assert Vote.objects.count() == 12


def test_officer_closes_the_edition(edition, sites, officers, django_capture_on_commit_callbacks):
    quarantine = in_force(edition, edition.ballots.all()[:2], officers)
    announced(edition, "champions", "winners")

    with django_capture_on_commit_callbacks(execute=True):
        answer = sites[0].post(close_page(edition), {"reason": "It is over"})

    assert (answer.status_code, answer["Location"]) == (302, f"/admin/prizes/edition/{edition.pk}/change/")
    assert Vote.objects.count() == 0
    assert HistoryEntry.objects.filter(verb="close-edition").get().reason == "It is over"
    page = sites[0].get(close_page(edition)).content.decode()
    assert ("Its key is destroyed." in page, "<textarea" in page) == (True, False)
    assert sites[0].get(f"/admin/prizes/quarantine/{quarantine.pk}/change/").context["moves"] == []
    assert "The edition is closed" in sites[0].get(report(edition)).content.decode()


def test_close_page_tells_when_the_key_is_still_there(edition, sites, officers):
    announced(edition, "champions", "winners")
    close_edition.close(edition, by=officers[0], reason="Words", now=NOW)  # what follows the commit is not run here

    assert "Its key is still there" in sites[0].get(close_page(edition)).content.decode()


# --- in a browser ----------------------------------------------------------------------------------
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_pages_hold_on_every_screen(page, live_site, every_screen, sign_in, superuser):
    edition = make_edition(categories=2, nominees=2)
    for _ballot in range(6):
        row = fill_ballot(edition, {each: nominees_of(edition, each)[0] for each in (1, 2)})
        network_traces.leave(row, ip="203.0.113.7")
    quarantine = quarantines.propose(
        edition, ballots=[row.pk], kind="script", reason="Words", by=UserFactory(), now=NOW - timedelta(hours=1)
    )
    sign_in(page, superuser)

    for prefix in ("", "/ar"):
        for path in pages_of(edition, quarantine):
            page.goto(live_site + prefix + path)
            every_screen(page)


# --- what the list does not show, the address does not tell -------------------------------------------
@pytest.mark.parametrize(
    "query",
    ["secret__startswith={secret}", "secret={secret}", "first_choice__gte=2020-01-01", "receipts=1", "user={user}"],
)
def test_filter_in_the_address_tells_no_column_that_the_list_hides(sites, edition, query):
    ballot = Ballot.objects.first()
    query = query.format(secret=ballot.secret[:2], user=ballot.user_id)

    assert sites[0].get(f"/admin/prizes/ballot/?{query}").status_code == 400
    assert sites[0].get(f"/admin/prizes/ballot/?edition__id__exact={edition.pk}").status_code == 200
