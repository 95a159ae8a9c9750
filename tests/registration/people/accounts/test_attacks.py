"""Accounts under attack: strangers who try never keep the owner out, and what they prepare is worth nothing."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session as LogIn
from django.core.exceptions import ValidationError
from django.test import Client

from events.models import HistoryEntry, Message
from registration import tasks
from registration.people.accounts import clean_up, log_in_limits
from registration.people.accounts.password_rules import GuessableValidator
from tests.factories import NOW, UserFactory, confirmed
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


@pytest.fixture
def awa():
    return confirmed(email=KNOWN, password=make_password(PASSWORD))


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


def test_browser_of_somebody_else_is_no_known_browser(awa):
    confirmed(email=UNKNOWN, password=make_password(PASSWORD))
    guess(ENOUGH)
    thief = stranger(9)
    log_in(thief, UNKNOWN)
    forget_log_in(thief)

    log_in(thief, KNOWN)

    assert not is_logged_in(thief)


@pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "WyJhIiwgWyJiIl1d:1abc:forged", "é" * 300])
def test_forged_cookie_makes_no_known_browser(awa, cookie):
    guess(ENOUGH)
    thief = stranger(9)
    thief.cookies[log_in_limits.COOKIE] = cookie.encode("ascii", "ignore").decode()

    answer = log_in(thief, password="guess")

    assert (answer.status_code, "Too many tries" in answer.content.decode()) == (200, True)


def test_cookie_of_a_browser_names_nobody_and_is_for_the_server_alone(client, awa):
    cookie = log_in(client).cookies[log_in_limits.COOKIE]

    assert (KNOWN in cookie.value, cookie["httponly"], cookie["samesite"]) == (False, True, "Lax")


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
    thief, owner = Client(), Client()
    sign_up(thief, UNKNOWN)
    by_code(owner, UNKNOWN)
    page = owner.get("/accounts/email/")

    forget_log_in(thief)
    log_in(thief, UNKNOWN)

    assert (is_logged_in(owner), page.status_code, is_logged_in(thief)) == (True, 200, False)
    assert not User.objects.get(email=UNKNOWN).has_usable_password()
    assert "Choose one when you want to." in page.content.decode()


def test_session_that_signed_up_does_not_come_in_by_the_owners_confirmation():
    thief, owner = Client(), Client()
    sign_up(thief, UNKNOWN)
    by_code(owner, UNKNOWN)

    pages = [thief.get("/accounts/confirm-email/").status_code, confirm(thief, "WRONG").status_code]

    assert not is_logged_in(thief), pages


def test_password_stays_at_later_log_ins_by_code(client, awa):
    User.objects.update(last_login=NOW)
    awa.emailaddress_set.update(verified=False)

    by_code(client)

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (24, 0)])
def test_unconfirmed_account_goes_after_a_day(client, hours, left):
    sign_up(client, UNKNOWN)

    clean_up.delete_unconfirmed(now=NOW + timedelta(hours=hours))

    assert User.objects.count() == left


def test_only_accounts_that_nobody_confirmed_or_needs_go(awa):
    made_by_organisers = UserFactory()
    needed = UserFactory()
    EmailAddress.objects.create(user=needed, email=needed.email, verified=False)
    HistoryEntry.objects.create(actor=needed, at=NOW, verb="add", model="x", key="1", subject="x")
    alone = UserFactory()
    EmailAddress.objects.create(user=alone, email=alone.email, verified=False)
    User.objects.update(date_joined=NOW - timedelta(days=9))

    assert clean_up.delete_unconfirmed(now=NOW) == 1
    assert set(User.objects.all()) == {awa, made_by_organisers, needed}


def test_log_ins_that_are_over_are_deleted(client, awa):
    for one in (client, Client()):
        log_in(one)
    LogIn.objects.filter(pk=client.session.session_key).update(expire_date=NOW - timedelta(seconds=1))

    tasks.clean_up_accounts()

    assert LogIn.objects.count() == 1


# --- what the database keeps of a code -----------------------------------------------------------------
@pytest.mark.parametrize("way", ["sign-up", "log-in", "change of the e-mail"])
def test_session_holds_no_code_that_opens_anything(client, awa, way):
    if way == "sign-up":
        sign_up(client, UNKNOWN)
    elif way == "log-in":
        client.post(CODES, {"email": KNOWN})
    else:
        client.force_login(awa)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        client.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})
    code = code_in(Message.objects.latest("pk"))

    kept = str([one.get_decoded() for one in LogIn.objects.all()])

    assert (code in kept, code.replace("-", "") in kept, "'code': '" in kept) == (False, False, True)


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


def test_digest_out_of_the_database_is_no_code(awa):
    thief = Client()
    thief.post(CODES, {"email": KNOWN})
    digest = thief.session["account_login"]["state"]["stages"]["login_by_code"]["data"]["code"]

    thief.post(f"{CODES}confirm/", {"code": digest})

    assert not is_logged_in(thief)


# --- new passwords -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "password",
    [
        "wsisforum2026",
        "WSIS-Forum-2026!",
        "Password12345!",
        "qwertyuiop123",
        "champions2026",
        "Geneva2026Geneva",
        "aaaaaaaaaaaa",
    ],
)
def test_new_password_that_is_easy_to_guess_is_refused(client, password):
    answer = sign_up(client, password1=password)

    assert (answer.status_code, User.objects.count()) == (200, 0)
    assert "easy to guess" in answer.content.decode() or "too common" in answer.content.decode()


def test_new_password_out_of_ones_own_name_is_refused():
    user = UserFactory.build(email="fatoumata.keita@example.org", name="Fatoumata Keita")

    with pytest.raises(ValidationError) as refused:
        GuessableValidator().validate("Fatoumata-Keita1", user)

    assert refused.value.code == "password-guessable"


@pytest.mark.parametrize(
    "password",
    [PASSWORD, OTHER, "vélo jaune sous la pluie", "مدينة جميلة جدا في الشتاء", "x9$Lq!fT2z", "a" * 3 + "Kd83hf" * 500],
)
def test_new_password_that_is_hard_to_guess_is_taken(password):
    assert GuessableValidator().validate(password) is None
