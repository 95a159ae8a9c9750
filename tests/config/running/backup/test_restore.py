"""A site is backed up and restored into an empty place, on PostgreSQL: everything is there, and nothing goes out again."""

import stat
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config.models import LastRun
from config.running.backup import after_restore, archive, restore, site_check
from config.running.serving import first_start
from events.exchange import import_jobs
from events.mailings import sending
from events.models import Forum, Message, Restoration
from events.outcomes.commitments import commitment_mails
from events.proposals import reviewer_mails
from events.proposals.hosting import outcome_reminders
from events.shared.mail import outbox, sender
from events.shared.mail.outbox import HELD
from events.shared.pages import revision
from prizes.chain import chain
from prizes.models import Ballot, Block, Commitment, Edition, Vote
from prizes.nominations import nomination_mails
from prizes.results import result_mails
from prizes.review import review_mails
from prizes.vote import ballot_mails
from registration.accreditation.delegations import focal_point_mails
from registration.models import Booking
from registration.people.data_rights import erased_list
from registration.sessions.agenda import change_mails, reminders
from registration.sessions.certificates import issuing
from registration.sessions.seats import kind_places, promotion
from tests.config.running.backup.place import back_up, empty_place, files, key_of, restored, running_site, tables, told
from tests.factories import BookingFactory, ForumFactory, SessionFactory, UserFactory
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of, voter
from tests.refusals import refused

pytestmark = pytest.mark.django_db(transaction=True)


def states():
    return dict(Message.objects.values_list("dedupe_key", "state"))


