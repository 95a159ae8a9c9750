"""Codes that people read off paper and type: Crockford's base 32, which has no I, L, O and U."""

import secrets

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans("OIL", "011", " -\u2013\u00a0\t\r\n")


def new_code(length: int = 12) -> str:
    """A random code. Twelve characters are 60 bits: nobody can guess that of a certificate or a letter."""
    return "".join(secrets.choice(SIGNS) for _place in range(length))


def normal(text: str) -> str:
    """What a person typed, as it was meant: upper case, without spaces and hyphens, O as 0, I and L as 1."""
    return text.upper().translate(LOOKALIKES)


def groups(text: str) -> str:
    """A code in groups of four, to read out: ABCD-EFGH-…"""
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))
