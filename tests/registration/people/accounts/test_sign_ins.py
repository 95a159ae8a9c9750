"""What the site writes down of the way into an account: as history and as lines, with the network and without content."""

import logging
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory

from events.models import HistoryEntry, Role
from events.shared.admin import shown_history
from events.shared.history import log, viewings
from registration.people.accounts import clean_up
from registration.people.accounts.log_ins.browsers import described
from registration.people.accounts.log_ins.networks import network_of
from registration.people.accounts.verbs import AccountVerb
from tests.factories import NOW, staff
from tests.registration.people.accounts.second_factor.steps import recovery_codes, shown, with_app
from tests.registration.people.accounts.test_accounts import PASSWORD, log_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum")]
IP = "203.0.113.77"


@pytest.fixture
def lines(caplog, django_capture_on_commit_callbacks):
    """What is in the log once the transactions of a block are committed: event, account and row of each line."""
    caplog.set_level(logging.INFO, logger="history")
    return lambda: [(one.event, one.account, one.row) for one in caplog.records if hasattr(one, "row")]


def entries():
    return list(HistoryEntry.objects.order_by("pk").values_list("verb", "actor", "subject", "after"))


def test_log_in_and_log_out_stand_in_the_history_and_in_the_log(awa, lines, django_capture_on_commit_callbacks):
    """And a new password, but not which one."""
    client, new = Client(REMOTE_ADDR=IP), "another longer sentence"

    with django_capture_on_commit_callbacks(execute=True):
        log_in(client)
        client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        client.post("/accounts/logout/")

    known = {"by": ["password"], "network": "203.0.113.0/24"}
    found = entries()
    assert [found[0], found[2]] == [
        ("log-in", awa.pk, f"#{awa.pk}", known),
        ("log-out", awa.pk, f"#{awa.pk}", {}),
    ]
    verbs = ["log-in", "change-password", "log-out"]
    assert [verb for verb, *_more in found] == verbs
    assert lines() == [(verb, awa.pk, f"events.user {awa.pk}") for verb in verbs]
    assert new not in str(found)


def test_each_failure_is_a_line_and_one_an_hour_an_entry(awa, lines, time_machine, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for _try in range(3):
            log_in(Client(REMOTE_ADDR=IP), password="wrong")
        time_machine.move_to(NOW.replace(hour=13), tick=False)
        log_in(Client(REMOTE_ADDR=IP), password="wrong")
        log_in(Client(REMOTE_ADDR=IP), email="nobody@example.org")

    assert entries() == [("log-in-failed", None, f"#{awa.pk}", {"network": "203.0.113.0/24"})] * 2
    assert [event for event, _account, _row in lines()] == ["log-in-failed"] * 5


def test_what_is_written_down_of_log_ins_goes_after_its_time_and_nothing_else(awa):
    log_in(Client(REMOTE_ADDR=IP))
    log_in(Client(REMOTE_ADDR=IP), password="wrong")
    log.record(awa, verb=AccountVerb.CHANGE_PASSWORD, by=awa, now=NOW)

    gone = [clean_up.forget_log_ins(now=NOW + viewings.KEPT + timedelta(seconds=s)) for s in (0, 1)]

    assert (gone, [verb for verb, *_more in entries()]) == ([0, 2], ["change-password"])


@pytest.mark.django_db(transaction=True)
def test_second_step_stands_in_the_history(awa):
    with_app(awa)
    client = Client(REMOTE_ADDR=IP)
    log_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    client.post("/accounts/2fa/authenticate/", {"code": shown()})

    client.post("/accounts/2fa/reauthenticate/", {"code": recovery_codes(awa)[0]})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")

    found = entries()
    assert [verb for verb, *_more in found[:2]] == ["log-in-failed", "log-in"]
    assert found[1][3] == {"by": ["mfa", "password"], "network": "203.0.113.0/24"}
    assert ("renew-factor", awa.pk, f"#{awa.pk}", {}) in found
    assert ("remove-factor", awa.pk, f"#{awa.pk}", {"kind": "totp"}) in found


def test_when_people_log_in_is_not_for_everybody_who_sees_accounts(awa):
    log_in(Client(REMOTE_ADDR=IP))
    reader, supervisor = staff(Role.ORGANISER), staff(Role.SUPERVISOR)

    assert (shown_history.readable(reader).count(), shown_history.readable(supervisor).count()) == (0, 1)


@pytest.mark.parametrize(
    ("agent", "found"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", ("Firefox", "Linux")),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0.0.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("<script>alert(1)</script>", ("", "")),
        ("", ("", "")),
    ],
)
def test_browser_is_told_by_its_name(agent, found):
    assert described(agent) == found


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unknown", ""),
    ],
)
def test_of_an_address_only_the_network_is_kept(ip, network):
    assert network_of(RequestFactory(REMOTE_ADDR=ip).get("/").META) == network
