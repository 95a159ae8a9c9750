"""The organisers' pages of fair play: who sees what, the way from a finding to a quarantine, the close."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Approval, HistoryEntry
from prizes.fair_play import admin_pages
from prizes.fair_play.integrity import nominees
from prizes.models import Ballot, Commitment, Edition, Quarantine, Trace, Vote
from prizes.vote import network_traces
from tests.factories import NOW, CountryFactory, ForumFactory, UserFactory, allowed
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, officer, voter
from tests.prizes.fair_play.factories import in_force, propose

pytestmark = pytest.mark.django_db
BALLOTS = "/admin/prizes/ballot/"


@pytest.fixture(autouse=True)
def _setting(settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def edition(db):
    """Six ballots of one address, all for one project with a title that can be looked for."""
    edition = make_edition(categories=2, nominees=2)
    chosen = nominees_of(edition, 1)[0]
    chosen.title = "Canary Choice"
    chosen.save()
    choices = {1: chosen, 2: nominees_of(edition, 2)[0]}
    for place in range(6):
        row = fill_ballot(edition, choices, user=voter(email=f"voter{place}@example.org"))
        network_traces.leave(row, ip="203.0.113.7")
    return edition


def with_permissions(client, *names):
    client.force_login(allowed(*(f"prizes.{name}" for name in names)))
    return client


def report(edition, place=""):
    return f"/admin/prizes/edition/{edition.pk}/integrity/{place}"


def pages_of(edition, quarantine):
    """Every page of this room that shows something of ballots."""
    group = Trace.objects.filter(kind="address").order_by("pk").first().pk
    ballot = edition.ballots.first().pk
    return [
        *(report(edition, place) for place in ("", "addresses/", f"addresses/{group}/", "boxes/")),
        f"/admin/prizes/edition/{edition.pk}/quarantine/",
        f"/admin/prizes/edition/{edition.pk}/quarantine/?finding=addresses&group={group}",
        f"/admin/prizes/edition/{edition.pk}/close/",
        BALLOTS,
        f"{BALLOTS}{ballot}/change/",
        f"{BALLOTS}{ballot}/history/",
        "/admin/prizes/quarantine/",
        f"/admin/prizes/quarantine/{quarantine.subject}/change/",
        f"/admin/events/approval/{quarantine.pk}/change/",
        f"/admin/events/approval/{quarantine.pk}/agree/",
    ]


# --- what is shown ---------------------------------------------------------------------------------
def test_no_page_shows_a_choice_a_secret_or_a_hash(edition, officers, organiser_site):
    quarantine = propose(edition, edition.ballots.all(), officers[0])
    hidden = {"Canary Choice", "203.0.113"}
    hidden |= set(edition.ballots.values_list("secret", flat=True))
    hidden |= set(Vote.objects.values_list("tracker", flat=True)) | set(Vote.objects.values_list("nonce", flat=True))
    hidden |= set(Trace.objects.values_list("digest", flat=True))
    hidden |= {bytes(value).hex() for value in Commitment.objects.values_list("value", flat=True)}

    for address in pages_of(edition, quarantine):
        answer = organiser_site.get(address)
        assert answer.status_code == 200, address
        assert [word for word in hidden if word in answer.content.decode()] == [], address


@pytest.mark.parametrize("sees_accounts", [True, False])
def test_accounts_are_shown_to_those_who_read_the_report_and_who_only_looks_makes_no_move(
    edition, client, sees_accounts
):
    quarantine = propose(edition, edition.ballots.all(), UserFactory())
    with_permissions(client, "view_ballot", "view_quarantine", *(["inspect_ballot"] if sees_accounts else []))

    pages = [
        client.get(BALLOTS),
        client.get(f"{BALLOTS}{edition.ballots.first().pk}/change/"),
        client.get(f"/admin/prizes/quarantine/{quarantine.subject}/change/"),
    ]

    page = f"/admin/prizes/quarantine/{quarantine.subject}"
    posts = [f"{page}/lift/", *(f"/admin/prizes/edition/{edition.pk}/{p}/" for p in ("quarantine", "close"))]

    assert {client.post(post, {"reason": "W"}).status_code for post in posts} == {403}
    assert ["@example.org" in page.content.decode() for page in pages] == [sees_accounts] * 3
    found = client.get(BALLOTS, {"q": "voter3@"}).context["cl"].result_count
    assert found == (1 if sees_accounts else 6)


def test_list_of_ballots_is_filtered_by_their_state_and_by_no_column_that_it_hides(edition, sites):
    begun, part = fill_ballot(edition, {}), fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    in_force(edition, [aside := edition.ballots.last()], [officer(), officer()])

    found = {
        state: set(sites[0].get(BALLOTS, {"state": state}).context["cl"].queryset) for state in Ballot.State.values
    }

    complete = set(edition.ballots.all()) - {begun, part, aside}
    assert found == {"begun": {begun}, "incomplete": {part}, "complete": complete, "aside": {aside}}
    rows = edition.ballots.filter(pk__in=[aside.pk, begun.pk, part.pk]).order_by("pk")
    assert [row.state for row in rows] == ["aside", "begun", "incomplete"]
    hidden = (f"secret__startswith={aside.secret[:2]}", "first_choice__gte=2020-01-01", "receipts=1")
    for query in (*hidden, f"user={aside.user_id}"):
        assert sites[0].get(f"{BALLOTS}?{query}").status_code == 400, query
    assert sites[0].get(f"{BALLOTS}?edition__id__exact={edition.pk}").status_code == 200


def test_report_gives_numbers_and_leads_to_the_ballots(edition, sites, monkeypatch):
    """A group asks the same questions for one page of any length."""
    overview = sites[0].get(report(edition))
    group = sites[0].get(report(edition, "addresses/")).context["page"][0]
    address = report(edition, f"addresses/{group.key}/")
    page = sites[0].get(address).content.decode()

    found = {finding.slug: [group.ballots for group in groups] for finding, groups in overview.context["rows"]}
    assert found == {"addresses": [6]} | {slug: [] for slug in ("bursts", "networks", "throw-away", "boxes", "fast")}
    assert (group.label, group.ballots) == ("Address 1", 6)
    assert [f"voter{place}@example.org" in page for place in range(6)] == [True] * 6

    monkeypatch.setattr(admin_pages, "PER_PAGE", 4)
    with CaptureQueriesContext(connection) as few:
        sites[0].get(address)
    for _ballot in range(5):
        network_traces.leave(fill_ballot(edition, {}, country=CountryFactory(code="FR")), ip="203.0.113.7")
    with CaptureQueriesContext(connection) as many:
        page = sites[0].get(address)
    assert (len(many), len(page.context["page"])) == (len(few), 4)
    assert len(sites[0].get(address, {"p": 3}).context["page"]) == 3
    for number in ("0", "word", "9" * 30):
        assert sites[0].get(address, {"p": number}).status_code == 200


# --- what concerns nominees ------------------------------------------------------------------------
def test_nominees_open_with_the_close_for_those_who_see_results(edition, sites, client, boss, monkeypatch):
    monkeypatch.setattr(nominees, "LEAST_VOTES", 6)
    country, overview = report(edition, "nominees/country/"), report(edition)
    client.force_login(boss)
    before = [site.get(country).status_code for site in (client, sites[0])]
    is_linked = ["nominees/" in site.get(overview).content.decode() for site in (client, sites[0])]
    Edition.objects.update(polls_sealed=NOW)
    with_permissions(client, "inspect_ballot")

    page = sites[0].get(country)

    assert (before, is_linked) == ([404, 404], [False, False])
    assert next((s.nominee.title, s.value, s.votes) for s in page.context["page"]) == ("Canary Choice", "Mali", 6)
    assert "@example.org" not in page.content.decode()
    assert country in sites[0].get(overview).content.decode()
    assert sites[0].get(report(edition, "nominees/colour/")).status_code == 404
    assert client.get(country).status_code == 404
    assert "nominees/" not in client.get(overview).content.decode()


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
    approval, quarantine = Approval.objects.get(), Quarantine.objects.get()
    lift = f"/admin/prizes/quarantine/{quarantine.pk}/lift/"
    decide, change = f"/admin/events/approval/{approval.pk}", f"/admin/prizes/quarantine/{quarantine.pk}/change/"
    assert (answer["Location"], quarantine.entries.count()) == (f"{decide}/change/", 6)
    assert [decide in (page := one.get(change).content.decode()), lift in page] == [True, False]
    assert change in other.get(f"{decide}/agree/").content.decode()
    assert other.post(f"{decide}/agree/").status_code == 302
    assert Ballot.objects.filter(is_quarantined=True).count() == 6
    assert form_of(one.get(link))["ballots"] == ""

    assert lift in one.get(change).content.decode()
    answer = one.post(lift, {"reason": "A class"})
    assert lift not in one.get(change).content.decode()
    assert other.post(answer["Location"].replace("change", "agree")).status_code == 302

    assert (Quarantine.objects.in_force().count(), Ballot.objects.filter(is_quarantined=True).count()) == (0, 0)
    assert [entry.actor for entry in HistoryEntry.objects.order_by("pk")] == list(officers) * 2
    assert lift not in one.get(change).content.decode()


def test_chosen_ballots_of_one_edition_are_proposed_from_the_list_and_refusals_keep_what_was_typed(edition, sites):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    numbers = list(edition.ballots.order_by("pk").values_list("pk", flat=True)[:2])
    action, address = {"action": "propose_quarantine"}, f"/admin/prizes/edition/{edition.pk}/quarantine/"

    page = sites[0].post(BALLOTS, {**action, "_selected_action": numbers})
    more = {**action, "_selected_action": [*numbers, fill_ballot(other, {}).pk]}
    both = sites[0].post(f"{BALLOTS}?forum=all", more, follow=True)

    assert form_of(page)["ballots"] == f"{numbers[0]}, {numbers[1]}"
    assert f'action="{address}"' in page.content.decode()
    assert "Choose ballots of one edition." in both.content.decode()
    full = {"ballots": str(numbers[0]), "kind": "script", "reason": "Typed words"}
    for name, value, sentence in [
        ("ballots", "12, x", "“x” is not the number of a ballot"),
        ("ballots", "999999", "A number is not a ballot of this edition"),
        ("kind", "", "Choose the reason as the bundle will give it"),
    ]:
        page = sites[0].post(address, {**full, name: value}).content.decode()
        assert (sentence in page, "Typed words" in page) == (True, True)
    assert not Quarantine.objects.exists()


# --- nobody edits ----------------------------------------------------------------------------------
def test_nobody_adds_changes_and_deletes_no_ballot_nor_what_it_hangs_on(edition, organiser_site):
    ballot = edition.ballots.first()
    before = list(Ballot.objects.order_by("pk").values())
    values = {"chosen": 0, "is_complete": "", "is_quarantined": "on", "secret": "X", "post": "yes"}

    answers = [
        organiser_site.post(f"{BALLOTS}{p}", values).status_code
        for p in ("add/", f"{ballot.pk}/change/", f"{ballot.pk}/delete/")
    ]
    organiser_site.post(BALLOTS, {"action": "delete_selected", "_selected_action": [ballot.pk], "post": "yes"})
    for place in [
        f"events/user/{ballot.user_id}",
        f"events/country/{ballot.country_id}",
        f"events/forum/{edition.forum_id}",
        f"prizes/edition/{edition.pk}",
        f"prizes/nomination/{nominees_of(edition, 1)[0].pk}",
    ]:
        organiser_site.post(f"/admin/{place}/delete/", {"post": "yes"})

    assert answers == [403, 403, 403]
    assert (list(Ballot.objects.order_by("pk").values()), Vote.objects.count()) == (before, 12)
    for name in ("vote", "commitment", "trace", "quarantinedballot"):
        assert organiser_site.get(f"/admin/prizes/{name}/").status_code == 404


def test_ballots_go_out_as_a_file_by_a_right_of_its_own(edition, client, officers):
    address, rights = "/admin/events/forum/exchange/ballot.csv", ["view_ballot", "inspect_ballot"]

    answers = [with_permissions(client, *rights, *more).get(address) for more in ([], ["export_ballot"])]

    assert [answer.status_code for answer in answers] == [403, 200]
    assert b"voter0@example.org" in b"".join(answers[1])
    assert officers[0].has_perm("prizes.export_ballot")
