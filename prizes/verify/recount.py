"""Counts a public vote again from its bundle: python3 recount.py bundle.zip. README.txt in it describes every file.

Needs nothing but Python 3.9 or later. Says what it finds; the exit code is 0 only when everything agrees.
"""

import argparse
import csv
import hashlib
import hmac
import io
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SET_ASIDE = "category,tracker,reason,commitment"


class Disagreement(Exception):
    """Something is not as it has to be; the text says what."""


def table(bundle: zipfile.ZipFile, name: str, header: str) -> Iterator[list[str]]:
    """The rows of a file, each a list of texts."""
    with bundle.open(name) as file:
        for place, row in enumerate(csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))):
            if len(row) != header.count(",") + 1 or (place == 0 and row != header.split(",")):
                raise Disagreement(f"{name} has to have the columns {header}, but has the line {row}.")
            if place > 0:
                yield row


def pile() -> list[bytearray]:
    """A pile for many commitments in little memory: 256 parts, by the first byte."""
    return [bytearray() for _ in range(256)]


def values(part: bytearray) -> list[bytes]:
    return sorted(bytes(part[place : place + 32]) for place in range(0, len(part), 32))


def check_chain(bundle: zipfile.ZipFile, rules: bytes) -> tuple[list[str], list[dict[str, str]], list[bytearray]]:
    """Compute every head again from the contents of its block and the head before it."""
    rows, notes, sealed = list[list[str]](), list[dict[str, str]](), pile()
    for number, row in enumerate(table(bundle, "chain.csv", "number,sealed,commitments,head,notes")):
        digest, found, before = hashlib.sha256(b"rules|" + rules), 0, b""
        if number > 0:
            digest = hashlib.sha256(f"block|{rows[-1][3]}|{number}|{row[1]}|{row[4]}|".encode())
            notes += (added := json.loads(row[4]))
            for note in (note for note in added if note["kind"] == "restored"):
                state = datetime.fromisoformat(note["state_of"][:19]) + timedelta(minutes=1)  # clocks differ a little
                if any(f"{state.isoformat()}Z" < block[1] < note["restored"] for block in rows):
                    raise Disagreement(f"Block {number} says that blocks were lost which are in the chain before it.")
        if row[2] != "0":
            with bundle.open(f"chain/{number:05}.txt") as file:
                for line in file:
                    value = bytes.fromhex(line.decode("ascii"))
                    if value <= before or len(value) != 32:
                        raise Disagreement(f"The commitments of block {number} are not sorted, or one is there twice.")
                    sealed[value[0]] += value
                    digest.update(value.hex().encode())
                    found, before = found + 1, value
        if row[:1] + row[2:4] != [str(number), str(found), digest.hexdigest()]:
            raise Disagreement(f"Block {number} does not follow from its {found} commitments and the block before.")
        rows.append(row)
    if [place for place, note in enumerate(notes, 1) if note["kind"] == "last"] != [len(notes)]:
        raise Disagreement("The chain is cut short: its last block does not say that it is the last.")
    return [row[3] for row in rows], notes, sealed


def count_votes(bundle: zipfile.ZipFile, rules: dict[str, Any]) -> tuple[Counter[str], list[bytearray]]:
    """Read the counted votes: how many each nominee has, and the commitments that they stand for."""
    tally, counted = Counter[str](), pile()
    for number in (category["number"] for category in rules["categories"]):
        nominees = {each["code"] for each in rules["nominees"] if each["category"] == number}
        before = ""
        for tracker, nominee, nonce in table(bundle, f"votes/{number:02}.csv", "tracker,nominee,nonce"):
            if tracker <= before or nominee not in nominees:
                raise Disagreement(f"Category {number}: {tracker} is out of order, there twice, or for no nominee.")
            value = hashlib.sha256(f"choice|{nonce}|{tracker}|{number}|{nominee}".encode()).digest()
            counted[value[0]] += value
            tally[nominee] += 1
            before = tracker
    return tally, counted


def account(bundle: zipfile.ZipFile, sealed: list[bytearray], counted: list[bytearray]) -> Counter[str]:
    """Each commitment of the chain must be exactly one of: counted, set aside, incomplete, replaced."""
    rest, sizes = pile(), Counter({"all": 0, "counted": 0, "quarantined": 0, "incomplete": 0, "replaced": 0})
    set_aside = ((row[3], "quarantined") for row in table(bundle, "quarantined.csv", SET_ASIDE))
    for rows in (set_aside, table(bundle, "other.csv", "commitment,state")):
        for commitment, state in rows:
            value = bytes.fromhex(commitment)
            rest[value[0]] += value
            sizes[state] += 1
    for first in range(256):
        chain, votes, explained = values(sealed[first]), values(counted[first]), values(counted[first] + rest[first])
        for wrong in set(votes).difference(chain):
            raise Disagreement(f"A counted vote is in no block: its commitment would be {wrong.hex()}.")
        if chain != explained or len(chain) != len(set(chain)):
            wrong = min((Counter(chain) - Counter(explained)) + (Counter(explained) - Counter(chain)), default=chain[0])
            raise Disagreement(f"The commitment {wrong.hex()} is not once in a block and once in an explanation.")
        sizes.update(all=len(chain), counted=len(votes))
    return sizes