# --- the whole way ------------------------------------------------------------------------------------
def test_everything_comes_back_and_nothing_else(folder, settings, tmp_path):
    running_site(settings)
    path = back_up(folder)
    before, media = tables(), files(settings.MEDIA_ROOT)
    before["django_session"] = before["registration_signin"] = (0, None)
    del before["config_lastrun"]  # says that the backup was made

    with empty_place(settings, tmp_path / "new"):
        found = restored(path)
        after = tables()
        assert refused(first_start.tables) == "unfinished"  # `manage.py run` does not go on
        assert any("was interrupted" in fault for fault in site_check.faults())
        assert files(tmp_path / "new") == {restore.BEGUN: b""} | media
        after_restore.finish(state_of=found.moment, stopped=timezone.now(), now=timezone.now())
        first_start.tables()

        assert {name for name in before if before[name] != after[name]} == {"events_message"}  # what was held back
        assert after["events_message"][0] == before["events_message"][0]
        assert files(tmp_path / "new") == media == {"pictures/a.png": b"a picture"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(settings.DATA_DIR.glob("backup-*")) == []
    assert LastRun.objects.get(name="backup").done > found.moment


def test_restored_site_says_what_it_is_and_sends_nothing_again(folder, settings, tmp_path, smtp):
    edition = running_site(settings)
    path = back_up(folder, "--verify")
    heads, number = list(chain.blocks(edition).values_list("head", flat=True)), revision.current()
    lost, logged_in = UserFactory(), Session.objects.count()

    with empty_place(settings, tmp_path / "new"):
        (tmp_path / "new" / "pictures").mkdir(parents=True)
        for name in (restore.BEGUN, "pictures/other.png"):  # of a restore that was killed before the rows came
            (tmp_path / "new" / name).touch()
        call_command("restore", str(path), "--key", str(key_of(folder)))
        row = Restoration.objects.get()

        assert list(site_check.faults()) == []
        assert list(chain.blocks(edition).values_list("head", flat=True))[:2] == heads
        assert Block.objects.get(number=2).notes == [
            {"kind": "restored", "state_of": f"{row.state_of:%FT%TZ}", "restored": f"{row.restored:%FT%TZ}"}
        ]
        assert chain.changes(edition) == []
        assert list(files(tmp_path / "new")) == ["pictures/a.png"]
        assert revision.current() > number + 1000
        assert UserFactory().pk > lost.pk + 1000  # signed links name rows by their numbers
        assert (Session.objects.count(), logged_in) == (0, 1)
        sender.send_due(["account", "bulk"], clock=timezone.now)
        assert smtp.mails == []
        check_mails(row)
        with pytest.raises(CommandError, match="finished already"):
            call_command("restore", finish=row.state_of)


def check_mails(row):
    """What may have been sent waits for organisers, codes are gone, and what is due later is sent as ever."""
    found = states()
    waited = {"queued": "failed", "sending": "failed", "perhaps": "failed", "code": "cancelled", "later": "queued"}
    assert {key: found[key] for key in (*Message.State, "code", "later")} == {
        state: state for state in Message.State
    } | waited
    held = Message.objects.filter(last_error=HELD)
    outcomes = {key for key in found if key.startswith("nomination-outcome:")}  # no sweep had written them yet
    assert {row.dedupe_key for row in held} == {"queued", "sending", "perhaps", *outcomes}
    assert row.held_mails == 3 + len(outcomes)
    assert Message.objects.get(dedupe_key="code").text == ""
    outbox.retry(held.get(dedupe_key="queued"), now=timezone.now())  # organisers decide
    assert states()["queued"] == "queued"


def booked(starts):
    """A session that somebody booked long ago."""
    now = timezone.now()
    days = {"starts": now.date() - timedelta(days=1), "ends": now.date() + timedelta(days=9)}
    session = SessionFactory(forum=ForumFactory(**days), starts=starts)
    return BookingFactory(session=session, created=now - timedelta(days=20))


def test_reminders_that_were_sent_after_the_backup_are_not_sent_again(folder, settings, tmp_path):
    now = timezone.now()
    minutes = max(Forum().reminder_minutes)
    booked(now + timedelta(minutes=minutes - 30))  # became due half an hour ago: after the backup, before the stop
    booked(now + timedelta(minutes=minutes) - timedelta(seconds=60))  # became due a minute ago: after the stop
    path = back_up(folder)
    stopped = now - timedelta(minutes=10)

    with empty_place(settings, tmp_path / "new"):
        # the state is as of half a minute ago in truth; for the rule only the order of the moments counts
        restored(path)
        after_restore.finish(state_of=now - timedelta(hours=1), stopped=stopped, now=now)
        held = list(Message.objects.values_list("state", "last_error"))
        written = reminders.queue_reminders(now)

        assert held == [("failed", HELD)]
        assert (written, Booking.objects.count()) == (1, 2)


def test_every_task_that_writes_mails_is_run_once_after_a_restore():
    """A task of beat is either in `after_restore.SWEEPS`, or named here because it writes no mail by itself."""
    none = {
        *("events.tasks.deliver_account_mail", "events.tasks.deliver_due", "events.tasks.forget_addresses"),
        *("events.tasks.make_pdf_files", "events.tasks.clear_pdf_files", "events.tasks.forget_looks"),
        "events.tasks.sweep_pictures",
        *("registration.tasks.keep_data_rights", "registration.tasks.clear_periods"),
        *("registration.tasks.tally_running", "registration.tasks.clean_up_accounts"),
        *("prizes.tasks.make_outcome_documents", "prizes.tasks.tend_polls", "prizes.tasks.sweep_bundles"),
    }
    some = {
        "registration.tasks.queue_mails": [reminders.queue_reminders, focal_point_mails.queue_mails],
        "registration.tasks.tell_of_releases": [change_mails.tell],
        "registration.tasks.fill_seats": [promotion.fill_all, kind_places.fill_all],
        "prizes.tasks.queue_mails": [
            nomination_mails.queue_mails,
            review_mails.queue_mails,
            result_mails.queue_mails,
            ballot_mails.queue_mails,
        ],
        "events.tasks.remind_of_outcomes": [outcome_reminders.remind],
        "registration.tasks.issue_certificates": [issuing.issue_due],
        "events.tasks.ask_about_commitments": [commitment_mails.ask],
        "events.tasks.write_mailings": [sending.write_due],
        "events.tasks.ask_reviewers": [reviewer_mails.ask],
        "events.tasks.bring_in_files": [import_jobs.bring_in_due],
    }

    tasks = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}

    assert tasks - none == set(some)
    assert [sweep for sweeps in some.values() for sweep in sweeps] == after_restore.SWEEPS


def test_file_that_a_row_names_and_nobody_finds_is_named(folder, settings):
    nomination = NominationFactory(category=make_edition(phase="review").categories.first())
    nomination.attachments.create(file="nominations/lost.pdf", title="lost", uploaded=timezone.now())

    assert list(site_check.faults()) == ["The file nominations/lost.pdf, which a row names, is not in MEDIA."]


# --- what is refused ----------------------------------------------------------------------------------
def is_empty(folder):
    return tables() == {} and files(folder) == {}


def test_database_that_is_not_empty_is_left_alone(folder, settings):
    running_site(settings)
    path = back_up(folder)
    before, media = tables(), files(settings.MEDIA_ROOT)

    assert "is not empty" in told("restore", path, "--key", key_of(folder))
    assert (tables(), files(settings.MEDIA_ROOT)) == (before, media)


