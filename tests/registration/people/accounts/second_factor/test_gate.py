"""Who may enter the organisers' site needs a second step."""

import os
import subprocess
import sys

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.test import Client

from events.models import Document
from tests.factories import ForumFactory, RegistrationFactory, SessionFactory, boss, confirmed
from tests.files import stored
from tests.registration.people.accounts.second_factor.steps import recovery_codes, shown, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PASSWORD = "a long enough sentence"
PDF = b"%PDF-1.7"
SET_UP, AGAIN = "/accounts/2fa/", "/accounts/2fa/reauthenticate/"


@pytest.fixture(autouse=True)
def _needed(settings):
    settings.REQUIRE_MFA = True


@pytest.fixture
def organiser():
    ForumFactory()
    return confirmed(boss(password=make_password(PASSWORD)))


def lead(answer):
    return answer.status_code, answer.headers.get("Location", "").partition("?")[0]


@pytest.mark.parametrize(
    "address",
    ["/admin/", "/fr/admin/", "/admin/events/session/", "/admin/guide/", "/2020/agenda/", "/admin/jsi18n/"],
)
def test_staff_without_a_second_step_see_the_page_that_sets_it_up_only(client, organiser, address):
    """And public pages; people who are no staff need none."""
    client.force_login(organiser)

    assert lead(client.get(address)) == (302, "/fr/accounts/2fa/" if address.startswith("/fr/") else SET_UP)
    assert lead(client.post(address))[0] == 302
    assert "needs a second step" in client.get(SET_UP).content.decode()
    assert [client.get(path).status_code for path in ("/2020/", "/privacy/", "/accounts/email/")] == [200] * 3
    client.force_login(RegistrationFactory().user)
    assert client.get("/2020/agenda/").status_code == 200


def test_files_that_only_staff_may_see_stand_behind_the_second_step(client, organiser):
    with_app(organiser)
    hidden = Document.objects.create(
        session=SessionFactory(state="draft"), title="x", file=stored(PDF, "documents/a.pdf")
    )
    public = Document.objects.create(session=SessionFactory(), title="x", file=stored(PDF, "documents/b.pdf"))
    client.force_login(organiser)

    before = lead(client.get(hidden.file.url)), client.get(public.file.url)
    done = client.post(AGAIN, {"code": shown(), "next": hidden.file.url})
    after = client.get(hidden.file.url)

    assert (before[0], before[1].status_code) == ((302, AGAIN), 200)
    assert (done["Location"], after.status_code) == (hidden.file.url, 200)
    assert client.get("/media/documents/none.pdf").status_code == 404
    for answer in (before[1], after):
        answer.close()


def test_where_it_is_not_required_staff_go_on_and_are_told(client, organiser, settings):
    settings.REQUIRE_MFA = False
    client.force_login(organiser)

    assert "Nobody needs a second step to log in here" in client.get("/admin/").content.decode()


@pytest.mark.django_db(transaction=True)  # what follows a commit follows it
def test_setting_it_up_opens_the_site_for_this_session_alone(client, organiser):
    other = Client()
    for one in (client, other):
        one.force_login(organiser)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    code = shown(client.session["mfa.totp.secret"])

    client.post("/accounts/2fa/totp/activate/", {"code": code})

    assert client.get("/admin/").status_code == 200
    assert "Nobody needs a second step" not in client.get("/admin/").content.decode()
    assert lead(other.get("/admin/")) == (302, AGAIN)
    other.post(AGAIN, {"code": code})  # the code that set it up is used
    assert lead(other.get("/admin/")) == (302, AGAIN)


