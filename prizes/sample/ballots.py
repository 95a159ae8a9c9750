"""Sample ballots with their votes, commitments and blocks, as many as wanted, in portions that fit into memory."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from events.models import Country
from prizes.chain import chain, commitments
from prizes.models import Ballot, Block, Commitment, Edition, Nomination, Phase, Trace, Vote
from prizes.sample import voters
from prizes.sample.edition import phase
from prizes.sample.loading import confirm, insert, reserve
from prizes.sample.voters import DOUBLE, PARTIAL, SCRIPT, Crowd, Voter
from prizes.vote import edition_key, network_traces

AT_ONCE = 4000  # ballots written in one go
CHANGED = 0.03  # share of choices that were changed, where votes are not final
FAVOUR = 0.2  # share of votes for a nominee of one's own country, where there is one
BALLOT = [
    "id",
    "edition_id",
    "user_id",
    "country_id",
    "region",
    "stakeholder_type",
    "secret",
    "chosen",
    "is_complete",
    "receipts",
    "began",
    "first_choice",
    "last_choice",
]
VOTE = ["ballot_id", "category_id", "nominee_id", "tracker", "nonce", "cast"]
COMMITMENT = ["edition_id", "value", "block_id"]
TRACE = ["ballot_id", "kind", "digest"]


class Field(NamedTuple):
    """A category with its nominees, and for each country the place of one among them."""

    number: int
    category_id: int
    nominees: list[tuple[int, str]]
    home: dict[str, int]


@dataclass
class Portion:
    """Rows that are written together."""

    ballots: list[tuple[object, ...]] = field(default_factory=list)
    votes: list[tuple[object, ...]] = field(default_factory=list)
    commitments: list[tuple[object, ...]] = field(default_factory=list)
    traces: list[tuple[object, ...]] = field(default_factory=list)

    def write(self) -> None:
        insert(Ballot, BALLOT, self.ballots)
        insert(Vote, VOTE, self.votes)
        insert(Commitment, COMMITMENT, self.commitments)
        insert(Trace, TRACE, self.traces)


def fields(edition: Edition) -> list[Field]:
    """The categories with nominees, in order."""
    rows: dict[int, Field] = {}
    standing = Nomination.objects.filter(edition=edition, state=Nomination.State.NOMINATED)
    for pk, code, country, category, number in standing.order_by("category__number", "code").values_list(
        "pk", "code", "country_id", "category_id", "category__number"
    ):
        found = rows.setdefault(number, Field(number, category, [], {}))
        if country:
            found.home.setdefault(country, len(found.nominees))
        found.nominees.append((pk, code))
    return list(rows.values())


def choices(found: Field, *, crowd: Sequence[Voter], valid: int, champions: int, rng: random.Random) -> bytearray:
    """The place of the nominee that each voter chooses; among the first `valid` no tie lies across the champions' line."""
    count = len(found.nominees)
    weights = [1 / (rank + 2.5) * rng.uniform(0.85, 1.15) for rank in range(count)]
    rng.shuffle(weights)
    drawn = bytearray(rng.choices(range(count), weights=weights, k=len(crowd)))
    for place, voter in enumerate(crowd):
        home = found.home.get(voter.country or "")
        if home is not None and rng.random() < FAVOUR:
            drawn[place] = home
    part_ties(drawn, valid=valid, count=count, champions=champions)
    return drawn


def part_ties(drawn: bytearray, *, valid: int, count: int, champions: int) -> None:
    """Move single votes from the first below the line to the last above it, until they are not tied."""
    if count <= champions:
        return
    while True:
        votes = [drawn.count(place, 0, valid) for place in range(count)]
        order = sorted(range(count), key=lambda place: votes[place], reverse=True)
        above, below = order[champions - 1], order[champions]
        if votes[above] > votes[below] or votes[below] == 0:
            return
        drawn[drawn.index(below, 0, valid)] = above


