"""For every sweep a world of eleven rows that are due, of which the first is poisoned. A new sweep is named here: see TABLE."""

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from events.mailings import sending
from events.models import Audience, HostedSession, Message, User
from events.outcomes.commitments import commitment_mails
from events.proposals import reviewer_mails
from events.proposals.hosting import outcome_reminders
from events.shared.pages import stored_files
from prizes import scheduler
from prizes.fair_play import close_edition
from prizes.models import Block, Certificate, Count, Edition, Nomination, Trace
from prizes.nominations import nomination_mails
from prizes.results import certificates as prize_certificates
from prizes.results import result_mails
from prizes.review import review_mails
from prizes.vote import ballot_mails
from registration.accreditation.delegations import focal_point_mails
from registration.models import (
    Booking,
    CertificateRule,
    Erasure,
    ParticipationCertificate,
    PublishedFigures,
    Registration,
    RegistrationDraft,
    Tally,
)
from registration.people.accounts import clean_up
from registration.people.data_rights import erasures, retention
from registration.sessions.agenda import change_mails, reminders
from registration.sessions.attendance import publishing, tally
from registration.sessions.certificates import issuing
from registration.sessions.seats import kind_places, promotion
from registration.statistics import timezone_counts
from tests.events.outcomes import test_commitments
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.events.shared.jobs.poison import poisoned
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    CertificateRuleFactory,
    FocalPointFactory,
    ForumFactory,
    KindFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    WaitingFactory,
    boss,
    confirmed,
    staff,
)
from tests.prizes.counted import announced, counted
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of
from tests.prizes.reviewers import make_assignment, make_expert

ALL = 11
OVER = datetime(2020, 9, 12, 12, tzinfo=UTC)  # after the last day of the forum
DAY = timedelta(days=1)
BAD = "poison@example.org"


@dataclass
class World:
    """How to sweep (`run`), how many rows it has done, what poisons the first, and when it begins."""

    run: Callable[[datetime], object]
    done: Callable[[], int]
    poison: Callable[[], AbstractContextManager[None]]
    now: datetime = NOW


def users():
    return [UserFactory(email=BAD), *UserFactory.create_batch(ALL - 1)]


def people(forum=None, **values):
    forum = forum or ForumFactory()
    return [RegistrationFactory(forum=forum, user=user, **values) for user in users()]


def forums():
    return [ForumFactory(slug=f"f{number}", name=f"Forum {number}") for number in range(ALL)]


def of_mails(run, *, now=NOW):
    """A world of mails, of which that to the first person is poisoned."""
    return World(run, lambda: Message.objects.filter(created__isnull=False).exclude(kind="other").count(), mail, now)


def mail():
    return poisoned(Message, "to", BAD)


# --- events -----------------------------------------------------------------------------------------
def mailings():
    by, forum = boss(), ForumFactory()
    people(forum)
    texts = {"en": {"subject": "News", "text": "Dear {name}"}}
    chosen = [{"key": "registered", "options": {}, "is_excluded": False}]
    row = sending.Mailing.objects.create(
        forum=forum, groups=chosen, texts=texts, author=by, created=NOW, updated=NOW, kind="mailing-own"
    )
    sending.send(row, by=by, now=NOW)
    return of_mails(sending.write_due)


def late_outcomes():
    call = CallFactory()
    session = SessionFactory(forum=call.forum, starts=NOW - 20 * DAY, ends=NOW - 20 * DAY + timedelta(hours=1))
    for user in users():
        HostedSession.objects.create(session=session, user=user)
    return of_mails(outcome_reminders.remind)


def commitments():
    for user in users():
        test_commitments.make(owner=user)
    return of_mails(commitment_mails.ask, now=datetime(2021, 9, 12, 12, tzinfo=UTC))


def reviewers():
    call = CallFactory(closes=NOW)
    ProposalFactory(forum=call.forum)
    staff("proposal reviewers", email=BAD)
    for _n in range(ALL - 1):
        staff("proposal reviewers")
    return of_mails(reviewer_mails.ask)


def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    folder = tmp_path / Count._meta.get_field("bundle").upload_to.folder
    folder.mkdir()
    for number in range(1, ALL):
        (folder / f"b{number}.zip").write_bytes(b"x")
    bad = folder / "a.zip"
    bad.symlink_to(folder / "nowhere")  # it has no time, and no size

    def done():
        return ALL - 1 - len(list(folder.glob("b*"))) + (not bad.is_symlink())

    @poison_of
    def heal():
        bad.unlink()
        bad.write_bytes(b"x")

    return World(partial(_sweep_files, days=2), done, heal)


def _sweep_files(now, *, days):
    return stored_files.sweep((Count, "bundle"), now=datetime.now(UTC) + days * DAY + (now - NOW))


def poison_of(heal):
    """What is poisoned already, until it is healed."""

    @contextmanager
    def inside():
        yield
        heal()

    return inside