def test_who_has_shown_it_at_the_log_in_is_not_asked_again(client, organiser):
    with_app(organiser)
    client.post("/accounts/login/", {"login": organiser.email, "password": PASSWORD, "next": "/admin/"})
    before = lead(client.get("/admin/"))

    client.post("/accounts/2fa/authenticate/", {"code": shown()})

    assert before == (302, "/admin/login/")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_staff_keep_their_last_second_step(client, organiser, kind):
    with_app(organiser)
    client.force_login(organiser)
    client.post(AGAIN, {"code": shown()})
    last = Authenticator.objects.filter(type="totp")
    way = "/accounts/2fa/totp/deactivate/"
    if kind == "webauthn":
        last.update(type="webauthn", data={"name": "telephone", "credential": {}})
        way = f"/accounts/2fa/webauthn/keys/{Authenticator.objects.get(type='webauthn').pk}/remove/"

    answer = client.post(way)

    assert (answer.status_code, Authenticator.objects.filter(type=kind).exists()) == (200, True)
    assert "Add another one before you remove this one" in answer.content.decode()


def two_sessions(person):
    """Both have shown the second step."""
    clients = Client(), Client()
    for client, code in zip(clients, (shown(seconds=-30), shown()), strict=True):
        client.force_login(person)
        client.post(AGAIN, {"code": code})
        assert client.get("/admin/").status_code == 200
    return clients


@pytest.mark.parametrize("removed", ["app", "passkey"])
def test_second_step_that_is_removed_takes_along_what_it_opened(organiser, removed):
    """A telephone was stolen: the owner has a passkey, too, and removes the app. Another one leaves this session its standing."""
    here, stolen = two_sessions(with_app(organiser))
    data = {"name": "telephone", "credential": {}}
    passkey = Authenticator.objects.create(user=organiser, type="webauthn", data=data)

    here.post(
        f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/" if removed == "passkey" else f"{SET_UP}totp/deactivate/"
    )

    assert not Authenticator.objects.filter(type="webauthn" if removed == "passkey" else "totp").exists()
    stands = (200, "") if removed == "passkey" else (302, "/accounts/2fa/webauthn/reauthenticate/")
    assert (lead(here.get("/admin/")), "_auth_user_id" in here.session) == (stands, True)
    assert lead(stolen.get("/admin/")) == (302, "/admin/login/")
    assert stolen.get("/account/")["Location"] == "/accounts/login/?next=/account/"


def test_role_that_comes_later_does_not_live_on_a_second_step_that_is_gone(client, organiser):
    type(organiser).objects.update(is_staff=False)
    client.force_login(with_app(organiser))
    client.post(AGAIN, {"code": shown()})
    client.post("/accounts/2fa/totp/deactivate/")
    type(organiser).objects.update(is_staff=True)

    assert lead(client.get("/admin/")) == (302, SET_UP)


@pytest.mark.django_db(transaction=True)  # what follows a commit follows it
def test_new_recovery_codes_end_what_the_old_ones_opened(organiser):
    here, stolen = Client(), Client()
    codes = recovery_codes(with_app(organiser))
    for client, code in ((here, shown()), (stolen, codes[0])):
        client.force_login(organiser)
        client.post(AGAIN, {"code": code})

    here.post("/accounts/2fa/recovery-codes/generate/")

    assert recovery_codes(organiser) != codes
    assert (here.get("/admin/").status_code, lead(stolen.get("/admin/"))[0]) == (200, 302)


@pytest.mark.parametrize(
    ("environment", "is_required"),
    [
        ({}, False),
        ({"REQUIRE_MFA": "true"}, True),
        ({"DATABASE_URL": "postgresql://x@/x"}, True),
        ({"DATABASE_URL": "postgresql://x@/x", "REQUIRE_MFA": "false"}, False),
        ({"REQUIRE_MFA": "false", "HOST": "0.0.0.0"}, True),  # noqa: S104  the case in question
        ({"REQUIRE_MFA": "false", "BASE_URL": "https://forum.example"}, True),
        ({"REQUIRE_MFA": "false", "TRUSTED_PROXIES": "1"}, True),
    ],
)
def test_second_step_is_off_on_this_machine_alone(tmp_path, environment, is_required):
    ours = ("DATABASE_URL", "REQUIRE_MFA", "HOST", "BASE_URL", "TRUSTED_PROXIES", "EMAIL_URL")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    code = "from config import settings; print(settings.REQUIRE_MFA)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"DATA_DIR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{is_required}\n"
