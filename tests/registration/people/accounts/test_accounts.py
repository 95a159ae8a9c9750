import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import RequestFactory

from events.models import Message
from registration.people.accounts.adapter import client_ip, is_own_address
from registration.people.accounts.log_ins.networks import UNKNOWN_IP
from tests.factories import ForumFactory, RegistrationFactory, UserFactory
from tests.site_client import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum")]
PASSWORD = "a long enough sentence"
OTHER = "another long sentence"
KNOWN, UNKNOWN = "awa@example.org", "new@example.org"
User = get_user_model()


def mails(to=KNOWN):
    return list(Message.objects.filter(to=to).order_by("pk"))


def code_in(mail):
    return re.search(r"^\s*([0-9A-Z]{3,5}-?[0-9A-Z]{3,5})\s*$", mail.text, re.M)[1]


def sign_up(client, email=KNOWN, **parts):
    return client.post("/accounts/signup/", {"email": email, "password1": PASSWORD} | parts)


def log_in(client, email=KNOWN, password=PASSWORD, **parts):
    return client.post("/accounts/login/", {"login": email, "password": password} | parts)


def confirm(client, code):
    return client.post("/accounts/confirm-email/", {"code": code})


def is_logged_in(client):
    return "_auth_user_id" in client.session


def shown(response, email):
    """What a visitor sees: the way here, and the page without its secret tokens and the address that was typed in."""
    html = response.content.decode().replace(email, "ADDRESS")
    way = getattr(response, "redirect_chain", response.headers.get("Location"))
    return response.status_code, way, re.sub(r'name="(csrfmiddlewaretoken|ticket)" value="[^"]+"', "", html)


# --- signing up -----------------------------------------------------------------------------------
def test_signup_by_code_leads_to_the_page_that_was_wanted(client):
    first = sign_up(client, next="/2020/register/")
    before = is_logged_in(client)
    second = confirm(client, code_in(mails()[0]))

    assert [first["Location"], second["Location"]] == ["/accounts/confirm-email/", "/2020/register/"]
    assert (before, is_logged_in(client), EmailAddress.objects.get().verified) == (False, True, True)
    assert [(m.kind, m.queue, m.is_secret) for m in mails()] == [("account", "account", True)]


@pytest.mark.parametrize(
    ("way", "zone", "kept"),
    [("/fr", "Africa/Bamako", ("fr", "Africa/Bamako")), ("", "../../etc/passwd", ("en", "UTC"))],
)
def test_signup_takes_language_and_known_zone_from_the_page(client, way, zone, kept):
    client.post(f"{way}/accounts/signup/", {"email": KNOWN, "password1": PASSWORD, "time_zone": zone})

    user = User.objects.get(email=KNOWN)
    assert (user.language, user.time_zone) == kept


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"email": ""}, "Enter your e-mail"),
        ({"email": "a\x00wa@example.org"}, "Null characters are not allowed."),
        ({"password1": "short"}, "This password is too short. It must contain at least 10 characters."),
    ],
)
def test_signup_with_bad_input_says_what_to_do(client, parts, sentence):
    response = sign_up(client, **parts)

    html = response.content.decode()
    assert (response.status_code, User.objects.count()) == (200, 0)
    for part in (sentence, "<title>Error: Make an account", "error-summary"):
        assert part in html


def test_signup_again_with_another_password_changes_nothing(client):
    sign_up(Client())

    response = sign_up(client, password1=OTHER)

    assert response["Location"] == "/accounts/confirm-email/"
    assert mails()[-1].subject == "You have an account already"
    assert User.objects.get().check_password(PASSWORD)


def test_code_that_is_wrong_three_times_ends_the_sign_up(client):
    sign_up(client)

    answers = [confirm(client, "WRONG") for _try in range(3)]
    late = confirm(client, code_in(mails()[0]))

    assert "The code is not right." in answers[0].content.decode()
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert (late["Location"], is_logged_in(client)) == ("/accounts/login/", False)


