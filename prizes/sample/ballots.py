"""Sample ballots with their votes, commitments and blocks, as many as wanted, in portions that fit into memory."""

import math
import random
from datetime import UTC, datetime, timedelta
from itertools import batched, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Model

from events.models import Country
from prizes.chain import chain, commitments
from prizes.models import Ballot, Block, Commitment, Edition, Nomination, Phase, Trace, Vote
from prizes.sample import voters
from prizes.sample.bulk_rows import confirm, insert, reserve
from prizes.sample.cycle import phase
from prizes.sample.voters import DOUBLE, PARTIAL, SCRIPT
from prizes.vote import network_key, network_traces, voter_traces

HOUR = timedelta(hours=1)
AT_ONCE = 2000  # ballots written in one go
CHANGED = 0.03  # share of choices that were changed, where votes are not final
Portion = dict[type[Model], list[dict[str, Any]]]  # rows that are written together


class Field(NamedTuple):
    """A category with its nominees (key and code)."""

    number: int
    category_id: int
    nominees: list[tuple[int, str]]


def fields(edition: Edition) -> list[Field]:
    """The categories with nominees, in order."""
    stand = Nomination.objects.filter(edition=edition, state=Nomination.State.NOMINATED)
    rows = stand.order_by("category__number", "code").values_list("category__number", "category_id", "pk", "code")
    return [
        Field(number, category, [(pk, code) for *_category, pk, code in found])
        for (number, category), found in groupby(rows, key=itemgetter(0, 1))
    ]


def choices(count: int, *, crowd: int, valid: int, champions: int, rng: random.Random) -> bytearray:
    """Which of `count` nominees each of a crowd chooses; among the first `valid` no tie lies across the champions' line."""
    weights = [1 / (rank + 2.5) * rng.uniform(0.85, 1.15) for rank in range(count)]
    rng.shuffle(weights)
    drawn = bytearray(rng.choices(range(count), weights=weights, k=crowd))
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

    def __init__(self, edition: Edition, *, full: int, partial: int, until: datetime, rng: random.Random) -> None:
        self.edition, self.rng, self.until = edition, rng, until
        self.kinds = voters.crowd(full=full, partial=partial)
        self.electorate = voters.draw(edition.forum, count=len(self.kinds), rng=rng)
        self.opens = phase(edition, Phase.Kind.VOTING).starts.astimezone(UTC)
        self.regions = dict(Country.objects.values_list("pk", "prize_region"))
        self.key = network_key.key(edition)  # None where its folder is out of reach: no traces then
        self.fields = fields(edition)
        given = {"crowd": len(self.kinds), "valid": full, "champions": edition.champions_per_category}
        self.chosen = [choices(len(found.nominees), **given, rng=rng) for found in self.fields]
        self.suspects: dict[str, list[int]] = {SCRIPT: [], DOUBLE: []}
        self.opened = 0  # accounts so far

    def fill(self) -> dict[str, list[int]]:
        """Write everything, each choice into the block of its hour. Return the suspicious ballots by sort."""
        first = chain.open_chain(self.edition, now=self.opens)
        seconds = (self.until - self.opens).total_seconds()
        numbers = range(1, math.ceil(seconds / voters.HOUR))  # of the hours that are over
        self.blocks = Block.objects.bulk_create(
            Block(edition=self.edition, number=number, sealed=self.opens + number * HOUR, choices=0)
            for number in numbers
        )
        order = sorted(
            (voters.began(kind, seconds=seconds, rng=self.rng), place) for place, kind in enumerate(self.kinds)
        )
        for portion in batched(order, AT_ONCE):
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

    def _write(self, order: tuple[tuple[float, int], ...]) -> None:
        confirm([user for _at, place in order if (user := self.electorate[place].user_id)])
        new = [self.kinds[place] for _at, place in order if not self.electorate[place].user_id]
        name = f"e{self.edition.forum.slug}"
        fresh = iter(voters.open_accounts(new, name=name, first=self.opened + 1, at=self.opens))
        self.opened += len(new)
        portion: Portion = {model: [] for model in (Ballot, Vote, Commitment, Trace)}
        for ballot, (at, place) in enumerate(order, reserve(Ballot, len(order))):
            user = self.electorate[place].user_id or next(fresh)
            self._ballot(portion, ballot=ballot, user=user, place=place, at=at)
            if self.kinds[place] in self.suspects:
                self.suspects[self.kinds[place]].append(ballot)
        for model, rows in portion.items():
            insert(model, rows)

    def _ballot(self, portion: Portion, *, ballot: int, user: int, place: int, at: float) -> None:
        voter, kind, rng = self.electorate[place], self.kinds[place], self.rng
        count = rng.randint(1, len(self.fields) - 1) if kind == PARTIAL else len(self.fields)
        moments = voters.moments(kind, begin=at, choices=count, rng=rng)
        times = [self.opens + timedelta(seconds=moment) for moment in moments]
        secret, is_complete = commitments.new_secret(), count == len(self.fields)
        portion[Ballot].append(
            {
                "id": ballot,
                "edition_id": self.edition.pk,
                "user_id": user,
                "country_id": voter.country,
                "region": self.regions.get(voter.country or "", ""),
                "stakeholder_type": voter.stakeholder_type,
                "secret": secret,
                "chosen": count,
                "is_complete": is_complete,
                "receipts": int(is_complete),
                "began": self.opens + timedelta(seconds=at),
                "first_choice": times[0],
                "last_choice": times[-1],
            }
        )
        # A partial ballot has fewer times.
        for found, chosen, time in zip(self.fields, self.chosen, times, strict=False):
            pk, code = found.nominees[chosen[place]]
            tracker = commitments.tracker(secret, edition=self.edition.forum.slug, number=found.number)
            vote = {"ballot_id": ballot, "category_id": found.category_id, "nominee_id": pk, "cast": time}
            nonce = self._commit(portion, tracker=tracker, number=found.number, code=code, time=time)
            portion[Vote].append(vote | {"tracker": tracker, "nonce": nonce})
            if not self.edition.votes_final and rng.random() < CHANGED:  # an earlier choice, replaced since
                _pk, earlier = rng.choice(found.nominees)
                self._commit(portion, tracker=tracker, number=found.number, code=earlier, time=time)
        ip = voters.address(kind, number=place, rng=rng)
        if self.key:  # under an empty one a hash would be as good as the address
            digests = {trace: network_traces.digest(self.key, kind=trace, ip=ip) for trace in network_traces.PLACES}
            portion[Trace] += [{"ballot_id": ballot, "kind": trace, "digest": text} for trace, text in digests.items()]

    def _commit(self, portion: Portion, *, tracker: str, number: int, code: str, time: datetime) -> str:
        """The commitment of a choice, in the block of its hour where that is over; returns the nonce."""
        nonce = commitments.new_nonce()
        value = commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code)
        hour = (time - self.opens) // HOUR
        block = self.blocks[hour].pk if hour < len(self.blocks) else None
        portion[Commitment].append({"edition_id": self.edition.pk, "value": value, "block_id": block})
        return nonce
