"""What `load_sample` refuses, how its files are read, and the two logins beside it; what it makes: test_sample.py."""

import logging
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from config.management.commands.load_sample import moment_of, quiet
from config.running.serving import first_start
from events.models import Forum, Organisation, User
from events.sample import forums, loader
from tests.factories import NOW as NOON
from tests.factories import DoorFactory, ForumFactory, OrganisationFactory

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday


# --- the command, and the files ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "zone"), [("2026-02-03T10:00", UTC), ("2026-02-03T10:00+01:00", timezone(timedelta(hours=1)))]
)
def test_moment_without_an_offset_is_in_utc_and_without_one_it_is_now(text, zone, noon):
    assert (moment_of(text), moment_of(None)) == (datetime(2026, 2, 3, 10, tzinfo=zone), NOON)


@pytest.mark.django_db
@pytest.mark.parametrize("args", [["--ballots", "5"], ["--now", "tomorrow"]])
def test_load_sample_refuses_what_it_cannot_read(args):
    with pytest.raises(CommandError):
        call_command("load_sample", *args)

    assert Forum.objects.count() == 0


def test_what_is_made_up_leaves_no_line_in_the_log(caplog):
    with caplog.at_level("INFO"), quiet():
        logging.getLogger("history").info("release")

    logging.getLogger("history").info("another")
    assert [one.getMessage() for one in caplog.records] == ["another"]


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 10, 20, 3, tzinfo=UTC),  # clocks go back in the third week
        datetime(2026, 3, 22, 23, 30, tzinfo=UTC),  # Monday in Geneva; clocks go forward in the third week
        datetime(2026, 1, 4, 12, tzinfo=UTC),  # starts in the year before
    ],
)
def test_current_edition_is_never_silent(now):
    sample = loader.Loader(now=now)
    rows = [row for row in loader.read(forums.DATA / "sessions.csv") if row["forum"] == "current"]
    begun = [sample.moment(row["starts"]) for row in rows]
    spans = sorted((at, sample.moment(row["ends"], start=at)) for at, row in zip(begun, rows, strict=True))
    covered = first = sample.moment("D-16 00:00")
    for starts, ends in spans:
        covered = max(covered, ends) if starts <= covered else covered
    dense = [at for at in sorted(begun) if first + timedelta(days=14) <= at <= first + timedelta(days=35)]
    gaps = Counter(later - earlier for earlier, later in pairwise(dense))

    assert covered == sample.moment("D+61 00:00")
    assert all(starts < ends for starts, ends in spans)
    assert max(gaps) <= timedelta(hours=3)
    assert gaps[timedelta(hours=3)] <= 1  # in the night in which clocks go back


@pytest.mark.django_db
def test_rows_that_are_there_are_taken_up_whatever_their_letters(tmp_path):
    there = OrganisationFactory(name="Baobab Institute")
    rows = '[{"name": "BAOBAB Institute"}, {"name": "Cedar"}, {"name": "", "acronym": "x"}]'
    (tmp_path / "tables.json").write_text(
        f'[{{"model": "events.Organisation", "key": "name", "find": true, "set": {{"acronym": "{{name}}"}}, "rows": {rows}}}]'
    )
    sample = loader.Loader(now=NOW)

    made = sample.load(tmp_path)["events.Organisation"]

    assert [(row.name, row.acronym) for row in made] == [("Cedar", "Cedar"), ("", "x")]
    assert sample.row(Organisation, "baobab institute") == there


def test_slug_is_the_year_then_with_the_month_and_never_that_of_2020():
    taken = {"2020"}

    for day in [date(2031, 11, 10)] * 3 + [date(2020, 7, 20)]:
        taken.add(forums.free_slug(day, taken=taken))

    assert taken == {"2020", "2031", "2031-11", "2031-11-2", "2020-07"}


# --- the two logins -------------------------------------------------------------------------------
@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.mark.django_db
def test_second_officer_comes_with_the_sample_and_is_another_than_the_organiser(data_dir):
    forum = ForumFactory()
    assert (first_start.second_officer()[:2], User.objects.exists()) == (("", ""), False)
    type(forum).objects.update(is_sample=True)

    organiser = first_start.organiser()[0]
    address, password, kept = first_start.second_officer()

    first = User.objects.get(email=organiser)
    assert first.is_staff
    assert first.has_perms(["events.give_membership", "events.change_forum", "prizes.announce_edition"])
    assert first_start.organiser()[1] == ""  # made once
    officer = User.objects.get(email=address)
    assert officer.check_password(password)
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{address}\n{password}\n", 0o600)
    assert officer.is_staff
    assert officer.has_perms(["prizes.announce_edition", "prizes.decide_quarantine", "prizes.choose_winner"])
    emails = User.objects.filter(memberships__role="prize officers").values_list("email", flat=True)
    assert sorted(emails) == sorted({organiser, address})
    assert first_start.second_officer() == (address, "", kept)

    kept.unlink()
    assert first_start.second_officer()[:2] == ("", "")


@pytest.mark.django_db
def test_door_of_the_sample_comes_with_a_link_that_opens_it_today_once(data_dir, client, noon):
    door = DoorFactory(forum=ForumFactory(), name=first_start.ENTRANCE)
    first_start.organiser()
    assert first_start.door_link()[0] == ""  # of no sample
    Forum.objects.update(is_sample=True)

    address, kept = first_start.door_link()

    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{address}\n", 0o600)
    assert first_start.door_link() == ("", kept)
    assert client.get(urlsplit(address).path, follow=True).status_code == 200
    assert door.passes.get().day == door.forum.today(NOON)