@pytest.mark.parametrize(("minutes", "is_good"), [(14, True), (16, False)])
def test_code_is_good_for_15_minutes(client, time_machine, minutes, is_good):
    sign_up(client)
    time_machine.shift(minutes * 60)

    confirm(client, code_in(mails()[0]))

    assert is_logged_in(client) is is_good


# --- nobody learns whether an address is known ----------------------------------------------------
def signs_up(client, email):
    return sign_up(client, email), client.get("/accounts/confirm-email/"), confirm(client, "WRONG")


def logs_in(client, email):
    return (log_in(client, email, "wrong"),)


def wants_a_code(client, email):
    return (client.post("/accounts/login/code/", {"email": email}, follow=True),)


def wants_a_reset(client, email):
    return (client.post("/accounts/password/reset/", {"email": email}, follow=True),)


@pytest.mark.parametrize("way", [signs_up, logs_in, wants_a_code, wants_a_reset])
def test_unknown_address_looks_the_same(awa, way):
    pages = {email: [shown(answer, email) for answer in way(Client(), email)] for email in (KNOWN, UNKNOWN)}

    assert pages[KNOWN] == pages[UNKNOWN]
    subjects = {
        signs_up: ("You have an account already", None),
        wants_a_code: (None, "There is no account with this e-mail"),
    }
    assert [len(mails(KNOWN)), len(mails(UNKNOWN))] == ([0, 0] if way is logs_in else [1, 1])
    for email, subject in zip((KNOWN, UNKNOWN), subjects.get(way, (None, None)), strict=True):
        assert subject is None or mails(email)[0].subject == subject


@pytest.mark.parametrize("email", [KNOWN, UNKNOWN])
def test_each_way_hashes_once(awa, email, monkeypatch):
    """A hash is what takes time: known and unknown addresses cost the same number."""
    hashes, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *parts: hashes.append(1) or encode(*parts))

    numbers = []
    for act in (
        lambda: sign_up(Client(), email),
        lambda: log_in(Client(), "x" + email, "wrong"),
        lambda: log_in(Client(), email, "wrong"),
    ):
        act()
        numbers.append(len(hashes))
        hashes.clear()

    assert (numbers[0], numbers[1]) == (1, numbers[2])


# --- logging in and out ---------------------------------------------------------------------------
def test_login_by_password_turns_the_session(client, awa):
    client.get("/accounts/login/")
    client.session["here"] = "before"
    client.session.save()
    before = client.session.session_key

    response = log_in(client, "AWA@example.org", next="/2020/agenda/")

    assert (response["Location"], is_logged_in(client)) == ("/2020/agenda/", True)
    assert client.session.session_key != before


def test_one_code_is_enough_for_an_account_that_others_have_made(client):
    user = UserFactory(email=KNOWN)
    client.post("/accounts/login/code/", {"email": user.email, "next": "/2020/delegation/"})

    response = client.post("/accounts/login/code/confirm/", {"code": code_in(mails()[0]), "next": "/2020/delegation/"})

    assert (response["Location"], is_logged_in(client), len(mails())) == ("/2020/delegation/", True, 1)
    assert EmailAddress.objects.get(user=user).verified


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("/2020/agenda/", True),
        ("http://testserver/2020/", True),
        ("https://testserver/2020/", True),
        ("//testserver/2020/", True),
        ("http://localhost/2020/", False),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("http:///evil.example", False),
        ("https:evil.example", False),
        ("javascript:alert(1)", False),
        ("/\r\nSet-Cookie: a=b", False),
        ("", False),
    ],
)
def test_way_to_another_site_is_not_our_own(rf, url, is_own):
    assert is_own_address(url, request=rf.get("/")) is is_own


def test_login_never_leads_away(awa):
    for away in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        for host in ("testserver", "localhost"):
            assert log_in(Client(headers={"host": host}), next=away)["Location"] == "/"


def test_login_of_a_closed_account_and_without_the_token_is_refused(client, awa):
    strict = Client(enforce_csrf_checks=True)
    without = log_in(strict)
    User.objects.update(is_active=False)

    response = log_in(client)

    assert (without.status_code, is_logged_in(strict)) == (403, False)
    assert (response.status_code, is_logged_in(client)) == (302, False)


