"""Before something of an account changes, or leaves it, its person shows once more who they are: also who has no password."""

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session as LogIn
from django.test import Client

from events.models import HistoryEntry, User
from registration.models import Erasure
from tests.factories import UserFactory, confirmed
from tests.registration.people.accounts.second_factor.steps import shown, with_app
from tests.registration.people.accounts.test_accounts import KNOWN, OTHER, PASSWORD, UNKNOWN, code_in, mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum")]
BY_MAIL, BY_STEP = "/accounts/reauthenticate/mail/", "/accounts/2fa/reauthenticate/"
BY_PASSWORD = "/accounts/reauthenticate/"
SET, CHANGE = "/accounts/password/set/", "/accounts/password/change/"
NEW = {"password1": OTHER, "password2": OTHER}


@pytest.fixture
def awa():
    """She logs in by codes: she has no password."""
    user = UserFactory(email=KNOWN)
    user.set_unusable_password()
    user.save()
    return confirmed(user)


@pytest.fixture
def site(client, awa):
    """A session of hers that has shown nothing for a while."""
    client.force_login(awa)
    return client


def way(answer):
    return answer.headers.get("Location", str(answer.status_code)).partition("?")[0]


def code_by_mail(client):
    client.post(BY_MAIL, {"action": "resend"})
    return code_in(mails()[-1])


# --- what is asked of whom ------------------------------------------------------------------------
def test_who_has_no_password_enters_a_mailed_code_first(site, awa):
    for path, form in (
        ("/account/erase/", {}),
        ("/account/data/1/", None),
        ("/account/data/1.json", None),
        ("/account/data/1/files/0/", None),
        ("/accounts/email/", {"action_add": "", "email": UNKNOWN}),
        (SET, None),
        ("/accounts/2fa/totp/activate/", None),
        ("/accounts/2fa/webauthn/add/", None),
        ("/accounts/2fa/recovery-codes/generate/", {}),
    ):
        answer = site.get(path) if form is None else site.post(path, form)
        assert (path, way(answer)) == (path, BY_MAIL)

    assert (Erasure.objects.count(), mails(UNKNOWN)) == (0, [])


@pytest.mark.parametrize(
    ("path", "form"), [("/account/erase/", {}), (SET, None), ("/accounts/2fa/totp/activate/", None)]
)
def test_code_by_mail_opens_what_was_asked_for(site, path, form):
    asked = site.get(path) if form is None else site.post(path, form)

    site.post(asked["Location"])
    done = site.post(asked["Location"], {"code": code_in(mails()[-1]), "next": path})

    assert (done.headers.get("Location", path), site.get(path).status_code) == (path, 200)
    assert Erasure.objects.count() == (path == "/account/erase/")


def test_log_in_by_a_code_a_moment_ago_counts_for_five_minutes(client, awa, time_machine):
    client.post("/accounts/login/code/", {"email": KNOWN})
    client.post("/accounts/login/code/confirm/", {"code": code_in(mails()[-1])})
    first = client.get(SET).status_code

    time_machine.shift(300)

    assert (first, way(client.get(SET))) == (200, BY_MAIL)


def test_who_has_a_password_or_a_second_step_shows_that_and_no_mailed_code(site, awa):
    User.objects.update(password=make_password(PASSWORD))
    site.force_login(User.objects.get())
    with_password = way(site.get(BY_MAIL))

    with_app(awa)

    assert (way(Client().get(BY_MAIL)), with_password, way(site.get(BY_MAIL))) == (
        "/accounts/login/",
        BY_PASSWORD,
        BY_STEP,
    )


def test_stolen_session_with_a_known_password_does_not_change_it_without_the_second_step(site, awa):
    User.objects.update(password=make_password(PASSWORD))
    site.force_login(with_app(User.objects.get()))
    form = {"oldpassword": PASSWORD} | NEW

    asked = site.get(CHANGE), site.post(CHANGE, form)
    unchanged = User.objects.get().check_password(PASSWORD)
    site.post(BY_STEP, {"code": shown()})
    site.post(CHANGE, form)

    assert ([way(one) for one in asked], unchanged) == ([BY_STEP, CHANGE], True)
    assert User.objects.get().check_password(OTHER)


def test_password_shown_before_the_second_step_was_set_up_counts_no_more(site, awa):
    User.objects.update(password=make_password(PASSWORD))
    site.force_login(User.objects.get())
    site.post(BY_PASSWORD, {"password": PASSWORD})
    before = site.get("/account/erase/").status_code

    with_app(awa)

    assert (before, way(site.get("/account/erase/"))) == (200, BY_STEP)


# --- the mailed code -------------------------------------------------------------------------------
def test_code_counts_once_in_its_own_session_for_ten_minutes(site, awa, time_machine):
    thief = Client()
    thief.force_login(awa)
    code = code_by_mail(site)
    thief.post(BY_MAIL, {"code": code})
    thief.post(BY_MAIL, {"action": "resend"})
    thief.post(BY_MAIL, {"code": code})
    assert way(thief.get(SET)) == BY_MAIL

    time_machine.shift(601)
    site.post(BY_MAIL, {"code": code})
    too_late = way(site.get(SET))
    code = code_by_mail(site)
    time_machine.shift(599)
    site.post(BY_MAIL, {"code": code})

    assert (too_late, site.get(SET).status_code) == (BY_MAIL, 200)


def test_after_three_wrong_codes_the_right_one_opens_nothing(site, awa):
    code = code_by_mail(site)
    answers = [site.post(BY_MAIL, {"code": "WRONG"}) for _try in range(3)]
    page = site.get(BY_MAIL).content.decode()

    site.post(BY_MAIL, {"code": code})

    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert ("wrong three times" in page, way(site.get(SET))) == (True, BY_MAIL)
    assert HistoryEntry.objects.get(verb="log-in-failed").key == str(awa.pk)


# --- what the database keeps meanwhile --------------------------------------------------------------
def test_session_keeps_neither_the_code_nor_a_new_password(site):
    answer = site.post(SET, NEW)
    code = code_by_mail(site)

    kept = str([one.get_decoded() for one in LogIn.objects.all()])

    assert (way(answer), way(site.get(SET))) == (SET, BY_MAIL)
    assert [text in kept for text in (OTHER, code, code.replace("-", ""), "code_again")] == [False] * 3 + [True]
