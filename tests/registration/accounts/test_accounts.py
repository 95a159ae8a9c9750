import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.test import Client, RequestFactory

from events.models import Message
from registration.accounts.adapter import UNKNOWN_IP, client_ip, is_own_address
from tests.factories import NOW, ForumFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough sentence"
User = get_user_model()


@pytest.fixture(autouse=True)
def _world(time_machine):
    time_machine.move_to(NOW)
    ForumFactory()


@pytest.fixture
def awa():
    user = UserFactory(email="awa@example.org", password=make_password(PASSWORD))
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def mails(to="awa@example.org"):
    return list(Message.objects.filter(to=to).order_by("pk"))


def code_in(mail):
    return re.search(r"^\s*([0-9A-Z]{3,5}-?[0-9A-Z]{3,5})\s*$", mail.text, re.M)[1]


def sign_up(client, email="awa@example.org", **parts):
    return client.post("/accounts/signup/", {"email": email, "password1": PASSWORD} | parts)


def is_logged_in(client):
    return "_auth_user_id" in client.session


def shown(response, email):
    """What a visitor sees: the page without its secret token and the address that was typed in."""
    html = response.content.decode().replace(email, "ADDRESS")
    return response.status_code, re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)


# --- signing up -----------------------------------------------------------------------------------
def test_signup_by_code_leads_to_the_page_that_was_wanted(client):
    first = sign_up(client, next="/2020/register/")
    before = is_logged_in(client)
    code = code_in(mails()[0])
    second = client.post("/accounts/confirm-email/", {"code": code})

    assert first["Location"] == "/accounts/confirm-email/"
    assert before is False
    assert second["Location"] == "/2020/register/"
    assert is_logged_in(client)
    assert EmailAddress.objects.get().verified is True


def test_signup_writes_a_secret_mail_of_the_account_queue(client):
    sign_up(client)

    assert [(m.kind, m.queue, m.is_secret) for m in mails()] == [("account", "account", True)]


def test_signup_takes_language_and_zone_from_the_page(client):
    client.post(
        "/fr/accounts/signup/", {"email": "awa@example.org", "password1": PASSWORD, "time_zone": "Africa/Bamako"}
    )

    user = User.objects.get(email="awa@example.org")
    assert (user.language, user.time_zone) == ("fr", "Africa/Bamako")


@pytest.mark.parametrize("zone", ["", "Bamako/Africa", "../../etc/passwd", "UTC"])
def test_signup_leaves_out_an_unknown_zone(client, zone):
    sign_up(client, time_zone=zone)

    assert User.objects.get(email="awa@example.org").time_zone == "UTC"


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"email": ""}, "Enter your e-mail"),
        ({"email": "awa"}, "Enter an e-mail such as name@example.org"),
        ({"email": "a\x00wa@example.org"}, "Null characters are not allowed."),
        ({"email": "x" * 300 + "@example.org"}, "Enter an e-mail such as name@example.org"),
        ({"password1": ""}, "Choose a password"),
        ({"password1": "short"}, "This password is too short. It must contain at least 10 characters."),
        ({"password1": "1234567890123"}, "This password is entirely numeric."),
        ({"password1": "a\x00long enough sentence"}, "Null characters are not allowed."),
        ({"password1": "awa@example.org"}, "The password is too similar to the e-mail."),
    ],
)
def test_signup_with_bad_input_says_what_to_do(client, parts, sentence):
    response = client.post("/accounts/signup/", {"email": "awa@example.org", "password1": PASSWORD} | parts)

    html = response.content.decode()
    assert response.status_code == 200
    assert sentence in html
    assert "<title>Error: Make an account" in html
    assert "error-summary" in html
    assert User.objects.count() == 0


def test_signup_again_with_the_same_password_goes_on(client):
    sign_up(Client())

    sign_up(client, next="/2020/register/")
    response = client.post("/accounts/confirm-email/", {"code": code_in(mails()[-1])})

    assert response["Location"] == "/2020/register/"
    assert User.objects.count() == 1


def test_signup_again_with_another_password_changes_nothing(client):
    sign_up(Client())

    response = sign_up(client, password1="another long sentence")

    assert response["Location"] == "/accounts/confirm-email/"
    assert mails()[-1].subject == "You have an account already"
    assert User.objects.get().check_password(PASSWORD)


