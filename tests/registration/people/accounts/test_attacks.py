"""Accounts under attack: strangers who try never keep the owner out, and what they prepare is worth nothing."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session as LogIn
from django.test import Client

from events.models import HistoryEntry, Message
from registration import tasks
from registration.people.accounts import clean_up, log_in_limits
from registration.people.accounts.password_rules import GuessableValidator
from tests.factories import NOW, UserFactory, confirmed
from tests.refusals import refused
from tests.registration.people.accounts.test_accounts import (
    KNOWN,
    OTHER,
    PASSWORD,
    UNKNOWN,
    User,
    code_in,
    confirm,
    is_logged_in,
    log_in,
    mails,
    sign_up,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum")]
CODES = "/accounts/login/code/"
FROM_STRANGERS, ENOUGH = 15, 20  # what strangers may try here, and wrong passwords that spend it


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(log_in_limits, "FROM_STRANGERS", FROM_STRANGERS)


def stranger(network=1):
    """A browser of somebody else, in a network of its own."""
    return Client(REMOTE_ADDR=f"198.18.{network}.7")


def guess(number, *, networks=50, email=KNOWN):
    """Wrong passwords, one after the other from each of many networks; the answers."""
    return [log_in(stranger(one % networks), email, f"guess {one}").content.decode() for one in range(number)]


def by_code(client, email=KNOWN):
    client.post(CODES, {"email": email})
    return client.post(f"{CODES}confirm/", {"code": code_in(mails(email)[-1])})


def forget_log_in(client):
    client.post("/accounts/logout/")


# --- tries that fail --------------------------------------------------------------------------------
def test_strangers_from_many_networks_keep_nobody_out_of_a_browser_that_knows_the_account(client, awa):
    log_in(client)
    forget_log_in(client)
    answers = guess(ENOUGH)
    late = stranger(250)
    log_in(late)

    log_in(client)

    assert sum("Too many tries" in answer for answer in answers) == ENOUGH - FROM_STRANGERS
    assert (is_logged_in(late), is_logged_in(client)) == (False, True)


def test_network_that_has_spent_its_tries_takes_nothing_from_others(awa):
    for one in range(30):
        log_in(stranger(1), password=f"guess {one}")
    client = stranger(2)

    log_in(client)

    assert is_logged_in(client)


def test_nothing_is_limited_by_the_address_of_a_machine_alone(settings):
    """Behind one there may be a whole venue; whom a network slows stands in log_ins/test_owner_under_attack.py."""
    limits = {**settings.ACCOUNT_RATE_LIMITS, **settings.MFA_RATE_LIMITS}

    assert [name for name, rate in limits.items() if "ip" in rate] == []


def test_browser_that_knows_the_account_spends_nothing_of_a_stolen_session(client, awa):
    log_in(client)
    thief = stranger(9)
    thief.force_login(awa)
    for one in range(12):
        thief.post("/accounts/reauthenticate/", {"password": f"guess {one}"})

    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert answer.status_code == 302


def test_owner_who_mistypes_spends_the_budget_of_their_own_browser(client, awa):
    log_in(client)
    forget_log_in(client)
    answers = [log_in(client, password="mistyped").content.decode() for _try in range(11)]

    assert ["Too many tries" in answer for answer in answers[9:]] == [False, True]


def test_forged_cookie_and_one_of_somebody_else_make_no_known_browser(awa):
    confirmed(email=UNKNOWN, password=make_password(PASSWORD))
    guess(ENOUGH)
    thief = stranger(9)
    real = log_in(thief, UNKNOWN).cookies[log_in_limits.COOKIE]
    forget_log_in(thief)

    assert (UNKNOWN in real.value, real["httponly"], real["samesite"]) == (False, True, "Lax")
    for cookie in (real.value, "", "x", "a:b:c", "WyJhIiwgWyJiIl1d:1abc:forged", "é" * 300):
        thief.cookies[log_in_limits.COOKIE] = cookie.encode("ascii", "ignore").decode()
        answer = log_in(thief, KNOWN)
        assert (answer.status_code, "Too many tries" in answer.content.decode()) == (200, True)
        assert not is_logged_in(thief)


def test_only_so_many_tries_at_one_account_at_a_time(rf, awa):
    """Each takes a third of a second of a core: a flood of them would slow all pages."""
    request = rf.post("/")
    request.user = type("Nobody", (), {"is_authenticated": False})()
    tries = [log_in_limits.Try(request, email=KNOWN) for _one in range(3)]
    tries[0].end()
    after = log_in_limits.Try(request, email=KNOWN)

    assert [one.is_refused for one in (*tries, after)] == [False, False, True, False]


# --- accounts that strangers prepare ------------------------------------------------------------------
def test_password_of_a_stranger_does_not_survive_the_owners_log_in_by_code(awa):
    """Nor does the session that signed up come in; at later log-ins by a code the password stays."""
    thief, owner = Client(), Client()
    sign_up(thief, UNKNOWN)
    by_code(owner, UNKNOWN)
    page = owner.get("/accounts/email/")

    thief.get("/accounts/confirm-email/")
    confirm(thief, "WRONG")
    came_in = is_logged_in(thief)
    log_in(thief, UNKNOWN)

    assert (is_logged_in(owner), page.status_code, came_in, is_logged_in(thief)) == (True, 200, False, False)
    assert not User.objects.get(email=UNKNOWN).has_usable_password()
    assert "Choose one when you want to." in page.content.decode()
    User.objects.filter(pk=awa.pk).update(last_login=NOW)
    awa.emailaddress_set.update(verified=False)
    by_code(Client())
    assert User.objects.get(pk=awa.pk).check_password(PASSWORD)


@pytest.mark.parametrize(("hours", "gone"), [(23, 0), (24, 1)])
def test_account_that_nobody_confirmed_or_needs_goes_after_a_day(client, awa, hours, gone):
    sign_up(client, UNKNOWN)
    made_by_organisers, needed = UserFactory(), UserFactory()
    EmailAddress.objects.create(user=needed, email=needed.email, verified=False)
    HistoryEntry.objects.create(actor=needed, at=NOW, verb="add", model="x", key="1", subject="x")
    User.objects.exclude(email=UNKNOWN).update(date_joined=NOW - timedelta(days=9))

    assert clean_up.delete_unconfirmed(now=NOW + timedelta(hours=hours)) == gone
    assert set(User.objects.exclude(email=UNKNOWN)) == {awa, made_by_organisers, needed}
    assert User.objects.filter(email=UNKNOWN).exists() == (not gone)


def test_log_ins_that_are_over_are_deleted(client, awa):
    for one in (client, Client()):
        log_in(one)
    LogIn.objects.filter(pk=client.session.session_key).update(expire_date=NOW - timedelta(seconds=1))

    tasks.clean_up_accounts()

    assert LogIn.objects.count() == 1


# --- what the database keeps of a code -----------------------------------------------------------------
def test_session_holds_no_code_that_opens_anything(client, awa):
    """Of a sign-up, a log-in, a change of the e-mail; nor is the digest out of the database a code."""
    thief, mover = Client(), Client()
    sign_up(client, "third@example.org")
    thief.post(CODES, {"email": KNOWN})
    log_in(mover)
    mover.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})
    codes = [code_in(mail) for mail in Message.objects.all()]

    kept = str([one.get_decoded() for one in LogIn.objects.all()])
    digest = thief.session["account_login"]["state"]["stages"]["login_by_code"]["data"]["code"]
    thief.post(f"{CODES}confirm/", {"code": digest})

    assert (len(codes), kept.count("'code': '")) == (3, 3)
    assert [code in kept or code.replace("-", "") in kept for code in codes] == [False] * 3
    assert not is_logged_in(thief)


def test_session_rows_hold_no_link_secret_or_form_that_opens_anything(client, awa):
    lost, setting_up = Client(), client
    lost.post("/accounts/password/reset/", {"email": KNOWN})
    link = re.search(r"https?://[^/\s]+(/\S*key/\S+)", mails()[-1].text)[1]
    page = lost.get(link, follow=True)
    log_in(setting_up)
    setting_up.get("/accounts/2fa/totp/activate/")
    waiting = stranger()
    waiting.force_login(awa)
    waiting.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})

    kept = str([one.get_decoded() for one in LogIn.objects.all()])

    secret, key = setting_up.session["mfa.totp.secret"], lost.session["_password_reset_key"]
    assert ("Choose a new password" in page.content.decode(), key in link) == (True, True)
    assert "new%40example.org" in str(waiting.session["account_reauthentication_state"])
    assert [text in kept for text in (secret, key, UNKNOWN, "new%40example.org")] == [False] * 4
    assert ("mfa.totp.secret" in kept, len(LogIn.objects.all())) == (True, 3)


# --- new passwords -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "password", ["wsisforum2026", "WSIS-Forum-2026!", "Password12345!", "qwertyuiop123", "Geneva2026Geneva", "a" * 12]
)
def test_new_password_that_is_easy_to_guess_is_refused(client, password):
    answer = sign_up(client, password1=password)

    assert (answer.status_code, User.objects.count()) == (200, 0)
    assert "easy to guess" in answer.content.decode() or "too common" in answer.content.decode()


def test_new_password_out_of_ones_own_name_is_refused():
    user = UserFactory.build(email="fatoumata.keita@example.org", name="Fatoumata Keita")

    assert refused(GuessableValidator().validate, "Fatoumata-Keita1", user) == "password-guessable"


@pytest.mark.parametrize(
    "password",
    [PASSWORD, OTHER, "vélo jaune sous la pluie", "مدينة جميلة جدا في الشتاء", "x9$Lq!fT2z", "a" * 3 + "Kd83hf" * 500],
)
def test_new_password_that_is_hard_to_guess_is_taken(password):
    assert GuessableValidator().validate(password) is None
