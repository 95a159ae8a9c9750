"""Who is who in two systems: an identity that is no UUID becomes a fixed one, and so does a person's or a room's."""

import re
import uuid

# The root of all UUIDs that are made here. It never changes: files that are out there hold what came of it.
ROOT = uuid.UUID("6b3f0c52-4a0e-5d8f-9f43-2f0a7d5c1e90")
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CODE_FORM = re.compile(r"[0-9A-Z]{6}")
NUMBERS = 0x7FFFFFFF  # ids in a file fit into 31 bits: clients keep them in an int


def parsed(text: str) -> uuid.UUID | None:
    """The UUID that a text is, written with its four hyphens; None where it is something else."""
    return uuid.UUID(text) if UUID_FORM.fullmatch(text) else None


def of_session(origin: str) -> uuid.UUID:
    """The UUID of a session by its identity in a file: itself, or the one made from it."""
    return parsed(origin) or uuid.uuid5(ROOT, f"session:{origin}")


def of_person(origin: str) -> uuid.UUID:
    """The UUID of a person by the identity that is kept (`person_origin`); older ones are other systems' numbers."""
    return parsed(origin.partition("#")[0]) or uuid.uuid5(ROOT, f"person:{origin}")


def of_own_speaker(pk: int) -> uuid.UUID:
    """The UUID of a speaker who never was in a file of another system."""
    return uuid.uuid5(ROOT, f"speaker:{pk}")


def of_room(name: str) -> uuid.UUID:
    return uuid.uuid5(ROOT, f"room:{name}")


def person_origin(*, guid: str, number: str, name: str, system: str) -> str:
    """The identity to keep of a person, with the number that files write beside it: UUID#1544; "" where there is none.

    A number (or code) alone says who it is only together with the name and the system that gave it: systems count from
    one, and a programme that was put together from several has the same number for many.
    """
    known = parsed(guid)
    if known is None:
        mark = guid or number
        if not mark:
            return ""
        known = uuid.uuid5(ROOT, f"person:{system}:{mark}:{name.casefold()}")
    is_own = not is_number(number) or int(number) == number_of(known, taken=set())
    return str(known) if is_own else f"{known}#{number}"


def number_kept(origin: str) -> int | None:
    """The number that a person had where the kept identity comes from."""
    number = origin.rpartition("#")[2]
    return int(number) if is_number(number) else None


def is_number(text: str) -> bool:
    """Whether a text is a number that files may hold."""
    return text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= NUMBERS


def number_of(guid: uuid.UUID, *, taken: set[int]) -> int:
    """A whole number from 1 for an identity that has none, the same each time, none of `taken`; it is added there."""
    number = guid.int & NUMBERS or 1
    while number in taken:
        number = number % NUMBERS + 1
    taken.add(number)
    return number
