"""What people wrote, so that a PDF can show it: as data with a direction, never as markup."""

import re
import unicodedata

UNDRAWABLE = {"Cc", "Cs", "Co", "Cn"}
LONG_WORD, BREAK = re.compile(r"[^\W\d_]{20}(?=\S)|\S{24}(?=\S)"), "\u200b"
TURNING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def written(text: str) -> dict[str, str]:
    """A text that people wrote, as one paragraph, with the direction of its first strong letter.

    Left out: control characters, what no font can draw, and signs that would turn the direction around. Words that
    are longer than a line may be can break.
    """
    line = " ".join(LONG_WORD.sub(lambda word: word[0] + BREAK, word) for word in text.split())
    shown = "".join(sign for sign in line if unicodedata.category(sign) not in UNDRAWABLE and sign not in TURNING)
    strong = next((kind for sign in shown if (kind := unicodedata.bidirectional(sign)) in {"L", "R", "AL"}), "L")
    return {"text": shown.strip(), "direction": "ltr" if strong == "L" else "rtl"}
