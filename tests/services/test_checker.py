"""The control of the table of faults: the checker finds what is lost, doubled or forged, each planted alone, and what a site
does whose locks and constraints are taken away."""

from collections import Counter

import pytest
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from events.models import Message, Session, User
from events.shared.mail import envelope
from prizes.chain import chain
from prizes.models import Ballot, Block, Commitment, Edition, Nomination, Vote
from prizes.vote import cast_vote
from registration.models import Attendance, Booking, Registration
from registration.sessions.agenda import reminders
from registration.sessions.attendance import joining
from registration.sessions.seats import booking
from tests.services.whole_site import checker, world
from tests.services.whole_site.load import CHANGES
from tests.services.whole_site.stage import Stage
from tests.waiting import until


class Kept:
    """What a site that keeps its word has acknowledged and sent."""

    def __init__(self):
        self.world = world.fill(people=4, waves=2, wave=2, every=-1, codes=3)
        self.acknowledged = {kind: {} for kind in CHANGES}
        self.edition = Edition.objects.get()
        now = timezone.now()
        for one in self.world.votes:
            self._vote(one, now=now)
        for kind, rows in (("join", self.world.joins), ("booking", self.world.bookings)):
            for one in rows:
                self._take_part(kind, one, now=now)
        self.acknowledged["code"] = dict.fromkeys(self.world.codes, 0.0)
        for number, address in enumerate(self.world.codes):
            Message.objects.create(
                kind="account", dedupe_key=f"a{number}", to=address, subject="Code", text="1", due=now
            )
        reminders.queue_reminders(now)
        chain.seal(self.edition, now=now, is_hourly=True)
        self.mailbox = [
            (row.to, envelope.as_mail(row).extra_headers["Message-ID"], 0.0) for row in Message.objects.order_by("pk")
        ]
        Message.objects.update(state="sent")

    def _vote(self, one, *, now):
        user = User.objects.get(pk=one[1])
        cast_vote.begin(edition=self.edition, user=user, country=None, stakeholder_type="", now=now)
        cast_vote.cast(edition=self.edition, user=user, number=one[2], code=one[3], arrived=now, now=now, ip="::1")
        self.acknowledged["vote"][one] = 0.0

    def _take_part(self, kind, one, *, now):
        row, session = Registration.objects.get(pk=one[1]), Session.objects.get(pk=one[2])
        if kind == "join":
            joining.enter(registration=row, session=session, now=now, source="join")
        else:
            booking.book(registration=row, session=session, now=now)
        self.acknowledged[kind][one] = 0.0

    def findings(self, **values):
        return checker.findings(
            acknowledged=self.acknowledged,
            tried=self.acknowledged,
            mailbox=self.mailbox,
            due_reminders=[pk for pk, _moment in self.world.reminders],
            **values,
        )


def again(model):
    """A second row like the first, which only a table without its constraints takes."""
    with connection.cursor() as cursor:
        world.drop_constraints(model, cursor)
    row = model.objects.order_by("pk").first()
    row.pk = model.objects.aggregate(most=Max("pk"))["most"] + 1
    row.save(force_insert=True)


def gone(rows):
    rows.model.objects.filter(pk=rows.order_by("pk").first().pk).delete()


def other_nominee():
    vote = Vote.objects.order_by("pk").first()
    other = Nomination.objects.filter(category=vote.category_id).exclude(pk=vote.nominee_id).first()
    Vote.objects.filter(pk=vote.pk).update(nominee=other)


def lost_mail(kind):
    def plant(kept):
        row = Message.objects.filter(kind=kind).order_by("pk").first()
        kept.mailbox = [mail for mail in kept.mailbox if not mail[1].startswith(f"<{row.pk}.")]

    return plant


def unwritten_mail(kind):
    def plant(kept):
        lost_mail(kind)(kept)
        gone(Message.objects.filter(kind=kind))

    return plant


PLANTS = {
    "is lost": lambda kept: gone(Vote.objects.all()),
    "nobody cast": lambda kept: other_nominee(),
    "in category 1 stands 2 times": lambda kept: again(Vote),
    "has 2 ballots": lambda kept: again(Ballot),
    "join of": lambda kept: gone(Attendance.objects.all()),
    "stands 2 times": lambda kept: again(Attendance),
    "booking of": lambda kept: gone(Booking.objects.filter(session__code=kept.world.bookings[0][3])),
    "without a commitment": lambda kept: gone(Commitment.objects.all()),
    "commitments too many": lambda kept: Commitment.objects.create(edition=kept.edition, value=b"x" * 32),
    "does not lead to its vote": lambda kept: Ballot.objects.update(secret="0" * 16),
    "does not follow": lambda kept: Block.objects.filter(number=1).update(head="0" * 64),
    "account to coder0@example.org never came": lost_mail("account"),
    "ballot-receipt to": lost_mail("ballot-receipt"),
    "reminder to": lost_mail("reminder"),
    "mails came twice, at most 0 may": lambda kept: kept.mailbox.append(kept.mailbox[0]),
    "came 3 times": lambda kept: kept.mailbox.extend([kept.mailbox[0]] * 2),
    "no row of the outbox": lambda kept: kept.mailbox.append(("x@example.org", "<1.abc@example.org>", 0.0)),
    "the outbox says failed": lambda kept: Message.objects.filter(kind="reminder").update(state="failed"),
    "no log-in code was written for": unwritten_mail("account"),
    "is complete and has 0 receipts": unwritten_mail("ballot-receipt"),
    "has 0 reminders": unwritten_mail("reminder"),
}


def test_site_that_kept_its_word_has_no_findings(db):
    assert Kept().findings() == []


def test_checker_finds_each_thing_that_is_planted(db, subtests):
    kept = Kept()
    mailbox = kept.mailbox
    for sentence, plant in PLANTS.items():
        with subtests.test(sentence), transaction.atomic():
            kept.mailbox = list(mailbox)
            plant(kept)
            assert [one for one in kept.findings() if sentence in one]
            transaction.set_rollback(True)


def test_checker_lets_pass_the_one_mail_that_smtp_cannot_tell(db):
    kept = Kept()
    kept.mailbox.append(kept.mailbox[0])

    assert kept.findings(may_repeat=1) == []


@pytest.mark.services
@pytest.mark.parametrize("careless", [False, True], ids=["with locks", "without locks and constraints"])
def test_everything_sent_twice_at_once_counts_once_only_with_locks(careless, short_folder, django_db_blocker):
    """Each change goes out on two connections at the same moment. Without locks and constraints the checker must see it."""
    more = {"DJANGO_SETTINGS_MODULE": "tests.services.whole_site.careless"} if careless else {}
    with Stage(short_folder, django_db_blocker, **more) as stage:
        if careless:
            with stage.rows(), connection.cursor() as cursor:
                for model in (Vote, Attendance, Booking):
                    world.drop_constraints(model, cursor)
        stage.load.is_double = True
        stage.load.set_rates({"vote": 8, "join": 5, "booking": 5})
        stage.load.start()
        until(lambda: len(stage.load.acknowledged["vote"]) >= 60, seconds=90, what="sixty votes")
        found = stage.finish()

    doubled = {kind for kind in ("vote", "join", "booking") if any(kind in one and "times" in one for one in found)}
    assert (found == [], bool(doubled)) == (not careless, careless), Counter(one.split()[0] for one in found)
