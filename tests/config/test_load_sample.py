"""What `load_sample` refuses, and the two logins beside it; what it makes is tested in tests/prizes/test_sample.py."""

import logging
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from config.management.commands.load_sample import moment_of, quiet
from config.serving import first_start
from events.models import Forum, User
from registration.door.sample import ENTRANCE
from tests.factories import NOW, DoorFactory, ForumFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "zone"), [("2026-02-03T10:00", UTC), ("2026-02-03T10:00+01:00", timezone(timedelta(hours=1)))]
)
def test_moment_without_an_offset_is_in_utc_and_without_one_it_is_now(text, zone, noon):
    assert (moment_of(text), moment_of(None)) == (datetime(2026, 2, 3, 10, tzinfo=zone), NOW)


@pytest.mark.parametrize("args", [["--attendees", "5"], ["--ballots", "5"], ["--now", "tomorrow"]])
def test_load_sample_refuses_what_it_cannot_read(args):
    with pytest.raises(CommandError):
        call_command("load_sample", *args)

    assert Forum.objects.count() == 0


# --- the two logins -------------------------------------------------------------------------------
@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_second_officer_comes_with_the_sample_and_is_another_than_the_organiser(data_dir):
    forum = ForumFactory()
    assert (first_start.second_officer()[:2], User.objects.exists()) == (("", ""), False)
    type(forum).objects.update(is_sample=True)

    organiser = first_start.organiser()[0]
    address, password, kept = first_start.second_officer()

    first = User.objects.get(email=organiser)
    assert first.is_staff
    assert first.has_perms(["events.give_membership", "events.change_forum", "prizes.decide_announcement"])
    assert first_start.organiser()[1] == ""  # made once
    officer = User.objects.get(email=address)
    assert officer.check_password(password)
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{address}\n{password}\n", 0o600)
    assert officer.is_staff
    assert officer.has_perms(["prizes.decide_announcement", "prizes.decide_quarantine", "prizes.choose_winner"])
    emails = User.objects.filter(memberships__role="prize officers").values_list("email", flat=True)
    assert sorted(emails) == sorted({organiser, address})
    assert first_start.second_officer() == (address, "", kept)

    kept.unlink()
    assert first_start.second_officer()[:2] == ("", "")


def test_door_of_the_sample_comes_with_a_link_that_opens_it_today_once(data_dir, client, noon):
    door = DoorFactory(forum=ForumFactory(), name=ENTRANCE)
    first_start.organiser()
    assert first_start.door_link()[0] == ""  # of no sample
    Forum.objects.update(is_sample=True)

    address, kept = first_start.door_link()

    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{address}\n", 0o600)
    assert first_start.door_link() == ("", kept)
    assert client.get(urlsplit(address).path, follow=True).status_code == 200
    assert door.passes.get().day == door.forum.today(NOW)


def test_what_is_made_up_leaves_no_line_in_the_log(caplog):
    with caplog.at_level("INFO"), quiet():
        logging.getLogger("history").info("release")

    logging.getLogger("history").info("another")
    assert [one.getMessage() for one in caplog.records] == ["another"]
