"""Owners, and newcomers, while strangers try: they get in from a browser that nobody knows, at once, wherever they are."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from events.models import Message, User
from registration.people.accounts import log_in_limits
from registration.people.accounts.log_ins import slow_down
from tests.factories import NOW, ForumFactory
from tests.registration.people.accounts.test_accounts import (
    KNOWN,
    PASSWORD,
    UNKNOWN,
    code_in,
    is_logged_in,
    log_in,
    mails,
)

pytestmark = pytest.mark.django_db
CODES, RESET, SIGN_UP = "/accounts/login/code/", "/accounts/password/reset/", "/accounts/signup/"
OWN = "203.0.113.9"  # from where the owner comes
START = NOW.replace(minute=0)  # a full hour: limits count by the clock


@pytest.fixture(autouse=True)
def _world(time_machine):
    time_machine.move_to(START, tick=False)
    ForumFactory()


def browser(ip=OWN):
    return Client(REMOTE_ADDR=ip)


def link_in(mail):
    return re.search(r"^https?://[^/\s]+(/\S*/login/link/\S+)$", mail.text, re.M)[1]


def attack(second, ip):
    """What strangers do in one second: a wrong password, and in each other one a request for a code."""
    log_in(browser(ip), password=f"guess {second}")
    if second % 2:
        browser(ip).post(CODES, {"email": KNOWN})


def get_in(email=KNOWN):
    """Ask for a code in a browser of one's own, and press the button of the newest mail in it."""
    client = browser()
    client.post(CODES, {"email": email})
    client.post(link_in(mails(email)[-1]))
    return client


@pytest.mark.parametrize("where", ["from many networks", "from the same network"])
def test_owner_gets_in_at_once_in_a_new_browser_while_strangers_try(awa, time_machine, where):
    """60 wrong passwords and 30 requests for codes a minute; the owner comes in each half minute, and after ten."""
    came_in = []
    for second in [*range(91), *range(595, 605)]:
        time_machine.move_to(START + timedelta(seconds=second), tick=False)
        attack(second, f"198.18.{second % 250}.7" if where == "from many networks" else OWN)
        if second in {30, 60, 90, 599, 604}:
            came_in.append(is_logged_in(get_in()))

    assert came_in == [True] * 5
    assert len(mails()) <= log_in_limits.MAILS_ASKED + 5 + 2  # of the budget, after each log-in, and every ten minutes


@pytest.mark.parametrize("where", ["from many networks", "from the same network"])
def test_flood_of_requests_is_no_flood_of_mails_and_the_newest_one_always_opens(awa, time_machine, where):
    for second in [*range(0, 60, 2), *range(60, 3600, 60), 3599]:
        time_machine.move_to(START + timedelta(seconds=second), tick=False)
        ip = f"198.18.{second % 250}.7" if where == "from many networks" else OWN
        browser(ip).post(CODES, {"email": KNOWN})

    assert len(mails()) <= log_in_limits.MAILS_ASKED + 6
    assert is_logged_in(get_in())


def test_links_to_new_passwords_that_strangers_ask_for_leave_the_owner_a_mail_with_a_button(awa):
    for one in range(15):
        browser(f"198.18.{one}.7").post(RESET, {"email": KNOWN})

    assert is_logged_in(get_in())


def test_page_does_not_tell_strangers_that_the_owner_has_logged_in(awa):
    """Yet the owner, who has used up the newest mail, gets another one with a button, and only one."""
    for one in range(log_in_limits.MAILS_ASKED + 2):
        for email in (KNOWN, UNKNOWN):
            browser(f"198.18.{one}.7").post(CODES, {"email": email})
    get_in()
    before = len(mails())

    known, unknown, more = (
        browser(f"198.18.99.{one}").post(CODES, {"email": email}) for one, email in enumerate((KNOWN, UNKNOWN, KNOWN))
    )
    client = browser()
    client.post(link_in(mails()[-1]))

    assert (known.status_code, unknown.status_code, more.status_code) == (200, 200, 200)
    assert (len(mails()) - before, is_logged_in(client)) == (1, True)


