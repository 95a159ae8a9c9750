"""Counts a public vote again from its bundle: python3 recount.py bundle.zip [--secret SECRET | --tracker 05-ABCD-...]

Needs nothing but Python 3.9 or later; README.txt in the bundle describes every file. It says what it finds, and ends
with exit code 0 only when everything agrees.
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

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Disagreement(Exception):
    """Something in the bundle is not as it has to be; the text says what."""


def demand(is_so, sentence):
    if not is_so:
        raise Disagreement(sentence)


def table(bundle, name, header):
    """The rows of a small or middle-sized file, as lists of texts."""
    with bundle.open(name) as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        demand(next(rows, None) == header.split(","), f"{name} does not begin with the line {header}.")
        for row in rows:
            demand(len(row) == header.count(",") + 1, f"{name} has a line with too few or too many fields: {row}.")
            yield row


class Values:
    """A pile of commitments. They are kept by their first byte, so that millions fit into little memory."""

    def __init__(self):
        self.parts = [bytearray() for _ in range(256)]

    def add(self, value):
        demand(len(value) == 32, f"{value.hex()} is no commitment: it has not 32 bytes.")
        self.parts[value[0]] += value

    def part(self, first):
        part = bytes(self.parts[first])
        return sorted(part[place : place + 32] for place in range(0, len(part), 32))


def check_chain(bundle, rules):
    """Compute every head again. Returns the heads, all commitments and all notes."""
    heads, pile, notes = [], Values(), []
    for number, row in enumerate(table(bundle, "chain.csv", "number,sealed,commitments,head,notes")):
        named, sealed, size, head, noted = row
        demand(named == str(number), f"Block {named} stands where block {number} belongs.")
        if number == 0:
            digest = hashlib.sha256(b"rules|" + rules)
        else:
            digest = hashlib.sha256(f"block|{heads[-1]}|{number}|{sealed}|{noted}|".encode())
            notes += json.loads(noted)
        found, before = 0, b""
        if number and int(size):
            with bundle.open(f"chain/{number:05}.txt") as file:
                for line in file:
                    value = bytes.fromhex(line.decode("ascii"))
                    demand(before < value, f"The commitments of block {number} are not sorted, or one is there twice.")
                    pile.add(value)
                    digest.update(line[:64])
                    found, before = found + 1, value
        demand(found == int(size), f"Block {number} has {found} commitments, but chain.csv says {size}.")
        demand(
            digest.hexdigest() == head, f"The head of block {number} is not that of its contents and the block before."
        )
        heads.append(head)
    demand(
        notes and notes[-1] == {"kind": "last"},
        "The chain is cut short: its last block does not say that it is the last.",
    )
    demand(notes.count({"kind": "last"}) == 1, "More than one block says that it is the last.")
    return heads, pile, notes


def count_votes(bundle, rules):
    """Read every counted vote. Returns the votes by nominee, and the commitments that the votes stand for."""
    tally, pile = Counter(), Values()
    nominees = {number: set() for number in (category["number"] for category in rules["categories"])}
    for nominee in rules["nominees"]:
        nominees[nominee["category"]].add(nominee["code"])
    for number, codes in nominees.items():
        before = ""
        for tracker, nominee, nonce in table(bundle, f"votes/{number:02}.csv", "tracker,nominee,nonce"):
            demand(before < tracker, f"Category {number}: {tracker} is not in order, or there twice.")
            demand(
                nominee in codes, f"Category {number}: {tracker} is for {nominee}, who is no nominee of the category."
            )
            pile.add(hashlib.sha256(f"choice|{nonce}|{tracker}|{number}|{nominee}".encode()).digest())
            tally[nominee] += 1
            before = tracker
    return tally, pile


def account(bundle, chain, counted):
    """Each commitment of the chain is counted, set aside, incomplete or replaced: exactly one of them."""
    others, sizes = Values(), Counter()
    for _number, _tracker, _reason, commitment in table(
        bundle, "quarantined.csv", "category,tracker,reason,commitment"
    ):
        others.add(bytes.fromhex(commitment))
        sizes["quarantined"] += 1
    for commitment, state in table(bundle, "other.csv", "commitment,state"):
        demand(state in ("replaced", "incomplete"), f"other.csv has the unknown state {state}.")
        others.add(bytes.fromhex(commitment))
        sizes[state] += 1
    for first in range(256):
        sealed, votes, rest = chain.part(first), counted.part(first), others.part(first)
        if sealed != sorted(votes + rest) or len(sealed) != len(set(sealed)):
            known = set(sealed)
            for value in votes:
                demand(value in known, f"A counted vote is in no block: its commitment would be {value.hex()}.")
            for value in rest:
                demand(value in known, f"A vote that is not counted is in no block: {value.hex()}.")
            for value in sealed:
                times = votes.count(value) + rest.count(value)
                demand(
                    times == sealed.count(value) == 1,
                    f"{value.hex()} is in {sealed.count(value)} block(s), and explained {times} times.",
                )
        sizes["counted"] += len(votes)
        sizes["choices"] += len(sealed)
    return sizes


def rank(tally, rules, gone):
    """The ranking of every category, as lines of results.csv. Nominees who withdrew have no place."""
    lines = set()
    for category in rules["categories"]:
        number = category["number"]
        codes = [each["code"] for each in rules["nominees"] if each["category"] == number and each["code"] not in gone]
        places = {code: 1 + sum(tally[other] > tally[code] for other in codes) for code in codes}
        limit = rules["rules"]["champions_per_category"]
        champions = [code for code in codes if tally[code] > 0 and places[code] <= limit]
        line = max((places[code] for code in champions), default=0) if len(champions) > limit else None
        for code in codes:
            signs = [
                "yes" if code in champions else "no",
                "yes" if code in champions and places[code] == line else "no",
            ]
            lines.add((str(number), code, str(tally[code]), str(places[code]), *signs))
    return lines


def normal(text):
    return text.upper().translate(str.maketrans("OIL", "011", " -"))


def look_up(bundle, rules, secret, tracker):
    """Find the votes of a secret, or one vote by its tracker; returns sentences. None is found: a Disagreement."""
    wanted = {}
    for number in (category["number"] for category in rules["categories"]):
        if secret:
            digest = hmac.new(
                normal(secret).encode(), f"tracker|{rules['edition']}|{number}".encode(), hashlib.sha256
            ).digest()
            value = int.from_bytes(digest[:10], "big")
            wanted[number] = "".join(SIGNS[value >> 5 * place & 31] for place in reversed(range(16)))
        elif tracker.partition("-")[0].strip().isdigit() and int(tracker.partition("-")[0]) == number:
            wanted[number] = normal(tracker.partition("-")[2])
    titles, found = {each["code"]: each["title"] for each in rules["nominees"]}, {}
    for number, value in wanted.items():
        for row in table(bundle, f"votes/{number:02}.csv", "tracker,nominee,nonce"):
            if row[0] == value:
                found[number] = f"Category {number}: counted, for {titles[row[1]]} ({row[1]})."
    for number, value, reason, _commitment in table(bundle, "quarantined.csv", "category,tracker,reason,commitment"):
        if wanted.get(int(number)) == value:
            found[int(number)] = f"Category {number}: set aside by two organisers, reason: {reason}."
    demand(found, "Nothing is found. Look for typing mistakes; votes of incomplete ballots are not listed.")
    return [found.get(number, f"Category {number}: nothing is found.") for number in sorted(wanted)]


def recount(path, heads=(), sha256="", secret="", tracker=""):
    """Check a whole bundle; yields sentences, and raises Disagreement at the first thing that does not agree."""
    with open(path, "rb") as file:
        whole = hashlib.sha256()
        while part := file.read(1 << 20):
            whole.update(part)
    yield f"SHA-256 of the file: {whole.hexdigest()}"
    demand(not sha256 or sha256.lower() == whole.hexdigest(), "This is not the SHA-256 that you gave.")
    with zipfile.ZipFile(path) as bundle:
        raw = bundle.read("rules.json")
        rules, summary = json.loads(raw), json.loads(bundle.read("summary.json"))
        known, chain, notes = check_chain(bundle, raw)
        yield f"The chain of {len(known)} blocks holds. Its last head: {known[-1]}"
        demand(summary["head"] == known[-1], f"summary.json names another last head: {summary['head']}.")
        for head in heads:
            demand(head.lower() in known, f"The head {head} of your receipt is not in the chain.")
            yield f"The head {head} of your receipt is that of block {known.index(head.lower())}."
        tally, counted = count_votes(bundle, rules)
        sizes = account(bundle, chain, counted)
        for name in ("choices", "counted", "quarantined", "incomplete", "replaced"):
            demand(
                sizes[name] == summary[name], f"summary.json says {name}: {summary[name]}, but there are {sizes[name]}."
            )
        yield "All {choices} choices are in exactly one block and accounted for: {counted} counted, {quarantined} set aside, {incomplete} of incomplete ballots, {replaced} replaced.".format(
            **summary
        )
        gone = {note["nominee"] for note in notes if note["kind"] == "withdrawn"}
        gone.update(summary["withdrawn_after_the_last_block"])
        claimed = [tuple(row) for row in table(bundle, "results.csv", "category,nominee,votes,rank,champion,tied")]
        ranked = rank(tally, rules, gone)
        demand(len(claimed) == len(set(claimed)), "results.csv lists a nominee twice.")
        for row in sorted(set(claimed) ^ ranked):
            demand(
                False,
                f"results.csv and the count differ at nominee {row[1]} of category {row[0]}, who has {tally[row[1]]} votes.",
            )
        yield f"The ranking agrees: {len(ranked)} nominees in {len(rules['categories'])} categories, {sum(row[4] == 'yes' for row in ranked)} champions."
        if secret or tracker:
            yield from look_up(bundle, rules, secret, tracker)
    yield "Everything agrees."


def main():
    parser = argparse.ArgumentParser(description="Counts a public vote again from its bundle.")
    parser.add_argument("bundle", help="the file bundle.zip")
    parser.add_argument(
        "--head",
        action="append",
        default=[],
        help="a head from a receipt or from the page of the chain; may be repeated",
    )
    parser.add_argument("--sha256", default="", help="the SHA-256 of the bundle, as published at the close")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--secret", default="", help="the secret of your receipt: finds all your votes")
    one.add_argument(
        "--tracker", default="", help="one tracker with its category in front, such as 05-ABCD-EFGH-JKMN-PQRS"
    )
    given = parser.parse_args()
    try:
        for sentence in recount(given.bundle, given.head, given.sha256, given.secret, given.tracker):
            print(sentence)
    except Disagreement as found:
        sys.exit(f"IT DOES NOT AGREE. {found}")
    except Exception as fault:  # a file that is missing or damaged
        sys.exit(f"IT DOES NOT AGREE. The bundle cannot be read: {type(fault).__name__} {fault}")


if __name__ == "__main__":
    main()
