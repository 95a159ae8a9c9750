"""The button of a code mail: whom it logs in, once, and what it never does."""

from datetime import timedelta

import pytest
from django.test import Client

from events.models import User
from registration import tasks
from registration.models import SpentCode
from registration.people.accounts.log_ins import links
from tests.factories import NOW, UserFactory
from tests.races import together
from tests.registration.people.accounts.log_ins.test_owner_under_attack import CODES, link_in
from tests.registration.people.accounts.second_factor.steps import shown, with_app
from tests.registration.people.accounts.test_accounts import (
    KNOWN,
    UNKNOWN,
    code_in,
    confirm,
    is_logged_in,
    log_in,
    mails,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum")]
EXPIRED = "This link has expired"


def asked(client, email=KNOWN, **parts):
    """The link of the mail that a browser asks for."""
    client.post(CODES, {"email": email} | parts)
    return link_in(mails(email)[-1])


def test_button_logs_in_the_browser_that_opens_it_and_not_the_one_that_asked(awa):
    """Looking at the page uses nothing up (scanners of mails open links), and nowhere learns the address; a form of another site
    logs nobody in. Who is signed in as somebody else changes over."""
    stranger, owner, strict = Client(), Client(), Client(enforce_csrf_checks=True)
    owner.force_login(UserFactory(email=UNKNOWN))
    link = asked(stranger)
    for _one in range(3):
        Client().get(link)
        Client().head(link)
    forged = strict.post(link).status_code

    page = owner.get(link)
    before = owner.session["_auth_user_id"]
    answer = owner.post(link)
    stranger.get(f"{CODES}confirm/")

    assert (KNOWN in page.content.decode(), page["Referrer-Policy"]) == (True, "strict-origin")
    assert "no-store" in page["Cache-Control"]
    assert (forged, is_logged_in(strict), is_logged_in(stranger)) == (403, False, False)
    assert (before == str(awa.pk), owner.session["_auth_user_id"] == str(awa.pk)) == (False, True)
    assert answer["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_link_at_once_one_comes_in():
    codes = together(*[lambda: links.spend("a digest", now=NOW)] * 4)

    assert sorted(codes, key=str) == [None, *["code-spent"] * 3]


def test_link_works_once_and_the_code_beside_it_not_any_more(awa):
    asker, first, second = Client(), Client(), Client()
    link = asked(asker)
    first.post(link)

    answer = second.post(link)
    asker.post(f"{CODES}confirm/", {"code": code_in(mails()[0])})

    assert [is_logged_in(one) for one in (first, second, asker)] == [True, False, False]
    assert (EXPIRED in answer.content.decode(), EXPIRED in second.get(link).content.decode()) == (True, True)
    SpentCode.objects.update(at=NOW - timedelta(days=1, seconds=1))
    tasks.clean_up_accounts()
    assert not SpentCode.objects.exists()


def test_code_that_was_entered_spends_the_link_beside_it(awa, client):
    link = asked(client)
    client.post(f"{CODES}confirm/", {"code": code_in(mails()[0])})
    late = Client()

    late.post(link)

    assert (is_logged_in(client), is_logged_in(late)) == (True, False)


@pytest.mark.parametrize(("seconds", "is_in"), [(links.LIVES - 1, True), (links.LIVES + 1, False)])
def test_link_lives_a_quarter_of_an_hour(awa, client, time_machine, seconds, is_in):
    link = asked(Client())
    time_machine.shift(seconds)

    client.post(link)

    assert is_logged_in(client) == is_in


@pytest.mark.parametrize(
    "changed",
    [{"password": "!"}, {"endings": 1}, {"is_active": False}, {"email": UNKNOWN}],
    ids=lambda changed: next(iter(changed)),
)
def test_what_ends_log_ins_ends_links(awa, client, changed):
    link = asked(Client())
    User.objects.update(**changed)

    answer = client.post(link)

    assert (is_logged_in(client), EXPIRED in answer.content.decode()) == (False, True)


def move(owner, email):
    owner.post("/accounts/email/", {"action_add": "", "email": email})
    confirm(owner, code_in(mails(email)[-1]))
    assert User.objects.get().email == email


def test_mail_to_the_old_address_opens_nothing_once_a_new_one_is_confirmed(awa):
    """Neither its button nor, in the browser that asked for it, its code."""
    owner, thief, late = Client(), Client(), Client()
    log_in(owner)
    link = asked(Client())
    asked(thief)
    code = code_in(mails()[-1])
    move(owner, UNKNOWN)

    thief.post(f"{CODES}confirm/", {"code": code})
    late.post(link)

    assert (is_logged_in(thief), is_logged_in(late)) == (False, False)


def test_button_of_an_address_that_went_and_came_back_opens_nothing(awa):
    owner, late = Client(), Client()
    log_in(owner)
    link = asked(Client())
    move(owner, UNKNOWN)
    move(owner, KNOWN)

    late.post(link)

    assert not is_logged_in(late)


def test_older_buttons_open_nothing_once_a_newer_one_was_used(awa, time_machine):
    """Until then each is good: strangers who ask for mails void none of the owner's."""
    links_of = [asked(Client()) for _one in range(3)]
    late, owner, latest = Client(), Client(), Client()

    owner.post(links_of[1])
    time_machine.shift(1)
    for link in links_of:
        late.post(link)
    latest.post(asked(Client()))

    assert [is_logged_in(one) for one in (owner, late, latest)] == [True, False, True]


def test_junk_opens_nothing(client):
    for token in ("x", "a:b:c", "x" * 5000, "é"):
        answers = [client.get(f"/accounts/login/link/{token}/"), client.post(f"/accounts/login/link/{token}/")]
        assert {(answer.status_code, EXPIRED in answer.content.decode()) for answer in answers} == {(200, True)}


def test_second_step_is_still_asked(awa, client):
    with_app(awa)
    link = asked(Client())

    answer = client.post(link)
    before = is_logged_in(client)
    again = Client().post(link).content.decode()
    client.post("/accounts/2fa/authenticate/", {"code": shown()})

    assert (answer["Location"], before, is_logged_in(client)) == ("/accounts/2fa/authenticate/", False, True)
    assert EXPIRED in again


def test_second_step_after_the_mail_has_tries_that_who_knows_the_password_cannot_spend(awa, client):
    with_app(awa)
    for network in range(4):
        thief = Client(REMOTE_ADDR=f"198.18.{network}.7")
        log_in(thief)
        for _one in range(10):
            thief.post("/accounts/2fa/authenticate/", {"code": "000000"})

    client.post(asked(Client()))
    client.post("/accounts/2fa/authenticate/", {"code": shown()})

    assert is_logged_in(client)


def test_second_step_after_the_mail_is_guessed_as_seldom(awa):
    with_app(awa)
    answers = []
    for _session in range(4):
        client = Client(REMOTE_ADDR=f"198.18.{_session}.7")
        client.post(asked(client))
        answers += [client.post("/accounts/2fa/authenticate/", {"code": "000000"}) for _one in range(4)]

    assert sum("Too many tries" not in answer.content.decode() for answer in answers) == 10


def test_link_leads_to_no_other_site(awa):
    for way in ("https://evil.example/", "//evil.example/", "https://testserver//evil.example/", "javascript:x"):
        assert Client().post(asked(Client(), next=way))["Location"] == "/"
