"""Compares what a site acknowledged with what is in its database and in the mailbox. Whatever differs is a finding.

It trusts nothing that the site says about itself: votes, joins and bookings are rows, mails are what the mail server
took, and the chain is folded again from the commitments.
"""

import re
from collections import Counter

from django.db.models import Count

from events.models import Message
from prizes.chain import chain, commitments
from prizes.models import Ballot, Commitment, Edition, Vote
from prizes.vote import ballot_mails
from registration.models import Attendance, Booking
from registration.sessions.agenda import reminders
from tests.services.whole_site.world import FORUM


def findings(*, acknowledged, tried, mailbox, due_reminders=(), may_repeat=0):
    """Everything that is lost or doubled, a sentence each; an empty list for a site that kept its word.

    `acknowledged`, `tried`: by kind, as tests.services.whole_site.load keeps them. `mailbox`: (to, Message-ID, moment) of each
    mail that the server took. `due_reminders`: bookings whose reminder fell due. `may_repeat`: how many mails may have
    come twice, with the same Message-ID: those that a killed worker had handed over, or whose answer nobody heard.
    """
    return [
        *_votes(acknowledged["vote"], tried["vote"]),
        *_rows(Attendance, acknowledged["join"], tried["join"], name="join"),
        *_rows(Booking, acknowledged["booking"], tried["booking"], name="booking"),
        *_chain(),
        *_mails(mailbox, may_repeat=may_repeat),
        *_expected_mails(acknowledged["code"], due_reminders),
    ]


def _votes(acknowledged, tried):
    wanted = {(user, number): code for _key, user, number, code in acknowledged}
    possible = {(user, number, code) for _key, user, number, code in tried}
    rows = Vote.objects.filter(ballot__edition__forum__slug=FORUM)
    found = list(rows.values_list("ballot__user", "category__number", "nominee__code"))
    times = Counter((user, number) for user, number, _code in found)
    have = {(user, number): code for user, number, code in found}
    for one, code in wanted.items():
        if have.get(one) != code:
            yield f"vote of account {one[0]} in category {one[1]} is lost"
    yield from (f"vote of account {user} in category {n} stands {k} times" for (user, n), k in times.items() if k > 1)
    yield from (f"vote nobody cast: {one}" for one in found if one not in possible)
    doubled = Ballot.objects.filter(edition__forum__slug=FORUM).values("user").annotate(n=Count("pk")).filter(n__gt=1)
    yield from (f"account {row['user']} has {row['n']} ballots" for row in doubled)


def _rows(model, acknowledged, tried, *, name):
    found = Counter(model.objects.values_list("registration", "session"))
    possible = {(registration, session) for _key, registration, session, _code in tried}
    for _key, registration, session, _code in acknowledged:
        if not found[registration, session]:
            yield f"{name} of {registration} in session {session} is lost"
    for (registration, session), times in found.items():
        if times > 1 and (registration, session) in possible:
            yield f"{name} of {registration} in session {session} stands {times} times"


def _chain():
    """Each vote's commitment once, every block's head follows from the one before, each receipt's trackers are its votes'."""
    edition = Edition.objects.get(forum__slug=FORUM)
    votes = Vote.objects.filter(ballot__edition=edition)
    wanted = Counter()
    for nonce, tracker, number, code, secret in votes.values_list(
        "nonce", "tracker", "category__number", "nominee__code", "ballot__secret"
    ):
        if commitments.tracker(secret, edition=FORUM, number=number) != tracker:
            yield f"a receipt does not lead to its vote in category {number}"
        wanted[commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code)] += 1
    rows = Commitment.objects.filter(edition=edition)
    found = Counter(bytes(value) for value in rows.values_list("value", flat=True))
    if missing := wanted - found:
        yield f"{missing.total()} votes without a commitment"
    if spare := found - wanted:
        yield f"{spare.total()} commitments too many"
    yield from _heads(edition)


def _heads(edition):
    head = None
    for block in chain.blocks(edition):
        values = sorted(bytes(v) for v in Commitment.objects.filter(block=block).values_list("value", flat=True))
        if head is not None:
            stamp = commitments.stamp(block.sealed)
            head = commitments.next_head(head, number=block.number, sealed=stamp, notes=block.notes, commitments=values)
            if head != block.head or len(values) != block.choices:
                yield f"block {block.number} does not follow from the one before"
        head = block.head


def _mails(mailbox, *, may_repeat):
    """Each row of the outbox is sent and came once; nothing came that is no row."""
    rows = {row.pk: row for row in Message.objects.only("pk", "to", "kind", "state", "dedupe_key")}
    came = Counter()
    for to, key, _moment in mailbox:
        number = int(re.match(r"<(\d+)\.", key)[1])
        came[number] += 1
        if number not in rows or rows[number].to != to:
            yield f"a mail to {to} that is no row of the outbox"
    for row in rows.values():
        if row.state == Message.State.CANCELLED and not came[row.pk]:
            continue
        if not came[row.pk]:
            yield f"{row.kind} to {row.to} never came ({row.state})"
        elif row.state != Message.State.SENT:
            yield f"{row.kind} to {row.to} came, and the outbox says {row.state}"
    repeated = {number: times for number, times in came.items() if times > 1}
    yield from (f"mail {number} came {times} times" for number, times in repeated.items() if times > 2)
    if len(repeated) > may_repeat:
        names = ", ".join(f"{rows[n].kind} to {rows[n].to}" for n in list(repeated)[:5] if n in rows)
        yield f"{len(repeated)} mails came twice, at most {may_repeat} may: {names}"
    people = Counter((row.kind, row.to, row.dedupe_key) for row in rows.values())
    yield from (f"{kind} to {to} is written {times} times" for (kind, to, _k), times in people.items() if times > 1)


def _expected_mails(codes, due_reminders):
    """A code for each that was acknowledged, a receipt for each complete ballot, a reminder for each booking once due."""
    written = Counter(Message.objects.filter(kind="account").values_list("to", flat=True))
    for address in codes:
        if written[address] != 1 and not written[address]:
            yield f"no log-in code was written for {address}"
    receipts = Counter(Message.objects.filter(kind=ballot_mails.RECEIPT).values_list("about", flat=True))
    for pk in Ballot.objects.filter(edition__forum__slug=FORUM, is_complete=True).values_list("pk", flat=True):
        if receipts[pk] != 1:
            yield f"ballot {pk} is complete and has {receipts[pk]} receipts"
    written = Counter(Message.objects.filter(kind=reminders.KIND).values_list("about", flat=True))
    for pk in due_reminders:
        if written[pk] != 1:
            yield f"booking {pk} has {written[pk]} reminders"
