"""The public bundle: everything that a stranger needs to count again, in one zip. docs/verifiable-vote.md describes it.

The same state gives the same bytes. Rows are read from the database in portions, so that millions of votes need
little memory: only their commitments (32 bytes each) are held, to tell which of the chain's were replaced.
"""

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.db import connection
from django.db.models.functions import Collate

from prizes.chain import chain, commitments
from prizes.count import turnout
from prizes.models import Commitment, Count, Quarantine, QuarantinedBallot, Result, Vote

RECOUNT = Path(__file__).parent.parent / "verify" / "recount.py"
README = Path(__file__).with_name("bundle_readme.txt")
MOMENT = (1980, 1, 1, 0, 0, 0)  # the zip's oldest: no file says when it was made
AT_ONCE = 20_000  # rows read in one go
HIDDEN = "hidden"
Row = tuple[Any, ...]


class Changed(RuntimeError):
    """The votes are not those that were counted: a ballot was set aside in between. Count again."""


class Sorter:
    """32-byte values by their first byte: sets of millions, one 256th at a time."""

    def __init__(self) -> None:
        self._parts = [bytearray() for _first in range(256)]

    def add(self, value: bytes) -> None:
        self._parts[value[0]] += value

    def part(self, first: int) -> set[bytes]:
        found = bytes(self._parts[first])
        return {found[place : place + 32] for place in range(0, len(found), 32)}


def attach(count: Count) -> None:
    """Write the bundle of a count into the storage, and its SHA-256 and size into the count's row."""
    with tempfile.TemporaryFile() as file:
        write(count, file)
        count.bundle_bytes = file.tell()
        file.seek(0)
        count.bundle_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        count.bundle.save("bundle.zip", File(file), save=False)
    count.save(update_fields=["bundle", "bundle_sha256", "bundle_bytes"])


def write(count: Count, file: IO[bytes]) -> None:
    """Write the bundle of a count into a file. Raises `Changed` when the votes are not those of the count's results."""
    edition = count.edition
    with zipfile.ZipFile(file, "w") as bundle:
        _whole(bundle, "README.txt", README.read_bytes())
        _whole(bundle, "recount.py", RECOUNT.read_bytes())
        rules = chain.rules(edition)
        _whole(bundle, "rules.json", rules)
        total = _write_chain(bundle, count)
        votes = _Votes(count, numbers=[category["number"] for category in json.loads(rules)["categories"]])
        votes.write(bundle)
        replaced = _write_other(bundle, count, votes)
        _write_results(bundle, count)
        _write_eligible(bundle, count)
        summary = {
            "format": chain.FORMAT,
            "count": count.number,
            "reason": count.reason,
            "head": count.head,
            "choices": {
                "all": total,
                "counted": sum(votes.tally.values()),
                "quarantined": len(votes.quarantined),
                "incomplete": votes.incomplete_choices,
                "replaced": replaced,
            },
            "valid_ballots": count.valid_ballots,
            "incomplete_ballots": count.incomplete_ballots,
            "quarantined_ballots": count.quarantined_ballots,
            # There was no block any more to note it.
            "withdrawn_after_the_last_block": [
                n["nominee"] for n in chain.changes(edition) if n["kind"] == "withdrawn"
            ],
        }
        _whole(bundle, "summary.json", json.dumps(summary, indent=1, ensure_ascii=False).encode())


class _Votes:
    """All votes of the edition in one reading: the counted ones are written, of the others the commitments are kept."""

    def __init__(self, count: Count, *, numbers: list[int]) -> None:
        self.count, self.numbers = count, numbers
        self.tally: Counter[str] = Counter()
        self.known, self.incomplete = Sorter(), Sorter()
        self.incomplete_choices = 0
        self.quarantined: list[tuple[int, str, str, str]] = []
        self._reasons = _reasons(count)

    def write(self, bundle: zipfile.ZipFile) -> None:
        rows = dict.fromkeys(self.numbers)
        for number, found in groupby(self._read(), key=itemgetter(0)):
            rows.pop(number)
            self._write_category(bundle, number, found)
        for number in rows:
            self._write_category(bundle, number, [])
        _table(bundle, "quarantined.csv", "category,tracker,reason,commitment", self.quarantined)
        stand = Result.objects.filter(count=self.count).values_list("nomination__code", "votes")
        if any(self.tally[code] != votes for code, votes in stand):
            raise Changed(f"the votes of count {self.count.number} changed while its bundle was written")

    def _read(self) -> Iterator[tuple[Any, ...]]:
        tracker = Collate("tracker", "C" if connection.vendor == "postgresql" else "BINARY")
        columns = ("category__number", "tracker", "nominee__code", "nonce", "ballot__is_complete")
        votes = Vote.objects.filter(ballot__edition=self.count.edition).order_by("category__number", tracker)
        return votes.values_list(*columns, "ballot__is_quarantined", "ballot_id").iterator(chunk_size=AT_ONCE)

    def _write_category(self, bundle: zipfile.ZipFile, number: int, rows: Iterable[tuple[Any, ...]]) -> None:
        _table(bundle, f"votes/{number:02}.csv", "tracker,nominee,nonce", self._counted(number, rows))

    def _counted(self, number: int, rows: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
        for _number, tracker, nominee, nonce, is_complete, is_quarantined, ballot in rows:
            value = commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=nominee)
            self.known.add(value)
            if is_quarantined:
                self.quarantined.append((number, tracker, self._reasons.get(ballot, "other"), value.hex()))
            elif is_complete:
                self.tally[nominee] += 1
                yield tracker, nominee, nonce
            else:
                self.incomplete_choices += 1
                self.incomplete.add(value)


