"""Numbers that came as text: out of an address, a form, a table."""

LARGEST_KEY = 10**18 - 1  # of a row: every database keeps it


def whole_number(text: str, *, most: int = 999_999_999) -> int | None:
    """The whole number that a text spells in the digits 0 to 9; None for anything else, and for what is over `most`."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)) or int(text) > most:
        return None
    return int(text)
