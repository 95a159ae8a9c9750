from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError

from prizes.models import Vote
from prizes.vote import network_key, rate_limits
from tests.factories import NOW, RegistrationFactory
from tests.prizes.factories import make_edition, nominees_of, voter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
VOTE = "/2020/prizes/vote/"
IP = "203.0.113.9"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def edition():
    return make_edition(votes_final=False)


def registered(client):
    """A registered voter, logged in."""
    user = voter()
    RegistrationFactory(user=user)
    client.force_login(user)
    return user


def answers(call, *arguments, times=1, **values):
    """Whether each of so many calls is refused as one too many."""
    found = []
    for _time in range(times):
        try:
            call(*arguments, **{"now": NOW} | values)
            found.append(False)
        except ValidationError as refusal:
            found.append(refusal.code == "too-many")
    return found


def test_choices_of_an_account_are_limited_by_the_minute(edition, settings):
    settings.VOTE_CHOICES_PER_MINUTE = 3
    user, other = voter(), voter()

    assert answers(rate_limits.check_choice, edition, user=user, times=5) == [False, False, False, True, True]
    assert answers(rate_limits.check_choice, edition, user=other) == [False]
    assert answers(rate_limits.check_choice, edition, user=user, now=NOW + MINUTE) == [False]
    settings.VOTE_CHOICES_PER_MINUTE = 0  # no limit
    assert not any(answers(rate_limits.check_choice, edition, user=user, times=100))


def test_ballots_of_an_address_are_limited_by_the_minute_while_there_is_a_key(edition, settings):
    settings.VOTE_BALLOTS_PER_MINUTE = 2

    assert answers(rate_limits.check_ballot, edition, ip=IP, times=3) == [False, False, True]
    assert answers(rate_limits.check_ballot, edition, ip="203.0.113.10") == [False]
    assert answers(rate_limits.check_ballot, edition, ip=IP, now=NOW + MINUTE) == [False]
    household = [answers(rate_limits.check_ballot, edition, ip=f"2001:db8::{place}") for place in (1, 2, 3)]
    assert household == [[False], [False], [True]]
    edition.key_destroyed = NOW
    assert answers(rate_limits.check_ballot, edition, ip=IP) == [False]


def test_university_behind_one_address_votes(edition, settings):
    settings.VOTE_BALLOTS_PER_MINUTE = 300

    assert answers(rate_limits.check_ballot, edition, ip=IP, times=301) == [*[False] * 300, True]


def test_no_address_stands_in_the_cache(edition, monkeypatch):
    names = []
    incr = cache.incr
    monkeypatch.setattr(cache, "incr", lambda key, *more: names.append(key) or incr(key, *more))

    answers(rate_limits.check_ballot, edition, ip=IP)
    monkeypatch.setattr(network_key, "key", lambda edition: b"another key")
    answers(rate_limits.check_ballot, edition, ip=IP)

    assert not [name for name in names if IP in name]
    assert len(set(names)) == 2  # nobody without the key knows the name of an address


def test_limit_holds_in_memory_when_the_broker_is_away(edition, settings, own_broker):
    settings.VOTE_CHOICES_PER_MINUTE = 2
    own_broker.kill()

    assert answers(rate_limits.check_choice, edition, user=voter(), times=3) == [False, False, True]


def test_page_says_that_nothing_is_lost(client, edition, settings):
    registered(client)
    settings.VOTE_CHOICES_PER_MINUTE = 2
    for number in (1, 2):
        client.post(f"{VOTE}{number}/", {"nominee": nominees_of(edition, number)[0].code})
    nominee = nominees_of(edition, 3)[1]

    response = client.post(f"{VOTE}3/", {"nominee": nominee.code})
    told = client.post(f"{VOTE}3/", {"nominee": nominee.code}, headers={"X-Requested-With": "fetch"})

    page = response.content.decode()
    assert (response.status_code, told.status_code, Vote.objects.count()) == (429, 429, 2)
    assert "You sent many choices just now. What is saved stays saved. Wait a minute and go on" in page
    assert page.split(f'value="{nominee.code}"')[1].split(">")[0].endswith(" checked")
    assert told.json()["words"] == (
        "You sent many choices just now. What is saved stays saved. Wait a minute and go on. "
        "This choice is not saved yet and is sent again by itself."
    )
    assert told["Retry-After"] == "60"  # the minute begins at noon


def test_choice_is_not_lost_when_the_folder_of_keys_is_out_of_reach(client, edition, settings, tmp_path, caplog):
    registered(client)
    (tmp_path / "file").write_bytes(b"")
    settings.KEYS_DIR = tmp_path / "file" / "keys"

    choices = [(f"{VOTE}{number}/", {"nominee": nominees_of(edition, number)[0].code}) for number in (1, 2)]
    answers = [client.post(*choice, REMOTE_ADDR=IP) for choice in choices]  # the ballot is begun by the first

    assert ([answer.status_code for answer in answers], Vote.objects.count()) == ([303, 303], 2)
    assert "is out of reach" in caplog.text
    assert IP not in caplog.text
