"""The pages of what takes two: proposed by one, agreed to by another, each there with a second factor."""

from datetime import timedelta
from urllib.parse import unquote

import pytest

from events.history import log
from events.models import HistoryEntry
from prizes.models import ActByTwo, Edition, Vote, Waiver
from tests.factories import NOW
from tests.prizes.counted import announced
from tests.prizes.factories import fill_ballot, make_edition, nominees_of
from tests.prizes.fair_play.factories import in_force, propose
from tests.registration.accounts.second_factor import steps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
MINUTE = timedelta(minutes=1)
END = {"ends_0": "2020-07-27", "ends_1": "09:00", "reason": "The hall is taken"}


@pytest.fixture
def edition(db):
    edition = make_edition(categories=2, nominees=2)
    for place in range(3):
        fill_ballot(edition, {number: nominees_of(edition, number)[place % 2] for number in (1, 2)})
    return edition


def page_of(edition, name):
    return f"/admin/prizes/edition/{edition.pk}/{name}/"


def act_page(act, place="change"):
    return f"/admin/prizes/actbytwo/{act.pk}/{place}/"


def moves(site, act):
    return [url.split("/")[-2] for url, _words in site.get(act_page(act)).context["moves"]]


# --- closing ---------------------------------------------------------------------------------------
def test_two_officers_close_the_edition(edition, sites, officers, django_capture_on_commit_callbacks):
    quarantine = in_force(edition, edition.ballots.all()[:2], officers)
    announced(edition, "champions", "winners")
    one, other = sites

    answer = one.post(page_of(edition, "close"), {"reason": "It is over"})
    act = ActByTwo.objects.get()
    assert answer["Location"] == act_page(act)
    assert (moves(one, act), moves(other, act)) == (["drop"], ["agree", "drop"])
    waits = other.get(page_of(edition, "close")).content.decode()
    assert (act_page(act) in waits, "<textarea" in waits, Vote.objects.count()) == (True, False, 6)
    own = one.post(act_page(act, "move/agree")).content.decode()
    assert "You proposed it: a second organiser has to agree" in own
    with django_capture_on_commit_callbacks(execute=True):
        answer = other.post(act_page(act, "move/agree"))
        before = one.get(page_of(edition, "close")).content.decode()

    assert "Its key is still there" in before
    assert answer["Location"] == act_page(act)
    assert Vote.objects.count() == 0
    assert HistoryEntry.objects.filter(verb="close-edition").get().reason == "It is over"
    page = one.get(page_of(edition, "close")).content.decode()
    assert ("Its key is destroyed." in page, "<textarea" in page) == (True, False)
    assert moves(one, act) == []
    assert one.get(f"/admin/prizes/quarantine/{quarantine.pk}/change/").context["moves"] == []
    report = f"/admin/prizes/edition/{edition.pk}/integrity/"
    assert "The edition is closed" in one.get(report).content.decode()


# --- the end of the vote ---------------------------------------------------------------------------
def test_two_officers_move_the_end_of_a_running_vote(edition, sites):
    one, other = sites
    assert "The vote ends on" in one.get(page_of(edition, "end")).content.decode()

    assert one.post(page_of(edition, "end"), END).status_code == 302
    act = ActByTwo.objects.get()
    assert act.new_end.isoformat() == "2020-07-27T07:00:00+00:00"  # nine o'clock in Geneva
    assert "The new end would be" in other.get(act_page(act, "move/agree")).content.decode()
    assert other.post(act_page(act, "move/agree")).status_code == 302

    assert edition.phases.get(kind="voting").ends == act.new_end


def test_proposal_is_dropped_with_a_reason(edition, sites):
    sites[0].post(page_of(edition, "end"), END)
    act = ActByTwo.objects.get()

    assert "Say why" in sites[1].post(act_page(act, "move/drop"), {"reason": " "}).content.decode()
    assert sites[1].post(act_page(act, "move/drop"), {"reason": "No need"}).status_code == 302

    act.refresh_from_db()
    assert (act.state, moves(sites[0], act)) == ("dropped", [])
    assert "This is decided already: Dropped" in sites[1].post(act_page(act, "move/agree")).content.decode()


# --- two who are there -----------------------------------------------------------------------------
def show_step(client, address):
    """Show the second step where the site asks for it, and go on with what was sent before."""
    assert client.get(address).status_code == 200
    return client.post(address, {"code": steps.shown(), "next": unquote(address.partition("?next=")[2])})


def test_second_step_is_asked_for_again_and_what_was_sent_goes_on_by_itself(
    edition, sites, officers, settings, time_machine
):
    settings.REQUIRE_MFA = True
    for site, officer in zip(sites, officers, strict=True):
        steps.with_app(officer)
        assert show_step(site, site.get(page_of(edition, "end"))["Location"])["Location"] == page_of(edition, "end")
    time_machine.move_to(NOW + 5 * MINUTE, tick=False)

    sent = sites[0].post(page_of(edition, "end"), END)
    assert "reauthenticate" in sent["Location"]
    assert not ActByTwo.objects.exists()
    answer = show_step(sites[0], sent["Location"])
    act = ActByTwo.objects.get()
    assert (answer["Location"], act.reason, act.proposed_by) == (act_page(act), END["reason"], officers[0])

    sent = sites[1].post(act_page(act, "move/agree"))
    act.refresh_from_db()
    assert ("reauthenticate" in sent["Location"], act.state) == (True, "proposed")
    assert show_step(sites[1], sent["Location"])["Location"] == act_page(act)
    act.refresh_from_db()
    assert (act.state, act.decided_by) == ("done", officers[1])

    row = propose(edition, edition.ballots.all()[:1], officers[1], authenticated=NOW)
    time_machine.move_to(NOW + 9 * MINUTE, tick=False)  # four minutes after the step
    assert sites[0].post(f"/admin/prizes/quarantine/{row.pk}/move/agree/").status_code == 302
    row.refresh_from_db()
    assert row.state == "in_force"


# --- waivers ---------------------------------------------------------------------------------------
def test_supervisor_lets_two_count_as_two(edition, sites, officers, client, staff):
    log.record(officers[1], verb="add", by=officers[0], now=NOW - MINUTE)
    sites[0].post(page_of(edition, "end"), END)
    act = ActByTwo.objects.get()
    refused = sites[1].post(act_page(act, "move/agree")).content.decode()
    assert f"{officers[0]} made the account of {officers[1]} in the last 30 days" in refused
    client.force_login(staff("supervisors"))
    give = "/admin/prizes/waiver/give/"
    assert give in client.get("/admin/prizes/waiver/").content.decode()
    sent = {"edition": edition.pk, "first": officers[0].pk, "second": officers[1].pk, "reason": "A small team"}

    for values, field in [
        ({"second": officers[0].pk}, "second"),
        ({"reason": ""}, "reason"),
        ({"first": "x"}, "first"),
    ]:
        assert field in client.post(give, sent | values).context["form"].errors
    stranger = staff("prize officers")
    assert "nothing is to be allowed" in client.post(give, sent | {"second": stranger.pk}).content.decode()
    assert client.post(give, sent).status_code == 302

    assert Waiver.objects.get().reason == "A small team"
    assert sites[1].post(act_page(act, "move/agree")).status_code == 302
    assert Edition.objects.get().phases.get(kind="voting").ends == act.new_end
