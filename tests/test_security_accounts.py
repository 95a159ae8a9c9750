"""Passwords, codes, sessions and signed links: what they are made of, how long they hold, and for whom."""

import math
import re
from datetime import timedelta

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from django.conf import global_settings
from django.conf import settings as project
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.test import Client

from config import settings as of_the_site
from events.models import Message, User
from tests.factories import NOW, confirmed
from tests.refusals import refused
from tests.registration.people.accounts.second_factor.steps import with_app
from tests.registration.people.accounts.test_accounts import KNOWN, PASSWORD, code_in, is_logged_in, log_in, mails

pytestmark = pytest.mark.django_db
HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _moment(time_machine):
    time_machine.move_to(NOW)


@pytest.fixture
def awa():
    """A person with a password, and an address that is confirmed."""
    return confirmed(email=KNOWN, password=make_password(PASSWORD))


# --- passwords -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "good",
    [
        "only small letters",
        "tulips  in May  26",
        "the tulips of may " + "x y" * 40,
        "пароль из слов",
        "🌷🌷🌷 in may 🌷",
        "ALL CAPITALS HERE",
    ],
)
def test_password_of_any_signs_and_any_length_is_taken(good):
    validate_password(good)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("tulips 26", "password_too_short, password-guessable"),
        ("qwertyuiop", "password_too_common, password-guessable"),
        ("iloveyou123", "password_too_common, password-guessable"),
    ],
)
def test_short_and_common_passwords_are_refused(bad, code):
    assert refused(validate_password, bad) == code


def test_password_is_compared_as_it_was_typed(awa):
    long = "  Two blanks, CAPITALS, and a tail behind the 72nd byte " + "x" * 40
    User.objects.filter(pk=awa.pk).update(password=make_password(long))

    others = [long.strip(), long.lower(), long[:72], long + " "]
    assert [log_in(Client(), password=one).status_code for one in others] == [200] * 4
    client = Client()
    log_in(client, password=long)
    assert is_logged_in(client)


def test_new_password_needs_the_one_before(awa):
    client = Client()
    log_in(client)
    new = {"password1": "another good sentence", "password2": "another good sentence"}

    client.post("/accounts/password/change/", {"oldpassword": "not it, I think"} | new)
    kept = User.objects.get(pk=awa.pk).check_password(PASSWORD)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD} | new)

    assert (kept, User.objects.get(pk=awa.pk).check_password("another good sentence")) == (True, True)


def test_password_of_years_ago_still_opens(awa, time_machine):
    time_machine.move_to(NOW + timedelta(days=6 * 365))
    client = Client()

    log_in(client)

    assert is_logged_in(client)


def test_passwords_are_kept_by_a_slow_hash_and_older_hashes_are_replaced(awa, settings):
    """The tests themselves use a quick one."""
    assert not hasattr(of_the_site, "PASSWORD_HASHERS")
    assert global_settings.PASSWORD_HASHERS[0] == HASHERS[0]
    settings.PASSWORD_HASHERS = HASHERS
    assert awa.password.startswith("md5$")

    log_in(Client())

    name, rounds, _salt, _hash = User.objects.get(pk=awa.pk).password.split("$")
    assert (name, int(rounds) >= 600_000) == ("pbkdf2_sha256", True)


FIELD = re.compile(r"<input[^>]*name=\"((?:old|new)?password\d?)\"[^>]*>")


def test_password_fields_hide_what_is_typed_and_take_what_a_manager_fills_in(awa):
    client = Client()
    pages = [client.get(path).content.decode() for path in ("/accounts/login/", "/accounts/signup/")]
    log_in(client)
    pages.append(client.get("/accounts/password/change/").content.decode())

    found = [match for page in pages for match in FIELD.finditer(page)]
    assert len(found) >= 4
    for match in found:
        assert 'type="password"' in match[0]
        assert re.search(r'autocomplete="(current|new)-password"', match[0]), match[0]
        assert not re.search("onpaste|readonly|maxlength", match[0])
    for word in ("hint", "question", "maiden"):
        assert f'name="{word}' not in "".join(pages)


# --- codes -----------------------------------------------------------------------------------------
def test_codes_are_random_and_long_enough():
    adapter = DefaultAccountAdapter()  # ours gives allauth the digests of these
    for make in (adapter.generate_login_code, adapter.generate_email_verification_code):
        codes = [make().replace("-", "") for _time in range(300)]

        signs = len({sign for code in codes for sign in code})
        assert min(map(len, codes)) * math.log2(signs) > 20
        assert len(set(codes)) == 300


