"""The chain: every accepted choice stands in exactly one block, and every block is hashed onto the one before.

Block 0 fixes the rules as they were when the vote opened. A block may also note what changed since: a nominee who
withdrew, a close that moved; the last one says that it is the last, so that a chain cut short shows. Casting only
inserts commitments and never waits for a sealing; see prizes.chain.commitments for the arithmetic.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from events.shared.pages import revision
from prizes.chain import closing_time, commitments, restorations
from prizes.models import Block, Commitment, Edition, Nomination, Phase

FORMAT = 1  # of rules.json and of the bundle
AT_ONCE = 20_000  # commitments read from the database in one go


def blocks(edition: Edition) -> QuerySet[Block]:
    """The blocks of an edition, oldest first."""
    return Block.objects.filter(edition=edition).order_by("number")


def last(edition: Edition) -> Block | None:
    """The latest block; None before the chain is open."""
    return blocks(edition).last()


def head(edition: Edition) -> str:
    """The latest head, as receipts give it; "" before the chain is open."""
    return blocks(edition).values_list("head", flat=True).last() or ""


def rules(edition: Edition) -> bytes:
    """The bytes of rules.json: those that block 0 fixed, or, before it, those that it would fix now."""
    first = blocks(edition).filter(number=0).first()
    return commitments.canonical(first.notes[0] if first else _rules(edition)).encode()


def _rules(edition: Edition) -> dict[str, Any]:
    close = closing_time.close_of(edition)
    nominees = Nomination.objects.filter(edition=edition, state=Nomination.State.NOMINATED)
    return {
        "format": FORMAT,
        "edition": edition.forum.slug,
        "name": edition.name,
        "rules": {name: getattr(edition, name) for name in Edition.RULES},
        "closes": commitments.stamp(close) if close else "",
        "categories": [
            {"number": category.number, "title": category.title, "action_line": category.action_line.code}
            for category in edition.categories.select_related("action_line").order_by("number")
        ],
        "nominees": [
            {"code": code, "category": number, "title": title, "entity": entity, "country": country or ""}
            for code, number, title, entity, country in nominees.order_by("category__number", "code").values_list(
                "code", "category__number", "title", "entity_name", "country_id"
            )
        ],
    }


@transaction.atomic
def open_chain(edition: Edition, *, now: datetime) -> Block:
    """Make block 0 over the rules, when the vote opens; the block there is when it was made before.

    Refuses `nominees-not-published` and `polls-not-open` (no voting phase, or it has not begun).
    """
    locked = Edition.objects.lock(edition.pk)
    if first := blocks(locked).first():
        return first
    phase = locked.phase(Phase.Kind.VOTING)
    if phase is None or now < phase.starts:
        raise ValidationError(_("The vote has not begun"), code="polls-not-open")
    if locked.nominees_published is None:
        raise ValidationError(_("The nominees are not published"), code="nominees-not-published")
    fixed = _rules(locked)
    block = Block.objects.create(
        edition=locked,
        number=0,
        sealed=now,
        choices=0,
        notes=[fixed],
        head=commitments.first_head(commitments.canonical(fixed).encode()),
    )
    revision.bump()
    return block


@transaction.atomic
def seal(edition: Edition, *, now: datetime, is_last: bool = False, is_hourly: bool = False) -> Block | None:
    """Seal all waiting commitments as the next block; None where there is nothing to seal.

    Fewer than `smallest_block` wait for a later block. With `is_hourly` there is a block even so, an empty one: the
    chain then says nothing about when within the hour the first choice came. `is_last` waits for the choices that
    are being written, seals everything and closes the polls for good (`polls_sealed`). Two at once wait for each
    other at the edition's row. Refuses `chain-not-open`, and for the last block `polls-open` while a choice that
    arrived in time may still be under way; does nothing once the polls are sealed.
    """
    locked = Edition.objects.lock(edition.pk)
    if locked.polls_sealed:
        return None
    previous = last(locked)
    if previous is None:
        raise ValidationError(_("The chain is not open yet"), code="chain-not-open")
    if is_last:
        if not closing_time.is_settled(locked, now=now):
            raise ValidationError(_("The vote is not over"), code="polls-open")
        closing_time.wait_for_choices(locked)
    waiting = Commitment.objects.filter(edition=locked, block__isnull=True)
    notes = changes(locked) + ([{"kind": "last"}] if is_last else [])
    takes_all = is_last or waiting[: locked.smallest_block].count() >= locked.smallest_block
    if not (takes_all or notes or is_hourly):
        return None
    block = Block.objects.create(
        edition=locked, number=previous.number + 1, sealed=now, choices=0, notes=notes, head=""
    )
    if takes_all:  # those that are visible to this statement; whatever comes later is for the next block
        block.choices = waiting.update(block=block)
    block.head = commitments.next_head(
        previous.head,
        number=block.number,
        sealed=commitments.stamp(now),
        notes=notes,
        commitments=values(Commitment.objects.filter(block=block)),
    )
    block.save(update_fields=["choices", "head"])
    if is_last:
        edition.polls_sealed = locked.polls_sealed = now
        locked.save(update_fields=["polls_sealed"])
    revision.bump()
    return block


def values(rows: QuerySet[Commitment]) -> Iterator[bytes]:
    """The values of commitments, sorted by the database and read in portions."""
    for value in rows.order_by("value").values_list("value", flat=True).iterator(chunk_size=AT_ONCE):
        yield bytes(value)


def changes(edition: Edition) -> list[dict[str, str]]:
    """What the next block has to note: nominees who withdrew, a close that moved and a restoring of the site since the rules
    and notes so far."""
    first, *later = blocks(edition).values_list("notes", flat=True)
    closes = first[0]["closes"]
    named = {nominee["code"] for nominee in first[0]["nominees"]}
    chain_notes = [note for notes in later for note in notes]
    for note in chain_notes:
        if note["kind"] == "withdrawn":
            named.discard(note["nominee"])
        elif note["kind"] == "close":
            closes = note["closes"]
    stand = Nomination.objects.filter(edition=edition, state=Nomination.State.NOMINATED)
    gone = named - set(stand.values_list("code", flat=True))
    found = [{"kind": "withdrawn", "nominee": code} for code in sorted(gone)]
    close = closing_time.close_of(edition)
    now_closes = commitments.stamp(close) if close else ""
    if now_closes != closes:
        found.append({"kind": "close", "closes": now_closes})
    return found + [note for note in restorations.notes(edition) if note not in chain_notes]


def seal_restoration(now: datetime) -> int:
    """Seal a block in every chain whose vote goes on, with the note that the site was restored; return in how many."""
    running = Edition.objects.filter(polls_sealed__isnull=True, closed__isnull=True, blocks__number=0).order_by("pk")
    return sum(bool(changes(edition) and seal(edition, now=now)) for edition in running)
