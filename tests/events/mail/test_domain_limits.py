from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from config import settings as project_settings
from events.mail import domain_limits, leases
from events.models import DomainPace, Message
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.fixture(autouse=True)
def limits(settings):
    settings.MAIL_PER_DOMAIN_PER_MINUTE = {"gmail.example": 60, "*": 6000}


def written(number, *, to="gmail.example", queue="bulk"):
    return [MessageFactory(to=f"person{n}@{to}", queue=queue) for n in range(number)]


def claim(seconds=0.0, *, limit=99, queue="bulk"):
    return leases.claim(queue, now=NOW + timedelta(seconds=seconds), limit=limit)


def test_limit_of_a_domain_of_all_others_and_of_none(settings):
    assert [domain_limits.limit_of(one) for one in ("gmail.example", "b.example")] == [60, 6000]
    settings.MAIL_PER_DOMAIN_PER_MINUTE = {"gmail.example": 60}
    assert domain_limits.limit_of("b.example") is None


def test_domain_gets_its_share_and_no_more_however_often_somebody_asks():
    written(200)
    taken = [len(claim(seconds)) for seconds in (0, 0, 0.5, 1, 1, 30, 30.9)]
    minute = sum(len(claim(seconds / 4)) for seconds in range(31 * 4, 91 * 4))

    assert taken == [1, 0, 0, 1, 0, 3, 0]  # what was saved up: two seconds of it, no more
    assert minute == 60


def test_others_go_while_one_domain_waits_and_letters_may_be_large():
    written(50, to="Gmail.Example")
    [other] = MessageFactory.create_batch(1, to="a@b.example", due=NOW)

    assert other in claim(limit=5)
    assert [row.to for row in claim(limit=5)] == []


def test_codes_are_never_held_back_and_take_no_share():
    written(5, queue="account")
    written(1)

    assert (len(claim(queue="account")), len(claim())) == (5, 1)


def test_without_limits_nothing_is_written_down(settings):
    settings.MAIL_PER_DOMAIN_PER_MINUTE = {}
    written(50)

    assert len(claim()) == 50
    assert not DomainPace.objects.exists()


@pytest.mark.parametrize(
    ("value", "limits"),
    [("", {}), ("gmail.com=100, *=600", {"gmail.com": 100, "*": 600}), ("GMAIL.com=1", {"gmail.com": 1})],
)
def test_setting_is_read(monkeypatch, value, limits):
    monkeypatch.setenv("LIMITS", value)
    assert project_settings.per_minute("LIMITS") == limits


@pytest.mark.parametrize("value", ["gmail.com", "gmail.com=many", "=5", "gmail.com=0", "gmail.com=-1"])
def test_setting_that_says_nothing_is_refused(monkeypatch, value):
    monkeypatch.setenv("LIMITS", value)
    with pytest.raises(project_settings.environ.ImproperlyConfigured, match=r"gmail\.com=100"):
        project_settings.per_minute("LIMITS")


@pytest.mark.django_db(transaction=True)
def test_workers_that_count_at_the_same_domains_wait_for_nobody():
    for domain in ("gmail.example", "b.example"):
        DomainPace.objects.create(domain=domain, free_from=NOW)
        written(1, to=domain)
    taken = []

    def other_worker():
        taken.extend(row.to for row in claim())
        connection.close()

    with transaction.atomic():
        DomainPace.objects.select_for_update().get(domain="gmail.example")
        thread = Thread(target=other_worker, daemon=True)
        thread.start()
        thread.join(5)
        is_done = not thread.is_alive()

    thread.join(5)
    assert (is_done, taken) == (True, ["person0@b.example"])
    assert [row.to for row in claim()] == ["person0@gmail.example"]
