"""Log-ins and votes with a frozen broker: nobody but the first waits for it, and guessing stays limited."""

import pytest
from django.test import Client

from prizes.models import Vote
from tests.factories import RegistrationFactory
from tests.prizes.factories import make_edition, nominees_of
from tests.registration.people.accounts.test_accounts import KNOWN, code_in, is_logged_in, log_in, mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum")]
CODES = "/accounts/login/code/"


@pytest.fixture
def frozen(own_broker, awa, django_capture_on_commit_callbacks):
    """Send a request with a broker that takes connections and never answers; return the answer."""
    own_broker.freeze()

    def send(function, *arguments, **parts):
        with django_capture_on_commit_callbacks(execute=True):
            return function(*arguments, **parts)

    return send


def test_log_in_by_password_and_by_code(frozen, client):
    other = Client()
    frozen(log_in, other)
    frozen(client.post, CODES, {"email": KNOWN})
    frozen(client.post, f"{CODES}confirm/", {"code": code_in(mails()[-1])})

    assert (is_logged_in(other), is_logged_in(client)) == (True, True)


def test_wrong_passwords_stay_limited(frozen):
    answers = [frozen(log_in, Client(), password="wrong") for _each in range(11)]

    assert ["Too many" in answer.content.decode() for answer in answers[9:]] == [False, True]


def test_asking_for_codes_stays_limited(frozen):
    for _each in range(7):
        frozen(Client().post, CODES, {"email": KNOWN})

    assert len(mails()) == 5


def test_vote(frozen, client, awa):
    edition = make_edition(votes_final=False)
    RegistrationFactory(user=awa)
    client.force_login(awa)

    answer = frozen(client.post, "/2020/prizes/vote/1/", {"nominee": nominees_of(edition, 1)[0].code})
    frozen(client.post, "/2020/prizes/vote/2/", {"nominee": nominees_of(edition, 2)[0].code})

    assert (answer.status_code, Vote.objects.count()) == (303, 2)
