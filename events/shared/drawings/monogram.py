"""The monogram of a person: what stands for them where there is no portrait. It is drawn from a key, made of their
name, and from its letters; so the same person has the same one everywhere."""

from hashlib import sha256
from typing import NamedTuple
from unicodedata import normalize

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 100, 125
CELL, STROKE = 22, 11
COLUMNS, ROWS = 5, 6
BITS = 32


class Palette(NamedTuple):
    ground: str
    letters: str
    pattern: str


PALETTES = (
    Palette("#dcddf9", "#20239a", "#c6c8f5"),
    Palette("#cfeae4", "#0c4640", "#b4ddd4"),
    Palette("#f1dcf1", "#541a55", "#e6c6e6"),
    Palette("#d5e6f5", "#123c5e", "#bdd6ec"),
    Palette("#f9dfd2", "#5a2418", "#f2cbb8"),
    Palette("#f4e6c0", "#4a3500", "#e9d59b"),
)


def key_of(name: object) -> str:
    """The key of a person's monogram, in every edition the same: the first 32 bits of a hash of their name, however its letters and
    spaces were typed, in eight hexadecimal digits."""
    plain = " ".join(normalize("NFKC", str(name)).casefold().split())
    return sha256(plain.encode()).hexdigest()[: BITS // 4]


def letters_of(name: str) -> str:
    """The first letters of the first and the last word of a name; one sign for a name of one word, or in a script without
    capitals (Han, Arabic, …). A question mark for a name without letters."""
    first = [word[0] for word in name.split() if word[0].isalpha()]
    if not first:
        return "?"
    has_capitals = all(letter.upper() != letter.lower() for letter in (first[0], first[-1]))
    chosen = (first[0], first[-1]) if len(first) > 1 and has_capitals else (first[0],)
    return "".join(letter if len(letter.upper()) > 1 else letter.upper() for letter in chosen)


def drawn(key: str, letters: str) -> SafeString:
    """The monogram as SVG."""
    number = int(key, 16)
    palette = PALETTES[number % len(PALETTES)]
    words = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        '<path fill="{ground}" d="M0 0h{width}v{height}H0z"/>'
        '<path stroke="{pattern}" stroke-width="{stroke}" stroke-linecap="round" d="{strokes}"/>'
        '<text x="50" y="{foot}" text-anchor="middle" fill="{ink}" font-family="system-ui,sans-serif" '
        'font-weight="800" font-size="{size}">{letters}</text></svg>'
    )
    size = 36 if len(letters) > 1 else 44
    return format_html(
        mark_safe(words),  # noqa: S308  it is written here
        **palette._asdict() | {"letters": letters, "ink": palette.letters},
        width=WIDTH,
        height=HEIGHT,
        stroke=STROKE,
        strokes=_strokes(number),
        foot=round(HEIGHT / 2 + size * 0.36),
        size=size,
    )


def _strokes(number: int) -> str:
    """A stroke for each cell: one bit says whether it goes across or down, another one whether it is long or a dot."""
    left, top = (WIDTH - COLUMNS * CELL) // 2 + CELL // 2, (HEIGHT - ROWS * CELL) // 2 + CELL // 2
    strokes = []
    for cell in range(COLUMNS * ROWS):
        x, y = left + cell % COLUMNS * CELL, top + cell // COLUMNS * CELL
        is_across, is_long = number >> cell & 1, number >> (cell * 7 + 3) % BITS & 1
        strokes.append(f"M{x} {y}{'h' if is_across else 'v'}{CELL if is_long else 0}")
    return "".join(strokes)