# --- registration -----------------------------------------------------------------------------------
def remind():
    session = SessionFactory(starts=NOW + timedelta(minutes=30), ends=NOW + timedelta(minutes=90))
    for person in people(session.forum):
        BookingFactory(registration=person, session=session)
    return of_mails(reminders.queue_reminders)


def focal_points():
    kind = KindFactory(name="Delegate", approval="focal_point", per_organisation=2, closes=NOW + DAY)
    for user in users():
        FocalPointFactory(forum=kind.forum, user=user, organisation=OrganisationFactory())
    return of_mails(focal_point_mails.queue_mails)


def seats():
    session = SessionFactory(capacity=ALL)
    for place, person in enumerate(people(session.forum)):
        WaitingFactory(registration=person, session=session, joined=NOW - DAY + timedelta(minutes=place))
    return World(promotion.fill_all, Booking.objects.count, mail)


def places():
    kind = KindFactory(capacity=ALL)
    for place, person in enumerate(people(kind.forum, kind=kind, state="waiting")):
        WaitingFactory(registration=person, session=None, joined=NOW - DAY + timedelta(minutes=place))
    return World(kind_places.fill_all, Registration.objects.filter(state="approved").count, mail)


def releases():
    from tests.registration.sessions.agenda.test_change_mails import move, release

    session = SessionFactory()
    release(forum=session.forum)
    for person in people(session.forum):
        BookingFactory(registration=person, session=session)
    move(session)
    release(forum=session.forum)
    return of_mails(change_mails.tell)


def own_sessions():
    from tests.registration.sessions.agenda.test_change_mails import move, release

    session = SessionFactory()
    release(forum=session.forum)
    for user in users():
        HostedSession.objects.create(session=session, user=user)
    move(session)
    release(forum=session.forum)
    return of_mails(change_mails.tell)


def tallies():
    rows = forums()
    for forum in rows:
        AttendanceFactory(session=SessionFactory(forum=forum), registration=RegistrationFactory(forum=forum))
    totals = Tally.objects.filter(session=None, dimension="total")
    return World(tally.recount_due, totals.count, lambda: poisoned(Tally, "forum_id", rows[0].pk))


def audiences():
    rows = forums()
    for forum in rows:
        RegistrationFactory(forum=forum)
    return World(
        timezone_counts.recount_due, Audience.objects.count, lambda: poisoned(Audience, "forum_id", rows[0].pk)
    )


def figures():
    rows = forums()
    return World(
        publishing.publish_due,
        PublishedFigures.objects.count,
        lambda: poisoned(PublishedFigures, "forum_id", rows[0].pk),
    )


def certificates():
    session = SessionFactory()
    rule = CertificateRuleFactory(forum=session.forum, threshold=1, by_mail=True)
    for person in people(session.forum):
        AttendanceFactory(registration=person, session=session)
    assert CertificateRule.objects.get() == rule
    return World(issuing.issue_due, ParticipationCertificate.objects.count, mail, OVER)


def accounts():
    rows = [UserFactory(email=f"new{number}@example.org") for number in range(ALL)]
    for row in rows:
        row.emailaddress_set.create(email=row.email, verified=False, primary=True)
    User.objects.update(date_joined=NOW - 3 * DAY)

    def done():
        return ALL - User.objects.filter(email__startswith="new").count()

    return World(
        lambda now: clean_up.delete_unconfirmed(now=now), done, lambda: poisoned(User, "id", rows[0].pk, on="DELETE")
    )


def _erasures():
    return [erasures.ask(confirmed(), taken_out=[], now=NOW) for _n in range(ALL)]


def people_to_erase():
    rows = _erasures()
    erased = User.objects.exclude(erased=None)
    return World(
        erasures.carry_out_due,
        erased.count,
        lambda: poisoned(Erasure, "id", rows[0].pk, on="UPDATE", when=" AND NEW.state = 'erased'"),
        NOW + 4 * DAY,
    )


def files_of_erased():
    rows = _erasures()
    erasures.carry_out_due(NOW + 4 * DAY)
    done = Erasure.objects.filter(state="done")
    return World(
        erasures.carry_out_due,
        done.count,
        lambda: poisoned(Erasure, "id", rows[0].pk, on="UPDATE", when=" AND NEW.state = 'done'"),
        NOW + 5 * DAY,
    )


def periods():
    rows = forums()
    for forum in rows:
        RegistrationDraft.objects.create(forum=forum, user=UserFactory(), data={"name": "Awa"})
    RegistrationDraft.objects.update(updated=NOW)
    return World(
        retention.clear_due,
        lambda: ALL - RegistrationDraft.objects.count(),
        lambda: poisoned(RegistrationDraft, "forum_id", rows[0].pk, on="DELETE"),
        OVER + 40 * DAY,
    )


# --- prizes -----------------------------------------------------------------------------------------
def nominations():
    edition = make_edition(phase="submission")
    ends = edition.phases.get(kind="submission").ends
    for user in users():
        row = NominationFactory(category=edition.categories.first(), nominator=user, state="draft", submitted=None)
        Nomination.objects.filter(pk=row.pk).update(created=ends - 9 * DAY)
    return of_mails(nomination_mails.queue_mails, now=ends - 2 * DAY)