def test_code_opens_in_the_browser_that_asked_for_it_once(awa):
    asked, other = Client(), Client()
    asked.post("/accounts/login/code/", {"email": KNOWN})
    code = code_in(mails()[-1])
    other.post("/accounts/login/code/", {"email": KNOWN})

    other.post("/accounts/login/code/confirm/", {"code": code})
    in_other = is_logged_in(other)
    asked.post("/accounts/login/code/confirm/", {"code": code})
    in_asked = is_logged_in(asked)
    asked.post("/accounts/logout/")
    asked.post("/accounts/login/code/confirm/", {"code": code})

    assert (in_other, in_asked, is_logged_in(asked)) == (False, True, False)


def test_code_to_log_in_holds_ten_minutes(awa, time_machine):
    for minutes, opens in ((9, True), (11, False)):
        time_machine.move_to(NOW + timedelta(hours=minutes))
        client = Client()
        client.post("/accounts/login/code/", {"email": KNOWN})
        code = code_in(mails()[-1])

        time_machine.move_to(NOW + timedelta(hours=minutes, minutes=minutes))
        client.post("/accounts/login/code/confirm/", {"code": code})

        assert is_logged_in(client) == opens, minutes


# --- sessions --------------------------------------------------------------------------------------
def test_session_names_are_random_and_new_for_each_log_in(awa):
    names = set()
    for _time in range(20):
        client = Client()
        client.force_login(awa)
        names.add(client.session.session_key)

    assert len(names) == 20
    assert {len(name) for name in names} == {32}
    assert 32 * math.log2(len(VALID_KEY_CHARS)) >= 128


def test_session_is_for_the_browser_alone(awa):
    client = Client()
    cookie = log_in(client).cookies[project.SESSION_COOKIE_NAME]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert [cookie.value in client.get(path).content.decode() for path in ("/accounts/email/", "/2020/me/")] == [
        False
    ] * 2


def opens(cookie):
    client = Client()
    client.cookies[project.SESSION_COOKIE_NAME] = cookie
    return client.get("/accounts/email/").status_code == 200


def test_session_that_was_logged_out_opens_nothing(awa):
    client = Client()
    log_in(client)
    cookie = client.cookies[project.SESSION_COOKIE_NAME].value
    before = opens(cookie)

    client.post("/accounts/logout/")

    assert (before, opens(cookie)) == (True, False)


def test_sessions_of_one_account_stand_beside_each_other(awa):
    """People vote on a telephone and read on a desk."""
    clients = [Client() for _device in range(5)]

    for client in clients:
        log_in(client)

    assert [opens(client.cookies[project.SESSION_COOKIE_NAME].value) for client in clients] == [True] * 5


def test_sessions_of_a_closed_account_end_at_once(awa):
    client = Client()
    log_in(client)
    cookie = client.cookies[project.SESSION_COOKIE_NAME].value
    User.objects.filter(pk=awa.pk).update(is_active=False)

    assert not opens(cookie)


def test_session_ends_two_weeks_after_the_log_in_however_it_is_used(awa, time_machine):
    client = Client()
    log_in(client)
    cookie, found = client.cookies[project.SESSION_COOKIE_NAME].value, []

    for days in (5, 10, 13, 15):
        time_machine.move_to(NOW + timedelta(days=days))
        found.append(opens(cookie))

    assert found == [True, True, True, False]


def test_name_that_a_stranger_made_up_is_no_session(awa):
    client = Client()
    client.cookies[project.SESSION_COOKIE_NAME] = "a" * 32

    log_in(client)

    assert (is_logged_in(client), client.session.session_key == "a" * 32) == (True, False)


# --- links to a new password ----------------------------------------------------------------------------------
def test_link_to_a_new_password_ends_with_its_time_and_its_use(awa, time_machine):
    Client().post("/accounts/password/reset/", {"email": KNOWN})
    link = re.search(r"/accounts/password/reset/key/\S+", Message.objects.filter(to=KNOWN).last().text)[0]

    reader = Client()
    at_once = reader.get(link, follow=True).status_code
    time_machine.move_to(NOW + timedelta(days=4))
    late = Client().get(link)

    assert (at_once, is_logged_in(reader)) == (200, False)  # a mail program that looks at links logs nobody in
    assert (late.status_code, b"has expired" in late.content) == (200, True)


def test_new_password_by_link_does_not_pass_the_second_step(awa):
    """Who reads the mails of an account, and has not its second step, gets no further than before."""
    with_app(awa)
    reader = Client()
    reader.post("/accounts/password/reset/", {"email": KNOWN})
    link = re.search(r"/accounts/password/reset/key/\S+", Message.objects.filter(to=KNOWN).last().text)[0]
    form = reader.get(link, follow=True).redirect_chain[-1][0]

    answer = reader.post(form, {"password1": "another good sentence", "password2": "another good sentence"})

    assert User.objects.get(pk=awa.pk).check_password("another good sentence")
    assert (answer["Location"], is_logged_in(reader)) == ("/accounts/2fa/authenticate/", False)
    assert Authenticator.objects.filter(user=awa).exists()
