"""Sample ballots with their votes, commitments and blocks, as many as wanted, in portions that fit into memory."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched, count, cycle, groupby, islice
from operator import attrgetter
from typing import Any

from allauth.account.models import EmailAddress

from events.models import Country, User
from events.sample.loader import BATCH, Loader, Row, read
from prizes.chain import chain, commitments
from prizes.models import Ballot, Block, Commitment, Edition, Nomination, Phase, Trace, Vote
from prizes.sample.projects import DATA
from prizes.vote import network_key, network_traces, voter_traces

HOUR = timedelta(hours=1)
AT_ONCE = 2000  # ballots written in one go
CHANGED = 33  # one choice of so many was changed, where votes are not final
SCRIPT, DOUBLE = "script", "double"  # ballots that a look into the log-book would find
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"  # a choice: the place of the nominee in the category, by code


def rows_of(key: str, *, full: int | None = None) -> list[Row]:
    """The ballots of an edition by their beginning. `full`: so many full ones that count; what the file has is repeated by others."""
    rows = [row for row in read(DATA / "ballots.csv") if row["edition"] == key]
    if full is not None:
        counted = [row for row in rows if not row["kind"] and len(row["choices"]) == 18]
        rest = [row for row in rows if row not in counted]
        more = cycle(row | {"voter": ""} for row in counted)
        rows = counted[:full] + list(islice(more, max(0, full - len(counted)))) + rest
    return sorted(rows, key=lambda row: int(row["began"]))


def confirm(users: Iterable[User]) -> None:
    """Confirm the addresses of accounts that have none confirmed yet."""
    without = User.objects.filter(pk__in=[user.pk for user in users], emailaddress__isnull=True).order_by("pk")
    EmailAddress.objects.bulk_create(
        (EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in without), batch_size=BATCH
    )


class Filling:
    """Fills the ballots of an edition from the opening on, and seals the hours that are over at `until`."""

    def __init__(self, edition: Edition, sample: Loader, *, until: datetime) -> None:
        self.edition, self.sample, self.until = edition, sample, until
        self.opens = edition.phases.get(kind=Phase.Kind.VOTING).starts.astimezone(UTC)
        self.regions = dict(Country.objects.values_list("pk", "prize_region"))
        self.key = network_key.key(edition)  # None where its folder is out of reach: no traces then
        stand = Nomination.objects.filter(edition=edition, state=Nomination.State.NOMINATED).select_related("category")
        grouped = groupby(stand.order_by("category__number", "code"), key=attrgetter("category"))
        self.fields = [(category, list(nominees)) for category, nominees in grouped]
        self.suspects: dict[str, list[int]] = {SCRIPT: [], DOUBLE: []}
        self.numbers = count(1)

    def fill(self, rows: Sequence[Row]) -> dict[str, list[int]]:
        """Write everything, each choice into the block of its hour. Return the suspicious ballots by sort."""
        first = chain.open_chain(self.edition, now=self.opens)
        hours = range(1, math.ceil((self.until - self.opens) / HOUR))  # those that are over
        self.blocks = Block.objects.bulk_create(
            Block(edition=self.edition, number=number, sealed=self.opens + number * HOUR, choices=0) for number in hours
        )
        for portion in batched(rows, AT_ONCE):
            self._write(portion)
        self._seal(first.head)
        voter_traces.catch_up(self.edition)
        return self.suspects

    def _seal(self, head: str) -> None:
        """Hash each block onto the one before, as `chain.seal`, but for the millions of rows that it would write again."""
        for block in self.blocks:
            values = list(chain.values(Commitment.objects.filter(block=block)))
            stamp = commitments.stamp(block.sealed)
            head = commitments.next_head(head, number=block.number, sealed=stamp, notes=[], commitments=values)
            block.choices, block.head = len(values), head
        Block.objects.bulk_update(self.blocks, ["choices", "head"])

    def _write(self, rows: Sequence[Row]) -> None:
        ballots = Ballot.objects.bulk_create(self._ballots(rows), batch_size=BATCH)
        self.votes: list[Vote] = []
        self.commitments: list[Commitment] = []
        traces = []
        for row, ballot in zip(rows, ballots, strict=True):
            self._choose(ballot, row)
            if row["kind"]:
                self.suspects[row["kind"]].append(ballot.pk)
            if self.key:  # under an empty one a hash would be as good as the address
                for kind in network_traces.PLACES:
                    digest = network_traces.digest(self.key, kind=kind, ip=row["address"])
                    traces.append(Trace(ballot=ballot, kind=kind, digest=digest))
        Vote.objects.bulk_create(self.votes, batch_size=BATCH)
        Commitment.objects.bulk_create(self.commitments, batch_size=BATCH)
        Trace.objects.bulk_create(traces, batch_size=BATCH)

    def _ballots(self, rows: Sequence[Row]) -> list[Ballot]:
        fresh = iter(User.objects.bulk_create(self._account(row) for row in rows if not row["voter"]))
        users = [self.sample.row(User, row["voter"]) if row["voter"] else next(fresh) for row in rows]
        confirm(users)
        return [self._ballot(row, user=user) for row, user in zip(rows, users, strict=True)]

    def _account(self, row: Row) -> User:
        name, number = f"e{self.edition.forum.slug}", next(self.numbers)
        email = f"voter{number:06d}@{name}.voters.sample.invalid"
        if row["kind"] == DOUBLE:  # one mailbox under several addresses
            email = f"kim.sample+{name}{number}@people.sample.invalid"
        return User(email=email, name=f"Sample voter {number}", password="!", date_joined=self.opens)  # noqa: S106  none

    def _times(self, row: Row) -> list[datetime]:
        """When a ballot was begun, and when each of its choices was made."""
        begun = self.opens + timedelta(seconds=int(row["began"]))
        return [begun + timedelta(seconds=int(row["pace"]) * n) for n in range(len(row["choices"]) + 1)]

    def _ballot(self, row: Row, *, user: User) -> Ballot:
        times, is_complete = self._times(row), len(row["choices"]) == len(self.fields)
        return Ballot(
            edition=self.edition,
            user=user,
            country_id=row["country"] or None,
            region=self.regions.get(row["country"], ""),
            stakeholder_type=row["stakeholder_type"],
            secret=commitments.new_secret(),
            chosen=len(row["choices"]),
            is_complete=is_complete,
            receipts=int(is_complete),
            began=times[0],
            first_choice=times[1],
            last_choice=times[-1],
        )

    def _choose(self, ballot: Ballot, row: Row) -> None:
        for (category, nominees), sign, cast in zip(self.fields, row["choices"], self._times(row)[1:], strict=False):
            chosen, number = nominees[DIGITS.index(sign)], category.number
            tracker = commitments.tracker(ballot.secret, edition=self.edition.forum.slug, number=number)
            nonce = self._commit(tracker=tracker, number=number, code=chosen.code, cast=cast)
            values: dict[str, Any] = {"category": category, "nominee": chosen, "tracker": tracker, "nonce": nonce}
            self.votes.append(Vote(ballot=ballot, cast=cast, **values))
            if not self.edition.votes_final and len(self.votes) % CHANGED == 0:  # an earlier choice, replaced since
                self._commit(tracker=tracker, number=number, code=nominees[0].code, cast=cast)

    def _commit(self, *, tracker: str, number: int, code: str, cast: datetime) -> str:
        """The commitment of a choice, in the block of its hour where that is over; returns the nonce."""
        nonce = commitments.new_nonce()
        value = commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code)
        hour = (cast - self.opens) // HOUR
        block = self.blocks[hour] if hour < len(self.blocks) else None
        self.commitments.append(Commitment(edition=self.edition, value=value, block=block))
        return nonce
