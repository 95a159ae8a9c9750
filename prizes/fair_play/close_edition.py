"""The end of an edition, decided by two: what could tell who voted for what, and from where, is deleted for good.

Votes, commitments and traces go, with the hashes of addresses that stand in the history; ballots lose their secret and
their times and get new numbers in an order that tells nothing; the mails of the vote go, because the moment of a receipt says in which block its choices stand; of several
counts only the last keeps its results and its bundle, because the difference of two counts is the choices of the
ballots that were set aside between them. The key of the edition is destroyed. Results, turnout, chain and bundle stay.
What remains in backups and logs of the machine is for its keepers to delete (docs/operations.md).
"""

from datetime import datetime
from functools import partial
from typing import Unpack

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, Message, User
from events.shared.history import log as history
from events.shared.jobs.sweeps import Sweep
from events.shared.pages import revision
from events.shared.rights.two_people import approvals
from events.shared.rights.two_people.approvals import ApprovalKind, Proposing
from prizes.editions import embargo
from prizes.editions import log as editions_log
from prizes.editions.verbs import PrizeVerb
from prizes.models import (
    Ballot,
    Commitment,
    Count,
    Edition,
    Honour,
    QuarantinedBallot,
    Result,
    Trace,
    Turnout,
    Vote,
    VoterAddress,
)
from prizes.vote import network_key
from registration.people.accounts.verbs import AccountVerb

CLOSED = Sweep("closed-votes", gettext_lazy("Keys and old counts of closed editions"))

# The mails about ballots (prizes.vote.ballot_mails): their moments would tell when somebody voted.
MAIL_KINDS = "ballot-"
# What a ballot keeps: that the account voted, for the turnout, and whether it counted.
KEPT = "edition_id, user_id, country_id, region, stakeholder_type, chosen, is_complete, is_quarantined, receipts"
TABLES = {"ballot": Ballot, "entry": QuarantinedBallot}

# The ballots again: copied in a random order, deleted, and written again under the numbers that come next. Until
# then the entries of quarantines lead nowhere: the database asks only at the end of the transaction.
KEEP_BALLOTS = """
    CREATE TEMPORARY TABLE closing_ballot AS SELECT id AS old, {kept} FROM {ballot} WHERE edition_id = %s ORDER BY random()
"""
DELETE_BALLOTS = "DELETE FROM {ballot} WHERE edition_id = %s"
WRITE_BALLOTS = """
    INSERT INTO {ballot} ({kept}, secret) SELECT {kept}, '' FROM closing_ballot WHERE edition_id = %s
"""
POINT_ENTRIES = """
    UPDATE {entry} SET ballot_id = ballot.id
    FROM closing_ballot kept JOIN {ballot} ballot ON ballot.user_id = kept.user_id
    WHERE kept.old = {entry}.ballot_id AND ballot.edition_id = %s
"""


@transaction.atomic
def propose(edition: Edition, **proposing: Unpack[Proposing]) -> Approval:
    """Propose to close an edition for good; nothing is deleted before a second person agrees (`_close`).

    Refuses `closed`, `winners-not-announced` until the announcement of the winners is in effect, and as `approvals.propose`
    does.
    """
    locked = Edition.objects.lock(edition.pk)
    _check(locked, now=proposing["now"])
    return approvals.propose(CLOSE, locked, forum=locked.forum, **proposing)


def _check(edition: Edition, *, now: datetime) -> None:
    if edition.closed:
        raise ValidationError(_("The edition is closed already"), code="closed")
    if not embargo.is_lifted(edition, kind=Honour.WINNERS, now=now):
        raise ValidationError(
            _("An edition can be closed once the winners are announced"), code="winners-not-announced"
        )


def _close(approval: Approval, locked: Edition, by: User, now: datetime) -> None:
    """The edition is closed for good. It cannot be undone.

    Refuses `closed`, `winners-not-announced`. The file of the key is destroyed once this is committed; where that fails,
    `tidy` tries again.
    """
    _check(locked, now=now)
    # Nothing hangs on these rows: each is one DELETE, and none comes to Python.
    Trace.objects.filter(ballot__edition=locked).delete()
    VoterAddress.objects.filter(edition=locked).delete()
    history.of(locked).filter(verb=AccountVerb.CHANGE_EMAIL).update(before={}, after={})
    votes, _rows = Vote.objects.filter(ballot__edition=locked).delete()
    commitments, _rows = Commitment.objects.filter(edition=locked).delete()
    ballots = _shuffle_ballots(locked)
    Message.objects.filter(kind__startswith=MAIL_KINDS, forum=locked.forum_id).delete()
    for model in (Result, Turnout):
        model.objects.filter(count__in=_older_counts(locked)).delete()
    locked.closed = now
    locked.save(update_fields=["closed"])
    details = {"votes": votes, "commitments": commitments, "ballots": ballots}
    editions_log.record(
        locked, verb=PrizeVerb.CLOSE_EDITION, by=by, now=now, subject=locked.name, reason=approval.reason, after=details
    )
    revision.bump()
    transaction.on_commit(partial(tidy, now), robust=True)


CLOSE = approvals.add(
    ApprovalKind(
        name="close-edition",
        words=gettext_lazy("Close the edition for good"),
        permission="prizes.close_edition",
        verbs=(PrizeVerb.PROPOSE_CLOSING, "", PrizeVerb.DROP_CLOSING),
        lock=lambda approval, _now: Edition.objects.lock(approval.subject),
        carry_out=_close,
    )
)


def tidy(now: datetime) -> None:
    """Destroy the keys of closed editions and delete the bundles of their older counts. Twice changes nothing.

    Called once an edition is closed, and with every round of `prizes.scheduler`: what could not be deleted is tried again.
    """
    closed = Edition.objects.filter(closed__isnull=False).order_by("pk")
    CLOSED.each(closed, lambda edition: _tidy(edition, now=now), now=now)


def _tidy(edition: Edition, *, now: datetime) -> None:
    if edition.key_destroyed is None or network_key.is_left(edition):
        network_key.destroy(edition)
        Edition.objects.filter(pk=edition.pk, key_destroyed__isnull=True).update(key_destroyed=now)
    for older in _older_counts(edition).exclude(bundle=""):
        older.bundle.delete(save=False)
        Count.objects.filter(pk=older.pk).update(bundle="")


def _older_counts(edition: Edition) -> QuerySet[Count]:
    counts = Count.objects.filter(edition=edition).order_by("-number")
    return counts.exclude(pk__in=counts.values("pk")[:1])


def _shuffle_ballots(edition: Edition) -> int:
    """Write the ballots again in a random order, without secret and times, under new numbers; return how many.

    The old numbers told in which order the ballots were begun; the places of the rows in the table, which a dump
    follows, told in which order they were last changed.
    """
    names = {name: connection.ops.quote_name(model._meta.db_table) for name, model in TABLES.items()}
    with connection.cursor() as cursor:  # millions of rows go without one coming to Python
        for step in (KEEP_BALLOTS, DELETE_BALLOTS, WRITE_BALLOTS, POINT_ENTRIES):
            cursor.execute(step.format(**names, kept=KEPT), [edition.pk])
        cursor.execute("DROP TABLE closing_ballot")
    return Ballot.objects.filter(edition=edition).count()