def rank(tally: Counter[str], rules: dict[str, Any], gone: set[str]) -> list[list[str]]:
    """The ranking as lines of results.csv: equal votes share a rank, a tie across the line takes in all tied."""
    lines, limit = [], rules["rules"]["champions_per_category"]
    for number in (category["number"] for category in rules["categories"]):
        codes = [each["code"] for each in rules["nominees"] if each["category"] == number and each["code"] not in gone]
        ranks = {code: 1 + sum(tally[other] > tally[code] for other in codes) for code in codes}
        champions = {code for code in codes if tally[code] > 0 and ranks[code] <= limit}
        line = max(ranks[code] for code in champions) if len(champions) > limit else 0
        for code in codes:
            facts = ("yes" if fact else "no" for fact in (code in champions, code in champions and ranks[code] == line))
            lines.append([str(number), code, str(tally[code]), str(ranks[code]), *facts])
    return sorted(lines)


def normal(text: str) -> str:
    return text.upper().translate(str.maketrans("OIL", "011", " -"))


def look_up(bundle: zipfile.ZipFile, rules: dict[str, Any], secret: str, tracker: str) -> list[str]:
    """Find the votes of a secret, or the one of a tracker that has its category in front."""
    found, wanted, signs = dict[int, str](), dict[int, str](), normal(tracker)
    for number in (category["number"] for category in rules["categories"]):
        text = f"tracker|{rules['edition']}|{number}".encode()
        bits = int.from_bytes(hmac.new(normal(secret).encode(), text, hashlib.sha256).digest()[:10], "big")
        wanted[number] = "".join(SIGNS[bits >> place & 31] for place in range(75, -1, -5))
        if tracker:
            wanted[number] = signs[-16:] if signs[:-16].lstrip("0") == str(number) else ""
        for row in table(bundle, f"votes/{number:02}.csv", "tracker,nominee,nonce"):
            if row[0] == wanted[number]:
                title = next(each["title"] for each in rules["nominees"] if each["code"] == row[1])
                found[number] = f"Category {number}: counted, for {title} ({row[1]})."
    for row in table(bundle, "quarantined.csv", SET_ASIDE):
        if wanted.get(int(row[0])) == row[1]:
            found[int(row[0])] = f"Category {row[0]}: set aside by two organisers; reason: {row[2]}."
    if not found:
        raise Disagreement("Nothing is found under this. Look for a typing mistake; incomplete ballots are not listed.")
    return [found.get(number, f"Category {number}: nothing is found.") for number in wanted if wanted[number]]


def recount(path: str, heads: Sequence[str] = (), secret: str = "", tracker: str = "") -> Iterator[str]:
    """Check a whole bundle: gives sentences, and raises Disagreement at the first thing that does not agree."""
    with open(path, "rb") as file, zipfile.ZipFile(file) as bundle:
        whole = hashlib.sha256()
        file.seek(0)
        while part := file.read(1 << 20):
            whole.update(part)
        yield f"The SHA-256 of this bundle: {whole.hexdigest()}"
        rules, summary = json.loads(raw := bundle.read("rules.json")), json.loads(bundle.read("summary.json"))
        known, notes, sealed = check_chain(bundle, raw)
        yield f"The {len(known)} blocks of the chain follow from each other. Its last head: {known[-1]}"
        gaps = [f"at {n['restored']} from its state of {n['state_of']}" for n in notes if n["kind"] == "restored"]
        yield from (f"The site was restored {gap}; what was published in between is not in this chain." for gap in gaps)
        for head in heads:
            if head.lower() not in [*known, whole.hexdigest()]:
                raise Disagreement(f"{head} is neither a head of the chain nor the SHA-256 of this bundle.")
        tally, counted = count_votes(bundle, rules)
        sizes = account(bundle, sealed, counted)
        if summary["head"] != known[-1] or summary["choices"] != dict(sizes):
            raise Disagreement(f"summary.json does not agree: it should say {known[-1]} and {dict(sizes)}.")
        yield "Each choice is in one block: " + ", ".join(f"{size} {kind}" for kind, size in sizes.items()) + "."
        gone = {note["nominee"] for note in notes if note["kind"] == "withdrawn"}
        if later := set(summary["withdrawn_after_the_last_block"]) - gone:
            yield f"No block says that these nominees withdrew, only summary.json: {', '.join(sorted(later))}."
        ranked = rank(tally, rules, gone | later)
        claimed = sorted(table(bundle, "results.csv", "category,nominee,votes,rank,champion,tied"))
        if claimed != ranked:
            wrong = [row for row in ranked if row not in claimed] or claimed
            raise Disagreement(f"results.csv is not what the votes give, such as: {wrong[0]}.")
        yield f"The ranking agrees: {len(ranked)} nominees, {sum(row[4] == 'yes' for row in ranked)} champions."
        if secret or tracker:
            yield from look_up(bundle, rules, secret, tracker)
    yield "Everything agrees."


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts a public vote again from its bundle.")
    parser.add_argument("bundle", help="the file bundle.zip")
    parser.add_argument("--head", action="append", default=[], help="a head, or the published SHA-256; may be repeated")
    parser.add_argument("--secret", default="", help="the secret of a receipt: finds all its votes")
    parser.add_argument("--tracker", default="", help="one tracker, such as 05-ABCD-EFGH-JKMN-PQRS")
    given = parser.parse_args()
    try:
        for sentence in recount(given.bundle, given.head, given.secret, given.tracker):
            print(sentence)
    except Exception as fault:  # also a file that is missing or damaged
        sys.exit(f"IT DOES NOT AGREE. {type(fault).__name__}: {fault}")


if __name__ == "__main__":
    main()
