"""Staff log in with the account that they have at their organisation; nobody else does, and nothing else comes from there."""

import http.client
import json
import os
import subprocess
import sys
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.signals import pre_social_login
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from events.models import HistoryEntry, Membership, Message, Role, User
from tests.factories import boss, confirmed, staff
from tests.registration.people.accounts.second_factor.steps import shown, with_app
from tests.registration.people.accounts.staff_login import openid_server

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forum")]
LOG_IN, PAGE = "/accounts/login/", "/accounts/organisation/"
BUTTON = "/accounts/login/organisation/"
CALLBACK = "/accounts/organisation/callback/"
NAME = "Union & sons"


@pytest.fixture
def server():
    with openid_server.running() as running:
        yield running


@pytest.fixture(autouse=True)
def _set(settings, server):
    settings.REQUIRE_MFA = True
    own = {"client": openid_server.CLIENT, "secret": openid_server.SECRET}
    settings.STAFF_LOGIN = {"name": NAME, "server": server.url, **own}


@pytest.fixture
def organiser():
    return with_app(confirmed(staff(email="secretariat@example.org")))


def connected(user, server, subject="staff-7"):
    SocialAccount.objects.create(user=user, provider=server.url, uid=subject)
    return user


def asked(address):
    """Where the server leads whoever goes to it."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    line.request("GET", f"{parts.path}?{parts.query}")
    lead = urlsplit(line.getresponse().headers["Location"])
    line.close()
    return f"{lead.path}?{lead.query}"


def leave(client, page=BUTTON, **sent):
    return client.post(page, sent)["Refresh"].partition("url=")[2]


def go(client, page=BUTTON, **sent):
    """Press the button, be known by the server, come back."""
    return client.get(asked(leave(client, page, **sent)))


def told(client, answer):
    """What the page says to which an answer leads."""
    page = client.get(answer["Location"], follow=True).content.decode()
    return page.replace("&amp;", "&")


def logged_in(client):
    return int(client.session.get(SESSION_KEY, 0))


def at_home(user):
    """A browser in which somebody is logged in and has just shown who they are."""
    client = Client()
    client.force_login(user)
    client.post("/accounts/2fa/reauthenticate/", {"code": shown()})
    return client


def test_staff_connect_their_account_and_log_in_by_it_with_the_second_step(organiser, server):
    home = at_home(organiser)
    page = home.get(PAGE).content.decode()
    done = go(home, PAGE)
    assert "Connect the account of" in page
    assert (done["Location"], "It is connected" in told(home, done)) == (PAGE, True)

    client = Client()
    first = go(client, next="/admin/events/session/")
    assert (first["Location"], logged_in(client)) == ("/accounts/2fa/authenticate/", 0)
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    wrong = client.post(first["Location"], {"code": "000000"})
    assert (wrong.status_code, logged_in(client)) == (200, 0)
    second = client.post(first["Location"], {"code": shown(seconds=30)})
    assert (second["Location"], logged_in(client)) == ("/admin/events/session/", organiser.pk)
    assert client.get("/admin/").status_code == 200
    known = HistoryEntry.objects.get(verb="log-in").after["by"]
    assert known == ["mfa", "socialaccount"]


def test_staff_without_a_second_step_set_one_up_first(server):
    organiser = connected(confirmed(staff()), server)
    client = Client()

    go(client)

    assert logged_in(client) == organiser.pk
    assert client.get("/admin/")["Location"].startswith("/accounts/2fa/")


def test_same_address_at_the_organisation_logs_nobody_in_and_makes_no_account(organiser, server):
    server.claims |= {"email": organiser.email, "email_verified": True, "preferred_username": organiser.email}
    before = User.objects.count()
    client = Client()

    refused = go(client)

    assert refused["Location"] == LOG_IN
    assert "is connected with none here" in told(client, refused)
    assert (logged_in(client), User.objects.count(), SocialAccount.objects.count()) == (0, before, 0)


def test_groups_and_roles_of_claims_give_no_right(organiser, server):
    connected(organiser, server)
    server.claims |= {
        "groups": ["supervisor", Role.SUPERVISOR, "admin"],
        "roles": ["admin"],
        "is_staff": True,
        "is_superuser": True,
    }
    before = list(Membership.objects.values_list("role", "account")), set(organiser.get_all_permissions())
    client = Client()
    client.post(go(client)["Location"], {"code": shown()})

    user = User.objects.get(pk=organiser.pk)
    assert logged_in(client) == user.pk
    assert (list(Membership.objects.values_list("role", "account")), set(user.get_all_permissions())) == before
    assert not user.groups.exists()


def test_who_has_no_role_any_more_or_a_closed_account_is_refused(organiser, server):
    connected(organiser, server)
    for values in ({"is_staff": False}, {"is_staff": True, "is_active": False}):
        User.objects.filter(pk=organiser.pk).update(**values)
        client = Client()
        refused = go(client)
        assert (refused["Location"], logged_in(client)) == (LOG_IN, 0)
        assert f"Only organisers log in with {NAME}" in told(client, refused)


def test_who_has_no_role_cannot_connect_and_may_remove_what_is_left(server, settings):
    settings.REQUIRE_MFA = False
    person = with_app(confirmed())
    client = at_home(person)
    assert [client.get(PAGE).status_code, client.post(PAGE).status_code] == [404, 404]
    assert NAME not in client.get("/account/").content.decode()

    connected(person, server)
    assert "Remove the connection" in client.get(PAGE).content.decode()
    client.post(PAGE)
    assert not SocialAccount.objects.exists()


def test_account_of_somebody_else_s_connection_is_refused(organiser, server):
    other = connected(with_app(confirmed(staff())), server)
    client = at_home(organiser)

    refused = go(client, PAGE)

    assert "is connected with another account here" in told(client, refused)
    assert SocialAccount.objects.get().user == other


@pytest.mark.django_db(transaction=True)  # what the database refuses ends no more than this
def test_one_of_two_who_connect_it_at_the_same_moment_is_refused(forum, organiser, server):
    other = with_app(confirmed(staff()))
    client = at_home(organiser)

    def be_quicker(**_more):
        connected(other, server)

    pre_social_login.connect(be_quicker)
    try:
        refused = go(client, PAGE)
    finally:
        pre_social_login.disconnect(be_quicker)

    assert "is connected with another account here" in told(client, refused)
    assert SocialAccount.objects.get().user == other


@pytest.mark.parametrize("way", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_log_in_leads_to_this_site_only(server, settings, way):
    settings.REQUIRE_MFA = False
    connected(confirmed(staff()), server)

    assert go(Client(), next=way)["Location"] == "/"


def test_connecting_needs_who_has_just_shown_who_they_are(organiser, server, time_machine):
    client = Client()
    client.force_login(organiser)
    assert client.post(PAGE)["Location"].startswith("/accounts/2fa/reauthenticate/")
    client = at_home(organiser)
    way = asked(leave(client, PAGE))
    time_machine.move_to(time.time() + 330)

    assert "That took too long" in told(client, client.get(way))
    assert not SocialAccount.objects.exists()


def test_same_number_at_another_server_is_somebody_else(organiser, server, settings):
    connected(organiser, server)
    with openid_server.running() as another:
        settings.STAFF_LOGIN = settings.STAFF_LOGIN | {"server": another.url}
        client = Client()
        refused = go(client)
    assert "is connected with none here" in told(client, refused)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/token", (200, "no JSON at all")),
        ("/token", (200, [["access_token"]])),
        ("/token", (200, {"access_token": "a", "expires_in": "soon"})),
        ("/token", (200, {"access_token": "a"})),
        ("/token", (200, {"access_token": "a", "id_token": "a.b.c"})),
        ("/token", (200, {"access_token": "a", "id_token": {"sub": "staff-7"}})),
        ("/token", (200, {"access_token": "a", "id_token": "e30.e30."})),
        ("/token", (500, "broken")),
        ("/keys", (200, {"keys": [{}]})),
        ("/keys", (200, [])),
        ("/keys", (503, "")),
        ("/.well-known/openid-configuration", (200, "[" * 100_000)),
    ],
)
def test_server_that_answers_nonsense_is_named_and_nobody_is_logged_in(organiser, server, path, said):
    connected(organiser, server)
    client = Client()
    way = asked(leave(client))
    cache.clear()
    server.said[path] = said

    refused = client.get(way)

    assert (refused.status_code, refused["Location"], logged_in(client)) == (302, LOG_IN, 0)
    assert f"{NAME} did not answer as it should" in told(client, refused)


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": None},
        {"sub": ["staff-7"]},
        {"sub": ""},
        {"sub": "staff-7\0"},
        {"sub": "x" * 300},
        {"iss": "https://another.example.org"},
        {"aud": "another-site"},
        {"exp": 1},
        {"nonce": "of another session"},
    ],
)
def test_token_that_is_not_for_us_or_names_nobody_is_refused(organiser, server, claims):
    connected(organiser, server)
    server.claims |= claims
    client = Client()

    assert f"{NAME} did not answer as it should" in told(client, go(client))
    assert logged_in(client) == 0


def test_token_that_another_key_signed_is_refused(organiser, server):
    connected(organiser, server)
    server.key = openid_server.ANOTHER
    client = Client()

    assert "did not answer as it should" in told(client, go(client))


@pytest.mark.parametrize(
    "said",
    [
        (500, "broken"),
        (200, "<html>"),
        (200, []),
        (200, {"issuer": "https://another.example.org"}),
        (200, {"issuer": "OWN"}),
        (
            200,
            {"issuer": "OWN", "authorization_endpoint": "javascript:alert(1)", "token_endpoint": "x", "jwks_uri": "x"},
        ),
    ],
)
def test_server_that_says_nothing_of_itself_is_asked_once_in_half_a_minute(server, said):
    status, body = said
    text = json.dumps(body).replace("OWN", server.url) if isinstance(body, dict) else body
    server.said["/.well-known/openid-configuration"] = status, text
    client = Client()
    for _press in range(3):
        refused = client.post(BUTTON)
        assert (refused.status_code, refused["Location"]) == (302, LOG_IN)
        assert f"{NAME} did not answer as it should" in told(client, refused)
    assert len(server.asked) == 1


def test_server_that_is_down_is_named(settings):
    settings.STAFF_LOGIN = settings.STAFF_LOGIN | {"server": "http://127.0.0.1:9"}
    client = Client()
    assert "did not answer as it should" in told(client, client.post(BUTTON))


def test_who_cancels_at_the_server_is_told(organiser, server):
    client = Client()
    state = dict(parse_qsl(urlsplit(leave(client)).query))["state"]
    refused = client.get(CALLBACK, {"error": "access_denied", "state": state})
    assert f"You did not log in at {NAME}" in told(client, refused)


def test_answer_that_another_browser_asked_for_is_refused(organiser, server):
    connected(organiser, server)
    way = asked(leave(Client()))
    client = Client()
    assert [client.get(one)["Location"] for one in (way, CALLBACK, f"{CALLBACK}?code=x&state=x")] == [LOG_IN] * 3
    assert logged_in(client) == 0


def test_one_network_does_not_begin_log_ins_without_end(server):
    client = Client()
    answers = [client.post(BUTTON) for _each in range(101)]
    assert [answers[99].status_code, answers[100].status_code] == [200, 302]
    assert "Too many tries" in told(client, answers[100])


def test_only_the_number_is_asked_for_and_kept(organiser, server):
    server.claims |= {"email": "private@example.org", "name": "A Name", "groups": ["g"]}
    go(at_home(organiser), PAGE)
    client = Client()
    go(client)  # waits for the second step

    kept = SocialAccount.objects.get()
    assert (kept.provider, kept.uid, kept.extra_data) == (server.url, "staff-7", {})
    assert not SocialToken.objects.exists()
    scopes = {sent["scope"] for path, sent in server.asked if path == "/authorize"}
    assert scopes == {"openid"}
    assert "/me" not in [path for path, _sent in server.asked]
    sessions = json.dumps([one.get_decoded() for one in Session.objects.all()])
    assert "private@example.org" not in sessions
    assert not EmailAddress.objects.filter(email="private@example.org").exists()


def test_connection_is_told_by_mail_and_stands_in_the_history(organiser, server):
    supervisor = boss()
    client = at_home(organiser)
    go(client, PAGE)
    client.post(PAGE)

    mails = list(Message.objects.filter(to=organiser.email).order_by("pk").values_list("subject", flat=True))
    assert mails == [f"An account of {NAME} logs you in", f"The account of {NAME} logs you in no more"]
    assert Message.objects.filter(to=supervisor.email, subject__contains="account of their organisation").count() == 2
    verbs = HistoryEntry.objects.filter(verb__endswith="connect-organisation").order_by("pk")
    assert [(one.verb, one.actor_id) for one in verbs] == [
        ("connect-organisation", organiser.pk),
        ("disconnect-organisation", organiser.pk),
    ]
    assert not SocialAccount.objects.exists()


def test_people_come_back_in_their_language(organiser, server):
    connected(organiser, server)
    client = Client()
    assert go(client, f"/fr{BUTTON}")["Location"] == "/fr/accounts/2fa/authenticate/"
    assert {sent["redirect_uri"] for path, sent in server.asked if path == "/authorize"} == {
        f"http://127.0.0.1:8000{CALLBACK}"
    }


def test_without_the_setting_nothing_of_it_is_there(organiser, settings):
    assert NAME.replace("&", "&amp;") in Client().get(LOG_IN).content.decode()
    settings.STAFF_LOGIN = {}
    client = at_home(organiser)
    answers = [client.get(CALLBACK), client.get(BUTTON), client.post(BUTTON), client.get(PAGE), client.post(PAGE)]
    assert [one.status_code for one in answers] == [404] * 5
    assert "organisation/" not in Client().get(LOG_IN).content.decode()
    assert PAGE not in client.get("/account/").content.decode()


@pytest.mark.parametrize(
    "said",
    [
        "https://idp.example.org",
        "[]",
        '{"name": "ITU"}',
        '{"name": "ITU", "server": "http://idp.example.org", "client": "a", "secret": "b"}',
        '{"name": "ITU", "server": "https://idp.example.org", "client": "a", "secret": ""}',
        '{"name": "ITU", "server": 1, "client": "a", "secret": "b"}',
    ],
)
def test_setting_that_is_not_whole_is_told_at_the_start(said, tmp_path):
    tmp_path.chmod(0o700)
    ask = [sys.executable, "-c", "import config.settings"]
    more = {"STAFF_LOGIN": said, "DATA_DIR": str(tmp_path), "SECRET_KEY": "x"}
    found = subprocess.run(ask, env=os.environ | more, capture_output=True, text=True, check=False)
    assert 'STAFF_LOGIN is {"name"' in found.stderr.splitlines()[-1]