@pytest.mark.whole
def test_thousands_of_honest_first_log_ins_behind_one_address_all_get_in(time_machine, rf):
    """One in forty all the way, the others by the rules that the pages ask."""
    people, refused, password = [f"person{number}@example.org" for number in range(2000)], 0, make_password(PASSWORD)
    users = User.objects.bulk_create([User(email=email, password=password) for email in people])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
    for number, email in enumerate(people):
        time_machine.move_to(START + timedelta(seconds=number * 1.8), tick=False)
        if number % 40 == 0:
            client = browser()
            if number % 80:
                log_in(client, email)
            else:
                client.post(CODES, {"email": email})
                client.post(f"{CODES}confirm/", {"code": code_in(Message.objects.latest("pk"))})
            refused += not is_logged_in(client)
            continue
        request = rf.post("/", REMOTE_ADDR=OWN)
        request.user = AnonymousUser()
        slow_down.count(request, email=email)
        refused += slow_down.is_slowed(request) or log_in_limits.asks_too_often(request, email=email, way="log-in")
        one = log_in_limits.Try(request, email=email)
        one.succeeded()
        one.end()
        refused += one.is_refused

    assert refused == 0


def flood(rf, *, ip=OWN):
    """Strangers of a network try so many addresses that have no account that everybody there is slowed."""
    for one in range(slow_down.ALL_ARE_SLOWED + 1):
        slow_down.count(rf.post("/", REMOTE_ADDR=ip), email=f"nobody{one}@example.org")


@pytest.fixture
def small_floods(monkeypatch):
    """How many addresses are a flood is told by the tests that do without: here a few are one."""
    monkeypatch.setattr(slow_down, "FIRST_IS_SLOWED", 10)
    monkeypatch.setattr(slow_down, "ALL_ARE_SLOWED", 30)


@pytest.fixture
def flooded(rf, small_floods):
    flood(rf)


def ticket_in(answer):
    return re.search(r'name="ticket" value="([^"]+)"', answer.content.decode())[1]


def send(client, way, form, *, waited, time_machine):
    """Open a page, fill in its form for so many seconds, and send it; the answer."""
    ticket = ticket_in(client.get(way))
    time_machine.shift(waited)
    return client.post(way, form | {"ticket": ticket})


FORMS = [
    ("/accounts/login/", {"login": KNOWN, "password": PASSWORD}),
    (CODES, {"email": KNOWN}),
    (RESET, {"email": KNOWN}),
    (SIGN_UP, {"email": UNKNOWN, "password1": PASSWORD}),
]


@pytest.mark.parametrize(("way", "form"), FORMS)
def test_network_of_a_flood_is_slowed_and_never_refused(awa, small_floods, rf, time_machine, way, form):
    """Who was told to wait sends the same form again; a browser that knows the account is not slowed."""
    known = browser()
    log_in(known)
    known.post("/accounts/logout/")
    flood(rf)

    client = browser()
    hasty = send(client, way, form, waited=1, time_machine=time_machine)
    page = hasty.content.decode()
    time_machine.shift(slow_down.WAIT)
    patient = client.post(way, form | {"ticket": ticket_in(hasty)})

    assert ("Wait 5 seconds and press the button again" in page, hasty.status_code) == (True, 200)
    assert all(f'value="{value}"' in page for value in form.values())  # the form is kept
    assert patient.status_code == 302
    if KNOWN in form.values():
        assert known.post(way, form).status_code == 302


def test_time_that_was_waited_counts_once_and_in_its_network_alone(awa, flooded, time_machine):
    tickets = [ticket_in(browser(ip).get(CODES)) for ip in (OWN, "198.18.1.7")]
    time_machine.shift(slow_down.WAIT)

    answers = [browser().post(CODES, {"email": KNOWN, "ticket": one}) for one in (tickets[0], *tickets, "x", "")]

    assert [answer.status_code for answer in answers] == [302, 200, 200, 200, 200]