def reviews():
    edition = make_edition(phase="review")
    for user in users():
        make_assignment(edition, expert=make_expert(edition, user=user))
    return of_mails(review_mails.queue_mails, now=edition.phases.get(kind="review").ends - 2 * DAY)


def _honoured():
    edition = counted(votes=tuple((9, 1) for _n in range(ALL)))
    for number, user in enumerate(users(), start=1):
        Nomination.objects.filter(pk=nominees_of(edition, number)[0].pk).update(nominator=user, is_sample=False)
    return announced(edition, "champions")


def honours():
    _honoured()
    prize_certificates.issue_due(NOW)
    return of_mails(result_mails.queue_mails)


def prize_documents():
    editions = [announced(counted(edition=None, forum=forum), "champions") for forum in forums()]
    first = nominees_of(editions[0], 1)[0]

    def done():
        return Certificate.objects.values("nomination__edition").distinct().count()

    return World(prize_certificates.issue_due, done, lambda: poisoned(Certificate, "nomination_id", first.pk))


def ballots():
    edition = make_edition()
    for user in users():
        fill_ballot(edition, {1: nominees_of(edition, 1)[0]}, user=user, cast=NOW - 5 * DAY)
    return of_mails(ballot_mails.queue_mails, now=edition.phases.get(kind="voting").ends - 2 * DAY)


def votes():
    editions = [make_edition(forum=forum) for forum in forums()]
    return World(scheduler.tend, Block.objects.count, lambda: poisoned(Block, "edition_id", editions[0].pk))


def voter_traces():
    editions = [make_edition(forum=forum) for forum in forums()]
    ballots = [fill_ballot(edition, {1: nominees_of(edition, 1)[0]}) for edition in editions]
    Trace.objects.all().delete()

    def done():
        return Trace.objects.values("ballot").distinct().count()

    return World(scheduler.tend, done, lambda: poisoned(Trace, "ballot_id", ballots[0].pk))


def closed_votes():
    editions = [make_edition(forum=forum) for forum in forums()]
    Edition.objects.update(closed=NOW)
    done = Edition.objects.exclude(key_destroyed=None)
    return World(
        lambda now: close_edition.tidy(now), done.count, lambda: poisoned(Edition, "id", editions[0].pk, on="UPDATE")
    )


# What a task calls (`module.function`), the sweep in which it does so, and its world.
TABLE = [
    ("sending.write_due", "mailings", mailings),
    ("outcome_reminders.remind", "late-outcomes", late_outcomes),
    ("commitment_mails.ask", "commitments", commitments),
    ("reviewer_mails.ask", "reviewers", reviewers),
    ("reminders.queue_reminders", "reminders", remind),
    ("focal_point_mails.queue_mails", "focal-points", focal_points),
    ("promotion.fill_all", "seats", seats),
    ("kind_places.fill_all", "places", places),
    ("change_mails.tell", "releases", releases),
    ("change_mails.tell", "releases", own_sessions),
    ("tally.recount_due", "tallies", tallies),
    ("timezone_counts.recount_due", "audiences", audiences),
    ("publishing.publish_due", "figures", figures),
    ("issuing.issue_due", "certificates", certificates),
    ("clean_up.delete_unconfirmed", "accounts", accounts),
    ("erasures.carry_out_due", "erasures", people_to_erase),
    ("erasures.carry_out_due", "erased-files", files_of_erased),
    ("retention.clear_due", "periods", periods),
    ("stored_files.sweep", "files", files),
    ("documents.sweep", "files", files),
    ("nomination_mails.queue_mails", "nominations", nominations),
    ("review_mails.queue_mails", "reviews", reviews),
    ("result_mails.queue_mails", "honours", honours),
    ("ballot_mails.queue_mails", "ballots", ballots),
    ("scheduler.tend", "votes", votes),
    ("scheduler.tend", "voter-traces", voter_traces),
    ("close_edition.tidy", "closed-votes", closed_votes),
    ("certificates.issue_due", "prize-certificates", prize_documents),
]
# What a task calls that needs no such world, and why.
OTHERS = {
    "sender.send_due": "rows of the outbox: tests/events/shared/mail/test_sender.py",
    "sender.take_a_shift": "the same",
    "collaborators.forget_addresses": "one statement",
    "import_jobs.forget": "one statement",
    "viewings.forget": "one statement",
    "acts.forget": "one statement",
    "clean_up.end_expired": "one statement",
    "clean_up.forget_log_ins": "one statement",
    "clean_up.forget_spent_codes": "one statement",
    "copies.clear": "one statement",
    "pdf_files.clear": "one statement",
    "pdf_files.make_due": "a queue: test_queue.py",
    "import_jobs.bring_in_due": "a queue: test_queue.py",
    "versions.make_due": "a queue: test_queue.py",
    "recount_requests.run_due": "a queue: test_queue.py",
    "copies.make_due": "a queue: test_queue.py",
}