def test_code_that_is_wrong_three_times_ends_the_sign_up(client):
    sign_up(client)

    answers = [client.post("/accounts/confirm-email/", {"code": "WRONG"}) for _try in range(3)]
    late = client.post("/accounts/confirm-email/", {"code": code_in(mails()[0])})

    assert "The code is not right." in answers[0].content.decode()
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert late["Location"] == "/accounts/login/"
    assert not is_logged_in(client)


def test_code_is_good_for_15_minutes(client, time_machine):
    sign_up(client)
    code = code_in(mails()[0])
    time_machine.shift(16 * 60)

    client.post("/accounts/confirm-email/", {"code": code})

    assert not is_logged_in(client)


def test_code_can_be_sent_again(client):
    sign_up(client)

    client.post("/accounts/confirm-email/", {"action": "resend"})
    client.post("/accounts/confirm-email/", {"code": code_in(mails()[-1])})

    assert len(mails()) == 2
    assert is_logged_in(client)


# --- nobody learns whether an address is known ----------------------------------------------------
def test_signup_of_a_known_address_looks_the_same(awa):
    known, unknown = Client(), Client()

    answers = [sign_up(known, "awa@example.org"), sign_up(unknown, "new@example.org")]
    pages = [known.get("/accounts/confirm-email/"), unknown.get("/accounts/confirm-email/")]
    wrong = [c.post("/accounts/confirm-email/", {"code": "WRONG"}) for c in (known, unknown)]

    assert [(a.status_code, a["Location"]) for a in answers] == [(302, "/accounts/confirm-email/")] * 2
    assert shown(pages[0], "awa@example.org") == shown(pages[1], "new@example.org")
    assert shown(wrong[0], "awa@example.org") == shown(wrong[1], "new@example.org")
    assert mails("awa@example.org")[0].subject == "You have an account already"
    assert not is_logged_in(known)


def test_login_of_an_unknown_address_looks_the_same(awa):
    answers = [
        Client().post("/accounts/login/", {"login": email, "password": "wrong"})
        for email in ("awa@example.org", "new@example.org")
    ]

    assert shown(answers[0], "awa@example.org") == shown(answers[1], "new@example.org")
    assert "The e-mail or the password is not right." in answers[0].content.decode()


def test_login_code_for_an_unknown_address_looks_the_same(awa):
    known, unknown = Client(), Client()

    answers = [
        known.post("/accounts/login/code/", {"email": "awa@example.org"}, follow=True),
        unknown.post("/accounts/login/code/", {"email": "new@example.org"}, follow=True),
    ]

    assert shown(answers[0], "awa@example.org") == shown(answers[1], "new@example.org")
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert mails("new@example.org")[0].subject == "There is no account with this e-mail"


def test_reset_for_an_unknown_address_looks_the_same(awa):
    answers = [
        Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in ("awa@example.org", "new@example.org")
    ]

    assert shown(answers[0], "awa@example.org") == shown(answers[1], "new@example.org")
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert [len(mails(to)) for to in ("awa@example.org", "new@example.org")] == [1, 1]