def _reasons(count: Count) -> dict[int, str]:
    """The published reason of each ballot that is set aside; the first, where there are several."""
    rows = QuarantinedBallot.objects.filter(
        quarantine__edition=count.edition, quarantine__in=Quarantine.objects.in_force()
    )
    return dict(rows.order_by("-quarantine_id").values_list("ballot_id", "quarantine__kind"))


def _write_chain(bundle: zipfile.ZipFile, count: Count) -> int:
    """The blocks and their commitments; returns how many commitments there are."""
    rows: list[Row] = []
    for block in chain.blocks(count.edition):
        notes = commitments.canonical(block.notes if block.number else [])  # those of block 0 are rules.json
        rows.append((block.number, commitments.stamp(block.sealed), block.choices, block.head, notes))
        if block.choices:
            with _lines(bundle, f"chain/{block.number:05}.txt") as lines:
                for value in chain.values(Commitment.objects.filter(block=block)):
                    lines.write(f"{value.hex()}\n")
    _table(bundle, "chain.csv", "number,sealed,commitments,head,notes", rows)
    return sum(row[2] for row in rows)


def _write_other(bundle: zipfile.ZipFile, count: Count, votes: _Votes) -> int:
    """The commitments that no listed vote explains; returns how many of them were replaced by a later choice."""
    states: Counter[str] = Counter()

    def rows() -> Iterator[Row]:
        values = chain.values(Commitment.objects.filter(edition=count.edition))
        for first, found in groupby(values, key=itemgetter(0)):
            known, incomplete = votes.known.part(first), votes.incomplete.part(first)
            for value in found:
                if value in incomplete or value not in known:
                    state = "incomplete" if value in incomplete else "replaced"
                    states[state] += 1
                    yield value.hex(), state

    _table(bundle, "other.csv", "commitment,state", rows())
    return states["replaced"]


def _write_results(bundle: zipfile.ZipFile, count: Count) -> None:
    rows = Result.objects.filter(count=count).order_by("category__number", "rank", "nomination__code")
    columns = ("category__number", "nomination__code", "votes", "rank", "is_champion", "is_tied")
    said = {True: "yes", False: "no"}
    table = ((*row, said[is_champion], said[is_tied]) for *row, is_champion, is_tied in rows.values_list(*columns))
    _table(bundle, "results.csv", "category,nominee,votes,rank,champion,tied", table)


def _write_eligible(bundle: zipfile.ZipFile, count: Count) -> None:
    """How many accounts could vote, by country, with the same groups hidden as on the page of the results."""
    cells = turnout.numbers(count)
    eligible = cells[turnout.Dimension.ELIGIBLE]
    hidden = turnout.hidden_eligible(eligible, ballots=cells[turnout.COMPLETE])
    keys = {value: (turnout.Dimension.ELIGIBLE, value) for value in eligible}
    named = [value for value, key in keys.items() if key not in hidden.unnamed]
    rows = [(value or "unknown", HIDDEN if keys[value] in hidden.cells else eligible[value]) for value in named]
    _table(bundle, "eligible.csv", "country,voters", [*rows, ("total", sum(eligible.values()))])


# --- the zip ----------------------------------------------------------------------------------------
def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def _whole(bundle: zipfile.ZipFile, name: str, content: bytes) -> None:
    bundle.writestr(_entry(name), content)


def _lines(bundle: zipfile.ZipFile, name: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(bundle.open(_entry(name), "w"), encoding="utf-8", newline="\n")


def _table(bundle: zipfile.ZipFile, name: str, header: str, rows: Iterable[Row]) -> None:
    with _lines(bundle, name) as lines:
        lines.write(f"{header}\n")
        csv.writer(lines, lineterminator="\n").writerows(rows)
