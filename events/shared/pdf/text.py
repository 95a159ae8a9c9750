"""What people wrote, so that a PDF can show it: as data with a direction, never as markup."""

import re
import unicodedata

UNDRAWABLE = {"Cc", "Cs", "Co", "Cn"}
LONG_WORD, BREAK = re.compile(r"[^\W\d_]{20}(?=\S)|\S{24}(?=\S)"), "\u200b"
TURNING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def written(text: str) -> dict[str, str]:
    """A text that people wrote, as one paragraph, with its direction; see `drawable`."""
    shown = drawable(" ".join(text.split())).strip()
    return {"text": shown, "direction": direction(shown)}


def drawable(text: str) -> str:
    """A text without control characters, what no font can draw, and signs that would turn the direction around. Words that
    are longer than a line may be can break."""
    line = LONG_WORD.sub(lambda word: word[0] + BREAK, text)
    return "".join(sign for sign in line if unicodedata.category(sign) not in UNDRAWABLE and sign not in TURNING)


def direction(text: str) -> str:
    """The direction of the first strong letter of a text: ltr or rtl."""
    strong = next((kind for sign in text if (kind := unicodedata.bidirectional(sign)) in {"L", "R", "AL"}), "L")
    return "ltr" if strong == "L" else "rtl"
