"""Sample ballots with their votes, commitments and blocks, as many as wanted, in portions that fit into memory."""

import random
from datetime import UTC, datetime, timedelta
from itertools import groupby
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
from prizes.vote import network_key, network_traces

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
        self.edition, self.rng = edition, rng
        self.kinds = voters.crowd(full=full, partial=partial)
        self.electorate = voters.draw(edition.forum, count=len(self.kinds), rng=rng)
        self.opens = phase(edition, Phase.Kind.VOTING).starts.astimezone(UTC)
        self.seconds = (until - self.opens).total_seconds()
        self.hours = int(self.seconds // voters.HOUR)
        self.regions = dict(Country.objects.values_list("pk", "prize_region"))
        self.key = network_key.key(edition)  # None where its folder is out of reach: no traces then
        self.fields = fields(edition)
        given = {"crowd": len(self.kinds), "valid": full, "champions": edition.champions_per_category}
        self.chosen = [choices(len(found.nominees), **given, rng=rng) for found in self.fields]
        self.suspects: dict[str, list[int]] = {SCRIPT: [], DOUBLE: []}

    def fill(self, *, sealed_hours: int | None = None) -> dict[str, list[int]]:
        """Write everything; the commitments after `sealed_hours` hours wait. Return the suspicious ballots by sort."""
        chain.open_chain(self.edition, now=self.opens)
        self.sealed = [bytearray() for _hour in range(self.hours if sealed_hours is None else sealed_hours)]
        self.first_block = reserve(Block, len(self.sealed))
        order = sorted(
            (voters.began(kind, seconds=self.seconds, rng=self.rng), place, kind)
            for place, kind in enumerate(self.kinds)
        )
        for start in range(0, len(order), AT_ONCE):
            self._write(order[start : start + AT_ONCE], number=start)
        self._seal()
        return self.suspects

    def _write(self, order: list[tuple[float, int, str]], *, number: int) -> None:
        confirm([user for _at, place, _kind in order if (user := self.electorate[place].user_id)])
        new = [kind for _at, place, kind in order if not self.electorate[place].user_id]
        fresh = iter(voters.open_accounts(new, name=f"e{self.edition.forum.slug}", first=number + 1, at=self.opens))
        portion: Portion = {model: [] for model in (Ballot, Vote, Commitment, Trace)}
        for ballot, (at, place, kind) in enumerate(order, reserve(Ballot, len(order))):
            user = self.electorate[place].user_id or next(fresh)
            self._ballot(portion, ballot=ballot, user=user, place=place, kind=kind, at=at)
            if kind in self.suspects:
                self.suspects[kind].append(ballot)
        for model, rows in portion.items():
            insert(model, rows)

    def _ballot(self, portion: Portion, *, ballot: int, user: int, place: int, kind: str, at: float) -> None:
        voter, rng = self.electorate[place], self.rng
        count = rng.randint(1, len(self.fields) - 1) if kind == PARTIAL else len(self.fields)
        times = voters.moments(kind, begin=at, choices=count, rng=rng)
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
                "began": self._at(at),
                "first_choice": self._at(times[0]),
                "last_choice": self._at(times[-1]),
            }
        )
        for found, chosen, time in zip(
            self.fields, self.chosen, times, strict=False
        ):  # a partial ballot has fewer times
            self._vote(portion, ballot=ballot, found=found, place=chosen[place], secret=secret, time=time)
        self._leave_traces(portion, ballot=ballot, ip=voters.address(kind, number=place, rng=rng))

    def _leave_traces(self, portion: Portion, *, ballot: int, ip: str) -> None:
        """Under an empty key a hash would be as good as the address: without a key there are no traces."""
        if self.key is None:
            return
        for kind in Trace.Kind.values:
            digest = network_traces.digest(self.key, kind=kind, ip=ip)
            portion[Trace].append({"ballot_id": ballot, "kind": kind, "digest": digest})

    def _at(self, seconds: float) -> datetime:
        return self.opens + timedelta(seconds=seconds)

    def _vote(self, portion: Portion, *, ballot: int, found: Field, place: int, secret: str, time: float) -> None:
        pk, code = found.nominees[place]
        tracker = commitments.tracker(secret, edition=self.edition.forum.slug, number=found.number)
        vote = {"ballot_id": ballot, "category_id": found.category_id, "nominee_id": pk, "tracker": tracker}
        nonce = self._commit(portion, tracker=tracker, number=found.number, code=code, time=time)
        portion[Vote].append(vote | {"nonce": nonce, "cast": self._at(time)})
        if not self.edition.votes_final and self.rng.random() < CHANGED:  # an earlier choice, replaced since
            _pk, earlier = self.rng.choice(found.nominees)
            self._commit(portion, tracker=tracker, number=found.number, code=earlier, time=time - 5)

    def _commit(self, portion: Portion, *, tracker: str, number: int, code: str, time: float) -> str:
        """The commitment of a choice, in the block of its hour where that is sealed; returns the nonce."""
        nonce = commitments.new_nonce()
        value = commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code)
        hour, block = max(0, int(time // voters.HOUR)), None
        if hour < len(self.sealed):
            self.sealed[hour] += value
            block = self.first_block + hour
        portion[Commitment].append({"edition_id": self.edition.pk, "value": value, "block_id": block})
        return nonce

    def _seal(self) -> None:
        """One block for each hour, hashed onto the one before."""
        head, rows = chain.head(self.edition), []
        for hour, kept in enumerate(self.sealed):
            sealed, block = self.opens + timedelta(hours=hour + 1), {"edition_id": self.edition.pk, "number": hour + 1}
            values = sorted(bytes(kept[place : place + 32]) for place in range(0, len(kept), 32))
            head = commitments.next_head(
                head, number=hour + 1, sealed=commitments.stamp(sealed), notes=[], commitments=values
            )
            made = {"id": self.first_block + hour, "sealed": sealed, "choices": len(values), "head": head}
            rows.append(block | made)
        insert(Block, rows)