class Filling:
    """Fills the ballots of an edition from the opening to `until`, and seals the hours that are over."""

    def __init__(self, edition: Edition, *, crowd: Crowd, electorate: list[Voter], until: datetime, rng: random.Random):
        self.edition, self.crowd, self.electorate, self.rng = edition, crowd, electorate, rng
        self.opens = phase(edition, Phase.Kind.VOTING).starts.astimezone(UTC)
        self.seconds = (until - self.opens).total_seconds()
        self.hours = int(self.seconds // voters.HOUR)
        self.regions = dict(Country.objects.values_list("pk", "prize_region"))
        self.key = edition_key.key(edition) or b""
        self.fields = fields(edition)
        self.chosen = [
            choices(found, crowd=electorate, valid=crowd.full, champions=edition.champions_per_category, rng=rng)
            for found in self.fields
        ]
        self.sealed = [bytearray() for _hour in range(self.hours)]
        self.suspects: dict[str, list[int]] = {SCRIPT: [], DOUBLE: []}

    def fill(self, *, sealed_hours: int | None = None) -> dict[str, list[int]]:
        """Write everything; the commitments after `sealed_hours` hours wait. Return the suspicious ballots by sort."""
        if sealed_hours is not None:
            self.sealed = self.sealed[:sealed_hours]
        chain.open_chain(self.edition, now=self.opens)
        self.first_block = reserve(Block, len(self.sealed))
        order = sorted(
            (voters.began(kind, seconds=self.seconds, rng=self.rng), place, kind)
            for place, kind in enumerate(self.crowd.kinds)
        )
        for start in range(0, len(order), AT_ONCE):
            self._write(order[start : start + AT_ONCE], number=start)
        self._seal()
        return self.suspects

    def _write(self, order: list[tuple[float, int, str]], *, number: int) -> None:
        new = [kind for _at, place, kind in order if not self.electorate[place].user_id]
        fresh = iter(voters.open_accounts(new, name=f"e{self.edition.forum.slug}", first=number + 1, at=self.opens))
        ballot = reserve(Ballot, len(order))
        portion, users = Portion(), list[int]()
        for at, place, kind in order:
            user = self.electorate[place].user_id or next(fresh)
            users.append(user)
            self._ballot(portion, ballot=ballot, user=user, place=place, kind=kind, at=at)
            if kind in self.suspects:
                self.suspects[kind].append(ballot)
            ballot += 1
        confirm(users)
        portion.write()

    def _ballot(self, portion: Portion, *, ballot: int, user: int, place: int, kind: str, at: float) -> None:
        voter, rng = self.electorate[place], self.rng
        count = rng.randint(1, len(self.fields) - 1) if kind == PARTIAL else len(self.fields)
        filled = self.fields if kind != PARTIAL else self.fields[:count]
        times = voters.moments(kind, begin=at, choices=count, seconds=self.seconds, rng=rng)
        secret = commitments.new_secret()
        stamps = [self.opens + timedelta(seconds=time) for time in times]
        is_complete = count == len(self.fields)
        region = self.regions.get(voter.country or "", "")
        head = (ballot, self.edition.pk, user, voter.country, region, voter.stakeholder_type, secret, count)
        began = self.opens + timedelta(seconds=at)
        portion.ballots.append((*head, is_complete, int(is_complete), began, stamps[0], stamps[-1]))
        for index, (found, time, cast) in enumerate(zip(filled, times, stamps, strict=True)):
            self._vote(
                portion,
                ballot=ballot,
                found=found,
                place=self.chosen[index][place],
                secret=secret,
                time=time,
                cast=cast,
            )
        ip = voters.address(kind, number=place, rng=rng)
        for trace in Trace.Kind.values:
            portion.traces.append((ballot, trace, network_traces.digest(self.key, kind=trace, ip=ip)))

    def _vote(
        self, portion: Portion, *, ballot: int, found: Field, place: int, secret: str, time: float, cast: datetime
    ) -> None:
        pk, code = found.nominees[place]
        tracker = commitments.tracker(secret, edition=self.edition.forum.slug, number=found.number)
        nonce = commitments.new_nonce()
        portion.votes.append((ballot, found.category_id, pk, tracker, nonce, cast))
        self._commit(portion, nonce=nonce, tracker=tracker, number=found.number, code=code, time=time)
        if not self.edition.votes_final and self.rng.random() < CHANGED:  # an earlier choice, replaced since
            _pk, earlier = self.rng.choice(found.nominees)
            self._commit(
                portion,
                nonce=commitments.new_nonce(),
                tracker=tracker,
                number=found.number,
                code=earlier,
                time=time - 5,
            )

    def _commit(self, portion: Portion, *, nonce: str, tracker: str, number: int, code: str, time: float) -> None:
        value = commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code)
        hour = max(0, int(time // voters.HOUR))
        block = None
        if hour < len(self.sealed):
            self.sealed[hour] += value
            block = self.first_block + hour
        portion.commitments.append((self.edition.pk, value, block))

    def _seal(self) -> None:
        insert(
            Block,
            ["id", "edition_id", "number", "sealed", "choices", "notes", "head"],
            self._blocks(chain.head(self.edition)),
        )

    def _blocks(self, head: str) -> Iterator[tuple[object, ...]]:
        """One block for each hour, hashed onto the one before."""
        for hour, kept in enumerate(self.sealed):
            sealed = self.opens + timedelta(hours=hour + 1)
            values = [bytes(kept[place : place + 32]) for place in range(0, len(kept), 32)]
            head = commitments.next_head(
                head, number=hour + 1, sealed=commitments.stamp(sealed), notes=[], commitments=values
            )
            yield self.first_block + hour, self.edition.pk, hour + 1, sealed, len(values), [], head
