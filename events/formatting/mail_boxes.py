"""One box of mail under many names."""

from events.formatting import addresses


def box_of(address: str) -> str:
    """The box that an address may lead to: small letters, no dots before the @, no tag behind a +; where that leaves nothing, the
    address itself.

    Not every service reads addresses so: accounts of one box are a question, never a proof.
    """
    address = addresses.same(address)
    name, _at, domain = address.rpartition("@")
    name = name.partition("+")[0].replace(".", "")
    return f"{name}@{'gmail.com' if domain == 'googlemail.com' else domain}" if name else address