@pytest.mark.parametrize("email", ["awa@example.org", "new@example.org"])
def test_each_way_hashes_once(awa, email, monkeypatch):
    """A hash is what takes time: known and unknown addresses cost the same number."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashes, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *parts: hashes.append(1) or encode(*parts))

    sign_up(Client(), email)
    signed_up = len(hashes)
    Client().post("/accounts/login/", {"login": "x" + email, "password": "wrong"})
    unknown = len(hashes) - signed_up
    Client().post("/accounts/login/", {"login": email, "password": "wrong"})

    assert signed_up == 1
    assert len(hashes) - signed_up - unknown == unknown


# --- logging in and out ---------------------------------------------------------------------------
def test_login_by_password_turns_the_session(client, awa):
    client.get("/accounts/login/")
    client.session["here"] = "before"
    client.session.save()
    before = client.session.session_key

    response = client.post(
        "/accounts/login/", {"login": "AWA@example.org", "password": PASSWORD, "next": "/2020/agenda/"}
    )

    assert response["Location"] == "/2020/agenda/"
    assert is_logged_in(client)
    assert client.session.session_key != before


def test_login_by_code(client, awa):
    client.post("/accounts/login/code/", {"email": "awa@example.org", "next": "/2020/agenda/"})
    code = code_in(mails()[0])

    response = client.post("/accounts/login/code/confirm/", {"code": code, "next": "/2020/agenda/"})
    again = Client().post("/accounts/login/code/confirm/", {"code": code})

    assert response["Location"] == "/2020/agenda/"
    assert is_logged_in(client)
    assert again.status_code == 302


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]
)
@pytest.mark.parametrize("host", ["testserver", "localhost"])
def test_login_never_leads_away(client, awa, away, host):
    response = client.post(
        "/accounts/login/", {"login": "awa@example.org", "password": PASSWORD, "next": away}, headers={"host": host}
    )

    assert response["Location"] == "/"


def test_login_of_a_closed_account(client, awa):
    User.objects.update(is_active=False)

    response = client.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD})

    assert response.status_code == 302
    assert not is_logged_in(client)


def test_login_needs_the_csrf_token(awa):
    client = Client(enforce_csrf_checks=True)

    response = client.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD})

    assert response.status_code == 403
    assert not is_logged_in(client)


def test_logout_is_a_post(client, awa):
    client.force_login(awa)

    asked = client.get("/accounts/logout/")
    still = is_logged_in(client)
    client.post("/accounts/logout/")

    assert (asked.status_code, still, is_logged_in(client)) == (200, True, False)


@pytest.mark.parametrize(
    "data", [{"login": "\x00", "password": "\x00"}, {"login": "x" * 5000, "password": "y" * 5000}, {}]
)
def test_login_with_odd_input(client, data):
    assert client.post("/accounts/login/", data).status_code == 200


# --- the password and the e-mail ------------------------------------------------------------------
def test_reset_by_link(client, awa):
    client.post("/accounts/password/reset/", {"email": "awa@example.org"})
    path = re.search(r"https?://[^/\s]+(/\S*key/\S+)", mails()[0].text)[1]

    form = client.get(path, follow=True)
    action = form.redirect_chain[-1][0]
    client.post(action, {"password1": "another long sentence", "password2": "another long sentence"})
    again = client.get(path, follow=True)

    assert "Choose a new password" in form.content.decode()
    assert User.objects.get().check_password("another long sentence")
    assert "This link has expired" in again.content.decode() or again.redirect_chain
    assert mails()[-1].subject == "Your password has changed"


def test_links_in_mails_come_from_the_settings(awa, settings):
    settings.BASE_URL = "https://forum.example.org"
    settings.ALLOWED_HOSTS = ["*"]

    for path, form in (
        ("password/reset/", {"email": "awa@example.org"}),
        ("password/reset/", {"email": "new@example.org"}),
        ("signup/", {"email": "awa@example.org", "password1": PASSWORD}),
        ("login/code/", {"email": "awa@example.org"}),
    ):
        Client().post(f"/accounts/{path}", form, headers={"host": "evil.example"})

    texts = "".join(mail.text + mail.html + mail.subject for mail in Message.objects.all())
    assert Message.objects.count() == 4
    assert "evil.example" not in texts
    assert "https://forum.example.org/accounts/password/reset/key/" in texts


def test_mails_are_in_the_language_of_the_page(client, awa):
    client.post("/fr/accounts/password/reset/", {"email": "awa@example.org"})

    assert "/fr/accounts/password/reset/key/" in mails()[0].text
    assert mails()[0].language == "fr"


def test_change_of_the_email_asks_for_the_password_and_a_code(client, awa):
    client.force_login(awa)
    asked = client.post("/accounts/email/", {"action_add": "", "email": "new@example.org"})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "new@example.org"})
    before = User.objects.get().email

    client.post("/accounts/confirm-email/", {"code": code_in(mails("new@example.org")[-1])})

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert before == "awa@example.org"
    assert User.objects.get().email == "new@example.org"
    assert [a.email for a in EmailAddress.objects.all()] == ["new@example.org"]
    assert mails("awa@example.org")[-1].subject == "Your e-mail has changed"


def test_change_to_the_email_of_somebody_else_tells_nothing(client, awa):
    UserFactory(email="other@example.org")
    client.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD})

    pages = [
        client.post("/accounts/email/", {"action_add": "", "email": email}, follow=True)
        for email in ("other@example.org", "new@example.org")
    ]

    assert pages[0].redirect_chain == pages[1].redirect_chain
    assert User.objects.get(pk=awa.pk).email == "awa@example.org"


def test_change_of_the_password_ends_other_sessions(client, awa):
    other = Client()
    for one in (client, other):
        one.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD})

    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long sentence", "password2": "another long sentence"},
    )

    assert client.get("/accounts/email/").status_code == 200
    assert other.get("/accounts/email/").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/login/code/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/inactive/",
        "/fr/accounts/login/",
        "/ar/accounts/signup/",
    ],
)
def test_pages_for_visitors(client, path):
    response = client.get(path)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert 'style="' not in response.content.decode()


@pytest.mark.parametrize(
    "path", ["/accounts/email/", "/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/logout/"]
)
def test_pages_of_an_account(client, awa, path):
    client.force_login(awa)

    assert client.get(path).status_code == 200


@pytest.mark.parametrize("key", ["1-abc-def", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-x-y", "0-0"])
def test_a_reset_link_that_is_wrong(client, key):
    response = client.get(f"/accounts/password/reset/key/{key}/")

    assert response.status_code == 200
    assert "This link has expired" in response.content.decode()


# --- limits ---------------------------------------------------------------------------------------
def test_guessing_a_password_is_slowed_per_account(awa):
    answers = [
        Client().post("/accounts/login/", {"login": "awa@example.org", "password": f"guess {n}"}) for n in range(11)
    ]
    late = Client()
    late.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD})
    other = Client().post("/accounts/login/", {"login": "new@example.org", "password": "guess"})

    assert "Too many tries." not in answers[9].content.decode()
    assert "Too many tries." in answers[10].content.decode()
    assert not is_logged_in(late)
    assert "Too many tries." not in other.content.decode()


def test_a_university_behind_one_address_signs_up():
    answers = [sign_up(Client(), f"student{n}@example.org") for n in range(60)]

    assert {answer.status_code for answer in answers} == {302}
    assert User.objects.count() == 60


def test_a_script_is_slowed_by_its_address(settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "2/m/ip"}

    answers = [sign_up(Client(), f"student{n}@example.org").status_code for n in range(3)]
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")

    assert answers == [302, 302, 429]
    assert sign_up(elsewhere, "student9@example.org").status_code == 302


def test_too_many_tries_is_a_page_of_the_site(settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "0/m/ip"}

    response = sign_up(Client())

    assert response.status_code == 429
    assert "Wait a few minutes, then try again." in response.content.decode()


def test_nobodys_mailbox_is_filled(awa, time_machine):
    time_machine.move_to(NOW.replace(minute=0))  # a full hour: limits count by the clock
    for _time in range(19):
        time_machine.shift(181)
        Client().post("/accounts/login/code/", {"email": "awa@example.org"})

    assert len(mails()) == 12


# --- whose address it is --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "203.0.113.5", "192.0.2.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.9, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.9, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (2, "203.0.113.5", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "not an address", UNKNOWN_IP),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, ", ,203.0.113.5", "203.0.113.5"),
    ],
)
def test_client_ip_counts_the_proxies_that_we_trust(settings, proxies, forwarded, found):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory(REMOTE_ADDR="192.0.2.1").get("/", headers={"x-forwarded-for": forwarded})

    assert client_ip(request) == found


def test_client_ip_on_a_socket_is_unknown_and_no_fault():
    assert client_ip(RequestFactory(REMOTE_ADDR="").get("/")) == UNKNOWN_IP


def test_limits_cannot_be_evaded_by_a_header(settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "1/m/ip"}

    answers = [
        Client()
        .post(
            "/accounts/signup/",
            {"email": f"a{n}@example.org", "password1": PASSWORD},
            headers={"x-forwarded-for": f"203.0.113.{n}"},
        )
        .status_code
        for n in range(2)
    ]

    assert answers == [302, 429]


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("/2020/agenda/", True),
        ("http://testserver/2020/", True),
        ("https://testserver/2020/", True),
        ("http://localhost/2020/", False),
        ("//testserver/2020/", True),
        ("//evil.example", False),
        ("http:///evil.example", False),
        ("/\r\nSet-Cookie: a=b", False),
        ("", False),
    ],
)
def test_is_own_address(url, is_own):
    assert is_own_address(url, request=RequestFactory().get("/")) is is_own
