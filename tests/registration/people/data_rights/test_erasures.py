"""Being erased: three days, then nothing is left, whatever happens meanwhile; and what is counted stays counted."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as project
from django.contrib.sessions.models import Session as LogIn
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage
from django.db import models

from events.models import Appearance, HistoryEntry, Message, PdfFile, Proposal, Release, Role, Speaker, User
from events.shared.held_rows import UNNAMED
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.mail import outbox
from events.shared.mail.backends import FileBackend
from events.shared.pages import revision
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from prizes.chain import chain
from prizes.count import counting_sql
from prizes.fair_play import close_edition
from prizes.models import Assignment, Ballot, Count, Edition, Nomination, VoterAddress
from prizes.vote import cast_vote, network_key, voter_traces
from registration.models import Erasure, Registration
from registration.people.accounts.verbs import AccountVerb
from registration.people.data_rights import erased_list, erasures, everything_held
from registration.sessions.attendance import tally
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    AttendanceFactory,
    MessageFactory,
    SpeakerFactory,
    UserFactory,
    staff,
)
from tests.prizes.counted import announced
from tests.prizes.electorate import past_close, seal_and_count
from tests.prizes.factories import fill_ballot, nominees_of, officer, set_phase, voter
from tests.races import together
from tests.refusals import refused
from tests.registration.people.data_rights.somebody import (
    ADDRESS,
    DOCUMENT,
    MARK,
    NAME,
    SECOND,
    files_with,
    tables_with,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
AGAIN = erasures.AGAIN  # as long as a sweep leaves alone what failed
DUE = NOW + erasures.WAIT
HOUR = timedelta(hours=1)  # after which also what failed several times is tried again


def erase(user, *taken_out):
    """Ask, and let three days go by; and a minute more."""
    erasures.ask(user, taken_out=taken_out, now=NOW)
    assert erasures.carry_out_due(DUE) == 1
    assert erasures.carry_out_due(DUE + AGAIN) == 0
    assert Erasure.objects.get(user=user).state == "done"


def counted(edition):
    """What a count of the vote reads."""
    ballots = counting_sql.ballots(edition)
    return ballots, counting_sql.votes(edition), sorted(counting_sql.turnout(edition, ballots))


def everything_published(user):
    return [one.key for one in everything_held.published(everything_held.person_of(user))]


# --- nothing is left ------------------------------------------------------------------------------
def test_search_of_database_files_sessions_and_pages_finds_nothing_after_everything_is_taken_out(somebody, client):
    FileBackend().send_messages(
        [EmailMessage("Hello", f"Dear {NAME}", to=[ADDRESS]), EmailMessage("Hi", "x", to=["a@b.org"])]
    )
    words = (MARK, "canary.example")
    media, mails = Path(project.MEDIA_ROOT), Path(project.EMAIL_FILE_PATH)
    assert len(tables_with(*words)) >= 18  # the search itself finds what is there
    assert len(files_with(media, MARK)) == 9
    pages = ["/2020/speakers/", f"/2020/programme/{somebody.session.code}/", "/2020/releases/", "/2020/schedule.json"]
    pages += [f"/2020/speakers/{somebody.speaker.pk}/", f"/2020/prizes/1/{somebody.nominee.code}/", "/api/v1/speakers/"]
    assert [page for page in pages if MARK in client.get(page).content.decode().lower()] == [*pages[:2], *pages[3:]]

    erase(somebody.user, *everything_published(somebody.user))

    assert tables_with(*words) == []
    assert files_with(media, *words) == []
    assert len(list(mails.glob("*.eml"))) == 1
    assert files_with(mails, *words) == []
    assert [row.get_decoded() for row in LogIn.objects.all()] == [{"other": "1"}]
    assert not PdfFile.objects.exists()
    assert [page for page in pages if MARK in client.get(page).content.decode().lower()] == []


def test_what_is_published_stays_where_the_person_wants_it(somebody, client):
    Registration.objects.filter(pk=somebody.registration.pk).update(state="secretariat")
    chain.open_chain(somebody.edition, now=NOW)
    known = {"by": ["password"], "network": "203.0.113.0/24"}
    log.record(somebody.user, verb=AccountVerb.LOG_IN, by=somebody.user, now=NOW, after=known)
    before = counted(somebody.edition)

    erase(somebody.user)

    assert counted(somebody.edition) == before
    assert HistoryEntry.objects.get(verb="log-in").after == {}
    registration = Registration.objects.get(pk=somebody.registration.pk)
    assert (registration.withdrawn, registration.steps.get().reason) == (DUE, "")  # nobody decides on it any more

    page = client.get(f"/2020/speakers/{somebody.speaker.pk}/").content.decode()
    assert NAME in page
    assert MARK in client.get(f"/2020/prizes/1/{somebody.nominee.code}/").content.decode()
    assert set(tables_with("canary.example")) == set()
    assert default_storage.exists(somebody.speaker.photo.name)
    of_nominations = {f"prizes_{name}" for name in ("linkage", "nomination", "nominationversion", "attachment")}
    assert set(tables_with(MARK)) == {"events_speaker", "events_release"} | of_nominations


def test_every_column_that_leads_to_an_account_or_holds_an_address_is_spoken_for():
    spoken = {
        f"{held.model._meta.label_lower}.{link}"
        for part in everything_held.parts()
        for held in part.held
        for link in held.links
    }
    stays = {column for part in everything_held.parts() for column in part.stays}
    columns = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            is_account = field.concrete and not field.many_to_many and field.related_model is User
            if is_account or isinstance(field, models.EmailField):
                columns.add(f"{model._meta.label_lower}.{field.name}")
    own = {"events.user.email"}  # emptied with the account
    groups = {"events.user_groups.user", "events.user_user_permissions.user", "events.proposal_editors.user"}

    assert columns - spoken - stays - own - groups == set()
    assert stays - columns == set()


def test_rows_go_where_they_should(somebody):
    Edition.objects.update(nominees_published=None)

    erase(somebody.user, f"speaker:{somebody.speaker.pk}")

    states = dict(Proposal.objects.filter(forum=somebody.forum).values_list("pk", "state"))
    assert somebody.proposal_draft.pk not in states
    assert (states[somebody.undecided.pk], states[somebody.declined.pk]) == ("withdrawn", "declined")
    assert states[somebody.accepted.pk] == "accepted"
    assert Proposal.objects.get(pk=somebody.shared.pk).proposer == somebody.colleague
    assert not Proposal.objects.filter(editors=somebody.user).exists()
    assert not Nomination.objects.filter(pk=somebody.nomination_draft.pk).exists()
    unseen = Nomination.objects.get(pk=somebody.nominee.pk)  # which the public never saw
    assert (unseen.state, unseen.title, unseen.description) == ("withdrawn", "", "")
    assert unseen.attachments.count() == 0
    assert sorted(Assignment.objects.values_list("state", flat=True)) == ["done", "recused"]
    assert not Speaker.objects.filter(pk=somebody.drafted.pk).exists()
    speaker = Speaker.objects.get(pk=somebody.speaker.pk)
    assert (speaker.name, speaker.gender, speaker.biography) == (UNNAMED, "woman", "")
    assert Appearance.objects.filter(speaker=speaker).exists()
    assert {person["name"] for entry in Release.objects.get().timetable for person in entry["speakers"]} == {UNNAMED}
    registration = Registration.objects.get(pk=somebody.registration.pk)
    assert (registration.country_id, registration.gender, registration.withdrawn) == ("ML", "woman", DUE)
    assert not registration.bookings.exists()
    edited = HistoryEntry.objects.filter(verb="edit-session", actor=somebody.user)
    assert list(edited.values_list("after", flat=True)) == [{"speakers": ["…", "Another"]}]


def test_speaker_who_left_the_programme_goes_from_its_earlier_versions_too(somebody):
    """Not shown any more, so not asked about: the row goes, and the name from where it was shown."""
    Appearance.objects.filter(speaker=somebody.speaker).delete()

    erase(somebody.user)

    assert not Speaker.objects.filter(pk=somebody.speaker.pk).exists()
    release = Release.objects.get()
    sides = [*release.timetable, *(change["after"] for change in release.changes)]
    assert {person["name"] for entry in sides for person in entry["speakers"]} == {UNNAMED}


def test_name_of_one_word_and_titles_go_from_the_history_of_ones_own_rows():
    user = UserFactory(name="Madonna")
    speaker = SpeakerFactory(account=user, name="Madonna")
    log.record(speaker, verb=Verb.ADD, by=None, now=NOW)
    target = ProposalFactory()
    merged = ProposalFactory(proposer=user, title="My life", state="merged", merged_into=target)
    log.record(target, verb=Verb.MERGE_OTHER, by=None, now=NOW, reason=f"{merged.code} My life")

    erase(user)

    assert HistoryEntry.objects.get(verb="add").subject == f"#{speaker.pk}"
    assert HistoryEntry.objects.get(verb="merge-other").reason == merged.code


# --- what is counted stays counted ----------------------------------------------------------------
def figures(client, edition):
    """All published figures as bytes, counted again first."""
    tally.recount(edition.forum, now=NOW)
    of_people = ("country", "region", "stakeholder_type", "gender")
    names = (*of_people, "action_line", "sdg", "track", "week", "session", "speakers", "matrix")
    found = {name: client.get(f"/2020/statistics/{name}.csv") for name in names}
    found |= {page: client.get(page) for page in ("/2020/statistics/", "/2020/figures/", "/2020/prizes/results/")}
    found["results"] = client.get("/2020/prizes/results/results.csv")
    assert {answer.status_code for answer in found.values()} == {200}
    bundle = Path(Count.objects.latest("number").bundle.path).read_bytes()
    return {name: answer.content for name, answer in found.items()} | {"bundle": bundle}


def test_published_figures_are_the_same_bytes_before_and_after(somebody, client, time_machine):
    """The winner of a closed vote is erased, and the result stays."""
    edition, nominee = somebody.edition, somebody.nominee
    for _place in range(6):
        row = AttendanceFactory(session=somebody.session, registration__forum=somebody.forum)
        chosen = {1: nominee} | {n: nominees_of(edition, n)[0] for n in (2, 3)}
        fill_ballot(edition, chosen, user=row.registration.user)
    Ballot.objects.filter(pk=somebody.ballot.pk).update(is_complete=True, chosen=3)
    chain.open_chain(edition, now=NOW)
    seal_and_count(edition)
    later = past_close(edition)
    announced(edition, "champions", approved=later)
    time_machine.move_to(later, tick=False)
    before = figures(client, edition)

    erase(somebody.user, *everything_published(somebody.user))

    after = figures(client, edition)
    assert [name for name in before if before[name] != after[name]] == []
    row = Nomination.objects.get(pk=nominee.pk)
    assert (row.state, row.title, row.description) == ("nominated", nominee.title, "")
    assert row.results.exists()


# --- nobody votes twice ---------------------------------------------------------------------------
def begin(edition, user):
    return cast_vote.begin(edition=edition, user=user, country=None, stakeholder_type="", now=NOW)


def test_same_address_gets_no_second_ballot(somebody):
    mail = MessageFactory(to="erased-1@erased.invalid")
    erase(somebody.user)

    for address in (ADDRESS.upper(), SECOND):
        again = voter(email=address)
        assert refused(begin, somebody.edition, again) == "voted-before"
    assert begin(somebody.edition, voter(email="another@canary.example")).pk
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}  # no mail goes to who is erased


def test_hash_of_the_address_is_keyed_and_goes_with_the_close_those_of_the_history_too(somebody):
    voter_traces.tell_change(somebody.user, SECOND, ADDRESS, NOW)
    erase(somebody.user)
    told = HistoryEntry.objects.filter(verb="change-email")
    assert all(row.before["address"] != row.after["address"] for row in told)
    noted = set(VoterAddress.objects.values_list("digest", flat=True))
    key = network_key.key(somebody.edition)
    assert noted == {voter_traces.digest(key, address=address) for address in (ADDRESS, SECOND)}
    assert noted.isdisjoint({voter_traces.digest(b"", address=address) for address in (ADDRESS, SECOND)})

    edition = set_phase(somebody.edition, "announcement")
    announced(edition, "champions", "winners")

    act = close_edition.propose(edition, by=officer(), reason="Done", now=NOW)
    approvals.agree(act, by=officer(), now=NOW)

    assert not VoterAddress.objects.exists()
    assert list(told.values_list("before", "after")) == [({}, {})]


def test_erasure_waits_while_the_key_is_out_of_reach_and_nothing_is_half_done(somebody, settings, tmp_path, caplog):
    """A key that is made anew in a folder that is not there would hash the address to something else."""
    FileBackend().send_messages([EmailMessage("Hello", f"Dear {NAME}", to=[ADDRESS])])
    erasures.ask(somebody.user, taken_out=everything_published(somebody.user), now=NOW)
    media, mails = Path(project.MEDIA_ROOT), Path(project.EMAIL_FILE_PATH)
    before = tables_with(MARK), files_with(media, MARK), files_with(mails, MARK)
    no_folder, no_file, unreadable = (tmp_path / name for name in ("away", "empty", "a file"))
    no_file.mkdir()
    unreadable.write_text("")

    for turn, folder in enumerate((no_folder, no_file, unreadable)):
        settings.KEYS_DIR = folder
        assert erasures.carry_out_due(DUE + turn * HOUR) == 0
        assert before == (tables_with(MARK), files_with(media, MARK), files_with(mails, MARK))
        assert Erasure.objects.get().state == "waiting"
    assert caplog.text.count("waits: The key of “WSIS Prizes 2020” is out of reach") == 3
    assert "Traceback" not in caplog.text

    settings.KEYS_DIR = tmp_path / "keys"
    assert [erasures.carry_out_due(DUE + turn * HOUR) for turn in (3, 4)] == [1, 0]
    assert Erasure.objects.get().state == "done"


# --- three days -----------------------------------------------------------------------------------
def test_nothing_happens_before_the_third_day_is_over_and_stopping_keeps_everything(somebody):
    others = [f"speaker:{somebody.speaker.pk}"]
    assert refused(erasures.ask, UserFactory(), taken_out=others, now=NOW) == "not-published"
    erasures.ask(somebody.user, taken_out=[], now=NOW)
    assert erasures.carry_out_due(DUE - timedelta(seconds=1)) == 0

    erasures.stop(somebody.user, now=DUE)

    assert erasures.carry_out_due(DUE) == 0
    assert User.objects.get(pk=somebody.user.pk).name == NAME
    assert refused(erasures.stop, somebody.user, now=DUE) == "not-waiting"
    kinds = list(Message.objects.filter(kind__startswith="erasure").order_by("pk").values_list("kind", "to"))
    assert kinds == [("erasure-asked", ADDRESS), ("erasure-stopped", ADDRESS)]


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_note_one_wish():
    user = UserFactory()

    first, second = together(*[lambda: erasures.ask(user, taken_out=[], now=NOW).pk] * 2)

    assert first == second == Erasure.objects.get().pk
    assert Message.objects.filter(kind="erasure-asked").count() == 1


def test_who_has_a_role_gives_it_up_first_and_the_last_supervisor_makes_another_one():
    last = staff(Role.SUPERVISOR)

    assert refused(erasures.ask, last, taken_out=[], now=NOW) == "last-supervisor"
    other = staff(Role.SUPERVISOR)
    assert refused(erasures.ask, last, taken_out=[], now=NOW) == "has-role"
    for held in last.memberships.all():
        memberships.end(held, reason="", by=last, now=NOW)
    last.refresh_from_db()
    assert erasures.ask(last, taken_out=[], now=NOW).state == "waiting"
    assert refused(erasures.check, other) == "last-supervisor"

    # A role that comes in those three days stops it.
    User.objects.filter(pk=last.pk).update(is_staff=True)
    assert erasures.carry_out_due(DUE) == 0
    assert Erasure.objects.get(user=last).state == "stopped"
    assert Message.objects.filter(kind="erasure-not-done", to=last.email).exists()


# --- workers that die -----------------------------------------------------------------------------
def test_worker_that_dies_leaves_everything_or_the_rest_to_the_next_one_and_done_is_written_last(somebody, monkeypatch):
    erasures.ask(somebody.user, taken_out=everything_published(somebody.user), now=NOW)
    before = tables_with(MARK)

    # In the middle: nothing is changed.
    with monkeypatch.context() as broken:
        broken.setattr(revision, "bump", lambda: 1 / 0)  # the last step of the transaction
        assert erasures.carry_out_due(DUE) == 0
    assert tables_with(MARK) == before

    # After it: what is left to do is done by the next one, and what was made in that moment goes too.
    revised = revision.current()
    assert erasures.carry_out_due(DUE + HOUR) == 1
    assert revision.current() > revised  # finished pages are made again
    late = somebody.speaker.photo.storage.save("nominations/late.pdf", ContentFile(DOCUMENT))
    MessageFactory(user=somebody.user, text="Dear you", state="sent")
    PdfFile.objects.create(digest="d2", source={}, file=NAME.encode(), asked=NOW)
    Erasure.objects.update(files=[late])
    revised = revision.current()
    for turn, (module, name) in enumerate(
        [
            (erasures, "_delete_files"),
            (erased_list, "note"),
            (everything_held.hooks.personal_data, "of"),
            (revision, "bump"),
        ],
        start=2,
    ):
        with monkeypatch.context() as broken:
            broken.setattr(module, name, lambda *_args, **_more: 1 / 0)
            erasures.carry_out_due(DUE + turn * HOUR)
        assert Erasure.objects.get().state == "erased"
        assert Message.objects.filter(text="Dear you").exists()

    erasures.carry_out_due(DUE + 6 * HOUR)
    assert Erasure.objects.get().state == "done"
    assert not Message.objects.filter(text="Dear you").exists()
    assert not default_storage.exists(late)
    assert set(erased_list.noted()) == {somebody.user.pk}
    assert (revision.current() > revised, PdfFile.objects.exists()) == (True, False)


def test_account_that_a_backup_brings_back_is_erased_again(somebody):
    """A line that a crash cut short spoils none after it; an account of a number that was given again is left."""
    erase(somebody.user, f"speaker:{somebody.speaker.pk}")
    Erasure.objects.all().delete()
    User.objects.filter(pk=somebody.user.pk).update(email=ADDRESS, name=NAME, erased=None, is_active=True)
    kept, later = UserFactory(), UserFactory()
    with (Path(project.KEYS_DIR) / erased_list.FILE).open("a") as file:
        file.write('{"account": 1')  # cut short
    erased_list.note(later.pk, erased=later.date_joined - timedelta(days=1), taken_out=["speaker:1"])
    assert set(erased_list.noted()) == {somebody.user.pk, later.pk}

    assert erased_list.ask_again(DUE) == 1

    assert Erasure.objects.get().taken_out == [f"speaker:{somebody.speaker.pk}"]
    assert erasures.carry_out_due(DUE) == 1
    assert tables_with("canary.example") == []
    assert [User.objects.get(pk=one.pk).erased for one in (kept, later)] == [None, None]
