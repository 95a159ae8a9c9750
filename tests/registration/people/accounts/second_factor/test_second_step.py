import base64

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from events.models import Message
from registration.people.accounts import log_in_limits
from registration.people.accounts.second_factor import app_codes
from tests.factories import NOW
from tests.refusals import refused
from tests.registration.people.accounts.second_factor.steps import SECRET, recovery_codes, secret_of, shown, with_app
from tests.registration.people.accounts.test_accounts import PASSWORD, is_logged_in, log_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum")]
AUTHENTICATE, AGAIN = "/accounts/2fa/authenticate/", "/accounts/2fa/reauthenticate/"


@pytest.fixture
def guarded(awa):
    return with_app(awa)


def second(client, code, way=AUTHENTICATE):
    return client.post(way, {"code": code})


# --- codes of the app -----------------------------------------------------------------------------
def test_codes_are_those_of_the_standard():
    """RFC 4226, appendix D."""
    secret = base64.b32encode(b"12345678901234567890").decode()

    assert [app_codes.code_of(secret, step=step) for step in (0, 1, 2, 7, 9)] == [
        *("755224", "287082", "359152", "162583", "520489"),
    ]


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [
        (-150, "incorrect_code"),
        (-120, "wrong-clock"),
        (-90, "wrong-clock"),
        (-30, None),
        (0, None),
        (30, None),
        (90, "wrong-clock"),
        (150, "incorrect_code"),
    ],
)
def test_code_of_another_time_is_refused(seconds, answer):
    code = shown(seconds=seconds)

    if answer:
        assert refused(app_codes.check, SECRET, code, now=NOW) == answer
    else:
        assert app_codes.check(SECRET, code, now=NOW) == app_codes.step_at(NOW) + seconds // 30


@pytest.mark.parametrize("later", [1, 31, 61])
def test_code_that_was_used_stays_used_while_it_would_be_right(guarded, time_machine, later):
    client, code = Client(), shown(seconds=30)
    log_in(client)
    second(client, code)
    time_machine.shift(later)
    thief = Client()
    log_in(thief)

    second(thief, code)

    assert (is_logged_in(client), is_logged_in(thief)) == (True, False)


def test_code_before_one_that_was_used_opens_nothing(guarded):
    app = Authenticator.objects.get(type="totp")
    app_codes.use(app, shown(), now=NOW)

    assert refused(app_codes.use, app, shown(seconds=-30), now=NOW) == "used-code"


# --- logging in -----------------------------------------------------------------------------------
def test_recovery_code_is_good_once(guarded, settings):
    """And what reads it again after the secret key of the site was changed."""
    code = recovery_codes(guarded)[0]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another one " * 5
    for client in (owner := Client(), thief := Client()):
        log_in(client)
        second(client, code)

    assert (is_logged_in(owner), is_logged_in(thief)) == (True, False)
    assert len(recovery_codes(guarded)) == 9


def test_tries_of_recovery_codes_and_of_the_app_spend_one_budget(guarded):
    """A network that knows the password is slowed; from elsewhere the owner still comes in."""
    thief, owner = Client(REMOTE_ADDR="198.18.1.7"), Client()
    for client in (thief, owner):
        log_in(client)
    answers = [second(thief, "12345678" if one % 2 else "000000") for one in range(log_in_limits.OF_THE_OWNER)]
    answers += [second(thief, recovery_codes(guarded)[0]), second(thief, shown())]
    second(owner, shown())

    assert ["Too many tries" in answer.content.decode() for answer in answers[-3:]] == [False, True, True]
    assert (is_logged_in(thief), is_logged_in(owner), len(recovery_codes(guarded))) == (False, True, 10)


def test_wrong_second_step_is_refused_in_words(client, guarded):
    log_in(client)

    for code in ("", "000000", "٠٠٠٠٠٠", "a" * 5_000, "\x00", "0000 00"):
        answer = second(client, code)
        assert (answer.status_code, is_logged_in(client)) == (200, False)
        assert "error-summary" in answer.content.decode()


@pytest.mark.parametrize("way", [AUTHENTICATE, "/accounts/2fa/webauthn/login/"])
def test_passkey_that_no_browser_sends_is_refused_in_words(client, guarded, way):
    if way == AUTHENTICATE:
        log_in(client)
    for junk in ("", "{", "[]", "1", "null", "{}", '{"id": 1}', '{"id":"x","response":{"userHandle":[]}}'):
        client.get(way)
        answer = client.post(way, {"credential": junk}, follow=True)
        assert (answer.status_code, is_logged_in(client)) == (200, False)


# --- setting it up --------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)  # what follows a commit follows it
def test_app_is_set_up_after_the_password_was_given_again(client, awa):
    client.force_login(awa)
    asked = client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = client.session["mfa.totp.secret"]

    wrong = client.post("/accounts/2fa/totp/activate/", {"code": shown(secret, seconds=90)}).content.decode()
    done = client.post("/accounts/2fa/totp/activate/", {"code": shown(secret)})

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert (secret in page, "<svg" in page, "The clock of your device" in wrong) == (True, True, True)
    assert (done["Location"], secret_of(awa)) == ("/accounts/2fa/recovery-codes/", secret)
    assert Message.objects.latest("pk").subject == "An authenticator app was set up"
    codes = client.get(done["Location"]).content.decode()
    assert [code in codes for code in recovery_codes(awa)] == [True] * 10


def test_second_step_is_changed_by_who_shows_it_only(client, guarded):
    """A thief who has the session and the password can neither take the second step away nor read the recovery codes."""
    client.force_login(guarded)

    pages = [
        "totp/deactivate/",
        "recovery-codes/",
        "recovery-codes/generate/",
        "recovery-codes/download/",
        "webauthn/add/",
    ]
    asked = {client.get(f"/accounts/2fa/{page}")["Location"].partition("?")[0] for page in pages}
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    still = client.post("/accounts/2fa/totp/deactivate/")["Location"].partition("?")[0]

    assert (asked, still) == ({AGAIN}, AGAIN)
    assert Authenticator.objects.filter(type="totp").exists()
    assert second(client, shown(), AGAIN).status_code == 302
    assert client.get("/accounts/2fa/recovery-codes/download/").content.decode().split() == recovery_codes(guarded)


def test_what_the_database_keeps_of_a_second_step_opens_nothing(guarded, organiser_site):
    """It has no page in the admin site either."""
    kept = str(list(Authenticator.objects.filter(user=guarded).values_list("data", flat=True)))

    assert [text in kept for text in (SECRET, *recovery_codes(guarded))] == [False] * 11
    assert organiser_site.get("/admin/mfa/authenticator/").status_code == 404