# --- the password and the e-mail ------------------------------------------------------------------
def test_reset_by_link(client, awa):
    client.post("/accounts/password/reset/", {"email": KNOWN})
    path = re.search(r"https?://[^/\s]+(/\S*key/\S+)", mails()[0].text)[1]

    form = client.get(path, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": OTHER, "password2": OTHER})
    again = client.get(path, follow=True)
    junk = [f"/accounts/password/reset/key/{key}/" for key in ("1-abc-def", f"{'z' * 30}-x-y", "0-0")]

    assert "Choose a new password" in form.content.decode()
    assert User.objects.get().check_password(OTHER)
    assert "This link has expired" in again.content.decode() or again.redirect_chain
    assert ["This link has expired" in Client().get(one).content.decode() for one in junk] == [True] * 3
    assert mails()[-1].subject == "Your password has changed"


def test_links_in_mails_come_from_the_settings(awa, settings):
    settings.BASE_URL = "https://forum.example.org"
    settings.ALLOWED_HOSTS = ["*"]

    for path, form in (
        ("fr/accounts/password/reset/", {"email": KNOWN}),
        ("accounts/password/reset/", {"email": UNKNOWN}),
        ("accounts/signup/", {"email": KNOWN, "password1": PASSWORD}),
        ("accounts/login/code/", {"email": KNOWN}),
    ):
        Client().post(f"/{path}", form, headers={"host": "evil.example"})

    texts = "".join(mail.text + mail.html + mail.subject for mail in Message.objects.all())
    assert (Message.objects.count(), "evil.example" in texts) == (4, False)
    assert "https://forum.example.org/fr/accounts/password/reset/key/" in texts
    assert mails()[0].language == "fr"


def test_change_of_the_email_asks_for_the_password_and_a_code(client, awa):
    client.force_login(awa)
    form = {"action_add": "", "email": UNKNOWN}
    asked = client.post("/accounts/email/", form)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", form)
    before = User.objects.get().email

    confirm(client, code_in(mails(UNKNOWN)[-1]))

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert (before, User.objects.get().email) == (KNOWN, UNKNOWN)
    assert [a.email for a in EmailAddress.objects.all()] == [UNKNOWN]
    assert mails()[-1].subject == "Your e-mail has changed"


@pytest.mark.parametrize("made_by", ["stranger", "organiser"])
def test_who_signed_up_with_an_address_and_could_not_confirm_it_keeps_nobody_from_moving_there(client, awa, made_by):
    if made_by == "stranger":
        sign_up(Client(), UNKNOWN)
    else:
        RegistrationFactory(user=UserFactory(email=UNKNOWN), forum=ForumFactory(slug="other"))
    log_in(client)
    client.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})
    confirm(client, code_in(mails(UNKNOWN)[-1]))

    awa.refresh_from_db()
    assert (awa.email, User.objects.count()) == {"stranger": (UNKNOWN, 1), "organiser": (KNOWN, 2)}[made_by]


def test_change_to_the_email_of_somebody_else_tells_nothing(client, awa):
    UserFactory(email="other@example.org")
    log_in(client)

    pages = [
        client.post("/accounts/email/", {"action_add": "", "email": email}, follow=True)
        for email in ("other@example.org", UNKNOWN)
    ]

    assert pages[0].redirect_chain == pages[1].redirect_chain
    assert User.objects.get(pk=awa.pk).email == KNOWN


def test_change_of_the_password_ends_other_sessions(client, awa):
    other = Client()
    for one in (client, other):
        log_in(one)

    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})

    assert [one.get("/accounts/email/").status_code for one in (client, other)] == [200, 302]


# --- limits ---------------------------------------------------------------------------------------
def test_a_university_behind_one_address_signs_up():
    answers = [sign_up(Client(), f"student{n}@example.org") for n in range(30)]

    assert ({answer.status_code for answer in answers}, User.objects.count()) == ({302}, 30)


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
    on_a_socket = RequestFactory(REMOTE_ADDR="").get("/")

    assert (client_ip(request), client_ip(on_a_socket)) == (found, UNKNOWN_IP)
