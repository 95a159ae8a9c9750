"""QR codes: squares that a phone's camera reads."""

from io import BytesIO
from typing import Any


def qr_code(text: str) -> Any:
    """A text as a QR code, still to be drawn."""
    import segno  # 5 MB that a web process can do without until it shows a ticket

    return segno.make(text, error="m", micro=False)


def png(text: str) -> bytes:
    """A text as a QR code in a picture, with its white margin."""
    drawn = BytesIO()
    qr_code(text).save(drawn, kind="png", scale=6, border=4)
    return drawn.getvalue()
