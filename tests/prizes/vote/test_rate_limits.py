from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError

from prizes.models import Ballot, Vote
from prizes.vote import edition_key, rate_limits
from tests.factories import NOW, RegistrationFactory
from tests.prizes.factories import make_edition, nominees_of, voter

pytestmark = pytest.mark.django_db
VOTE = "/2020/prizes/vote/"
IP = "203.0.113.9"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def edition():
    return make_edition(votes_final=False)


@pytest.fixture
def person(client):
    user = voter()
    RegistrationFactory(user=user)
    client.force_login(user)
    return user


def is_refused(call, *arguments, **values):
    try:
        call(*arguments, **values)
    except ValidationError as refusal:
        return refusal.code == "too-many"
    return False


def test_choices_of_an_account_are_limited_by_the_minute(edition, settings):
    settings.VOTE_CHOICES_PER_MINUTE = 3
    user, other = voter(), voter()

    answers = [is_refused(rate_limits.check_choice, edition, user=user, now=NOW) for _time in range(5)]

    assert answers == [False, False, False, True, True]
    assert not is_refused(rate_limits.check_choice, edition, user=other, now=NOW)
    assert not is_refused(rate_limits.check_choice, edition, user=user, now=NOW + timedelta(minutes=1))


def test_ballots_of_an_address_are_limited_by_the_minute(edition, settings):
    settings.VOTE_BALLOTS_PER_MINUTE = 2

    answers = [is_refused(rate_limits.check_ballot, edition, ip=IP, now=NOW) for _time in range(3)]

    assert answers == [False, False, True]
    assert not is_refused(rate_limits.check_ballot, edition, ip="203.0.113.10", now=NOW)
    assert not is_refused(rate_limits.check_ballot, edition, ip=IP, now=NOW + timedelta(minutes=1))


def test_addresses_of_one_household_share_a_limit(edition, settings):
    settings.VOTE_BALLOTS_PER_MINUTE = 1

    assert not is_refused(rate_limits.check_ballot, edition, ip="2001:db8::1", now=NOW)
    assert is_refused(rate_limits.check_ballot, edition, ip="2001:db8::2", now=NOW)


@pytest.mark.parametrize("number", [0, 300])
def test_university_behind_one_address_votes(edition, settings, number):
    settings.VOTE_BALLOTS_PER_MINUTE = number

    assert not any(is_refused(rate_limits.check_ballot, edition, ip=IP, now=NOW) for _person in range(300))


def test_zero_is_no_limit(edition, settings):
    settings.VOTE_CHOICES_PER_MINUTE = 0
    user = voter()

    assert not any(is_refused(rate_limits.check_choice, edition, user=user, now=NOW) for _time in range(100))


def test_ballots_are_not_counted_once_the_key_is_gone(edition, settings):
    settings.VOTE_BALLOTS_PER_MINUTE = 1
    edition.key_destroyed = NOW

    assert not any(is_refused(rate_limits.check_ballot, edition, ip=IP, now=NOW) for _time in range(3))


def test_no_address_stands_in_the_cache(edition, monkeypatch):
    names = []
    incr = cache.incr
    monkeypatch.setattr(cache, "incr", lambda key, *more: names.append(key) or incr(key, *more))

    rate_limits.check_ballot(edition, ip=IP, now=NOW)

    monkeypatch.setattr(edition_key, "key", lambda edition: b"another key")
    rate_limits.check_ballot(edition, ip=IP, now=NOW)

    assert not [name for name in names if IP in name]
    assert len(set(names)) == 2  # nobody without the key knows the name of an address


def test_second_process_that_counts_first_is_counted_in(edition, settings, monkeypatch):
    settings.VOTE_CHOICES_PER_MINUTE = 1
    user = voter()
    add = cache.add

    def late(key, value, timeout):
        add(key, value, timeout)  # another process was quicker
        return add(key, value, timeout)

    monkeypatch.setattr(cache, "add", late)

    assert is_refused(rate_limits.check_choice, edition, user=user, now=NOW)


def test_nobody_is_held_up_when_the_cache_is_away(edition, settings):
    settings.VOTE_CHOICES_PER_MINUTE = 1
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    user = voter()

    assert not any(is_refused(rate_limits.check_choice, edition, user=user, now=NOW) for _time in range(3))


def test_page_says_that_nothing_is_lost(client, edition, person, settings):
    settings.VOTE_CHOICES_PER_MINUTE = 3  # the first choice begins the ballot and is tried twice
    for number in (1, 2):
        client.post(f"{VOTE}{number}/", {"nominee": nominees_of(edition, number)[0].code})
    nominee = nominees_of(edition, 3)[1]

    response = client.post(f"{VOTE}3/", {"nominee": nominee.code})
    told = client.post(f"{VOTE}3/", {"nominee": nominee.code}, headers={"X-Requested-With": "fetch"})

    page = response.content.decode()
    assert (response.status_code, told.status_code) == (429, 429)
    assert "You sent many choices just now. What is saved stays saved. Wait a minute and go on" in page
    assert f'value="{nominee.code}" id="nominee-' in page
    assert page.split(f'value="{nominee.code}"')[1].split(">")[0].endswith(" checked")
    assert told.json()["words"].startswith("You sent many choices just now")
    assert Vote.objects.count() == 2


def test_beginning_over_the_limit_says_to_wait(client, edition, settings):
    settings.VOTE_BALLOTS_PER_MINUTE = 1
    answers = []
    for _person in range(2):
        client.force_login(voter())
        answers.append(client.post(VOTE + "start/", {"country": "unsaid", "stakeholder_type": "unsaid"}))

    assert [answer.status_code for answer in answers] == [303, 429]
    assert "Many people began their ballots from your network just now." in answers[1].content.decode()
    assert Ballot.objects.count() == 1


def test_first_choice_over_the_limit_of_ballots_says_to_wait(client, edition, settings):
    settings.VOTE_BALLOTS_PER_MINUTE = 1
    answers = []
    for _person in range(2):
        user = voter()
        RegistrationFactory(user=user)
        client.force_login(user)
        answers.append(client.post(VOTE + "1/", {"nominee": nominees_of(edition, 1)[0].code}))

    assert [answer.status_code for answer in answers] == [303, 429]
    assert (Ballot.objects.count(), Vote.objects.count()) == (1, 1)


@pytest.mark.parametrize("is_begun", [False, True])
def test_choice_is_not_lost_when_the_folder_of_keys_is_out_of_reach(
    client, person, edition, settings, tmp_path, caplog, is_begun
):
    if is_begun:
        client.post(VOTE + "2/", {"nominee": nominees_of(edition, 2)[0].code}, REMOTE_ADDR=IP)
    (tmp_path / "file").write_bytes(b"")
    settings.KEYS_DIR = tmp_path / "file" / "keys"

    answer = client.post(VOTE + "1/", {"nominee": nominees_of(edition, 1)[0].code}, REMOTE_ADDR=IP)

    assert answer.status_code == 303
    assert Vote.objects.filter(category__number=1).count() == 1
    assert "is out of reach" in caplog.text
    assert IP not in caplog.text