def test_slowed_network_mails_nobody_that_they_have_no_account(awa, flooded, time_machine):
    answers = [
        send(browser(), CODES, {"email": email}, waited=slow_down.WAIT, time_machine=time_machine)
        for email in (KNOWN, UNKNOWN)
    ]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, f"{CODES}confirm/")}
    assert [len(mails(email)) for email in (KNOWN, UNKNOWN)] == [1, 0]


def test_newcomer_whose_address_strangers_sign_up_comes_in_by_the_newest_mail(time_machine):
    for one in range(20):
        browser(f"198.18.{one}.7").post(SIGN_UP, {"email": UNKNOWN, "password1": f"a stranger's sentence {one}"})
    time_machine.shift(120)
    client = browser()

    answer = client.post(SIGN_UP, {"email": UNKNOWN, "password1": PASSWORD})
    get_in(UNKNOWN)

    assert "Open the newest of our mails" in answer.content.decode()
    assert is_logged_in(get_in(UNKNOWN))


def flood_box(*, names):
    """Many networks sign up, ask for codes and for new passwords with names of one box."""
    for one, name in enumerate(names):
        for way, more in ((SIGN_UP, {"password1": "a stranger's sentence"}), (CODES, {}), (RESET, {})):
            browser(f"198.18.{one}.7").post(way, {"email": name} | more)


@pytest.mark.parametrize("own", ["awa@example.org", "awa.diallo@gmail.com"])
def test_strangers_who_sign_up_with_tags_keep_no_newcomer_out(own):
    name, _at, domain = own.partition("@")
    flood_box(names=[f"{name}+{one}@{domain}" for one in range(16)])
    before, client = Message.objects.count(), browser()

    client.post(SIGN_UP, {"email": own, "password1": PASSWORD})
    client.post("/accounts/confirm-email/", {"code": code_in(mails(own)[-1])})
    client.post("/accounts/logout/")

    assert before <= log_in_limits.MAILS_ASKED + 2  # of the budget, and one of each kind to one of the tags
    assert is_logged_in(get_in(own))


def test_only_addresses_without_an_account_count_once_each_and_of_a_venue_none(rf, awa, settings, small_floods):
    """Else who tries one address a thousand times would see whether it has an account."""
    for network, email in enumerate((KNOWN, UNKNOWN)):
        for number in range(slow_down.ALL_ARE_SLOWED + 1):
            name = email if number % 2 else f" {email.upper()}"
            slow_down.count(rf.post("/", REMOTE_ADDR=f"198.18.{network}.7"), email=name)
    flood(rf, ip="198.18.2.7")

    ways = [slow_down.is_slowed(rf.post("/", REMOTE_ADDR=f"198.18.{network}.7")) for network in range(3)]
    settings.VENUE_NETWORKS = ["198.18.0.0/16"]
    at_the_venue = slow_down.is_slowed(rf.post("/", REMOTE_ADDR="198.18.2.7"))

    assert (ways, at_the_venue) == ([False, False, True], False)


def test_whether_one_more_address_is_unknown_cannot_be_seen(rf, small_floods):
    """Between none and all of its tries, the share of tries that are slowed grows with each a little, by chance."""
    for one in range((slow_down.FIRST_IS_SLOWED + slow_down.ALL_ARE_SLOWED) // 2):
        slow_down.count(rf.post("/"), email=f"nobody{one}@example.org")

    slowed = sum(slow_down.is_slowed(rf.post("/")) for _one in range(400))

    assert 140 < slowed < 260


def test_codes_cannot_be_guessed_while_requests_re_use_a_mail(awa):
    """Who is told to open the newest mail has no code to guess: a session guesses at a code of its own only, three times."""
    for one in range(20):
        browser(f"198.18.{one}.7").post(CODES, {"email": KNOWN})
    late = browser("198.18.99.7")
    late.post(CODES, {"email": KNOWN})

    answers = [late.post(f"{CODES}confirm/", {"code": code_in(mail)}) for mail in mails()]

    assert ({answer["Location"] for answer in answers}, is_logged_in(late)) == ({CODES}, False)
