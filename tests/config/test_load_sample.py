from datetime import UTC, datetime, timedelta, timezone
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from config.management.commands.load_sample import moment_of
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


@time_machine.travel("2026-11-24T15:30:00Z", tick=False)
def test_load_sample_makes_both_forums_and_their_prizes_once():
    """One test: each loading takes some seconds."""
    before = revision.current()

    said = load("--attendees", "200", "--ballots", "100")

    assert said == (
        "Loaded WSIS Forum 2020 (/2020/) with 164 sessions, 200 attendances and 100 full ballots, "
        f"and WSIS Forum 2026 (sample) (/2026/) with {Forum.objects.get(slug='2026').sessions.count()} sessions.\n"
    )
    assert Attendance.objects.filter(session__forum__slug="2020").count() == 200
    assert Tally.objects.get(forum__slug="2020", session=None, dimension="total").attendances == 200
    assert revision.current() > before
    now = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    current = Edition.objects.get(forum__slug="2026")
    past = Edition.objects.get(forum__slug="2020")
    assert current.forum.starts.isoformat() == "2026-11-09"
    assert [phase.kind for phase in current.phases.all() if phase.is_open(now)] == ["voting"]
    assert (past.phases.count(), past.categories.count(), current.categories.count()) == (5, 18, 18)
    assert past.phases.get(kind="announcement").starts.date().isoformat() == "2020-09-06"  # midnight in Geneva

    again = load("--now", "2027-01-24T15:30")

    assert again == "The sample forum is here already. Nothing was changed.\n"
    assert Forum.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "zone"), [("2026-02-03T10:00", UTC), ("2026-02-03T10:00+01:00", timezone(timedelta(hours=1)))]
)
def test_moment_without_an_offset_is_in_utc(text, zone):
    assert moment_of(text) == datetime(2026, 2, 3, 10, tzinfo=zone)


@pytest.mark.parametrize("args", [["--attendees", "5"], ["--ballots", "5"], ["--now", "tomorrow"]])
def test_load_sample_refuses_what_it_cannot_read(args):
    with pytest.raises(CommandError):
        load(*args)

    assert Forum.objects.count() == 0


# --- the two logins -------------------------------------------------------------------------------
@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_second_officer_comes_with_the_sample_and_is_another_than_the_organiser(data_dir):
    ForumFactory(is_sample=True)

    organiser = preparation.organiser()[0]
    address, password, kept = preparation.second_officer()

    officer = User.objects.get(email=address)
    assert officer.check_password(password)
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{address}\n{password}\n", 0o600)
    assert (officer.is_staff, officer.is_superuser) == (True, False)
    assert officer.has_perms(["prizes.decide_announcement", "prizes.decide_quarantine", "prizes.choose_winner"])
    emails = User.objects.filter(groups__name="prize officers").values_list("email", flat=True)
    assert sorted(emails) == sorted({organiser, address})
    assert preparation.second_officer() == (address, "", kept)

    kept.unlink()
    assert preparation.second_officer()[:2] == ("", "")


def test_second_officer_is_not_made_without_the_sample(data_dir):
    ForumFactory()

    assert (preparation.second_officer()[:2], User.objects.exists()) == (("", ""), False)
