"""Who is who in two systems: an identity that is no UUID becomes a fixed one, and so does a person's or a room's."""

import re
import uuid

# The root of all UUIDs that are made here. It never changes: files that are out there hold what came of it.
ROOT = uuid.UUID("6b3f0c52-4a0e-5d8f-9f43-2f0a7d5c1e90")
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CODE_FORM = re.compile(r"[0-9A-Z]{6}")
ORIGIN_LIMIT = 200
NUMBERS = 0x7FFFFFFF  # ids in a file fit into 31 bits: clients keep them in an int


def parsed(text: str) -> uuid.UUID | None:
    """The UUID that a text is, written with its four hyphens; None where it is something else."""
    return uuid.UUID(text) if UUID_FORM.fullmatch(text) else None


def of_session(origin: str) -> uuid.UUID:
    """The UUID of a session by its identity in a file: itself, or the one made from it."""
    return parsed(origin) or uuid.uuid5(ROOT, f"session:{origin}")


def of_person(origin: str) -> uuid.UUID:
    """The UUID of a person by the identity in a file: itself, or the one made from it."""
    return parsed(origin) or uuid.uuid5(ROOT, f"person:{origin}")


def of_own_speaker(pk: int) -> uuid.UUID:
    """The UUID of a speaker who never was in a file of another system."""
    return uuid.uuid5(ROOT, f"speaker:{pk}")


def of_room(name: str) -> uuid.UUID:
    return uuid.uuid5(ROOT, f"room:{name}")


def person_origin(*, guid: str, number: str, code: str = "") -> str:
    """The identity to keep of a person: the guid; but the number or code where the guid was made from it here."""
    other = code or number
    known = parsed(guid)
    if known is None:
        return (guid or other)[:ORIGIN_LIMIT]
    return other[:ORIGIN_LIMIT] if other and known == of_person(other) else str(known)


def number_of(guid: uuid.UUID, *, taken: set[int]) -> int:
    """A whole number from 1 for an identity that has none, the same each time, none of `taken`; it is added there."""
    number = guid.int & NUMBERS or 1
    while number in taken:
        number = number % NUMBERS + 1
    taken.add(number)
    return number
