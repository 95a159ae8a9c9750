from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from config.serving import preparation
from events.models import Forum, User
from events.pages import revision
from prizes.models import Edition
from registration.models import Attendance, Tally
from tests.factories import ForumFactory

pytestmark = pytest.mark.django_db


def load(*args):
    out = StringIO()
    call_command("load_sample", *args, stdout=out)
    return out.getvalue()


def test_load_sample_makes_both_forums_and_their_prizes_once():
    """One test: each loading takes some seconds."""
    before = revision.current()

    said = load("--now", "2026-11-24T15:30:00+00:00")

    assert said == (
        "Loaded WSIS Forum 2020 (/2020/) with 164 sessions, 703 attendances and 420 full ballots, "
        f"and WSIS Forum 2026 (sample) (/2026/) with {Forum.objects.get(slug='2026').sessions.count()} sessions.\n"
    )
    assert Attendance.objects.filter(session__forum__slug="2020").count() == 703
    assert Tally.objects.get(forum__slug="2020", session=None, dimension="total").attendances == 703
    assert revision.current() > before
    now = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    current = Edition.objects.get(forum__slug="2026")
    past = Edition.objects.get(forum__slug="2020")
    assert [phase.kind for phase in current.phases.all() if phase.is_open(now)] == ["voting"]
    assert (past.phases.count(), past.categories.count(), current.categories.count()) == (5, 18, 18)
    assert past.phases.get(kind="announcement").starts.date().isoformat() == "2020-09-06"  # midnight in Geneva

    again = load("--now", "2027-01-24T15:30")

    assert again == "The sample forum is here already. Nothing was changed.\n"
    assert Forum.objects.count() == 2


@time_machine.travel("2026-05-20T10:00:00Z", tick=False)
def test_load_sample_without_a_moment_takes_the_present():
    load()

    assert Forum.objects.exclude(slug="2020").get().starts.isoformat() == "2026-05-04"


@pytest.mark.parametrize("args", [["--attendees", "5"], ["--ballots", "5"], ["--now", "tomorrow"]])
def test_load_sample_refuses_what_it_cannot_read(args):
    with pytest.raises(CommandError):
        load(*args)

    assert Forum.objects.count() == 0


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_second_officer_comes_with_the_sample_and_stays_the_same(data_dir):
    ForumFactory(is_sample=True)

    address, password, kept = preparation.second_officer()

    officer = User.objects.get(email=address)
    assert officer.check_password(password)
    assert kept.read_text() == f"{address}\n{password}\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert officer.is_staff
    assert not officer.is_superuser
    assert officer.has_perms(["prizes.decide_announcement", "prizes.decide_quarantine", "prizes.choose_winner"])
    assert preparation.second_officer() == (address, "", kept)


def test_second_officer_is_another_than_the_organiser_and_both_are_prize_officers(data_dir):
    ForumFactory(is_sample=True)

    emails = {preparation.organiser()[0], preparation.second_officer()[0]}

    assert set(User.objects.filter(groups__name="prize officers").values_list("email", flat=True)) == emails
    assert len(emails) == 2


def test_second_officer_is_not_made_without_the_sample(data_dir):
    ForumFactory()

    assert preparation.second_officer()[:2] == ("", "")
    assert not User.objects.exists()


def test_second_officer_whose_file_was_deleted_is_not_made_again(data_dir):
    ForumFactory(is_sample=True)
    kept = preparation.second_officer()[2]
    kept.unlink()

    assert preparation.second_officer()[:2] == ("", "")
