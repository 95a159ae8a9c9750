"""One box of mail under many names."""

from enum import StrEnum

from events.shared.formatting import addresses

GMAIL = ("gmail.com", "googlemail.com")


class Name(StrEnum):
    """What an address is among the names of its box."""

    PLAIN = "plain"  # the one that nobody makes up, of which a box has one
    DOTTED = "dotted"  # with dots that its service does not read: 2^n of them lead to one box
    TAGGED = "tagged"  # any number


def name_of(address: str) -> Name:
    """Which name of its box an address is. Dots tell boxes apart but at Gmail."""
    name, _at, domain = addresses.same(address).rpartition("@")
    if "+" in name:
        return Name.TAGGED
    return Name.DOTTED if "." in name and domain in GMAIL else Name.PLAIN


def box_of(address: str) -> str:
    """The box that an address may lead to: small letters, no dots before the @, no tag behind a +; where that leaves nothing, the
    address itself.

    Not every service reads addresses so: accounts of one box are a question, never a proof.
    """
    address = addresses.same(address)
    name, _at, domain = address.rpartition("@")
    name = name.partition("+")[0].replace(".", "")
    return f"{name}@{GMAIL[0] if domain in GMAIL else domain}" if name else address