def test_what_is_refused_is_told_and_nothing_is_done(folder, settings, tmp_path):
    running_site(settings)
    path, key, other = back_up(folder), key_of(folder), tmp_path / "other.key"
    archive.make_key(other)
    whole = path.read_bytes()
    torn = {"cut off": whole[:-1], "empty": b"", "no backup": b"PGDMP" + whole}
    torn |= {
        f"bit {place}": bytes([*whole[:place], whole[place] ^ 1, *whole[place + 1 :]]) for place in (50, 300, 9000)
    }
    for how, content in torn.items():
        (tmp_path / how).write_bytes(content)
    with archive.work_folder() as work:
        archive.seal(tmp_path / "another's", [("else", key)], key=archive.read_key(key), folder=work)
    MigrationRecorder(connection).record_applied("events", "9999_from_the_future")
    (tmp_path / "newer").mkdir()
    newer = back_up(tmp_path / "newer")
    MigrationRecorder(connection).record_unapplied("events", "9999_from_the_future")

    with empty_place(settings, tmp_path / "new"):
        for how in torn:
            for command in ("verify", "restore"):
                assert "does not open" in told(command, tmp_path / how, "--key", key)
        assert "No matching keys" in told("restore", path, "--key", other)
        assert "is no key file" in told("verify", path, "--key", path)
        assert "no database of this version" in told("restore", tmp_path / "another's", "--key", key)
        assert "newer version of the site" in told("restore", newer, "--key", key)
        assert "not in order" in told("restore", path, "--key", key, "--stopped", "2020-01-01T10:00Z")
        assert "a moment looks like" in told("restore", path, "--stopped", "yesterday")
        assert "has its zone" in told("restore", "--finish", "2020-01-01T10:00")
        assert "its --key" in told("restore", path)
        with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}):
            assert "1 other connections" in told("restore", path, "--key", key)
        assert "has no tables" in told("backup", folder, "--key", key)
        assert is_empty(tmp_path / "new")
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "theirs.png").write_bytes(b"theirs")
        assert "is not empty" in told("restore", path, "--key", key)
        assert (tables(), files(tmp_path / "new")) == ({}, {"theirs.png": b"theirs"})


def test_database_that_refuses_in_the_middle_is_empty_again(folder, settings, tmp_path, monkeypatch):
    running_site(settings)
    path = back_up(folder)
    monkeypatch.setattr(restore, "hold_mails", lambda stopped: ["SELECT 1/0"])  # the last statement of all

    with empty_place(settings, tmp_path / "new"):
        assert "division by zero" in told("restore", path, "--key", key_of(folder))
        assert is_empty(tmp_path / "new")


# --- what verify finds --------------------------------------------------------------------------------
def test_verify_finds_what_does_not_agree(settings, folder):
    edition = running_site(settings)
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]}, user=voter())
    assert list(site_check.faults()) == []

    Commitment.objects.filter(block__number=1).first().delete()
    Block.objects.filter(number=0).update(head="0" * 64)
    found = list(site_check.faults())

    name = str(Edition.objects.get())
    assert f"{name}: the head of block 0 does not follow from its contents." in found
    assert f"{name}: block 1 has 2 choices and says 3." in found
    assert f"{name}: 1 choices have no commitment." in found
    with pytest.raises(CommandError, match="4 faults"):
        call_command("verify")
    assert (Ballot.objects.count(), Vote.objects.count()) == (2, 4)


# --- the secrets --------------------------------------------------------------------------------------
def test_secrets_have_a_file_of_their_own_apart(folder, settings, tmp_path):
    (settings.KEYS_DIR / "edition.key").write_bytes(b"k" * 32)
    path, elsewhere = back_up(folder), tmp_path / "elsewhere"
    elsewhere.mkdir()
    key = ["--key", str(key_of(folder))]

    assert "kept apart" in told("backup", folder, "--only-keys", *key)
    call_command("backup", str(elsewhere), "--only-keys", *key)
    assert "kept apart" in told("backup", elsewhere, *key)
    with archive.opened(path, key=archive.read_key(key_of(folder))) as opened:
        held = b"".join(files(opened).values())
    assert (settings.SECRET_KEY.encode() in held, b"k" * 32 in held) == (False, False)

    settings.DATA_DIR = tmp_path / "new"
    settings.KEYS_DIR = settings.DATA_DIR / "keys"
    settings.DATA_DIR.mkdir()
    (settings.DATA_DIR / "secret-key").write_text("made by the first command")
    (secrets,) = elsewhere.iterdir()
    call_command("restore", str(secrets), *key)
    assert files(settings.DATA_DIR) == {
        "secret-key": settings.SECRET_KEY.encode(),
        "secret-key.before": b"made by the first command",
        "keys/edition.key": b"k" * 32,
    }
    assert {stat.S_IMODE((settings.DATA_DIR / name).stat().st_mode) for name in ("secret-key", "keys/edition.key")} == {
        0o600
    }


def test_list_of_who_was_erased_is_among_the_secrets_and_a_restore_takes_no_line_away(folder, settings, tmp_path):
    erased_list.note(7, erased=timezone.now(), taken_out=["speaker:1"])
    path = back_up(folder, "--only-keys")
    settings.KEYS_DIR = tmp_path / "new" / "keys"
    settings.DATA_DIR = tmp_path / "new"
    erased_list.note(8, erased=timezone.now(), taken_out=[])

    call_command("restore", str(path), "--key", str(key_of(folder)))

    assert set(erased_list.noted()) == {7, 8}
